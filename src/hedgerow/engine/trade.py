"""The event engine: plays a program over a feed of bars, contract by contract.

A bar has a fixed order.  What is held earns, and what has expired settles; the orders of the bar
before are filled; every line decides; shares, maximum shares and the common budget bind the
decisions together; orders are made.  They are filled at the next bar, never at this one, unless
the program says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from hedgerow.core.book import Order
from hedgerow.core.market import Market
from hedgerow.engine.attribution import Parts
from hedgerow.engine.broker import Broker, Quote, SimulatedBroker
from hedgerow.engine.desk import Desk, Marked
from hedgerow.engine.explaining import parts_of
from hedgerow.engine.feed import Bars, History
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.margining import MarginCall, asks_margin, requirement
from hedgerow.engine.opening import opened
from hedgerow.engine.outcome import Outcome, Sheet
from hedgerow.engine.program import Line, Program
from hedgerow.engine.recording import Recorder
from hedgerow.instruments.scene import index_of
from hedgerow.policies.overlays import Bounds, under_floor

STEP = 50
"""Bars between two words of progress."""


def trade(
    program: Program,
    market: Market,
    *,
    start: str | None = None,
    end: str | None = None,
    ledger: Ledger | None = None,
    broker: Broker | None = None,
    version: str = "",
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Play a program over history.

    Parameters
    ----------
    program
        What trades.
    market
        What happened; rows before ``start`` warm the signals up.
    start, end
        Dates of the run, both included.
    ledger
        Where every event is kept.  One that holds the beginning of this very run is continued.
    broker
        What fills the orders; by default a simulated one on the program's terms.
    version
        Of Hedgerow, for the ledger's first record.
    progress
        Called with the number of bars just done.

    Raises
    ------
    HedgerowError
        If dates, data, program or ledger do not fit together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> policy = hr.Policy(signals=[hr.Level("vix")], steps=[hr.Linear("vix", low=12, high=22)])
    >>> program = hr.Program([hr.Line("puts", hr.Put(), policy)])
    >>> outcome = trade(program, hr.load("builtin"), start="2018-01-02", end="2018-03-29")
    >>> len(outcome.times), sorted(outcome.lines)
    (61, ['puts'])
    """
    feed = History.of(program, market, start, end)
    recorder = None if ledger is None else Recorder(ledger, version)
    engine = Engine(program, feed, recorder, broker or SimulatedBroker(program.execution))
    for done, bars in enumerate(feed, start=1):
        engine.bar(bars)
        if progress is not None and (done % STEP == 0 or done == len(feed)):
            progress((done - 1) % STEP + 1)
    return engine.outcome()


