"""What make detect counts as found, right and false; which runs it plans and leaves out."""

import argparse
import dataclasses
import unittest

import beside
import detect
import rows
import score
import table

DEFECT = rows.Row("real", "pkg", "1.0", "defect", "source", True, ("crash", "hang"), "library", ("pkg._core",), (), "pkg 1.0 source")
FIXED = rows.Row("real", "pkg", "1.1", "fixed", "source", True, pair="pkg 1.0 source")


def finding(**changes):
    """A confirmed crash of the library that stress found."""
    values = {"oracle": "signal", "kind": "crash", "fault": "library", "module": "pkg._core", "function": "f", "mode": "replay", "confirmed": True,
              "seconds_to_first": 2.0, "events": 1, "runs": 2, "note": None}
    return dict(values, **changes)


def result(*findings, **changes):
    """A run of the tool."""
    values = {"verdict": "race", "seconds": 1, "coverage": {"replay": {"ops": 9, "ops_played": 3}}, "findings": list(findings), "load": [1, 2]}
    return dict(values, **changes)


def line(row, r, seed="1", **changes):
    """A line of the results."""
    return dict({"tool": "migrate-check", "key": row.key, "group": row.group, "effort": "quick", "seed": seed, "build": "b", "result": r}, **changes)


class Score(unittest.TestCase):
    def state(self, *findings, **changes):
        return score.score_defect(DEFECT, result(*findings, **changes))

    def test_only_a_confirmed_finding_of_a_right_kind_is_found(self):
        self.assertEqual(self.state(finding())["state"], "found")
        self.assertEqual(self.state(finding(confirmed=False))["state"], "suspect")
        self.assertEqual(self.state(finding(kind="exception"))["state"], "other")
        self.assertEqual(self.state(finding(fault="tests"))["state"], "other")
        self.assertEqual(self.state()["state"], "missed")

    def test_a_part_counts_only_what_is_in_its_own_modules(self):
        part = dataclasses.replace(DEFECT, part="pure Python", modules=("pkg._pure",))
        self.assertEqual(score.score_defect(part, result(finding()))["state"], "missed")
        self.assertEqual(score.score_defect(part, result(finding(), finding(module="pkg._pure.Sub")))["state"], "found")

    def test_serial_findings_are_not_what_stress_found(self):
        self.assertEqual(self.state(finding(oracle=None))["state"], "missed")

    def test_missed_is_told_from_not_run(self):
        self.assertEqual(self.state(coverage={})["state"], "no stress")
        self.assertEqual(self.state(verdict="broken", coverage={})["state"], "not built")
        self.assertEqual(self.state(passed=0)["state"], "no test")
        self.assertEqual(self.state(finding(kind="exception"), passed=None)["state"], "no test")
        self.assertEqual(self.state(problem="exit 3")["state"], "no result")

    def test_the_right_finding_is_preferred_over_an_earlier_wrong_one(self):
        early = finding(module="other", fault="dependency", seconds_to_first=0.1)
        s = self.state(early, finding())
        self.assertEqual((s["finding"]["seconds_to_first"], s["fault_right"], s["module_right"]), (2.0, True, True))

    def test_wrong_fault_and_module_are_said(self):
        s = self.state(finding(fault="racy-with-gil", module="pkg._corelike"))
        self.assertEqual((s["state"], s["fault_right"], s["module_right"]), ("found", False, False))

    def test_confirmed_findings_of_one_defect_that_blame_another_are_counted(self):
        s = self.state(finding(), finding(fault="racy-with-gil"), finding(fault="racy-with-gil", confirmed=False), finding(fault="tests"))
        self.assertEqual(table.fault_cell(s), "yes (1 of 3 differ)")

    def test_only_confirmed_blame_of_the_library_is_a_false_accusation(self):
        harmless = [finding(confirmed=False), finding(fault="tests"), finding(fault="racy-with-gil"), finding(oracle=None)]
        self.assertEqual(score.false_accusations(FIXED, result(*harmless)), [])
        self.assertEqual(len(score.false_accusations(FIXED, result(finding(), *harmless))), 1)


