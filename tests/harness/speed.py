#!/usr/bin/env python3
"""Prints what the harness adds to each test: 10,000 empty tests, with it and without; and, with an
interpreter for stress, which share of a suite of short tests the modes of tests run in parallel (nothing is asserted).

    speed.py [PYTHON with pytest]
"""
import os
import subprocess
import sys
import tempfile
import time

import drive

TESTS = 10000
SHORT_TESTS, SHORT_SECONDS = 2000, 10  # of the stress modes
SHORT_TEST = "x = []\n" + "".join(f"        {line}\n" for line in (
    "for at in range(5000):", "    x.append(at)", "self.assertEqual(len(x), 5000)"))


def plain(python, folder, arguments):
    start = time.monotonic()
    subprocess.run([python, "-P", "-m", *arguments], cwd=folder, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


def stressed(python, folder):
    """How far the modes that run tests in threads come with a suite of short tests."""
    with open(os.path.join(folder, "test_c.py"), "w", encoding="utf-8") as f:
        f.write("import unittest\nclass T(unittest.TestCase):\n")
        f.writelines(f"    def test_{n}(self):\n        {SHORT_TEST}" for n in range(SHORT_TESTS))
    args = ["discover", "-p", "test_c.py"]
    alone = plain(python, folder, ["unittest", *args])
    for mode in ("same-test", "mixed"):
        job = {"cwd": folder, "runner": "unittest", "args": args, "mode": mode, "stress_seconds": SHORT_SECONDS}
        reached = drive.run(python, job, kill_after=120).one("coverage")
        rate = reached["parallel"] / SHORT_SECONDS
        print(f"{mode}: {reached['parallel']} of {SHORT_TESTS} tests in parallel in {SHORT_SECONDS} s, {rate:.0f} a second: "
              f"{rate / (SHORT_TESTS / alone):.3f} of the serial rate, overlap {reached['overlap']}")


def main():
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "test_a.py"), "w", encoding="utf-8") as f:
            f.write("import unittest\nclass T(unittest.TestCase):\n")
            f.writelines(f"    def test_{n}(self): pass\n" for n in range(TESTS))
        with open(os.path.join(folder, "test_b.py"), "w", encoding="utf-8") as f:
            f.writelines(f"def test_{n}(): pass\n" for n in range(TESTS))
        rows = [("unittest", "test_a", ["unittest", "discover", "-p", "test_a.py"], ["discover", "-p", "test_a.py"])]
        if subprocess.run([python, "-c", "import pytest"], capture_output=True).returncode == 0:
            rows.append(("pytest", "test_b", ["pytest", "-p", "no:cacheprovider", "test_b.py"], ["test_b.py"]))
        for runner, _, alone, args in rows:
            bare = min(plain(python, folder, alone) for _ in range(3))
            job = {"cwd": folder, "runner": runner, "args": args}
            with_it = min(drive.run(python, job).wall for _ in range(3))
            print(f"{runner}: {TESTS} tests, {bare:.2f} s alone, {with_it:.2f} s with the harness: "
                  f"{(with_it - bare) / TESTS * 1000:.3f} ms for each test")
        if subprocess.run([python, "-c", "import sys; sys.exit(sys.version_info < (3, 13))"]).returncode == 0:
            stressed(python, folder)


if __name__ == "__main__":
    main()
