"""Which functions CPU time went to, and which extension modules were called from there."""
import ast
import dis
import linecache
import sys
import types

DEPTH = 200
_C_FUNCTIONS = (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType,
                types.ClassMethodDescriptorType, types.MethodWrapperType)
_OPERATORS = {ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.MatMult: "__matmul__",
              ast.Div: "__truediv__", ast.FloorDiv: "__floordiv__", ast.Mod: "__mod__", ast.Pow: "__pow__"}
_missing = object()
linecache.getline(__file__, 1)  # what that and ast.parse() import should not be loaded in the program's time
ast.parse("f(x)", mode="eval")


class Functions:
    """CPU seconds by code object: in it (self), and in it or below it (total)."""

    def __init__(self):
        self._own, self._total = {}, {}
        self.extensions = {}
        self._expressions = {}

    def add(self, frame, ns):
        """ns of CPU time of a thread whose innermost frame this is."""
        self._own[frame.f_code] = self._own.get(frame.f_code, 0) + ns
        name = self._extension(frame)
        if name:
            self.extensions[name] = self.extensions.get(name, 0) + ns
        seen, depth = set(), 0
        while frame is not None and depth < DEPTH:
            code = frame.f_code
            if code not in seen:
                seen.add(code)
                self._total[code] = self._total.get(code, 0) + ns
            frame, depth = frame.f_back, depth + 1

    def hottest(self, skip, limit):
        """The functions that most time went to, hottest first; skip(file) leaves some out."""
        rows = sorted(self._own.items(), key=lambda item: -item[1])
        return [{"function": code.co_qualname, "file": code.co_filename, "line": code.co_firstlineno,
                 "self": ns / 1e9, "total": self._total[code] / 1e9}
                for code, ns in rows if ns and not skip(code.co_filename)][:limit]

    # ---- extension modules: an estimate, as Python does not say which C function runs ----

    def _extension(self, frame):
        """The distribution's module whose C code the frame's current instruction calls, or None."""
        key = frame.f_code, frame.f_lasti
        if key not in self._expressions:
            if len(self._expressions) > 20000:
                self._expressions.clear()
            self._expressions[key] = _expression(*key)
        expression = self._expressions[key]
        try:
            return _module_of(expression, frame) if expression is not None else None
        except Exception:
            return None


def _expression(code, lasti):
    """What the instruction computes, as a syntax tree; None unless it is a call or an operator."""
    if lasti < 0 or lasti >= len(code.co_code):
        return None
    name = dis.opname[code.co_code[lasti]]
    if not name.startswith(("CALL", "BINARY_OP")):
        return None
    for i, place in enumerate(code.co_positions()):
        if 2 * i == lasti:
            break
    line, end, column, end_column = place
    if line is None or line != end or column is None:
        return None
    text = linecache.getline(code.co_filename, line).encode()[column:end_column].decode(errors="replace")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _module_of(node, frame):
    """Top-level module of the C function behind a call or an operator, when it is none of the library's."""
    if isinstance(node, ast.Call):
        return _owner(_value(node.func, frame))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        name = _OPERATORS[type(node.op)]
        for side in (node.left, node.right):
            value = _value(side, frame)
            owner = None if value is _missing else _owner(_in_type(value, name))
            if owner:
                return owner
    return None


def _value(node, frame):
    """The object that a name or a chain of attributes stands for, found without running any code of it."""
    if isinstance(node, ast.Attribute):
        base = _value(node.value, frame)
        return base if base is _missing else _attribute(base, node.attr)
    if not isinstance(node, ast.Name):
        return _missing
    for names in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if node.id in names:
            return names[node.id]
    return _missing


def _in_type(value, name):
    for one in type.__dict__["__mro__"].__get__(type(value)):
        if name in one.__dict__:
            return one.__dict__[name]
    return _missing


def _attribute(base, name):
    if isinstance(base, (types.ModuleType, type)):
        return base.__dict__.get(name, _missing)
    own = getattr(type(base), "__dict__", {}).get("__dict__")
    if own is not None and isinstance(own, types.GetSetDescriptorType):
        instance = own.__get__(base)
        if name in instance:
            return instance[name]
    return _in_type(base, name)


def _owner(value):
    """Top-level module of a function or type made in C; None for Python code and for the library's own."""
    if value is _missing:
        return None
    if isinstance(value, types.MethodType):
        value = value.__func__
    if isinstance(value, type):
        name = None if "__init__" in value.__dict__ and isinstance(value.__dict__["__init__"], types.FunctionType) else value.__module__
    elif isinstance(value, _C_FUNCTIONS):
        name = getattr(value, "__objclass__", value).__module__ or type(getattr(value, "__self__", None)).__module__
    elif type(value).__name__ in ("cython_function_or_method", "numpy.ufunc", "ufunc"):
        name = getattr(value, "__module__", None) or type(value).__module__
    else:
        return None
    top = str(name).partition(".")[0] if name else ""
    if not top or top == "__main__" or top in sys.stdlib_module_names or (isinstance(value, type) and not _native(value)):
        return None
    return top


def _native(kind):
    """Is a type made in C? Those have methods that are no Python functions, and no dictionary of a class statement."""
    return not any(isinstance(v, types.FunctionType) for v in kind.__dict__.values()) and "__firstlineno__" not in kind.__dict__
