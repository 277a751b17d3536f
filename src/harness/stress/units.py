"""Units of replay: a shared receiver and what each thread does to it; and the order in which units are played.

Strategies:
  self     every thread does one operation on one object
  pair     half of the threads do one operation, half another
  mix      every thread does all operations of the type, in an order of its own
  read     operations that only read, with differing arguments, on one object
  private  every thread has an object of its own and does what one test did to it
  call     functions and classes of the package, with differing arguments
  cross    one operation with an object of the package as its argument, which other threads use the
           same way round or change
  kin      an object that came from another one (a view, an iterator, a cursor), which other threads change
  walk     one operation on lists and dicts that another thread changes meanwhile
"""
import random

from . import cross
from . import kinds as _kinds

MOST_PAIRS_OF_TYPE = 60
MOST_READERS = 8
CALL = "__call__"          # of an object: what it does is mostly the tests' own code, so no result of it is checked
DEFERRED = 0.1
MODULE_SHARE = 0.25        # of the seconds that a type cost, how much the other types of its module wait for


class Unit:
    """What is played. `labels` name the operations; subject is None for "call"."""

    __slots__ = ("strategy", "subject", "labels", "functions", "other", "weight", "passes", "seconds",
                 "module")

    def __init__(self, strategy, subject, labels=(), functions=(), other=None):
        self.strategy, self.subject, self.labels, self.functions = strategy, subject, tuple(labels), tuple(functions)
        self.other = other   # of "cross": the Subject that the argument is of; of "kin": that the receiver came from
        self.weight = 1.0
        self.passes = 0
        self.seconds = 0.0   # played so far
        self.module = _kinds.module_of(subject.kind) if subject is not None else ""    # of its type; "" of functions

    @property
    def key(self):
        """Stable over processes, arms and seeds."""
        if self.subject is None:
            names = [one.name for one in self.functions]
            return "|".join(["replay", self.strategy, *(names if len(names) < 3 else [f"{names[0]}..{names[-1]}"])])
        if self.strategy in ("mix", "read", "private"):
            return f"replay|{self.strategy}|{self.subject.name}"
        if self.strategy == "kin":
            return f"replay|kin|{self.subject.name}|{self.other.name}"
        first, *rest = self.labels
        if self.strategy == "cross":
            rest = [self.other.name]
        return "|".join(["replay", self.strategy, f"{self.subject.name} {first}", *rest])

    @property
    def group(self):
        """Units of one group are played in one child."""
        return self.subject.name if self.subject is not None else "functions"

    @property
    def worn(self):
        """Whether calls find what earlier ones did to the object, as it is the same in all rounds."""
        return self.subject is not None and self.subject.common and self.strategy != "read"

    def title(self):
        """What the threads do, for people."""
        if self.subject is None:
            return f"threads call {', '.join(one.name for one in self.functions[:4])}"
        name = self.subject.name
        if self.strategy == "self":
            return f"threads do `{self.labels[0]}` on one {name}"
        if self.strategy == "pair":
            return f"threads do `{self.labels[0]}` while others do `{self.labels[1]}` on one {name}"
        if self.strategy == "cross":
            return f"threads do `{self.labels[0]}` on one {name} with one {self.other.name} that others use"
        if self.strategy == "kin":
            return f"threads use one {name} while others change the {self.other.name} that it came from"
        if self.strategy == "private":
            return f"each thread uses a {name} of its own"
        if self.strategy == "walk":
            return f"`{self.labels[0]}` of {name} with an argument that another thread changes"
        return f"threads {'read' if self.strategy == 'read' else 'use'} one {name}"


def _of_subject(subject, seen):
    """First the units that cover each implementation once."""
    labels = list(subject.usable)
    mutators = [label for label in labels if label in subject.mutators]
    suspects = mutators if mutators and subject.observers else labels
    units = []
    for label in labels:
        key = subject.slot_key(label)
        fresh = ("self", key) not in seen
        seen.add(("self", key))
        unit = Unit("self", subject, [label])
        unit.weight = (2.0 if label in suspects else 0.5) * (1.0 if fresh else 0.2)
        units.append(unit)
    readers = [label for label in labels if subject.stable.get(label) and label not in subject.mutators and label != CALL]
    checked = [label for label in labels if label != CALL]
    whole = [Unit("mix", subject, checked)] if checked else []
    whole += [Unit("private", subject)] if checked and not subject.common else []
    whole += [Unit("read", subject, readers)] if readers else []
    for unit in whole + _walks(subject, labels):
        key = (unit.strategy, frozenset(subject.slot_key(label) for label in unit.labels or labels))
        unit.weight = 0.2 if key in seen else 1.0
        seen.add(key)
        units.append(unit)
    return units, suspects


def _walks(subject, labels):
    return [Unit("walk", subject, [label]) for label in labels
            if any(subject.slots[label][at].mutable_arguments() for at in subject.usable[label])]


