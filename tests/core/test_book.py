"""The book's arithmetic against hand calculation, and that money is conserved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawing import policies, tapes
from hedgerow.core.book import Bar, Order, fill, mark, opening, place, settle, turn_year
from hedgerow.core.lanes import floats

BAR = Bar(*[0.0] * len(Bar._fields))


def test_a_fill_costs_half_the_spread_on_what_is_traded() -> None:
    book = fill(
        opening(1_000.0)._replace(held=5.0), Order(1.0, 8.0, 1.0), BAR._replace(open_cost=2.0)
    )
    assert (book.held, book.cost, book.nav, book.traded) == (8.0, 6.0, 994.0, 3.0)


def test_an_order_that_does_not_act_leaves_the_book_alone() -> None:
    book = fill(
        opening(1_000.0)._replace(held=5.0), Order(1.0, 8.0, 0.0), BAR._replace(open_cost=2.0)
    )
    assert (book.held, book.cost, book.filled) == (5.0, 0.0, 0.0)


def test_a_roll_sells_all_of_the_old_and_buys_all_of_the_new() -> None:
    bar = BAR._replace(roll=1.0, close_cost=1.0, open_cost=2.0)
    book = fill(opening(1_000.0)._replace(held=5.0), Order(1.0, 8.0, 0.0), bar)
    assert (book.held, book.cost, book.traded) == (8.0, 5.0 * 1.0 + 8.0 * 2.0, 13.0)


def test_a_part_of_a_roll_exchanges_that_part_of_what_is_held_and_renews_no_size() -> None:
    bar = BAR._replace(roll=0.25, close_cost=1.0, open_cost=2.0)
    quiet = fill(opening(1_000.0)._replace(held=-8.0), Order(1.0, 5.0, 0.0), bar)
    assert (quiet.held, quiet.cost, quiet.traded) == (-8.0, 2.0 * 1.0 + 2.0 * 2.0, 4.0)
    acted = fill(opening(1_000.0)._replace(held=8.0), Order(1.0, 5.0, 1.0), bar)
    assert (acted.held, acted.traded) == (5.0, 2.0 + 2.0 + 3.0)
    assert acted.spent == acted.cost == 2.0 * 1.0 + (2.0 + 3.0) * 2.0


def test_what_is_held_earns_before_the_order_is_filled() -> None:
    book = settle(
        opening(1_000.0)._replace(held=2.0), Order(1.0, 10.0, 1.0), BAR._replace(gain=3.0)
    )
    assert (book.pnl, book.nav, book.held) == (6.0, 1_006.0, 10.0)


def test_spending_counts_costs_and_carry_and_starts_anew_with_the_year() -> None:
    book = opening(1_000.0)._replace(held=2.0, spent=50.0)
    bar = BAR._replace(carried=4.0, open_cost=1.0)
    assert settle(book, Order(1.0, 3.0, 1.0), bar).spent == 50.0 + 2.0 * 4.0 + 1.0
    fresh = turn_year(book._replace(nav=900.0))
    assert (fresh.spent, fresh.base) == (0.0, 900.0)


def test_sizes_that_follow_nav_follow_nav() -> None:
    order = place(2.0, 1.0, opening(1_000.0), BAR._replace(size=3.0, size_nav=0.01))
    assert order.contracts == 2.0 * (3.0 + 10.0)


def test_mark_counts_the_portfolio() -> None:
    assert mark(opening(1_000.0), BAR._replace(portfolio=-0.01)).nav == 990.0


@given(st.data())
@settings(max_examples=40)
def test_nav_is_portfolio_plus_hedge_and_every_dollar_is_explained(data) -> None:
    tape = data.draw(tapes())
    policy = data.draw(policies(("linear", "bounds", "persist", "budget", "trigger")))
    journey, _ = floats.play(policy, tape)
    book, bars = journey.book, tape.bars
    held = np.r_[0.0, book.held[:-1]]
    market = book.before * bars.portfolio
    earned = tape.nav + np.cumsum(market + held * bars.gain - book.cost)
    assert book.nav == pytest.approx(earned, rel=1e-12)
    assert (book.cost >= 0.0).all()
    assert (book.peak >= book.nav).all()
    moved = (book.held != held) & (bars.roll < 1.0)
    asked = np.r_[False, journey.order.act[:-1] > 0.0]
    assert not (moved & ~asked).any(), "contracts changed without an order or a roll"
