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

    def test_requires(self):
        self.project()
        answer, done = self.hook("requires", "--config-settings", '{"extra": "meson"}')
        self.assertEqual(answer, {"requires": ["cython", "meson"]})
        self.assertIn("forged", done.stdout)

    def test_requires_without_the_hook(self):
        self.project(backend="")
        self.assertEqual(self.hook("requires")[0], {"requires": []})

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
        answer, done = self.hook("requires", env={"PYTHONPATH": fake})
        self.assertEqual(answer, {"requires": ["legacy"]}, done.stderr)

    def failing(self, backend, words, hook="wheel", pyproject=PYPROJECT):
        self.project(backend, pyproject)
        answer, done = self.hook(hook, *([os.path.join(self.outside, "out")] if hook != "requires" else []))
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
        answer, done = self.hook("requires")
        self.assertIsNone(answer)
        self.assertIn("No module named 'own'", done.stderr)

    def test_descriptor(self):
        self.project()
        reader, writer = os.pipe()
        command = [sys.executable, "-P", os.path.join(HARNESS, "build_hook.py"), "requires", self.root, "--result-fd", str(writer)]
        subprocess.run(command, pass_fds=[writer], stdout=subprocess.DEVNULL, check=True)
        os.close(writer)
        with open(reader, encoding="ascii") as file:
            self.assertEqual(json.loads(file.read()), {"requires": ["cython", "none"]})

    def test_usage(self):
        for arguments in (["wheel", self.root], ["requires", self.root, "x"], ["other", self.root], ["requires", self.root, "--config-settings", "[1]"]):
            self.assertEqual(self.script("build_hook.py", *arguments).returncode, 2)
