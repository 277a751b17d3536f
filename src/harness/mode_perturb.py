"""The mode "perturb": tests in threads while sleeps are put between lines of the package's own Python code."""
from .stress import shapes, test_mode


class Mode(test_mode.TestMode):
    """Its keys are "perturb|...", see stress/shapes.py."""

    prefix = "perturb"
    shape = shapes.Perturbed
