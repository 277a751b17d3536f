#!/bin/sh
# Pages of the HTML report, made by the build and read by check_html.py.
exec python3 "${srcdir:-.}/tests/harness/test_html_pages.py" tests/unit/make_html "${srcdir:-.}"
