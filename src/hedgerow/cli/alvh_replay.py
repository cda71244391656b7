"""``alvh replay``: the layered hedge on intraday bars of real days."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgerow.cli.output import AsJson, answer, note, told, writable
from hedgerow.cli.runs import From, NoCosts, Report, To, Value


@told
def replay(
    rules: Annotated[
        Path | None,
        typer.Argument(
            metavar="RULES.toml",
            help="The layered rules, as `alvh new` writes them, or a policy file.",
            show_default="the defaults",
        ),
    ] = None,
    *,
    data: Annotated[
        str,
        typer.Option(
            "--data", metavar="FOLDER", help="Intraday bars, and daily files with VIX beside them."
        ),
    ],
    start: From = None,
    end: To = None,
    bars: Annotated[
        str, typer.Option(metavar="LENGTH", help="Length of a bar: 1m, 5m, 15m, 30m, 1h, 1d.")
    ] = "1h",
    portfolio: Value = "10m",
    delta: Annotated[
        float, typer.Option(metavar="NUMBER", help="Delta of the condor's sold options.")
    ] = 0.18,
    days: Annotated[
        int, typer.Option(metavar="NUMBER", help="Calendar days from entry to expiry.")
    ] = 45,
    width: Annotated[
        float, typer.Option(metavar="POINTS", help="From a sold strike to the bought one.")
    ] = 50.0,
    share: Annotated[
        float, typer.Option(metavar="PART", help="Part of the account the condors may lose.")
    ] = 0.25,
    fixed: Annotated[
        float, typer.Option(metavar="PART", help="Part of the vega that the fixed hedge takes out.")
    ] = 0.6,
    no_costs: NoCosts = False,
    report: Report = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the picture, an SVG.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay the layered hedge of sold condors bar by bar: price, IV, state, tranches, gains.

    IV between two published closes of VIX is modelled from what traded, and so are the condors;
    the text says how good that was. Shares of VXX stand for the VIX future.
    """
    from hedgerow import config
    from hedgerow.api.replaying import replay_hedge
    from hedgerow.instruments.costs import Costs
    from hedgerow.shortvol.intraday.book import CondorBook
    from hedgerow.shortvol.intraday.fund import FundCosts
    from hedgerow.shortvol.layered.rules import LayeredRules

    place, page = (writable(path) if path else None for path in (save, report))
    book = CondorBook(
        value=config.amount(portfolio), share=share, days=days, delta=delta, width=width
    )
    first, last = config.date(start, "--from"), config.date(end, "--to")
    note(f"Loading {data} …")
    made = replay_hedge(
        LayeredRules() if rules is None else rules,
        data,
        start=first,
        end=last,
        bars=bars,
        book=book,
        costs=Costs.none() if no_costs else None,
        fund=FundCosts(0.0, 0.0) if no_costs else None,
        fixed_at=fixed,
    )
    if place:
        made.picture(place)
    if page:
        made.report(page)
    answer(str(made), made.to_dict(), {"picture": save, "report": report}, as_json=as_json)
