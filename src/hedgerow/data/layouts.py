"""Tables that are no dated columns of one number: what a header, or a name, tells them by."""

from __future__ import annotations

import re
from typing import Literal

Layout = Literal[
    "advances", "events", "fundamentals", "holdings", "sector_weights", "sectors", "vols"
]

SECTORS = ("xlb", "xlc", "xle", "xlf", "xli", "xlk", "xlp", "xlre", "xlu", "xlv", "xly")
"""The sectors of the S&P 500, by the funds that hold them."""
RATIOS = ("pe", "pcf", "quick_ratio")
"""What a file of fundamentals may tell of a holding."""
HOLDINGS = ("symbol", "id", "date", "weight", "shares", "")
"""Cells of a file of a fund's holdings, which has no header."""

_CALENDAR = re.compile(r"([a-z]+)_dates", re.I)
_HELD = re.compile(r"[A-Z][A-Z0-9./-]*,[^,]*,\d{8},[0-9.eE+-]+,[0-9.]+,?")


def layout_of(stem: str, cells: tuple[str, ...]) -> Layout | None:
    """Return which of these tables a header heads, or None.

    Parameters
    ----------
    stem
        Name of the file without its ending.
    cells
        Header cells, lower case.

    Examples
    --------
    >>> layout_of("fomc_dates", ("date",)), layout_of("b", ("date", "advances", "declines"))
    ('events', 'advances')
    >>> layout_of("sector_weights", ("date", "xlb", "xle")), layout_of("x", ("date", "xlb", "xle"))
    ('sector_weights', None)
    """
    has = set(cells) - {""}
    if {"symbol", "sector"} <= has:
        return "sectors"
    if "date" not in has:
        return None
    if {"advances", "declines"} <= has:
        return "advances"
    if {"symbol", "weight"} <= has and "strike" not in has:
        return "vols" if "vol" in has else "fundamentals" if has.intersection(RATIOS) else None
    if "weight" in stem.lower() and len(has.intersection(SECTORS)) > 1:
        return "sector_weights"
    dated = "kind" in has or calendar_kind(stem) is not None
    return "events" if dated and has <= {"date", "kind", "announced"} else None


def calendar_kind(stem: str) -> str | None:
    """Return the kind of event whose calendar a file's name says it is.

    Examples
    --------
    >>> calendar_kind("CPI_dates"), calendar_kind("events")
    ('cpi', None)
    """
    found = _CALENDAR.fullmatch(stem)
    return found[1].lower() if found else None


def is_holdings(text: str) -> bool:
    """Say whether a text begins with rows of a fund's holdings, which have no header.

    Examples
    --------
    >>> is_holdings("A,A RPTMYV3VC57P,20201127,0.00117008,3313891,")
    True
    """
    return all(_HELD.fullmatch(line.strip()) for line in text.splitlines()[:2])