def _crosses(subject, by_name, seen):
    """Units of operations whose argument is an object of a known type, one for each implementation and type."""
    found = []
    for label in subject.usable:
        tapes = [cross.companion(operation) for operation in cross.crossing(subject, label)]
        names = {_kinds.name_of(tape.kind) for tape in tapes}
        for other in [by_name[name] for name in sorted(names) if name in by_name]:
            turns = any(cross.can_turn(subject, label, tape) for tape in tapes)
            if not turns and not any(other.usable.get(change) for change in cross.changes(other)):
                continue
            unit = Unit("cross", subject, [label], other=other)
            key = ("cross", subject.slot_key(label), other.name)
            unit.weight = 0.2 if key in seen else 1.0
            seen.add(key)
            found.append(unit)
    return found


def _kins(subject, by_name, seen):
    """Units of objects that came from an object of a known type, one for each pair of implementations."""
    labels = [label for label in subject.usable if label != CALL]
    found = []
    for name in sorted(cross.parents(subject)):
        other = by_name.get(name)
        if not labels or other is None or not any(other.usable.get(label) for label in cross.changes(other)):
            continue
        unit = Unit("kin", subject, labels, other=other)
        key = ("kin", frozenset(map(subject.slot_key, labels)), frozenset(map(other.slot_key, cross.changes(other))))
        unit.weight = 0.2 if key in seen else 1.0
        seen.add(key)
        found.append(unit)
    return found


def _pairs(subject, suspects, seen, chance):
    units = []
    for first in suspects:
        for second in subject.usable:
            if first == second or CALL in (first, second) or (second in suspects and second < first):
                continue
            key = ("pair", subject.slot_key(first), subject.slot_key(second))
            if key in seen:
                continue
            seen.add(key)
            units.append(Unit("pair", subject, [first, second]))
    chance.shuffle(units)
    return units[:MOST_PAIRS_OF_TYPE]


def _of_functions(functions, chance):
    usable = [one for one in functions if one.usable]
    units = [Unit("call", None, functions=[one]) for one in usable]
    chance.shuffle(usable)
    for start in range(0, len(usable), 6):
        if len(usable[start:start + 6]) > 1:
            units.append(Unit("call", None, functions=usable[start:start + 6]))
    for one in usable:
        if any(one.operations[at].mutable_arguments() for at in one.usable):
            units.append(Unit("walk", None, functions=[one]))
    return units


def plan(subjects, functions, seed):
    """All units, the most telling first; repeat the list for more passes."""
    chance = random.Random(f"plan:{seed}")
    seen, first, later = set(), [], []
    by_name = cross.others(subjects)
    for subject in subjects:
        units, suspects = _of_subject(subject, seen)
        units += _crosses(subject, by_name, seen) + _kins(subject, by_name, seen)
        first += units
        pairs = _pairs(subject, suspects, seen, chance)
        native = 2.0 if subject.native else 1.0
        for unit in units + pairs:
            unit.weight *= native
        later += pairs
    first += _of_functions(functions, chance)
    return sorted(first, key=lambda unit: -unit.weight) + sorted(later, key=lambda unit: -unit.weight)


def next_batch(plan, most, trouble):
    """The units to play next, all of one group: those with the most weight for the seconds
    that they had. So no unit starves, and the telling ones come again and again. A group that
    crashes and hangs has cost `trouble` seconds (by group), and waits so that others are reached:
    one more crash of it says less than the first of another. The other types of its module wait a
    little too: they mostly share its code, and another module may do the same in code of its own."""
    def due(unit):
        waits = trouble.get(unit.group, 0.0) + trouble.get(("module", unit.module), 0.0)
        return unit.weight / (0.05 + unit.seconds) / (1.0 + waits)

    best = max(plan, key=due)
    group = sorted((unit for unit in plan if unit.group == best.group), key=due, reverse=True)
    return [unit for unit in group[:most] if due(unit) * 4 >= due(best)]


def charge(trouble, unit, seconds):
    """Notes what the end of a unit cost: all of it for its group, a part for its module."""
    trouble[unit.group] = trouble.get(unit.group, 0.0) + seconds
    if unit.module:
        key = "module", unit.module
        trouble[key] = trouble.get(key, 0.0) + MODULE_SHARE * seconds


def defer(plan, found):
    """What one operation showed alone, units that do it beside others will show again: they wait for the rest."""
    if found.strategy != "self":
        return
    shown = found.subject.slot_key(found.labels[0])
    for unit in plan:
        if unit is not found and unit.subject is not None and any(
                unit.subject.slot_key(label) == shown for label in unit.labels or unit.subject.usable):
            unit.weight *= DEFERRED


def find(units, key):
    """The units of a key: those of a plan have one each."""
    return [unit for unit in units if unit.key == key]
