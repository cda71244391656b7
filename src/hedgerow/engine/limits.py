"""What binds the lines of a program together: maximum shares, the budget of all, and margin."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from hedgerow.core.book import Order
from hedgerow.engine.desk import Desk
from hedgerow.engine.feed import Bars
from hedgerow.engine.margining import MarginCall, asks_margin, requirement
from hedgerow.engine.program import Line, Program
from hedgerow.policies.overlays import floor_left, under_floor

STEP = 0.05
"""Part by which the budget's factor must fall for lines to be cut that policies leave alone."""

ROOM = 0.9
"""Part of the margin that may be used into which closed lines must fit to be opened again."""

Say = Callable[[str, str], None]
"""Takes a rule and what it says."""


class Bound(NamedTuple):
    """A line's order after the limits of all."""

    order: Order
    cap: float
    """Most intensity by the line's maximum share."""
    scale: float
    """Factor of the budget."""


class Limits:
    """The limits of a program, and what they have said.

    Parameters
    ----------
    program
        Whose.
    spots
        Levels of the indices at a row of the market, points, by symbol.
    say
        Takes alarms.

    Attributes
    ----------
    margin
        What is held asks for, USD, at the bar last seen.
    """

    def __init__(
        self, program: Program, spots: Callable[[int], Mapping[str, float]], say: Say
    ) -> None:
        self.program, self._spots, self._say = program, spots, say
        self.margin = 0.0
        self._under: set[str] = set()  # lines that a budget keeps under their floor
        self._scaled: dict[str, float] = {}  # the factor each line was last traded with
        self._cutting = False  # this year
        self._called = self._shut = False

    # shares and the budget

    def bound(
        self, bars: Bars, desks: Sequence[Desk], asked: Sequence[tuple[float, float]], nav: float
    ) -> list[Bound]:
        """Return each line's order within maximum shares and the budget of all.

        Parameters
        ----------
        bars
            The bar.
        desks, asked
            The lines, and what their policies asked for: intensity and whether to trade.
        nav
            USD.
        """
        row = bars.row
        wanted = [
            0.0 if desk.line.offsets else x * desk.line.share
            for desk, (x, _) in zip(desks, asked, strict=True)
        ]
        free = [desk.line.offsets or desk.line.role == "book" for desk in desks]
        total = math.fsum(abs(x) for x, out in zip(wanted, free, strict=True) if not out)
        capped, caps = [], []
        for desk, x, out in zip(desks, wanted, free, strict=True):
            most = math.inf if out else desk.line.max_share * total
            caps.append(most)
            capped.append(math.copysign(most, x) if abs(x) > most else x)
        orders = [
            desk.place(x, act, row) for desk, x, (_, act) in zip(desks, capped, asked, strict=True)
        ]
        scale = self._scale(row, desks, orders, nav)
        if scale < 1.0:
            orders = [
                desk.place(x if out else x * scale, act, row)
                for desk, x, (_, act), out in zip(desks, capped, asked, free, strict=True)
            ]
        self._cutting = self._cutting and not bars.new_year
        if scale < 1.0 and not self._cutting:
            self._cutting = True
            self._say(
                "budget", f"the common budget scales what the lines want to {scale:.3f} of it"
            )
        return [
            Bound(order, cap, 1.0 if out else scale)
            for order, cap, out in zip(orders, caps, free, strict=True)
        ]

    def _scale(self, row: int, desks: Sequence[Desk], orders: Sequence[Order], nav: float) -> float:
        """Return the factor that keeps the year's cost of all lines within the budget (B3)."""
        if self.program.budget is None:
            return 1.0
        hedges = [i for i, desk in enumerate(desks) if desk.line.role == "hedge"]
        desks, orders = [desks[i] for i in hedges], [orders[i] for i in hedges]
        if not desks:
            return 1.0
        terms = [desk.bar(row) for desk in desks]
        ends = terms[0].year_ends > 0.0  # what is ordered now is paid for next year
        base = nav if ends else desks[0].book.base
        spent = 0.0 if ends else math.fsum(desk.book.spent for desk in desks)
        waits = math.fsum(
            desk.book.held * bar.carry * bar.days_ahead
            for desk, bar in zip(desks, terms, strict=True)
        )
        left = self.program.budget * base - spent - waits
        ahead = math.fsum(
            order.contracts * bar.carry * bar.days_left
            for order, bar in zip(orders, terms, strict=True)
        )
        if ahead <= left:
            return 1.0
        return max(left, 0.0) / ahead if ahead > 0.0 else 0.0

    def cuts(self, desk: Desk, bound: Bound, row: int) -> bool:
        """Say whether the budget has a line cut whose policy leaves it alone."""
        name, last = desk.line.name, self._scaled.get(desk.line.name, 1.0)
        due = bound.scale < last * (1.0 - STEP)
        acts = bound.order.act > 0.0 or desk.renews(row)
        if due or acts:
            self._scaled[name] = bound.scale
        return due and not acts

    def warn(self, line: Line, trace: tuple[Any, ...], bound: Bound) -> None:
        """Say when a budget, its own or that of all, first pushes a line under its floor (B3)."""
        x, steps = float(bound.order.x), line.policy.steps
        floor = floor_left(trace, tuple(steps)) * line.share
        common = bound.scale < 1.0 and abs(x) < floor
        if not common and not under_floor(trace, tuple(steps)):
            self._under.discard(line.name)
        elif line.name not in self._under:
            self._under.add(line.name)
            whose = "the common budget" if common else "its budget"
            self._say("budget", f"{whose} pushes line {line.name} under its floor, to {x:.3f}")

    # margin

    def call(
        self, bars: Bars, desks: Sequence[Desk], orders: Mapping[str, Order], nav: float
    ) -> float:
        """Return what the orders of the lines that ask for margin are to be multiplied by.

        What is held is looked at first: where it asks for more than may be used, that is a margin
        call, and said.  What would be held once the orders are filled must fit, or is cut as the
        program's response has it, whether there was a call or not.  An index is calculated, not
        carried in an account: where orders are filled at the close that decides them, there is
        no margin.

        Parameters
        ----------
        bars, desks
            The bar and the lines.
        orders
            By line; a line without one keeps what it holds.
        nav
            USD.

        Returns
        -------
        float
            1.0 where nothing is to be cut.
        """
        self.margin = 0.0
        if not self.program.lag:
            return 1.0
        rule = self.program.margin
        held = [desk.lots.quantities() for desk in desks]
        self.margin = self.asked(bars, desks, held, nav)
        call = rule.call(self.margin, nav)
        if call is not None and not self._called:
            self._say("margin", _told(call, rule.response))
        self._called = call is not None
        if rule.response == "record":
            return 1.0
        after = [
            desk.after(bars.row, orders[desk.line.name], bars.due)
            if desk.line.name in orders
            else mine
            for desk, mine in zip(desks, held, strict=True)
        ]
        room = ROOM if self._shut else 1.0
        cut = rule.call(self.asked(bars, desks, after, nav), room * nav)
        self._shut = cut is not None and cut.factor == 0.0
        return 1.0 if cut is None else cut.factor

    def call_last(
        self, bars: Bars, desks: Sequence[Desk], last: Desk, order: Order, nav: float
    ) -> float:
        """Return what the order of a line that comes last is to be multiplied by.

        The orders of the others stand: what they leave of the margin is what the line may use.

        Parameters
        ----------
        bars, desks, nav
            As for `call`.
        last, order
            A line that takes another's delta out, and what it wants.
        """
        rule = self.program.margin
        if not self.program.lag or rule.response == "record":
            return 1.0
        wanted = last.after(bars.row, order, bars.due)
        if not asks_margin(wanted):
            return 1.0
        others = [desk.coming(bars.due) if desk is not last else {} for desk in desks]
        mine = [wanted if desk is last else {} for desk in desks]
        both = [a | b for a, b in zip(others, mine, strict=True)]
        asked = self.asked(bars, desks, both, nav)
        if rule.call(asked, nav) is None:
            return 1.0
        rest = self.asked(bars, desks, others, nav)
        if rule.response == "close" or asked <= rest:
            return 0.0
        return min(max((rule.available(nav) - rest) / (asked - rest), 0.0), 1.0)

    def asked(
        self, bars: Bars, desks: Sequence[Desk], books: Sequence[Mapping[str, float]], nav: float
    ) -> float:
        """Return the margin of the lines' positions together, USD."""
        total: dict[str, float] = {}
        owner: dict[str, Desk] = {}
        for desk, book in zip(desks, books, strict=True):
            for symbol, quantity in book.items():
                total[symbol] = total.get(symbol, 0.0) + quantity
                owner[symbol] = desk
        if not asks_margin(total):
            return 0.0
        rule = self.program.margin
        return requirement(
            total,
            {symbol: desk.prices.quote(symbol, bars.row).price for symbol, desk in owner.items()},
            self._spots(bars.row),
            bonds=rule.bonds(bars.vix),
            enough=rule.available(nav),
        )


def _told(call: MarginCall, response: str) -> str:
    return (
        f"margin asks for {call.required:,.0f} USD, {call.available:,.0f} may be used, "
        f"{call.shortfall:,.0f} lack; response: {response}"
    )
