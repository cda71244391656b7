"""The frame of pictures that stand alone as SVG files: style, title, grid."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from hedgerow.report.charts import Axis

_STYLE = """
svg { background: #fff; font: 12px system-ui, sans-serif; }
text { fill: #5a636c; } .name { fill: #1c2024; font-weight: 600; }
.title { fill: #1c2024; font-size: 16px; font-weight: 650; }
.grid { stroke: #d9dde1; }
@media (prefers-color-scheme: dark) {
  svg { background: #14171a; } text { fill: #a2abb4; } .name, .title { fill: #e8ebee; }
  .grid { stroke: #353c43; }
}
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
        CSS of the marks, light and dark, after the shared one.
    parts
        SVG elements.
    """
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(title)}</title><style>{_STYLE}{style}</style>",
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
