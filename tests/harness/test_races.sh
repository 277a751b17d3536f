#!/bin/sh
# Invariants of the corpus of seeded races; see test_races.py.
here=$(cd "$(dirname "$0")" && pwd) || exit 99
cd "$here" && PYTHONDONTWRITEBYTECODE=1 exec "${PYTHON3:-python3}" -m unittest test_races
