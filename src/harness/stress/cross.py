"""Two objects of the package that threads use at once, one as the argument of an operation on the other.

Half of the threads do the operation. The others do it the other way round, with the
objects' parts exchanged, or change the argument. That is where locks are taken in two
orders, and where code walks an object that its own lock does not protect. What a
result should be is nobody's promise then: only what breaks the interpreter's own rules,
and a standstill, prove something. The same holds for an object that came from another
one, a view or a cursor, which some threads use while others change that other one.
"""
from . import kinds as _kinds
from . import operations, pool, values

MOST_PLAYED = 6            # operations by which an object is used or changed


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


def _some(subject, labels, chance):
    """[(label, Operation)]: a few usable ones of these names."""
    found = [(label, subject.slots[label][at]) for label in labels for at in subject.usable.get(label, ())]
    chance.shuffle(found)
    return found[:MOST_PLAYED]


class Crossing:
    """What the two halves of the threads do: chosen once, made anew for each round."""

    def __init__(self, unit, chance):
        label = unit.labels[0]
        operation = chance.choice(crossing(unit.subject, label))
        self.tape = companion(operation)
        self.first = [(label, operation)]
        self.second = _some(unit.other, changes(unit.other), chance) if unit.other is not None else []
        if can_turn(unit.subject, label, self.tape) and (not self.second or chance.random() < 0.5):
            self.second = self.first

    def operations_of(self, thread):
        """[(label, Operation)] of one thread."""
        return (self.second or self.first) if thread % 2 else self.first

    def make(self, build, receiver):
        """The two objects, both new."""
        pair = (receiver(), build(self.tape))
        if pair[0] is pair[1]:
            raise pool.Unbuildable("no second object can be made")
        return pair

    def source(self, made, printing):
        """Source text that makes the two; `made` makes the first."""
        return f"({made}, {printing.object(self.tape)})"

    def calls(self, thread, pair, build, amplify):
        """The thread's calls on a pair of objects."""
        own, argument = pair[::-1] if thread % 2 and self.second else pair
        found = []
        for _, operation in self.operations_of(thread):
            making = values.Making(build, own, amplify=amplify)
            making.stand_in(self.tape, argument)
            found.append(operation.prepare(making))
        return found


def parents(subject):
    """{name of a type: tapes of the subject that came from an operation on an object of it}: views, iterators, cursors."""
    found = {}
    for tape in subject.tapes:
        if isinstance(tape.recipe, operations.ByMethod) and not tape.recipe.operation.is_statement:
            found.setdefault(_kinds.name_of(tape.recipe.parent.kind), []).append(tape)
    return found


class Kin:
    """Half of the threads use an object that came from another one, the others change that other one."""

    second = True

    def __init__(self, unit, chance):
        child = chance.choice(parents(unit.subject)[unit.other.name])
        self._recipe, self._kind = child.recipe, child.kind
        self.tape = child.recipe.parent
        self._uses = _some(unit.subject, unit.labels, chance)
        self._changes = _some(unit.other, changes(unit.other), chance)

    def operations_of(self, thread):
        """[(label, Operation)] of one thread."""
        return self._changes if thread % 2 else self._uses

    def make(self, build, _):
        """(the child, its parent), both new."""
        parent = build(self.tape)
        child = self._recipe.operation.prepare(values.Making(build, parent))()
        if child is parent or type(child) is not self._kind:
            raise pool.Unbuildable("it comes out otherwise")
        return child, parent

    def source(self, _, printing):
        """Source text that makes the two."""
        parent = printing.object(self.tape)
        outer, printing.receiver = printing.receiver, "parent"
        text = self._recipe.operation.source(printing)
        printing.receiver = outer
        return f"(lambda parent: ({text}, parent))({parent})"

    def calls(self, thread, pair, build, amplify):
        """The thread's calls on the child or on its parent."""
        return [operation.prepare(values.Making(build, pair[thread % 2], amplify=amplify)) for _, operation in self.operations_of(thread)]
