"""One recorded operation: what was done, with templates of its arguments, and how to do it again."""
import builtins
import contextlib
import itertools
import operator
import types
from functools import partial

from . import values

MOST_ITERATED = 2000
MOST_OF_RESULT = 200       # items of a generator that an operation gives
MOST_STEPS = 100           # in which a coroutine may give way

_SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "lshift": "<<",
            "rshift": ">>", "or_": "|", "xor": "^", "and_": "&", "matmul": "@", "eq": "==", "ne": "!=", "lt": "<",
            "le": "<=", "gt": ">", "ge": ">=", "in": "in", "not in": "not in", "neg": "-x", "pos": "+x", "invert": "~",
            "getitem": "[]", "setitem": "[]=", "delitem": "del []"}
_SLOTS = {"or_": "__or__", "and_": "__and__", "in": "__contains__", "not in": "__contains__", "truediv": "__truediv__"}
_FORMS = {"getitem": "{0}[{1}]", "setitem": "{0}[{1}] = {2}", "delitem": "del {0}[{1}]", "in": "{1} in {0}",
          "not in": "{1} not in {0}", "neg": "-{0}", "pos": "+{0}", "invert": "~{0}"}
_SPECIAL = {"with": "__enter__", "await": "__await__", "async for": "__aiter__", "async with": "__aenter__"}
STATEMENTS = ("setitem", "delitem", "setattr")


def _not_in(container, item):
    return item not in container


def _delitem(container, index):
    del container[index]


FUNCTIONS = {name: getattr(operator, name) for name in _SYMBOLS if name.isidentifier() and hasattr(operator, name)}
FUNCTIONS |= {f"i{name.rstrip('_')}": getattr(operator, f"i{name.rstrip('_')}") for name in (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "or_", "xor", "and_", "matmul")}
FUNCTIONS |= {"in": operator.contains, "not in": _not_in, "setattr": setattr, "delitem": _delitem}


def iterate(value):
    """All that it gives, at most 2,000 items."""
    return list(itertools.islice(iter(value), MOST_ITERATED))


def enter_and_leave(value):
    with value:
        pass


async def _await(value):
    return await value


async def _iterate_later(value):
    found = []
    async for one in value:
        found.append(one)
        if len(found) >= MOST_OF_RESULT:
            break
    return found


async def _enter_and_leave_later(value):
    async with value:
        pass


class Suspends(Exception):
    """It waits for an event loop, which the threads of replay do not have."""


def finish(coroutine):
    """Drives a coroutine to its end. It may give way, as asyncio.sleep(0) does, but not wait for something."""
    try:
        for _ in range(MOST_STEPS):
            if coroutine.send(None) is not None:
                raise Suspends
        raise Suspends
    except StopIteration as end:
        return end.value
    except RuntimeError as error:
        if "no running event loop" in str(error):
            raise Suspends from None
        raise
    finally:
        coroutine.close()


RESULTS = {types.GeneratorType: "for", types.CoroutineType: "await", types.AsyncGeneratorType: "async for",
           contextlib._GeneratorContextManager: "with", contextlib._AsyncGeneratorContextManager: "async with"}
_FINISH = {"await": _await, "async for": _iterate_later, "async with": _enter_and_leave_later}


# The same as source; scripts define finish().
_USED_UP = {"for": f"list(itertools.islice({{0}}, {MOST_OF_RESULT}))", "await": "finish({0}.__await__())",
            "with": "(lambda held: (held.__enter__(), held.__exit__(None, None, None)))({0})"}


def kind_of_result(value):
    """What has to be done to a result before any of its code runs: "for", "with", "await", ... or ""."""
    return RESULTS.get(type(value), "")


def use_up(kind, value):
    """Does that to the end, or to the first 200 items."""
    if kind == "for":
        return list(itertools.islice(value, MOST_OF_RESULT))
    return enter_and_leave(value) if kind == "with" else finish(_FINISH[kind](value))


def _used_up(kind, call):
    value = call()
    return use_up(kind, value) if kind_of_result(value) == kind else value


