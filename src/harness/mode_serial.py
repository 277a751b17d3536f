"""The mode "serial": each test once, one after the other, as the runner itself does it.

What a mode may change: the plugins that pytest gets besides the harness's own (a
stress mode takes over pytest_pyfunc_call), and the suite that unittest runs.
"""


class Mode:
    """The plain mode; others subclass it."""

    measures = False  # are the calls' times what it is for?

    def __init__(self, context):
        self.context = context

    def before_imports(self):
        """Called before anything of the package under test is imported."""

    def after_imports(self):
        """Called after these imports, before the runner's own."""

    def before_test(self):
        """Called before a test's set-up, and before its start is reported."""

    def after_test(self):
        """Called after the result of a test was sent."""

    def pytest_plugins(self):
        """Plugin objects for pytest.main besides the harness's own."""
        return []

    def prepare_suite(self, suite):
        """The unittest suite to run in place of the selected one."""
        return suite

    def after_suite(self):
        """Called when the runner has ended, before the last event."""
