"""Text cells of a chain to its columns; contract symbols; one chain per quote time."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.contract import OSI
from hedgerow.core.products import UNDERLYINGS
from hedgerow.data.chains import NUMBERS, Chain, Mask, Moments
from hedgerow.data.numbers import Days, Floats, Place, blank, to_days, to_floats
from hedgerow.data.quality import Findings
from hedgerow.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_KINDS = {"c": True, "call": True, "calls": True, "p": False, "put": False, "puts": False}
_NAMED_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_CLOSE = np.timedelta64(16 * 60 + 15, "m")
_YEARS = range(1973, 2100)
"""Years in which there are listed options, and a while on."""
_UNKNOWN_IV = 1e-4
"""Vendors write 0 or 0.00001 where they have no volatility."""


@dataclass(frozen=True)
class Raw:
    """A file as text: columns by our names, with ``row``, and what its head says.

    Parameters
    ----------
    frame
        Text cells under our names, and the line of each in ``row``.
    file, layout
        Name of the file and of its layout.
    time
        New York time, None where the head does not say.
    spot, symbol
        NaN and empty where the head does not say.
    """

    frame: pd.DataFrame
    file: str
    layout: str
    time: np.datetime64 | None = None
    spot: float = float("nan")
    symbol: str = ""

    def where(self, index: int, column: str) -> str:
        """Return file, row and column of a cell."""
        return f"{self.file}, row {self.frame['row'].iloc[int(index)]}, column {column}"


def assemble(
    raw: Raw, *, time: str | None, spot: float | None, symbol: str | None
) -> tuple[Chain, ...]:
    """Make chains of text cells, one per underlying and quote time.

    Raises
    ------
    DataError
        Naming file, row and column of the first cell that is not clear.
    """
    raw = _without_empty_rows(raw)
    numbers = {
        name: _floats(raw, name) if name in raw.frame else np.full(len(raw.frame), np.nan)
        for name in NUMBERS
    }
    numbers["iv"] = np.where(numbers["iv"] > _UNKNOWN_IV, numbers["iv"], np.nan)
    root, expiry, call, strike = _identity(raw)
    traded = _moments(raw, "traded")
    moments = _quote_times(raw, traded, time)
    given = _floats(raw, "spot") if "spot" in raw.frame else np.full(len(root), raw.spot)
    under = _underlyings(raw, root, symbol)
    found = []
    keys = sorted(set(zip(moments.tolist(), under.tolist(), strict=True)))
    for moment, name in keys:
        rows = (moments == np.datetime64(moment, "s")) & (under == name)
        seen = given[rows][np.isfinite(given[rows])]
        found.append(
            Chain(
                symbol=name,
                time=np.datetime64(moment, "s"),
                spot=spot if spot is not None else float(seen[0]) if len(seen) else float("nan"),
                root=root[rows],
                expiry=expiry[rows],
                strike=strike[rows],
                call=call[rows],
                **{column: values[rows] for column, values in numbers.items()},
                traded=traded[rows],
                row=raw.frame["row"].to_numpy(dtype=np.int64)[rows],
                file=raw.file,
                layout=raw.layout,
            )
        )
    return tuple(found)


def _without_empty_rows(raw: Raw) -> Raw:
    # a wide file says call or put in its header, so `kind` is never blank
    told = [name for name in raw.frame.columns if name not in ("row", "kind")]
    empty = np.all([blank(raw.frame[name]) for name in told], axis=0)
    frame = raw.frame[~empty].reset_index(drop=True)
    if frame.empty:
        raise DataError(
            "the file has a header but no rows", where=raw.file, mend="download it again"
        )
    return Raw(frame, raw.file, raw.layout, raw.time, raw.spot, raw.symbol)


def _floats(raw: Raw, name: str) -> Floats:
    """Read numbers; a decimal comma, which a price could hide a thousandfold, is refused."""
    notes = Findings()
    try:
        values = to_floats(raw.frame[name], Place(raw.file, name, 0), notes)
    except DataError as error:
        raise _placed(error, raw, name) from None
    for finding in notes.rows:
        if finding.rule == "decimal-comma":
            index = int(finding.first[0].removeprefix("row "))
            raise DataError(
                f"'{raw.frame[name].iloc[index]}' has a decimal comma (rule decimal-comma)",
                where=raw.where(index, name),
                mend="write numbers with a decimal point",
            )
    return values


def _placed(error: DataError, raw: Raw, name: str) -> DataError:
    """Return the error with the file's own row and header instead of the column's."""
    found = re.search(r"row (\d+)", error.where)
    assert found is not None  # `numbers` names the row of every cell that it refuses
    return DataError(error.what, where=raw.where(int(found[1]), name), mend=error.mend)


def _identity(raw: Raw) -> tuple[NDArray[np.str_], Days, Mask, Floats]:
    """Return root, expiry, call and strike, from cells, contract symbols, or both agreeing."""
    frame = raw.frame
    expiry = call = strike = None
    if "expiry" in frame:
        try:
            expiry = to_days(frame["expiry"], Place(raw.file, "expiry", 0))
        except DataError as error:
            raise _placed(error, raw, "expiry") from None
    if "kind" in frame:
        words = frame["kind"].str.strip().str.lower()
        _refuse(raw, "kind", ~np.asarray(words.isin(list(_KINDS))), "is neither call nor put")
        call = np.asarray(words.map(_KINDS), dtype=bool)
    if "strike" in frame:
        strike = _floats(raw, "strike")
    root = _roots(frame)
    if "contract" in frame:
        parts = frame["contract"].str.strip().str.upper().str.extract(OSI)
        unknown = np.asarray(parts[0].isna())
        if expiry is None or call is None or strike is None:
            _refuse(raw, "contract", unknown, "is not a contract symbol like SPXW230915C04500000")
        coded = to_days("20" + parts[1].fillna("000101"), Place(raw.file, "contract", 0))
        cents = np.asarray(parts[3].fillna("0"), dtype=np.float64) / 1000.0
        right = np.asarray(parts[2] == "C")
        root = np.where(unknown, root, np.asarray(parts[0].fillna(""), dtype=object))
        for name, cells, symbols in (
            ("expiry", expiry, coded),
            ("kind", call, right),
            ("strike", strike, cents),
        ):
            if cells is not None:
                differs = ~unknown & np.asarray(cells != symbols)
                _refuse(raw, name, differs, "does not agree with the contract symbol", "contract")
        expiry = coded if expiry is None else expiry
        call = right if call is None else call
        strike = cents if strike is None else strike
    assert expiry is not None
    assert call is not None
    assert strike is not None
    _refuse(raw, "expiry", np.isnat(expiry), "is no expiry date")
    _refuse(raw, "strike", ~(strike > 0.0), "is not a strike: strikes are positive")
    return root.astype(str), expiry, call, strike


def _roots(frame: pd.DataFrame) -> NDArray[np.object_]:
    """Return the roots that cells tell: of their own column, or a symbol that is one (SPXW)."""
    if "root" in frame:
        return np.asarray(_symbols(frame["root"]), dtype=object)
    if "symbol" in frame:
        named = _symbols(frame["symbol"])
        return np.asarray(named.where(named.isin(list(UNDERLYINGS)), ""), dtype=object)
    return np.full(len(frame), "", dtype=object)


def _symbols(cells: pd.Series) -> pd.Series:
    return cells.str.strip().str.strip("^_.$").str.upper()


def _refuse(raw: Raw, column: str, bad: Mask, why: str, beside: str = "") -> None:
    if bad.any():
        index = int(np.flatnonzero(bad)[0])
        shown = column if column in raw.frame else "contract"
        cell = raw.frame[shown].iloc[index]
        other = f" '{raw.frame[beside].iloc[index]}'" if beside else ""
        raise DataError(
            f"'{cell}' {why}{other}",
            where=raw.where(index, shown),
            mend="check that the columns are where the header says, and mend or remove the row",
        )


def _moments(raw: Raw, name: str) -> Moments:
    """Read times; those with an offset are brought to New York, others taken as New York's."""
    import pandas as pd

    nothing = np.full(len(raw.frame), np.datetime64("NaT"), dtype="datetime64[s]")
    if name not in raw.frame:
        return nothing
    text = raw.frame[name].str.strip()
    empty = blank(text)
    aware = bool(text.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True).any())
    read = pd.to_datetime(text.where(~empty), errors="coerce", utc=aware, format="ISO8601")
    if bool(read.isna().all()) and not empty.all():
        days = to_days(raw.frame[name], Place(raw.file, name, int(raw.frame["row"].iloc[0])))
        return days.astype("datetime64[s]")
    _refuse(raw, name, np.asarray(read.isna()) & ~empty, "is not a time")
    if aware:
        read = read.dt.tz_convert("America/New_York").dt.tz_localize(None)
    return np.asarray(read.to_numpy(), dtype="datetime64[s]")


