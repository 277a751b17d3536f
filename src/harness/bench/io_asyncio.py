"""Requests to a local HTTP server that takes 5 ms for each answer, by 16 tasks of asyncio with one connection each.

Claim: programs that mostly wait lose little on the free-threaded build.
Source: Python HOWTO "Python experimental support for free threading" (3.13), "Single-threaded performance": "Programs that spend
most of their time in C extensions or I/O will see less of an impact." As a bound: the 15% that PEP 779 proposes "as a hard
performance target".
"""
import asyncio

from bench import io_threads, local_server

SIZE = 800
CONNECTIONS = 16
expected = local_server.expected
prepare = io_threads.prepare


async def ask(port, numbers):
    """Sum over the answers of one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    total = 0
    for number in numbers:
        writer.write(b"GET /%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % number)
        await reader.readuntil(b"\r\n\r\n")
        total += local_server.value_of(await reader.readexactly(local_server.BODY))
    writer.close()
    await writer.wait_closed()
    return total


async def ask_all(server):
    """All connections at once."""
    return sum(await asyncio.gather(*(ask(server.port, range(i, server.size, CONNECTIONS)) for i in range(CONNECTIONS))))


def serial(server):
    """One thread, which the loop of events keeps busy."""
    return str(asyncio.run(ask_all(server)))
