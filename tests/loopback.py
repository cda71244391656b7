"""A web server on loopback that answers from a dictionary, slowly or wrongly where told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from hedgerow.data.download import Patience

IMPATIENT = Patience(tries=2, pause=0.0, timeout=2.0, wait=lambda _: None)


class Server(NamedTuple):
    base: str
    asked: list[str]


@contextmanager
def serving(answer: Callable[[str], bytes | int]) -> Iterator[Server]:
    """Serve what ``answer`` says of a path: a body, or a status without one."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            found = answer(self.path)
            status, body = (found, b"") if isinstance(found, int) else (200, found)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
