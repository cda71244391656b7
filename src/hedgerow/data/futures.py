"""VIX futures as ranked monthly columns: the nearest expiry first, by the calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.expiry import vix_settlement
from hedgerow.core.futures import COLUMNS
from hedgerow.core.market import Origin
from hedgerow.data.numbers import Days, Floats
from hedgerow.data.quality import Findings
from hedgerow.data.series import Column

RANKS = len(COLUMNS)
"""Monthly contracts kept: ``vx1`` … ``vx8``."""

TENFOLD_UNTIL = np.datetime64("2007-03-26")
"""Before this date VIX futures were quoted at ten times the index."""

_CONFLICT = 0.5
LISTED_MONTHLY = dt.date(2005, 11, 1)
"""From this month on a future settles every month."""

Rank = NDArray[np.int8]


class Quotes(NamedTuple):
    """Settles of contracts, one row per contract and trade date, **shape** (N,)."""

    contract: Days
    """Final settlement date of the contract."""
    date: Days
    settle: Floats
    trust: Rank
    """0 a contract file's settle, 1 a panel's settle, 2 a close for want of a settle."""
    repaired: NDArray[np.bool_]

    @classmethod
    def join(cls, parts: Sequence[Quotes]) -> Quotes:
        """Return all rows of all parts."""
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def pick(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Quotes:
        """Return these rows of every column."""
        return Quotes(
            self.contract[rows],
            self.date[rows],
            self.settle[rows],
            self.trust[rows],
            self.repaired[rows],
        )


def ranked(
    sessions: Days, quotes: Quotes, archive: dict[dt.date, float], findings: Findings
) -> dict[str, Column]:
    """Return ``vx1`` … ``vx8``, their expiries and ``vx_final``, each **shape** (T,).

    Rank 1 is the nearest monthly expiry after the session: a contract settles at the
    open of its settlement date and has left the ranks by that day's close.  Ranks go by
    the calendar, so a contract without prices leaves its rank empty.

    Parameters
    ----------
    sessions
        **Shape** (T,), at least one on or after the first quote.
    quotes
        Rows of any order; where a contract and date stand several times the most trusted
        wins and a difference of more than half a point is a finding.
    archive
        Final settlement values by settlement date, points.
    findings
        Where conflicts and missing contracts are written.
    """
    quotes = single(quotes, findings)
    expiries = _expiries(quotes)
    _name_missing(expiries, quotes, findings)
    slot = np.searchsorted(sessions, quotes.date)
    on_session = slot < len(sessions)
    on_session &= sessions[np.minimum(slot, len(sessions) - 1)] == quotes.date
    rank = (
        np.searchsorted(expiries, quotes.contract)
        - np.searchsorted(expiries, quotes.date, side="right")
        + 1
    )
    era = (sessions >= quotes.date.min()) & (sessions <= quotes.date.max())
    nearest = np.searchsorted(expiries, sessions, side="right")
    columns: dict[str, Column] = {}
    source = "monthly Cboe VIX futures settles from contract files, then panel; ranked by expiry"
    for number in range(1, RANKS + 1):
        rows = on_session & (rank == number) & (quotes.date < quotes.contract)
        values = np.full(len(sessions), np.nan)
        codes = np.full(len(sessions), Origin.MISSING, dtype=np.int8)
        values[slot[rows]] = quotes.settle[rows]
        codes[slot[rows]] = np.where(quotes.repaired[rows], Origin.REPAIRED, Origin.MEASURED)
        columns[f"vx{number}"] = Column(values, codes, source)
        ahead = np.minimum(nearest + number - 1, len(expiries) - 1)
        days = np.where(era, expiries[ahead].astype(np.float64), np.nan)
        codes = np.where(era, Origin.MEASURED, Origin.MISSING).astype(np.int8)
        rule = "final settlement dates by the exchange's rule, days since 1970-01-01"
        columns[f"vx{number}_expiry"] = Column(days, codes, rule)
    columns["vx_final"] = _finals(sessions, quotes, slot, archive, findings)
    return columns


def _finals(
    sessions: Days,
    quotes: Quotes,
    slot: NDArray[np.intp],
    archive: dict[dt.date, float],
    findings: Findings,
) -> Column:
    values = np.full(len(sessions), np.nan)
    codes = np.full(len(sessions), Origin.MISSING, dtype=np.int8)
    rows = (slot < len(sessions)) & (quotes.date == quotes.contract) & (quotes.trust == 0)
    rows[rows] = sessions[slot[rows]] == quotes.date[rows]
    values[slot[rows]] = quotes.settle[rows]
    codes[slot[rows]] = np.where(quotes.repaired[rows], Origin.REPAIRED, Origin.MEASURED)
    differ = []
    for day, value in archive.items():
        date = np.datetime64(day, "D")
        at = int(np.searchsorted(sessions, date))
        if at < len(sessions) and sessions[at] == date:
            if abs(values[at] - value) > _CONFLICT:
                differ.append(f"{day}: {values[at]:g} in the contract file, {value:g} here")
            values[at] = value
            codes[at] = Origin.REPAIRED if date < TENFOLD_UNTIL else Origin.MEASURED
    if differ:
        findings.add(
            "source-conflict",
            f"{len(differ)} final settlements differ by more than {_CONFLICT} from the contract "
            "files; the exchange's archive is used",
            action="noted",
            file="final settlement archive",
            column="vx_final",
            count=len(differ),
            first=differ[:5],
        )
    source = "final settlement values of monthly VIX futures on their settlement dates"
    return Column(values, codes, source)


def single(quotes: Quotes, findings: Findings) -> Quotes:
    """Return one row per contract and date, the most trusted, sorted by contract and date."""
    order = np.lexsort((quotes.trust, quotes.date, quotes.contract))
    rows = quotes.pick(order)
    repeat = np.zeros(len(order), dtype=bool)
    repeat[1:] = (rows.contract[1:] == rows.contract[:-1]) & (rows.date[1:] == rows.date[:-1])
    winner = np.maximum.accumulate(np.where(repeat, 0, np.arange(len(order))))
    differ = np.flatnonzero(
        repeat & (np.abs(rows.settle - rows.settle[winner]) > _CONFLICT) & (rows.trust < 2)
    )
    if len(differ):
        findings.add(
            "source-conflict",
            f"{len(differ)} settles differ by more than {_CONFLICT} point between sources; "
            "contract files win over panels",
            action="noted",
            file="VIX futures",
            column="vx",
            count=len(differ),
            first=[
                f"{rows.contract[i]} on {rows.date[i]}: {rows.settle[winner[i]]:g} used, "
                f"{rows.settle[i]:g} not"
                for i in differ[:5]
            ],
        )
    return rows.pick(~repeat)


def _expiries(quotes: Quotes) -> Days:
    """All monthly expiries from the first quote on to eight months past the last."""
    first = quotes.date.min().astype("datetime64[M]")
    last = max(quotes.contract.max(), quotes.date.max()).astype("datetime64[M]")
    months = np.arange(max(first, np.datetime64("2004-01")), last + np.timedelta64(RANKS + 2, "M"))
    return vix_settlement(months)


def _name_missing(expiries: Days, quotes: Quotes, findings: Findings) -> None:
    before = quotes.date < quotes.contract
    have = np.unique(quotes.contract[before])
    span = expiries[(expiries >= have[0]) & (expiries <= have[-1])]
    lacking = [str(day) for day in span[~np.isin(span, have)]]
    unlisted = [day for day in lacking if day < str(LISTED_MONTHLY)]
    lost = [day for day in lacking if day >= str(LISTED_MONTHLY)]
    for days, why in (
        (lost, "have no prices in these files, and their ranks stay empty"),
        (unlisted, "of 2004 and 2005, when not every month was listed, have no prices"),
    ):
        if days:
            findings.add(
                "contract-missing",
                f"the monthly contracts {', '.join(day[:7] for day in days)} {why}",
                action="noted",
                file="VIX futures",
                column="vx",
                count=len(days),
                first=days,
            )
