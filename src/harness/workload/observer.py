"""The one object that watches a run: starts the sampler, notes events, writes the result."""
import _thread
import atexit
import json
import os
import resource
import sys
import time
import warnings

from . import functions, gil, sampler, stacks

_exit, _getpid, _open, _replace, _setsid = os._exit, os.getpid, open, os.replace, os.setsid
_now, _usage, _dumps = time.perf_counter, resource.getrusage, json.dumps
TIMED_OUT = 124
_PROCESS_EVENTS = {"os.fork": "forked", "os.forkpty": "forked", "subprocess.Popen": "started", "os.posix_spawn": "started",
                   "os.system": "started", "os.spawn": "started"}
TOP = 40


class Observer:
    """Writes the result file at the end, and every few seconds before, as the end may be a kill."""

    def __init__(self, path, seconds):
        self._path, self._seconds = path, seconds
        self._pid = _getpid()
        self._write_lock = _thread.allocate_lock()
        self._done = False
        self.functions = functions.Functions()
        self.gil = gil.Gil()
        self.sampler = sampler.Sampler(self.functions, self.gil, stacks.reader(self.gil.started_on))
        self.facts = {"finished": False, "exit": None, "exception": None, "input": False, "terminal": False,
                      "daemon": False, "replaced": None, "timed_out": False}
        self.processes = {"forked": 0, "started": 0}

    def start(self):
        """From here on it is the program's time."""
        # Finalisation waits for threads first and then runs exit functions, the first registered last.
        atexit.register(self.finish)
        os._exit, os.setsid = self._leave, self._detach
        # The sampler is a thread; by itself the program may have none.
        warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
        sys.addaudithook(self._audit)
        self.sampler.stacks.start()
        ready, go = _thread.allocate_lock(), _thread.allocate_lock()
        ready.acquire()
        go.acquire()
        _thread.start_new_thread(self._loop, (ready, go))
        ready.acquire()
        self._start, self._before = _now(), _usage(resource.RUSAGE_SELF)
        self.sampler.baseline()
        go.release()

    def _loop(self, ready, go):
        self.sampler.own = str(_thread.get_native_id())
        ready.release()
        go.acquire()
        next_write = 0.5
        while not self._done:
            self.sampler.pause()
            if self._done or _getpid() != self._pid:
                return
            self.sampler.sample()
            elapsed = _now() - self._start
            self.gil.check(elapsed)
            if self._seconds and elapsed > self._seconds:
                self._end_by_time()
            if elapsed > next_write:
                self.write()
                next_write = elapsed + min(5, max(0.5, elapsed / 10))

    def _end_by_time(self):
        self.facts["timed_out"] = True
        self.write()
        _exit(TIMED_OUT)

    # ---- what the program does ----

    def note_exit(self, code):
        self.facts["exit"] = code if isinstance(code, int) else 0 if code is None else 1

    def note_exception(self, error):
        self.facts["exit"] = 1
        self.facts["exception"] = f"{type(error).__name__}: {error}"[:300]

    def _audit(self, event, args):
        """Never raises: an exception here would be the program's."""
        if event in _PROCESS_EVENTS:
            self.processes[_PROCESS_EVENTS[event]] += 1
        elif event == "builtins.input":
            self.facts["input"] = True
        elif event == "open" and args and args[0] == "/dev/tty":
            self.facts["terminal"] = True
        elif event == "os.exec" and _getpid() == self._pid:
            self.facts["replaced"] = os.fsdecode(args[0]) if args and isinstance(args[0], (str, bytes)) else "?"
            self.sampler.sample()
            self.write()

    def _leave(self, status):
        """In the place of os._exit: the last chance to write."""
        if _getpid() == self._pid:
            self.facts["exit"], self.facts["finished"] = status, True
            self.sampler.sample()
            self.write()
        _exit(status)

    def _detach(self):
        """In the place of os.setsid: a forked child that goes into a session of its own is a daemon."""
        if _getpid() != self._pid:
            with _open(self._path + ".daemon", "w", encoding="ascii"):
                pass
        return _setsid()

    # ---- the result ----

    def finish(self):
        """The program is over."""
        if self._done or _getpid() != self._pid:
            return
        self._done = True
        self.sampler.sample()
        self.facts["finished"] = True
        if self.facts["exit"] is None:
            self.facts["exit"] = 0
        self.write()

    def write(self):
        """Writes what is known so far; never raises into the program."""
        if not self._write_lock.acquire(timeout=5):
            return
        try:
            with self.sampler.still():
                text = _dumps(self.result())
            with _open(self._path + ".new", "w", encoding="utf-8") as f:
                f.write(text)
            _replace(self._path + ".new", self._path)
        except Exception as error:
            print(f"workload: the result could not be written: {error}", file=sys.stderr)
        finally:
            self._write_lock.release()

    def result(self):
        """Seconds, counts and names; docs/workload.md describes each."""
        s, now = self.sampler, _usage(resource.RUSAGE_SELF)
        below = _usage(resource.RUSAGE_CHILDREN)
        seen = dict(s.children)
        return {
            "schema": 1, **self.facts, "seconds": _now() - self._start, "samples": s.samples,
            "wall": {kind: ns / 1e9 for kind, ns in s.wall.items()},
            "cpu": {"self": s.cpu / 1e9,
                    "children": below.ru_utime + below.ru_stime, "children_seen": sum(c for c, _ in seen.values()) / 1e9,
                    "children_starved": sum(w for _, w in seen.values()) / 1e9},
            "switches": {"voluntary": now.ru_nvcsw - self._before.ru_nvcsw, "involuntary": now.ru_nivcsw - self._before.ru_nivcsw},
            "gil": self.gil.facts(self._done), "loop": s.loop, "processes": {"forked": self.processes["forked"], "started": max(sum(self.processes.values()), len(seen))},
            "threads": self._threads(),
            "functions": self.functions.hottest(_own_file, TOP), "locks": _locks(s.locks),
            "extensions": [{"module": name, "seconds": ns / 1e9} for name, ns in
                           sorted(self.functions.extensions.items(), key=lambda item: -item[1])[:TOP]],
        }

    def _threads(self):
        everyone = [t for task, t in list(self.sampler.threads.items()) if task != self.sampler.own]
        rows = sorted(everyone, key=lambda t: (-t.cpu, not t.main))[:TOP]
        return {
            "seen": len(everyone), "python": sum(t.python for t in everyone), "peak": self.sampler.peak_threads,
            "peak_running": self.sampler.peak_running,
            "working": _working([t.cpu for t in everyone]),
            "locked": sum(t.waits["lock"] for t in everyone) / 1e9, "cpu": sum(t.cpu for t in everyone) / 1e9,
            "gil": sum(t.waits["gil"] for t in everyone) / 1e9,
            "contending": sum(t.waits["lock"] > 0.1 * (t.cpu + t.starved + sum(t.waits.values())) for t in everyone),
            "rows": [{"name": str(t.name or ("main" if t.main else "native"))[:80], "python": t.python, "loop": t.loop,
                      "cpu": t.cpu / 1e9, "starved": t.starved / 1e9, "voluntary": t.switches[0], "involuntary": t.switches[1],
                      **{kind: ns / 1e9 for kind, ns in t.waits.items()}} for t in rows],
        }


def _working(cpu):
    """How many threads do the work, from the CPU time of each: those with at least 5% of it, or, of many that have
    less each, as many as equal ones would be that share it so (sum(x)**2 / sum(x**2): Kish's effective number)."""
    total = sum(cpu) or 1
    effective = round(total ** 2 / (sum(x * x for x in cpu) or total ** 2))
    return max(sum(x >= total * 0.05 for x in cpu), effective if any(cpu) else 0)


def _locks(places):
    rows = sorted(places.items(), key=lambda item: -item[1])[:TOP]
    return [{"function": name, "file": file, "line": line, "seconds": ns / 1e9} for (name, file, line), ns in rows]


_HERE = os.path.dirname(os.path.abspath(__file__))


def _own_file(file):
    """Is it the launcher's?"""
    return file.startswith(_HERE)
