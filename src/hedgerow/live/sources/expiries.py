"""Which VIX futures are listed on a session."""

from __future__ import annotations

import numpy as np

from hedgerow.core.expiry import vix_settlement
from hedgerow.core.futures import COLUMNS


def expiries(session: np.datetime64) -> dict[str, int]:
    """Return the settlement days of the monthly VIX futures, days since 1970-01-01, by column.

    A contract settles at the open, so on its own settlement date it has left.

    Examples
    --------
    >>> str(np.datetime64(expiries(np.datetime64("2020-03-18"))["vx1"], "D"))
    '2020-04-15'
    """
    month = session.astype("datetime64[M]")
    days = vix_settlement(month + np.arange(len(COLUMNS) + 2))
    ahead = days[days > session.astype("datetime64[D]")][: len(COLUMNS)]
    return {name: int(day) for name, day in zip(COLUMNS, ahead.astype("int64"), strict=True)}
