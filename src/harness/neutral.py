"""Takes what measures, distributes, repeats or shuffles out of a suite's own pytest options.

Both arms get the same treatment. Coverage is the worst case: it has no native part
for every interpreter, and makes one arm look many times slower.

The configured addopts are not parsed here: pytest reads its own configuration, and
what it says through Config.getini is filtered on the way.
"""
import os
import sys
from importlib.machinery import PathFinder
from importlib.metadata import entry_points

# Long options that are dropped. "0": takes no value, "1": takes one, "?": takes
# the next word when that is not an option itself.
DROPPED = {
    # coverage
    "--cov": "?", "--cov-report": "1", "--cov-config": "1", "--cov-fail-under": "1", "--cov-context": "1",
    "--cov-precision": "1", "--cov-append": "0", "--cov-branch": "0", "--cov-reset": "0", "--no-cov": "0",
    "--no-cov-on-fail": "0",
    # other processes
    "--numprocesses": "1", "--maxprocesses": "1", "--dist": "1", "--tx": "1", "--px": "1", "--rsyncdir": "1",
    "--max-worker-restart": "1", "--looponfail": "0", "--forked": "0", "--boxed": "0", "--testrunuid": "1",
    "--loadscope-reorder": "0", "--no-loadscope-reorder": "0", "--workers": "1", "--tests-per-worker": "1",
    "--parallel-threads": "1", "--iterations": "1",
    # repetition, order, time limits of the suite's own
    "--reruns": "1", "--reruns-delay": "1", "--only-rerun": "1", "--rerun-except": "1", "--fail-on-flaky": "0",
    "--force-flaky": "0", "--max-runs": "1", "--min-passes": "1", "--no-flaky-report": "0",
    "--no-success-flaky-report": "0", "--rerun-show-tracebacks": "0",
    "--random-order": "0", "--random-order-bucket": "1", "--random-order-seed": "1",
    "--randomly-seed": "1", "--randomly-dont-reorganize": "0", "--randomly-dont-reset-seed": "0",
    "--random": "0", "--random-group": "0", "--reverse": "0",
    "--timeout": "1", "--timeout-method": "1", "--timeout_method": "1", "--session-timeout": "1",
    "--timeout-disable-debugger-detection": "0", "--timeout_func_only": "0", "--timeout-func-only": "0",
    # reports, and checks that are not tests
    "--durations": "1", "--durations-min": "1", "--junitxml": "1", "--junit-xml": "1", "--junit-prefix": "1",
    "--junitprefix": "1", "--html": "1", "--self-contained-html": "0", "--css": "1", "--report-log": "1",
    "--resultlog": "1", "--result-log": "1", "--json-report": "0", "--json-report-file": "1", "--alluredir": "1",
    "--clean-alluredir": "0", "--nunit-xml": "1", "--md": "1", "--csv": "1", "--profile": "0", "--profile-svg": "0",
    "--memray": "0", "--codspeed": "0", "--instafail": "0", "--sugar": "0",
    "--mypy": "0", "--mypy-config-file": "1", "--mypy-ini-file": "1", "--mypy-ignore-missing-imports": "0",
    "--mypy-same-process": "0", "--mypy-only-local-stub": "0",
    "--ruff": "0", "--ruff-format": "0", "--flake8": "0", "--flakes": "0", "--pylint": "0", "--pylint-rcfile": "1",
    "--pycodestyle": "0", "--pep8": "0", "--pydocstyle": "0", "--codestyle": "0", "--docstyle": "0", "--black": "0",
    "--isort": "0", "--checkdocs": "0", "--pyright": "0",
    # when to stop, what to begin with, how much to print
    "--exitfirst": "0", "--maxfail": "1", "--lf": "0", "--last-failed": "0", "--lfnf": "1",
    "--last-failed-no-failures": "1", "--ff": "0", "--failed-first": "0", "--nf": "0", "--new-first": "0",
    "--sw": "0", "--stepwise": "0", "--sw-skip": "0", "--stepwise-skip": "0", "--stepwise-reset": "0",
    "--sw-reset": "0", "--cache-clear": "0", "--cache-show": "?",
    "--quiet": "0", "--verbose": "0", "--verbosity": "1", "--tb": "1", "--color": "1", "--code-highlight": "1",
    "--showlocals": "0", "--no-showlocals": "0", "--no-header": "0", "--no-summary": "0", "--force-short-summary": "0",
    "--setup-show": "0", "--setup-only": "0", "--trace": "0", "--pdb": "0", "--pdbcls": "1", "--full-trace": "0",
    "--strict-config": "0",
}
# These flags among the --benchmark-... options take no value; the others do.
BENCHMARK_FLAGS = {"skip", "disable", "enable", "only", "verbose", "quiet", "disable-gc", "autosave", "save-data"}
# Plugins that measure, distribute or shuffle: not missed when they are not there.
NOT_MISSED = {"pytest_cov", "xdist", "pytest_xdist", "pytest_randomly", "randomly", "random_order", "pytest_timeout",
              "pytest_rerunfailures", "pytest_sugar", "pytest_html", "pytest_instafail", "pytest_profiling"}
