"""PEP 751 lock files, and any TOML file, as JSON."""

import posixpath
import tomllib

from .reading import string, strings, table, toml_position

MAX_BYTES = 64 << 20


class BadFile(Exception):
    """One line for the user: FILE:line:col: message."""


def load(path):
    """The TOML file as a dict; BadFile says where it is broken."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadFile(f"{path}:1:1: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise BadFile(f"{path}:1:1: larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise BadFile(f"{path}:{line}:{column}: not UTF-8") from None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line, column, message = toml_position(error, text)
        raise BadFile(f"{path}:{line}:{column}: {message}") from None


def _artifact(entry):
    entry = table(entry)
    url = string(entry.get("url")) or string(entry.get("path"))
    size = entry.get("size")
    name = string(entry.get("name")) or posixpath.basename((url or "").partition("#")[0].partition("?")[0])
    if "%" in name:
        import urllib.parse  # here, because few names need it and each run of this script would pay for it

        name = urllib.parse.unquote(name)
    return {
        "name": name or None,
        "url": url,
        "size": size if isinstance(size, int) else None,
        "sha256": string(table(entry, "hashes").get("sha256")),
    }


def _package(entry):
    out = {
        "name": string(entry.get("name")),
        "version": string(entry.get("version")),
        "wheels": [_artifact(w) for w in entry.get("wheels") or [] if isinstance(w, dict)],
        "sdist": _artifact(entry["sdist"]) if table(entry, "sdist") else None,
        "requires_python": string(entry.get("requires-python")),
        "marker": string(entry.get("marker")),
        "dependencies": [d["name"] for d in entry.get("dependencies") or [] if string(table(d).get("name"))],
    }
    return out | {k: entry[k] for k in ("vcs", "directory", "archive") if table(entry, k)}


def packages(path):
    """What `project_facts.py --lock` prints."""
    lock = load(path)
    listed = lock.get("packages")
    if string(lock.get("lock-version")) is None or not isinstance(listed, (list, type(None))):
        raise BadFile(f"{path}:1:1: not a pylock file (no lock-version)")
    out = [_package(p) for p in listed or [] if isinstance(p, dict)]
    for package in out:
        if package["name"] is None:
            raise BadFile(f"{path}:1:1: a package without a name")
    return {"lock_version": lock["lock-version"], "extras": strings(lock.get("extras")), "packages": out}
