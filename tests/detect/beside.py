"""pytest-run-parallel on a release: the same tests, dependencies, interpreters and seconds as the tool's stress.

Its signs are what a user of that plugin would see: a signal, a test that does not end, failed tests. One that the
GIL build or the fixed release shows as well says nothing about free threading.
"""

import os
import re
import shutil
import signal
import subprocess
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = {"quick": 60, "standard": 300, "deep": 900}
HANG_SECONDS = 20  # a test that runs for longer when the time is up hangs


def find_uv():
    """The tool's own uv, so that both install alike."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    tools = os.path.join(os.environ.get("MIGRATE_CHECK_DATA") or os.path.join(base, "migrate-check"), "tools")
    found = sorted(f for f in os.listdir(tools) if f.startswith("uv-")) if os.path.isdir(tools) else []
    return os.path.join(tools, found[-1]) if found else shutil.which("uv") or "uv"


def find_source(sha256):
    """The sdist in the tool's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cache = os.environ.get("MIGRATE_CHECK_CACHE") or os.path.join(base, "migrate-check")
    return os.path.join(cache, "blobs", "sha256", sha256[:2], sha256)


def install(folder, python, wheels, row):
    """An environment with the wheels that the tool's suite ran with, and the plugin."""
    env, uv = os.path.join(folder, "env"), find_uv()
    wanted = ["==".join(w.split("-")[:2]) for w in wheels]
    source = ["--no-binary", row.name] if row.build == "source" else []
    for argv in ([uv, "venv", "--quiet", "--no-project", "--python", python, env],
                 [uv, "pip", "install", "--quiet", "--python", env + "/bin/python", *source, *wanted, "pytest", "pytest-run-parallel"]):
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                       env=dict(os.environ, UV_PYTHON_DOWNLOADS="never"))
    return os.path.join(env, "bin")


def unpack(archive, folder):
    """The tree of an sdist; its only folder at the top."""
    tree = os.path.join(folder, "tree")
    with tarfile.open(archive) as tar:
        tar.extractall(tree, filter="data")
    return os.path.join(tree, os.listdir(tree)[0])


def read_outcomes(path):
    """(failed test ids, the test that was running at the end, seconds since its start)."""
    failed, running, since = set(), None, 0.0
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                fields = line.rstrip("\n").split("\t")
                if len(fields) != 3:
                    continue
                word, when, test = fields
                if word == "start":
                    running, since = test, time.monotonic() - float(when)
                elif word == "end":
                    running = None
                elif word == "failed":
                    failed.add(test)
    return failed, running, since


def one_round(argv, tree, folder, env, seconds):
    """One run of the suite: (ended by itself, signs)."""
    outcomes = os.path.join(folder, "outcomes.txt")
    if os.path.exists(outcomes):
        os.unlink(outcomes)
    with open(os.path.join(folder, "pytest.log"), "wb") as log:
        process = subprocess.Popen(argv, cwd=tree, env=dict(env, DETECT_OUTCOMES=outcomes), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            status = process.wait(max(1, seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
    failed, running, since = read_outcomes(outcomes)
    signs = {"failed: " + t for t in failed}
    number = 128 - status if status and status > 128 else status
    if status and (status < 0 or status > 128):
        signs.add("%s in %s" % (signal.Signals(abs(number)).name, running))
    if status is None and running and since > HANG_SECONDS:
        signs.add("hang in %s" % running)
    return status is not None, {re.sub(r"0x[0-9a-f]+", "0x", s) for s in signs}


def run_arm(row, facts, arm, folder, seconds):
    """Rounds until the time is up: {"signs", "rounds", "seconds"}, or a "problem"."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    suite = facts["suite"][arm]
    try:
        bin_folder = install(folder, facts["pair"][arm], suite["wheels"], row)
        tree = unpack(find_source(suite["source"]), folder)
    except (subprocess.CalledProcessError, OSError, tarfile.TarError) as e:
        return {"signs": [], "rounds": 0, "problem": "no environment: " + (getattr(e, "stderr", None) or str(e)).strip()[-300:]}
    env = {"PATH": bin_folder + ":/usr/bin:/bin", "HOME": folder, "PYTHONPATH": HERE, "PYTHONDONTWRITEBYTECODE": "1"}
    if arm == "ft" and facts["gil"] == "on":
        env["PYTHON_GIL"] = "0"
    paths = [a for a in suite["args"] if os.path.exists(os.path.join(tree, a))]
    argv = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--bind", folder, folder, "--ro-bind", HERE, HERE,
            "--unshare-all", "--die-with-parent", os.path.join(bin_folder, "pytest"), "-q", "-p", "outcomes", "-p", "no:cacheprovider",
            "--import-mode=append", "--parallel-threads=%d" % max(4, 2 * (os.cpu_count() or 1)), *paths]
    end, rounds, signs = time.monotonic() + seconds, 0, set()
    while time.monotonic() < end - 1:
        whole, seen = one_round(argv, tree, folder, env, end - time.monotonic())
        rounds += whole
        signs |= seen
    return {"signs": sorted(signs), "rounds": rounds, "seconds": seconds}


def run(row, job, work):
    """Both arms of a defective release, the free-threaded one of a fixed release."""
    facts = job["facts"]
    result = {"load": [round(os.getloadavg()[0], 2)]}
    for arm in ("ft", "gil") if row.role == "defect" else ("ft",):
        if arm not in facts["suite"]:
            return dict(result, problem="the tool ran no suite there")
        folder = os.path.join(work, "beside", "%s-%s-%s-%s" % (row.name, row.version, row.build, arm))
        result[arm] = run_arm(row, facts, arm, folder, SECONDS[job["effort"]])
    result["load"].append(round(os.getloadavg()[0], 2))
    return result
