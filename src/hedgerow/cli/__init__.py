"""The command line: one sentence per mistake, JSON for machines, nothing heavy at the door.

This module imports the standard library, typer and what is as light; a command imports what it
needs when it runs, so that ``hedgerow --help`` answers at once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import Annotated

import typer

from hedgerow.cli import (
    alvh,
    alvh_backtest,
    alvh_replay,
    book,
    chains,
    claims,
    compare,
    condor,
    control,
    curve,
    data,
    duties,
    examples,
    falls,
    iv,
    ledger,
    lookahead,
    monitor,
    orders,
    parity,
    policy,
    price,
    readings,
    review,
    rulebook,
    runs,
    scalp,
    search,
    serve,
    shortvol,
    signals,
    simulate,
    sources,
    stress,
    surface,
    sweep,
    trade,
    trials,
    users,
    walk,
)
from hedgerow.report.formats import NOT_ADVICE

ASK, DOUBT = "Backtest and explain", "Tune, validate, stress"
TRADE, PRICE, SOURCE = "Trade", "Data and prices", "The source, put to the test"

app = typer.Typer(
    name="hedgerow",
    help="Hedges that scale with the market's state: what they cost, what they saved, and why.",
    epilog=NOT_ADVICE,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command(rich_help_panel=ASK)(runs.demo)
app.command(rich_help_panel=ASK)(runs.backtest)
app.command(rich_help_panel=ASK)(runs.explain)
app.command(rich_help_panel=ASK)(compare.compare)
app.command(rich_help_panel=DOUBT)(sweep.sweep)
app.command(rich_help_panel=PRICE)(chains.vix)
app.command(rich_help_panel=PRICE)(parity.parity)
app.command(rich_help_panel=PRICE)(curve.curve)
app.command(rich_help_panel=TRADE)(control.control)
app.command(rich_help_panel=PRICE)(iv.iv)
app.command(rich_help_panel=TRADE)(scalp.scalp)
app.command(rich_help_panel=DOUBT)(simulate.simulate)
app.command(rich_help_panel=DOUBT)(falls.falls)
app.command(rich_help_panel=DOUBT)(stress.stress)
app.command(rich_help_panel=DOUBT)(walk.walk)
app.command(rich_help_panel=DOUBT)(search.search)
app.command(rich_help_panel=DOUBT)(surface.surface)
app.command(rich_help_panel=TRADE)(trade.trade)
app.command(rich_help_panel=TRADE)(review.review)
app.command(rich_help_panel=TRADE)(monitor.monitor)
app.command(rich_help_panel=TRADE)(duties.duties)
app.command(rich_help_panel=TRADE)(duties.why)
app.command(rich_help_panel=TRADE)(serve.serve)
app.command(rich_help_panel=SOURCE)(readings.readings)
app.command(rich_help_panel=SOURCE)(claims.claims)
app.command(rich_help_panel=DOUBT)(lookahead.lookahead)
app.add_typer(policy.app, name="policy", rich_help_panel=ASK)
app.add_typer(rulebook.app, name="rulebook", rich_help_panel=TRADE)
app.add_typer(shortvol.app, name="shortvol", rich_help_panel=TRADE)
app.add_typer(condor.app, name="condor", rich_help_panel=TRADE)
app.add_typer(examples.app, name="examples", rich_help_panel=SOURCE)
app.add_typer(data.app, name="data", rich_help_panel=PRICE)
app.add_typer(chains.app, name="chain", rich_help_panel=PRICE)
app.add_typer(price.app, name="price", rich_help_panel=PRICE)
app.add_typer(signals.app, name="signals", rich_help_panel=PRICE)
alvh.app.command()(alvh_backtest.backtest)
alvh.app.command()(alvh_replay.replay)
app.add_typer(alvh.app, name="alvh", rich_help_panel=TRADE)
app.add_typer(ledger.app, name="ledger", rich_help_panel=TRADE)
app.add_typer(orders.app, name="orders", rich_help_panel=TRADE)
app.add_typer(sources.app, name="sources", rich_help_panel=TRADE)
app.add_typer(book.app, name="book", rich_help_panel=TRADE)
app.add_typer(users.app, name="users", rich_help_panel=TRADE)
app.add_typer(trials.app, name="trials", rich_help_panel=DOUBT)


_NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EDQUOT)


def _version(wanted: bool) -> None:
    if wanted:
        from hedgerow import __version__

        typer.echo(f"hedgerow {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            # A terminal that cannot show a sign gets a question mark, never a traceback;
            # a stream that somebody put in its place may lack the method, hence the suppress.
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(prog_name="hedgerow")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _mute()
        with contextlib.suppress(OSError):
            typer.echo(
                f"hedgerow: the output cannot be written ({error.strerror}). "
                "Mend: make room, or send it elsewhere",
                err=True,
            )
        sys.exit(2)


def _mute() -> None:
    # What stdout still holds would fail once more when Python ends.
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
