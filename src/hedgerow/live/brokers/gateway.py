"""What the desk asks of a broker, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from hedgerow.engine.ledger.desk_events import Acknowledged, Ended, Executed, Proposed
from hedgerow.engine.ledger.money import Nanos
from hedgerow.errors import BrokerError

Report = Acknowledged | Executed | Ended
"""What a broker says of an order; the desk writes it down once, however often it is said."""


class RefusedError(BrokerError):
    """A broker has an order before it and will not take it: it need not be looked up."""


class Working(NamedTuple):
    """An order that a broker has, or has had today."""

    key: str
    """The client's, as of the ``sent`` event."""
    id: str
    """The broker's."""
    done: bool
    """Whether nothing more will come of it."""


class Gateway(Protocol):
    """A broker as the desk sees it.  What is asked twice under one key is done once."""

    @property
    def name(self) -> str:
        """Of the broker and account, in words, without secrets."""

    def send(self, order: Proposed, key: str) -> None:
        """Place an order under a key that the broker keeps.

        Raises
        ------
        RefusedError
            If it is refused for good.
        BrokerError
            If it is not known whether it has arrived: ask `known` before it is sent again.
        """

    def cancel(self, key: str) -> None:
        """Ask for what is left of an order not to be filled."""

    def known(self) -> Sequence[Working]:
        """Return the orders of this client that the broker has or has had today.

        Raises
        ------
        BrokerError
            If the broker cannot be reached.
        """

    def reports(self) -> Sequence[Report]:
        """Return what has been said since the last call; after a break some of it again.

        Raises
        ------
        BrokerError
            If the broker cannot be reached.
        """

    def positions(self) -> Mapping[str, Nanos] | None:
        """Return positions by the ledger's symbol; None where the broker keeps none of its own.

        Raises
        ------
        BrokerError
            If the broker cannot be reached.
        """


@runtime_checkable
class Noting(Protocol):
    """A gateway that notices what a person should look at."""

    def findings(self) -> Sequence[str]:
        """Return what was noticed since the last call, a sentence each."""
