"""inject.py STORE: puts findings of a stress mode into the newest survey, as a run of the mode would leave them."""
import json
import sqlite3
import sys

SCRIPT = "# od-good 1.3: lost-update\nimport threading\nprint('\x1b[31m')\n"
FINDING = {
    "id": "o1", "mode": "replay", "module": "od_good", "signature": "lost-update in od_good: Counter.add", "title": "total() is 9 and not 10",
    "test": None, "stack": None, "tail": None, "reproduce": "migrate-check reproduce od-good:o1", "events": 2, "runs": 2, "control_events": 0,
    "control_runs": 1, "kind": "lost-update", "fault": "library", "seconds_to_first": 0.5, "oracle": "lost-update",
    "key": "replay|self|od_good.Counter.add", "confirmed": True, "threads": 4, "script": SCRIPT, "script_note": "failed in 3 of 3 fresh processes, 2 threads",
}


def main():
    db = sqlite3.connect(f"{sys.argv[1]}/store.db")
    rows = list(db.execute("SELECT rowid, name, document FROM package ORDER BY survey DESC, position"))
    for row, name, text in rows:
        document = json.loads(text)
        finding = dict(FINDING)
        if name != "od-good":
            finding.update(script=None, mode="mixed", key="mixed|test_a", script_note="a whole test is played, and stands in the suite")
        document["findings"] = [finding]
        db.execute("UPDATE package SET document = ? WHERE rowid = ?", (json.dumps(document), row))
    db.commit()


main()
