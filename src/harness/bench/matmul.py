"""Multiply two matrices of floats, rows of the result shared out among threads.

The matrices are shared and only read: what differs from primes.py is that all threads count references to the same objects.

Claim: threads of pure Python code use all cores, so that the time falls nearly in proportion to them.
Source: Python HOWTO "Python support for free threading": "Free-threaded execution allows for full utilization of the
available processing power by running threads in parallel on available CPU cores."
"""
from concurrent.futures import ThreadPoolExecutor

SIZE = 4_000_000  # multiplications: the cube of the matrices' edge
MODULUS = 2**31 - 1


def prepare(size):
    """(rows of the first matrix, columns of the second); their numbers come from a small generator."""
    edge = max(2, round(size ** (1 / 3)))
    state = 1
    values = []
    for _ in range(2 * edge * edge):
        state = state * 48271 % MODULUS
        values.append(state / MODULUS)
    lines = [values[i:i + edge] for i in range(0, len(values), edge)]
    return lines[:edge], lines[edge:]


def product_row(row, columns):
    """One row of the product, each element summed in the same order."""
    return [sum([x * y for x, y in zip(row, column)]) for column in columns]


def checksum(rows):
    """Depends on each element exactly: the order of the sums is always the same."""
    return repr(sum(sum(row) for row in rows))


def serial(matrices):
    """One row after the other."""
    rows, columns = matrices
    return checksum([product_row(row, columns) for row in rows])


def threads(matrices, n):
    """Each row is a task of the pool."""
    rows, columns = matrices
    with ThreadPoolExecutor(n) as pool:
        return checksum(list(pool.map(lambda row: product_row(row, columns), rows)))
