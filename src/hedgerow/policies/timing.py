"""When to act: days of known events and the hours in which orders are sent (spec H6, H10)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.market import Floats, Market
from hedgerow.core.step import signal
from hedgerow.errors import DataError
from hedgerow.policies.signals import STRICT, Column
from hedgerow.policies.tables import as_tuple

Kinds = Annotated[tuple[Column, ...], Field(min_length=1, max_length=8)]
Minutes = Annotated[int, Field(ge=1, le=390)]

SESSION = 390.0
"""Minutes of a whole session."""
CLOCK = ("minutes_open", "minutes_left", "bar_minutes")
"""Columns of an intraday market: minutes from open to bar's end, to the close, and of a bar."""


@signal
@dataclass(frozen=True, config=STRICT)
class Events:
    """1 where this session, or one of the next, is the day of a known event, else 0 (spec H6).

    The calendar is published ahead, so the column ``event_fomc_in`` (sessions to the next one,
    0 on its day) is known at its row; a meeting called at short notice is in it from its day on.

    Parameters
    ----------
    kinds
        Kinds of events, such as ``fomc``, ``cpi`` and ``ppi``, one calendar each.
    ahead
        Sessions before the event on which it is 1 already.

    Examples
    --------
    >>> days = np.datetime64("2020-01-27", "ns") + np.arange(4) * np.timedelta64(1, "D")
    >>> Events()(Market(days, {"event_fomc_in": [2.0, 1.0, 0.0, 33.0]})).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """

    kinds: Kinds = ("fomc",)
    ahead: Annotated[int, Field(ge=0, le=20)] = 1
    kind: ClassVar[str] = "events"

    @field_validator("kinds", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return as_tuple(value)

    @model_validator(mode="after")
    def _single(self) -> Events:
        if len(set(self.kinds)) < len(self.kinds):
            raise ValueError("kinds: one stands twice")
        return self

    @property
    def name(self) -> str:
        """``events``; other kinds, and other sessions ahead, stand behind it."""
        kinds = "" if self.kinds == ("fomc",) else "".join(f"_{kind}" for kind in self.kinds)
        return f"events{kinds}" + ("" if self.ahead == 1 else f"_{self.ahead}")

    @property
    def lookback(self) -> int:
        """One session."""
        return 1

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN before the first date of a calendar.

        Raises
        ------
        DataError
            If the data have no such calendar, or it ends before their last session.
        """
        soon = np.zeros(len(market))
        for kind in self.kinds:
            away = self._sessions_to(market, kind)
            soon = np.where(np.isnan(away), np.nan, np.maximum(soon, away <= self.ahead))
        return soon

    def _sessions_to(self, market: Market, kind: str) -> Floats:
        field = f"event_{kind}_in"
        if field not in market:
            raise DataError(
                f"the data have no calendar of '{kind}' events",
                where=f"market.{field}",
                mend=f"add a file {kind}_dates.csv with a column date to the data folder",
            )
        away = market[field]
        known = np.flatnonzero(np.isfinite(away))
        if len(known) and known[-1] < len(away) - 1:
            source = market.sources.get(field, "").partition(",")[0]
            raise DataError(
                f"the calendar of '{kind}' events ends on {market.dates[known[-1]]}, "
                f"the data on {market.dates[-1]}",
                where=", ".join(filter(None, (source, f"market.{field}"))),
                mend="add the dates that were published since, or end the run before",
            )
        return away


@signal
@dataclass(frozen=True, config=STRICT)
class ExecutionWindow:
    """1 where an order decided now is filled in a window of the session, else 0 (spec H10).

    An order is filled at the end of the next bar, so it is that time which counts: within the first
    or the last minutes of its session.  The next bar is taken to be as long as the longest so far,
    or as the last session's first.  Daily bars decide and fill at the close, which is always in a
    window.

    Parameters
    ----------
    first
        Minutes from the open.
    last
        Minutes before the close; early closes are known.

    Examples
    --------
    >>> bars = np.datetime64("2024-07-01T13:30", "ns") + np.arange(1, 4) * np.timedelta64(60, "m")
    >>> clock = {"minutes_open": [60.0, 120.0, 330.0], "minutes_left": [330.0, 270.0, 60.0]}
    >>> market = Market(bars, {**clock, "bar_minutes": [60.0] * 3})
    >>> ExecutionWindow()(market).tolist()
    [0.0, 0.0, 1.0]
    """

    first: Minutes = 90
    last: Minutes = 60
    kind: ClassVar[str] = "execution_window"

    @property
    def name(self) -> str:
        """``window``; other minutes stand behind it."""
        return (
            "window" if (self.first, self.last) == (90, 60) else f"window{self.first}_{self.last}"
        )

    @property
    def lookback(self) -> int:
        """One bar."""
        return 1

    @property
    def reach(self) -> int:
        """Bars among which is the first of a session, which may be a short one."""
        return 100

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,).

        Raises
        ------
        DataError
            If the data have some columns of an intraday clock and not all.
        """
        if not any(name in market for name in CLOCK):
            return np.ones(len(market))
        opened, left, bar = (market[name] for name in CLOCK)
        # hourly bars begin with half an hour, and an early close may cut the last one
        whole = np.fmin(np.fmax.accumulate(bar), left)
        first = np.maximum.accumulate(np.where(opened <= bar, np.arange(len(bar)), 0))
        today = left > 0.0
        filled = np.where(today, opened + whole, bar[first])
        # the next session is taken to be a whole one, and of one bar if the last was
        until = np.where(
            today, left - whole, np.where(left[first] > 0.0, SESSION - bar[first], 0.0)
        )
        inside = (filled <= self.first) | (until <= self.last)
        return np.where(np.isfinite(filled + until), inside, np.nan)
