"""Reads whether the GIL is on, and names the extension module that turned it on.

The state is always read from the interpreter. The name comes from looking at the
state after each extension module that the import system loads.
"""
import sys
from importlib.machinery import ExtensionFileLoader

_read = getattr(sys, "_is_gil_enabled", None)


def read():
    """True or False; None on an interpreter that cannot say (before 3.13)."""
    return None if _read is None else bool(_read())


class GilState:
    """Sends one "gil" event, the first time that the GIL is found on after being off."""

    def __init__(self, events):
        self._events = events
        self._was_off = read() is False
        self._module = None
        if self._was_off:
            self._follow_loads()

    def _follow_loads(self):
        """Looks at the state after each step of loading an extension module."""
        create, execute = ExtensionFileLoader.create_module, ExtensionFileLoader.exec_module

        def create_module(loader, spec):
            module = create(loader, spec)
            self._loaded(loader.name)
            return module

        def exec_module(loader, module):
            execute(loader, module)
            self._loaded(loader.name)

        ExtensionFileLoader.create_module = create_module
        ExtensionFileLoader.exec_module = exec_module

    def _loaded(self, name):
        if self._module is None and _read():
            self._module = name

    def check(self, test=None):
        """The state now; reports the first change, with the test it was found after."""
        state = read()
        if state and self._was_off:
            self._was_off = False
            self._events.send("gil", module=self._module, test=test)
        elif not state:
            self._module = None
        return state
