"""Serve git repositories over HTTP on 127.0.0.1 by git http-backend; print the port.

Usage: git_server.py FOLDER [BACKEND]
/stall/... accepts and never answers; /private/... asks for user "u", password "p".
"""

import base64
import http.server
import os
import subprocess
import sys
import time

ROOT = os.path.abspath(sys.argv[1])
BACKEND = sys.argv[2] if len(sys.argv) > 2 else "/usr/lib/git-core/git-http-backend"


class Handler(http.server.BaseHTTPRequestHandler):
    """A CGI caller, only as much as git needs."""

    protocol_version = "HTTP/1.1"

    def answer(self, code, headers, body):
        """Send one whole answer."""
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        """The request's body, chunked or not."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        out = b""
        while size := int(self.rfile.readline(), 16):
            out += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return out

    def serve(self):
        """Check access, run the backend, pass its answer on."""
        path, _, query = self.path.partition("?")
        if path.startswith("/stall/"):
            time.sleep(60)
            return
        if path.startswith("/private/"):
            path = path[len("/private") :]
            if self.headers.get("Authorization") != "Basic " + base64.b64encode(b"u:p").decode():
                self.answer(401, [("WWW-Authenticate", 'Basic realm="t"')], b"")
                return
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": ROOT,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run([BACKEND], input=self.body(), env=env, stdout=subprocess.PIPE, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.decode().split(": ", 1)) for line in head.split(b"\r\n") if b": " in line]
        code = next((int(v.split()[0]) for n, v in headers if n == "Status"), 200)
        self.answer(code, [(n, v) for n, v in headers if n != "Status"], body)

    do_GET = do_POST = serve

    def log_message(self, *args):
        """Stay silent."""


def main():
    """Serve until killed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
