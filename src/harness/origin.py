"""Where loaded modules came from: extension modules, and modules that shadow the installed ones."""
import os
import re
import sys
from importlib.machinery import EXTENSION_SUFFIXES

SUFFIXES = tuple(EXTENSION_SUFFIXES)
# Top-level names that wheels install by mistake and that suites have as well: the
# suite's own copy is not the package under test.
NOT_UNDER_TEST = {"tests", "test", "testing", "docs", "doc", "examples", "benchmarks", "conftest"}
_test_part = re.compile(r"^_?tests?(_?(utils?|helpers?|support|cases?))?$|^test_|_tests?$|^_?testing$")


def of_tests(module):
    """Whether a module's dotted name is one of tests or of helpers for them, and not of the package itself."""
    return any(part in NOT_UNDER_TEST or _test_part.search(part) for part in str(module).split("."))


def file_of(module):
    """The module's file, or None; modules are foreign objects and may lie."""
    try:
        found = module.__file__
    except BaseException:
        return None
    return found if isinstance(found, str) else None


class Origins:
    """Remembers what was reported, so that each module is named once."""

    def __init__(self, events, paths, top_level, site):
        self._events = events
        self._paths = paths
        self._site = site
        self._top = set(top_level) - NOT_UNDER_TEST
        self._seen = set()
        self._count = -1

    def report_extensions(self):
        """Sends the extension modules that were loaded from site since the last call."""
        if len(sys.modules) == self._count:
            return
        self._count = len(sys.modules)
        for name, module in list(sys.modules.items()):
            path = file_of(module)
            if path is None or not path.endswith(SUFFIXES) or path in self._seen:
                continue
            self._seen.add(path)
            rel = self._paths.in_site(path)
            if rel is not None:
                self._events.send("extension", module=str(name), file=rel)

    def report_shadows(self):
        """Sends modules of the package under test that did not come from site."""
        if not self._site:
            return
        for name, module in list(sys.modules.items()):
            top = str(name).partition(".")[0]
            path = file_of(module) if top in self._top else None
            if path is None or name in self._seen or self._paths.in_site(path) is not None:
                continue
            if top == name or self._hides_installed(name):
                self._seen.add(name)
                self._events.send("shadowed", module=str(name), file=self._paths.rel(path))

    def _hides_installed(self, name):
        """A submodule from elsewhere matters when site has one of that name: a test
        folder inside a namespace or a copied package does not."""
        base = os.path.join(self._site, *name.split("."))
        ends = (".py", os.sep + "__init__.py") + SUFFIXES
        return any(os.path.exists(base + end) for end in ends)
