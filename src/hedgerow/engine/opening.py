"""The first event of a run: all that made it."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from hedgerow.engine.feed import History
from hedgerow.engine.ledger.coding import clock
from hedgerow.engine.ledger.events import Opened
from hedgerow.engine.program import Program
from hedgerow.engine.program_text import to_table
from hedgerow.engine.run import text_of

MOST = 3
"""Differences that are told one by one."""


def opened(program: Program, feed: History, run: str, version: str) -> Opened:
    """Return the event that opens a run.

    Parameters
    ----------
    program, feed
        What trades, and on what.
    run
        Name of the run.
    version
        Of Hedgerow.

    Notes
    -----
    ``data`` is the hash of the history before the first bar; every bar's slice has its own, so
    that a run can go on when there are more data.
    """
    facts: dict[str, Any] = to_table(program)
    text = json.dumps(facts, sort_keys=True, default=str)
    return Opened(
        int(feed.market.times[feed.first].astype("int64")),
        run,
        version,
        {line.name: text_of(line.policy) for line in program.lines},
        feed.market.until(feed.first).digest(),
        hashlib.sha256(text.encode()).hexdigest(),
        facts,
    )


def differences(was: Opened, now: Opened) -> str:
    """Say what made one run and not the other, by the field.

    Parameters
    ----------
    was, now
        The events that open the two runs.

    Examples
    --------
    >>> first = Opened(0, "run", "1.0", {}, "", "", {"budget": {"per_year": 0.02}, "fills": "next"})
    >>> second = Opened(0, "run", "1.1", {}, "", "", {"budget": {}, "fills": "next"})
    >>> differences(first, second)
    'version was "1.0", is "1.1"; budget.per_year was 0.02, is none'
    """
    old, new = _leaves(_told(was)), _leaves(_told(now))
    found = [
        f"{path} was {old.get(path, 'none')}, is {new.get(path, 'none')}"
        for path in {**old, **new}
        if old.get(path) != new.get(path)
    ]
    if was.time == now.time and was.data != now.data:
        found.append("the market up to the start is another")
    more = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    return "; ".join(found[:MOST]) + more


def _told(event: Opened) -> dict[str, Any]:
    """Return what made a run, hashes left out."""
    policies = {name: _read(text) for name, text in event.policies.items()}
    start = clock(event.time)[:10]
    head = {"start": start, "version": event.version, "schema": event.schema}
    return {**head, **event.facts, "policies": policies}


def _read(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # with classes that no file can name
        return text


def _leaves(value: Any) -> dict[str, str]:
    """Return what stands at each path, as JSON writes it."""
    return {path: json.dumps(leaf, ensure_ascii=False, default=str) for path, leaf in _walk(value)}


def _walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{i}]")
    else:
        yield path, value
