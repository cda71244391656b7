"""What a proposal says: prices, units, limits and who is urgent, by hand."""

from __future__ import annotations

import pytest

from hedgerow.engine.broker import Quote, Ticket
from hedgerow.engine.ledger.desk_events import Halted, Proposed
from hedgerow.engine.ledger.events import Alarm, Closed, Decided, Explained, Leg, Planned
from hedgerow.engine.ledger.money import nanos
from hedgerow.errors import LedgerError
from hedgerow.instruments.roster import Basket
from hedgerow.live import settings as terms
from hedgerow.live.orders import desk
from hedgerow.live.orders.limits import breaches, notional
from hedgerow.live.orders.proposing import Around, urgent_lines
from live.orders.scripted import AROUND, FUTURE, PUT, QUOTES, new_york, ordered

LOW = "SPX   240621P04500000"
SPREAD = {PUT: 10.0, LOW: -10.0}
BOTH = {**QUOTES, LOW: Quote(12.0, 0.3, 1.0)}
PAPER, REAL = terms.Settings(), terms.parse('broker.kind = "ibkr"')


def laid(journal, order, around=AROUND, settings=PAPER) -> Proposed:
    desk.propose(journal, [order], around, settings)
    return journal.blotter().orders[order.order].proposed


def test_it_says_what_a_person_needs(journal) -> None:
    found = laid(journal, ordered("a-1"))
    assert found.facts == {
        "units": 12.0,
        "basket": {PUT: 1.0},
        "quotes": {PUT: {"mid": 30.0, "half_spread": 0.5, "origin": "modelled"}},
        "urgent": False,
        "notional": 12 * 100 * 30.0,
        "breaches": [],
    }
    assert (found.session, found.line, found.type) == ("2024-04-02", "tail", "market")
    seen = laid(journal, ordered("a-2"), Around(QUOTES, quoted=[PUT]))
    assert seen.facts["quotes"][PUT]["origin"] == "quoted"


@pytest.mark.parametrize(
    ("legs", "limit", "units", "basket"),
    [
        ({PUT: -3.0}, None, -3.0, {PUT: 1.0}),
        ({PUT: -3.0}, 29.5, -3.0, {PUT: 1.0}),
        ({PUT: 4.0, LOW: -8.0}, 6.5, 4.0, {PUT: 1.0, LOW: -2.0}),
        (SPREAD, 18.8, 10.0, {PUT: 1.0, LOW: -1.0}),
        # sold at a price: the limit has the sign of the unit, not of the order
        ({PUT: -10.0, LOW: 10.0}, 17.2, -10.0, {PUT: 1.0, LOW: -1.0}),
        ({PUT: -10.0, LOW: 10.0}, -17.2, 10.0, {PUT: -1.0, LOW: 1.0}),
        ({PUT: 2.5}, None, 2.5, {PUT: 1.0}),
    ],
)
def test_units_without_a_ticket(journal, legs, limit, units, basket) -> None:
    facts = laid(journal, ordered("a-1", legs, limit), Around(BOTH)).facts
    assert (facts["units"], facts["basket"]) == (units, basket)


def test_units_of_the_ticket_come_first(journal) -> None:
    ticket = Ticket("a-1", "tail", Basket((PUT, LOW), (2.0, -2.0)), 5.0)
    facts = laid(journal, ordered("a-1", SPREAD), Around(BOTH, tickets={"a-1": ticket})).facts
    assert (facts["units"], facts["basket"]) == (5.0, {PUT: 2.0, LOW: -2.0})


@pytest.mark.parametrize(
    ("legs", "limit", "text", "urgent", "want"),
    [
        # one half-spread from the mid, two where it is urgent: 30 ± 0.5, 30 ± 2 × 0.5
        ({PUT: 12.0}, None, "", False, 30.5),
        ({PUT: 12.0}, None, "", True, 31.0),
        ({PUT: -12.0}, None, "", False, 29.5),
        ({PUT: 12.0}, None, "prices.offset = 0.0", False, 30.0),
        # 30.5 − 11.7
        (SPREAD, None, "", False, 18.8),
        # the engine's own limit stands, and gives way where it is urgent
        ({PUT: 12.0}, 30.2, "", False, 30.2),
        ({PUT: 12.0}, 30.2, "", True, 31.0),
        ({PUT: 12.0}, 33.0, "", True, 33.0),
        ({PUT: -12.0}, 29.8, "", True, 29.0),
    ],
)
def test_a_real_broker_gets_limits(journal, legs, limit, text, urgent, want) -> None:
    settings = terms.parse(f'broker.kind = "ibkr"\n{text}')
    around = Around(BOTH, urgent=["tail"] if urgent else [])
    found = laid(journal, ordered("a-1", legs, limit), around, settings)
    assert found.limit == pytest.approx(want, abs=1e-12)
    assert found.type == "limit"


def test_paper_keeps_what_the_ledger_says(journal) -> None:
    assert laid(journal, ordered("a-1")).limit is None
    assert laid(journal, ordered("a-2", limit=30.2)).limit == 30.2


def test_without_a_quote_there_is_no_price_and_no_approval(journal) -> None:
    found = laid(journal, ordered("a-1"), Around(), REAL)
    assert (found.type, "notional" in found.facts) == ("market", False)
    with pytest.raises(LedgerError, match="a leg has no quote"):
        desk.approve(journal, "a-1", "ann")


