"""What is approved goes to the broker, once: written down, then sent, and looked up in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hedgerow.engine.ledger.desk_events import Acknowledged, Ended, Sent
from hedgerow.engine.ledger.events import Alarm
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import BrokerError
from hedgerow.live.blotter import OPEN, Blotter, Slip
from hedgerow.live.brokers.gateway import Gateway, RefusedError, Working
from hedgerow.live.brokers.paper import PAPER
from hedgerow.live.journal import Journal
from hedgerow.live.orders.approval import overdue
from hedgerow.live.orders.receiving import said
from hedgerow.live.orders.windows import may_send
from hedgerow.live.settings import Settings


def key_of(journal: Journal, order: str) -> str:
    """Return what a broker knows an order by: no other book's order has it."""
    return f"{journal.prefix}{order}"


def send_all(
    journal: Journal, gateway: Gateway, settings: Settings, now: int, *, send: bool = True
) -> list[str]:
    """Bring desk and broker together, and send what is due.

    1. What may have been sent before a crash is looked up: the broker has it, or it is due again
       under the same key, or its session is over.
    2. What works at the broker and is over on the desk, or all of it while halted, is cancelled;
       so is what is left at the close of its session, before the session is counted: futures would
       go on into the evening.  Paper is filled at the close, and stays.
    3. What is approved is sent in its window.

    Parameters
    ----------
    journal, gateway, settings
        The desk's.
    now
        Nanoseconds since 1970, UTC.
    send
        Whether there is a third step.

    Returns
    -------
    list[str]
        What went wrong at the broker, a sentence each; it is tried again at the next call.

    Raises
    ------
    LedgerError
        If it cannot be written down: then nothing is sent.
    """
    if not journal.blotter().orders:
        return []
    try:
        working = {each.key: each for each in gateway.known()}
    except BrokerError as error:
        return [str(error)]
    journal.write(lambda blotter: _looked_up(blotter, journal, working, now))
    troubles = _cancel(journal, gateway, working, now)
    for slip in journal.blotter().open_orders("approved", "sent") if send else ():
        if key_of(journal, slip.proposed.order) not in working:
            troubles += _send(journal, gateway, settings, slip, now)
    return troubles


def _looked_up(
    blotter: Blotter, journal: Journal, working: Mapping[str, Working], now: int
) -> list[Event]:
    made: list[Event] = []
    for slip in blotter.open_orders("sent"):
        order = slip.proposed.order
        found = working.get(key_of(journal, order))
        if found is not None:
            made.append(Acknowledged(now, order, found.id))
        elif overdue(slip, now):
            made.append(Ended(now, order, "expired", "the broker has never heard of it"))
    return made


def _cancel(
    journal: Journal, gateway: Gateway, working: Mapping[str, Working], now: int
) -> list[str]:
    """Ask the broker not to fill what nobody wants any more."""
    blotter, troubles = journal.blotter(), []
    for order, slip in blotter.orders.items():
        found = working.get(key_of(journal, order))
        late = slip.sent is not None and slip.sent.broker != PAPER and overdue(slip, now)
        if found is None or found.done or (slip.stage in OPEN and not blotter.halted and not late):
            continue
        try:
            gateway.cancel(found.key)
        except BrokerError as error:
            troubles.append(str(error))
    return troubles


def _send(
    journal: Journal, gateway: Gateway, settings: Settings, slip: Slip, now: int
) -> list[str]:
    order, key = slip.proposed.order, key_of(journal, slip.proposed.order)
    urgent = bool(slip.proposed.facts.get("urgent"))
    again = slip.stage == "sent"
    if overdue(slip, now) or not may_send(now, settings.windows, urgent=urgent):
        return []

    def due(blotter: Blotter) -> Sequence[Event]:
        if blotter.halted or blotter.orders[order].stage not in ("approved", "sent"):
            return []
        return [Sent(now, order, gateway.name, key)]

    if not journal.write(due) or journal.blotter().halted:
        return []
    try:
        gateway.send(slip.proposed, key)
    except RefusedError as error:
        why = str(error)
        journal.write(lambda blotter: said(blotter, Ended(now, order, "rejected", why), now))
        return [why]
    except BrokerError as error:
        told = f"order {order}: it is not known whether it has arrived ({error})"
        if not again:
            journal.write(lambda _: [Alarm(now, "broker", told)])
        return [told]
    return []
