"""Runs one package's suite inside the interpreter under test and reports events.

The folder is loaded by main.py as the package `migrate_check_harness`, by file
name: it is never on sys.path, so none of its module names can shadow a module
of the suite or be shadowed by one.
"""
import importlib
import sys


def part(name):
    """One module of the harness; its bytecode is not written beside the sources."""
    keep = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        return importlib.import_module(f"{__name__}.{name}")
    finally:
        sys.dont_write_bytecode = keep
