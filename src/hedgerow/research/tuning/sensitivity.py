"""Sensitivity: what becomes of a policy when its numbers are a little different (spec D4)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hedgerow.core.lanes.spread import Spread, grid, place
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine.run import Ground
from hedgerow.errors import PolicyError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research.overfit.luck import Luck
from hedgerow.research.performance import YEAR
from hedgerow.research.reservations import modelled_signals, origins_of
from hedgerow.research.split import Split
from hedgerow.research.tuning.lanes import (
    Progress,
    alone_deepest,
    check_axes,
    feasible,
    fixed_tallies,
    main_numbers,
    nearby,
    numbers_of,
    tallies,
)
from hedgerow.research.tuning.objective import Objective

SHIFTS = (-0.2, -0.1, 0.1, 0.2)
"""By how much each number is changed, one at a time."""

STEPS = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
"""What the main numbers are multiplied with where no axes are given."""

MOST_AXES = 2
"""A picture has two sides."""

MOST_POINTS = 2_500

FLAT, HALF = 0.8, 0.5
"""Parts of the lead that must survive ±10 % and ±20 % for a plateau."""

Shape = Literal["plateau", "slope", "spike", "no lead"]


@dataclass(frozen=True)
class Shifted:
    """One number changed, all others as they are.

    Parameters
    ----------
    key, change, number
        Which, by what part of it, and what it became.
    train, test
        The objective in both parts; NaN where the lane is out.
    kept_train, kept_test
        Part of the policy's lead that is left, 0 of a lane that is out; NaN where it had no lead.
    whole
        Whether it is a counted number that is too small for the change: it was changed by one for
        10 %, by two for 20 %, which tells nothing about such a change.
    """

    key: str
    change: float
    number: float
    train: float
    test: float
    kept_train: float
    kept_test: float
    whole: bool


@dataclass(frozen=True, repr=False)
class Sensitivity:
    """A policy and its neighbours.

    Parameters
    ----------
    policy, sleeve, costs, ground, split, objective
        What was run on what, and what was measured.
    axes
        One or two numbers and the values they took, the policy's own among them.
    train, test
        The objective at each, **shape** (first axis, second axis) or (axis,); NaN where the policy
        refuses the numbers.
    own
        The objective of the policy itself in training and test.
    fixed
        What it is a lead over, in training and test: the fixed hedge's Sharpe ratio, or 0 for
        objectives that already compare.
    shifted
        Each number changed alone, where the policy accepts it.
    lanes, ratios
        All that was run, and its Sharpe ratios per session in training, for the register.
    provenance, remarks, facts
        Where the data came from, what of the signals is a model's, hashes and versions.
    luck
        The policy over the whole run against the number of trials (D7); None until counted.
    """

    policy: Policy
    sleeve: Sleeve
    costs: Costs
    ground: Ground
    split: Split
    objective: Objective
    axes: Mapping[str, Sequence[float]]
    train: Floats
    test: Floats
    own: tuple[float, float]
    fixed: tuple[float, float]
    shifted: tuple[Shifted, ...]
    lanes: Spread
    ratios: Floats
    provenance: Mapping[str, Mapping[str, Any]]
    remarks: tuple[str, ...]
    facts: Mapping[str, Any]
    luck: Luck | None = None

    def __repr__(self) -> str:
        return (
            f"<Sensitivity of {self.policy.name} with {self.sleeve.name}: {len(self.lanes):,} "
            f"lanes, {self.shape}>"
        )

    @property
    def periods(self) -> dict[str, dict[str, Any]]:
        """First and last date and number of sessions of both parts."""
        dates = self.ground.market.dates[self.ground.first :]
        made = {}
        for name, rows in (("train", self.split.train), ("test", self.split.test)):
            days = dates[rows]
            made[name] = {"from": str(days[0]), "to": str(days[-1]), "sessions": len(days)}
        return made

    def survives(self, change: float) -> float:
        """Return the part of the lead in training that survives, for the worst of all numbers.

        Parameters
        ----------
        change
            0.1 for all numbers changed by ±10 %, each alone; 0.2 for ±20 %.
        """
        kept = [
            each.kept_train
            for each in self.shifted
            if math.isclose(abs(each.change), change) and not each.whole
        ]
        known = [value for value in kept if math.isfinite(value)]
        return min(known) if known else math.nan

    @property
    def shape(self) -> Shape:
        """What the lead stands on.

        ``plateau`` if 80 % of it survives ±10 % and half of it ±20 %, ``spike`` if less than half
        survives ±10 %, ``slope`` between the two.
        """
        near, far = self.survives(0.1), self.survives(0.2)
        if math.isnan(near):
            return "no lead"
        if near < HALF:
            return "spike"
        return "plateau" if near >= FLAT and not far < HALF else "slope"

    def best(self) -> dict[str, float] | None:
        """Return the numbers of the highest point of the surface in training; None of none."""
        if not np.isfinite(self.train).any():
            return None
        found = np.unravel_index(int(np.nanargmax(self.train)), self.train.shape)
        return {
            key: float(values[int(k)])
            for (key, values), k in zip(self.axes.items(), found, strict=True)
        }


def sensitivity(
    policy: Policy,
    ground: Ground,
    sleeve: Sleeve,
    split: Split,
    axes: Mapping[str, Any] | None = None,
    *,
    costs: Costs,
    objective: Objective | None = None,
    carriage: str = "compiled",
    facts: Mapping[str, Any] | None = None,
    progress: Progress = None,
) -> Sensitivity:
    """Play a policy, its neighbours along one or two axes, and each number changed alone.

    Both parts are backtests of their own, with a fresh book.

    Parameters
    ----------
    policy, ground, sleeve, costs, split
        What is looked at, on which ground, and rows of its two parts.
    axes
        ``"step.field"`` to values, one or two; without any, the policy's main numbers ±30 %.
    objective
        What is measured.
    carriage, progress
        As for :func:`hedgerow.research.tuning.lanes.tallies`.
    facts
        What else the answer should carry.

    Raises
    ------
    PolicyError
        If there are more than two axes, or one names no number of the policy.
    RangeError
        If there are more points than a picture shows.
    """
    aim = objective or Objective()
    known = numbers_of(policy)
    wide = _axes(policy, known, axes)
    singles = [
        (key, change, number)
        for key, value in known.items()
        if value != 0.0
        for change in SHIFTS
        if (number := _shift(policy, key, value, change)) is not None
    ]
    points = math.prod(len(values) for values in wide.values())
    if points > MOST_POINTS:
        raise RangeError(
            f"{points:,} points are more than a picture shows",
            where="axes",
            mend=f"give {MOST_POINTS:,} or fewer; hedgerow sweep runs more",
        )
    rows = [known]
    rows += [{**known, key: number} for key, _, number in singles]
    mesh = grid(wide)
    rows += [{**known, **{key: mesh[key][i] for key in mesh}} for i in range(points)]
    each = [tuple(row.values()) for row in rows]
    place_of = {numbers: i for i, numbers in enumerate(dict.fromkeys(each))}  # a lane is run once
    at = np.array([place_of[numbers] for numbers in each])
    columns = dict(zip(known, np.array(list(place_of)).T, strict=True))
    kept = feasible(policy, columns)
    varied = {
        key: column[kept]
        for key, column in columns.items()
        if key in wide or np.ptp(column[kept]) > 0.0
    }
    lanes = Spread(policy, varied)
    parts = (split.train, split.test)
    tally, fixed = tallies(lanes, ground, parts, carriage, progress), fixed_tallies(ground, parts)
    values = np.full((2, len(kept)), np.nan)
    for k, part in enumerate(parts):
        values[k, kept] = aim.values(tally[k], fixed[k], alone_deepest(ground, part))
    values, kept = values[:, at], kept[at]
    base = tuple(aim.base(each) for each in fixed)
    own = tuple(float(values[k, 0]) for k in (0, 1))
    shape = tuple(len(axis) for axis in wide.values())
    begin = 1 + len(singles)
    return Sensitivity(
        policy, sleeve, costs, ground, split, aim, wide,
        train=values[0, begin:].reshape(shape),
        test=values[1, begin:].reshape(shape),
        own=(own[0], own[1]),
        fixed=(base[0], base[1]),
        shifted=tuple(
            Shifted(
                key, change, changed, float(a), float(b),
                _kept(float(a), own[0], base[0]), _kept(float(b), own[1], base[1]),
                whole=abs(changed / known[key] - 1.0 - change) > 0.05,
            )
            for (key, change, changed), (a, b), accepted in zip(
                singles, values[:, 1:begin].T, kept[1:begin], strict=True
            )
            if accepted
        ),
        lanes=lanes,
        ratios=tally[0].sharpe() / math.sqrt(YEAR),
        provenance=origins_of(ground),
        remarks=tuple(modelled_signals(ground, policy)),
        facts={"data": ground.market.digest(), **(facts or {})},
    )  # fmt: skip


def _axes(policy: Policy, known: Mapping[str, float], axes: Any) -> dict[str, list[float]]:
    """Return the axes, each with the policy's own number among its values."""
    check_axes(axes)
    if axes and len(axes) > MOST_AXES:
        raise PolicyError(
            f"{len(axes)} axes have no picture", where="axes", mend="give one or two of them"
        )
    given = axes or {
        key: nearby(policy, key, [known[key] * step for step in STEPS])
        for key in main_numbers(policy)
    }
    for key in given:
        place(policy, key)
    each = {key: grid({key: values})[key].tolist() for key, values in given.items()}
    return {key: sorted({*values, known[key]}) for key, values in each.items()}


def _shift(policy: Policy, key: str, value: float, change: float) -> float | None:
    """Return a number changed by a part of it; counted ones by one for ±10 %, two for ±20 %."""
    i, name = place(policy, key)
    if isinstance(getattr(policy.steps[i], name), int):
        least = math.copysign(round(abs(change) / SHIFTS[2]), change)
        wanted = value * change
        return value + (least if abs(wanted) < abs(least) else round(wanted))
    return float(f"{value * (1.0 + change):.12g}")


def _kept(value: float, own: float, base: float) -> float:
    """Return the part of a lead that is left, 0 of a lane that is out; NaN where there was none."""
    lead = own - base
    if not lead > 0.0:
        return math.nan
    return (value - base) / lead if math.isfinite(value) else 0.0
