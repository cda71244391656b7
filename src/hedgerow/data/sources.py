"""Where data come from: the builtin set, the user's own downloads, or any folder."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hedgerow.core.market import Market, Origin, session_date
from hedgerow.data import builtin, series
from hedgerow.data.modelled_vix import VixModel
from hedgerow.data.quality import Findings, QualityReport
from hedgerow.errors import RangeError

BUILTIN, AUTO = "builtin", "auto"


@dataclass(frozen=True)
class Loaded:
    """A market and what was found wrong with the files it was made from."""

    market: Market
    quality: QualityReport


@dataclass(frozen=True)
class Source:
    """A known place to load from, as ``hedgerow data list`` shows it."""

    name: str
    where: str
    what: str
    present: bool


def user_data_dir() -> Path:
    """Return the folder that ``hedgerow data fetch`` fills.

    ``$HEDGEROW_DATA`` if set, else ``hedgerow`` under ``$XDG_DATA_HOME``, else
    ``~/.local/share/hedgerow``.  The folder need not exist.
    """
    chosen = os.environ.get("HEDGEROW_DATA")
    if chosen:
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "hedgerow"


def _fetched() -> Path | None:
    folder = user_data_dir()
    return folder if folder.is_dir() and any(folder.rglob("*.csv")) else None


def describe_sources() -> tuple[Source, ...]:
    """Return the sources that :func:`load` knows by name, and whether they are there.

    Examples
    --------
    >>> [source.name for source in describe_sources()]
    ['builtin', 'auto']
    """
    fetched = _fetched()
    return (
        Source(
            BUILTIN,
            "installed packages",
            "S&P 500 1990–2022 measured; VIX measured 2014–2018, modelled elsewhere; no futures, "
            "NDX or RUT",
            True,
        ),
        Source(
            AUTO,
            str(user_data_dir()),
            "the files of `hedgerow data fetch`"
            if fetched
            else "nothing fetched yet, so the builtin data; run `hedgerow data fetch`",
            fetched is not None,
        ),
    )


def folder_of(source: str | Path) -> Path | None:
    """Return the folder (or file) that a source is read from; None for the builtin data.

    Examples
    --------
    >>> folder_of("builtin") is None, str(folder_of("vendor/files"))
    (True, 'vendor/files')
    """
    name = str(source)
    if name == AUTO:
        return _fetched()
    return None if name == BUILTIN else Path(name).expanduser()


def load(
    source: str | Path = BUILTIN, *, start: str | None = None, end: str | None = None
) -> Loaded:
    """Load a market and its quality report.

    Parameters
    ----------
    source
        ``"builtin"`` for what installed packages carry; ``"auto"`` for the user's
        fetched data, or builtin when there are none; otherwise a folder (or one file)
        of CSV and Parquet files, read as ``docs/data.md`` says.
    start, end
        First and last date wanted, ``YYYY-MM-DD``, both included.

    Returns
    -------
    Loaded
        ``market`` with one row per session and ``quality`` with every finding.

    Raises
    ------
    DataError
        If files are missing or refused by a quality rule.
    RangeError
        If the dates are unreadable, reversed, or leave no session.

    Examples
    --------
    >>> loaded = load("builtin", start="2020-01-01", end="2020-12-31")
    >>> len(loaded.market), round(float(loaded.market["spx"].min()), 2)
    (253, 2237.4)
    """
    findings = Findings()
    _check_dates(start, end)
    folder = folder_of(source)
    if folder is None:
        market = _builtin(findings)
    else:
        from hedgerow.data.folder import read_folder

        market = read_folder(folder, findings)
    if start or end:
        _note_clipping(market, start, end, findings)
        market = market.between(start, end)
    report = findings.report()
    return Loaded(replace(market, findings=tuple(report.as_dict()["findings"])), report)


def _check_dates(start: str | None, end: str | None) -> None:
    given = ((start, "start"), (end, "end"))
    days = [session_date(text, where) for text, where in given if text is not None]
    if len(days) == 2 and days[1] < days[0]:
        raise RangeError(
            f"the end {days[1]} lies before the start {days[0]}",
            where="end",
            mend="swap start and end",
        )


def _note_clipping(market: Market, start: str | None, end: str | None, findings: Findings) -> None:
    first, last = market.dates[0], market.dates[-1]
    week = np.timedelta64(7, "D")
    for text, edge, outside in (
        (start, first, bool(start) and np.datetime64(str(start), "D") < first - week),
        (end, last, bool(end) and np.datetime64(str(end), "D") > last + week),
    ):
        if outside:
            findings.add(
                "range-clipped",
                f"{text} was asked for, the data reach only to {edge}",
                action="noted",
                file="data",
                column="date",
            )


def _builtin(findings: Findings) -> Market:
    dates, closes = builtin.index_closes()
    days, published = builtin.measured_vix()
    model = builtin.fitted()
    real = series.on(dates, days, published)
    known = np.isfinite(real)
    rate = series.bill_rate(dates, [], *builtin.bill_rates())
    dividend = series.dividend_yield(closes, None)
    span = f"{dates[known][0]} … {dates[known][-1]}"
    findings.add(
        "vix-modelled",
        f"VIX is published for {int(known.sum())} sessions ({span}) and modelled from the "
        f"index on the other {int((~known).sum())}",
        action="noted",
        file="arch/data/vix",
        column="vix",
        count=int((~known).sum()),
    )
    return Market(
        dates,
        {
            "spx": closes,
            "vix": np.where(known, real, model(closes)),
            "rate": rate.values,
            "dividend_yield": dividend.values,
        },
        {
            "vix": np.where(known, Origin.MEASURED, Origin.MODELLED),
            "rate": rate.origin,
            "dividend_yield": dividend.origin,
        },
        {
            "spx": "S&P 500 closes packaged with skfolio, measured",
            "vix": f"{span} published, packaged with arch; {model_source(model)}",
            "rate": rate.source,
            "dividend_yield": dividend.source,
        },
    )


def model_source(model: VixModel) -> str:
    """Return the sentence that goes with every modelled VIX."""
    return (
        f"elsewhere modelled from the index by non-negative least squares fitted on "
        f"{model.first} … {model.last} alone, so before {model.first[:4]} with hindsight"
    )
