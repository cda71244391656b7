"""The simulated broker: a spread is one order, filled at its net price, in its proportions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.engine.broker import Execution, Fill, Quote, SimulatedBroker, Ticket
from hedgerow.instruments.roster import Basket

A, B, C, D = (f"SPXW  240119P0{strike}000" for strike in (4500, 4400, 4300, 4200))
QUOTES = {
    A: Quote(10.0, 0.5, 0.65), B: Quote(4.0, 0.5, 0.65),
    C: Quote(2.0, 0.25, 0.65), D: Quote(1.0, 0.25, 0.65),
}  # fmt: skip
SPREAD, CONDOR = Basket((A, B), (1.0, -1.0)), Basket((A, B, C, D), (1.0, -1.0, -1.0, 1.0))
RATIO = Basket((A, B), (1.0, -3.0))


def filled(tickets: list[Ticket], vix: float = 15.0, quotes=QUOTES, **terms) -> list[Fill]:
    execution = Execution(**{"ticks": False, "thinning": 0.0, **terms})
    return SimulatedBroker(execution).execute(tickets, quotes.__getitem__, vix)


def buy(basket: Basket, units: float, limit: float | None = None, order: str = "o") -> Ticket:
    return Ticket(order, "line", basket, units, limit)


@pytest.mark.parametrize(
    ("units", "limit", "done"),
    [
        (1.0, 7.0, True),  # 10.5 paid, 3.5 got
        (1.0, 6.99, False),
        (-1.0, 5.0, True),  # 9.5 got, 4.5 paid
        (-1.0, 5.01, False),
    ],
)
def test_a_spread_is_filled_when_its_net_price_is_met_and_only_then(units, limit, done) -> None:
    fills = filled([buy(SPREAD, units, limit)])
    assert [fill.units for fill in fills] == [units] * done


def test_only_the_net_price_counts_wherever_the_legs_have_gone() -> None:
    moved = {A: Quote(60.0, 0.5, 0.65), B: Quote(54.0, 0.5, 0.65)}
    (fill,) = filled([buy(SPREAD, 3.0, 7.0)], quotes=moved)
    assert [leg.price for leg in fill.legs] == [60.5, 53.5]
    assert [leg.quantity for leg in fill.legs] == [3.0, -3.0]
    assert [leg.fee for leg in fill.legs] == pytest.approx([1.95, 1.95])


def test_the_net_price_is_that_of_the_ticks() -> None:
    # SPX options of 3 and more trade in dimes, below in nickels (Cboe): 10.5, and 3.52 → 3.5 sold
    off = {**QUOTES, B: Quote(4.02, 0.5, 0.65)}
    assert filled([buy(SPREAD, 1.0, 6.99)], quotes=off)
    assert not filled([buy(SPREAD, 1.0, 6.99)], quotes=off, ticks=True)
    assert filled([buy(SPREAD, 1.0, 7.0)], quotes=off, ticks=True)


def test_a_market_order_has_no_limit() -> None:
    (fill,) = filled([buy(CONDOR, 2.0)])
    assert [leg.price for leg in fill.legs] == [10.5, 3.5, 1.75, 1.25]


@pytest.mark.parametrize(
    ("basket", "units", "depth", "legs"),
    [
        (CONDOR, 25.0, 10.0, [10.0, -10.0, -10.0, 10.0]),
        (CONDOR, -25.0, 10.0, [-10.0, 10.0, 10.0, -10.0]),
        (RATIO, 8.0, 10.0, [3.0, -9.0]),  # ten of the second are three and a third units
        (SPREAD, 4.0, 10.0, [4.0, -4.0]),
    ],
)
def test_a_part_has_the_proportions_of_the_whole(basket, units, depth, legs) -> None:
    (fill,) = filled([buy(basket, units)], option_depth=depth)
    assert [leg.quantity for leg in fill.legs] == legs


def test_a_leg_that_is_used_up_stops_the_spread_and_no_other() -> None:
    tickets = [buy(Basket((B,), (1.0,)), 10.0, order="1"), buy(SPREAD, 5.0, order="2"),
               buy(Basket((A,), (1.0,)), 4.0, order="3")]  # fmt: skip
    fills = filled(tickets, option_depth=10.0)
    assert [(fill.order, fill.units) for fill in fills] == [("1", 10.0), ("3", 4.0)]


def test_less_than_a_unit_is_none_where_contracts_are_whole() -> None:
    assert filled([buy(RATIO, 8.0)], option_depth=2.0) == []
    (fill,) = filled([buy(RATIO, 8.0)], option_depth=2.0, whole=False)
    assert fill.units == pytest.approx(2.0 / 3.0)


WEIGHTS = st.sampled_from([-3.0, -2.0, -1.0, 1.0, 2.0])
PRICES = st.floats(0.0, 80.0).map(lambda price: round(price, 2))
HALVES = st.floats(0.0, 3.0)


@st.composite
def tickets(draw) -> list[Ticket]:
    made = []
    for i in range(draw(st.integers(1, 4))):
        symbols = draw(st.lists(st.sampled_from(list(QUOTES)), min_size=1, unique=True))
        weights = tuple(draw(WEIGHTS) for _ in symbols)
        units = draw(st.integers(-40, 40).filter(bool).map(float))
        limit = draw(st.none() | st.floats(-100.0, 100.0).map(lambda x: round(x, 2)))
        made.append(buy(Basket(tuple(symbols), weights), units, limit, str(i)))
    return made


@given(
    asked=tickets(),
    quotes=st.fixed_dictionaries(
        {s: st.builds(lambda mid, half: Quote(mid, half, 0.65), PRICES, HALVES) for s in QUOTES}
    ),
    depth=st.sampled_from([1.0, 7.0, 30.0, None]),
    ticks=st.booleans(),
)
def test_as_a_unit_or_not_at_all(asked, quotes, depth, ticks) -> None:
    fills = {
        fill.order: fill for fill in filled(asked, quotes=quotes, option_depth=depth, ticks=ticks)
    }
    taken = dict.fromkeys(QUOTES, 0.0)
    deep = math.inf if depth is None else depth
    for ticket in asked:
        fill = fills.get(ticket.order)
        room = min(
            (deep - taken[s]) // abs(w) for s, w in zip(*ticket.basket, strict=True)
        )  # fmt: skip
        if fill is None:
            if ticket.limit is None:
                assert room < 1.0
            continue
        assert tuple(leg.symbol for leg in fill.legs) == ticket.basket.symbols
        for leg, weight in zip(fill.legs, ticket.basket.weights, strict=True):
            assert leg.quantity == fill.units * weight
            taken[leg.symbol] += abs(leg.quantity)
            half = quotes[leg.symbol].half_spread
            worse = (leg.price - quotes[leg.symbol].price) * math.copysign(1.0, leg.quantity)
            assert worse >= half - 1e-7 or leg.price == 0.0  # what is near a tick is on it
        assert abs(fill.units) == min(abs(ticket.units), room)
        assert fill.units * ticket.units > 0.0
        if ticket.limit is not None:
            net = sum(leg.price * leg.quantity for leg in fill.legs)
            assert net <= ticket.limit * fill.units + 1e-6
    assert max(taken.values()) <= deep
