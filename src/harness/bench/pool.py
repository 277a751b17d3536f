"""Threads that share a work out among them."""
import threading


def parts(total, n):
    """total split into n whole numbers that differ by at most 1."""
    return [total // n + (i < total % n) for i in range(n)]


def run_threads(functions):
    """Run each function in a thread of its own, all begun together; what they return, in order.
    An exception in one is raised here."""
    results = [None] * len(functions)
    errors = []
    barrier = threading.Barrier(len(functions))

    def body(i):
        try:
            barrier.wait()
            results[i] = functions[i]()
        except BaseException as error:  # it would only be printed otherwise
            errors.append(error)
            barrier.abort()

    team = [threading.Thread(target=body, args=(i,)) for i in range(len(functions))]
    for thread in team:
        thread.start()
    for thread in team:
        thread.join()
    if errors:
        raise errors[0]
    return results
