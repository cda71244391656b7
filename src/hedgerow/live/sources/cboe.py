"""Cboe's delayed quotes of indices, and the day's settlements of VIX futures at CFE."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from hedgerow.data.download import Patience
from hedgerow.errors import DataError
from hedgerow.live.clock import Clock
from hedgerow.live.hours import ZONE, close_of, ns, sessions_since
from hedgerow.live.sources.expiries import expiries
from hedgerow.live.sources.quotes import FIRST, Quotes
from hedgerow.live.sources.reading import Reading
from hedgerow.live.sources.web import BRIEF, get

QUOTES = "https://cdn.cboe.com/api/global/delayed_quotes/quotes/{name}.json"
"""Of one symbol; ``{name}`` is ``_VIX``."""
SETTLES = "https://www-api.cboe.com/us/futures/market_statistics/settlement/csv?dt={name}"
"""Of all contracts on a trade date; ``{name}`` is ``2024-01-16``."""

INDICES = {
    "spx": "_SPX", "vix": "_VIX", "vix9d": "_VIX9D", "vix3m": "_VIX3M", "vix6m": "_VIX6M",
    "vvix": "_VVIX", "skew": "_SKEW", "cor1m": "_COR1M", "ndx": "_NDX", "rut": "_RUT",
    "vxn": "_VXN", "rvx": "_RVX",
}  # fmt: skip
"""Market column and Cboe's symbol."""

SELDOM = ("ndx", "rut", "vxn", "rvx")
"""Asked for only where the program needs them."""
_GIVE_UP = 3
_EPOCH = dt.date(1970, 1, 1)


class _Quote(NamedTuple):
    close: float
    before: float
    """Close of the session before."""
    traded: int
    """Nanoseconds since 1970, UTC."""
    day: np.datetime64


class Cboe(Quotes):
    """Closing values of indices as delayed quotes have them, and settles of VIX futures.

    Parameters
    ----------
    clock
        What time it is.
    place
        Address under which both lie, as ``http://host/path``: ``_VIX.json`` and
        ``settlement.csv?dt=…``; empty for Cboe's own.
    history
        Data source for what was before the run.
    columns
        What the program needs; indices beside the usual ones are asked for only then.
    patience
        Attempts, pauses and timeout of a request.

    Examples
    --------
    >>> Cboe(lambda: 0).name
    "Cboe's delayed quotes"
    """

    def __init__(
        self,
        clock: Clock,
        place: str = "",
        history: str = "auto",
        columns: Iterable[str] = (),
        patience: Patience = BRIEF,
    ) -> None:
        known = [name for name in INDICES if name not in SELDOM]
        super().__init__("Cboe's delayed quotes", clock, history, {*known, *columns}, INDICES)
        self._patience = patience
        base = place.rstrip("/")
        self._quotes = f"{base}/{{name}}.json" if base else QUOTES
        self._settles = f"{base}/settlement.csv?dt={{name}}" if base else SETTLES

    def _quoted(self, session: np.datetime64) -> Reading:
        values: dict[str, float] = {}
        stamps: dict[str, int] = {}
        findings: list[str] = []
        lost = 0
        for name in self._columns:
            try:
                value, stamp, words = self._close(name, session)
            except DataError as error:
                if name in FIRST:
                    raise
                lost += "is down" in error.what
                if lost == _GIVE_UP:
                    raise
                findings.append(f"{name.upper()} is left out: {error.what}")
                continue
            values[name] = value
            stamps |= {name: stamp} if stamp else {}
            findings += [words] if words else []
        try:
            settles = self._futures(session)
        except DataError as error:
            findings.append(f"VIX futures are left out: {error.what}")
        else:
            values |= settles
        return Reading(str(session), self.name, values, {}, stamps, tuple(findings))

    def _close(self, name: str, session: np.datetime64) -> tuple[float, int, str]:
        """Return a closing value, its time where known, and what is odd about it."""
        quote = self._quote(name)
        if quote.day == session and quote.traded >= close_of(session):
            return quote.close, quote.traded, ""
        ahead = quote.day > session and sessions_since(session, quote.day) == 1
        if ahead and math.isfinite(quote.before):
            words = f"{name.upper()} is the close before that a quote of {quote.day} tells"
            return quote.before, 0, words
        late = quote.day > session
        raise DataError(
            f"{name.upper()} was last quoted on {quote.day}, "
            + ("and older closes are gone" if late else "the session's close is not there yet"),
            where=self.name,
            mend="use the daily files (kind = 'files')" if late else "it is asked again",
        )

    def _quote(self, name: str) -> _Quote:
        symbol = INDICES[name]
        text = get(self._quotes.replace("{name}", symbol), self.name, self._patience)
        try:
            content: Any = json.loads(text)
            data = content["data"]
            told = str(data.get("symbol", symbol)).lstrip("^_").upper()
            traded = dt.datetime.fromisoformat(str(data["last_trade_time"])).replace(tzinfo=None)
            price = data.get("close") or data["current_price"]
            found = _Quote(
                _number(price),
                _number(data.get("prev_day_close", math.nan)),
                ns(traded.replace(tzinfo=ZONE)),
                np.datetime64(traded.date(), "D"),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise self._garbage(symbol, error) from None
        if told != symbol[1:] or not math.isfinite(found.close):
            raise self._garbage(symbol, ValueError(f"it is of {told[:20]}"))
        return found

    def _garbage(self, what: str, error: Exception) -> DataError:
        said = f"no '{error.args[0]}'" if isinstance(error, KeyError) else type(error).__name__
        return DataError(
            f"what it sent of {what} is garbage ({said})",
            where=self.name,
            mend="look at the address; Cboe may have changed its layout",
        )

    def _futures(self, session: np.datetime64) -> dict[str, float]:
        """Return settles by rank; only monthly contracts, told by the exchange's rule."""
        url = self._settles.replace("{name}", str(session))
        text = get(url, self.name, self._patience).decode("utf-8-sig", errors="replace")
        settles: dict[int, float] = {}
        try:
            for row in csv.DictReader(io.StringIO(text)):
                if row["Product"].strip() == "VX":
                    settled = dt.date.fromisoformat(row["Expiration Date"].strip())
                    settles[(settled - _EPOCH).days] = _number(row["Price"])
        except (ValueError, TypeError, KeyError, AttributeError, csv.Error) as error:
            raise self._garbage("VX", error) from None
        found: dict[str, float] = {}
        for name, day in expiries(session).items():
            if math.isfinite(settles.get(day, math.nan)) and settles[day] > 0.0:
                found |= {name: settles[day], f"{name}_expiry": float(day)}
        if not found:
            raise DataError(f"no settles of {session} yet", where=self.name)
        final = settles.get(int(session.astype("int64")))
        return found if final is None else {**found, "vx_final": final}


def _number(given: Any) -> float:
    """Return a number as it is written; nothing is guessed of commas."""
    if isinstance(given, bool):
        raise ValueError("true is no number")
    return float(given)
