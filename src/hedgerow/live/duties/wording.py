"""What duties say: a text for a person, and the same as plain values for the record."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

from hedgerow.live.standing import Spending, Watch
from hedgerow.report.formats import percent, usd


class Said(NamedTuple):
    """What a duty says.

    Attributes
    ----------
    text
        For a person, several lines.
    facts
        The same as plain values.
    """

    text: str
    facts: Mapping[str, Any]


def for_record(value: Any) -> Any:
    """Return a value as the journal takes it: numbers that are none become None.

    Examples
    --------
    >>> for_record({"rv20": float("nan"), "held": (1.0,)})
    {'rv20': None, 'held': [1.0]}
    """
    if isinstance(value, Mapping):
        return {str(key): for_record(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [for_record(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not isfinite(value) else value


def modelled_vix(watch: Watch, day: str) -> str:
    """Return the word that says that VIX is a model's; empty where it is not."""
    return " (modelled)" if watch.modelled("vix", day) else ""


def spent(found: Spending) -> str:
    """Say what the year has cost of what it may (B3)."""
    said = _spent(found)
    return f"{said} ({found.note})" if found.note else said


def _spent(found: Spending) -> str:
    said = f"{usd(found.spent)} spent since 1 January or the run's start"
    if found.used is None or found.limit is None:
        own = (
            f"{line} {percent(each['used'], 0)} of {percent(each['limit'])} of NAV"
            for line, each in found.own.items()
        )
        return f"{said}; {', '.join(own) or 'no limit'}"
    said += f", {percent(found.used, 0)} of {percent(found.limit)} of NAV"
    said += f" with {percent(found.passed, 0)} of the year passed"
    return said + (f"; it cuts the lines to {found.scale:.1%}" if found.scale < 1.0 else "")
