"""Helpers of the tests of the project scripts: trees made at run time, scripts run as the tool runs them."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

HARNESS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "harness")


class TreeCase(unittest.TestCase):
    """A test with a private folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mc-facts-")
        self.addCleanup(folder.cleanup)
        self.root = os.path.join(folder.name, "project")
        self.outside = folder.name
        os.mkdir(self.root)

    def write(self, name, text="", base=None):
        """Make a file with its folders; text may be bytes."""
        path = os.path.join(base or self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        data = text if isinstance(text, bytes) else textwrap.dedent(text).encode()
        with open(path, "wb") as file:
            file.write(data)
        return path

    def script(self, name, *arguments, env=None):
        """Run a script of the harness; returns the finished process."""
        command = [sys.executable, "-P", os.path.join(HARNESS, name), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=os.environ | (env or {}))

    def facts(self, *arguments):
        """What project_facts.py prints for the private folder, or for the given arguments."""
        done = self.script("project_facts.py", *(arguments or (self.root,)))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)
