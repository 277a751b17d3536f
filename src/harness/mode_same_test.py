"""The mode "same-test": the same test in all threads at once."""
from .stress import shapes, test_mode


class Mode(test_mode.TestMode):
    """Its keys are "same-test|...", see stress/shapes.py."""

    prefix = "same-test"
    shape = shapes.SameTest
