"""Signals that are fitted to the past on a schedule: what they share (spec A9, A12, A14)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.fitting import Every, Fit, refits
from hedgerow.core.market import Floats, Market
from hedgerow.errors import DataError
from hedgerow.policies.signals import STRICT

Sessions = Annotated[int, Field(ge=60, le=25_200)]


def _known(rows: Floats) -> NDArray[np.bool_]:
    """Return whether all is known that is looked at, row by row, **shape** (T,)."""
    return np.asarray(np.isfinite(rows).all(axis=1))


class _Stretch(NamedTuple):
    """One fit and the rows that it is about."""

    fit: Fit
    first: int
    """First row of its window."""
    end: int
    """Row of the next fit, or of the end."""


@dataclass(frozen=True, config=STRICT, kw_only=True)
class Scheduled(ABC):
    """A signal's schedule: how often it is fitted, to how much of the past, and from when on.

    Parameters
    ----------
    every
        ``year``, ``half``, ``quarter`` or ``month``: the first session of each brings a new fit.
        ``never``: the first fit stays.
    window
        Sessions fitted to; None for all the past.
    least
        Sessions that the first fit needs.
    """

    every: Every = "year"
    window: Sessions | None = None
    least: Sessions = 1260

    @model_validator(mode="after")
    def _enough(self) -> Scheduled:
        if self.window is not None and self.window < self.least:
            raise ValueError("window must not be shorter than least")
        return self

    @property
    @abstractmethod
    def name(self) -> str:
        """Name by which steps refer to the signal."""

    @property
    def warmth(self) -> int:
        """Sessions before the first with everything that is looked at."""
        return 0

    @property
    def late(self) -> int:
        """Sessions until it is known what followed a row."""
        return 0

    @property
    def lookback(self) -> int:
        """``least`` sessions, and those that warm the inputs up."""
        return self.warmth + self.least

    @property
    def reach(self) -> int:
        """Sessions from the first that an input looks at to the last that an outcome does."""
        return self.warmth + self.late + 1

    @abstractmethod
    def seen(self, market: Market) -> Floats:
        """Return what is looked at, **shape** (T, k), row t made from rows 0 … t."""

    def used(self, rows: Floats) -> NDArray[np.bool_]:
        """Say which rows of a window a fit is made from, **shape** (n,)."""
        return _known(rows)

    @abstractmethod
    def estimate(self, rows: Floats) -> Mapping[str, float]:
        """Return the parameters fitted to a window of :meth:`seen`, **shape** (n, k)."""

    @abstractmethod
    def predict(self, rows: Floats, parameters: Mapping[str, float]) -> Floats:
        """Return the signal for rows from the window's first on, **shape** (n,)."""

    def fits(self, market: Market) -> tuple[Fit, ...]:
        """Return every fit made on this market, oldest first."""
        return tuple(stretch.fit for stretch in self._stretches(market, self.seen(market)))

    def refit(self, market: Market) -> Fit | None:
        """Return the fit that the last session would make off schedule, None before the first."""
        rows = self.seen(market)
        known, row = _known(rows), len(market) - 1
        begins = int(np.argmax(known)) if known.any() else row
        if row + 1 - begins < self.least:
            return None
        return self._stretch(market, rows, begins, row, row + 1).fit

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,), NaN before the first fit."""
        return self.made(market, self.predict)

    def made(self, market: Market, make: Callable[[Floats, Mapping[str, float]], Floats]) -> Floats:
        """Return what ``make`` makes of rows and the parameters in force, **shape** (T,)."""
        rows = self.seen(market)
        out = np.full(len(market), np.nan)
        for fit, first, end in self._stretches(market, rows):
            made = make(rows[first:end], fit.parameters)
            out[fit.row : end] = made[fit.row - first :]
        return np.where(_known(rows), out, np.nan)

    def _stretches(self, market: Market, rows: Floats) -> Iterator[_Stretch]:
        known = _known(rows)
        if not known.any():
            return
        begins = int(np.argmax(known))
        at = refits(market.dates, self.every, self.least, begins).tolist()
        for row, end in pairwise([*at, len(market)]):
            yield self._stretch(market, rows, begins, row, end)

    def _stretch(self, market: Market, rows: Floats, begins: int, row: int, end: int) -> _Stretch:
        first = begins if self.window is None else max(begins, row + 1 - self.window)
        try:
            parameters = self.estimate(rows[first : row + 1])
        except DataError as error:
            where = f"{self.name}, fitted at {market.dates[row]}"
            raise DataError(error.what, where=where, mend=error.mend) from None
        last = row - self.late
        fit = Fit(
            row,
            str(market.dates[row]),
            str(market.dates[first]),
            str(market.dates[last]),
            int(self.used(rows[first : row + 1]).sum()),
            parameters,
        )
        return _Stretch(fit, first, end)
