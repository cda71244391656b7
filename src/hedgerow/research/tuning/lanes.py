"""Lanes of a sweep read window by window: each window's book starts fresh, as a backtest's does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.lanes import columns
from hedgerow.core.lanes.spread import Spread, grid, place
from hedgerow.core.market import Floats
from hedgerow.core.measure import Costs, Drawdown, Hedge, Returns, Wealth
from hedgerow.core.policy import Policy
from hedgerow.core.step import Stage
from hedgerow.core.tape import Tape
from hedgerow.engine import run
from hedgerow.engine.run import Ground
from hedgerow.errors import PolicyError, RangeError
from hedgerow.research.comparison import cash_returns, fixed_policy
from hedgerow.research.crises import crises_in
from hedgerow.research.overfit.blocks import Sums
from hedgerow.research.performance import drawdowns, worst_fall
from hedgerow.research.sweep import CARRIAGES
from hedgerow.research.tuning.objective import Tally
from hedgerow.research.tuning.windows import tape_of

MEASURES = (Wealth(), Hedge(), Returns(), Drawdown(), Costs())
"""What a tally is made of."""

CHUNK = 65_536
"""Lanes that are played at a time."""

AROUND = (0.7, 0.85, 1.0, 1.15, 1.3)
"""What the main numbers of a policy are multiplied with where no axes are given."""

Progress = Callable[[int], None] | None


def play(
    spread: Spread, tape: Tape, stops: Sequence[int], carriage: str, progress: Progress = None
) -> dict[str, Any]:
    """Play lanes over a tape and read them after some numbers of bars.

    Returns
    -------
    dict
        `MEASURES` by name, each of **shape** (stops, lanes).
    """
    at = np.array(stops, dtype="int64")
    if carriage == "compiled":
        from hedgerow.core.lanes import compiled

        return compiled.play(spread, tape, MEASURES, progress, stops=at)
    return columns.play(spread, tape, MEASURES, progress, stops=at)


def check_carriage(carriage: str) -> None:
    """Refuse a carriage that there is not."""
    if carriage not in CARRIAGES:
        raise RangeError(
            f"'{carriage}' is not a carriage",
            where="carriage",
            mend=f"use one of: {', '.join(CARRIAGES)}",
        )


def tallies(
    spread: Spread,
    ground: Ground,
    windows: Sequence[slice],
    carriage: str = "compiled",
    progress: Progress = None,
) -> list[Tally]:
    """Return what every lane did in every window, each window with a fresh book.

    Windows that begin together are played once, up to the longest.

    Parameters
    ----------
    spread, ground
        The lanes, and what they are played on.
    windows
        Rows of the run.
    carriage
        ``"compiled"`` or ``"numpy"``.
    progress
        Called with the number of lanes just done, once for each start of windows.
    """
    bills, falls = cash_returns(ground), [falls_in(ground, rows) for rows in windows]
    made: dict[int, Tally] = {}
    for start in dict.fromkeys(rows.start for rows in windows):
        mine = [i for i, rows in enumerate(windows) if rows.start == start]
        upto = max(windows[i].stop for i in mine)
        tape = tape_of(ground, spread.policy, slice(start, upto))
        ends = {windows[i].stop for i in mine}
        ends |= {row for i in mine for fall in falls[i] for row in (fall.start + 1, fall.stop)}
        read = {end: k for k, end in enumerate(sorted(ends))}
        parts: list[list[Tally]] = [[] for _ in mine]
        for rows in spread.blocks(CHUNK):
            some = part_of(spread, rows)
            results = play(some, tape, [end - start for end in read], carriage, progress)
            for part, i in zip(parts, mine, strict=True):
                part.append(_tally(results, read, windows[i], falls[i], bills))
        made |= {i: _joined(part) for part, i in zip(parts, mine, strict=True)}
    return [made[i] for i in range(len(windows))]


def fixed_tallies(ground: Ground, windows: Sequence[slice]) -> list[Tally]:
    """Return what the fixed hedge did in every window, one lane each."""
    return tallies(Spread(fixed_policy(ground), {}), ground, windows, "numpy")


def alone_deepest(ground: Ground, rows: slice) -> float:
    """Return the deepest fall of the unhedged portfolio in a window, ≤ 0."""
    return float(drawdowns(ground.values[ground.first :][rows]).min())


def falls_in(ground: Ground, rows: slice) -> list[slice]:
    """Return the dated crises of a window in which the portfolio lost, or else its deepest fall.

    Each is given by rows of the run, of which the first only sets the starting values.
    """
    found, values = [], ground.values[ground.first :]
    for crisis in crises_in(run.unhedged(ground)):
        low, high = max(crisis.rows.start, rows.start), min(crisis.rows.stop, rows.stop)
        if high - low >= 2 and values[high - 1] < values[low]:
            found.append(slice(low, high))
    if found:
        return found
    peak, trough, _ = worst_fall(values[rows])
    return [slice(rows.start + peak, rows.start + trough + 1)] if trough > peak else []


def part_of(spread: Spread, rows: slice | Sequence[int]) -> Spread:
    """Return some lanes of a spread."""
    return Spread(spread.policy, {name: column[rows] for name, column in spread.values.items()})


def _tally(
    results: Mapping[str, Floats],
    read: Mapping[int, int],
    rows: slice,
    falls: Sequence[slice],
    bills: Floats,
) -> Tally:
    end = read[rows.stop]
    gain, loss = np.zeros((2, *results["final_nav"].shape[1:]))
    for fall in falls:
        first, last = read[fall.start + 1], read[fall.stop]
        gained = results["hedge_pnl"][last] - results["hedge_pnl"][first]
        lost = gained - (results["final_nav"][last] - results["final_nav"][first])
        gain += np.where(lost > 0.0, gained, 0.0)
        loss += np.where(lost > 0.0, lost, 0.0)
    bars = float(rows.stop - rows.start - 1)
    cash = np.array([bills[rows.start + 1 : rows.stop].mean()])
    total, squares = (results[name][end][None] for name in ("sum_return", "sum_return_squared"))
    over = Sums(np.array([[bars]]), total, squares).over(cash)
    return Tally(
        bars,
        over.total[0],
        over.squares[0],
        results["costs"][end] + results["carry_paid"][end],
        gain,
        loss,
        results["max_drawdown"][end],
    )


def _joined(parts: Sequence[Tally]) -> Tally:
    columns_ = (
        np.concatenate(column) for column in zip(*(part[1:] for part in parts), strict=True)
    )
    return Tally(parts[0].bars, *columns_)


def feasible(policy: Policy, values: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return which lanes the policy accepts, **shape** (lanes,), of columns as long.

    Raises
    ------
    PolicyError
        If it accepts none, or a key names no number of it.
    """
    lanes = len(next(iter(values.values())))
    kept, refusal = np.ones(lanes, dtype=bool), None
    for key in values:
        place(policy, key)
    for i in range(lanes):
        try:
            Spread(policy, {key: column[i : i + 1] for key, column in values.items()})
        except PolicyError as error:
            kept[i], refusal = False, error
    if refusal is not None and not kept.any():
        raise refusal
    return kept


