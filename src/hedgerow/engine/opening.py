"""The first event of a run: all that made it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hedgerow.engine.feed import History
from hedgerow.engine.ledger.events import Opened
from hedgerow.engine.program import Program
from hedgerow.engine.program_text import to_table
from hedgerow.engine.run import text_of


def opened(program: Program, feed: History, run: str, version: str) -> Opened:
    """Return the event that opens a run.

    Parameters
    ----------
    program, feed
        What trades, and on what.
    run
        Name of the run.
    version
        Of Hedgerow.

    Notes
    -----
    ``data`` is the hash of the history before the first bar; every bar's slice has its own, so
    that a run can go on when there are more data.
    """
    facts: dict[str, Any] = to_table(program)
    text = json.dumps(facts, sort_keys=True, default=str)
    return Opened(
        int(feed.market.times[feed.first].astype("int64")),
        run,
        version,
        {line.name: text_of(line.policy) for line in program.lines},
        feed.market.until(feed.first).digest(),
        hashlib.sha256(text.encode()).hexdigest(),
        facts,
    )
