"""Reports of ThreadSanitizer: the parser, whose race it is, and what is left out as known."""
import os
import re
import tempfile
import unittest

import support

sanitizer = support.part("stress.sanitizer")
race_blame = support.part("stress.race_blame")

PREFIX = "/opt/py"
PYTHON = PREFIX + "/bin/python3.13t"
CORE = "/site/pkg/_core.so"
OTHER = "/site/other/_fast.so"
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"


def frame(function, source="", path=PYTHON, line=7):
    return (function, source, path, line)


def eval_loop():
    return [frame("_PyEval_EvalFrameDefault", "/src/Python/ceval.c"), frame("thread_run", "/src/Modules/_threadmodule.c")]


def text_of(one, two=None, kind="data race", head="  Write of size 8 at 0x7f0 by thread T1:",
            second="  Previous read of size 8 at 0x7f0 by main thread:", tail=()):
    """A report as the runtime writes it with our format."""
    lines = ["==================", f"WARNING: ThreadSanitizer: {kind} (pid=12)"]
    for heading, frames in ((head, one), (second, two)):
        if frames is None:
            continue
        lines.append(heading)
        for at, (function, source, path, line) in enumerate(frames):
            lines.append(f"#{at}\t{function}\t{source or '<null>'}\t{line if source else 0}\t{path}")
        lines.append("")
    lines += [*tail, "SUMMARY: ThreadSanitizer: data race x.c:1 in f", "==================", ""]
    return "\n".join(lines)


def parsed(text):
    parser = sanitizer.Parser()
    parser.feed(text)
    return parser.reports()


class Objects(race_blame.Objects):
    """Objects that need not be on this disk; OTHER is not instrumented."""

    def __init__(self):
        super().__init__(PREFIX, PYTHON)

    def instrumented(self, path):
        return path != OTHER


def race(one, two=None):
    return race_blame.Race(parsed(text_of(one, two))[0], Objects())


class Parsing(unittest.TestCase):
    def test_both_sides_with_functions_places_and_objects(self):
        found, = parsed(text_of([frame("Map::operator<(int, char)", "/b/a b.cpp", CORE, 31)], [frame("get", "/b/a.c", CORE)],
                                tail=["  Location is global 'total' of size 8 at 0x7f1 (_core.so+0x40)"]))
        self.assertEqual([a.what for a in found.accesses], ["write", "read"])
        first = found.accesses[0].frames[0]
        self.assertEqual((first.function, first.source, first.object), ("Map::operator<(int, char)", "/b/a b.cpp:31", "_core.so"))
        self.assertRegex(race_blame.Race(found, Objects()).title(), r", global 'total'$")  # no address, which differs from run to run

    def test_headings_that_the_runtime_has(self):
        for heading in ("  Atomic write of size 4 at 0x7f0 by thread T3 (mutexes: write M12, read M3):",
                        "  Previous atomic read of size 1 at 0x7f0 by main thread:", "  Read of size 2 at 0x7f0 by thread T1 [failed]:"):
            found = parsed(text_of([frame("f", "/b/a.c", CORE)], head=heading))
            self.assertEqual(len(found[0].accesses), 1, heading)

    def test_what_comes_after_the_accesses_is_not_a_side_of_the_race(self):
        tail = ["  Thread T1 (tid=3, running) created by main thread at:", "#0\tpthread_create\t<null>\t0\t" + PYTHON, ""]
        found, = parsed(text_of([frame("f", "/b/a.c", CORE)], [frame("g", "/b/a.c", CORE)], tail=tail))
        self.assertEqual([len(a.frames) for a in found.accesses], [1, 1])

    def test_other_kinds_are_left_out(self):
        for kind in ("thread leak", "lock-order-inversion (potential deadlock)", "signal-unsafe call inside of a signal"):
            self.assertEqual(parsed(text_of([frame("f", "/b/a.c", CORE)], kind=kind)), [], kind)
        self.assertEqual(len(parsed(text_of([frame("f", "/b/a.c", CORE)], kind="heap-use-after-free"))), 1)

    def test_a_stack_that_is_lost_leaves_the_other_side(self):
        found = race([frame("f", "/b/a.c", CORE)], [])
        self.assertEqual(found.key, "tsan|?|a.c:f")

    def test_pieces_that_end_in_the_middle_of_a_line(self):
        text = text_of([frame("f", "/b/a.c", CORE)], [frame("g", "/b/a.c", CORE)]) * 3
        parser, found = sanitizer.Parser(), []
        for at in range(0, len(text), 7):
            parser.feed(text[at:at + 7])
            found += parser.reports()
        self.assertEqual(len(found), 3)

    def test_damage_raises_nothing_and_is_bounded(self):
        good = text_of([frame("f", "/b/a.c", CORE)], [frame("g", "/b/a.c", CORE)])
        for at in range(0, len(good), 3):  # cut, doubled, with bytes that do not belong there
            for bad in (good[:at], good[:at] + "\0\t\t\t\t\n" + good[at:], good[at:] + good[:at]):
                for one in parsed(bad):
                    race_blame.Race(one, Objects()).title()
        self.assertEqual(len(parsed(good * (sanitizer.MOST_REPORTS + 5))), sanitizer.MOST_REPORTS)
        long, = parsed(text_of([frame("f", "/b/a.c", CORE)] * 500))
        self.assertEqual(len(long.accesses[0].frames), sanitizer.MOST_FRAMES)

    def test_logs_of_several_processes_are_read_as_they_grow(self):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "report")
            logs = sanitizer.Logs(log)
            for pid, expected in ((1, 1), (2, 1), (1, 1)):
                with open(f"{log}.{pid}", "a", encoding="utf-8") as f:
                    f.write(text_of([frame("f", "/b/a.c", CORE)]))
                self.assertEqual(len(logs.read()), expected)
            self.assertEqual(logs.read(), [])

    def test_the_options_keep_the_fields_of_a_frame_apart(self):
        self.assertIn("#%n\t%f\t%s\t%l\t%m", sanitizer.options("/tmp/x"))
        self.assertNotIn("suppressions", sanitizer.options("/tmp/x"))


