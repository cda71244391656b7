"""From what a line held over a bar to the parts of its gain (spec C8)."""

from __future__ import annotations

from hedgerow.engine.attribution import Parts
from hedgerow.engine.holdings import Marked


def parts_of(marked: Marked, cost: float) -> Parts:
    """Return where a line's gain of a bar came from, USD.

    Parameters
    ----------
    marked
        What it held.
    cost
        USD paid for trading at the bar.
    """
    delta = gamma = theta = vega = carry = financing = gain = 0.0
    for leg in marked.legs:
        usd, part = leg.quantity * leg.track.multiplier, leg.track.gains[leg.at]
        delta += usd * part[0]
        gamma += usd * part[1]
        theta += usd * part[2]
        vega += usd * part[3]
        carry += usd * part[4]
        financing += leg.dividend - leg.financing
        gain += leg.gain
    rest = gain - (delta + gamma + theta + vega + carry)
    return Parts(delta, gamma, theta, vega, carry, -cost, financing, rest)
