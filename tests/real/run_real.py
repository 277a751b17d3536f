"""Run migrate-check on real packages of the index and say which came to a verdict.

    run_real.py PROGRAM [REQUIREMENT...]     default: tests/real/packages.txt

Needs the network and takes long; not part of `make check`. Further options for the
program come from MIGRATE_CHECK_REAL_OPTIONS. Ends with "N passed, N failed".
"""

import json
import os
import subprocess
import sys
import tempfile

NO_VERDICT = {"untested", "error", "skipped"}


def requirements():
    """The list beside this file, without comments."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "packages.txt")
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def survey(program, wanted):
    """The survey of one run, as the JSON document that the program writes."""
    with tempfile.TemporaryDirectory() as folder:
        document = os.path.join(folder, "survey.json")
        options = os.environ.get("MIGRATE_CHECK_REAL_OPTIONS", "").split()
        subprocess.run([program, *wanted, "--json", document, "--store", os.path.join(folder, "store"), *options], check=False)
        with open(document, encoding="utf-8") as file:
            return json.load(file)


def main(argv):
    """Print one line for each package, then the count."""
    if not argv:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    passed = failed = 0
    for package in survey(argv[0], argv[1:] or requirements())["packages"]:
        good = package["verdict"] not in NO_VERDICT
        passed, failed = passed + good, failed + (not good)
        reason = package["reasons"][0] if package["reasons"] else ""
        print(f"{'ok  ' if good else 'FAIL'} {package['name']} {package['version']} {package['verdict']} {reason}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
