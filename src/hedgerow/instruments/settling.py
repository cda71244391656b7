"""At what level of its index an option is settled: the close, or the morning's quotation."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.errors import SleeveError
from hedgerow.instruments.rolls import Schedule

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

PM, AM = "pm", "am"
"""On the close, and on the opening of the day of expiry."""
SOURCES = ("special quotation", "first print", "close")
"""Where a morning's level may come from, the best first."""
LIVELY = 1.0 / 3.0
"""Part of a day's volatility that first prints must move from the close before to be prints."""
WINDOW, ENOUGH = 252, 60
"""Sessions before over which that is judged, and first prints there below which it is not."""


def check_settlement(settlement: str, *, listed: bool) -> None:
    """Refuse what is not a time of settlement, or mornings of expiries that nobody lists.

    Raises
    ------
    SleeveError
        As said.
    """
    if settlement not in (PM, AM):
        raise SleeveError(
            f"{settlement!r} is not a settlement", where="settlement", mend="write pm or am"
        )
    if settlement == AM and not listed:
        raise SleeveError(
            "only listed monthlies settle in the morning",
            where="settlement",
            mend="write listed = true, or settlement = 'pm'",
        )


class Settling(NamedTuple):
    """Levels at which options that expire at a bar are settled, **shape** (T,)."""

    level: Floats
    """Points."""
    source: NDArray[np.intp] | None = None
    """Numbers of `SOURCES`; None where all are settled on the close, as PM options are."""
    stale: NDArray[np.bool_] | None = None
    """Whether there is a first print that was left out because prints of its time hardly move."""

    @classmethod
    def of(cls, market: Market, index: str, spot: Floats, settlement: str) -> Settling:
        """Return the levels of a market.

        Parameters
        ----------
        market
            Columns ``spx_soq``, the special opening quotation, and ``spx_open``, the first print
            of the index, are used where there are any; ``ndx_soq`` and so on of other indices.
        index
            ``spx``, ``ndx`` or ``rut``.
        spot
            Closes without holes, points, **shape** (T,).
        settlement
            ``pm``: all at the close.  ``am``: at the special quotation of that very session, else
            its first print where that is one, else its close.

        Notes
        -----
        The special quotation is made of the first trade of every share, whenever that comes; the
        index's first print is made before most have opened, of their closes of the day before.  It
        lags the special quotation towards that close; in early years it hardly moves at all.  It is
        taken where the first prints of the year before moved from the close before by `LIVELY` of
        a day's volatility or more; where there are few to judge by, it is taken as it stands.

        Examples
        --------
        >>> days = np.array(["2020-01-16", "2020-01-17"], dtype="datetime64[ns]")
        >>> market = Market(days, {"spx": [10.0, 12.0], "spx_open": [np.nan, 11.0]})
        >>> Settling.of(market, "spx", market["spx"], "am").level.tolist()
        [10.0, 11.0]
        """
        if settlement == PM:
            return cls(spot)
        level, source = spot, np.full(len(spot), SOURCES.index("close"))
        first, special = _known(market, f"{index}_open"), _known(market, f"{index}_soq")
        stale = (first > 0.0) & ~_lively(first, spot)
        for number, values in ((1, np.where(stale, np.nan, first)), (0, special)):
            level, source = (
                np.where(values > 0.0, values, level),
                np.where(values > 0.0, number, source),
            )
        return cls(level, source, stale & (source == SOURCES.index("close")))

    def notes(self, plan: Schedule, days: NDArray[np.int64]) -> dict[str, Any]:
        """Return the facts of a sleeve's settlements, for its report.

        Parameters
        ----------
        plan
            Which contract is held when.
        days
            The bars, days since 1970-01-01, **shape** (T,).
        """
        if self.source is None or self.stale is None:
            return {"settlement": "on the close"}
        rows = plan.rolls
        rows = rows[plan.expiry[plan.held[rows - 1]] <= days[rows]]
        counts = np.bincount(self.source[rows], minlength=len(SOURCES))
        return {
            "settlement": "in the morning; a first print of the index is no special quotation: it "
            "is made before most shares have opened",
            "settlements": dict(zip(SOURCES, counts.tolist(), strict=True)),
            "settlements_share": {
                name: float(count / max(len(rows), 1))
                for name, count in zip(SOURCES, counts, strict=True)
            },
            "stale_first_prints_left_out": int(self.stale[rows].sum()),
        }


def _known(market: Market, name: str) -> Floats:
    return market[name] if name in market else np.full(len(market), np.nan)


def _lively(first: Floats, spot: Floats) -> NDArray[np.bool_]:
    """Say where first prints of the sessions before moved as prints do, or cannot be judged."""
    before = np.r_[np.nan, spot[:-1]]
    night, day = np.log(first / before), np.log(spot / before)
    both = np.isfinite(night) & np.isfinite(day)
    sums = [
        np.r_[0.0, np.cumsum(np.where(both, part, 0.0))] for part in (night**2, day**2, both * 1.0)
    ]
    ends = np.arange(len(spot))  # of the window: the session before
    begins = np.maximum(ends - WINDOW, 0)
    moved, all_, count = (total[ends] - total[begins] for total in sums)
    return np.asarray((count < ENOUGH) | (moved >= LIVELY**2 * all_))
