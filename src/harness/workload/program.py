"""Runs a script, a module or a piece of code in `__main__`, as the interpreter does it."""
import importlib.util
import io
import os
import runpy
import sys
import traceback
import types


def take_place(job):
    """Arguments and search path as the program would find them without the launcher."""
    own = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0] or ".") == own:
        del sys.path[0]
    kind, target = job["kind"], job["target"]
    sys.argv[:] = [{"script": target, "module": "-m", "code": "-c"}[kind], *job.get("args", [])]
    if not sys.flags.safe_path and not (kind == "script" and os.path.isdir(target)):
        first = os.path.dirname(os.path.realpath(target)) if kind == "script" else os.getcwd() if kind == "module" else ""
        sys.path.insert(0, first)


def _fresh_main(**names):
    """An empty `__main__` in the launcher's place."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__builtins__=__builtins__, **names)
    sys.modules["__main__"] = module
    return module.__dict__


def _module(name):
    """The spec and code of `python -m name`: ImportError says what is missing, with no launcher in it."""
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(f"{name}.__main__")
    code = spec.loader.get_code(spec.name) if spec is not None and spec.loader is not None else None
    if code is None:
        raise ImportError(f"No module named {name}, or it cannot be run")
    return spec, code


def _execute(job):
    kind, target = job["kind"], job["target"]
    if kind == "code":
        exec(compile(target, "<string>", "exec"), _fresh_main(__spec__=None, __loader__=None))
    elif kind == "module":
        spec, code = _module(target)
        sys.argv[0] = spec.origin
        exec(code, _fresh_main(__spec__=spec, __file__=spec.origin, __loader__=spec.loader, __package__=spec.parent,
                               __cached__=spec.cached))
    elif os.path.isdir(target) or target.endswith((".zip", ".pyz", ".whl")):
        runpy.run_path(target, run_name="__main__")
    else:
        with io.open_code(os.path.abspath(target)) as f:
            code = compile(f.read(), target, "exec")
        exec(code, _fresh_main(__spec__=None, __file__=target, __loader__=None, __package__=None, __cached__=None))


def _without_launcher(trace):
    """The frames from the program's first on."""
    while trace is not None and os.path.dirname(trace.tb_frame.f_code.co_filename) == os.path.dirname(__file__):
        trace = trace.tb_next
    return trace


def run(job, watch):
    """Runs it; the exit code that the interpreter would end with."""
    try:
        _execute(job)
    except SystemExit as end:
        watch.note_exit(end.code)
        raise
    except BaseException as error:
        watch.note_exception(error)
        error.with_traceback(_without_launcher(error.__traceback__))
        try:
            sys.excepthook(type(error), error, error.__traceback__)
        except BaseException:
            traceback.print_exception(error)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0
