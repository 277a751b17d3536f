"""Classes that no test reached: made and used with a few plain arguments, so that they can be replayed too.

A suite may lack a file, or skip what matters. Whatever a class refuses the trial
throws out again, and only what works alone is ever played by threads. Arguments come
from what tests gave to the package's functions, then from a small fixed palette.
"""
import inspect
import sys
import types

from . import kinds as _kinds
from . import operations, recorder, values

MOST_CLASSES = 40
MOST_ARGUMENTS = 7
MOST_METHODS = 40
TEST = "(no test)"
PALETTE = (b"migrate-check" * 3, "migrate-check", 1, [3, 1, 2], {"key": "value"}, 2.5)
PROTOCOL = {"__len__": ("function", "len", len), "__iter__": ("iterate", "iterate", None), "__next__": ("function", "next", next),
            "__repr__": ("function", "repr", repr), "__hash__": ("function", "hash", hash)}
ITEMS = ("__getitem__", "__setitem__", "__contains__", "__delitem__")


def _arguments(recorded):
    """Templates of single arguments: of recorded calls first, one of each type and value."""
    found, seen = [], set()
    for slot in recorded.functions.values():
        for operation in slot.operations[:6]:
            for one in operation.arguments:
                if isinstance(one, values.Literal) and one.value is not None and type(one.value) is not bool:
                    mark = (type(one.value), len(one.value) > 3 if isinstance(one.value, (str, bytes)) else one.value)
                    if mark not in seen and len(found) < MOST_ARGUMENTS:
                        seen.add(mark)
                        found.append(one)
    return found + [values.keep(one, lambda value: None) for one in PALETTE]


def classes(kinds):
    """The public classes of the package's loaded modules, by name."""
    found = {}
    for name, module in sorted(sys.modules.items()):
        if not isinstance(module, types.ModuleType) or not kinds.is_package_module(name):
            continue
        for public, value in sorted(vars(module).items()):
            if not public.startswith("_") and isinstance(value, type) and kinds.is_own(value) and not inspect.isabstract(value):
                found.setdefault(_kinds.name_of(value), value)
    return found


def _recipes(kind, arguments):
    yield operations.ByCall(operations.Operation("call", kind.__name__, kind, [], {}, TEST))
    for one in arguments:
        yield operations.ByCall(operations.Operation("call", kind.__name__, kind, [one], {}, TEST))


def _methods(kind, arguments):
    """Operations on an instance: protocols, properties, methods with no or one argument."""
    receiver = values.RECEIVER
    for name, (form, label, function) in PROTOCOL.items():
        owner = _kinds.defining(kind, name)
        if owner is not None and owner is not object:
            yield operations.Operation(form, label, function, [receiver] if form == "function" else [], {}, TEST)
    for name in ITEMS:
        if _kinds.defining(kind, name) not in (None, object):
            for one in arguments[:6]:
                extra = [arguments[0]] if name == "__setitem__" else []
                symbol = {"__contains__": "in"}.get(name, name.strip("_"))
                yield operations.Operation("operator", symbol, operations.FUNCTIONS[symbol], [receiver, one, *extra], {}, TEST)
    names = [name for name in dir(kind) if not name.startswith("_")][:MOST_METHODS]
    for name in names:
        owner = _kinds.defining(kind, name)
        if owner is None or owner is object:
            continue
        if not callable(inspect.getattr_static(kind, name, None)):
            yield operations.Operation("get", name, None, [], {}, TEST)
            continue
        yield operations.Operation("method", name, None, [], {}, TEST)
        for one in arguments:
            yield operations.Operation("method", name, None, [one], {}, TEST)


def add(recorded):
    """Tapes and operations for the classes without any; their names."""
    reached = {_kinds.name_of(kind) for kind in recorded.of_type}
    arguments = _arguments(recorded)
    added = []
    for name, kind in classes(recorded.kinds).items():
        if name in reached or len(added) >= MOST_CLASSES:
            continue
        slots = {}
        for operation in _methods(kind, arguments):
            slot = slots.setdefault(operation.label, recorder.Slot(operation.label))
            slot.operations.append(operation)
        if not slots:
            continue
        recorded.types[kind] = slots
        recorded.of_type[kind] = [recorder.Tape(None, recipe, TEST, at, kind) for at, recipe in enumerate(_recipes(kind, arguments))]
        added.append(name)
    return added


def add_iterators(recorded):
    """The package's own iterators: tests rarely hold one, `for` loops make and drop them."""
    for kind, tapes in list(recorded.of_type.items()):
        if _kinds.defining(kind, "__iter__") in (None, object) or kind in recorded.types and "iter()" in recorded.types[kind]:
            continue
        made = [_iterator_tape(recorded, tape, at) for at, tape in enumerate(tapes[:6]) if tape.value is not None]
        made = [tape for tape in made if tape is not None and tape.kind not in recorded.of_type]
        if made:
            recorded.of_type[made[0].kind] = [tape for tape in made if tape.kind is made[0].kind]
            slots = recorded.types.setdefault(made[0].kind, {})
            for name, function in (("next", next), ("list", list)):
                slot = slots.setdefault(f"{name}()", recorder.Slot(f"{name}()"))
                slot.operations.append(operations.Operation("function", name, function, [values.RECEIVER], {}, tapes[0].test))


def _iterator_tape(recorded, tape, number):
    operation = operations.Operation("function", "iter", iter, [values.RECEIVER], {}, tape.test)
    try:
        found = iter(tape.value)
    except Exception:
        return None
    if found is tape.value or not recorded.kinds.is_own(type(found)):
        return None
    return recorder.Tape(None, operations.ByMethod(operation, tape), tape.test, number, type(found))
