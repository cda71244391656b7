"""The connection to TWS or IB Gateway: a thread with a loop of its own, asked from any other."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as Late
from typing import TYPE_CHECKING, Any, TypeVar

from hedgerow.errors import BrokerError, MissingExtraError
from hedgerow.live.settings import BrokerTerms

if TYPE_CHECKING:
    from ib_async import IB

T = TypeVar("T")

_GRACE = 1.0
"""Seconds after which a loop that does not even time out is given up."""


class Link:
    """A connection that is made when it is needed, and made again when it has broken.

    Parameters
    ----------
    terms
        Where TWS listens, the client id, the account, and how long an answer may take.
    heard
        Gets the number of the request or order (-1: none), code and text of every message that
        TWS calls an error; called in the connection's thread.

    Raises
    ------
    MissingExtraError
        If ib_async is not installed.
    """

    def __init__(self, terms: BrokerTerms, heard: Callable[[int, int, str], None]) -> None:
        require()
        self.terms, self.account, self.times = terms, terms.account, 0
        self.where = f"TWS at {terms.host}:{terms.port}"
        self._heard, self._turn = heard, threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stirred: asyncio.Event | None = None
        self._ib: IB | None = None

    def ask(self, what: str, make: Callable[[IB], Awaitable[T]]) -> T:
        """Return TWS's answer; one question at a time.

        Parameters
        ----------
        what
            What is asked for, in words.
        make
            Asks; runs in the connection's thread.

        Raises
        ------
        BrokerError
            If TWS cannot be reached, or does not answer in time.
        """

        async def answer() -> T:
            try:
                ib = await self._connected()
                return await asyncio.wait_for(make(ib), self.terms.timeout)
            except TimeoutError:
                raise self._silent(what) from None
            except (ConnectionError, OSError):
                raise BrokerError(
                    f"the connection broke while {what} was asked for",
                    where=self.where,
                    mend="look whether TWS or IB Gateway runs; it is tried again",
                ) from None

        with self._turn:
            running = asyncio.run_coroutine_threadsafe(answer(), self._running())
            try:
                return running.result(2.0 * self.terms.timeout + _GRACE)
            except Late:
                running.cancel()
                raise self._silent(what) from None

    async def stir(self) -> None:
        """Wait until something has come from TWS, or the connection has broken."""
        if self._stirred is None or self._ib is None or not self._ib.isConnected():
            raise ConnectionError
        self._stirred.clear()
        await self._stirred.wait()
        if not self._ib.isConnected():
            raise ConnectionError

    def close(self) -> None:
        """Let go of TWS."""
        with self._turn:
            if self._loop is None:
                return
            loop, self._loop = self._loop, None
            asyncio.run_coroutine_threadsafe(self._leave(), loop).result(_GRACE)
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join(_GRACE)
            loop.close()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="ibkr", daemon=True)
            self._thread.start()
        return self._loop

    async def _leave(self) -> None:
        ib, self._ib = self._ib, None
        if ib is not None:
            ib.disconnect()
            await asyncio.sleep(0)

    async def _connected(self) -> IB:
        if self._ib is not None and self._ib.isConnected():
            return self._ib
        await self._leave()
        ib = await self._connect()
        accounts = ib.managedAccounts()
        wanted = self.terms.account or (accounts[0] if len(accounts) == 1 else "")
        if wanted not in accounts:
            ib.disconnect()
            raise BrokerError(
                f"it does not manage the account {wanted}"
                if wanted
                else f"it manages {len(accounts)} accounts, and none is chosen",
                where=self.where,
                mend="set broker.account to one of its own",
            )
        self._ib, self.account = ib, wanted
        self.times += 1
        return ib

    async def _connect(self) -> IB:
        from ib_async import IB, StartupFetch

        ib, said, terms = IB(), list[str](), self.terms
        broken = asyncio.get_running_loop().create_future()
        self._stirred = stirred = asyncio.Event()

        def stir(*_: Any) -> None:
            stirred.set()

        def hear(number: int, code: int, text: str, _: Any) -> None:
            said.append(f"{code}: {text}")
            self._heard(number, code, text)

        def broke(_: str) -> None:
            if not broken.done():
                broken.set_result(None)

        ib.errorEvent += hear
        ib.client.apiError += broke
        for event in (ib.updateEvent, ib.errorEvent, ib.disconnectedEvent):
            event.connect(stir)
        wanted = StartupFetch.ORDERS_OPEN | StartupFetch.ORDERS_COMPLETE | StartupFetch.EXECUTIONS
        task = asyncio.ensure_future(
            ib.connectAsync(
                terms.host,
                terms.port,
                terms.client,
                timeout=2.0 * terms.timeout,
                raiseSyncErrors=True,
                fetchFields=wanted,
            )
        )
        waiting: set[asyncio.Future[Any]] = {task, broken}
        await asyncio.wait(waiting, timeout=terms.timeout, return_when=asyncio.FIRST_COMPLETED)
        if task.done() and not task.cancelled() and task.exception() is None:
            return ib
        refused = task.done() and getattr(task.exception(), "errno", None) is not None
        cut = broken.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        told = [text for text in said if not text.startswith("21")]
        if told:
            raise BrokerError(
                f"it refuses the connection ({told[-1]})",
                where=self.where,
                mend="give this client an id of its own (broker.client); switch Read-Only API off",
            )
        if refused or cut:
            raise BrokerError(
                "nothing answers there",
                where=self.where,
                mend="start TWS or IB Gateway, sign in, and enable its API on this port",
            )
        raise self._silent("the connection")

    def _silent(self, what: str) -> BrokerError:
        return BrokerError(
            f"no answer within {self.terms.timeout:g} s ({what})",
            where=self.where,
            mend="look at TWS: a dialog may be open, or Read-Only API be on",
        )


def require() -> None:
    """Check that ib_async is there, and keep its log off the terminal.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import ib_async  # noqa: F401  (only whether it is there)
    except ImportError:
        raise MissingExtraError(
            "Interactive Brokers needs ib_async",
            where="broker.kind",
            mend="pip install 'hedgerow[ibkr]'",
        ) from None
    log = logging.getLogger("ib_async")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
