"""Loses one step where there are threads."""
SIZE = 800_000
prepare = int
expected = str


def serial(size):
    return str(size)


def threads(size, n):
    return str(size - 1)
