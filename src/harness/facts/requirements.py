"""Requirement strings: files, markers, dependency groups, Poetry's own syntax."""

import os.path
import re

from .reading import lines, string, strings, table

MAX_LINES = 2000
MAX_FOLLOW = 10

#: Requirement files that speak of tests.
_TEST_WORD = re.compile(r"(?i)(^|[^a-z])(py)?(tests?|testing|dev|develop(ment)?|ci)([^a-z]|$)")
_REQUIREMENTS_WORD = re.compile(r"(?i)req(uirement)?s?")
_REQUIREMENT = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*\s*($|[\[<>=!~;@( ])")
_EXTRA = re.compile(r"""extra\s*==\s*(['"])([^'"]+)\1""")


def normalize(name):
    """The name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_requirement(text):
    """Does it begin like a PEP 508 requirement (and not like an option, path or URL)?"""
    return bool(_REQUIREMENT.match(text))


def split_extra(requirement):
    """(requirement without its `extra ==` test, [extras that it names])."""
    head, semicolon, marker = requirement.partition(";")
    extras = [match[2] for match in _EXTRA.finditer(marker)]
    if not extras:
        return requirement.strip(), []
    marker = marker.strip()
    while True:
        left = re.sub(rf"\s+and\s+{_EXTRA.pattern}$", "", marker)
        left = re.sub(rf"^{_EXTRA.pattern}\s+and\s+", "", left)
        if left == marker:
            break
        marker = left
    if _EXTRA.fullmatch(marker):
        return head.strip(), extras
    # Inside brackets or beside an `or`: chosen is the same as true.
    marker = _EXTRA.sub('python_version >= "3"', marker)
    return f"{head.strip()}; {marker}", extras


def requirement_file(tree, name, seen=None):
    """Requirements of a file; -r is followed inside the tree, -c and options are not."""
    seen = set() if seen is None else seen
    if name in seen or len(seen) >= MAX_FOLLOW:
        return []
    seen.add(name)
    text = tree.text(name)
    if text is None:
        return []
    out = []
    for line in lines(text.replace("\\\n", " "))[:MAX_LINES]:
        out += requirement_line(tree, line, os.path.dirname(name), seen)
    return list(dict.fromkeys(out))


def requirement_line(tree, line, folder, seen=None):
    """Requirements that one line stands for: itself, those of the file it names, or none."""
    follow = re.match(r"(?:-r|--requirement)[\s=]*(.+)$", line)
    if follow:
        return requirement_file(tree, os.path.normpath(os.path.join(folder, follow[1].strip())), seen)
    line = re.split(r"\s--(?:hash|config-settings|global-option)\b", line)[0].strip()
    return [line] if is_requirement(line) else []


def _is_test_file(name):
    folder, base = os.path.split(name)
    stem, ext = os.path.splitext(base)
    if ext not in (".txt", ".in", ".pip") or name.count("/") > 3 or re.search(r"(?i)constraint|docs?\b|lint|mypy", stem):
        return False
    parent = os.path.basename(folder)
    if _REQUIREMENTS_WORD.search(stem):
        return bool(_TEST_WORD.search(stem) or _TEST_WORD.search(parent))
    return bool(_REQUIREMENTS_WORD.search(parent) and _TEST_WORD.search(stem))


def test_requirement_files(tree):
    """{relative path: [requirements]} of the files whose names speak of tests."""
    return {name: requirement_file(tree, name) for name in tree.files() if _is_test_file(name)}


def dependency_groups(tree, pyproject):
    """PEP 735 groups with their includes expanded, then the groups of other tools."""
    raw = {k: v for k, v in table(pyproject, "dependency-groups").items() if isinstance(v, list)}
    by_name = {normalize(k): v for k, v in raw.items()}
    groups = {name: _expand(tree, by_name, normalize(name), ()) for name in raw}
    for name, members in _tool_groups(table(pyproject, "tool")):
        groups.setdefault(name, members)
    return groups


def _expand(tree, by_name, name, path):
    if name in path or len(path) > 20:
        tree.complain("pyproject.toml", 1, 1, f"dependency group {name} includes itself")
        return []
    if name not in by_name:
        tree.complain("pyproject.toml", 1, 1, f"dependency group {name} does not exist")
        return []
    out = []
    for entry in by_name[name][:MAX_LINES]:
        included = string(table(entry).get("include-group"))
        if included:
            out += _expand(tree, by_name, normalize(included), path + (name,))
        elif isinstance(entry, str):
            out.append(entry)
        if len(out) > MAX_LINES:
            break
    return list(dict.fromkeys(out))


def _tool_groups(tool):
    for name, members in table(tool, "pdm", "dev-dependencies").items():
        yield name, [m for m in strings(members) if is_requirement(m)]
    if strings(table(tool, "uv").get("dev-dependencies")):
        yield "dev", strings(table(tool, "uv")["dev-dependencies"])
    for name, group in table(tool, "poetry", "group").items():
        yield name, poetry_requirements(table(group, "dependencies"))
    if table(tool, "poetry", "dev-dependencies"):
        yield "dev", poetry_requirements(table(tool, "poetry", "dev-dependencies"))
    for name, env in table(tool, "hatch", "envs").items():
        members = [m for key in ("dependencies", "extra-dependencies") for m in strings(table(env).get(key))]
        if members:
            yield name, members


def poetry_requirements(dependencies):
    """Poetry's {name: constraint} as PEP 508; an upper bound that only guesses is left out."""
    out = []
    for name, value in dependencies.items():
        value = value[0] if isinstance(value, list) and value else value
        options = table(value)
        if name == "python" or options.keys() & {"git", "path", "url"}:
            continue
        version = string(options.get("version")) if options else value
        extras = ",".join(strings(options.get("extras")))
        out.append(name + (f"[{extras}]" if extras else "") + _poetry_version(version))
    return out


def _poetry_version(version):
    version = (string(version) or "*").strip()
    match = re.match(r"^[\^~]\s*([0-9][^,\s|]*)", version)
    if match:
        return ">=" + match[1]
    if version == "*" or "||" in version:
        return ""
    return version if version[0] in "<>=!~" else "==" + version
