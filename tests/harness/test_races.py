"""The corpus of seeded races keeps its promises: expected.json is complete, twins match, each defect has a proof."""
import ast
import json
import os
import re
import tomllib
import unittest

RACES = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, "fixtures", "races")
SOURCES = {"c": "_core.c", "cython": "_core.pyx", "py": "__init__.py"}
KINDS = {"crash", "abort", "hang", "wrong-result", "lost-update", "exception", "sanitizer", "test-regressed"}
FAULTS = {"library", "tests", "racy-with-gil"}
MODES = {"serial", "same-test", "mixed", "first-use", "replay", "perturb", "tsan"}
ENTRY = {"class", "language", "defective", "twin", "declares_free_threading", "expect"}
EXPECT = {"kind", "fault", "module", "modes", "required"}


def read(*parts):
    """One text file of the corpus."""
    with open(os.path.join(RACES, *parts), encoding="utf-8") as f:
        return f.read()


def import_name(project):
    """race-list-c -> race_list_c"""
    return project.replace("-", "_")


def tests_of(project):
    """{file name: text} of a suite, the project's import name replaced."""
    found = {}
    for name in sorted(os.listdir(os.path.join(RACES, project, "tests"))):
        if name.endswith(".py"):
            found[name] = read(project, "tests", name).replace(import_name(project), "PACKAGE")
    return found


def source_of(project, language):
    """The file that holds, or would hold, the defect."""
    return read(project, import_name(project), SOURCES[language])


def public_api(project, language):
    """Names that a user can call: exports, types, methods and attributes."""
    text = source_of(project, language)
    if language == "c":
        names = re.findall(r'^\t\{ "(\w+)", ', text, re.M) + re.findall(r'\.tp_name = "\w+\.(\w+)"', text)
    else:
        names = re.findall(r"^ *(?:def|class|cdef class) (\w+\(?[^:]*)", text, re.M)
        names += re.findall(r"^    cdef readonly .*?(\w+)$", text, re.M)
    exports = re.findall(r"^__all__ = .*", read(project, import_name(project), "__init__.py"), re.M)
    return sorted(n for n in names if not n.startswith("_")) + exports


class Corpus(unittest.TestCase):
    def setUp(self):
        self.expected = json.loads(read("expected.json"))
        self.defective = [n for n, e in self.expected.items() if e["defective"]]
        self.races = [n for n in self.expected if n.startswith("race-")]

    def test_every_project_is_listed_and_only_those(self):
        folders = [n for n in os.listdir(RACES) if os.path.exists(os.path.join(RACES, n, "pyproject.toml"))]
        self.assertEqual(sorted(folders), sorted(self.expected))
        for name in folders:
            self.assertEqual(tomllib.loads(read(name, "pyproject.toml"))["project"]["name"], name)

    def test_entries_are_complete_and_use_the_known_words(self):
        for name, entry in self.expected.items():
            with self.subTest(name):
                expect = entry["expect"]
                self.assertEqual((set(entry), set(expect)), (ENTRY, EXPECT))
                self.assertLessEqual(set(expect["kind"]), KINDS)
                self.assertLessEqual(set(expect["modes"]), MODES)
                self.assertIn(expect["fault"], FAULTS | {None})
                self.assertEqual(entry["defective"], expect["required"])
                self.assertEqual(bool(expect["kind"]), expect["fault"] is not None)
                if entry["defective"]:
                    self.assertTrue(expect["module"].startswith(import_name(name)))
                    self.assertTrue(expect["modes"])

    def test_each_race_has_a_twin_with_the_same_tests_and_api(self):
        for name in self.races:
            entry = self.expected[name]
            with self.subTest(name):
                twin = self.expected[entry["twin"]]
                self.assertEqual((twin["twin"], twin["class"], twin["language"]), (name, entry["class"], entry["language"]))
                self.assertEqual([name, entry["twin"]].count(name.removesuffix("-fixed")), 1)
                self.assertNotEqual(entry["defective"], twin["defective"])
                self.assertEqual(entry["declares_free_threading"], twin["declares_free_threading"])
                self.assertEqual(tests_of(name), tests_of(entry["twin"]))
                api = [[n.replace(import_name(p), "PACKAGE") for n in public_api(p, entry["language"])] for p in (name, entry["twin"])]
                self.assertTrue(api[0])
                self.assertEqual(*api)

    def test_defect_and_fix_are_marked_where_the_docstring_says(self):
        for name in self.races:
            entry = self.expected[name]
            with self.subTest(name):
                mine, other = ("DEFECT", "FIX") if entry["defective"] else ("FIX", "DEFECT")
                text = source_of(name, entry["language"])
                code = text.split('"""', 2)[2] if entry["language"] == "py" else text
                self.assertTrue(re.search(r"(#|/\*) " + mine, code))
                self.assertFalse(re.search(r"(#|/\*) " + other, code))
                self.assertIn(mine, ast.get_docstring(ast.parse(read(name, import_name(name), "__init__.py"))))

    def test_native_code_declares_what_the_list_says(self):
        for name in self.races:
            entry = self.expected[name]
            if entry["language"] != "py":
                with self.subTest(name):
                    text = source_of(name, entry["language"])
                    declared = "Py_MOD_GIL_NOT_USED" in text or "freethreading_compatible=True" in text
                    self.assertEqual(declared, entry["declares_free_threading"])

    def test_each_defect_has_a_proof(self):
        body = ast.parse(read("proofs.py")).body
        proofs = {n.name for n in body if isinstance(n, ast.FunctionDef)}
        proofs |= {t.id for n in body if isinstance(n, ast.Assign) for t in n.targets}
        self.assertEqual([n for n in self.defective if import_name(n) not in proofs], [])

    def test_suites_are_small_but_not_empty(self):
        for name in self.expected:
            with self.subTest(name):
                self.assertGreaterEqual(sum(len(re.findall(r"def test_", t)) for t in tests_of(name).values()), 3)


if __name__ == "__main__":
    unittest.main()
