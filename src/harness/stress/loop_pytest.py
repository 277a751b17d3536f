"""The pytest plugin that takes over the run loop once the tests are collected."""
import pytest

from .. import suite_pytest
from . import case_pytest


class Loop:
    """Hands the collected items to a mode."""

    def __init__(self, mode):
        self._mode = mode

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        if session.config.option.collectonly:
            return None
        harness = next(one for one in session.config.pluginmanager.get_plugins() if isinstance(one, suite_pytest.Harness))
        cases = []
        for item in session.items:
            file, test = harness.identify(item)
            cases.append(case_pytest.Case(item, test, file))
        self._mode.run(cases)
        return True
