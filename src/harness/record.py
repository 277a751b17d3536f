"""The life of one test as events: start, result, GIL state after it; both runners use it."""
from . import events as _events

EXTENSIONS_EVERY = 200  # tests between looks at newly loaded extension modules


class Record:
    """Counts tests, keeps which one is open, and sets the deadline."""

    def __init__(self, context):
        self._context = context
        self._send = context.events.send
        self._open = None
        self.rep = None
        self.count = 0
        self.listener = None  # a mode's, with begin(test) and end()

    def start(self, test):
        """To be called before set-up."""
        self._open = test
        self._send("start", id=test)
        self._context.watch.begin()
        if self.listener is not None:
            self.listener.begin(test)

    def result(self, test, status, clock=None, total_ns=0, note=None):
        """To be called after tear-down; clock is a clock.Clock, note a faults.Note, or None."""
        self._context.watch.wait_if_crashed()
        if self.listener is not None:
            self.listener.end()
        self._open = None
        self.count += 1
        fields = {"id": test, "status": status, "call_ns": clock.call_ns if clock else 0,
                  "cpu_ns": clock.cpu_ns if clock else 0, "total_ns": total_ns,
                  "message": note.message if note else None,
                  "missing_module": note.module if note else None,
                  "missing_fixture": note.fixture if note else None}
        if self.rep is not None:
            fields["rep"] = self.rep
        self._send("result", **fields)
        self._context.gil.check(test)
        if self.count % EXTENSIONS_EVERY == 0:
            self._context.origins.report_extensions()

    @property
    def running(self):
        """The id of the test that runs, or None."""
        return self._open

    def close_open(self, message):
        """The runner went away with a test open (an internal error): it gets a result."""
        if self._open is not None:
            self._send("result", id=self._open, status="error", call_ns=0, cpu_ns=0, total_ns=0,
                       message=message, missing_module=None, missing_fixture=None)
            self._open = None

    def collected(self, total, ids, selection):
        """After collection: how many there are, which will run, and the GIL state."""
        self._send("collect", collected=total, selected=len(ids), files=selection.files_found,
                   files_selected=selection.files_chosen)
        self._context.events.send_ids(ids)
        self._context.gil.check()
        self._context.origins.report_extensions()
        self._context.origins.report_shadows()

    def collect_error(self, where, note):
        self._send("collect_error", id=_events.clean_id(where), message=note.message,
                   missing_module=note.module)
