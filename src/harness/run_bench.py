"""One run of one workload of `migrate-check bench`, in this fresh process; prints one line of JSON.

    python -P run_bench.py WORKLOAD VARIANT [--threads N] [--scale X] [--server PYTHON]

The line is an object with `seconds`, `cpu_seconds`, `peak_rss` and `tree_pss` (bytes, or null), `checksum` and
`expected` (null: the serial run's checksum says what is right), `gil` and `size`; or with `unavailable` alone, a text
that says why the workload cannot run here. Before the clock starts, a twentieth of the work is done once, so that
modules are imported and code is specialised (not for processes, whose start is what is measured).
"""
import argparse
import gc
import importlib
import json
import os
import sys

WARM = 20

# Processes that a workload starts import it by name, with this path; first, because an installed package may be called "bench".
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def play(workload, variant, size, threads):
    """Do the work once: (measurement, checksum)."""
    from bench import measure
    measure.current = measure.Measurement()
    data = workload.prepare(size)
    try:
        gc.collect()
        measure.current.begin()
        if variant == "serial":
            checksum = workload.serial(data)
        else:
            checksum = getattr(workload, variant)(data, threads)
        measure.current.end()
    finally:
        if hasattr(data, "close"):
            data.close()
    return measure.current, checksum


def run(options):
    """The object to print."""
    from bench import local_server, measure
    workload = importlib.import_module("bench." + options.workload.replace("-", "_"))
    local_server.program = options.server or sys.executable
    size = max(1, round(workload.SIZE * options.scale))
    try:
        if options.variant != "processes":
            play(workload, options.variant, max(1, size // WARM), options.threads)
        done, checksum = play(workload, options.variant, size, options.threads)
    except measure.Unavailable as why:
        return {"unavailable": str(why)}
    return {"seconds": done.seconds, "cpu_seconds": done.cpu_seconds, "peak_rss": measure.peak_rss(), "tree_pss": done.tree_pss,
            "checksum": checksum, "expected": workload.expected(size) if hasattr(workload, "expected") else None,
            "gil": getattr(sys, "_is_gil_enabled", lambda: True)(), "size": size}


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description="One run of one workload.")
    parser.add_argument("workload")
    parser.add_argument("variant", choices=["serial", "threads", "processes"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--server", help="interpreter of the local server")
    print(json.dumps(run(parser.parse_args())), flush=True)


if __name__ == "__main__":
    main()
