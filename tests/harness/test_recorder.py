"""What replay records: test code rewritten, operations under their names, arguments as templates."""
import ast
import asyncio
import contextlib
import functools
import os
import random
import sys
import threading
import types
import unittest
import unittest.mock

import support

cross = support.part("stress.cross")
kinds = support.part("stress.kinds")
operations = support.part("stress.operations")
pool = support.part("stress.pool")
recorder = support.part("stress.recorder")
report = support.part("stress.report")
rewrite = support.part("stress.rewrite")
script = support.part("stress.script")
units = support.part("stress.units")
values = support.part("stress.values")


class Rewriting(unittest.TestCase):
    """What the rewritten code does is what the original did."""

    SOURCE = """
class Pair:
    def __init__(self): self.items, self.__hidden = [], 1
    def hidden(self): return self.__hidden
def work(log):
    p = Pair()
    p.items.append(3); p.items += [4]
    x = 1
    x += len(p.items)
    d = {}
    d['k'] = x
    d['k'] += 1
    a, b = p.items
    total = sum(i * 2 for i in p.items if i in (3, 4) and not i < 0)
    with open(log) as f: text = f.read()
    del p.items[0]
    p.name = f'{x:>{3}}'
    def inner(): return locals()
    return [x, d, a, b, total, -x, ~x, p.items[-1:], p.name, 1 < x < 9, p.hidden(), text, inner(), x != 2, 5 not in p.items]
"""

    def test_results_are_the_same(self):
        plain, changed = {}, {}
        exec(compile(self.SOURCE, "plain", "exec"), plain)
        recorder.Recorder(kinds.Kinds([])).install()
        exec(compile(rewrite.transform(ast.parse(self.SOURCE)), "changed", "exec"), changed)
        self.assertEqual(changed["work"](os.devnull), plain["work"](os.devnull))
        self.assertIn("__mc_method__", changed["work"].__code__.co_names)

    def test_evaluation_order_is_the_same(self):
        source = "log = []\ndef f(x):\n    log.append(x)\n    return {}\nf(1)[f(2) and 0 or 9] = f(3)\nf(4) == f(5)\n"
        logs = []
        recorder.Recorder(kinds.Kinds([])).install()
        for tree in (ast.parse(source), rewrite.transform(ast.parse(source))):
            scope = {}
            exec(compile(ast.fix_missing_locations(tree), "order", "exec"), scope)
            logs.append(scope["log"])
        self.assertEqual(logs[0], logs[1])

    def test_a_call_without_keywords_gets_none(self):
        """Some C code tells an empty dict of keywords from no keywords."""
        class Strict(type):
            def __call__(cls, *args, **kw):
                return kw
        self.assertEqual(recorder.Recorder(kinds.Kinds([])).call(Strict("S", (), {})), {})


class Recording(unittest.TestCase):
    def test_private_operations_are_state_and_not_played(self):
        watched = kinds.Kinds(["racy_here"])

        class Thing:
            __module__ = "racy_here"

            def _inner(self):
                return 1

            def outer(self):
                return 2

        seen = recorder.Recorder(watched)
        seen.begin("t")
        one = seen.call(Thing)
        seen.call(one._inner)
        seen.call(one.outer)
        self.assertEqual(list(seen.types[Thing]), ["outer"])
        self.assertEqual([operation.label for operation in seen.of_type[Thing][0].operations], ["_inner", "outer"])


class Vague:
    """Compares as arrays do: the answer has no truth value."""

    def __eq__(self, other):
        return self

    def __hash__(self):
        return 1

    def __bool__(self):
        raise ValueError("ambiguous")


