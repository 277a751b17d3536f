"""Shows whether a ThreadSanitizer interpreter finds a seeded race and leaves its twin alone.

    PYTHON -I -P tsan_self_test.py FOLDER ANSWER.json

Run by that interpreter. Compiles stress/seeded/seeded.c twice below FOLDER with the
interpreter's own compiler and flags, runs each from four threads, and counts the
reports that name the module: {"seeded": n, "twin": n, "why": text or null}.
"""
import importlib.util
import json
import os
import shlex
import subprocess
import sys
import sysconfig

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 120
MODULES = {"seeded": [], "twin": ["-DSEEDED_LOCK"]}

_play = """
import sys, threading
sys.path.insert(0, {folder!r})
import {name}
assert not sys._is_gil_enabled(), "the GIL is on"
barrier = threading.Barrier(4)
def work():
    barrier.wait()
    for i in range(2000):
        {name}.add(i)
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
"""


def load(name):
    """A module of the harness by its file: this script runs alone."""
    spec = importlib.util.spec_from_file_location(name, os.path.join(HERE, "stress", name + ".py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def words(name):
    return shlex.split(sysconfig.get_config_var(name) or "")


def compile_module(folder, name, extra):
    """Builds one module as an extension of any package is built."""
    out = os.path.join(folder, name + sysconfig.get_config_var("EXT_SUFFIX"))
    source = os.path.join(HERE, "stress", "seeded", "seeded.c")
    command = [*words("CC"), *words("CFLAGS"), *words("CCSHARED"), "-fsanitize=thread", "-g", "-shared", *extra,
               "-I", sysconfig.get_paths()["include"], source, "-o", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}.c does not compile: {done.stderr.strip().splitlines()[-1:]}")


def reports(folder, name, sanitizer):
    """How many reports name the module when four threads use it."""
    log = os.path.join(folder, name + ".log")
    env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
           "TSAN_OPTIONS": sanitizer.options(log), "DEBUGINFOD_URLS": ""}
    program = _play.format(folder=folder, name=name)
    done = subprocess.run([sys.executable, "-I", "-c", program], env=env, capture_output=True, text=True,
                          timeout=SECONDS, check=False)
    if done.returncode not in (0, sanitizer.EXIT_CODE):
        raise RuntimeError(f"{name} ended with code {done.returncode}: {done.stderr.strip()[-300:]}")
    found = 0
    for report in sanitizer.read_logs(log):
        found += any(frame.object.startswith(name + ".") and frame.function == "add" and frame.source
                     for access in report.accesses for frame in access.frames)
    return found


def main(folder, answer):
    """Writes the answer; what went wrong is part of it."""
    facts = {"seeded": 0, "twin": 0, "why": None}
    try:
        sanitizer = load("sanitizer")
        for name, extra in MODULES.items():
            compile_module(folder, name, extra)
            facts[name] = reports(folder, name, sanitizer)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        facts["why"] = f"{type(error).__name__}: {error}"[:500]
    with open(answer, "w", encoding="utf-8") as f:
        json.dump(facts, f)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
