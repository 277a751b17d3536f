#!/bin/sh
# Tests of what watches a user's program, under the system's python3 and under each interpreter that the tool has installed.
here=$(cd "$(dirname "$0")" && pwd) || exit 99
data=${MIGRATE_CHECK_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/migrate-check}
status=77 # skipped, unless an interpreter is found
seen=
for python in "${PYTHON3:-python3}" "$data"/python/*/bin/python3.[0-9]*; do
	case $python in *-config | */cpython-*-tsan/*) continue ;; esac
	"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
	real=$("$python" -c 'import os, sys; s = os.stat(sys.executable); print(s.st_dev, s.st_ino)')
	case $seen in *"|$real|"*) continue ;; esac
	seen="$seen|$real|"
	[ "$status" -ne 77 ] || status=0
	echo "# $python"
	(cd "$here" && PYTHONDONTWRITEBYTECODE=1 "$python" -m unittest test_workload_parts test_workload_programs 2>&1) || status=1
done
exit "$status"
