"""Facts of an installed distribution: its *.dist-info folder."""

import csv
import fnmatch
import os.path
import re
import tempfile
import zipfile
import zlib

from .layout import DEFAULT_PATTERNS, TEST_NAMES
from .metadata import parse_headers
from .reading import MAX_FILES, Tree

MAX_RECORD = 16 << 20
_SPREAD = re.compile(r"^[^/]+\.data/(?:purelib|platlib)/")
_EXTENSION = re.compile(r"^(?P<module>[^.]+)(\.[^/]*)?\.(so|pyd)$")


def _record(tree):
    """Installed paths that RECORD lists, as far as they stay below site-packages."""
    text = tree.text("RECORD", MAX_RECORD) or ""
    paths = []
    try:
        for row in csv.reader(text.splitlines()):
            if row and not row[0].startswith(("/", "..")):
                paths.append(_SPREAD.sub("", row[0]))
            if len(paths) >= 10 * MAX_FILES:
                break
    except csv.Error as error:
        tree.complain("RECORD", 1, 1, error)
    return paths


def _module(path):
    """("pkg.mod", path) of an extension module's file, else None."""
    folder, base = os.path.split(path)
    match = _EXTENSION.match(base)
    parts = [p for p in folder.split("/") if p]
    # lib*.so and *.libs/ are shared libraries that a wheel brings along.
    if not match or not all(p.isidentifier() for p in parts + [match["module"]]):
        return None
    return ".".join(parts + [match["module"]])


def _is_test(path):
    return path.endswith(".py") and any(fnmatch.fnmatch(os.path.basename(path), p) for p in DEFAULT_PATTERNS)


def _top_level(tree, record):
    names = tree.head("top_level.txt", 65536).split()
    if names:
        return names
    tops = {}
    for path in record:
        parts = path.split("/")
        if parts[0].endswith((".dist-info", ".data", ".libs")) or parts[0] == "__pycache__":
            continue
        name = parts[0].split(".")[0] if len(parts) == 1 else parts[0]
        code = path.endswith((".py", ".so", ".pyd"))
        if code and name.isidentifier() and (len(parts) == 1 or name not in TEST_NAMES):
            tops[name] = None
    return list(tops)


def _namespaces(record):
    """{"zope": ["zope.interface"]}: top-level folders that hold no module themselves, with the packages below them."""
    code = [p.split("/") for p in record if p.endswith((".py", ".so", ".pyd"))]
    packages = {tuple(parts[:-1]) for parts in code if parts[-1].startswith("__init__.")}
    own = {parts[0] for parts in code if len(parts) == 2}
    found = {}
    for parts in code:
        if len(parts) < 3 or parts[0] in own or parts[0] in TEST_NAMES or not all(p.isidentifier() for p in parts[:-1]):
            continue
        for depth in range(2, len(parts)):
            if tuple(parts[:depth]) in packages:
                found.setdefault(parts[0], {})[".".join(parts[:depth])] = None
                break
    return {top: list(names) for top, names in found.items()}


def facts(folder):
    """The facts that `project_facts.py --dist-info` prints."""
    tree = Tree(folder)
    record = _record(tree)
    out = parse_headers(tree.text("METADATA") or "")
    wheel = tree.text("WHEEL") or ""
    extensions = [{"module": m, "file": p} for p in record if (m := _module(p))]
    return out | {
        "top_level": _top_level(tree, record),
        "namespaces": _namespaces(record),
        "record_tests": sorted(p for p in record if _is_test(p)),
        "extensions": extensions,
        "tags": re.findall(r"(?m)^Tag:\s*(\S+)", wheel),
        "errors": tree.errors,
    }


def of_wheel(path):
    """The facts of a wheel as they will be once it is installed, and its size in bytes before
    and after that; None when it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            for member in archive.infolist():
                parts = member.filename.split("/")
                if len(parts) != 2 or not parts[0].endswith(".dist-info") or not 0 < member.file_size <= MAX_RECORD:
                    continue
                with open(os.path.join(folder, os.path.basename(parts[1])), "wb") as out:
                    out.write(archive.read(member))
            sizes = {"wheel_bytes": os.path.getsize(path), "installed_bytes": sum(m.file_size for m in archive.infolist())}
            return facts(folder) | sizes if os.listdir(folder) else None
    except (OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
