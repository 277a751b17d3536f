"""Taking turns with the process of the other arm, test by test.

Both processes hold one end of a socket. What runs in turns is: the imports of the first,
of the second; then, when both have collected, test 1 of the first, tests 1 and 2 of the
second, tests 2 and 3 of the first, and so on: each test's two runs are neighbours in time,
and which of them comes first changes from test to test.

A turn is passed on by one byte, a counter: any other byte is not the other process's. The
end of the socket means that the other process is gone. Turns are then lost, which is
reported, and no new test is to start: the pair is of no use. After DONE the other has no
more tests, and the rest is run alone.

Nothing in this file raises into a test, and a forked child takes no part.
"""
import os

from . import descriptors

DONE = 255
COUNT = 251  # counters are below this

_read, _write, _fstat = os.read, os.write, os.fstat


class Channel:
    """This process's end. ours() is false in forked children."""

    def __init__(self, fd, first, ours):
        self._fds = descriptors.hide(fd)
        self._file = self._identity() if self._fds else None
        self._first = first
        self._ours = ours
        self._sent = self._got = 0
        self._holding = False
        self._begun = self._alone = False
        self._left = 0
        self.taken = 0
        self.lost = None if self._fds else "no channel"

    # -- the course ------------------------------------------------------------

    def before_imports(self):
        """Returns when this process may import: the first, once the second is there."""
        if not self._first:
            self._send()
        self._wait()

    def after_imports(self):
        """The first returns when the second has imported, too: then both collect."""
        self._send()
        if self._first:
            self._wait()

    def before_test(self):
        """Returns when it is this process's turn; at once while it lasts."""
        if self._holding or not self._ours():
            return
        self._left = 2
        if not self._begun:
            self._begun = True
            if self._first:
                self._left = 1
            else:
                self._send()
        self._wait()
        self._holding = True

    def after_test(self):
        """A test is over, its tear-down included."""
        if not self._holding or not self._ours():
            return
        self.taken += 1
        self._left -= 1
        if self._left <= 0:
            self._holding = False
            self._send()

    def done(self):
        """No more tests here. Returns when the other says so too, or is gone: its last test
        is not disturbed, and it never writes to a socket without a reader."""
        if self.lost or not self._ours():
            return
        self._put(DONE)
        while not self._alone and not self.lost:
            number = self._get()
            self._alone = number == DONE
            if number < 0:
                return

    # -- bytes -------------------------------------------------------------------

    def _identity(self):
        status = _fstat(self._fds[0])
        return status.st_dev, status.st_ino

    def _open(self):
        """The descriptor, or -1: a test may have closed it, or put another file there."""
        while self._fds:
            try:
                if self._identity() == self._file:
                    return self._fds[0]
            except OSError:
                pass
            del self._fds[0]
        return -1

    def _send(self):
        if self._alone or self.lost:
            return
        self._put(self._sent)
        self._sent = (self._sent + 1) % COUNT

    def _put(self, number):
        for _ in range(1000):
            fd = self._open()
            if fd < 0:
                break
            try:
                _write(fd, bytes([number]))
                return
            except OSError:
                break  # the other is gone
            except BaseException:
                continue  # a signal handler of a test
        self._lose("the channel was closed")

    def _wait(self):
        if self._alone or self.lost:
            return
        number = self._get()
        if number == DONE:
            self._alone = True
        elif number != self._got:
            self._lose("the other process ended" if number < 0 else "a byte that was not the other process's")
        self._got = (self._got + 1) % COUNT

    def _get(self):
        """The next byte; -1: none will come."""
        for _ in range(1000):
            fd = self._open()
            if fd < 0:
                return -1
            try:
                data = _read(fd, 1)
                return data[0] if data else -1
            except OSError:
                return -1
            except BaseException:
                continue
        return -1

    def _lose(self, why):
        self.lost = self.lost or why
