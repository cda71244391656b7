"""Smiles of a chain as one SVG: quotes from bid to ask, and the fit through them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedgerow.data.chain_fit import ChainFit
from hedgerow.data.chains import Expiry
from hedgerow.pricing.fit import Slice
from hedgerow.report.charts import Axis, axis, linear_ticks
from hedgerow.report.formats import percent
from hedgerow.report.svg import grid, page

DAYS = (7.0, 14.0, 30.0, 60.0, 180.0, 365.0)
"""Maturities shown: of each the fitted expiry that is closest."""

_WIDE, _HIGH, _GAP = 300, 200, 56
_TOP, _LEFT, _ACROSS = 74, 52, 3
_SHARE = 0.999
"""Quotes farther out than this share of them are not drawn."""

_STYLE = """
.quote { stroke: #c14e00; stroke-width: 1.1; opacity: .75; }
.fit { fill: none; stroke: #0072b2; stroke-width: 1.6; }
@media (prefers-color-scheme: dark) { .quote { stroke: #f0a028; } .fit { stroke: #56b4e9; } }
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
    left = np.array([part.quotes.time * 365.0 for part in found.slices])
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
    across = Axis(100.0 * float(np.exp(low)), 100.0 * float(np.exp(high)), _WIDE, str)
    line = np.linspace(low, high, 201)
    fitted = part.smile.vol(line, quotes.time)
    scale = axis([quotes.bid[drawn], quotes.ask[drawn], fitted], _HIGH, lambda v: percent(v, 0))

    def x(at: np.ndarray) -> np.ndarray:
        return _WIDE - across.y(100.0 * np.exp(at))

    made = grid(scale, _WIDE)
    for value in linear_ticks(across.low, across.high, 5):
        at = _WIDE - float(across.y(np.array(value)))
        made.append(f'<text x="{at:.1f}" y="{_HIGH + 15}" text-anchor="middle">{value:g}</text>')
    bars = zip(x(k[drawn]), scale.y(quotes.ask[drawn]), scale.y(quotes.bid[drawn]), strict=True)
    strokes = "".join(f"M{a:.1f} {top:.1f}V{max(low, top + 1.0):.1f}" for a, top, low in bars)
    points = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x(line), scale.y(fitted), strict=True))
    made.append(f'<path class="quote" d="{strokes}"/><path class="fit" d="M{points}"/>')
    name = f"{expiry}, {quotes.time * 365.0:.0f} days"
    inside = f"{part.inside.mean():.0%} inside"
    made.append(f'<text class="name" x="0" y="-8">{name}</text>')
    made.append(f'<text x="{_WIDE}" y="-8" text-anchor="end">{inside}</text>')
    return "".join(made)
