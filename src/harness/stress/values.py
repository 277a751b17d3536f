"""Values of recorded operations: kept as templates, made anew for each replay, compared, printed as source.

A template is what an argument was at the time of the call: a literal, a container of
templates, an object that the recorder knows (made again by its own recipe), the
receiver itself, or, where nothing else helps, the live object. Children are forks, so
a live object is a copy of its own there, but all rounds of a child share it.
"""
import copy
import decimal
import io
import datetime
import re
import sys
import types

MOST_TEXT = 256 * 1024     # longer strings are not replayed
MOST_ITEMS = 500           # nor larger containers
DEPTH = 6
LONG = 700                 # short strings are repeated to about this length when amplified
ATOMS = (int, float, complex, bool, str, bytes, type(None), type(...))

_IMMUTABLE = frozenset(map(id, ATOMS))


class NotKept(Exception):
    """The value cannot be replayed (a generator, too large, too deep)."""


class Literal:
    """An immutable builtin value."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def make(self, making):
        return making.literal(self.value)

    def source(self, printing):
        return printing.literal(self.value)


class Items:
    """A list, tuple, set, frozenset, bytearray or dict (as pairs) of templates."""

    __slots__ = ("kind", "items")

    def __init__(self, kind, items):
        self.kind, self.items = kind, items

    def make(self, making):
        if self.kind is dict:
            return {key.make(making): value.make(making) for key, value in self.items}
        if self.kind is bytearray:
            return bytearray(self.items)
        if self.kind is slice:
            return slice(*[one.make(making) for one in self.items])
        return self.kind([one.make(making) for one in self.items])

    def source(self, printing):
        if self.kind is dict:
            return "{" + ", ".join(f"{key.source(printing)}: {value.source(printing)}" for key, value in self.items) + "}"
        if self.kind is bytearray:
            return f"bytearray({self.items!r})"
        parts = ", ".join(one.source(printing) for one in self.items)
        if self.kind is list:
            return f"[{parts}]"
        if self.kind is tuple:
            return f"({parts},)" if len(self.items) == 1 else f"({parts})"
        if self.kind is slice:
            return f"slice({parts})"
        return f"{self.kind.__name__}([{parts}])"

    @property
    def mutable(self):
        return self.kind in (list, dict, set, bytearray)


class Made:
    """An object that the recorder knows: made by its recipe."""

    __slots__ = ("tape",)

    def __init__(self, tape):
        self.tape = tape

    def make(self, making):
        return making.object(self.tape)

    def source(self, printing):
        return printing.object(self.tape)


class Receiver:
    """The object that the operation is on, as one of its own arguments."""

    __slots__ = ()

    def make(self, making):
        return making.receiver

    def source(self, printing):
        return printing.receiver


class Live:
    """Any other object, as it is."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def make(self, making):
        return making.live(self.value)

    def source(self, printing):
        return printing.live(self.value)


class Copied(Live):
    """Another object with a state of its own that threads must not share: a stream, a deque, an iterator."""

    __slots__ = ()

    def make(self, making):
        return copy.copy(self.value)


RECEIVER = Receiver()

# What several threads may use at once, as far as Python itself goes.
_SHAREABLE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, type, property, re.Pattern,
              datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, decimal.Decimal, BaseException)
_SAFE_BASES = (object, dict, list, set, frozenset, tuple, str, bytes, int, float, complex)


_dict = type.__dict__["__dict__"].__get__
_MARKS = {"__firstlineno__", "__weakref__"}  # what a class statement leaves in its class, from 3.13 on and before


def _best_base(kind):
    """The builtin type that an object's state is laid out by."""
    while kind.__base__ is not None and not _MARKS.isdisjoint(_dict(kind)):
        kind = kind.__base__
    return kind


