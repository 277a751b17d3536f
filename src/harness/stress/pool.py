"""What can be replayed: per type the receivers and operations that stand a trial, and what each does.

A trial runs in a child, serially: receivers are built twice, each operation is done
twice on equal receivers. It tells which receivers can be built, which operations are
quick enough, which give the same result twice, which change what can be observed, and
which observations are steady. An operation that crashes, blocks or leaves the process
by itself is never replayed: that is no question of threads.
"""
import copy
import random
import threading
import time

from . import kinds as _kinds
from . import values
from .operations import Operation

MOST_RECEIVERS = 8
MOST_OPERATIONS = 5        # of one name that are used
MOST_TRIED = 20            # until there are so many
SLOW_OPERATION = 0.003
SLOW_BUILD = 0.008
TYPE_SECONDS = 1.5
NOT_TRIED, NOT_PLAYED = "not tried in the time given", "not reached in the time given"
WHY = {"PermissionError": "it does what replay must not do", "NotReplayed": "it does what replay must not do",
       "Suspends": "it waits for an event loop"}
REFUSALS = ("PermissionError", "NotReplayed", "Suspends")

_now = time.perf_counter


def timed(call):
    """(outcome, seconds); the machine may be busy, so one slow call proves nothing."""
    start = _now()
    shown = values.outcome(call)
    return shown, _now() - start


class Unbuildable(Exception):
    """No way to make an object like the recorded one."""


class Builder:
    """Makes objects from tapes. fresh: with literals of their own too, so that two objects share nothing that was recorded;
    own: never the recorded object itself."""

    def __init__(self, fresh=False, own=False):
        self._fresh, self._own = fresh, own
        self._local = threading.local()  # threads build arguments too

    def build(self, tape):
        """A new object by its recipe, or a copy, or the recorded object itself."""
        depth = getattr(self._local, "depth", 0)
        if depth > 8:
            raise Unbuildable("recipes nested too deeply")
        self._local.depth = depth + 1
        try:
            if tape.recipe is not None:
                made = tape.recipe.build(self.build, self._fresh)
                if self._is_like(made, tape):
                    return made
            return self._copy(tape)
        finally:
            self._local.depth = depth

    @staticmethod
    def _is_like(made, tape):
        """Of the same type, or of one of the same name: some classes make one for each object."""
        return type(made) is tape.kind or _kinds.name_of(type(made)) == _kinds.name_of(tape.kind)

    def _copy(self, tape):
        if type(tape.value) is not tape.kind:
            raise Unbuildable(f"no {tape.kind.__name__} can be made")
        try:
            made = copy.deepcopy(tape.value)
            if type(made) is tape.kind and made is not tape.value:
                return made
        except Exception:
            pass
        if self._own:
            raise Unbuildable("it cannot be made anew")
        return tape.value

    def receiver(self, tape, steps):
        """The object, with the first so many recorded operations done to it."""
        made = self.build(tape)
        for operation in tape.operations[:steps]:
            try:
                operation.prepare(values.Making(self.build, made))()
            except Exception:
                pass
        return made


class Subject:
    """One type with what was recorded of it, and what the trial showed."""

    def __init__(self, kind, tapes, slots):
        self.kind = kind
        self.name = _kinds.name_of(kind)
        self.tapes = tapes
        self.slots = slots              # label -> [Operation]
        self.receivers = []             # indexes into tapes that can be built anew
        self.common = False             # ... or, where none can, that give one object each time: say from a cache
        self.usable = {}                # label -> [index of operation]
        self.mutators = set()           # labels
        self.stable = {}                # label -> indexes whose result is the same twice
        self.readers = set()            # labels that give something, the same twice, and change nothing that can be seen
        self.observers = []             # labels of operations without arguments, or of OBSERVERS
        self.refused = {}               # label -> why no operation of that name is usable
        self.failed = ""
        self.tried = False

    def why_not(self, label):
        """Why an operation was never played."""
        if not self.tried or label not in self.refused and self.receivers and label not in self.usable:
            return NOT_TRIED
        if self.failed or not self.receivers:
            return self.failed or "no receiver could be made"
        return self.refused.get(label, NOT_PLAYED)

    @property
    def native(self):
        return any(_kinds.is_native(self.kind, ops[0].attribute) for ops in self.slots.values() if ops[0].attribute)

    def slot_key(self, label):
        """(defining class, label): equal for types that inherit the same code."""
        return (id(self.owner(label)), label)

    def owner(self, label):
        """The class whose body has the operation; the type itself where none has."""
        attribute = self.slots[label][0].attribute
        owner = _kinds.defining(self.kind, attribute) if attribute else None
        return self.kind if owner is None else owner

    def label_is_native(self, label):
        attribute = self.slots[label][0].attribute
        return attribute is None or _kinds.is_native(self.kind, attribute)


