"""Entry point: runs a program as its interpreter would, and watches it.

    python [OPTION...] launch.py JOB.json

The job: `result` (the file that gets what was seen, as JSON), `seconds` (after
which the program is ended, 0: never), `kind` ("script", "module" or "code"),
`target` and `args`. Standard library only; docs/workload.md says what is
measured, and how. The program may replace anything in its process: what the
watching needs is taken when these modules are loaded.
"""
import importlib.util
import json
import os
import sys

PACKAGE = "migrate_check_workload"


def load_package():
    """Makes this folder importable under a name of its own, whatever the program calls its modules."""
    here = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(here, "__init__.py"), submodule_search_locations=[here])
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


def part(name):
    """One module of the package."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def read_job(path):
    """The job; ValueError when it is none."""
    with open(path, encoding="utf-8") as f:
        job = json.load(f)
    if not isinstance(job, dict) or job.get("kind") not in ("script", "module", "code"):
        raise ValueError("this is no job")
    return job


def main(argv):
    if len(argv) != 2:
        print("usage: python launch.py JOB.json", file=sys.stderr)
        return 64
    try:
        job = read_job(argv[1])
    except (OSError, ValueError) as error:
        print(f"workload: {argv[1]}: {error}", file=sys.stderr)
        return 64
    load_package()
    watch = part("observer").Observer(job["result"], float(job.get("seconds") or 0))
    program = part("program")
    program.take_place(job)
    watch.start()
    return program.run(job, watch)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
