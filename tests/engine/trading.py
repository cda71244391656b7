"""A small program, and the script of a run that is killed again and again.

``python trading.py LEDGER SESSIONS KILLS`` says of every kill how many records there were then.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from hedgerow.core.expiry import holidays_around
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.engine.ledger.chain import Head
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.errors import LedgerError
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Put
from hedgerow.policies.rules import Constant, Linear
from hedgerow.policies.signals import Level
from synthetic import market

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


def play(place: str, data: Market, told: int) -> None:
    """Begin the run or continue it; write a byte for every bar that is stored."""
    with _opened(place) as ledger:
        append = ledger.append

        def telling(events: Sequence[Event]) -> Head:
            head = append(events)
            os.write(told, b".")
            return head

        ledger.append = telling  # type: ignore[method-assign]  # the engine calls it so
        trade(small(), data, ledger=ledger)


def _opened(place: str) -> Ledger:
    """A server takes a moment to see that the writer before was killed."""
    for _ in range(100):
        try:
            return open_ledger(place, RUN, writing=True)
        except LedgerError as error:
            if "another process is writing" not in str(error):
                raise
            time.sleep(0.05)
    raise TimeoutError(place)


def killed(place: str, data: Market, dice: random.Random, bars: int) -> bool:
    """Let a child play, and kill it: in its start, or after some bars and in the midst of one.

    False where it was faster.
    """
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        os.close(heard)
        play(place, data, told)
        os._exit(0)
    os.close(told)
    if dice.random() < 0.2:
        time.sleep(dice.uniform(0.0, 0.02))
    else:
        for _ in range(dice.randint(1, bars)):
            os.read(heard, 1)
        time.sleep(dice.uniform(0.0, 0.004))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(heard)
    return os.WIFSIGNALED(status)


def main(place: str, sessions: int, kills: int) -> None:
    data, dice = scheduled(market(sessions)), random.Random(kills)
    for _ in range(kills):
        if not killed(place, data, dice, max(len(data) // kills, 2)):
            break
        with suppress(LedgerError), open_ledger(place, RUN) as ledger:
            print(ledger.head.count, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
