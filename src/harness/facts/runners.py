"""What pytest, tox and nox are told by the project's configuration."""

import ast
import re
import shlex

from .reading import lines, string, strings, table
from .requirements import is_requirement, requirement_line

MAX_SUBSTITUTIONS = 6
_TEST_ENV = re.compile(r"(?i)test|unit|(^|[^a-z])py\d|(^|[^a-z])ci([^a-z]|$)")
_OTHER_ENV = re.compile(r"(?i)docs?([^a-z]|$)|mypy|lint|typing|py(2|3\.?[0-9]([^0-9]|$))")
_FACTOR = re.compile(r"^(!?[\w.{},!\-]+)\s*:\s+(\S.*)$")


# ---- pytest


def _ini_section(name, section):
    return lambda tree, prefix: tree.ini(prefix + name).get(section)


def _pytest_ini(name):
    return lambda tree, prefix: tree.ini(prefix + name).get("pytest", {}) if tree.has(prefix + name) else None


def _pytest_toml(name):
    return lambda tree, prefix: table(tree.toml(prefix + name), "pytest") if tree.has(prefix + name) else None


def _pyproject(tree, prefix):
    pytest = table(tree.toml(prefix + "pyproject.toml"), "tool", "pytest")
    if "ini_options" in pytest:
        return table(pytest, "ini_options")
    return pytest or None


#: In pytest's own order; the first that answers is the only one that counts.
CONFIGURATIONS = (
    ("pytest.toml", _pytest_toml("pytest.toml")),
    (".pytest.toml", _pytest_toml(".pytest.toml")),
    ("pytest.ini", _pytest_ini("pytest.ini")),
    (".pytest.ini", _pytest_ini(".pytest.ini")),
    ("pyproject.toml", _pyproject),
    ("tox.ini", _ini_section("tox.ini", "pytest")),
    ("setup.cfg", _ini_section("setup.cfg", "tool:pytest")),
)


def _words(value):
    if not isinstance(value, str):
        return strings(value)
    try:
        return shlex.split(value)
    except ValueError:
        return value.split()


def pytest_config(tree, prefixes):
    """pytest's options from the first folder of prefixes ("" or "tests/") that has any."""
    for prefix in prefixes:
        for name, read in CONFIGURATIONS:
            options = read(tree, prefix)
            if isinstance(options, dict):
                return _describe(prefix + name, options)
    return NO_CONFIGURATION


def _describe(name, options):
    addopts = options.get("addopts", "")
    if isinstance(addopts, str):  # commented lines are the INI reader's business; ours are the line ends
        addopts = " ".join(line.strip() for line in addopts.splitlines() if line.strip())
    return {
        "config_file": name,
        "addopts": addopts if isinstance(addopts, str) else shlex.join(strings(addopts)),
        "testpaths": _words(options.get("testpaths", "")),
        "python_files": _words(options.get("python_files", "")),
        "filterwarnings": lines(options.get("filterwarnings", "")),
        "asyncio_mode": string(options.get("asyncio_mode")),
        "required_plugins": _words(options.get("required_plugins", "")),
        "minversion": string(options.get("minversion")),
        "options": {k: v for k, v in options.items() if isinstance(v, (str, bool, int, float, list))},
    }


NO_CONFIGURATION = _describe(None, {})


# ---- tox


def tox(tree, pyproject):
    """{"deps", "extras", "groups"} of the environments that run tests."""
    out = {"deps": [], "extras": [], "groups": []}
    configs = [tree.ini("tox.ini"), {_setup_cfg_name(k): v for k, v in tree.ini("setup.cfg").items()}]
    legacy = string(table(pyproject, "tool", "tox").get("legacy_tox_ini"))
    if legacy:
        configs.append(tree.ini_text("pyproject.toml", legacy))
    for config in configs:
        for name, section in config.items():
            if name == "testenv" or (name.startswith("testenv:") and _is_test_env(name[8:])):
                _tox_section(tree, config, section, out)
    for native in (table(pyproject, "tool", "tox"), tree.toml("tox.toml")):
        _tox_native(tree, native, out)
    return {k: list(dict.fromkeys(v)) for k, v in out.items()}


def _is_test_env(name):
    """By its name, and not for an interpreter older than any free-threaded one."""
    return bool(_TEST_ENV.search(name)) and not _OTHER_ENV.search(name)


def _setup_cfg_name(section):
    return section.removeprefix("tox:") if section.startswith("tox:testenv") else "tox " + section


def _tox_section(tree, config, section, out):
    for line in _substituted(config, section.get("deps", ""), 0):
        out["deps"] += _tox_line(tree, line)
    out["extras"] += [w for line in _substituted(config, section.get("extras", ""), 0) for w in re.split(r"[,\s]+", line) if w]
    out["groups"] += [w for line in _substituted(config, section.get("dependency_groups", ""), 0) for w in re.split(r"[,\s]+", line) if w]


def _substituted(config, value, depth):
    """Lines with their factors stripped and {[section]key} replaced."""
    for line in lines(value):
        factor = _FACTOR.match(line)
        line = factor[2] if factor else line
        match = re.fullmatch(r"\{\[([^\]]+)\]([^}]+)\}", line)
        if match and depth < MAX_SUBSTITUTIONS:
            yield from _substituted(config, config.get(match[1], {}).get(match[2], ""), depth + 1)
        elif match is None:
            yield line


def _tox_line(tree, line):
    line = re.sub(r"\{(toxinidir|tox_root)\}/?", "", line)
    return [] if "{" in line.split(";")[0] else requirement_line(tree, line, "")


def _tox_native(tree, native, out):
    envs = [table(native, "env_run_base")]
    envs += [env for name, env in table(native, "env").items() if _is_test_env(name)]
    for env in map(table, envs):
        for line in strings(env.get("deps")):
            out["deps"] += _tox_line(tree, line)
        out["extras"] += strings(env.get("extras"))
        out["groups"] += strings(env.get("dependency_groups"))


# ---- nox


def nox_deps(tree):
    """String constants that test sessions of noxfile.py install; the file is only parsed."""
    module = tree.python("noxfile.py")
    if module is None:
        return []
    lists = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            lists[node.targets[0].id] = _constants(node.value)
    out = []
    for node in module.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "test" in node.name.lower():
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "install":
                    out += _installed(tree, call, lists)
    return list(dict.fromkeys(out))


def _constants(node):
    values = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)]


def _installed(tree, call, lists):
    words = []
    for argument in call.args:
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        words += lists.get(inner.id, []) if isinstance(inner, ast.Name) else _constants(inner)
    out, option = [], None
    for word in words:
        if option in ("-r", "--requirement"):
            out += requirement_line(tree, "-r " + word, "")
        elif option not in ("-c", "--constraint", "-e", "--editable") and is_requirement(word):
            out.append(word)
        option = word if word.startswith("-") else None
    return out
