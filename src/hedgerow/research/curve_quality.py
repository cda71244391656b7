"""How far the models of VIX futures and of their volatility lie from real contracts.

``python -m hedgerow.research.curve_quality DIR`` prints the tables of ``docs/pricing.md`` and
``docs/vix.md``: constants were fitted through 2012 and are judged from 2013 on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import skew

from hedgerow.core.futures import monthlies
from hedgerow.core.market import Market
from hedgerow.data.sources import load
from hedgerow.errors import DataError
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Surface
from hedgerow.pricing.vix_option import VolOfVol, vvix_of
from hedgerow.research.quality_tables import print_tables

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

JUDGED = np.datetime64("2013-01-01")
"""From this date on nothing was fitted."""
FARTHEST = 270.0
"""Calendar days to settlement beyond which contracts are too stale to judge by."""
BUCKETS = ((0.0, 15.0), (15.0, 45.0), (45.0, 75.0), (75.0, 135.0), (135.0, FARTHEST))
PANIC = 45.0
"""VIX in points above which the last row of the table stands."""
RIPENESS = (0.0, 7.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0, 120.0, 150.0, 180.0, 240.0)
"""Edges in calendar days of the buckets of the Samuelson effect."""
LEVELS = ((0.0, 14.0), (14.0, 20.0), (20.0, 30.0), (30.0, 45.0), (45.0, 200.0))

MONTH_SPAN = (28.0, 35.0)
"""Calendar days before settlement at which a future's last month begins."""

_SESSIONS = 252.0
_HELD = 4
_LOOK_BACK = 30
_LONGEST_GAP = 4
_VVIX_FROM = np.datetime64("2007-01-01")


class Score(NamedTuple):
    """Model less quoted over some days, in the quoted unit."""

    bias: float
    absolute: float
    days: int

    def __str__(self) -> str:
        return f"{self.bias:+.2f} / {self.absolute:.2f}".replace("-", "−") if self.days else "–"


@dataclass(frozen=True)
class Row:
    """One row of a table: the fitted part and the judged part of each model."""

    label: str
    scores: tuple[Score, ...]


class Ripe(NamedTuple):
    """Volatility of real futures over VVIX, by days to settlement, each **shape** (n,)."""

    days: Floats
    ratio: Floats
    moves: Floats


def futures_scores(market: Market) -> list[Row]:
    """Score the curve from VIX alone and from the term structure, by days to settlement.

    Parameters
    ----------
    market
        With monthly futures before and after 2013.

    Returns
    -------
    list
        Scores in points: VIX alone fitted, judged; term structure fitted, judged.
    """
    price, _, days = monthlies(market)
    plain, term = modelled(market)
    late = np.broadcast_to((market.dates >= JUDGED)[:, None], price.shape)
    panic = np.broadcast_to((market["vix"] > PANIC)[:, None], price.shape)
    parts = [(f"{low:g}–{high:g} days", (days > low) & (days <= high)) for low, high in BUCKETS]
    parts += [(f"VIX above {PANIC:g}", panic), ("all", np.ones(price.shape, dtype=bool))]
    return [
        Row(
            label,
            tuple(
                _score(model, price, inside & era)
                for model in (plain, term)
                for era in (~late, late)
            ),
        )
        for label, inside in parts
    ]


def modelled(market: Market) -> tuple[Floats, Floats]:
    """Model every quoted monthly from VIX alone and from the term structure.

    Returns
    -------
    tuple
        Points, **shape** (T, 8) each; NaN where not quoted, settled or farther than `FARTHEST`,
        in the second also where no term structure is measured.
    """
    price, _, days = monthlies(market)
    surface = Surface.of(market.columns)
    known = np.isfinite(price) & (days >= 0.0) & (days <= FARTHEST)
    known &= np.isfinite(market["vix"])[:, None]
    plain, term = np.full(price.shape, np.nan), np.full(price.shape, np.nan)
    termed = np.zeros(len(market), dtype=bool) if surface.termed is None else surface.termed
    for rank in range(price.shape[1]):
        rows = np.flatnonzero(known[:, rank])
        years = days[rows, rank] / DAYS_PER_YEAR
        plain[rows, rank] = FuturesCurve().from_vix(market["vix"][rows], years)
        found = FuturesCurve().from_surface(surface, years, rows)
        term[rows, rank] = np.where(termed[rows], found, np.nan)
    return plain, term


class Held(NamedTuple):
    """What holding a contract month earned, percent of its price a year, rolled at settlement."""

    rank: int
    quoted: float
    modelled: float
    days: int


