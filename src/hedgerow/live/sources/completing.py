"""Slow columns that a source of quotes lacks: the last known value, labelled, for a while."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Market, Origin
from hedgerow.data.tables import FUNDS
from hedgerow.live.hours import sessions_since
from hedgerow.live.sources.reading import Reading

_LASTING = ("rate", "dividend_yield", "ndx_dividend_yield", "rut_dividend_yield")
"""Assumed as they were last known however long ago, as the loader does (docs/data.md)."""

DAYS: dict[str, int | None] = {
    **dict.fromkeys(_LASTING),
    "hy_spread": 10,
    **dict.fromkeys(("reer", "wacc", "pe_dispersion", "pcf_dispersion", "quick_ratio"), 100),
    "sector_shift": 10,
    **dict.fromkeys(("breadth", "cor_members", *sorted(FUNDS)), 5),
}
"""Calendar days that a column may be carried; None: without limit.  What is not named here is
never carried: no price of an index, no VIX, no settle."""

EVENTS = ("fomc", "cpi", "ppi")


class Completed(NamedTuple):
    """A reading with what was carried forward, and a sentence for each such column."""

    reading: Reading
    findings: tuple[str, ...]


def complete(reading: Reading, market: Market) -> Completed:
    """Carry slow columns forward that a reading lacks; count sessions to known events down.

    Parameters
    ----------
    reading
        As the source gave it.
    market
        What was accepted before.

    Returns
    -------
    Completed
        What was carried is labelled: rates and yields as assumed, the others as repaired.

    Examples
    --------
    >>> days = np.array(["2020-03-05", "2020-03-06"], dtype="datetime64[ns]")
    >>> market = Market(days, {"vix": [39.6, 41.9], "rate": [0.011, 0.0107]})
    >>> done = complete(Reading("2020-03-09", "a test", {"vix": 54.46}), market)
    >>> done.reading.values["rate"], done.findings
    (0.0107, ('rate is carried from 2020-03-06, 1 session old',))
    """
    if not len(market):
        return Completed(reading, ())
    day = np.datetime64(reading.session, "D")
    values, origin = dict(reading.values), dict(reading.origin)
    findings = []
    for name, limit in DAYS.items():
        if name not in market or np.isfinite(values.get(name, np.nan)):
            continue
        row = _last_known(market, name)
        if row is None:
            continue
        since = market.dates[row]
        if limit is not None and (day - since).astype(int) > limit:
            continue
        values[name] = float(market[name][row])
        lasting = name in _LASTING
        origin[name] = int(Origin.ASSUMED if lasting else Origin.REPAIRED)
        if market.origin[name][row] == Origin.MEASURED:
            age = sessions_since(since, day)
            old = f"{age} session{'s' * (age != 1)} old"
            findings.append(f"{name} is carried from {since}, {old}")
        else:
            findings.append(f"{name} is assumed, as it was before: {values[name]:g}")
    for kind in EVENTS:
        _count_down(kind, market, day, values)
    return Completed(replace(reading, values=values, origin=origin), tuple(findings))


def _last_known(market: Market, name: str) -> int | None:
    """Return the row of the last measured value, else of the last value."""
    known = np.isfinite(market[name])
    for rows in (known & (market.origin[name] == Origin.MEASURED), known):
        if rows.any():
            return int(np.flatnonzero(rows)[-1])
    return None


def _count_down(kind: str, market: Market, day: np.datetime64, values: dict[str, float]) -> None:
    """Say how many sessions are left to the next known event, as long as one is ahead."""
    ahead, today = f"event_{kind}_in", f"event_{kind}"
    if ahead not in market or ahead in values:
        return
    left = float(market[ahead][-1]) - sessions_since(market.dates[-1], day)
    if left >= 0:
        values[ahead] = left
        values.setdefault(today, float(left == 0))
