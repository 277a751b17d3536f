"""Deterministic sampling: the same files and tests on every arm, from a seed.

Both levels use sha256(seed:name), so that what is chosen depends on nothing but
the names: not on the order of a directory, nor on the machine.
"""
import fnmatch
import hashlib
import importlib.util
import os

from .job import read_ids

NOT_ENTERED = ("__pycache__", "node_modules", "build", "dist", "venv", "*.egg", ".*", "*.dist-info")
PATTERNS = ("test_*.py", "*_test.py")
_sha256 = hashlib.sha256


def key(seed, name):
    """Where a name stands in the order that the seed gives."""
    return _sha256(f"{seed}:{name}".encode("utf-8", "backslashreplace")).digest()


def choose_files(files, seed, most):
    """At most `most` of the relative file names: round robin over their folders."""
    groups = {}
    for rel in sorted(set(files)):
        groups.setdefault(os.path.dirname(rel), []).append(rel)
    order = sorted(groups, key=lambda folder: key(seed, folder))
    rows = [sorted(groups[folder], key=lambda rel: key(seed, rel)) for folder in order]
    chosen, turn = [], 0
    while len(chosen) < most and any(len(row) > turn for row in rows):
        chosen += [row[turn] for row in rows if len(row) > turn]
        turn += 1
    return set(chosen[:most])


def cap(tests, seed, most):
    """Which of (file, id) pairs stay when no file may have more than `most` tests.

    Returns the kept positions in their own order."""
    files = {}
    for at, (file, test) in enumerate(tests):
        files.setdefault(file, []).append((key(seed, test), at))
    kept = []
    for marks in files.values():
        kept += marks if len(marks) <= most else sorted(marks)[:most]
    return sorted(at for _, at in kept)


def matches(path, patterns):
    """As pytest's python_files: against the file's name, or the path when it has a slash."""
    name = os.path.basename(path)
    return any(fnmatch.fnmatch(path, "*/" + p) if "/" in p else fnmatch.fnmatch(name, p)
               for p in patterns)


def walk(folder, patterns, not_entered=NOT_ENTERED):
    """The test files below a folder; links to folders are not followed."""
    for here, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not any(fnmatch.fnmatch(f, p) for p in not_entered)]
        for name in names:
            if matches(os.path.join(here, name), patterns):
                yield os.path.join(here, name)


def locate(arg, pyargs):
    """The file or folder that a runner's argument means, or None.

    A package's own folder is found without importing its tests (parents are)."""
    path = arg.partition("::")[0]
    if pyargs and not os.path.exists(path):
        try:
            spec = importlib.util.find_spec(path)
        except Exception:
            return None
        if spec is None:
            return None
        places = list(spec.submodule_search_locations or ())
        return places[0] if places else spec.origin
    return os.path.abspath(path) if os.path.exists(path) else None


def test_files(args, pyargs, patterns=PATTERNS):
    """The test files that the arguments lead to, as absolute paths; None when an
    argument cannot be followed (then nothing is chosen by file)."""
    found = []
    for arg in args:
        place = locate(arg, pyargs)
        if place is None:
            return None
        found += walk(place, patterns) if os.path.isdir(place) else [place]
    return found


class Selection:
    """What the job selects; both runners ask it by normalised file and id."""

    def __init__(self, job, paths, ids=(), deselected=()):
        self._job = job
        self._paths = paths
        self._ids = set(ids)
        self._deselected = set(deselected)
        self.files = set(job.known_files) if job.known_files else None
        self.files_found = self.files_chosen = 0  # when files were sampled
        if self._ids and job.runner == "pytest":
            files = {one.partition("::")[0] for one in self._ids}
            # A test in another file than a module (a table of cases, a document) may be made by any module.
            self.files = files if all(file.endswith(".py") for file in files) else None

    def find_files(self, args, pyargs, patterns):
        """Chooses files by the arguments, when the job limits them and names none."""
        if not self._job.max_files or self.files is not None or self._ids:
            return
        found = test_files(args, pyargs, patterns)
        rels = {self._paths.rel(path) for path in found or ()}
        rels = {rel for rel in rels if not self._paths.denied(rel)}
        if len(rels) > self._job.max_files:
            self.files = choose_files(rels, self._job.seed, self._job.max_files)
            self.files_found, self.files_chosen = len(rels), len(self.files)

    def skips_file(self, rel):
        """Whether a file need not be collected at all."""
        return self._paths.denied(rel) or (self.files is not None and rel not in self.files)

    def choose(self, tests):
        """The positions of the (file, id) pairs that run, in their own order.

        Tests that the tool deselects (done before, or culprits) are taken out after
        sampling: a process that goes on must not fill up with other tests."""
        at = [i for i, (file, _) in enumerate(tests) if not self.skips_file(file)]
        if self._ids:
            at = [i for i in at if tests[i][1] in self._ids]
        elif self._job.cap_per_file:
            kept = cap([tests[i] for i in at], self._job.seed, self._job.cap_per_file)
            at = [at[i] for i in kept]
        return [i for i in at if tests[i][1] not in self._deselected]


class FileShare:
    """How long one file may take of a bounded run: three times an equal share, so that
    a few slow files do not keep the others from being run at all."""

    def __init__(self, files=(), suite_seconds=0):
        share = max(5, 3 * suite_seconds / len(files)) if len(files) >= 8 else 0
        self._limit_ns = int(share * 1_000_000_000)
        self._spent = {}

    def spent(self, file):
        """Whether no new test of the file is to start."""
        return bool(self._limit_ns) and self._spent.get(file, 0) > self._limit_ns

    def add(self, file, ns):
        """A test of the file took so long."""
        self._spent[file] = self._spent.get(file, 0) + ns


def of_job(job, paths):
    """The job's selection with its list files read."""
    return Selection(job, paths, read_ids(job.ids_file), read_ids(job.deselect_file))
