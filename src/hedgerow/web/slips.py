"""Orders as pages and API show them."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from hedgerow.engine.ledger.desk_events import Proposed
from hedgerow.engine.ledger.money import CONTRACT, USD
from hedgerow.live.blotter import Slip
from hedgerow.live.orders.wording import in_words
from hedgerow.report.formats import number


class LegShown(BaseModel):
    """A contract of an order: how many (negative to sell), and what it was quoted at, points."""

    contract: str
    quantity: float
    filled: float
    mid: float | None
    half_spread: float | None
    origin: str


class OrderShown(BaseModel):
    """An order on the desk, in plain values."""

    order: str
    session: str
    line: str
    stage: str
    said: str
    """What it does, in words."""
    limit: float | None
    notional: float | None
    """USD; None where it is not known."""
    urgent: bool
    breaches: list[str]
    """Limits that forbid it, sentences."""
    expires: int
    """Nanoseconds since 1970, UTC."""
    proposed: int
    legs: list[LegShown]
    fees: float
    """USD paid."""
    told: list[str]
    """Who said what of it, in order."""


def shown(slip: Slip) -> OrderShown:
    """Return an order in plain values."""
    order, facts = slip.proposed, slip.proposed.facts
    quotes, left = facts.get("quotes", {}), slip.left
    legs = []
    for leg in order.legs:
        quote = quotes.get(leg.contract, {})
        legs.append(
            LegShown(
                contract=leg.contract,
                quantity=leg.quantity / CONTRACT,
                filled=(leg.quantity - left.get(leg.contract, 0)) / CONTRACT,
                mid=quote.get("mid"),
                half_spread=quote.get("half_spread"),
                origin=quote.get("origin", ""),
            )
        )
    return OrderShown(
        order=order.order,
        session=order.session,
        line=order.line,
        stage=slip.stage,
        said=sentence(order),
        limit=order.limit,
        notional=facts.get("notional"),
        urgent=bool(facts.get("urgent", False)),
        breaches=[str(each) for each in facts.get("breaches", ())],
        expires=order.expires,
        proposed=order.time,
        legs=legs,
        fees=sum(done.fee for done in slip.executions) / USD,
        told=list(_told(slip)),
    )


def sentence(order: Proposed) -> str:
    """Say what an order does.

    Examples
    --------
    >>> from hedgerow.engine.ledger.events import Leg
    >>> legs = (Leg("VXK24", -2_000_000_000), Leg("SPXW  240119P04500000", 10**9))
    >>> sentence(Proposed(0, "a-1", "2024-01-02", "tail", legs, "limit", 15.0, "day", 1, {}))
    'Sell 2 VXK24, buy 1 SPXW 2024-01-19 4500 put, at 15.00 or better, good for the day'
    """
    done = in_words(order.legs)
    price = "at the market" if order.limit is None else f"at {number(order.limit)} or better"
    tif = {
        "day": "good for the day",
        "gtc": "until it is cancelled",
        "ioc": "at once or not at all",
    }
    return f"{done[:1].upper()}{done[1:]}, {price}, {tif.get(order.tif, 'at the opening')}"


def latest(slips: Iterable[Slip]) -> list[OrderShown]:
    """Return orders in plain values, the last proposed first."""
    return [shown(slip) for slip in slips][::-1]


def _told(slip: Slip) -> Iterable[str]:
    if slip.approved is not None:
        yield _said("approved by", slip.approved.who, slip.approved.why)
    if slip.declined is not None:
        yield _said("declined by", slip.declined.who, slip.declined.why)
    if slip.sent is not None:
        yield f"sent to {slip.sent.broker}" + (f" as {slip.id}" if slip.id else "")
    if slip.ended is not None:
        yield _said(slip.ended.state, "", slip.ended.why)


def _said(what: str, who: str, why: str) -> str:
    head = f"{what} {who}".strip()
    return f"{head}: {why}" if why else head
