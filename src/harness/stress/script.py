"""Standalone reproducers: a unit as a script that needs neither the suite nor this tool.

The recorded operations are printed as source, the script is run in fresh processes,
and whatever can go without the failure going goes: threads, operations, set-up, long
arguments. What cannot be printed (closures, objects of the tests) makes a script
impossible; that is said, with the reason.

A script ends with 0 when nothing happened in its seconds, 1 when its check failed, 3
when its threads stood still, and by the signal when it crashed.
"""
import hashlib
import importlib.metadata
import os
import subprocess
import sys
import time

from . import pool, values
from .play import Player

RUN_SECONDS = 5            # what a script may take to fail, while it is made smaller
JOIN_SECONDS = 5           # threads that do not end by then stand still
FINAL_RUNS = 5
MEMORY = ("signal", "abort", "refcount", "hang", "deadlock")
SEEDS = 6                  # choices of material that are tried

_now = time.monotonic

_HEAD = '''\
"""{title}

{versions}
On the free-threaded build run it with PYTHON_GIL=0; it fails in {bad} of {tries} runs within {seconds} s there.
Made by migrate-check from recorded test calls; reduced to {threads} threads and {count}.
"""
import sys
import threading
import time
{imports}
THREADS = {threads}
LOOPS = {loops}
SECONDS = {seconds}

'''

_FRESH = '''
def fresh(value):
    """An equal object that nothing else holds."""
    return value[:1] + value[1:]

'''

_FINISH = '''
def finish(steps):
    """Drives a coroutine that waits for nothing to its end."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value

'''

_TAIL = '''
def in_threads(shared):
    """Every thread does its part LOOPS times, all at once."""
    barrier = threading.Barrier(THREADS)
    threads = [threading.Thread(target=work, args=(shared, number, barrier), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join({join})
        if thread.is_alive():
            fail("the threads stand still", 3)


def fail(text, code=1):
    print(text, file=sys.stderr, flush=True)
    import os
    os._exit(code)


def main():
{before}    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        shared = build()
        in_threads(shared)
{after}    print("nothing happened in", SECONDS, "s")


main()
'''


class Part:
    """One thing that threads do, as source: an expression or a statement on `shared`."""

    def __init__(self, label, text, statement, role):
        self.label, self.text, self.statement, self.role = label, text, statement, role


class Spec:
    """What a script does; made smaller step by step."""

    def __init__(self, unit, finding, seed, threads):
        self.finding, self.unit, self.seed = finding, unit, seed
        self.threads, self.loops = threads, 200
        self.imports, self.build, self.parts = set(), [], []
        self.fresh = False
        self.observer = None
        self.private = unit.strategy == "private"

    def copy(self, **changes):
        twin = Spec(self.unit, self.finding, self.seed, self.threads)
        twin.__dict__.update(self.__dict__)
        twin.__dict__.update(changes)
        return twin

    # -- text ----------------------------------------------------------------------

    def text(self, seconds, bad=0, tries=0):
        count = f"{len(self.parts)} operation{'s' if len(self.parts) != 1 else ''}"
        modules = sorted({name.partition(".")[0] if name.count(".") == 0 else name for name in self.imports})
        imports = "".join(f"import {name}\n" for name in modules)
        head = _HEAD.format(title=_one_line(self.finding.title), versions=versions(modules), bad=bad, tries=tries, seconds=seconds,
                            threads=self.threads, count=count, imports=f"\n{imports}" if imports else "", loops=self.loops)
        body = self._bodies()
        before, after = self._checks()
        return head + (_FRESH if self.fresh else "") + (_FINISH if "finish(" in body else "") + body + _TAIL.format(join=JOIN_SECONDS, before=before, after=after)

    def _bodies(self):
        lines = ["", "def build():"]
        lines += [f"    {line}" for line in self.build] + ["    return shared" if self.build else "    return None", "", ""]
        roles = sorted({part.role for part in self.parts})
        for role in roles:
            lines.append(f"def part_{role}(shared):")
            for part in [one for one in self.parts if one.role == role]:
                lines += self._part_lines(part)
            lines += ["", ""]
        lines.append(f"PARTS = [{', '.join(f'part_{role}' for role in roles)}]")
        lines += ["", "", "def work(shared, number, barrier):", "    part = PARTS[number % len(PARTS)]", "    barrier.wait()",
                  "    for _ in range(LOOPS):"]
        lines.append("        part(build())" if self.private else "        part(shared)")
        return "\n".join(lines) + "\n\n"

    def _part_lines(self, part):
        oracle = self.finding.oracle
        if oracle == "wrong-result" and not part.statement:
            return [f"    check({part.label!r}, {part.text})"]
        if oracle in ("exception", "system-error"):
            wanted = self.finding.title.partition(":")[0].split(" ")[0]
            return ["    try:", f"        {part.text}", "    except Exception as error:",
                    f"        if type(error).__name__ == {wanted!r}:", "            import traceback",
                    "            fail(''.join(traceback.format_exception(error)))"]
        return ["    try:", f"        {part.text}", "    except Exception:", "        pass"]

    def _checks(self):
        oracle = self.finding.oracle
        if oracle == "lost-update" and self.observer:
            before = ("    shared = build()\n    for number in range(THREADS):\n        for _ in range(LOOPS):\n"
                      "            PARTS[number % len(PARTS)](shared)\n"
                      f"    expected = repr({self.observer})\n")
            after = (f"        if repr({self.observer}) != expected:\n"
                     f"            fail(f\"{{{self.observer}!r:.200}} instead of {{expected:.200}}\")\n")
            return before, after
        if oracle == "wrong-result":
            return "    for part in PARTS:\n        part(build())\n    EXPECTED_KNOWN.set()\n", ""
        return "", ""

    @property
    def check_function(self):
        return ('\nEXPECTED = {}\nEXPECTED_KNOWN = threading.Event()\n\n\ndef check(name, value):\n'
                '    """The first call of each kind, alone, says what is right."""\n'
                '    text = repr(value)\n    if not EXPECTED_KNOWN.is_set():\n        EXPECTED[name] = text\n'
                '    elif EXPECTED.get(name) != text:\n'
                '        fail(f"{name} gave {text:.200} instead of {EXPECTED.get(name)!s:.200}")\n\n')

    def whole(self, seconds, bad=0, tries=0):
        text = self.text(seconds, bad, tries)
        if self.finding.oracle == "wrong-result":
            text = text.replace("\ndef build():", self.check_function + "\ndef build():", 1)
        return text