def keep_other(value):
    """A template of an object that is neither a literal nor the package's."""
    kind = type(value)
    if isinstance(value, _SHAREABLE) or _best_base(kind) in _SAFE_BASES:
        return Live(value)
    if isinstance(value, io.IOBase) and not isinstance(value, (io.BytesIO, io.StringIO)):
        raise NotKept("an open file")
    try:
        if copy.copy(value) is not value:
            return Copied(value)
    except Exception:
        raise NotKept(f"an object of type {kind.__name__} that cannot be copied") from None
    return Live(value)


def keep(value, tape_of, receiver=None, depth=0):
    """A template of a value. tape_of(object) gives the recorder's tape, or None."""
    if value is receiver and receiver is not None:
        return RECEIVER
    kind = type(value)
    if id(kind) in _IMMUTABLE:
        if kind in (str, bytes) and len(value) > MOST_TEXT:
            raise NotKept("a string of more than 256 KiB")
        return Literal(value)
    if kind in (list, tuple, set, frozenset):
        return _keep_items(kind, value, tape_of, receiver, depth)
    if kind is dict:
        _check_size(value, depth)
        pairs = [(keep(k, tape_of, receiver, depth + 1), keep(v, tape_of, receiver, depth + 1)) for k, v in value.items()]
        return Items(dict, pairs)
    if kind is bytearray:
        if len(value) > MOST_TEXT:
            raise NotKept("a string of more than 256 KiB")
        return Items(bytearray, bytes(value))
    if kind is slice:
        return Items(slice, [keep(part, tape_of, receiver, depth + 1) for part in (value.start, value.stop, value.step)])
    if kind in (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, types.FrameType):
        raise NotKept("a generator or coroutine")
    tape = tape_of(value)
    return Made(tape) if tape is not None else keep_other(value)


def _check_size(value, depth):
    if len(value) > MOST_ITEMS:
        raise NotKept(f"a container of more than {MOST_ITEMS} items")
    if depth > DEPTH:
        raise NotKept("nested too deeply")


def _keep_items(kind, value, tape_of, receiver, depth):
    _check_size(value, depth)
    return Items(kind, [keep(one, tape_of, receiver, depth + 1) for one in value])


class Making:
    """One making of arguments: fresh copies, amplified strings, a receiver."""

    def __init__(self, build, receiver=None, fresh=False, amplify=False):
        self._build = build
        self.receiver = receiver
        self._fresh, self._amplify = fresh, amplify
        self._made = {}

    def literal(self, value):
        kind = type(value)
        if kind is str or kind is bytes:
            if self._amplify and 2 <= len(value) < LONG:
                return value * (LONG // len(value))
            if self._fresh and len(value) > 1:
                return value[:1] + value[1:]
        elif self._fresh and kind is int and abs(value) > 1 << 10:
            return value + 1 - 1
        elif self._fresh and kind is float:
            return value * 1.0
        return value

    def object(self, tape):
        found = self._made.get(id(tape))
        if found is None:
            found = (self._build(tape), tape)
            self._made[id(tape)] = found
        return found[0]

    def stand_in(self, tape, made):
        """From now on this object is what the tape makes."""
        self._made[id(tape)] = (made, tape)

    def live(self, value):
        if self._fresh and type(value) is object:
            return object()
        return value


# -- comparing ------------------------------------------------------------------

class Opaque(Exception):
    """The value has nothing that two runs could be compared by."""


def plain(value, budget=None):
    """A comparable form of a value: equal for equal results, of two runs or two objects.

    Raises Opaque for what has none (functions, generators, objects whose text holds an
    address)."""
    budget = [4000] if budget is None else budget
    budget[0] -= 1
    if budget[0] < 0:
        raise Opaque("too large")
    kind = type(value)
    if kind in (int, bool, str, bytes, type(None), complex):
        return value if kind is not int or abs(value) < 1 << 4096 else hash(value)
    if kind is float:
        return repr(value)
    if kind in (list, tuple):
        return (kind.__name__, tuple(plain(one, budget) for one in value))
    if kind in (bytearray, memoryview):
        return (kind.__name__, bytes(value))
    if kind in (set, frozenset):
        return (kind.__name__, tuple(sorted((plain(one, budget) for one in value), key=repr)))
    if kind is dict:
        pairs = [(plain(k, budget), plain(v, budget)) for k, v in value.items()]
        return ("dict", tuple(pairs))
    if kind in (slice, range):
        return (kind.__name__, repr(value))
    if isinstance(value, type):
        return ("type", f"{type.__dict__['__module__'].__get__(value)}.{value.__qualname__}")
    return _plain_object(kind, value)


def _plain_object(kind, value):
    """Other objects by their text, when that is one of their own and holds no address."""
    if kind.__repr__ is object.__repr__:
        raise Opaque(kind.__name__)
    text = repr(value)
    if " at 0x" in text or len(text) > 20000:
        raise Opaque(kind.__name__)
    return ("object", kind.__name__, text)


def parts(value):
    """(how much it holds, what, in no order) of a value in plain form: characters, set bits, items, and so inside of these."""
    if isinstance(value, bytes):
        return len(value), int.from_bytes(value, "big").bit_count()
    if isinstance(value, str):
        return len(value), sorted(value)
    if not (isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], tuple)):
        return 1, repr(value)
    inner = [(one[0], *parts(one[1])) for one in value[1]] if value[0] == "dict" else [(0, *parts(one)) for one in value[1]]
    return sum(size for _, size, _ in inner), sorted(map(repr, inner))