class Engine:
    """A program at work.

    Parameters
    ----------
    program
        What trades.
    feed
        What the bars are taken from.
    recorder
        Writes the ledger; None for none.
    broker
        Fills the orders.
    """

    def __init__(
        self, program: Program, feed: History, recorder: Recorder | None, broker: Broker
    ) -> None:
        self.program, self.feed, self.recorder, self.broker = program, feed, recorder, broker
        self.nav = self.peak = self.before = float(program.portfolio.value)
        self.desks = [
            Desk(line, tape, roster, self.nav, feed.first, program.execution)
            for line, tape, roster in zip(program.lines, feed.tapes, feed.rosters, strict=True)
        ]
        self.sheet = Sheet(program)
        self._bars = 0
        self._fees: list[float] = []
        self._margin = 0.0
        self._under: set[str] = set()  # lines that a budget keeps under their floor

    def bar(self, bars: Bars) -> None:
        """Play one bar."""
        recorder, self._bars = self.recorder, self._bars + 1
        if recorder is not None:
            recorder.begin(bars.time)
            if self._bars == 1:
                recorder.happen(
                    opened(self.program, self.feed, recorder.ledger.name, recorder.version)
                )
                recorder.cash(self.nav, "deposit")
        if bars.new_year:
            for desk in self.desks:
                desk.book = desk.book._replace(spent=0.0, base=self.nav)
        marks = self._mark(bars)
        if self.program.lag:
            self._fill(bars)
        self._decide(bars)
        if not self.program.lag:
            self._fill(bars)
        self._close(bars, marks)

    def outcome(self) -> Outcome:
        """Return what has come of it."""
        return self.sheet.outcome(self.feed)

    # the parts of a bar

    def _mark(self, bars: Bars) -> list[Marked]:
        row = bars.row
        marks = [desk.mark(row, bars.rate, bars.years) for desk in self.desks]
        self.before, gone = self.nav, []
        earned = self.before * bars.earned + sum(mark.pnl for mark in marks)
        self.nav = self.before + earned
        self._fees = []
        for desk, mark in zip(self.desks, marks, strict=True):
            over = desk.expired(row, bars.day)
            gone += [symbol for symbol, _ in over]
            self._fees.append(sum(abs(held) * desk.track(symbol).fee for symbol, held in over))
            desk.book = desk.book._replace(
                nav=self.nav,
                before=self.before,
                pnl=mark.pnl,
                cost=0.0,
                traded=0.0,
                spent=desk.book.spent + mark.carried,
            )
        recorder = self.recorder
        if recorder is not None:
            recorder.slice(self.feed.digest(row), self._seen(row))
            recorder.cash(self.before * bars.earned, "portfolio")
            legs = [leg for mark in marks for leg in mark.legs]
            recorder.cash(-math.fsum(leg.financing for leg in legs), "financing")
            recorder.cash(math.fsum(leg.dividend for leg in legs), "dividend")
            recorder.settle(gone)
            recorder.cash(-sum(self._fees), "fee")
        return marks

    def _seen(self, row: int) -> dict[str, float]:
        """Return the prices of all that is held or asked for."""
        account = self.recorder.account if self.recorder is not None else None
        marks: dict[str, float] = {}
        for desk in self.desks:
            wanted: set[str] = {
                symbol for ticket in desk.tickets for symbol in ticket.basket.symbols
            }
            wanted.update(desk.aim.symbols)
            if account is not None:
                wanted.update(account.holdings)
            for symbol in wanted:
                if desk.shows(symbol, row):
                    marks[symbol] = desk.quote(symbol, row).price
        return marks

    def _fill(self, bars: Bars) -> None:
        row, recorder = bars.row, self.recorder
        for desk in self.desks:
            fresh = desk.retarget(row, bars.day)
            if recorder is not None:
                recorder.cancelled(desk.replaced, "another contract takes its place")
            if recorder is not None and fresh:
                self._show(bars)
                for ticket in fresh:
                    recorder.ordered(ticket)
        owner = {
            symbol: desk
            for desk in self.desks
            for ticket in desk.tickets
            for symbol in ticket.basket.symbols
        }

        def quote(symbol: str) -> Quote:
            return owner[symbol].quote(symbol, row)

        tickets = [ticket for desk in self.desks for ticket in desk.tickets]
        fills = self.broker.execute(tickets, quote, bars.vix) if tickets else []
        if recorder is not None and fills:
            self._show(bars)
        cost = 0.0
        for desk, fees in zip(self.desks, self._fees, strict=True):
            sent = {ticket.order for ticket in desk.tickets}
            paid, done = desk.fill([f for f in fills if f.order in sent], row, bars.day, fees)
            cost += paid
            gone = desk.lapse()
            if recorder is not None:
                for traded in done:
                    recorder.filled(traded)
                recorder.cancelled(gone, "not filled that day")
        self.nav -= cost
        self.peak = max(self.nav, self.peak)
        for desk in self.desks:
            desk.book = desk.book._replace(nav=self.nav, peak=self.peak)

    def _show(self, bars: Bars) -> None:
        """Record the prices of what is traded, where the bar's slice lacks them."""
        assert self.recorder is not None
        symbols = {s for desk in self.desks for t in desk.tickets for s in t.basket.symbols}
        if not self.recorder.shows(symbols):
            self.recorder.slice(self.feed.digest(bars.row), self._seen(bars.row))

    def _decide(self, bars: Bars) -> None:
        row, recorder = bars.row, self.recorder
        asked, traces = [], []
        for desk in self.desks:
            view, decision = desk.decide(row)
            asked.append((float(decision.x), float(decision.act)))
            traces.append(decision.trace)
            if recorder is not None:
                recorder.decided(desk.line.name, desk.line.policy, view, decision)
        bound, call = self._bound(bars, asked), self._call(bars)
        for desk, (x, act), trace, (sized, cap, scale) in zip(
            self.desks, asked, traces, bound, strict=True
        ):
            self._warn(bars, desk.line, trace, float(sized.x), scale)
            wished = desk.wish(row, bars.day, bars.spots[index_of(desk.line.sleeve)], bars.vix)
            order = sized
            if desk.line.offsets:
                order = self._offset(desk, x * desk.line.share, act, bars)
            if call is not None and call.factor < 1.0 and asks_margin(desk.lots.quantities()):
                order = desk.shrink(order, call.factor)
                wished["margin.factor"] = call.factor
            made, replaced = desk.plan(row, order, bars.due, acting=desk.acting)
            self.sheet.planned(desk, order, scale)
            if recorder is not None:
                share, wished["rate"] = desk.line.share, bars.rate
                recorder.planned(desk.line.name, order, share, cap, scale, desk.wanted, wished)
                recorder.cancelled(replaced, "replaced")
                for ticket in made:
                    recorder.ordered(ticket)

    def _bound(
        self, bars: Bars, asked: list[tuple[float, float]]
    ) -> Iterator[tuple[Order, float, float]]:
        """Return each line's order after maximum shares and the budget of all, with both."""
        row = bars.row
        wanted = [
            0.0 if desk.line.offsets else x * desk.line.share
            for desk, (x, _) in zip(self.desks, asked, strict=True)
        ]
        total = math.fsum(abs(x) for x in wanted)
        capped, limits = [], []
        for desk, x in zip(self.desks, wanted, strict=True):
            most = desk.line.max_share * total
            limits.append(most)
            capped.append(math.copysign(most, x) if abs(x) > most else x)
        orders = [
            desk.place(x, act, row)
            for desk, x, (_, act) in zip(self.desks, capped, asked, strict=True)
        ]
        scale = self._scale(bars, orders)
        if scale < 1.0:
            orders = [
                desk.place(x * scale, act, row)
                for desk, x, (_, act) in zip(self.desks, capped, asked, strict=True)
            ]
        return zip(orders, limits, [scale] * len(orders), strict=True)

    def _scale(self, bars: Bars, orders: list[Order]) -> float:
        """Return the factor that keeps the year's cost of all lines within the budget (B3)."""
        if self.program.budget is None:
            return 1.0
        terms = [desk.bar(bars.row) for desk in self.desks]
        ends = terms[0].year_ends > 0.0  # what is ordered now is paid for next year
        base = self.nav if ends else self.desks[0].book.base
        spent = 0.0 if ends else math.fsum(desk.book.spent for desk in self.desks)
        left = self.program.budget * base - spent
        ahead = math.fsum(
            order.contracts * bar.carry * bar.days_left
            for order, bar in zip(orders, terms, strict=True)
        )
        if ahead <= left:
            return 1.0
        return max(left, 0.0) / ahead if ahead > 0.0 else 0.0

    def _warn(self, bars: Bars, line: Line, trace: tuple[Any, ...], x: float, scale: float) -> None:
        """Say when a budget, its own or that of all, first pushes a line under its floor (B3)."""
        floors = [step.floor * line.share for step in line.policy.steps if isinstance(step, Bounds)]
        common = scale < 1.0 and not line.offsets and any(abs(x) < floor for floor in floors)
        if not common and not under_floor(trace, tuple(line.policy.steps)):
            self._under.discard(line.name)
        elif line.name not in self._under:
            self._under.add(line.name)
            whose = "the common budget" if common else "its budget"
            self._alarm(
                bars, "budget", f"{whose} pushes line {line.name} under its floor, to {x:.3f}"
            )

    def _alarm(self, bars: Bars, rule: str, sentence: str) -> None:
        """Take down what a rule said, in both books."""
        self.sheet.alarm(bars, rule, sentence)
        if self.recorder is not None:
            self.recorder.alarm(rule, sentence)

    def _offset(self, desk: Desk, x: float, act: float, bars: Bars) -> Order:
        """Return the order that takes the delta of another line out."""
        row = bars.row
        other = next(other for other in self.desks if other.line.name == desk.line.offsets)
        each = desk.delta_of(desk.aim, row)
        return Order(x, -x * other.delta(row, bars.due) / each if each else 0.0, act)

    def _call(self, bars: Bars) -> MarginCall | None:
        """Return the margin call on what is held, written down where there is one.

        An index is calculated, not carried in an account: it has none.
        """
        self._margin = 0.0
        if not self.program.lag:
            return None
        held: dict[str, float] = {}
        owner: dict[str, Desk] = {}
        for desk in self.desks:
            for symbol, quantity in desk.lots.quantities().items():
                held[symbol] = held.get(symbol, 0.0) + quantity
                owner[symbol] = desk
        if not asks_margin(held):
            return None
        prices = {symbol: desk.quote(symbol, bars.row).price for symbol, desk in owner.items()}
        rule = self.program.margin
        asked = requirement(
            held,
            prices,
            self.feed.spots(bars.row),
            bonds=rule.bonds(bars.vix),
            enough=rule.available(self.nav),
        )
        self._margin = asked
        call = rule.call(asked, self.nav)
        if call is not None:
            sentence = (
                f"margin asks for {call.required:,.0f} USD, {call.available:,.0f} may be used, "
                f"{call.shortfall:,.0f} lack; response: {rule.response}"
            )
            self._alarm(bars, "margin", sentence)
        return call

    def _close(self, bars: Bars, marks: list[Marked]) -> None:
        parts: dict[str, Parts] = {
            desk.line.name: parts_of(mark, desk.book.cost)
            for desk, mark in zip(self.desks, marks, strict=True)
        }
        earned = self.before * bars.earned
        self.sheet.closed(bars, self.nav, earned, self._margin, self.desks, marks, parts)
        recorder = self.recorder
        if recorder is not None:
            recorder.variation()
            recorder.explained(earned, parts)
            recorder.close(self.nav, 0.01 + 1e-11 * abs(self.nav) * math.sqrt(self._bars))
            recorder.store()
