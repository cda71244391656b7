"""H11: orders that are large beside the depth of their market are split, or wait."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trading import scheduled
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import Stage
from hedgerow.engine.broker import Execution
from hedgerow.engine.holdings import Trade
from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.events import Ordered, Planned
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.replay import replay
from hedgerow.engine.liquidity import Liquidity, Sending
from hedgerow.engine.program import Line, Program
from hedgerow.engine.program_text import read, to_table
from hedgerow.engine.trade import trade
from hedgerow.errors import PolicyError, RangeError
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Condor
from hedgerow.instruments.roster import Basket
from hedgerow.instruments.sizes import Contracts
from hedgerow.policies.rules import Constant
from hedgerow.policies.trigger import AtRoll
from synthetic import market

SHORT = scheduled(market(60))
BUY_ONCE = Policy([Constant(1.0), AtRoll()], raw=True)


def with_vix(values: list[float]) -> Market:
    """A calm market with the VIX given, the last one to the end."""
    vix = np.array([*values, *[values[-1]] * (len(SHORT) - len(values))])
    return Market(SHORT.times, {**SHORT.columns, "vix": vix})


def hundred(rule: Liquidity | None, depth: float | None = 50.0, **terms: Any) -> Program:
    """A hundred futures, bought at once if the market lets it, and again at rolls."""
    execution = Execution(future_depth=depth, liquidity=rule, **terms)
    line = Line("futures", VixFuture(size=Contracts(100)), BUY_ONCE)
    return Program([line], execution=execution)


def held(program: Program, data: Market, bars: int) -> list[float]:
    return trade(program, data).lines["futures"]["held"][:bars].tolist()


def test_h11_without_a_rule_an_order_takes_the_whole_depth_of_a_bar() -> None:
    assert held(hundred(None), with_vix([15.0]), 4) == [0.0, 50.0, 100.0, 100.0]


def test_h11_split_sends_the_part_that_keeps_the_ratio_until_all_is_done() -> None:
    # depth 50 over 25 is the ratio 2: four bars for a hundred
    program, data = hundred(Liquidity(2.0)), with_vix([15.0])
    assert held(program, data, 7) == [0.0, 25.0, 50.0, 75.0, 100.0, 100.0, 100.0]
    made = trade(program, data).liquidity["futures"]
    assert made["ratio"][:4].tolist() == [0.5, 50 / 75, 1.0, 2.0]
    assert made["part"][:4].tolist() == [0.25, 25 / 75, 0.5, 1.0]
    assert math.isnan(made["ratio"][5])


def test_h11_wait_sends_nothing_until_vix_lets_the_market_be_deep_enough() -> None:
    # 100 contracts at a VIX of 20/k find a depth of 100 · 20/VIX: the ratio of 1 needs a VIX of 20
    program = hundred(Liquidity(1.0, "wait"), depth=100.0)
    data = with_vix([40.0, 25.0, 20.0, 60.0])
    assert held(program, data, 5)[:3] == [0.0, 0.0, 0.0]
    # sent with the VIX of the decision, 20; filled at 60, which is a third as deep
    assert held(program, data, 5)[3] == 33.0


def test_h11_the_bar_of_the_fill_says_nothing_of_what_is_sent() -> None:
    program = hundred(Liquidity(2.0))
    calm, wild = (trade(program, with_vix([15.0, vix, 15.0])) for vix in (15.0, 80.0))
    sent = [made.liquidity["futures"]["part"][0] for made in (calm, wild)]
    assert sent == [0.25, 0.25]
    assert calm.lines["futures"]["held"][1] != wild.lines["futures"]["held"][1]


def test_h11_the_thinnest_leg_counts_and_trades_share_a_contracts_depth() -> None:
    sending = Sending(Execution(option_depth=10.0, future_depth=100.0, liquidity=Liquidity(1.0)))
    spread = Basket(("SPX   240119P04500000", "SPX   240119P04400000"), (1.0, -2.0))
    sending.decided(20.0)
    made = sending.let(Trade(spread, 8.0))  # 16 of the second leg, 10 to be had
    assert sending.ratio == 10 / 16
    assert made is not None
    assert made.units == 5.0
    assert sending.let(Trade(Basket(spread.symbols[1:], (1.0,)), -1.0)) is None
    assert sending.waiting
    assert sending.part == 5 / 9


def test_h11_what_is_urgent_is_not_held_back() -> None:
    sending = Sending(Execution(future_depth=10.0, liquidity=Liquidity(5.0, "wait")))
    sending.decided(20.0)
    sending.urgent = True
    sell = Trade(Basket(("VXK24",), (1.0,)), -40.0)
    assert sending.let(sell) == sell
    assert sending.ratio == 0.25
    assert not sending.waiting


class Alarm(NamedTuple):
    """Memory of the trigger below."""

    fired: Any
    urgent: Any


@dataclass(frozen=True)
class Now:
    """Trades at every bar, and calls every trade urgent."""

    kind: ClassVar[str] = "now"
    stage: ClassVar[Stage] = Stage.TRIGGER
    inputs: ClassVar[tuple[str, ...]] = ()

    def params(self) -> Any:
        return Alarm(0.0, 0.0)

    def start(self) -> Alarm:
        return Alarm(0.0, 0.0)

    @staticmethod
    def kernel(x: Any, view: Any, memory: Alarm, p: Any) -> tuple[Any, Alarm]:
        return x, Alarm(1.0, 1.0)


def test_h11_a_trigger_that_remembers_urgent_is_sent_whole() -> None:
    program = hundred(Liquidity(10.0, "wait"))
    line = Line("futures", VixFuture(size=Contracts(100)), Policy([Constant(1.0), Now()], raw=True))
    made = trade(Program([line], execution=program.execution), with_vix([15.0]))
    assert made.lines["futures"]["held"][:3].tolist() == [0.0, 50.0, 100.0]
    assert made.liquidity["futures"]["part"][0] == 1.0


@pytest.mark.parametrize("response", ["split", "wait"])
def test_h11_ledger_replay_and_restart_agree(response) -> None:
    terms = {"option_depth": 30.0, "liquidity": Liquidity(2.0, response)}
    condors = Line("condors", Condor(strike_step=5, size=Contracts(40)), BUY_ONCE, role="book")
    line = Line("futures", VixFuture(size=Contracts(70)), BUY_ONCE)
    program = Program([condors, line], name="run", execution=Execution(future_depth=60.0, **terms))
    whole, parts = MemoryLedger("run"), MemoryLedger("run")
    trade(program, SHORT, ledger=whole)
    trade(program, SHORT.until(25), ledger=parts)
    trade(program, SHORT, ledger=parts)
    assert verify(whole.read()) == verify(parts.read()) == whole.head
    assert replay(whole).decisions == 2 * len(SHORT)
    planned = [r.event for r in whole.read() if isinstance(r.event, Planned)]
    told = [event.why for event in planned if "liquidity.ratio" in event.why]
    assert any(why["liquidity.part"] < 1.0 for why in told)
    assert all(why["liquidity.ratio"] >= 2.0 for why in told if why["liquidity.part"] == 1.0)


def test_h11_a_rule_that_never_binds_changes_no_order() -> None:
    def orders(rule: Liquidity | None) -> tuple[list[Any], list[Any]]:
        ledger = MemoryLedger("run")
        trade(hundred(rule, None), SHORT, ledger=ledger)
        events = [record.event for record in ledger.read()]
        told = [e.why for e in events if isinstance(e, Planned)]
        return [e for e in events if isinstance(e, Ordered)], told

    (plain, why), (ruled, _) = orders(None), orders(Liquidity(1.0, "wait"))
    assert plain == ruled
    assert all(set(each) == {"rate"} for each in why)


def test_h11_the_trace_has_the_ratio_without_a_rule() -> None:
    ledger = MemoryLedger("run")
    made = trade(hundred(None), with_vix([15.0]), ledger=ledger).liquidity["futures"]
    told = [r.event.why for r in ledger.read() if isinstance(r.event, Planned)]
    assert told[0]["liquidity.ratio"] == 0.5 == made["ratio"][0]
    assert told[0]["liquidity.part"] == 1.0


@given(st.floats(-1e6, 1e6), st.floats(0.0, 1e4), st.floats(0.1, 1e3), st.booleans())
def test_h11_what_is_sent_keeps_the_ratio_and_the_sign(units, ratio, threshold, whole) -> None:
    for response in ("split", "wait"):
        sent = Liquidity(threshold, response).let(units, ratio=ratio, whole=whole)
        assert 0.0 <= math.copysign(1.0, units) * sent <= abs(units)
        if ratio < threshold and sent:
            assert ratio * abs(units / sent) >= threshold * (1.0 - 1e-6) - 1e-6


TEXT = """
[policies.hold]
steps = [{ kind = "constant", level = 1 }]
[[lines]]
policy = "hold"
sleeve = { kind = "put" }
"""


def test_h11_the_file_says_it_and_the_record_says_it_again() -> None:
    text = '[execution]\nliquidity = { threshold = 3, response = "wait" }\n' + TEXT
    program = read(text)
    assert program.execution.liquidity == Liquidity(3, "wait")
    assert to_table(program)["execution"]["liquidity"] == {"threshold": 3, "response": "wait"}
    assert "liquidity" not in to_table(read(TEXT))["execution"]


@pytest.mark.parametrize(
    ("given", "kind", "where"),
    [
        ("3", PolicyError, "execution.liquidity"),
        ("{ treshold = 3 }", PolicyError, "execution.liquidity.treshold"),
        ("{ threshold = 0 }", RangeError, "execution.liquidity.threshold"),
        ("{ threshold = true }", RangeError, "execution.liquidity.threshold"),
        ('{ response = "hope" }', RangeError, "execution.liquidity.response"),
    ],
)
def test_h11_what_does_not_fit_is_refused_with_the_field(given, kind, where) -> None:
    with pytest.raises(kind) as error:
        read(f"[execution]\nliquidity = {given}\n{TEXT}")
    assert error.value.where == where


def test_h11_an_execution_wants_a_rule_not_a_number() -> None:
    with pytest.raises(RangeError, match="Liquidity"):
        Execution(liquidity=2.0)  # type: ignore[arg-type]  # what a user may write
