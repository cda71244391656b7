"""Tells persons what has happened on a desk, once it has, on whatever reaches them.

Every target has a place in the book: up to which record it has been told.  It moves on only when
the target has taken the message, so each record is told at least once; a crash between the two
tells it twice.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import sqlalchemy as sa

from hedgerow.engine.ledger.chain import Record
from hedgerow.engine.ledger.desk_events import (
    Done,
    Ended,
    Executed,
    Halted,
    Proposed,
    Received,
    Reconciled,
    Resumed,
)
from hedgerow.engine.ledger.events import Alarm, Filled
from hedgerow.engine.ledger.opening import open_ledger, runs_in
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import AccessError
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.redacting import redacted
from hedgerow.live.store import Store
from hedgerow.live.tables import TOLD
from hedgerow.report.ledger import sentence

ADDRESSES = "HEDGEROW_ALERTS"
"""Of the environment: apprise's addresses, with commas between them."""

Severity: TypeAlias = Literal["note", "waiting", "warning", "alarm"]
"""What happened; somebody has to decide; look when there is time; look now."""
SEVERITIES: tuple[Severity, ...] = ("note", "waiting", "warning", "alarm")

_MOST = 25
"""Lines of a message; the rest is counted."""


class News(NamedTuple):
    """Something worth telling."""

    severity: Severity
    group: str
    """What repeats: of a group the last is told, and how often it was."""
    text: str


@dataclass(frozen=True)
class Target:
    """Somewhere that messages go.

    Parameters
    ----------
    name
        As it may be shown and kept: kind and a part of a hash, nothing of the address.
    send
        Takes title, text and severity; says whether they arrived.
    """

    name: str
    send: Callable[[str, str, Severity], bool]


class Told(NamedTuple):
    """What became of the messages to one target."""

    target: str
    news: int
    """Told now; 0 where there was nothing new, or it failed."""
    failed: str
    """Why it did not arrive, without secrets; empty where it did."""


def named_targets(addresses: str | None = None) -> list[Target]:
    """Return the targets that apprise reaches.

    Parameters
    ----------
    addresses
        Separated by commas; None takes ``HEDGEROW_ALERTS`` of the environment, or else the
        keyring's entry ``alerts`` of ``hedgerow``.

    Raises
    ------
    AccessError
        If one is no address of apprise's; it is not quoted.

    Examples
    --------
    >>> [target.name[:5] for target in named_targets("json://user:secret@127.0.0.1:9")]
    ['json-']
    """
    found = _kept() if addresses is None else addresses
    return [_target(number, one) for number, one in enumerate(_split(found), start=1)]


