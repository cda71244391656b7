"""Data that installed packages carry: an index, five years of VIX, bill rates.

The files are read where they lie inside the packages, because importing the packages
themselves takes seconds; when a later version of a package has moved its file, its
public loader is called instead.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.data.modelled_vix import VixModel, fit
from hedgerow.errors import DataError

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]

FIT_LAST = np.datetime64("2018-12-31")
"""The VIX model is fitted on the packaged VIX up to this date, and on nothing later."""


class Package(NamedTuple):
    """Where a series lies inside an installed package."""

    package: str
    path: str
    loader: Callable[[], Any]


def _skfolio() -> Any:
    from skfolio.datasets import load_sp500_index

    return load_sp500_index()


def _arch_vix() -> Any:
    from arch.data import vix

    return vix.load()


def _arch_french() -> Any:
    from arch.data import frenchdata

    return frenchdata.load()


SP500 = Package("skfolio", "datasets/data/sp500_index.csv.gz", _skfolio)
VIX = Package("arch", "data/vix/vix.csv.gz", _arch_vix)
FRENCH = Package("arch", "data/frenchdata/frenchdata.csv.gz", _arch_french)


def _rows(source: Package) -> list[list[str]]:
    """Return header and rows as text, from the file or else from the public loader."""
    spec = find_spec(source.package)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            f"the package {source.package} is not installed",
            where="builtin",
            mend=f"run: pip install {source.package}",
        )
    path = Path(next(iter(spec.submodule_search_locations))) / source.path
    try:
        text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError):
        try:
            frame = source.loader()
            text = frame.to_csv(date_format="%Y-%m-%d")
        except Exception as error:
            raise DataError(
                f"the package {source.package} no longer holds {source.path}, and its loader "
                f"failed: {error}",
                where="builtin",
                mend=f"install the version of {source.package} that hedgerow asks for",
            ) from error
    return [line.split(",") for line in text.splitlines() if line]


def _dated(source: Package, column: int) -> tuple[Days, Floats]:
    dates, values = [], []
    for row in _rows(source)[1:]:
        text = row[column]
        if text in ("", "."):
            continue
        date = row[0]
        if "/" in date:
            month, day, year = date.split("/")
            date = f"{year}-{int(month):02d}-{int(day):02d}"
        dates.append(date[:10])
        values.append(float(text))
    return np.array(dates, dtype="datetime64[D]"), np.array(values, dtype=np.float64)


@cache
def index_closes() -> tuple[Days, Floats]:
    """Return the packaged S&P 500: dates and closes in index points, **shape** (T,)."""
    return _frozen(*_dated(SP500, 1))


@cache
def measured_vix() -> tuple[Days, Floats]:
    """Return the packaged published VIX, 2014 to the first days of 2019, in points."""
    return _frozen(*_dated(VIX, 1))


@cache
def bill_rates() -> tuple[Days, Floats]:
    """Return monthly one-month bill rates: first day of the month, decimal a year.

    Ken French's ``RF`` is a simple return a month in per cent; twelve of them make the
    year.  The packaged file ends in November 2018.
    """
    rows = _rows(FRENCH)
    column = rows[0].index("RF")
    months, rates = [], []
    for row in rows[1:]:
        label = row[0]
        if label.isdigit() and len(label) == 6:
            months.append(f"{label[:4]}-{label[4:]}")
            rates.append(float(row[column]) * 12.0 / 100.0)
    if not months:
        raise DataError(
            "the packaged bill rates are not labelled by month",
            where="builtin",
            mend="install the version of arch that hedgerow asks for",
        )
    return _frozen(np.array(months, dtype="datetime64[M]").astype("datetime64[D]"), rates)


def _frozen(dates: Days, values: Any) -> tuple[Days, Floats]:
    numbers = np.asarray(values, dtype=np.float64)
    dates.flags.writeable = False
    numbers.flags.writeable = False
    return dates, numbers


@cache
def fitted() -> VixModel:
    """Return the VIX model, fitted on the packaged VIX of 2014–2018."""
    dates, closes = index_closes()
    days, vix = measured_vix()
    place = np.minimum(np.searchsorted(days, dates), len(days) - 1)
    known = (days[place] == dates) & (dates <= FIT_LAST)
    return fit(dates, closes, np.where(known, vix[place], np.nan))
