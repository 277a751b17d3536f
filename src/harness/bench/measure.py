"""The clock and the memory of one run; what a run cannot do here."""
import os
import time


class Unavailable(Exception):
    """This machine or sandbox cannot run the workload; the text says why."""


class Measurement:
    """Seconds from begin() to the first end(), and the memory at that moment."""

    def __init__(self):
        self.seconds = self.cpu_seconds = self.tree_pss = None
        self.began = self.cpu_began = 0.0

    def begin(self):
        """Start the clock."""
        self.cpu_began = time.process_time()
        self.began = time.perf_counter()

    def end(self):
        """Stop the clock, once: a workload calls it while what it measures the memory of is still alive."""
        if self.seconds is None:
            self.seconds = time.perf_counter() - self.began
            self.cpu_seconds = time.process_time() - self.cpu_began
            self.tree_pss = tree_pss()


current = Measurement()


def number_after(path, label):
    """Bytes of the line "LABEL:  123 kB" of a file below /proc, or None."""
    try:
        with open(path, encoding="ascii", errors="replace") as f:
            for line in f:
                if line.startswith(label + ":"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def children(pid):
    """Processes that the process has started and that still run."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                found += [int(word) for word in f.read().split()]
    except (OSError, ValueError):
        pass
    return found


def tree_pss(pid=None):
    """Memory of this process and its descendants, in bytes: each shared page counts once
    (proportional set size, proc(5)). None where the kernel does not tell."""
    pid = pid or os.getpid()
    total = number_after(f"/proc/{pid}/smaps_rollup", "Pss")
    for child in children(pid):
        share = tree_pss(child)
        total = None if total is None or share is None else total + share
    return total


def peak_rss():
    """The most memory that this process had, in bytes; ru_maxrss would be the parent's, too."""
    return number_after("/proc/self/status", "VmHWM")
