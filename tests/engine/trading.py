"""A small program, and the script of a run that is killed: `python trading.py LEDGER SESSIONS`."""

from __future__ import annotations

import sys

import numpy as np

from hedgerow.core.expiry import holidays_around
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Put
from hedgerow.policies.rules import Constant, Linear
from hedgerow.policies.signals import Level

RUN = "demo"


def scheduled(made: Market) -> Market:
    """A market's rows on scheduled sessions only: mixes of futures follow the calendar."""
    closed = np.isin(made.dates, holidays_around(made.dates))
    return Market(
        made.times[~closed], {name: column[~closed] for name, column in made.columns.items()}
    )


def unforeseen(made: Market) -> Market:
    """A market's rows, scheduled or not, without five of the sessions."""
    kept = np.delete(np.arange(len(made)), [20, 41, 42, 77, 100])
    return Market(made.times[kept], {name: column[kept] for name, column in made.columns.items()})


def moving(low: float = 12.0, high: float = 22.0) -> Policy:
    """An intensity that follows the VIX and is traded every session."""
    return Policy([Linear("vix", low=low, high=high)], signals=[Level("vix")], raw=True)


def flat(level: float) -> Policy:
    """The same intensity at every bar."""
    return Policy([Constant(level)], signals=[Level("vix")], raw=True)


def small(low: float = 12.0) -> Program:
    """Puts on listed strikes and VIX futures, whole contracts."""
    return Program(
        [Line("puts", Put(strike_step=5), moving(low)), Line("futures", VixFuture(), moving())],
        name=RUN,
    )


if __name__ == "__main__":
    from synthetic import market

    with open_ledger(sys.argv[1], RUN, writing=True) as ledger:
        print("begun", ledger.head.count, flush=True)
        trade(small(), scheduled(market(int(sys.argv[2]))), ledger=ledger)
        print("done", ledger.head.count, ledger.head.hash, flush=True)
