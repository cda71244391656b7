"""``price option|future|variance|structure``: what a contract is worth, and its risk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.output import AsJson, save_picture, show_json, told, writable
from hedgerow.cli.price_inputs import (
    ChainFile,
    Data,
    Date,
    Days,
    Dividend,
    Expiry,
    Forward,
    Inputs,
    Rate,
    Spot,
    Vol,
    inside,
    named,
)
from hedgerow.report.formats import NOT_ADVICE, number, usd

if TYPE_CHECKING:
    from hedgerow.instruments.structure import Structure

app = typer.Typer(
    help="Price contracts: options, futures, variance, structures.", no_args_is_help=True
)


@app.command()
@told
def option(
    symbol: Annotated[
        str | None,
        typer.Argument(
            metavar="SYMBOL", help="A listed option, SPXW260320P04500000.", show_default=False
        ),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(metavar="ROOT", help="SPX, SPXW, SPY, VIX, …", show_default="SPX"),
    ] = None,
    strike: Annotated[
        float | None, typer.Option(metavar="POINTS", help="Strike.", show_default=False)
    ] = None,
    call: Annotated[
        bool | None, typer.Option("--call/--put", help="Which side.", show_default="put")
    ] = None,
    expiry: Expiry = None,
    days: Days = None,
    spot: Spot = None,
    forward: Forward = None,
    vol: Vol = None,
    rate: Rate = None,
    dividend: Dividend = None,
    date: Date = None,
    data: Data = None,
    chain: ChainFile = None,
    as_json: AsJson = False,
) -> None:
    """Price an option, with all Greeks, for one contract."""
    from hedgerow.core.contract import OptionContract
    from hedgerow.errors import RangeError
    from hedgerow.instruments.structure import Position, Structure

    given = Inputs(spot, forward, vol, rate, dividend, date, data, chain)
    if symbol is not None:
        if any(each is not None for each in (root, strike, call, expiry, days)):
            raise RangeError(
                "the symbol says root, strike, side and expiry",
                where="SYMBOL",
                mend="give it alone, or the options without it",
            )
        contract = OptionContract.parse(symbol.upper())
    else:
        if strike is None:
            raise RangeError(
                "the strike is missing", where="--strike", mend="give it, or the option's symbol"
            )
        inside("--strike", strike)
        end = given.expiry(expiry, days)
        contract = OptionContract((root or "SPX").upper(), end, strike, bool(call))
    structure = Structure(contract.compact, (Position(1.0, contract),))
    _answer(structure, given, as_json=as_json)


@app.command()
@told
def structure(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="iron_condor, collar, …; none lists them.", show_default=False
        ),
    ] = None,
    terms: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TERM=VALUE...", help="root=SPXW expiry=2026-03-20 …", show_default=False
        ),
    ] = None,
    spot: Spot = None,
    forward: Forward = None,
    vol: Vol = None,
    rate: Rate = None,
    dividend: Dividend = None,
    date: Date = None,
    data: Data = None,
    chain: ChainFile = None,
    paid: Annotated[
        float | None,
        typer.Option(
            metavar="USD",
            help="What was paid for it, negative for a credit.",
            show_default="the model's price",
        ),
    ] = None,
    bond: Annotated[
        float | None,
        typer.Option(
            metavar="USD", help="Margin of one future, where there are some.", show_default=False
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.svg", help="Draw the payoff, today and at expiry.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Price a structure: Greeks, break-evens, worst case, margin, payoff."""
    from hedgerow.instruments.structures import build

    if name is None:
        _list(as_json=as_json)
        return
    inside("--paid", paid)
    inside("--bond", bond)
    place = writable(picture) if picture else None
    given = Inputs(spot, forward, vol, rate, dividend, date, data, chain)
    made = build(name, _terms(terms or []))
    _answer(made, given, paid=paid, bond=bond, picture=place, as_json=as_json)


