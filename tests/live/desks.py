"""Desks that replay the crisis of 2020 on the builtin data, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from hedgerow import Put, __version__, api, trade
from hedgerow.core.market import Market
from hedgerow.engine.ledger.chain import Record
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.program import Line, Program
from hedgerow.engine.rulebook import rulebook
from hedgerow.live.beginning import Asked, assembled
from hedgerow.live.clock import Hand
from hedgerow.live.hours import hours_from
from hedgerow.live.session import Cycle, Stepped
from hedgerow.live.sources.replay import Replay

START, END = "2020-02-03", "2020-04-30"
MINUTE = 60 * 10**9
FREE = """
[approval]
required = false
[limits]
contracts = "off"
notional = "off"
day_notional = "off"
daily_loss = "off"
"""
"""Nobody has to approve, and no limit binds, as in a backtest."""
ASKED = FREE.replace("required = false", "required = true")


@cache
def market() -> Market:
    return api.load("builtin", start="2019-01-02", end=END)


def option_a() -> Program:
    return rulebook("option-a").program


def two_lines() -> Program:
    line = option_a().lines[0]
    far = Line("far", Put(tenor="6m"), line.policy, share=0.4)
    return Program([line, far], name="near-far", budget=0.02)


_OPEN: list[Desk] = []


def leave_all() -> None:
    """Let go of every book that a test has opened."""
    while _OPEN:
        _OPEN.pop().leave()


@dataclass
class Desk:
    """One process at work on a book, with a clock that is set."""

    cycle: Cycle
    clock: Hand
    source: Replay

    @classmethod
    def at(
        cls,
        place: Path,
        program: Program | None = None,
        settings: str = FREE,
        *,
        start: str = START,
        end: str = END,
    ) -> Desk:
        clock, replay = Hand(), Replay(market(), start, end)
        asked = Asked.of(program or option_a())
        terms = {"settings": settings, "version": __version__}
        made = assembled(place, "live", asked, replay=replay, clock=clock, **terms)
        _OPEN.append(cls(made, clock, replay))
        return _OPEN[-1]

    def close(self, day: np.datetime64) -> Stepped:
        """Let a session close, and decide."""
        self.clock.now = hours_from(str(day)).close + 20 * MINUTE
        return self.cycle.step(day)

    def open(self, day: np.datetime64) -> None:
        """Let the session after a day open, and send."""
        self.clock.now = hours_from(str(day + 1)).opening + MINUTE
        self.cycle.tend()

    def run(self) -> list[Stepped]:
        made = []
        for day in self.source.sessions:
            made.append(self.close(day))
            self.open(day)
        return made

    def leave(self) -> None:
        self.cycle.close()
        self.cycle.journal.close()


def backtest(folder: Path, program: Program, start: str = START, end: str = END) -> list[Record]:
    """Return the ledger of the same run, made at once."""
    place = folder / "backtest.db"
    trade(program, market(), start=start, end=end, ledger=place, run="live")
    return records(place)


def records(place: Path, run: str = "live") -> list[Record]:
    with open_ledger(place, run) as ledger:
        return list(ledger.read())
