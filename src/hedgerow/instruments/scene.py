"""What a sleeve sees of a market: clean columns, each row known at its own bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.ensemble import Ensemble
from hedgerow.core.market import Market
from hedgerow.errors import SleeveError, nearest
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.surface import PATIENCE, Surface

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

SPOT = "spx"
"""Market column of the index that options and variance swaps are written on."""

RATE = 0.03
"""Interest rate a year assumed where the data have no ``rate``: the mean of 1990–2022."""

DIVIDEND_YIELD = 0.018
"""Dividend yield a year assumed where the data have no ``dividend_yield``."""

TRAILING, LEAST = 252, 21
"""Sessions over which realised volatilities are compared, and the fewest that say anything."""


class Index(NamedTuple):
    """An index that options and variance swaps are written on."""

    symbol: str
    """Of one unit of it, and what its contracts are written on."""
    vol: str
    """Market column of its volatility index."""
    dividend: str
    """Market column of its dividend yield."""
    assumed: float
    """Dividend yield a year where the data have none, decimal."""


INDEXES = {
    SPOT: Index("SPX", "vix", "dividend_yield", DIVIDEND_YIELD),
    "ndx": Index("NDX", "vxn", "ndx_dividend_yield", 0.008),
    "rut": Index("RUT", "rvx", "rut_dividend_yield", 0.013),
}
"""Market column of each index to what belongs to it; B8."""


def check_index(value: Any) -> None:
    """Refuse what is not the name of an index."""
    if not isinstance(value, str) or value not in INDEXES:
        raise SleeveError(
            f"{value!r} is not an index", where="index", mend=nearest(str(value), INDEXES)
        )


def index_of(sleeve: object) -> str:
    """Return the market column of the index that a sleeve is written on."""
    return str(getattr(sleeve, "index", SPOT))


def missing_index(index: str) -> SleeveError:
    """Return the error of a sleeve on an index that the data lack."""
    return SleeveError(
        f"the data have no column '{index}'",
        where=f"market.{index}",
        mend=f"add {INDEXES[index].symbol}.csv with Date and Close to the data folder, or use "
        "index = 'spx'",
    )


def told_index(index: str) -> str:
    """Return an index for a sleeve's name: nothing for the S&P 500."""
    return "" if index == SPOT else index


@dataclass(frozen=True)
class Scene:
    """Columns for pricing, **shape** (T,), without holes.

    Parameters
    ----------
    days
        Days since 1970-01-01.
    spot, vix
        Points.
    rate, dividend
        Decimal a year.
    surface
        Implied volatilities of the index.
    notes
        What was assumed, for the strip's notes.
    index
        Whose ``spot``, ``dividend`` and ``surface`` these are; ``vix`` is always VIX.
    paths
        Of so many interleaved ones, bar t of path p is row ``t·paths + p``.
    """

    days: Days
    spot: Floats
    vix: Floats
    rate: Floats
    dividend: Floats
    surface: Surface
    notes: Mapping[str, Any]
    index: Index = INDEXES[SPOT]
    paths: int = 1

    @classmethod
    def of(cls, market: Market, index: str = SPOT) -> Scene:
        """Read a market; a hole is filled with the last known value, never a later one.

        Parameters
        ----------
        market
            Needs ``vix`` and the index; uses what there is of its volatility index.
        index
            ``spx``, ``ndx`` or ``rut``.

        Raises
        ------
        SleeveError
            If the index or VIX is unknown at the first bar, or there are no bars.

        Notes
        -----
        The surface of another index than the S&P 500 is that one's, its term structure times
        the ratio of the two volatility indices and its smile as it is.  Where the volatility index
        is missing, it is VIX times the ratio of the realised volatilities of up to `TRAILING`
        sessions; ``notes`` give the share of such bars.
        """
        if not len(market):
            raise SleeveError("the market has no bars", where="market")
        meant = INDEXES[index]
        if index != SPOT and index not in market:
            raise missing_index(index)
        spot, stale_spot = _level(market, index)
        vix, stale_vix = _level(market, "vix")
        rate, assumed_rate = _yearly(market, "rate", RATE)
        dividend, assumed_dividend = _yearly(market, meant.dividend, meant.assumed)
        notes: dict[str, Any] = {}
        columns = {**market.columns, "vix": vix}
        if index != SPOT:
            vol, modelled = _vol(market, meant.vol, vix, spot)
            for name in _TERM.intersection(columns):
                columns[name] = columns[name] * (vol / vix)
            columns["vix"] = vol
            notes = {"index": index, f"modelled_{meant.vol}_share": float(np.mean(modelled))}
        surface = Surface.of(columns)
        notes |= _told(surface)
        for label, count in (
            ("bars_with_stale_index", stale_spot),
            ("bars_with_stale_vix", stale_vix),
            ("bars_with_assumed_rate", assumed_rate),
            ("bars_with_assumed_dividend", assumed_dividend),
        ):
            if count:
                notes[label] = count
        days = market.dates.astype(np.int64)
        return cls(days, spot, vix, rate, dividend, surface, notes, meant)

    @classmethod
    def of_paths(cls, ensemble: Ensemble) -> Scene | None:
        """Read the paths of an ensemble, interleaved; None where `of` would have holes to fill.

        Row by row it is what `of` reads of each path alone.
        """
        needed = ("spx", "vix", "rate", "dividend_yield")
        columns = {name: values.ravel() for name, values in ensemble.columns.items()}
        if any(name not in columns or not _sound(columns[name]) for name in needed):
            return None
        if min(columns["spx"].min(), columns["vix"].min()) <= 0.0:
            return None
        for name in (*_TERM, "skew", "vvix"):
            known = columns.get(name, np.zeros(0)) > 0.0
            if known.any() and not known.all():
                return None
        surface = Surface.of(columns)
        days = np.repeat(ensemble.dates.astype(np.int64), ensemble.paths)
        spot, vix, rate, dividend = (columns[name] for name in needed)
        told = _told(surface)
        return cls(days, spot, vix, rate, dividend, surface, told, paths=ensemble.paths)

    def forward(self, years: Floats, rows: Any = slice(None)) -> Floats:
        """Return the index forward to ``years`` ahead, points, one per row."""
        growth = (self.rate[rows] - self.dividend[rows]) * years
        return np.asarray(self.spot[rows] * np.exp(growth))

    def financing(self, open_price: Floats, multiplier: float) -> Floats:
        """Return USD per contract paid over (t-1, t] on the price tied up, 0 at bar 0."""
        paid, back = np.zeros(len(self.days)), -self.paths
        paid[-back:] = open_price[:back] * multiplier * self.rate[:back] * self._spans
        return paid

    def dividends(self) -> Floats:
        """Return points that one unit of the index pays over (t-1, t], 0 at bar 0."""
        paid, back = np.zeros(len(self.days)), -self.paths
        paid[-back:] = self.spot[:back] * self.dividend[:back] * self._spans
        return paid

    @property
    def _spans(self) -> Floats:
        """Years from bar to bar, **shape** (T-1,)."""
        return np.asarray((self.days[self.paths :] - self.days[: -self.paths]) / DAYS_PER_YEAR)


