"""The past as a source: each session is read as if it had just ended."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Market
from hedgerow.errors import DataError, RangeError
from hedgerow.live.sources.reading import Reading


class Replay:
    """A stretch of a market, session by session.

    Parameters
    ----------
    market
        All of it.
    start, end
        Dates of the stretch, both included; what lies before warms the signals up.

    Attributes
    ----------
    sessions
        Dates of the stretch, in order.

    Raises
    ------
    RangeError
        If the stretch is empty, or nothing lies before it.

    Examples
    --------
    >>> days = np.array(["2020-02-27", "2020-02-28", "2020-03-02"], dtype="datetime64[D]")
    >>> replay = Replay(Market(days, {"vix": [39.16, 40.11, 33.42]}), "2020-02-28", "2020-03-02")
    >>> len(replay.history()), [str(day) for day in replay.sessions]
    (1, ['2020-02-28', '2020-03-02'])
    >>> replay.read(replay.sessions[1]).values
    {'vix': 33.42}
    """

    def __init__(self, market: Market, start: str, end: str) -> None:
        inside = market.between(start, end)
        self.market, self.sessions = market, tuple(inside.dates)
        self._first = int(np.searchsorted(market.times, inside.times[0]))
        if not self._first:
            raise RangeError(
                "nothing lies before the first session",
                where=f"replay from {start}",
                mend=f"begin after {market.dates[0]}",
            )

    @property
    def name(self) -> str:
        """In words."""
        return f"the replay of {self.sessions[0]} … {self.sessions[-1]}"

    def history(self) -> Market:
        """Return what was known before the first session."""
        return self.market.until(self._first - 1)

    def read(self, session: np.datetime64) -> Reading:
        """Return a session's row.

        Raises
        ------
        DataError
            If it is none of the stretch.
        """
        day = session.astype("datetime64[D]")
        if day not in self.sessions:
            raise DataError(f"it has no session {day}", where=self.name, mend="ask for another")
        row = self._first + self.sessions.index(day)
        return Reading(
            str(day),
            self.name,
            {name: float(column[row]) for name, column in self.market.columns.items()},
            {name: int(codes[row]) for name, codes in self.market.origin.items()},
            past=True,
        )
