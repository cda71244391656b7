"""The broker that a book's settings name."""

from __future__ import annotations

from hedgerow.live.brokers.gateway import Gateway
from hedgerow.live.brokers.paper import Paper
from hedgerow.live.journal import Journal
from hedgerow.live.settings import BrokerTerms


def gateway_of(terms: BrokerTerms, journal: Journal) -> Gateway:
    """Return the gateway of a desk; a real broker is connected to when it is first asked.

    Parameters
    ----------
    terms
        Of the broker.
    journal
        Of the desk.

    Raises
    ------
    MissingExtraError
        If Interactive Brokers is asked for and ib_async is not installed.

    Examples
    --------
    >>> import tempfile
    >>> gateway_of(BrokerTerms(), Journal(f"{tempfile.mkdtemp()}/book.db", "live")).name
    'paper'
    """
    if terms.kind == "paper":
        return Paper(journal)
    from hedgerow.live.brokers.ibkr import IbkrGateway

    return IbkrGateway(terms, journal.prefix, journal.clock)
