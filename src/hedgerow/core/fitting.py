"""What a signal that is fitted to the past says of its fits: when, on which rows, to what.

A fitted signal is causal like any other: at each session of a schedule it is fitted to what was
known by then, and predicts with those parameters until the next.  The schedule hangs on the
calendar and on the first row alone, so cutting the future off changes no fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import Signal

Every = Literal["year", "half", "quarter", "month", "never"]

_MONTHS: Mapping[str, int] = {"year": 12, "half": 6, "quarter": 3, "month": 1}


class Fit(NamedTuple):
    """One fit: parameters, and the rows that they were made from."""

    row: int
    """Row of the session at whose close it was made; it is in force from that row on."""
    date: str
    """That session, ``YYYY-MM-DD``."""
    start: str
    """First session of the window that was fitted to."""
    end: str
    """Last one, at most ``date``."""
    rows: int
    """Number of observations."""
    parameters: Mapping[str, float]
    """What was found, by name."""

    def as_dict(self) -> dict[str, object]:
        """Return the fit as plain values."""
        return {**self._asdict(), "parameters": dict(self.parameters)}


@runtime_checkable
class Fitted(Signal, Protocol):
    """A signal that is fitted to the past on a schedule."""

    def fits(self, market: Market) -> tuple[Fit, ...]:
        """Return every fit made on this market, oldest first."""


def refits(
    dates: NDArray[np.datetime64], every: Every, least: int, first: int = 0
) -> NDArray[np.int64]:
    """Return the rows at which a fit is made: the first possible one, then one a period.

    Parameters
    ----------
    dates
        Sessions, ``datetime64[D]``, **shape** (T,).
    every
        Calendar period whose first session brings a new fit; ``never``: only the first fit.
    least
        Rows that a fit needs at least.
    first
        First row with everything that is looked at.

    Examples
    --------
    >>> days = np.arange(np.datetime64("2020-01-01"), np.datetime64("2021-02-01"))
    >>> [str(days[row]) for row in refits(days, "half", least=100)]
    ['2020-04-09', '2020-07-01', '2021-01-01']
    >>> refits(days, "never", least=100).tolist()
    [99]
    """
    begins = first + least - 1
    if begins >= len(dates):
        return np.zeros(0, dtype=np.int64)
    if every == "never":
        return np.array([begins])
    months = dates.astype("datetime64[M]").astype(np.int64) // _MONTHS[every]
    turns = np.flatnonzero(np.diff(months)) + 1
    return np.concatenate([[begins], turns[turns > begins]])


Fits = Mapping[str, tuple[Fit, ...]]
"""Fits of the signals that are fitted to the past, by the signal's name, oldest first."""


def fits_of(policy: Policy, market: Market) -> Fits:
    """Return the fits of a policy's signals on a market; none for signals that are not fitted."""
    return {
        signal.name: signal.fits(market) for signal in policy.signals if isinstance(signal, Fitted)
    }


def in_force(fits: tuple[Fit, ...], row: int) -> Fit | None:
    """Return the fit with which row ``row`` is predicted, None before the first."""
    made = [fit for fit in fits if fit.row <= row]
    return made[-1] if made else None