def test_who_is_urgent() -> None:
    def decided(line: str, memory: dict[str, dict[str, float]]) -> Decided:
        return Decided(0, line, {}, {}, {}, 1.0, 1.0, {}, memory)

    events = [
        decided("hard", {"smooth": {"mean": 1.0}, "trigger": {"urgent": 1.0}}),
        decided("calm", {"trigger": {"urgent": 0.0}}),
        Planned(0, "called", 1.0, 1.0, 1.0, 1.0, 5.0, {"margin.factor": 0.4}),
        Planned(0, "free", 1.0, 1.0, 1.0, 1.0, 5.0, {"rate": 0.02}),
    ]
    assert urgent_lines(events) == {"hard", "called"}


# limits


def test_notional_by_hand() -> None:
    # 12 × 100 × 30 + 5 × 1000 × 15, signs left out
    legs = [Leg(PUT, nanos(12)), Leg(FUTURE, nanos(-5))]
    assert notional(legs, QUOTES) == 36_000.0 + 75_000.0
    assert notional(legs, {PUT: QUOTES[PUT]}) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contracts = 12\nnotional = 36000\nday_notional = 36000", []),
        ("contracts = 11.5", ["12 contracts of SPX   240621P04900000 are more than the 11.5"]),
        ("notional = 35999", ["36,000 USD are more than the 35,999 USD"]),
        ("day_notional = 35999", ["with the session's other orders it makes 36,000 USD"]),
    ],
)
def test_each_limit_holds_at_its_number(text, said) -> None:
    limits = terms.parse(f"[limits]\n{text}").limits
    found = breaches([Leg(PUT, nanos(12))], 36_000.0, 0.0, limits)
    assert len(found) == len(said)
    assert all(word in sentence for word, sentence in zip(said, found, strict=True))


def test_no_limits_where_there_are_none() -> None:
    none = terms.LimitTerms(contracts=None, notional=None, day_notional=None)
    assert breaches([Leg(PUT, nanos(1e6))], None, 1e12, none) == ()


def test_a_breach_stays_visible_and_cannot_be_approved(journal) -> None:
    small = terms.parse("limits.contracts = 10")
    made = desk.propose(journal, [ordered("a-1")], AROUND, small)
    assert [type(event) for event in made] == [Proposed, Alarm]
    assert made[1].sentence.startswith("order a-1: 12 contracts of ")
    with pytest.raises(LedgerError, match=r"more than the 10 that limits.contracts"):
        desk.approve(journal, "a-1", "ann")
    assert journal.blotter().orders["a-1"].stage == "proposed"
    desk.decline(journal, "a-1", "ann", "too many")


def test_a_day_s_notional_counts_what_can_be_approved(journal) -> None:
    # 36,000 each: the third passes 100,000, and takes no room from a fourth of 24,000
    day = terms.parse("limits.day_notional = 100_000")
    fresh = [ordered(f"a-{i}") for i in (1, 2)]
    desk.propose(journal, fresh, AROUND, day)
    rest = [ordered("a-3"), ordered("a-4", {PUT: 8.0})]
    desk.propose(journal, rest, AROUND, day)
    found = [bool(s.proposed.facts["breaches"]) for s in journal.blotter().orders.values()]
    assert found == [False, False, True, False]


# the daily loss


def bar(day: int, gains: dict[str, float], nav: float) -> list[object]:
    at = new_york(day, 16)
    parts = [Explained(at, line, {"all": round(gain * 1e6)}) for line, gain in gains.items()]
    return [*parts, Closed(at, 0, 0, round(nav * 1e6))]


def test_the_lines_losses_pull_the_kill_switch_once_a_session(journal) -> None:
    # 2.5 % and 0.6 % of 10,000,000 USD are lost by two lines, and 5 % by what is hedged
    events = [
        *bar(1, {"tail": -9e6}, 10e6),
        *bar(2, {"": -500e3, "puts": -250e3, "futures": -60e3, "condors": -999e3}, 9.19e6),
    ]
    assert desk.watch(journal, events, terms.parse("limits.daily_loss = 0.031"), ["condors"]) == ()
    made = desk.watch(journal, events, PAPER, ["condors"])
    assert [type(event) for event in made] == [Alarm, Halted]
    assert journal.blotter().halted.why == (
        "2024-04-02: the lines lost 310,000 USD, 3.10% of NAV, more than the 3.00% of "
        "limits.daily_loss"
    )
    desk.resume(journal, "ann", "looked at")
    assert desk.watch(journal, events, PAPER, ["condors"]) == ()
    more = [*events, *bar(3, {"puts": -400e3}, 8e6)]
    assert desk.watch(journal, more, PAPER)
    assert journal.blotter().halted.who == "rule: daily loss"


def test_a_gain_and_no_bar_pull_nothing(journal) -> None:
    assert desk.watch(journal, bar(2, {"puts": 9e6}, 10e6), PAPER) == ()
    assert desk.watch(journal, [], PAPER) == ()
    off = terms.Settings(limits=terms.LimitTerms(daily_loss=None))
    assert desk.watch(journal, bar(2, {"puts": -9e6}, 10e6), off) == ()
