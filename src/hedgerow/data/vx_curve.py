"""The curve of VIX futures on a date: every contract of the files, or a labelled model."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hedgerow.core.contract import MONTH_LETTERS, FutureContract
from hedgerow.core.expiry import vix_settlement
from hedgerow.core.futures import monthlies
from hedgerow.core.market import Market, Origin
from hedgerow.data.folder import read_futures
from hedgerow.data.futures import LISTED_MONTHLY, RANKS, Quotes
from hedgerow.data.quality import Findings, QualityReport
from hedgerow.data.sources import folder_of, load
from hedgerow.errors import DataError
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import KNOT_DAYS, PATIENCE, Surface
from hedgerow.pricing.term import Curve

FAMILY = ("vix9d", "vix", "vix3m", "vix6m")
"""Columns whose maturities are `KNOT_DAYS`."""


@dataclass(frozen=True)
class CurveDay:
    """A curve and what stands beside it on that day.

    Parameters
    ----------
    curve
        The futures.
    family
        Name, maturity in calendar days and points of each VIX-family index of that date.
    vix_origin
        Where the VIX of that date comes from.
    quality
        What was found wrong with the files and what was done about it.
    """

    curve: Curve
    family: tuple[tuple[str, float, float], ...]
    vix_origin: Origin
    quality: QualityReport

    @property
    def modelled(self) -> bool:
        """Whether no future of that date was quoted."""
        return bool(self.curve.origin) and set(self.curve.origin) == {"modelled"}


def contract_code(settlement: np.datetime64) -> str:
    """Return the exchange's symbol: ``VX/Q6`` for a monthly, ``VX31/Q6`` for a weekly.

    Before there were VIX futures (2004) their months are coded all the same.

    Examples
    --------
    >>> [contract_code(np.datetime64(day)) for day in ("2016-08-03", "2016-08-17", "2016-09-07")]
    ['VX31/Q6', 'VX/Q6', 'VX36/U6']
    """
    day = dt.date.fromisoformat(str(settlement))
    if _is_monthly(day):
        return f"VX/{MONTH_LETTERS[day.month]}{day.year % 10}"
    return FutureContract.of("VX", day).slashed


def read_curve(source: str | Path = "builtin", date: str | None = None) -> CurveDay:
    """Return the VIX futures curve of a date, with all that the files quote.

    Parameters
    ----------
    source
        As in `load`.  Monthly and weekly contracts are read and mended by the same rules.
    date
        ``YYYY-MM-DD``; on a day without a session the session before it.  By default the last
        session on which a monthly future is quoted, or the last of all where none ever is.

    Raises
    ------
    DataError
        If files are missing or refused, or VIX is unknown on that date.
    RangeError
        If the date is unreadable or outside the data.

    Examples
    --------
    >>> day = read_curve("builtin", "2016-08-01")
    >>> day.modelled, str(day.curve.expiry[0]), round(float(day.curve.settle[0]), 1)
    (True, '2016-08-17', 12.9)
    """
    loaded = load(source)
    market, findings = loaded.market, Findings()
    quoted = np.flatnonzero(np.isfinite(monthlies(market).price).any(axis=1))
    if date is not None:
        row = market.index_of(date)
    else:
        row = int(quoted[-1]) if len(quoted) else len(market) - 1
    quotes = _listed_quotes(source, findings) if len(quoted) else None
    # Of the futures, what was found when the weeklies were read too.
    ours = [f for f in findings.report() if f.column == "vx"]
    known = [f for f in loaded.quality if f.column != "vx" or f.rule == "contract-missing"]
    return curve_day(market, row, quotes, QualityReport((*known, *ours)))


def listed_curve(source: str | Path, market: Market) -> Curve:
    """Return the curve of a market's last session, weeklies of its files too.

    Parameters
    ----------
    source
        Where the market was loaded from.
    market
        Up to the session asked for.
    """
    quoted = bool(np.isfinite(monthlies(market).price).any())
    quotes = _listed_quotes(source, Findings()) if quoted else None
    return curve_day(market, len(market) - 1, quotes).curve


def _listed_quotes(source: str | Path, findings: Findings) -> Quotes | None:
    folder = folder_of(source)
    return None if folder is None else read_futures(folder, findings)


def curve_day(
    market: Market,
    row: int,
    quotes: Quotes | None = None,
    quality: QualityReport | None = None,
) -> CurveDay:
    """Return the curve of one bar of a market; row ``row`` looks at no later one.

    Parameters
    ----------
    market
        With ``vix``, and ``vx1`` … where futures are known.
    row
        The bar.
    quotes
        All contracts of the files, weeklies too; the market's monthly columns without them.
    quality
        Carried along.

    Raises
    ------
    DataError
        If VIX is unknown there.
    """
    spot, date = float(market["vix"][row]), market.dates[row]
    if not np.isfinite(spot):
        raise DataError(f"VIX is unknown on {date}", where="vix", mend="choose another date")
    found = _of_market(market, row) if quotes is None else _of_files(quotes, date)
    curve = _listed(date, spot, found) if found else _modelled(market, row, date, spot)
    family = tuple(
        (name, days, float(market[name][row]))
        for name, days in zip(FAMILY, KNOT_DAYS, strict=True)
        if name in market and np.isfinite(market[name][row])
    )
    origin = Origin(int(market.origin["vix"][row]))
    return CurveDay(curve, family, origin, quality or QualityReport())


Points = dict[dt.date, tuple[float, str]]


def _of_files(quotes: Quotes, date: np.datetime64) -> Points:
    today = quotes.pick((quotes.date == date) & (quotes.contract > date))
    origins = np.where(today.repaired, "repaired", "measured").tolist()
    days = [dt.date.fromisoformat(str(day)) for day in today.contract]
    return dict(zip(days, zip(today.settle.tolist(), origins, strict=True), strict=True))


def _of_market(market: Market, row: int) -> Points:
    price, expiry, _ = monthlies(market)
    found = {}
    for rank in np.flatnonzero(np.isfinite(price[row])):
        origin = Origin(int(market.origin[f"vx{rank + 1}"][row])).name.lower()
        day = dt.date(1970, 1, 1) + dt.timedelta(int(expiry[row, rank]))
        found[day] = (float(price[row, rank]), "modelled" if origin == "assumed" else origin)
    return found


def _listed(date: np.datetime64, spot: float, found: Points) -> Curve:
    """Put contracts in order; a month that lacks its price stands there without one."""
    points = dict(found)
    for day in _settlements(date):
        if LISTED_MONTHLY <= day <= max(found):
            points.setdefault(day, (float("nan"), "missing"))
    days = sorted(points)
    return Curve(
        date,
        spot,
        np.array(days, dtype="datetime64[D]"),
        np.array([points[day][0] for day in days]),
        np.array([_is_monthly(day) for day in days]),
        tuple(points[day][1] for day in days),
    )


def _modelled(market: Market, row: int, date: np.datetime64, spot: float) -> Curve:
    early = max(row - PATIENCE, 0)
    known = [name for name in (*FAMILY, "vvix") if name in market]
    past = {name: market[name][early : row + 1] for name in known}
    surface = Surface.of(past)
    expiry = np.array(_settlements(date)[:RANKS], dtype="datetime64[D]")
    years = (expiry - date).astype(np.float64) / DAYS_PER_YEAR
    rows = np.full(RANKS, row - early)
    settle = FuturesCurve().price(past["vix"], surface, years, rows)
    monthly = np.ones(RANKS, dtype=bool)
    return Curve(date, spot, expiry, settle, monthly, ("modelled",) * RANKS)


def _settlements(date: np.datetime64) -> list[dt.date]:
    """Return the monthly settlements after a date, more than are ever listed."""
    months = date.astype("datetime64[M]") + np.arange(RANKS + 4)
    days = vix_settlement(months)
    return [dt.date.fromisoformat(str(day)) for day in days[days > date]]


def _is_monthly(settlement: dt.date) -> bool:
    return bool(vix_settlement(np.datetime64(settlement, "M")) == np.datetime64(settlement))
