"""Folds the reports of one pytest item into one result.

Set-up, call and tear-down give a report each, subtests any number of them, and a
re-run plugin more than one of each. The first attempt counts: a re-run never
turns a failure into a pass.
"""
from . import clock, faults

WORSE = {"passed": 0, "xfailed": 1, "xpassed": 1, "skipped": 1, "not-run": 2, "failed": 3, "error": 3}


def is_subtest(report):
    """Reports of pytest's own subtests (9) and of the plugin pytest-subtests."""
    return "subtest" in type(report).__name__.lower()


def status_of(report):
    """The status word that one report stands for."""
    expected = hasattr(report, "wasxfail")
    if report.outcome == "rerun" or report.failed:
        text = str(getattr(report, "longrepr", "") or "")
        if report.when == "call":
            return "xpassed" if text.startswith("[XPASS(strict)]") else "failed"
        return "error"
    if report.skipped:
        return "xfailed" if expected else "skipped"
    return "xpassed" if expected and report.when == "call" else "passed"


class Outcome:
    """One attempt to run an item, from start to result."""

    def __init__(self, own, item=None):
        self._own = own
        self._item = item
        self._notes = {}
        self._over = False
        self.status = None
        self.note = None
        self.clock = clock.Clock()

    def raised(self, when, error):
        """An exception seen while a report is made: it knows more than the report."""
        if when not in self._notes:
            self._notes[when] = faults.note_of(error, self._own)

    def report(self, report):
        """Takes one report, in the order in which pytest gives them."""
        if self._over:
            return
        status = status_of(report)
        if is_subtest(report) and status != "failed":
            return
        if report.outcome == "rerun":
            self._over = True
        if self.status is None or WORSE[status] > WORSE[self.status]:
            self.status = status
            self.note = self._explain(report, status)
            if self.note and self.note.not_run and status in ("failed", "error", "skipped"):
                self.status = "not-run"

    def _explain(self, report, status):
        if status == "passed":
            return None
        text = getattr(report, "longrepr", None)
        if isinstance(text, tuple) and len(text) == 3:  # a skip: file, line, reason
            text = text[2]
        reason = getattr(report, "wasxfail", None)
        note = self._notes.get(report.when) if status in ("failed", "error") else None
        if note is None or is_subtest(report):
            note = faults.note_of_text(text or reason or "", self._own)
        if status in ("xfailed", "xpassed"):
            return faults.Note(reason or str(text or ""))
        if status == "skipped":
            note = faults.Note(str(text or reason or ""))
        if faults.needs_async_plugin(note.message):
            marks = [mark.name for mark in self._item.iter_markers()] if self._item else []
            return faults.Note(f"async test, and no plugin runs it: {note.message}", faults.async_plugin(marks))
        return note