def _one_line(text):
    return " ".join(str(text).split()).replace('"""', "'''").replace("\\", "\\\\")


def versions(modules):
    """`CPython 3.13.15 free-threaded; multidict 6.8.0` of what the script imports."""
    threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    names = [f"CPython {sys.version.split()[0]}{' free-threaded' if threaded else ''}"]
    for dist in sorted({dist for module in modules for dist in importlib.metadata.packages_distributions().get(module.partition(".")[0], [])}):
        names.append(f"{dist} {importlib.metadata.version(dist)}")
    return "; ".join(names) + "."


class Printing(values.Printing):
    """Prints literals as fresh objects where that is what the finding needs."""

    def __init__(self, fresh, amplify):
        super().__init__()
        self.fresh, self.amplify = fresh, amplify

    def literal(self, value):
        if self.amplify and type(value) in (str, bytes) and 2 <= len(value) < values.LONG:
            text = f"{value!r} * {values.LONG // len(value)}"
            return f"fresh({text})" if self.fresh else f"({text})"
        text = super().literal(value)
        return f"fresh({text})" if self.fresh and type(value) in (str, bytes) and len(value) > 1 else text


def spec_of(unit, finding, seed, threads, fresh):
    """The unit with this seed as a Spec; NotPrintable where it has no source."""
    player = Player(unit, None, threads, seed)
    player.choose()
    spec = Spec(unit, finding, seed, threads)
    spec.fresh = fresh
    printing = Printing(fresh, player.amplified)
    if unit.subject is not None:
        if player.tape.recipe is None:
            raise values.NotPrintable(f"nothing recorded made the {unit.subject.name}")
        made = player.tape.recipe.source(printing)
        if player.crossing is not None:
            made = player.crossing.source(made, printing)
            printing.receiver = "shared[0]"
        spec.build.append(f"shared = {made}")
        for operation in player.tape.operations[:player.steps]:
            spec.build += _setup_line(operation, printing)
    seen = set()
    for thread, operations in enumerate(player.programs):
        role = thread % 2 if unit.strategy in ("pair", "cross", "kin") else 0
        if player.crossing is not None:
            own = thread % 2 if player.crossing.second else 0
            printing.receiver = f"shared[{own}]"
            if unit.strategy == "cross":
                printing.stand_in(player.crossing.tape, f"shared[{1 - own}]")
        for label, operation in operations:
            spec.parts += _part(label, operation, role, printing, seen, fresh)
    if not spec.parts:
        raise values.NotPrintable("none of its operations has a source text")
    spec.imports = printing.imports
    spec.observer = _observer(unit, finding)
    return spec


def _setup_line(operation, printing):
    try:
        text = operation.source(printing)
    except values.NotPrintable:
        return []
    return ["try:", f"    {text}", "except Exception:", "    pass"] if operation.raised else [text]


def _part(label, operation, role, printing, seen, fresh):
    try:
        if fresh and operation.kind == "operator" and operation.name in ("setattr", "setitem") and isinstance(
                operation.arguments[2], values.Live):
            text = operation._operator_source([operation.arguments[0].source(printing), operation.arguments[1].source(printing), "[]"])
        else:
            text = operation.source(printing)
    except values.NotPrintable:
        return []
    if (role, text) in seen:
        return []
    seen.add((role, text))
    return [Part(f"{label} {len(seen)}", text, operation.is_statement, role)]


