"""The kill switch: pulled by a person or by the day's loss, lifted by a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hedgerow.engine.ledger.desk_events import Halted, Resumed
from hedgerow.engine.ledger.events import Alarm
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import LedgerError
from hedgerow.live.blotter import Blotter
from hedgerow.live.hours import in_new_york
from hedgerow.live.orders.approval import named, reasoned
from hedgerow.live.orders.limits import loss
from hedgerow.live.settings import Settings

RULE = "rule: daily loss"
"""Who pulls the kill switch when the lines have lost too much."""


def halts(blotter: Blotter, who: str, why: str, now: int) -> list[Event]:
    """Return what pulls the kill switch.

    Raises
    ------
    LedgerError
        If it is pulled already, or there is no name or reason.
    """
    named(who)
    reasoned(why)
    if (was := blotter.halted) is not None:
        raise LedgerError(
            f"the desk is halted already, by {was.who} at {in_new_york(was.time)} ({was.why})",
            where="halt",
        )
    return [Halted(now, who, why)]


def resumptions(blotter: Blotter, who: str, why: str, now: int) -> list[Event]:
    """Return what lifts the kill switch.

    Raises
    ------
    LedgerError
        If it is not pulled, or there is no name or reason.
    """
    named(who)
    reasoned(why)
    if blotter.halted is None:
        raise LedgerError("the desk is not halted", where="resume")
    return [Resumed(now, who, why)]


def losses(
    blotter: Blotter, events: Iterable[Event], settings: Settings, now: int, book: Collection[str]
) -> list[Event]:
    """Return what pulls the kill switch where the lines lost too much, once a session.

    Parameters
    ----------
    blotter
        Whether that has been said of the session.
    events
        Of the ledger: the session's, and the close before it.
    settings
        ``limits.daily_loss``.
    now
        Nanoseconds since 1970, UTC.
    book
        Lines that are a part of what is hedged.
    """
    most, found = settings.limits.daily_loss, loss(events, book)
    if most is None or found is None or found.part <= most:
        return []
    why = (
        f"{found.session}: the lines lost {found.usd:,.0f} USD, {found.part:.2%} of NAV, more "
        f"than the {most:.2%} of limits.daily_loss"
    )
    if any(was.who == RULE and was.why.startswith(found.session) for was in blotter.halts):
        return []
    return [Alarm(now, "daily loss", why), Halted(now, RULE, why)]
