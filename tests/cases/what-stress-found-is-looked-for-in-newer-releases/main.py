"""A harness whose mode "replay" finds one lost update, on the free-threaded build, in the versions that versions.txt says."""
import importlib.metadata
import json
import os
import runpy
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
KEY = "replay|rotate|fx_mended.add"


def number(version):
    return [int(part) for part in version.split(".")]


def stress(job):
    sequence = 0

    def send(event, /, **fields):
        nonlocal sequence
        sequence += 1
        os.write(job["event_fd"], (json.dumps({"k": job["token"], "n": sequence, "e": event, **fields}) + "\n").encode())

    with open(os.path.join(HERE, "versions.txt"), encoding="utf-8") as f:
        shown_below, reached_below = f.read().split()
    version = number(importlib.metadata.version("fx_mended"))
    free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    reached = version < number(reached_below)
    bad = reached and free_threaded and job["control"] == "none" and version < number(shown_below)
    send("hello", pid=os.getpid(), version="3", gil=not free_threaded, harness=1)
    send("stress", phase="play", done=1, total=1, text=KEY)
    if bad:
        send("finding", key=KEY, oracle="lost-update", kind="lost-update", signal=0, title="add lost an element", module="fx_mended",
             function="add", python_stack=None, native_stack=None, unit="{}", seconds=0.1, events=4, tries=10,
             controls={"serial": [0, 10], "locked": [0, 10]}, tests=["tests/test_add.py::test_text"], frames=[], persistent=False)
    for key in job["focus"] or []:
        send("played", key=key, tries=10 if reached else 0, bad=4 * bad, first_seconds=0.1 if bad else None)
    send("end", exit=0, gil=not free_threaded, peak_rss=1, tests=0)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as f:
        job = json.load(f)
    if job.get("mode", "serial") == "serial":
        runpy.run_path(os.path.join(HERE, "real_main.py"), run_name="__main__")
    else:
        stress(job)