def numbers_of(policy: Policy) -> dict[str, float]:
    """Return every number of a policy that may be varied, by ``"step.field"``.

    Examples
    --------
    >>> from hedgerow.policies.catalog import starter
    >>> list(numbers_of(starter("linear")))[:4]
    ['linear.low', 'linear.high', 'linear.top', 'bounds.floor']
    """
    found = {}
    for step in policy.steps:
        for name in vars(step):
            key = f"{step.kind}.{name}"
            try:
                place(policy, key)
            except PolicyError:
                continue
            found[key] = float(getattr(step, name))
    return found


def main_numbers(policy: Policy, most: int = 2) -> list[str]:
    """Return the numbers that matter first: the rule's, then those of later steps.

    Numbers that are 0 are left out: a part of nothing is nothing.

    Raises
    ------
    PolicyError
        If the policy has none.

    Examples
    --------
    >>> from hedgerow.policies.catalog import starter
    >>> main_numbers(starter("linear")), main_numbers(starter("constant"))
    (['linear.low', 'linear.high'], ['constant.level', 'bounds.floor'])
    """
    rules = [step.kind for step in policy.steps if step.stage == Stage.RULE]
    known = [key for key, value in numbers_of(policy).items() if value != 0.0]
    made = sorted(known, key=lambda key: key.partition(".")[0] not in rules)[:most]
    if not made:
        raise PolicyError(
            "the policy has no number that could be varied",
            where="axes",
            mend="take a rule with numbers of its own, such as linear or tiers",
        )
    return made


def lanes_of(
    policy: Policy, axes: Mapping[str, Any] | None, around: Sequence[float] = AROUND
) -> Spread:
    """Return the lanes of some axes; without any, of the policy's main numbers and theirs around.

    Raises
    ------
    PolicyError
        If an axis names no number of the policy, or (of axes that are given) a value is refused.
    """
    check_axes(axes)
    if axes:
        for key in axes:
            place(policy, key)
        return Spread(policy, grid(axes))
    known = numbers_of(policy)
    usual = {
        key: nearby(policy, key, [known[key] * factor for factor in around])
        for key in main_numbers(policy)
    }
    laid = grid(usual)
    kept = feasible(policy, laid)
    return Spread(policy, {key: column[kept] for key, column in laid.items()})


def check_axes(axes: Any) -> None:
    """Refuse what are no axes, with the words that would be right."""
    if axes is not None and not isinstance(axes, Mapping):
        raise PolicyError("these are no axes", where="axes", mend='write {"linear.low": [10, 12]}')


def nearby(policy: Policy, key: str, values: Sequence[float]) -> list[float]:
    """Return values of a number, whole ones where it is counted, each once and rounded."""
    i, name = place(policy, key)
    whole = isinstance(getattr(policy.steps[i], name), int)
    made = [float(round(value)) if whole else float(f"{value:.6g}") for value in values]
    return list(dict.fromkeys(made))