class Alerts:
    """Tells the targets what has happened since they were told last.

    Parameters
    ----------
    store, journal
        The book, and the desk of the run.
    targets
        None takes those of :func:`named_targets`.
    quiet
        Tell alarms alone; the rest is passed over for good.
    """

    def __init__(
        self,
        store: Store,
        journal: Journal,
        targets: Sequence[Target] | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        self.store, self.journal, self.quiet = store, journal, quiet
        self.targets = list(named_targets() if targets is None else targets)

    def tell(self, without: Collection[str] = ()) -> list[Told]:
        """Tell every target what is new to it; one that fails is told later, the others now.

        Parameters
        ----------
        without
            Names of targets that are left in peace this time.
        """
        return [self._tell(target) for target in self.targets if target.name not in without]

    def _tell(self, target: Target) -> Told:
        found: list[News] = []
        heads: dict[str, int] = {}
        for run in (self.journal.run, f"{self.journal.run}.desk"):
            since = self._told(run, target.name)
            records = self._records(run, since)
            heads[run] = records[-1].number if records else since
            found += [
                news for r in records if not self._known(r.event) for news in news_of(r.event)
            ]
        if self.quiet:
            found = [news for news in found if news.severity == "alarm"]
        if found:
            title, text, severity = message(self.journal.run, found)
            try:
                arrived = target.send(title, text, severity)
                failed = "" if arrived else "it was not taken"
            except Exception as error:  # a target's library may raise anything; the others go on
                failed = redacted(f"{type(error).__name__}: {error}")
            if failed:
                return Told(target.name, 0, failed)
        for run, number in heads.items():
            self._keep(run, target.name, number)
        return Told(target.name, len(found), "")

    def _known(self, event: Event) -> bool:
        """Say whether an event repeats in the run what the desk has told: a broker's fill."""
        return isinstance(event, Filled) and self.journal.blotter().knows(event.execution)

    def _records(self, run: str, after: int) -> list[Record]:
        if run != self.journal.run:
            return self.journal.records(after)
        if run not in runs_in(self.store.place):
            return []
        with open_ledger(self.store.place, run) as ledger:
            return list(ledger.read(after))

    def _told(self, run: str, target: str) -> int:
        query = sa.select(TOLD.c.number).where(TOLD.c.run == run, TOLD.c.target == target)
        with self.store.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def _keep(self, run: str, target: str, number: int) -> None:
        mine = (TOLD.c.run == run) & (TOLD.c.target == target)
        with self.store.changing() as connection:
            done = connection.execute(sa.update(TOLD).where(mine).values(number=number))
            if not done.rowcount:
                row = {"run": run, "target": target, "number": number}
                connection.execute(sa.insert(TOLD).values(row))


def news_of(event: Event) -> Iterator[News]:
    """Return what an event has to tell; most have nothing.

    Examples
    --------
    >>> list(news_of(Alarm(0, "budget", "spent")))
    [News(severity='alarm', group='alarm budget', text='budget: spent')]
    """
    severity, group = _rank(event)
    if severity is not None:
        yield News(severity, group, redacted(sentence(event)))


def _rank(event: Event) -> tuple[Severity | None, str]:
    found: tuple[Severity | None, str] = (None, "")
    match event:
        case Alarm():
            found = "alarm", f"alarm {event.rule}"
        case Halted() | Resumed():
            found = "alarm", f"{event.kind} {event.time}"
        case Reconciled() if event.differences:
            found = "alarm", f"reconciled {event.broker}"
        case Received() if event.state == "refused":
            found = "alarm", f"refused {event.session} {event.source}"
        case Ended() if event.state in ("expired", "rejected"):
            found = "warning", f"ended {event.order}"
        case Proposed():
            found = "waiting", f"proposed {event.order}"
        case Executed() | Filled():
            found = "note", f"filled {event.execution}"
        case Done():
            found = "note", f"done {event.duty} {event.session}"
    return found


def message(run: str, found: Sequence[News]) -> tuple[str, str, Severity]:
    """Return title, text and severity of a message: the gravest first, what repeats once.

    Examples
    --------
    >>> twice = [News("alarm", "a", "first"), News("note", "b", "x"), News("alarm", "a", "last")]
    >>> print(*message("live", twice), sep="|")
    Hedgerow live: 2 alarms, 1 note|alarm: last (2 times)
    note: x|alarm
    """
    groups: dict[str, list[News]] = {}
    for news in found:
        groups.setdefault(news.group, []).append(news)
    latest = sorted(groups.values(), key=lambda some: -SEVERITIES.index(some[-1].severity))
    lines = [
        f"{some[-1].severity}: {some[-1].text}" + (f" ({len(some)} times)" if some[1:] else "")
        for some in latest
    ]
    if len(lines) > _MOST:
        lines[_MOST:] = [f"and {len(lines) - _MOST} more: see 'hedgerow ledger show'"]
    counts = [
        f"{count} {severity}{'s' if count > 1 and severity != 'waiting' else ''}"
        for severity in reversed(SEVERITIES)
        if (count := sum(news.severity == severity for news in found))
    ]
    return f"Hedgerow {run}: {', '.join(counts)}", "\n".join(lines), latest[0][-1].severity


def _kept() -> str:
    given = os.environ.get(ADDRESSES)
    if given is not None:
        return given
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password("hedgerow", "alerts") or ""
    except KeyringError:
        return ""


def _split(addresses: str) -> list[str]:
    return [one.strip() for one in addresses.split(",") if one.strip()]


def _target(number: int, address: str) -> Target:
    import logging
    import warnings

    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its complaints quote addresses
    kinds = {
        "note": apprise.NotifyType.INFO,
        "waiting": apprise.NotifyType.INFO,
        "warning": apprise.NotifyType.WARNING,
        "alarm": apprise.NotifyType.FAILURE,
    }
    teller = apprise.Apprise()
    with warnings.catch_warnings():  # of the services that it loads, which we do not use
        warnings.simplefilter("ignore", DeprecationWarning)
        taken = teller.add(address)
    if not taken:
        raise AccessError(
            f"its entry {number} is no address that alerts can be sent to",
            where=ADDRESSES,
            mend="write it as apprise's documentation of the service says",
        )

    def send(title: str, text: str, severity: Severity) -> bool:
        return bool(teller.notify(body=text, title=title, notify_type=kinds[severity]))

    kind = address.partition("://")[0].lower()
    return Target(f"{kind}-{hashlib.sha256(address.encode()).hexdigest()[:6]}", send)
