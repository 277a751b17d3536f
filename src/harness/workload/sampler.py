"""Samples all threads: where their time since the last sample went, and where their code stands.

A sample is weighted by the time that it stands for, which the kernel divides
into running, waiting for a core and sleeping (tasks.py). So a machine that is
busy elsewhere does not make a program look as if it waited.
"""
import _thread
import contextlib
import threading
import time

from . import tasks, waits

_now, _used, _process_used = time.perf_counter_ns, time.thread_time_ns, time.process_time_ns
_sleep = time.sleep
PERIOD = 0.01
SHARE = 0.05       # of the time may go to sampling
MAX_THREADS = 5000
BUSY = 0.2         # of an interval: from here on a thread counts as running in it


class Thread:
    """Nanoseconds of one thread, by what it did."""

    __slots__ = ("name", "python", "main", "cpu", "starved", "waits", "last", "switches", "loop", "kind",
                 "ahead")

    def __init__(self, name, main):
        self.name, self.main = name, main
        self.python = self.loop = False
        self.cpu = self.starved = 0
        self.waits = dict.fromkeys(waits.KINDS, 0)
        self.last, self.switches, self.kind = None, (0, 0), "other"
        self.ahead = 0              # waiting for a core that was counted before the kernel did


class Sampler:
    """Totals over all samples. Times are nanoseconds."""

    def __init__(self, functions, gil, stacks):
        self.functions, self.gil, self.stacks = functions, gil, stacks
        self.threads = {}
        self.own = None             # the sampler's own thread
        self.samples = self.peak_threads = self.peak_running = 0
        self.wall = dict.fromkeys(("run", "starved", *waits.KINDS), 0)
        self.cpu = 0                # of the program, sampling left out
        self.locks = {}             # (function, file, line): ns waited there
        self.loop = False
        self.children = {}          # pid: (cpu, starved) as last seen
        self.cost = 0.0             # CPU seconds of one sample, smoothed
        self._was, self._process_was = _now(), _process_used()
        self._own_used = 0          # CPU of sampling since the last sample
        self._lock = _thread.allocate_lock()
        self._main = str(threading.main_thread().native_id)

    def baseline(self):
        """What was used before the program began is not its own."""
        self._was, self._process_was = _now(), _process_used()
        for task in tasks.threads():
            self._thread(task).last = tasks.times(task)

    def pause(self):
        """Until the next sample; longer where sampling costs much."""
        _sleep(max(PERIOD, self.cost / SHARE))

    def _thread(self, task):
        known = self.threads.get(task)
        if known is None:
            known = self.threads[task] = Thread(None, task == self._main)
            known.last = (0, 0)
        return known

    def sample(self):
        """Takes one sample."""
        if not self._lock.acquire(timeout=2):
            return
        try:
            start = _used()
            self._sample()
            self._own_used = _used() - start
            self.cost = self.cost * 0.8 + self._own_used / 1e9 * 0.2
        finally:
            self._lock.release()

    @contextlib.contextmanager
    def still(self):
        """Nothing is sampled meanwhile, so that the tables can be read."""
        held = self._lock.acquire(timeout=2)
        try:
            yield
        finally:
            if held:
                self._lock.release()

    def _process_cpu(self):
        """CPU of the program since the last sample, also of threads that have ended."""
        now = _process_used()
        cpu, self._process_was = now - self._process_was - self._own_used, now
        return max(cpu, 0)

    def _sample(self):
        start, run = _now(), self._process_cpu()
        interval, self._was = start - self._was, start
        self.cpu += run
        frames = self.stacks.take()
        by_task = {str(t.native_id): (t.name, frames.get(t.ident)) for t in list(threading._active.values()) if t.native_id}
        everyone = [t for t in tasks.threads() if t != self.own][:MAX_THREADS]
        self.peak_threads = max(self.peak_threads, len(everyone))
        starved = running = seen = 0
        asleep = []
        for task in everyone:
            times = tasks.times(task)
            if times is None:
                continue
            name, frame = by_task.get(task, (None, None))
            thread = self._thread(task)
            cpu, waited = self._since(thread, times)
            blocked = interval - cpu - waited
            if blocked > interval * 0.1:
                kind = self._wait(thread, task, frame, blocked)
                if kind is None:
                    waited, thread.ahead = waited + blocked, blocked
                else:
                    asleep.append((kind, blocked))
            thread.python = thread.python or task in by_task
            self._count(thread, name, frame, cpu, waited)
            seen += cpu
            starved = max(starved, waited)
            running += cpu > interval * BUSY
        del frames, by_task
        self._divide(interval, run, starved, asleep, run - seen)
        self.peak_running = max(self.peak_running, running)
        self.samples += 1
        if self.samples % 10 == 1:
            self._look_around(everyone)

    @staticmethod
    def _since(thread, times):
        """(on a core, waiting for one) since the last sample."""
        cpu, waited = times[0] - thread.last[0], times[1] - thread.last[1]
        thread.last = times
        known = min(waited, thread.ahead)
        thread.ahead -= known
        return cpu, waited - known

    def _count(self, thread, name, frame, cpu, waited):
        thread.name = name or thread.name
        thread.cpu += cpu
        thread.starved += waited
        if frame is None:
            return
        if cpu > 0:
            self.functions.add(frame, cpu)
        if self.samples % 10 == 0 and waits.in_event_loop(frame):
            self.loop = thread.loop = True

    def _wait(self, thread, task, frame, blocked):
        """What a thread slept in, counted for it; None when it did not sleep but waits for a core
        now, which the kernel adds to its account only once it runs."""
        call = tasks.waits_in(task)
        if call is None:
            before, thread.switches = thread.switches, tasks.switches(task)
            if thread.switches[0] == before[0] or thread.kind == "other":
                return None
            kind = thread.kind  # it runs again: most likely it waited for what it waited for before
        else:
            kind = thread.kind = waits.kind_of(frame, call, self.gil.read())
        thread.waits[kind] += blocked
        if kind == "lock" and frame is not None:  # it may have none by now, though it waited for a lock before
            place = waits.lock_place(frame)
            key = place.f_code.co_qualname, place.f_code.co_filename, place.f_lineno or 0
            self.locks[key] = self.locks.get(key, 0) + blocked
        return kind

    def _divide(self, interval, run, starved, asleep, unseen):
        """The interval of the whole process: some thread ran, or wanted a core, or what did all wait for?
        unseen: CPU time of threads that have ended."""
        run = min(run, interval)
        starved = min(starved, interval - run)
        rest = interval - run - starved
        self.wall["run"] += run
        self.wall["starved"] += starved
        weights = {}
        for kind, blocked in asleep:
            if kind != "idle":
                weights[kind] = weights.get(kind, 0) + blocked
        total = sum(weights.values())
        for kind, weight in weights.items():
            self.wall[kind] += rest * weight // total
        if total:
            return
        if unseen > 0.1 * interval:  # they computed, or wanted to; nobody else says what else they did
            self.wall["starved"] += rest
        else:
            self.wall["idle" if asleep else "other"] += rest

    def _look_around(self, everyone):
        """What need not be known at each sample."""
        for task in everyone:
            if task in self.threads:
                self.threads[task].switches = tasks.switches(task)
        for pid in tasks.descendants():
            self.children[pid] = tasks.process_times(pid)
