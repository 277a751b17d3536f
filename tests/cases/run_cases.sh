#!/bin/sh
# The end-to-end cases as one test of `make check`; see README.md.
exec "${PYTHON3:-python3}" "$(dirname "$0")/run.py"
