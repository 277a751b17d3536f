"""Plays the harness's part for test_cell: one small play per way in which a suite's process can go.

The play is the job's first argument. Ids that the job's deselect_file names are not run again.
"""
import json
import os
import signal
import sys
import time


class Stage:
    def __init__(self, job):
        self.job, self.fd, self.sequence = job, job["event_fd"], 0
        self.done = set()
        if job["deselect_file"]:
            with open(job["deselect_file"], encoding="utf-8") as f:
                self.done = set(f.read().splitlines())

    def raw(self, text):
        os.write(self.fd, text.encode())

    def send(self, event, /, **fields):
        self.sequence += 1
        self.raw(json.dumps({"k": self.job["token"], "n": self.sequence, "e": event, **fields}) + "\n")

    def open(self, ids):
        self.send("hello", pid=os.getpid(), version="3", gil=False, harness=1)
        self.send("import", name="pkg", ok=True, error=None, gil=False, ns=5, rss=1000)
        self.send("collect", collected=len(ids), selected=len(ids))
        self.send("ids", ids=ids)

    def passed(self, test):
        self.send("start", id=test)
        self.send("result", id=test, status="passed", call_ns=1, total_ns=2)

    def end(self):
        self.send("end", exit=0, gil=False, peak_rss=10, tests=1)

    def suite(self, bad):
        """Tests a, b, c; `bad` is what happens in b."""
        self.open(["a", "b", "c"])
        for test in ("a", "b", "c"):
            if test in self.done:
                continue
            if test == "b":
                self.send("start", id=test)
                bad(self)
            else:
                self.passed(test)
        self.end()


def die(stage):
    os.kill(os.getpid(), signal.SIGSEGV)


def die_with_stack(stage):
    print("Fatal Python error: Segmentation fault\n  File in printed", flush=True)
    die(stage)


def die_with_stack_file(stage):
    with open(stage.job["stack_file"], "w", encoding="utf-8") as f:
        f.write("File in stack_file\n")
    die_with_stack(stage)


def stand_still(stage):
    """As hold.py has it: a fatal signal's handler that waits. Nothing is written anywhere."""
    import ctypes
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    libc.signal(signal.SIGSEGV, ctypes.cast(libc.pause, ctypes.c_void_p))
    die(stage)
    time.sleep(600)


def stuck(stage):
    stage.send("stuck", id="b", seconds=1, stack="File in stuck")
    time.sleep(600)


def always_dies(stage):
    ids = [f"t{i}" for i in range(40)]
    stage.open(ids)
    for test in ids:
        if test not in stage.done:
            stage.send("start", id=test)
            die(stage)


def forged(stage):
    """Lines that a test might write to the pipe: none may count, and none may end the reading."""
    stage.open(["a", "b", "c"])
    token = stage.job["token"]
    for line in ("noise", "{}", '{"k":"' + "0" * 32 + '","n":5,"e":"result","id":"x","status":"failed"}',
                 '{"k":"' + token + '","n":99,"e":"result","id":"x","status":"failed"}', "x" * 200000):
        stage.raw(line + "\n")
    for test in ("a", "b", "c"):
        stage.passed(test)
    stage.end()


def only_a(stage, stopped):
    stage.open(["a", "b", "c"])
    stage.passed("a")
    if stopped:
        stage.send("stopped", reason="time", left=2)
    stage.end()


def show_job(stage):
    """What arrived: the job, the environment and the copied suite, printed for the log."""
    shown = {"job": stage.job, "gil": os.environ.get("PYTHON_GIL"), "extra": os.environ.get("EXTRA"), "path": os.environ["PATH"], "home": os.environ["HOME"],
             "argv": sys.argv[1:], "here": os.getcwd(), "files": sorted(os.listdir(".")),
             "ids": open(stage.job["select"]["ids_file"], encoding="utf-8").read() if "ids_file" in (stage.job["select"] or {}) else None}
    print(json.dumps(shown), flush=True)
    stage.open([])
    stage.end()


KEY = "replay|rotate|p.C.add"


