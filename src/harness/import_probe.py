"""Import modules one after the other and say what each did to the GIL.

    import_probe.py [--result FILE] NAME...
    import_probe.py [--result FILE] --each-extension NAME

One JSON line per NAME: {"name", "ok", "error", "gil_before", "gil", "culprits",
"ns", "rss", "file", "extensions": [{"module", "file"}]}. gil is true, false, or null
where the interpreter has no such state. `extensions` are those that this import
brought in; `culprits` are the extension modules in whose creation the GIL came on.
With --each-extension the packages above NAME are imported first, so that
gil_before and gil speak of that one module; run it in a fresh process for each.
"""

import argparse
import importlib
import importlib.machinery
import json
import os
import sys
import time

MAX_ERROR = 500


def gil_enabled():
    """True or false on 3.13 and later, else None."""
    read = getattr(sys, "_is_gil_enabled", None)
    return bool(read()) if read else None


def resident_bytes():
    """Memory of this process now; 0 where /proc is missing."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def watch_extensions(culprits):
    """Add to culprits each extension module whose creation turns the GIL on."""
    loader = importlib.machinery.ExtensionFileLoader
    original = loader.create_module

    def create_module(self, spec):
        before = gil_enabled()
        module = original(self, spec)
        if before is False and gil_enabled():
            culprits.append(spec.name)
        return module

    loader.create_module = create_module


def is_extension(module):
    """Was the module loaded from a shared library?"""
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))


def loaded_extensions(known):
    """Extension modules in sys.modules that are not in known, which takes them up."""
    found = []
    for name, module in sorted(sys.modules.copy().items()):
        if name not in known and is_extension(module):
            known.add(name)
            found.append({"module": name, "file": module.__file__})
    return found


def one_line(error):
    """Type and message of an exception on one line, bounded."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return " ".join(text.split())[:MAX_ERROR]


def file_of(name):
    """Where the module came from: its file, or the first folder of a namespace."""
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if file is None:
        file = next(iter(getattr(module, "__path__", [])), None)
    return file if isinstance(file, str) else None


def import_name(name):
    """None, or why the import failed. A module that calls sys.exit() failed, too."""
    try:
        importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return one_line(error)
    return None


def probe(name, known, culprits):
    """Import one name; returns its line as a dict."""
    before, start = gil_enabled(), time.perf_counter_ns()
    error = import_name(name)
    elapsed = time.perf_counter_ns() - start
    answer = {
        "name": name,
        "ok": error is None,
        "error": error,
        "gil_before": before,
        "gil": gil_enabled(),
        "culprits": culprits[:],
        "ns": elapsed,
        "rss": resident_bytes(),
        "file": file_of(name),
        "extensions": loaded_extensions(known),
    }
    culprits.clear()
    return answer


def main(argv):
    """Exit code 0 also when imports failed: that is data."""
    parser = argparse.ArgumentParser(description="import modules and read the GIL state")
    parser.add_argument("--result")
    parser.add_argument("--each-extension", action="store_true")
    parser.add_argument("names", nargs="+", metavar="NAME")
    arguments = parser.parse_args(argv)
    if arguments.each_extension and len(arguments.names) != 1:
        parser.error("--each-extension takes one NAME")
    culprits, known = [], set()
    loaded_extensions(known)
    watch_extensions(culprits)
    target = arguments.result if arguments.result else os.dup(1)
    with open(target, "w", encoding="ascii") as result:
        if arguments.each_extension and "." in arguments.names[0]:
            import_name(arguments.names[0].rpartition(".")[0])
            culprits.clear()
        for name in arguments.names:
            result.write(json.dumps(probe(name, known, culprits)) + "\n")
            result.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
