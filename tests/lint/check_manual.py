#!/usr/bin/env python3
"""Check that the manual and --help tell the same as the program's tables.

    check_manual.py ROOT PROGRAM

 * each option of src/cli/options.def has an entry in docs/migrate-check.1, with
   its letter and argument, and stands in the help of the commands that take it
 * the manual has no entry for an option that does not exist
 * each command of src/cli/commands.c that is not hidden stands in the synopsis
   of the manual and in --help
 * the rules of src/judge/workload_rules.def stand in docs/workload.md, in their
   order, with their advice and how sure they can be

Prints one line for each breach and ends with 1 if there is any.
"""

import os
import re
import subprocess
import sys

OPTION = re.compile(r"^X\(\w+, (0|'\w'), \"([\w-]+)\", (NULL|\"[^\"]+\"), ([\w |]+),", re.M)
COMMAND = re.compile(r"^\t\{ \"(\w+)\", \"[^\"]*\", \"[^\"]*\", (FOR_\w+), (true|false),", re.M)
ENTRY = re.compile(r"^\.It Fl (?:(\w) , )?-([\w-]+)(?: Ar (\S+))?$", re.M)
RULE = re.compile(r'^X\("([\w-]+)", .*?, ADVICE_(\w+), SURENESS_(\w+), ', re.M)
RULE_ROW = re.compile(r"^\| `([\w-]+)` \| .* \| (\w+) \| (\w+) \|$", re.M)
SYNOPSIS = re.compile(r"^\.Sh SYNOPSIS$(.*?)^\.Sh", re.M | re.S)


def read(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as f:
        return f.read()


def options(text):
    """{name: (letter or None, argument or None, {commands' bits})}"""
    rows = {}
    for letter, name, argument, masks in OPTION.findall(text):
        rows[name] = (None if letter == "0" else letter.strip("'"), None if argument == "NULL" else argument.strip('"'),
                      set(masks.split(" | ")))
    return rows


def check_entries(rows, manual):
    entries = {name: (letter or None, argument or None) for letter, name, argument in ENTRY.findall(manual)}
    for name, (letter, argument, _) in rows.items():
        if name not in entries:
            yield f"the manual has no entry for --{name}"
        elif entries[name] != (letter, argument):
            yield f"the manual's entry for --{name} has letter and argument {entries[name]}, not {(letter, argument)}"
    for name in entries.keys() - rows.keys():
        yield f"the manual has an entry for --{name}, which does not exist"


def help_of(program, *words):
    done = subprocess.run([program, *words, "--help"], stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout


def check_commands(commands, rows, manual, program):
    synopsis = SYNOPSIS.search(manual).group(1)
    whole = help_of(program)
    for name, bit, hidden in commands:
        if hidden == "false" and name != "run" and not re.search(rf"^\.Cm {name}$", synopsis, re.M):
            yield f"the manual's synopsis has no {name}"
        if hidden == "false" and not re.search(rf"^  {name} ", whole, re.M):
            yield f"--help does not name {name}"
        text = help_of(program, name)
        for option, (_, _, masks) in rows.items():
            takes = bit in masks or "FOR_ALL" in masks
            if takes != bool(re.search(rf"--{option}[ =\n]", text)):
                yield f"{name} --help and --{option}: the command {'takes' if takes else 'does not take'} it"


def check_rules(table, document):
    rules = [(name, advice.lower(), most.lower()) for name, advice, most in RULE.findall(table)]
    rows = RULE_ROW.findall(document)
    for rule, row in zip(rules, rows):
        if rule != row:
            yield f"docs/workload.md has the rule {row} where the table has {rule}"
    if len(rules) != len(rows) or len(rules) < 20:
        yield f"docs/workload.md has {len(rows)} rules, the table {len(rules)}"


def main():
    root, program = sys.argv[1:]
    rows = options(read(root, "src/cli/options.def"))
    commands = COMMAND.findall(read(root, "src/cli/commands.c"))
    manual = read(root, "docs/migrate-check.1")
    breaches = list(check_entries(rows, manual)) + list(check_commands(commands, rows, manual, program))
    breaches += check_rules(read(root, "src/judge/workload_rules.def"), read(root, "docs/workload.md"))
    if len(rows) < 30 or len(commands) < 8:
        breaches.append(f"only {len(rows)} options and {len(commands)} commands could be read from the tables")
    for breach in breaches:
        print(breach)
    print(f"{len(rows)} options and {len(commands)} commands checked, {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
