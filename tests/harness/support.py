"""What the harness's tests share: loading the harness in place, small projects on disk, runs."""
import importlib.util
import os
import sys
import tempfile
import textwrap
import unittest

import drive

FOLDER = os.path.dirname(drive.MAIN)
PYTEST_PYTHON = os.environ.get("MIGRATE_CHECK_TEST_PYTHON")
NO_PYTEST = "MIGRATE_CHECK_TEST_PYTHON names no interpreter with pytest"


def part(name):
    """One module of the harness, loaded as main.py loads it."""
    package = sys.modules.get("migrate_check_harness")
    if package is None:
        spec = importlib.util.spec_from_file_location("harness_main", drive.MAIN)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        package = module.load_package()
    return package.part(name)


class Project(unittest.TestCase):
    """Tests on a folder of files, run by the harness in a process of its own."""

    python = sys.executable
    runner = "unittest"

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="project-")
        self.addCleanup(scratch.cleanup)
        self.cwd = os.path.join(scratch.name, "cwd")
        self.site = os.path.join(scratch.name, "site")
        os.mkdir(self.cwd)
        os.mkdir(self.site)

    def write(self, name, text, root=None):
        path = os.path.join(root or self.cwd, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(textwrap.dedent(text))
        return path

    def run_job(self, *args, env=None, patience=2.0, **fields):
        job = {"runner": self.runner, "cwd": self.cwd, "site": self.site, "args": list(args), **fields}
        found = drive.run(self.python, job, env={"PYTHONPATH": self.site, **(env or {})}, patience=patience)
        self.found = found
        return found

    def check_clean(self, found):
        """The harness ended by itself and every line was in order."""
        self.assertEqual(found.code, 0, found.output)
        self.assertEqual(found.forged, [])
        self.assertIsNotNone(found.one("end"), found.output)