SHORT_FLAGS_DROPPED = set("xvqld")  # -d: xdist's load
SHORT_FLAGS_KEPT = set("sh")
SHORT_VALUES_DROPPED = set("nr")
SHORT_VALUES_KEPT = set("kmpcoW")
# Unknown keys that are no sign of a missing plugin: their plugins are switched off here.
KNOWN_KEYS = {"cache_dir", "faulthandler_timeout", "faulthandler_exit_on_timeout"}

# Marks of plugins that measure, order or distribute tests. They are not installed, and
# with --strict-markers a file that uses one would not be collected.
MARKS = ("no_cover", "xdist_group", "flaky", "benchmark", "timeout", "random_order", "order", "codspeed", "parallel_threads",
         "thread_unsafe", "iterations", "forked", "run")

_find = PathFinder.find_spec


def installed(name):
    try:
        return _find(name) is not None
    except Exception:
        return False


class Filtered:
    """A list of options with the dropped ones gone, and the plugins that are not there."""

    def __init__(self, words):
        self.kept = []
        self.missing = []
        self._words = [str(w) for w in words]
        while self._words:
            self._take(self._words.pop(0))

    def _next(self, optional=False):
        if self._words and not (optional and self._words[0].startswith("-")):
            return self._words.pop(0)
        return None

    def _take(self, word):
        if word.startswith("--"):
            self._long(word)
        elif word.startswith("-") and len(word) > 1:
            self._short(word)
        else:
            self.kept.append(word)

    def _long(self, word):
        name, equals, _ = word.partition("=")
        arity = DROPPED.get(name)
        if name.startswith("--benchmark-") and name != "--benchmark-disable":
            arity = "0" if name[12:] in BENCHMARK_FLAGS else "?"
        if name == "--strict":
            self.kept.append("--strict-markers")
        elif arity is None:
            self.kept.append(word)
        elif not equals and arity != "0":
            self._next(optional=arity == "?")

    def _short(self, word):
        """A cluster such as -xvs or -n4 or -rA: letters up to the first that takes a value."""
        keep = ""
        for at, letter in enumerate(word[1:], 1):
            if letter in SHORT_FLAGS_DROPPED:
                continue
            if letter in SHORT_FLAGS_KEPT:
                keep += letter
                continue
            self._valued(letter, word[at + 1:])
            break
        if keep:
            self.kept.append("-" + keep)

    def _valued(self, letter, value):
        """One short option with its value, which may be the next word."""
        if letter not in SHORT_VALUES_DROPPED | SHORT_VALUES_KEPT:
            self.kept.append(f"-{letter}{value}")
            return
        if not value:
            value = self._next()
        if letter in SHORT_VALUES_DROPPED or value is None:
            return
        if letter == "p" and not value.startswith("no:") and not plugin_there(value):
            if value.partition(".")[0] not in NOT_MISSED:
                self.missing.append(value)
        else:
            self.kept += [f"-{letter}", value]


