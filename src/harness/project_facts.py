"""Print static facts of a Python project as one JSON object, without running its code.

    project_facts.py DIR                      an unpacked sdist or a checkout
    project_facts.py --dist-info X.dist-info  an installed distribution
    project_facts.py --wheel FILE             the same of a wheel that is not installed
    project_facts.py --lock FILE              a PEP 751 lock file
    project_facts.py --toml FILE              any TOML file as JSON

Several such questions with `--and` between them are answered by one object, {"each":
[...]}, which holds null where there is nothing to read.

A last `--result FILE` writes the object to FILE instead of standard output.
Exit code 2 with one line on standard error when there is nothing to read.
"""

import os
import sys

# The interpreter is started with -P, which leaves this folder out.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# What only some questions need is imported by them: most runs of this script read a lock.
from facts import lock  # noqa: E402
from facts.reading import Tree, dump  # noqa: E402


def guarded(tree, default, read, *arguments):
    """What read finds. A tree that it cannot cope with costs these facts, not all of them."""
    try:
        return read(*arguments)
    except Exception as error:  # noqa: BLE001
        tree.complain("-", 1, 1, f"{read.__name__}: {type(error).__name__}: {error}")
        return default


def project(folder):
    """All facts of a source tree."""
    from facts import layout, metadata, requirements, runners

    tree = Tree(folder)
    pyproject = tree.toml("pyproject.toml")
    setup_cfg = guarded(tree, {}, metadata.from_setup_cfg, tree.ini("setup.cfg"))
    setup_py = guarded(tree, {}, metadata.from_setup_py, tree)
    sources = [
        guarded(tree, {}, metadata.package_info, tree),
        guarded(tree, {}, metadata.from_pyproject, pyproject),
        setup_cfg,
        setup_py,
    ]
    facts = {"pyproject": tree.has("pyproject.toml"), "setup_py": tree.has("setup.py")}
    facts |= metadata.merge(sources) | metadata.build_system(pyproject)
    facts["groups"] = guarded(tree, {}, requirements.dependency_groups, tree, pyproject)
    facts["requirements_files"] = guarded(tree, {}, requirements.test_requirement_files, tree)
    tox = guarded(tree, {}, runners.tox, tree, pyproject)
    facts |= {f"tox_{kind}": tox.get(kind, []) for kind in ("deps", "extras", "groups")}
    facts["nox_deps"] = guarded(tree, [], runners.nox_deps, tree)
    facts["tests_require"] = setup_cfg.get("tests_require") or setup_py.get("tests_require") or []
    facts |= tests(tree)
    nothing = {"packages": [], "src_layout": False, "in_tree_packages": []}
    facts |= guarded(tree, nothing, layout.packages, tree, pyproject, [setup_cfg, setup_py], facts["name"])
    facts |= cargo(tree, pyproject)
    facts["errors"] = tree.errors
    return facts


def tests(tree):
    """Where the tests are and how pytest is configured for them."""
    from facts import layout, runners

    config = guarded(tree, runners.NO_CONFIGURATION, runners.pytest_config, tree, [""])
    files = guarded(tree, [], layout.test_files, tree, config["python_files"])
    dirs = guarded(tree, [], layout.test_dirs, tree, files)
    if dirs and dirs[0] != ".":  # pytest looks beside the tests first
        config = guarded(tree, config, runners.pytest_config, tree, [dirs[0] + "/", ""])
    return {
        "pytest": config,
        "unittest": guarded(tree, False, layout.looks_like_unittest, tree, files),
        "test_dirs": dirs,
        "test_files": len(files),
    }


def cargo(tree, pyproject):
    """Whether Rust is built, and whose crates are needed: the manifest that is declared or at the top, else the uppermost."""
    found = sorted((f for f in tree.files() if os.path.basename(f) == "Cargo.toml" and f.count("/") <= 2), key=lambda f: (f.count("/"), f))
    tools = pyproject.get("tool") if isinstance(pyproject, dict) else None
    maturin = tools.get("maturin") if isinstance(tools, dict) else None
    declared = maturin.get("manifest-path") if isinstance(maturin, dict) else None
    declared = os.path.normpath(declared) if isinstance(declared, str) else "Cargo.toml"
    sure = declared in tree.files()
    manifest = declared if sure else found[0] if found else None
    return {"cargo": bool(found) or sure, "cargo_manifest": manifest, "cargo_sure": sure}


def fail(message):
    """End with exit code 2 and one line."""
    print(" ".join(message.split()), file=sys.stderr)
    sys.exit(2)


def main(argv):
    """Dispatch by option; returns the object to print."""
    if len(argv) == 2 and argv[0] in ("--lock", "--toml"):
        try:
            return lock.packages(argv[1]) if argv[0] == "--lock" else lock.load(argv[1])
        except lock.BadFile as error:
            fail(str(error))
    if len(argv) == 2 and argv[0] == "--wheel":
        from facts import distinfo

        return distinfo.of_wheel(argv[1]) or fail(f"{argv[1]}: not a wheel that can be read")
    if len(argv) == 2 and argv[0] == "--dist-info":
        from facts import distinfo

        return distinfo.facts(argv[1]) if os.path.isdir(argv[1]) else fail(f"{argv[1]}: not a folder")
    if len(argv) != 1 or argv[0].startswith("--"):
        fail("usage: project_facts.py DIR | --dist-info DIR | --wheel FILE | --lock FILE | --toml FILE")
    return project(argv[0]) if os.path.isdir(argv[0]) else fail(f"{argv[0]}: not a folder")


def answer(argv):
    """The object for one question, or for several."""
    if "--and" not in argv:
        return main(argv)
    each = []
    while argv:
        end = argv.index("--and") if "--and" in argv else len(argv)
        question, argv = argv[:end], argv[end + 1:]
        try:
            each.append(main(question))
        except SystemExit:
            each.append(None)
    return {"each": each}


def run(argv):
    """Print the facts, or write them to FILE with a last `--result FILE`."""
    if len(argv) > 2 and argv[-2] == "--result":
        facts = dump(answer(argv[:-2]))
        with open(argv[-1], "w", encoding="utf-8") as out:
            out.write(facts)
    else:
        print(dump(answer(argv)))


if __name__ == "__main__":
    run(sys.argv[1:])
