"""Which tests a mode puts into its threads: the same one, different ones, or a first call."""
from . import team
from .campaign import Play


class Shape:
    """prefix of its keys; plays for a set of tests; the play for one key."""

    perturbed = False
    shortest = 0.002  # seconds of a play; it goes on until its bodies met

    def __init__(self, prefix, cases, threads, seed):
        self.prefix, self._cases, self._threads, self._seed = prefix, cases, threads, seed

    def test_of(self, key):
        """The test id in a key of this mode, or None."""
        head = self.prefix + "|"
        return key[len(head):] if key.startswith(head) else None

    @staticmethod
    def answered_before(_):
        """Whether a key is of another part of the mode, which tells of it."""
        return False

    def lanes_of(self, number):
        """A lane for each thread that may have the test."""
        most = self._cases[number].most_threads or self._threads
        return [number] * min(self._threads, most)

    def _same(self, number, seconds, turn, once=False):
        return Play(self.prefix, self.lanes_of(number), seconds, turn, once)


class SameTest(Shape):
    """The same test in all threads."""

    def plays(self, tests, _, seconds, turn):
        return [self._same(number, seconds, turn) for number in tests]

    def focused(self, _, number, __, seconds, turn):
        return self._same(number, seconds, turn)


class FirstUse(Shape):
    """The same test in all threads, once, in a process that has run no test yet."""

    @staticmethod
    def answered_before(key):
        return key.startswith("first-use|import ")

    def plays(self, tests, _, seconds, turn):
        return [self._same(number, seconds, turn, once=True) for number in tests]

    def focused(self, _, number, __, seconds, turn):
        return self._same(number, seconds, turn, once=True)


class Mixed(Shape):
    """Different tests at once, shuffled anew in each pass."""

    def plays(self, tests, fit, seconds, turn):
        """Each of `tests` once, the last group filled up from all that are fit."""
        rng = team.rng(self._seed, "mixed", turn, len(fit))
        waiting = [number for number in tests if not self._cases[number].most_threads]
        rng.shuffle(waiting)
        plays = []
        while waiting:
            group = self._compatible([], waiting, self._threads)
            waiting = [number for number in waiting if number not in group]
            others = [number for number in fit if number not in group and not self._cases[number].most_threads]
            rng.shuffle(others)
            group = self._compatible(group, others, self._threads)
            while len(group) < self._threads:
                group.append(rng.choice(group))
            plays.append(Play(self.prefix, group, 2 * seconds, turn))
        return plays

    def _compatible(self, group, tests, most):
        """Fills up with tests that need no other parameters of shared fixtures."""
        group, agreed = list(group), {}
        for number in group:
            agreed.update(self._cases[number].shared_key())
        for number in tests:
            key = self._cases[number].shared_key()
            if len(group) < most and all(agreed.get(name, index) == index for name, index in key.items()):
                group.append(number)
                agreed.update(key)
        return group

    def focused(self, _, number, fit, seconds, turn):
        """The test in a quarter of the threads or more, beside others: of its file first."""
        rng = team.rng(self._seed, "mixed", turn, self._cases[number].id)
        others = [one for one in fit if one != number]
        rng.shuffle(others)
        if turn % 2:
            others.sort(key=lambda one: self._cases[one].file != self._cases[number].file)
        own = [number] * max(1, self._threads // 4)
        group = self._compatible(own, others, self._threads)
        return Play(self.prefix, group + [number] * (self._threads - len(group)), seconds, turn)


class Perturbed(Shape):
    """The same test, or different ones, in turn, while sleeps are put between lines of the package."""

    perturbed = True
    shortest = 0.03  # a sleep between lines takes up to 0.002 s

    def __init__(self, prefix, cases, threads, seed):
        super().__init__(prefix, cases, threads, seed)
        self._kinds = [SameTest(f"{prefix}|same-test", cases, threads, seed), Mixed(f"{prefix}|mixed", cases, threads, seed)]

    def test_of(self, key):
        return next((test for test in (kind.test_of(key) for kind in self._kinds) if test is not None), None)

    def plays(self, tests, fit, seconds, turn):
        plays = self._kinds[turn % 2].plays(tests, fit, seconds, turn)
        for at, play in enumerate(plays):
            play.number = turn * 10_000 + at
        return plays

    def focused(self, key, number, fit, seconds, turn):
        kind = next(kind for kind in self._kinds if kind.test_of(key) is not None)
        play = kind.focused(key, number, fit, seconds, turn)
        play.number = turn
        return play
