"""Ordinary Python on one thread: calls, attributes, dicts, lists, text, new objects, exceptions.

Claims: the free-threaded build costs time on one thread (3.13: about 40%; from 3.14: 1% to 8%) and memory.
Sources: Python HOWTO "Python support for free threading", "Single-threaded performance" (3.13: "this overhead is about 40% on
the pyperformance suite"; 3.14: "the average overhead ranges from about 1% on macOS aarch64 to 8% on x86-64 Linux systems").
PEP 779: "we propose 15% as a hard performance target" for 3.14, and "a target of 20%" for memory.
This is not pyperformance: a small mix, whose place is beside the other workloads of the same minute.
"""

SIZE = 20_000


class Point:
    """Attributes and a method that calls another."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, by):
        """A new object."""
        return Point(self.x + by, self.y - by)

    def norm(self):
        """Reads attributes."""
        return abs(self.x) + abs(self.y)


def prepare(size):
    """Numbers without an order, below a limit."""
    return [i * 7919 % 10007 for i in range(size)]


def objects(numbers):
    """Calls, attributes, allocation."""
    total = 0
    for number in numbers:
        total += Point(number, total & 1023).moved(3).norm()
    return total


def words(numbers):
    """Text and dicts."""
    counts = {}
    for number in numbers:
        word = f"w{number % 97}".upper()
        counts[word] = counts.get(word, 0) + len(word)
    return sum(counts.values())


def lists(numbers):
    """Lists, sorting, comprehensions."""
    pairs = sorted((number % 31, number) for number in numbers)
    return sum(a * b for a, b in pairs[::3]) + sum([n for n in numbers if n % 2])


def exceptions(numbers):
    """Raised and caught for every seventh number."""
    caught = 0
    for number in numbers:
        try:
            if number % 7 == 0:
                raise ValueError(number)
        except ValueError as error:
            caught += error.args[0]
    return caught


def serial(numbers):
    """Each part ten times."""
    return str([sum(part(numbers) for _ in range(10)) for part in (objects, words, lists, exceptions)])
