"""Count primes in ranges of numbers, the ranges handed to a ThreadPoolExecutor.

Claim: threads of pure Python code use all cores, so that the time falls nearly in proportion to them.
Source: Python HOWTO "Python support for free threading": "Free-threaded execution allows for full utilization of the
available processing power by running threads in parallel on available CPU cores."
Control: the abstract of PEP 703: the GIL "prevents multiple threads from executing Python code at the same time".
"""
from concurrent.futures import ThreadPoolExecutor

SIZE = 150_000
RANGES = 48  # many more than threads, so that none waits long for the last one


def prepare(size):
    """The ranges below size."""
    step = max(1, size // RANGES)
    return [(low, min(low + step, size)) for low in range(0, size, step)]


def is_prime(n):
    """Trial division by odd numbers."""
    if n < 4:
        return n > 1
    if n % 2 == 0:
        return False
    divisor = 3
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 2
    return True


def count_and_sum(bounds):
    """(number of primes, their sum) of low <= n < high."""
    found = [n for n in range(*bounds) if is_prime(n)]
    return len(found), sum(found)


def checksum(results):
    """One text for all ranges."""
    results = list(results)
    return f"{sum(r[0] for r in results)} primes, sum {sum(r[1] for r in results)}"


def serial(ranges):
    """One range after the other."""
    return checksum(map(count_and_sum, ranges))


def threads(ranges, n):
    """Each range is a task of the pool."""
    with ThreadPoolExecutor(n) as pool:
        return checksum(pool.map(count_and_sum, ranges))
