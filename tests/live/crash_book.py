"""Books for tests: a program traded over real days of the builtin data, with a desk beside it."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import NamedTuple

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.program_text import read
from hedgerow.engine.trade import trade
from hedgerow.live.journal import Journal
from hedgerow.live.sources.reading import Reading
from hedgerow.live.store import Store

RUN = "live"
PROGRAM = """
name = "live"
[budget]
per_year = 0.02
[policies.tail]
signals = [{ kind = "level", column = "vix" }]
steps = [{ kind = "linear", low = 12, high = 22 }, { kind = "bounds" }, { kind = "trigger" }]
[[lines]]
name = "puts"
policy = "tail"
share = 0.7
sleeve = { kind = "put", moneyness = 0.9, tenor = "90d", strike_step = 5 }
[[lines]]
name = "futures"
policy = "tail"
share = 0.3
sleeve = { kind = "vix_future" }
"""


class Desk(NamedTuple):
    """A book, its run and its desk."""

    store: Store
    ledger: Ledger
    journal: Journal
    market: Market


@cache
def builtin() -> Market:
    """The builtin data of some years."""
    return hr.load("builtin", start="2018-01-02", end="2020-04-30")


def reading(market: Market, row: int) -> Reading:
    """What a source would have said of a row."""
    values = {name: float(column[row]) for name, column in market.columns.items()}
    origin = {name: int(codes[row]) for name, codes in market.origin.items()}
    return Reading(str(market.dates[row]), "a test", values, origin)


def begun(
    place: Path, start: str = "2020-02-03", end: str = "2020-04-30", program: str = PROGRAM
) -> Desk:
    """A book whose run has gone from one session to another, in one file."""
    market = builtin()
    first, last = market.index_of(start), market.index_of(end)
    store = Store(place)
    store.begin(RUN, program, "", market.until(first - 1), 0)
    for row in range(first, last + 1):
        store.accept(RUN, reading(market, row), 0)
    ledger = open_ledger(place, RUN, writing=True)
    grow(ledger, start, end, program)
    ledger.close()
    return Desk(store, open_ledger(place, RUN), Journal(place, RUN, lambda: 10**18), market)


def grow(ledger: Ledger, start: str, end: str, program: str = PROGRAM) -> None:
    """Let a run go on to a session."""
    trade(read(program), builtin(), start=start, end=end, ledger=ledger, version="test")


def copied(place: Path, folder: Path) -> Desk:
    """A copy of a book, open."""
    twin = folder / "book.db"
    shutil.copy(place, twin)
    journal = Journal(twin, RUN, lambda: 10**18)
    return Desk(Store(twin), open_ledger(twin, RUN), journal, builtin())
