#!/bin/sh
# How make detect reads surveys; see test_detect.py.
here=$(cd "$(dirname "$0")" && pwd) || exit 99
cd "$here" && PYTHONDONTWRITEBYTECODE=1 exec "${PYTHON3:-python3}" -m unittest test_detect
