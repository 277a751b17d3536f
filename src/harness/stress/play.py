"""Plays one unit in a child: serial orders first, then threads, then the controls.

Oracles. Anything that ends the process is seen from outside (isolate). In here:
  system-error  a SystemError, which Python raises for broken invariants of C code
  exception     an exception that none of the serial orders raised
  wrong-result  a call that gives the same result whenever it runs alone gave another
  lost-update   all serial orders of the same operations end in one observable state,
                the concurrent run in another (the permutation oracle)
Each but the first counts only if the same operations under one lock, and again one
after the other, do not show it.
"""
import random
import sys
import threading
import time
import types

from . import blame, cross, operations, pool, units, values
from .change import changer, enlarge, rebind
from .runs import Burst, Program, Run, TooLong

SERIAL_SECONDS = 0.02      # of one serial order; sets how often operations are repeated
SLOW_THREADS = 0.3         # what threads may take for one round
LEAST_LOOPS, MOST_LOOPS = 12, 600
MOST_CHUNK = 128           # calls of a burst between two signs of life
MOST_KEPT = 60             # calls of a thread whose results are all kept
BURST_SECONDS = 0.03       # one round of three is a burst: as many calls as there can be, and none is checked
LOCKED_ROUNDS = 8          # or three times the rounds until it showed, as far as time goes
LEAST_LOCKED_ROUNDS = 4
MOST_LOCKED_ROUNDS = 60
CONTROL_SECONDS = 2.0
SERIAL_ROUNDS = 3

BROKEN = ("SystemError", "PanicException")  # of C code; of Rust code, by PyO3

_now = time.perf_counter


