"""Records what tests do to the package's objects, while the suite runs serially.

The rewritten test modules call the helpers here. Each object of a watched type gets a
tape: how it was made (its recipe) and what was done to it, in order. Strong
references keep the objects alive, so tests that count references or wait for weak
references may fail while recording: their results are not used. Only the main thread
is recorded. Everything is capped, per type, per test and in all.
"""
import builtins
import copy
from functools import partial
import operator
import pickle
import types
import _thread

from . import kinds as _kinds
from . import operations, rewrite, values
from .operations import ByCall, ByMethod, Operation

IMPORT = "(import)"        # the test's place, while no test runs
MOST_TAPES = 6000          # objects that are kept alive
MOST_TAPES_OF_TYPE = 300
MOST_OF_TYPE_IN_TEST = 12
MOST_ON_TAPE = 40          # operations in their order
MOST_OF_SLOT = 60          # operations of one name on one type
MOST_OF_SLOT_IN_TEST = 6
MOST_OF_FUNCTION = 60
MOST_ALIKE = 3             # operations with arguments of equal text

_UNBOUND = (types.FunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)
_BOUND = (types.BuiltinMethodType, types.MethodType, type("".__add__))
_PASSED = {len, list, tuple, set, frozenset, dict, str, repr, hash, iter, next, bool, int, float, complex, bytes, bytearray,
           sorted, sum, max, min, any, all, reversed, abs, round, divmod, memoryview, copy.copy, copy.deepcopy, pickle.dumps,
           operator.index, operator.length_hint}
_NEVER = {"__init__", "__new__", "__del__", "__init_subclass__", "__class__", "__dict__", "__setstate__", "__reduce__",
          "__reduce_ex__", "__getstate__", "__doc__", "__module__"}
_get_ident = _thread.get_ident


class Tape:
    """One object: its type, how it was made, what was done to it."""

    __slots__ = ("value", "kind", "recipe", "operations", "test", "number")

    def __init__(self, value, recipe, test, number, kind=None):
        self.value, self.kind, self.recipe, self.test, self.number = value, kind or type(value), recipe, test, number
        self.operations = []


class Slot:
    """All recorded operations of one name on one type."""

    __slots__ = ("label", "operations", "tests", "alike", "count")

    def __init__(self, label):
        self.label = label
        self.operations, self.tests, self.alike = [], {}, {}
        self.count = 0

    def wants(self, test, most, alike):
        """Whether one more is worth keeping."""
        self.count += 1
        if len(self.operations) >= most or self.tests.get(test, 0) >= MOST_OF_SLOT_IN_TEST:
            return False
        if self.alike.get(alike, 0) >= MOST_ALIKE:
            return False
        self.tests[test] = self.tests.get(test, 0) + 1
        self.alike[alike] = self.alike.get(alike, 0) + 1
        return True


def _alike(arguments, keywords):
    """A short text by which operations with equal arguments are told."""
    parts = []
    for one in [*arguments, *keywords.values()]:
        if isinstance(one, values.Literal):
            value = one.value
            parts.append(f"{type(value).__name__}:{hash(value)}")
        else:
            parts.append(type(one).__name__)
    return "|".join(parts)


def _static(kind, name):
    """What the classes of a type hold under a name, without its code; None when they hold nothing."""
    owner = _kinds.defining(kind, name)
    return _kinds.attributes(owner)[name] if owner is not None else None


def _attribute_name(function):
    """The name under which a type holds the function of a method: `get` for `get = _get`."""
    name, wanted = function.__name__, getattr(function, "__func__", function)
    kind = type(function.__self__)
    if not isinstance(wanted, types.FunctionType) or _static(kind, name) is wanted:
        return name
    for one in _kinds.bases(kind):
        for alias, held in list(_kinds.attributes(one).items()):
            if held is wanted and type(alias) is str:
                return alias
    return name


def is_private(name):
    """`_name`: whoever calls it keeps the rules of its class, and no user does."""
    return isinstance(name, str) and name.startswith("_") and not name.startswith("__")


