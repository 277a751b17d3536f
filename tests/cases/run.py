#!/usr/bin/env python3
"""Run end-to-end cases: the real program on fixture packages from a local index.

    run.py [-j N] [-k] [-v] [CASE...]     all cases without names; names may be parts of names

README.md in this folder says what a case is. Each case has an index, a HOME, a
cache and a store of its own below one temporary folder; the interpreters and uv
are those that the tool has installed ($MIGRATE_CHECK_DATA). The program is
$MIGRATE_CHECK, else ./migrate-check. One line per case; the last line is
"N passed, N failed". -k keeps the temporary folder, -v prints what runs print.
Exit 77 (skipped, for automake) when there is no interpreter pair.
"""

import argparse
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source tree may be read-only, and is what is distributed
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "fixtures")]

import expect  # noqa: E402
import make_index  # noqa: E402
import odd_files  # noqa: E402

SECONDS = 300  # the longest that one run of the program may take
CASE_KEYS = {"about", "needs", "can", "setup", "files", "git", "index", "args", "env", "exit", "expect", "then", "seconds", "signal",
             "before", "after", "wrap", "beside", "own_files", "program", "measures"}
OTHER_COMMANDS = {"show", "report", "reproduce", "log", "explain", "python", "clean", "tools", "workload", "bench"}
INDEX_SERVER = os.path.join(ROOT, "fixtures", "index_server.py")
GIT_SERVER = os.path.join(ROOT, "tests", "unit", "data", "git_server.py")


class Setting:
    """What all cases share: program, interpreters, files of the index."""

    def __init__(self, program, work):
        self.program = os.path.abspath(program)
        self.work = work
        data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
        self.data = os.environ.get("MIGRATE_CHECK_DATA") or os.path.join(data, "migrate-check")
        self.gil, self.ft = self.find_pair()
        self.files = os.path.join(work, "files")
        self.odd = os.path.join(work, "odd")

    def find_pair(self):
        """(GIL interpreter, free-threaded one) of one version in the tool's own folder, or Nones."""
        env = dict(os.environ, MIGRATE_CHECK_DATA=self.data)
        listing = subprocess.run([self.program, "python", "list"], capture_output=True, text=True, env=env).stdout
        rows = [line.split(None, 3) for line in listing.splitlines()]
        rows = [r for r in rows if len(r) == 4 and r[2] == "own"]
        for version, kind, _, ft in rows:
            if kind == "free-threaded":
                for other, what, _, gil in rows:
                    if (other, what) == (version, "gil"):
                        return gil, ft
        return None, None

    def make_files(self, cases):
        """The folders that the indexes serve, as far as these cases need them."""
        odd_files.make_index(self.odd)
        if all(c.case.get("files") == "odd" or c.case.get("own_files") for c in cases):
            return
        cache = make_index.fetch_tools(make_index.default_cache(), self.gil, self.ft)
        make_index.link_tools(cache, self.files)
        make_index.make_fixtures(self.files, self.gil, self.ft)


class Index:
    """A local index on a port of its own, with its log of requests."""

    def __init__(self, files, folder, behaviour):
        self.behave, self.log = os.path.join(folder, "behave.json"), os.path.join(folder, "requests.log")
        self.change(behaviour)
        argv = [sys.executable, INDEX_SERVER, "--root", files, "--behave", self.behave, "--log", self.log,
                "--watch-stdin", "--second"]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.other = int(self.process.stdout.readline())

    def change(self, behaviour):
        """What it does from now on (index_server.py); None: nothing special."""
        with open(self.behave + ".new", "w", encoding="utf-8") as f:
            json.dump(behaviour or {"rules": []}, f)
        os.rename(self.behave + ".new", self.behave)

    def stop(self):
        """No index any more: connections are refused."""
        self.close()

    def close(self):
        """End the server."""
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


