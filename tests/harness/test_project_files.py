"""project_facts.py on installed distributions, lock files and TOML files."""

import json
import os
import zipfile

from project_tree import TreeCase


class DistInfo(TreeCase):
    """--dist-info"""

    def make(self, record, top_level=None):
        folder = "pkg-1.0.dist-info/"
        self.write(folder + "METADATA", "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\nRequires-Dist: a\nRequires-Dist: b; extra == 'test'\n")
        self.write(folder + "WHEEL", "Wheel-Version: 1.0\nTag: cp313-cp313t-linux_x86_64\nTag: cp313-cp313t-other\n")
        self.write(folder + "RECORD", record)
        if top_level:
            self.write(folder + "top_level.txt", top_level)
        return self.facts("--dist-info", self.root + "/pkg-1.0.dist-info")

    def test_from_record(self):
        facts = self.make(
            "pkg/__init__.py,sha256=x,1\npkg/_speed.cpython-313t-x86_64-linux-gnu.so,,\npkg/tests/test_a.py,,\n"
            '"pkg/odd,name.py",,\nsingle.abi3.so,,\npkg.libs/libz-1.so,,\ntests/test_b.py,,\n../../bin/tool,,\n'
            "pkg-1.0.dist-info/METADATA,,\n__pycache__/x.pyc,,\n"
        )
        self.assertEqual(facts["top_level"], ["pkg", "single"])
        self.assertEqual(facts["record_tests"], ["pkg/tests/test_a.py", "tests/test_b.py"])
        self.assertEqual(
            facts["extensions"],
            [
                {"module": "pkg._speed", "file": "pkg/_speed.cpython-313t-x86_64-linux-gnu.so"},
                {"module": "single", "file": "single.abi3.so"},
            ],
        )
        self.assertEqual(facts["tags"], ["cp313-cp313t-linux_x86_64", "cp313-cp313t-other"])
        self.assertEqual((facts["name"], facts["dependencies"], facts["extras"]), ("pkg", ["a"], {"test": ["b"]}))

    def test_top_level_file(self):
        self.assertEqual(self.make("x/__init__.py,,\n", "yaml\n_yaml\n")["top_level"], ["yaml", "_yaml"])

    def test_packages_of_a_namespace(self):
        facts = self.make(
            "zope/interface/__init__.py,,\nzope/interface/common/__init__.py,,\nzope/a/b/__init__.py,,\npkg/__init__.py,,\npkg/sub/__init__.py,,\n"
            "flat/mod.py,,\nflat/sub/__init__.py,,\nzope/data/x.txt,,\n",
            "zope\n",
        )
        self.assertEqual(facts["namespaces"], {"zope": ["zope.interface", "zope.a.b"]})

    def test_broken(self):
        facts = self.make('"unclosed\n')
        self.assertEqual(facts["extensions"], [])


class Wheel(TreeCase):
    """--wheel, and several questions at once"""

    def make(self, files):
        path = self.root + "/pkg-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return path

    def test_as_the_installed_distribution(self):
        facts = self.facts("--wheel", self.make({
            "pkg/METADATA": "Name: wrong\n",
            "pkg-1.0.data/purelib/other/__init__.py": "",
            "pkg-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\nRequires-Dist: a\n",
            "pkg-1.0.dist-info/RECORD": "pkg/_x.abi3.so,,\npkg-1.0.data/purelib/other/__init__.py,,\npkg-1.0.data/scripts/go.py,,\n",
            "pkg-1.0.dist-info/licenses/METADATA": "Name: wrong\n",
        }))
        self.assertEqual((facts["name"], facts["dependencies"]), ("pkg", ["a"]))
        self.assertEqual(facts["top_level"], ["pkg", "other"])
        self.assertEqual([e["module"] for e in facts["extensions"]], ["pkg._x"])
        self.assertEqual(facts["installed_bytes"], 173)

    def test_size_before_and_after(self):
        path = self.make({"pkg-1.0.dist-info/METADATA": "Name: pkg\n", "pkg/data.txt": "x" * 100_000})
        facts = self.facts("--wheel", path)
        self.assertEqual((facts["wheel_bytes"], facts["installed_bytes"]), (os.path.getsize(path), 100_010))

    def test_damaged(self):
        with open(self.make({"pkg-1.0.dist-info/METADATA": "Name: pkg\n" * 1000}), "rb") as file:
            whole = file.read()
        for text in (b"", b"PK", whole[:60], whole[:40] + b"\0" * 20 + whole[60:]):
            done = self.script("project_facts.py", "--wheel", self.write("bad.whl", text))
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)

    def test_several(self):
        wheel = self.make({"pkg-1.0.dist-info/METADATA": "Name: pkg\n"})
        self.write("pyproject.toml", "[project]\nname = 'tree'\n")
        done = self.script("project_facts.py", "--wheel", wheel, "--and", "--wheel", wheel + "x", "--and", self.root, "--and")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (0, 1))
        self.assertEqual([e and e["name"] for e in json.loads(done.stdout)["each"]], ["pkg", None, "tree"])