def plugin_there(name):
    """Whether `-p name` can be loaded: pytest's own, an entry point's name, or a module."""
    config = sys.modules.get("_pytest.config")
    if name in getattr(config, "builtin_plugins", ()):
        return True
    top = name.partition(".")[0]
    if installed(top) or top in sys.modules:
        return True
    return any(point.name == name for point in entry_points(group="pytest11"))


class Ini:
    """Stands between pytest and its configuration for the length of a run."""

    def __init__(self, config_class, dropped=()):
        self._class = config_class
        self._own = config_class.getini
        self.dropped = set(dropped)  # words that pytest refused in an earlier attempt
        self.missing = []            # plugins named by -p that are not there

    def __enter__(self):
        own = self._own

        def getini(config, name):
            return self.value(name, own(config, name))

        self._class.getini = getini
        return self

    def __exit__(self, *what):
        self._class.getini = self._own

    def value(self, name, value):
        """What pytest is told for one key."""
        if name == "addopts":
            filtered = Filtered(value)
            self.missing = filtered.missing
            return without(filtered.kept, self.dropped)
        if name == "required_plugins":
            return []
        if name in ("strict_config", "strict"):
            return False if value else value
        if name == "timeout" and value:  # of pytest-timeout: the tool has its own deadline
            return "0"
        return value


def without(words, refused):
    """Words with refused options taken out, and a value after such an option too
    (it would be read as a path), unless it is one."""
    kept, after = [], False
    for word in words:
        if word in refused:
            after = word.startswith("-") and "=" not in word
        elif after and not word.startswith("-") and not os.path.exists(word.partition("::")[0]):
            after = False
        else:
            kept.append(word)
            after = False
    return kept


def options(seed):
    """The harness's own options, put before the job's."""
    own = ["-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:randomly", "-p", "no:random_order",
           "--continue-on-collection-errors", "--tb=short", "--color=no",
           # The GIL's return is an event of its own, and must not fail a suite that
           # turns warnings into errors; nor must faulthandler's timer thread, in os.fork().
           "-W", "ignore:The global interpreter lock:RuntimeWarning",
           "-W", "ignore:This process:DeprecationWarning",
           "-W", "ignore::pytest.PytestConfigWarning", "-W", "ignore::pytest.PytestAssertRewriteWarning",
           # Plugins are often newer here than the suite expects.
           "-W", "ignore::pytest.PytestDeprecationWarning"]
    if installed("pytest_benchmark"):
        own.append("--benchmark-disable")
    if installed("_hypothesis_pytestplugin"):
        own.append(f"--hypothesis-seed={int(seed.encode().hex() or '0', 16) % 2**31}")
    return own


class Hypothesis:
    """Takes the time limits out of Hypothesis once the suite has loaded it, on both arms.

    Its deadline (200 ms for one example unless a suite says otherwise) and its health
    check for slow generation measure the machine and the build: the slower arm would fail
    where nothing is wrong. The tool has its own deadline for a test that does not end.

    What is replaced are the two attributes of the class `settings` that every use goes
    through, so that profiles, decorators and defaults are all covered. The metaclass
    forbids that to suites, hence type.__setattr__.
    """

    def __init__(self):
        self._done = None

    def __call__(self):
        module = sys.modules.get("hypothesis")
        settings = getattr(module, "settings", None)
        if settings is self._done or not isinstance(settings, type):
            return
        self._done = settings
        own = vars(settings).get("suppress_health_check")
        slow = getattr(getattr(module, "HealthCheck", None), "too_slow", None)
        try:
            type.__setattr__(settings, "deadline", property(lambda _: None))
            if own is not None and slow is not None:
                type.__setattr__(settings, "suppress_health_check", property(
                    lambda self: (*own.__get__(self, type(self)), slow)))
        except Exception as error:  # a version that is built differently keeps its limits
            print(f"harness: time limits of hypothesis stay: {error!r}", file=sys.stderr)


without_time_limits = Hypothesis()


def environment():
    """Removes what the caller's environment would add to pytest."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        os.environ.pop(name, None)
