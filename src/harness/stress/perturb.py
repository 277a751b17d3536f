"""Makes threads change places inside the package's own Python code, at seeded points.

Races in Python code need a switch between two lines, which is rare on few cores. Line
events of sys.monitoring, on the package's code objects only, put short sleeps there.
As in PCT (Burckhardt et al., "A randomized scheduler with probabilistic guarantees of
finding bugs", ASPLOS 2010) most rounds use only a few points: most races need one or
two switches, at the right place.

    with Perturber(code_objects(modules), seed) as perturber:
        perturber.round(n)      # between teams, never while threads run
"""
import random
import sys
import threading
import time
import types

LONGEST = 0.002       # seconds that a point sleeps at most
FEW = (1, 2, 3)       # points of a round that uses few
SHARES = (0.02, 0.08, 0.3)  # of the lines, in rounds that use all

_monitoring = getattr(sys, "monitoring", None)


def code_objects(modules):
    """The code objects of modules' functions, methods and what lies inside these, in a
    fixed order. modules: {name: module}."""
    found = {}
    for name in sorted(modules):
        for value in list(getattr(modules[name], "__dict__", {}).values()):
            _collect(value, name, found, 0)
    return sorted(found, key=lambda code: (code.co_filename, code.co_firstlineno, code.co_qualname))


def _collect(value, module, found, depth):
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if isinstance(value, property):
        for one in (value.fget, value.fset, value.fdel):
            _collect(one, module, found, depth)
        return
    value = getattr(value, "__wrapped__", value) if isinstance(value, types.FunctionType) else value
    if isinstance(value, types.FunctionType):
        if value.__module__ == module:
            _add_code(value.__code__, found)
    elif isinstance(value, type) and depth < 4 and value.__module__ == module:
        for inner in list(vars(value).values()):
            _collect(inner, module, found, depth + 1)


def _add_code(code, found):
    if code not in found:
        found[code] = True
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                _add_code(inner, found)


def _free_tool():
    """An identifier that no debugger, profiler or coverage tool has."""
    if _monitoring is None:
        return None
    return next((tool for tool in (3, 4, 5, 1, 2, 0) if _monitoring.get_tool(tool) is None), None)


class _Monitor:
    """Holds a tool identifier while it is entered."""

    event = "LINE"

    def __init__(self, codes):
        self._codes = codes
        self._tool = None

    def __enter__(self):
        self._tool = _free_tool()
        if self._tool is not None:
            event = getattr(_monitoring.events, self.event)
            _monitoring.use_tool_id(self._tool, "migrate-check")
            _monitoring.register_callback(self._tool, event, self._on)
            for code in self._codes:
                _monitoring.set_local_events(self._tool, code, event)
        return self

    def __exit__(self, *error):
        if self._tool is not None:
            for code in self._codes:
                _monitoring.set_local_events(self._tool, code, 0)
            _monitoring.register_callback(self._tool, getattr(_monitoring.events, self.event), None)
            _monitoring.free_tool_id(self._tool)
            self._tool = None

    def _on(self, code, _):
        raise NotImplementedError


class Learner(_Monitor):
    """Which of the code objects are run at all: `seen` has their positions."""

    event = "PY_START"

    def __init__(self, codes):
        super().__init__(codes)
        self._at = {code: at for at, code in enumerate(codes)}
        self.seen = set()

    def _on(self, code, _):
        self.seen.add(self._at.get(code, -1))


class Perturber(_Monitor):
    """Sleeps at lines of the code objects, by a plan that round() draws anew."""

    def __init__(self, codes, seed):
        super().__init__(codes)
        self._seed = seed
        self._lines = sorted({(code, line) for code in codes for _, _, line in code.co_lines() if line},
                             key=lambda one: (one[0].co_filename, one[1], one[0].co_qualname))
        self._local = threading.local()
        self._points, self._share, self._number = frozenset(), 0.0, 0
        self.round(0)

    def round(self, number):
        """The plan of one round: few points at which each thread sleeps, or a share of all lines."""
        rng = random.Random(f"{self._seed}|{number}")
        self._number = number
        self._points, self._share = frozenset(), 0.0
        if number % 4 == 3 or not self._lines:
            self._share = rng.choice(SHARES)
        else:
            self._points = frozenset(rng.sample(self._lines, min(rng.choice(FEW), len(self._lines))))

    def _on(self, code, line):
        rng = self._own_rng()
        if (code, line) in self._points:
            if rng.random() < 0.7:
                time.sleep(rng.random() * LONGEST)
        elif self._share and rng.random() < self._share:
            time.sleep(rng.random() * LONGEST * 0.1)

    def _own_rng(self):
        """Each thread draws from numbers of its own."""
        rng = getattr(self._local, "rng", None)
        if rng is None:
            rng = self._local.rng = random.Random(f"{self._seed}|{self._number}|{threading.current_thread().name}")
        return rng
