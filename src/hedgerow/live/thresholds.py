"""The levels at which a policy does something else, and where a signal stands among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from math import isfinite
from typing import Any, NamedTuple

from hedgerow.core.policy import Policy
from hedgerow.core.step import Stage
from hedgerow.report.formats import number

_FIRST = (
    *("low", "high", "first", "second", "calm_below", "stress_above", "mid", "edges", "target"),
)
_SECOND = ("split", "splits")
"""Fields of rules that are in the unit of their first signal, and of the one called ``by``."""


class Threshold(NamedTuple):
    """A level of a signal at which a step changes what it says.

    Attributes
    ----------
    step, field
        Whose, such as ``linear`` and ``low``; of a trigger ``rises`` and ``falls``.
    signal
        Its name.
    level
        In the unit of the signal.
    above
        Whether the signal is above it now.
    """

    step: str
    field: str
    signal: str
    level: float
    above: bool


def thresholds(
    policy: Policy,
    signals: Mapping[str, float],
    memory: Mapping[str, Mapping[str, float]],
) -> list[Threshold]:
    """Return the levels of a policy's rule, and those at which its trigger fires next.

    Parameters
    ----------
    policy
        Whose steps.
    signals
        As seen by a decision, by name.
    memory
        After it, by step kind and field.

    Returns
    -------
    list
        In the order of the steps.  Levels that are signals themselves (percentiles) are those
        of the decision; those that are not known are left out.

    Examples
    --------
    >>> import hedgerow as hr
    >>> policy = hr.Policy([hr.Linear("vix", low=12, high=22)], [hr.Level("vix")])
    >>> [(each.field, each.level, each.above) for each in thresholds(policy, {"vix": 15.0}, {})]
    [('low', 12.0, True), ('high', 22.0, False)]
    """
    made = []
    for step in policy.steps:
        if step.kind == "trigger":
            levels = _moves(step, memory.get("trigger", {}).get("last", float("nan")))
        elif step.stage == Stage.RULE:
            levels = _levels(step, signals)
        else:
            continue
        for name, of, level in levels:
            now = signals.get(of, float("nan"))
            if isfinite(now) and isfinite(level):
                made.append(Threshold(step.kind, name, of, level, now > level))
    return made


def place(found: list[Threshold], signal: str, now: float) -> str:
    """Say in words where a signal stands among its levels.

    Examples
    --------
    >>> place([Threshold("linear", "low", "vix", 12.0, True)], "vix", 15.0)
    'vix 15.00: above low 12 of linear'
    """
    told = []
    for each in found:
        if each.signal == signal and each.step != "trigger":
            side = "above" if each.above else "not above"
            told.append(f"{side} {each.field} {each.level:g} of {each.step}")
    for each in found:
        if each.signal == signal and each.step == "trigger":
            told.append(f"trades if it {each.field} beyond {number(each.level)}")
    return f"{signal} {now:,.2f}: {', '.join(told) or 'no level of the policy'}"


def _levels(step: Any, signals: Mapping[str, float]) -> Iterator[tuple[str, str, float]]:
    """Return field, signal and level of each number that is compared with a signal."""
    for item in fields(step):
        of = "signal" if item.name in _FIRST else "by" if item.name in _SECOND else ""
        compared = getattr(step, of, None) if of else None
        if not isinstance(compared, str):
            continue
        value = getattr(step, item.name)
        levels = value if isinstance(value, tuple | list) else (value,)
        for level in levels:
            known = signals.get(level, float("nan")) if isinstance(level, str) else level
            if isinstance(known, int | float):
                yield item.name, compared, float(known)


def _moves(step: Any, last: float) -> Iterator[tuple[str, str, float]]:
    """Return the levels of the watched signal beyond which the nearer leg of a trigger fires."""
    legs = [] if step.move is None else [step.move]
    if step.relative is not None:
        legs.append(step.relative * last)
    if legs:
        yield "falls", step.signal, last - min(legs)
        yield "rises", step.signal, last + min(legs)
