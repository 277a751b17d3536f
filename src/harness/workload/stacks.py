"""Where all threads stand: their innermost Python frames, or what stands for these.

Under the GIL a frame of another thread does not move while it is looked at. Without it the frame's
thread goes on, and to follow f_back then reads memory that is another's by now (a generator's frame,
whose caller changes with each step, ends the process). So there the interpreter itself writes all
stacks down while all threads are halted (faulthandler; it halts them since 3.13.2), and the text
becomes a chain of objects that look like frames: f_code, f_back and f_lineno, no names and no values.
"""
import faulthandler
import os
import re
import sys
import types
import typing

_frames, _dump = sys._current_frames, faulthandler.dump_traceback
_memory, _read, _close = os.memfd_create, os.pread, os.close
_THREAD = re.compile(rb"^(?:Current t|T)hread 0x([0-9a-f]+)")
_PLACE = re.compile(rb'^  File "(.*)", line (\d+) in (.*)$', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
MOST_TEXT = 4 << 20
MOST_PLACES = 100_000


class Unknown(typing.NamedTuple):
    """What is read of a code object, where that is not known itself."""

    co_filename: str
    co_name: str
    co_qualname: str
    co_firstlineno: int


class Codes:
    """The code objects of what has been loaded, found by file, name and line."""

    def __init__(self):
        self._roots = {}        # file: code of modules, functions, exec()
        self._inner = {}        # file: (how many roots were looked through, {name: [(lines, code)]})
        self._unknown = {}      # (file, name): what stands for it

    def add(self, code):
        """Code that runs, or is about to; what is defined in it is found too."""
        if isinstance(code, types.CodeType):
            self._roots.setdefault(code.co_filename, []).append(code)

    def add_loaded(self):
        """The functions of the modules that are there."""
        for module in list(sys.modules.values()):
            for value in list(getattr(module, "__dict__", {}).values()):
                inside = list(value.__dict__.values()) if type(value) is type else [value]
                for one in inside:
                    if type(one) is types.FunctionType:
                        self.add(one.__code__)

    def find(self, file, name, line):
        """The smallest such code; for an unknown one, the same of all lines, what looks like it."""
        found = [(len(lines), i, code) for i, (lines, code) in enumerate(self._of(file).get(name, ())) if line in lines]
        if found:
            return min(found)[2]
        return self._unknown.setdefault((file, name), Unknown(file, name, name, line))

    def _of(self, file):
        roots = self._roots.get(file, ())
        done, names = self._inner.get(file, (0, {}))
        for root in roots[done:]:
            todo = [root]
            while todo:
                code = todo.pop()
                lines = {line for _, _, line in code.co_lines() if line}
                names.setdefault(code.co_name, []).append((lines, code))
                todo += [one for one in code.co_consts if isinstance(one, types.CodeType)]
        self._inner[file] = len(roots), names
        return names


class Standing:
    """One place of a stack that was written down, in the shape of a frame."""

    __slots__ = ("f_code", "f_lineno", "f_back")
    f_lasti = -1

    def __init__(self, code, line):
        self.f_code, self.f_lineno, self.f_back = code, line, None


class Written:
    """Stacks as faulthandler writes them: at most a hundred threads, a hundred frames of each."""

    def __init__(self):
        self.codes = Codes()
        self._known = {}        # line of text: (code, line)

    def start(self):
        """Follows from here on what code is loaded."""
        self.codes.add_loaded()
        sys.addaudithook(self._audit)

    def _audit(self, event, args):
        if event == "exec" and args:
            self.codes.add(args[0])

    def take(self):
        """{thread identifier: innermost place}"""
        file = _memory("stacks")    # anew each time: the program may close what it did not open, and reuse the number
        try:
            _dump(file, all_threads=True)
            return self.read(_read(file, MOST_TEXT, 0))
        finally:
            _close(file)

    def read(self, text):
        """The same, from what faulthandler has written."""
        found, ident, last = {}, None, None
        for line in text.split(b"\n"):
            head = _THREAD.match(line)
            if head:
                ident, last = int(head[1], 16), None
                continue
            place = self._place(line) if ident is not None else None
            if place is None:
                continue
            if last is None:
                found[ident] = place
            else:
                last.f_back = place
            last = place
        return found

    def _place(self, text):
        known = self._known.get(text)
        if known is None:
            parts = _PLACE.match(text)
            if parts is None:
                return None
            if len(self._known) > MOST_PLACES:
                self._known.clear()
            line = int(parts[2])
            known = self._known[text] = self.codes.find(_plain(parts[1]), _plain(parts[3]), line), line
        return Standing(*known)


def _plain(text):
    return _ESCAPE.sub(lambda m: chr(int(m[1] or m[2] or m[3], 16)), text.decode("ascii", "replace"))


class Frames:
    """Stacks of a process that has its GIL."""

    def start(self):
        """Nothing to prepare."""

    take = staticmethod(_frames)


class Unseen:
    """No stacks: this interpreter cannot halt its threads for it."""

    def start(self):
        """Nothing to prepare."""

    @staticmethod
    def take():
        return {}


def reader(gil):
    """What reads the stacks of this process; gil: its state at the start (None: it cannot be without)."""
    if gil is not False:
        return Frames()
    return Written() if sys.version_info >= (3, 13, 2) else Unseen()
