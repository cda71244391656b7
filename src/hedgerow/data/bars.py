"""Files of intraday bars: told by what is in them, screened by named rules, on one grid."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hedgerow.data.numbers import Place, to_floats
from hedgerow.data.quality import Findings
from hedgerow.data.session_grid import CLOSE, OPEN, ZONE, Grid, clock_of, to_utc
from hedgerow.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Stamps = NDArray[np.datetime64]

PRICES = ("open", "high", "low", "close")
SCALE, LEAST = 10_000.0, 20_000.0
"""Whole prices whose median is above the second are ten-thousandths: they are divided by the
first.  No fund or future that is read here trades above it."""

_BARE = re.compile(rb"\d{8} \d{2}:\d{2}(,[\d.]+){4,5}\s*")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?([+-]\d{2}:?\d{2}|Z)?")
_ZONES = (ZONE, "America/Chicago", "UTC")


@dataclass(frozen=True)
class Bars:
    """Bars of one security inside regular sessions, oldest first; **shape** (N,) each.

    Parameters
    ----------
    symbol
        Lower case, such as ``spy``.
    file
        The file, relative to the data folder.
    minutes
        Length of a bar; the first of a session may be shorter.
    ends
        Ends of the bars, ``datetime64[ns]`` in UTC.
    dates
        Session dates, ``datetime64[D]``.
    prices
        ``open``, ``high``, ``low``, ``close``, USD a share or points.
    volume
        Shares or contracts.
    """

    symbol: str
    file: str
    minutes: int
    ends: Stamps
    dates: NDArray[np.datetime64]
    prices: dict[str, Floats]
    volume: Floats

    def __len__(self) -> int:
        return len(self.ends)

    def rows(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> Bars:
        """Return a part of the bars."""
        return replace(
            self,
            ends=self.ends[keep],
            dates=self.dates[keep],
            prices={name: column[keep] for name, column in self.prices.items()},
            volume=self.volume[keep],
        )


@dataclass(frozen=True)
class _Table:
    """A file as it was read: stamps as they are written, and texts."""

    name: str
    symbol: str
    stamps: pd.Series[str]
    cells: pd.DataFrame
    first_row: int


def read_bars(path: Path, name: str, findings: Findings) -> Bars | None:
    """Read a file of intraday bars, or return None if it is none.

    Layouts: ``YYYYMMDD HH:MM,open,high,low,close,volume`` without a header, stamped with the start
    of the bar on New York's clocks, as a CSV or alone in a zip; and a CSV with a header, a column
    ``datetime`` and the five others, with an offset in the stamp or without.

    Parameters
    ----------
    path, name
        The file, and its name relative to the data folder.
    findings
        Where every finding is written.

    Raises
    ------
    DataError
        Naming file, row and column of what cannot be read, or of two bars at one time that differ.
    """
    table = _table(path, name)
    if table is None:
        return None
    prices = _numbers(table, findings)
    starts, minutes = _starts(table, prices["volume"], findings)
    return _screened(table, starts, minutes, prices, findings)


def _table(path: Path, name: str) -> _Table | None:
    import pandas as pd

    content, inner = _content(path)
    head = content[:4096].splitlines()
    if len(head) < 2:
        return None
    symbol = re.split(r"[^a-z0-9]+", (inner or Path(name).stem).lower().strip("_^"))[0]
    columns = [*PRICES, "volume"]
    if _BARE.fullmatch(head[0]):
        names = ["datetime", *columns]
        found = pd.read_csv(BytesIO(content), header=None, names=names, dtype=str)
        return _Table(name, symbol, found["datetime"], found[columns], 1)
    header = head[0].decode("utf-8", "replace").lower().split(",")
    first = head[1].decode("utf-8", "replace").split(",")
    if "datetime" not in header or not set(columns) <= set(header) or len(first) != len(header):
        return None
    if not _DATETIME.fullmatch(first[header.index("datetime")].strip()):
        return None
    found = pd.read_csv(BytesIO(content), header=0, names=header, dtype=str)
    if "symbol" in found:
        symbol = str(found["symbol"].iloc[0]).lower()
    return _Table(name, symbol, found["datetime"], found[columns], 2)


def _content(path: Path) -> tuple[bytes, str]:
    """Return the bytes of a file, or of the only CSV in a zip and that one's stem."""
    if path.suffix.lower() != ".zip":
        return path.read_bytes(), ""
    try:
        with zipfile.ZipFile(path) as archive:
            inner = [each for each in archive.namelist() if each.lower().endswith(".csv")]
            return (archive.read(inner[0]), Path(inner[0]).stem) if len(inner) == 1 else (b"", "")
    except zipfile.BadZipFile:
        raise DataError(
            "the archive cannot be opened", where=path.name, mend="fetch the file again"
        ) from None


