"""Teams of threads, reports of stress modes, and the job's fields for them."""
import importlib
import json
import threading
import time
import types
import unittest
import unittest.mock

import support

events = support.part("events")
findings = support.part("stress.findings")
isolate = support.part("stress.isolate")
job = support.part("job")
kinds = support.part("stress.kinds")
native = support.part("stress.native")
origin = support.part("origin")
play = support.part("stress.play")
pool = support.part("stress.pool")
report = support.part("stress.report")
scan = support.part("stress.scan")
team = support.part("stress.team")
units = support.part("stress.units")


class Encoding(unittest.TestCase):
    def test_dicts_and_floats_are_json(self):
        value = {"serial": [0, 3], "a\n\u00e9": 1.5, "none": None, "odd": float("inf")}
        self.assertEqual(json.loads(events.encode(value)), {**value, "odd": None})


class Jobs(unittest.TestCase):
    def test_threads_default_to_at_least_four(self):
        self.assertGreaterEqual(job.Job({}).threads, 4)
        self.assertEqual(job.Job({"threads": 3}).threads, 3)

    def test_an_unknown_control_is_refused(self):
        with self.assertRaisesRegex(ValueError, "lokced"):
            job.Job({"control": "lokced"})

    def test_a_negative_number_of_seconds_is_refused(self):
        with self.assertRaisesRegex(ValueError, "positive"):
            job.Job({"stress_seconds": -1})


class OfTests(unittest.TestCase):
    def test_helpers_of_tests_are_told_from_the_package(self):
        names = ["pkg.tests.a", "pkg._test", "pkg._testutils", "pkg.test_helpers", "pkg.testing", "pkg._testing", "pkg.conftest",
                 "pkg.a_tests", "pkg.contest", "pkg.attest", "pkg.testament", "pkg.latest", "pkg._core"]
        self.assertEqual([name for name in names if not origin.of_tests(name)],
                         ["pkg.contest", "pkg.attest", "pkg.testament", "pkg.latest", "pkg._core"])


class Common(unittest.TestCase):
    """Objects that cannot be made anew: what a cache gives out."""

    def receivers(self, native, *built):
        made = [iter(pair) for pair in built]
        tapes = [types.SimpleNamespace(recipe=types.SimpleNamespace(build=lambda *_, pair=pair: next(pair)), kind=list, value=None,
                                       operations=[]) for pair in made]
        subject = types.SimpleNamespace(name="C", tapes=tapes, native=native)
        trial = pool.Trial(subject, types.SimpleNamespace(at=lambda *_: None), set())
        return trial._receivers()

    def test_they_are_receivers_where_c_code_has_no_others(self):
        one = []
        self.assertEqual(self.receivers(True, [one, one], [[], []]), ([1], False))
        self.assertEqual(self.receivers(True, [one, one]), ([0], True))
        self.assertEqual(self.receivers(False, [one, one]), ([], False))

    def test_only_memory_and_what_is_read_count_there(self):
        def played(strategy, common):
            player = play.Player.__new__(play.Player)
            subject = types.SimpleNamespace(kind=dict, name="C", common=common)
            player.unit, player.crossing, player._link = units.Unit(strategy, subject, ["get"]), None, unittest.mock.Mock()
            ways = [unittest.mock.patch.object(player, name, unittest.mock.Mock()) for name in ("_cross", "_results", "_states")]
            with ways[0], ways[1], ways[2]:
                player._play(1, 1)
                return [name for name in ("_cross", "_results", "_states") if getattr(player, name).called]

        self.assertEqual([played("self", False), played("self", True), played("read", True)], [["_states"], ["_cross"], ["_results"]])

    def test_nothing_is_private_that_is_common(self):
        subject = types.SimpleNamespace(kind=dict, name="C", common=True, usable={"get": [0]}, mutators=set(), observers=[], stable={},
                                        slots={"get": [unittest.mock.Mock(mutable_arguments=lambda: [])]}, slot_key=lambda label: label)
        made, _ = units._of_subject(subject, set())
        self.assertEqual({unit.strategy for unit in made}, {"self", "mix"})


