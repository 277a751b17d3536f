"""Observes one run of a user's own program; launch.py is the entry."""
