"""The import task, and the imports that every suite starts with: time, memory, GIL state after each."""
import importlib
import time

from . import faults, memory

LEAST_SECONDS = 60  # a big package on a loaded machine needs longer than a test may

_now_ns, _cpu_ns = time.perf_counter_ns, time.process_time_ns
_import = importlib.import_module


def import_one(context, name):
    """Imports one module and reports it; True when that worked."""
    context.watch.begin(max(LEAST_SECONDS, context.job.test_seconds))
    note, cpu, start = None, _cpu_ns(), _now_ns()
    try:
        _import(name)
    except BaseException as error:
        note = faults.note_of(error, context.own)
    ns, cpu = _now_ns() - start, _cpu_ns() - cpu
    context.watch.idle()
    context.events.send("import", name=name, ok=note is None, error=note.message if note else None,
                        missing_module=note.module if note else None,
                        gil=context.gil.check(), ns=ns, cpu_ns=cpu, rss=memory.rss())
    return note is None


def import_all(context):
    """Imports the job's names in order; the number that failed."""
    failed = [name for name in context.job.import_names if not import_one(context, name)]
    context.origins.report_extensions()
    return len(failed)


def run(context):
    """The task "import": exit code 0 when every name could be imported, else 1."""
    return 1 if import_all(context) else 0