class Operation:
    """kind: "method" (name), "get" (attribute name), "operator" (name in FUNCTIONS),
    "function" (a builtin or foreign function with the receiver among its arguments),
    "iterate", "with", "await", "async for", "async with", or "call" (a function or class of
    the package, no receiver). `result` says what its result needs: kind_of_result()."""

    __slots__ = ("kind", "name", "function", "arguments", "keywords", "test", "raised", "seen", "result")

    def __init__(self, kind, name, function, arguments, keywords, test):
        self.kind, self.name, self.function = kind, name, function
        self.arguments, self.keywords, self.test = arguments, keywords, test
        self.raised = None
        self.result = ""
        self.seen = 1

    # -- names -----------------------------------------------------------------

    @property
    def attribute(self):
        """The name in the type's MRO that implements it; None for functions."""
        if self.kind in ("method", "get"):
            return self.name
        if self.kind == "operator":
            if self.name == "setattr":
                template = self.arguments[1]
                return template.value if isinstance(template, values.Literal) else None
            return _SLOTS.get(self.name, f"__{self.name.strip('_')}__")
        if self.kind == "iterate":
            return "__iter__"
        if self.kind in _SPECIAL:
            return _SPECIAL[self.kind]
        if self.kind == "function":
            return {"iter": "__iter__", "next": "__next__", "len": "__len__", "hash": "__hash__", "repr": "__repr__",
                    "str": "__str__", "bool": "__bool__"}.get(self.name, "__iter__")
        return None

    @property
    def label(self):
        """As people write it: `update`, `[]=`, `.name=`, `len()`."""
        if self.kind == "get":
            return f".{self.name}"
        if self.kind == "operator" and self.name == "setattr":
            return f".{self.attribute}="
        if self.kind == "operator":
            return _SYMBOLS.get(self.name) or f"{_SYMBOLS.get(self.name[1:]) or _SYMBOLS.get(self.name[1:] + '_', '')}="
        if self.kind == "function":
            return f"{self.name}()"
        return {"iterate": "for"}.get(self.kind, self.name)

    # -- doing it again ----------------------------------------------------------

    def prepare(self, making):
        """A callable without arguments that does it once, on making.receiver, and uses up what it gives."""
        call = self._prepare(making)
        return partial(_used_up, self.result, call) if self.result else call

    def _prepare(self, making):
        arguments = [one.make(making) for one in self.arguments]
        keywords = {name: one.make(making) for name, one in self.keywords.items()}
        if self.kind == "method":
            return partial(operator.methodcaller(self.name, *arguments, **keywords), making.receiver)
        if self.kind == "get":
            return partial(getattr, making.receiver, self.name)
        if self.kind == "operator":
            return partial(FUNCTIONS[self.name], *arguments)
        if self.kind == "iterate":
            return partial(iterate, making.receiver)
        if self.kind == "with":
            return partial(enter_and_leave, making.receiver)
        if self.kind in _FINISH:
            return partial(use_up, self.kind, making.receiver)
        return partial(self.function, *arguments, **keywords)

    def mutable_arguments(self):
        """Positions of arguments that are lists, dicts, sets or bytearrays."""
        return [at for at, one in enumerate(self.arguments) if isinstance(one, values.Items) and one.mutable]

    # -- as source ----------------------------------------------------------------

    def _call_source(self, name, printing):
        parts = [one.source(printing) for one in self.arguments]
        parts += [f"{key}={one.source(printing)}" for key, one in self.keywords.items()]
        return f"{name}({', '.join(parts)})"

    def source(self, printing):
        """The same as Python source: an expression, or a statement for STATEMENTS."""
        text = self._source(printing)
        if self.result in _USED_UP:
            printing.imports.update(["itertools"] if self.result == "for" else [])
            return _USED_UP[self.result].format(text)
        if self.result:
            raise values.NotPrintable(f"an operation whose result needs `{self.result}`")
        return text

    def _source(self, printing):
        receiver = printing.receiver
        if self.kind == "method":
            return self._call_source(f"{receiver}.{self.name}", printing)
        if self.kind == "get":
            return f"{receiver}.{self.name}"
        if self.kind == "iterate":
            return f"list({receiver})"
        if self.kind == "with":
            return f"{receiver}.__enter__(), {receiver}.__exit__(None, None, None)"
        if self.kind in _FINISH:
            if self.kind != "await":
                raise values.NotPrintable(f"`{self.kind}`")
            return _USED_UP["await"].format(receiver)
        if self.kind == "function":
            return self._call_source(self.name if hasattr(builtins, self.name) else printing.live(self.function), printing)
        if self.kind == "call":
            return self._call_source(printing.live(self.function), printing)
        return self._operator_source([one.source(printing) for one in self.arguments])

    def _operator_source(self, parts):
        if self.name == "setattr":
            return f"{parts[0]}.{self.arguments[1].value} = {parts[2]}"
        if self.name in _FORMS:
            return _FORMS[self.name].format(*parts)
        if self.name in _SYMBOLS:
            return f"{parts[0]} {_SYMBOLS[self.name]} {parts[1]}"
        return f"__import__('operator').{self.name}({', '.join(parts)})"

    @property
    def is_statement(self):
        return self.kind == "operator" and self.name in STATEMENTS


class ByMethod:
    """A recipe: the object came from an operation on another object."""

    __slots__ = ("operation", "parent")

    def __init__(self, operation, parent):
        self.operation, self.parent = operation, parent

    def build(self, build_tape, fresh=False):
        making = values.Making(build_tape, receiver=build_tape(self.parent), fresh=fresh)
        return self.operation.prepare(making)()

    def source(self, printing):
        if self.operation.is_statement:
            raise values.NotPrintable("made by a statement")
        parent = printing.object(self.parent)
        outer, printing.receiver = printing.receiver, parent
        text = self.operation.source(printing)
        printing.receiver = outer
        return f"({text})" if self.operation.kind == "operator" else text


class ByCall:
    """A recipe: the object came from a class or function."""

    __slots__ = ("operation",)
    parent = None

    def __init__(self, operation):
        self.operation = operation

    def build(self, build_tape, fresh=False):
        return self.operation.prepare(values.Making(build_tape, fresh=fresh))()

    def source(self, printing):
        return self.operation.source(printing)