def _quote_times(raw: Raw, traded: Moments, wished: str | None) -> Moments:
    count = len(raw.frame)
    if wished is not None:
        try:
            read = dt.datetime.fromisoformat(wished.strip())
            if read.tzinfo is not None or read.year not in _YEARS:
                raise ValueError
        except ValueError:
            raise DataError(
                f"'{wished}' is not a time", where="time", mend="write 2023-09-14 16:15"
            ) from None
        return np.full(count, _closed(np.array([read], dtype="datetime64[s]"))[0])
    if "time" in raw.frame:
        moments = _moments(raw, "time")
        _refuse(raw, "time", np.isnat(moments), "is no quote time")
        return _closed(moments)
    if raw.time is not None:
        return np.full(count, raw.time)
    known = traded[~np.isnat(traded)]
    if len(known):
        # nothing says when the page was read: not before its last trade
        return np.full(count, known.max())
    named = _NAMED_DATE.search(raw.file)
    try:
        day = dt.date.fromisoformat("-".join(named.groups()) if named else "")
    except ValueError:
        raise DataError(
            "nothing says when the quotes were taken", where=raw.file, mend="give a time"
        ) from None
    return _closed(np.full(count, np.datetime64(day, "s")))


def _closed(moments: Moments) -> Moments:
    """Put times that are only a date at that day's close of the options."""
    days = moments.astype("datetime64[D]").astype("datetime64[s]")
    return np.where(moments == days, days + _CLOSE, moments)


def _underlyings(raw: Raw, root: NDArray[np.str_], wished: str | None) -> NDArray[np.str_]:
    if wished or raw.symbol:
        return np.full(len(root), (wished or raw.symbol).upper())
    if "symbol" in raw.frame:
        named = _symbols(raw.frame["symbol"])
        return np.asarray(named.replace(UNDERLYINGS), dtype=str)
    made = np.array([UNDERLYINGS.get(name, name) for name in root.tolist()])
    if (made == "").all():
        raise DataError(
            "nothing names the underlying",
            where=raw.file,
            mend="give a symbol, or name the column that has it (--column symbol=HEADER)",
        )
    return made
