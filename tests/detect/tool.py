"""One run of migrate-check, or of pytest-run-parallel beside it, as a line of results."""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "fixtures")]

import make_index  # noqa: E402

import score  # noqa: E402

LONGEST = {"quick": 30 * 60, "standard": 60 * 60, "deep": 120 * 60}  # a run that takes longer is ended, and counts as no result


def build_of(program):
    """16 hexadecimal digits over the program, its engine and its harness: what results of two builds are told apart by."""
    digest = hashlib.sha256()
    harness = os.path.join(ROOT, "src", "harness")
    files = [os.path.join(top, n) for top, _, names in os.walk(harness) for n in names if n.endswith(".py")]
    engine = program + "-engine"
    for path in [program, *([engine] if os.path.exists(engine) else []), *sorted(files)]:
        with open(path, "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()[:16]


def load():
    """The machine's load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def suite_facts(store):
    """Of each arm, how the store says that the suite ran: wheels, hash of the source, runner, arguments."""
    facts = {}
    with sqlite3.connect(store) as db:
        for (text,) in db.execute("SELECT key FROM cell ORDER BY rowid"):
            key = json.loads(text)
            if key.get("kind") == "serial":
                facts[key["arm"]] = {k: key.get(k) for k in ("wheels", "source", "runner", "args", "extra_args", "env", "gil")}
    return facts


class Tool:
    """The program with a work folder; each run has a store of its own, all share the cache."""

    def __init__(self, program, work, index=None):
        self.program, self.work, self.index = os.path.abspath(program), work, index

    def environment(self):
        """The corpus comes from a local index and has a cache of its own; the rest is the caller's."""
        env = dict(os.environ)
        if self.index:
            env.update({"PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1", "PIP_INDEX_URL": self.index,
                        "MIGRATE_CHECK_CACHE": os.path.join(self.work, "cache")})
        return env

    def folder(self, row, effort, seed):
        """Where a run keeps its store, survey and log; emptied."""
        path = os.path.join(self.work, "runs", "%s-%s-%s-%s-%s" % (row.name, row.version, row.build, effort, seed))
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def run(self, row, effort, seed, extra=()):
        """The survey of one run in short: score.digest() with load, wall seconds and the problem, if there is one."""
        folder = self.folder(row, effort, seed)
        survey = os.path.join(folder, "survey.json")
        argv = [self.program, "%s==%s" % (row.name, row.version), "--build", row.build, "--effort", effort, "--seed", seed, "--no-measure",
                "--progress", "plain", "--store", os.path.join(folder, "store"), "--json", survey, *extra]
        before, begin = load(), time.monotonic()
        code = self.execute(argv, os.path.join(folder, "log.txt"), LONGEST[effort])
        result = {"exit": code, "wall": round(time.monotonic() - begin, 1), "load": [before, load()]}
        try:
            with open(survey, encoding="utf-8") as f:
                document = json.load(f)
            result.update(score.digest(document), suite=suite_facts(os.path.join(folder, "store", "store.db")), pair={k: document["pair"][k]["executable"] for k in ("gil", "ft")})
        except (OSError, ValueError, KeyError) as e:
            result["problem"] = "exit %s, no survey: %s" % (code, type(e).__name__)
        return result

    def execute(self, argv, log, seconds):
        """Exit status; None when it took too long and was ended."""
        with open(log, "wb") as out:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment())
            try:
                return process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                return None


class Index:
    """The corpus on a local package index."""

    def __init__(self, work, gil, ft, names):
        files = os.path.join(work, "files")
        shutil.rmtree(files, ignore_errors=True)
        make_index.link_tools(make_index.fetch_tools(make_index.default_cache(), gil, ft), files)
        make_index.make_fixtures(files, gil, ft, names)
        argv = [sys.executable, os.path.join(ROOT, "fixtures", "index_server.py"), "--root", files, "--watch-stdin"]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = "http://127.0.0.1:%d/simple/" % int(self.process.stdout.readline())

    def close(self):
        """End the server."""
        self.process.stdin.close()
        self.process.wait()
