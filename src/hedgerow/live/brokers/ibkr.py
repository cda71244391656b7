"""Interactive Brokers as the desk sees it, through TWS or IB Gateway.

The order's reference at the broker is its key.  Before an order is placed the broker is asked for
all that it has under the key, open, done or filled, by whichever connection; and TWS lets only one
connection at a time use a client id, in which it reads what it is sent in order.  So an order of
which nothing was heard has either arrived, and is found, or never will.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.desk_events import Acknowledged, Ended, Executed, Proposed
from hedgerow.engine.ledger.money import Nanos, micros, nanos
from hedgerow.errors import BrokerError, HedgerowError
from hedgerow.live.brokers.gateway import Report, Working
from hedgerow.live.brokers.ibkr_contracts import (
    Listed,
    OrderAndContract,
    described,
    listed,
    placed,
    symbol_of,
)
from hedgerow.live.brokers.ibkr_link import Link
from hedgerow.live.clock import Clock, wall
from hedgerow.live.hours import SECOND
from hedgerow.live.settings import BrokerTerms

if TYPE_CHECKING:
    from ib_async import IB, Fill, Trade

_DONE = frozenset({"Filled", "Cancelled", "ApiCancelled", "Inactive"})
_CANCELLED = 202
_LINES = {1100: "cut", 1101: "back, data lost", 1102: "back", 2110: "cut"}
"""What TWS says of its own line to Interactive Brokers."""
_FEES = {"option": 1.0, "future": 2.0, "shares": 0.005, "swap": 0.0}
"""USD of a contract, as a run assumes, where the broker has not said in time what it took."""
_UNSET = 1e300


class Seen(NamedTuple):
    """The orders that the broker has under keys of this run."""

    open: Mapping[str, Trade]
    done: Mapping[str, Trade]
    filled: frozenset[str]


class IbkrGateway:
    """Orders and positions of one account at Interactive Brokers.

    Parameters
    ----------
    terms
        Where TWS listens, client id, account, and the seconds that an answer may take.  A
        commission that takes longer is booked as assumed.
    prefix
        Of the keys of the run's orders; orders under others are left alone.
    clock
        What time it is.

    Raises
    ------
    MissingExtraError
        If ib_async is not installed.
    """

    def __init__(self, terms: BrokerTerms, prefix: str, clock: Clock = wall) -> None:
        self._link, self._terms = Link(terms, self._hear), terms
        self._prefix, self._clock = prefix, clock
        self._listed: dict[str, Listed] = {}
        self._symbols: dict[int, str] = {}
        self._working: set[str] = set()
        self._over: set[str] = set()
        self._executions: dict[str, str] = {}
        self._corrected: set[str] = set()
        self._counted: dict[str, dict[int, float]] = {}
        self._errors: dict[int, tuple[int, str]] = {}
        self._times = 0
        self._since: dict[str, float] = {}
        self._estimated: dict[str, float] = {}
        self._findings: list[str] = []

    @property
    def name(self) -> str:
        """Of the account, once TWS has named it."""
        account = self._link.account
        kind = "paper account" if account.startswith("D") else "account"
        return f"Interactive Brokers, {kind} {account}".rstrip() if account else self._link.where

    def send(self, order: Proposed, key: str) -> None:
        """Place an order, unless the broker has one under its key.

        Raises
        ------
        RefusedError
            If it cannot be asked for here.
        BrokerError
            If TWS cannot be reached, or has not said that it has the order: it may have it.
        """
        if not key.startswith(self._prefix) or key == self._prefix:
            raise BrokerError(
                f"'{key}' is no key of this run",
                where=f"order {order.order}",
                mend=f"keys begin with {self._prefix}",
            )
        if any(working.key == key for working in self.known()):
            return
        at = {leg.contract: self._found(leg.contract) for leg in order.legs}
        asked = placed(order, key, self._link.account, at)
        self._link.ask(f"order {order.order}", lambda ib: self._place(ib, asked))

    def cancel(self, key: str) -> None:
        """Ask for what is left of an order not to be filled; one that is done stays as it is.

        Raises
        ------
        BrokerError
            If TWS cannot be reached, or another client placed the order.
        """

        async def act(ib: IB) -> None:
            seen = await self._look(ib)
            trade = seen.open.get(key)
            if trade is None or key in seen.done:
                return
            if trade.order.clientId != self._terms.client:
                raise BrokerError(
                    f"the client {trade.order.clientId} placed it",
                    where=f"order {self._order(key)}",
                    mend="cancel it in TWS, or set broker.client to that id",
                )
            ib.cancelOrder(trade.order)

        self._link.ask(f"cancelling {self._order(key)}", act)

    def known(self) -> Sequence[Working]:
        """Return the orders of this run that the broker has or has had today.

        Raises
        ------
        BrokerError
            If TWS cannot be reached.
        """
        seen = self._link.ask("orders", self._look)
        found = {key: _working(key, trade, done=False) for key, trade in seen.open.items()}
        found |= {key: _working(key, trade, done=True) for key, trade in seen.done.items()}
        lost = {key: Working(key, "", True) for key in seen.filled}
        return list((lost | found).values())

    def reports(self) -> Sequence[Report]:
        """Return what the broker has said since the last call; the first says all of today.

        Raises
        ------
        BrokerError
            If TWS cannot be reached.
        """
        return self._link.ask("reports", self._listen)

    def positions(self) -> Mapping[str, Nanos]:
        """Return the positions of the account, by the ledger's symbol or words for the contract.

        Raises
        ------
        BrokerError
            If TWS cannot be reached.
        """
        held = self._link.ask("positions", lambda ib: ib.reqPositionsAsync())
        found: dict[str, Nanos] = {}
        for item in held:
            if item.account == self._link.account:
                found[symbol_of(item.contract)] = nanos(item.position)
        return {symbol: quantity for symbol, quantity in found.items() if quantity}

    def findings(self) -> Sequence[str]:
        """Return what a person should look at, since the last call, a sentence each."""
        findings, self._findings = self._findings, []
        return findings

    def close(self) -> None:
        """Let go of TWS; orders stay where they are."""
        self._link.close()

    # asked in the connection's thread

    async def _place(self, ib: IB, asked: OrderAndContract) -> None:
        self._renewed()
        trade = ib.placeOrder(asked.contract, asked.order)
        number = trade.order.orderId
        self._errors.pop(number, None)
        while not (_identity(trade) or number in self._errors):
            await self._link.stir()

    async def _look(self, ib: IB) -> Seen:
        """Ask for all that the broker has under keys of this run."""
        working = await ib.reqAllOpenOrdersAsync()
        done = await ib.reqCompletedOrdersAsync(False)
        fills = await ib.reqExecutionsAsync()
        return Seen(
            {trade.order.orderRef: trade for trade in self._ours(working)},
            {trade.order.orderRef: trade for trade in self._ours(done)},
            frozenset(fill.execution.orderRef for fill in self._own(fills)),
        )

    async def _listen(self, ib: IB) -> list[Report]:
        self._renewed()
        trades = {trade.order.orderRef: trade for trade in self._ours(ib.trades())}
        doubts = [
            key
            for key, trade in trades.items()
            if key not in self._over
            and (trade.order.orderId in self._errors or trade.orderStatus.status in _DONE)
        ]
        if any(trades[key].order.orderId in self._errors for key in doubts):
            seen = await self._look(ib)
        else:
            seen = Seen({}, {key: trades[key] for key in doubts}, frozenset())
        # what is told is told once: from here on nothing is waited for, so all of it arrives
        reports: list[Report] = []
        for key, trade in trades.items():
            if _identity(trade) and key not in self._working:
                self._working.add(key)
                reports.append(Acknowledged(self._clock(), self._order(key), _identity(trade)))
        for fill in self._own(ib.fills()):
            report = self._filled(fill)
            if report is not None:
                reports.append(report)
        for key in doubts:
            ended = self._ended(ib, key, trades[key], seen)
            if ended is not None:
                self._over.add(key)
                reports.append(ended)
        return reports

    def _filled(self, fill: Fill) -> Executed | None:
        """Return the report of a fill of one leg, once, when its fee is known or overdue."""
        done, key = fill.execution, fill.execution.orderRef
        execution = done.execId.rpartition(".")[0] or done.execId
        told, fee = self._executions.get(execution), fill.commissionReport
        mark = f"{done.execId} {done.side} {done.shares:g} @ {done.price:g}"
        known = bool(fee.execId)
        if told is not None:
            if told.partition(" ")[0] != done.execId and mark not in self._corrected:
                self._corrected.add(mark)
                self._note(key, f"the broker corrects a fill: {told} is now {mark}")
            if known and execution in self._estimated:
                taken = self._estimated.pop(execution)
                if abs(taken - fee.commission) > 1e-9:
                    self._note(
                        key,
                        f"the commission of {execution} is {fee.commission:g}, "
                        f"booked were {taken:g} USD",
                    )
            return None
        symbol = self._symbols.get(fill.contract.conId) or symbol_of(fill.contract)
        if not known and not self._overdue(execution):
            return None
        cost = fee.commission
        if not known:
            cost = done.shares * _fee(symbol)
            self._estimated[execution] = cost
            self._note(key, f"no commission of {execution} was told; booked as {cost:g} USD")
        elif fee.currency not in ("USD", ""):
            self._note(key, f"the commission of {execution} is in {fee.currency}, booked as USD")
        self._executions[execution] = mark
        counted = self._counted.setdefault(key, {})
        counted[fill.contract.conId] = counted.get(fill.contract.conId, 0.0) + done.shares
        sign = 1.0 if done.side in ("BOT", "BUY") else -1.0
        return Executed(
            round(done.time.timestamp()) * SECOND,
            self._order(key),
            execution,
            symbol,
            nanos(sign * done.shares),
            done.price,
            micros(cost),
        )

    def _ended(self, ib: IB, key: str, trade: Trade, seen: Seen) -> Ended | None:
        """Return the end of an order that is done, when all its fills have been told."""
        number = trade.order.orderId
        code, text = self._errors.get(number, (0, ""))
        working = seen.open.get(key)
        found = seen.done.get(key) or working
        if found is not None and found.orderStatus.status not in _DONE:
            self._errors.pop(number, None)
            return None
        status = found.orderStatus.status if found is not None else trade.orderStatus.status
        why = f"{code}: {text}" if code else f"the broker says {status}"
        state: Literal["filled", "cancelled", "rejected"] = "cancelled"
        if status == "Filled":
            state, why = "filled", "all of it"
        elif status == "Inactive" or (code and code != _CANCELLED):
            state = "rejected"
            if working is not None:
                ib.cancelOrder(working.order)  # so that it does not come to life again
        if not self._complete(key, found or trade):
            if not self._overdue(f"end of {key}"):
                return None
            self._note(key, f"the broker says {status}, and has not reported all its fills")
            state = "cancelled"  # fills may still be written down
        if self._counted.get(key) and state == "rejected":
            state = "cancelled"
        return Ended(self._clock(), self._order(key), state, why)

    def _complete(self, key: str, trade: Trade) -> bool:
        """Whether all fills that the broker counts have been told."""
        times = max(trade.orderStatus.filled, 0.0)
        if 0.0 < trade.order.filledQuantity < _UNSET:
            times = float(trade.order.filledQuantity)
        elif trade.orderStatus.status == "Filled":
            times = float(trade.order.totalQuantity)
        counted = self._counted.get(key, {})
        if trade.contract.secType != "BAG":
            return sum(counted.values()) >= times
        legs = trade.contract.comboLegs
        return all(counted.get(leg.conId, 0.0) >= leg.ratio * times for leg in legs)

    # small matters

    def _found(self, symbol: str) -> Listed:
        if symbol not in self._listed:
            asked = described(symbol)
            details = self._link.ask(
                f"the contract {symbol}", lambda ib: ib.reqContractDetailsAsync(asked)
            )
            rules = None
            if details and details[0].marketRuleIds:
                places = details[0].validExchanges.split(",")
                numbers = details[0].marketRuleIds.split(",")
                place = places.index(asked.exchange) if asked.exchange in places else 0
                rules = self._link.ask(
                    f"the ticks of {symbol}",
                    lambda ib: ib.reqMarketRuleAsync(int(numbers[place])),
                )
            self._listed[symbol] = found = listed(symbol, details, rules)
            self._symbols[found.contract.conId] = symbol
        return self._listed[symbol]

    def _ours(self, trades: Iterable[Trade]) -> list[Trade]:
        return [trade for trade in trades if trade.order.orderRef.startswith(self._prefix)]

    def _own(self, fills: Iterable[Fill]) -> list[Fill]:
        """Return the fills of this run's legs: a combo's own line is their sum."""
        return [
            fill
            for fill in fills
            if fill.execution.orderRef.startswith(self._prefix)
            and fill.execution.acctNumber == self._link.account
            and fill.contract.secType != "BAG"
        ]

    def _renewed(self) -> None:
        if self._times != self._link.times:  # another connection counts from anew
            self._times = self._link.times
            self._errors.clear()

    def _order(self, key: str) -> str:
        return key.removeprefix(self._prefix)

    def _overdue(self, what: str) -> bool:
        now = time.monotonic()
        return now - self._since.setdefault(what, now) >= self._terms.timeout

    def _note(self, key: str, what: str) -> None:
        self._findings.append(f"order {self._order(key)}: {what}")

    def _hear(self, number: int, code: int, text: str) -> None:
        if number >= 0:
            self._errors[number] = code, text
        if code in _LINES:
            self._findings.append(f"the line of TWS to Interactive Brokers is {_LINES[code]}")


def _identity(trade: Trade) -> str:
    """Return the broker's id of an order that it has, empty before."""
    number = trade.orderStatus.permId or trade.order.permId
    return str(number) if number else ""


def _working(key: str, trade: Trade, *, done: bool) -> Working:
    return Working(key, _identity(trade), done or trade.orderStatus.status in _DONE)


def _fee(symbol: str) -> float:
    try:
        return _FEES[instrument(symbol).kind]
    except HedgerowError:
        return 0.0
