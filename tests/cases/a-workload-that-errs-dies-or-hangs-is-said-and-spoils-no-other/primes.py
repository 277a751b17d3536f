"""Another result without the GIL."""
import sys

SIZE = 1
prepare = int


def serial(size):
    return str(sys._is_gil_enabled())


def threads(size, n):
    return str(sys._is_gil_enabled())
