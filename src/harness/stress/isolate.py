"""Runs work in a forked child that may crash, hang, leave or eat memory, and says how it ended.

    end = isolate.run(work, seconds=5)

`work(link)` is called in the child. It says where it is by link.at(unit, phase)
(cheap: a write into shared memory) and sends findings by link.send(object) (one JSON
line each). The parent collects what was sent, watches for standstill, and when the
child crashed or stands still takes the stacks of all its threads from inside
(faulthandler) and outside (gdb) before it ends the child. A crash costs a fork.

The process that forks must have one thread only.
"""
import contextlib
import faulthandler
import json
import mmap
import os
import resource
import select
import signal
import struct
import tempfile
import time

from .. import hold
from . import native

STALL_SECONDS = 5.0        # no sign of life for so long is a hang
SETTLE_SECONDS = 2.0       # what faulthandler may take to write a crash's stack on a busy machine
LEAST_CPU = 0.3            # of one core, for a child whose threads run without end
BUSY_FACTOR = 4            # how much longer a child has that is kept from running
MOST_SENT = 1 << 20        # bytes that a child may send
MOST_STACK = 16000
ADDRESS_SPACE = 6 << 30
FILE_SIZE = 256 << 20
LOOKING = b"+"             # behind the name of a phase
CHILD_FAILED = 97          # exit code of a child whose work raised

_now = time.monotonic
_exit, _kill = os._exit, os.kill  # what runs here may replace them
_state = struct.Struct("=QQ64s448s")


class Link:
    """The child's side: where it is, and what it found."""

    def __init__(self, memory, fd):
        self._memory, self._fd = memory, fd
        self._beats = 0
        self._unit = self._phase = b""

    def at(self, unit, phase=""):
        """Now working on this unit: the one that is blamed for a crash."""
        self._unit = unit.encode("utf-8", "replace")[:448]
        self._phase = phase.encode("utf-8", "replace")[:64]
        self.beat()

    def phase(self, phase):
        """A step inside the unit."""
        self._phase = phase.encode("utf-8", "replace")[:64]
        self.beat()

    def beat(self):
        """Still alive."""
        self._beats += 1
        _state.pack_into(self._memory, 0, self._beats, 0, self._phase, self._unit)

    @contextlib.contextmanager
    def looking(self):
        """While the child reads the frames of its threads: a crash of that is ours. No sign of life."""
        phase = self._phase[:60]
        _state.pack_into(self._memory, 0, self._beats, 0, phase + LOOKING, self._unit)
        try:
            yield
        finally:
            _state.pack_into(self._memory, 0, self._beats, 0, phase, self._unit)

    def send(self, value):
        """One finding, counter or measure: anything that JSON takes."""
        self.note(value)
        self.beat()

    def note(self, value):
        """The same, but no sign of life: what the child says of its own standstill."""
        data = json.dumps(value, separators=(",", ":")).encode("ascii", "replace") + b"\n"
        while data:
            data = data[os.write(self._fd, data):]


class End:
    """How a child ended. `how`: "done", "crash", "hang", "exit" (it left by itself) or
    "time" (its seconds were over while it still got on)."""

    def __init__(self):
        self.how = "done"
        self.signal = self.code = 0
        self.unit = self.phase = ""
        self.looking = False     # it ended while it read the frames of its threads
        self.sent = []
        self.python_stack = ""
        self.native = None       # native.Stacks or None
        self.states = ""         # thread states at a hang, "R" runs, "S" sleeps
        self.wall = self.cpu = 0.0

    @property
    def locks(self):
        """What the child read of its threads' locks when it stood still (locks.look()), or None."""
        told = [one["locks"] for one in self.sent if "locks" in one] if self.how == "hang" else []
        return told[-1] if told else None


