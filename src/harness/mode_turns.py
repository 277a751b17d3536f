"""The mode "turns", for measuring: as "serial", but this process and one of the other arm
run by turns, so that what the machine does meanwhile concerns both alike (turns.py).

What is timed runs on one processor, the same for both: two of them may differ in speed by
what their neighbours do, or by how they are made. Collection, which is not timed, runs on any."""
import os
import unittest

from . import mode_serial, turns


class Mode(mode_serial.Mode):
    """Waits before the imports and before each test."""

    measures = True

    def __init__(self, context):
        super().__init__(context)
        self._channel = turns.Channel(context.job.turn_fd, context.job.turn_first, context.events.ours)
        self._any = os.sched_getaffinity(0)
        self._one = {int(context.job.turn_cpu)} & self._any or self._any
        self._pinned = False

    def before_imports(self):
        self._channel.before_imports()
        self._run_on(self._one)

    def after_imports(self):
        self._run_on(self._any)
        self._channel.after_imports()

    @staticmethod
    def _run_on(processors):
        try:
            os.sched_setaffinity(0, processors)
        except OSError:
            pass  # it was taken away meanwhile

    def before_test(self):
        if not self._pinned:
            self._pinned = True
            self._run_on(self._one)
        self._channel.before_test()
        if self._channel.lost:
            self.context.stopping = True

    def after_test(self):
        self._channel.after_test()

    def prepare_suite(self, suite):
        """unittest makes and removes the fixtures of classes and modules between two tests:
        that is part of the turn. This step is the first that it takes there."""
        step = unittest.TestSuite._tearDownPreviousClass
        if not hasattr(step, "in_turn"):
            unittest.TestSuite._tearDownPreviousClass = self._in_turn(step)
        return suite

    def _in_turn(self, step):
        def tear_down_previous_class(suite, test, result):
            if test is not None:
                self.before_test()
            return step(suite, test, result)
        tear_down_previous_class.in_turn = True
        return tear_down_previous_class

    def after_suite(self):
        self._channel.done()
        self.context.events.send("turns", taken=self._channel.taken, lost=self._channel.lost)
