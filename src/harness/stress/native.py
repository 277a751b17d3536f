"""Native stacks of a process that crashed or hangs, by gdb, and what their frames say.

hold.py makes a crash stand still for this. Without ctypes or gdb there are no native
stacks, and nothing else changes.
"""
import os
import re
import shutil
import subprocess

from ..hold import FATAL

GDB_SECONDS = 20
MOST_TEXT = 16000
MOST_FRAMES = 8
MOST_PLACES = 3            # of locks that threads wait in, as far as they are named

_gdb = ["-nx", "-nw", "-q", "-batch", "-iex", "set auto-load off", "-iex", "set debuginfod enabled off",
        "-iex", "set print inferior-events off", "-iex", "set width 0", "-iex", "set print address on",
        "-ex", "thread apply all -q backtrace -frame-arguments none 40",
        "-ex", 'thread apply all -q frame apply 40 -q printf "pc %#lx\\n", $pc']
_frame = re.compile(r"^#(\d+)\s+(?:0x[0-9a-f]+ in )?(.+?) ?\((.*)$")
_pc = re.compile(r"^pc 0x([0-9a-f]+)$")
# Objects below which no defect of a package has its cause: it called them with something spoilt.
_system = re.compile(r"/(libc|libpthread|ld-linux[^/]*|libm|libdl|libgcc_s|libstdc\+\+)[.-][^/]*$|^\[|^$")
_inlined = re.compile(r"_?Py[A-Z_]")  # Py_DECREF and its like are compiled into every extension
# Functions of C, C++ and CPython that C code takes a lock by; those behind `with` of a threading.Lock are others.
_lock = re.compile(r"^(_?PyMutex_Lock|_PyMutex_LockTimed|_?PyParkingLot_Park|_PySemaphore_(Wait|PlatformWait)|PyThread_acquire_lock(_timed)?|"
                   r"_PyCriticalSection2?_Begin(Slow)?|_PyRWMutex_\w*Lock|pthread_(mutex|rwlock)_\w*lock|___?pthread_mutex_lock|"
                   r"__(GI_)?_*(lll_lock_wait|pthread_mutex_(cond_)?lock)\w*|__lll_lock_wait|sem_wait|pthread_spin_lock|"
                   r"std::(__1::)?(\w*mutex|lock_guard|unique_lock)\b.*)")
_python = re.compile(r"/(python[0-9.]*t?d?|libpython[^/]*)$")


def held(pid):
    """The fatal signal in whose handler a thread of the process stands, or 0."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return 0
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/status", encoding="ascii", errors="replace") as f:
                text = f.read()
        except OSError:
            continue
        found = re.search(r"^SigBlk:\s*([0-9a-f]+)", text, re.M)
        blocked = int(found.group(1), 16) if found else 0
        for number in FATAL:
            if blocked >> (number - 1) & 1:
                return int(number)
    return 0


def cpu_seconds(pid):
    """What all threads of a process have run so far; 0.0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            fields = f.read().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


def thread_states(pid):
    """One letter for each thread, as /proc has it: R runs, S sleeps."""
    states = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat", encoding="utf-8", errors="replace") as f:
                states.append(f.read().rpartition(") ")[2][:1])
    except OSError:
        pass
    return "".join(states)


class Maps:
    """Which file an address of a process belongs to."""

    def __init__(self, pid):
        self._ranges = []
        try:
            with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as f:
                for line in f:
                    fields = line.split(maxsplit=5)
                    low, _, high = fields[0].partition("-")
                    self._ranges.append((int(low, 16), int(high, 16), fields[5].strip() if len(fields) > 5 else ""))
        except (OSError, ValueError):
            pass

    def file_at(self, address):
        for low, high, path in self._ranges:
            if low <= address < high:
                return path
        return ""


class Frame:
    """One native frame: the function (or "??") and the file of its object."""

    __slots__ = ("function", "file", "source")

    def __init__(self, function, file, source=""):
        self.function, self.file, self.source = function, file, source

    @property
    def of_system(self):
        return bool(_system.search(self.file))

    @property
    def of_python(self):
        return bool(_python.search(self.file))

    def __str__(self):
        """`object!function`, equal for equal code whatever the addresses and folders."""
        return f"{os.path.basename(self.file) or '?'}!{self.function}"


