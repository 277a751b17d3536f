"""Where a frame stands in its source, which locks that place takes or has taken, and what they are.

The syntax tree of the file and the position of the frame's instruction say which
`with EXPR` or `EXPR.acquire()` it is in; EXPR is a chain of names, attributes and
constant indexes, looked up in the frame's variables and statically in objects. No
code of the package runs.
"""
import ast
import inspect
import itertools
import os
import threading
import tokenize
import types
import _thread

MOST_SOURCE = 4 << 20      # bytes of a file that is read

_RLOCK = _thread.RLock
_PY_RLOCK = getattr(threading, "_RLock", _RLOCK)
_LOCKS = (_thread.LockType, _RLOCK, _PY_RLOCK)
_SEMAPHORES = (threading.Semaphore, threading.BoundedSemaphore)
_TAKES, _GIVES = ("acquire", "__enter__"), ("release", "__exit__")
_WAITS = ("wait", "wait_for")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp)
_mro, _name_of = type.__dict__["__mro__"].__get__, type.__dict__["__qualname__"].__get__
_trees = {}


# -- source --------------------------------------------------------------------


def _tree(path):
    """The parsed file, or None."""
    if path not in _trees:
        try:
            if not os.path.isfile(path) or os.path.getsize(path) > MOST_SOURCE:
                raise OSError
            with tokenize.open(path) as f:
                _trees[path] = ast.parse(f.read())
        except (OSError, SyntaxError, ValueError, RecursionError):
            _trees[path] = None
    return _trees[path]


def _span(node):
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _path_to(node, start, end):
    """The nodes from here down to the smallest one around a place, outermost first."""
    for child in ast.iter_child_nodes(node):
        if hasattr(child, "lineno"):
            low, high = _span(child)
            if low <= start and end <= high:
                return [child, *_path_to(child, start, end)]
        else:
            inside = _path_to(child, start, end)
            if inside:
                return [child, *inside]
    return []


