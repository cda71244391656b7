"""Random programs: several lines, actions, a delta hedge, a budget, margin calls, thin markets."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from drawing import policies
from engine.trading import RUN, flat
from hedgerow.engine.broker import Execution
from hedgerow.engine.margining import MarginRule
from hedgerow.engine.program import Line, Program
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import OptionSleeve, Put
from hedgerow.instruments.sizes import Contracts
from hedgerow.instruments.underlying import Underlying
from hedgerow.policies.actions import Monetise, Restrike, RollOut, RollUp, StagedExit
from sleeves import EVERY

CHAINS = [
    ("constant",),
    ("linear", "bounds", "budget"),
    ("vol_ratio", "bounds", "smooth", "trigger"),
    ("ladder", "persist", "trigger"),
    ("sigmoid", "smooth", "persist", "budget"),
    ("linear", "stop", "trigger"),
    ("tiers", "at_roll"),
]
POLICIES = st.sampled_from(CHAINS).flatmap(policies)
ACTED_ON = Put(strike_step=5, size=Contracts(30))
EXPIRING = Put(strike_step=5, tenor="30d", roll="expiry", size=Contracts(30))
ACTIONS = [
    (ACTED_ON, (Monetise(1.2, 0.1, 2), Restrike(0.03))),
    (ACTED_ON, (StagedExit(10.0, (0.2, 0.5)),)),
    (ACTED_ON, (RollUp(0.01), Monetise(1.5, 0.2, 1))),
    (EXPIRING, (RollOut(10),)),
]
EXECUTIONS = [
    Execution(),
    Execution.ideal(),
    Execution(order="limit", limit_offset=0.4),
    Execution(order="limit", limit_offset=0.4, tif="gtc"),
    Execution(option_depth=20.0, future_depth=10.0, tif="gtc"),
]
MARGINS = [MarginRule(), MarginRule(limit=0.02, response="reduce"), MarginRule(0.02, "close")]


@st.composite
def programs(draw: Any, policy: st.SearchStrategy[Any] = POLICIES) -> Program:
    """One to four lines, the last perhaps the delta hedge of another."""
    lines = [
        Line(
            f"line {i}", sleeve, draw(policy), share=draw(st.sampled_from([0.5, 1.0])),
            max_share=draw(st.sampled_from([0.6, 1.0])),
        )
        for i, sleeve in enumerate(draw(st.lists(st.sampled_from(EVERY), min_size=1, max_size=2)))
    ]  # fmt: skip
    if draw(st.booleans()):
        sleeve, actions = draw(st.sampled_from(ACTIONS))
        lines.append(Line("acting", sleeve, draw(policy), actions=actions))
    hedged = [line.name for line in lines if isinstance(line.sleeve, OptionSleeve)]
    if hedged and draw(st.booleans()):
        lines.append(Line("hedge", Underlying(), flat(1.0), offsets=hedged[-1]))
    return Program(
        lines, name=RUN, execution=draw(st.sampled_from(EXECUTIONS)),
        costs=draw(st.sampled_from([Costs(), Costs.none()])),
        budget=draw(st.sampled_from([None, 0.001, 0.01])),
        fills=draw(st.sampled_from(["next", "next", "next", "close"])),
        margin=draw(st.sampled_from(MARGINS)),
    )  # fmt: skip