def _numbers(table: _Table, findings: Findings) -> dict[str, Floats]:
    prices = {
        column: to_floats(table.cells[column], Place(table.name, column, table.first_row), findings)
        for column in (*PRICES, "volume")
    }
    every = np.concatenate([prices[column] for column in PRICES])
    every = every[np.isfinite(every)]
    if len(every) and np.median(every) > LEAST and bool((every == np.rint(every)).all()):
        for column in PRICES:
            prices[column] = prices[column] / SCALE
        findings.add(
            "bar-scaled",
            f"whole prices about {np.median(every):,.0f} are ten-thousandths: divided by 10,000",
            action="repaired",
            file=table.name,
            column="close",
            count=len(every) // len(PRICES),
        )
    return prices


def _starts(table: _Table, volume: Floats, findings: Findings) -> tuple[Stamps, int]:
    """Return the starts of the bars in UTC and their length in minutes."""
    import pandas as pd

    stamps = table.stamps.str.strip()
    bare = table.first_row == 1
    offset = bool(stamps.str.fullmatch(r".*([+-]\d{2}:?\d{2}|Z)").all())
    parsed = pd.to_datetime(
        stamps, format="%Y%m%d %H:%M" if bare else "ISO8601", errors="coerce", utc=True
    )
    if bool(parsed.isna().any()):
        row = int(np.flatnonzero(parsed.isna())[0])
        raise DataError(
            f"'{stamps.iloc[row]}' is not a time like the others ('{stamps.iloc[0]}')",
            where=Place(table.name, "datetime", table.first_row).where(row),
            mend="write all times alike, such as 2024-02-20 09:30:00-05:00",
        )
    clock = np.asarray(parsed.dt.tz_localize(None), dtype="datetime64[ns]")
    gaps = np.diff(np.sort(clock)) // np.timedelta64(1, "m")
    minutes = int(np.median(gaps[gaps > 0])) if bool((gaps > 0).any()) else 1
    zone, late = (ZONE, False) if bare else _told(clock, volume, minutes, offset=offset)
    utc: Stamps = clock if offset else to_utc(clock, zone)
    findings.add(
        "bar-stamp",
        f"bars of {minutes} minutes, stamped with their {'ends' if late else 'starts'}, "
        + ("offsets given" if offset else f"clocks of {zone}"),
        action="noted",
        file=table.name,
        column="datetime",
        count=len(utc),
    )
    return (utc - np.timedelta64(minutes, "m") if late else utc), minutes


def _told(clock: Stamps, volume: Floats, minutes: int, *, offset: bool) -> tuple[str, bool]:
    """Tell the zone of stamps, and whether they are ends, by the burst of volume at 09:30."""
    best, found = -1.0, (ZONE, False)
    traded = np.nan_to_num(volume)
    for zone in ("UTC",) if offset else _ZONES:
        at = clock_of(clock if zone == "UTC" else to_utc(clock, zone))
        for late in (False, True):
            start = at - minutes * int(late)
            inside, before = start == OPEN, start == OPEN - minutes
            if not inside.any():
                continue
            quiet = float(traded[before].mean()) if before.any() else 0.0
            burst = float(traded[inside].mean()) / max(quiet, 1.0)
            if burst > best:
                best, found = burst, (zone, late)
    return found


