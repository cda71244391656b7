"""What no order may pass, and the loss at which the kill switch pulls itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from hedgerow.core.over_the_counter import readable
from hedgerow.engine.broker import Quote
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.ledger.coding import clock
from hedgerow.engine.ledger.events import Closed, Explained, Leg
from hedgerow.engine.ledger.money import contracts, usd
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.live.settings import LimitTerms


def notional(legs: Sequence[Leg], quotes: Mapping[str, Quote]) -> float | None:
    """Return contracts times multiplier times price of each leg, without signs, in USD.

    Parameters
    ----------
    legs
        Of an order.
    quotes
        Mids in points, by symbol.

    Returns
    -------
    float | None
        None where a leg has no quote.

    Examples
    --------
    >>> legs = [Leg("SPXW  240119P04500000", 3 * 10**9), Leg("VXK24", -(10**9))]
    >>> notional(legs, {legs[0].contract: Quote(20.5, 0.1, 1.0), "VXK24": Quote(15.0, 0.1, 2.0)})
    21150.0
    """
    total = 0.0
    for leg in legs:
        if leg.contract not in quotes:
            return None
        size = abs(float(contracts(leg.quantity))) * instrument(leg.contract).multiplier
        total += size * abs(quotes[leg.contract].price)
    return total


def breaches(
    legs: Sequence[Leg], worth: float | None, day: float, terms: LimitTerms
) -> tuple[str, ...]:
    """Return the limits that forbid an order, a sentence each.

    Parameters
    ----------
    legs
        Of the order.
    worth
        Its notional, USD; None where it is not known.
    day
        USD that the session's other orders come to.
    terms
        The limits.
    """
    found = []
    largest = max(legs, key=lambda leg: abs(leg.quantity))
    many = abs(float(contracts(largest.quantity)))
    if terms.contracts is not None and many > terms.contracts:
        found.append(
            f"{many:,.6g} contracts of {readable(largest.contract)} are more than the "
            f"{terms.contracts:,.6g} that limits.contracts lets one order have"
        )
    if worth is None:
        if terms.notional is not None or terms.day_notional is not None:
            found.append("a leg has no quote, so its notional cannot be held against the limits")
        return tuple(found)
    if terms.notional is not None and worth > terms.notional:
        found.append(
            f"{worth:,.0f} USD are more than the {terms.notional:,.0f} USD that limits.notional "
            "lets one order be"
        )
    if terms.day_notional is not None and day + worth > terms.day_notional:
        found.append(
            f"with the session's other orders it makes {day + worth:,.0f} USD, more than the "
            f"{terms.day_notional:,.0f} USD of limits.day_notional"
        )
    return tuple(found)


class Loss(NamedTuple):
    """What the lines lost over a session."""

    session: str
    usd: float
    """After costs; negative where they gained."""
    part: float
    """Of the NAV that the session began with."""


def loss(events: Iterable[Event], book: Collection[str] = ()) -> Loss | None:
    """Return what the hedge lines lost over the last session of a stretch of the ledger.

    Parameters
    ----------
    events
        Of the ledger, the close of the session before included: its NAV is what is lost of.
    book
        Lines that are a part of what is hedged; what they lose does not count.

    Returns
    -------
    Loss | None
        None where no session is closed, or there was no NAV.

    Examples
    --------
    >>> bar = [Closed(0, 0, 0, 10_000_000), Explained(9, "tail", {"theta": -250_000, "costs": 0}),
    ...        Explained(9, "", {"portfolio": 900_000}), Closed(9, 0, 0, 10_650_000)]
    >>> loss(bar)
    Loss(session='1970-01-01', usd=0.25, part=0.025)
    """
    since = gained = 0
    before: Closed | None = None
    found: Loss | None = None
    for event in events:
        if isinstance(event, Explained) and event.line and event.line not in book:
            since += sum(event.parts.values())
        elif isinstance(event, Closed):
            gained, since = since, 0
            nav = (before or event).nav
            lost = float(usd(-gained))
            if nav > 0:
                found = Loss(clock(event.time)[:10], lost, lost / float(usd(nav)))
            before = event
    return found
