#!/usr/bin/env python3
"""Check the rules of the tree that no compiler checks.

    check_tree.py ROOT

 * a folder of src/ includes only what is below it (LAYERS)
 * functions that cannot bound their output, or that share hidden state, are
   not called in src/ (BANNED)
 * files have at most 550 lines, functions at most 60
 * every C file opens with a comment
 * no path of one machine and no host of a package registry is written down

Prints one line for each breach and ends with 1 if there is any.
"""

import ast
import os
import re
import subprocess
import sys

FILE_LINES = 550
FUNCTION_LINES = 60

# From below to above. Folders of one row do not include one another.
LAYERS = [
    ["base"],
    ["model"],
    ["process"],
    ["sandbox"],
    ["store", "judge", "report", "interp", "fetch", "inputs", "plan", "run"],
    ["build"],
    ["pipeline"],
    ["cli"],
    ["main"],
]
# Pure layers: verdicts and reports are computed from data alone.
PURE = {"judge", "report"}
RANK = {name: i for i, row in enumerate(LAYERS) for name in row}

BANNED = re.compile(
    r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atoll|atof|gets|system|popen|tmpnam|mktemp)\s*\(")

TEXT = (".c", ".h", ".def", ".py", ".sh", ".md", ".json", ".toml", ".inc", ".am", ".ac", ".txt", ".css", ".js",
        ".html", ".cfg", ".sql", ".1", ".in")
FOLDERS = ["src", "tests", "profiles", "fixtures", "reports", "docs", "bench", ".ci"]
TOP_FILES = ["setup", "README.md", "configure.ac", "Makefile.am"]

# Written in parts, so that this file does not break its own rule.
FOREIGN = re.compile("|".join([
    "/wo" r"rk/(?:main|lead|shared|w-)", "/ro" r"ot/\.?\w", "/tmp/" "(?:team|dl)/", "/ho" r"me/(?!user\b|you\b|me\b|team\b|u\b)\w",
    r"(?:deb|security|ftp)\.deb" r"ian\.org", r"pyp" r"i\.org", r"pythonho" r"sted\.org", r"registry\.np" r"mjs", r"crates" r"\.io",
]))

TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"(\w+)/', re.M)


def bare(text):
    """The text with comments and the insides of strings blanked; lines stay."""
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def layer_of(path):
    """"src/store/sql.c" -> "store"; "src/pipeline_cells.c" -> "pipeline"; other files have none."""
    parts = path.split("/")
    if parts[0] != "src":
        return None
    if len(parts) > 2:
        return parts[1]
    return re.split(r"[_.]", parts[1])[0]


def check_includes(path, text):
    mine = layer_of(path)
    if mine is None or mine == "harness":  # its C is source that is compiled where the tool runs
        return
    if mine not in RANK:
        yield 1, f"folder {mine} has no place in the order of layers"
        return
    for m in INCLUDE.finditer(text):
        other = m.group(1)
        if other == mine or other not in RANK:
            continue
        pure = mine in PURE and other not in ("base", "model")
        if pure or RANK[other] >= RANK[mine]:
            yield line_of(text, m.start()), f"{mine} must not include {other}"


def check_calls(text):
    for m in BANNED.finditer(text):
        yield line_of(text, m.start()), f"{m.group(1)}() is banned"


def c_functions(text):
    """(first line, lines) of each function, by the braces in the first column."""
    lines = text.split("\n")
    start = None
    for i, line in enumerate(lines):
        if line.rstrip() == "{":
            start = i
            while start > 0 and lines[start - 1].strip() and lines[start - 1][0] not in "#}" \
                    and not lines[start - 1].rstrip().endswith(";"):
                start -= 1
        elif line.startswith("}") and start is not None:
            yield start + 1, i - start + 1
            start = None


def python_functions(path, text):
    try:
        tree = ast.parse(text)
    except SyntaxError as e:
        sys.stderr.write(f"{path}:{e.lineno}: cannot be parsed, not checked\n")
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def check_sizes(path, text, functions):
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield 1, f"{lines} lines (at most {FILE_LINES})"
    for first, n in functions:
        if n > FUNCTION_LINES:
            yield first, f"a function of {n} lines (at most {FUNCTION_LINES})"


def check_file(path, text):
    for m in FOREIGN.finditer(text):
        yield line_of(text, m.start()), f"`{m.group(0)}` belongs to one machine or registry"
    if path.endswith((".c", ".h")):
        clean = bare(text)
        # Include names are strings, so they are read from the text itself.
        yield from check_includes(path, text)
        if path.startswith("src/"):
            yield from check_calls(clean)
        yield from check_sizes(path, text, c_functions(clean))
        if not text.lstrip().startswith("/*"):
            yield 1, "does not open with a comment that says what the file is"
    elif path.endswith(".py"):
        # Fixtures are other people's packages by design: only their hosts and paths count.
        functions = [] if path.startswith("fixtures/") else python_functions(path, text)
        yield from check_sizes(path, text, functions)
    elif path.endswith(".sh"):
        yield from check_sizes(path, text, [])


def committed(root):
    """Paths that git knows below root; None outside a checkout (a release's tree holds nothing else)."""
    if not os.path.exists(os.path.join(root, ".git")):
        return None
    listing = subprocess.run(["git", "-C", root, "ls-files", "-z"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, check=False)
    return set(listing.stdout.decode().split("\0")) if listing.returncode == 0 else None


def files(root):
    known = committed(root)
    for name in TOP_FILES:
        if os.path.isfile(os.path.join(root, name)):
            yield name
    for folder in FOLDERS:
        for top, dirs, names in os.walk(os.path.join(root, folder)):
            dirs[:] = sorted(d for d in dirs if not d.startswith(".") and d != "__pycache__")
            for name in sorted(names):
                path = os.path.relpath(os.path.join(top, name), root)
                if known is not None and path not in known:
                    continue
                if name.endswith(TEXT) or (name == "run" and folder == ".ci"):
                    yield path


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    breaches = checked = 0
    for path in files(root):
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
            text = f.read()
        checked += 1
        for line, what in check_file(path, text):
            print(f"{path}:{line}: {what}")
            breaches += 1
    if checked < 10:
        print(f"only {checked} files found below {root}: wrong folder")
        return 1
    print(f"{checked} files checked, {breaches} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
