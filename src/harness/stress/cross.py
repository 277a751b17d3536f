"""Two objects of the package that threads use at once, one as the argument of an operation on the other.

Half of the threads do the operation. The others do it the other way round, with the
objects' parts exchanged, or change the argument. That is where locks are taken in two
orders, and where code walks an object that its own lock does not protect. What a
result should be is nobody's promise then: only what breaks the interpreter's own rules,
and a standstill, prove something.
"""
from . import kinds as _kinds
from . import values

MOST_CHANGES = 6           # operations by which the argument is changed


def companion(operation):
    """The tape of the first argument that is an object of the package, or None."""
    for one in [*operation.arguments, *operation.keywords.values()]:
        if isinstance(one, values.Made):
            return one.tape
    return None


def crossing(subject, label):
    """The usable operations of a name that have such an argument."""
    return [subject.slots[label][at] for at in subject.usable.get(label, ()) if companion(subject.slots[label][at]) is not None]


def can_turn(subject, label, tape):
    """Whether an argument of this tape can be the receiver of the operation as well."""
    attribute = subject.slots[label][0].attribute
    if attribute is None:
        return False
    owner = _kinds.defining(tape.kind, attribute)
    return owner is not None and owner is _kinds.defining(subject.kind, attribute)


def others(subjects):
    """{name of a type: Subject}, to find an argument's operations by."""
    return {one.name: one for one in subjects}


def changes(subject):
    """The names of operations that change an object, as far as that can be seen; else all."""
    return sorted(subject.mutators if subject.observers else subject.usable)


class Crossing:
    """What the two halves of the threads do: chosen once, made anew for each round."""

    def __init__(self, unit, chance):
        label = unit.labels[0]
        operation = chance.choice(crossing(unit.subject, label))
        self.tape = companion(operation)
        self.first = [(label, operation)]
        self.second = self._changes(unit.other, chance)
        if can_turn(unit.subject, label, self.tape) and (not self.second or chance.random() < 0.5):
            self.second = self.first

    @staticmethod
    def _changes(other, chance):
        if other is None:
            return []
        found = [(label, other.slots[label][at]) for label in changes(other) for at in other.usable.get(label, ())]
        chance.shuffle(found)
        return found[:MOST_CHANGES]

    def operations_of(self, thread):
        """[(label, Operation)] of one thread."""
        return (self.second or self.first) if thread % 2 else self.first

    def calls(self, thread, pair, build, amplify):
        """The thread's calls on a pair of objects."""
        own, argument = pair[::-1] if thread % 2 and self.second else pair
        found = []
        for _, operation in self.operations_of(thread):
            making = values.Making(build, own, amplify=amplify)
            making.stand_in(self.tape, argument)
            found.append(operation.prepare(making))
        return found
