"""The ledger's contracts and orders in Interactive Brokers' terms.

A symbol is looked up by its exchange's own code (OSI, ``VXK4``), never by a date: for options that
settle in the morning the broker's date is the last of trading, a day before the symbol's.

A spread is a combo that is always *bought*: its legs carry the signs, and its price is what one of
it costs, points, negative where it brings money.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, NamedTuple

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.desk_events import Proposed
from hedgerow.engine.ledger.money import CONTRACT
from hedgerow.errors import DataError, HedgerowError
from hedgerow.live.brokers.gateway import RefusedError

if TYPE_CHECKING:
    from ib_async import Contract, ContractDetails, Order, PriceIncrement

_TIF = {"day": "DAY", "gtc": "GTC"}
_INDICES = frozenset({"SPX", "NDX", "RUT", "VIX", "XSP", "DJX", "OEX", "XEO"})
_FINEST = 8
"""Decimals of a price that count: what is finer is rounding of floats."""


class Listed(NamedTuple):
    """A contract as the broker has it."""

    contract: Contract
    steps: tuple[tuple[float, float], ...]
    """Price from which on, and the step of prices from there, points."""


def described(symbol: str) -> Contract:
    """Return what to look a symbol of the ledger up by.

    Raises
    ------
    RefusedError
        If it is traded over the counter, or not at this broker.

    Examples
    --------
    >>> found = described("VXK24")
    >>> found.symbol, found.exchange, found.localSymbol, found.multiplier
    ('VIX', 'CFE', 'VXK4', '1000')
    >>> described("SPXW  240119P04500000").tradingClass
    'SPXW'
    >>> described("SPX 2023-10-20 2024-01-19 VAR")
    Traceback (most recent call last):
        ...
    hedgerow.live.brokers.gateway.RefusedError: contract SPX 2023-10-20 2024-01-19 VAR: \
