"""A minimal PEP 517 front end; runs inside the sandbox, in the build environment.

    build_hook.py build SRC OUTDIR      {"wheel": "NAME.whl"} below OUTDIR, unless the backend
                                        wants more than is there: then {"requires": [...]} of
                                        get_requires_for_build_wheel, and nothing is built
    build_hook.py metadata SRC OUTDIR   {"metadata": "NAME.dist-info"} below OUTDIR
    build_hook.py wheel SRC OUTDIR      {"wheel": "NAME.whl"} below OUTDIR, without asking first

    --installed REQUIREMENT             one that is there, in the words of who wants it; repeated
    --result FILE or --result-fd N      where the JSON goes; backends print, so the
                                        last line of standard output proves nothing
    --config-settings JSON              an object, handed to the backend as it is

Exit code 1 with a traceback on standard error when the backend fails, 2 for bad usage.
"""

import argparse
import importlib
import json
import os
import shutil
import sys
import tempfile
import tomllib
import traceback
import zipfile

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"


class HookError(Exception):
    """The project or its backend breaks the rules of PEP 517."""


class HookFailed(Exception):
    """A hook has failed and printed why."""


def build_system(source):
    """(backend, [absolute folders of backend-path]) of the project."""
    path = os.path.join(source, "pyproject.toml")
    table = {}
    if os.path.exists(path):
        with open(path, "rb") as file:
            try:
                table = tomllib.load(file).get("build-system", {})
            except (ValueError, RecursionError) as error:
                raise HookError(f"pyproject.toml: {error}") from None
    backend = table.get("build-backend", LEGACY_BACKEND)
    folders = [os.path.realpath(os.path.join(source, f)) for f in table.get("backend-path", [])]
    root = os.path.realpath(source)
    for folder in folders:
        if os.path.commonpath([root, folder]) != root:
            raise HookError("backend-path leaves the project")
    return backend, folders


def load_backend(backend, folders):
    """The backend object; an in-tree backend must come from backend-path."""
    sys.path[:0] = folders
    module_name, _, attributes = backend.partition(":")
    target = importlib.import_module(module_name)
    if folders:
        file = os.path.realpath(getattr(target, "__file__", None) or "")
        if not any(file.startswith(folder.rstrip("/") + "/") for folder in folders):
            raise HookError(f"backend {backend} is not from backend-path")
    for name in filter(None, attributes.split(".")):
        target = getattr(target, name)
    return target


def requires(backend, settings):
    """What the backend wants installed beyond build-system.requires."""
    hook = getattr(backend, "get_requires_for_build_wheel", None)
    return [str(name) for name in (hook(settings) if hook else [])]


def in_own_process(hook, *arguments):
    """What a hook returns. Each may change the process that it runs in, hence a fork: the next one
    finds the backend as it was imported, and importing it takes longer than most hooks."""
    with tempfile.TemporaryFile("w+", encoding="ascii") as answer:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            _run_to_the_end(answer, hook, arguments)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            raise HookError(f"{hook.__name__}: ended by signal {os.WTERMSIG(status)}")
        if status != 0:
            raise HookFailed
        answer.seek(0)
        return json.load(answer)


def _run_to_the_end(answer, hook, arguments):
    code = 1
    try:
        json.dump(hook(*arguments), answer)
        answer.flush()
        code = 0
    except BaseException:  # setup.py may well call sys.exit()
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def build(backend, outdir, settings, installed):
    """Build the wheel if nothing is missing."""
    wanted = in_own_process(requires, backend, settings)
    return wheel(backend, outdir, settings) if set(wanted) <= set(installed) else {"requires": wanted}


def wheel(backend, outdir, settings):
    """Build the wheel, and check that it is there."""
    name = backend.build_wheel(outdir, settings, None)
    if not isinstance(name, str) or os.path.basename(name) != name or not name.endswith(".whl"):
        raise HookError(f"build_wheel returned {name!r}, not the name of a wheel")
    if not os.path.isfile(os.path.join(outdir, name)):
        raise HookError(f"build_wheel did not write {name}")
    return {"wheel": name}


def metadata(backend, outdir, settings):
    """Prepare the metadata, through a whole wheel when the backend knows no shorter way."""
    hook = getattr(backend, "prepare_metadata_for_build_wheel", None)
    name = hook(outdir, settings) if hook else _metadata_from_wheel(backend, outdir, settings)
    if not isinstance(name, str) or not os.path.isfile(os.path.join(outdir, name, "METADATA")):
        raise HookError(f"no METADATA in {name!r}")
    return {"metadata": name}


def _metadata_from_wheel(backend, outdir, settings):
    folder = tempfile.mkdtemp(dir=outdir)
    try:
        path = os.path.join(folder, wheel(backend, folder, settings)["wheel"])
        with zipfile.ZipFile(path) as archive:
            members = [n for n in archive.namelist() if n.split("/")[0].endswith(".dist-info")]
            archive.extractall(outdir, members)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return members[0].split("/")[0] if members else None


HOOKS = {"build": build, "metadata": metadata, "wheel": wheel}


def parse_arguments(argv):
    """The command line; exits with 2 and a line when it is wrong."""
    parser = argparse.ArgumentParser(description="a minimal PEP 517 front end")
    parser.add_argument("hook", choices=HOOKS)
    parser.add_argument("source")
    parser.add_argument("outdir")
    parser.add_argument("--installed", action="append", default=[])
    parser.add_argument("--result")
    parser.add_argument("--result-fd", type=int)
    parser.add_argument("--config-settings", type=json.loads, default=None)
    arguments = parser.parse_args(argv)
    if not isinstance(arguments.config_settings, (dict, type(None))):
        parser.error("--config-settings takes a JSON object")
    return arguments


def open_result(arguments):
    """The file that the answer goes to; out of reach of the backend's own children."""
    if arguments.result_fd is not None:
        os.set_inheritable(arguments.result_fd, False)
        return open(arguments.result_fd, "w", encoding="ascii")
    if arguments.result:
        return open(arguments.result, "w", encoding="ascii")
    return open(os.dup(1), "w", encoding="ascii")


def run(arguments):
    """Call one hook in the project's folder; returns its answer."""
    outdir = os.path.abspath(arguments.outdir)
    os.makedirs(outdir, exist_ok=True)
    backend, folders = build_system(arguments.source)
    os.chdir(arguments.source)
    # setup.py reads its own command line; ours is none of its business.
    sys.argv[:] = ["setup.py"]
    more = [arguments.installed] if arguments.hook == "build" else []
    return HOOKS[arguments.hook](load_backend(backend, folders), outdir, arguments.config_settings, *more)


def main(argv):
    """Exit code: 0, or 1 when the backend failed."""
    arguments = parse_arguments(argv)
    with open_result(arguments) as result:
        try:
            answer = run(arguments)
        except KeyboardInterrupt:
            raise
        except HookFailed:
            return 1
        except BaseException:  # setup.py may well call sys.exit()
            traceback.print_exc()
            return 1
        sys.stdout.flush()
        result.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
