"""High descriptor numbers, for what tests must not close by os.closerange(3, 100) and the like."""
import fcntl
import os

LOW = 128  # numbers below this are where tests close and count

_dup, _close = os.dup, os.close


def limit():
    """How many descriptors this process may have, at most 1024 of them counted."""
    try:
        return min(max(os.sysconf("SC_OPEN_MAX"), 64), 1024)
    except (OSError, ValueError):
        return 256


def dup_high(fd, below):
    """A close-on-exec copy of fd at a number below the limit by `below`; -1 if none."""
    for lowest in (limit() - below, 200, 32, 3):
        try:
            return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, max(lowest, 3))
        except (OSError, ValueError):
            continue
    return -1


def hide(fd):
    """Moves fd to two high close-on-exec numbers and closes fd itself; the numbers."""
    if fd < 0:
        return []
    found = [n for n in (dup_high(fd, 16), dup_high(fd, 300)) if n >= 0]
    try:
        _close(fd)
    except OSError:
        pass
    return found


class Occupied:
    """Holds the low numbers, so that what is opened meanwhile gets high ones: pytest
    keeps the files of its capture open for the whole run."""

    def __init__(self):
        self._held = []

    def take(self):
        if limit() < 4 * LOW:
            return
        try:
            fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            while fd < LOW:
                self._held.append(fd)
                fd = _dup(fd)
            _close(fd)
        except OSError:
            pass

    def give_back(self):
        while self._held:
            _close(self._held.pop())
