"""Reads the reports of ThreadSanitizer: options that make them easy to read, a strict
and bounded parser, and which known races of the interpreter are left out.

The runtime is given no suppressions: its own match a name wherever it stands, also in
the package under test. Here a suppression counts for frames of the interpreter only.
This module stands alone, because the self-test loads it by its file.
"""
import glob
import os
import re

EXIT_CODE = 66
MOST_BYTES = 32 << 20      # of all logs together
MOST_REPORTS = 3000
MOST_FRAMES = 64
MOST_LINE = 4096

# One frame a line, its fields divided by tabs: names of C++ hold anything else.
_FORMAT = '"#%n\t%f\t%s\t%l\t%m"'
_OPTIONS = ("halt_on_error=0", "history_size=7", "report_thread_leaks=0", "report_signal_unsafe=0",
            "report_destroy_locked=0", "report_mutex_bugs=0", "detect_deadlocks=0", "atexit_sleep_ms=0",
            "die_after_fork=0", "strip_path_prefix=", f"stack_trace_format={_FORMAT}")
# What is no bug of a data race's kind is switched off above, and left out here too.
KINDS = ("data race", "heap-use-after-free", "race on external object")

_bar = "=================="
_head = re.compile(r"^WARNING: ThreadSanitizer: (.{1,80}?) \(pid=\d+\)$")
_access = re.compile(r"^  (?:Previous )?((?:atomic )?(?:read|write)) of size \d+ at 0x[0-9a-f]+ by "
                     r"(main thread|thread T\d+)(?: \[[^]]*\])?(?: \(mutexes: [^)]*\))?:$", re.IGNORECASE)
_place = re.compile(r"^  Location is (.{1,200})$")
_number = re.compile(r"^ {0,8}#\d{1,3}$")


def options(log, exit_code=EXIT_CODE):
    """The value of TSAN_OPTIONS: reports go to files called `log`.PID."""
    return ":".join([f'log_path="{log}"', f"exitcode={exit_code}", *_OPTIONS])


class Frame:
    """One frame: function ("??" when not known), source ("file:line" or ""), and the path
    of the object that holds it."""

    __slots__ = ("function", "source", "path")

    def __init__(self, function, source, path):
        self.function, self.source, self.path = function, source, path

    @property
    def object(self):
        return os.path.basename(self.path)

    def __str__(self):
        return f"{self.object or '?'}!{self.function}"


class Access:
    """One side of a race; no frames when ThreadSanitizer could not restore its stack."""

    __slots__ = ("what", "frames")

    def __init__(self, what):
        self.what, self.frames = what, []


class Report:
    """One report: its kind, up to two accesses, what is known of the place, its text."""

    __slots__ = ("kind", "accesses", "place", "lines")

    def __init__(self, kind):
        self.kind, self.accesses, self.place, self.lines = kind, [], "", []


def _frame(line):
    """A Frame of one line, or None."""
    fields = line.split("\t")
    if len(fields) != 5 or not _number.match(fields[0]):
        return None
    _, function, file, number, path = fields
    known = function not in ("", "<null>", "(null)")
    source = f"{file}:{number}" if file not in ("", "<null>", "(null)") and number.isdigit() and number != "0" else ""
    return Frame(function if known else "??", source, path if path.startswith("/") else "")


class Parser:
    """Takes the text of logs, piece by piece; reports() gives what is complete."""

    def __init__(self):
        self._rest = ""
        self._report = self._frames = None
        self._done = []
        self.bytes = self.count = 0

    def feed(self, text):
        """More of one log. Beyond the bounds nothing is read any more."""
        if self.bytes > MOST_BYTES or self.count >= MOST_REPORTS:
            return
        self.bytes += len(text)
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()[:MOST_LINE]
        for line in lines:
            self._line(line[:MOST_LINE])

    def reports(self):
        """The reports since the last call."""
        done, self._done = self._done, []
        return done

    def _line(self, line):
        head = _head.match(line)
        if head:
            self._report = Report(head.group(1)) if head.group(1).startswith(KINDS) else None
            self._frames = None
        if self._report is None:
            return
        if line == _bar or line.startswith("SUMMARY: "):
            self._end()
            return
        if len(self._report.lines) < 200:
            self._report.lines.append(line)
        self._inside(line)

    def _inside(self, line):
        report = self._report
        access = _access.match(line)
        if access and len(report.accesses) < 2:
            report.accesses.append(Access(access.group(1).lower()))
            self._frames = report.accesses[-1].frames
            return
        place = _place.match(line)
        if place and not report.place:
            report.place = place.group(1).rstrip(" :")
        frame = _frame(line)
        if frame is not None and self._frames is not None and len(self._frames) < MOST_FRAMES:
            self._frames.append(frame)
        elif frame is None:
            self._frames = None  # another heading: where a thread was made, where memory came from

    def _end(self):
        report, self._report, self._frames = self._report, None, None
        if report.accesses and self.count < MOST_REPORTS:
            self.count += 1
            self._done.append(report)


class Logs:
    """The growing log files of a process and its children."""

    def __init__(self, log):
        self._log, self._at, self._parsers = log, {}, {}

    def read(self):
        """The reports that were written since the last call."""
        found = []
        for path in sorted(glob.glob(glob.escape(self._log) + ".*"))[:1000]:
            parser = self._parsers.setdefault(path, Parser())
            try:
                with open(path, encoding="utf-8", errors="replace", newline="\n") as f:
                    f.seek(self._at.get(path, 0))
                    text = f.read(MOST_BYTES)
                    self._at[path] = f.tell()
            except OSError:
                continue
            parser.feed(text)
            found += parser.reports()
        return found


def read_logs(log):
    """All reports below one log path."""
    return Logs(log).read()
