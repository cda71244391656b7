"""What no TOML of a person holds, and what would take a reader of it very long."""

from __future__ import annotations

import re

DOTS = 200
"""Parts of a dotted key, at most: reading one takes time as their square."""

_DECIMAL = re.compile(r"(?<![\w.])[+-]?\d{1,30}\.\d{1,30}(?![\w.])")
_BIG = re.compile(r"0[xob][0-9a-f_]{2000}", re.I)
"""A whole number that has more digits than Python would show."""


def bounded(text: str) -> str:
    """Return a text that a reader of TOML may be given.

    Raises
    ------
    ValueError
        If it has a key of too many parts, or a number of too many digits.

    Examples
    --------
    >>> bounded("edges = [1.5, 2.5]")
    'edges = [1.5, 2.5]'
    >>> bounded("a" + ".a" * 1_000 + " = 1")
    Traceback (most recent call last):
        ...
    ValueError: a key or number is too long
    """
    if _BIG.search(text) or any(_parts(line) > DOTS for line in text.split("\n")):
        raise ValueError("a key or number is too long")
    return text


def _parts(line: str) -> int:
    """Return of how many parts a key can be at most that stands in a line."""
    dots = line.count(".")
    return dots if dots <= DOTS else _DECIMAL.sub("", line).count(".")
