"""Name, version, dependencies and build system of a project, from whatever states them."""

import ast
import email.parser
import re

from .reading import lines, string, strings, table
from .requirements import normalize, poetry_requirements, split_extra

#: What pip assumes of a project without a [build-system] table (PEP 517, PEP 518).
LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
LEGACY_REQUIRES = ["setuptools>=40.8.0"]


def parse_headers(text):
    """The fields of a PKG-INFO or METADATA text, as facts of the same names as ours."""
    message = email.parser.HeaderParser().parsestr(text)
    every = lambda field: [str(v).strip() for v in message.get_all(field, [])]  # noqa: E731
    urls = {}
    for entry in every("Project-URL"):
        label, _, url = entry.partition(",")
        urls[label.strip()] = url.strip()
    if message.get("Home-page", "UNKNOWN") != "UNKNOWN":
        urls.setdefault("Homepage", str(message["Home-page"]).strip())
    dependencies, extras = [], {name: [] for name in every("Provides-Extra")}
    for requirement in every("Requires-Dist"):
        bare, names = split_extra(" ".join(requirement.split()))
        if not names:
            dependencies.append(bare)
        for name in names:
            key = next((k for k in extras if normalize(k) == normalize(name)), name)
            extras.setdefault(key, []).append(bare)
    return {
        "name": string(message.get("Name")),
        "version": string(message.get("Version")),
        "requires_python": string(message.get("Requires-Python")),
        "classifiers": every("Classifier"),
        "urls": urls,
        "dependencies": dependencies,
        "extras": extras,
    }


def package_info(tree):
    """Facts of PKG-INFO, which an sdist carries; {} without one."""
    names = ["PKG-INFO"] + [f for f in tree.files() if re.fullmatch(r"(src/|lib/)?[^/]+\.egg-info/PKG-INFO", f)]
    for name in names:
        text = tree.text(name)
        if text:
            facts = parse_headers(text)
            if facts["name"]:
                return facts
    return {}


def from_pyproject(pyproject):
    """Facts of the [project] table, or of Poetry's."""
    project = table(pyproject, "project")
    if not project:
        return _from_poetry(table(pyproject, "tool", "poetry"))
    return {
        "name": string(project.get("name")),
        "version": string(project.get("version")),
        "requires_python": string(project.get("requires-python")),
        "classifiers": strings(project.get("classifiers")),
        "urls": {k: v for k, v in table(project, "urls").items() if isinstance(v, str)},
        "dependencies": strings(project.get("dependencies")),
        "extras": {k: strings(v) for k, v in table(project, "optional-dependencies").items()},
    }


def _from_poetry(poetry):
    if not poetry:
        return {}
    everything = table(poetry, "dependencies")
    optional = {k for k, v in everything.items() if table(v).get("optional") is True}
    extras = {}
    for extra, names in table(poetry, "extras").items():
        members = {n: everything[n] for n in strings(names) if n in everything}
        extras[extra] = poetry_requirements(members)
    urls = {k.capitalize(): poetry[k] for k in ("homepage", "repository") if string(poetry.get(k))}
    return {
        "name": string(poetry.get("name")),
        "version": string(poetry.get("version")),
        "requires_python": None,
        "classifiers": strings(poetry.get("classifiers")),
        "urls": urls | {k: v for k, v in table(poetry, "urls").items() if isinstance(v, str)},
        "dependencies": poetry_requirements({k: v for k, v in everything.items() if k not in optional}),
        "extras": extras,
    }


def from_setup_cfg(config):
    """Facts of setup.cfg; values that point elsewhere (attr:, file:) are not static."""
    meta, options = config.get("metadata", {}), config.get("options", {})

    def static(value):
        value = (value or "").strip()
        return value if value and not re.match(r"(attr|file)\s*:", value) else None

    urls = dict(re.split(r"\s*=\s*", line, maxsplit=1) for line in lines(meta.get("project_urls")) if "=" in line)
    if static(meta.get("url")):
        urls.setdefault("Homepage", static(meta["url"]))
    return {
        "name": static(meta.get("name")),
        "version": static(meta.get("version")),
        "requires_python": static(options.get("python_requires")),
        "classifiers": lines(static(meta.get("classifiers")) or static(meta.get("classifier")) or ""),
        "urls": urls,
        "dependencies": lines(static(options.get("install_requires")) or ""),
        "extras": {k: lines(v) for k, v in config.get("options.extras_require", {}).items()},
        "tests_require": lines(static(options.get("tests_require")) or ""),
        "packages": lines(options.get("packages")) if "find" not in options.get("packages", "") else [],
        "py_modules": lines(options.get("py_modules")),
        "package_dir": dict(re.split(r"\s*=\s*", line, maxsplit=1) for line in lines(options.get("package_dir")) if "=" in line),
    }


class _Constants(ast.NodeVisitor):
    """Evaluates literals, names bound to literals at module level, and sums of lists and strings."""

    def __init__(self, module):
        self.names = {}
        for node in module.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                value = self.value(node.value)
                if value is not None:
                    self.names[node.targets[0].id] = value

    def value(self, node, depth=0):
        if depth > 20 or node is None:
            return None
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, (ast.List, ast.Tuple)):
            return [v for v in (self.value(e, depth + 1) for e in node.elts) if v is not None]
        if isinstance(node, ast.Dict):
            pairs = ((self.value(k, depth + 1), self.value(v, depth + 1)) for k, v in zip(node.keys, node.values))
            return {k: v for k, v in pairs if isinstance(k, str) and v is not None}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
            small = type(left) is type(right) and isinstance(left, (str, list)) and len(left) + len(right) < 10_000
            return left + right if small else None
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def from_setup_py(tree):
    """Facts that setup.py's call of setup() states as literals. The file is never run."""
    module = tree.python("setup.py")
    if module is None:
        return {}
    constants = _Constants(module)
    given = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setup":
            given = {k.arg: constants.value(k.value) for k in node.keywords if k.arg}
    urls = {k: v for k, v in table(given, "project_urls").items() if isinstance(v, str)}
    if string(given.get("url")):
        urls.setdefault("Homepage", given["url"])

    def requirements(value):
        return lines(value) if value else []

    return {
        "name": string(given.get("name")),
        "version": string(given.get("version")),
        "requires_python": string(given.get("python_requires")),
        "classifiers": requirements(given.get("classifiers")),
        "urls": urls,
        "dependencies": requirements(given.get("install_requires")),
        "extras": {k: requirements(v) for k, v in table(given, "extras_require").items()},
        "tests_require": requirements(given.get("tests_require")),
        "packages": strings(given.get("packages")),
        "py_modules": requirements(given.get("py_modules")),
        "package_dir": {k: v for k, v in table(given, "package_dir").items() if isinstance(v, str)},
    }


def build_system(pyproject):
    """Backend and requirements of the build, with the legacy defaults."""
    given = table(pyproject, "build-system")
    return {
        "build_backend": string(given.get("build-backend")) or LEGACY_BACKEND,
        "backend_path": strings(given.get("backend-path")),
        "build_requires": strings(given.get("requires")) if "requires" in given else list(LEGACY_REQUIRES),
    }


FIELDS = ("name", "version", "requires_python", "classifiers", "urls", "dependencies", "extras")


def merge(sources):
    """For each field the first source that has something to say."""
    empty = {"classifiers": [], "urls": {}, "dependencies": [], "extras": {}}
    out = {f: next((s[f] for s in sources if s.get(f)), empty.get(f)) for f in FIELDS}
    for source in sources:  # every label helps to find the repository
        out["urls"] = source.get("urls", {}) | out["urls"]
    return out
