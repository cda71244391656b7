"""Orders of the desk in words and as plain values, for console and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hedgerow.core.over_the_counter import parse_option, points
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.coding import clock
from hedgerow.engine.ledger.events import Leg
from hedgerow.engine.ledger.money import contracts
from hedgerow.live.blotter import Slip
from hedgerow.live.hours import MINUTE, next_close


def leg_in_words(leg: Leg) -> str:
    """Return a leg as a person says it.

    Examples
    --------
    >>> leg_in_words(Leg("SPX   200619P02900000", 12 * 10**9))
    'buy 12 SPX 2020-06-19 2900 put'
    >>> leg_in_words(Leg("VXK24", -(10**9)))
    'sell 1 VXK24'
    """
    side = "buy" if leg.quantity > 0 else "sell"
    many = f"{abs(contracts(leg.quantity)).normalize():,f}"
    named = instrument(leg.contract)
    what = leg.contract
    if named.kind == "option":
        option = parse_option(leg.contract)
        right = "call" if named.call else "put"
        root = getattr(option, "root", named.underlying)
        what = f"{root} {option.expiry} {points(option.strike)} {right}"
    return f"{side} {many} {what}"


def in_words(legs: Sequence[Leg]) -> str:
    """Return the legs of an order as a person says them."""
    return ", ".join(leg_in_words(leg) for leg in legs)


def row(slip: Slip, now: int) -> dict[str, Any]:
    """Return an order as plain values.

    Parameters
    ----------
    slip
        The order.
    now
        Nanoseconds since 1970, UTC.

    Returns
    -------
    dict
        ``order``, ``session``, ``line``, ``legs`` (words), ``type``, ``limit`` (points),
        ``notional`` (USD), ``urgent``, ``stage``, ``minutes_left`` until nobody can approve or
        send it any more and ``until`` when (UTC; None where that has no end), ``breaches``,
        ``who`` said the last word, and ``why``.
    """
    order = slip.proposed
    word = slip.ended or slip.declined or slip.approved
    until = order.expires
    if slip.stage == "approved":
        until = next_close(order.session)
    waits = slip.stage == "proposed" or (slip.stage == "approved" and order.tif != "gtc")
    left = max(until - now, 0) // MINUTE if waits else None
    return {
        "order": order.order,
        "session": order.session,
        "line": order.line,
        "legs": in_words(order.legs),
        "type": order.type,
        "limit": order.limit,
        "notional": order.facts.get("notional"),
        "urgent": bool(order.facts.get("urgent")),
        "stage": slip.stage,
        "minutes_left": left,
        "until": f"{clock(until)[:16]}Z" if waits else None,
        "breaches": list(order.facts.get("breaches", ())),
        "who": getattr(slip.declined or slip.approved, "who", None),
        "why": getattr(word, "why", None),
    }
