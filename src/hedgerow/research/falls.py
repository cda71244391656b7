"""The path of a fall: what a hedge does when 20 % goes in three days, in six months, in one day.

The same fall at several speeds, from several levels of VIX, after a calm year, and a year of slow
recovery behind it.  Each policy runs with the floor of the spec and without (B2), and beside a
fixed hedge that costs as much in calm: what scaling is worth is what it gives beyond that one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import Stage
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.errors import RangeError, nearest
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.catalog import starter
from hedgerow.policies.overlays import Bounds
from hedgerow.policies.rules import Constant
from hedgerow.policies.signals import Level
from hedgerow.policies.term_structure import CurveRatio, TermSplit
from hedgerow.policies.trigger import Trigger
from hedgerow.research.claims.evidence import WARM
from hedgerow.research.claims.variants import changed, daily
from hedgerow.simulate.falls import BlackMonday, Fall, FlashCrash, Grind
from hedgerow.simulate.paths import Start

CALM, RECOVERY = 252, 252
"""Sessions before a fall, where no history is, and of the climb back to the top after it."""

RIPPLE = 0.8
"""Realised volatility over VIX on made days; 15.9 over 19.5 points is history's, 1990–2025."""

LEVELS = (12.0, 17.0, 25.0)
"""VIX before a fall, points, where no history tells it."""

WAITS = (0, 7, 14)
"""Sessions by which a fall is put off: the hedge is rolled on other days, and stands elsewhere."""

FLOOR = 0.2
"""B2."""

FALLS: dict[str, Fall] = {
    "flash": FlashCrash(ripple=RIPPLE, recovery=RECOVERY),
    "grind": Grind(ripple=RIPPLE, recovery=RECOVERY),
    "1987": BlackMonday(ripple=RIPPLE, recovery=RECOVERY),
}
"""By name."""


@dataclass(frozen=True)
class Row:
    """A policy in a fall; means over the days on which it may begin.

    Parameters
    ----------
    fall, vix
        Which, and VIX before it, points.
    rule, floor
        Which policy, and its floor: 0 for none, NaN where the two do the same.
    cost
        Carry and trading in the calm year before, of NAV.
    start, trough
        Intensity decided at the top and at the bottom.
    reached
        Largest size during the fall, in sizes of the fixed hedge.
    her, least, most
        Hedge gain over portfolio loss from top to bottom (C4), and its range over the days.
    fixed
        The same of a fixed hedge that costs as much in calm: the fixed one's times the ratio of
        costs.
    saved
        Points of the fall of NAV that the hedge took off, decimal.
    after
        Hedge P&L over the recovery, of NAV at the bottom.
    """

    fall: str
    vix: float
    rule: str
    floor: float
    cost: float
    start: float
    trough: float
    reached: float
    her: float
    least: float
    most: float
    fixed: float
    saved: float
    after: float


@dataclass(frozen=True)
class Falls:
    """Policies in made falls.

    Parameters
    ----------
    sleeve
        The hedge.
    rows
        By fall, VIX, policy and floor, the fixed hedge first.
    warm
        Whether a history stands before the falls, instead of a made year.
    """

    sleeve: Sleeve
    rows: tuple[Row, ...]
    warm: bool

    def of(self, fall: str, vix: float | None = None) -> list[Row]:
        """Return the rows of a fall, from one level of VIX or from all."""
        return [row for row in self.rows if row.fall == fall and vix in (None, row.vix)]


class _Figures(NamedTuple):
    cost: float
    start: float
    trough: float
    reached: float
    her: float
    saved: float
    after: float


def usual() -> list[Policy]:
    """Return the policies that are looked at where none is named.

    Rules with the overlays of the spec but its budget, and the linear one also without persistence
    and trigger, and with the budget.

    Examples
    --------
    >>> [policy.name for policy in usual()][:3]
    ['linear', 'tiers-option-c', 'vol-ratio']
    """
    linear = starter("linear")
    slope = CurveRatio()
    term = Policy(
        name="term-structure",
        signals=[Level("vix"), slope],
        steps=[Constant(1.0), Bounds(), TermSplit(slope.name, part="short-only"), Trigger()],
        raw=True,
    )
    rules = [
        changed(policy, policy.name, without=(Stage.BUDGET,))
        for policy in (
            linear,
            starter("tiers", "option-c"),
            starter("vol_ratio"),
            starter("drawdown"),
        )
    ]
    return [
        *rules,
        term,
        replace(daily(rules[0]), name="linear, daily"),
        replace(linear, name="linear, 2 % budget"),
    ]


