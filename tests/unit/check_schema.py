#!/usr/bin/env python3
"""Validate the documents that the tool writes against the schemas of reports/: survey, workload and bench.

    check_schema.py [SCHEMA DOCUMENT]    without words: the documents of the tests

The documents are the expected ones that test_report, test_workload_report and test_bench compare byte by byte.
The checker knows the few keywords that the schema uses, refuses others, and is
stricter than JSON Schema in one point: a member that is not described is an
error. It then spoils a good document in several ways and expects a complaint
each time, because a checker that accepts everything would pass as well.
"""

import copy
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPORTS = ROOT / "reports"
DOCUMENTS = ROOT / "tests" / "unit" / "data" / "golden"
NOTES = {"$schema", "$comment", "$defs", "title", "description"}
KNOWN = NOTES | {"$ref", "type", "enum", "const", "minimum", "maximum", "items",
                 "properties", "required", "additionalProperties"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def has_type(value, name):
    """Is the value of that JSON type? true and false are no numbers."""
    if name in ("number", "integer"):
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return not isinstance(value, bool) and (whole if name == "integer" else isinstance(value, (int, float)))
    return isinstance(value, TYPES[name])


def check_object(value, rule, root, where):
    """Members of an object: required ones, described ones, no others."""
    described = rule.get("properties", {})
    rest = rule.get("additionalProperties")
    for name in rule.get("required", []):
        if name not in value:
            yield f"{where}: {name} is missing"
    for name, member in value.items():
        if name in described:
            yield from check(member, described[name], root, f"{where}.{name}")
        elif rest is not None:
            yield from check(member, rest, root, f"{where}.{name}")
        else:
            yield f"{where}: {name} is not described"


def check_value(value, rule, where):
    """What a rule says of the value itself."""
    if "const" in rule and value != rule["const"]:
        yield f"{where}: {value!r} is not {rule['const']!r}"
    if "enum" in rule and value not in rule["enum"]:
        yield f"{where}: {value!r} is none of {rule['enum']}"
    if has_type(value, "number"):
        if value < rule.get("minimum", value) or value > rule.get("maximum", value):
            yield f"{where}: {value} is out of range"


def check(value, rule, root, where="survey"):
    """All complaints about a value, as text."""
    if "$ref" in rule:
        rule = root["$defs"][rule["$ref"].removeprefix("#/$defs/")]
    unknown = set(rule) - KNOWN
    if unknown:
        yield f"{where}: the schema uses {sorted(unknown)}, which this checker does not know"
    names = rule.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and not any(has_type(value, name) for name in names):
        yield f"{where}: {value!r} is not {' or '.join(names)}"
        return
    yield from check_value(value, rule, where)
    if isinstance(value, dict) and ("properties" in rule or "required" in rule):
        yield from check_object(value, rule, root, where)
    if isinstance(value, list) and "items" in rule:
        for i, item in enumerate(value):
            yield from check(item, rule["items"], root, f"{where}[{i}]")


def descriptions(rule, where="schema"):
    """Every member must say what it is."""
    for name, member in rule.get("properties", {}).items():
        if not {"description", "$ref", "const"} & set(member):
            yield f"{where}.{name} has no description"
        yield from descriptions(member, f"{where}.{name}")
    for name, member in rule.get("$defs", {}).items():
        yield from descriptions(member, name)


def spoiled_workload(document):
    """The same for the document of one program."""
    def variant(change):
        copied = copy.deepcopy(document)
        change(copied, copied["arms"][1])
        return copied

    yield "missing member", variant(lambda w, a: w.pop("rule"))
    yield "unknown member", variant(lambda w, a: a.update(colour="red"))
    yield "unknown word", variant(lambda w, a: w.update(kind="fast"))
    yield "negative time", variant(lambda w, a: a["observed"].update(run_seconds=-1))
    yield "wrong wait", variant(lambda w, a: a["observed"]["waits_seconds"].update(coffee=1))
    yield "wrong run", variant(lambda w, a: a["runs"].append({"wall_seconds": 1}))
    yield "wrong exit code", variant(lambda w, a: w.update(exit_code=4))


def spoiled_bench(document):
    """The same for the document of `bench`."""
    def variant(change):
        copied = copy.deepcopy(document)
        change(copied, copied["claims"][0], copied["workloads"][0]["points"][0])
        return copied

    yield "missing member", variant(lambda b, c, p: b.pop("cores"))
    yield "unknown verdict", variant(lambda b, c, p: c.update(verdict="fine"))
    yield "negative ratio", variant(lambda b, c, p: c.update(ratio=-1))
    yield "unknown arm", variant(lambda b, c, p: p.update(arm="gli"))
    yield "unknown member of a run", variant(lambda b, c, p: p["runs"][0].update(colour="red"))


def spoiled(document):
    """Wrong documents, each with the name of its mistake."""
    def variant(change):
        copied = copy.deepcopy(document)
        change(copied, copied["packages"][0])
        return copied

    yield "missing member", variant(lambda s, p: s.pop("seed"))
    yield "missing member of a package", variant(lambda s, p: p.pop("bound"))
    yield "unknown member", variant(lambda s, p: p.update(colour="red"))
    yield "unknown word", variant(lambda s, p: p.update(verdict="fine"))
    yield "number as text", variant(lambda s, p: p.update(runs="6"))
    yield "boolean as number", variant(lambda s, p: s.update(cores=True))
    yield "out of range", variant(lambda s, p: p.update(bound=1.5))
    yield "wrong version", variant(lambda s, p: s.update(schema_version=2))
    yield "wrong item", variant(lambda s, p: p["reasons"].append(3))
    yield "wrong mode", variant(lambda s, p: p["coverage"].update(replay={"parallel": 1}))


def check_kind(kind, good, least, mistakes):
    """All documents of one schema, and that mistakes in the good one are noticed: (problems, count)."""
    schema = json.loads((REPORTS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    problems = list(descriptions(schema))
    documents = sorted(DOCUMENTS.glob(f"{kind}-*.json"))
    for path in documents:
        document = json.loads(path.read_text(encoding="utf-8"))
        problems += [f"{path.name}: {text}" for text in check(document, schema, schema)]
    if len(documents) < least:
        problems.append(f"only {len(documents)} documents of {kind} were found")
    for mistake, document in mistakes(json.loads((DOCUMENTS / good).read_text(encoding="utf-8"))):
        if not list(check(document, schema, schema)):
            problems.append(f"{kind}: {mistake} was not noticed")
    return problems, len(documents)


def check_files(schema_path, document_path):
    """One document against one schema; returns the exit code."""
    schema = json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8"))
    problems = list(check(json.loads(pathlib.Path(document_path).read_text(encoding="utf-8")), schema, schema, "document"))
    print("\n".join(problems) or "the document follows the schema")
    return 1 if problems else 0


def main():
    """Check everything; returns the exit code."""
    if len(sys.argv) == 3:
        return check_files(*sys.argv[1:])
    problems, surveys = check_kind("survey", "survey-mixed.json", 5, spoiled)
    more, workloads = check_kind("workload", "workload-threads.json", 2, spoiled_workload)
    last, benches = check_kind("bench", "bench-mixed.json", 1, spoiled_bench)
    problems += more + last
    print("\n".join(problems) or f"{surveys + workloads + benches} documents follow the schemas")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
