"""Fails with a text that means something to terminals and pages."""
SIZE = 1
prepare = int


def serial(size):
    raise ValueError("\x1b[31m<script>alert(1)</script>")
