"""Requests to a local HTTP server that takes 5 ms for each answer, by threads with one connection each (the tool asks for 16).

Claim: programs that mostly wait lose little on the free-threaded build.
Source: Python HOWTO "Python experimental support for free threading" (3.13), "Single-threaded performance": "Programs that spend
most of their time in C extensions or I/O will see less of an impact." As a bound: the 15% that PEP 779 proposes "as a hard
performance target".
"""
import http.client

from bench import local_server, measure, pool

SIZE = 800
expected = local_server.expected


def prepare(size):
    """The server, running."""
    try:
        return local_server.Server(size)
    except OSError as error:
        raise measure.Unavailable(f"no local server on 127.0.0.1: {error}") from error


def ask(port, numbers):
    """Sum over the answers of one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    total = 0
    for number in numbers:
        connection.request("GET", f"/{number}")
        total += local_server.value_of(connection.getresponse().read())
    connection.close()
    return total


def threads(server, n):
    """n connections at once."""
    requests = [range(i, server.size, n) for i in range(n)]
    return str(sum(pool.run_threads([lambda r=r: ask(server.port, r) for r in requests])))
