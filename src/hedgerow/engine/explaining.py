"""From what a line held over a bar to the parts of its gain (spec C8)."""

from __future__ import annotations

import math

from hedgerow.engine.attribution import Mark, Parts, explain
from hedgerow.engine.desk import Marked
from hedgerow.engine.holdings import Held


def parts_of(marked: Marked, cost: float, move: float, days: float) -> Parts:
    """Return where a line's gain of a bar came from, USD.

    Parameters
    ----------
    marked
        What it held.
    cost
        USD paid for trading at the bar.
    move
        Change of the index that the line is written on, points.
    days
        Calendar days of the bar.
    """
    total = Parts(costs=-cost)
    for leg in marked.legs:
        total = total.plus(_explained(leg, move, days))
    return total


def _explained(leg: Held, move: float, days: float) -> Parts:
    track, at = leg.track, leg.at
    theta = track.theta[at - 1]
    # a future has no decay of its own: what passes is the slope of its curve
    future = not track.financed and math.isnan(track.strike) and track.multiplier != 1.0
    before = Mark(
        price=track.price[at - 1],
        delta=track.delta[at - 1],
        gamma=track.gamma[at - 1],
        vega=track.vega[at - 1],
        theta=theta,
        level=track.level[at - 1],
        fall=-theta if future else 0.0,
    )
    after = before._replace(price=track.price[at], level=track.level[at])
    return explain(
        leg.quantity * track.multiplier,
        before,
        after,
        move,
        days,
        financing=leg.financing - leg.dividend,
    )