def _screened(
    table: _Table, starts: Stamps, minutes: int, prices: dict[str, Floats], findings: Findings
) -> Bars:
    """Return the bars of regular sessions alone, in order, each once."""
    volume = prices["volume"]
    note = partial(findings.add, file=table.name, column="close")
    usable = np.isfinite(starts)
    for column in PRICES:
        usable &= np.isfinite(prices[column]) & (prices[column] > 0.0)
    if not usable.all():
        note(
            "bar-unusable",
            f"{int((~usable).sum())} bars lack a time or a price above 0",
            action="dropped",
            count=int((~usable).sum()),
            first=[f"row {table.first_row + int(i)}" for i in np.flatnonzero(~usable)],
        )
    order = np.flatnonzero(usable)
    if len(order) > 1 and bool((starts[order][1:] < starts[order][:-1]).any()):
        order = order[np.argsort(starts[order], kind="stable")]
        note("date-unordered", "bars were out of order", action="repaired")
    order = _once(table, order, starts, prices, findings)
    # a vendor's first bar of a session may begin on the full hour before the open
    clock = clock_of(starts[order])
    begin, end = np.maximum(clock, OPEN), clock + minutes
    local = _local_days(starts[order])
    closes = _closes(local)
    inside = (begin < closes) & (end > OPEN) & (end <= closes)
    if not inside.all():
        note(
            "bar-outside",
            f"{int((~inside).sum())} bars lie outside regular sessions",
            action="dropped",
            count=int((~inside).sum()),
            first=[str(starts[i].astype("datetime64[m]")) + "Z" for i in order[~inside][:5]],
        )
    kept = order[inside]
    ends = starts[kept] + np.timedelta64(minutes, "m")
    high, low = prices["high"][kept], prices["low"][kept]
    off = np.zeros(len(kept), dtype=bool)
    for column in ("open", "close"):
        off |= (prices[column][kept] > high) | (prices[column][kept] < low)
    if off.any():
        note(
            "ohlc-inconsistent",
            "opens or closes lie outside their bars",
            action="noted",
            count=int(off.sum()),
            first=[str(day) for day in local[inside][off][:5]],
        )
    return Bars(
        table.symbol,
        table.name,
        minutes,
        ends,
        local[inside],
        {column: prices[column][kept] for column in PRICES},
        np.nan_to_num(volume[kept]),
    )


def _once(
    table: _Table,
    order: NDArray[np.intp],
    starts: Stamps,
    prices: dict[str, Floats],
    findings: Findings,
) -> NDArray[np.intp]:
    """Leave out the second of two equal bars; two that differ are refused."""
    again = np.flatnonzero(starts[order][1:] == starts[order][:-1]) + 1
    for i in again:
        here, before = order[i], order[i - 1]
        if any(prices[column][here] != prices[column][before] for column in PRICES):
            raise DataError(
                f"two bars at {table.stamps.iloc[int(here)]} differ (rule bar-duplicate)",
                where=Place(table.name, "datetime", table.first_row).where(int(here)),
                mend="keep the right one",
            )
    if len(again):
        findings.add(
            "bar-duplicate",
            f"{len(again)} bars come twice, alike",
            action="dropped",
            file=table.name,
            column="datetime",
            count=len(again),
            first=[str(table.stamps.iloc[int(order[i])]) for i in again[:5]],
        )
    return np.asarray(np.delete(order, again))


def _local_days(utc: Stamps) -> NDArray[np.datetime64]:
    import pandas as pd

    there = pd.DatetimeIndex(utc, tz="UTC").tz_convert(ZONE).tz_localize(None)
    return np.asarray(there.normalize(), dtype="datetime64[D]")