class Findings(unittest.TestCase):
    def test_an_exception_of_c_code_is_placed_by_its_class(self):
        class Subject:
            kind, mutators = dict, ("pop", "clear")
            owner = staticmethod({"pop": dict, "clear": dict, "next": enumerate}.get)

        def place(oracle, *labels):
            unit = units.Unit("pair", None, labels)
            unit.subject = Subject
            return findings.Collector(context, None, None)._place(unit, oracle)

        context = types.SimpleNamespace(job=types.SimpleNamespace(site=""))
        self.assertEqual([place("exception", "pop", "clear"), place("exception", "next"), place("exception", "pop", "next")],
                         ["dict", "enumerate", "dict"])
        self.assertEqual(place("signal", "pop", "clear"), "pop and clear")

    def test_the_tests_of_a_finding_are_enough_to_play_it_again(self):
        def recorded(*tests):
            return [types.SimpleNamespace(test=test) for test in tests]

        subject = types.SimpleNamespace(tapes=recorded("makes", "import", "makes too"), usable={"add": [1], "get": [0], "gone": []},
                                        slots={"add": recorded("no", "adds"), "get": recorded("gets")}, kind=dict)
        unit = units.Unit("pair", None, ["add", "get", "gone"])
        unit.subject = subject
        with unittest.mock.patch.object(findings, "IMPORT", "import"):
            self.assertEqual(findings.Collector._tests(unit), ["adds", "gets", "makes", "makes too"])


class Homes(unittest.TestCase):
    """Whose code a type is, whatever its name says."""

    def test_a_class_of_python_is_where_it_says(self):
        self.assertEqual(kinds.Kinds(["json"]).home(json.JSONDecoder), "json.decoder")

    def test_a_type_of_c_code_that_names_its_package_is_its_extensions(self):
        _elementtree = an_extension("_elementtree")
        self.assertEqual(_elementtree.Element.__module__, "xml.etree.ElementTree")
        self.assertEqual(kinds.Kinds(["xml", "_elementtree"]).home(_elementtree.Element), "_elementtree")

    def test_an_extension_that_only_holds_the_type_is_its_home(self):
        _elementtree = an_extension("_elementtree")
        with unittest.mock.patch.object(kinds, "_made_by", lambda kind: ""):
            self.assertEqual(kinds.Kinds(["xml", "_elementtree"]).home(_elementtree.Element), "_elementtree")


def an_extension(name):
    """An extension module of the interpreter's own that is a file."""
    module = importlib.import_module(name)
    if not getattr(module, "__file__", None):
        raise unittest.SkipTest(f"{name} is built in")
    return module


class Frames(unittest.TestCase):
    """Whose native code was at work when memory went wrong."""

    def test_the_package_is_seen_in_a_thread_beside_the_crashed_one(self):
        python = native.Frame("list_resize", "/usr/bin/python3.13t")
        own = native.Frame("c_add", "/env/site-packages/pkg/_c.so")
        stacks = native.Stacks([[python], [python, own], [python]], None)
        stacks.crashed = stacks.threads[0]
        self.assertIs(native.own_frame_beside(stacks, "/env/site-packages"), own)
        stacks.crashed = stacks.threads[1]
        self.assertIsNone(native.own_frame_beside(stacks, "/env/site-packages"))


