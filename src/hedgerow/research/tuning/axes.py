"""Which numbers of a policy are varied, and over what values, as texts: ``linear.low=10:16``.

The one reader of such texts, for commands and settings alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hedgerow.errors import RangeError

FORMS = "linear.low=10:16, =10:16:2, =18,22,26 or =lin:10:28:10"
MOST_VALUES = 1_000_000
"""Values of one axis."""


class Bounds(NamedTuple):
    """What a number may be in a search."""

    low: float
    high: float
    step: float | None = None
    """Distance of allowed values; None for any in between."""


def axes(texts: Sequence[str], where: str = "--axis") -> dict[str, list[float]]:
    """Return the values of each axis, in the order given.

    Parameters
    ----------
    texts
        ``KEY=VALUES`` each, KEY a step and its field: ``linear.low=18,22,26`` (a list),
        ``=10:16`` (steps of one, both ends), ``=10:16:2`` (steps of two; the last value is the
        last one that does not pass the end) or ``=lin:10:28:10`` (ten values, both ends).
    where
        The option, for messages.

    Raises
    ------
    RangeError
        If a text cannot be read, has no value, or a key is given twice.

    Examples
    --------
    >>> axes(["linear.low=10:12", "linear.high=lin:20:21:3", "bounds.cap=1.5,2"])
    {'linear.low': [10.0, 11.0, 12.0], 'linear.high': [20.0, 20.5, 21.0], 'bounds.cap': [1.5, 2.0]}
    """
    made: dict[str, list[float]] = {}
    for text in texts:
        key, values = _halves(text, where, made)
        made[key] = _values(values, f"{where} {text}")
    return made


def bounds(texts: Sequence[str], where: str = "--range") -> dict[str, Bounds]:
    """Return the bounds of each number that a search varies, in the order given.

    Parameters
    ----------
    texts
        ``KEY=LOW:HIGH`` or ``KEY=LOW:HIGH:STEP`` each.
    where
        The option, for messages.

    Raises
    ------
    RangeError
        If a text cannot be read, its bounds are not in order, or a key is given twice.

    Examples
    --------
    >>> bounds(["linear.low=8:18", "linear.high=20:30:0.5"])["linear.high"]
    Bounds(low=20.0, high=30.0, step=0.5)
    """
    made: dict[str, Bounds] = {}
    for text in texts:
        key, values = _halves(text, where, made)
        cells = [_number(cell, f"{where} {text}") for cell in values.split(":")]
        if not 2 <= len(cells) <= 3 or not cells[0] < cells[1] or not min(cells[2:], default=1) > 0:
            raise RangeError(
                f"'{values}' is no range",
                where=f"{where} {text}",
                mend=f"write {key}=LOW:HIGH or {key}=LOW:HIGH:STEP, such as {key}=8:18",
            )
        made[key] = Bounds(*cells)
    return made


def _halves(text: str, where: str, known: Mapping[str, object]) -> tuple[str, str]:
    key, sign, values = (part.strip() for part in text.partition("="))
    if not (key and sign and values):
        raise RangeError(
            "this is no number of a policy with its values",
            where=f"{where} {text}",
            mend=f"write {FORMS}" if where == "--axis" else "write linear.low=8:18",
        )
    if key in known:
        raise RangeError(f"'{key}' is given twice", where=where, mend="keep one of them")
    return key, values


def _values(text: str, where: str) -> list[float]:
    word, colon, rest = text.partition(":")
    if word == "lin" and colon:
        return _even(rest, where)
    if not colon:
        return [_number(cell, where) for cell in text.split(",")]
    cells = [_number(cell, where) for cell in text.split(":")]
    if not 2 <= len(cells) <= 3:
        raise RangeError(f"'{text}' is no list of values", where=where, mend=f"write {FORMS}")
    low, high, step = cells[0], cells[1], cells[2] if len(cells) > 2 else 1.0
    if step == 0.0 or (high - low) / step < 0.0:
        raise RangeError(
            f"no step of {step:g} leads from {low:g} to {high:g}",
            where=where,
            mend="give START:STOP:STEP, STOP on the side that STEP goes to",
        )
    # 0.1 + 0.1 + 0.1 is not 0.3: an end missed by rounding alone is reached
    return _laid(low, step, _many((high - low) / step + 1e-9, where))


def _even(text: str, where: str) -> list[float]:
    cells = [_number(cell, where) for cell in text.split(":")]
    if len(cells) != 3 or not cells[2].is_integer() or cells[2] < 1:
        raise RangeError(
            f"'lin:{text}' is no list of values", where=where, mend="write lin:FIRST:LAST:COUNT"
        )
    low, high, count = cells
    steps = _many(count - 1, where)
    return _laid(low, (high - low) / max(steps, 1), steps)


def _laid(low: float, step: float, count: int) -> list[float]:
    # decimals as they are written: 0.2 + 2 * 0.1 shall be 0.4
    return [float(f"{low + k * step:.12g}") for k in range(count + 1)]


def _many(steps: float, where: str) -> int:
    if not steps < MOST_VALUES:
        raise RangeError(
            f"{steps + 1:,.0f} values are more than {MOST_VALUES:,}",
            where=where,
            mend="take a wider step",
        )
    return math.floor(steps)


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RangeError(f"'{text}' is not a number", where=where, mend=f"write {FORMS}")
    return value
