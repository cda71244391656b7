"""What a source says of a session, and a row of a market as such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from hedgerow.core.market import Market, Origin
from hedgerow.data.quality import RULES
from hedgerow.errors import DataError
from hedgerow.live.hours import sessions_since
from hedgerow.live.needs import ALWAYS


class RefusedError(DataError):
    """The numbers are there and may not be used: somebody has to mend them, waiting does not."""


@dataclass(frozen=True)
class Reading:
    """The numbers of a session, as one source has them.

    Parameters
    ----------
    session
        Date, such as ``2020-03-09``.
    source
        Where they come from, in words that an alarm can quote.
    values
        By market column (docs/data.md), in its unit; what the source lacks is left out.
    origin
        :class:`~hedgerow.core.market.Origin` codes by column; left out: measured.
    stamps
        When each value was quoted, nanoseconds since 1970, UTC; where known.
    findings
        What the source itself found odd, a sentence each.
    before
        Date and numbers of the session before, as the source has them now; None where it does
        not say.  They change nothing that was accepted.
    past
        Whether it is a replay: what a model makes of it, or what it lacks, so does the backtest.
    struck
        By column that is left out, what its file has and by which rule that was dropped.
    """

    session: str
    source: str
    values: Mapping[str, float]
    origin: Mapping[str, int] = field(default_factory=dict)
    stamps: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    before: tuple[str, Mapping[str, float]] | None = None
    past: bool = False
    struck: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """A place that knows the numbers of a session after its close."""

    @property
    def name(self) -> str:
        """In words, without secrets."""

    def history(self) -> Market:
        """Return what was known before the run begins: it warms the signals up.

        Raises
        ------
        HedgerowError
            If there is none.
        """

    def read(self, session: np.datetime64) -> Reading:
        """Return a session's numbers.

        Raises
        ------
        RefusedError
            If it has the session, with numbers that may not be used.
        DataError
            If the source is down, or does not have the session (yet): the sentence says which.
        """


def row_of(market: Market, session: np.datetime64, name: str) -> Reading:
    """Return a session's row of a market; what it lacks is left out.

    Parameters
    ----------
    market
        Daily bars.
    session
        Date.
    name
        Of the source, in words.

    Raises
    ------
    RefusedError
        If the files have the row, and a quality rule has dropped what makes it a session.
    DataError
        If there is no such row (yet).

    Examples
    --------
    >>> days = np.array(["2020-03-06", "2020-03-09"], dtype="datetime64[ns]")
    >>> market = Market(days, {"vix": [41.94, 54.46], "skew": [119.0, np.nan]})
    >>> dict(row_of(market, np.datetime64("2020-03-09"), "a test").values)
    {'vix': 54.46}
    """
    day = session.astype("datetime64[D]")
    rows = np.flatnonzero(market.dates == day)
    struck = _struck(market, str(day))
    if lost := [struck[column] for column in ALWAYS if column in struck]:
        raise RefusedError("; ".join(lost), where=name, mend="mend the row: it is asked again")
    if not len(rows):
        last = market.dates[-1] if len(market) else "nothing"
        ahead = len(market) > 0 and day > market.dates[-1]
        ago = sessions_since(market.dates[-1], day) if ahead else 0
        old = f", {ago:,} sessions before" if ago > 1 else ""
        when = "yet" if ahead else "among them"
        raise DataError(
            f"there is no {day} {when}; the last session is {last}{old}",
            where=name,
            mend="it is asked again; bring the data up to date if this goes on"
            if ahead
            else "supply the row, or name another session",
        )
    row = int(rows[-1])
    values = _known(market, row)
    codes = {column: int(market.origin[column][row]) for column in values}
    origin = {column: code for column, code in codes.items() if code != Origin.MEASURED}
    before = (str(market.dates[row - 1]), _known(market, row - 1)) if row else None
    struck = {column: said for column, said in struck.items() if column not in values}
    return Reading(str(day), name, values, origin, before=before, struck=struck)


def _struck(market: Market, day: str) -> dict[str, str]:
    """Return by column what the loader has dropped of a day, and by which rule."""
    found = {}
    for finding in market.findings:
        for place in finding["first"] if finding["action"] == "dropped" else ():
            when, _, value = str(place).partition(": ")
            if when == day and value:
                column, rule = str(finding["column"]), str(finding["rule"])
                found[column] = (
                    f"{finding['file']}, row of {day}: {column.upper()} {value} was dropped "
                    f"(rule {rule}: {RULES[rule].rstrip('.')})"
                )
    return found


def _known(market: Market, row: int) -> dict[str, float]:
    found = {column: float(values[row]) for column, values in market.columns.items()}
    return {column: value for column, value in found.items() if np.isfinite(value)}