_TERM = frozenset({"vix9d", "vix3m", "vix6m"})


def _told(surface: Surface) -> dict[str, Any]:
    return {
        "surface": "smile of SKEW on VIX-family fair variance, a model",
        "smile": asdict(surface.smile),
        "steepness": asdict(surface.steepness),
        "beyond": asdict(surface.beyond),
    }


def _sound(column: Floats) -> bool:
    return bool(np.isfinite(column).all())


def bridged(
    given: Floats, modelled: NDArray[np.bool_], model: Floats, patience: int = PATIENCE
) -> Floats:
    """Return a column whose holes are the model, short ones at the last ratio to it.

    Parameters
    ----------
    given
        Values, the model's where ``modelled``, **shape** (T,).
    modelled
        Where nothing was published, **shape** (T,).
    model
        The model at every bar, **shape** (T,).
    patience
        Sessions that the last ratio is kept for.

    Examples
    --------
    >>> hole = np.array([False, True, True])
    >>> bridged(np.array([12.0, 10.0, 10.0]), hole, np.array([10.0, 10.0, 10.0]), 1).tolist()
    [12.0, 12.0, 10.0]
    """
    if modelled.all() or not modelled.any():
        return given
    index = np.arange(len(model))
    last = np.maximum.accumulate(np.where(modelled, -1, index))
    near = modelled & (last >= 0) & (index - last <= patience)
    ratio = given[np.maximum(last, 0)] / model[np.maximum(last, 0)]
    return np.asarray(np.where(near, model * ratio, given))


def _vol(market: Market, name: str, vix: Floats, spot: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return an index's volatility index, points, and where it is a model."""
    model = vix * _relative(spot, _level(market, SPOT)[0])
    given = market[name] if name in market else np.full(len(market), np.nan)
    modelled = ~(given > 0.0)
    return bridged(np.where(modelled, model, given), modelled, model), modelled


def _relative(spot: Floats, base: Floats) -> Floats:
    """Return the ratio of realised volatilities up to each bar, 1 before `LEAST` returns."""
    bars = np.arange(len(spot))
    early = np.maximum(bars - TRAILING, 0)

    def squares(values: Floats) -> Floats:
        total = np.cumsum(np.diff(np.log(values), prepend=np.log(values[0])) ** 2)
        return np.asarray(total - total[early])

    own, theirs = squares(spot), squares(base)
    told = (bars >= LEAST) & (own > 0.0) & (theirs > 0.0)
    return np.asarray(np.sqrt(np.where(told, own, 1.0) / np.where(told, theirs, 1.0)))


def _level(market: Market, name: str) -> tuple[Floats, int]:
    values = market[name]
    known = np.isfinite(values) & (values > 0.0)
    if not bool(known[0]):
        first = int(np.argmax(known)) if bool(known.any()) else -1
        raise SleeveError(
            f"'{name}' is unknown at the first bar, {market.dates[0]}",
            where=f"market.{name}",
            mend=f"start at {market.dates[first]} or later" if first >= 0 else "supply the column",
        )
    return _held(values, known), int(np.sum(~known))


def _yearly(market: Market, name: str, constant: float) -> tuple[Floats, int]:
    if name not in market:
        return np.full(len(market), constant), len(market)
    values = market[name]
    known = np.isfinite(values)
    filled = _held(values, known)
    unknown = ~np.isfinite(filled)
    return np.where(unknown, constant, filled), int(np.sum(unknown))


def _held(values: Floats, known: NDArray[np.bool_]) -> Floats:
    # The last known value; NaN before the first one.
    if bool(known.all()):
        return values
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.asarray(np.where(last >= 0, values[np.maximum(last, 0)], np.nan))
