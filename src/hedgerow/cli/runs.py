"""``demo``, ``backtest``, ``explain``: the main question and its why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.gate import Asking, Gate, Strict, Threshold, ask
from hedgerow.cli.output import AsJson, note, show_json, told, writable
from hedgerow.report.formats import NOT_ADVICE, columns, number

if TYPE_CHECKING:
    from hedgerow.api import Result
    from hedgerow.config import Run
    from hedgerow.core.market import Market
    from hedgerow.research.comparison import Comparison

DEMO_SLEEVE = "put"
"""A 90-day put 10 % out of the money on 35 % of the portfolio: held fixed it costs about the 2 % a
year of the policy's budget, so that both hedges play in one league."""

File = Annotated[Path, typer.Argument(metavar="POLICY.toml", help="The policy file.")]
Data = Annotated[
    str,
    typer.Option("--data", metavar="SOURCE", help="builtin, auto (fetched data), or a folder."),
]
From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First date, YYYY-MM-DD.")]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last date, YYYY-MM-DD.")]
Size = Annotated[
    str | None,
    typer.Option(
        metavar="KIND:NUMBER",
        help="Size of sleeves that name none: vega:1000, vega_share:0.0001, premium:0.01, "
        "notional:1, contracts:5.",
    ),
]
Value = Annotated[
    str, typer.Option("--portfolio", metavar="USD", help="Value at the start, such as 10m.")
]
Beta = Annotated[
    float, typer.Option(metavar="NUMBER", help="Beta of the equity part to the index.")
]
Share = Annotated[
    float, typer.Option(metavar="NUMBER", help="Part of the portfolio in equity, 0 to 1.")
]
Split = Annotated[
    str, typer.Option(metavar="SPLIT", help="Train/test: 50/50, or the first date tested.")
]
NoCosts = Annotated[bool, typer.Option("--no-costs", help="Leave spreads and fees out.")]
SameBar = Annotated[
    bool,
    typer.Option("--same-bar", help="Fill at the close that decides: impossible, and flagged."),
]
Report = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write a report, an HTML page.")
]


@told
def demo(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the report goes.")] = Path(
        "out/report.html"
    ),
    as_json: AsJson = False,
) -> None:
    """Answer the main question on the builtin data and write a report.

    A $10M equity book, 1990-2022, hedged with 90-day puts 10 % out of the money: what would
    scaling the hedge with VIX have cost, and what would it have saved, against a fixed one?
    """
    from hedgerow import config
    from hedgerow.policies.catalog import demo as demo_policy

    report = writable(out)
    order = config.run(demo_policy(), sleeves=[DEMO_SLEEVE])
    _answer(order, report=report, as_json=as_json)


@told
def backtest(
    file: File,
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    sleeve: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SLEEVE",
            help="all (put, put_spread, vix_future, variance_swap) or a kind of docs/sleeves.md; "
            "terms after a colon: put:moneyness=0.9,tenor=90d. May be given several times; the "
            "first is the main one.",
            show_default="all",
        ),
    ] = None,
    size: Size = None,
    portfolio: Value = "10m",
    beta: Beta = 1.0,
    equity_share: Share = 1.0,
    split: Split = "50/50",
    no_costs: NoCosts = False,
    same_bar: SameBar = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report of the main sleeve.")
    ] = None,
    gate: Gate = False,
    strict: Strict = False,
    threshold: Threshold = None,
    as_json: AsJson = False,
) -> None:
    """Backtest a policy against no hedge and a fixed one."""
    from hedgerow import config

    asked = ask(gate=gate, strict=strict, threshold=threshold)
    order = config.run(
        file,
        sleeves=sleeve or [config.ALL],
        size=size,
        source=data,
        start=start,
        end=end,
        split=split,
        value=portfolio,
        beta=beta,
        equity_share=equity_share,
        with_costs=not no_costs,
        same_bar=same_bar,
    )
    tolerant = not sleeve or config.ALL in sleeve
    target = writable(report) if report else None
    results = _answer(order, report=target, as_json=as_json, tolerant=tolerant, asked=asked)
    asked.close(*results)