def falls(
    policies: Sequence[Policy],
    sleeve: Sleeve,
    *,
    market: Market | None = None,
    names: Sequence[str] = tuple(FALLS),
    levels: Sequence[float] = LEVELS,
    floor: float = FLOOR,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    progress: Callable[[int], None] | None = None,
) -> Falls:
    """Run policies, with a floor and without, and the fixed hedge through made falls.

    Parameters
    ----------
    policies
        Their own bounds are replaced; what their budget, trigger and persistence do stays.
    sleeve
        The hedge.
    market
        A history that the falls follow from its last session on, at its VIX; None for a made calm
        year at each of ``levels``.
    names
        Of `FALLS`.
    levels
        VIX before the falls, points, without a history.
    floor
        Of the policies with one.
    portfolio, costs
        As for a backtest.
    progress
        Called with the number of runs just done.

    Raises
    ------
    RangeError
        If there is no such fall, or two policies share a name.
    HedgerowError
        If a policy or the sleeve needs what made markets lack.
    """
    for name in names:
        if name not in FALLS:
            raise RangeError(f"no fall '{name}'", where="falls", mend=nearest(name, FALLS))
    if len({policy.name for policy in policies}) != len(policies):
        raise RangeError("two policies share a name", where="falls", mend="name them apart")
    pairs = {
        (policy.name, level): _floored(policy, level)
        for policy in policies
        for level in (floor, 0.0)
    }
    # the same first bar whoever is in the company, as long as nobody looks further back
    lookback = max([WARM, *(policy.lookback for policy in policies)])
    rows: list[Row] = []
    for name in names:
        for vix in levels if market is None else [Start.of(market).vix]:
            grounds = [
                run.prepare(
                    _market(FALLS[name], vix, wait, market),
                    sleeve,
                    portfolio or Equity(),
                    costs=costs,
                    lookback=lookback,
                )
                for wait in WAITS
            ]
            rows += _rows(name, vix, grounds, pairs)
            if progress:
                progress(1)
    return Falls(sleeve, tuple(rows), market is not None)


def _market(fall: Fall, vix: float, wait: int, market: Market | None) -> Market:
    before = wait + (CALM if market is None else 0)
    model = replace(fall, before=before)
    sessions = before + fall.during + RECOVERY
    if market is None:
        return model.paths(1, sessions, 0, Start(vix=vix)).market(0)
    return model.paths(1, sessions, 0, Start.of(market)).after(market, 0)


def _rows(
    name: str, vix: float, grounds: Sequence[Ground], pairs: Mapping[tuple[str, float], Policy]
) -> list[Row]:
    during = FALLS[name].during
    statics = [run.play("static", run.static(), ground) for ground in grounds]
    fixed = [_figures(track, track, during) for track in statics]
    rows = [_row(name, vix, ("static", float("nan")), fixed, fixed)]
    for rule in dict.fromkeys(rule for rule, _ in pairs):
        made: dict[float, list[Track]] = {
            level: [run.play(rule, policy, ground) for ground in grounds]
            for (mine, level), policy in pairs.items()
            if mine == rule
        }
        one, other = made.values()
        same = all(np.array_equal(a["x"], b["x"]) for a, b in zip(one, other, strict=True))
        for level, tracks in list(made.items())[: 1 if same else 2]:
            found = [_figures(a, b, during) for a, b in zip(tracks, statics, strict=True)]
            rows.append(_row(name, vix, (rule, float("nan") if same else level), found, fixed))
    return rows


def _row(
    fall: str, vix: float, who: tuple[str, float], found: list[_Figures], fixed: list[_Figures]
) -> Row:
    mean = _Figures(*np.mean(found, axis=0).tolist())
    whole = _Figures(*np.mean(fixed, axis=0).tolist())
    offsets = [each.her for each in found]
    return Row(
        fall, vix, *who, mean.cost, mean.start, mean.trough, mean.reached, mean.her, min(offsets),
        max(offsets), whole.her * mean.cost / whole.cost, mean.saved, mean.after,
    )  # fmt: skip


def _figures(track: Track, static: Track, during: int) -> _Figures:
    bottom = len(track) - 1 - RECOVERY
    top = bottom - during
    nav, earned = track["nav"], track["earned"]
    fall, calm = slice(top + 1, bottom + 1), slice(max(top - CALM, 0) + 1, top + 1)
    spent: Floats = (track["carry"] + track["cost"])[calm]
    bare = track["portfolio"]
    return _Figures(
        cost=float((spent / nav[calm.start - 1 : calm.stop - 1]).sum() * CALM / len(spent)),
        start=float(track["x"][top]),
        trough=float(track["x"][bottom]),
        reached=float((track["held"][fall] / static["held"][fall]).max()),
        her=float(track["pnl"][fall].sum() / -earned[fall].sum()),
        saved=float(nav[bottom] / nav[top] - bare[bottom] / bare[top]),
        after=float(track["pnl"][bottom + 1 :].sum() / nav[bottom]),
    )


def _floored(policy: Policy, floor: float) -> Policy:
    """Return the policy with another floor, its cap as it was."""
    caps = [step.cap for step in policy.steps if isinstance(step, Bounds)]
    bounds = Bounds(floor=floor, cap=caps[0] if caps else Bounds().cap)
    return changed(policy, policy.name, bounds)
