"""Which types and functions belong to the package under test.

`__module__` of C types cannot be trusted: some say `builtins`, some name a module that
does not exist. So a type is the package's when its module's root is one of the
package's top-level names, or when it says `builtins` but was not there before the
package was imported, or when it says a module that is not loaded and a module of the
package holds it. What inherits from such a type in the tests is a receiver too, but
only for what it inherits. Classes of the tests and exceptions are none.

Everything is read past metaclasses, which may answer anything.
"""
import enum
import importlib.machinery
import sys
import types

from ..origin import NOT_UNDER_TEST, of_tests

_mro = type.__dict__["__mro__"].__get__
_dict = type.__dict__["__dict__"].__get__
_module = type.__dict__["__module__"].__get__
_qualname = type.__dict__["__qualname__"].__get__
_subclasses = type.__subclasses__

bases, attributes = _mro, _dict  # of a type, past its metaclass

FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType)


def all_types():
    """Every type that exists now."""
    seen, todo = {}, [object]
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen[id(one)] = one
        try:
            todo += _subclasses(one)
        except TypeError:
            pass  # `type` itself
    return seen


def module_of(kind):
    """The module that a type names; "" when it names none."""
    try:
        found = _module(kind)
    except AttributeError:
        return ""
    return found if isinstance(found, str) else ""


def name_of(kind):
    """`module.Qualified.name`, as the type says it."""
    module = module_of(kind)
    return f"{module}.{_qualname(kind)}" if module and module != "builtins" else _qualname(kind)


def defining(kind, name):
    """The class of the MRO whose body holds the name; None when none does."""
    for one in _mro(kind):
        if name in _dict(one):
            return one
    return None


def _is_extension(module):
    path = getattr(module, "__file__", None)
    return isinstance(path, str) and path.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))


def _made_by(kind):
    """The name of the module that made a heap type of C code, as the interpreter keeps it; "" when it does not."""
    try:
        import ctypes
        ask = ctypes.pythonapi.PyType_GetModule
        ask.restype, ask.argtypes = ctypes.c_void_p, [ctypes.py_object]  # a borrowed reference
        found = ask(kind)
        module = ctypes.cast(found, ctypes.py_object).value if found else None
    except (ImportError, AttributeError, TypeError, SystemError, ValueError):
        return ""
    return module.__name__ if isinstance(module, types.ModuleType) else ""


def is_native(kind, name):
    """Whether the attribute is implemented in C."""
    owner = defining(kind, name)
    found = _dict(owner)[name] if owner is not None else None
    if isinstance(found, (staticmethod, classmethod)):
        found = found.__func__
    if isinstance(found, property):
        found = found.fget
    return not isinstance(found, types.FunctionType)


class Kinds:
    """Decides for types and functions, and remembers. To be made before the package is imported."""

    def __init__(self, top_level):
        self._top = set(top_level) - NOT_UNDER_TEST
        self._before = all_types()
        self._known = {}
        self._held = None
        self._held_modules = -1

    def _own_module(self, name):
        return bool(name) and name.partition(".")[0] in self._top and not of_tests(name)

    def is_package_module(self, name):
        """Whether a dotted name is a module of the package (not of its tests)."""
        return isinstance(name, str) and self._own_module(name)

    def _is_held(self, kind):
        """Whether a module of the package has the type as an attribute."""
        if self._held_modules != len(sys.modules):
            self._held_modules = len(sys.modules)
            self._held = set()
            for name, module in list(sys.modules.items()):
                if self._own_module(str(name)) and isinstance(module, types.ModuleType):
                    self._held.update(id(value) for value in list(vars(module).values()) if isinstance(value, type))
        return id(kind) in self._held

    def _decide(self, kind):
        mro = _mro(kind)
        if id(kind) in self._before or BaseException in mro or enum.Enum in mro or type in mro:
            return False
        module = module_of(kind)
        if self._own_module(module):
            return True
        root = module.partition(".")[0]
        if module == "builtins" or not module:
            return True
        if root not in sys.modules and self._is_held(kind):
            return True
        return any(self.is_target(one) for one in mro[1:])

    def is_target(self, kind):
        """Whether objects of this type are watched."""
        found = self._known.get(id(kind))
        if found is None:
            found = (self._decide(kind), kind)
            self._known[id(kind)] = found
        return found[0]

    def is_own(self, kind):
        """Whether the class is written by the package itself: not by its tests, not built in."""
        return self.is_target(kind) and not of_tests(module_of(kind)) and (
            self._own_module(module_of(kind)) or id(kind) not in self._before)

    def home(self, kind):
        """The package's module whose code a type is. A class of Python names it; a type of C code may name
        the package that hands it out, so it is the extension that made the type or holds it, or the only one."""
        named = module_of(kind)
        if any(isinstance(value, types.FunctionType) for value in _dict(kind).values()):
            return named
        extensions = {name: module for name, module in list(sys.modules.items())
                      if self._own_module(str(name)) and _is_extension(module)}
        made = _made_by(kind)
        if named in extensions or made in extensions:
            return named if named in extensions else made
        for name, module in sorted(extensions.items()):
            if any(value is kind for value in list(vars(module).values())):
                return name
        if named in sys.modules and not hasattr(sys.modules[named], "__path__"):
            return named
        return next(iter(extensions)) if len(extensions) == 1 else named

    def is_extension(self, name):
        """Whether a loaded module of the package, by name, is an extension."""
        return self._own_module(name) and _is_extension(sys.modules.get(name))

    def is_function(self, value):
        """Whether a callable is a function of one of the package's modules (no closure: those are state)."""
        if not isinstance(value, FUNCTIONS):
            return False
        owner = getattr(value, "__self__", None)
        if isinstance(value, types.FunctionType):
            return value.__closure__ is None and self.is_package_module(value.__module__) and "<" not in value.__qualname__
        name = owner.__name__ if isinstance(owner, types.ModuleType) else getattr(value, "__module__", None)
        return self.is_package_module(name)
