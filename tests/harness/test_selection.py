"""Sampling: the same choice everywhere, in the suite's own order."""
import hashlib
import os
import tempfile
import unittest

from support import part

selection, paths, job = part("selection"), part("paths"), part("job")


class Files(unittest.TestCase):
    FILES = [f"p/{folder}/test_{n}.py" for folder in "abc" for n in range(10)] + ["p/test_top.py"]

    def test_each_folder_gets_its_turn(self):
        chosen = selection.choose_files(self.FILES, "1", 8)
        folders = [os.path.dirname(rel) for rel in chosen]
        self.assertEqual(len(chosen), 8)
        self.assertIn("p", folders)
        self.assertTrue(all(folders.count(f"p/{folder}") >= 2 for folder in "abc"))

    def test_the_order_of_the_input_does_not_matter(self):
        self.assertEqual(selection.choose_files(self.FILES, "1", 5),
                         selection.choose_files(self.FILES[::-1], "1", 5))

    def test_the_seed_matters(self):
        self.assertNotEqual(selection.choose_files(self.FILES, "1", 5),
                            selection.choose_files(self.FILES, "2", 5))

    def test_the_smallest_hash_of_a_folder_is_first(self):
        files = [f"t/test_{n}.py" for n in range(20)]
        best = min(files, key=lambda rel: hashlib.sha256(f"s:{rel}".encode()).hexdigest())
        self.assertEqual(selection.choose_files(files, "s", 1), {best})


class Cap(unittest.TestCase):
    def test_keeps_the_smallest_hashes_in_their_own_order(self):
        tests = [("f", f"f::t{n}") for n in range(50)]
        kept = selection.cap(tests, "s", 10)
        best = sorted(range(50), key=lambda n: hashlib.sha256(f"s:f::t{n}".encode()).digest())[:10]
        self.assertEqual(kept, sorted(best))

    def test_small_files_are_whole(self):
        tests = [("f", f"f::t{n}") for n in range(3)] + [("g", f"g::t{n}") for n in range(9)]
        kept = selection.cap(tests, "s", 5)
        self.assertEqual(kept[:3], [0, 1, 2])
        self.assertEqual(len(kept), 8)


class Choose(unittest.TestCase):
    def chosen(self, tests, ids=(), done=(), **fields):
        made = selection.Selection(job.Job(fields), paths.Paths("", "/cwd", fields.get("deny_paths", ())), ids, done)
        return [tests[at][1] for at in made.choose(tests)]

    def test_denied_paths_go_before_sampling(self):
        tests = [("p/f2py/test_a.py", "x"), ("p/test_b.py", "y"), ("p/f2pyx/test_c.py", "z")]
        self.assertEqual(self.chosen(tests, deny_paths=["p/f2py"]), ["y", "z"])

    def test_a_process_that_goes_on_keeps_the_sample(self):
        tests = [("f", f"t{n}") for n in range(30)]
        select = {"seed": "s", "cap_per_file": 6}
        first = self.chosen(tests, select=select)
        self.assertEqual(self.chosen(tests, select=select, done=first[:2]), first[2:])

    def test_listed_ids_only(self):
        tests = [("f", "f::a"), ("f", "f::b"), ("g", "g::a")]
        self.assertEqual(self.chosen(tests, ids=["f::b", "g::a"]), ["f::b", "g::a"])


    def test_modules_are_left_out_only_where_all_listed_tests_are_in_modules(self):
        def skips(*ids):
            made = selection.Selection(job.Job({"runner": "pytest"}), paths.Paths("", "/cwd"), ids)
            return [made.skips_file(name) for name in ("test_a.py", "test_b.py")]
        self.assertEqual(skips("test_a.py::x"), [False, True])
        self.assertEqual(skips("test_a.py::x", "data/case.yml::load"), [False, False])


class Walk(unittest.TestCase):
    def test_finds_test_files_below_arguments_and_packages(self):
        with tempfile.TemporaryDirectory() as root:
            for name in ("t/test_a.py", "t/sub/b_test.py", "t/.git/test_c.py", "t/other.py"):
                os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
                open(os.path.join(root, name), "w").close()
            found = selection.test_files([os.path.join(root, "t")], False)
            self.assertEqual(sorted(os.path.basename(path) for path in found), ["b_test.py", "test_a.py"])

    def test_an_argument_that_leads_nowhere_chooses_nothing(self):
        self.assertIsNone(selection.test_files(["no/such/folder"], False))

    def test_a_package_is_found_by_name(self):
        place = selection.locate("unittest", True)
        self.assertEqual(place, os.path.dirname(unittest.__file__))

    def test_a_slow_file_gets_no_more_than_its_share(self):
        share = selection.FileShare([f"test_{n}.py" for n in range(30)], 100)
        share.add("test_0.py", 9_000_000_000)
        self.assertFalse(share.spent("test_0.py"))
        share.add("test_0.py", 2_000_000_000)
        self.assertTrue(share.spent("test_0.py"))
        self.assertFalse(share.spent("test_1.py"))

    def test_a_suite_of_few_files_is_not_shared_out(self):
        share = selection.FileShare(["test_0.py"], 100)
        share.add("test_0.py", 99_000_000_000)
        self.assertFalse(share.spent("test_0.py"))


if __name__ == "__main__":
    unittest.main()
