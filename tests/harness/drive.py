#!/usr/bin/env python3
"""Plays the tool's side of the event channel: starts the harness, reads strictly, prints a summary.

    drive.py --python PYTHON --cwd DIR [--site DIR] [--runner pytest] [job fields as KEY=JSON] -- ARGS...

As a module it gives run(job fields) -> Run, which the tests use.
"""
import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MAIN = os.path.join(os.path.dirname(os.path.dirname(HERE)), "src", "harness", "main.py")
MAX_LINE = 65536


class Run:
    """What one harness process sent and how it ended."""

    def __init__(self):
        self.events, self.forged = [], []
        self.code = None
        self.output = ""
        self.stacks = ""
        self.wall = 0.0

    def of(self, kind):
        return [event for event in self.events if event["e"] == kind]

    def one(self, kind):
        found = self.of(kind)
        return found[0] if len(found) == 1 else None

    @property
    def results(self):
        """id -> status of its last result."""
        return {event["id"]: event["status"] for event in self.of("result")}

    @property
    def culprits(self):
        """Ids that were started and got no result."""
        return [e["id"] for e in self.of("start") if e["id"] not in self.results]

    def counts(self):
        counts = {}
        for status in self.results.values():
            counts[status] = counts.get(status, 0) + 1
        return dict(sorted(counts.items()))


def read_events(fd, token, run, on_event):
    """Takes lines with the right token and the next number; all others are forged."""
    expected = 1
    with os.fdopen(fd, "rb") as pipe:
        for line in pipe:
            try:
                event = json.loads(line) if len(line) <= MAX_LINE and line.endswith(b"\n") else None
            except ValueError:
                event = None
            if not isinstance(event, dict) or event.get("k") != token or event.get("n") != expected:
                run.forged.append(line)
                continue
            expected += 1
            run.events.append(event)
            on_event(event)


class Clock:
    """Kills a process group when a started test gets no result in time."""

    def __init__(self, pid, seconds, total, stack_file):
        self._pid, self._seconds, self._stack_file = pid, seconds, stack_file
        self._timer = None
        self._total = self._after(total)

    def _after(self, seconds, act=None):
        timer = threading.Timer(seconds, act or self.kill)
        timer.daemon = True
        timer.start()
        return timer

    def kill(self):
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def kill_with_stacks(self):
        """Gives a loaded machine time to write the stack file first."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if os.path.exists(self._stack_file) and os.path.getsize(self._stack_file):
                time.sleep(0.1)
                break
            time.sleep(0.05)
        self.kill()

    def on_event(self, event):
        self.stop(self._timer)
        if event["e"] == "start":
            self._timer = self._after(self._seconds, self.kill_with_stacks)

    @staticmethod
    def stop(timer):
        if timer:
            timer.cancel()

    def close(self):
        self.stop(self._timer)
        self.stop(self._total)
        self.kill()


def run(python, job, env=None, kill_after=60.0, patience=2.0, inherit=-1):
    """Runs one harness process in a group of its own and returns a Run. A test is stuck
    when its start is more than test_seconds + patience old. The descriptor `inherit` is
    passed on and closed here."""
    found, token = Run(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="harness-") as scratch:
        theirs, ours = os.pipe()
        stack_file = os.path.join(scratch, "stacks.txt")
        fields = {"event_fd": ours, "token": token, "stack_file": stack_file, **job}
        path = os.path.join(scratch, "job.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(fields, f)
        started = time.monotonic()
        with open(os.path.join(scratch, "output"), "w+b") as output:
            process = subprocess.Popen(
                [python, "-P", MAIN, path], cwd=job["cwd"], pass_fds=(ours, *([inherit] if inherit >= 0 else [])), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, "PYTHONHASHSEED": "0", "TMPDIR": scratch, "PYTHONDONTWRITEBYTECODE": "1",
                     **(env or {})})
            os.close(ours)
            if inherit >= 0:
                os.close(inherit)
            clock = Clock(process.pid, fields.get("test_seconds", 30) + patience, kill_after, stack_file)
            read_events(theirs, token, found, clock.on_event)
            found.code = process.wait()
            clock.close()
            found.wall = time.monotonic() - started
            output.seek(0)
            found.output = output.read().decode("utf-8", "replace")
        if os.path.exists(stack_file):
            with open(stack_file, encoding="utf-8", errors="replace") as f:
                found.stacks = f.read()
    return found


def site_of(python):
    """The site-packages folder of an environment."""
    return subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"],
                          check=True, capture_output=True, text=True).stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--cwd", default=".")
    parser.add_argument("--site")
    parser.add_argument("--runner", default="pytest")
    parser.add_argument("--task", default="suite")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON")
    parser.add_argument("--kill-after", type=float, default=600)
    parser.add_argument("--ids", help="write the selected ids to this file")
    parser.add_argument("-v", action="store_true", help="print every event and the output")
    parser.add_argument("args", nargs="*")
    given = parser.parse_args()
    job = {"task": given.task, "runner": given.runner, "cwd": os.path.abspath(given.cwd), "args": given.args,
           "site": given.site or site_of(given.python)}
    for setting in given.set:
        name, _, value = setting.partition("=")
        job[name] = json.loads(value)
    found = run(given.python, job, kill_after=given.kill_after)
    if given.v:
        print(found.output)
        for event in found.events:
            print({k: v for k, v in event.items() if k not in ("k", "n")})
    if given.ids:
        with open(given.ids, "w", encoding="utf-8") as f:
            f.writelines(one + "\n" for event in found.of("ids") for one in event["ids"])
    summarise(found)


def summarise(found):
    for kind in ("hello", "import", "gil", "option", "collect", "collect_error", "shadowed", "extension", "stopped",
                 "stuck", "end"):
        for event in found.of(kind)[:12]:
            print(kind, {k: v for k, v in event.items() if k not in ("k", "n", "e")})
    bad = [e for e in found.of("result") if e["status"] in ("failed", "error", "not-run")]
    for event in bad[:12]:
        print("bad", event["id"], event["status"], event["message"])
    print(f"exit {found.code}  {found.wall:.1f} s  {found.counts()}  culprits {found.culprits}  "
          f"forged {len(found.forged)}  call {sum(e['call_ns'] for e in found.of('result')) / 1e9:.2f} s")


if __name__ == "__main__":
    main()
