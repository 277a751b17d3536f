"""Whose race a report of ThreadSanitizer is: the racing pair, and the suppressions.

Each side of a race is named by its innermost frame that is not plumbing: not libc, not
the sanitizer's interposers, not allocator, reference count or evaluation loop of the
interpreter. A race is the package's when such a frame lies in its native code, or in
an interpreter function that the package called and that the documentation leaves to
the caller to lock. Else it is the interpreter's.
"""
import os
import re

_system = re.compile(r"/(lib(c|m|dl|pthread|rt|gcc_s|stdc\+\+|c\+\+|c\+\+abi)|ld-linux[^/]*)[-.0-9]*\.so[.0-9]*$|^\[|^$")
# Interpreter functions that only carry out what the frame outside of them asked for.
_plumbing = re.compile(
    r"^(_?Py_(Dealloc|DecRef|IncRef|MergeZeroLocalRefcount|DecRefShared(Debug)?|DecRefSharedIsDead|NewReference\w*)"
    r"|_?Py_(X?(INCREF|DECREF|NewRef)|CLEAR|SET_REFCNT|TryIncref\w*)|new_reference|_PyObject_(Init|GC_New|GC_Malloc|New)\w*"
    r"|Py(Object|Mem)_(Raw)?(Malloc|Calloc|Realloc|Free)|_Py(Mem|Object)_(Mi|Raw)?(Malloc|Calloc|Realloc|Free)\w*"
    r"|_?mi_\w+|_Py_atomic_\w+|gc_alloc|PyObject_GC_Del|_PyObject_ResurrectEnd\w*)$")
# Here the interpreter starts to run Python code: what is outside did not ask for what is inside.
_evaluation = re.compile(r"^(_PyEval_EvalFrameDefault|_PyEval_Vector|_PyEval_EvalFrame|PyEval_Eval\w+|_PyFunction_Vectorcall)$")
_origin = re.compile(r"^  (Thread|Mutex) ")  # headings of stacks that say nothing of the race
# The caller must see to it that nobody changes what these read or write.
UNSAFE_API = {"PyDict_Next", "_PyDict_Next", "PyTuple_SetItem", "_PyTuple_Resize", "_PyBytes_Resize", "PyUnicode_WriteChar",
              "PyUnicode_CopyCharacters", "PyUnicode_Fill"}
_kinds = ("race", "race_top", "pair")


class Suppressions:
    """Known races of the interpreter: CPython's own list, and ours for one version.

    `race:F`: F anywhere in a stack; `race_top:F`: innermost; `pair:F G`: innermost, one
    on each side. F is matched against whole names of interpreter functions, with * for
    any characters. Other kinds of the runtime (thread, deadlock, ...) mean nothing here."""

    def __init__(self, *texts):
        self._race, self._top, self._pairs = [], [], []
        for text in texts:
            for line in text.splitlines():
                self._add(line.strip())

    def _add(self, line):
        kind, colon, value = line.partition(":")
        if line.startswith("#") or not colon or kind not in _kinds:
            return
        patterns = [_pattern(word) for word in value.split()]
        if kind == "pair" and len(patterns) == 2:
            self._pairs.append(patterns)
        elif kind != "pair" and len(patterns) == 1:
            (self._race if kind == "race" else self._top).append(patterns[0])

    def __len__(self):
        return len(self._race) + len(self._top) + len(self._pairs)

    def hide(self, race):
        """Whether a Race that is no package's is a known one."""
        tops = [[f.function for f in side.interpreter] for side in race.sides]
        if any(p.match(names[0]) for names in tops if names for p in self._top):
            return True
        return any(p.match(name) for names in tops for name in names for p in self._race)

    def hide_pair(self, race):
        """Whether both sides are one known pair, also when the package's object holds one
        of them, as it does with functions that CPython's headers inline there."""
        if len(race.sides) != 2:
            return False
        names = [side.innermost.function if side.innermost and side.innermost_is_python else "" for side in race.sides]
        return any((a.match(names[0]) and b.match(names[1])) or (a.match(names[1]) and b.match(names[0]))
                   for a, b in self._pairs)


def _pattern(word):
    return re.compile("^" + re.escape(word.strip("^$")).replace(r"\*", ".*") + "$")


def load_suppressions(prefix, here, version):
    """CPython's own, kept below the prefix, and ours: tsan-X.Y.supp in the folder here."""
    texts = []
    for path in (os.path.join(prefix, "tsan-suppressions.txt"),
                 os.path.join(here, f"tsan-{version[0]}.{version[1]}.supp")):
        try:
            with open(path, encoding="utf-8", errors="replace") as f:
                texts.append(f.read(1 << 20))
        except OSError:
            pass
    return Suppressions(*texts)


