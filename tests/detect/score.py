"""What one survey comes to, given what is known of the release."""

MEMORY = {"oracle", "kind", "fault", "module", "function", "mode", "title", "key", "confirmed", "seconds_to_first", "events", "runs",
          "control_events", "control_runs", "locked_events", "locked_runs", "threads", "note", "script_note", "test"}
NEVER = 12  # operations that were never played, kept in the results


def digest(survey):
    """The part of a survey that is kept in the results: one package's verdict, findings and coverage."""
    package = survey["packages"][0] if survey["packages"] else {}
    findings = [{k: v for k, v in f.items() if k in MEMORY} for f in package.get("findings", [])]
    coverage = {mode: dict(c, never=c["never"][:NEVER]) for mode, c in package.get("coverage", {}).items()}
    artifact = package.get("artifacts", {}).get("ft") or {}
    return {"verdict": package.get("verdict"), "version": package.get("tested_version") or package.get("version"),
            "reasons": package.get("reasons", [])[:4], "flags": package.get("flags", []), "gil": package.get("gil_state"),
            "passed": ((package.get("tests") or {}).get("ft") or {}).get("passed"), "native": artifact.get("native"), "seconds": survey["seconds"], "findings": findings, "coverage": coverage,
            "left_out": package.get("stress_left_out", [])}


def from_stress(finding):
    """Serial runs have their own judge; what they found is listed apart."""
    return bool(finding.get("oracle"))


def same_module(found, wanted):
    """The finding names one of the modules, or something inside of one."""
    return any(found == w or (found or "").startswith(w + ".") for w in wanted)


def tells_of(row, finding):
    """It is of a right kind, and says that the library is racy; one that blames the tests or Python tells its reader nothing of it."""
    return finding["kind"] in row.kinds and finding["fault"] in ("library", "racy-with-gil")


def score_defect(row, result):
    """What was found of a known defect: the finding that says most, and whether it is right."""
    seen = [f for f in result.get("findings", []) if from_stress(f) and (not row.part or same_module(f["module"], row.modules))]

    def order(f):
        right = tells_of(row, f)
        first = f["seconds_to_first"]
        return (not (right and f["confirmed"]), not right, not f["confirmed"], f["fault"] != row.fault,
                not same_module(f["module"], row.modules), first if first is not None else float("inf"))
    best = min(seen, key=order, default=None)
    if not best:
        return {"state": not_tested(result) or "missed", "finding": None, "fault_right": None, "module_right": None, "confirmed": 0, "other_fault": 0}
    right = tells_of(row, best)
    state = "found" if right and best["confirmed"] else "suspect" if right else not_tested(result) or "other"
    confirmed = [f for f in seen if f["confirmed"]]
    return {"state": state, "finding": best, "fault_right": best["fault"] == row.fault, "module_right": same_module(best["module"], row.modules),
            "confirmed": len(confirmed), "other_fault": sum(f["fault"] not in (row.fault, "tests") for f in confirmed)}


def false_accusations(row, result):
    """Of a fixed or correct release: confirmed findings that blame the library. What blames the tests or the
    interpreter, or is a race that the GIL build has too, accuses nobody; of a real release's serial suite nothing is known."""
    return [f for f in result["findings"] if f["fault"] == "library" and f["confirmed"] and (from_stress(f) or row.group == "corpus")]


def not_tested(result):
    """Why stress did not get to it: "not built", "no test", "no stress", "no result"; None when it did."""
    if result.get("problem"):
        return "no result"
    if result["verdict"] in ("broken", "blocked", "build-regressed", "skipped", "error", "unsupported"):
        return "not built"
    if result.get("passed", True) in (0, None):
        return "no test"
    return None if result["coverage"] else "no stress"
