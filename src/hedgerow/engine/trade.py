"""The event engine: plays a program over a feed of bars, contract by contract.

A bar has a fixed order.  What is held earns, and what has expired settles; the orders of the bar
before are filled; every line decides; shares, maximum shares and the common budget bind the
decisions together; orders are made.  They are filled at the next bar, never at this one, unless
the program says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from hedgerow.core.book import Order
from hedgerow.core.market import Market
from hedgerow.core.policy import Decision
from hedgerow.engine.attribution import Parts
from hedgerow.engine.broker import Broker, Quote, SimulatedBroker
from hedgerow.engine.desk import Desk
from hedgerow.engine.explaining import parts_of
from hedgerow.engine.feed import Bars, History
from hedgerow.engine.holdings import Marked
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.limits import Bound, Limits
from hedgerow.engine.offsetting import Offset
from hedgerow.engine.opening import opened
from hedgerow.engine.outcome import Outcome, Sheet
from hedgerow.engine.program import Program
from hedgerow.engine.recording import Recorder
from hedgerow.engine.trips import Trips
from hedgerow.instruments.roster import Basket
from hedgerow.instruments.scene import index_of

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
    outcome = engine.outcome()
    return outcome if recorder is None else replace(outcome, ledger_to=recorder.beyond())


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
        self._day = 0
        self.limits = Limits(program, feed.spots, self._alarm)
        book = [desk for desk in self.desks if desk.line.role == "book"]
        self.trips = Trips(book, self.limits, margins=program.lag > 0)

    def bar(self, bars: Bars) -> None:
        """Play one bar."""
        recorder, self._bars, self._day = self.recorder, self._bars + 1, bars.day
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
        self.trips.begin()
        marks = self._mark(bars)
        if self.program.lag:
            self._fill(bars)
        self._decide(bars)
        if not self.program.lag:
            self._fill(bars)
            for desk in self.desks:
                desk.look(bars.row, bars.day, self._spot(desk, bars), bars.vix)
        if self.nav <= 0.0 < self.before:
            self._alarm("ruin", f"NAV is {self.nav:,.0f} USD: what follows NAV is not renewed")
        self._close(bars, marks)

    def outcome(self) -> Outcome:
        """Return what has come of it."""
        outcome = self.sheet.outcome(self.feed)
        return replace(outcome, book=self.trips.booked()) if self.trips.desks else outcome

    # the parts of a bar

    def _mark(self, bars: Bars) -> list[Marked]:
        row = bars.row
        marks = [desk.mark(row, bars.rate, bars.years) for desk in self.desks]
        for desk, mark in zip(self.desks, marks, strict=True):
            if desk in self.trips.desks:
                self.trips.earned(desk, mark)
        self.before, gone = self.nav, []
        earned = self.before * bars.earned + sum(mark.pnl for mark in marks)
        self.nav = self.before + earned
        self._fees = []
        early = set().union(*(desk.exercised(row) for desk in self.desks))
        for desk, mark in zip(self.desks, marks, strict=True):
            over = desk.expired(bars.day, early)
            gone += [symbol for symbol, _ in over]
            if desk in self.trips.desks:
                self.trips.settled(desk, over)
            self._fees.append(
                sum(abs(held) * desk.prices.track(symbol).fee for symbol, held in over)
            )
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
                if desk.prices.show(symbol, row, new=symbol in desk.aim.symbols):
                    marks[symbol] = desk.prices.quote(symbol, row).price
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
            return owner[symbol].prices.quote(symbol, row)

        tickets = [ticket for desk in self.desks for ticket in desk.tickets]
        fills = self.broker.execute(tickets, quote, bars.vix) if tickets else []
        if recorder is not None and fills:
            self._show(bars)
        cost = 0.0
        for desk, fees in zip(self.desks, self._fees, strict=True):
            sent = {ticket.order for ticket in desk.tickets}
            paid, done = desk.fill([f for f in fills if f.order in sent], row, bars.day, fees)
            cost += paid
            if desk in self.trips.desks:
                self.trips.filled(desk, done, bars)
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
        row = bars.row
        early, wishes = self._book_first(bars)
        asked, decisions = [], []
        for desk in self.desks:
            decision = early.get(desk.line.name)
            if decision is None and not desk.line.policy.follows_delta:
                decision = self._decided(desk, row)
            decisions.append(decision)
            asked.append((float(decision.x), float(decision.act)) if decision else (0.0, 0.0))
        limits = self.limits
        bound = limits.bound(bars, self.desks, asked, self.nav)
        orders: dict[str, Order] = {}
        for desk, decision, mine in zip(self.desks, decisions, bound, strict=True):
            if decision:
                limits.warn(desk.line, decision.trace, mine)
            if desk.line.name not in wishes:
                wishes[desk.line.name] = desk.wish(row, bars.day, self._spot(desk, bars), bars.vix)
            if not desk.line.offsets:
                cut = limits.cuts(desk, mine, row)
                orders[desk.line.name] = desk.cut(mine.order) if cut else mine.order
        for desk in self.trips.desks:
            self.trips.acted(desk)
        factor = limits.call(bars, self.desks, orders, self.nav)
        for desk, mine in zip(self.desks, bound, strict=True):
            if order := orders.get(desk.line.name):
                part = factor if desk.marginal(row, order, bars.due) else 1.0
                self._plan(bars, desk, mine._replace(order=order), part, wishes[desk.line.name])
        # a line that takes another's delta out comes last: it sees what that one has ordered
        for desk, known, mine in zip(self.desks, decisions, bound, strict=True):
            if desk.line.offsets:
                other = next(o for o in self.desks if o.line.name == desk.line.offsets)
                offset = Offset(desk, other, bars, self._spot(desk, bars))
                decision = known or self._decided(desk, row, offset.terms)
                if known is None:
                    limits.warn(desk.line, decision.trace, mine)
                order = offset.order(decision)
                part = limits.call_last(bars, self.desks, desk, order, self.nav)
                self._plan(bars, desk, mine._replace(order=order), part, wishes[desk.line.name])

    def _book_first(self, bars: Bars) -> tuple[dict[str, Decision], dict[str, dict[str, float]]]:
        """Let the book decide first where a hedge is sized by its vega, and size that hedge.

        Returns
        -------
        decisions, wishes
            Of the book lines, by name; none where no line is sized so.
        """
        sized = [desk for desk in self.desks if desk.line.sized_by == "book_vega"]
        decisions: dict[str, Decision] = {}
        wishes: dict[str, dict[str, float]] = {}
        if not sized:
            return decisions, wishes
        row, vega = bars.row, 0.0
        for desk in self.desks:
            if desk.line.role != "book":
                continue
            decision = decisions[desk.line.name] = self._decided(desk, row)
            wishes[desk.line.name] = desk.wish(row, bars.day, self._spot(desk, bars), bars.vix)
            order = desk.place(float(decision.x) * desk.line.share, float(decision.act), row)
            for symbol, quantity in desk.after(row, order, bars.due).items():
                vega += quantity * desk.prices.vega(Basket((symbol,), (1.0,)), row)
        for desk in sized:
            each = desk.prices.vega(desk.asked(row), row)
            desk.size(row, max(-vega, 0.0) / each if each > 0.0 else 0.0)
        return decisions, wishes

    def _decided(self, desk: Desk, row: int, terms: Mapping[str, float] | None = None) -> Decision:
        """Let a line decide, and write it down; what it sees of another's delta are its terms."""
        view, decision = desk.decide(row, terms)
        if self.recorder is not None:
            fits = self.feed.fits_at(desk.line, row)
            self.recorder.decided(desk.line.name, desk.line.policy, view, decision, fits)
        return decision

    def _plan(
        self, bars: Bars, desk: Desk, bound: Bound, part: float, why: dict[str, float]
    ) -> None:
        """Turn what margin leaves of a line's order into tickets, and write both down."""
        trades = bound.order.act > 0.0 or desk.renews(bars.row)
        if part < 1.0:
            why["margin.factor"] = part
        if part < 1.0 or (desk.trimmed and not trades):
            bound = bound._replace(order=desk.shrink(bars.row, bound.order, part))
        elif trades:
            desk.whole_again()
        desk.sending.decided(bars.vix)
        made, replaced = desk.plan(bars.row, bound.order, bars.due)
        self.sheet.planned(desk, bound.order, bound.scale)
        if self.recorder is not None:
            self.recorder.planned(
                desk.line.name,
                bound.order,
                desk.line.share,
                bound.cap,
                bound.scale,
                desk.wanted,
                why | desk.sending.facts | {"rate": bars.rate},
            )
            self.recorder.cancelled(replaced, "replaced")
            for ticket in made:
                self.recorder.ordered(ticket)

    def _alarm(self, rule: str, sentence: str) -> None:
        """Take down what a rule said, in both books."""
        self.sheet.alarm(self._day, rule, sentence)
        if self.recorder is not None:
            self.recorder.alarm(rule, sentence)

    def _spot(self, desk: Desk, bars: Bars) -> float:
        """Return the level of the index that a line is written on, points."""
        return bars.spots[index_of(desk.line.sleeve)]

    def _close(self, bars: Bars, marks: list[Marked]) -> None:
        parts: dict[str, Parts] = {
            desk.line.name: parts_of(mark, desk.book.cost)
            for desk, mark in zip(self.desks, marks, strict=True)
        }
        earned = self.before * bars.earned
        self.sheet.closed(bars, self.nav, earned, self.limits.margin, self.desks, marks, parts)
        if self.trips.desks:
            self.trips.close(bars, self.nav)
        recorder = self.recorder
        if recorder is not None:
            recorder.variation()
            recorder.explained(earned, parts)
            recorder.close(self.nav, 0.01 + 1e-11 * abs(self.nav) * math.sqrt(self._bars))
            recorder.store()