def _len(value):
    return len(value)


def _list(value):
    if iter(value) is value:
        raise values.Opaque("an iterator")
    return list(value)[:2000]


def _public(value):
    """What a class keeps under private names, say an approximate count, it promises to nobody."""
    found = {name: held for name, held in vars(value).items() if not name.startswith("_")}
    if not found:
        raise values.Opaque("nothing public")
    return found


OBSERVERS = {"len()": _len, "list()": _list, "repr()": repr, "bytes()": bytes, "vars()": _public}


def subjects(recorder):
    """The types that have receivers, each with the operations recorded on it or on a type
    that inherits the same code."""
    own = {}
    for kind, tapes in recorder.of_type.items():  # types of one name are one subject
        if recorder.kinds.is_own(kind):
            own.setdefault(_kinds.name_of(kind), (kind, []))[1].extend(tapes)
    found = []
    for kind, tapes in own.values():
        slots = {}
        for other, labels in recorder.types.items():
            for label, slot in labels.items():
                if slot.operations and (other is kind or _same_code(kind, other, slot.operations[0])):
                    slots.setdefault(label, []).extend(slot.operations)
        slots = {label: ops for label, ops in slots.items() if _belongs(recorder.kinds, kind, ops[0])}
        if slots:
            found.append(Subject(kind, sorted(tapes, key=lambda tape: (tape.recipe is None, tape.number)), slots))
    return sorted(found, key=lambda one: (not one.native, -len(one.tapes), one.name))


def _same_code(kind, other, operation):
    attribute = operation.attribute
    if attribute is None:
        return False
    owner = _kinds.defining(kind, attribute)
    return owner is not None and owner is not object and owner is _kinds.defining(other, attribute)


def _belongs(kinds, kind, operation):
    """Whether the package implements the operation: object's own methods are Python's."""
    attribute = operation.attribute
    if attribute is None:
        return True
    owner = _kinds.defining(kind, attribute)
    if owner is None:
        return operation.kind in ("get", "operator")  # instance attributes, reflected operators
    return owner is not object and (kinds.is_target(owner) or operation.kind != "get")


def spread(items, most, seed):
    """A deterministic choice of at most so many."""
    if len(items) <= most:
        return list(range(len(items)))
    return sorted(random.Random(seed).sample(range(len(items)), most))


def shuffled(items, seed):
    """All indexes in a deterministic order."""
    order = list(range(len(items)))
    random.Random(seed).shuffle(order)
    return order


