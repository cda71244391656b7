"""The hedge book of one lane, and the three kernels that keep it.

Every carriage keeps its book with these functions and no others.  A lane holds contracts of
one sleeve beside a portfolio whose own gains are given; ``nav`` is the value of both.

The order of a bar is fixed: on the first bar of a year *turn_year*, then *mark* (what was held
earns), *fill* (the order of the bar before, or the roll), and then the policy decides.
"""

from __future__ import annotations

from typing import NamedTuple

from hedgerow.core.numeric import Num, maximum, select


class Bar(NamedTuple):
    """What a bar brings to every lane alike; one float each, USD unless said otherwise."""

    gain: Num
    """Earned per contract held over the bar, financing paid."""
    portfolio: Num
    """Return over the bar of the portfolio that is being hedged, a decimal."""
    roll: Num
    """Part of the sleeve's contract that is exchanged: 1.0 at a roll, less where a mix of two
    shifts, else 0.0."""
    close_cost: Num
    """Cost of trading one contract carried into the bar."""
    open_cost: Num
    """Cost of trading one contract carried out of the bar."""
    unit_cost: Num
    """Cost of trading what stands with a contract and is not exchanged with it, as the index units
    of a covered call."""
    size: Num
    """Contracts that make intensity 1.0, as decided at this bar."""
    size_nav: Num
    """The same per USD of NAV; sizes that follow NAV use this one."""
    neutral: Num
    """Contracts per USD of NAV that take the portfolio's delta to the index out, of those that an
    order of this bar is filled in; 0.0 where they have none (spec A7)."""
    carry: Num
    """Cost per contract and calendar day, if nothing moves, of the contract that an order of
    this bar is filled in."""
    carried: Num
    """Cost per contract of having held it over the bar, if nothing had moved."""
    days: Num
    """Calendar days since the bar before."""
    days_ahead: Num
    """Calendar days to the next session, when orders are filled."""
    days_left: Num
    """Calendar days from the next session, when orders are filled, to the end of its year."""
    new_year: Num
    """1.0 on the first bar of a calendar year and of the run, else 0.0."""
    year_ends: Num
    """1.0 on the last bar of a calendar year, whose orders are next year's, else 0.0."""
    delta: Num
    """Of the line whose delta is taken out, points a point of the index and contract of it, once
    its orders are filled; 0.0 for a line that takes none out, as the next two."""
    hedged: Num
    """Delta of what the line itself holds against it, in the same measure."""
    band: Num
    """Half-width of Whalley's and Wilmott's band at an aversion of 1, in the same measure."""


class Book(NamedTuple):
    """Facts about the lane before it trades; one value per lane, USD unless said otherwise."""

    held: Num
    """Contracts held."""
    nav: Num
    """Portfolio plus hedge."""
    peak: Num
    """Highest NAV so far."""
    spent: Num
    """Costs, theta and roll-down paid since 1 January (or the start of the run)."""
    base: Num
    """NAV at the start of the year: what the budget is a share of."""
    filled: Num
    """1.0 where the order of the bar before has been filled, else 0.0."""
    pnl: Num
    """Hedge P&L of this bar after costs."""
    cost: Num
    """Transaction costs of this bar."""
    traded: Num
    """Contracts traded in this bar, both sides of a roll, whole or in part, counted."""
    before: Num
    """NAV at the close of the bar before."""


class Order(NamedTuple):
    """What the lane wants, decided at one bar and filled at the next."""

    x: Num
    """Intensity in force, in multiples of the base size."""
    contracts: Num
    """The same in contracts, sized with what was known at the decision."""
    act: Num
    """0.0: leave the book alone (but size a roll); 1.0: trade."""


class View(NamedTuple):
    """All that a step may see: the signals that it names, the book, and the bar's terms."""

    signals: tuple[Num, ...]
    book: Book
    bar: Bar


def opening(nav: float) -> Book:
    """Return the book before the first bar: nothing held, ``nav`` USD in the portfolio."""
    return Book(0.0, nav, nav, 0.0, nav, 0.0, 0.0, 0.0, 0.0, nav)


def no_order() -> Order:
    """Return the order before the first decision."""
    return Order(0.0, 0.0, 0.0)


def turn_year(book: Book) -> Book:
    """Begin a year: nothing is spent yet, and the budget is a share of the NAV of this moment."""
    return book._replace(spent=book.spent * 0.0, base=book.nav)


def mark(book: Book, bar: Bar) -> Book:
    """Let what is held, and the portfolio, earn the bar; count what holding it has cost.

    All of NAV stays invested in the portfolio: what the hedge loses is taken out of it, what the
    hedge earns is put into it.
    """
    pnl = book.held * bar.gain
    return Book(
        book.held,
        book.nav + (book.nav * bar.portfolio + pnl),
        book.peak,
        book.spent + book.held * bar.carried,
        book.base,
        book.filled,
        pnl,
        book.cost,
        book.traded,
        book.nav,
    )


def fill(book: Book, order: Order, bar: Bar) -> Book:
    """Trade what the order asks, and roll: the old contract is sold and the new one bought.

    A whole roll renews the size as well.  A part of one does not: what is held exchanges that
    part of itself, and the order comes on top.  What stands with the contracts is traded by the
    change of their number alone.
    """
    whole = bar.roll >= 1.0
    wanted = select((order.act > 0.0) | whole, order.contracts, book.held)
    closed = abs(book.held) * bar.roll
    change = abs(wanted - book.held)
    opened = select(whole, abs(wanted), change + closed)
    cost = closed * bar.close_cost + opened * bar.open_cost + change * bar.unit_cost
    nav = book.nav - cost
    return Book(
        wanted,
        nav,
        maximum(nav, book.peak),
        book.spent + cost,
        book.base,
        select(order.act > 0.0, 1.0, 0.0),
        book.pnl - cost,
        cost,
        closed + opened,
        book.before,
    )


def settle(book: Book, order: Order, bar: Bar) -> Book:
    """Bring a lane from one bar's close to the next, within a year: mark, then fill."""
    return fill(mark(book, bar), order, bar)


def place(x: Num, act: Num, book: Book, bar: Bar) -> Order:
    """Turn an intensity into contracts with what is known at this bar.

    A NAV below nothing counts as none: what follows it would otherwise change sides.
    """
    return Order(x, x * (bar.size + bar.size_nav * maximum(book.nav, 0.0)), act)
