#!/usr/bin/env python3
"""What migrate-check costs, as ratios against baselines measured in the same run.

    bench.py [--tool FILE] [--runs N] [--keep DIR] [PACKAGE[==VERSION] ...]

For each package the tool runs with empty caches (cold) and again with full ones
and a store that holds no result (warm), and beside it a plain script that does by hand what both
must do: for each of the two interpreters `uv venv`, `uv pip install` of the same
versions (from the sdist where the tool built it) and `pytest` on the same
tests. Only that work is compared, hence the options of the tool: `--effort deep`
so that it draws no sample, `--no-measure` and `--stress none` so that nothing
runs twice. What the tool does beside it is in its figures and not in the script's: it states the
versions of both arms like for like, checks hashes, keeps package code in a
sandbox without network, reads the package's metadata for where its tests are
and what they need, watches each test, and stores and compares the results.
The script gets for nothing what it would have to find out: the interpreters,
the versions, the test dependencies, the folder with the tests, and the sdist
with them where it installs a wheel.

Also: the program's own share of the CPU time and its peak memory (it writes them
to the file that MIGRATE_CHECK_STATS names when it ends), in these runs and in one with the defaults,
`--version` against `git --version`, and the same command answered from the store.

Goals stand beside the figures; nothing here fails when one is missed.
"""

import argparse
import glob
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

PACKAGES = ["markupsafe", "multidict==6.7.1", "msgpack"]
TEST_FOLDERS = ["tests", "test", "testing"]
QUICK_RUNS = 200
EQUAL_WORK = ["--effort", "deep", "--no-measure", "--stress", "none"]


class Cost:
    """Wall and CPU seconds of a child and all that it waited for."""

    def __init__(self, wall, cpu, code):
        self.wall, self.cpu, self.code = wall, cpu, code

    def __add__(self, other):
        return Cost(self.wall + other.wall, self.cpu + other.cpu, self.code or other.code)


def run(argv, log=None, cwd=None, **variables):
    """Run to the end; output goes to the log or nowhere. Without the caller's PYTHON
    variables, which the tool does not hand on: both sides run Python with its defaults."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MIGRATE_CHECK_STATS", "PYTHON"))}
    env.update(variables)
    with open(log or os.devnull, "ab") as out:
        start = time.monotonic()
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall, usage.ru_utime + usage.ru_stime, child.returncode)


class Tool:
    """migrate-check with caches of its own below a folder."""

    def __init__(self, program, folder):
        self.program, self.folder = os.path.abspath(program), folder
        self.cache = os.path.join(folder, "cache")
        self.stats_file = os.path.join(folder, "stats.json")
        self.stats = {}
        self.stores = 0
        self.store = None

    def check(self, packages, new_store=True, offline=False, equal_work=True):
        """One run on one or more packages; a new store makes it do all of the work. What an
        earlier store has learned of test dependencies is handed on: the script knows them.
        Equal work leaves out what the script does not do; else it is a run with the defaults."""
        self.stores += new_store
        earlier, self.store = self.store, os.path.join(self.folder, f"store-{self.stores}")
        if new_store and earlier:
            shutil.copytree(earlier, self.store)
            with sqlite3.connect(os.path.join(self.store, "store.db")) as db:
                for table in ("cell", "package", "survey"):
                    db.execute(f"DELETE FROM {table}")
        self.json = os.path.join(self.folder, "survey.json")
        log = os.path.join(self.folder, "tool.log")
        argv = [self.program, *packages, "--store", self.store, "--progress", "none", "--json", self.json]
        cost = run(argv + EQUAL_WORK * equal_work + ["--offline"] * offline, log, MIGRATE_CHECK_CACHE=self.cache, MIGRATE_CHECK_STATS=self.stats_file)
        if cost.code not in (0, 1):
            sys.exit(f"migrate-check {' '.join(packages)} ended with {cost.code}; see {log}")
        with open(self.stats_file, encoding="utf-8") as f:
            self.stats = json.load(f)
        return cost

    def own_share(self):
        """The program's own part of the CPU time of the last run, 0 to 1."""
        own, children = self.stats["own_cpu_seconds"], self.stats["children_cpu_seconds"]
        return own / (own + children)

    def survey(self):
        with open(self.json, encoding="utf-8") as f:
            return json.load(f)

    def sdist(self, name):
        """The target's sdist in the cache, None when the tool fetched none."""
        for path in glob.glob(os.path.join(self.cache, "locks", "*", "*.json")):
            with open(path, encoding="utf-8") as f:
                for package in json.load(f)["packages"]:
                    sha256 = (package.get("sdist") or {}).get("sha256")
                    blob = os.path.join(self.cache, "blobs", "sha256", (sha256 or "")[:2], sha256 or "-")
                    if package["name"] == name and os.path.isfile(blob):
                        return blob
        return None

    def installed(self, name, arm):
        """name==version of every wheel in the environment where the suite ran."""
        with sqlite3.connect(os.path.join(self.store, "store.db")) as db:
            for (key,) in db.execute("SELECT key FROM cell WHERE package = ? ORDER BY rowid DESC", (name,)):
                cell = json.loads(key)
                if cell["arm"] == arm and cell["kind"] == "serial":
                    return ["==".join(wheel.split("-")[:2]) for wheel in cell["wheels"]]
        sys.exit(f"{name}: no suite was run")


