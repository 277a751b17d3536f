"""The course of a test mode: tests are tried alone, then played from threads round after
round; failures are repeated under control arms and become findings; coverage is counted.

Runs in the harness process, which has one thread; every test runs in a forked child.
"""
import json
import tempfile

from . import blame, ends, isolate, lanes, perturb, report as _report, team

TURN_SHARE, SHORTEST_TURN, LONGEST_TURN = 0.05, 0.3, 2.0  # of the seconds, for which one child tries tests alone
MOST_IN_CHILD = 300      # tests, or plays
BATCH_SECONDS = 1.5      # that plays have in one child
LONGEST = 0.25           # seconds of one play in the first pass; the least is the shape's
FIRST_SHARE = 0.6        # of the seconds left, for the first pass
COSTLY = 20              # a test that costs so many times its share waits until the others were played
FOCUS_SECONDS = 0.25
EARLIER = 6              # plays of a child that may have spoiled the memory in which a later one crashed
STALL = 2.0
PATIENCE = 2.0           # at least so long without an ended body, then a hang is suspected
CONTROL_PLAYS, CONTROL_SECONDS = 3, (0.05, 0.15)  # at least, at most
STACK_SHARE = 0.2        # of the seconds that gdb may take
GDB_SECONDS = 3.0        # what one look takes, about
RESERVE = 0.5            # seconds kept for the end
WARM_TRIES, COLD_TRIES = 16, 24  # of first-use; they end at the first failure
BAD_PLAYS = 2            # after so many a test is left alone


class Play:
    """What one child does at a time: which test in which thread, how long, under which arm."""

    def __init__(self, prefix, tests, seconds, number=0, once=False):
        self.prefix, self.lanes, self.seconds, self.number, self.once = prefix, list(tests), seconds, number, once
        self.arm = "none"
        self.patience = PATIENCE
        self.quick = frozenset()
        self.key = None     # of focus

    def under(self, arm):
        """The same play as a control."""
        least, most = CONTROL_SECONDS
        made = Play(self.prefix, self.lanes, min(max(self.seconds, least), most), self.number, self.once)
        made.arm, made.patience, made.quick = arm, self.patience, self.quick
        return made

    def again(self, seconds):
        """The same play once more, for at least so many seconds."""
        made = self.under(self.arm)
        made.seconds = max(self.seconds, seconds)
        return made


