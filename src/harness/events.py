"""The event writer: whole JSON lines on a descriptor that tests can hardly hurt.

Everything that a test could replace (os.write, json, time) is taken here, when
the harness starts. Nothing in this file raises into a test: an event that cannot
be written is dropped, and the tool sees the gap.
"""
import hashlib
import os
import re
import sys
import _thread

from . import descriptors

try:
    from _json import encode_basestring_ascii as quote
except ImportError:
    from json.encoder import py_encode_basestring_ascii as quote

MAX_LINE = 65536
MAX_ID = 1900
MAX_MESSAGE = 1000
MAX_STACK = 16384
IDS_PER_LINE = 200

_write, _getpid, _fstat = os.write, os.getpid, os.fstat
_setlimit, _getlimit = sys.setrecursionlimit, sys.getrecursionlimit
_sha256 = hashlib.sha256
_inf = float("inf")
_bad_in_text = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]").sub
_bad_in_line = re.compile("[\x00-\x1f\x7f\ud800-\udfff]").sub


def _escape(match):
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def clean_id(text):
    """A test id on one line, without control characters, of bounded length."""
    text = str(text)
    if not text.isprintable():
        text = _bad_in_line(_escape, text)
    if len(text) > MAX_ID:
        digest = _sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
        text = f"{text[:MAX_ID - 17]}~{digest[:16]}"
    return text


def clean_text(text, limit):
    """Text (lines kept) that every JSON reader takes, cut to its encoded size."""
    text = _bad_in_text(_escape, str(text)[:limit])
    while len(quote(text)) > limit + 2:
        text = text[:len(text) * limit // len(quote(text))]
    return text


def encode(value):
    """JSON for what events hold: strings, numbers, booleans, null, lists, dicts with
    string keys. A float that JSON has no word for becomes null."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value) if -_inf < value < _inf else "null"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([encode(v) for v in value]) + "]"
    if isinstance(value, dict):
        return "{" + ",".join([f"{encode(str(k))}:{encode(v)}" for k, v in value.items()]) + "}"
    if isinstance(value, str) and str.isprintable(value):
        return quote(value)
    return quote(_bad_in_text(_escape, str(value)))


class Writer:
    """Sends events; silent in any process but the one that made it."""

    def __init__(self, fd, token):
        self._token = quote(token)
        self._lock = _thread.allocate_lock()
        self._pid = _getpid()
        self._sequence = 0
        self._fds = descriptors.hide(fd)
        self._file = _identity(self._fds[0]) if self._fds else None

    @property
    def pid(self):
        return self._pid

    def ours(self):
        """False in a child that a test forked off."""
        return _getpid() == self._pid

    def send(self, kind, /, **fields):
        """Writes one event. Never raises; False when it could not be written."""
        if not self._fds or _getpid() != self._pid:
            return False
        try:
            return self._send(kind, fields)
        except RecursionError:
            return self._with_room(kind, fields)
        except BaseException:
            return False

    def _with_room(self, kind, fields):
        """A test left a tiny recursion limit behind: lift it for one event."""
        try:
            limit = _getlimit()
            _setlimit(limit + 500)
            try:
                return self._send(kind, fields)
            finally:
                _setlimit(limit)
        except BaseException:
            return False

    def _send(self, kind, fields):
        for name in ("message", "error"):
            if fields.get(name) is not None:
                fields[name] = clean_text(fields[name], MAX_MESSAGE)
        body = "".join([f',{quote(k)}:{encode(v)}' for k, v in fields.items()])
        # A signal handler of a test may raise while the lock is waited for; a
        # lock that is never given back costs one event, not the run.
        locked = self._lock.acquire(True, 5)
        try:
            line = f'{{"k":{self._token},"n":{self._sequence + 1},"e":"{kind}"{body}}}\n'
            data = line.encode("ascii")
            if len(data) > MAX_LINE or not self._put(data):
                return False
            self._sequence += 1
            return True
        finally:
            if locked:
                self._lock.release()

    def _put(self, data):
        """Writes the whole line; moves to the spare descriptor when a test closed one."""
        while self._fds:
            fd = self._fds[0]
            try:
                if _identity(fd) != self._file:
                    raise OSError
                return self._put_on(fd, data)
            except OSError:
                del self._fds[0]
        return False

    @staticmethod
    def _put_on(fd, data):
        rest = memoryview(data)
        for _ in range(1000):
            try:
                rest = rest[_write(fd, rest):]
            except OSError:
                raise
            except BaseException:
                # Raised by a signal handler: was it written? Send the whole line
                # again on a line of its own; the reader drops a repeated number.
                rest = memoryview(b"\n" + data)
            if not rest:
                return True
        return False

    def send_ids(self, ids):
        """The selected ids in order, in lines below the size limit."""
        chunk, size = [], 0
        for one in ids:
            length = len(encode(one)) + 1
            if chunk and (len(chunk) == IDS_PER_LINE or size + length > MAX_LINE - 256):
                self.send("ids", ids=chunk)
                chunk, size = [], 0
            chunk.append(one)
            size += length
        if chunk:
            self.send("ids", ids=chunk)


def _identity(fd):
    status = _fstat(fd)
    return status.st_dev, status.st_ino