class Script:
    """The plain script: the same for both interpreters, one after the other."""

    def __init__(self, uv, folder):
        self.uv, self.folder = uv, folder
        self.cache = os.path.join(folder, "uv-cache")
        self.log = os.path.join(folder, "script.log")
        self.rounds = 0

    def source(self, name, sdist):
        """The sdist that uv unpacked to build it, which holds the tests; where it took a
        wheel, the script unpacks the sdist that the tool has fetched."""
        for top, dirs, _ in os.walk(self.cache):
            if os.path.basename(top) == "src" and f"/{name}/" in top.replace("_", "-"):
                return top
            if top.endswith("archive-v0"):
                dirs.clear()
        if not sdist:
            return None
        place = os.path.join(self.folder, f"sdist-{name}-{self.rounds}")
        if not os.path.isdir(place):
            os.mkdir(place)
            shutil.unpack_archive(sdist, place, "zip" if zipfile.is_zipfile(sdist) else "gztar")
        tops = os.listdir(place)
        return os.path.join(place, tops[0]) if len(tops) == 1 else place

    def arm(self, executable, arm, package):
        name, artifact, installed = package["name"], package["artifacts"][arm], package["installed"][arm]
        env = os.path.join(self.folder, f"env-{name}-{arm}-{self.rounds}")
        python = os.path.join(env, "bin", "python")
        variables = {"UV_CACHE_DIR": self.cache, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": env}
        cost = run([self.uv, "venv", "--quiet", "--no-project", "--python", executable, env], self.log, **variables)
        built = ["--no-binary", name] if artifact["kind"] == "sdist" else []
        cost += run([self.uv, "pip", "install", "--quiet", "--python", python, *built, *installed], self.log, **variables)
        if cost.code:
            sys.exit(f"the script's install of {name} failed; see {self.log}")
        tree = os.path.join(self.folder, f"suite-{name}-{arm}-{self.rounds}")
        start = time.monotonic()
        source = self.source(name, package["sdist"])
        if not source:
            return cost, False
        folder = next((d for d in TEST_FOLDERS if os.path.isdir(os.path.join(source, d))), None)
        if folder:
            shutil.copytree(os.path.join(source, folder), os.path.join(tree, folder), symlinks=True)
        cost += Cost(time.monotonic() - start, 0, 0)
        if not folder:
            return cost, False
        tests = run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder], self.log, cwd=tree, **variables)
        cost += Cost(tests.wall, tests.cpu, 0)
        return cost, tests.code in (0, 1)

    def check(self, pair, package):
        self.rounds += 1
        total, whole = Cost(0, 0, 0), True
        for arm in ("gil", "ft"):
            cost, tested = self.arm(pair[arm]["executable"], arm, package)
            total, whole = total + cost, whole and tested
        return total, whole


def show(what, mine, base, goal=""):
    ratio = f"{mine / base:5.2f}x" if base else "    -"
    print(f"  {what:<34} {mine:8.2f}  {base:8.2f}  {ratio}  {goal}")


def median(costs):
    return Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs), 0)


