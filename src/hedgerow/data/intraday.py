"""A folder with intraday bars beside daily files, to a market of bars of any length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Day, Market, Origin, session_date
from hedgerow.data.bars import Bars, on_grid, read_bars
from hedgerow.data.folder import files_in
from hedgerow.data.fund_bars import choose
from hedgerow.data.intraday_columns import columns_of, published, quality
from hedgerow.data.iv_proxy import ProxyQuality
from hedgerow.data.quality import Findings, QualityReport
from hedgerow.data.session_grid import Grid, bar_length, session_grid
from hedgerow.data.sources import folder_of, load
from hedgerow.errors import DataError, RangeError

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

INDEX = {"spy": 10.0, "es": 1.0}
"""What stands for the index, the preferred first, and points of the index in one of its own."""
WARM = 60
"""Sessions before the first one asked for, so that signals that count bars are warm."""


@dataclass(frozen=True)
class Intraday:
    """A market of intraday bars, how good its IV proxy is, and what was found in the files.

    Parameters
    ----------
    market
        One row per bar.  ``times`` are the ends of bars in UTC, ``dates`` the sessions: a regular
        session lies within one day of UTC.  ``spx`` is the index, ``vix`` the modelled proxy,
        ``vxx`` what is traded, ``vx30`` the same in points of the VIX future of 30 days,
        ``vxx_point`` USD of a share a point of it; ``vix_published`` VIX of the session before;
        ``minutes_open``, ``minutes_left`` and ``bar_minutes`` place the bar in its session.  Daily
        columns have the value of the session before; those called ``event_…`` their own.
    quality
        Every finding.
    proxy
        Proxy against published VIX, on the sessions of the market.
    minutes
        Length of a bar.
    sessions, closes
        Sessions of the market and VIX as it was published after each, points, **shape** (S,).
    daily
        The market of sessions that lies beside it, up to the same one.
    first
        Row of the first bar that was asked for.
    """

    market: Market
    quality: QualityReport
    proxy: ProxyQuality
    minutes: int
    sessions: Days
    closes: Floats
    daily: Market
    first: int


def load_intraday(
    source: str | Path,
    *,
    bars: str = "1h",
    start: Day | None = None,
    end: Day | None = None,
    warm: int = WARM,
) -> Intraday:
    """Load intraday bars of the index and of a volatility fund, beside daily files with VIX.

    Parameters
    ----------
    source
        A folder that holds intraday files as `read_bars` reads them (``spy`` or ``es``, and
        ``vxx``) and, at any depth, daily files with VIX and the S&P 500.
    bars
        Length of a bar, such as ``5m`` or ``1h``.
    start, end
        First and last session; all that the file of the index has by default.
    warm
        Sessions before ``start`` that are loaded too, where the file has them.

    Raises
    ------
    DataError
        If there is no such file, or it is refused by a quality rule.
    RangeError
        If bars or dates cannot be read, or no file has bars on those sessions.
    """
    minutes = bar_length(bars)
    low = None if start is None else session_date(start, "start")
    high = None if end is None else session_date(end, "end")
    if low is not None and high is not None and high < low:
        raise RangeError(
            f"the end {high} lies before the start {low}", where="end", mend="swap start and end"
        )
    folder = folder_of(source)
    if folder is None or not folder.is_dir():
        raise DataError(
            f"'{source}' is no folder with intraday bars",
            where="data",
            mend="give a folder with files such as spy_hourly.zip and VIX_History.csv",
        )
    findings = Findings()
    daily = load(folder).market
    found = _found(folder, findings)
    index = _index(found, minutes, low, high)
    begin, anchor, until = _sessions(index, low, high, warm)
    grid = _until(session_grid(begin, until, minutes), index)
    shares, carried = on_grid(index, grid, findings)
    known = np.isfinite(shares.prices["close"])
    grid, shares, carried = _kept(grid, known), shares.rows(known), carried[known]
    spot = shares.prices["close"] * INDEX[index.symbol]
    fund = choose(found, grid, anchor, minutes, findings)
    market = columns_of(daily, grid, spot, np.where(carried, Origin.REPAIRED, 0), fund, anchor)
    told = f"{index.file}, {index.minutes}-minute bars of {index.symbol.upper()}"
    factor = INDEX[index.symbol]
    told += f" times {factor:g}" if factor != 1.0 else ", its basis to the index included"
    report = findings.report()
    market = replace(
        market,
        sources={**market.sources, "spx": told},
        findings=tuple(report.as_dict()["findings"]),
    )
    days, closes = published(daily, market.dates)
    first = int(np.searchsorted(market.dates, anchor))
    told_of = quality(market, closes)
    known_then = daily.between(None, str(market.dates[-1]))
    return Intraday(market, report, told_of, minutes, days, closes, known_then, first)


def _found(folder: Path, findings: Findings) -> list[Bars]:
    made = []
    for path, name in files_in(folder):
        if path.suffix.lower() in (".csv", ".zip"):
            bars = read_bars(path, name, findings)
            if bars is not None and len(bars):
                made.append(bars)
    return made


def _index(
    found: list[Bars], minutes: int, low: np.datetime64 | None, high: np.datetime64 | None
) -> Bars:
    """Choose the file of the index: it has the sessions, in bars no longer than those wanted."""
    known = [each for each in found if each.symbol in INDEX]
    if not known:
        raise DataError(
            "no intraday bars of the index were recognised",
            where="data",
            mend="add a file named spy… or es… with times, open, high, low, close and volume",
        )
    told = "; ".join(
        f"{each.file}: {each.minutes}m, {each.dates[0]} … {each.dates[-1]}" for each in known
    )
    fine = [each for each in known if each.minutes <= minutes]
    if not fine:
        raise RangeError(
            f"all bars of the index are longer than {minutes} minutes",
            where="bars",
            mend=f"ask for longer bars ({told})",
        )
    inside = [
        each
        for each in fine
        if (low is None or each.dates[-1] >= low)
        and (high is None or each.dates[0] <= high)
        and (low is None or each.dates[0] <= low + np.timedelta64(7, "D"))
    ]
    if not inside:
        raise RangeError(
            f"no intraday bars of the index from {low} to {high}",
            where="start, end",
            mend=f"choose sessions inside one of: {told}",
        )
    order = list(INDEX)
    return min(inside, key=lambda each: (order.index(each.symbol), -each.minutes, each.file))


def _sessions(
    index: Bars, low: np.datetime64 | None, high: np.datetime64 | None, warm: int
) -> tuple[np.datetime64, np.datetime64, np.datetime64]:
    """Return the first session to load, the first and the last that are asked for."""
    days = np.unique(index.dates)
    first = 0 if low is None else int(np.searchsorted(days, low))
    last = len(days) if high is None else int(np.searchsorted(days, high, side="right"))
    if last <= first:
        raise RangeError(
            f"no session lies between {low} and {high}", where="start, end", mend="widen them"
        )
    return days[max(first - warm, 0)], days[first], days[last - 1]


def _kept(grid: Grid, rows: NDArray[np.bool_]) -> Grid:
    return Grid(*(column[rows] for column in vars(grid).values()))


def _until(grid: Grid, bars: Bars) -> Grid:
    """Leave out what comes after the end of the file: a session may be under way."""
    return _kept(grid, grid.ends <= bars.ends[-1])
