"""The mode "first-use": what is only done once, done by all threads at once.

Imports are tried in forks of a process that has not imported the package yet, first
calls in forks of one that has only collected its tests: as fresh as a new process, at a
hundredth of the price."""
from .stress import first_import, shapes, test_mode


class Mode(test_mode.TestMode):
    """Its keys are "first-use|import NAME" and "first-use|<test id>"."""

    prefix = "first-use"
    shape = shapes.FirstUse

    def before_imports(self):
        first_import.Imports(self.context, self.report).run()
        self.report.pause()
