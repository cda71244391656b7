"""What happened in each bar of a run, gathered from its ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from hedgerow.engine.ledger.chain import Record, checked
from hedgerow.engine.ledger.events import (
    Alarm,
    Cash,
    Closed,
    Decided,
    Explained,
    Filled,
    Opened,
    Override,
    Planned,
)
from hedgerow.engine.ledger.money import Micros
from hedgerow.engine.ledger.replay import Standing
from hedgerow.engine.ledger.vocabulary import Event

DAY = 86_400 * 10**9
"""Nanoseconds."""

PORTFOLIO = "portfolio"
"""Part of the line "" in :class:`~hedgerow.engine.ledger.events.Explained`."""

RATE = "rate"
"""Named number of :class:`~hedgerow.engine.ledger.events.Planned`: what bills pay a year, as
known at the bar."""


@dataclass
class LedgerBar:
    """What the events between two closes say; amounts in micro-USD.

    Attributes
    ----------
    time
        Of the close, nanoseconds since 1970, UTC.
    before, nav
        NAV at the close before and at this one.
    paid_in
        Deposits, less what was taken out.
    booked
        Gain of the portfolio that came as cash.
    fees, fills
        Fees of the fills, and how many there were.
    acted
        Lines that decided to trade.
    cut
        Whether the common budget cut one.
    rate
        What bills pay a year, a decimal; NaN where the ledger does not say.
    lines
        Gain by line and part.
    alarms, overrides
        Names of rules; ``who: what (why)``.
    books
        The book that each line's decision saw.
    """

    time: int = 0
    before: Micros = 0
    nav: Micros = 0
    paid_in: Micros = 0
    booked: Micros = 0
    fees: Micros = 0
    fills: int = 0
    cut: bool = False
    rate: float = float("nan")
    acted: list[str] = field(default_factory=list)
    lines: dict[str, dict[str, Micros]] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    books: dict[str, Mapping[str, float]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Take one event more."""
        match event:
            case Cash(reason="deposit"):
                self.paid_in += event.amount
            case Cash(reason="portfolio"):
                self.booked += event.amount
            case Cash(reason="fee"):
                self.fees -= event.amount
            case Filled():
                self.fees += event.fee
                self.fills += 1
            case Decided():
                if event.act > 0.0:
                    self.acted.append(event.line)
                self.books[event.line] = event.book
            case Planned():
                self.cut = self.cut or event.scale < 1.0
                self.rate = event.why.get(RATE, self.rate)
            case Explained():
                parts = self.lines.setdefault(event.line, {})
                for name, amount in event.parts.items():
                    parts[name] = parts.get(name, 0) + amount
            case Alarm():
                self.alarms.append(event.rule)
            case Override():
                self.overrides.append(f"{event.who}: {event.what} ({event.why})")
            case Closed():
                self.time, self.nav = event.time, event.nav

    @property
    def day(self) -> np.datetime64:
        """Date of the close."""
        return np.datetime64(self.time // DAY, "D")

    @property
    def month(self) -> str:
        """Calendar month, ``2020-03``."""
        return str(self.day)[:7]

    @property
    def invested(self) -> Micros:
        """What the bar could earn on: NAV before, with what was paid in."""
        return self.before + self.paid_in

    @property
    def gain(self) -> Micros:
        """Change of NAV that was not paid in."""
        return self.nav - self.invested

    @property
    def portfolio(self) -> Micros:
        """Gain of the portfolio that is hedged."""
        return self.lines.get("", {}).get(PORTFOLIO, self.booked)

    @property
    def hedge(self) -> Micros:
        """All the rest of the gain."""
        return self.gain - self.portfolio

    @property
    def explained(self) -> dict[str, dict[str, Micros]]:
        """What explains the hedge, by line: all parts but the portfolio's."""
        made = {
            line: {part: usd for part, usd in parts.items() if (line, part) != ("", PORTFOLIO)}
            for line, parts in self.lines.items()
        }
        return {line: parts for line, parts in made.items() if parts}

    def share(self, amount: Micros) -> float:
        """Return an amount as a part of what the bar could earn on; 0.0 without that."""
        return amount / self.invested if self.invested > 0 else 0.0


def gather(records: Iterable[Record]) -> tuple[Opened | None, list[LedgerBar]]:
    """Return what opened a run, and its closed bars.

    The chain is checked and the book added up on the way.

    Raises
    ------
    LedgerError
        At the first record that is broken or cannot have happened.

    Examples
    --------
    >>> gather([])
    (None, [])
    """
    standing, bars = Standing(), list[LedgerBar]()
    bar = LedgerBar()
    for record in checked(records):
        event = standing.take(record)
        bar.take(event)
        if isinstance(event, Closed):
            bars.append(bar)
            bar = LedgerBar(before=event.nav)
    return standing.opened, bars
