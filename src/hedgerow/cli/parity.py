"""``parity``: conversions, reversals and boxes that would pay, VIX futures against variance."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.chain_file import Day, File, Moment, Names, Rate, about, read, title
from hedgerow.cli.output import AsJson, show_json, told
from hedgerow.report.formats import NOT_ADVICE, columns

if TYPE_CHECKING:
    from hedgerow.data.chains import Chain, Expiry
    from hedgerow.research.parity_scan import Candidate, Scan
    from hedgerow.research.vx_parity import Bound


@told
def parity(
    file: File,
    rate: Rate = None,
    financing: Annotated[
        float,
        typer.Option(
            metavar="RATE", help="What borrowing costs over, and lending brings under, the rate."
        ),
    ] = 0.0025,
    fee: Annotated[float, typer.Option(metavar="USD", help="Fee a contract and trade.")] = 1.0,
    future: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EXPIRY=BID/ASK",
            help="A future on the underlying that settles with an expiry of the chain: "
            "2023-12-15=4558.25/4558.50.",
            show_default=False,
        ),
    ] = None,
    dividend: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATE=USD",
            help="Dividend a share by ex-date, or none; without them no shares are sold short.",
            show_default=False,
        ),
    ] = None,
    vx: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE|DATE=PRICE",
            help="VIX futures: a data folder, or settlement and price: 2023-10-18=15.25.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Trades shown.")] = 10,
    date: Day = None,
    time: Moment = None,
    column: Names = None,
    as_json: AsJson = False,
) -> None:
    """Look for trades that put-call parity pays, after spreads, fees and financing."""
    from hedgerow.instruments.costs import Costs
    from hedgerow.research.parity_scan import Terms, scan
    from hedgerow.research.vx_parity import vx_bounds

    costs = Costs(option_fee=fee)
    terms = Terms(rate, financing, _dividends(dividend), costs)
    against = _futures(future)
    chain = read(file, date, time, column)
    futures, vix = _vx(vx, chain)
    found = scan(chain, terms, _matched(against, chain))
    bounds = vx_bounds(chain, futures, costs=costs, vix=vix) if futures else ()
    if as_json:
        show_json({**about(chain), **_plain(found, top), "vx": [b._asdict() for b in bounds]})
        return
    typer.echo(f"{title(chain)}\n")
    typer.echo(_told(found, chain, top))
    if not chain.european and rate is None:
        typer.echo(
            "Conversions were not looked for: American quotes do not tell the rate (--rate)."
        )
    if not chain.european and terms.dividends is None:
        typer.echo("Reversals were not looked for: a short seller owes dividends (--dividend).")
    if vx:
        typer.echo(f"\n{_told_vx(bounds)}")
    typer.echo(f"\n{NOT_ADVICE}")


def _plain(found: Scan, top: int) -> dict[str, Any]:
    def row(one: Candidate) -> dict[str, Any]:
        return {**vars(one), "expiry": str(one.expiry.date), "am": one.expiry.am}

    return {
        "expiries": found.expiries,
        "strikes_with_both": found.pairs,
        "stale_set_aside": found.stale,
        "left_out": [{"expiry": str(e), "why": why} for e, why in found.left_out],
        "found": len(found.candidates),
        "candidates": [row(one) for one in found.candidates[:top]],
        "nearest": row(found.nearest) if found.nearest else None,
    }


def _told(found: Scan, chain: Chain, top: int) -> str:
    said = f"{found.pairs:,} strikes with call and put quoted, {found.expiries} expiries"
    if found.stale:
        said += f"; {found.stale:,} contracts without a trade in five days set aside"
    lines = [said + "."]
    if not chain.european and not chain.spot > 0.0:
        lines.append("The file does not tell the price of the shares: nothing to deal against.")
    elif not found.candidates and (chain.european or found.nearest):
        lines.append("No conversion, reversal or box pays after costs.")
    if found.nearest:
        lines.append(
            f"The nearest misses by USD {-found.nearest.net:,.0f}: {_trade(found.nearest)}."
        )
    if found.candidates:
        table = [["kind", "expiry", "edge", "fees", "net USD", "trade"]]
        for one in found.candidates[:top]:
            table.append(
                [
                    one.kind,
                    str(one.expiry),
                    f"{one.edge:.2f}",
                    f"{one.fees:.2f}",
                    f"{one.net:,.2f}",
                    ", ".join(one.legs),
                ]
            )
        lines += ["", columns(table, right=(2, 3, 4))]
        if len(found.candidates) > top:
            lines.append(f"… and {len(found.candidates) - top} more (--top)")
        lines.append(
            "\nPer contract of each option; sizes are not in the file. Quotes that are not of one "
            "moment look\nlike money: deal nothing before both sides are seen on the screen."
        )
    lines += [f"{expiry}: left out, {why}" for expiry, why in found.left_out]
    return "\n".join(lines)


def _trade(one: Candidate) -> str:
    return f"{one.kind} of {one.expiry}, {', '.join(one.legs)}"


def _told_vx(bounds: tuple[Bound, ...]) -> str:
    if not bounds:
        return "No VIX future settles within reach of the chain's expiries."
    table = [
        ["VX settles", "future", "forward vol", "bid", "ask", "convexity", "VIX vol", "net USD"]
    ]
    for one in bounds:
        vol = f"{one.vol:.0%}" if one.vol == one.vol else "none"
        cells = (one.future, one.forward, one.bid, one.ask, one.convexity)
        table.append(
            [str(one.settlement), *(f"{cell:.2f}" for cell in cells), vol, f"{one.net:,.0f}"]
        )
    paying = [one for one in bounds if one.net > 0.0]
    said = (
        "Futures above the variance that they settle on: sell the future, buy the variance: "
        + ", ".join(str(one.settlement) for one in paying)
        if paying
        else "No VIX future stands above the chain's forward variance after costs."
    )
    return (
        f"{columns(table, right=range(1, 8))}\n\n{said}\n"
        "Forward vol: root of the variance of the 30 days after settlement, the future's ceiling;\n"
        "convexity: by how much it lies below; VIX vol: the volatility of VIX that explains it;\n"
        "net: sell one future, buy that variance at the quotes."
    )


def _pair(text: str, option: str, example: str) -> tuple[dt.date, str]:
    from hedgerow.errors import RangeError

    day, equals, value = text.partition("=")
    try:
        return dt.date.fromisoformat(day.strip()), value if equals else ""
    except ValueError:
        raise RangeError(f"'{text}' has no date", where=option, mend=f"write {example}") from None


def _number(text: str, option: str, example: str) -> float:
    from hedgerow.errors import RangeError

    try:
        return float(text)
    except ValueError:
        raise RangeError(
            f"'{text}' is not a number", where=option, mend=f"write {example}"
        ) from None


def _dividends(texts: list[str] | None) -> dict[dt.date, float] | None:
    if not texts:
        return None
    if texts == ["none"]:
        return {}
    example = "2023-12-15=1.906, or none"
    pairs = (_pair(text, "--dividend", example) for text in texts)
    return {day: _number(value, "--dividend", example) for day, value in pairs}


def _futures(texts: list[str] | None) -> dict[dt.date, tuple[float, float]]:
    example = "2023-12-15=4558.25/4558.50"
    found = {}
    for text in texts or []:
        day, prices = _pair(text, "--future", example)
        bid, slash, ask = prices.partition("/")
        low = _number(bid, "--future", example)
        found[day] = (low, _number(ask, "--future", example) if slash else low)
    return found


def _matched(
    given: dict[dt.date, tuple[float, float]], chain: Chain
) -> dict[Expiry, tuple[float, float]]:
    from hedgerow.data.chains import Expiry

    # an index future settles on the opening where options of that date do
    return {
        Expiry(day, Expiry(day, True) in chain.expiries): prices for day, prices in given.items()
    }


def _vx(texts: list[str] | None, chain: Chain) -> tuple[dict[dt.date, float], float]:
    """Return VIX futures by settlement, and VIX where the source has it."""
    if not texts:
        return {}, 20.0
    if len(texts) == 1 and "=" not in texts[0]:
        from hedgerow.api import load
        from hedgerow.research.vx_parity import quoted

        return quoted(load(texts[0]), chain.date)
    example = "2023-10-18=15.25, or a data folder"
    pairs = (_pair(text, "--vx", example) for text in texts)
    return {day: _number(value, "--vx", example) for day, value in pairs}, 20.0
