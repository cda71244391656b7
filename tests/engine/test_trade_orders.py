"""What becomes of orders: a spread is filled as a unit or not at all, and both books know of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest

from engine.trading import RUN, moving, scheduled, unforeseen
from hedgerow.core.policy import Policy
from hedgerow.engine.broker import Execution, Fill, Quote, SimulatedBroker, Ticket
from hedgerow.engine.feed import History
from hedgerow.engine.ledger.account import fold
from hedgerow.engine.ledger.events import Cancelled, Filled, Leg, Ordered, Settled
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.engine.liquidity import Liquidity
from hedgerow.engine.program import Line, Program
from hedgerow.engine.recording import Recorder
from hedgerow.engine.trade import Engine, trade
from hedgerow.instruments.future_constant import VixFutureConstant
from hedgerow.instruments.options import Call, Collar, Condor, Put, PutSpread
from hedgerow.instruments.sizes import Contracts
from hedgerow.policies.actions import Restrike
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from sleeves import FIRST, label
from synthetic import market

DATA, UNFORESEEN = scheduled(market(110)), unforeseen(market(110))
NANO = 1_000_000_000

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
    "limit": Execution(order="limit", limit_offset=0.3),
    "resting": Execution(order="limit", limit_offset=0.3, tif="gtc"),
    "thin": Execution(tif="gtc", option_depth=3.0, future_depth=2.0),
    "ideal": Execution.ideal(),
    "split": Execution(option_depth=9.0, future_depth=6.0, liquidity=Liquidity(3.0)),
    "wait": Execution(tif="gtc", option_depth=9.0, liquidity=Liquidity(2.0, "wait")),
}


@pytest.mark.parametrize("fills", ["next", "close"])
@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("data", [DATA, UNFORESEEN], ids=["scheduled", "unforeseen"])
def test_at_every_bar_both_books_have_the_same_orders_open(terms, data, fills) -> None:
    program = Program(SOME, name=RUN, execution=TERMS[terms], fills=fills)
    feed, recorder = History.of(program, data, None, None), Recorder(MemoryLedger(RUN))
    engine = Engine(program, feed, recorder, SimulatedBroker(program.execution))
    seen = 0
    for bars in feed:
        engine.bar(bars)
        working = {ticket.order for desk in engine.desks for ticket in desk.tickets}
        assert set(recorder.account.orders) == working, bars.row
        seen += len(working)
    assert seen or fills == "close"


def spread_orders(tif: str) -> tuple[Program, list[Event], list[tuple[Ordered, list[Event]]]]:
    """A run of put spreads with limits near the mid: orders, each with what became of it."""
    execution = Execution(
        order="limit", limit_offset=0.8, tif=tif, ticks=False, option_depth=None
    )  # fmt: skip
    sleeve = PutSpread(strike_step=5, size=Contracts(10))
    program = Program([Line("spread", sleeve, NOW_AND_THEN)], name=RUN, execution=execution)
    ledger = MemoryLedger(RUN)
    trade(program, DATA, ledger=ledger)
    events = [record.event for record in ledger.read()]
    orders = [event for event in events if isinstance(event, Ordered)]
    after = [
        [e for e in events if isinstance(e, Filled | Cancelled) and e.order == order.order]
        for order in orders
    ]
    return program, events, list(zip(orders, after, strict=True))


@pytest.mark.parametrize("tif", ["day", "gtc"])
def test_a_spread_rests_until_its_net_price_is_met_and_is_filled_whole(tif: str) -> None:
    program, _, orders = spread_orders(tif)
    roster = program.lines[0].sleeve.roster(DATA, costs=program.costs)
    rows = {int(time): row for row, time in enumerate(DATA.times.astype("int64"))}

    def met(order: Ordered, row: int) -> bool:
        """Whether the far sides of the legs' quotes cost no more than the limit allows."""
        cost = 0.0
        for leg in order.legs:
            path, sign = roster.path(leg.contract), math.copysign(1.0, leg.quantity)
            at = row - path.first
            side = max(path.price[at] + sign * path.half_spread[at], 0.0)
            cost += leg.quantity / NANO * side
        # put spreads buy one of their first leg, and a roll sells it
        units = order.legs[0].quantity / NANO * (-1.0 if len(order.legs) > 2 else 1.0)
        return bool(cost <= order.limit * units + 1e-6)

    waited = filled = cancelled = 0
    for order, after in orders:
        if rows[order.time] == len(DATA) - 1:
            continue
        if not after:  # still open: it has rested to the end
            assert tif == "gtc"
            ended = len(DATA)
        else:
            (time,) = {event.time for event in after}
            ended = rows[time]
        begun = rows[order.time] + 1
        early = [row for row in range(begun, ended) if met(order, row)]
        assert not early, (order.order, early)
        if after and isinstance(after[0], Filled):
            assert met(order, ended)
            assert tuple(Leg(e.contract, e.quantity) for e in after) == order.legs
            filled += 1
            waited += ended > begun
        elif after:
            assert not met(order, ended)
            assert tif == "gtc" or ended == begun
            cancelled += 1
    assert filled > 3
    assert cancelled > 3
    assert bool(waited) == (tif == "gtc")


