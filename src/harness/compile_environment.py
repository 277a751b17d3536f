"""Compile what runs will import of an installed environment; runs no package code.

    compile_environment.py SITE [OTHER_SITE] [--whole=MODULE ...] [--root=MODULE ...] [--tests=DIR]

Compiled are all modules below each --whole package, and what is reached by import
statements from the --root modules, from installed pytest plugins, and from the files
below --tests. Statements are found line by line, so one in a docstring counts too:
that costs a little time. What is imported by computed names is left to the run.

OTHER_SITE is that of another build of the same version, which reads the same
bytecode: a file that is equal there gets it as well.
"""

import argparse
import os
import py_compile
import re
import shutil
import sys
import warnings

MAX_FILES = 20_000
MAX_BYTES = 4 << 20
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<base>\.*[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#;]+)"
    r"|import[ \t]+(?P<modules>[^\n#;]+))", re.M)
_PLUGIN = re.compile(r"^\[pytest11\]\s*$(?P<lines>[^\[]*)", re.M)


def read(path):
    """The text of a source file, "" when it cannot be read or is too large."""
    try:
        if os.path.getsize(path) > MAX_BYTES:
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def first_words(text):
    """"(a as b,\n c)" -> ["a", "c"]"""
    parts = [part.split() for part in text.strip("() \t\r\n").split(",")]
    return [words[0] for words in parts if words]


def imports(text, package):
    """Names of modules that a source text may import; package is its own, for relative ones."""
    for match in _IMPORT.finditer(text):
        if match["modules"]:
            yield from first_words(match["modules"])
            continue
        base = match["base"]
        level = len(base) - len(base.lstrip("."))
        if level:
            parts = package.split(".")
            above = parts[:len(parts) - level + 1]
            base = ".".join(above + [base.lstrip(".")] if base.lstrip(".") else above)
        yield base
        for name in first_words(match["names"]):
            yield f"{base}.{name}"


class Site:
    """Source files of an environment's site-packages that are to be compiled."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {}

    def add(self, name):
        """A module with the packages above it; new files go on with what they import."""
        waiting = [name]
        while waiting and len(self.files) < MAX_FILES:
            parts = waiting.pop().split(".")
            for n in range(1, len(parts) + 1):
                if not all(part.isidentifier() for part in parts[:n]):
                    break
                waiting += self._add_one(parts[:n])

    def _add_one(self, parts):
        path = os.path.join(*parts)
        for file, package in ((os.path.join(path, "__init__.py"), parts), (path + ".py", parts[:-1])):
            full = os.path.join(self.folder, file)
            if file in self.files or not os.path.isfile(full):
                continue
            self.files[file] = None
            return list(imports(read(full), ".".join(package)))
        return []

    def add_whole(self, name):
        """Every module below a package."""
        self.add(name)
        for folder, _, files in os.walk(os.path.join(self.folder, name)):
            package = os.path.relpath(folder, self.folder).replace(os.sep, ".")
            for file in files:
                if file.endswith(".py"):
                    self.add(f"{package}.{file[:-3]}")

    def add_plugins(self):
        """What pytest loads by itself."""
        for entry in sorted(os.listdir(self.folder)):
            if entry.endswith(".dist-info"):
                found = _PLUGIN.search(read(os.path.join(self.folder, entry, "entry_points.txt")))
                for line in found["lines"].splitlines() if found else ():
                    self.add(line.partition("=")[2].partition(":")[0].strip())

    def add_tests(self, folder):
        """What files outside import by absolute names."""
        seen = 0
        for top, _, files in os.walk(folder):
            for file in files:
                if file.endswith(".py") and seen < MAX_FILES:
                    seen += 1
                    for name in imports(read(os.path.join(top, file)), ""):
                        self.add(name)


def cached(path):
    folder, name = os.path.split(path)
    return os.path.join(folder, "__pycache__", f"{name[:-3]}.{sys.implementation.cache_tag}.pyc")


def compile_one(path):
    """True when there is bytecode for the file now."""
    try:
        py_compile.compile(path, cfile=cached(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
        return True
    except (OSError, ValueError, MemoryError, RecursionError, py_compile.PyCompileError):
        return False


def same(first, second):
    """Equal content and equal time, which is what bytecode is checked by."""
    try:
        one, two = os.stat(first), os.stat(second)
    except OSError:
        return False
    if (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino):
        return True
    return (one.st_size, int(one.st_mtime)) == (two.st_size, int(two.st_mtime)) and read(first) == read(second)


def compile_both(file, first, second):
    """Compile one file, and share the outcome where the other environment has the same."""
    path = os.path.join(first, file)
    done = compile_one(path)
    other = second and os.path.join(second, file)
    if not other or not os.path.isfile(other):
        return
    if not (done and same(path, other)):
        compile_one(other)
        return
    os.makedirs(os.path.dirname(cached(other)), exist_ok=True)
    if not os.path.exists(cached(other)):
        shutil.copy2(cached(path), cached(other))


def in_parallel(files, work):
    """Call work for every file, in as many processes as there are cores."""
    cores = os.cpu_count() or 1
    children = [pid for part in range(1, cores) if (pid := fork_for(files[part::cores], work))]
    for file in files[0::cores]:
        work(file)
    for pid in children:
        os.waitpid(pid, 0)


def fork_for(files, work):
    pid = os.fork()
    if pid == 0:
        try:
            for file in files:
                work(file)
        finally:
            os._exit(0)
    return pid


def main(argv):
    parser = argparse.ArgumentParser(description="compile what runs will import")
    parser.add_argument("site")
    parser.add_argument("other", nargs="?")
    for option in ("--whole", "--root"):
        parser.add_argument(option, action="append", default=[])
    parser.add_argument("--tests")
    arguments = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    site = Site(arguments.site)
    for name in arguments.whole:
        site.add_whole(name)
    for name in arguments.root:
        site.add(name)
    site.add_plugins()
    if arguments.tests:
        site.add_tests(arguments.tests)
    in_parallel(list(site.files), lambda file: compile_both(file, arguments.site, arguments.other))


if __name__ == "__main__":
    main(sys.argv[1:])