class Aliases(unittest.TestCase):
    """An operation is recorded under the name that the test wrote, whatever its function is called."""

    def setUp(self):
        watched = kinds.Kinds(["racy_here"])

        class Thing(dict):
            __module__ = "racy_here"

            def _get(self, n=1):
                return n

            get_it = _get
            twice = functools.partialmethod(_get, 2)
            fetch = dict.get

            @staticmethod
            def free():
                return 3

            def __getattr__(self, name):
                return getattr("text", name)

            def plus(self, other):
                return 5

            __add__ = plus

        self.Thing = Thing
        self.seen = recorder.Recorder(watched)
        self.seen.begin("t")
        self.seen.install()

    def do(self, source):
        scope = {"Thing": self.Thing}
        exec(compile(rewrite.transform(ast.parse(f"one = Thing()\n{source}")), "test", "exec"), scope)
        return scope

    def labels(self, source):
        self.do(source)
        return sorted(self.seen.types.get(self.Thing, {}))

    def test_a_private_function_with_a_public_name(self):
        self.assertEqual(self.labels("one.get_it(); one._get()"), ["get_it"])

    def test_a_bound_method_called_later_has_the_name_that_its_class_gives_it(self):
        self.Thing._get.__name__ = "other"
        del self.Thing._get
        self.assertEqual(self.labels("f = one.get_it\nf()"), [".get_it", "get_it"])

    def test_partial_methods(self):
        self.assertEqual(self.labels("one.twice()"), ["twice"])
        operation = self.seen.types[self.Thing]["twice"].operations[0]
        self.assertEqual(operation.prepare(values.Making(None, self.Thing()))(), 2)

    def test_methods_of_c_code_under_a_second_name(self):
        self.assertEqual(self.labels("one.fetch('k')"), ["fetch"])

    def test_methods_called_on_their_class(self):
        self.assertEqual(self.labels("Thing.get_it(one, 3); Thing.fetch(one, 'k')"), ["fetch", "get_it"])

    def test_an_operator_that_is_an_alias(self):
        self.assertEqual(self.labels("one + 1; one.__add__(2)"), ["+", "__add__"])

    def test_a_key_that_answers_comparisons_in_its_own_way_is_stored_under(self):
        scope = {"Thing": self.Thing, "key": Vague()}
        exec(compile(rewrite.transform(ast.parse("one = Thing()\none[key] = 3")), "test", "exec"), scope)
        self.assertEqual(list(scope["one"].values()), [3])
        self.assertEqual(list(self.seen.types[self.Thing]), ["[]="])

    def test_static_methods_are_none_of_the_objects(self):
        self.assertEqual(self.labels("one.free()"), [])

    def test_what_a_proxy_stands_for_is_read_and_not_called(self):
        self.assertEqual(self.labels("one.upper()"), [".upper"])

    def test_calls_of_objects(self):
        self.Thing.__call__ = lambda self, n: n
        self.assertEqual(self.labels("one(3)"), ["__call__"])
        self.assertEqual(self.do("a = one(4)")["a"], 4)

    def test_decorators_are_run_through_as_they_are(self):
        scope = self.do("class Some:\n @property\n def x(self): return 1\n @x.setter\n def x(self, value): self.y = value\n"
                        " @staticmethod\n def z(): return one.get_it(5)\nsome = Some()\nsome.x = 3\na = [some.x, some.y, some.z()]")
        self.assertEqual(scope["a"], [1, 3, 5])

    def test_what_decorators_and_modules_make_has_a_recipe(self):
        self.seen = recorder.Recorder(self.seen.kinds)
        self.seen.install()
        self.do("def keep(value): return lambda function: function\n@keep([Thing(a=1), Thing(b=2)])\ndef test(): pass")
        tapes = self.seen.of_type[self.Thing]
        self.assertEqual([(tape.test, tape.recipe is not None) for tape in tapes], [(recorder.IMPORT, True)] * 3)

    def test_results_and_errors_stay_as_they_were(self):
        scope = self.do("a = [one.get_it(4), one.twice(), one.free(), 'x'.upper(), one.upper()]\n"
                        "try: one.get_it(1, 2, 3)\nexcept TypeError as error: b = str(error)")
        self.assertEqual(scope["a"], [4, 2, 3, "X", "TEXT"])
        self.assertIn("_get() takes from 1 to 2 positional arguments but 4 were given", scope["b"])