LOCK = """
lock-version = "1.0"
created-by = "uv"
[[packages]]
name = "numpy"
version = "2.4"
requires-python = ">=3.11"
dependencies = [{name = "a"}, {name = "b", version = "1"}]
sdist = {url = "https://h.example/x/numpy-2.4.tar.gz", size = 9, hashes = {sha256 = "ab"}}
[[packages.wheels]]
url = "https://h.example/x/numpy-2.4%2Blocal-cp313-cp313t-linux.whl#frag"
hashes = {sha256 = "cd"}
[[packages]]
name = "git"
vcs = {type = "git", url = "https://g.example/r", commit-id = "1"}
[[packages]]
name = "here"
directory = {path = "."}
"""


class Lock(TreeCase):
    """--lock and --toml"""

    def fails(self, option, text):
        path = self.write("pylock.toml", text)
        done = self.script("project_facts.py", option, path)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        return done.stderr.replace(path, "FILE")

    def test_lock(self):
        numpy, git, here = self.facts("--lock", self.write("pylock.toml", LOCK))["packages"]
        self.assertEqual(numpy["dependencies"], ["a", "b"])
        self.assertEqual(numpy["requires_python"], ">=3.11")
        self.assertEqual(numpy["sdist"], {"name": "numpy-2.4.tar.gz", "url": "https://h.example/x/numpy-2.4.tar.gz", "size": 9, "sha256": "ab"})
        wheel = numpy["wheels"][0]
        self.assertEqual((wheel["name"], wheel["size"], wheel["sha256"]), ("numpy-2.4+local-cp313-cp313t-linux.whl", None, "cd"))
        self.assertEqual((git["version"], git["sdist"], git["vcs"]["commit-id"]), (None, None, "1"))
        self.assertEqual(here["directory"], {"path": "."})

    def test_bad_lock(self):
        self.assertIn("no lock-version", self.fails("--lock", "x = 1\n"))
        self.assertIn("no lock-version", self.fails("--lock", 'lock-version = "1"\npackages = 4\n'))
        self.assertIn("without a name", self.fails("--lock", 'lock-version = "1"\n[[packages]]\nversion = "1"\n'))

    def test_toml(self):
        path = self.write("x.toml", 'day = 2026-11-22\nat = 2026-11-22T10:00:00Z\n[t]\nl = [1, "\\u00e9", nan, inf, true]\n')
        self.assertEqual(
            self.facts("--toml", path),
            {"day": "2026-11-22", "at": "2026-11-22T10:00:00+00:00", "t": {"l": [1, "\u00e9", "nan", "inf", True]}},
        )

    def test_toml_errors_have_a_place(self):
        self.assertRegex(self.fails("--toml", "a = 1\nb == 2\n"), r"^FILE:2:4: Invalid value\n$")
        self.assertRegex(self.fails("--toml", "a = [1,\n"), r"^FILE:2:1: ")
        self.assertRegex(self.fails("--toml", b"a = 1\nb = '\xff'\n"), r"^FILE:2:6: not UTF-8\n$")
        self.assertRegex(self.fails("--toml", b"a = " + b"[" * 50_000), r"^FILE:1:1: nested too deeply\n$")
        done = self.script("project_facts.py", "--toml", self.root + "/absent")
        self.assertEqual(done.returncode, 2)
        self.assertIn("absent:1:1: No such file", done.stderr)