def _observer(unit, finding):
    """Source of the observation that a lost update was seen by."""
    if finding.oracle != "lost-update" or unit.subject is None:
        return None
    name = finding.title.partition("`")[2].partition("`")[0]
    plain = {"len()": "len(shared)", "list()": "list(shared)", "repr()": "repr(shared)", "bytes()": "bytes(shared)",
             "vars()": "vars(shared)"}.get(name)
    if plain or name not in unit.subject.slots:
        return plain
    return unit.subject.slots[name][0].source(values.Printing())


# -- running ------------------------------------------------------------------------

class Runner:
    """Runs scripts in fresh processes of this interpreter."""

    def __init__(self, oracle, report, seconds):
        self._oracle, self._report = oracle, report
        self._until = _now() + seconds
        self.runs = 0
        self._folder = os.environ.get("TMPDIR") or "/tmp"

    @property
    def left(self):
        return self._until - _now()

    def fails(self, text, seconds):
        """Whether the script fails as the finding says."""
        path = os.path.join(self._folder, f"script-{os.getpid()}.py")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        self.runs += 1
        process = subprocess.Popen([sys.executable, "-P", path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, cwd=self._folder)
        until = _now() + seconds + 2 * JOIN_SECONDS
        while process.poll() is None and _now() < until:
            self._report.tick()
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
            process.wait()
            return self._oracle in MEMORY
        code = process.returncode
        if code < 0 and -code not in (9, 15):
            return True
        return code == 3 if self._oracle in MEMORY else code == 1


def _smaller(spec):
    """Specs with something left out, the boldest first."""
    if spec.threads > 2:
        yield spec.copy(threads=2)
        yield spec.copy(threads=spec.threads - 1)
    if len(spec.parts) > 2:
        half = len(spec.parts) // 2
        yield spec.copy(parts=spec.parts[:half])
        yield spec.copy(parts=spec.parts[half:])
    if len(spec.parts) > 1:
        for at in range(len(spec.parts)):
            yield spec.copy(parts=spec.parts[:at] + spec.parts[at + 1:])
    if len(spec.build) > 1:
        yield spec.copy(build=spec.build[:1])
        half = 1 + len(spec.build) // 2
        yield spec.copy(build=spec.build[:half])


def minimise(spec, runner):
    """The smallest spec that still fails, as far as the seconds go."""
    again = True
    while again and runner.left > 2 * RUN_SECONDS:
        again = False
        for smaller in _smaller(spec):
            if runner.left < RUN_SECONDS:
                return spec
            try:
                text = smaller.whole(RUN_SECONDS)
                compile(text, "script", "exec")
            except (SyntaxError, ValueError):
                continue
            if any(runner.fails(text, RUN_SECONDS) for _ in range(2)):
                spec, again = smaller, True
                break
    return spec


def _first_that_fails(unit, finding, seeds, threads, runner):
    """(spec, reason): the first choice of material whose script fails."""
    reason = "no choice of recorded material failed as a script"
    for seed in seeds:
        for fresh in (False, True):
            if runner.left < RUN_SECONDS:
                return None, reason
            try:
                spec = spec_of(unit, finding, seed, threads, fresh)
                text = spec.whole(RUN_SECONDS)
                compile(text, "script", "exec")
            except (values.NotPrintable, pool.Unbuildable) as error:
                reason = str(error)
                break
            except (SyntaxError, ValueError):
                continue
            if runner.fails(text, RUN_SECONDS):
                return spec, ""
    return None, reason


def write(context, report, unit, finding, seed, seconds):
    """Writes the smallest script that still fails into out_dir and says how often it does."""
    job = context.job
    runner = Runner(finding.oracle, report, seconds)
    report.phase("minimise", 0, unit.title())
    if job.out_dir is None or unit.strategy == "walk":
        return
    seeds = [seed] + [f"script:{number}" for number in range(SEEDS)]
    spec, reason = _first_that_fails(unit, finding, seeds, job.threads, runner)
    name = f"script-{hashlib.sha256(unit.key.encode()).hexdigest()[:12]}.py"
    if spec is None:
        report.script(unit.key, "", [0, runner.runs], job.threads, f"no script: {reason}")
        return
    spec = minimise(spec, runner)
    bad = tries = 0
    while tries < FINAL_RUNS and (tries == 0 or runner.left > 0):
        bad += runner.fails(spec.whole(RUN_SECONDS), RUN_SECONDS)
        tries += 1
    with open(os.path.join(job.out_dir, name), "w", encoding="utf-8") as f:
        f.write(spec.whole(RUN_SECONDS, bad, tries))
    report.script(unit.key, name, [bad, tries], spec.threads,
                  f"{spec.threads} threads, {len(spec.parts)} operations, tried {runner.runs} times")