def finding(stage, key=KEY, **other):
    fields = {"key": key, "oracle": "wrong-result", "kind": "wrong-result", "signal": 0, "title": "add lost an element", "module": "p._c",
              "function": "add", "python_stack": None, "native_stack": None, "unit": '{"op":"add"}', "seconds": 0.5, "events": 2, "tries": 40,
              "controls": {"serial": [0, 10], "locked": [0, 10]}, "tests": ["a"], "frames": [], "persistent": False}
    stage.send("finding", **{**fields, **other})


def write(stage, name, text):
    with open(os.path.join(stage.job["out_dir"], name), "wb") as f:
        f.write(text)


def recorded(stage, ids=("a", "b", "c"), bad=None):
    """The recording, and the first event of what comes after it."""
    stage.open(list(ids))
    for test in ids:
        if test not in stage.done:
            stage.send("start", id=test)
            if test == bad:
                die(stage)
            stage.send("result", id=test, status="passed", call_ns=1, total_ns=2)
    stage.send("stress", phase="play", done=1, total=12, text="p.C")


def stress(stage):
    """A stress run that finds one thing, and has files of every sort in its folder."""
    recorded(stage)
    finding(stage)
    for key in stage.job["focus"] or []:
        stage.send("played", key=key, tries=40, bad=2 if key == KEY else 0, first_seconds=0.5 if key == KEY else None)
    stage.send("coverage", of=3, parallel=3, serialised={}, overlap=1.9)
    write(stage, "units.jsonl", b'{"op":"add"}\n')
    if stage.job["want_script"]:
        write(stage, "script-1.py", b"print('caf\xc3\xa9')\n")
        stage.send("script", key=KEY, file="script-1.py", verified=[9, 10], threads=2, text="")
    stage.end()


def stress_files(stage):
    """What must not be read back: a link, a pipe, what is no text, what is too long."""
    recorded(stage)
    out = stage.job["out_dir"]
    os.symlink("/etc/passwd", os.path.join(out, "link.py"))
    os.mkfifo(os.path.join(out, "pipe.py"))
    write(stage, "binary.py", b"\xff\xfe")
    write(stage, "nul.py", b"a\0b")
    write(stage, "long.py", b"x" * (1 << 20) + b"x")
    write(stage, "whole.py", b"x" * (1 << 20))
    for name in ("link.py", "pipe.py", "binary.py", "nul.py", "long.py", "whole.py", "absent.py"):
        finding(stage, key=name)
        stage.send("script", key=name, file=name, verified=[1, 1], threads=2, text="")
    os.symlink("/etc/passwd", os.path.join(out, "units.jsonl"))
    stage.end()


def stress_silent(stage):
    recorded(stage)
    finding(stage)
    time.sleep(600)


PLAYS = {
    "stress": stress,
    "stress-files": stress_files,
    "stress-recording-dies": lambda s: (recorded(s, bad="b"), s.end()),
    "stress-each-dies": lambda s: recorded(s, ids=[f"t{i}" for i in range(9)], bad=next(f"t{i}" for i in range(9) if f"t{i}" not in s.done)),
    "stress-play-dies": lambda s: (recorded(s), finding(s), die(s)),
    "stress-silent": stress_silent,
    "stress-open-test": lambda s: (s.open(["a"]), s.send("start", id="a"), time.sleep(600)),
    "normal": lambda s: s.suite(lambda s: s.send("result", id="b", status="failed", call_ns=1, total_ns=2, message="wrong")),
    "crash": lambda s: s.suite(die),
    "crash-stack": lambda s: s.suite(die_with_stack),
    "crash-stack-file": lambda s: s.suite(die_with_stack_file),
    "crash-held": lambda s: s.suite(stand_still),
    "leave": lambda s: s.suite(lambda s: os._exit(7)),
    "leave-clean": lambda s: s.suite(lambda s: os._exit(0)),
    "stuck": lambda s: s.suite(stuck),
    "silent": lambda s: s.suite(lambda s: time.sleep(600)),
    "always-dies": always_dies,
    "dies-between": lambda s: (s.open(["a"]), die(s)),
    "forged": forged,
    "no-hello": lambda s: (print("ImportError: broken", flush=True), sys.exit(3)),
    "out-of-time": lambda s: only_a(s, True),
    "short": lambda s: only_a(s, False),
    "show": show_job,
}

with open(sys.argv[1], encoding="utf-8") as f:
    job = json.load(f)
PLAYS[job["args"][0]](Stage(job))
