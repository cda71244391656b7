"""The numbers that each fold chose, one under the other: one SVG."""

from __future__ import annotations

from html import escape

import numpy as np

from hedgerow.report.charts import axis
from hedgerow.report.svg import across, grid, page, polyline, ticks_below
from hedgerow.research.tuning.lanes import numbers_of
from hedgerow.research.tuning.walking import Walk

_WIDE, _HIGH, _LEFT, _TOP, _RIGHT, _APART = 860, 92, 70, 62, 24, 44

STYLE = """
.step { fill: none; stroke: $blue; stroke-width: 2; }
.own { stroke: $orange; stroke-width: 1.4; stroke-dasharray: 7 3; }
.dot { fill: $blue; stroke: $paper; stroke-width: 1; }
.ownword { fill: $orange; }
"""


def picture(found: Walk) -> str:
    """Return the picture: a step line for each number, over the test windows."""
    keys = list(found.spread.values)
    given = numbers_of(found.judged.policy)
    days = np.array(
        [
            *(np.datetime64(choice.test[0], "D") for choice in found.choices),
            np.datetime64(found.choices[-1].test[1], "D"),
        ]
    ).astype("float64")
    x = across(days, days[0], days[-1], _WIDE)
    years = [choice.test[0][:7] for choice in found.choices]
    every = max(-(-len(years) // 12), 1)
    parts = [f'<text x="{_LEFT}" y="46">Chosen in the training window before each test window. '
             "Dashed: the number given.</text>"]  # fmt: skip
    for i, key in enumerate(keys):
        values = np.array([choice.numbers[key] for choice in found.choices])
        scale = axis([values, np.array([given[key]])], _HIGH, lambda v: f"{v:.4g}")
        y = scale.y(values)
        inner = [
            *grid(scale, _WIDE),
            f'<text class="name" x="0" y="-6">{escape(key)}</text>',
            f'<path class="own" d="M0 {float(scale.y(given[key])):.1f}h{_WIDE}"/>',
            f'<path class="step" d="{polyline(np.repeat(x, 2)[1:-1], np.repeat(y, 2))}"/>',
            *(f'<circle class="dot" cx="{a:.1f}" cy="{b:.1f}" r="3.5"><title>{day}: {value:.6g}'
              "</title></circle>"
              for a, b, day, value in zip(x, y, years, values, strict=False)),
        ]  # fmt: skip
        if i == len(keys) - 1:
            inner += ticks_below(x[:-1:every], years[::every], _HIGH)
        at = _TOP + 18 + i * (_HIGH + _APART)
        parts.append(f'<g transform="translate({_LEFT} {at})">{"".join(inner)}</g>')
    high = _TOP + 18 + len(keys) * (_HIGH + _APART)
    return page("How the numbers drifted", _LEFT + _WIDE + _RIGHT, high, _LEFT, STYLE, parts)