it is traded over the counter, not at Interactive Brokers. Mend: decline the order, or trade a \
sleeve of listed contracts (strike_step)
    """
    from ib_async import Contract

    try:
        item = instrument(symbol)
    except HedgerowError as error:
        raise RefusedError(error.what, where=error.where, mend=error.mend) from None
    where = f"contract {symbol}"
    if item.kind == "shares":
        if symbol in _INDICES:
            raise RefusedError(
                "an index has no shares", where=where, mend="trade a fund on it, such as SPY"
            )
        return Contract(secType="STK", symbol=symbol, exchange="SMART", currency="USD")
    try:
        if item.kind == "future":
            return _future(FutureContract.parse(symbol), where)
        option = OptionContract.parse(symbol)
    except DataError:
        raise RefusedError(
            "it is traded over the counter, not at Interactive Brokers",
            where=where,
            mend="decline the order, or trade a sleeve of listed contracts (strike_step)",
        ) from None
    return Contract(
        secType="OPT",
        symbol=option.product.underlying,
        exchange="SMART",
        currency="USD",
        multiplier=str(item.multiplier),
        localSymbol=symbol,
        tradingClass=option.root,
    )


def _future(future: FutureContract, where: str) -> Contract:
    from ib_async import Contract

    if future.week:
        raise RefusedError(
            "weekly futures are not traded through this gateway",
            where=where,
            mend="decline the order, and trade monthly ones",
        )
    volatility = future.root in ("VX", "VXM")
    return Contract(
        secType="FUT",
        symbol={"VX": "VIX"}.get(future.root, future.root),
        exchange="CFE" if volatility else "CME",
        currency="USD",
        multiplier=f"{future.product.multiplier:g}",
        localSymbol=f"{future.root}{future.short[-2:]}",
        tradingClass=future.root,
    )


def listed(
    symbol: str, details: Sequence[ContractDetails], rules: Sequence[PriceIncrement] | None
) -> Listed:
    """Return what the broker has under a symbol.

    Parameters
    ----------
    symbol
        The ledger's.
    details
        The broker's answers.
    rules
        Steps of its prices; None or none: its least step, at any price.

    Raises
    ------
    RefusedError
        If it has none or several, or one of another size or right.
    """
    where, asked = f"contract {symbol}", described(symbol)
    found = [item for item in details if item.contract and item.contract.secType == asked.secType]
    if len(found) != 1:
        told = f"has {len(found)} of it" if found else "does not list it"
        raise RefusedError(
            f"Interactive Brokers {told}",
            where=where,
            mend="decline the order; strikes far away and dates far ahead are listed later",
        )
    contract, item = found[0].contract, instrument(symbol)
    if contract is None or (
        (asked.multiplier and float(contract.multiplier or 0.0) != item.multiplier)
        or (item.kind == "option" and contract.strike != item.strike)
        or (item.kind == "option" and contract.right[:1] != ("C" if item.call else "P"))
    ):
        raise RefusedError(
            "Interactive Brokers has another contract under this symbol",
            where=where,
            mend="decline the order, and look at the contract in TWS",
        )
    if asked.exchange == "SMART":
        contract.exchange = "SMART"
    steps = tuple((step.lowEdge, step.increment) for step in rules or ())
    return Listed(contract, steps or ((0.0, found[0].minTick or 0.01),))


def symbol_of(contract: Contract) -> str:
    """Return the ledger's symbol of a contract that the broker names; else words for it.

    Examples
    --------
    >>> from ib_async import Contract
    >>> symbol_of(Contract(secType="FUT", symbol="VIX", tradingClass="VX", localSymbol="VXK4",
    ...                    lastTradeDateOrContractMonth="20240522"))
    'VXK24'
    >>> symbol_of(Contract(secType="CASH", symbol="EUR", localSymbol="EUR.USD"))
    'CASH EUR.USD'
    """
    local = contract.localSymbol or contract.symbol
    try:
        match contract.secType:
            case "OPT":
                return OptionContract.parse(local).symbol
            case "FUT":
                year = contract.lastTradeDateOrContractMonth[2:4]
                return FutureContract.parse(f"{local[:-1]}{year}").symbol
            case "STK":
                return contract.symbol
    except HedgerowError:
        pass
    return f"{contract.secType} {local}"


def placed(order: Proposed, key: str, account: str, at: Mapping[str, Listed]) -> OrderAndContract:
    """Return an order and its contract as the broker takes them.

    Parameters
    ----------
    order
        As it was approved.
    key
        Becomes the order's reference, which the broker keeps.
    account
        Whose it is.
    at
        The broker's contract of each leg.

    Returns
    -------
    OrderAndContract
        A limit stands on a step of the contract's prices, never beyond the one approved.

    Raises
    ------
    RefusedError
        If its legs are no whole contracts, trade in different places, or its terms are none of
        this broker's.
    """
    from ib_async import ComboLeg, Contract, Order

    where = f"order {order.order}"
    if order.tif not in _TIF:
        raise RefusedError(
            f"'{order.tif}' is no time in force here", where=where, mend="use day or gtc"
        )
    counts = [leg.quantity // CONTRACT for leg in order.legs]
    if not counts or any(leg.quantity % CONTRACT or not leg.quantity for leg in order.legs):
        raise RefusedError(
            "it asks for parts of contracts", where=where, mend="set execution.whole = true"
        )
    times = math.gcd(*counts)
    first = at[order.legs[0].contract]
    if len(counts) == 1:
        contract, buys = first.contract, counts[0] > 0
    else:
        found = {leg.contract: at[leg.contract].contract for leg in order.legs}
        place = {(item.symbol, item.exchange, item.secType) for item in found.values()}
        if len(place) > 1:
            raise RefusedError(
                "its legs are no combo: they trade in different places",
                where=where,
                mend="decline it, and trade its legs as lines of their own",
            )
        legs = [
            ComboLeg(
                conId=found[leg.contract].conId,
                ratio=abs(count) // times,
                action="BUY" if count > 0 else "SELL",
                exchange=found[leg.contract].exchange,
            )
            for leg, count in zip(order.legs, counts, strict=True)
        ]
        contract, buys = Contract("BAG", comboLegs=legs, currency="USD"), True
        contract.symbol, contract.exchange = first.contract.symbol, first.contract.exchange
    made = Order(
        action="BUY" if buys else "SELL",
        totalQuantity=float(times),
        orderType="MKT" if order.limit is None else "LMT",
        tif=_TIF[order.tif],
        account=account,
        orderRef=key,
        transmit=True,
    )
    if order.limit is not None:
        steps = first.steps
        if len(counts) > 1:
            steps = ((0.0, min(step for leg in at.values() for _, step in leg.steps)),)
        price = net(order, times if buys else -times)
        made.lmtPrice = rounded(price, steps, down=buys)
        if len(counts) == 1 and made.lmtPrice <= 0.0:
            raise RefusedError(
                f"its limit {price:g} is below the least price of the exchange",
                where=where,
                mend="decline it",
            )
    return OrderAndContract(made, contract)


class OrderAndContract(NamedTuple):
    """What is asked for, and of what."""

    order: Order
    contract: Contract


def net(order: Proposed, times: int) -> float:
    """Return the limit of one of what is asked for, points: paid if positive.

    Parameters
    ----------
    order
        Its limit is that of a unit of its basket; ``facts["units"]`` says how many units, which
        are negative where they are sold.
    times
        How many of it are asked for; negative where they are sold.

    Examples
    --------
    >>> from hedgerow.engine.ledger.events import Leg
    >>> legs = (Leg("VXK24", -2 * CONTRACT), Leg("VXM24", 2 * CONTRACT))
    >>> sold = Proposed(0, "a", "", "", legs, "limit", 0.5, "day", 0, {"units": 2.0})
    >>> net(sold, 2)
    0.5
    >>> net(Proposed(0, "a", "", "", legs, "limit", -0.5, "day", 0, {"units": -2.0}), 2)
    0.5
    """
    units = float(order.facts.get("units", times))
    return float(order.limit or 0.0) * units / times


def rounded(price: float, steps: Sequence[tuple[float, float]], *, down: bool) -> float:
    """Return a price on its exchange's step, points.

    Parameters
    ----------
    price
        Points; negative for a combo that brings money.
    steps
        Price from which on, and the step there, points.
    down
        To the step below, as a buyer's limit, who pays no more than was approved; else above.

    Examples
    --------
    >>> rounded(3.27, [(0.0, 0.05), (3.0, 0.1)], down=True)
    3.2
    >>> rounded(0.15000000000000002, [(0.0, 0.05)], down=False)
    0.15
    >>> rounded(-1.22, [(0.0, 0.05)], down=True)
    -1.25
    """
    low = [step for edge, step in sorted(steps) if edge <= abs(price) + 10.0**-_FINEST]
    step = Decimal(repr(low[-1] if low else min(step for _, step in steps)))
    exact = Decimal(repr(round(price, _FINEST)))
    way = ROUND_FLOOR if down else ROUND_CEILING
    return float((exact / step).to_integral_value(way) * step)