class Player:
    """Plays one unit with one seed; `finding` is None or what was found."""

    def __init__(self, unit, link, threads, seed, kinds=None, locked=False):
        self.unit, self._link, self._count, self._kinds = unit, link, threads, kinds
        self._chance = random.Random(f"{unit.key}:{seed}")
        self._builder = pool.Builder(own=unit.strategy == "private")
        self._locked = locked
        self._bursts = unit.strategy != "private"  # objects of its own are used once, as the test did
        self.amplified = False
        self.tape = self.steps = self.crossing = None
        self.programs = None
        self.finding = None
        self.failed = ""
        self.overlap = []
        self.rounds = 0

    # -- material ------------------------------------------------------------------

    def choose(self):
        """What is the same in all rounds of this unit: the receiver, the arguments."""
        unit, chance = self.unit, self._chance
        self.amplified = chance.random() < 0.4
        self._alike, self._alike_at = chance.random() < 0.6, chance.randrange(1000)
        if unit.subject is not None:
            self.tape = unit.subject.tapes[chance.choice(unit.subject.receivers)]
            self.steps = chance.choice([0, len(self.tape.operations) // 2, len(self.tape.operations)])
            if unit.strategy == "private":
                self.steps = 0
        if unit.strategy in ("cross", "kin"):
            self.crossing = (cross.Crossing if unit.strategy == "cross" else cross.Kin)(unit, chance)
        self.programs = [self._operations_of(thread) for thread in range(self._count)]

    def _operations_of(self, thread):
        """[(label, Operation)] that a thread cycles through."""
        unit, chance = self.unit, self._chance
        if unit.subject is None:
            every = [(one.name, one.operations[at]) for one in unit.functions for at in self._wanted(one)]
            chance.shuffle(every)
            return every[:12]
        subject = unit.subject
        if self.crossing is not None:
            return self.crossing.operations_of(thread)
        if unit.strategy == "private":
            return [(one.label, one) for one in self.tape.operations[:20]
                    if one.label in subject.usable and one.label != units.CALL]
        labels = unit.labels
        if unit.strategy == "pair":
            labels = [labels[thread % 2]]
        every = []
        for label in labels:
            ats = subject.stable[label] if unit.strategy == "read" else subject.usable[label]
            every += [(label, subject.slots[label][at]) for at in ats]
        if unit.strategy in ("self", "pair") and self._alike:  # equal operations commute more often
            return [every[self._alike_at % len(every)]]
        chance.shuffle(every)
        return every[:24 if len(labels) > 1 else 6]

    def _wanted(self, function):
        if self.unit.strategy == "walk":
            return [at for at in function.usable if function.operations[at].mutable_arguments()]
        return function.usable

    def _receiver(self):
        if self.tape is None:
            return None
        return self._builder.receiver(self.tape, self.steps)

    def _program(self, operations, receiver, fresh, expected=None):
        calls = []
        for _, operation in operations:
            if fresh:
                calls.append(self._fresh_call(operation, receiver))
            else:
                calls.append(operation.prepare(values.Making(self._builder.build, receiver, amplify=self.amplified)))
        return Program(calls, [label for label, _ in operations], expected)

    def _fresh_call(self, operation, receiver):
        """Arguments made anew for each call: a value that nothing else holds is what a
        borrowed reference is borrowed from."""
        build, amplify = self._builder.build, self.amplified
        if operation.kind == "operator" and operation.name in ("setattr", "setitem") and isinstance(
                operation.arguments[2], values.Live):
            function, key = operations.FUNCTIONS[operation.name], operation.arguments[1]

            def store():
                function(receiver, key.make(values.Making(build, receiver)), [])
            return store

        def call():
            return operation.prepare(values.Making(build, receiver, fresh=True, amplify=amplify))()
        return call

    def _team(self, fresh=False, expected=None):
        """One program per thread on a new receiver: (receiver, programs)."""
        if self.crossing is not None:
            return self._pair_team()
        receiver = None if self.unit.strategy == "private" else self._receiver()
        programs = []
        for thread, operations in enumerate(self.programs):
            own = self._receiver() if self.unit.strategy == "private" else receiver
            programs.append(self._program(operations, own, fresh, expected[thread] if expected else None))
        return receiver, programs

    def _pair_team(self):
        pair = self.crossing.make(self._builder.build, self._receiver)
        return pair[0], [Program(self.crossing.calls(thread, pair, self._builder.build, self.amplified),
                                 [label for label, _ in self.programs[thread]]) for thread in range(self._count)]

    # -- playing -------------------------------------------------------------------

    def play(self, seconds):
        """Serial orders, then rounds of threads for so many seconds."""
        self._link.at(self.unit.key, "serial")
        self.choose()
        if not all(self.programs):
            return
        try:
            loops = self._calibrate()
            while loops:
                loops = self._play_once(loops, seconds)
        except Exception as error:
            self.failed = f"{type(error).__name__}: {error}"  # the material cannot be made with these choices

    def _play_once(self, loops, seconds):
        """Plays with so many repetitions; a smaller number when they took too long."""
        try:
            self._play(loops, seconds)
        except TooLong as error:
            return error.args[0]
        return 0

    def _play(self, loops, seconds):
        self._link.phase("serial")
        if self.unit.strategy == "walk":
            self._walk(loops, seconds)
        elif self.crossing is not None or units.CALL in self.unit.labels or self.unit.worn:
            self._cross(loops, seconds)
        elif self.unit.strategy in ("read", "private", "call"):
            self._results(loops, seconds)
        else:
            self._states(loops, seconds)

    def _calibrate(self):
        """How often each thread repeats, so that a serial order takes SERIAL_SECONDS."""
        _, programs = self._team()
        start, done = _now(), 0
        for program in programs:
            for at in range(len(program.calls)):
                program.step(at)
                done += 1
                if _now() - start > SERIAL_SECONDS:
                    break
        each = (_now() - start) / max(done, 1)
        wanted = int(SERIAL_SECONDS / max(each, 1e-7) / self._count)
        self._chunk = max(1, min(wanted // 16, MOST_CHUNK))
        if self.unit.strategy == "private":
            return max(len(self.programs[0]), 1)
        return max(LEAST_LOOPS, min(MOST_LOOPS, wanted))

    def _threads(self, run):
        self._link.phase("concurrent")
        run.threads(threading.Lock() if self._locked else None)
        self.overlap.append(run.overlap)
        self.rounds += 1
        return run

    def _concurrent(self, run):
        self._threads(run)
        if run.wall > SLOW_THREADS and run.loops > LEAST_LOOPS and not self._locked:
            raise TooLong(max(LEAST_LOOPS, int(run.loops * SLOW_THREADS / run.wall / 4)))
        self._link.phase("observe")
        return run

    def _rounds(self, seconds, programs=None):
        """Numbers of rounds to be checked, and bursts between them; programs() makes those of a burst."""
        until = _now() + seconds
        number = 0
        while self.finding is None and (number == 0 or _now() < until):
            yield number
            number += 1
            if number % 2 == 0 and self._bursts and self.finding is None and _now() < until:
                self._burst(programs or self._programs)

    def _burst(self, programs):
        """A round whose calls follow each other at once. It says only what ends the process, or breaks the rules."""
        def made():
            found = programs()
            return found and Burst(self._link, found, self._chunk, BURST_SECONDS)

        run = made()
        if run:
            self._check_rules(self._threads(run), made)

    def _programs(self, fresh=False):
        return self._team(fresh)[1]

    def _again(self, loops, fresh):
        """Makes another run of the unit's own programs."""
        return lambda: Run(self._link, self._programs(fresh), loops)

    # -- state: the permutation oracle ------------------------------------------------

    def _observe(self, receiver):
        seen = {}
        for name in self.unit.subject.observers:
            try:
                seen[name] = pool.observe_one(self.unit.subject, name, receiver, self._builder)
            except Exception as error:
                seen[name] = f"raised {type(error).__name__}"
        return seen

    def _orders(self, loops):
        """(observers on which all serial orders agree, with their values; exceptions seen)."""
        agreed, raised = None, set()
        for small in (1, 2, loops):
            seen = None
            for order in ("threads", "reversed", "turns", self._chance):
                receiver, programs = self._team()
                run = Run(self._link, programs, small).serial(order)
                raised.update(run.errors())
                state = self._observe(receiver)
                seen = state if seen is None else {k: v for k, v in seen.items() if state.get(k) == v}
            names = set(seen) if agreed is None else set(agreed) & set(seen)
            agreed = {name: seen[name] for name in names}
        return agreed, raised

    def _known_errors(self):
        """What the tests themselves saw these operations raise: states in which they refuse."""
        return {operation.raised for program in self.programs for _, operation in program if operation.raised}

    def _kept(self, loops):
        """A run of a new team that keeps what each call gives."""
        programs = self._programs()
        for program in programs:
            program.kept = []
        return Run(self._link, programs, loops)

    def _results_of(self, loops, run_it):
        """What the calls gave in one run of a new team: how often which result, by whichever thread; None if that cannot be said."""
        run = self._kept(loops)
        run_it(run)
        return run.results()

    def _shared_results(self, loops):
        """What equal calls give together, where all serial orders agree on it; None else."""
        if not (self.unit.strategy == "self" and self._alike) or self._is_iterator():
            return None
        loops = min(loops, MOST_KEPT)
        first, *others = [self._results_of(loops, lambda run, order=order: run.serial(order))
                          for order in ("threads", "turns", self._chance)]
        return first if all(one == first for one in others) else None

    def _check_results(self, right, loops, raised):
        """The permutation oracle for what calls give: one number for two callers, one item taken twice.
        What was raised is judged as an exception."""
        loops = min(loops, MOST_KEPT)
        run = self._kept(loops)
        self._check_errors(self._threads(run), raised, lambda: self._kept(loops))
        found = run.results()
        if self.finding is not None or not run.errors().keys() <= raised or found is None or found == right:
            return
        more, less = found - right, right - found
        shown = next(iter(more or less))

        def again(run_it):
            seen = self._results_of(loops, run_it)
            return seen is not None and seen != right

        self._report("wrong-result", "wrong-result",
                     f"`{self.unit.labels[0]}` gave {_short(shown)} {found[shown]} times, {right[shown]} times in every serial order",
                     again, label=self.unit.labels[0], expected=f"{right[shown]} times {_short(shown, 400)}",
                     found=f"{found[shown]} times {_short(shown, 400)}")

    def _states(self, loops, seconds):
        commuting, raised = self._orders(loops)
        raised |= self._known_errors()
        right = self._shared_results(loops)
        if self._is_iterator():
            commuting = {}  # nothing promises where an iterator stands that several threads advance
        for number in self._rounds(seconds):
            fresh = number % 2 == 1
            receiver, programs = self._team(fresh)
            run = self._concurrent(Run(self._link, programs, loops))
            self._check_errors(run, raised, self._again(loops, fresh))
            if right is not None and number % 4 == 2 and self.finding is None:
                self._check_results(right, loops, raised)
            all_done = run.errors().keys() <= raised and not run.refused() & self.unit.subject.mutators
            state = self._observe(receiver) if self.finding is None and all_done else {}
            self._link.phase("check")
            for name, value in commuting.items():
                if self.finding is None and name in state and state[name] != value and not fresh and not self._is_mixed(name, value, state[name]):
                    self._suspect_state(name, value, state[name], loops)

    def _is_mixed(self, name, value, found):
        """Whether what was added is all there and only in another order: what one call adds need not stay together."""
        before, after = values.parts(self._observe(self._receiver()).get(name)), values.parts(value)
        return after == values.parts(found) and after[0] > before[0]

    def _is_iterator(self):
        try:
            receiver = self._receiver()
            return iter(receiver) is receiver
        except Exception:
            return False

    def _suspect_state(self, name, value, found, loops):
        def again(run_it):
            receiver, programs = self._team()
            run_it(Run(self._link, programs, loops))
            return self._observe(receiver).get(name) != value

        self._report("lost-update", "lost-update",
                     f"`{name}` differs from what every serial order gives: {_short(found)} instead of {_short(value)}",
                     again, observer=name, expected=_short(value, 600), found=_short(found, 600))

    # -- results ---------------------------------------------------------------------

    def _expected(self):
        """Per thread, per call: ("ok", result) where it is the same in three serial runs."""
        tables = []
        for _ in range(3):
            _, programs = self._team()
            tables.append([[values.outcome(call) for call in program.calls] for program in programs])
            self._link.beat()
        expected, first = [], tables[0]
        for thread, row in enumerate(first):
            expected.append([shown if shown[0] != "opaque" and all(table[thread][at] == shown for table in tables) else None
                             for at, shown in enumerate(row)])
        return expected

    def _results(self, loops, seconds):
        expected = self._expected()
        raised = {shown[1] for row in expected for shown in row if shown and shown[0] == "raised"}
        raised |= self._raised_serially(loops) | self._known_errors()
        if self.unit.strategy != "private":
            expected = self._steady(expected, loops)
        for number in self._rounds(seconds):
            fresh = number % 2 == 1
            run = self._concurrent(self._run_for_results(loops, fresh, expected))
            self._check_errors(run, raised, self._again(loops, fresh))
            if self.finding is None and run.wrong():
                self._suspect_result(run.wrong(), expected, loops, fresh)

    def _run_for_results(self, loops, fresh, expected):
        times = 12 if self.unit.strategy == "private" else 1
        return Run(self._link, self._repeated(fresh, expected, times), loops * times)

    def _repeated(self, fresh, expected, times):
        """Programs; of "private" ones several objects in turn, each used once."""
        if times == 1:
            return self._team(fresh, expected)[1]
        programs = self._team(fresh, expected)[1]
        for _ in range(times - 1):
            for program, more in zip(programs, self._team(fresh, expected)[1]):
                program.calls += more.calls
                program.labels += more.labels
        for thread, program in enumerate(programs):
            program.expected = list(expected[thread]) * times
        return programs

    def _raised_serially(self, loops):
        raised = set()
        for order in ("threads", self._chance):
            _, programs = self._team()
            raised.update(Run(self._link, programs, min(loops, 40)).serial(order).errors())
        return raised

    def _steady(self, expected, loops):
        """Without the calls that give something else when they are repeated on one object."""
        for order in ("turns", self._chance):
            _, programs = self._team(expected=expected)
            run = Run(self._link, programs, min(loops, 120)).serial(order)
            for program, row in zip(run.programs, expected):
                if program.wrong:
                    for at, label in enumerate(program.labels):
                        if label == program.wrong[0]:
                            row[at] = None
        return expected

    def _suspect_result(self, wrong, expected, loops, fresh):
        label, right, found = wrong

        def again(run_it):
            run = self._run_for_results(loops, fresh, expected)
            run_it(run)
            return run.wrong() is not None

        self._report("wrong-result", "wrong-result", f"`{label}` gave {_short(found)} instead of {_short(right)}", again,
                     label=label, expected=right, found=found)

    # -- exceptions -------------------------------------------------------------------

    def _check_errors(self, run, raised, made):
        """made(): a run like the one that raised them."""
        errors = run.errors()
        for name in sorted(errors, key=lambda one: one != "SystemError"):
            if self.finding is not None or name in raised:
                continue

            def again(run_it, name=name):
                repeat = made()
                run_it(repeat)
                return name in repeat.errors()

            trace, times, places, text, refuses = errors[name]
            place = self._blamed(places)
            if place is None or refuses and not self._only_reads():
                continue
            oracle = "system-error" if name == "SystemError" else "exception"
            function = oracle == "system-error" and blame.called_in(text) or place[1]
            self._report(oracle, "exception", f"{name}: {text}" if text else name, again, trace=trace, module=place[0], function=function,
                         error=name, times=times)

    def _only_reads(self):
        subject = self.unit.subject
        return subject is not None and all(label in subject.readers for label in self.unit.labels or subject.usable)

    def _blamed(self, places):
        """(module, function) of the package that an exception came from; None when it is not the package's.

        Frames of the standard library belong to whoever called it. Where only this harness is left
        the exception came from C code that it called: the unit's own, if it is C code."""
        ours = __name__.partition(".")[0]
        for name, function in places:
            if self._kinds.is_package_module(name):
                return name, function
            if name.partition(".")[0] == ours:
                return ("", "") if self._is_native() else None
            if name.partition(".")[0] not in sys.stdlib_module_names:
                return None
        return None

    def _is_native(self):
        subject = self.unit.subject
        if subject is None:
            return any(not isinstance(op.function, types.FunctionType) for one in self.unit.functions for op in one.operations)
        return any(subject.label_is_native(label) for label in self.unit.labels or subject.usable)

    # -- arguments that change ----------------------------------------------------------

    def _walk(self, loops, seconds):
        """Threads do the operation with one argument object; one thread changes that object.

        Results and exceptions prove nothing here, only what breaks the interpreter's own rules."""
        for _ in self._rounds(seconds, self._walk_programs):
            programs = self._walk_programs()
            if not programs:
                return
            self._check_rules(self._concurrent(Run(self._link, programs, loops)), lambda: Run(self._link, self._walk_programs(), loops))

    def _walk_programs(self):
        receiver = self._receiver()
        making = values.Making(self._builder.build, receiver)
        label, operation = self._chance.choice(self.programs[0])
        if not operation.mutable_arguments():
            return []
        arguments = [one.make(making) for one in operation.arguments]
        keywords = {name: one.make(making) for name, one in operation.keywords.items()}
        call = rebind(operation, receiver, arguments, keywords)
        targets = [arguments[at] for at in operation.mutable_arguments()]
        enlarge(targets, call)
        programs = [Program([call], [label]) for _ in range(self._count - 1)]
        programs.append(Program([changer(one) for one in targets], ["change"]))
        return programs

    def _cross(self, loops, seconds):
        """Threads do an operation on one object with another that the rest of them use as well, or call one object."""
        for small in (1, 2, loops):
            Run(self._link, self._programs(), small).serial("turns")  # what grows with each call is too slow here
        made = self._again(loops, False)
        for _ in self._rounds(seconds):
            self._check_rules(self._concurrent(made()), made)

    def _check_rules(self, run, made):
        """Only what breaks the rules of the interpreter, or of Rust, counts. made() makes such a run once more."""
        errors = run.errors()
        broken = [name for name in errors if name in BROKEN]
        if broken:
            self._check_errors(run, set(errors) - set(broken), made)

    # -- reporting -----------------------------------------------------------------------

    def _report(self, oracle, kind, title, again, **details):
        """Runs the controls; what fails there too is no race."""
        self._link.phase("control")
        controls = {"locked": [0, 0], "serial": [0, 0]}
        lock = threading.Lock()
        until = _now() + CONTROL_SECONDS
        for number in range(max(LOCKED_ROUNDS, min(3 * self.rounds, MOST_LOCKED_ROUNDS))):
            if number >= LEAST_LOCKED_ROUNDS and _now() > until:
                break
            controls["locked"][1] += 1
            controls["locked"][0] += again(lambda run: run.threads(lock))
            if number < SERIAL_ROUNDS:
                controls["serial"][1] += 1
                controls["serial"][0] += again(lambda run, n=number: run.serial(self._chance if n else "threads"))
        persistent = controls["locked"][0] + controls["serial"][0] > 0
        bad = tries = 0
        while not persistent and tries < 6 and bad < 3:
            tries += 1
            bad += again(lambda run: run.threads(lock if self._locked else None))
        self.finding = {"oracle": oracle, "kind": kind, "title": title, "controls": controls, "persistent": persistent,
                        "again": [bad, tries], **details}


def _short(value, most=120):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= most else f"{text[:most]}..."
