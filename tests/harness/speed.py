#!/usr/bin/env python3
"""Prints what the harness adds to each test: 10,000 empty tests, with it and without (nothing is asserted).

    speed.py [PYTHON with pytest]
"""
import os
import subprocess
import sys
import tempfile
import time

import drive

TESTS = 10000


def plain(python, folder, arguments):
    start = time.monotonic()
    subprocess.run([python, "-P", "-m", *arguments], cwd=folder, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


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


if __name__ == "__main__":
    main()
