"""Smiles of a chain as one SVG: quotes from bid to ask, and the fit through them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.data.chain_fit import ChainFit
from hedgerow.data.chains import Expiry
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.fit import Slice
from hedgerow.report.charts import axis, linear_ticks
from hedgerow.report.formats import percent
from hedgerow.report.svg import across, grid, page, polyline, ticks_below

DAYS = (7.0, 14.0, 30.0, 60.0, 180.0, 365.0)
"""Maturities shown: of each the fitted expiry that is closest."""

_WIDE, _HIGH, _GAP = 300, 200, 56
_TOP, _LEFT, _ACROSS = 74, 52, 3
_SHARE = 0.999
"""Quotes farther out than this share of them are not drawn."""

_STYLE = """
.quote { stroke: $orange; stroke-width: 1.1; opacity: .75; }
.fit { fill: none; stroke: $blue; stroke-width: 1.6; }
"""


def smiles(found: ChainFit, title: str, days: Sequence[float] = DAYS) -> str:
    """Return an SVG of fitted smiles, a panel per expiry.

    Parameters
    ----------
    found
        A fitted chain.
    title
        Heading, plain text.
    days
        Calendar days; the closest fitted expiry of each is shown, none twice.
    """
    left = np.array([part.quotes.time * DAYS_PER_YEAR for part in found.slices])
    rows = sorted({int(np.argmin(np.abs(left - day))) for day in days})
    deep = -(-len(rows) // _ACROSS)
    width = _ACROSS * (_WIDE + _GAP) + _LEFT
    height = _TOP + deep * (_HIGH + _GAP)
    parts = [
        f'<path class="quote" d="M{_LEFT} 38v10"/>',
        f'<text x="{_LEFT + 8}" y="47">bid to ask, out of the money</text>',
        f'<path class="fit" d="M{_LEFT + 190} 43h22"/>',
        f'<text x="{_LEFT + 218}" y="47">fit; inside: share of quotes that hold it. '
        "Across: strike, % of forward</text>",
    ]
    for place, row in enumerate(rows):
        x = _LEFT + place % _ACROSS * (_WIDE + _GAP)
        y = _TOP + place // _ACROSS * (_HIGH + _GAP)
        panel = _panel(found.expiries[row], found.slices[row])
        parts.append(f'<g transform="translate({x} {y})">{panel}</g>')
    return page(title, width, height, _LEFT, _STYLE, parts)


def _panel(expiry: Expiry, part: Slice) -> str:
    quotes = part.quotes
    k = quotes.log_moneyness
    edge = 1.0 - _SHARE
    low, high = np.quantile(k, [edge, 1.0 - edge])
    drawn = (k >= low) & (k <= high)
    first, last = 100.0 * float(np.exp(low)), 100.0 * float(np.exp(high))
    line = np.linspace(low, high, 201)
    fitted = part.smile.vol(line, quotes.time)
    scale = axis([quotes.bid[drawn], quotes.ask[drawn], fitted], _HIGH, lambda v: percent(v, 0))

    def x(at: Floats) -> Floats:
        return across(100.0 * np.exp(at), first, last, _WIDE)

    ticks = linear_ticks(first, last, 5)
    made = grid(scale, _WIDE)
    made += ticks_below(across(ticks, first, last, _WIDE), [f"{v:g}" for v in ticks], _HIGH)
    bars = zip(x(k[drawn]), scale.y(quotes.ask[drawn]), scale.y(quotes.bid[drawn]), strict=True)
    strokes = "".join(f"M{a:.1f} {top:.1f}V{max(low, top + 1.0):.1f}" for a, top, low in bars)
    made.append(f'<path class="quote" d="{strokes}"/>')
    made.append(f'<path class="fit" d="{polyline(x(line), scale.y(fitted))}"/>')
    name = f"{expiry}, {quotes.time * DAYS_PER_YEAR:.0f} days"
    inside = f"{part.inside.mean():.0%} inside"
    made.append(f'<text class="name" x="0" y="-8">{name}</text>')
    made.append(f'<text x="{_WIDE}" y="-8" text-anchor="end">{inside}</text>')
    return "".join(made)