def _closes(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the minute after midnight at which each day's session ends, 0 on other days."""
    from hedgerow.data.calendar import sessions

    if not len(days):
        return np.empty(0, dtype=np.int64)
    ends = {
        np.datetime64(each.date, "D"): each.close.hour * 60 + each.close.minute
        for each in sessions(str(days.min()), str(days.max()))
    }
    unique, back = np.unique(days, return_inverse=True)
    return np.array([min(ends.get(day, 0), CLOSE) for day in unique], dtype=np.int64)[back]


def on_grid(bars: Bars, grid: Grid, findings: Findings) -> tuple[Bars, NDArray[np.bool_]]:
    """Put bars together on a grid that is as fine or coarser, holes filled with the last close.

    Parameters
    ----------
    bars
        Of one security.
    grid
        Of the sessions wanted.
    findings
        Where holes and sessions that are not whole are written.

    Returns
    -------
    Bars
        One for every bar of the grid, NaN before the first of its session that the file has.
    array
        True where the bar was carried over a hole, **shape** (T,).

    Raises
    ------
    DataError
        If the bars are longer than those of the grid.
    """
    if len(grid) and bars.minutes > int(grid.length.max()):
        raise DataError(
            f"the bars are {bars.minutes} minutes long, longer than those asked for",
            where=bars.file,
            mend=f"ask for bars of {bars.minutes} minutes or more",
        )
    wanted = (bars.ends > grid.ends[0] - np.timedelta64(1, "D")) & (bars.ends <= grid.ends[-1])
    part = bars.rows(wanted)
    place = np.searchsorted(grid.ends, part.ends)
    same = grid.dates[np.minimum(place, len(grid) - 1)] == part.dates
    part, place = part.rows(same), place[same]
    slots, first = np.unique(place, return_index=True)
    made = {name: np.full(len(grid), np.nan) for name in PRICES}
    volume = np.zeros(len(grid))
    if len(slots):
        last = np.append(first[1:], len(place)) - 1
        made["open"][slots] = part.prices["open"][first]
        made["high"][slots] = np.maximum.reduceat(part.prices["high"], first)
        made["low"][slots] = np.minimum.reduceat(part.prices["low"], first)
        made["close"][slots] = part.prices["close"][last]
        volume[slots] = np.add.reduceat(part.volume, first)
    carried = _carried(made, grid)
    _note_holes(bars.file, made["close"], carried, grid, findings)
    whole = replace(
        bars,
        minutes=int(grid.length.max()),
        ends=grid.ends,
        dates=grid.dates,
        prices=made,
        volume=volume,
    )
    return whole, carried


def _carried(made: dict[str, Floats], grid: Grid) -> NDArray[np.bool_]:
    """Fill holes with the last close of the session, never a later one; return where."""
    close = made["close"]
    last = np.maximum.accumulate(np.where(np.isfinite(close), np.arange(len(close)), -1))
    source = np.maximum(last, 0)
    hole = ~np.isfinite(close) & (last >= 0) & (grid.dates[source] == grid.dates)
    for column in made.values():
        column[hole] = close[source[hole]]
    return np.asarray(hole)


def _note_holes(
    file: str, close: Floats, carried: NDArray[np.bool_], grid: Grid, findings: Findings
) -> None:
    if carried.any():
        findings.add(
            "bar-gap",
            f"{int(carried.sum())} bars of sessions are missing: the last close is carried",
            action="repaired",
            file=file,
            column="close",
            count=int(carried.sum()),
            first=[
                f"{d} after {m} minutes"
                for d, m in zip(grid.dates[carried], grid.opened[carried], strict=True)
            ],
        )
    known = np.isfinite(close) & ~carried
    days, first, counts = np.unique(grid.dates, return_index=True, return_counts=True)
    have = np.add.reduceat(known.astype(np.int64), first)
    part = (have > 0) & (have < counts)
    if part.any():
        findings.add(
            "session-part",
            f"{int(part.sum())} sessions lack bars, at an end or inside",
            action="noted",
            file=file,
            column="close",
            count=int(part.sum()),
            first=[
                f"{d}: {n} of {m} bars"
                for d, n, m in zip(days[part], have[part], counts[part], strict=True)
            ],
        )
