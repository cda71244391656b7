"""A person lets an order go, or does not: by name, once, and in time."""

from __future__ import annotations

from collections.abc import Sequence

from hedgerow.engine.ledger.desk_events import Approved, Declined, Ended
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import LedgerError, nearest
from hedgerow.live.blotter import Blotter, Slip
from hedgerow.live.hours import in_new_york, next_close
from hedgerow.live.settings import Settings

RULE = "rule: paper"
"""Who approves on paper where nobody has to."""


def approvals(blotter: Blotter, orders: Sequence[str], who: str, why: str, now: int) -> list[Event]:
    """Return what lets a set of orders go.

    Parameters
    ----------
    blotter
        How far they have come.
    orders
        Ids; all of them or none.
    who, why
        Who lets them go, and why; the reason may be empty.
    now
        Nanoseconds since 1970, UTC.

    Raises
    ------
    LedgerError
        If one is not proposed, is past its time or a limit, or the desk is halted.
    """
    named(who)
    if blotter.halted is not None:
        raise LedgerError(
            f"the desk was halted by {blotter.halted.who} ({blotter.halted.why})",
            where="approve",
            mend="resume it first, with 'hedgerow orders resume'",
        )
    made: list[Event] = []
    for order in dict.fromkeys(orders):
        slip = proposed(blotter, order)
        if now >= slip.proposed.expires:
            raise LedgerError(
                f"it expired at {in_new_york(slip.proposed.expires)}",
                where=f"order {order}",
                mend="wait for the next decision, which asks again for what is still wanted",
            )
        if slip.proposed.facts.get("breaches"):
            raise LedgerError(
                "; ".join(slip.proposed.facts["breaches"]),
                where=f"order {order}",
                mend="decline it, or change the limit before the next decision",
            )
        made.append(Approved(now, order, who, why))
    return made


def refusals(blotter: Blotter, orders: Sequence[str], who: str, why: str, now: int) -> list[Event]:
    """Return what does not let a set of orders go; the reason is required.

    Raises
    ------
    LedgerError
        If one is not proposed, or there is no reason.
    """
    named(who)
    reasoned(why)
    return [
        Declined(now, proposed(blotter, order).proposed.order, who, why)
        for order in dict.fromkeys(orders)
    ]


def by_rule(blotter: Blotter, settings: Settings, now: int) -> list[Event]:
    """Return the approvals that no person has to give, on paper alone."""
    if settings.approval.required or settings.broker.kind != "paper" or blotter.halted:
        return []
    return [
        Approved(now, slip.proposed.order, RULE, "approval.required is false")
        for slip in blotter.open_orders("proposed")
        if now < slip.proposed.expires and not slip.proposed.facts.get("breaches")
    ]


def expiries(blotter: Blotter, now: int) -> list[Event]:
    """Return the ends of what was not approved, or not sent, in time."""
    made: list[Event] = []
    for slip in blotter.open_orders("proposed", "approved"):
        order = slip.proposed.order
        if slip.stage == "proposed" and now >= slip.proposed.expires:
            why = f"nobody approved it by {in_new_york(slip.proposed.expires)}"
            made.append(Ended(now, order, "expired", why))
        elif slip.stage == "approved" and overdue(slip, now):
            made.append(Ended(now, order, "expired", "its session closed before it was sent"))
    return made


def overdue(slip: Slip, now: int) -> bool:
    """Say whether the session that an order was meant for is over."""
    return slip.proposed.tif != "gtc" and now >= next_close(slip.proposed.session)


def proposed(blotter: Blotter, order: str) -> Slip:
    """Return an order that waits for a word.

    Raises
    ------
    LedgerError
        If there is none, or the word has been said: by whom, and when.
    """
    slip = blotter.orders.get(order)
    if slip is None:
        waiting = [each.proposed.order for each in blotter.open_orders("proposed")]
        mend = nearest(order, waiting) if waiting else "there is nothing to approve"
        raise LedgerError("it was never proposed", where=f"order {order}", mend=mend)
    if slip.stage == "proposed":
        return slip
    word = slip.declined or slip.approved
    if slip.stage in ("cancelled", "expired") or word is None:
        why = slip.ended.why if slip.ended else ""
        raise LedgerError(f"it is {slip.stage}: {why}", where=f"order {order}")
    raise LedgerError(
        f"{word.who} {word.kind} it at {in_new_york(word.time)}",
        where=f"order {order}",
        mend="look at it with 'hedgerow orders show'",
    )


def named(who: str) -> None:
    """Refuse a nameless person.

    Raises
    ------
    LedgerError
        If the name is empty.
    """
    if not who.strip():
        raise LedgerError("nobody is named", where="who", mend="say who does it")


def reasoned(why: str) -> None:
    """Refuse an empty reason.

    Raises
    ------
    LedgerError
        If it is.
    """
    if not why.strip():
        raise LedgerError("there is no reason", where="why", mend="say why; it is kept for good")
