"""project_facts.py on source trees: metadata, dependencies of tests, layout, hostile input."""

import os
import time

from project_tree import TreeCase


class Metadata(TreeCase):
    """Who the project says it is."""

    def test_pyproject_table(self):
        self.write(
            "pyproject.toml",
            """
            [build-system]
            requires = ["hatchling"]
            build-backend = "own.backend"
            backend-path = ["tools"]
            [project]
            name = "My.Pkg"
            version = "1.2"
            requires-python = ">=3.11"
            dependencies = ["a>1"]
            [project.optional-dependencies]
            test = ["pytest", "b"]
            [project.urls]
            Source = "https://git.example/p"
            """,
        )
        facts = self.facts()
        self.assertEqual((facts["name"], facts["version"], facts["requires_python"]), ("My.Pkg", "1.2", ">=3.11"))
        self.assertEqual((facts["build_backend"], facts["backend_path"], facts["build_requires"]), ("own.backend", ["tools"], ["hatchling"]))
        self.assertEqual(facts["dependencies"], ["a>1"])
        self.assertEqual(facts["extras"], {"test": ["pytest", "b"]})
        self.assertEqual(facts["urls"], {"Source": "https://git.example/p"})
        self.assertTrue(facts["pyproject"])
        self.assertEqual(facts["errors"], [])

    def test_package_info_wins_and_markers_are_split(self):
        self.write("pyproject.toml", '[project]\nname = "x"\ndynamic = ["version"]\n')
        self.write(
            "PKG-INFO",
            """\
            Metadata-Version: 2.1
            Name: x
            Version: 3.0
            Project-URL: Home, https://x.example/
            Provides-Extra: test
            Provides-Extra: Empty-One
            Requires-Dist: plain>=1
            Requires-Dist: one; extra == 'test'
            Requires-Dist: two; python_version < "3.12" and extra == "test"
            Requires-Dist: three; extra == "test" and os_name == "posix"
            Requires-Dist: four; (os_name == "nt" or extra == "test")

            body: not a header
            """,
        )
        facts = self.facts()
        self.assertEqual(facts["version"], "3.0")
        self.assertEqual(facts["dependencies"], ["plain>=1"])
        self.assertEqual(
            facts["extras"],
            {
                "test": ["one", 'two; python_version < "3.12"', 'three; os_name == "posix"', 'four; (os_name == "nt" or python_version >= "3")'],
                "Empty-One": [],
            },
        )
        self.assertEqual(facts["urls"], {"Home": "https://x.example/"})

    def test_legacy_setup_py_is_read_not_run(self):
        marker = os.path.join(self.outside, "ran")
        self.write(
            "setup.py",
            f"""
            import setuptools
            open({marker!r}, "w")
            TESTS = ["pytest", "mock"]
            setuptools.setup(name="old", version="0." + "9", install_requires="six\\nattrs", tests_require=TESTS,
                  extras_require={{"dev": TESTS + ["tox"]}}, package_dir={{"": "lib"}}, packages=["old", "old.sub"])
            """,
        )
        self.write("lib/old/__init__.py")
        facts = self.facts()
        self.assertFalse(os.path.exists(marker))
        self.assertEqual((facts["name"], facts["version"]), ("old", "0.9"))
        self.assertEqual((facts["dependencies"], facts["tests_require"]), (["six", "attrs"], ["pytest", "mock"]))
        self.assertEqual(facts["extras"], {"dev": ["pytest", "mock", "tox"]})
        self.assertEqual((facts["build_backend"], facts["build_requires"]), ("setuptools.build_meta:__legacy__", ["setuptools>=40.8.0"]))
        self.assertEqual((facts["packages"], facts["src_layout"], facts["in_tree_packages"]), (["old"], True, ["lib/old"]))
        self.assertFalse(facts["pyproject"])

    def test_setup_cfg(self):
        self.write(
            "setup.cfg",
            """
            [metadata]
            name = cfg
            version = attr: cfg.__version__
            project_urls =
                Source = https://git.example/cfg
            [options]
            tests_require = pytest
            install_requires =
                one  # a comment
                two
            [options.extras_require]
            testing =
                hypothesis
            """,
        )
        facts = self.facts()
        self.assertEqual((facts["name"], facts["version"]), ("cfg", None))
        self.assertEqual((facts["dependencies"], facts["tests_require"]), (["one", "two"], ["pytest"]))
        self.assertEqual(facts["extras"], {"testing": ["hypothesis"]})
        self.assertEqual(facts["urls"], {"Source": "https://git.example/cfg"})

    def test_poetry(self):
        self.write(
            "pyproject.toml",
            """
            [tool.poetry]
            name = "po"
            version = "1"
            [tool.poetry.dependencies]
            python = "^3.9"
            req = "^2.1"
            opt = {version = "~1.0", optional = true}
            [tool.poetry.extras]
            more = ["opt"]
            [tool.poetry.group.dev.dependencies]
            pytest = ">=7"
            mine = {path = "../mine"}
            anyio = {version = "*", extras = ["trio"]}
            """,
        )
        facts = self.facts()
        self.assertEqual((facts["name"], facts["dependencies"], facts["extras"]), ("po", ["req>=2.1"], {"more": ["opt>=1.0"]}))
        self.assertEqual(facts["groups"], {"dev": ["pytest>=7", "anyio[trio]"]})


