"""Fixed pure-Python workloads: what the interpreters themselves cost, without any package.

Each takes about 10 ms on the GIL build of a machine of today, and checks its own result.
Changing one makes it another workload: figures of before cannot be compared.
"""
import unittest


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, dx):
        return Point(self.x + dx, self.y)


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


class Baseline(unittest.TestCase):
    def test_calls(self):
        """Calls of Python functions, with arithmetic on small integers."""
        self.assertEqual(fib(25), 75_025)

    def test_attributes(self):
        """Reads and writes of instance attributes."""
        p, total = Point(1, 2), 0
        for i in range(150_000):
            p.x = i
            total += p.x + p.y
        self.assertEqual(total, 11_250_225_000)

    def test_methods(self):
        """Bound methods, and short-lived objects."""
        p = Point(0, 0)
        for _ in range(60_000):
            p = p.moved(1)
        self.assertEqual(p.x, 60_000)

    def test_dicts(self):
        """Counting in a dict, then sorting its items."""
        counts = {}
        for i in range(60_000):
            key = i * 7919 % 5003
            counts[key] = counts.get(key, 0) + 1
        self.assertEqual(len(sorted(counts.items())), 5003)

    def test_lists(self):
        """Appending, indexing, comprehension and sorting."""
        values = []
        for i in range(40_000):
            values.append(i * 7919 % 10_007)
        values = sorted(v for v in values if v % 3)
        self.assertEqual((len(values), values[100]), (26_665, 38))

    def test_strings(self):
        """Formatting, joining, splitting and searching text."""
        text = " ".join(f"word{i % 97}-{i}" for i in range(30_000))
        words = [w.partition("-")[0] for w in text.split(" ") if "word9" in w]
        self.assertEqual((len(words), len(set(words))), (2_473, 8))

    def test_allocation(self):
        """Many objects alive at once, and their end."""
        for _ in range(2):
            trees = [[(i, [i], {"k": i})] for i in range(6_000)]
        self.assertEqual(len(trees), 6_000)

    def test_exceptions(self):
        """Raised and caught three calls further up."""
        def low(i):
            if i % 2:
                raise KeyError(i)
            return i

        def middle(i):
            return low(i)
        caught = 0
        for i in range(35_000):
            try:
                middle(i)
            except KeyError:
                caught += 1
        self.assertEqual(caught, 17_500)

    def test_generators(self):
        """Generators in a chain."""
        def numbers(n):
            for i in range(n):
                yield i

        def squares(source):
            for i in source:
                yield i * i
        self.assertEqual(sum(squares(numbers(150_000))), 1_124_988_750_025_000)


if __name__ == "__main__":
    unittest.main()
