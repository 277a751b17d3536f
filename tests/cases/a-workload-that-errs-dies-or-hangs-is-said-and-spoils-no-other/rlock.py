"""Dies."""
import os

SIZE = 1
prepare = int


def serial(size):
    os.abort()
