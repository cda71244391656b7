"""A structure's analysis as text and as plain values."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np

from hedgerow.instruments.analysis import Analysis
from hedgerow.instruments.profile import Extreme
from hedgerow.report.formats import columns, number, percent, usd

UNITS = {
    "delta": "a point of the underlying",
    "gamma": "a point, change of delta",
    "vega": "a vol point",
    "theta": "a calendar day",
    "rho": "0.01 of rate",
    "vanna": "a vol point, change of delta",
    "volga": "a vol point, change of vega",
    "charm": "a calendar day, change of delta",
}
"""Greeks and what they are USD for."""


def facts(found: Analysis) -> dict[str, Any]:
    """Return an analysis as plain values."""
    return {
        "structure": found.structure.name,
        "underlying": found.structure.underlying,
        "date": str(found.state.day),
        "expiry": str(found.structure.expiry) if found.structure.expiry else None,
        "spot": found.state.spot,
        "forwards": {str(day): level for day, level in _forwards(found).items()},
        "legs": [
            {
                "quantity": leg.position.quantity,
                "symbol": leg.symbol,
                "points": leg.points,
                "vol": leg.vol,
            }
            for leg in found.legs
        ],
        "price": found.price,
        "paid": found.paid,
        "early_exercise": found.early,
        **{name: float(getattr(found.value, name)) for name in UNITS},
        "break_evens": list(found.break_evens.points),
        "gains": [list(pair) for pair in found.break_evens.gains],
        "worst": found.worst._asdict(),
        "best": found.best._asdict(),
        "margin": found.margin._asdict() if found.margin else None,
    }


def told_as_text(found: Analysis) -> str:
    """Return an analysis in lines for people."""
    under = found.structure.underlying
    legs = [["quantity", "contract", "points", "vol"]]
    for leg in found.legs:
        vol = "" if leg.vol is None else percent(leg.vol, 2)
        quantity = leg.position.quantity
        size = number(quantity, 0 if float(quantity).is_integer() else 2, sign=True)
        legs.append([size, leg.symbol, number(leg.points, 4), vol])
    side = "paid for it" if found.price >= 0.0 else "received for it"
    greeks = [["price", number(found.price, 2), f"USD, {side}"]]
    for name, unit in UNITS.items():
        greek = float(getattr(found.value, name))
        greeks.append([name, number(greek, 2 if abs(greek) >= 1.0 else 5), f"USD for {unit}"])
    points = ", ".join(number(point, 2) for point in found.break_evens.points) or "none"
    expiry = found.structure.expiry
    when = f"At expiry, {expiry}, after" if expiry else "After"
    lines = [
        f"{found.structure.name} on {under}, {found.state.day}",
        _level(found),
        "",
        columns(legs, right=(0, 2, 3)),
        "",
        columns(greeks, right=(1,)),
        "",
        f"{when} {usd(abs(found.paid))} {'paid' if found.paid >= 0.0 else 'received'}:",
        f"break-even  {points}",
        f"worst       {outcome(found.worst, under)}",
        f"best        {outcome(found.best, under)}",
    ]
    if found.margin is None:
        lines.append("margin      not known without that of one future")
    else:
        lines.append(
            f"margin      {usd(found.margin.requirement)} strategy-based; with the premium "
            f"{usd(found.margin.cash)}"
        )
    if found.early is not None:
        lines.append(
            "American: prices hold early exercise, the Greeks are those of European options."
            if found.early
            else "American options priced as European: early exercise needs QuantLib "
            "(pip install 'hedgerow[american]')."
        )
    return "\n".join(lines)


def _forwards(found: Analysis) -> dict[dt.date, float]:
    return {day: float(found.state.forward_to(day)) for day in found.structure.expiries}


def _level(found: Analysis) -> str:
    known = [f"{number(level, 2)} to {day}" for day, level in _forwards(found).items()]
    spot = (
        []
        if found.state.spot is None
        else [f"spot {number(float(np.asarray(found.state.spot)), 2)}"]
    )
    return "; ".join([*spot, *(["forward " + ", ".join(known)] if known else [])])


def outcome(found: Extreme, under: str) -> str:
    """Return a worst or best outcome in words: how much, and where the underlying is then."""
    if math.isinf(found.amount):
        return f"no limit: {usd(found.slope)} for every point that {under} rises"
    low, high = number(found.spot, 2), number(found.until, 2)
    if low == high:
        where = f"at {low}"
    elif found.spot == 0.0:
        where = f"at {high} or below"
    elif math.isinf(found.until):
        where = f"at {low} or above"
    else:
        where = f"from {low} to {high}"
    return f"{usd(found.amount)} with {under} {where}"
