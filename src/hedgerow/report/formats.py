"""Numbers as people read them: thousands separators, units, a true minus sign, a dash for none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

NOT_ADVICE = "Not investment advice."
"""Stands under every result, whatever shows it."""

DASH = "–"
"""Stands where there is no number."""

MINUS = "−"  # U+2212


def _is_none(value: float | None) -> bool:
    return value is None or not math.isfinite(value)


def _signed(text: str) -> str:
    """Write a true minus sign, and no sign at all before a value that rounds to zero."""
    bare = text.lstrip("-+")
    if not any(digit in bare for digit in "123456789"):
        return bare
    return text.replace("-", MINUS, 1)


def number(value: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """Return a plain number.

    Examples
    --------
    >>> number(-1234.5, 1), number(None), number(-0.001), number(0.5, 1, sign=True)
    ('−1,234.5', '–', '0.00', '+0.5')
    """
    if value is None or _is_none(value):
        return DASH
    return _signed(f"{value:{'+' if sign else ''},.{digits}f}")


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> percent(-0.557), percent(0.0168, 2)
    ('−55.7%', '1.68%')
    """
    if value is None or _is_none(value):
        return DASH
    return _signed(f"{value:,.{digits}%}")


def usd(value: float | None) -> str:
    """Return USD in whole dollars.

    Examples
    --------
    >>> usd(-336672.4), usd(0.2)
    ('−$336,672', '$0')
    """
    if value is None or _is_none(value):
        return DASH
    text = f"${abs(value):,.0f}"
    return MINUS + text if value < 0 and text != "$0" else text


def usd_short(value: float) -> str:
    """Return USD for the tick of an axis.

    Examples
    --------
    >>> usd_short(-2_500_000), usd_short(20_000), usd_short(0)
    ('−$2.5M', '$20K', '$0')
    """
    size = abs(value)
    for unit, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if size >= unit:
            text = f"${size / unit:,.4g}{letter}"
            break
    else:
        text = f"${size:,.4g}"
    return MINUS + text if value < 0 else text


def modelled(shares: Mapping[str, float]) -> str:
    """Return the sentence that says how much of what is a model's; empty if nothing is.

    Examples
    --------
    >>> modelled({"VIX": 0.85, "the index": 0.0})
    'Data: VIX modelled on 85% of the sessions.'
    """
    said = [f"{name} modelled on {percent(share, 0)}" for name, share in shares.items() if share]
    return f"Data: {'; '.join(f'{each} of the sessions' for each in said)}." if said else ""


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Return rows as aligned columns, two spaces apart; those in ``right`` flush right.

    Examples
    --------
    >>> print(columns([["sleeve", "cost"], ["put", "1.68%"]], right=[1]))
    sleeve   cost
    put     1.68%
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
