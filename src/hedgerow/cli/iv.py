"""``iv``: the volatility that a price implies, or why it implies none."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli.output import MISTAKE, AsJson, complain, show_json, told
from hedgerow.cli.price_inputs import (
    Date,
    Days,
    Dividend,
    Expiry,
    Forward,
    Inputs,
    Rate,
    Spot,
    inside,
)
from hedgerow.report.formats import number, percent


@told
def iv(
    price: Annotated[float, typer.Argument(metavar="PRICE", help="Price of the option, points.")],
    strike: Annotated[float, typer.Option(metavar="POINTS", help="Strike.")],
    call: Annotated[bool, typer.Option("--call/--put", help="Which side.")] = False,
    expiry: Expiry = None,
    days: Days = None,
    spot: Spot = None,
    forward: Forward = None,
    rate: Rate = None,
    dividend: Dividend = None,
    date: Date = None,
    as_json: AsJson = False,
) -> None:
    """Find the implied volatility of a European option's price."""
    from hedgerow.errors import RangeError
    from hedgerow.pricing.black import DAYS_PER_YEAR, bsm
    from hedgerow.pricing.implied import Reason, implied

    given = Inputs(spot=spot, forward=forward, rate=rate, dividend=dividend, date=date)
    inside("PRICE", price)
    inside("--strike", strike)
    left = (given.expiry(expiry, days) - given.day).days
    level, r = spot if forward is None else forward, rate or 0.0
    if level is None:
        raise RangeError(
            "the price of the underlying is missing",
            where="--spot, --forward",
            mend="give one of them",
        )
    q = r if forward is not None else dividend or 0.0  # a forward carries nothing
    time = left / DAYS_PER_YEAR
    vol, reason = implied(price, level, strike, time, r, q, call=call)
    found = Reason(int(reason))
    why = found.name.lower()
    delta = vega = float("nan")
    if found is Reason.OK:
        greeks = bsm(level, strike, time, vol, r, q, call=call)
        delta, vega = float(greeks.delta), float(greeks.vega) / 100.0
    if as_json:
        show_json({"vol": vol, "reason": why, "days": left, "delta": delta, "vega": vega})
    elif found is Reason.OK:
        typer.echo(
            f"{percent(float(vol), 4)}  delta {number(delta, 4)}, vega {number(vega, 4)} points a "
            f"vol point, {left} days"
        )
    if found is not Reason.OK:
        complain(f"no volatility has this price: {found.sentence}")
        raise typer.Exit(MISTAKE)
