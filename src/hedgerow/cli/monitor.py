"""``monitor``: a policy or program, session by session, with orders that a person lets go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.output import INTERRUPTED, AsJson, Log, complain, note, show_json, told
from hedgerow.cli.runs import Beta, From, NoCosts, Share, Size, To, Value
from hedgerow.report.formats import NOT_ADVICE

if TYPE_CHECKING:
    from hedgerow.live.beginning import Asked

UNDECIDED = 4
"""Exit code of ``--once`` where a session is due and could not be decided."""

PLAIN = ("put", None, "10m", 1.0, 1.0)
"""Sleeve, size, portfolio, beta and equity share where none is given."""


@told
def monitor(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="POLICY.toml",
            help="A policy or program file; kept in the book at the first start, and may be left "
            "out at later ones.",
            show_default=False,
        ),
    ] = None,
    *,
    book: Annotated[
        str,
        typer.Option(
            metavar="BOOK",
            help="Where all of it is kept: a file that ends in .db, or "
            "postgresql://user@host/database.",
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="Who is asked for a session's numbers: cboe, files, folder, ibkr, yahoo, replay.",
            show_default="of the settings",
        ),
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Its folder or address, where the kind needs one."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings of the desk; kept in the book."),
    ] = None,
    run: Annotated[str, typer.Option(metavar="NAME", help="Name of the run in the book.")] = "live",
    once: Annotated[bool, typer.Option("--once", help="Do what is due and end, for cron.")] = False,
    data: Annotated[
        str, typer.Option(metavar="SOURCE", help="What is replayed: builtin, auto or a folder.")
    ] = "builtin",
    start: From = None,
    end: To = None,
    speed: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER",
            help="Sessions a second of a replay.",
            show_default="as fast as it goes",
        ),
    ] = None,
    sleeve: Annotated[
        str, typer.Option(metavar="SLEEVE", help="Of a policy, as for backtest.")
    ] = "put",
    size: Size = None,
    portfolio: Value = "10m",
    beta: Beta = 1.0,
    equity_share: Share = 1.0,
    no_costs: NoCosts = False,
    log: Log = None,
    metrics: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=1,
            max=65535,
            help="Let Prometheus ask at this port of this machine.",
            show_default="nowhere",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a hedge day by day: decide after each close, propose orders, keep everything.

    Exit code 4 of --once: a session is due and could not be decided; the reason is told.
    """
    from hedgerow import api, config
    from hedgerow.api.monitoring import told as in_a_line
    from hedgerow.api.monitoring import watch
    from hedgerow.errors import RangeError
    from hedgerow.live import settings as terms
    from hedgerow.live.session import Stepped

    asked = None
    order = (sleeve, size, portfolio, beta, equity_share)
    if file is not None:
        asked = asked_of(file, *order, no_costs=no_costs)
    elif no_costs or order != PLAIN:
        raise RangeError(
            "what is hedged and with what stands in the book since the first start",
            where="--sleeve, --size, --portfolio, --beta, --equity-share, --no-costs",
            mend="leave them out, or give the policy and begin another run with --run NAME",
        )
    text = None
    if settings is not None:
        terms.load(settings)
        text = settings.read_text("utf-8")
    market, first, last = None, config.date(start, "--from"), config.date(end, "--to")
    if source == "replay":
        note(f"Loading {data} …")
        market = api.load(data)
    elif first or last or speed is not None:
        raise RangeError(
            "--from, --to and --speed are those of a replay",
            where="--source",
            mend="write --source replay, or leave them out",
        )

    odd: set[str] = set()

    def tell(stepped: Stepped) -> None:
        if as_json:
            return
        typer.echo(in_a_line(stepped))
        new = [each for each in stepped.findings if each not in odd]
        if stepped.state == "decided":
            typer.echo("".join(f"            {finding}\n" for finding in new), nl=False)
            odd.update(new)

    try:
        made = watch(
            asked,
            book,
            settings=text,
            source=source,
            place=place,
            market=market,
            start=first,
            end=last,
            run=run,
            speed=speed,
            once=once,
            progress=tell,
            warn=complain,
            log=log,
            metrics=metrics,
        )
    except KeyboardInterrupt:
        complain(f"broken off; 'hedgerow monitor --book {book}' goes on where it stopped")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        show_json(made.to_dict())
    else:
        if (once or source == "replay") and not made.done and not made.left:
            typer.echo("Nothing is due.")
        typer.echo(NOT_ADVICE)
    if once and made.left:
        raise typer.Exit(UNDECIDED)


def asked_of(
    file: Path,
    sleeve: str = "put",
    size: str | None = None,
    portfolio: str = "10m",
    beta: float = 1.0,
    equity_share: float = 1.0,
    *,
    no_costs: bool = False,
) -> Asked:
    """Return the program of a file: one of its own, or a policy's with one line.

    Raises
    ------
    HedgerowError
        If the file is neither, or an option does not fit.
    """
    import tomllib

    from hedgerow import config
    from hedgerow.api.trading import load_program
    from hedgerow.engine.program import Line, Program
    from hedgerow.errors import PolicyError
    from hedgerow.live.beginning import Asked
    from hedgerow.shortvol.layered.rules import SECTIONS

    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        table = {}  # what is wrong with it is told below
    if "lines" in table:
        return Asked.of(load_program(file), tuple(table.get("execution", {})))
    if (heads := set(table) - {"signals"}) and heads <= set(SECTIONS):
        raise PolicyError(
            "these are rules of the layered hedge, and what it hedges is not said",
            where=str(file),
            mend=f"make a program of both: 'hedgerow alvh program {file} --condor RULES.toml "
            "--out FILE'",
        )
    order = config.run(
        file,
        sleeves=[sleeve],
        size=size,
        value=portfolio,
        beta=beta,
        equity_share=equity_share,
        with_costs=not no_costs,
    )
    line = Line(order.policy.name, order.sleeves[0], order.policy)
    made = Program([line], name=order.policy.name, portfolio=order.portfolio, costs=order.costs)
    return Asked.of(made, ())
