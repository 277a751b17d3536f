"""Workloads of `migrate-check bench`: one file for each, one row each in src/model/bench_workloads.def.

A workload says in its docstring which claim it is about and where the claim stands. It has SIZE (the work at scale 1),
prepare(size), which is not timed, and one function per variant: serial(data), threads(data, n), processes(data, n).
Each does the same work and returns the same checksum; expected(size), where there is one, computes that in another way.
"""
