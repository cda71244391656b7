"""Decisions on record: what a policy saw, remembered and said, by name, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.book import Bar, Book, View
from hedgerow.core.policy import Decision, Policy
from hedgerow.engine.ledger.events import Decided
from hedgerow.errors import LedgerError

_LATER = dict.fromkeys(("unit_cost", "days_ahead", "neutral", "delta", "hedged", "band"), 0.0)
"""Facts of a bar that earlier versions did not know, as they counted them."""


def recorded(
    time: int,
    line: str,
    policy: Policy,
    view: View,
    decision: Decision,
    fits: Mapping[str, Any] = MappingProxyType({}),
) -> Decided:
    """Return a decision as the event that lets anyone decide it again.

    Parameters
    ----------
    time
        The bar, nanoseconds since 1970, UTC.
    line
        Whose decision.
    policy, view, decision
        What decided, on what, and what came out; floats, one lane.
    fits
        In force at the bar: :attr:`Decided.fits`.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.core.book import opening
    >>> policy = hr.Policy(signals=[hr.Level("vix")], steps=[hr.Linear("vix", low=12, high=22)])
    >>> view = View((17.0,), opening(1e6), Bar(*[0.0] * len(Bar._fields)))
    >>> decision = policy.decide(view, policy.start(), policy.params())
    >>> event = recorded(0, "tail", policy, view, decision)
    >>> event.signals, list(event.trace)
    ({'vix': 17.0}, ['linear', 'bounds'])
    """
    kinds = [step.kind for step in policy.steps]
    names = [signal.name for signal in policy.signals]
    return Decided(
        time,
        line,
        _floats(names, view.signals),
        _floats(Book._fields, view.book),
        _floats(Bar._fields, view.bar),
        float(decision.x),
        float(decision.act),
        _floats(kinds, decision.trace),
        {
            kind: _floats(mine._fields, mine)
            for kind, mine in zip(kinds, decision.memory, strict=True)
        },
        fits,
    )


def seen(policy: Policy, event: Decided) -> View:
    """Return what the policy saw.

    Raises
    ------
    LedgerError
        If the event lacks a fact that this version of Hedgerow knows.
    """
    names = [signal.name for signal in policy.signals]
    return View(
        _values(names, event.signals, "signals"),
        Book(*_values(Book._fields, event.book, "book")),
        Bar(*_values(Bar._fields, _LATER | dict(event.bar), "bar")),
    )


def foreseen(event: Decided) -> str | None:
    """Return the name of a signal whose fit on record knows what came after the bar, if any.

    Examples
    --------
    >>> late = {"hawkes2": {"date": "1970-01-02", "end": "1970-01-02"}}
    >>> foreseen(Decided(0, "tail", {}, {}, {}, 0.0, 0.0, {}, {}, late))
    'hawkes2'
    """
    day = str(np.datetime64(event.time, "ns").astype("datetime64[D]"))
    for name, fit in event.fits.items():
        end, date = (str(dict(fit).get(key, "unknown")) for key in ("end", "date"))
        if not end <= date <= day:
            return name
    return None


def known(event: Decided, facts: Iterable[str]) -> Decided:
    """Return the event with those facts of the bar alone that an earlier version knew."""
    return replace(event, bar={name: event.bar[name] for name in facts})


def remembered(policy: Policy, memory: Mapping[str, Mapping[str, float]]) -> tuple[Any, ...]:
    """Return the memory of each step, as :meth:`Policy.decide` wants it.

    Parameters
    ----------
    policy
        Whose steps.
    memory
        By step kind and field: :attr:`Decided.memory`.

    Raises
    ------
    LedgerError
        If a step or a field lacks.
    """
    kept: list[NamedTuple] = []
    for step, start in zip(policy.steps, policy.start(), strict=True):
        if step.kind not in memory:
            raise LedgerError(
                f"the memory of '{step.kind}' is not on record",
                where="memory",
                mend="continue with the policy that the run began with",
            )
        kept.append(type(start)(*_values(start._fields, memory[step.kind], step.kind)))
    return tuple(kept)


def _floats(names: Any, values: Any) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def _values(names: Any, table: Mapping[str, float], what: str) -> tuple[float, ...]:
    for name in names:
        if name not in table:
            raise LedgerError(
                f"'{name}' is not on record",
                where=what,
                mend="use the version of Hedgerow that wrote the ledger",
            )
    return tuple(table[name] for name in names)
