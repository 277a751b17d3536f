#!/usr/bin/env python3
"""How many known defects migrate-check finds, and whether it accuses what is correct (standard library only).

    detect.py [--real] [--corpus] [--only NAME]... [--effort WORD] [--seeds a,b,c] [--results FILE [--resume | --table]]
              [--out FILE] [--beside] [--options WORDS] [--wrap COMMAND] [--program FILE] [--work DIR]

The real releases of pairs.json come from the machine's package index, the corpus
(fixtures/races) from a local one. Every release is checked with thread stress and
without measuring, one at a time, once for each seed, with a store of its own below
--work (where logs and surveys stay). Each run is a line of --results as soon as it
is done; --resume leaves out what stands there for the same program, --table runs
nothing. --beside runs pytest-run-parallel on the same releases, tests and seconds.
--wrap is a command that runs each run, e.g. one that waits for an idle machine.

The table (Markdown, also to --out) ends with totals beside the goals. Exit 0
whatever was found; 1 when a run itself failed; 2 for a wrong command line.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]

import beside  # noqa: E402
import rows  # noqa: E402
import table  # noqa: E402
import tool  # noqa: E402


def arguments():
    """The command line."""
    p = argparse.ArgumentParser(description="Measure what migrate-check finds of known defects.")
    p.add_argument("--real", action="store_true", help="only the real releases")
    p.add_argument("--corpus", action="store_true", help="only the corpus")
    p.add_argument("--only", action="append", default=[], metavar="NAME", help="name, name==version or part of a name; may be repeated")
    p.add_argument("--role", action="append", default=[], choices=["defect", "fixed", "control"], help="only these; may be repeated")
    p.add_argument("--effort", choices=list(tool.LONGEST), default="quick")
    p.add_argument("--seeds", default="1", help="separated by commas (default 1)")
    p.add_argument("--results", default="build/detect/results.jsonl", metavar="FILE",
                   help="JSON lines, one for each run (default build/detect/results.jsonl)")
    p.add_argument("--resume", action="store_true", help="go on with the results that are there")
    p.add_argument("--table", action="store_true", help="run nothing, print the table of the results")
    p.add_argument("--out", metavar="FILE", help="write the table there, too")
    p.add_argument("--options", default="", metavar="WORDS", help="more options of the tool, e.g. \"--stress replay --stress-seconds 15\";"
                   " results with other options are kept apart")
    p.add_argument("--beside", action="store_true", help="run pytest-run-parallel, too")
    p.add_argument("--wrap", default="", metavar="COMMAND", help="command that runs each run")
    p.add_argument("--program", default="./migrate-check", metavar="FILE")
    p.add_argument("--work", default="build/detect/work", metavar="DIR", help="stores, logs and surveys (default build/detect/work)")
    p.add_argument("--jobs", type=int, choices=[1], default=1, help="always 1: stress wants all cores")
    p.add_argument("--one", help=argparse.SUPPRESS)  # a run, as JSON: what --wrap runs
    return p.parse_args()


def wanted_rows(a):
    """The rows that the options name."""
    both = a.real == a.corpus
    all_rows = (rows.real_rows() if both or a.real else []) + (rows.corpus_rows() if both or a.corpus else [])
    return [r for r in rows.choose(all_rows, a.only) if not a.role or r.role in a.role]


def read_results(path):
    """The lines of an earlier run; the last one may be cut off by a kill."""
    lines = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for text in f:
                try:
                    lines.append(json.loads(text))
                except ValueError:
                    print("detect.py: a line of %s is damaged and left out" % path, file=sys.stderr)
    return lines


def identity(line):
    """What makes two lines results of the same run."""
    return line["tool"], line["key"], line["effort"], line["seed"], line.get("options", ""), line["build"]


def planned(a, chosen, build):
    """All runs, seed by seed."""
    tools = ["migrate-check"] + ["pytest-run-parallel"] * a.beside
    runs = list({r.key: r for r in reversed(chosen)}.values())[::-1]  # rows of the same key share a run
    for seed in a.seeds.split(","):
        for name in tools:
            for row in runs:
                if name == "migrate-check" or row.group == "real" and seed == a.seeds.split(",")[0]:
                    yield {"tool": name, "key": row.key, "group": row.group, "effort": a.effort, "seed": seed,
                           "options": a.options, "build": build}


def run_one(a):
    """What --wrap runs: one run, its line on standard output."""
    job = json.loads(a.one)
    row = next(r for r in rows.real_rows() + rows.corpus_rows() if r.key == job["key"])
    if job["tool"] == "migrate-check":
        result = tool.Tool(a.program, a.work, job.pop("index", None)).run(row, job["effort"], job["seed"], shlex.split(job.get("options", "")))
    else:
        result = beside.run(row, job, a.work)
    print(json.dumps(dict(job, result=result)))


def start(a, job):
    """Run one in a child, below --wrap; its line, or None when the runner failed."""
    argv = [*shlex.split(a.wrap), sys.executable, os.path.abspath(__file__), "--program", a.program, "--work", a.work, "--one", json.dumps(job)]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode or not done.stdout.strip():
        print("detect.py: %s of %s failed (exit %d)" % (job["tool"], job["key"], done.returncode), file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def interpreters(program):
    """The pair of the tool's own folder, for the wheels that the local index needs."""
    listing = subprocess.run([program, "python", "list"], capture_output=True, text=True, check=True).stdout
    found = {}
    for fields in (line.split(None, 3) for line in listing.splitlines()):
        if len(fields) == 4 and fields[2] == "own":
            found.setdefault(fields[0], {})[fields[1]] = fields[3]
    for kinds in found.values():
        if len(kinds) == 2:
            return kinds["gil"], kinds["free-threaded"]
    sys.exit("detect.py: no interpreter pair: `migrate-check python install` makes one")