class Blame(unittest.TestCase):
    def test_the_packages_own_field(self):
        found = race([frame("push", "/b/a.c", CORE), *eval_loop()], [frame("pop", "/b/a.c", CORE), *eval_loop()])
        self.assertEqual(found.package.function, "push")
        self.assertEqual(found.key, "tsan|a.c:pop|a.c:push")

    def test_the_key_does_not_depend_on_the_order(self):
        a, b = [frame("push", "/b/a.c", CORE)], [frame("pop", "/b/a.c", CORE)]
        self.assertEqual(race(a, b).key, race(b, a).key)

    def test_plumbing_between_is_not_who_raced(self):
        for inner in (frame("memcpy"), frame("malloc", "", LIBC), frame("PyObject_Free", "/src/Objects/obmalloc.c"),
                      frame("Py_INCREF", PREFIX + "/include/python3.13t/object.h", CORE)):
            found = race([inner, frame("copy", "/b/a.c", CORE), *eval_loop()], [frame("copy", "/b/a.c", CORE)])
            self.assertEqual(found.key, "tsan|a.c:copy|a.c:copy", inner)

    def test_an_interpreter_function_that_locks_by_itself_is_not_the_packages(self):
        side = [frame("insertdict", "/src/Objects/dictobject.c"), frame("PyDict_SetItem", "/src/Objects/dictobject.c"),
                frame("store", "/b/a.c", CORE), *eval_loop()]
        self.assertIsNone(race(side, side).package)

    def test_an_interpreter_function_that_leaves_locking_to_its_caller_is(self):
        side = [frame("PyDict_Next", "/src/Objects/dictobject.c"), frame("walk", "/b/a.c", CORE), *eval_loop()]
        other = [frame("insertdict", "/src/Objects/dictobject.c"), *eval_loop()]
        self.assertEqual(race(side, other).package.function, "walk")

    def test_a_macro_of_the_headers_is_the_callers(self):
        side = [frame("PyList_GET_ITEM", PREFIX + "/include/python3.13t/cpython/listobject.h", CORE), frame("walk", "/b/a.c", CORE)]
        self.assertEqual(race(side, [frame("list_resize", "/src/Objects/listobject.c"), *eval_loop()]).package.function, "walk")

    def test_native_code_that_runs_python_code_did_not_ask_for_what_that_does(self):
        side = [frame("dict_resize", "/src/Objects/dictobject.c"), *eval_loop(), frame("call", "/b/a.c", CORE)]
        self.assertIsNone(race(side, side).package)

    def test_native_code_that_is_not_instrumented_is_not_accused(self):
        side = [frame("memcpy"), frame("fast", "/o/f.c", OTHER), *eval_loop()]
        self.assertIsNone(race(side, side).package)

    def test_extension_modules_of_the_interpreter_are_its_own(self):
        side = [frame("digest", "/src/Modules/md5.c", PREFIX + "/lib/python3.13t/lib-dynload/_md5.so"), *eval_loop()]
        self.assertIsNone(race(side, side).package)

    def test_text_and_title_name_no_folder_of_the_build(self):
        found = race([frame("push", "/deep/x/y/build/pkg/a.c", CORE)], [frame("pop", "/deep/x/y/build/pkg/a.c", CORE)])
        self.assertNotIn("/deep", found.title() + found.text())
        self.assertIn("build/pkg/a.c:7", found.title())

    def test_text_ends_each_stack_where_python_code_calls_and_leaves_out_where_threads_were_made(self):
        tail = ["  Location is global 'total' of size 8 at 0x7f0 (_core.so+0x40)", "", "  Thread T1 (tid=7, running) created by main thread at:",
                "#0\tpthread_create\t<null>\t0\t" + PYTHON, ""]
        side = [frame("push", "/x/b/a.c", CORE), *eval_loop()]
        found = race_blame.Race(parsed(text_of(side, side, tail=tail))[0], Objects())
        lines = [line.strip() for line in found.text().splitlines()]
        stack = ["#0 push x/b/a.c:7 (_core.so)", "#1 _PyEval_EvalFrameDefault src/Python/ceval.c:7 (python3.13t)"]
        self.assertEqual(lines[2:4] + lines[5:7], stack * 2)
        self.assertEqual(len(lines), 8)
        self.assertIn("global 'total'", lines[7])