class TestDependencies(TreeCase):
    """What the tests need, wherever it is said."""

    def test_groups_expand_their_includes(self):
        self.write(
            "pyproject.toml",
            """
            [dependency-groups]
            base = ["pytest"]
            Tests_all = [{include-group = "base"}, "mock"]
            dev = [{include-group = "tests-all"}, {include-group = "loop"}]
            loop = [{include-group = "dev"}, "x"]
            bad = [{include-group = "nowhere"}]
            """,
        )
        facts = self.facts()
        self.assertEqual(facts["groups"]["Tests_all"], ["pytest", "mock"])
        self.assertEqual(facts["groups"]["dev"], ["pytest", "mock", "x"])
        self.assertEqual(facts["groups"]["bad"], [])
        text = "\n".join(facts["errors"])
        self.assertIn("includes itself", text)
        self.assertIn("nowhere does not exist", text)

    def test_requirement_files(self):
        self.write("requirements/test.txt", "-r base.txt\n-c constraints.txt\n--index-url https://i.example\npytest==8 \\\n  --hash=sha256:00\n-e .\n./local\n")
        self.write("requirements/base.txt", "numpy # comment\n-r ../../outside.txt\n-r test.txt\n")
        self.write("requirements/docs.txt", "sphinx\n")
        self.write("requirements/constraints.txt", "no\n")
        self.write("requirements_dev.txt", "tox\n")
        self.write("tests/requirements.txt", "mock; python_version<'4'\n")
        self.write("contest/latest.txt", "no\n")
        self.write("outside.txt", "secret\n", base=self.outside)
        facts = self.facts()
        self.assertEqual(
            facts["requirements_files"],
            {"requirements/test.txt": ["numpy", "pytest==8"], "requirements_dev.txt": ["tox"], "tests/requirements.txt": ["mock; python_version<'4'"]},
        )

    def test_tox(self):
        self.write(
            "tox.ini",
            """
            [base]
            deps = common
            [testenv]
            deps =
                {[base]deps}
                py311,!pypy: factor>1
                pkg @ https://host.example/x.whl
                -r{toxinidir}/test-reqs.txt
                {env:SOME}
            extras = test, more
            [testenv:docs]
            deps = sphinx
            [testenv:py37]
            deps = ancient
            [testenv:unit]
            deps = unit
            """,
        )
        self.write("test-reqs.txt", "fromfile\n")
        facts = self.facts()
        self.assertEqual(facts["tox_deps"], ["common", "factor>1", "pkg @ https://host.example/x.whl", "fromfile", "unit"])
        self.assertEqual(facts["tox_extras"], ["test", "more"])

    def test_tox_in_other_files(self):
        self.write("setup.cfg", "[tox:tox]\nenvlist = py\n[tox:testenv]\ndeps = cfg\n")
        self.write(
            "pyproject.toml",
            """
            [tool.tox]
            legacy_tox_ini = '''
            [testenv]
            deps = legacy
            '''
            [tool.tox.env_run_base]
            deps = ["native", {replace = "x"}]
            dependency_groups = ["tests"]
            [tool.tox.env.docs-tests]
            deps = ["sphinx"]
            """,
        )
        facts = self.facts()
        self.assertEqual(facts["tox_deps"], ["cfg", "legacy", "native"])
        self.assertEqual(facts["tox_groups"], ["tests"])

    def test_nox(self):
        self.write(
            "noxfile.py",
            """
            import nox
            DEPS = ["pytest", "cov"]
            @nox.session
            def tests(session):
                session.install(*DEPS, "mock", "-e", ".", "-c", "constraints.txt", "-r", "test-reqs.txt", "--pre")
            @nox.session
            def docs(session):
                session.install("sphinx")
            """,
        )
        self.write("test-reqs.txt", "fromfile\n")
        self.assertEqual(self.facts()["nox_deps"], ["pytest", "cov", "mock", "fromfile"])


