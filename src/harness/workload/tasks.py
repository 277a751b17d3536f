"""Reads /proc: what each thread of this process, and its children, used and wait in.

Sources: proc(5) and Documentation/scheduler/sched-stats.rst. `schedstat` holds
nanoseconds on a core and nanoseconds runnable but waiting for one; `syscall`
the call that a thread sleeps in, with its arguments.
"""
import os
import platform

_open, _read, _close, _listdir = os.open, os.read, os.close, os.listdir
_RDONLY = os.O_RDONLY | os.O_CLOEXEC
OWN = "/proc/self/task"

# System calls by what a thread waits for in them. Numbers: asm/unistd_64.h, asm-generic/unistd.h.
_X86 = {
    "lock": (202,),
    "sleep": (35, 230),
    "children": (61, 247),
    "io": (0, 1, 7, 8, 17, 18, 19, 20, 23, 40, 42, 43, 44, 45, 46, 47, 73, 74, 75, 77, 162, 232, 270, 271, 275, 276, 277,
           281, 285, 288, 295, 296, 299, 306, 307, 426, 441),
}
_GENERIC = {
    "lock": (98,),
    "sleep": (101, 115),
    "children": (95, 260),
    "io": (22, 32, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 75, 76, 77, 81, 82, 83, 202, 203, 206, 207, 211, 212, 243,
           267, 269, 426, 441),
}


def _kinds(machine):
    table = _X86 if machine == "x86_64" else _GENERIC if machine in ("aarch64", "riscv64") else {}
    return {number: kind for kind, numbers in table.items() for number in numbers}


KINDS = _kinds(platform.machine())


def _plain_text(path):
    try:
        fd = _open(path, _RDONLY)
    except OSError:
        return ""
    try:
        return _read(fd, 4096).decode("ascii", "replace")
    except OSError:
        return ""
    finally:
        _close(fd)


def _plain_names(path):
    try:
        return _listdir(path)
    except OSError:
        return []


class _Keeping:
    """The same by C functions that are called with the GIL held: after each call of os.read() a
    thread that computes would keep the sampler waiting for a whole switch interval."""

    def __init__(self):
        import ctypes
        lib = ctypes.PyDLL(None)
        self._buffer, self._size = ctypes.create_string_buffer(32768), 32768
        self._open, self._read, self._list, self._close = lib.open, lib.read, lib.getdents64, lib.close
        self._open.argtypes = (ctypes.c_char_p, ctypes.c_int)
        self._read.argtypes = self._list.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
        self._read.restype = self._list.restype = ctypes.c_ssize_t
        self._close.argtypes = (ctypes.c_int,)

    def text(self, path):
        fd = self._open(path.encode(), _RDONLY)
        if fd < 0:
            return ""
        n = self._read(fd, self._buffer, 4096)
        self._close(fd)
        return self._buffer.raw[:max(n, 0)].decode("ascii", "replace")

    def names(self, path):
        fd, found = self._open(path.encode(), _RDONLY | os.O_DIRECTORY), []
        if fd < 0:
            return found
        while (n := self._list(fd, self._buffer, self._size)) > 0:
            found += _entries(self._buffer.raw[:n])
        self._close(fd)
        return found


def _entries(data):
    """Names out of getdents64(2): inode 8 bytes, offset 8, length 2, type 1, name with a NUL."""
    at, found = 0, []
    while at + 19 <= len(data):
        length = int.from_bytes(data[at + 16:at + 18], "little")
        name = data[at + 19:at + length].split(b"\0", 1)[0].decode("ascii", "replace")
        if name not in (".", ".."):
            found.append(name)
        at += max(length, 19)
    return found


try:
    _keeping = _Keeping()
    _text, _names = _keeping.text, _keeping.names
except (ImportError, OSError, AttributeError):
    _text, _names = _plain_text, _plain_names


def times(task, root=OWN):
    """(ns on a core, ns waiting for a core) of a thread; None when it is gone."""
    words = _text(f"{root}/{task}/schedstat").split()
    return (int(words[0]), int(words[1])) if len(words) >= 2 else None


def waits_in(task, root=OWN):
    """What a thread sleeps in: "lock", "timed-lock" (with a time limit), "sleep", "children",
    "io", "disk" (a page that must be read), "other"; None when it runs or cannot be seen."""
    words = _text(f"{root}/{task}/syscall").split()
    if not words or words[0] == "running":
        return None
    if words[0] == "-1":
        return "disk"
    kind = KINDS.get(int(words[0]), "other")
    timed = kind == "lock" and len(words) > 4 and words[4] != "0x0"
    return "timed-lock" if timed else kind


def switches(task, root=OWN):
    """(voluntary, involuntary) context switches of a thread so far."""
    found = {}
    for line in _text(f"{root}/{task}/status").split("\n"):
        name, _, value = line.partition(":")
        if name.endswith("ctxt_switches"):
            found[name] = int(value)
    return found.get("voluntary_ctxt_switches", 0), found.get("nonvoluntary_ctxt_switches", 0)


def threads(root=OWN):
    """The threads of this process, as words."""
    return _names(root)


def descendants():
    """The pids of living children, grandchildren and so on; empty where the kernel does not list them."""
    found, todo = [], [f"{OWN}/{task}/children" for task in threads()]
    while todo and len(found) < 500:
        for pid in _text(todo.pop()).split():
            found.append(pid)
            todo.extend(f"/proc/{pid}/task/{task}/children" for task in threads(f"/proc/{pid}/task"))
    return found


def process_times(pid):
    """(ns on a core, ns waiting for one) of all threads of another process that still live."""
    root = f"/proc/{pid}/task"
    both = [t for t in (times(task, root) for task in threads(root)) if t]
    return sum(t[0] for t in both), sum(t[1] for t in both)