class Suppressing(unittest.TestCase):
    def setUp(self):
        here = os.path.join(os.path.dirname(sanitizer.__file__))
        self.own = [name for name in os.listdir(here) if name.endswith(".supp")]
        self.here = here

    def test_a_name_of_the_interpreter_hides_nothing_of_a_package(self):
        known = race_blame.Suppressions("race:push\nrace_top:push\nrace_top:new_reference\nrace:pop")
        found = race([frame("push", "/b/a.c", CORE), *eval_loop()], [frame("pop", "/b/a.c", CORE), *eval_loop()])
        self.assertFalse(known.hide(found))
        self.assertFalse(known.hide_pair(found))

    def test_whole_names_only(self):
        known = race_blame.Suppressions("race_top:list_get")
        side = [frame("list_get_item", "/src/Objects/listobject.c"), *eval_loop()]
        self.assertFalse(known.hide(race(side, side)))
        self.assertTrue(race_blame.Suppressions("race_top:list_get*").hide(race(side, side)))

    def test_top_means_innermost_and_race_means_anywhere(self):
        side = [frame("inner", "/src/a.c"), frame("outer", "/src/a.c"), *eval_loop()]
        self.assertTrue(race_blame.Suppressions("race:outer").hide(race(side, side)))
        self.assertFalse(race_blame.Suppressions("race_top:outer").hide(race(side, side)))

    def test_a_pair_needs_both_sides(self):
        known = race_blame.Suppressions("pair:intern_common PyUnicode_KIND")
        inlined = [frame("PyUnicode_KIND", PREFIX + "/include/python3.13t/cpython/unicodeobject.h", CORE), frame("walk", "/b/a.c", CORE)]
        own = [frame("intern_common", "/src/Objects/unicodeobject.c"), *eval_loop()]
        self.assertTrue(known.hide_pair(race(inlined, own)))
        self.assertTrue(known.hide_pair(race(own, inlined)))
        self.assertFalse(known.hide_pair(race(inlined, inlined)))

    def test_a_pair_is_never_of_a_package(self):
        known = race_blame.Suppressions("pair:push pop")
        found = race([frame("push", "/b/a.c", CORE)], [frame("pop", "/b/a.c", CORE)])
        self.assertFalse(known.hide_pair(found))

    def test_our_own_lines_name_the_interpreters_functions_and_never_the_evaluation_loop(self):
        self.assertTrue(self.own)
        for name in self.own:
            with open(os.path.join(self.here, name), encoding="utf-8") as f:
                lines = [line.strip() for line in f if line.strip() and not line.startswith("#")]
            known = race_blame.Suppressions("\n".join(lines))
            self.assertEqual(len(known), len(lines), f"{name}: a line that means nothing")
            for loop in ("_PyEval_EvalFrameDefault", "_PyEval_Vector", "PyObject_Vectorcall", "cfunction_call", "thread_run"):
                side = [frame(loop, "/src/Python/ceval.c")]
                self.assertFalse(known.hide(race(side, side)), f"{name} hides {loop}")
            for line in lines:
                self.assertRegex(line, re.compile(r"^(race_top:\w+|pair:\w+ \w+)$"), name)


if __name__ == "__main__":
    unittest.main()
