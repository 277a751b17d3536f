"""What the end of a child says: whether a control failed, why a test cannot be played, and
what a crash or hang tells a finding."""
import signal

from . import blame, lanes, locks


def over(end):
    """Whether the child did what it was to do, or what its time allowed: one that a test
    ended by os._exit(0) looks the same from outside."""
    return end.how == "done" and any(one.get("over") for one in end.sent)


def is_bad(play, number, end):
    """Whether a control failed in the same test, or at all when its child did not end well."""
    if end.how in ("crash", "hang"):
        return 1
    return int(any(play.lanes[lane] == number for one in end.sent for lane, _, _ in one.get("failed", ())))


def alone(end):
    if end.how == "crash":
        return "crashes when run alone"
    if end.how in ("hang", "time"):
        return f"takes over {lanes.LONGEST_TEST:g} s"
    return "ends the process"


def unplayed(end):
    if end.phase != "play" and end.how in ("crash", "hang"):
        return "cannot be set up in a child"
    if end.how == "exit" and end.signal == signal.SIGKILL:
        return "needs much memory"
    return "takes too long" if end.how == "time" else "ends the process"


def in_extension(end):
    """Whether native frames of something that is not the interpreter or the system are there."""
    frames = end.native.frames() if end.native is not None else []
    return any(not frame.of_python and not frame.of_system and "/lib-dynload/" not in frame.file for frame in frames)


def told_by(end, said, own):
    """A finding's fields from a crash or hang: what its stacks say."""
    threads = blame.threads_of(end.python_stack)
    if end.how == "crash":
        threads = threads[:1]
    module, function = blame.innermost(threads, own)
    native = end.native.frames() if end.native is not None else []
    frames = [str(frame) for frame in native] or blame.python_frames(threads, own)
    return {"signal": end.signal, "title": _title_of_end(end, oracle_of(end, said), frames, module, function),
            "module": module, "function": function, "python_stack": locks.with_locks(end, blame.shorten(end.python_stack)), "frames": frames,
            "native_stack": end.native.text if end.native is not None else ""}


def oracle_of(end, said):
    if end.how == "hang":
        return locks.oracle_of_hang(end) if end.states else "hang"
    if "negative ref" in said or "_Py_NegativeRefcount" in said:
        return "refcount"
    return "abort" if end.signal == signal.SIGABRT else "signal"


def title_of(one):
    where = f" in {one['module']}.{one['function']}" if one["module"] else ""
    return f"{one['type']}: {one['message']}{where}" if one["message"] else f"{one['type']}{where}"


def _title_of_end(end, oracle, frames, module, function):
    place = next(iter(frames), "") if oracle not in ("hang", "deadlock") or not module else f"{module}.{function}"
    if oracle in ("hang", "deadlock"):
        what = "all threads sleep and none gets on" if oracle == "deadlock" else "threads run and none gets on"
        reason = locks.reason_of_hang(end)
        return "".join([what, f", in {place}" if place else "", f": {reason}" if reason else ""])
    try:
        name = signal.Signals(end.signal).name
    except ValueError:
        name = f"signal {end.signal}"
    return f"{name} in {place}" if place else name
