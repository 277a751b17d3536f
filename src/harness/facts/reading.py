"""Bounded reading of a foreign tree: files, TOML, INI, Python source, JSON out."""

import json
import math
import os
import re
import stat
import tomllib
import warnings

MAX_BYTES = 1 << 20
MAX_FILES = 20_000
MAX_ERRORS = 100
MAX_DEPTH = 24

#: Folders that hold nothing of the project's own.
IGNORED = frozenset(
    ".git .hg .svn .tox .nox .venv venv env .eggs node_modules __pycache__ .mypy_cache .pytest_cache site-packages".split()
)


class Tree:
    """A folder of files that others wrote. Nothing outside of it is ever read."""

    def __init__(self, root):
        self.root = os.path.realpath(root)
        self.errors = []
        self._files = None
        self._parsed = {}

    def complain(self, name, line, column, message):
        """Note why a file could not be read, as file:line:col message."""
        text = " ".join(str(message).split())[:300]
        error = f"{name}:{line}:{column} {text}"
        if len(self.errors) < MAX_ERRORS and error not in self.errors:
            self.errors.append(error)

    def files(self):
        """Paths of all regular files, relative, sorted; at most MAX_FILES."""
        if self._files is None:
            self._files = sorted(self._walk())
        return self._files

    def _walk(self):
        found = []
        for folder, names, files in os.walk(self.root):
            rel = os.path.relpath(folder, self.root)
            rel = "" if rel == "." else rel + "/"
            names[:] = [n for n in sorted(names) if n not in IGNORED] if rel.count("/") < MAX_DEPTH else []
            for name in sorted(files):
                if len(found) >= MAX_FILES:
                    self.complain(rel or ".", 1, 1, f"more than {MAX_FILES} files: the rest is ignored")
                    return found
                found.append(rel + name)
        return found

    def has(self, name):
        """Is there a regular file of that relative name?"""
        return self._path(name) is not None

    def _path(self, name):
        try:
            full = os.path.realpath(os.path.join(self.root, name))
            inside = full.startswith(self.root.rstrip("/") + "/")
            return full if inside and stat.S_ISREG(os.stat(full).st_mode) else None
        except (OSError, ValueError):
            return None

    def text(self, name, limit=MAX_BYTES):
        """The file as text, or None. Too large or undecodable is an error that is noted."""
        path = self._path(name)
        if path is None:
            return None
        try:
            with open(path, "rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            self.complain(name, 1, 1, error.strerror or error)
            return None
        if len(data) > limit:
            self.complain(name, 1, 1, f"larger than {limit} bytes: not read")
            return None
        return self._decode(name, data)

    def head(self, name, limit):
        """The first bytes of a file as text; "" when there are none."""
        path = self._path(name)
        try:
            with open(path, "rb") as file:
                return file.read(limit).decode("utf-8", "replace")
        except (OSError, TypeError):
            return ""

    def _decode(self, name, data):
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - data.rfind(b"\n", 0, error.start)
            self.complain(name, line, column, "not UTF-8")
            return data.decode("latin-1")

    def toml(self, name):
        """The file as a dict; {} when absent or broken. Not to be changed: it is read once."""
        if name not in self._parsed:
            self._parsed[name] = self._toml(name)
        return self._parsed[name]

    def _toml(self, name):
        text = self.text(name)
        if text is None:
            return {}
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            self.complain(name, *toml_position(error, text))
            return {}

    def ini(self, name):
        """The file as {section: {key: value}}; {} when absent or broken. Read once, too."""
        if name not in self._parsed:
            text = self.text(name)
            self._parsed[name] = {} if text is None else self.ini_text(name, text)
        return self._parsed[name]

    def ini_text(self, name, text):
        """The same for text that was found inside another file."""
        import configparser  # here, as in python(): lock files are read often and need neither

        parser = configparser.RawConfigParser(strict=False, delimiters=("=", ":"))
        parser.optionxform = str
        try:
            parser.read_string(text)
        except configparser.Error as error:
            line = getattr(error, "lineno", None) or (getattr(error, "errors", None) or [(1,)])[0][0]
            self.complain(name, line, 1, str(error).splitlines()[0])
        return {s: {k: v for k, v in parser.items(s) if isinstance(v, str)} for s in parser.sections()}

    def python(self, name):
        """The syntax tree of a Python file, or None."""
        import ast

        text = self.text(name)
        if text is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of foreign code, on our standard error
                return ast.parse(text)
        except SyntaxError as error:
            self.complain(name, error.lineno or 1, error.offset or 1, error.msg)
        except (ValueError, RecursionError, MemoryError) as error:
            self.complain(name, 1, 1, type(error).__name__)
        return None


def toml_position(error, text):
    """(line, column, message) of a TOML error; its text carries them on Python before 3.14."""
    message = str(error) or type(error).__name__
    match = re.search(r"\s*\(at line (\d+), column (\d+)\)$", message)
    if match:
        return int(match[1]), int(match[2]), message[: match.start()]
    at_end = re.search(r"\s*\(at end of document\)$", message)
    lines = text.split("\n")
    if at_end:
        return len(lines), len(lines[-1]) + 1, message[: at_end.start()]
    return 1, 1, "nested too deeply" if isinstance(error, RecursionError) else message


def table(value, *keys):
    """The dict below keys; {} wherever something else is."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def string(value):
    """A non-empty string, else None."""
    return value if isinstance(value, str) and value else None


def strings(value):
    """The strings of a list; [] of anything else."""
    return [v for v in value if isinstance(v, str)] if isinstance(value, (list, tuple)) else []


def lines(value):
    """Non-empty lines of an INI value, without comments; lists pass through."""
    if not isinstance(value, str):
        return strings(value)
    out = (re.sub(r"(^|\s)#.*", "", line).strip() for line in value.splitlines())
    return [line for line in out if line]


def plain(value, depth=0):
    """A value that is valid, interchangeable JSON: dates as strings, no NaN, no surrogates."""
    if depth > 200:
        return None
    if isinstance(value, dict):
        return {plain(str(k)): plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v, depth + 1) for v in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def dump(value):
    """One line of JSON in ASCII."""
    return json.dumps(plain(value), ensure_ascii=True, allow_nan=False)
