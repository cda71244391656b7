"""Crises and the stretches between them, and what a hedge gave back in each (C4, D3).

The windows are dated by the S&P 500's own closing peaks and troughs; nothing is
fitted, and no window depends on the run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from hedgerow.engine.track import Track


class Crisis(NamedTuple):
    """A fall of the index: from the close of ``start`` to the close of ``end``."""

    name: str
    short: str
    """As a chart has room for it."""
    start: str
    end: str


CRISES: tuple[Crisis, ...] = (
    Crisis("1990 Gulf", "Gulf 90", "1990-07-16", "1990-10-11"),
    Crisis("1998 LTCM", "LTCM 98", "1998-07-17", "1998-08-31"),
    Crisis("2000-02 dot-com", "dot-com", "2000-03-24", "2002-10-09"),
    Crisis("2008 credit", "credit 08", "2007-10-09", "2009-03-09"),
    Crisis("2010 flash crash", "flash 10", "2010-04-23", "2010-07-02"),
    Crisis("2011 US downgrade", "US 11", "2011-04-29", "2011-10-03"),
    Crisis("2015 August", "Aug 15", "2015-07-20", "2015-08-25"),
    Crisis("2018 February", "Feb 18", "2018-01-26", "2018-02-08"),
    Crisis("2018 Q4", "Q4 18", "2018-09-20", "2018-12-24"),
    Crisis("2020 Covid", "Covid 20", "2020-02-19", "2020-03-23"),
    Crisis("2022 rates", "rates 22", "2022-01-03", "2022-10-12"),
    Crisis("2024 August", "Aug 24", "2024-07-16", "2024-08-05"),
    Crisis("2025 tariffs", "tariffs 25", "2025-02-19", "2025-04-08"),
)


class Stretch(NamedTuple):
    """Rows of a track: the first only sets the starting values."""

    name: str
    rows: slice
    partial: bool
    """True where the data cover only part of the window."""


def crises_in(track: Track) -> list[Stretch]:
    """Return the crises of which the track covers at least two closes."""
    found = []
    first, last = track.dates[0], track.dates[-1]
    for crisis in CRISES:
        start, end = np.datetime64(crisis.start, "D"), np.datetime64(crisis.end, "D")
        rows = track.rows(start, end)
        if rows.stop - rows.start >= 2:
            found.append(Stretch(crisis.name, rows, bool(start < first or end > last)))
    return found


def calm_in(track: Track, least: int = 60) -> list[Stretch]:
    """Return the stretches between the crises that last at least ``least`` sessions."""
    found, begun = [], 0
    for crisis in [*crises_in(track), Stretch("", slice(len(track), len(track)), False)]:
        rows = slice(begun, min(crisis.rows.start + 1, len(track)))
        if rows.stop - rows.start > least:
            days = track.dates[rows]
            name = f"{str(days[0])[:7]} … {str(days[-1])[:7]}"
            found.append(Stretch(name, rows, False))
        begun = max(crisis.rows.stop - 1, 0)
    return found


def effectiveness(hedged: Track, rows: slice) -> dict[str, Any]:
    """Return the hedge effectiveness ratio of a stretch (C4): hedge gain ÷ portfolio loss.

    ``her`` is None where the portfolio did not lose.
    """
    inside = slice(rows.start + 1, rows.stop)
    loss = -float(hedged["earned"][inside].sum())
    gain = float(hedged["pnl"][inside].sum())
    return {
        "portfolio_loss": loss,
        "hedge_gain": gain,
        "her": gain / loss if loss > 0.0 else None,
    }


def table(dynamic: Track, static: Track, stretches: list[Stretch]) -> list[dict[str, Any]]:
    """Return one row per stretch: the portfolio's loss and what each hedge gave back."""
    made = []
    for stretch in stretches:
        days = dynamic.dates[stretch.rows]
        ours, theirs = effectiveness(dynamic, stretch.rows), effectiveness(static, stretch.rows)
        x = dynamic["x"][stretch.rows]
        alone = dynamic["portfolio"][stretch.rows]
        made.append(
            {
                "name": stretch.name,
                "from": str(days[0]),
                "to": str(days[-1]),
                "partial": stretch.partial,
                "modelled": float(np.mean(dynamic["modelled"][stretch.rows])),
                "portfolio_return": float(alone[-1] / alone[0] - 1.0),
                "portfolio_loss": ours["portfolio_loss"],
                "static_portfolio_loss": theirs["portfolio_loss"],
                "dynamic_gain": ours["hedge_gain"],
                "static_gain": theirs["hedge_gain"],
                "dynamic_her": ours["her"],
                "static_her": theirs["her"],
                "dynamic_cost": _cost(dynamic, stretch.rows),
                "static_cost": _cost(static, stretch.rows),
                "mean_x": float(np.mean(x)),
                "x_at_start": float(x[0]),
            }
        )
    return made


def _cost(track: Track, rows: slice) -> float:
    inside = slice(rows.start + 1, rows.stop)
    return float(track["carry"][inside].sum() + track["cost"][inside].sum())


def overall(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the HER over all crises together: Σ gain ÷ Σ loss."""
    made: dict[str, Any] = {}
    for name, key in (("dynamic", "portfolio_loss"), ("static", "static_portfolio_loss")):
        made[f"{name}_her"] = pooled((row[f"{name}_gain"], row[key]) for row in rows)
    return made


def pooled(stretches: Iterable[tuple[float, float]]) -> float | None:
    """Return the HER (C4) of several stretches, Σ gain ÷ Σ loss; None where none lost.

    Parameters
    ----------
    stretches
        The hedge's gain and the portfolio's loss in each, USD; only those that lost count.

    Examples
    --------
    >>> pooled([(10.0, 100.0), (30.0, 100.0), (5.0, -20.0)])
    0.2
    """
    losing = [(gain, loss) for gain, loss in stretches if loss > 0.0]
    lost = sum(loss for _, loss in losing)
    return sum(gain for gain, _ in losing) / lost if lost else None