class Later(unittest.TestCase):
    """Coroutines, generators and context managers that operations give: their code runs when they are used."""

    def setUp(self):
        watched = kinds.Kinds(["racy_here"])

        class Thing:
            __module__ = "racy_here"
            done = 0

            async def work(self, by):
                self.done += by
                return self.done

            async def nap(self):
                await asyncio.sleep(0)
                self.done += 1

            async def wait(self):
                await asyncio.sleep(10)

            def items(self):
                while True:
                    self.done += 1
                    yield self.done

            async def later(self):
                yield self.done
                self.done += 1

            @contextlib.contextmanager
            def held(self):
                self.done += 1
                yield
                self.done += 1

            def __await__(self):
                self.done += 1
                return self.done
                yield

            async def __aenter__(self):
                self.done += 1

            async def __aexit__(self, *error):
                self.done += 1

            def __aiter__(self):
                return self.later()

        self.Thing = Thing
        self.seen = recorder.Recorder(watched)
        self.seen.begin("t")
        self.seen.install()

    def recorded(self, source):
        """Runs a statement in a coroutine; {label: what replaying it twice makes of `done`}."""
        scope = {"Thing": self.Thing}
        exec(compile(rewrite.transform(ast.parse(f"async def test():\n one = Thing()\n {source}")), "test", "exec"), scope)
        asyncio.run(scope["test"]())
        found = {}
        for label, slot in self.seen.types[self.Thing].items():
            one = self.Thing()
            call = slot.operations[0].prepare(values.Making(None, one))
            call()
            call()
            found[label] = one.done
        return found

    def test_coroutines_are_driven_to_their_end(self):
        self.assertEqual(self.recorded("await one.work(3)"), {"work": 6})
        self.assertEqual(self.recorded("await one.nap()")["nap"], 2)

    def test_a_coroutine_that_waits_is_refused_with_the_reason(self):
        source = "task = asyncio.ensure_future(one.wait()); await asyncio.sleep(0); task.cancel()"
        with self.assertRaises(operations.Suspends):
            self.recorded("import asyncio; " + source)
        self.assertIn("Suspends", pool.REFUSALS)
        self.assertEqual(pool.WHY["Suspends"], "it waits for an event loop")

    def test_a_coroutine_that_is_waited_for_returns_its_value(self):
        self.recorded("await one.work(3)")
        operation = self.seen.types[self.Thing]["work"].operations[0]
        self.assertEqual(operation.prepare(values.Making(None, self.Thing()))(), 3)

    def test_generators_and_context_managers_are_used_up(self):
        self.assertEqual(self.recorded("next(one.items())"), {"items": 400})
        self.assertEqual(self.recorded("async for x in one.later(): pass")["later"], 2)
        with_held = self.recorded("with one.held(): pass")
        self.assertEqual(with_held["held"], 4)

    def test_await_and_its_kin_on_objects(self):
        self.assertEqual(self.recorded("await one"), {"await": 2})
        self.assertEqual(self.recorded("async with one: pass")["async with"], 4)
        self.assertEqual(self.recorded("async for x in one: pass")["async for"], 2)
        self.assertEqual(self.recorded("[x async for x in one]")["async for"], 2)

    def test_source_text_does_the_same(self):
        self.recorded("await one.work(3); next(one.items())")
        scope = {}
        exec(script._FINISH, scope)
        for label, done in (("work", 3), ("items", 200)):
            printing = values.Printing()
            scope["shared"] = self.Thing()
            text = self.seen.types[self.Thing][label].operations[0].source(printing)
            for name in printing.imports:
                scope[name] = __import__(name)
            eval(text, scope)
            self.assertEqual(scope["shared"].done, done)