class Campaign:
    """One per process. `shape` says which plays there are: shapes.py."""

    def __init__(self, context, report, cases, shape):
        self._job, self._report, self._cases, self.shape = context.job, report, cases, shape
        self._own = blame.Own(context.job, context.paths)
        self._codes = perturb.code_objects(self._own.loaded()) if shape.perturbed else []
        self._why = {}       # number -> why the test is not played
        self._known = {}     # number -> what trying it alone said
        self._bad = {}       # number -> plays in which it was bad
        self._played, self._parallel = set(), set()  # numbers; of those, whose bodies were in two threads at once
        self._findings, self._signatures = {}, {}
        self._overlap = team.Overlap()
        self._plays = 0
        self._focus = {}     # key -> [tries, bad, first seconds or None]
        self._control_seconds = self._stack_seconds = 0.0

    # -- the whole -------------------------------------------------------------

    def run(self):
        job = self._job
        waiting = []
        wanted = self._wanted()
        for number, case in enumerate(self._cases):
            why = case.why_not if wanted is None or number in wanted else "not asked for"
            if why is None:
                waiting.append(number)
            else:
                self._why[number] = why
        team.rng(job.stress_seed, "order").shuffle(waiting)
        self._first_pass(waiting)
        self._later_passes()
        self._tell_end()

    def _left(self):
        return self._report.left() - RESERVE

    def _wanted(self):
        """The numbers that focus names, or None for all."""
        if self._job.focus is None:
            return None
        at = {case.id: number for number, case in enumerate(self._cases)}
        self._focus = {key: [0, 0, None] for key in self._job.focus if not self.shape.answered_before(key)}
        return {at[test] for test in map(self.shape.test_of, self._focus) if test in at}

    def _first_pass(self, waiting):
        """Tries tests alone for a while and plays those that may be played, in turn, until each had its first play."""
        total, late, began, played = len(waiting), [], self._left(), 0.0
        seconds = min(max(TURN_SHARE * self._job.stress_seconds, SHORTEST_TURN), LONGEST_TURN)
        while waiting and self._left() > 0:
            chunk = waiting[:MOST_IN_CHILD]
            self._report.phase("calibrate", total, f"{total - len(waiting)} of {total} tests tried alone")
            self._probe(sorted(chunk, key=lambda number: (self._cases[number].file, number)), seconds)
            waiting = [number for number in waiting if number not in self._known]
            if self._job.focus is None:
                fit = [number for number in chunk if number in self._known and number not in self._why]
                self._report.phase("play", total, "first pass")
                self._report.step(total - len(waiting))
                besides = (began - self._left() - played) / max(total - len(waiting), 1)  # trying it, starting threads
                share = FIRST_SHARE * max(self._left(), 0) / max(len(waiting) + len(fit), 1)
                late += [number for number in fit if self._cost(number) > COSTLY * max(share, self.shape.shortest)]
                played += self._play_first([number for number in fit if number not in late], share - besides)
        late.sort(key=self._cost)
        self._play_first(late, LONGEST)

    def _cost(self, number):
        """Seconds that one round of a play takes, about: as if nothing ran at once."""
        return self._known[number].get("seconds", 0) * len(self.shape.lanes_of(number))

    def _play_first(self, tests, share):
        """The first play of each; the seconds that they were given."""
        if not tests or self._left() <= 0:
            return 0.0
        plays = self.shape.plays(tests, self._fit(), min(max(share, self.shape.shortest), LONGEST), 0)
        self._play_all(plays)
        return sum(play.seconds for play in plays)

    def _later_passes(self):
        number = 1
        while self._left() > 0:
            fit = self._fit()
            if self._job.focus is not None:
                plays = self._focused(fit, number)
            else:
                seconds = min(max(self._left() / max(len(fit), 1), 2 * self.shape.shortest), 2 * LONGEST)
                plays = self.shape.plays(fit, fit, seconds, number)
                team.rng(self._job.stress_seed, "pass", number).shuffle(plays)
            if not plays:
                return
            self._report.phase("play", len(plays), f"pass {number + 1}")
            self._play_all(plays)
            number += 1

    def _fit(self):
        """The tests that may be played now, in a fixed order."""
        return [number for number in sorted(self._known) if number not in self._why
                and (self._job.focus is not None or self._bad.get(number, 0) < BAD_PLAYS)]

    def _focused(self, fit, number):
        plays = []
        for key in self._focus:
            test = self.shape.test_of(key)
            at = next((one for one in fit if self._cases[one].id == test), None)
            if at is not None:
                play = self.shape.focused(key, at, fit, FOCUS_SECONDS, number)
                play.key = key
                plays.append(play)
        return plays

    # -- alone -------------------------------------------------------------------

    def _probe(self, chunk, seconds):
        """Tries tests alone for so many seconds, at least one of them."""
        waiting, until = list(chunk), self._report.left() - seconds
        while waiting and self._report.left() > max(until, 0):
            left = self._report.left() - until
            end, _ = self._child(lambda link: lanes.probe(link, self._cases, waiting, self._own, self._codes, left), left + 10)
            for one in end.sent:
                if "at" in one:
                    self._take_probe(one)
            if ends.over(end):
                return
            waiting = [number for number in waiting if number not in self._known]
            if waiting:
                culprit = int(end.unit) if end.unit.isdigit() else waiting[0]
                culprit = culprit if culprit in waiting else waiting[0]
                self._why[culprit] = ends.alone(end)
                self._known[culprit] = {}
                waiting.remove(culprit)

    def _take_probe(self, one):
        number = one["at"]
        self._known[number] = one
        why = one["why"]
        if why is None and self.shape.perturbed and not one["codes"]:
            why = "runs no Python code of the package"
        if why is not None:
            self._why[number] = why

    def _child(self, work, seconds, want_native=False):
        """Runs work(link) in a silent child; (End, what C code said on stderr)."""
        with tempfile.TemporaryFile() as errors:
            def whole(link):
                lanes.silence(errors.fileno())
                work(link)
            end = isolate.run(whole, seconds, stall=STALL, want_native=want_native, tick=self._report.tick)
            errors.seek(0)
            return end, errors.read(4000).decode("utf-8", "replace")

    # -- together ----------------------------------------------------------------

    def _play_all(self, plays):
        """Plays as many in one child as its time allows; a crash costs the play that it was in."""
        for play in plays:
            self._fill(play)
        while plays and self._left() > 0:
            batch = plays[:1 if plays[0].once else MOST_IN_CHILD]
            plays = plays[self._play_batch(batch):]

    def _fill(self, play):
        known = [self._known[number] for number in play.lanes]
        play.patience = max(PATIENCE, 30 * max(one.get("seconds", 0) for one in known))
        play.quick = frozenset(one["at"] for one in known if one.get("quick"))
        if self._job.control != "none":
            play.arm = self._job.control

    def _play_batch(self, batch):
        """Plays the first of them in one child; how many are done with."""
        end, said = self._run_plays(batch)
        results = [one for one in end.sent if "at" in one]
        for play, result in zip(batch, results):
            self._take_result(play, result)
        if ends.over(end):
            return len(results)
        at = int(end.unit) if end.unit.isdigit() else 0
        if len(results) <= at < len(batch):
            self._take_end(*self._who(batch[:at + 1], end, said))
        return max(at + 1, len(results))

    def _who(self, batch, end, said):
        """(play, end, what it said) of the play to blame for an end of the last one.

        A crash outside every extension may be of memory that an earlier play of the child
        spoiled: the last one is to show it in a child of its own, or else one before it."""
        usual = batch[-1], end, said
        if end.how != "crash" or len(batch) == 1 or ends.in_extension(end):
            return usual
        for play in [batch[-1], *batch[-1:-2 - EARLIER:-1]]:
            if self._left() <= 0:
                break
            again = play.again(FOCUS_SECONDS)
            end, said = self._run_plays([again])
            if end.how == "crash":
                return again, end, said
        return usual

    def _run_plays(self, plays):
        """Native stacks are taken of what is no control, as long as gdb has not had its share."""
        seconds = min(BATCH_SECONDS, max(self._left(), 0))
        limit = seconds + max(play.seconds + play.patience for play in plays) + 2 * STALL + 10
        codes = self._codes_of(plays)
        want = plays[0].arm == self._usual_arm and self._stack_seconds < STACK_SHARE * self._job.stress_seconds
        end, said = self._child(
            lambda link: lanes.play(link, plays, self._cases, self._own, codes, self._job.stress_seed, seconds), limit, want)
        if end.native is not None:
            self._stack_seconds += GDB_SECONDS
        return end, said

    @property
    def _usual_arm(self):
        return self._job.control

    def _codes_of(self, plays):
        if not self._codes:
            return []
        used = {at for play in plays for number in play.lanes for at in self._known[number].get("codes", ()) if at >= 0}
        return [self._codes[at] for at in sorted(used)]

    def _take_result(self, play, result):
        self._count(play, bad=False)
        self._overlap.add(result["cpu"], result["wall"])
        self._played.update(play.lanes)
        self._parallel.update(play.lanes[lane] for lane in result["met"])
        failed = {}
        for lane, _, told in result["failed"]:
            failed.setdefault(play.lanes[lane], []).extend(told)
        for number, told in failed.items():
            for one in told[:lanes.MOST_TOLD]:
                self._take(play, number, self._finding(play, number, one["oracle"], title=ends.title_of(one), module=one["module"],
                                                       function=one["function"], python_stack=one["text"], frames=one["frames"]))

    def _take_end(self, play, end, said):
        """The child did not come to its end in this play."""
        self._count(play, bad=False)
        number = self._culprit(play, end)
        if end.phase != "play" or end.how not in ("crash", "hang") or end.how == "crash" and end.looking:
            self._why[number] = ends.unplayed(end)
            return
        self._parallel.update(play.lanes)
        told = ends.told_by(end, said, self._own)
        if end.how == "hang" and not told["module"] and not ends.in_extension(end):
            self._why[number] = "stands still in threads, outside the package"
            self._parallel.discard(number)
            return
        self._take(play, number, self._finding(play, number, ends.oracle_of(end, said), **told))

    def _culprit(self, play, end):
        """The test that the stacks speak of: the crashed thread's, or one that stands still."""
        for thread in blame.threads_of(end.python_stack):
            for number in dict.fromkeys(play.lanes):
                case = self._cases[number]
                if any(path == case.path and name == case.function for path, name in thread):
                    return number
        return play.lanes[0]

    # -- findings ----------------------------------------------------------------

    def _finding(self, play, number, oracle, **fields):
        unit = {"prefix": play.prefix, "tests": [self._cases[one].id for one in play.lanes], "seconds": play.seconds,
                "number": play.number, "once": play.once, "seed": self._job.stress_seed}
        return _report.Finding(f"{play.prefix}|{self._cases[number].id}", oracle, seconds=self._report.seconds(),
                               unit=json.dumps(unit, separators=(",", ":")), tests=[self._cases[number].id], **fields)

    def _take(self, play, number, finding):
        """Folds it into what is known; a new one gets its controls, and is sent."""
        self._bad[number] = self._bad.get(number, 0) + 1
        self._count_bad(play, number, finding)
        signature = _signature(finding)
        known = self._findings.get(finding.key)
        if known is None and finding.oracle != "test-outcome" and self._job.focus is None:
            known = self._findings.get(self._signatures.get(signature))
        if known is not None:
            known.add(finding)
            return
        self._findings[finding.key] = finding
        self._signatures[signature] = finding.key
        if self._job.focus is None and self._job.control == "none":
            self._report.finding(finding)
            self._controls(play, number, finding)
            if play.once and finding.oracle == "test-outcome":
                self._first_call(play, number, finding)
        self._report.finding(finding)

    def _controls(self, play, number, finding):
        """The same play with bodies one after the other, and under one lock. Hangs cost seconds,
        and of a test's outcome there are many: once each."""
        if self._control_seconds > 0.3 * self._job.stress_seconds:
            return
        for arm, counts in (("serial", finding.serial), ("locked", finding.locked)):
            for _ in range(CONTROL_PLAYS if play.once or finding.oracle not in ("hang", "deadlock", "test-outcome") else 1):
                if self._left() <= 0:
                    return
                before = self._report.left()
                control = play.under(arm)
                end, _ = self._run_plays([control])
                counts[1] += 1
                counts[0] += ends.is_bad(control, number, end)
                self._control_seconds += before - self._report.left()

    def _first_call(self, play, number, finding):
        """A test that fails in threads only as long as nothing of it was called before
        shares nothing of its own: a first call of the package went wrong."""
        if finding.serial[0] or finding.locked[0] or self._tries(play, number, "none", COLD_TRIES) != 1:
            return
        if self._tries(play, number, "warm", WARM_TRIES) != 0:
            return
        finding.become("wrong-result")
        finding.title = f"first calls from threads go wrong, later ones do not: {finding.title}"
        finding.module, finding.function = blame.first_own(self._cases[number].body, self._own)

    def _tries(self, play, number, arm, most):
        """In how many of so many tries the test failed; ends at the first."""
        for _ in range(most):
            if self._left() <= 0:
                return -1
            end, _ = self._run_plays([play.under(arm)])
            if ends.is_bad(play, number, end):
                return 1
        return 0

    # -- counts ------------------------------------------------------------------

    def _count(self, play, bad):
        self._plays += 1
        self._report.step(self._plays, self._cases[play.lanes[0]].id)
        if play.key is not None:
            self._focus[play.key][0] += 1

    def _count_bad(self, play, number, finding):
        counts = self._focus.get(play.key)
        if counts is None or (finding.key != play.key and finding.oracle not in ("signal", "abort", "refcount", "hang", "deadlock")):
            return
        if counts[2] is None:
            counts[2] = self._report.seconds()
        if getattr(play, "counted", False):
            return
        play.counted = True
        counts[1] += 1

    def _tell_end(self):
        for finding in self._findings.values():
            finding.tries = max(self._plays if self._job.focus is None else self._focus.get(finding.key, [0])[0], finding.events)
            self._report.finding(finding)
        for key, (tries, bad, first) in self._focus.items():
            self._report.played(key, tries, bad, first)
        reasons = {}
        for number in range(len(self._cases)):
            if number not in self._parallel:
                why = self._why.get(number, "over before another thread began" if number in self._played
                                    else "not reached in the time given")
                reasons[why] = reasons.get(why, 0) + 1
        self._report.coverage(of=len(self._cases), parallel=len(self._parallel), serialised=reasons, overlap=self._overlap.mean)


def _signature(finding):
    """Equal for events that very likely have one cause: the innermost native frames, or
    the exception and the function that it came from."""
    if finding.native_stack:
        return finding.oracle, *finding.frames[:3]
    return finding.oracle, finding.title.partition(":")[0], finding.module, finding.function
