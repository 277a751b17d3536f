#!/bin/sh
# Manual, help and tables of options and commands; see check_manual.py.
exec python3 "${srcdir:-.}/tests/lint/check_manual.py" "${srcdir:-.}" ./migrate-check