@pytest.mark.parametrize("sleeve", [Condor(strike_step=5), Collar(), PutSpread()], ids=label)
def test_parts_of_a_spread_have_its_proportions(sleeve) -> None:
    program = Program(
        [Line("spread", sleeve, moving())], name=RUN,
        execution=Execution(option_depth=3.0, thinning=0.0, tif="gtc"),
    )  # fmt: skip
    ledger = MemoryLedger(RUN)
    trade(program, DATA, ledger=ledger)
    orders: dict[str, dict[str, int]] = {}
    parts: dict[tuple[int, str], dict[str, int]] = {}
    for record in ledger.read():
        event = record.event
        if isinstance(event, Ordered):
            orders[event.order] = {leg.contract: leg.quantity for leg in event.legs}
        elif isinstance(event, Filled):
            parts.setdefault((event.time, event.order), {})[event.contract] = event.quantity
    shares = []
    for (_, order), legs in parts.items():
        assert legs.keys() == orders[order].keys()
        share = {Fraction(quantity, orders[order][name]) for name, quantity in legs.items()}
        assert len(share) == 1
        assert all(abs(quantity) <= 3 * NANO for quantity in legs.values())
        shares += share
    assert sum(share < 1 for share in shares) > 10


class TiredBroker:
    """Fills as the simulated one for some bars, and then nothing any more."""

    def __init__(self, bars: int) -> None:
        self.inner, self.left = SimulatedBroker(Execution()), bars

    def execute(
        self, tickets: Sequence[Ticket], quote: Callable[[str], Quote], vix: float
    ) -> list[Fill]:
        self.left -= 1
        return self.inner.execute(tickets, quote, vix) if self.left >= 0 else []


@pytest.mark.parametrize("sleeve", FIRST, ids=label)
def test_what_nobody_buys_back_is_held_until_it_settles(sleeve) -> None:
    """Orders rest past the expiry of their contracts, and none of them is ever filled there."""
    line = Line("line", sleeve, NOW_AND_THEN)
    program = Program([line], name=RUN, execution=Execution(tif="gtc"))
    ledger = MemoryLedger(RUN)
    outcome = trade(program, UNFORESEEN, ledger=ledger, broker=TiredBroker(8))
    held = outcome.lines["line"]["held"]
    assert held[8] != 0.0
    account = fold(ledger.read())
    left = {symbol: held for symbol, held in account.holdings.items() if held.quantity}
    last = UNFORESEEN.dates[-1]
    expiries = [line.sleeve.roster(UNFORESEEN).path(symbol).expiry for symbol in left]
    assert all(expiry > last.astype("int64") for expiry in expiries)
    settled = [r.event for r in ledger.read() if isinstance(r.event, Settled)]
    assert bool(settled) == (not left), "what is not held any more has settled, and nothing else"


@pytest.mark.parametrize(("data", "fills"), [(DATA, "close"), (UNFORESEEN, "next")])
@pytest.mark.parametrize("terms", TERMS)
def test_no_contract_is_traded_once_it_has_expired(data, terms, fills) -> None:
    program = Program(SOME, name=RUN, execution=TERMS[terms], fills=fills)
    ledger = MemoryLedger(RUN)
    trade(program, data, ledger=ledger)
    rosters = {line.name: line.sleeve.roster(data, lag=program.lag) for line in program.lines}
    lines, legs, settled = {}, 0, 0
    for record in ledger.read():
        event = record.event
        if isinstance(event, Ordered):
            lines[event.order] = event.line
        elif isinstance(event, Filled):
            path = rosters[lines[event.order]].path(event.contract)
            assert event.time // (86_400 * NANO) < path.expiry
            legs += 1
        settled += isinstance(event, Settled)
    # a limit inside the spread is never met by the very quotes that it was made from
    quiet = fills == "close" and terms == "limit"
    assert (legs, settled) == (0, 0) if quiet else legs > 5 and settled > 0
