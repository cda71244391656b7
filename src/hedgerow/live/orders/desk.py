"""The desk of a run, one door: propose, approve, decline, halt, send, receive.

Everything that is done here stands in the journal when the call returns, or has not happened.
Whoever calls has looked at nothing before: what the others have done in the meantime is seen.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Collection, Iterable, Sequence

from hedgerow.engine.ledger.events import Ordered
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import LedgerError
from hedgerow.live.blotter import Blotter
from hedgerow.live.brokers.gateway import Gateway
from hedgerow.live.journal import Journal
from hedgerow.live.orders import approval, halting, proposing, receiving, sending
from hedgerow.live.orders.proposing import Around
from hedgerow.live.settings import Settings


def propose(
    journal: Journal, fresh: Sequence[Ordered], around: Around, settings: Settings
) -> Sequence[Event]:
    """Lay fresh orders of the ledger before a person, or before the rule that stands for one.

    Parameters
    ----------
    journal
        What is proposed already is left out.
    fresh
        Orders that the ledger has and has not filled or cancelled.
    around
        Quotes in points, units and urgency at the decision.
    settings
        Limits, prices, and how long an approval is waited for.

    Returns
    -------
    Sequence[Event]
        What was written down.
    """
    return journal.write(
        lambda blotter: proposing.proposals(blotter, fresh, around, settings, journal.clock())
    )


def follow(journal: Journal, events: Iterable[Event]) -> Sequence[Event]:
    """End what the run has filled, cancelled or replaced; return what was written down.

    Parameters
    ----------
    journal
        The desk's.
    events
        A stretch of the ledger, from the bar on that made the oldest open order.
    """
    kept = list(events)
    return _if_any(journal, lambda blotter: proposing.endings(blotter, kept, journal.clock()))


def approve(
    journal: Journal, orders: str | Sequence[str], who: str, why: str = ""
) -> Sequence[Event]:
    """Let an order go, or a set of them: all or none.

    Parameters
    ----------
    journal
        The desk's.
    orders
        Id or ids.
    who, why
        Who does it, and why.

    Raises
    ------
    LedgerError
        If one is not proposed any more (by whom it was settled first), has expired or passes a
        limit, or the desk is halted.
    """
    names = [orders] if isinstance(orders, str) else orders
    return journal.write(
        lambda blotter: approval.approvals(blotter, names, who, why, journal.clock())
    )


def decline(journal: Journal, orders: str | Sequence[str], who: str, why: str) -> Sequence[Event]:
    """Do not let an order go, or a set of them; the reason is required.

    Raises
    ------
    LedgerError
        If one is not proposed any more, or there is no reason.
    """
    names = [orders] if isinstance(orders, str) else orders
    return journal.write(
        lambda blotter: approval.refusals(blotter, names, who, why, journal.clock())
    )


def approve_by_rule(journal: Journal, settings: Settings) -> Sequence[Event]:
    """Let go what no person has to: on paper, where ``approval.required`` is false."""
    return _if_any(journal, lambda blotter: approval.by_rule(blotter, settings, journal.clock()))


def expire(journal: Journal) -> Sequence[Event]:
    """End what was not approved, or not sent, in time; return what was written down."""
    return _if_any(journal, lambda blotter: approval.expiries(blotter, journal.clock()))


def halt(journal: Journal, who: str, why: str) -> None:
    """Pull the kill switch: nothing is sent, and `dispatch` cancels what works at the broker.

    Raises
    ------
    LedgerError
        If it is pulled already, or there is no name or reason.
    """
    journal.write(lambda blotter: halting.halts(blotter, who, why, journal.clock()))


def resume(journal: Journal, who: str, why: str) -> None:
    """Lift the kill switch.

    Raises
    ------
    LedgerError
        If it is not pulled, or there is no name or reason.
    """
    journal.write(lambda blotter: halting.resumptions(blotter, who, why, journal.clock()))


def watch(
    journal: Journal, events: Iterable[Event], settings: Settings, book: Collection[str] = ()
) -> Sequence[Event]:
    """Pull the kill switch where the lines have lost more than ``limits.daily_loss``.

    Parameters
    ----------
    journal
        The desk's; it is pulled once a session, whoever has resumed since.
    events
        Of the ledger: the last session's, and the close before it.
    settings
        The limit.
    book
        Lines that are a part of what is hedged; what they lose does not count.
    """
    kept = list(events)
    return _if_any(
        journal, lambda blotter: halting.losses(blotter, kept, settings, journal.clock(), book)
    )


def dispatch(
    journal: Journal, gateway: Gateway, settings: Settings, now: int, *, send: bool = True
) -> list[str]:
    """Send what is approved and due, once; look up what may have been sent before.

    Parameters
    ----------
    journal, gateway, settings
        The desk's.
    now
        Nanoseconds since 1970, UTC.
    send
        False where the desk was halted when positions were looked at: only look up and cancel,
        even if it has been resumed in the meantime.

    Returns
    -------
    list[str]
        What went wrong at the broker, a sentence each; call again, and it is tried again.

    Raises
    ------
    LedgerError
        If it cannot be written down: then nothing is sent.
    """
    return sending.send_all(journal, gateway, settings, now, send=send)


def receive(journal: Journal, gateway: Gateway) -> Sequence[Event]:
    """Write down what the broker has said, each thing once; return what was new.

    Raises
    ------
    BrokerError
        If the broker cannot be reached.
    LedgerError
        If it cannot be written down: it is kept for the next call.
    """
    return receiving.take_in(journal, gateway)


def person() -> str:
    """Return the name that the operating system knows the user by.

    Raises
    ------
    LedgerError
        If it knows none.
    """
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        raise LedgerError("the system does not name the user", mend="give --who NAME") from None


def _if_any(journal: Journal, make: Callable[[Blotter], Sequence[Event]]) -> Sequence[Event]:
    """Write what follows; the database is not locked where there is nothing to write."""
    return journal.write(make) if make(journal.blotter()) else ()
