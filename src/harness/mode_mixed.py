"""The mode "mixed": different tests at once, shuffled by the seed."""
from .stress import shapes, test_mode


class Mode(test_mode.TestMode):
    """Its keys are "mixed|...", see stress/shapes.py."""

    prefix = "mixed"
    shape = shapes.Mixed
