"""What becomes of orders: a spread is filled as a unit or not at all, and both books know of it."""

from __future__ import annotations

import pytest

from engine.trading import RUN, moving, scheduled, unforeseen
from hedgerow.core.policy import Policy
from hedgerow.engine.broker import Execution, SimulatedBroker
from hedgerow.engine.feed import History
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.program import Line, Program
from hedgerow.engine.recording import Recorder
from hedgerow.engine.trade import Engine
from hedgerow.instruments.future_constant import VixFutureConstant
from hedgerow.instruments.options import Call, Put, PutSpread
from hedgerow.policies.actions import Restrike
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from synthetic import market

NOW_AND_THEN = Policy([Linear("vix"), Trigger()], signals=[Level("vix")], raw=True)
COVERED = Call(1.0, side="short", tenor="monthly", roll="expiry", covered=True, strike_step=5)
SOME = [
    Line("mix", VixFutureConstant(), NOW_AND_THEN),
    Line("spread", PutSpread(strike_step=5, roll="expiry", tenor="30d"), moving()),
    Line("covered", COVERED, NOW_AND_THEN),
    Line("acting", Put(strike_step=5), NOW_AND_THEN, actions=(Restrike(0.02),)),
]
TERMS = {
    "market": Execution(),
    "limit": Execution(order="limit", patience=0.3),
    "resting": Execution(order="limit", patience=0.3, tif="gtc"),
    "thin": Execution(tif="gtc", option_depth=3.0, future_depth=2.0),
    "ideal": Execution.ideal(),
}


@pytest.mark.parametrize("fills", ["next", "close"])
@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("days", [scheduled, unforeseen], ids=["scheduled", "unforeseen"])
def test_at_every_bar_both_books_have_the_same_orders_open(terms, days, fills) -> None:
    program = Program(SOME, name=RUN, execution=TERMS[terms], fills=fills)
    feed, recorder = History.of(program, days(market(150)), None, None), Recorder(MemoryLedger(RUN))
    engine = Engine(program, feed, recorder, SimulatedBroker(program.execution))
    seen = 0
    for bars in feed:
        engine.bar(bars)
        working = {ticket.order for desk in engine.desks for ticket in desk.tickets}
        assert set(recorder.account.orders) == working, bars.row
        seen += len(working)
    assert seen or fills == "close"