class Trial:
    """Runs in a child: tries one subject and sends what it learned."""

    def __init__(self, subject, link, skip):
        self._subject, self._link, self._skip = subject, link, skip
        self._builder = Builder()
        self._until = _now() + TYPE_SECONDS

    def _at(self, what):
        self._link.at(f"{self._subject.name}#{what}", "trial")

    def run(self):
        receivers, common = self._receivers()
        if not receivers:
            self._link.send({"failed": "no receiver can be built"})
            return
        tape = self._subject.tapes[receivers[0]]
        observers = self._observers(tape)
        self._link.send({"receivers": receivers, "observers": observers, "common": common})
        for label in self._subject.slots:
            if _now() > self._until:
                return
            self._try_slot(label, [self._subject.tapes[at] for at in receivers], observers)

    def _receivers(self):
        """(those that are built anew each time, False), or, of C code, (those that are one object each time, True)."""
        good, common = [], []
        for at in spread(self._subject.tapes, MOST_RECEIVERS * 2, 1):
            what = f"build:{at}"
            if what in self._skip or len(good) >= MOST_RECEIVERS:
                continue
            self._at(what)
            tape = self._subject.tapes[at]
            try:
                start = _now()
                first = self._builder.build(tape)
                took = _now() - start
                second = self._builder.build(tape)
            except Exception:
                continue
            if took < SLOW_BUILD:
                (common if first is second else good).append(at)
        return (good, False) if good or not self._subject.native else (common[:MOST_RECEIVERS], True)

    # -- observing -----------------------------------------------------------------

    def observer_call(self, name, value):
        return observe_one(self._subject, name, value, self._builder)

    def _observers(self, tape):
        names = [name for name in OBSERVERS if f"observe:{name}" not in self._skip]
        for label, ops in self._subject.slots.items():
            one = ops[0]
            if one.kind in ("get", "method") and not one.arguments and not one.keywords:
                names.append(label)
        return [name for name in names if self._steady(name, tape)]

    def _steady(self, name, tape):
        """The same on two objects and twice on one, not None, and without effect on it."""
        what = f"observe:{name}"
        if what in self._skip:
            return False
        self._at(what)
        try:
            first, second = (self._builder.receiver(tape, 0) for _ in range(2))
            start = _now()
            seen = [self.observer_call(name, first), self.observer_call(name, first), self.observer_call(name, second)]
            quick = _now() - start < 3 * SLOW_OPERATION
        except Exception:
            return False
        return quick and seen[0] is not None and seen[0] == seen[1] == seen[2]

    # -- operations ----------------------------------------------------------------

    def _try_slot(self, label, tapes, observers):
        ops = self._subject.slots[label]
        good, stable, mutates, gives, why = [], [], False, False, "ends or blocks the process when it is tried alone"
        for at in shuffled(ops, label)[:MOST_TRIED]:
            what = f"{label}:{at}"
            if what in self._skip or len(good) >= MOST_OPERATIONS:
                continue
            self._at(what)
            shown = self._try(ops[at], tapes[at % len(tapes)], observers)
            if isinstance(shown, str):
                why = shown
                continue
            good.append(at)
            mutates = mutates or shown["mutates"]
            gives = gives or shown["gives"]
            if shown["stable"]:
                stable.append(at)
        self._link.send({"label": label, "usable": good, "stable": stable, "mutates": mutates, "gives": gives} if good else
                        {"refused": label, "why": why})

    def _try(self, operation, tape, observers):
        """What one operation does, as a dict; why it is not used, when it is too slow or refuses its receiver."""
        try:
            first, second = (self._builder.receiver(tape, len(tape.operations) // 2) for _ in range(2))
            call = operation.prepare(values.Making(self._builder.build, first))
            again = operation.prepare(values.Making(self._builder.build, second))
            before = self._observe(observers, first)
            shown, took = timed(call)
        except Exception:
            return "its arguments cannot be made again"
        if shown[0] == "raised" and (operation.raised is None or shown[1] in REFUSALS):
            return WHY.get(shown[1], "it raises on objects made again")
        mutates = self._observe(observers, first) != before
        twice, took_again = timed(again)
        if min(took, took_again) > SLOW_OPERATION:
            return "takes long when it is tried alone"
        stable = shown[0] == "ok" and shown == twice
        return {"mutates": mutates, "stable": stable, "gives": stable and shown[1] is not None}

    def _observe(self, observers, value):
        seen = []
        for name in observers:
            try:
                seen.append(self.observer_call(name, value))
            except Exception as error:
                seen.append(type(error).__name__)
        return seen


def observe_one(subject, name, value, builder):
    """The plain result of one observer on an object; Opaque when there is none."""
    if name in OBSERVERS:
        return values.plain(OBSERVERS[name](value))
    operation = subject.slots[name][0]
    return values.plain(operation.prepare(values.Making(builder.build, value))())


def take(subject, sent):
    """What a trial sent, into the subject."""
    for message in sent:
        if "receivers" in message:
            subject.receivers, subject.common = message["receivers"], message["common"]
            subject.observers = message["observers"]
        elif "label" in message:
            label = message["label"]
            subject.usable[label] = message["usable"]
            subject.stable[label] = message["stable"]
            if message["mutates"]:
                subject.mutators.add(label)
            elif message["gives"]:
                subject.readers.add(label)
        elif "refused" in message:
            subject.refused[message["refused"]] = message["why"]
        elif "failed" in message:
            subject.failed = message["failed"]


class Function:
    """Functions and classes of the package that tests call, by name."""

    def __init__(self, name, ops):
        self.name = name
        self.operations: list[Operation] = ops
        self.usable = []
        self.stable = []
        self.failed = ""
        self.tried = False

    def why_not(self):
        """Why it was never played."""
        if self.failed or not self.usable:
            return self.failed or ("no call of it works when tried alone" if self.tried else NOT_TRIED)
        return NOT_PLAYED


class FunctionTrial:
    """Tries one function's recorded calls, twice each."""

    def __init__(self, function, link, skip):
        self._function, self._link, self._skip = function, link, skip
        self._builder = Builder()

    def run(self):
        usable, stable = [], []
        for at in spread(self._function.operations, MOST_OPERATIONS * 3, 1):
            what = f"call:{at}"
            if what in self._skip:
                continue
            self._link.at(f"{self._function.name}#{what}", "trial")
            operation = self._function.operations[at]
            try:
                calls = [operation.prepare(values.Making(self._builder.build)) for _ in range(2)]
            except Exception:
                continue
            (shown, took), (twice, took_again) = timed(calls[0]), timed(calls[1])
            if min(took, took_again) > SLOW_OPERATION or shown[0] == "raised" and shown[1] in REFUSALS:
                continue
            usable.append(at)
            if shown[0] != "opaque" and shown == twice:
                stable.append(at)
        self._link.send({"usable": usable, "stable": stable})