class Layout(TreeCase):
    """Where packages and tests are."""

    def test_src_layout(self):
        self.write("pyproject.toml", '[project]\nname = "pkg"\n')
        self.write("src/pkg/__init__.py")
        self.write("tests/test_a.py")
        facts = self.facts()
        self.assertEqual((facts["packages"], facts["src_layout"], facts["in_tree_packages"]), (["pkg"], True, ["src/pkg"]))
        self.assertEqual((facts["test_dirs"], facts["test_files"]), (["tests"], 1))

    def test_flat_layout_and_single_module(self):
        self.write("pyproject.toml", '[project]\nname = "six-like"\n')
        for name in ("six_like.py", "setup.py", "conftest.py", "test_six.py"):
            self.write(name)
        facts = self.facts()
        self.assertEqual((facts["packages"], facts["src_layout"], facts["in_tree_packages"]), (["six_like"], False, ["six_like.py"]))
        self.assertEqual(facts["test_dirs"], ["."])

    def test_order_of_test_folders(self):
        for name in ("pkg/sub/tests/test_1.py", "pkg/sub/tests/test_2.py", "other/test_3.py", "test/run_all.py", "tests/unit/test_4.py"):
            self.write(name)
        for name in ("pkg/_vendor/x/tests/test_5.py", "examples/test_6.py", "pkg/__init__.py"):
            self.write(name)
        facts = self.facts()
        self.assertEqual(facts["test_dirs"], ["tests", "test", "pkg/sub/tests", "other"])
        self.assertEqual(facts["test_files"], 4)

    def test_python_files_option_counts(self):
        self.write("pytest.ini", "[pytest]\npython_files = check_*.py\n")
        self.write("suite/check_a.py")
        self.write("suite/test_b.py")
        facts = self.facts()
        self.assertEqual((facts["test_dirs"], facts["test_files"]), (["suite"], 1))

    def test_unittest(self):
        self.write("tests/test_a.py", "import unittest\n")
        self.assertTrue(self.facts()["unittest"])
        self.write("tests/test_b.py", "def test():\n    import pytest\n")
        self.assertFalse(self.facts()["unittest"])

    def test_cargo(self):
        def cargo():
            facts = self.facts()
            return facts["cargo"], facts["cargo_manifest"], facts["cargo_sure"]

        self.assertEqual(cargo(), (False, None, False))
        self.write("tests/crate/Cargo.toml")
        self.write("rust/Cargo.toml")
        self.assertEqual(cargo(), (True, "rust/Cargo.toml", False))
        self.write("Cargo.toml")
        self.assertEqual(cargo(), (True, "Cargo.toml", True))
        self.write("pyproject.toml", '[tool.maturin]\nmanifest-path = "./rust/Cargo.toml"\n')
        self.assertEqual(cargo(), (True, "rust/Cargo.toml", True))
        self.write("pyproject.toml", '[tool.maturin]\nmanifest-path = "../out/Cargo.toml"\n')
        self.assertEqual(cargo(), (True, "Cargo.toml", False))


class PytestConfiguration(TreeCase):
    """pytest's own precedence."""

    def test_precedence(self):
        self.write("setup.cfg", "[tool:pytest]\naddopts = cfg\n")
        self.assertEqual(self.facts()["pytest"]["config_file"], "setup.cfg")
        self.write("tox.ini", "[pytest]\naddopts = tox\n")
        self.assertEqual(self.facts()["pytest"]["addopts"], "tox")
        self.write("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-k", "a b"]\n')
        self.assertEqual(self.facts()["pytest"]["addopts"], "-k 'a b'")
        self.write("pytest.ini", "")  # counts although it is empty
        self.assertEqual(self.facts()["pytest"]["config_file"], "pytest.ini")
        self.write("tests/test_a.py")
        self.write("tests/pytest.ini", "[pytest]\naddopts = inner\n")
        self.assertEqual(self.facts()["pytest"]["config_file"], "tests/pytest.ini")

    def test_options(self):
        self.write(
            "pytest.ini",
            """
            [pytest]
            addopts =
                -ra
                # no
                --cov
            testpaths = a "b c"
            filterwarnings =
                error
                ignore:x
            asyncio_mode = auto
            required_plugins = pytest-x
            minversion = 7
            timeout = 3
            """,
        )
        pytest = self.facts()["pytest"]
        self.assertEqual((pytest["addopts"], pytest["testpaths"]), ("-ra --cov", ["a", "b c"]))
        self.assertEqual((pytest["filterwarnings"], pytest["asyncio_mode"]), (["error", "ignore:x"], "auto"))
        self.assertEqual((pytest["required_plugins"], pytest["minversion"]), (["pytest-x"], "7"))
        self.assertEqual(pytest["options"]["timeout"], "3")