class Objects:
    """Which objects are the interpreter's, and which hold instrumented native code."""

    def __init__(self, prefix, executable):
        self._prefix = os.path.realpath(prefix)
        self._program = os.path.realpath(executable)
        self._instrumented = {}

    def of_python(self, path):
        real = os.path.realpath(path)
        if real == self._program or re.match(r"libpython[^/]*$", os.path.basename(real)):
            return True
        return real.startswith(self._prefix + "/") and "/lib-dynload/" in real

    def header(self, source):
        """Whether a source place lies in the interpreter's own headers."""
        return os.path.realpath(source).startswith(os.path.join(self._prefix, "include") + "/")

    def instrumented(self, path):
        """Whether ThreadSanitizer sees what the code of an object does."""
        if path not in self._instrumented:
            try:
                with open(path, "rb") as f:
                    self._instrumented[path] = b"__tsan_func_entry" in f.read(512 << 20)
            except OSError:
                self._instrumented[path] = False
        return self._instrumented[path]


class Side:
    """One access, read from its innermost frame outwards to the evaluation loop."""

    def __init__(self, access, objects):
        self.what = access.what
        self.innermost = None           # Frame that names this side
        self.innermost_is_python = False
        self.package = None             # the package's frame that is responsible, or None
        self.interpreter = []           # interpreter frames, innermost first, without plumbing
        self._read(access.frames, objects)

    def _read(self, frames, objects):
        called = None  # the interpreter function that the next frame outwards called
        for frame in frames:
            python = objects.of_python(frame.path)
            inlined = not python and bool(frame.source) and objects.header(frame.source)
            if _system.search(frame.path) or (python and not frame.source):
                continue  # libc, or an interposer of the sanitizer
            if (python or inlined) and _plumbing.match(frame.function):
                continue
            if python and _evaluation.match(frame.function):
                self.innermost = self.innermost or frame
                self.innermost_is_python = self.innermost_is_python or self.innermost is frame
                return
            if self.innermost is None:
                self.innermost, self.innermost_is_python = frame, python or inlined
            if python or inlined:
                self.interpreter.append(frame)
                called = None if inlined else frame
            else:
                if (called is None or called.function in UNSAFE_API) and objects.instrumented(frame.path):
                    self.package = frame
                return

    @property
    def name(self):
        """"file:function" of this side; what the object's header inlined is named by who called it."""
        frame = self.package or self.innermost
        if frame is None:
            return "?"
        file = os.path.basename(frame.source.rpartition(":")[0]) or frame.object
        return f"{file}:{frame.function}"


class Race:
    """A report, judged."""

    def __init__(self, report, objects):
        self.report = report
        self.sides = [Side(access, objects) for access in report.accesses]
        self.package = next((side.package for side in self.sides if side.package), None)

    @property
    def key(self):
        names = sorted(side.name for side in self.sides)
        while len(names) < 2:
            names.append("?")
        return "tsan|" + "|".join(names)[:240]

    @property
    def frames(self):
        """The innermost telling frames, of the package first."""
        found = []
        for side in sorted(self.sides, key=lambda s: s.package is None):
            for frame in (side.package, side.innermost):
                if frame is not None and str(frame) not in found:
                    found.append(str(frame))
        return found[:8]

    def title(self):
        """One line with the source places of both sides."""
        parts = []
        for side in self.sides:
            frame = side.package or side.innermost
            place = f" ({_short(frame.source)})" if frame and frame.source else ""
            parts.append(f"{side.what} in {frame.function if frame else 'a stack that is lost'}{place}")
        place = re.match(r"global '[^']{1,80}'", self.report.place)
        what = f", {place.group()}" if place else ""
        return f"{self.report.kind}: {' against '.join(parts)}{what}"[:500]

    def text(self):
        """The report as a person reads it: its stacks up to where Python code calls, without
        those of where the threads were made."""
        lines, skip = [], False
        for line in self.report.lines:
            fields = line.split("\t")
            if len(fields) == 5 and not skip:
                skip = bool(_evaluation.match(fields[1]))
                lines.append(f"    {fields[0].strip()} {fields[1]} {_short(fields[2])}:{fields[3]} ({os.path.basename(fields[4])})")
            elif len(fields) != 5:
                skip = bool(_origin.match(line))
                lines += [line] if line.strip() and not skip else []
        return "\n".join(lines)[:16000]


def _short(source):
    """The last three parts of a path: folders of builds say nothing."""
    return "/".join(source.split("/")[-3:])