class Table(unittest.TestCase):
    def test_totals_count_rows_and_accusations(self):
        lines = [line(DEFECT, result(finding())), line(DEFECT, result(), "2"), line(FIXED, result(finding()))]
        text = table.markdown([DEFECT, FIXED], lines, "quick")
        self.assertIn("| pkg 1.0 | 1 of 2 | 2 | crash | signal | replay | yes | yes |", text)
        self.assertIn("Found 1 of 1 that count and were run, of 1 (goal 6). False accusations: 1 in 1 releases run", text)

    def test_of_a_miss_no_finding_is_shown(self):
        text = table.markdown([DEFECT], [line(DEFECT, result(finding(fault="tests", function=None)))], "quick")
        self.assertIn("| pkg 1.0 | other | - | - | - | - | - | - | - | 3 of 9 |", text)

    def test_a_row_without_a_result_is_not_run_and_not_counted(self):
        text = table.markdown([DEFECT, FIXED], [], "quick")
        self.assertIn("| pkg 1.0 | not run |", text)
        self.assertIn("| pkg 1.1 | 0 | not run |", text)
        self.assertIn("Found 0 of 0 that count and were run, of 1", text)

    def test_the_plugin_is_credited_only_with_what_neither_control_shows(self):
        signs = {"ft": {"signs": ["SIGSEGV in t", "failed: a", "failed: b"], "rounds": 2}, "gil": {"signs": ["failed: a"], "rounds": 3}}
        after = {"ft": {"signs": ["failed: b"], "rounds": 2}}
        lines = [line(DEFECT, signs, tool="pytest-run-parallel"), line(FIXED, after, tool="pytest-run-parallel")]
        self.assertIn("| pkg 1.0 | SIGSEGV in t | 1 signs | 1 signs | 2 |", "\n".join(table.beside_table([DEFECT, FIXED], lines)))

    def test_foreign_text_cannot_break_a_row(self):
        self.assertEqual(table.cell("a|b\nc\x1b"), "a\\|b?c?")


class Plan(unittest.TestCase):
    def plan(self, **changes):
        a = argparse.Namespace(**dict({"seeds": "1,2", "beside": True, "effort": "quick", "options": ""}, **changes))
        return [(j["tool"], j["key"], j["seed"]) for j in detect.planned(a, [DEFECT], "b")]

    def test_every_seed_of_the_tool_and_one_of_the_plugin(self):
        self.assertEqual(self.plan(), [("migrate-check", DEFECT.key, "1"), ("pytest-run-parallel", DEFECT.key, "1"), ("migrate-check", DEFECT.key, "2")])

    def test_rows_of_the_same_release_share_a_run(self):
        a = argparse.Namespace(seeds="1", beside=False, effort="quick", options="")
        part = dataclasses.replace(DEFECT, part="pure Python")
        self.assertEqual([j["key"] for j in detect.planned(a, [DEFECT, part, FIXED], "b")], [DEFECT.key, FIXED.key])

    def test_another_build_or_effort_is_another_run(self):
        same = line(DEFECT, result())
        self.assertEqual(detect.identity(same), detect.identity(dict(same)))
        self.assertNotEqual(detect.identity(same), detect.identity(dict(same, build="c")))
        self.assertNotEqual(detect.identity(same), detect.identity(dict(same, effort="deep")))
        self.assertNotEqual(detect.identity(same), detect.identity(dict(same, options="--threads 8")))

    def test_unknown_names_are_refused(self):
        self.assertEqual(rows.choose([DEFECT, FIXED], ["pkg==1.1"]), [FIXED])
        self.assertEqual(rows.choose([DEFECT, FIXED], ["pk"]), [DEFECT, FIXED])
        with self.assertRaises(SystemExit):
            rows.choose([DEFECT], ["nothing"])

    def test_the_corpus_has_a_row_for_each_project_and_twins_share_a_pair(self):
        corpus = rows.corpus_rows()
        pairs = {r.pair for r in corpus if r.role == "fixed"}
        self.assertTrue(pairs and pairs <= {r.pair for r in corpus if r.role == "defect"})
        self.assertTrue(all(r.kinds and r.fault and r.modules for r in corpus + rows.real_rows() if r.role == "defect"))


class Beside(unittest.TestCase):
    def test_a_test_that_never_ended_is_the_running_one(self):
        import tempfile
        with tempfile.NamedTemporaryFile("w") as f:
            f.write("start\t1.0\ta\nfailed\t1.1\ta\nend\t1.2\ta\nstart\t2.0\tb\ncut")
            f.flush()
            failed, running, since = beside.read_outcomes(f.name)
        self.assertEqual((failed, running), ({"a"}, "b"))
        self.assertGreater(since, 0)


if __name__ == "__main__":
    unittest.main()