def holdings(market: Market, rows: Flags) -> list[Held]:
    """Return what the first four monthlies earned by quotes and by the term structure's model.

    The change to the next session of the contract held, in points, over the mean price: both on
    the same days, those on which both ends are quoted and modelled.

    Parameters
    ----------
    market
        With futures and VIX3M or VIX6M.
    rows
        Sessions held from, **shape** (T,).
    """
    price, expiry, _ = monthlies(market)
    model = modelled(market)[1]
    found = []
    for rank in range(_HELD):
        # on the day after a settlement the contract held is one rank nearer
        same = expiry[1:, rank] == expiry[:-1, rank]
        nearer = max(rank - 1, 0)
        kept = same | (expiry[1:, nearer] == expiry[:-1, rank])
        ends = [np.where(same, p[1:, rank], p[1:, nearer]) for p in (price, model)]
        starts = [p[:-1, rank] for p in (price, model)]
        both = np.isfinite(sum(ends) + sum(starts)) & kept & rows[:-1]
        quoted, ours = (
            100.0 * _SESSIONS * float(np.mean((end - start)[both]) / np.mean(start[both]))
            for start, end in zip(starts, ends, strict=True)
        )
        found.append(Held(rank + 1, quoted, ours, int(both.sum())))
    return found


def ripeness(market: Market) -> tuple[Ripe, Ripe]:
    """Return daily moves of real futures over VVIX, through 2012 and from 2013 on.

    The ratio is the root mean square of ln returns, annualised, each divided by the VVIX of
    the evening before: how much of the volatility that options promise a future realises.
    """
    price, expiry, days = monthlies(market)
    step = np.diff(market.dates).astype(np.int64)
    stays = expiry[1:] == expiry[:-1]
    # one rank nearer on the day after a settlement
    nearer = np.full(price[1:].shape, np.nan)
    nearer[:, 1:] = price[1:, :-1]
    after = np.where(stays, price[1:], nearer)
    with np.errstate(invalid="ignore", divide="ignore"):
        move = np.log(after / price[:-1]) * np.sqrt(_SESSIONS)
        move = move / (market["vvix"][:-1, None] / 100.0)
    left = days[:-1] - 0.5
    usable = np.isfinite(move) & (step <= _LONGEST_GAP)[:, None]
    late = np.broadcast_to((market.dates[1:] >= JUDGED)[:, None], move.shape)
    made = []
    for era in (~late, late):
        rows = []
        for low, high in pairwise(RIPENESS):
            pick = usable & era & (left > low) & (left <= high)
            rows.append((left[pick].mean(), np.sqrt(np.mean(move[pick] ** 2)), pick.sum()))
        made.append(Ripe(*np.array(rows).T))
    return made[0], made[1]


def fit_samuelson(found: Ripe) -> tuple[float, float, float]:
    """Fit level, decay and floor of the Samuelson effect, least squares in logarithms.

    Returns
    -------
    tuple
        Ratio at settlement, κ a year, c.
    """

    def error(parts: Floats) -> Floats:
        model = VolOfVol(decay=float(parts[1]), floor=float(parts[2]))
        shape = model.instantaneous(found.days / DAYS_PER_YEAR)
        return np.asarray(np.log(parts[0] * shape) - np.log(found.ratio))

    bounds = ([0.01, 0.01, 0.0], [10.0, 100.0, 1.0])
    level, decay, floor = least_squares(error, [1.0, 5.0, 0.3], bounds=bounds).x
    return float(level), float(decay), float(floor)


def settled_moves(market: Market) -> tuple[Floats, Flags]:
    """Return what each monthly future did over its last month, in units of VVIX.

    Returns
    -------
    tuple
        ln(final settlement / settle 28 to 35 days before) over VVIX·√τ, **shape** (n,), and
        which of them settled from 2013 on.
    """
    price, expiry, days = monthlies(market)
    moves, late = [], []
    for end in np.flatnonzero(np.isfinite(market["vx_final"])):
        settles = market.dates[end].astype(np.float64)
        past = slice(max(end - _LOOK_BACK, 0), end)
        ours = (expiry[past] == settles) & np.isfinite(price[past])
        ours &= (days[past] >= MONTH_SPAN[0]) & (days[past] <= MONTH_SPAN[1])
        ours &= np.isfinite(market["vvix"][past])[:, None]
        if ours.any():
            bar, rank = np.argwhere(ours)[-1]
            start = past.start + bar
            sd = market["vvix"][start] / 100.0 * np.sqrt(days[start, rank] / DAYS_PER_YEAR)
            moves.append(np.log(market["vx_final"][end] / price[start, rank]) / sd)
            late.append(market.dates[end] >= JUDGED)
    return np.array(moves), np.array(late)