class Crossings(unittest.TestCase):
    """Operations with an object of the package as their argument, played on both."""

    def setUp(self):
        watched = kinds.Kinds(["racy_here"])

        class Purse:
            __module__ = "racy_here"
            __qualname__ = "Purse"

            def __init__(self, sum):
                self.sum, self.calls = sum, []

            def give(self, other, by):
                self.calls.append((other, by))

            def fill(self, by):
                self.sum += by

        module = types.ModuleType("racy_here")
        module.Purse = Purse
        patched = unittest.mock.patch.dict(sys.modules, racy_here=module)
        patched.start()
        self.addCleanup(patched.stop)
        seen = recorder.Recorder(watched)
        seen.begin("t")
        one = seen.call(Purse, 1)
        two = seen.call(Purse, 2)
        seen.method(one, "give")(two, 7)
        seen.method(one, "fill")(5)
        self.subject = pool.subjects(seen)[0]
        self.subject.receivers, self.subject.usable = [0], {"give": [0], "fill": [0]}

    def units(self):
        return {unit.key: unit for unit in units.plan([self.subject], [], "0") if unit.strategy == "cross"}

    def test_only_operations_with_such_an_argument_are_crossed(self):
        self.assertEqual(list(self.units()), ["replay|cross|racy_here.Purse give|racy_here.Purse"])
        self.subject.usable["give"] = []
        self.assertEqual(self.units(), {})

    def test_half_of_the_threads_have_the_objects_exchanged(self):
        unit, = self.units().values()
        self.subject.usable["fill"] = []
        crossing = cross.Crossing(unit, random.Random(0))
        builder = pool.Builder()
        pair = (builder.build(self.subject.tapes[0]), builder.build(crossing.tape))
        for thread in range(4):
            for call in crossing.calls(thread, pair, builder.build, False):
                call()
        self.assertEqual([one.calls for one in pair], [[(pair[1], 7)] * 2, [(pair[0], 7)] * 2])

    def test_the_others_may_change_the_argument_instead(self):
        unit, = self.units().values()
        self.subject.observers, self.subject.mutators = ["vars()"], {"fill"}
        seconds = {tuple(label for label, _ in cross.Crossing(unit, random.Random(seed)).second) for seed in range(20)}
        self.assertEqual(seconds, {("give",), ("fill",)})

    def test_calls_of_objects_are_played_alone(self):
        self.subject.slots["__call__"] = self.subject.slots["fill"]
        self.subject.usable["__call__"] = [0]
        plan = units.plan([self.subject], [], "0")
        self.assertEqual([unit.key for unit in plan if units.CALL in unit.labels], ["replay|self|racy_here.Purse __call__"])

    def test_a_script_has_both_objects(self):
        unit, = self.units().values()
        self.subject.usable["fill"] = []
        text = script.spec_of(unit, report.Finding(unit.key, "deadlock", title="t"), "0", 4, False).whole(5)
        compile(text, "script", "exec")
        self.assertIn("shared = (racy_here.Purse(1), racy_here.Purse(2))", text)
        self.assertRegex(text, r"def part_0\(shared\):\n    try:\n        shared\[0\]\.give\(shared\[1\], 7\)")
        self.assertRegex(text, r"def part_1\(shared\):\n    try:\n        shared\[1\]\.give\(shared\[0\], 7\)")


