"""A local HTTP server that answers after a while, and its client's side.

As a program it serves on 127.0.0.1, prints its port, and ends when its standard input does. It always runs on the same
interpreter (the GIL build), whichever is measured, so that only the clients differ.
"""
import asyncio
import subprocess
import sys

LATENCY = 0.005  # seconds that each answer takes, as a database or another service would
BODY = 1024      # bytes of an answer
program = sys.executable


def body_of(number):
    """The answer to GET /NUMBER."""
    return (f"answer {number} ".encode() * BODY)[:BODY]


def value_of(body):
    """What a client adds up: depends on every byte."""
    return sum(body)


def expected(size):
    """The sum over all answers."""
    return str(sum(value_of(body_of(i)) for i in range(size)))


class Server:
    """The server as a child of the run, with the number of requests that it shall get."""

    def __init__(self, size):
        self.size = size
        self.process = subprocess.Popen([program, "-P", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.strip().isdigit():
            self.close()
            raise OSError("the local server did not start")
        self.port = int(line)

    def close(self):
        """End it."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


async def answer(reader, writer):
    """One connection: GET after GET."""
    try:
        while request := await reader.readuntil(b"\r\n\r\n"):
            number = int(request.split(b" ", 2)[1].lstrip(b"/"))
            await asyncio.sleep(LATENCY)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BODY + body_of(number))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def serve():
    """Until standard input ends."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
