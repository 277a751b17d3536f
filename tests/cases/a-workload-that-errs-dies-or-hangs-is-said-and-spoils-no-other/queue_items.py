"""Returns nothing."""
SIZE = 1
prepare = int


def serial(size):
    return None
