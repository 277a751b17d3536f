"""Threads that live through a whole measurement, and short windows in which the first so many of them work.

    gang = Gang(most=4)
    made = gang.each(lambda number: build())         # in every thread, its own
    seen = gang.window([body, body], seconds=0.02)   # body(until) -> pieces done

The same threads serve one and many: what a thread costs to start, and what the
interpreter changes when there is a second one, is then in both.

A window is disturbed by what else runs on the machine. Linux tells of each thread how long
it could have run and did not (schedstat, https://docs.kernel.org/scheduler/sched-stats.html).
That is the machine's doing as far as the thread was put off its core (involuntary
switches), or began late for want of one; it is the work's where the thread had slept for a
lock and was woken (voluntary switches): it is split by their counts. All count from the moment at which they were let go, so that threads
that run one after the other do not seem to run at once.
Each thread is bound to a core of its own, where there are as many (then to the second hardware threads of these): a scheduler that wakes a
thread beside the one that let the lock go makes two threads share a core for a while.
"""
import itertools
import os
import queue
import resource
import threading
import time

from ..stress import team

_clock, _cpu = time.perf_counter, time.thread_time


class Window:
    """What k threads did at once. rate: pieces a second of all together; results: (pieces, wall, cpu, delay) of
    each thread, or its exception; a delay of None is not known."""

    def __init__(self, results):
        self.errors = [one for one in results if isinstance(one, BaseException)]
        good = [one for one in results if not isinstance(one, BaseException)]
        self.threads = len(results)
        self.rate = sum(one[0] / one[1] for one in good)
        self.wall = max((one[1] for one in good), default=0.0)
        self.cpu = sum(one[2] for one in good)
        delays = [one[3] for one in good]
        self.delay = None if None in delays else sum(delays)

    @property
    def busy(self):
        """Share of the threads' time in which the machine gave their cores to others; None: it does not say."""
        if self.delay is None or not self.wall:
            return None
        return min(self.delay / (self.wall * self.threads), 1.0)

    @property
    def overlap(self):
        """Threads that ran at once: CPU s / wall s."""
        return self.cpu / self.wall if self.wall else 0.0


class Gang:
    """`most` threads, each with an inbox of its own; they end with the process."""

    def __init__(self, most):
        self._inboxes = [queue.SimpleQueue() for _ in range(most)]
        self._outbox = queue.SimpleQueue()
        self.idents = []
        processors = _processors()
        for number, inbox in enumerate(self._inboxes):
            thread = threading.Thread(target=self._serve, args=(processors[number:number + 1], inbox, number), daemon=True)
            thread.start()
            self.idents.append(thread.ident)

    def _serve(self, processor, inbox, number):
        waited = _Waited()
        _bind(processor)
        while True:
            work = inbox.get()
            try:
                result = work(waited)
            except BaseException as error:
                result = error
            self._outbox.put((number, result))

    def _collect(self, count):
        found = sorted((self._outbox.get() for _ in range(count)), key=lambda one: one[0])
        return [result for _, result in found]

    def each(self, make, only=None):
        """make(number) in every thread, one after the other (of `only` so many); results or exceptions in order."""
        found = []
        for number, inbox in enumerate(self._inboxes[:only]):
            inbox.put(lambda _, number=number: make(number))
            found += self._collect(1)
        return found

    def begin(self, bodies, seconds):
        """Starts a window: one body for each of the first threads. Then end()."""
        gate = team.Gate(len(bodies))
        self._running = len(bodies)
        for inbox, body in zip(self._inboxes, bodies):
            inbox.put(lambda waited, body=body: _timed(body, gate, seconds, waited))

    def end(self):
        """Waits until all have stopped by themselves."""
        return Window(self._collect(self._running))

    def window(self, bodies, seconds):
        self.begin(bodies, seconds)
        return self.end()


def _siblings(processor):
    """The processors of its core, as the system writes them; None where it does not say."""
    try:
        fd = os.open(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(fd, 1000) or None
        finally:
            os.close(fd)
    except OSError:
        return None


def by_core(processors, siblings=_siblings):
    """The processors in such an order that one of each core comes first: hardware threads of one core share what computes."""
    cores = {}
    for processor in sorted(processors):
        cores.setdefault(siblings(processor) or processor, []).append(processor)
    return [processor for rank in itertools.zip_longest(*cores.values()) for processor in rank if processor is not None]


def _processors():
    """Those that this process may use, one of each core first; none where that cannot be told."""
    try:
        return by_core(os.sched_getaffinity(0))
    except OSError:
        return []


def _bind(processor):
    """The calling thread to the processor of that list; left alone when there are too few and it is empty."""
    try:
        if processor:
            os.sched_setaffinity(0, processor)
    except OSError:
        pass


class _Waited:
    """How long the calling thread has waited for a core in all, and how often it was put off one."""

    def __init__(self):
        try:
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = -1

    def read(self):
        """(seconds, involuntary switches, voluntary ones); None where the system does not say."""
        try:
            seconds = int(os.pread(self._file, 100, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return None
        used = resource.getrusage(resource.RUSAGE_THREAD)
        return seconds, used.ru_nivcsw, used.ru_nvcsw


def _timed(body, gate, seconds, waited):
    before = waited.read()
    start = gate.wait()
    late, begun, cpu = _clock() - start, waited.read(), _cpu()
    pieces = body(start + seconds)
    wall, cpu, after = max(_clock() - start, 1e-9), _cpu() - cpu, waited.read()
    if None in (before, begun, after):
        return pieces, wall, cpu, None
    delay = min(late, begun[0] - before[0]) + put_off(*(then - now for then, now in zip(after, begun)))
    return pieces, wall, cpu, min(delay, wall)


def put_off(waited, involuntary, voluntary):
    """Of the seconds that a thread waited for a core, those after involuntary switches."""
    return waited * involuntary / (involuntary + voluntary) if involuntary else 0.0
