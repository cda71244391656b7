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
    chains,
    claims,
    compare,
    control,
    curve,
    data,
    examples,
    falls,
    iv,
    ledger,
    lookahead,
    parity,
    policy,
    price,
    readings,
    review,
    rulebook,
    runs,
    scalp,
    search,
    simulate,
    stress,
    surface,
    sweep,
    trade,
    trials,
    walk,
)
from hedgerow.report.formats import NOT_ADVICE

app = typer.Typer(
    name="hedgerow",
    help="Hedges that scale with the market's state: what they cost, what they saved, and why.",
    epilog=NOT_ADVICE,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(runs.demo)
app.command()(runs.backtest)
app.command()(runs.explain)
app.command()(compare.compare)
app.command()(sweep.sweep)
app.command()(chains.vix)
app.command()(parity.parity)
app.command()(curve.curve)
app.command()(control.control)
app.command()(iv.iv)
app.command()(scalp.scalp)
app.command()(simulate.simulate)
app.command()(falls.falls)
app.command()(stress.stress)
app.command()(walk.walk)
app.command()(search.search)
app.command()(surface.surface)
app.command()(trade.trade)
app.command()(review.review)
app.command()(readings.readings)
app.command()(claims.claims)
app.command()(lookahead.lookahead)
app.add_typer(policy.app, name="policy")
app.add_typer(rulebook.app, name="rulebook")
app.add_typer(examples.app, name="examples")
app.add_typer(data.app, name="data")
app.add_typer(chains.app, name="chain")
app.add_typer(price.app, name="price")
app.add_typer(ledger.app, name="ledger")
app.add_typer(trials.app, name="trials")


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
