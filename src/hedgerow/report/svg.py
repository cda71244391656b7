"""What pictures that stand alone as SVG files share: palette, frame, grid, ticks, lines."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from string import Template

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.market import Floats
from hedgerow.report.charts import Axis

_PALETTE = {
    "paper": ("#fff", "#14171a"),
    "ink": ("#1c2024", "#e8ebee"),
    "text": ("#5a636c", "#a2abb4"),
    "rule": ("#d9dde1", "#353c43"),
    "blue": ("#0072b2", "#56b4e9"),
    "orange": ("#c14e00", "#f0a028"),
    "green": ("#00785a", "#35c79b"),
    "grey": ("#6b7480", "#b4bcc4"),
}
"""Colours on a light and on a dark screen."""

_STYLE = """
svg { background: $paper; font: 12px system-ui, sans-serif; }
text { fill: $text; } .name { fill: $ink; font-weight: 600; }
.title { fill: $ink; font-size: 16px; font-weight: 650; }
.grid { stroke: $rule; }
"""


def page(title: str, width: int, height: int, left: int, style: str, parts: Sequence[str]) -> str:
    """Return a picture that stands alone.

    Parameters
    ----------
    title
        Heading, plain text.
    width, height
        Of the whole, pixels.
    left
        Where the heading begins.
    style
        CSS of the marks with the colours ``$blue``, ``$orange``, ``$green``, ``$grey``,
        ``$text`` and ``$paper``, which have a twin on dark screens.
    parts
        SVG elements.
    """
    css = Template(_STYLE + style)
    light = css.substitute({name: shades[0] for name, shades in _PALETTE.items()})
    dark = css.substitute({name: shades[1] for name, shades in _PALETTE.items()})
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(title)}</title><style>{light}"
            f"@media (prefers-color-scheme: dark) {{{dark}}}</style>",
            f'<text class="title" x="{left}" y="26">{escape(title)}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def grid(scale: Axis, width: float) -> list[str]:
    """Return the horizontal rules of a panel with their labels on the left."""
    made = []
    for tick in scale.ticks:
        made.append(f'<path class="grid" d="M0 {tick["y"]}h{width}"/>')
        made.append(f'<text x="-6" y="{tick["y"] + 4}" text-anchor="end">{tick["label"]}</text>')
    return made


def across(values: ArrayLike, low: float, high: float, width: float) -> Floats:
    """Return distances from the left where ``low`` … ``high`` fill ``width`` pixels, same shape."""
    return np.asarray((np.asarray(values, dtype=np.float64) - low) / (high - low) * width)


def ticks_below(places: ArrayLike, labels: Sequence[str], height: float) -> list[str]:
    """Return labels under a panel of that height, centred at places from the left."""
    return [
        f'<text x="{x:.1f}" y="{height + 16}" text-anchor="middle">{label}</text>'
        for x, label in zip(np.asarray(places), labels, strict=True)
    ]


def polyline(x: ArrayLike, y: ArrayLike) -> str:
    """Return the path data of a line through points, tenths of a pixel.

    Examples
    --------
    >>> polyline([0.0, 1.0], [2.0, 3.04])
    'M0.0 2.0L1.0 3.0'
    """
    pairs = zip(np.asarray(x), np.asarray(y), strict=True)
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in pairs)