class Place:
    """Where a frame stands: the syntax around it, within its own function."""

    def __init__(self, frame):
        self.frame = frame
        self.line = frame.f_lineno or 0
        self.path, self.mangle = [], ""
        at = next(itertools.islice(frame.f_code.co_positions(), max(frame.f_lasti, 0) // 2, None), (None,) * 4)
        tree = _tree(frame.f_code.co_filename)
        if tree is None or None in at:
            return
        whole = _path_to(tree, (at[0], at[2]), (at[1], at[3]))
        self.line = at[0]
        self.mangle = next((node.name for node in reversed(whole) if isinstance(node, ast.ClassDef)), "")
        scope = max((number for number, node in enumerate(whole) if isinstance(node, _SCOPES)), default=-1)
        self.path = whole[scope + 1:]
        self.body = whole[scope] if scope >= 0 else tree

    def find(self, expression):
        """(object, name) of a chain of names and attributes, or None. A global that a local variable
        stands for has its own name."""
        found = _resolve(expression, self.frame, self.mangle)
        if found and "." not in found[1]:
            for name, value in list(self.frame.f_globals.items()):
                if value is found[0]:
                    return value, f"{_module(self.frame)}.{name}"
        return found

    def waits(self):
        """(object, name) that the place enters or acquires; None when it does neither."""
        for node, parent in zip(reversed(self.path), reversed([None, *self.path[:-1]])):
            if isinstance(parent, ast.withitem) and node is parent.context_expr:
                return self.find(node)
            if isinstance(node, ast.Call):
                return self._called(node, _TAKES)
            if isinstance(node, ast.stmt):
                return None
        return None

    def _called(self, call, names):
        """(object, name) whose method of these names is called."""
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in names:
            return self.find(function.value)
        found = self.find(function)
        if found and type(found[0]) is types.BuiltinMethodType and found[0].__name__ in names:
            return found[0].__self__, found[1]
        return None

    def is_told_by(self):
        """(object, name) whose wait() or wait_for() the place calls; None when it calls neither."""
        call = next((node for node in reversed(self.path) if isinstance(node, ast.Call)), None)
        return self._called(call, _WAITS) if call is not None and getattr(call.func, "attr", "") in _WAITS else None

    def takes_again(self):
        """Whether it is the line of Condition.wait() that takes the condition's lock again."""
        return any(isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_acquire_restore" for node in self.path)

    def holds(self):
        """[(object, name)] that statements around and before the place have taken."""
        taken = []
        for parent, node in zip([self.body, *self.path] if self.path else [], self.path):
            if isinstance(parent, ast.With):
                taken += self._entered(parent, node)
            for block in ("body", "orelse", "finalbody"):
                statements = getattr(parent, block, None)
                if isinstance(statements, list) and node in statements:
                    self._taken_before(statements[:statements.index(node)], taken)
        return taken

    def _entered(self, statement, node):
        """What the items of a `with` took: all inside its body, else those before the place."""
        entered = statement.items
        if node in entered:
            entered = entered[:entered.index(node)]
        found = [self.find(item.context_expr) for item in entered]
        return [one for one in found if one is not None]

    def _taken_before(self, statements, taken):
        for one in statements:
            call = getattr(one, "value", None)
            if not isinstance(one, (ast.Expr, ast.Assign)) or not isinstance(call, ast.Call):
                continue
            got, given = self._called(call, _TAKES), self._called(call, _GIVES)
            if got is not None and not call.args and not call.keywords:  # with a timeout it may have failed
                taken.append(got)
            if given is not None:
                taken[:] = [held for held in taken if held[0] is not given[0]]


# -- what an expression is, without running anything -----------------------------


def _resolve(node, frame, mangle):
    if isinstance(node, ast.Name):
        scope = frame.f_locals
        if node.id in scope:
            return scope[node.id], node.id
        if node.id in frame.f_globals:
            return frame.f_globals[node.id], f"{_module(frame)}.{node.id}"
        return None
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, frame, mangle)
        return _attribute(owner[0], node.attr, mangle) if owner else None
    if isinstance(node, ast.Subscript):
        owner, key = _resolve(node.value, frame, mangle), _key(node.slice, frame, mangle)
        return _item(owner, key) if owner else None
    return None


def _module(frame):
    name = frame.f_globals.get("__name__")
    return name if type(name) is str else "?"


def _attribute(owner, name, mangle):
    if mangle and name.startswith("__") and not name.endswith("__"):
        name = f"_{mangle.lstrip('_')}{name}"
    try:
        found = inspect.getattr_static(owner, name)
        if type(found) is types.MemberDescriptorType:  # a slot
            found = found.__get__(owner, type(owner))
    except (AttributeError, TypeError):
        return None
    return found, f"{_title(owner)}.{name}"


def _title(owner):
    """The name that an object's attributes are written under: its class, module or itself."""
    if type(owner) is types.ModuleType:
        name = types.ModuleType.__dict__["__dict__"].__get__(owner).get("__name__")
        return name if type(name) is str else "module"
    return _name_of(owner if type(owner) is type else type(owner))


def _key(node, frame, mangle):
    """The value of an index that is an int or a str, else None."""
    if isinstance(node, ast.Constant):
        value = node.value
    else:
        found = _resolve(node, frame, mangle)
        value = found[0] if found else None
    return value if type(value) in (int, str) else None


def _item(owner, key):
    held, name = owner
    if key is None:
        return None
    if type(held) is dict:
        for known, value in list(held.items()):
            if type(known) is type(key) and known == key:
                return value, f"{name}[{key!r}]"
    if type(held) in (list, tuple) and type(key) is int and -len(held) <= key < len(held):
        return held[key], f"{name}[{key}]"
    return None


def _is(value, kinds):
    return any(kind in _mro(type(value)) for kind in kinds)


def is_condition(value):
    return _is(value, (threading.Condition,))


def lock_of(value):
    """The lock that an object is or, as a Condition, has; a Semaphore is its own. Else None."""
    if type(value) in _LOCKS or _is(value, _SEMAPHORES):
        return value
    if is_condition(value):
        inner = _own(value).get("_lock")
        return inner if type(inner) in _LOCKS else None
    return None


def _own(value):
    """An instance's own attributes."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def inner_lock(value):
    """The only lock inside an object that wraps one, with its name; None when there is another number."""
    found = [(name, one) for name, one in list(_own(value).items()) if type(one) in _LOCKS]
    return (found[0][1], f"{_title(value)}.{found[0][0]}") if len(found) == 1 else None


def owner_of(lock):
    """The ident of the thread that has an RLock; 0: none; None: it cannot be told."""
    if type(lock) is _PY_RLOCK and _PY_RLOCK is not _RLOCK:
        found = _own(lock).get("_owner")
        return found if type(found) is int else 0
    if type(lock) is _RLOCK:
        return int(repr(lock).partition("owner=")[2].partition(" ")[0] or 0)
    return None


def is_taken(lock):
    """Whether somebody has it."""
    if type(lock) is _thread.LockType:
        return lock.locked()
    if _is(lock, _SEMAPHORES):
        return _own(lock).get("_value") == 0
    return owner_of(lock) != 0