def complete(job, done):
    """Add what a run of pytest-run-parallel needs to know from the tool's run of the same row; None when that is missing."""
    if job["tool"] == "migrate-check":
        return job
    mine = [d for d in done if d["tool"] == "migrate-check" and d["key"] == job["key"] and d["effort"] == job["effort"]]
    facts = next((d["result"] for d in reversed(mine) if d["result"].get("suite")), None)
    return dict(job, facts={k: facts[k] for k in ("suite", "pair", "gil")}) if facts else None


def run_all(a, chosen, done):
    """Every planned run that has no line yet; how many failed."""
    build = tool.build_of(a.program)
    have = {identity(d) for d in done}
    todo = [j for j in planned(a, chosen, build) if identity(j) not in have]
    corpus = [r.name for r in chosen if r.group == "corpus"]
    index = tool.Index(a.work, *interpreters(a.program), corpus) if corpus and todo else None
    failed = 0
    try:
        for number, job in enumerate(todo, 1):
            print("[%d/%d] %s %s %s seed %s" % (number, len(todo), job["tool"], job["key"], job["effort"], job["seed"]), file=sys.stderr, flush=True)
            full = complete(dict(job, index=index.url) if job["group"] == "corpus" else job, done)
            line = full and start(a, full)
            if not line:
                failed += 1
                continue
            line = {k: v for k, v in line.items() if k not in ("index", "facts")}
            done.append(line)
            with open(a.results, "a", encoding="utf-8") as f:
                f.write(json.dumps(line) + "\n")
            for row in (r for r in chosen if r.key == line["key"]):
                print("        " + table.short(row, line), file=sys.stderr, flush=True)
    finally:
        if index:
            index.close()
    return failed


def main():
    """Command line."""
    a = arguments()
    a.program, a.work = os.path.abspath(a.program), os.path.abspath(a.work)
    if a.one:
        return run_one(a)
    chosen = wanted_rows(a)
    if os.path.exists(a.results) and not (a.resume or a.table):
        print("detect.py: %s exists: --resume goes on with it, --table prints it" % a.results, file=sys.stderr)
        return 2
    os.makedirs(a.work, exist_ok=True)
    done = read_results(a.results)
    failed = 0 if a.table else run_all(a, chosen, done)
    mine = [d for d in done if (d["effort"], d.get("options", "")) == (a.effort, a.options)]
    text = table.markdown(chosen, mine, a.effort)
    print(text)
    if a.out:
        with open(a.out, "w", encoding="utf-8") as f:
            f.write(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
