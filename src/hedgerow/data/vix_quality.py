"""How good the modelled VIX is, against the published one of a data folder.

``python -m hedgerow.data.vix_quality DIR`` prints the tables of ``docs/modelled-vix.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Origin
from hedgerow.data.builtin import fitted, index_closes
from hedgerow.data.sources import load
from hedgerow.errors import HedgerowError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """How the model did over a span of sessions; errors in points, model less published."""

    label: str
    sessions: int
    correlation: float
    bias: float
    absolute: float
    peak_model: float
    peak_real: float


BUCKETS: tuple[tuple[float, float], ...] = ((0, 15), (15, 20), (20, 30), (30, 40), (40, 200))
SPANS: tuple[tuple[str, str, str], ...] = (
    ("1990–2013", "1990-01-01", "2013-12-31"),
    ("1998", "1998-01-01", "1998-12-31"),
    ("2008", "2008-01-01", "2008-12-31"),
    ("2011", "2011-01-01", "2011-12-31"),
    ("2015 (in sample)", "2015-01-01", "2015-12-31"),
    ("2014–2018 (in sample)", "2014-01-01", "2018-12-31"),
    ("2020", "2020-01-01", "2020-12-31"),
    ("2022", "2022-01-01", "2022-12-31"),
    ("2019–2022", "2019-01-01", "2022-12-31"),
)


def score(label: str, model: Floats, real: Floats) -> Score:
    """Compare two VIX columns of **shape** (N,) in points, both finite."""
    error = model - real
    varied = len(real) > 2 and float(np.std(real)) > 0 and float(np.std(model)) > 0
    return Score(
        label,
        len(real),
        float(np.corrcoef(model, real)[0, 1]) if varied else float("nan"),
        float(error.mean()),
        float(np.abs(error).mean()),
        float(model.max()),
        float(real.max()),
    )


def scores(
    dates: NDArray[np.datetime64], model: Floats, real: Floats
) -> tuple[list[Score], list[Score]]:
    """Return scores by span and, outside 2014–2018, by level of the published VIX."""
    days = dates.astype("datetime64[D]")
    known = np.isfinite(real) & np.isfinite(model)
    by_span = []
    for label, low, high in SPANS:
        rows = known & (days >= np.datetime64(low)) & (days <= np.datetime64(high))
        if rows.any():
            by_span.append(score(label, model[rows], real[rows]))
    inside = (days >= np.datetime64("2014-01-01")) & (days <= np.datetime64("2018-12-31"))
    by_level = []
    for bottom, top in BUCKETS:
        rows = known & ~inside & (real >= bottom) & (real < top)
        if rows.any():
            name = f"{bottom:g}–{top:g}" if top < 200 else f"above {bottom:g}"
            by_level.append(score(name, model[rows], real[rows]))
    return by_span, by_level


def table(rows: Sequence[Score], first: str) -> str:
    """Return the scores as a Markdown table."""
    head = (
        f"| {first} | sessions | correlation | bias | mean abs. error | peak model | peak VIX |\n"
        "|---|---:|---:|---:|---:|---:|---:|"
    )
    lines = [
        f"| {r.label} | {r.sessions} | {r.correlation:.3f} | {r.bias:+.2f} | {r.absolute:.2f} "
        f"| {r.peak_model:.1f} | {r.peak_real:.1f} |"
        for r in rows
    ]
    return "\n".join([head, *lines])


def compare(folder: str) -> tuple[list[Score], list[Score]]:
    """Score the builtin modelled VIX against the published VIX of a data folder."""
    dates, closes = index_closes()
    market = load(folder).market
    place = np.searchsorted(market.dates, dates)
    place = np.minimum(place, len(market) - 1)
    published = np.where(market.origin["vix"] == Origin.MEASURED, market["vix"], np.nan)
    real = np.where(market.dates[place] == dates, published[place], np.nan)
    return scores(dates, fitted()(closes), real)


def main(arguments: Sequence[str]) -> int:
    """Print the tables of ``docs/modelled-vix.md`` for one data folder."""
    if len(arguments) != 1:
        print("usage: python -m hedgerow.data.vix_quality DIR", file=sys.stderr)
        return 2
    try:
        by_span, by_level = compare(arguments[0])
    except HedgerowError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(by_span, "span"), table(by_level, "published VIX"), sep="\n\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
