"""Static facts of Python projects, read without running any of their code."""
