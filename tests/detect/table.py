"""The tables of make detect, as Markdown."""

import score

GOALS = {"quick": 6, "standard": 8, "deep": 9}  # real defects to find, of those that count
MARK = {True: "yes", False: "no", None: "-"}


def seconds(value):
    """A time of the table."""
    return "-" if value is None else "%.2g" % value if value < 10 else "%.0f" % value


def cell(text):
    """Text of foreign origin in a Markdown table."""
    return "".join(c if c.isprintable() else "?" for c in str(text)).replace("|", "\\|")


def lines_of(results, row, tool="migrate-check"):
    """The results of one row, the newest of each seed."""
    newest = {}
    for line in results:
        if line["tool"] == tool and line["key"] == row.key:
            newest[line["seed"]] = line
    return list(newest.values())


def short(row, line):
    """One run in one line, while running."""
    r = line["result"]
    if line["tool"] != "migrate-check":
        return str({arm: {k: v for k, v in r[arm].items() if v} for arm in ("ft", "gil") if arm in r})
    if r.get("problem"):
        return r["problem"]
    where = "%s, %.0f s, load %s-%s" % (r["verdict"], r["seconds"], *r["load"])
    if row.role != "defect":
        bad = score.false_accusations(row, r)
        return "%d false accusations; %s%s" % (len(bad), where, "".join("\n          " + finding_line(f) for f in bad))
    s = score.score_defect(row, r)
    return "%s; %s%s" % (s["state"], where, "\n          " + finding_line(s["finding"]) if s["finding"] else "")


def place(f):
    """Module and function of a finding, as far as it names them."""
    return ".".join(w for w in (f["module"], f["function"]) if w) or "-"


def finding_line(f):
    """A finding in short."""
    return "%s/%s in %s, %s, fault %s, first %s s, %d of %d%s" % (
        f["kind"], f["oracle"], place(f), f["mode"], f["fault"], seconds(f["seconds_to_first"]), f["events"], f["runs"],
        "" if f["confirmed"] else ", not confirmed: %s" % f["note"])


def reached(result):
    """What replay reached: operations played of those recorded."""
    c = result.get("coverage", {}).get("replay")
    return "%d of %d" % (c["ops_played"], c["ops"]) if c else "-"


def loads(lines):
    """Load averages of the last minute, lowest and highest at the start or end of a run."""
    values = [v for l in lines for v in l["result"].get("load", [])]
    return "%.1f-%.1f" % (min(values), max(values)) if values else "-"


def fault_cell(best):
    """Whether the best finding has the right fault, and how many of the confirmed ones blame somebody else."""
    if not best:
        return "-"
    return MARK[best["fault_right"]] + (" (%(other_fault)d of %(confirmed)d differ)" % best if best["other_fault"] else "")


def defect_cells(row, lines):
    """The cells of a row with a known defect, and in how many runs it was found."""
    scores = [score.score_defect(row, l["result"]) for l in lines]
    found = [s for s in scores if s["state"] == "found"]
    told = found or [s for s in scores if s["state"] == "suspect"]
    best = min(told, key=lambda s: s["finding"]["seconds_to_first"] or 0, default=None)
    f = best["finding"] if best else None
    state = "%d of %d" % (len(found), len(scores)) if found else scores[0]["state"] if scores else "not run"
    cells = [row.title, state, seconds(f["seconds_to_first"]) if f else "-", f["kind"] if f else "-", f["oracle"] if f else "-", f["mode"] if f else "-",
             fault_cell(best), MARK[best["module_right"]] if best else "-",
             place(f) if f else "-", reached(lines[-1]["result"]) if lines else "-", loads(lines)]
    return cells, len(found)


def defect_table(chosen, results):
    """(lines, rows found, rows run)."""
    out = ["| release | found | first event, s | kind | oracle | mode | fault right | module right | where | ops replayed | load |", "|" + " --- |" * 11]
    found, run = [], []
    for row in chosen:
        cells, n = defect_cells(row, lines_of(results, row))
        out.append("| " + " | ".join(cell(c) for c in cells) + " |")
        if row.goal and cells[1] != "not run":
            run.append(row)
            found += [row] * bool(n)
    return out, found, run


