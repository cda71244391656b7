"""Fills at the deciding close: the event engine beside the floats carriage with same-bar fills.

The floats carriage decides at the bar before with the signals and sizes of the bar of the fill, so
its runs begin a bar earlier, and the book and the terms that its steps see are a bar older.
"""

from __future__ import annotations

import numpy as np
import pytest

from engine.test_trade_parity import FloorlessBroker
from engine.trading import scheduled
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine.broker import Execution
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program import Line, Program
from hedgerow.engine.run import play, prepare
from hedgerow.engine.track import Track
from hedgerow.engine.trade import trade
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sizes import Contracts, Vega
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.overlays import Bounds, Persist, Smooth
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from sleeves import EVERY, label
from synthetic import market

DATA, FIRST = scheduled(market(150)), 25
STILL = Equity(1e7, equity_share=0.0, interest="none")
VIX = [Level("vix")]
BY_SIGNALS = {
    "daily": Policy([Linear()], signals=VIX),
    "smooth": Policy([Linear(), Bounds(), Smooth(3), Persist()], signals=VIX),
    "trigger": Policy([Linear(), Trigger(move=1.0, every="5b", drawdown=None)], signals=VIX),
}
FIXED = [sleeve for sleeve in EVERY if isinstance(sleeve.size, Contracts | Vega)]
BY_NAV = [sleeve for sleeve in EVERY if sleeve not in FIXED]


def both(sleeve: Sleeve, policy: Policy, costs: Costs) -> tuple[Outcome, Track]:
    program = Program(
        [Line("hedge", sleeve, policy)], execution=Execution.ideal(), costs=costs, fills="close",
        portfolio=STILL,
    )  # fmt: skip
    first, before = (str(DATA.dates[row]) for row in (FIRST, FIRST - 1))
    ground = prepare(DATA, sleeve, STILL, costs=costs, start=before, same_bar=True)
    return (
        trade(program, DATA, start=first, broker=FloorlessBroker()),
        play("dynamic", policy, ground),
    )


def close(got: Floats, expected: Floats, scale: Floats | float = 1.0) -> None:
    assert np.abs((got - expected) / np.maximum(np.abs(expected), scale)).max() <= 1e-12


@pytest.mark.parametrize("costs", [Costs.none(), Costs()], ids=["free", "costs"])
@pytest.mark.parametrize("policy", BY_SIGNALS.values(), ids=BY_SIGNALS)
@pytest.mark.parametrize("sleeve", FIXED, ids=label)
def test_fixed_sizes_by_signals_alone_trade_as_the_floats(sleeve, policy, costs) -> None:
    got, expected = both(sleeve, policy, costs)
    line = got.lines["hedge"]
    assert line["held"][0] != 0.0
    close(got.nav, expected["nav"][1:])
    for name in ("x", "act", "held"):
        close(line[name], expected[name][1:])
    for name in ("pnl", "cost", "spent"):
        close(line[name], expected[name][1:], got.nav)


@pytest.mark.parametrize("sleeve", BY_NAV, ids=label)
def test_sizes_that_follow_nav_take_the_closes_own_and_the_floats_that_of_the_bar_before(
    sleeve,
) -> None:
    got, expected = both(sleeve, BY_SIGNALS["daily"], Costs.none())
    assert np.abs(got.nav / STILL.value - 1.0).max() > 1e-5
    ours = got.lines["hedge"]["held"] / got.nav
    close(ours, expected["held"][1:] / expected["nav"][:-1], 1e-12)
