"""The market as known at each time: read-only columns, looked at backwards only."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from hedgerow.errors import DataError, RangeError

Floats = NDArray[np.float64]

_DATE = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]")


class Origin(IntEnum):
    """Where a value came from; carried for every cell so that reports can say it."""

    MEASURED = 0
    """Published by the vendor for that date."""
    REPAIRED = 1
    """Published, found bad by a named quality rule, and mended."""
    MODELLED = 2
    """Computed by a model of ours because nothing was published."""
    ASSUMED = 3
    """A documented constant."""
    MISSING = 4
    """Nothing known: the value is NaN."""


def _frozen(values: Any, dtype: str) -> NDArray[Any]:
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


Day: TypeAlias = str | dt.date | np.datetime64
"""A date: ``YYYY-MM-DD``, or a date of Python, NumPy or pandas, whose time of day is left out."""


def session_date(text: Day, where: str) -> np.datetime64:
    """Read a date written ``YYYY-MM-DD`` and no other way, or take one that is a date.

    Raises
    ------
    RangeError
        If it is written otherwise or there is no such day.

    Examples
    --------
    >>> str(session_date("2020-03-09", "--from"))
    '2020-03-09'
    >>> str(session_date(dt.datetime(2020, 3, 9, 16), "start"))
    '2020-03-09'
    """
    if isinstance(text, dt.date):  # datetimes and pandas' timestamps are dates too
        text = str(text)[:10]
    elif isinstance(text, np.datetime64):
        text = str(text.astype("datetime64[D]"))
    try:
        if not (isinstance(text, str) and _DATE.fullmatch(text)):
            raise ValueError
        return np.datetime64(text, "D")
    except ValueError:
        raise RangeError(f"'{text}' is not a date", where=where, mend="write YYYY-MM-DD") from None


@dataclass(frozen=True)
class Market:
    """Read-only columns, one row per bar, oldest first; a bar is a session or a part of one.

    Parameters
    ----------
    times
        Session labels, ``datetime64[ns]``, strictly increasing, **shape** (T,): daily bars
        at midnight, intraday bars at their ends in UTC, on whose day a session lies whole.
    columns
        Name to float64 column of **shape** (T,).  VIX-like indices and VIX futures
        in points, rates and yields as decimals a year, prices in index points; NaN
        where nothing is known.
    origin
        Name to int8 column of :class:`Origin` codes, **shape** (T,).  A column left
        out counts as measured where finite and missing where NaN.
    sources
        Name to one sentence saying where the column came from.
    findings
        What quality rules found in the files and did about it, as plain values.

    Raises
    ------
    DataError
        If times are not strictly increasing or a column has the wrong length.

    Examples
    --------
    >>> days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
    >>> market = Market(days, {"vix": [12.5, 14.0]})
    >>> market.until(0)["vix"].tolist()
    [12.5]
    """

    times: NDArray[np.datetime64]
    columns: Mapping[str, Floats]
    origin: Mapping[str, NDArray[np.int8]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        times = _frozen(self.times, "datetime64[ns]")
        if times.ndim != 1:
            raise DataError("times must be one-dimensional", where="market.times")
        if len(times) > 1 and not bool(np.all(times[1:] > times[:-1])):
            raise DataError(
                "dates are not strictly increasing",
                where="market.times",
                mend="sort the rows and drop the duplicates",
            )
        columns: dict[str, Floats] = {}
        origin: dict[str, NDArray[np.int8]] = {}
        for name, values in self.columns.items():
            column = _frozen(values, "float64")
            if column.shape != times.shape:
                raise DataError(
                    f"column has shape {column.shape}, the dates have {times.shape}",
                    where=f"market.{name}",
                )
            columns[name] = column
            codes = self.origin.get(name)
            if codes is None:
                codes = np.where(np.isfinite(column), Origin.MEASURED, Origin.MISSING)
            origin[name] = _frozen(codes, "int8")
            if origin[name].shape != times.shape:
                raise DataError("origin has another length", where=f"market.{name}")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "columns", MappingProxyType(columns))
        object.__setattr__(self, "origin", MappingProxyType(origin))
        object.__setattr__(self, "sources", MappingProxyType(dict(self.sources)))

    def __reduce__(self) -> tuple[Any, ...]:
        # a view of a mapping cannot be pickled, and clusters send markets to their workers
        told = (dict(self.columns), dict(self.origin), dict(self.sources), self.findings)
        return Market, (self.times, *told)

    def __len__(self) -> int:
        return len(self.times)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[Market]:
        """Each prefix of history in turn: the whole of what a live feed would show."""
        return (self.until(t) for t in range(len(self)))

    def __getitem__(self, name: str) -> Floats:
        """Return the column ``name``, **shape** (T,); a missing column is an error."""
        try:
            return self.columns[name]
        except KeyError:
            have = ", ".join(sorted(self.columns))
            raise DataError(
                f"the data have no column '{name}'",
                where=f"market.{name}",
                mend=f"load data that have it, or use one of: {have}",
            ) from None

    def has(self, name: str) -> bool:
        """Say whether the column exists and holds at least one finite value."""
        return name in self.columns and bool(np.isfinite(self.columns[name]).any())

    def lost(self, name: str) -> str:
        """Return in words what the loader dropped of a column's file; empty where nothing."""
        made_of = self.sources.get(name, "")
        return "; ".join(
            f"{found['file']}, column {found['column']}: {found['sentence']}"
            for found in self.findings
            if found["action"] == "dropped"
            and (found["column"] == name or (found["file"] and made_of.startswith(found["file"])))
        )

    def until(self, t: int) -> Market:
        """Return what was known at the close of bar ``t``: rows 0 … t."""
        return self._rows(slice(0, t + 1))

    def between(self, start: Day | None, end: Day | None) -> Market:
        """Return the rows dated ``start`` … ``end``, both included.

        Raises
        ------
        RangeError
            If the dates are unreadable, reversed, or leave no row.
        """
        first, last = (str(self.dates[0]), str(self.dates[-1])) if len(self) else ("", "")
        low = session_date(start, "start") if start is not None else None
        high = session_date(end, "end") if end is not None else None
        if low is not None and high is not None and high < low:
            raise RangeError(
                f"the end {high} lies before the start {low}",
                where="end",
                mend="swap start and end",
            )
        keep = np.ones(len(self), dtype=bool)
        if low is not None:
            keep &= self.dates >= low
        if high is not None:
            keep &= self.dates <= high
        if not keep.any():
            raise RangeError(
                f"no data between {low or first} and {high or last}",
                where="start, end",
                mend=f"choose dates inside {first} … {last}",
            )
        index = np.flatnonzero(keep)
        return self._rows(slice(int(index[0]), int(index[-1]) + 1))

    def with_columns(
        self,
        columns: Mapping[str, Any],
        origin: Mapping[str, Any] | None = None,
        sources: Mapping[str, str] | None = None,
    ) -> Market:
        """Return a copy with ``columns`` added or replaced."""
        kept = {name: codes for name, codes in self.origin.items() if name not in columns}
        return Market(
            self.times,
            {**self.columns, **columns},
            {**kept, **(origin or {})},
            {**self.sources, **(sources or {})},
            self.findings,
        )

    def _rows(self, rows: slice) -> Market:
        # Slices of frozen arrays stay frozen, so the checks need not be made again.
        part = object.__new__(Market)
        set_ = object.__setattr__
        set_(part, "times", self.times[rows])
        set_(part, "columns", MappingProxyType({k: v[rows] for k, v in self.columns.items()}))
        set_(part, "origin", MappingProxyType({k: v[rows] for k, v in self.origin.items()}))
        set_(part, "sources", self.sources)
        set_(part, "findings", self.findings)
        return part

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Session dates, ``datetime64[D]``, **shape** (T,)."""
        return cast("NDArray[np.datetime64]", self.times.astype("datetime64[D]"))

    def index_of(self, date: str) -> int:
        """Return the row of ``date``, or of the last session before it.

        Raises
        ------
        RangeError
            If ``date`` lies outside the data.
        """
        day = session_date(date, "date")
        if not len(self) or day < self.dates[0] or day > self.dates[-1]:
            raise RangeError(
                f"{day} lies outside the data",
                where="date",
                mend=f"choose a date inside {self.dates[0]} … {self.dates[-1]}"
                if len(self)
                else "load data first",
            )
        return int(np.searchsorted(self.dates, day, side="right")) - 1

    def share(self, name: str, origin: Origin) -> float:
        """Return the share of rows of ``name`` that have this origin, 0 … 1."""
        codes = self.origin[name]
        return float(np.mean(codes == origin)) if len(codes) else 0.0

    def digest(self) -> str:
        """Return a SHA-256 of times, values and origins: the identity of the data."""
        state = hashlib.sha256(np.ascontiguousarray(self.times).view("int64").tobytes())
        for name in sorted(self.columns):
            state.update(name.encode())
            state.update(np.ascontiguousarray(self.columns[name]).tobytes())
            state.update(np.ascontiguousarray(self.origin[name]).tobytes())
        return state.hexdigest()