def correct_table(chosen, results):
    """(lines, false accusations, rows run); correct releases without a finding share a line."""
    out = ["| release | runs | confirmed findings that blame the library | other findings | ops replayed | load |", "|" + " --- |" * 6]
    quiet, wrong, run = [], 0, 0
    for row in chosen:
        lines = lines_of(results, row)
        run += bool(lines)
        bad = [f for l in lines for f in score.false_accusations(row, l["result"])]
        other = [f for l in lines for f in l["result"].get("findings", []) if f not in bad and score.from_stress(f)]
        wrong += len(bad)
        problem = next((p for p in (score.not_tested(l["result"]) for l in lines) if p), None)
        if row.group == "corpus" and lines and not bad and not other and not problem:
            quiet.append(row)
            continue
        told = ["%s %s %s" % (f["kind"], f["fault"], "confirmed" if f["confirmed"] else "suspect") for f in other]
        none = "none" if lines else "not run"
        cells = [row.title, len(lines), "; ".join(finding_line(f) for f in bad) or none, problem or "; ".join(sorted(set(told))) or none,
                 reached(lines[-1]["result"]) if lines else "-", loads(lines)]
        out.append("| " + " | ".join(cell(c) for c in cells) + " |")
    if quiet:
        out.append("| %d more of the corpus | | none | none | | |" % len(quiet))
    return out, wrong, run


def beside_table(chosen, results):
    """pytest-run-parallel: what each defective release showed that neither the fixed one nor the GIL build did."""
    out = ["| pair | only on the defective release, free-threaded | on the GIL build | on the fixed release | whole suites in the time |", "|" + " --- |" * 5]
    fixed = {r.pair.split()[0]: r for r in chosen if r.role == "fixed"}
    for row in (r for r in chosen if r.role == "defect" and not r.part):
        mine = lines_of(results, row, "pytest-run-parallel")
        other = fixed.get(row.name)
        theirs = lines_of(results, other, "pytest-run-parallel") if other else []
        if not mine:
            continue
        ft, gil = (mine[-1]["result"].get(arm, {"signs": [], "rounds": 0}) for arm in ("ft", "gil"))
        after = theirs[-1]["result"].get("ft", {"signs": []}) if theirs else {"signs": []}
        only = [s for s in ft["signs"] if s not in gil["signs"] and s not in after["signs"]]
        cells = [row.title, "; ".join(only) or mine[-1]["result"].get("problem") or "nothing", "%d signs" % len(gil["signs"]),
                 "%d signs" % len(after["signs"]) if theirs else "not run", ft["rounds"]]
        out.append("| " + " | ".join(cell(c) for c in cells) + " |")
    return out


def markdown(chosen, results, effort):
    """All tables and the totals beside the goals."""
    out = []
    for group, title in (("real", "Real releases"), ("corpus", "Corpus")):
        mine = [r for r in chosen if r.group == group]
        if not mine:
            continue
        defects = [r for r in mine if r.role == "defect"]
        table, found, run = defect_table(defects, results)
        correct, wrong, correct_run = correct_table([r for r in mine if r.role != "defect"], results)
        goal = "goal %d" % GOALS[effort] if group == "real" else "goal: all" if effort == "standard" else "no goal at this effort"
        out += ["### %s, %s effort: defects" % (title, effort), "", *table, ""]
        out += ["### %s, %s effort: fixed and correct releases" % (title, effort), "", *correct, ""]
        out += ["Found %d of %d that count and were run, of %d (%s). False accusations: %d in %d releases run (goal 0)."
                % (len(found), len(run), sum(r.goal for r in defects), goal, wrong, correct_run), ""]
    if any(l["tool"] == "pytest-run-parallel" for l in results):
        out += ["### pytest-run-parallel beside it", "", *beside_table([r for r in chosen if r.group == "real"], results), ""]
    return "\n".join(out)
