"""build_hook.py: PEP 517 hooks of backends that are written here, so that nothing is installed."""

import json
import os
import subprocess
import sys

from project_tree import HARNESS, TreeCase

BACKEND = """
import os, sys, zipfile
def get_requires_for_build_wheel(settings=None):
    print('{"requires": ["forged"]}')
    return ["cython", (settings or {}).get("extra", "none")]
def build_wheel(outdir, settings=None, metadata=None):
    assert os.path.exists("pyproject.toml") and sys.argv == ["setup.py"]
    name = "p-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(outdir, name), "w") as z:
        z.writestr("p-1.dist-info/METADATA", "Name: p\\n")
        z.writestr("p.py", "")
    print("noise", flush=True)
    return name
"""

PYPROJECT = """
[build-system]
requires = []
build-backend = "own"
backend-path = ["tools"]
"""


class BuildHook(TreeCase):
    """One hook per run."""

    def project(self, backend=BACKEND, pyproject=PYPROJECT):
        self.write("pyproject.toml", pyproject)
        self.write("tools/own.py", backend)

    def hook(self, hook, *arguments, env=None):
        """(result or None, finished process)"""
        result = os.path.join(self.outside, "result.json")
        done = self.script("build_hook.py", hook, self.root, *arguments, "--result", result, env=env)
        with open(result, encoding="ascii") as file:
            text = file.read()
        return (json.loads(text) if text else None), done

    def build(self, *arguments, env=None):
        return self.hook("build", os.path.join(self.outside, "out"), *arguments, env=env)

    def test_build_stops_for_what_is_missing(self):
        self.project()
        answer, done = self.build("--config-settings", '{"extra": "meson"}', "--installed", "cython")
        self.assertEqual(answer, {"requires": ["cython", "meson"]})
        self.assertIn("forged", done.stdout)
        self.assertEqual(os.listdir(os.path.join(self.outside, "out")), [])

    def test_build_goes_on_when_all_is_there(self):
        self.project()
        answer, done = self.build("--installed", "cython", "--installed", "none")
        self.assertEqual(answer, {"wheel": "p-1-py3-none-any.whl"}, done.stderr)

    def test_build_without_the_hook(self):
        self.project(backend=BACKEND.replace("get_requires_for_build_wheel", "other"))
        self.assertEqual(self.build()[0], {"wheel": "p-1-py3-none-any.whl"})

    def test_hooks_change_no_process_but_their_own(self):
        self.project(
            backend="state = []\n" + BACKEND.replace("    assert", "    assert not state\n    assert").replace("    print(", "    state.append(1)\n    print(")
        )
        answer, done = self.build("--installed", "cython", "--installed", "none")
        self.assertEqual(answer, {"wheel": "p-1-py3-none-any.whl"}, done.stderr)

    def test_what_the_requires_hook_does_wrong(self):
        for body, words in (("1/0", "ZeroDivisionError"), ("sys.exit(0)", "SystemExit"), ("os.abort()", "ended by signal 6")):
            self.failing(BACKEND.replace("    print(", f"    {body}\n    print("), words, hook="build")

    def test_wheel(self):
        self.project()
        out = os.path.join(self.outside, "new", "out")
        answer, done = self.hook("wheel", out)
        self.assertEqual(answer, {"wheel": "p-1-py3-none-any.whl"}, done.stderr)
        self.assertEqual(os.listdir(out), ["p-1-py3-none-any.whl"])

    def test_metadata_through_a_wheel(self):
        self.project()
        out = os.path.join(self.outside, "out")
        self.assertEqual(self.hook("metadata", out)[0], {"metadata": "p-1.dist-info"})
        self.assertEqual(os.listdir(out), ["p-1.dist-info"])

    def test_metadata_hook(self):
        self.project(
            backend="""
            import os
            def prepare_metadata_for_build_wheel(out, settings=None):
                os.mkdir(out + "/q-2.dist-info")
                open(out + "/q-2.dist-info/METADATA", "w")
                return "q-2.dist-info"
            """
        )
        self.assertEqual(self.hook("metadata", os.path.join(self.outside, "out"))[0], {"metadata": "q-2.dist-info"})

    def test_legacy_default(self):
        self.write("setup.py", "")
        fake = os.path.join(self.outside, "fake")
        self.write("setuptools/__init__.py", "", base=fake)
        self.write(
            "setuptools/build_meta.py",
            """
            class __legacy__:
                @staticmethod
                def get_requires_for_build_wheel(settings):
                    return ["legacy"]
            """,
            base=fake,
        )
        answer, done = self.build(env={"PYTHONPATH": fake})
        self.assertEqual(answer, {"requires": ["legacy"]}, done.stderr)

    def failing(self, backend, words, hook="wheel", pyproject=PYPROJECT):
        self.project(backend, pyproject)
        answer, done = self.hook(hook, os.path.join(self.outside, "out"))
        self.assertIsNone(answer)
        self.assertEqual(done.returncode, 1)
        self.assertIn(words, done.stderr)

    def test_failures(self):
        self.failing("def build_wheel(*a): 1/0", "ZeroDivisionError")
        self.failing("import sys\ndef build_wheel(*a): sys.exit(0)", "SystemExit")
        self.failing("def build_wheel(*a): return 'absent.whl'", "did not write absent.whl")
        self.failing("def build_wheel(*a): return '../x.whl'", "not the name of a wheel")
        self.failing("", "has no attribute 'build_wheel'")
        self.failing("", "leaves the project", pyproject='[build-system]\nbuild-backend = "own"\nbackend-path = [".."]\n')
        self.failing("", "is not from backend-path", pyproject='[build-system]\nbuild-backend = "json"\nbackend-path = ["tools"]\n')
        self.failing("", "pyproject.toml: ", pyproject="[")

    def test_project_folder_is_not_importable(self):
        self.write("own.py", BACKEND)
        self.write("pyproject.toml", '[build-system]\nbuild-backend = "own"\n')
        answer, done = self.build()
        self.assertIsNone(answer)
        self.assertIn("No module named 'own'", done.stderr)

    def test_descriptor(self):
        self.project()
        reader, writer = os.pipe()
        command = [sys.executable, "-P", os.path.join(HARNESS, "build_hook.py"), "build", self.root, os.path.join(self.outside, "out"), "--result-fd", str(writer)]
        subprocess.run(command, pass_fds=[writer], stdout=subprocess.DEVNULL, check=True)
        os.close(writer)
        with open(reader, encoding="ascii") as file:
            self.assertEqual(json.loads(file.read()), {"requires": ["cython", "none"]})

    def test_usage(self):
        for arguments in (["wheel", self.root], ["build", self.root, "x", "y"], ["other", self.root, "x"], ["build", self.root, "x", "--config-settings", "[1]"]):
            self.assertEqual(self.script("build_hook.py", *arguments).returncode, 2)