@app.command()
@told
def future(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="VXK24, VX21K24, ESM24, …")],
    spot: Spot = None,
    rate: Rate = None,
    dividend: Dividend = None,
    date: Date = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Price a future: an index future by its carry, a VIX future by quotes or their model."""
    from hedgerow.core.contract import FutureContract
    from hedgerow.errors import RangeError
    from hedgerow.instruments.structure import Position, Structure

    given = Inputs(spot=spot, rate=rate, dividend=dividend, date=date, data=data)
    contract = FutureContract.parse(symbol.upper(), given.day)
    item = contract.product
    if item.underlying == "VIX" and data is None:
        raise RangeError(
            "spot VIX does not tell the price of a VIX future",
            where="--data",
            mend="give a folder with the exchange's files, or builtin for the model",
        )
    found = given.priced(Structure(contract.symbol, (Position(1.0, contract, 0.0),)))
    with named():
        level = float(found.state.forward_to(contract.expiry))
    if item.underlying == "VIX":
        base = float(given.market["vix"][-1])
        about = {"forward"}
    else:
        base = float(found.state.spot)  # type: ignore[arg-type]  # inputs are numbers
        about = {"spot", "rate", "dividend"}
    worth = level * item.multiplier
    notes = [said.sentence for said in found.notes if said.about in about]
    out = {
        "symbol": contract.symbol,
        "date": str(given.day),
        "expiry": str(contract.expiry),
        "days": (contract.expiry - given.day).days,
        "price": level,
        "usd": worth,
        "multiplier": item.multiplier,
        "basis": level - base,
        "notes": notes,
    }
    if as_json:
        show_json(out)
        return
    typer.echo(
        f"{contract.symbol} on {given.day}: {number(level, 2)}, {usd(worth)} a contract; "
        f"settles {contract.expiry}, {out['days']} days"
    )
    typer.echo(
        f"Basis to {item.underlying} at {number(base, 2)}: {number(level - base, 2, sign=True)}"
    )
    _close(notes)


@app.command()
@told
def variance(
    expiry: Expiry = None,
    days: Days = None,
    start: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=36_500, help="Days until a forward swap begins to count."
        ),
    ] = 0,
    vol: Vol = None,
    date: Date = None,
    data: Data = None,
    chain: ChainFile = None,
    as_json: AsJson = False,
) -> None:
    """Find the fair strike of a variance swap on the S&P 500 by replication of the smile."""
    from hedgerow.core.contract import OptionContract
    from hedgerow.errors import RangeError
    from hedgerow.instruments.structure import Position, Structure
    from hedgerow.research.states import fair_total

    given = Inputs(vol=vol, date=date, data=data, chain=chain, spot=None if data or chain else 1.0)
    end = given.expiry(expiry, days)
    left = (end - given.day).days
    if left == 0:
        raise RangeError("no days are left", where="--expiry", mend="choose a later expiry")
    if start >= left:
        raise RangeError("it begins after its end", where="--start", mend="give fewer days")
    edges = [given.day + dt.timedelta(start), end] if start else [end]
    totals, notes = [0.0], []
    for edge in edges:
        probe = Structure("smile", (Position(1.0, OptionContract("SPXW", edge, 1.0, True)),))
        state, said = given.priced(probe)
        with named():
            totals.append(fair_total(state, edge))
        notes += [one.sentence for one in said if one.about == "vol" and one.sentence not in notes]
    fair = (totals[-1] - totals[-2]) / ((left - start) / 365.0)
    if fair <= 0.0:
        raise RangeError(
            "the forward variance is not positive: calendar arbitrage in the smiles",
            where="--start",
            mend="choose other dates",
        )
    out = {
        "date": str(given.day),
        "start": start,
        "expiry": str(end),
        "days": left,
        "vol": 100.0 * fair**0.5,
        "variance": fair,
        "notes": notes,
    }
    if as_json:
        show_json(out)
        return
    what = f"{left} days, the first {start} left out" if start else f"{left} days"
    typer.echo(
        f"Fair strike on {given.day} to {end}, {what}: {number(out['vol'], 2)} vol points "
        f"(variance {fair:.6f} a year)"
    )
    typer.echo(
        f"USD 100,000 of vega notional is {usd(1e5 / (2.0 * out['vol']))} for a point of variance."
    )
    _close(notes)


def _answer(
    made: Structure,
    given: Inputs,
    *,
    paid: float | None = None,
    bond: float | None = None,
    picture: Path | None = None,
    as_json: bool,
) -> None:
    from hedgerow.core.contract import FutureContract
    from hedgerow.instruments.analysis import analyse
    from hedgerow.report.analysis import facts, told_as_text

    contracts = [position.contract for position in made.positions]
    roots = {each.root for each in contracts if isinstance(each, FutureContract)}
    priced = given.priced(made)
    notes = [said.sentence for said in priced.notes]
    bonds = {} if bond is None else dict.fromkeys(roots, bond)
    with named():
        found = analyse(made, priced.state, paid=paid, futures=bonds)
    if picture:
        from hedgerow.report.payoff import payoff

        save_picture(picture, payoff(found))
    if as_json:
        show_json(facts(found) | {"notes": notes})
        return
    typer.echo(f"{told_as_text(found)}\n")
    _close(notes)


def _close(notes: Sequence[str]) -> None:
    for said in notes:
        typer.echo(said)
    typer.echo(NOT_ADVICE)


def _terms(texts: list[str]) -> dict[str, object]:
    from hedgerow.errors import RangeError

    found: dict[str, object] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not value:
            raise RangeError(f"'{text}' is no term", where="TERM=VALUE", mend="write strike=4500")
        if key in found:
            raise RangeError(f"'{key}' is given twice", where="TERM=VALUE", mend="give it once")
        found[key.strip()] = value.strip()
    return found


def _list(*, as_json: bool) -> None:
    from hedgerow.instruments.structures import STRUCTURES, parameters

    rows = {
        name: {
            key: {"required": p.default is p.empty}
            | ({} if p.default is p.empty else {"default": p.default})
            for key, p in parameters(name).items()
        }
        for name in STRUCTURES
    }
    if as_json:
        show_json(rows)
        return
    for name, terms in rows.items():
        typer.echo(f"{name:22}{' '.join(_word(key, term) for key, term in terms.items())}")


def _word(key: str, term: Mapping[str, Any]) -> str:
    if term["required"]:
        return key
    default = term["default"]
    return f"[{key}]" if default is None else f"[{key}={default}]"
