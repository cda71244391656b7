"""On what terms the dashboard listens: where, for whom, under which names."""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence

from hedgerow.errors import AccessError, RangeError
from hedgerow.live.keeping.logs import log_to
from hedgerow.live.keeping.redacting import redacted
from hedgerow.live.keeping.users import Users
from hedgerow.web.book import Book
from hedgerow.web.guarding import LOOPBACK, is_loopback


def hosts_of(
    book: Book, host: str, names: Sequence[str], *, behind_proxy: bool
) -> Sequence[str] | None:
    """Return the names under which a dashboard may be asked for; None: any.

    Parameters
    ----------
    book
        Whose users may come in.
    host
        Address to listen on.
    names
        Of the machine, as browsers know it.
    behind_proxy
        Whether a proxy on this machine passes others on.

    Raises
    ------
    AccessError
        If others could reach it and there are no users.
    """
    alone = is_loopback(host)
    if (not alone or behind_proxy or names) and not Users(book.store, book.clock).list():
        raise AccessError(
            "there are no users, and others could reach it",
            where="--host" if not alone else "--behind-proxy" if behind_proxy else "--name",
            mend="add one with 'hedgerow users add BOOK NAME --role admin', or listen on 127.0.0.1",
        )
    if names:
        return (*LOOPBACK, *names) if alone else (*LOOPBACK, host, *names)
    return LOOPBACK if alone and not behind_proxy else None


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    RangeError
        If it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only of sockets that say they are TCP's does asyncio have packets sent at once.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(256)
    except (OSError, OverflowError) as error:
        made.close()
        told = getattr(error, "strerror", None) or "it is no address"
        raise RangeError(
            f"nothing can listen there ({told})",
            where=f"{host}:{port}",
            mend="name another with --port or --host",
        ) from None
    return made


class _Structured(logging.Handler):
    """Hands what the dashboard and its server complain of to the structured log."""

    def __init__(self, place: str) -> None:
        super().__init__(logging.WARNING)
        self.lines = log_to(place)

    def emit(self, record: logging.LogRecord) -> None:
        said = {"logger": record.name, "what": record.getMessage(), "exc_info": record.exc_info}
        self.lines.log(record.levelno, "fault", **said)


def logged(place: str | None = None) -> None:
    """Let warnings and errors of the dashboard be written down; nothing of requests is.

    Parameters
    ----------
    place
        A file for a line of JSON each, or ``-`` for stderr; None: words on stderr.

    Raises
    ------
    RangeError
        If the file cannot be written.
    """
    out: logging.Handler = logging.StreamHandler() if place is None else _Structured(place)
    out.setFormatter(_Plain("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[out], level="WARNING")


class _Plain(logging.Formatter):
    """Takes secrets out of messages and tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
