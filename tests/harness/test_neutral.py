"""What is left of a suite's own options."""
import unittest

from support import part

neutral = part("neutral")


class Addopts(unittest.TestCase):
    def kept(self, text):
        return neutral.Filtered(text.split()).kept

    def test_dropped(self):
        for text in ("--cov", "--cov=pkg --cov-report=xml", "--cov-report xml", "--cov pkg", "-n auto", "-n4", "-nauto",
                     "--numprocesses=auto", "--dist loadfile", "--benchmark-autosave", "--benchmark-columns=min",
                     "--benchmark-sort mean", "--reruns 3", "--reruns=3", "--random-order", "--timeout=60",
                     "--durations 10", "--junitxml=a.xml", "--html a.html", "--mypy", "--ruff", "-x", "-xvq", "-ra",
                     "-r fE", "--exitfirst", "--maxfail 1", "--strict-config", "--tb short", "-l", "--ff", "-p xdist"):
            with self.subTest(text):
                self.assertEqual(self.kept(text), [])

    def test_kept(self):
        for text in ("--strict-markers", "--doctest-modules", "-m slow", "-k foo", "--import-mode=importlib", "-s",
                     "-p no:warnings", "-W error", "-o log_cli=false", "--ignore=docs", "tests", "--pyargs",
                     "--hypothesis-profile=ci", "-p unittest", "--benchmark-disable"):
            with self.subTest(text):
                self.assertEqual(self.kept(text), text.split())

    def test_clusters_keep_what_matters(self):
        self.assertEqual(self.kept("-xvs -vrs --cov tests"), ["-s"])
        self.assertEqual(self.kept("--strict"), ["--strict-markers"])
        self.assertEqual(self.kept("-mslow"), ["-m", "slow"])

    def test_a_value_that_is_an_option_is_not_swallowed(self):
        self.assertEqual(self.kept("--cov --doctest-modules"), ["--doctest-modules"])

    def test_a_plugin_that_is_not_there_is_named(self):
        made = neutral.Filtered(["-p", "no_such_plugin", "-p", "pytest_cov"])
        self.assertEqual((made.kept, made.missing), ([], ["no_such_plugin"]))

    def test_refused_words_go_with_their_values(self):
        self.assertEqual(neutral.without(["--foo", "bar", "-k", "x", "--baz=1"], {"--foo", "--baz=1"}), ["-k", "x"])


class Keys(unittest.TestCase):
    def test_values_that_pytest_is_told(self):
        ini = neutral.Ini(type("Config", (), {"getini": None}))
        self.assertEqual(ini.value("required_plugins", ["pytest-cov"]), [])
        self.assertEqual(ini.value("strict_config", True), False)
        self.assertEqual(ini.value("timeout", "60"), "0")
        self.assertEqual(ini.value("filterwarnings", ["error"]), ["error"])


if __name__ == "__main__":
    unittest.main()
