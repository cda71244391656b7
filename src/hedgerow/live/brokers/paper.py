"""The broker that is none: orders rest on the desk, and the engine fills them at the next close."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hedgerow.engine.ledger.desk_events import Acknowledged, Ended, Executed, Proposed
from hedgerow.engine.ledger.events import Filled
from hedgerow.engine.ledger.money import Nanos
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.live.brokers.gateway import Report, Working
from hedgerow.live.journal import Journal

PAPER = "paper"
"""Its name, by which a ``sent`` event says that an order is filled by the rules of the engine."""


class Paper:
    """A gateway whose orders never leave the desk; what it has is what the journal says.

    Parameters
    ----------
    journal
        Of the desk.

    Examples
    --------
    >>> import tempfile
    >>> paper = Paper(Journal(f"{tempfile.mkdtemp()}/book.db", "live"))
    >>> paper.name, paper.positions(), list(paper.known())
    ('paper', None, [])
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._said: list[Report] = []

    @property
    def name(self) -> str:
        """Of the broker."""
        return PAPER

    def send(self, order: Proposed, key: str) -> None:
        """Take an order: it is acknowledged at once, under its key."""
        self._said.append(Acknowledged(self.journal.clock(), order.order, key))

    def cancel(self, key: str) -> None:
        """Take an order back: it is none of those that the next bar fills."""
        now = self.journal.clock()
        for slip in self.journal.blotter().open_orders("sent", "working"):
            if slip.sent is not None and slip.sent.key == key:
                self._said.append(Ended(now, slip.proposed.order, "cancelled", "taken back"))

    def fill(self, events: Iterable[Event]) -> None:
        """Report what the engine has filled of orders that were sent here.

        Parameters
        ----------
        events
            A stretch of the run's ledger.
        """
        orders = self.journal.blotter().orders
        for event in events:
            slip = orders.get(event.order) if isinstance(event, Filled) else None
            if isinstance(event, Filled) and slip and slip.sent and slip.sent.broker == PAPER:
                fields = (event.execution, event.contract, event.quantity, event.price, event.fee)
                self._said.append(Executed(event.time, event.order, *fields))

    def known(self) -> Sequence[Working]:
        """Return the orders that were sent here: with the record of it they have arrived."""
        return [
            Working(slip.sent.key, slip.id or slip.sent.key, not slip.open)
            for slip in self.journal.blotter().orders.values()
            if slip.sent is not None and slip.sent.broker == PAPER
        ]

    def reports(self) -> Sequence[Report]:
        """Return what has been said since the last call."""
        said, self._said = self._said, []
        return said

    def positions(self) -> Mapping[str, Nanos] | None:
        """Return None: what is held is what the ledger says."""
        return None
