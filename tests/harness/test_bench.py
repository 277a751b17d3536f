"""The workloads of `migrate-check bench`: all variants come to the same result, and a run says what it measured."""
import importlib
import json
import os
import subprocess
import sys
import unittest

import drive

FOLDER = os.path.dirname(drive.MAIN)
SCRIPT = os.path.join(FOLDER, "run_bench.py")
ROWS = os.path.join(os.path.dirname(FOLDER), "model", "bench_workloads.def")
HELPERS = {"__init__", "measure", "pool", "counter", "local_server"}
VARIANTS = ("serial", "threads", "processes")


def workload(name):
    """The module, imported as run_bench.py does it."""
    if FOLDER not in sys.path:
        sys.path.append(FOLDER)
    return importlib.import_module("bench." + name)


def names():
    """Modules that are workloads."""
    files = os.listdir(os.path.join(FOLDER, "bench"))
    return sorted(f[:-3] for f in files if f.endswith(".py") and f[:-3] not in HELPERS)


def run(*words, env=None):
    """run_bench.py as a process: (exit code, what it printed)."""
    done = subprocess.run([sys.executable, "-P", SCRIPT, *words], capture_output=True, text=True, timeout=120, check=False,
                          env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **(env or {})))
    return done.returncode, done.stdout, done.stderr


class Results(unittest.TestCase):
    """What the workloads compute."""

    def each(self, module, size):
        """(variant and threads, checksum) of all that the workload has."""
        for variant in VARIANTS:
            if not hasattr(module, variant):
                continue
            for threads in (1, 2, 5):
                data = module.prepare(size)
                try:
                    if variant == "serial":
                        yield "serial", module.serial(data)
                        break
                    yield f"{variant} {threads}", getattr(module, variant)(data, threads)
                finally:
                    if hasattr(data, "close"):
                        data.close()

    def test_all_variants_agree(self):
        for name in names():
            module = workload(name)
            size = min(module.SIZE, 60)
            with self.subTest(name):
                results = dict(self.each(module, size))
                self.assertTrue(results)
                right = module.expected(size) if hasattr(module, "expected") else results["serial"]
                self.assertEqual(set(results.values()), {right}, results)

    def test_primes_are_primes(self):
        primes = workload("primes")
        self.assertEqual([n for n in range(60) if primes.is_prime(n)], [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59])
        self.assertEqual(primes.serial(primes.prepare(1000)), "168 primes, sum 76127")

    def test_matrices_are_multiplied(self):
        matmul = workload("matmul")
        rows, columns = matmul.prepare(27)
        self.assertEqual([len(rows), len(columns), len(rows[0])], [3, 3, 3])
        self.assertEqual(matmul.product_row([1.0, 2.0], [[3.0, 4.0], [5.0, 6.0]]), [11.0, 17.0])

    def test_every_row_has_its_file_and_every_file_its_row(self):
        with open(ROWS, encoding="utf-8") as f:
            rows = [line.split('"')[1].replace("-", "_") for line in f if line.startswith("X(")]
        self.assertEqual(sorted(rows), names())

    def test_every_workload_names_its_source(self):
        for name in names():
            self.assertRegex(workload(name).__doc__, r"(?s)\nClaims?: .*\nSources?: ", name)

    def test_an_error_in_a_thread_is_raised(self):
        pool = workload("pool")
        with self.assertRaises(ZeroDivisionError):
            pool.run_threads([lambda: 1, lambda: 1 // 0])
        self.assertEqual(pool.parts(7, 3), [3, 2, 2])


class Runs(unittest.TestCase):
    """One process of the driver."""

    def test_a_run_prints_one_object(self):
        code, out, err = run("queue-items", "threads", "--threads", "3", "--scale", "0.001")
        self.assertEqual(code, 0, err)
        answer = json.loads(out)
        self.assertEqual(answer["size"], 80)
        self.assertEqual([answer["checksum"], answer["expected"]], ["3160", "3160"])
        self.assertGreater(answer["seconds"], 0)
        self.assertEqual(answer["gil"], getattr(sys, "_is_gil_enabled", lambda: True)())

    def test_memory_of_processes_counts_them(self):
        if workload("measure").tree_pss() is None:
            self.skipTest("no smaps_rollup here")
        memory = {}
        for variant in ("threads", "processes"):
            code, out, err = run("shared-data", variant, "--threads", "2", "--scale", "0.1")
            self.assertEqual(code, 0, err)
            memory[variant] = json.loads(out)["tree_pss"]
        self.assertGreater(memory["processes"], memory["threads"])

    def test_without_a_server_the_run_says_so(self):
        code, out, err = run("io-threads", "threads", "--threads", "2", "--scale", "0.001", "--server", "/bin/false")
        self.assertEqual(code, 0, err)
        self.assertEqual(set(json.loads(out)), {"unavailable"})
        self.assertIn("127.0.0.1", json.loads(out)["unavailable"])

    def test_an_unknown_workload_fails(self):
        self.assertNotEqual(run("prims", "serial")[0], 0)


if __name__ == "__main__":
    unittest.main()