class KinOfTheReceiver(unittest.TestCase):
    """Objects that came from another object of the package, which other threads change."""

    def setUp(self):
        watched = kinds.Kinds(["racy_here"])

        class View:
            __module__, __qualname__ = "racy_here", "View"

            def __init__(self, table):
                self.table = table

            def first(self):
                return self.table.items[0]

        class Table:
            __module__, __qualname__ = "racy_here", "Table"

            def __init__(self):
                self.items = []

            def put(self, n):
                self.items.append(n)

            def view(self):
                return View(self)

        module = types.ModuleType("racy_here")
        module.Table, module.View = Table, View
        patched = unittest.mock.patch.dict(sys.modules, racy_here=module)
        patched.start()
        self.addCleanup(patched.stop)
        seen = recorder.Recorder(watched)
        seen.begin("t")
        table = seen.call(Table)
        seen.method(table, "put")(5)
        seen.method(seen.method(table, "view")(), "first")()
        self.subjects = {one.name: one for one in pool.subjects(seen)}
        self.subjects["racy_here.View"].usable, self.subjects["racy_here.View"].receivers = {"first": [0]}, [0]
        self.subjects["racy_here.Table"].usable, self.subjects["racy_here.Table"].receivers = {"put": [0]}, [0]
        plan = units.plan(list(self.subjects.values()), [], "0")
        self.unit, = [unit for unit in plan if unit.strategy == "kin"]

    def test_the_others_change_what_it_came_from(self):
        self.assertEqual(self.unit.key, "replay|kin|racy_here.View|racy_here.Table")
        kin = cross.Kin(self.unit, random.Random(0))
        builder = pool.Builder()
        child, parent = kin.make(builder.build, None)
        self.assertIs(child.table, parent)
        for thread in (1, 0):
            for call in kin.calls(thread, (child, parent), builder.build, False):
                call()
        self.assertEqual(parent.items, [5])
        self.assertEqual([[label for label, _ in kin.operations_of(thread)] for thread in (0, 1)], [["first"], ["put"]])

    def test_a_type_that_cannot_be_changed_has_none(self):
        self.subjects["racy_here.Table"].usable = {}
        plan = units.plan(list(self.subjects.values()), [], "0")
        self.assertEqual([unit.key for unit in plan if unit.strategy == "kin"], [])

    def test_a_script_makes_one_of_the_other(self):
        text = script.spec_of(self.unit, report.Finding(self.unit.key, "signal", title="t"), "0", 4, False).whole(5)
        compile(text, "script", "exec")
        self.assertIn("shared = (lambda parent: (parent.view(), parent))(racy_here.Table())", text)
        self.assertRegex(text, r"def part_0\(shared\):\n    try:\n        shared\[0\]\.first\(\)")
        self.assertRegex(text, r"def part_1\(shared\):\n    try:\n        shared\[1\]\.put\(5\)")


class Templates(unittest.TestCase):
    def keep(self, value):
        return values.keep(value, lambda one: None)

    def test_containers_are_kept_as_they_were(self):
        value = {"a": [1, (2, {3})], "b": bytearray(b"x")}
        template = self.keep(value)
        value["a"].append("later")
        made = template.make(values.Making(None))
        self.assertEqual(made, {"a": [1, (2, {3})], "b": bytearray(b"x")})
        self.assertIsNot(made["a"], template.make(values.Making(None))["a"])

    def test_streams_are_copied_and_not_shared(self):
        import io
        template = self.keep(io.BytesIO(b"abc"))
        first, second = (template.make(values.Making(None)) for _ in range(2))
        first.read()
        self.assertEqual(second.read(), b"abc")

    def test_an_object_of_its_own_is_never_the_recorded_one(self):
        class Tape:
            recipe, kind = None, type(threading.Lock())
            value = threading.Lock()

        self.assertIs(pool.Builder().build(Tape), Tape.value)  # it cannot be copied
        with self.assertRaises(pool.Unbuildable):
            pool.Builder(own=True).build(Tape)

    def test_generators_and_what_is_too_large_are_refused(self):
        for value in ((x for x in ()), [0] * 1000, "x" * 300000, sys.stdin):
            with self.assertRaises(values.NotKept):
                self.keep(value)

    def test_fresh_strings_are_equal_and_not_the_same(self):
        text = "".join(["ab", "cd"])
        made = self.keep(text).make(values.Making(None, fresh=True))
        self.assertEqual(made, text)
        self.assertIsNot(made, text)

    def test_source_text_gives_the_value_again(self):
        for value in ([1, "a", (2,), {"k": b"v"}], {1, 2}, bytearray(b"z"), 1.5, float("inf"), slice(1, None), "ab" * 400):
            printing = values.Printing()
            self.assertEqual(eval(self.keep(value).source(printing)), value)

    def test_local_functions_have_no_source_text(self):
        with self.assertRaises(values.NotPrintable):
            self.keep(lambda: 0).source(values.Printing())

    def test_plain_forms_tell_objects_apart_by_what_they_say(self):
        self.assertEqual(values.plain([1, {2: "x"}]), values.plain([1, {2: "x"}]))
        self.assertNotEqual(values.plain([1]), values.plain((1,)))
        with self.assertRaises(values.Opaque):
            values.plain(object())


if __name__ == "__main__":
    unittest.main()
