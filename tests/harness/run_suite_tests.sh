#!/bin/sh
# Tests of the package that runs suites, under the system's python3 and under each interpreter that
# the tool has installed. Those that need pytest run with an environment of each of the latter, made
# once by its pip; with those that MIGRATE_CHECK_TEST_PYTHON names (separated by colons) where it is set.
# Without a package index they are skipped.
here=$(cd "$(dirname "$0")" && pwd) || exit 99

# stress PYTHON MODULE...: tests whose threads need the cores. What fails beside the other
# programs of a parallel make is run once more, with little beside it; failing again is failing.
stress() {
	runner=$1
	shift
	log=$(mktemp) || return 1
	if (cd "$here" && PYTHONDONTWRITEBYTECODE=1 "$runner" -m unittest "$@") >"$log" 2>&1; then
		cat "$log"
		rm -f "$log"
		return 0
	fi
	again=$(sed -n 's/^\(FAIL\|ERROR\): [^ ]* (\([A-Za-z0-9_.]*\)).*/\2/p' "$log" | sort -u)
	sed 's/^FAILED (/the first time: (/' "$log"
	[ -n "$again" ] || { rm -f "$log"; echo "FAILED (errors=1)"; return 1; }
	echo "# again: $again"
	# shellcheck disable=SC2086
	if (cd "$here" && PYTHONDONTWRITEBYTECODE=1 "$runner" -m unittest $again) >"$log" 2>&1; then
		rm -f "$log"
		return 0
	fi
	cat "$log"
	rm -f "$log"
	return 1
}
# with_pytest PYTHON: prints an interpreter that has pytest, made of this one.
with_pytest() {
	environment=${MIGRATE_CHECK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/migrate-check}/test-environments/$(basename "$(dirname "$(dirname "$1")")")
	if ! "$environment/bin/python" -c 'import pytest' 2>/dev/null; then
		"$1" -m venv --clear "$environment" && "$environment/bin/pip" install -q --disable-pip-version-check pytest || return 1
	fi >&2
	echo "$environment/bin/python"
}

named=$MIGRATE_CHECK_TEST_PYTHON
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
	MIGRATE_CHECK_TEST_PYTHON=$named
	case $python in
	"$data"/*) [ -n "$named" ] || MIGRATE_CHECK_TEST_PYTHON=$(with_pytest "$python") || echo "# no pytest: its tests are skipped" ;;
	esac
	export MIGRATE_CHECK_TEST_PYTHON
	echo "# $python"
	(cd "$here" && PYTHONDONTWRITEBYTECODE=1 "$python" -m unittest test_events test_faults test_imports test_locks test_mode_tsan test_neutral test_pytest test_recorder \
		test_sanitizer test_selection test_stress_parts test_survival test_turns test_unittest test_bench 2>&1) || status=1
	stress "$python" test_replay test_stress_batches test_stress_modes test_scaling || status=1
done
exit "$status"
