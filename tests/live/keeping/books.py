"""A small book: a program on a made-up market, some sessions in, with a desk beside it."""

from __future__ import annotations

from pathlib import Path

from engine.trading import scheduled
from hedgerow.core.market import Market
from hedgerow.engine.ledger.chain import Head
from hedgerow.engine.ledger.desk_events import Acted, Halted, Received
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.program_text import read
from hedgerow.engine.trade import trade
from hedgerow.live.journal import Journal
from hedgerow.live.sources.reading import Reading
from hedgerow.live.store import Store
from synthetic import market

RUN = "live"
WARM = 30
"""Rows before the run's first session."""
PROGRAM = """
name = "live"
[policies.tail]
signals = [{ kind = "level", column = "vix" }]
steps = [{ kind = "linear", low = 12, high = 22 }]
[[lines]]
name = "puts"
policy = "tail"
sleeve = { kind = "put", moneyness = 0.9, tenor = "90d", strike_step = 5 }
"""


def whole() -> Market:
    return scheduled(market(60))


def begin(place: Path | str, sessions: int) -> Store:
    """A book whose run is some sessions old, with words of its desk."""
    store = Store(place)
    store.begin(RUN, PROGRAM, "limits.contracts = 50.0\n", whole().until(WARM - 1), 5)
    go_on(place, sessions)
    Journal(place, RUN, lambda: 10**18).write(
        lambda _: [
            Received(10**18, "2030-01-02", "a test", "refused", "d", ("VIX is missing",)),
            Halted(10**18, "ann", "a test"),
            Acted(10**18, "ann", "policy saved", {"name": "tail", "parts": [1, 2.5, None]}),
        ]
    )
    return store


def go_on(place: Path | str, sessions: int) -> Head:
    """Let the run go on until it is so many sessions old, from what its book holds."""
    store, market = Store(place), whole()
    for row in range(WARM + len(store.sessions(RUN)), WARM + sessions):
        values = {name: float(column[row]) for name, column in market.columns.items()}
        origin = {name: int(codes[row]) for name, codes in market.origin.items()}
        store.accept(RUN, Reading(str(market.dates[row]), "a test", values, origin), row)
    seen = store.market(RUN)
    with open_ledger(place, RUN, writing=True) as ledger:
        trade(read(PROGRAM), seen, start=str(market.dates[WARM]), ledger=ledger, version="test")
        return ledger.head
