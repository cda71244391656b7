"""Gamma scalping (A13, C5): what it must earn in theory, and what the event engine makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.engine.broker import Execution
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.errors import RangeError, SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sizes import Contracts
from hedgerow.pricing.bands import within_band
from hedgerow.research.scalping import PARTS, Rule, expose, rehedge, scalp
from synthetic import market

DATA = market(420)
LONG = hr.Straddle(tenor="30d", roll="21d", size=Contracts(10))
SLEEVES = {
    "straddle": LONG,
    "to-expiry": hr.Straddle(tenor="30d", roll="expiry", size=Contracts(5)),
    "sold": hr.Straddle(tenor="30d", roll="expiry", side="short", size=Contracts(5)),
    "put": hr.Put(size=Contracts(20)),
    "call": hr.Call(roll="dte:30", size=Contracts(20)),
}
RULES = (
    *(Rule(every=n) for n in (1, 2, 5, 21)),
    *(Rule(width=w, edge=edge) for w in (0.02, 0.1, 0.3) for edge in (False, True)),
    *(Rule(aversion=a, edge=True) for a in (0.01, 0.1, 10.0)),
)


# ---- the kernel ---------------------------------------------------------------------------------

DELTA = st.floats(-2.0, 2.0)


@given(st.lists(st.tuples(DELTA, DELTA, st.floats(0.0, 0.5), st.booleans(), st.booleans()), min_size=1))
def test_a13_the_decision_is_the_same_for_floats_and_lanes(lanes) -> None:
    columns = [np.array(column) for column in zip(*lanes, strict=True)]
    together = rehedge(*columns)
    alone = [rehedge(*lane) for lane in lanes]
    for k, column in enumerate(together):
        np.testing.assert_array_equal(column, [one[k] for one in alone])


@given(DELTA, DELTA, st.floats(0.0, 0.5))
def test_a13_a_trade_to_the_edge_is_whalley_wilmotts_hedge(held: float, delta: float, width: float):
    # the validated rule holds the option's delta; here the hedge is its opposite
    now, _ = rehedge(held, delta, width, True, True)
    assert now == pytest.approx(-within_band(-held, delta, width), abs=1e-12)


@pytest.mark.parametrize("same_bar", [False, True], ids=["next", "same-bar"])
def test_a13_a_lane_does_not_see_the_others(same_bar: bool) -> None:
    held = expose(LONG, DATA, same_bar=same_bar)
    together = scalp(held, RULES)
    for i, rule in enumerate(RULES):
        np.testing.assert_array_equal(scalp(held, [rule]).units[:, 0], together.units[:, i])


# ---- against the event engine -------------------------------------------------------------------


def played(sleeve, *steps, costs: Costs, fills: str = "next"):
    """The same hedge on real contracts, by a broker without ticks and ends of depth."""
    always = hr.Policy([hr.Constant(1.0), *steps], raw=True)
    lines = [
        Line("options", sleeve, hr.Policy([hr.Constant(1.0), hr.AtRoll()], raw=True)),
        Line("hedge", hr.Underlying(dividends=True), always, offsets="options"),
    ]
    made = Program(lines, costs=costs, execution=Execution.ideal(), fills=fills)
    return trade(made, DATA, start=str(expose(sleeve, DATA).times[0])[:10])


CASES = [
    (Rule(), ()),
    (Rule(width=0.1), (hr.DeltaBand(0.1, "zero"),)),
    (Rule(width=0.1, edge=True), (hr.DeltaBand(0.1, "edge"),)),
    (Rule(aversion=0.05, edge=True), (hr.WhalleyWilmott(0.05),)),
]


@pytest.mark.parametrize(("rule", "steps"), CASES, ids=[rule.name for rule, _ in CASES])
@pytest.mark.parametrize("sleeve", SLEEVES.values(), ids=SLEEVES)
@pytest.mark.parametrize("fills", ["next", "close"])
def test_a13_the_study_is_the_event_engine(sleeve, rule: Rule, steps, fills: str) -> None:
    # spreads that no price is below: an option is never sold for less than nothing
    costs = Costs(option_tick=0.0, option_vol=0.0, option_price=0.01)
    made = played(sleeve, *steps, costs=costs, fills=fills)
    study = scalp(expose(sleeve, DATA, costs=costs, same_bar=fills == "close"), [rule])
    held = made.lines["hedge"]["held"]
    size = np.abs(held).max()
    np.testing.assert_allclose(study.units[:, 0] / size, held / size, atol=1e-9)
    np.testing.assert_allclose(study.pnl(0), made.hedge, atol=1e-9 * 10e6)
