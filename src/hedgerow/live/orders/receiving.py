"""What a broker says of orders, written down once however often it is said."""

from __future__ import annotations

from functools import partial

from hedgerow.engine.ledger.desk_events import Acknowledged, Ended, Executed
from hedgerow.engine.ledger.events import Alarm
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.live.blotter import Blotter, Slip
from hedgerow.live.brokers.gateway import Gateway, Report
from hedgerow.live.journal import Journal
from hedgerow.report.ledger import sentence


def take_in(journal: Journal, gateway: Gateway) -> list[Event]:
    """Write down what a broker has said since it was last asked; return what was new.

    What cannot be written down stays in the journal's inbox, for the next call.

    Raises
    ------
    LedgerError
        If it cannot be written down.
    """
    journal.inbox += gateway.reports()
    made: list[Event] = []
    while journal.inbox:
        report = journal.inbox[0]
        made += journal.write(partial(said, report=report, now=journal.clock()))
        del journal.inbox[0]
    return made


def said(blotter: Blotter, report: Report, now: int) -> list[Event]:
    """Return what a broker's report lets happen: nothing if it was said before.

    A fill of an order that was cancelled in the meantime is taken, with an alarm.  What cannot
    have happened is an alarm alone, once: an order that nobody knows, a fill beyond what was
    asked for, a fill that is told again with other numbers.
    """
    slip = blotter.orders.get(report.order)
    if slip is None:
        return _alarm(blotter, f"nobody here knows it ({sentence(report)})", now)
    match report:
        case Acknowledged():
            known = slip.id == report.id or not slip.open
            return [] if known else _happens(blotter, report, now)
        case Executed():
            if blotter.knows(report.execution):
                return _told_again(blotter, slip, report, now)
            return _filled(blotter, slip, report, now)
        case Ended():
            waits = report.state == "filled" and any(slip.left.values())  # for the fills
            if not slip.open or waits:
                return []
            made = _happens(blotter, report, now)
            return made + _alarm(blotter, sentence(report), now) * (report.state == "rejected")


def _filled(blotter: Blotter, slip: Slip, report: Executed, now: int) -> list[Event]:
    made = _happens(blotter, report, now)
    if report not in made:
        return made
    if not slip.open:
        return made + _alarm(blotter, f"filled though {slip.stage}: {sentence(report)}", now)
    left = slip.left
    left[report.contract] -= report.quantity
    if not any(left.values()):
        made.append(Ended(now, report.order, "filled", "all of it"))
    return made


def _told_again(blotter: Blotter, slip: Slip, report: Executed, now: int) -> list[Event]:
    """Return an alarm where a broker says otherwise of a fill than it did: the first stands."""
    for was in slip.executions:
        same = was.contract, was.quantity, was.price
        if was.execution == report.execution and same != (
            report.contract,
            report.quantity,
            report.price,
        ):
            told = f"the broker corrects a fill: {sentence(was)}; it now says: {sentence(report)}"
            return _alarm(blotter, told, now)
    return []


def _happens(blotter: Blotter, report: Report, now: int) -> list[Event]:
    if why := blotter.refusal(report):
        return _alarm(blotter, f"{why} ({sentence(report)})", now)
    return [report]


def _alarm(blotter: Blotter, told: str, now: int) -> list[Event]:
    """Return an alarm, unless it has been raised before."""
    if any(was.rule == "broker" and was.sentence == told for was in blotter.alarms):
        return []
    return [Alarm(now, "broker", told)]
