"""``hedgerow serve``: the dashboard of a book."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.output import Log, complain, told

if TYPE_CHECKING:
    from hedgerow.live.demo import Demo
    from hedgerow.web.book import Book


@told
def serve(
    book: Annotated[
        str | None,
        typer.Argument(
            help="The book: a file, or an address of PostgreSQL; of a demonstration a file that is "
            "kept.",
            show_default=False,
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="NAME", help="Name of the run, where the book has several."),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Address to listen on; another than this machine's needs users.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="PORT",
            min=0,
            max=65535,
            help="Port to listen on; 0: a free one.",
        ),
    ] = 8765,
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Name under which browsers ask for it, besides this machine's.",
        ),
    ] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="A proxy on this machine speaks TLS for it: cookies for TLS alone; needs users.",
        ),
    ] = False,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help="Show a replay of February to April 2020, builtin data, on paper.",
        ),
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER", help="Sessions a second of the demonstration.", show_default="0.25"
        ),
    ] = None,
    policies: Annotated[
        Path | None,
        typer.Option(
            "--policies", metavar="FOLDER", help="Folder in which the Lab may save policy files."
        ),
    ] = None,
    log: Log = None,
) -> None:
    """Open the dashboard of a book: today's state, orders to approve, and why."""
    from hedgerow.errors import RangeError
    from hedgerow.web.book import Book

    if demo:
        if run is not None:
            raise RangeError("a demonstration has one run", where="--run", mend="leave it out")
        with _playing(book, speed) as (shown, opened):
            serve_book(
                opened, host, port, names or [],
                behind_proxy=behind_proxy, shown=shown, policies=policies, log=log,
            )  # fmt: skip
        return
    if speed is not None:
        raise RangeError(
            "only a demonstration has a speed", where="--speed", mend="add --demo, or leave it out"
        )
    if book is None:
        raise RangeError(
            "no book is named", where="BOOK", mend="name one, or look at one with --demo"
        )
    serve_book(
        Book.open(book, run), host, port, names or [],
        behind_proxy=behind_proxy, policies=policies, log=log,
    )  # fmt: skip


@contextmanager
def _playing(place: str | None, speed: float | None) -> Iterator[tuple[Demo, Book]]:
    """Play a demonstration, in a folder that goes when it ends unless a file is named."""
    import signal
    import sys
    import tempfile

    from hedgerow import __version__, api
    from hedgerow.cli.output import above_zero
    from hedgerow.engine.ledger.opening import address_of
    from hedgerow.errors import RangeError
    from hedgerow.live.demo import RUN, Demo
    from hedgerow.web.book import Book

    above_zero(speed, "--speed")
    address = None if place is None else address_of(place)
    if isinstance(address, str):
        raise RangeError("a demonstration is kept in a file", where="BOOK", mend="name a file")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the folder goes then as well
    typer.echo("Playing January 2020, so that the pages are full …", err=True)
    with tempfile.TemporaryDirectory(prefix="hedgerow-demo-") as folder:
        file = address or Path(folder) / "demo.db"
        demo = Demo(api.load("builtin"), file, 1.0 / (speed or 0.25), __version__)
        try:
            demo.begin()
            yield demo, Book.open(file, RUN, demo.clock)
        finally:
            demo.end()


def serve_book(
    book: Book,
    host: str,
    port: int,
    names: list[str],
    *,
    behind_proxy: bool,
    shown: Demo | None = None,
    policies: Path | None = None,
    log: str | None = None,
) -> None:
    """Serve a book until it is told to stop.

    Parameters
    ----------
    book
        What is shown; closed at the end.
    host, port
        Where to listen.
    names
        Under which browsers may ask for it, besides this machine's.
    behind_proxy
        Whether a proxy on this machine speaks TLS for it.
    shown
        The demonstration that plays in the book.
    policies
        Folder in which the Lab may save policy files.
    log
        A file to which a line is written for each fault, or ``-`` for stderr; None: words there.

    Raises
    ------
    HedgerowError
        If others could reach it and there are no users, or the port cannot be had.
    """
    import signal
    import sys

    import uvicorn

    from hedgerow.web.app import make_app
    from hedgerow.web.serving import hosts_of, listen, logged

    hosts = hosts_of(book, host, names, behind_proxy=behind_proxy)
    socket = listen(host, port)
    app = make_app(book, hosts=hosts, behind_proxy=behind_proxy, policies=policies, shown=shown)
    spelt = f"[{host}]" if ":" in host else host
    address = f"http://{spelt}:{socket.getsockname()[1]}/"
    logged(log)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=3,
        proxy_headers=behind_proxy, forwarded_allow_ips="127.0.0.1", limit_concurrency=2_000,
    )  # fmt: skip
    server = uvicorn.Server(config)

    def ended(*_: object) -> None:
        if not server.started:  # else uvicorn has ended, and sends the signal on
            sys.exit(0)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, ended)
    typer.echo(f"Dashboard of run '{book.run}': {address}  (stop with Ctrl-C)")
    if hosts is None and not behind_proxy:
        complain(
            "passwords cross the network in the clear. Mend: put a proxy with TLS before it, "
            "listen on 127.0.0.1 and give --behind-proxy"
        )
    server.run(sockets=[socket])