@told
def explain(
    file: File,
    date: Annotated[str, typer.Argument(metavar="DATE", help="Session to explain, YYYY-MM-DD.")],
    *,
    data: Data = "builtin",
    start: From = None,
    end: To = None,
    sleeve: Annotated[str, typer.Option(metavar="SLEEVE", help="As for backtest.")] = "put",
    size: Size = None,
    portfolio: Value = "10m",
    beta: Beta = 1.0,
    equity_share: Share = 1.0,
    no_costs: NoCosts = False,
    same_bar: SameBar = False,
    as_json: AsJson = False,
) -> None:
    """Tell why the policy did what it did on a date: from signal to trade."""
    from hedgerow import config

    day = config.date(date, "DATE") or date
    order = config.run(
        file,
        sleeves=[sleeve],
        size=size,
        source=data,
        start=start,
        end=end,
        value=portfolio,
        beta=beta,
        equity_share=equity_share,
        with_costs=not no_costs,
        same_bar=same_bar,
    )
    market = _load(order)
    why = _play(order, market, order.sleeves[0]).explain(day)
    if as_json:
        show_json({**why.to_dict(), "sleeve": order.sleeves[0].name, "notice": NOT_ADVICE})
        return
    typer.echo(f"{order.policy.name} with {order.sleeves[0].name}, data: {order.source}")
    typer.echo(str(why))
    typer.echo(NOT_ADVICE)


def _load(order: Run) -> Market:
    from hedgerow import api

    note(f"Loading {order.source} …")
    return api.load(order.source)


def _play(order: Run, market: Market, sleeve: Any) -> Result:
    from hedgerow import api

    note(f"Running {order.policy.name} with {sleeve.name} …")
    return api.backtest(
        order.policy,
        market,
        sleeve,
        portfolio=order.portfolio,
        costs=order.costs,
        start=order.start,
        end=order.end,
        split=order.split,
        same_bar=order.same_bar,
        source=order.source,
    )


def _answer(
    order: Run,
    *,
    report: Path | None,
    as_json: bool,
    tolerant: bool = False,
    asked: Asking | None = None,
) -> list[Result]:
    """Run every sleeve of an order, write the report, print what came out and return it."""
    from hedgerow.errors import PolicyError, SleeveError

    market = _load(order)
    results: list[Result] = []
    left_out: dict[str, str] = {}
    for sleeve in order.sleeves:
        try:
            results.append(_play(order, market, sleeve))
        except (SleeveError, PolicyError) as error:
            # Asked for all sleeves, those that data and policy can do with are run.
            if not tolerant or sleeve is order.sleeves[0]:
                raise
            left_out[sleeve.name] = str(error)
    if asked is not None:
        asked.judge(*results)
    if report is not None:
        results[0].report(report)
    if as_json:
        show_json(
            {
                "request": {**order.to_dict(), "digest": order.digest()},
                "results": [result.to_dict() for result in results],
                "left_out": left_out,
                "report": None if report is None else str(report),
                "notice": NOT_ADVICE,
            }
        )
        return results
    typer.echo(str(results[0]))
    if len(results) > 1:
        typer.echo("\n" + beside([result.found for result in results]))
    for name, sentence in left_out.items():
        typer.echo(f"Left out: {name}: {sentence}")
    if report is not None:
        typer.echo(f"Report: {report}")
    return results


def beside(results: Sequence[Comparison]) -> str:
    """Return a table of several sleeves side by side, out of sample."""
    from hedgerow.report.summary import percent

    rows = [["Sleeve", "Cost a year", "", "Saving", "Sharpe", "", "Max DD", "HER", ""]]
    rows.append(["", "static", "dynamic", "(C3)", "static", "dynamic", "dynamic", "st.", "dyn."])
    for result in results:
        made, her = result.strategies["test"], result.her
        static, dynamic = made["static"], made["dynamic"]
        rows.append(
            [
                result.sleeve.name,
                percent(static["hedge_cost_per_year"], 2),
                percent(dynamic["hedge_cost_per_year"], 2),
                percent(result.saving["test"]["saving"]),
                number(static["sharpe_excess"]),
                number(dynamic["sharpe_excess"]),
                percent(dynamic["max_drawdown"], 1),
                percent(her["static_her"]),
                percent(her["dynamic_her"]),
            ]
        )
    table = columns(rows, right=range(1, 9))
    return f"Sleeves side by side, out of sample (HER: whole run)\n{table}\n{NOT_ADVICE}"
