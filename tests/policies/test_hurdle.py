"""H14: a gate at the hurdle, by hand."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Market
from hedgerow.policies.hurdle import Hurdle

NAN = float("nan")


def let_through(step: Hurdle, irr: list[float], hurdle: list[float], x: float = 2.0) -> list[float]:
    memory, out = step.start(), []
    for pair in zip(irr, hurdle, strict=True):
        view = View(pair, opening(1e6), Bar(*[0.0] * len(Bar._fields)))
        made, memory = step.kernel(x, view, memory, step.params())
        out.append(made)
    return out


def test_h14_shut_below_the_hurdle_and_open_at_it() -> None:
    irr, wacc = [0.05, 0.08, 0.10, 0.07], [0.08, 0.08, 0.08, 0.08]
    assert let_through(Hurdle(), irr, wacc) == [0.0, 2.0, 2.0, 0.0]
    assert let_through(Hurdle(part=0.25), irr, wacc) == [0.5, 2.0, 2.0, 0.5]


def test_h14_an_open_gate_shuts_below_its_band_alone() -> None:
    irr, wacc = [0.07, 0.09, 0.07, 0.05, 0.07], [0.08] * 5
    assert let_through(Hurdle(band=0.02), irr, wacc) == [0.0, 2.0, 2.0, 0.0, 0.0]


@pytest.mark.parametrize(("irr", "hurdle"), [(NAN, 0.08), (0.5, NAN)])
def test_h14_what_is_not_known_is_not_let_through(irr, hurdle) -> None:
    assert let_through(Hurdle(band=9.0), [0.5, irr], [0.08, hurdle]) == [2.0, 0.0]


def test_h14_a_stated_rate_is_a_rate_and_a_spread_or_a_spread_alone() -> None:
    assert let_through(Hurdle(against="rate", spread=0.05), [0.09, 0.11], [0.05, 0.05]) == [
        0.0,
        2.0,
    ]
    alone = Hurdle(against="", spread=0.10)
    assert alone.inputs == ("stressed_irr", "stressed_irr")
    assert let_through(alone, [0.09, 0.11], [9.0, 9.0]) == [0.0, 2.0]


TEXT = """
[policies.gated]
raw = true
signals = [{ kind = "level", column = "stressed_irr" }, { kind = "level", column = "wacc" }]
steps = [{ kind = "constant", level = 1 }, { kind = "hurdle" }, { kind = "at_roll" }]
[[lines]]
policy = "gated"
role = "book"
sleeve = { kind = "condor", size = { contracts = 10 } }
"""


def gated(irr: np.ndarray, market: Market) -> hr.api.trading.ProgramResult:
    from hedgerow.engine.program_text import read
    from hedgerow.engine.trade import trade

    wacc = np.full(len(market), 0.08)
    return trade(read(TEXT), market.with_columns({"stressed_irr": irr, "wacc": wacc}))


def test_h14_a_condor_line_opens_no_new_risk_below_the_hurdle(builtin) -> None:
    market = builtin.between("2017-01-03", "2017-12-29")
    irr = np.where(market.dates < np.datetime64("2017-07-01"), 0.20, 0.02)
    made = gated(irr, market).lines["gated"]
    before = market.dates < np.datetime64("2017-06-28")
    assert set(made["held"][3:][before[3:]]) == {10.0}
    # what was held when the gate shut is kept to its expiry, 2017-07-21; then nothing
    late = market.dates > np.datetime64("2017-07-21")
    assert not made["held"][late].any()
    assert made["held"][market.dates == np.datetime64("2017-07-10")] == 10.0


def test_h14_a_rule_that_needs_a_hurdle_names_the_column_that_lacks(builtin) -> None:
    from hedgerow.engine.program_text import read
    from hedgerow.engine.trade import trade

    with pytest.raises(hr.DataError, match="'stressed_irr'"):
        trade(read(TEXT), builtin.between("2017-01-03", "2017-06-30"))