LEAVES = (SystemExit, KeyboardInterrupt)  # a panic of Rust code is no Exception, and these are no outcomes


def outcome(call, raised=lambda error: None):
    """("ok", plain result) or ("raised", type name); ("opaque",) when it cannot be compared. raised(error) is told."""
    try:
        value = call()
    except LEAVES:
        raise
    except BaseException as error:
        raised(error)
        return ("raised", type(error).__name__)
    try:
        return ("ok", plain(value))
    except Exception:
        return ("opaque",)


# -- printing -------------------------------------------------------------------

class NotPrintable(Exception):
    """No source text makes this value."""


class Printing:
    """Source text of templates, for a script of its own; collects the imports that it needs."""

    MOST = 4000

    def __init__(self, receiver="shared"):
        self.imports = set()
        self.receiver = receiver
        self._names = {}
        self._depth = 0

    def stand_in(self, tape, name):
        """From now on the tape's object is the one of this name."""
        self._names[id(tape)] = name

    def literal(self, value):
        text = repr(value)
        if type(value) is float and text in ("nan", "inf", "-inf"):
            return f"float({text!r})"
        if type(value) in (str, bytes) and len(value) > 40:
            text = _repeated(value) or text
        if len(text) > self.MOST:
            raise NotPrintable("a literal of more than 4,000 characters")
        return text

    def live(self, value):
        """What can be imported by its name."""
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if isinstance(value, types.ModuleType):
            self.imports.add(value.__name__)
            return value.__name__
        if not isinstance(module, str) or not isinstance(name, str) or "<" in name:
            raise NotPrintable(f"an object of type {type(value).__name__}")
        return self.named(module, name, value)

    def named(self, module, name, value):
        """`module.name`, when that is what a script would find there."""
        found = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not value or module == "__main__":
            raise NotPrintable(f"{module}.{name} cannot be imported")
        if module == "builtins":
            return name
        self.imports.add(module)
        return f"{module}.{name}"

    def object(self, tape):
        """The recipe of another object, inside the expression."""
        if id(tape) in self._names:
            return self._names[id(tape)]
        self._depth += 1
        if self._depth > 8 or tape.recipe is None:
            raise NotPrintable(f"an object of type {tape.kind.__name__} that nothing recorded made")
        outer, self.receiver = self.receiver, None
        text = tape.recipe.source(self)
        self.receiver = outer
        self._depth -= 1
        return text


def _repeated(value):
    """`'ab' * 350` for a string that is one piece again and again."""
    for size in range(1, min(40, len(value) // 3) + 1):
        if len(value) % size == 0 and value[:size] * (len(value) // size) == value:
            return f"{value[:size]!r} * {len(value) // size}"
    return None