class Hostile(TreeCase):
    """Whatever lies there: valid JSON, exit 0, the reason noted."""

    def test_broken_files_are_named_with_their_place(self):
        self.write("pyproject.toml", '[project]\nname = "x"\nversion = = 1\n')
        self.write("setup.py", "setup(\n")
        self.write("setup.cfg", "no section\n")
        self.write("PKG-INFO", b"Name: \xff\n")
        errors = self.facts()["errors"]
        self.assertTrue(any(e.startswith("pyproject.toml:3:") for e in errors), errors)
        self.assertTrue(any(e.startswith("setup.py:1:6 ") for e in errors), errors)
        self.assertTrue(any(e.startswith("setup.cfg:1:1 ") for e in errors), errors)
        self.assertTrue(any(e.startswith("PKG-INFO:1:7 not UTF-8") for e in errors), errors)

    def test_a_line_without_value_costs_only_itself(self):
        self.write("tox.ini", "[testenv]\nlonely\n  continued\ndeps = kept\n")
        facts = self.facts()
        self.assertEqual(facts["tox_deps"], ["kept"])
        self.assertTrue(facts["errors"][0].startswith("tox.ini:2:1 "), facts["errors"])

    def test_names_with_nul_and_code_with_warnings(self):
        self.write("requirements-test.txt", b"-r a\0b\nkept\n")
        self.write("noxfile.py", "x = 1if 1 else 2\ny = '\\d'\n")
        self.assertEqual(self.facts()["requirements_files"], {"requirements-test.txt": ["kept"]})

    def test_huge_file_is_not_read(self):
        self.write("pyproject.toml", b"#" * (1 << 20) + b'\n[project]\nname = "x"\n')
        facts = self.facts()
        self.assertIsNone(facts["name"])
        self.assertIn("larger than", facts["errors"][0])

    def test_deep_nesting(self):
        self.write("pyproject.toml", b"x = " + b"[" * 100_000)
        self.write("setup.py", b"setup(name=" + b"(" * 50_000)
        self.write("noxfile.py", b"x = " + b"-" * 100_000 + b"1")
        self.write("/".join(["d"] * 60) + "/test_x.py")
        facts = self.facts()
        self.assertEqual(len([e for e in facts["errors"] if e.startswith("pyproject.toml:")]), 1)

    def test_wrong_types(self):
        self.write(
            "pyproject.toml",
            """
            build-system = 1
            project = {name = 5, dependencies = {a = 1}, urls = [1], optional-dependencies = "x"}
            dependency-groups = {a = "b", c = [1, 1979-05-27, [2]]}
            tool = {poetry = 1, tox = [], pytest = 4, setuptools = {packages = 3}, hatch = {envs = {a = 1}}}
            """,
        )
        facts = self.facts()
        self.assertIsNone(facts["name"])
        self.assertEqual((facts["dependencies"], facts["groups"]), ([], {"c": []}))

    def test_links_do_not_lead_out(self):
        secret = self.write("secret.toml", '[project]\nname = "stolen"\n', base=self.outside)
        os.symlink(secret, os.path.join(self.root, "pyproject.toml"))
        os.symlink("/dev/zero", os.path.join(self.root, "setup.cfg"))
        os.mkfifo(os.path.join(self.root, "setup.py"))
        os.symlink("..", os.path.join(self.root, "tests"))
        facts = self.facts()
        self.assertIsNone(facts["name"])
        self.assertFalse(facts["pyproject"])

    def test_many_files(self):
        for folder in range(3):
            os.mkdir(os.path.join(self.root, f"d{folder}"))
            for number in range(7000):
                os.mknod(os.path.join(self.root, f"d{folder}", f"test_{number}.py"))
        facts = self.facts()
        self.assertEqual(facts["test_files"], 20_000)
        self.assertIn("more than 20000 files", facts["errors"][0])

    def test_names_that_are_no_text(self):
        os.makedirs(os.path.join(os.fsencode(self.root), b"tests-\xff"))
        with open(os.path.join(os.fsencode(self.root), b"tests-\xff", b"test_\x01.py"), "wb"):
            pass
        self.assertEqual(self.facts()["test_dirs"], ["tests-?"])

    def test_no_catastrophic_patterns(self):
        self.write("tox.ini", "[testenv]\ndeps =\n " + "{" * 100_000 + "\n " + "a," * 50_000 + "\n")
        self.write("PKG-INFO", "Name: x\nRequires-Dist: y; " + 'extra == "a" and ' * 5000 + 'extra == "b"\n')
        self.write("test-requirements.txt", "a" * 200_000 + "\n" + "-r " * 50_000)
        before = time.process_time()
        self.facts()
        self.assertLess(time.process_time() - before, 60)  # runs in a child: only a hang would show

    def test_no_folder(self):
        for arguments in ((self.root + "/absent",), (), ("--nonsense", "x")):
            done = self.script("project_facts.py", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertEqual(done.stderr.count("\n"), 1)
