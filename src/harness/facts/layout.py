"""Where a project keeps its packages and its tests."""

import collections
import fnmatch
import os.path
import re

from .reading import string, strings, table
from .requirements import normalize

#: Folders of tests by convention, best first; then the one with most test files.
TEST_NAMES = ("tests", "test", "testing", "Tests")
DEFAULT_PATTERNS = ("test_*.py", "*_test.py")
MAX_LOOKED_INTO = 400
HEAD_BYTES = 64 * 1024
MAX_DIRS = 20

#: Folders whose tests are somebody else's, or no tests of behaviour.
FOREIGN = frozenset(
    "vendor _vendor vendored _vendored third_party thirdparty third-party external extern subprojects submodules"
    " deps examples example samples demo demos docs doc benchmarks benchmark bench asv_bench build dist templates"
    " fixtures".split()
)
#: Modules and folders at the top of a project that are not what it installs.
NOT_INSTALLED = frozenset(
    "setup conftest noxfile tasks fabfile versioneer toxfile docs doc examples example samples benchmarks benchmark bench"
    " tools scripts script bin ci build dist tests test testing tests_py3 Tests t requirements news changelog misc contrib"
    " packaging debian src lib python include licenses conda".split()
)


def source_roots(pyproject, setups):
    """Folders that packages are looked for in: "" is the project's own."""
    roots = [d.get("", "") for d in (table(s, "package_dir") for s in setups)]
    roots.append(string(table(pyproject, "tool", "setuptools", "package-dir").get("")) or "")
    roots += strings(table(pyproject, "tool", "setuptools", "packages", "find").get("where"))
    roots.append(string(table(pyproject, "tool", "maturin").get("python-source")) or "")
    roots += ["src", "", "python", "lib"]
    return list(dict.fromkeys(os.path.normpath(r).strip("/").replace(".", "") if r in (".", "./", "") else r.strip("/") for r in roots))


def _importables(files, root):
    """{name: path} of packages and modules that lie directly in root."""
    prefix = root + "/" if root else ""
    found = {}
    for name in files:
        if not name.startswith(prefix):
            continue
        parts = name[len(prefix):].split("/")
        if len(parts) == 2 and parts[1] in ("__init__.py", "__init__.pyx", "__init__.pyi") and parts[0].isidentifier():
            found[parts[0]] = prefix + parts[0]
        elif len(parts) == 1 and parts[0].endswith((".py", ".pyx", ".so", ".pyd")):
            module = parts[0].split(".")[0]
            if module.isidentifier() and module != "__init__":
                found.setdefault(module, name)
    return {k: v for k, v in found.items() if k not in NOT_INSTALLED and not fnmatch.fnmatch(k, "test_*") and not k.endswith("_test")}


def _declared(tree, pyproject, setups):
    """Top-level names that the project itself states."""
    setuptools = table(pyproject, "tool", "setuptools")
    names = strings(setuptools.get("packages")) + strings(setuptools.get("py-modules"))
    for setup in setups:
        names += [p for p in strings(setup.get("packages")) + strings(setup.get("py_modules")) if re.match(r"[\w.]+$", p)]
    for entry in table(pyproject, "tool", "poetry").get("packages") or []:
        names.append(string(table(entry).get("include")) or "")
    flit = table(pyproject, "tool", "flit")
    names.append(string(table(flit, "module").get("name")) or string(table(flit, "metadata").get("module")) or "")
    wheel = table(pyproject, "tool", "hatch", "build", "targets", "wheel")
    names += [os.path.basename(p.rstrip("/")) for p in strings(wheel.get("packages"))]
    names.append(string(table(pyproject, "tool", "maturin").get("module-name")) or "")
    for path in tree.files():
        if re.fullmatch(r"([^/]+/)?[^/]+\.egg-info/top_level\.txt", path):
            names += tree.head(path, 4096).split()
    tops = (re.split(r"[./]", n, maxsplit=1)[0] for n in names)
    return list(dict.fromkeys(t for t in tops if t.isidentifier() and t not in TEST_NAMES))


def packages(tree, pyproject, setups, name):
    """packages, src_layout and in_tree_packages."""
    files, declared = tree.files(), _declared(tree, pyproject, setups)
    by_root = {root: _importables(files, root) for root in source_roots(pyproject, setups)}
    own = normalize(name or "").replace("-", "_")
    names = list(declared)
    if not names:
        for root, found in by_root.items():
            folders = [n for n, path in found.items() if not path.endswith((".py", ".pyx"))]
            names = folders or [n for n in found if n.lower().lstrip("_") == own]
            if names:
                break
    if not names:
        names = [n for root in by_root for n in by_root[root]][:MAX_DIRS]
    tree_paths = []
    for root in by_root:
        for top in names:
            path = by_root[root].get(top) or _namespace(files, root, top)
            if path:
                tree_paths.append(path)
    home = next((r for r in by_root if any(n in by_root[r] or _namespace(files, r, n) for n in names)), "")
    return {
        "packages": sorted(names),
        "src_layout": home != "",
        "in_tree_packages": sorted(set(tree_paths)),
    }


def _namespace(files, root, top):
    """A folder without __init__.py that holds Python files is importable too."""
    path = f"{root}/{top}" if root else top
    return path if any(f.startswith(path + "/") and f.endswith((".py", ".pyx", ".so")) for f in files) else None


def _is_foreign(path):
    return bool(FOREIGN.intersection(path.split("/")[:-1]))


def test_files(tree, patterns):
    """Relative paths of the project's own test files."""
    patterns = tuple(patterns) or DEFAULT_PATTERNS

    def matches(path):
        base = os.path.basename(path)
        return base.endswith(".py") and any(fnmatch.fnmatch(base, p) or fnmatch.fnmatch(path, p) for p in patterns)

    return [f for f in tree.files() if matches(f) and not _is_foreign(f)]


def test_dirs(tree, tests):
    """Folders to give to the runner, best first."""
    out = []
    for name in TEST_NAMES:
        prefix = name + "/"
        has_tests = any(f.startswith(prefix) for f in tests)
        # Suites that name their files otherwise still lie in such a folder.
        if has_tests or any(f.startswith(prefix) and f.endswith(".py") for f in tree.files()):
            out.append((not has_tests, name))
    out = [name for _, name in sorted(out, key=lambda pair: pair[0])]
    counts = collections.Counter(_test_root(f) for f in tests)
    out += [folder for folder, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    return list(dict.fromkeys(out))[:MAX_DIRS]


def _test_root(path):
    """The outermost folder called tests (or the like) above a file, else its own folder."""
    parts = path.split("/")[:-1]
    for i, part in enumerate(parts):
        if part in TEST_NAMES:
            return "/".join(parts[: i + 1])
    return "/".join(parts) or "."


def looks_like_unittest(tree, tests):
    """Tests import unittest, and no test nor conftest.py speaks of pytest."""
    unittest = False
    for path in tests[:MAX_LOOKED_INTO]:
        head = tree.head(path, HEAD_BYTES)
        if re.search(r"(?m)^\s*(import|from)\s+pytest\b", head):
            return False
        unittest = unittest or bool(re.search(r"(?m)^\s*(import|from)\s+unittest\b", head))
    return unittest and not any(os.path.basename(f) == "conftest.py" and not _is_foreign(f) for f in tree.files())
