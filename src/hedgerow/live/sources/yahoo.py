"""Daily closes of Yahoo, through yfinance (an extra)."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np

from hedgerow.data.download import Patience
from hedgerow.data.tables import FUNDS
from hedgerow.errors import DataError, MissingExtraError
from hedgerow.live.clock import Clock
from hedgerow.live.sources.quotes import FIRST, Quotes
from hedgerow.live.sources.reading import Reading

SYMBOLS = {
    "spx": "^GSPC", "vix": "^VIX", "vix9d": "^VIX9D", "vix3m": "^VIX3M", "vix6m": "^VIX6M",
    "vvix": "^VVIX", "skew": "^SKEW", "ndx": "^NDX", "rut": "^RUT", "vxn": "^VXN", "rvx": "^RVX",
    **{fund: fund.upper() for fund in sorted(FUNDS)},
}  # fmt: skip
"""Market column and Yahoo's symbol."""

Closes: TypeAlias = Callable[[str, str, str, float], Iterable[tuple[str, float]]]
"""Symbol, first date, date after the last one, seconds of timeout: dates and closes."""


def closes(symbol: str, start: str, end: str, timeout: float) -> list[tuple[str, float]]:
    """Return dates and closes of a symbol, asked of Yahoo.

    Raises
    ------
    MissingExtraError
        If yfinance is not installed.
    """
    try:
        import yfinance
    except ImportError:
        raise MissingExtraError(
            "Yahoo's closes need yfinance", where="source yahoo", mend="run: pip install yfinance"
        ) from None
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)
    ticker: Any = yfinance.Ticker(symbol)
    frame = ticker.history(
        start=start, end=end, interval="1d", auto_adjust=False, actions=False, timeout=timeout,
        raise_errors=True,
    )  # fmt: skip
    return [(str(day)[:10], float(close)) for day, close in frame["Close"].items()]


class Yahoo(Quotes):
    """Daily closes of indices and funds; no VIX futures.

    Parameters
    ----------
    clock
        What time it is.
    history
        Data source for what was before the run.
    columns
        What the program needs; asked for beside the usual indices.
    patience
        Attempts, pauses and timeout of a symbol.
    ask
        What asks Yahoo; tests put in their own.

    Examples
    --------
    >>> known = {"^GSPC": 2746.56, "^VIX": 54.46}
    >>> ask = lambda symbol, *_: [("2020-03-09", known.get(symbol, 1.0))]
    >>> dict(Yahoo(lambda: 1583784000 * 10**9, ask=ask).read(np.datetime64("2020-03-09")).values)
    {'spx': 2746.56, 'vix': 54.46, 'vix9d': 1.0, 'vix3m': 1.0, 'vix6m': 1.0, 'vvix': 1.0}
    """

    def __init__(
        self,
        clock: Clock,
        history: str = "auto",
        columns: Iterable[str] = (),
        patience: Patience | None = None,
        ask: Closes = closes,
    ) -> None:
        super().__init__("Yahoo", clock, history, columns, SYMBOLS)
        self._ask = ask
        self._patience = patience or Patience(tries=2, timeout=15.0)

    def _quoted(self, session: np.datetime64) -> Reading:
        values: dict[str, float] = {}
        findings: list[str] = []
        for name in self._columns:
            try:
                values[name] = self._close(SYMBOLS[name], session)
            except DataError as error:
                if name in FIRST:
                    raise
                findings.append(f"{name.upper()} is left out: {error.what}")
        return Reading(str(session), self.name, values, {}, {}, tuple(findings))

    def _close(self, symbol: str, session: np.datetime64) -> float:
        found = self._closes(symbol, str(session), str(session + np.timedelta64(1, "D")))
        value = found.get(str(session), math.nan)
        if not math.isfinite(value):
            raise DataError(
                f"it has no close of {symbol} on {session} (yet)",
                where=self.name,
                mend="it is asked again",
            )
        return value

    def _closes(self, symbol: str, start: str, end: str) -> dict[str, float]:
        trouble = ""
        for attempt in range(max(self._patience.tries, 1)):
            if attempt:
                self._patience.wait(self._patience.pause * 2.0 ** (attempt - 1))
            try:
                return dict(self._ask(symbol, start, end, self._patience.timeout))
            except MissingExtraError:
                raise
            except Exception as error:
                # yfinance raises whatever its own libraries do; the words may hold addresses
                trouble = type(error).__name__
        raise DataError(
            f"it is down, or has no {symbol} ({trouble})",
            where=self.name,
            mend="it is asked again; Yahoo refuses those who ask too often",
        )
