"""A harness whose mode "replay" finds one lost update, which shows on the free-threaded build alone and never under one lock."""
import json
import os
import runpy
import sys

KEY = "replay|rotate|fx_pure.C.add"


def stress(job):
    sequence = 0

    def send(event, /, **fields):
        nonlocal sequence
        sequence += 1
        os.write(job["event_fd"], (json.dumps({"k": job["token"], "n": sequence, "e": event, **fields}) + "\n").encode())

    with open(job["select"]["ids_file"], encoding="utf-8") as f:
        ids = f.read().split()
    free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    bad = free_threaded and job["control"] == "none"
    send("hello", pid=os.getpid(), version="3", gil=not free_threaded, harness=1)
    send("stress", phase="play", done=1, total=1, text=KEY)
    if bad:
        send("finding", key=KEY, oracle="lost-update", kind="lost-update", signal=0, title="add lost an element", module="fx_pure",
             function="add", python_stack=None, native_stack=None, unit="{}", seconds=0.1, events=1, tries=10,
             controls={"serial": [0, 10], "locked": [0, 10]}, tests=ids[:1], frames=[], persistent=False)
    for key in job["focus"] or []:
        send("played", key=key, tries=10, bad=int(bad), first_seconds=0.1 if bad else None)
    if job["want_script"]:
        with open(os.path.join(job["out_dir"], "script-1.py"), "w", encoding="utf-8") as f:
            f.write("print('it fails')\n")
        send("script", key=KEY, file="script-1.py", verified=[9, 10], threads=2, text="")
    send("end", exit=0, gil=not free_threaded, peak_rss=1, tests=0)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as f:
        job = json.load(f)
    if job.get("mode", "serial") == "serial":
        runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "real_main.py"), run_name="__main__")
    else:
        stress(job)
