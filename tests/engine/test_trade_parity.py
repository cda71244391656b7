"""The event engine with an ideal broker makes the numbers of the floats carriage."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawing import policies
from engine.trading import moving, scheduled, unforeseen
from hedgerow.core.expiry import holidays_around, sessions_ahead
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.engine.broker import Execution, Fill, Quote, SimulatedBroker, Ticket
from hedgerow.engine.program import Line, Program
from hedgerow.engine.run import play, prepare
from hedgerow.engine.trade import trade
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future_constant import VixFutureConstant
from hedgerow.instruments.options import Put
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.overlays import Bounds, Budget, Persist, Smooth
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from sleeves import EVERY, label
from synthetic import market

DATA = scheduled(market(150))
UNFORESEEN = unforeseen(market(150))
EXACT, MONEY = ("x", "act", "held"), ("pnl", "cost", "spent")
TIGHT = 1e-12

CHAINS = st.sampled_from(
    [
        ("constant",),
        ("linear", "bounds"),
        ("vol_ratio", "bounds", "smooth", "trigger"),
        ("ladder", "persist", "trigger"),
        ("bands", "budget", "trigger"),
        ("sigmoid", "smooth", "persist", "budget"),
        ("linear", "stop", "trigger"),
        ("tiers", "at_roll"),
        ("adaptive_linear", "scope", "trigger"),
        ("drawdown", "term_split", "trigger"),
    ]
)
DRAWN = CHAINS.flatmap(policies)
BY_DELTA = st.sampled_from(
    [("delta_neutral", "bounds", "trigger"), ("adaptive_tiers", "greeks"), ("linear", "greeks")]
).flatmap(policies)
ALL = Policy(
    [Linear(), Bounds(), Smooth(days=3), Persist(), Budget(per_year=0.01), Trigger()],
    signals=[Level("vix")],
)
SINGLE = [
    sleeve
    for sleeve in EVERY
    if not isinstance(sleeve, VixFutureConstant)  # its strip trades parts of a mix at one price
]


class FloorlessBroker:
    """Sells below nothing too, as the floats carriage does; the engine's own broker does not."""

    def __init__(self) -> None:
        self.inner = SimulatedBroker(Execution.ideal())

    def execute(
        self, tickets: Sequence[Ticket], quote: Callable[[str], Quote], vix: float
    ) -> list[Fill]:
        return self.inner.execute(tickets, lambda s: quote(s)._replace(least=-math.inf), vix)


def differences(
    sleeve: Sleeve, policy: Policy, costs: Costs, data: Market = DATA
) -> dict[str, float]:
    """The largest difference of each column: of units absolute, of USD in parts of NAV."""
    program = Program([Line("hedge", sleeve, policy)], execution=Execution.ideal(), costs=costs)
    ground = prepare(data, sleeve, program.portfolio, costs=costs, lookback=program.lookback)
    expected, got = play("dynamic", policy, ground), trade(program, data, broker=FloorlessBroker())
    assert len(got) == len(expected["nav"]) == len(data) - program.lookback + 1
    line, nav = got.lines["hedge"], np.abs(expected["nav"])
    found = {"nav": float(np.abs(got.nav / expected["nav"] - 1.0).max())}
    for name in EXACT:
        scale = np.maximum(np.abs(expected[name]), 1.0)
        found[name] = float(np.max(np.abs(line[name] - expected[name]) / scale))
    for name in MONEY:
        found[name] = float(np.max(np.abs(line[name] - expected[name]) / nav))
    return found


@pytest.mark.parametrize("sleeve", EVERY, ids=label)
@settings(max_examples=3)
@given(policy=DRAWN)
def test_without_costs_every_sleeve_trades_as_the_floats(sleeve, policy: Policy) -> None:
    found = differences(sleeve, policy, Costs.none())
    assert max(found.values()) <= TIGHT, found


@pytest.mark.parametrize("sleeve", SINGLE, ids=label)
@settings(max_examples=3)
@given(policy=DRAWN)
def test_with_costs_every_sleeve_of_one_contract_does_too(sleeve, policy: Policy) -> None:
    found = differences(sleeve, policy, Costs())
    assert max(found.values()) <= TIGHT, found


@pytest.mark.parametrize("sleeve", [Put(), Put(1.0, tenor="monthly", roll="expiry")], ids=label)
@pytest.mark.parametrize("costs", [Costs.none(), Costs()], ids=["free", "costs"])
@settings(max_examples=6)
@given(policy=BY_DELTA)
def test_a7_by_the_portfolios_delta_too(sleeve, costs: Costs, policy: Policy) -> None:
    found = differences(sleeve, policy, costs)
    assert max(found.values()) <= TIGHT, found


def shares_legs(sleeve: Sleeve, sessions: int) -> bool:
    """Whether contracts have a leg in common with those they replace, which no roll trades."""
    roster = sleeve.roster(scheduled(market(sessions)))
    numbers = np.unique(roster.held).tolist()
    legs = [set(roster.basket(number).symbols) - roster.standing for number in numbers]
    return any(old & new for old, new in pairwise(legs))


@pytest.mark.slow
@pytest.mark.parametrize("sleeve", EVERY, ids=label)
def test_over_years_with_every_overlay_too(sleeve) -> None:
    # a strip pays for both sides of a leg that a roll leaves alone, and for parts of a mix
    free = isinstance(sleeve, VixFutureConstant) or shares_legs(sleeve, 600)
    costs = Costs.none() if free else Costs()
    found = differences(sleeve, ALL, costs, scheduled(market(600)))
    assert max(found.values()) <= 10 * TIGHT, found


@pytest.mark.parametrize("policy", [ALL, moving()], ids=["all", "daily"])
@pytest.mark.parametrize("sleeve", EVERY, ids=label)
def test_where_the_exchange_keeps_other_days_than_its_calendar_too(sleeve, policy) -> None:
    found = differences(sleeve, policy, Costs.none(), UNFORESEEN)
    assert max(found.values()) <= TIGHT, found


def test_such_days_are_in_the_data() -> None:
    days = UNFORESEEN.dates
    assert np.isin(days, holidays_around(days)).sum() == 6
    due = sessions_ahead(days[:-1], 1)
    assert (days[1:] > due).sum() == 4  # two of the five sessions that lack are neighbours


def test_a_run_of_the_comparison_trades_at_all() -> None:
    program = Program([Line("hedge", SINGLE[0], ALL)], execution=Execution.ideal())
    line = trade(program, DATA).lines["hedge"]
    assert np.count_nonzero(line["traded"]) > 3
    assert line["cost"].sum() > 0.0