class Stacks:
    """The threads of a process as lists of frames, innermost first; `crashed` is one of them or None."""

    def __init__(self, threads, crashed):
        self.threads, self.crashed = threads, crashed

    @property
    def text(self):
        """The crashed thread, then the others that are in an extension module, a frame a line."""
        others = [one for one in self.threads if one is not self.crashed]
        telling = [one for one in others if any(not (f.of_system or f.of_python) for f in one)]
        lines = _thread_lines("crashed thread", self.crashed, 24) if self.crashed is not None else []
        for thread in telling or ([] if lines else others):
            lines += _thread_lines("another thread" if lines else "thread", thread, 12)
        return "\n".join(lines)[:MOST_TEXT]

    def frames(self):
        """The frames of the crashed thread below the signal, else those of the first
        thread that is in an extension module; without the plumbing at their top."""
        order = [self.crashed] if self.crashed is not None else self.threads
        for thread in order:
            telling = [f for f in thread if not f.of_system]
            if self.crashed is not None or any(not f.of_python for f in telling):
                return telling[:MOST_FRAMES]
        return []


def _thread_lines(title, frames, most):
    lines = [f"{title}:"]
    for at, frame in enumerate(frames[:most]):
        where = f"  {frame.source}" if frame.source else ""
        lines.append(f"  #{at} {frame.function}  [{os.path.basename(frame.file) or '?'}]{where}")
    return lines


def waits(stacks):
    """`threads 1, 2 and 4 wait for a native lock in f, called from g`: of threads that sleep in a lock that
    an extension took itself. "" when no thread does; threads are numbered as in `stacks`."""
    places = {}
    for number, thread in enumerate(stacks.threads):
        place = _place_of_lock(thread)
        if place:
            places.setdefault(place, []).append(str(number + 1))
    parts = []
    for place, numbers in list(places.items())[:MOST_PLACES]:
        who = f"threads {', '.join(numbers[:-1])} and {numbers[-1]} wait" if len(numbers) > 1 else f"thread {numbers[0]} waits"
        parts.append(f"{who} for a native lock in {place}")
    return "; ".join(parts)


def _place_of_lock(thread):
    """The functions of extensions from which a thread waits for a lock, innermost first; "" when it does not:
    below the waiting there must be nothing of Python but its locks for C code."""
    at = next((at for at, frame in enumerate(thread) if not (frame.of_system or _lock.match(frame.function))), None)
    if at is None or at == 0 or thread[at].of_python or not any(_lock.match(frame.function) for frame in thread[:at]):
        return ""
    inner = thread[at]
    outer = [frame.function for frame in thread[at + 1:] if frame.file == inner.file and frame.function != inner.function
             and not _inlined.match(frame.function)]
    return f"{inner.function}, called from {outer[0]}" if outer else inner.function


def own_frame(frames, site):
    """The innermost frame that is in a file below site and not one of Python's inlined functions."""
    own = [one for one in frames if site and one.file.startswith(site)]
    return next((one for one in own if not _inlined.match(one.function)), own[0] if own else None)


def own_frame_beside(stacks, site):
    """The same of the threads beside the crashed one: what they were in when memory went wrong."""
    for thread in stacks.threads:
        found = own_frame(thread, site) if thread is not stacks.crashed else None
        if found is not None:
            return found
    return None


def _frame_of(line, pc, maps):
    """A Frame of one line of a backtrace; None for the mark of a signal."""
    found = _frame.match(line)
    if not found or "<signal handler called>" in line:
        return None
    source = re.search(r"\) at (\S+:\d+)", found.group(3))
    return Frame(found.group(2).split("@")[0], maps.file_at(pc), source.group(1) if source else "")


def parse(text, maps):
    """Stacks from gdb's output: the backtraces, then the addresses of the same frames."""
    lines = [line for line in text.splitlines() if line.startswith("#")]
    addresses = [int(found.group(1), 16) for found in map(_pc.match, text.splitlines()) if found]
    addresses += [0] * (len(lines) - len(addresses))
    threads, crashed = [], None
    for line, pc in zip(lines, addresses):
        if line.startswith("#0 "):
            threads.append([])
        frame = _frame_of(line, pc, maps)
        if frame is not None and threads:
            threads[-1].append(frame)
        elif frame is None and threads and crashed is None:
            threads[-1].clear()
            crashed = threads[-1]
    return Stacks(threads, crashed)


def stacks(pid):
    """The stacks of all threads of a process, by gdb; None when they cannot be had."""
    gdb = shutil.which("gdb", path="/usr/local/bin:/usr/bin:/bin")
    if gdb is None:
        return None
    maps = Maps(pid)
    try:
        done = subprocess.run([gdb, *_gdb, "-p", str(pid)], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=GDB_SECONDS, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"},
                              check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    text = done.stdout.decode("utf-8", "replace")
    if "#0 " not in text:
        return None
    return parse(text[text.find("#0 "):], maps)
