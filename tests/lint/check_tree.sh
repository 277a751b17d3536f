#!/bin/sh
# Rules of the tree that no compiler checks; see check_tree.py.
exec python3 "${srcdir:-.}/tests/lint/check_tree.py" "${srcdir:-.}"
