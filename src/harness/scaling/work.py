"""Pieces of work that threads repeat: recorded operations, tests, and one that shares nothing at all.

A Work makes the calls of one thread. Everything in the loop belongs to that thread, so
that what threads contend for is the package's (or the interpreter's), not the harness's.
"""
import hashlib
import itertools
import random
import time

from ..stress import pool, values

MOST_UNITS = 12
MOST_OF_SUBJECT = 4        # operations of one type: the dozen is to reach several
MOST_CALLS = 5
HASHED = bytes(1 << 15)    # hashed without the GIL, long enough for its release to cost nothing

_clock = time.perf_counter


def looped(calls, repeats):
    """body(until) -> calls done: all calls in turn, the clock is asked every `repeats` rounds of them."""
    def body(until, clock=_clock, again=itertools.repeat):
        done = 0
        while True:
            for _ in again(None, repeats):
                for call in calls:
                    call()
            done += 1
            if clock() >= until:
                return done * repeats * len(calls)
    return body


def machine():
    """A call that uses a core and shares nothing, with and without the GIL: what the machine has to give."""
    data = bytearray(HASHED)
    return [lambda: hashlib.sha256(data)]


class Operations:
    """Some recorded operations of one name that read one object of a type."""

    def __init__(self, subject, label, receiver, ops):
        self.title = f"{subject.name}.{label}" if label.isidentifier() else f"{subject.name} {label}"
        self.key = f"scaling|{subject.name} {label}"
        self.object = subject.name
        self._tape, self._ops = receiver, ops
        self._builder = pool.Builder(fresh=True)

    def shared(self):
        """The object that all threads will use."""
        return self._builder.build(self._tape)

    def calls(self, shared=None):
        """The calling thread's own calls, on its own object or on the shared one."""
        receiver = self._builder.build(self._tape) if shared is None else shared
        return [one.prepare(values.Making(self._builder.build, receiver, fresh=True)) for one in self._ops]


class Calls:
    """Recorded calls of one function or class."""

    object = None

    def __init__(self, function, ops):
        self.title = function.name
        self.key = f"scaling|{function.name}"
        self._ops = ops
        self._builder = pool.Builder(fresh=True)

    def calls(self, _=None):
        return [one.prepare(values.Making(self._builder.build, fresh=True)) for one in self._ops]


class Test:
    """One test whose body can be repeated."""

    object = None

    def __init__(self, case):
        self.title, self.key = case.id, f"scaling|{case.id}"
        self._case = case

    def prepare(self):
        """What is of wider scope than a function, once in the process."""
        self._case.prepare()

    def calls(self, _=None):
        return [self._case.quick()]


def _of_subject(subject, counts, chance):
    """(recorded calls, Work) of operations that only read and give the same each time."""
    labels = [label for label in subject.usable if subject.stable.get(label) and label not in subject.mutators]
    labels.sort(key=lambda label: (-counts.get((subject.name, label), 0), label))
    tape = subject.tapes[chance.choice(subject.receivers)]
    for label in labels[:MOST_OF_SUBJECT]:
        ops = [subject.slots[label][at] for at in subject.stable[label][:MOST_CALLS]]
        yield counts.get((subject.name, label), 0), Operations(subject, label, tape, ops)


def choose(subjects, functions, counts, seed, focus=None):
    """The works: those with the most recorded calls, or those that `focus` names. The seed chooses receivers."""
    found = []
    for subject in subjects:
        if subject.receivers and not subject.common:
            found += _of_subject(subject, counts, random.Random(f"{seed}:{subject.name}"))
    for function in functions:
        ops = [function.operations[at] for at in function.stable[:MOST_CALLS]]
        if ops:
            found.append((counts.get((function.name, ""), 0), Calls(function, ops)))
    found.sort(key=lambda one: (-one[0], one[1].key))
    works = [work for _, work in found]
    return [work for work in works if work.key in focus] if focus is not None else works


def counts_of(recorder, name_of):
    """{(type or function, label): recorded calls}."""
    counts = {}
    for kind, slots in recorder.types.items():
        for label, slot in slots.items():
            counts[name_of(kind), label] = counts.get((name_of(kind), label), 0) + slot.count
    for name, slot in recorder.functions.items():
        counts[name, ""] = slot.count
    return counts