class Batches(unittest.TestCase):
    """Which units are played next."""

    @staticmethod
    def unit(group, weight, module=""):
        return types.SimpleNamespace(group=group, weight=weight, seconds=0.0, module=module)

    def test_all_of_a_batch_are_of_one_group_the_weightiest_first(self):
        plan = [self.unit("a", 1.0), self.unit("b", 2.0), self.unit("b", 1.5), self.unit("b", 0.1)]
        self.assertEqual(units.next_batch(plan, 5, {}), plan[1:3])

    def test_a_group_that_cost_much_waits_for_the_others(self):
        plan = [self.unit("a", 1.0), self.unit("b", 2.0)]
        self.assertEqual(units.next_batch(plan, 5, {"b": 3.0}), plan[:1])

    def test_types_of_a_module_that_cost_much_wait_for_another_module(self):
        plan = [self.unit("m.A", 2.0, "m"), self.unit("m.B", 2.0, "m"), self.unit("twin.A", 1.5, "twin")]
        trouble = {}
        self.assertEqual(units.next_batch(plan, 5, trouble), plan[:1])
        units.charge(trouble, plan[0], 4.0)
        self.assertEqual(units.next_batch(plan, 5, trouble), plan[2:])

    def test_within_a_module_only_the_type_that_cost_much_waits(self):
        plan = [self.unit("m.A", 2.0, "m"), self.unit("m.B", 1.5, "m")]
        trouble = {}
        units.charge(trouble, plan[0], 4.0)
        self.assertEqual(units.next_batch(plan, 5, trouble), plan[1:])

    def test_a_unit_tells_the_module_of_its_type_and_none_of_functions(self):
        subject = types.SimpleNamespace(name="m.C", kind=type("C", (), {"__module__": "m"}))
        self.assertEqual([units.Unit("mix", subject).module, units.Unit("call", None).module], ["m", ""])

    def test_what_an_operation_showed_alone_defers_units_that_do_it_beside_others(self):
        subject = types.SimpleNamespace(name="m.C", kind=object, usable={"add": [0], "get": [0]}, slot_key=lambda label: label)
        plan = [units.Unit("self", subject, ["add"]), units.Unit("pair", subject, ["add", "get"]), units.Unit("mix", subject),
                units.Unit("self", subject, ["get"])]
        units.defer(plan, plan[0])
        self.assertEqual([unit.weight == 1.0 for unit in plan], [True, False, False, True])


class Teams(unittest.TestCase):
    def test_all_threads_are_inside_at_once(self):
        inside = threading.Barrier(4)
        found = team.run([lambda: inside.wait(10)] * 4, patience=20)
        self.assertEqual(found.errors, [])
        self.assertEqual(sorted(member.value for member in found.members), [0, 1, 2, 3])

    def test_every_thread_keeps_its_own_error(self):
        def body(at):
            if at % 2:
                raise KeyError(at)
        found = team.run([lambda at=at: body(at) for at in range(4)])
        self.assertEqual([str(error) for error in found.errors], ["1", "3"])

    def test_a_gate_opens_when_those_that_failed_have_left(self):
        def good(gate):
            gate.wait()
            gate.wait()
            return "through"

        def bad(gate):
            gate.wait()
            raise ValueError
        found = team.run([good, bad, good], gated=True, patience=20)
        self.assertEqual([member.value for member in found.members], ["through", None, "through"])

    def test_locked_bodies_are_never_inside_together(self):
        lock, inside, most = threading.Lock(), [], []

        def body():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()
        team.run([team.locked(body, lock)] * 4)
        self.assertEqual(most, [1, 1, 1, 1])

    def test_a_standstill_ends_the_signs_of_life(self):
        stuck, beats = threading.Event(), []
        free = threading.Timer(1.0, stuck.set)
        free.start()
        team.run([stuck.wait], patience=0.1, beat=lambda: beats.append(time.monotonic()))
        self.assertGreater(max(later - one for one, later in zip(beats, beats[1:])), 0.5)

    def test_progress_is_a_sign_of_life(self):
        count, beats = [0], []

        def body():
            for _ in range(10):
                time.sleep(0.05)
                count[0] += 1
        team.run([body], patience=0.2, beat=lambda: beats.append(time.monotonic()), progress=lambda: count[0])
        self.assertGreater(beats[-1] - beats[0], 0.3)

    def test_the_same_names_give_the_same_choices(self):
        self.assertEqual(team.rng("0", "a").random(), team.rng("0", "a").random())
        self.assertNotEqual(team.rng("0", "a").random(), team.rng("1", "a").random())


class Standstills(unittest.TestCase):
    """When a silent child counts as one that hangs."""

    def still(self, silent, ran, states):
        child = object.__new__(isolate._Child)
        child.pid, child.alive_at, child._cpu = 1, time.monotonic() - silent, 5.0
        with unittest.mock.patch.multiple(native, cpu_seconds=lambda pid: 5.0 + ran, thread_states=lambda pid: states):
            return child.stands_still(2.0)

    def test_one_that_sleeps_or_runs_is_taken_for_stuck_in_time(self):
        self.assertTrue(self.still(3.0, 0.0, "SSS"))
        self.assertTrue(self.still(3.0, 2.5, "SRS"))
        self.assertFalse(self.still(1.0, 0.0, "SSS"))

    def test_one_that_may_not_run_on_a_busy_machine_has_longer(self):
        self.assertFalse(self.still(3.0, 0.1, "SRS"))
        self.assertTrue(self.still(60.0, 0.1, "SRS"))