class Recorder:
    """Tapes and pools; `test` is the id of the test that runs now."""

    def __init__(self, kinds):
        self.kinds = kinds
        self.test = IMPORT
        self.on = False
        self.tapes = {}          # id(object) -> Tape
        self.types = {}          # type -> {label: Slot}
        self.of_type = {}        # type -> [Tape]
        self.functions = {}      # "module.name" -> Slot
        self._in_test = {}
        self._main = _get_ident()
        self._number = 0

    # -- the test that runs -------------------------------------------------------

    def begin(self, test):
        self.test = test
        self._in_test = {}
        self.on = True

    def end(self):
        self.on = False

    # -- tapes --------------------------------------------------------------------

    def tape_of(self, value):
        """The tape of a watched object, made on first sight; None for other objects."""
        kind = type(value)
        if not self.kinds.is_target(kind):
            return None
        found = self.tapes.get(id(value))
        return found if found is not None else self._new_tape(value, None)

    def _new_tape(self, value, recipe):
        kind = type(value)
        held = self.of_type.setdefault(kind, [])
        used = self._in_test.get(kind, 0)
        if len(self.tapes) >= MOST_TAPES or len(held) >= MOST_TAPES_OF_TYPE or used >= MOST_OF_TYPE_IN_TEST:
            return None
        self._in_test[kind] = used + 1
        self._number += 1
        tape = Tape(value, recipe, self.test, self._number)
        self.tapes[id(value)] = tape
        held.append(tape)
        return tape

    def _made(self, value, recipe):
        """An operation gave this object."""
        try:
            if self.kinds.is_target(type(value)) and id(value) not in self.tapes:
                self._new_tape(value, recipe)
        except Exception:
            pass

    # -- operations ----------------------------------------------------------------

    def _keep(self, arguments, receiver):
        return [values.keep(one, self.tape_of, receiver) for one in arguments]

    def _operation(self, kind, name, function, arguments, keywords, receiver):
        """The operation with its arguments as they are now; None when it cannot be kept."""
        try:
            kept = self._keep(arguments, receiver)
            named = {key: values.keep(one, self.tape_of, receiver) for key, one in keywords.items()}
            return Operation(kind, name, function, kept, named, self.test)
        except (values.NotKept, RecursionError):
            return None
        except Exception:
            return None

    def _add(self, receiver, operation):
        tape = self.tape_of(receiver)
        if tape is not None and len(tape.operations) < MOST_ON_TAPE:
            tape.operations.append(operation)
        if is_private(operation.attribute):
            return
        slots = self.types.setdefault(type(receiver), {})
        slot = slots.setdefault(operation.label, Slot(operation.label))
        if slot.wants(self.test, MOST_OF_SLOT, _alike(operation.arguments, operation.keywords)):
            slot.operations.append(operation)

    def _add_function(self, function, operation):
        name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"
        if is_private(getattr(function, "__name__", "")):
            return
        slot = self.functions.setdefault(name, Slot(name))
        if slot.wants(self.test, MOST_OF_FUNCTION, _alike(operation.arguments, operation.keywords)):
            slot.operations.append(operation)

    def _run(self, operation, receiver, call, arguments=(), keywords=None):
        """Does what the test does, once, and keeps what came of it."""
        try:
            result = call(*arguments, **keywords) if keywords else call(*arguments)
        except BaseException as error:
            if operation is not None:
                operation.raised = type(error).__name__
                self._finish(operation, receiver)
            raise
        if operation is not None:
            operation.result = operations.kind_of_result(result)
            self._finish(operation, receiver)
            recipe = ByCall(operation) if receiver is None else ByMethod(operation, self.tapes.get(id(receiver)))
            if receiver is None or recipe.parent is not None:
                self._made(result, recipe)
        return result

    def _finish(self, operation, receiver):
        try:
            if receiver is None:
                self._add_function(operation.function, operation)
            else:
                self._add(receiver, operation)
        except Exception:
            pass

    @property
    def active(self):
        return self.on and _get_ident() == self._main

    # -- what the rewritten code calls ------------------------------------------------

    def call(self, function, /, *arguments, **keywords):
        operation = receiver = None
        if self.active:
            operation, receiver = self._of_call(function, arguments, keywords)
        if operation is None:  # C code tells no keywords from an empty dict of them
            return function(*arguments, **keywords) if keywords else function(*arguments)
        return self._run(operation, receiver, function, arguments, keywords)

    def method(self, owner, name):
        """`owner.name`, about to be called: what records the call under the name that the test wrote."""
        if not self.active:
            return getattr(owner, name)
        if not self.kinds.is_target(type(owner)):
            if type in _kinds.bases(type(owner)) and self.kinds.is_target(owner) and type(_static(owner, name)) in _UNBOUND:
                return partial(self._call_unbound, name, getattr(owner, name))
            return partial(self.call, getattr(owner, name))
        held = _static(type(owner), name)
        if held is None:  # an attribute of its own, or one of the object that a proxy stands for
            return partial(self.call, self.get(owner, name))
        function = getattr(owner, name)
        if name in _NEVER or isinstance(held, (staticmethod, classmethod, type)) or isinstance(function, type) or (
                type(function) in _BOUND and function.__self__ is not owner):
            return partial(self.call, function)
        return partial(self._call_method, owner, name, function)

    def _call_method(self, owner, name, function, /, *arguments, **keywords):
        operation = self._operation("method", name, None, arguments, keywords, owner) if self.active else None
        if operation is None:
            return function(*arguments, **keywords) if keywords else function(*arguments)
        return self._run(operation, owner, function, arguments, keywords)

    def _call_unbound(self, name, function, /, *arguments, **keywords):
        """`Class.method(object, ...)`."""
        if arguments and name not in _NEVER and self.kinds.is_target(type(arguments[0])) and (
                _static(type(arguments[0]), name) is function):
            owner, *rest = arguments
            operation = self._operation("method", name, None, rest, keywords, owner) if self.active else None
            if operation is not None:
                return self._run(operation, owner, function, arguments, keywords)
        return self.call(function, *arguments, **keywords)

    def _of_call(self, function, arguments, keywords):
        """(operation, receiver) of a call that is to be recorded, else (None, None)."""
        watched = self.kinds.is_target
        if type(function) in _BOUND:
            receiver, name = function.__self__, _attribute_name(function)
            if watched(type(receiver)):
                if name in _NEVER:
                    return None, None
                return self._operation("method", name, None, arguments, keywords, receiver), receiver
        if watched(type(function)) and _static(type(function), "__call__") is not None:
            return self._operation("method", "__call__", None, arguments, keywords, function), function
        if (isinstance(function, type) and watched(function)) or self.kinds.is_function(function) or (
                isinstance(function, types.MethodType) and isinstance(function.__self__, type) and watched(function.__self__)):
            return self._operation("call", getattr(function, "__name__", ""), function, arguments, keywords, None), None
        if self._passes(function):
            for one in arguments:
                if watched(type(one)):
                    return self._operation("function", function.__name__, function, arguments, keywords, one), one
        return None, None

    @staticmethod
    def _passes(function):
        try:
            return function in _PASSED
        except Exception:
            return False

    def op(self, name, *operands):
        if name == "not in" or name == "in":
            operands = operands[::-1]   # container first, as operator.contains has it
        function = operations.FUNCTIONS[name]
        if not self.active:
            return function(*operands)
        for one in operands[:1] if name.startswith(("getitem", "delitem", "i")) else operands:
            if self.kinds.is_target(type(one)):
                return self._run(self._operation("operator", name, function, operands, {}, one), one, function, operands)
        return function(*operands)

    def get(self, value, name):
        if not self.active or not self.kinds.is_target(type(value)) or name in _NEVER:
            return getattr(value, name)
        return self._run(self._operation("get", name, None, (), {}, value), value, getattr, (value, name))

    def store(self, name, value, target, key):
        function = operations.FUNCTIONS[name]
        if not self.active or not self.kinds.is_target(type(target)) or type(key) is str and key in ("__class__", "__dict__"):
            return function(target, key, value)
        operation = self._operation("operator", name, function, (target, key, value), {}, target)
        return self._run(operation, target, function, (target, key, value))

    def iter(self, value):
        return self._noted("iterate", value)

    def enter(self, value):
        return self._noted("with", value)

    def wait(self, value):
        return self._noted("await", value)

    def iterate_later(self, value):
        return self._noted("async for", value)

    def enter_later(self, value):
        return self._noted("async with", value)

    def _noted(self, kind, value):
        """The value, about to be used by a statement: that is recorded before it is done."""
        if self.active and self.kinds.is_target(type(value)):
            operation = self._operation(kind, kind, None, (), {}, value)
            if operation is not None:
                self._finish(operation, value)
        return value

    # -- installing --------------------------------------------------------------------

    def install(self):
        """Makes the helpers known to rewritten code, by way of builtins. What test modules do while they
        are imported is recorded too: their constants and parameters are made there."""
        self.on = True
        helpers = {"call": self.call, "method": self.method, "op": self.op, "get": self.get, "store": self.store,
                   "iter": self.iter, "with": self.enter, "await": self.wait, "aiter": self.iterate_later,
                   "awith": self.enter_later, "slice": slice}
        for name, helper in helpers.items():
            setattr(builtins, f"{rewrite.PREFIX}{name}__", helper)
