"""From a ledger back to a run: what it needs to continue, and whether it can be done again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hedgerow.core.policy import Policy
from hedgerow.engine.ledger.account import Account, take
from hedgerow.engine.ledger.chain import GENESIS, Head, Record, checked
from hedgerow.engine.ledger.coding import encode
from hedgerow.engine.ledger.deciding import foreseen, known, recorded, remembered, seen
from hedgerow.engine.ledger.events import Closed, Decided, Opened
from hedgerow.engine.ledger.money import contracts, usd
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import HedgerowError, LedgerError


@dataclass
class Standing:
    """Where a run stands: all that it needs to continue.

    Attributes
    ----------
    head
        Of the ledger.
    opened
        What made the run; None where it has not begun.
    account
        Cash, positions, open orders.  An open order may have been sent or not: ask the broker
        for its id before anything is sent.
    decided
        The last decision of each line: its memory and its book carry over the restart.
    closed
        The last bar that is done; None before the first.
    bars
        How many bars are done.
    since
        Events after that bar: one that was begun and not closed.
    """

    head: Head = GENESIS
    opened: Opened | None = None
    account: Account = field(default_factory=Account)
    decided: dict[str, Decided] = field(default_factory=dict)
    closed: Closed | None = None
    bars: int = 0
    since: list[Event] = field(default_factory=list)

    def take(self, record: Record) -> Event:
        """Take one record more.

        Raises
        ------
        LedgerError
            If it cannot happen after those before.
        """
        event = take(self.account, record)
        self.head = Head(record.number, record.hash)
        self.since.append(event)
        if isinstance(event, Opened):
            self.opened, self.since = event, []
        elif isinstance(event, Decided):
            self.decided[event.line] = event
        elif isinstance(event, Closed):
            self.closed, self.bars, self.since = event, self.bars + 1, []
        return event


def resume(ledger: Ledger) -> Standing:
    """Return where the run of a ledger stands; the chain is checked on the way.

    Raises
    ------
    LedgerError
        At the first record that is broken or cannot have happened, naming it.

    Examples
    --------
    >>> from hedgerow.engine.ledger.memory import MemoryLedger
    >>> resume(MemoryLedger("demo")).bars
    0
    """
    standing = Standing()
    for record in checked(ledger.read()):
        standing.take(record)
    return standing


@dataclass(frozen=True)
class Replay:
    """What a replay did, all of it with the outcome on record.

    Attributes
    ----------
    standing
        Where the run stands after it.
    decisions
        How many decisions came out the same, to the bit.
    left_out
        Why a line's decisions were not made again, by line.
    """

    standing: Standing
    decisions: int
    left_out: Mapping[str, str]


def replay(ledger: Ledger) -> Replay:
    """Do a run again from its ledger: add up its book, and make its decisions once more.

    The book of every closed bar must be the one on record.  Every line's policy, from the
    text in the ledger, gets what it saw and remembered then, and must say and remember the same
    to the last bit.

    Raises
    ------
    LedgerError
        At the first record that is broken, or comes out differently, naming it.
    """
    standing, decisions = Standing(), 0
    policies: dict[str, Policy] = {}
    left_out: dict[str, str] = {}
    for record in checked(ledger.read()):
        event = record.event
        if isinstance(event, Decided) and event.line not in left_out:
            if event.line not in policies:
                made = policy_of(event.line, standing.opened)
                if isinstance(made, str):
                    left_out[event.line] = made
                else:
                    policies[event.line] = made
            if event.line in policies:
                before = standing.decided.get(event.line)
                decide_again(policies[event.line], event, before, f"record {record.number}")
                decisions += 1
        standing.take(record)
    return Replay(standing, decisions, left_out)


def summary(standing: Standing) -> dict[str, Any]:
    """Return where a run stands as plain values, USD and contracts as texts.

    Examples
    --------
    >>> summary(Standing())["cash"]
    '0.000000'
    """
    account, opened, closed = standing.account, standing.opened, standing.closed
    return {
        "run": opened.run if opened else None,
        "version": opened.version if opened else None,
        "records": standing.head.count,
        "hash": standing.head.hash,
        "bars": standing.bars,
        "cash": str(usd(account.cash)),
        "nav": str(usd(closed.nav)) if closed else None,
        "positions": {
            name: f"{contracts(held.quantity).normalize():f}"
            for name, held in account.holdings.items()
        },
        "open_orders": sorted(account.orders),
    }


def policy_of(line: str, opened: Opened | None) -> Policy | str:
    """Return the policy of a line, or why there is none.

    Examples
    --------
    >>> policy_of("tail", None)
    'its policy is not in the ledger'
    """
    import hedgerow.policies  # noqa: F401  # fills the catalogue that the text names

    text = opened.policies.get(line) if opened else None
    if text is None:
        return "its policy is not in the ledger"
    try:
        return Policy.from_toml(text)
    except HedgerowError as error:
        return f"its policy cannot be read: {error}"


def decide_again(policy: Policy, event: Decided, last: Decided | None, where: str) -> Decided:
    """Make one decision again, on what is on record, and compare it with the record.

    Parameters
    ----------
    policy
        Of the line, from the text in the ledger.
    event, last
        The decision, and the one of the line before it; None at the first.
    where
        Its place, for messages.

    Returns
    -------
    Decided
        What comes out now: the same, to the last bit.

    Raises
    ------
    LedgerError
        If it comes out differently, lacks a fact, or a fit that it rests on knows the future.
    """
    where = f"{where}, line {event.line}"
    try:
        before = policy.start() if last is None else remembered(policy, last.memory)
        view = seen(policy, event)
        decision = policy.decide(view, before, policy.params())
        made = recorded(event.time, event.line, policy, view, decision, event.fits)
        again = known(made, event.bar)
    except LedgerError as error:
        raise LedgerError(error.what, where=f"{where}, {error.where}", mend=error.mend) from None
    if name := foreseen(event):
        raise LedgerError(
            f"the fit of '{name}' knows what came after the decision",
            where=where,
            mend="do not trust this run: its signals look ahead",
        )
    if encode(again) != encode(event):
        raise LedgerError(
            f"the decision comes out differently: x {again.x!r}, recorded {event.x!r}; "
            f"act {again.act!r}, recorded {event.act!r}",
            where=where,
            mend="use the version of Hedgerow that wrote the ledger; the header names it",
        )
    return again
