"""What sources of quotes have in common: they know a session, and neither the past nor events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from hedgerow.core.market import Market
from hedgerow.data import load
from hedgerow.errors import DataError
from hedgerow.live.clock import Clock
from hedgerow.live.hours import refuse_open
from hedgerow.live.sources.calendars import events_on
from hedgerow.live.sources.reading import Reading

FIRST = ("spx", "vix")
"""Without these there is no session; other columns are left out where they lack."""
USUAL = (*FIRST, "vix9d", "vix3m", "vix6m", "vvix")
"""What is asked for whatever the program needs."""


class Quotes(ABC):
    """A place that quotes; history and calendars of events come from a data source.

    Parameters
    ----------
    name
        In words, without secrets.
    clock
        What time it is.
    history
        Data source for what was before the run.
    columns
        What the program needs.
    known
        Columns that the place can quote.
    """

    def __init__(
        self, name: str, clock: Clock, history: str, columns: Iterable[str], known: Iterable[str]
    ) -> None:
        self.name = name
        self._clock, self._history = clock, history
        asked = {*USUAL, *columns}
        self._columns: Sequence[str] = [column for column in known if column in asked]

    def history(self) -> Market:
        """Return what the data source of the history has.

        Raises
        ------
        HedgerowError
            If there is none.
        """
        return load(self._history).market

    def read(self, session: np.datetime64) -> Reading:
        """Return the closing values of a session.

        Raises
        ------
        DataError
            If the place is down, sends garbage, or has not the session's S&P 500 and VIX (yet).
        MissingExtraError
            If a package that it needs is not installed.
        """
        refuse_open(session, self._clock(), self.name)
        found = self._quoted(session)
        events: Mapping[str, float] = {}
        try:
            events = events_on(self._history, session)
        except (DataError, OSError) as error:
            words = f"calendars of events are left out: {getattr(error, 'what', error)}"
            found = replace(found, findings=(*found.findings, words))
        return replace(found, values={**events, **found.values})

    @abstractmethod
    def _quoted(self, session: np.datetime64) -> Reading:
        """Return what the place quotes of a session that has ended."""
