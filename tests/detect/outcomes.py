"""pytest plugin: a line for the start and the end of each test and for each failure, kept even when the process dies."""

import os
import time

FILE = open(os.environ["DETECT_OUTCOMES"], "a", buffering=1, encoding="utf-8")


def write(word, test):
    """One line: word, monotonic time, test id."""
    FILE.write("%s\t%.3f\t%s\n" % (word, time.monotonic(), test.replace("\t", " ").replace("\n", " ")))


def pytest_runtest_logstart(nodeid):
    write("start", nodeid)


def pytest_runtest_logfinish(nodeid):
    write("end", nodeid)


def pytest_runtest_logreport(report):
    if report.failed:
        write("failed", report.nodeid)


def pytest_collectreport(report):
    if report.failed:
        write("failed", "collect " + report.nodeid)
