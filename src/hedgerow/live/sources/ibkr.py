"""Daily bars of indices and VIX futures from TWS or IB Gateway, through ib_async (an extra)."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from hedgerow.core.contract import MONTH_LETTERS
from hedgerow.core.futures import COLUMNS
from hedgerow.errors import DataError, MissingExtraError, RangeError
from hedgerow.live.clock import Clock
from hedgerow.live.sources.expiries import expiries
from hedgerow.live.sources.quotes import FIRST, Quotes
from hedgerow.live.sources.reading import Reading

INDICES = {
    "spx": ("SPX", "CBOE"), "vix": ("VIX", "CBOE"), "vix9d": ("VIX9D", "CBOE"),
    "vix3m": ("VIX3M", "CBOE"), "vix6m": ("VIX6M", "CBOE"), "vvix": ("VVIX", "CBOE"),
    "ndx": ("NDX", "NASDAQ"), "rut": ("RUT", "RUSSELL"),
    "vxn": ("VXN", "CBOE"), "rvx": ("RVX", "CBOE"),
}  # fmt: skip
"""Market column to the broker's symbol and exchange."""

_PORT, _CLIENT = 7497, 27
_ENOUGH = 120.0
"""Seconds for everything."""


class Ibkr(Quotes):
    """Closes of daily bars, which carry their date; asked read-only, under a client id of its own.

    Parameters
    ----------
    clock
        What time it is.
    place
        ``host:port`` or ``host:port/client``; empty for 127.0.0.1:7497/27.
    history
        Data source for what was before the run.
    columns
        What the program needs; asked for beside the usual indices and VIX futures.
    timeout
        Seconds that one answer may take.
    make
        Makes the connection's object, ``ib_async.IB``; tests put in their own.

    Raises
    ------
    RangeError
        If the place is none.

    Examples
    --------
    >>> Ibkr(lambda: 0, "127.0.0.1:4001").name
    'TWS at 127.0.0.1:4001'
    """

    def __init__(
        self,
        clock: Clock,
        place: str = "",
        history: str = "auto",
        columns: Iterable[str] = (),
        timeout: float = 15.0,
        make: Callable[[], Any] | None = None,
    ) -> None:
        self._host, self._port, self._client = _address(place)
        super().__init__(f"TWS at {self._host}:{self._port}", clock, history, columns, INDICES)
        self._timeout, self._make = timeout, make

    def _quoted(self, session: np.datetime64) -> Reading:
        with ThreadPoolExecutor(1) as pool:  # ib_async wants a loop; whoever asks may have one
            found = pool.submit(self._run, session).result()
        for name in FIRST:
            if name not in found:
                raise DataError(
                    f"it has no {name.upper()} of {session} (yet)",
                    where=self.name,
                    mend="it is asked again; see that the account has market data of Cboe indices",
                )
        values = {name: found[name] for name in self._columns if name in found}
        days = expiries(session)
        for name in COLUMNS:
            if name in found:
                values |= {name: found[name], f"{name}_expiry": float(days[name])}
        lacks = [name.upper() for name in self._columns if name not in found]
        findings = [f"{', '.join(lacks)}: left out, the broker has none"] if lacks else []
        if any(name in found for name in COLUMNS):
            findings.append("VIX futures are closes of their daily bars, not settles")
        return Reading(str(session), self.name, values, {}, {}, tuple(findings))

    def _run(self, session: np.datetime64) -> dict[str, float]:
        try:
            return asyncio.run(asyncio.wait_for(self._asked(session), _ENOUGH))
        except (MissingExtraError, DataError):
            raise
        except Exception as error:
            # ib_async raises whatever broke in it; what it is called is enough to act on
            raise DataError(
                f"it is down, or does not answer ({type(error).__name__})",
                where=self.name,
                mend="start TWS or IB Gateway with its API switched on; it is asked again",
            ) from None

    async def _asked(self, session: np.datetime64) -> dict[str, float]:
        try:
            import ib_async
        except ImportError:
            raise MissingExtraError(
                "quotes of a broker need ib_async",
                where="source ibkr",
                mend="run: pip install ib_async",
            ) from None
        logging.getLogger("ib_async").setLevel(logging.CRITICAL)
        link = self._make() if self._make is not None else ib_async.IB()
        try:
            await link.connectAsync(
                self._host,
                self._port,
                clientId=self._client,
                timeout=self._timeout,
                readonly=True,
                fetchFields=ib_async.StartupFetchNONE,
            )
            wanted: dict[str, Any] = {
                name: ib_async.Index(*INDICES[name], "USD") for name in self._columns
            }
            for name, code in vx_codes(session).items():
                wanted[name] = ib_async.Future(localSymbol=code, exchange="CFE", currency="USD")
            return await self._closes(link, wanted, session)
        finally:
            link.disconnect()

    async def _closes(
        self, link: Any, wanted: Mapping[str, Any], session: np.datetime64
    ) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, contract in wanted.items():
            asking = link.reqHistoricalDataAsync(
                contract, "", "1 M", "1 day", "TRADES", True, timeout=self._timeout
            )
            bars = await asyncio.wait_for(asking, self._timeout + 1.0)
            for bar in bars or ():
                close = float(bar.close)
                if str(bar.date)[:10] == str(session) and math.isfinite(close) and close > 0.0:
                    found[name] = close
            if name in FIRST and name not in found:
                break  # without these there is no session, so the others need not be asked for
        return found


def vx_codes(session: np.datetime64) -> dict[str, str]:
    """Return the exchange's codes of the monthly VIX futures, by column.

    Examples
    --------
    >>> vx_codes(np.datetime64("2020-03-16"))["vx1"]
    'VXH0'
    """
    found = {}
    for name, day in expiries(session).items():
        settled = str(np.datetime64(day, "D"))
        found[name] = f"VX{MONTH_LETTERS[int(settled[5:7])]}{settled[3]}"
    return found


def _address(place: str) -> tuple[str, int, int]:
    host, _, rest = place.partition(":")
    port, _, client = rest.partition("/")
    if not all(part.isdigit() or not part for part in (port, client)) or int(port or 1) > 65535:
        raise RangeError(
            f"'{place}' is no address of TWS",
            where="source.place",
            mend="write host:port, such as 127.0.0.1:7497, or host:port/client",
        )
    return host or "127.0.0.1", int(port or _PORT), int(client or _CLIENT)