class Case:
    """One folder, run from its setup to its last expectation."""

    def __init__(self, setting, name):
        self.setting, self.name = setting, name
        self.folder = os.path.join(HERE, name)
        with open(os.path.join(self.folder, "case.json"), encoding="utf-8") as f:
            self.case = json.load(f)
        self.work = os.path.join(setting.work, name)
        self.output = ""
        self.problems = []
        self.index = self.git = None
        self.git_port = ""

    def words(self, text):
        """Fill in {placeholders}."""
        values = {"case": self.folder, "work": self.work, "store": os.path.join(self.work, "store"),
                  "cache": os.path.join(self.work, "cache"), "files": self.files, "root": ROOT,
                  "fixtures": make_index.PACKAGES, "python": sys.executable, "gil": self.setting.gil, "ft": self.setting.ft,
                  "program": self.setting.program, "port": str(self.index.port) if self.index else "",
                  "other": str(self.index.other) if self.index else "", "data": self.setting.data, "odd": self.setting.odd,
                  "git": self.git_port}
        for key, value in values.items():
            text = text.replace("{%s}" % key, value)
        return text

    def environment(self, extra):
        """A private environment: only PATH and what a build needs come from outside."""
        env = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL", "TERM", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                                            "LSAN_OPTIONS", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "TMPDIR")}
        if "RUSTUP_HOME" not in env and os.path.isdir(os.path.expanduser("~/.rustup")):
            env["RUSTUP_HOME"] = os.path.expanduser("~/.rustup")
        env.update({"HOME": os.path.join(self.work, "home"), "MIGRATE_CHECK_DATA": self.setting.data,
                    "MIGRATE_CHECK_CACHE": os.path.join(self.work, "cache"), "PIP_CONFIG_FILE": "/dev/null",
                    "UV_NO_CONFIG": "1", "PIP_INDEX_URL": "http://127.0.0.1:%d/simple/" % self.index.port})
        for key, value in extra.items():
            if value is None:
                env.pop(key, None)
            else:
                env[key] = self.words(value)
        return env

    def prepare(self):
        """Folders, index and the case's own steps."""
        for sub in ("home", "cache", "store"):
            os.makedirs(os.path.join(self.work, sub))
        self.files = self.setting.odd if self.case.get("files") == "odd" else self.setting.files
        if self.case.get("own_files"):
            self.files = os.path.join(self.work, "files")
        self.index = Index(self.files, self.work, self.case.get("index"))
        self.commands(self.case.get("setup", []))
        if self.case.get("git"):
            argv = [sys.executable, GIT_SERVER, self.words(self.case["git"])]
            self.git = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
            self.git_port = self.git.stdout.readline().strip()

    def commands(self, commands):
        """Commands of the case itself; the first that fails ends it."""
        for argv in commands:
            done = subprocess.run([self.words(a) for a in argv], cwd=self.work, capture_output=True, text=True, errors="replace",
                                  env=self.environment({}), stdin=subprocess.DEVNULL)
            self.output += "%% %s   (exit %d)\n%s%s" % (" ".join(argv), done.returncode, done.stdout, done.stderr)
            if done.returncode:
                raise RuntimeError("%s: exit %d: %s" % (argv, done.returncode, (done.stdout + done.stderr)[-2000:]))

    def start(self, step, argv):
        """Start the program."""
        return subprocess.Popen(argv, cwd=self.work, env=self.environment(step.get("env", {})), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)

    def execute(self, step, argv):
        """One run of the program: (exit status, output, errors)."""
        process = self.start(step, argv)
        sent = step.get("signal")
        try:
            if sent:
                self.send_after(process, sent)
            out, err = process.communicate(timeout=step.get("seconds", SECONDS))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            self.problems.append("did not end in %s s" % step.get("seconds", SECONDS))
        return process.returncode, out, err

    def beside(self, step):
        """Another run of the program, which is on its way when this returns; None when none is wanted."""
        other = step.get("beside")
        if not other:
            return None
        process = self.start(other, self.command({"args": other["args"]}))
        self.send_after(process, dict(other, name=None))
        return process

    def send_after(self, process, sent):
        """Send a signal once the store (or another file) says that something has happened."""
        events = self.words(sent["file"])
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and process.poll() is None:
            if os.path.exists(events) and sent["has"] in open(events, encoding="utf-8", errors="replace").read():
                if sent["name"]:
                    process.send_signal(getattr(signal, sent["name"]))
                return
            time.sleep(0.05)
        self.problems.append("%s never appeared in %s" % (sent["has"], sent["file"]))

    def command(self, step):
        """The program with its arguments."""
        args = step.get("args", [])
        argv = self.with_options(step, [self.words(a) for a in step.get("wrap", []) + ["{program}"] + args],
                                 ["--store", os.path.join(self.work, "store")])
        if "--stress" not in args and not (args and args[0] in OTHER_COMMANDS):
            argv += ["--stress", "none"]  # a minute for each package: cases that are about it ask for it
        return argv

    @staticmethod
    def with_options(step, argv, options):
        """The command line with more options: at its end, or, where the rest is another program's, behind the command."""
        at = len(step.get("wrap", [])) + 2 if step.get("args", [])[:1] == ["workload"] else len(argv)
        return argv[:at] + options + argv[at:]

    def step(self, number, step):
        """Run the program once and compare."""
        self.commands(step.get("before", []))
        argv = [self.words(a) for a in step["program"]] if "program" in step else self.command(step)
        wanted = step.get("expect", {})
        document = os.path.join(self.work, "survey-%d.json" % number)
        if "json" in wanted and "--json" not in argv:
            argv = self.with_options(step, argv, ["--json", document])
        if "index" in step and number:
            self.index.stop() if step["index"] == "stopped" else self.index.change(step["index"])
        other = self.beside(step)
        begin = time.monotonic()
        status, out, err = self.execute(step, argv)
        if other:
            other.send_signal(signal.SIGINT)
            other.communicate(timeout=SECONDS)
        self.output += "$ %s   (exit %d, %.1f s)\n%s%s" % (" ".join(argv[1:]), status, time.monotonic() - begin, out, err)
        problems = [] if status == step.get("exit", 0) else ["exit %d, expected %d" % (status, step.get("exit", 0))]
        unknown = set(wanted) - expect.KEYS | set(step) - CASE_KEYS
        problems += ["case.json: unknown key %s" % k for k in sorted(unknown)]
        problems += expect.text_problems("stdout", out, wanted) + expect.text_problems("stderr", err, wanted)
        if "json" in wanted:
            problems += self.compare_json(document, wanted["json"])
        self.problems += ["run %d: %s" % (number + 1, p) if "then" in self.case else p for p in problems]
        self.commands(step.get("after", []))

    def compare_json(self, file, wanted):
        """Differences between the survey that a run wrote and what the case expects."""
        try:
            with open(file, encoding="utf-8") as f:
                return expect.json_problems(json.load(f), wanted)
        except (OSError, ValueError) as e:
            return ["no survey was written: %s" % e]

    def missing_need(self):
        """What the case needs and this machine cannot do, or None."""
        for name in self.case.get("needs", []):
            if not shutil.which(name):
                return "%s is not installed" % name
        can = self.case.get("can")
        if can and subprocess.run(can, capture_output=True, stdin=subprocess.DEVNULL).returncode:
            return "`%s` does not work here" % " ".join(can)
        return None

    def run(self):
        """(seconds, problems, skip reason)."""
        missing = self.missing_need()
        if missing:
            return 0, [], missing
        begin = time.monotonic()
        try:
            self.prepare()
            for number, step in enumerate([self.case] + self.case.get("then", [])):
                self.step(number, step)
        except Exception as e:  # a broken case is a failed case; the others go on
            self.problems.append("%s: %s" % (type(e).__name__, e))
        finally:
            if self.index:
                self.index.close()
            if self.git:
                self.git.kill()
                self.git.communicate()
        return time.monotonic() - begin, self.problems, None