def vvix_scores(market: Market) -> list[Row]:
    """Score the modelled VVIX against the published one by level of VIX, points."""
    vix, real = market["vix"], market["vvix"]
    model = vvix_of(vix).points
    known = np.isfinite(real) & (market.dates >= _VVIX_FROM)
    late = market.dates >= JUDGED
    parts = [(f"VIX {low:g}–{high:g}", (vix >= low) & (vix < high)) for low, high in LEVELS]
    parts += [("all", np.ones(len(vix), dtype=bool))]
    return [
        Row(label, tuple(_score(model, real, known & inside & era) for era in (~late, late)))
        for label, inside in parts
    ]


def fit_vvix(market: Market) -> tuple[float, float]:
    """Fit ln VVIX on ln VIX through 2012; return constant and slope."""
    dates = market.dates
    rows = (dates >= _VVIX_FROM) & (dates < JUDGED) & np.isfinite(market["vvix"] + market["vix"])
    slope, constant = np.polyfit(np.log(market["vix"][rows]), np.log(market["vvix"][rows]), 1)
    return float(constant), float(slope)


def _score(model: Floats, real: Floats, rows: Flags) -> Score:
    error = (model - real)[rows]
    error = error[np.isfinite(error)]
    if not len(error):
        return Score(float("nan"), float("nan"), 0)
    return Score(float(error.mean()), float(np.abs(error).mean()), len(error))


def table(rows: Sequence[Row], heads: Sequence[str]) -> str:
    """Return rows as a Markdown table."""
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    lines += [f"| {row.label} | {' | '.join(map(str, row.scores))} |" for row in rows]
    return "\n".join(lines)


def _samuelson(market: Market) -> str:
    fitted, judged = ripeness(market)
    model = VolOfVol().instantaneous(fitted.days / DAYS_PER_YEAR)
    # the level is VVIX's business; the shape is compared
    scale = [float(np.exp(np.mean(np.log(part.ratio / model)))) for part in (fitted, judged)]
    lines = ["| days | to 2012 | model | from 2013 | model |", "|---|---|---|---|---|"]
    for row, (low, high) in enumerate(pairwise(RIPENESS)):
        cells = (
            fitted.ratio[row],
            scale[0] * model[row],
            judged.ratio[row],
            scale[1] * model[row],
        )
        lines.append(f"| {low:g}–{high:g} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")
    level, decay, floor = fit_samuelson(fitted)
    lines.append(f"\nfitted through 2012: level {level:.3f}, decay {decay:.2f}, floor {floor:.3f}")
    return "\n".join(lines)


def _held(market: Market) -> str:
    late = market.dates >= JUDGED
    lines = [
        "| month | quoted to 2012 | model | quoted from 2013 | model |",
        "|---|---|---|---|---|",
    ]
    for pair in zip(holdings(market, ~late), holdings(market, late), strict=True):
        cells = " | ".join(f"{part.quoted:+.0f} % | {part.modelled:+.0f} %" for part in pair)
        lines.append(f"| {pair[0].rank} | {cells} |".replace("-", "−"))
    return "\n".join(lines)


def report(folder: str) -> str:
    """Return all tables for one data folder.

    Raises
    ------
    DataError
        If the folder has no futures or no VVIX.
    """
    market = load(folder).market
    for name in ("vx1", "vvix"):
        if not market.has(name):
            raise DataError(
                f"the folder has no '{name}'", where=folder, mend="run `hedgerow data fetch`"
            )
    heads = ("days to settlement", "VIX alone to 2012", "from 2013", "term structure to 2012")
    constant, slope = fit_vvix(market)
    moves, late = settled_moves(market)
    lean = [float(skew(part)) for part in (moves, moves[~late], moves[late])]
    return "\n\n".join(
        [
            "Modelled futures less quoted, points, bias / mean absolute",
            table(futures_scores(market), (*heads, "from 2013")),
            "What holding a month earned, of its price a year, where a term structure is measured",
            _held(market),
            "Volatility of real futures over VVIX",
            _samuelson(market),
            f"Skewness of {len(moves)} futures' last months over VVIX: {lean[0]:+.1f}; to 2012 "
            f"{lean[1]:+.1f}, from 2013 {lean[2]:+.1f}",
            "Modelled VVIX less published, points, bias / mean absolute",
            table(vvix_scores(market), ("VIX", "2007–2012", "from 2013")),
            f"fitted 2007–2012: ln VVIX = {constant:.3f} + {slope:.4f} ln VIX",
        ]
    )


def main(arguments: Sequence[str]) -> int:
    """Print the tables for one data folder."""
    return print_tables("curve_quality", arguments, report)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
