"""The chain: each hash is SHA-256 of the hash before, the place in the batch, the event's bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hedgerow.engine.ledger.coding import decode, encode
from hedgerow.engine.ledger.events import Opened
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import LedgerError

FROM_A_COPY = "restore the ledger from a copy; do not continue the run on this one"
BEGIN_ONE = "check its name; 'hedgerow monitor' begins a book, 'hedgerow trade --ledger' a ledger"


@dataclass(frozen=True)
class Head:
    """Where a chain ends: how many records it has, and the hash of the last."""

    count: int
    hash: str


GENESIS = Head(0, "0" * 64)
"""The head of a ledger without records."""


@dataclass(frozen=True)
class Record:
    """An event in its place.

    Parameters
    ----------
    number
        1 for the first of the run.
    more
        How many records that were stored together with this one follow it: 0 ends a batch.
    text
        The event's one text (:func:`~hedgerow.engine.ledger.coding.encode`), ASCII.
    hash
        SHA-256 of the hash before, ``more`` in digits, and the text; hexadecimal.
    """

    number: int
    more: int
    text: str
    hash: str

    @property
    def event(self) -> Event:
        """The event, read strictly.

        Raises
        ------
        LedgerError
            If the text is none, naming the record.
        """
        try:
            return decode(self.text)
        except LedgerError as error:
            where = f"record {self.number}" + (f", {error.where}" if error.where else "")
            raise LedgerError(error.what, where=where, mend=error.mend) from None


def link(before: str, more: int, text: str) -> str:
    """Return the hash of a record: what came before it, how many follow in its batch, its text.

    Examples
    --------
    >>> link(GENESIS.hash, 2, "{}") == hashlib.sha256(bytes(32) + b"2{}").hexdigest()
    True
    """
    place = f"{more}{text}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(bytes.fromhex(before) + place).hexdigest()


def forge(head: Head, events: Sequence[Event]) -> list[Record]:
    """Return the records that continue a chain with a batch of events.

    Raises
    ------
    LedgerError
        If the batch is empty, a field does not fit its event, the first event of all is not
        ``opened``, or a later one is.
    """
    if not events:
        raise LedgerError("there is nothing to store", where="append", mend="give it an event")
    records: list[Record] = []
    for i, event in enumerate(events):
        if isinstance(event, Opened) != (head.count + i == 0):
            raise LedgerError(
                "a run begins with 'opened', and only once",
                where=f"record {head.count + i + 1}",
                mend="continue a run that has begun, or give the new one another name",
            )
        text = encode(event)
        before = records[-1].hash if records else head.hash
        number, more = head.count + i + 1, len(events) - i - 1
        records.append(Record(number, more, text, link(before, more, text)))
    return records


def checked(records: Iterable[Record], head: Head = GENESIS) -> Iterator[Record]:
    """Pass records on for as long as the chain holds.

    Parameters
    ----------
    records
        From the first of a run, or those after ``head``.
    head
        The record that they follow, checked before: the last of a batch.

    Raises
    ------
    LedgerError
        At the first record that is out of place, or whose hash is not that of its text and the
        record before; both hashes are named.
    """
    due = 0
    for record in records:
        if record.number != head.count + 1:
            raise LedgerError(
                f"it stands where record {head.count + 1} should",
                where=f"record {record.number}",
                mend=FROM_A_COPY,
            )
        found = link(head.hash, record.more, record.text)
        if found != record.hash:
            raise LedgerError(
                f"the chain is broken: its hash is {found}, recorded is {record.hash}",
                where=f"record {record.number}",
                mend=FROM_A_COPY,
            )
        if (due and record.more != due - 1) or record.more < 0:
            raise LedgerError(
                f"{record.more} records should follow in its batch, not {due - 1}",
                where=f"record {record.number}",
                mend=FROM_A_COPY,
            )
        head, due = Head(record.number, record.hash), record.more
        yield record
    if due:
        raise LedgerError(
            f"{due} records of the last batch are missing",
            where=f"record {head.count}",
            mend=FROM_A_COPY,
        )


def verify(records: Iterable[Record]) -> Head:
    """Return the head of a chain that holds from the first record to the last.

    Every event is read as well, so a ledger that passes can be replayed.

    Raises
    ------
    LedgerError
        Naming the first record that is broken.

    Examples
    --------
    >>> from hedgerow.engine.ledger.events import Alarm, Opened
    >>> begun = Opened(0, "demo", "0.1.0", {}, "", "", {})
    >>> records = forge(GENESIS, [begun, Alarm(1, "drawdown", "NAV fell by 10 %")])
    >>> verify(records).count
    2
    """
    head = GENESIS
    for record in checked(records):
        _ = record.event
        head = Head(record.number, record.hash)
    return head
