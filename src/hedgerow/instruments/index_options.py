"""Option sleeves on an index: which options are held when, laid out and named."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.ensemble import Ensemble
from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.instruments.american_options import AMERICAN, EUROPEAN, AmericanBoard
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.index_board import IndexBoard
from hedgerow.instruments.legs import Leg, Value, laid_out, together, told
from hedgerow.instruments.option_roster import OptionRoster
from hedgerow.instruments.rolls import (
    WEEKLY,
    Listed,
    Roll,
    Schedule,
    expiry_by_tenor,
    parse_tenor,
    schedule,
)
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.settling import PM, Settling
from hedgerow.instruments.sleeve import DECAY_GUARD_DAYS, check_lag

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


def option_roster(
    name: str,
    market: Market,
    legs: tuple[Leg, ...],
    *,
    tenor: str,
    rule: Roll,
    listed: Listed = True,
    step: float | None = None,
    index: str = "spx",
    covered: bool = False,
    settlement: str = PM,
    exercise: str = EUROPEAN,
    lag: int = 1,
    costs: Costs | None = None,
) -> OptionRoster:
    """Lay any combination of options of one expiry out on a market.

    Parameters
    ----------
    name
        Name of the strip.
    market, lag, costs
        As in `Sleeve.strip`.
    legs
        The options; strikes are moneyness × index at the bar that chose them, or have the
        leg's delta on its surface.
    tenor, rule, listed
        How long, when to roll, and whether expiries are listed monthlies.
    step
        Grid of strikes, points; None: not rounded.
    index
        What they are written on.
    covered
        Whether one unit of the index for each USD of the multiplier stands with each contract.
    settlement
        ``pm`` on the close, ``am`` in the morning of expiry.
    exercise
        ``european`` at expiry only, ``american`` of a single option at any close.

    Returns
    -------
    OptionRoster
        Prices by Black–Scholes–Merton on the surface of the bar, cash-settled; the right to
        exercise early by QuantLib.

    Raises
    ------
    MissingExtraError
        If ``exercise`` is ``american`` and QuantLib is not installed.
    """
    check_lag(lag)
    scene, trade = Scene.of(market, index), costs or Costs()
    expiry_after = expiry_by_tenor(scene.days, tenor, listed=listed, lag=lag)
    settling = Settling.of(market, index, scene.spot, settlement)
    kind = AmericanBoard if exercise == AMERICAN else IndexBoard
    board = kind(scene, trade, legs, step, expiry_after, settling, covered)
    taken: list[int] = []

    def exercised(chosen: int, expiry: int, rows: range) -> int | None:
        bar = board.exercised(chosen, expiry, rows)
        taken.extend([] if bar is None else [bar])
        return bar

    plan = schedule(scene.days, scene.spot, rule, expiry_after, lag=lag, exercised=exercised)
    span = parse_tenor(tenor)
    notes: dict[str, Any] = {
        **scene.notes,
        "short_dated": span < DECAY_GUARD_DAYS,
        "tenor_days": span,
        "expiries": _expiries(listed),
        **settling.notes(plan, scene.days),
        **board.notes(market.dates[taken]),
        **told(legs, step, lag),
    }
    strip, strikes = _on_board(name, market.times, board, plan, notes)
    return OptionRoster(strip, plan, strikes, board)


def option_strip(
    name: str,
    ensemble: Ensemble,
    legs: tuple[Leg, ...],
    *,
    tenor: str,
    rule: Roll,
    listed: Listed,
    step: float | None,
    covered: bool,
    lag: int,
    costs: Costs | None,
) -> Strip | None:
    """Lay options on the S&P 500 out on all paths of an ensemble at once.

    Parameters are those of `option_roster`, whose strip of each path is the same to the last bit:
    sessions, rolls and expiries are those of all paths, only what depends on levels is not.

    Returns
    -------
    Strip
        Columns of **shape** (T, paths), or (T,) where paths do not differ, without notes; None
        where rolls depend on levels, or a path has holes to fill.
    """
    if rule.drift is not None:
        return None
    scene = Scene.of_paths(ensemble)
    if scene is None:
        return None
    days, paths = ensemble.dates.astype(np.int64), ensemble.paths
    expiry_after = expiry_by_tenor(days, tenor, listed=listed, lag=lag)
    plan = schedule(days, np.zeros(0), rule, expiry_after, lag=lag).interleaved(paths)
    board = IndexBoard(
        scene, costs or Costs(), legs, step, expiry_after, Settling(scene.spot), covered
    )
    times = np.repeat(ensemble.times, paths)
    return _on_board(name, times, board, plan, {})[0].unravelled(paths)


def _expiries(listed: Listed) -> str:
    if listed == WEEKLY:
        return "weekly (Friday)"
    return "listed monthlies (third Friday)" if listed else "exact tenor"


def _on_board(
    name: str,
    times: NDArray[np.datetime64],
    board: IndexBoard,
    plan: Schedule,
    notes: dict[str, Any],
) -> tuple[Strip, Floats]:
    """Return the strip of a schedule's options, and their strikes, **shape** (M, legs)."""
    scene, trade, legs, covered = board.scene, board.trade, board.legs, board.covered
    strikes = board.strikes(plan.chosen, plan.expiry)

    def value(rows: Index, contract: Index) -> Value:
        parts = (
            board.measures(strikes[contract, i], plan.expiry[contract], rows, call=leg.call)
            for i, leg in enumerate(legs)
        )
        found = together(legs, parts, scene.spot[rows])
        if not covered:
            return found
        return found._replace(price=found.price + found.notional, delta=found.delta + 1.0)

    fee = trade.option_fee * sum(abs(leg.weight) for leg in legs)
    standing = None
    if covered:
        notes = {
            **notes,
            "covered": "one unit of the index with each option, its dividends counted",
        }
        standing = trade.of_underlying(scene.spot)
    strip = laid_out(name, times, scene, plan, value, strikes, legs, fee, notes, standing)
    return strip, strikes
