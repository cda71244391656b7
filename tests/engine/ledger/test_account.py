"""Cash and positions at market are NAV, to the cent, whatever happens, beside exact fractions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from hedgerow.engine.ledger import events, vocabulary
from hedgerow.engine.ledger.account import Account, Holding, fold, instrument
from hedgerow.engine.ledger.chain import link, verify
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.money import micros, nanos
from hedgerow.errors import HedgerowError, LedgerError

PUT, CALL = "SPY   240621P00450000", "SPY   240621C00450000"
INDEX, FUTURE, MICRO, SHARE = "SPXW  240621P04500000", "VXM24", "MESM24", "SPY"
MULTIPLIERS = {PUT: 100, CALL: 100, INDEX: 100, FUTURE: 1000, MICRO: 5, SHARE: 1}
FUTURES = (FUTURE, MICRO)
SYMBOLS = st.sampled_from(sorted(MULTIPLIERS))
PRICE = st.floats(0.0, 6_000.0)
QUANTITY = st.integers(-50, 50).map(lambda n: n * 10**9) | st.integers(-(10**12), 10**12)
FEE = st.integers(-(10**7), 10**8)
REASONS = ("financing", "fee", "dividend", "portfolio", "deposit")


def picked(data: Random | st.DataObject, names: Sequence[str]) -> str:
    """One of some names, by dice or by Hypothesis."""
    return data.choice(names) if isinstance(data, Random) else data.draw(st.sampled_from(names))


class Books(RuleBasedStateMachine):
    """Any order of deposits, orders, fills, settlements, margin calls and closes.

    The model keeps no cash: it adds up what each position has earned, in exact fractions of a
    USD, and what was paid in; the account keeps cash and values positions, in whole numbers.
    """

    played = 0

    def __init__(self) -> None:
        super().__init__()
        self.ledger, self.account = MemoryLedger("run"), Account()
        self.batch: list[vocabulary.Event] = [events.Opened(0, "run", "0", {}, "", "", {})]
        self.time = self.orders = self.fills = self.rounded = 0
        self.paid_in = Fraction(0)
        self.deposited = self.nav = 0
        self.flow = dict.fromkeys(MULTIPLIERS, Fraction(0))
        self.held = dict.fromkeys(MULTIPLIERS, 0)
        self.open: dict[str, dict[str, int]] = {}
        self.marks = dict.fromkeys(MULTIPLIERS, 100.0)

    def happen(self, event: vocabulary.Event) -> None:
        self.account.take(event)
        self.batch.append(event)
        self.rounded += 1

    def worth(self, symbol: str, quantity: int, price: float) -> Fraction:
        return Fraction(quantity, 10**9) * Fraction(price) * MULTIPLIERS[symbol]

    @initialize(amount=st.integers(0, 10**14))
    def deposit(self, amount: int) -> None:
        self.happen(events.Cash(0, amount, "deposit"))
        self.paid_in += Fraction(amount, 10**6)
        self.deposited = amount
        self.show(100.0, 1.0)

    @rule(
        amount=st.integers(-(10**11), 10**11),
        reason=st.sampled_from(REASONS),
    )
    def pay(self, amount: int, reason: str) -> None:
        self.happen(events.Cash(self.time, amount, reason, SHARE if reason == "dividend" else ""))
        self.paid_in += Fraction(amount, 10**6)
        self.deposited += amount if reason == "deposit" else 0

    @rule(level=PRICE, spread=st.floats(0.0, 2.0))
    def show(self, level: float, spread: float) -> None:
        self.time += 1
        self.marks = {s: level * (1.0 + i * spread) for i, s in enumerate(MULTIPLIERS)}
        self.happen(events.Slice(self.time, "", self.marks))

    @rule(
        wanted=st.dictionaries(SYMBOLS, QUANTITY.filter(bool), min_size=1, max_size=3),
        limit=st.none() | PRICE,
    )
    def order(self, wanted: dict[str, int], limit: float | None) -> None:
        self.orders += 1
        name = f"o{self.orders}"
        legs = tuple(events.Leg(symbol, quantity) for symbol, quantity in wanted.items())
        kind = "market" if limit is None else "limit"
        self.happen(events.Ordered(self.time, name, legs, kind, limit, "day", "p"))
        self.open[name] = dict(wanted)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), price=PRICE, share=st.fractions(0, 1), fee=FEE)
    def fill(self, data, price: float, share: Fraction, fee: int) -> None:
        name = picked(data, sorted(self.open))
        symbol = picked(data, sorted(self.open[name]))
        left = self.open[name][symbol]
        quantity = int(left * share) or left
        self.fills += 1
        self.happen(events.Filled(self.time, name, f"x{self.fills}", symbol, quantity, price, fee))
        self.held[symbol] += quantity
        self.flow[symbol] -= self.worth(symbol, quantity, price)
        self.paid_in -= Fraction(fee, 10**6)
        self.open[name][symbol] -= quantity
        if not self.open[name][symbol]:
            del self.open[name][symbol]
        if not self.open[name]:
            del self.open[name]

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def cancel(self, data) -> None:
        name = picked(data, sorted(self.open))
        self.happen(events.Cancelled(self.time, name, "day is over"))
        del self.open[name]

    @precondition(lambda self: any(self.held.values()))
    @rule(data=st.data(), value=PRICE, share=st.fractions(0, 1), deliver=st.booleans())
    def settle(self, data, value: float, share: Fraction, deliver: bool) -> None:
        symbol = picked(data, sorted(s for s in self.held if self.held[s]))
        held = self.held[symbol]
        quantity = held if symbol in FUTURES else int(held * share) or held
        if deliver and symbol in (PUT, CALL):
            shares = (100 if symbol == CALL else -100) * quantity
            paid = -shares * 450 // 1000
            assert -shares * 450 % 1000 == 0
            self.happen(events.Settled(self.time, symbol, quantity, 0.0, paid, shares))
            self.held[SHARE] += shares
            self.flow[SHARE] -= self.worth(SHARE, shares, 450.0)
        else:
            cash = micros(self.worth(symbol, quantity, value))
            if symbol in FUTURES:
                cash = self.account.due(symbol, value)
            self.happen(events.Settled(self.time, symbol, quantity, value, cash))
            self.flow[symbol] += self.worth(symbol, quantity, value)
        self.held[symbol] -= quantity

    @rule(symbol=st.sampled_from(FUTURES), price=PRICE)
    def margin(self, symbol: str, price: float) -> None:
        before = self.account.nav()
        if symbol in self.account.holdings:
            due = self.account.due(symbol, price)
            self.happen(events.Cash(self.time, due, "variation", symbol))
            assert self.account.due(symbol, price) == 0
        assert self.account.nav() == before

    @rule(shares=st.none() | st.lists(st.integers(-(10**12), 10**12), max_size=4))
    def close(self, shares: list[int] | None = None) -> None:
        closed = self.account.closed(self.time)
        gain = closed.nav - self.nav - self.deposited
        if shares is not None:
            parts = {f"part {i}": share for i, share in enumerate(shares)}
            self.happen(events.Planned(self.time, "p", 1.0, 1.0, 1.0, 1.0, 1.0, {}))
            self.happen(events.Explained(self.time, "p", parts))
            if gain != sum(shares):
                with pytest.raises(LedgerError, match="the parts of the gain do not add up"):
                    self.account.take(closed)
            self.happen(events.Explained(self.time, "", {"portfolio": gain - sum(shares)}))
        self.happen(closed)
        self.nav, self.deposited = closed.nav, 0
        self.ledger.append(self.batch)
        self.batch = []

    @rule(who=st.text(max_size=5))
    def say(self, who: str) -> None:
        self.happen(events.Override(self.time, who, "", ""))
        self.happen(events.Alarm(self.time, who, ""))

    @invariant()
    def cash_and_positions_are_nav_to_the_cent(self) -> None:
        earned = sum(self.flow.values(), Fraction(0)) + sum(
            (self.worth(symbol, self.held[symbol], self.marks[symbol]) for symbol in self.held),
            Fraction(0),
        )
        apart = abs(Fraction(self.account.nav(), 10**6) - (self.paid_in + earned))
        # each event and each position may have been rounded by half a micro-USD
        assert apart <= Fraction(self.rounded + len(self.held), 2 * 10**6) < Fraction(1, 100)

    @invariant()
    def positions_and_orders_are_those_of_the_model(self) -> None:
        held = {s: h.quantity for s, h in self.account.holdings.items() if h.quantity}
        assert held == {s: q for s, q in self.held.items() if q}
        found = {
            name: {leg.contract: leg.quantity for leg in order.legs}
            for name, order in self.account.orders.items()
        }
        assert found == self.open

    def teardown(self) -> None:
        Books.played += 1
        if self.batch:
            self.close()
        assert verify(self.ledger.read()) == self.ledger.head
        again = fold(self.ledger.read())
        assert (again.cash, again.holdings) == (self.account.cash, self.account.holdings)
        assert (again.orders, again.marks) == (self.account.orders, self.account.marks)
        self.flip()

    def flip(self) -> None:
        records = list(self.ledger.read())
        number = self.time % len(records)
        record, place = records[number], (self.time * 7919) % len(records[number].text)
        flipped = bytearray(record.text, "ascii")
        flipped[place] ^= 1 << (self.time % 7)
        text = flipped.decode("latin-1")
        before = records[number - 1].hash if number else "0" * 64
        assert link(before, record.more, text) != record.hash
        records[number] = type(record)(record.number, record.more, text, record.hash)
        with pytest.raises(LedgerError, match=f"record {record.number}:"):
            verify(records)


def test_random_sequences_of_operations() -> None:
    before = Books.played
    run_machine(Books, settings=settings(max_examples=200, stateful_step_count=40))
    assert Books.played - before >= 200


def operate(books: Books, dice: Random) -> str:
    """Do what the dice say, and return its name; nothing where it cannot be done."""

    def price() -> float:
        return dice.choice((0.0, 1e-9, dice.random(), dice.uniform(0.0, 6_000.0)))

    def quantity() -> int:
        whole = dice.randint(1, 50) * 10**9
        return dice.choice((-1, 1)) * dice.choice((whole, dice.randint(1, 10**12)))

    def share() -> Fraction:
        return Fraction(dice.randint(0, 12), 12)

    operations = {
        "pay": lambda: books.pay(dice.randint(-(10**11), 10**11), dice.choice(REASONS)),
        "show": lambda: books.show(price(), dice.uniform(0.0, 2.0)),
        "order": lambda: books.order(
            {name: quantity() for name in dice.sample(sorted(MULTIPLIERS), dice.randint(1, 3))},
            dice.choice((None, price())),
        ),
        "margin": lambda: books.margin(dice.choice(FUTURES), price()),
        "close": lambda: books.close(
            dice.choice((None, [dice.randint(-(10**12), 10**12)] * dice.randint(0, 4)))
        ),
        "say": lambda: books.say(dice.choice(("", "\0", "é“\\"))),
    }
    if books.open:
        operations["fill"] = lambda: books.fill(
            dice, price(), share(), dice.randint(-(10**7), 10**8)
        )
        operations["cancel"] = lambda: books.cancel(dice)
    if any(books.held.values()):
        operations["settle"] = lambda: books.settle(dice, price(), share(), dice.random() < 0.5)
    rare = sorted(operations.keys() & {"fill", "settle"})
    name = dice.choice([*operations, *rare, *rare, *rare])
    operations[name]()
    return name


@pytest.mark.slow
def test_ten_thousand_random_sequences_of_operations() -> None:
    """With plain dice, which take a third of the time that Hypothesis takes to draw them."""
    dice, done = Random(7), Counter[str]()
    for _ in range(10_000):
        books = Books()
        books.deposit(dice.randint(0, 10**14))
        for _ in range(10):
            done[operate(books, dice)] += 1
            books.cash_and_positions_are_nav_to_the_cent()
            books.positions_and_orders_are_those_of_the_model()
        books.teardown()
    assert len(done) == 9
    assert min(done.values()) > 1_000, done


# ---- by hand, with published terms --------------------------------------------------------------


def ordered(symbol: str, contracts: float, order: str = "a") -> events.Ordered:
    return events.Ordered(
        0, order, (events.Leg(symbol, nanos(contracts)),), "market", None, "day", "p"
    )


def filled(
    symbol: str, contracts: float, price: float, order: str = "a", key: str = "x"
) -> events.Filled:
    return events.Filled(0, order, key, symbol, nanos(contracts), price, 0)


def test_the_multipliers_are_those_of_cboe_cfe_and_cme() -> None:
    assert {symbol: instrument(symbol).multiplier for symbol in MULTIPLIERS} == MULTIPLIERS
    assert instrument(PUT).underlying == instrument("SPY").symbol == "SPY"
    assert (instrument(CALL).strike, instrument(CALL).call) == (450.0, True)


def test_a_short_future_earns_the_fall_times_its_multiplier() -> None:
    account = Account()
    for event in (ordered(FUTURE, -2), filled(FUTURE, -2, 20.0)):
        account.take(event)
    assert (account.cash, account.holdings[FUTURE]) == (0, Holding(nanos(-2), micros(-40_000)))
    assert account.value({FUTURE: 18.5}) == micros(3_000)
    account.take(events.Cash(1, account.due(FUTURE, 18.5), "variation", FUTURE))
    assert (account.cash, account.value({FUTURE: 18.5})) == (micros(3_000), 0)
    account.take(events.Settled(2, FUTURE, nanos(-2), 19.0, micros(-1_000)))
    assert (account.cash, account.holdings) == (micros(2_000), {})


def test_a_future_bought_back_owes_its_gain_until_margin_is_paid() -> None:
    account = Account()
    for event in (
        ordered(FUTURE, 1), filled(FUTURE, 1, 15.0),
        ordered(FUTURE, -1, "b"), filled(FUTURE, -1, 16.0, "b", "y"),
    ):  # fmt: skip
        account.take(event)
    assert (account.cash, account.value({})) == (0, micros(1_000))
    account.take(events.Cash(1, account.due(FUTURE, 99.0), "variation", FUTURE))
    assert (account.cash, account.holdings) == (micros(1_000), {})


def test_an_exercised_put_delivers_shares_at_the_strike() -> None:
    account = Account()
    for event in (
        ordered(PUT, 3), filled(PUT, 3, 12.0),
        events.Settled(1, PUT, nanos(3), 0.0, micros(135_000), nanos(-300)),
    ):  # fmt: skip
        account.take(event)
    assert account.cash == micros(135_000 - 3_600)
    assert account.holdings == {"SPY": Holding(nanos(-300))}
    assert account.value({"SPY": 440.0}) == micros(-132_000)


def begun() -> Account:
    account = Account()
    for event in (
        ordered("SPY", 10), filled("SPY", 4, 400.0), ordered(FUTURE, 2, "b"),
        filled(FUTURE, 2, 20.0, "b", "y"), ordered(INDEX, -1, "c"),
        filled(INDEX, -1, 9.0, "c", "z"), ordered(PUT, 5, "d"), filled(PUT, 5, 9.0, "d", "w"),
    ):  # fmt: skip
        account.take(event)
    return account


LEG = events.Leg("SPY", 1)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (ordered("SPY", 1), "order a: this id has been used"),
        (ordered("SPY", 1, "c"), "order c: this id has been used"),
        (ordered("SPY", 0, "e"), "order e: its legs must be different contracts"),
        (events.Ordered(0, "e", (), "market", None, "day", "p"), "order e: its legs"),
        (events.Ordered(0, "e", (LEG, LEG), "market", None, "day", "p"), "order e: its legs"),
        (events.Ordered(0, "e", (LEG,), "market", 1.0, "day", "p"), "a limit order has a limit"),
        (events.Ordered(0, "e", (LEG,), "limit", None, "day", "p"), "a limit order has a limit"),
        (ordered("SPXW240621P04500000", 1, "e"), "write 'SPXW  240621P04500000'"),
        (ordered("SPXW  240621X04500000", 1, "e"), "is not an option symbol"),
        (ordered("VXA24", 1, "e"), "is not an option symbol"),
        (ordered("VX01M24", 1, "e"), "expires on"),
        (filled("SPY", 4, 400.0), "execution x: it has been recorded before"),
        (filled("SPY", 7, 400.0, key="n"), "7.000000000 of SPY were filled, 6.000000000 are left"),
        (filled("SPY", -1, 400.0, key="n"), "6.000000000 are left of order a"),
        (filled("SPY", 0, 400.0, key="n"), "6.000000000 are left of order a"),
        (filled(PUT, 1, 400.0, key="n"), "0.000000000 are left of order a"),
        (filled("SPY", 1, 400.0, "b", "n"), "order b: no such order is open"),
        (events.Cancelled(0, "none", ""), "order none: no such order is open"),
        (events.Settled(0, INDEX, nanos(-2), 5.0, 0), "-2.000000000 are settled, -1.000000000 are"),
        (events.Settled(0, INDEX, nanos(1), 5.0, 0), "1.000000000 are settled"),
        (events.Settled(0, INDEX, nanos(-1), 5.0, 1), "by its value it is -500.000000 USD"),
        (events.Settled(0, CALL, nanos(1), 5.0, 0), "0.000000000 are held"),
        (events.Settled(0, FUTURE, nanos(1), 5.0, 0), "a future settles whole"),
        (events.Settled(0, PUT, nanos(5), 0.0, 0, nanos(500)), "deliver -500.000000000"),
        (
            events.Settled(0, INDEX, nanos(-1), 0.0, 0, nanos(100)),
            "shares are not what is delivered",
        ),
        (events.Settled(0, PUT, nanos(5), 1.0, 0, nanos(-500)), "and no value beside them"),
        (events.Cash(0, 1, "variation", "SPY"), "variation margin is paid on a future"),
        (events.Cash(0, 1, "variation", "VXZ24"), "variation margin is paid on a future"),
        (events.Closed(0, 0, 0, 0), "a position has no mark"),
        (filled("SPY", 1, math.nan, key="n"), "nan is not a price"),
    ],
)
def test_what_cannot_happen_is_refused_and_changes_nothing(event, said) -> None:
    account, same = begun(), begun()
    with pytest.raises(HedgerowError) as caught:
        account.take(event)
    assert said in str(caught.value)
    assert vars(account) == vars(same)


def test_a_bar_that_does_not_add_up_is_told_with_its_record() -> None:
    ledger = MemoryLedger("run")
    ledger.append(
        [
            events.Opened(0, "run", "0", {}, "", "", {}),
            events.Cash(0, micros(100), "deposit"),
            events.Closed(0, micros(100), 0, micros(101)),
        ]
    )
    with pytest.raises(
        LedgerError, match=r"record 3, closed: .* NAV 101.000000; .* NAV 100.000000"
    ):
        fold(ledger.read())


def test_parts_that_do_not_add_up_are_told_and_bars_without_parts_are_not_asked() -> None:
    account = Account()
    for event in (
        events.Cash(0, micros(100), "deposit"), events.Closed(0, micros(100), 0, micros(100)),
        events.Cash(1, micros(50), "deposit"), events.Cash(1, micros(7), "portfolio"),
        events.Cash(1, micros(-2), "financing"), events.Explained(1, "", {"portfolio": micros(7)}),
    ):  # fmt: skip
        account.take(event)
    closed = events.Closed(1, micros(155), 0, micros(155))
    said = "make 7.000000 USD, NAV changed by 5.000000 USD beside what was paid in"
    with pytest.raises(LedgerError, match=said):
        account.take(closed)
    account.take(events.Explained(1, "tail", {"financing": micros(-2)}))
    account.take(closed)
    account.take(events.Cash(2, micros(1), "portfolio"))
    account.take(account.closed(2))