def find_uv():
    """The tool's own uv, so that both sides use the same one."""
    data = os.environ.get("MIGRATE_CHECK_DATA") or os.path.join(
        os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"), "migrate-check")
    tools = os.path.join(data, "tools")
    found = sorted(f for f in os.listdir(tools) if f.startswith("uv-")) if os.path.isdir(tools) else []
    return os.path.join(tools, found[-1]) if found else shutil.which("uv") or sys.exit("no uv: run migrate-check once")


def facts_of(tool):
    """The package as the tool found it, and what it installed on each arm."""
    survey = tool.survey()
    package = dict(survey["packages"][0])
    package["installed"] = {arm: tool.installed(package["name"], arm) for arm in ("gil", "ft")}
    package["sdist"] = tool.sdist(package["name"])
    return survey["pair"], package


def compare(program, uv, requirement, runs, folder):
    """Tool and script take turns; returns the tool with its full store."""
    cold, warm = {"tool": [], "script": []}, {"tool": [], "script": []}
    whole, own, rss = True, [], []
    for n in range(runs):
        place = os.path.join(folder, f"{requirement.split('=')[0]}-{n}")
        os.makedirs(os.path.join(place, "script"))
        tool, script = Tool(program, place), Script(uv, os.path.join(place, "script"))
        cold["tool"].append(tool.check([requirement]))
        pair, package = facts_of(tool)
        for costs in (cold, warm):
            cost, tested = script.check(pair, package)
            costs["script"].append(cost)
            whole = whole and tested
        warm["tool"].append(tool.check([requirement]))
        own.append(tool.own_share())
        rss.append(tool.stats["peak_rss_bytes"] / 2**20)
    print(f"\n{package['name']} {package['version']}   (tests: {package['tests']['selected']} of {package['tests']['of']} on each arm)")
    if not whole:
        print("  the script could not run the suite (no folder with tests in the sdist, or pytest failed): its figures lack it")
    print(f"  {'seconds':<34} {'tool':>8}  {'script':>8}  ratio")
    for word, costs in (("cold", cold), ("warm", warm)):
        mine, base = median(costs["tool"]), median(costs["script"])
        show(f"{word}, wall", mine.wall, base.wall, "goal 0.75x, never above 1.03x")
        show(f"{word}, CPU", mine.cpu, base.cpu, "goal: never above 1.03x")
    print(f"  own share of the CPU time, warm    {100 * statistics.median(own):7.2f} %   goal 1 %")
    print(f"  own peak memory, warm              {statistics.median(rss):7.1f} MiB goal 24 MiB")
    return tool


def answered(tool, packages):
    """The first run fills the store; the same command again is answered from it."""
    tool.check(packages)
    costs = [tool.check(packages, new_store=False) for _ in range(5)]
    offline = [tool.check(packages, new_store=False, offline=True) for _ in range(5)]
    print(f"\n{' '.join(packages)}, answered from the store")
    print(f"  wall {median(costs).wall:6.3f} s   goal 1 s   (with --offline, so without asking the index: {median(offline).wall:.3f} s)")


def with_defaults(tool, package):
    """What a user's run costs, with stress and measuring, from the index to the matrix."""
    cost = tool.check([package], equal_work=False)
    print(f"\n{package}, a run with the defaults: {cost.wall:.0f} s of wall time, {cost.cpu:.0f} s of CPU")
    print(f"  own share of the CPU time          {100 * tool.own_share():7.2f} %   goal 1 %")
    print(f"  own peak memory                    {tool.stats['peak_rss_bytes'] / 2**20:7.1f} MiB goal 24 MiB")


def start_up(program):
    """Many short runs by turns, so that a disturbance meets both."""
    mine, base = [], []
    for _ in range(QUICK_RUNS):
        mine.append(run([os.path.abspath(program), "--version"]).wall)
        base.append(run(["git", "--version"]).wall)
    ours, theirs = statistics.median(mine) * 1000, statistics.median(base) * 1000
    print(f"\nstart-up, milliseconds, median of {QUICK_RUNS} (both with the time to start a process from here)")
    show("--version against git --version", ours, theirs, "goal 2x")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tool", default="./migrate-check")
    parser.add_argument("--runs", type=int, default=1, help="rounds per package; the medians are shown")
    parser.add_argument("--keep", metavar="DIR", help="work there and keep it")
    parser.add_argument("--store-of", nargs="+", metavar="PACKAGE", help="what is answered from the store; default: the packages")
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    o = parser.parse_args()
    folder = os.path.abspath(o.keep) if o.keep else tempfile.mkdtemp(prefix="bench-")
    os.makedirs(folder, exist_ok=True)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}{' (not idle: expect noise)' if load > 0.5 else ''}, {o.runs} round(s)")
    try:
        start_up(o.tool)
        uv = find_uv()
        for requirement in o.packages:
            tool = compare(o.tool, uv, requirement, o.runs, folder)
        with_defaults(tool, o.packages[-1])
        answered(tool if not o.store_of and len(o.packages) == 1 else Tool(o.tool, folder), o.store_of or o.packages)
    finally:
        if not o.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
