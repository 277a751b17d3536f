"""The job file: what the tool asks of this process, with defaults filled in."""
import json
import os

DEFAULTS = {
    "task": "suite",
    "mode": "serial",
    "event_fd": -1,
    "token": "",
    "runner": "pytest",
    "cwd": ".",
    "args": [],
    "extra_args": [],
    "import_names": [],
    "top_level": [],
    "site": "",
    "deny_paths": [],
    "select": None,
    "deselect_file": None,
    "known_files": None,
    "test_seconds": 30,
    "suite_seconds": 0,
    "repeat": 1,
    "turn_fd": -1,
    "turn_first": False,
    "turn_cpu": -1,
    "stack_file": None,
    "hold_crashes": False,
    "threads": 0,
    "stress_seconds": 60,
    "stress_seed": "0",
    "focus": None,
    "avoid": [],
    "control": "none",
    "switch_interval": None,
    "out_dir": None,
    "want_script": False,
}
CONTROLS = ("none", "locked")


def default_threads():
    """How many threads a stress mode uses: four, or twice the cores that we may use."""
    return max(4, 2 * len(os.sched_getaffinity(0)))


class Job:
    """The job's fields as attributes; see docs/harness-protocol.md."""

    def __init__(self, fields):
        unknown = set(fields) - set(DEFAULTS)
        for name, default in DEFAULTS.items():
            value = fields.get(name)
            setattr(self, name, default if value is None else value)
        self.unknown = sorted(unknown)
        select = self.select or {}
        self.seed = str(select.get("seed", "0"))
        self.max_files = int(select.get("max_files") or 0)
        self.cap_per_file = int(select.get("cap_per_file") or 0)
        self.ids_file = select.get("ids_file")
        self.threads = int(self.threads) or default_threads()
        self.stress_seconds = float(self.stress_seconds)
        self.stress_seed = str(self.stress_seed)
        if self.control not in CONTROLS:
            raise ValueError(f"control is {self.control!r}, and not one of {', '.join(CONTROLS)}")
        if self.threads < 1 or self.stress_seconds <= 0:
            raise ValueError("threads and stress_seconds must be positive")


def read(path):
    """Reads a job; ValueError when it is not one."""
    with open(path, encoding="utf-8") as f:
        fields = json.load(f)
    if not isinstance(fields, dict):
        raise ValueError("the job is not an object")
    return Job(fields)


def read_ids(path):
    """The ids of a list file, one per line; none when there is no file."""
    if not path:
        return []
    with open(path, encoding="utf-8", newline="\n") as f:
        return [line for line in f.read().split("\n") if line]