class _Child:
    """One forked child, seen by its parent."""

    def __init__(self, work, limits):
        self._memory = mmap.mmap(-1, _state.size)
        self._stack_file = tempfile.TemporaryFile()
        self._read, write = os.pipe()
        self.started = self.alive_at = _now()
        self._beats = 0
        self._cpu = 0.0
        self._data = bytearray()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._read)
            _child_main(work, Link(self._memory, write), self._stack_file.fileno(), limits)
        os.close(write)
        os.set_blocking(self._read, False)
        self.status = self.usage = None

    def step(self, seconds):
        """Waits a little for what the child sends; False when its pipe is closed."""
        ready, _, _ = select.select([self._read], [], [], seconds)
        beats, _, _, _ = _state.unpack_from(self._memory, 0)
        if beats != self._beats:
            self._beats, self.alive_at, self._cpu = beats, _now(), native.cpu_seconds(self.pid)
        while ready:
            try:
                chunk = os.read(self._read, 65536)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            if len(self._data) < MOST_SENT:
                self._data += chunk
        return True

    def crashed(self):
        """Whether a thread stands in the handler of a fatal signal."""
        return os.fstat(self._stack_file.fileno()).st_size > 0 or (
            _now() - self.alive_at > 0.5 and native.held(self.pid) > 0)

    def stands_still(self, stall):
        """Whether it gave no sign of life for so long. One that wants to run and hardly may, on a busy
        machine, is given a few times as long."""
        silent = _now() - self.alive_at
        if silent <= stall:
            return False
        starved = native.cpu_seconds(self.pid) - self._cpu < LEAST_CPU * silent and "R" in native.thread_states(self.pid)
        return not starved or silent > BUSY_FACTOR * stall

    def reap(self, block):
        if self.status is None:
            pid, status, usage = os.wait4(self.pid, 0 if block else os.WNOHANG)
            if pid:
                self.status, self.usage = status, usage
        return self.status is not None

    def stop(self):
        try:
            _kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.reap(True)

    def python_stack(self):
        """What faulthandler wrote: at a crash by itself, else when asked."""
        self._stack_file.seek(0)
        return self._stack_file.read(MOST_STACK).decode("utf-8", "replace")

    def ask_stacks(self):
        """Lets a child that stands still write the Python stacks of all its threads."""
        try:
            _kill(self.pid, signal.SIGUSR2)
        except ProcessLookupError:
            return
        until = _now() + SETTLE_SECONDS
        while _now() < until and os.fstat(self._stack_file.fileno()).st_size == 0:
            time.sleep(0.02)

    def fill(self, end):
        """What is known of the child, into the End."""
        _, _, phase, unit = _state.unpack_from(self._memory, 0)
        end.unit = unit.rstrip(b"\0").decode("utf-8", "replace")
        phase = phase.rstrip(b"\0")
        end.looking = phase.endswith(LOOKING)
        end.phase = phase.removesuffix(LOOKING).decode("utf-8", "replace")
        end.wall = _now() - self.started
        if self.usage is not None:
            end.cpu = self.usage.ru_utime + self.usage.ru_stime
        for line in bytes(self._data).split(b"\n"):
            try:
                end.sent.append(json.loads(line)) if line else None
            except ValueError:
                pass  # cut off by the crash
        self._stack_file.close()
        self._memory.close()
        os.close(self._read)


def _limit(kind, value):
    try:
        soft, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, hard))
    except (OSError, ValueError):
        pass


def _child_main(work, link, stack_fd, limits):
    """The child's whole life; never returns."""
    code = CHILD_FAILED
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _limit(resource.RLIMIT_CORE, 0)
        if limits:
            _limit(resource.RLIMIT_AS, ADDRESS_SPACE)
            _limit(resource.RLIMIT_FSIZE, FILE_SIZE)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        faulthandler.disable()
        hold.hold_crashes()
        faulthandler.enable(file=stack_fd, all_threads=True)
        faulthandler.register(signal.SIGUSR2, file=stack_fd, all_threads=True)
        work(link)
        code = 0
    except BaseException as error:
        try:
            link.send({"failed": f"{type(error).__name__}: {error}"[:500]})
        except BaseException:
            pass
    finally:
        _exit(code)


def _describe_crash(child, end, want_native):
    time.sleep(0.05)
    until = _now() + SETTLE_SECONDS
    while _now() < until and not native.held(child.pid) and not child.reap(False):
        time.sleep(0.02)
    end.how, end.signal = "crash", native.held(child.pid)
    end.python_stack = child.python_stack()
    if not end.signal:
        end.signal = _signal_named(end.python_stack)
    if want_native and child.status is None:
        end.native = native.stacks(child.pid)


def _signal_named(text):
    """The signal that faulthandler's first line speaks of."""
    for word, number in (("Segmentation fault", signal.SIGSEGV), ("Aborted", signal.SIGABRT), ("Bus error", signal.SIGBUS),
                         ("Floating", signal.SIGFPE), ("Illegal", signal.SIGILL)):
        if word in text[:200]:
            return int(number)
    return int(signal.SIGABRT)


def _describe_hang(child, end, want_native):
    end.how = "hang"
    end.states = native.thread_states(child.pid)
    if want_native:
        end.native = native.stacks(child.pid)
    child.ask_stacks()
    end.python_stack = child.python_stack()


def run(work, seconds, stall=STALL_SECONDS, want_native=True, limits=True, tick=None):
    """Runs work(link) in a child for at most so many seconds; an End.

    tick() is called a few times a second, for the parent's own signs of life."""
    end = End()
    child = _Child(work, limits)
    until = child.started + seconds
    while child.step(0.05):
        if tick is not None:
            tick()
        if child.crashed():
            _describe_crash(child, end, want_native)
            break
        if child.stands_still(stall):
            _describe_hang(child, end, want_native)
            break
        if _now() > until:
            end.how = "time"
            break
    if end.how == "done":
        _wait_for_end(child, end, want_native)
    child.stop()
    _explain_status(child, end)
    child.fill(end)
    return end


def _wait_for_end(child, end, want_native):
    """The pipe is closed: the child ends, or crashes on its way out."""
    until = _now() + SETTLE_SECONDS * 3
    while _now() < until and not child.reap(False):
        if child.crashed():
            _describe_crash(child, end, want_native)
            return
        time.sleep(0.005)


def _explain_status(child, end):
    if end.how != "done":
        return
    status = child.status
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in FATAL_NUMBERS:
        end.how, end.signal = "crash", os.WTERMSIG(status)
        end.python_stack = child.python_stack()
    elif os.WIFSIGNALED(status):
        end.how, end.signal = "exit", os.WTERMSIG(status)
    elif os.WEXITSTATUS(status) != 0:
        end.how, end.code = "exit", os.WEXITSTATUS(status)


FATAL_NUMBERS = {int(number) for number in hold.FATAL}
