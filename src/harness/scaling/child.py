"""Runs the course in a forked child and tells the tool what it sent; a unit that ends the child is left out the next time."""
from .. import gilstate
from . import course, waits
from .gang import Gang

AVOIDED = "its stress found an error"
MOST_CHILDREN = 4
STALL = 6.0                # no window is that long: threads stand still


def names_in(keys):
    """What a list of keys names: types, functions, test ids, and what is behind `Type label`."""
    names = set()
    for key in keys:
        for part in key.split("|")[1:]:
            names.add(part)
            names.add(part.partition(" ")[0])
    return names


class Runs:
    """`child(work, seconds, **options)` runs work(link) in a fork; is_own(module name) tells the package's modules."""

    def __init__(self, context, report, kind, child, is_own):
        self._context, self._job, self._report = context, context.job, report
        self._kind, self._child = kind, child
        self._is_own = is_own
        self._gil = gilstate.read() is not False
        self._left = {}

    def run(self, works, left):
        """left: {reason: count} of what was left out before."""
        self._left = dict(left)
        self._report.phase("play", len(works))
        units = []
        for _ in range(MOST_CHILDREN):
            if not works:
                break
            end = self._child(lambda link, works=works: self._course(link, works), max(self._report.left(), 0) + 20,
                              stall=STALL, want_native=False)
            units = self._take(end)
            if end.how == "done":
                break
            works = self._without(works, end)
        self._report.coverage(units=len(units), never=[], never_why=self._left)

    def _course(self, link, works):
        one = course.Course(link, Gang(self._job.threads), works, self._job, self._gil, waits.Place(self._is_own))
        if one.prepare():
            link.send({"work": [unit.work.key for unit in one.units if unit.objects == "private"]})
            one.run(self._report.left)
        link.send({"left": one.left})

    def _take(self, end):
        """Sends what the child measured; the keys of its units."""
        keys = []
        for message in end.sent:
            if "work" in message:
                keys = message["work"]
                self._report.work(self._kind, keys)
            elif "round" in message:
                self._report.round(self._kind, message)
            elif "wait" in message:
                self._report.wait(self._kind, message)
            elif "left" in message:
                for why, count in message["left"].items():
                    self._left[why] = self._left.get(why, 0) + count
            elif "failed" in message:
                why = message["failed"]
                self._left[why] = self._left.get(why, 0) + 1
        return keys

    def _without(self, works, end):
        """The works that another child may have; what ended this one is counted."""
        why = {"crash": "crashes in threads", "hang": "stands still in threads"}.get(end.how, "ends or outlasts its process")
        self._left[why] = self._left.get(why, 0) + 1
        rest = [work for work in works if work.key[:400] != end.unit[:400]]
        return rest if len(rest) < len(works) else []
