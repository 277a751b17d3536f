"""What a sleeping thread waits for: from its system call and from where its Python code stands.

A Python lock, a condition and the GIL are all futexes to the kernel. A thread
that waits inside the library's own waiting functions waits for others to give
it something ("idle"); one that waits anywhere else wants a lock that is taken.
"""
import os
import selectors
import socket
import subprocess
import threading

_STDLIB = os.path.dirname(os.path.abspath(threading.__file__))


def _file(name):
    return os.path.join(_STDLIB, *name.split("/"))


# (file, functions): a futex below them is a wait for work, for a signal or for an end.
_IDLE = {
    _file("threading.py"): {"wait", "wait_for", "join", "_wait_for_tstate_lock", "_shutdown"},
    _file("queue.py"): {"get", "put", "join"},
    _file("concurrent/futures/thread.py"): {"_worker", "shutdown"},
    _file("concurrent/futures/_base.py"): {"result", "wait", "exception"},
    _file("multiprocessing/pool.py"): {"wait", "get", "worker", "_handle_tasks", "_handle_results"},
    _file("multiprocessing/queues.py"): {"get", "_feed"},
}
# Waiting below these is wanting a permit, although a condition does it.
_WANTED = {(_file("threading.py"), "acquire")}
# Without the kernel's word: files whose waiting is input and output.
_IO_FILES = {os.path.abspath(m.__file__) for m in (selectors, socket, subprocess)} | {_file("ssl.py")}
_LOOPS = ("asyncio/base_events.py", "asyncio/runners.py", "trio/_core/_run.py")
_LOOP_FUNCTIONS = {"run_forever", "_run_once", "run_until_complete", "run", "unrolled_run"}

KINDS = ("io", "sleep", "children", "lock", "gil", "idle", "other")


def in_event_loop(frame):
    """Does an event loop of asyncio or trio run below this frame?"""
    while frame is not None:
        code = frame.f_code
        if code.co_name in _LOOP_FUNCTIONS and code.co_filename.endswith(_LOOPS):
            return True
        frame = frame.f_back
    return False


def _futex(frame, timed, gil):
    """A futex: idle, a lock that is wanted, or the GIL."""
    outer = frame
    for _ in range(4):
        if outer is None:
            break
        place = outer.f_code.co_filename, outer.f_code.co_name
        if place in _WANTED:
            return "lock"
        outer = outer.f_back
    code = frame.f_code
    if code.co_name in _IDLE.get(code.co_filename, ()):
        return "idle"
    # Nobody waits for the GIL without a time limit (take_gil() in ceval_gil.c).
    return "gil" if timed and gil else "lock"


def kind_of(frame, call, gil):
    """One of KINDS, from the innermost Python frame (None: the thread has none), the
    answer of tasks.waits_in() and whether the GIL is on."""
    if call in ("lock", "timed-lock"):
        return "idle" if frame is None else _futex(frame, call == "timed-lock", gil)
    if call in ("io", "disk"):
        return "io"
    if call in ("sleep", "children"):
        return call
    if frame is not None and call is None and frame.f_code.co_filename in _IO_FILES:
        return "io"
    return "other"


def lock_place(frame):
    """The innermost frame outside of the library's own locking: who wants the lock."""
    found = frame
    while found is not None and found.f_code.co_filename in _IDLE:
        found = found.f_back
    return found or frame
