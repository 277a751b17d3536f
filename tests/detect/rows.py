"""What make detect runs the tool on: releases with a known defect, their fixed versions, and correct ones."""

import json
import os
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
RACES = os.path.join(os.path.dirname(os.path.dirname(HERE)), "fixtures", "races")


@dataclass(frozen=True)
class Row:
    """One release. `role` is "defect", "fixed" (of `pair`) or "control"."""
    group: str                                # "real" or "corpus"
    name: str
    version: str
    role: str
    build: str                                # --build of the tool
    goal: bool                                # counts towards the goals
    kinds: tuple = ()                         # kinds of finding that are right; none: any confirmed one is wrong
    fault: str | None = None
    modules: tuple = ()
    modes: tuple = field(default=(), compare=False)
    pair: str | None = None                   # the same text in both rows of a pair
    part: str | None = None                   # only findings in its modules count; the run is shared with the row of the same key

    @property
    def title(self):
        """How tables name it."""
        note = " (%s)" % self.part if self.part else ""
        return self.name + (" " + self.version + note if self.group == "real" else "")

    @property
    def key(self):
        return "%s==%s/%s" % (self.name, self.version, self.build)


def real_rows(path=os.path.join(HERE, "pairs.json")):
    """Defective versions first, the fixed ones of all pairs (once each) after them."""
    with open(path, encoding="utf-8") as f:
        pairs = json.load(f)["pairs"]
    defects, fixed = [], {}
    for p in pairs:
        e, pair = p["expect"], "%(name)s %(buggy)s %(build)s" % p
        defects.append(Row("real", p["name"], p["buggy"], "defect", p["build"], p["goal"], tuple(e["kind"]), e["fault"],
                           tuple(e["module"]), (), pair, p.get("part")))
        if p["fixed"]:
            row = Row("real", p["name"], p["fixed"], "fixed", p["build"], True, pair=pair)
            fixed.setdefault(row.key, row)
    return defects + list(fixed.values())


def corpus_rows(folder=RACES):
    """Those with a defect first, then their twins and the controls; [] without a corpus."""
    path = os.path.join(folder, "expected.json")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        projects = json.load(f)
    rows = []
    for name, p in projects.items():
        e = p["expect"]
        defect = p["defective"] and e["required"]
        role = "defect" if defect else "fixed" if p["twin"] else "control"
        rows.append(Row("corpus", name, version_of(folder, name), role, "source", True, tuple(e["kind"]), e["fault"],
                        (e["module"],) if e["module"] else (), tuple(e["modes"]), name if defect else p["twin"]))
    return sorted(rows, key=lambda r: ("defect", "fixed", "control").index(r.role))


def version_of(folder, name):
    """The version that the project's pyproject.toml states."""
    import tomllib
    with open(os.path.join(folder, name, "pyproject.toml"), "rb") as f:
        return tomllib.load(f)["project"]["version"]


def choose(rows, words):
    """Rows named by name, name==version or a part of the name; all without words. Unknown words are an error."""
    if not words:
        return rows
    exact = {w for w in words for r in rows if w in (r.name, "%s==%s" % (r.name, r.version))}
    unknown = [w for w in words if w not in exact and not any(w in r.name for r in rows)]
    if unknown:
        raise SystemExit("detect.py: nothing is named %s" % ", ".join(unknown))
    return [r for r in rows if any(w in (r.name, "%s==%s" % (r.name, r.version)) or (w not in exact and w in r.name) for w in words)]
