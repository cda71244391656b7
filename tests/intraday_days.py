"""Hand-made folders and markets of intraday bars, for tests that need no vendor's files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from hedgerow.core.market import Market
from hedgerow.data.calendar import sessions
from hedgerow.data.intraday import Intraday
from hedgerow.data.iv_proxy import ProxyQuality
from hedgerow.data.quality import QualityReport
from hedgerow.data.session_grid import session_grid

YORK = ZoneInfo("America/New_York")


@dataclass
class Folder:
    """Hourly SPY and VXX in ten-thousandths, and daily VIX and S&P 500, of made sessions."""

    path: Path
    start: str = "2018-08-01"
    end: str = "2019-01-09"
    seed: int = 5
    spy: list[str] = field(default_factory=list)
    vxx: list[str] = field(default_factory=list)

    def write(self, keep: int | None = None) -> Path:
        """Write the files, of the bars only the first ``keep``."""
        rng = np.random.default_rng(self.seed)
        days = sessions(self.start, self.end)
        spot, fund, vix = 280.0, 30.0, 14.0
        closes, levels = [], []
        self.spy, self.vxx = [], []
        for day in days:
            open_vix = vix
            for hour in range(9, day.close.hour):
                move = float(rng.normal(0.0, 0.003))
                shock = -6.0 * move + float(rng.normal(0.0, 0.004))
                stamp = f"{day.date:%Y%m%d} {hour:02d}:00"
                before, spot = spot, spot * np.exp(move)
                self.spy.append(bar(stamp, before, spot))
                before, fund = fund, fund * np.exp(shock / 2.0)
                vix *= np.exp(shock)
                self.vxx.append(bar(stamp, before, fund))
            vix = 14.0 + 0.9 * (vix - 14.0) if abs(vix - open_vix) > 4.0 else vix
            closes.append(f"{day.date},{spot * 10.0:.2f}")
            levels.append(f"{day.date:%m/%d/%Y},{vix:.2f},{vix:.2f},{vix:.2f},{vix:.2f}")
        self.path.mkdir(parents=True, exist_ok=True)
        many = len(self.spy) if keep is None else keep
        self.text("spy_hourly.csv", self.spy[:many])
        self.text("vxx_hourly.csv", self.vxx[:many])
        self.text("^GSPC.csv", ["Date,Close", *closes])
        self.text("VIX_History.csv", ["DATE,OPEN,HIGH,LOW,CLOSE", *levels])
        return self.path

    def text(self, name: str, lines: list[str]) -> None:
        """Write a file of these lines."""
        (self.path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def bar(stamp: str, begins: float, ends: float, volume: int = 1000) -> str:
    """Return a row in ten-thousandths."""
    a, b = round(begins * 10_000), round(ends * 10_000)
    return f"{stamp},{a},{max(a, b)},{min(a, b)},{b},{volume}"


def utc(local: str) -> np.datetime64:
    """Return a New York time as UTC, by the standard library's time zones."""
    there = dt.datetime.fromisoformat(local).replace(tzinfo=YORK)
    return np.datetime64(there.astimezone(dt.UTC).replace(tzinfo=None), "ns")


def path_of(vix, start: str, end: str, minutes: int = 60, *, spot=2800.0, vxx=None) -> Intraday:
    """Return bars of these sessions whose IV proxy is given, the last value kept to the end."""
    grid = session_grid(np.datetime64(start), np.datetime64(end), minutes)
    count = len(grid)

    def filled(values) -> np.ndarray:
        given = np.atleast_1d(np.asarray(values, dtype="float64"))
        return np.r_[given, np.full(max(count - len(given), 0), given[-1])][:count]

    iv = filled(vix)
    price = filled(vxx) if vxx is not None else 2.0 * iv
    market = Market(
        grid.ends,
        {
            "spx": filled(spot),
            "vix": iv,
            "vxx": price,
            "vx30": price / 2.0,
            "vxx_point": np.full(count, 2.0),
            "rate": np.zeros(count),
            "dividend_yield": np.zeros(count),
            "minutes_open": grid.opened,
            "minutes_left": grid.left,
            "bar_minutes": grid.length,
        },
    )
    days = np.unique(grid.dates)
    daily = Market(
        days.astype("datetime64[ns]"),
        {"spx": np.full(len(days), 2800.0), "vix": np.full(len(days), 20.0)},
    )
    nothing = ProxyQuality.of(days, *([np.full(len(days), np.nan)] * 3), np.zeros(len(days), bool))
    closes = np.full(len(days), np.nan)
    return Intraday(market, QualityReport(), nothing, minutes, days, closes, daily, 0)
