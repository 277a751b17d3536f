"""What replayed code must not do, in the child that replays it.

The tests of a package may start processes, remove files, end the interpreter or send
signals, each at its place. Replayed from threads, again and again, the same calls only
do harm. An audit hook refuses them; the trial then leaves such an operation out.
"""
import os
import signal
import sys
import tempfile


class NotReplayed(Exception):
    """The operation would have done something that replay must not do."""


_REFUSED = frozenset((
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.kill", "os.killpg", "subprocess.Popen",
    "pty.spawn", "signal.pthread_kill", "os.putenv", "os.unsetenv", "os.chdir", "os.chmod", "os.chown", "os.truncate",
    "shutil.rmtree", "shutil.move", "shutil.copytree", "socket.connect", "socket.bind", "socket.sendto", "ctypes.dlopen",
    "ctypes.call_function", "webbrowser.open", "ftplib.connect", "urllib.Request", "smtplib.connect", "sys.setprofile", "sys.settrace"))
_WRITES = frozenset(("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink"))
_on = [False]


def _inside(path, folder):
    try:
        return os.path.abspath(os.fsdecode(path)).startswith(folder)
    except (TypeError, ValueError):
        return False


def _hook(folder):
    def audit(event, args):
        if not _on[0]:
            return
        if event in _REFUSED:
            raise NotReplayed(event)
        if event in _WRITES and not _inside(args[0], folder):
            raise NotReplayed(event)
        if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & (os.O_WRONLY | os.O_RDWR) and not _inside(args[0], folder):
            raise NotReplayed(event)
    return audit


def _refuse(*rest, **more):
    raise NotReplayed("it ends or signals a process")


def install():
    """From now on, in this process, for good."""
    _on[0] = True
    for name in ("_exit", "abort", "kill", "killpg", "fork", "forkpty"):
        setattr(os, name, _refuse)
    for name in ("raise_signal", "pthread_kill", "signal", "alarm", "setitimer"):
        setattr(signal, name, _refuse)
    sys.setrecursionlimit(min(sys.getrecursionlimit(), 2000))
    sys.addaudithook(_hook(os.path.abspath(tempfile.gettempdir())))