def all_cases():
    """Names of the folders that hold a case."""
    return sorted(n for n in os.listdir(HERE) if os.path.exists(os.path.join(HERE, n, "case.json")))


def choose(words):
    """The cases that the words name, or all."""
    names = all_cases()
    for w in words:
        if not any(w in n for n in names):
            sys.exit("no case has %r in its name" % w)
    return [n for n in names if not words or any(w in n for w in words)]


def show(case, seconds, problems, skipped, verbose):
    """The line of one case, with what is needed to understand a failure."""
    word = "skipped" if skipped else "FAILED" if problems else "ok"
    print("%-7s %s (%s)" % (word, case.name, skipped or "%.1f s" % seconds), flush=True)
    for p in problems:
        print("        " + p)
    if problems or verbose:
        print("".join("  | %s\n" % line for line in case.output.splitlines()[-200:]), end="", flush=True)


def main():
    """Command line."""
    p = argparse.ArgumentParser(description="Run end-to-end cases.")
    p.add_argument("-j", type=int, default=2, help="cases at once (default 2)")
    p.add_argument("-k", action="store_true", help="keep the temporary folder")
    p.add_argument("-v", action="store_true", help="print what the runs print")
    p.add_argument("cases", nargs="*")
    a = p.parse_args()
    names = choose(a.cases)
    work = tempfile.mkdtemp(prefix="mc-cases-")
    setting = Setting(os.environ.get("MIGRATE_CHECK", "./migrate-check"), work)
    if not setting.ft:
        shutil.rmtree(work)
        print("no interpreter pair in %s: `migrate-check python install` makes one" % setting.data)
        return 77
    failed, passed, again = 0, 0, []
    try:
        cases = [Case(setting, n) for n in names]
        setting.make_files(cases)
        with concurrent.futures.ThreadPoolExecutor(a.j) as pool:
            jobs = {}
            for case in cases:
                jobs[pool.submit(case.run)] = case
            for done in concurrent.futures.as_completed(jobs):
                seconds, problems, skipped = done.result()
                show(jobs[done], seconds, problems, skipped, a.v)
                if problems and jobs[done].case.get("measures"):
                    again.append(jobs[done])
                    continue
                failed += bool(problems)
                passed += not problems and not skipped
                if not a.k and not problems:
                    shutil.rmtree(jobs[done].work, ignore_errors=True)
        for case in again:  # it measures, and others ran beside it: once more, alone
            shutil.rmtree(case.work, ignore_errors=True)
            case = Case(setting, case.name)
            seconds, problems, skipped = case.run()
            show(case, seconds, problems, skipped, a.v)
            failed += bool(problems)
            passed += not problems and not skipped
    finally:
        if a.k:
            print("kept: " + work)
        else:
            shutil.rmtree(work, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
