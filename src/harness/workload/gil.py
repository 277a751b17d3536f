"""The state of the GIL during a run, and the extension module that turned it on."""
import importlib.util
import os


LASTING = 1.0  # seconds


def _load_gilstate():
    """The suite harness's reader, which lies one folder up."""
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "gilstate.py")
    spec = importlib.util.spec_from_file_location(f"{__package__}.gilstate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Gil:
    """Follows the loading of extension modules from its making on."""

    def __init__(self):
        gilstate = _load_gilstate()
        self.read = gilstate.read
        self._state = gilstate.GilState(self)
        self.started_on = self.read()
        self._module = None
        self._turned_on = False
        self._on_since = None

    def send(self, _event, module=None, test=None):
        """Called by GilState, once, when the GIL is found on after being off."""
        self._turned_on, self._module = True, module

    def check(self, now):
        """Looks at the state, at a time in seconds. While an extension module is loaded the GIL is on for that
        long (import.c, _PyEval_EnableGILTransient), so only what stays on counts."""
        if self.started_on or not self.read():
            self._on_since = None
        elif self._on_since is None:
            self._on_since = now
        elif now - self._on_since > LASTING:
            self._state.check()

    def facts(self, over):
        """`on`: now; null where the interpreter cannot say. `over`: the program ends, nothing is being loaded."""
        if over:
            self._state.check()
        return {"on": self.read(), "started_on": self.started_on, "turned_on": self._turned_on, "module": self._module}