class Sent:
    """A context whose events are kept, encoded as they would be sent."""

    def __init__(self):
        self.job = types.SimpleNamespace(stress_seconds=10.0)
        self.events = self
        self.lines = []

    def send(self, kind, /, **fields):
        body = "".join(f",{events.quote(k)}:{events.encode(v)}" for k, v in fields.items())
        self.lines.append(f'{{"e":"{kind}"{body}}}')

    def of(self, kind):
        return [one for one in map(json.loads, self.lines) if one["e"] == kind]


class Reports(unittest.TestCase):
    def setUp(self):
        self.sent = Sent()
        self.report = report.Report(self.sent)

    def test_the_longest_finding_fits_its_line(self):
        long = "\u00e9\x01" * 100_000
        self.report.finding(report.Finding(
            long, "signal", title=long, module=long, function=long, python_stack=long, native_stack=long,
            unit=json.dumps({"a": "b" * 11000}), tests=[long] * 9, frames=[long] * 20))
        self.assertLess(len(self.sent.lines[0]), events.MAX_LINE - 200)
        found = self.sent.of("finding")[0]
        self.assertEqual(len(found["frames"]), 8)
        self.assertEqual(json.loads(found["unit"]), {"a": "b" * 11000})

    def test_at_most_five_tests_are_named(self):
        self.report.finding(report.Finding("k", "hang", tests=[f"t{at}" for at in range(9)]))
        self.assertEqual(self.sent.of("finding")[0]["tests"], ["t0", "t1", "t2", "t3", "t4"])

    def test_a_unit_that_is_too_long_is_left_away_whole(self):
        self.report.finding(report.Finding("k", "hang", unit="x" * 100_000))
        self.assertEqual(self.sent.of("finding")[0]["unit"], "")

    def test_events_of_one_key_fold_and_the_worse_speaks(self):
        one = report.Finding("k", "test-outcome", title="assert", seconds=1.0, tests=["a"])
        one.add(report.Finding("k", "signal", title="SIGSEGV", signal=11, seconds=2.0, tests=["b"]))
        one.add(report.Finding("k", "exception", title="KeyError", seconds=3.0, tests=["a"]))
        self.report.finding(one)
        found = self.sent.of("finding")[0]
        self.assertEqual((found["oracle"], found["kind"], found["title"], found["signal"]), ("signal", "crash", "SIGSEGV", 11))
        self.assertEqual((found["events"], found["seconds"], found["tests"]), (3, 1.0, ["a", "b"]))

    def test_signs_of_life_are_few(self):
        self.report.phase("play", 100)
        for done in range(100):
            self.report.step(done, "x")
        self.assertEqual(len(self.sent.of("stress")), 1)

    def test_a_finding_has_no_other_fields(self):
        with self.assertRaises(TypeError):
            report.Finding("k", "signal", titel="x")

    def test_coverage_is_bounded(self):
        self.report.coverage(of=3, parallel=1, serialised={"uses capsys": 2}, overlap=1.23456, never=["n" * 1000] * 100)
        found = self.sent.of("coverage")[0]
        self.assertEqual((found["overlap"], len(found["never"])), (1.235, 40))


class Code:
    """Claims to be a code object, as a proxy does, and is none."""
    __class__ = types.CodeType
    co_filename = __file__


class Function:
    """Claims to be a function."""
    __class__ = types.FunctionType
    __code__ = Code()


helper = Function()


class Scanning(unittest.TestCase):
    def test_what_only_claims_to_be_a_function_is_not_read_as_one(self):
        def test_with_a_helper():
            return helper
        self.assertIsNone(scan.of_function(Function()))
        self.assertIsNone(scan.of_function(test_with_a_helper))

    def test_a_helper_that_changes_a_module_counts(self):
        def test_with_a_helper():
            changes_a_module()
        self.assertEqual(scan.of_function(test_with_a_helper), "changes a module or class")


def changes_a_module():
    events.MARK = 1


if __name__ == "__main__":
    unittest.main()
