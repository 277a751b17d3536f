"""What the modes that run tests in threads share: they let the runner collect, then take
over the running."""
from .. import mode_serial, part
from . import report as _report


class TestMode(mode_serial.Mode):
    """A subclass names its shape (shapes.py)."""

    __test__ = False
    prefix = ""
    shape = None

    def __init__(self, context):
        super().__init__(context)
        self._report = None

    @property
    def report(self):
        """Made when the stress work begins, for then its seconds begin."""
        if self._report is None:
            self._report = _report.Report(self.context)
        return self._report

    def pytest_plugins(self):
        return [part("stress.loop_pytest").Loop(self)]

    def prepare_suite(self, suite):
        return UnittestLoop(self, suite)

    def run(self, cases):
        """The whole stress work, on what was collected."""
        self.report.resume()
        job = self.context.job
        shape = self.shape(self.prefix, cases, job.threads, job.stress_seed)
        part("stress.campaign").Campaign(self.context, self.report, cases, shape).run()


class UnittestLoop:
    """Takes the place of the suite that unittest would run."""

    def __init__(self, mode, suite):
        self._mode, self._suite = mode, suite

    def run(self, _):
        from .. import suite_unittest
        from . import case_unittest
        paths = self._mode.context.paths
        self._mode.run([case_unittest.Case(case, suite_unittest.test_id(case), suite_unittest.file_of(case, paths))
                        for case in suite_unittest.cases(self._suite)])
