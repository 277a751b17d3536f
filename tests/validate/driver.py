"""The program perf_driver, which does the sums of src/judge, as functions."""

import subprocess


class Driver:
    """Keeps one process of it; a request is one line, and so is its answer."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, name, *numbers):
        """The words of the answer."""
        self.process.stdin.write(" ".join([name, *(repr(float(n)) for n in numbers)]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the driver ended at: {name} {numbers[:8]}")
        return answer.split()

    def numbers(self, name, *numbers):
        return [float(word) for word in self.ask(name, *numbers)]

    def delta(self, log_ratios, noise=0.0):
        return Delta(self.ask("delta", noise, *log_ratios))

    def noise(self, equal, pairs):
        """What delta() takes, from log ratios of equal arms."""
        return self.numbers("noise", pairs, *equal)[0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Delta:
    """What the tool would say of one comparison."""

    def __init__(self, words):
        self.ratio, self.lo, self.hi, self.p = (float(w) for w in words[:4])
        self.verdict = words[4]

    def holds(self, true_ratio):
        """Does the interval contain it?"""
        return self.lo <= true_ratio <= self.hi
