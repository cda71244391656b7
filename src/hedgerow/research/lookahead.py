"""The look-ahead test: what was decided must not change when the future is cut off (D8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.market import Market
from hedgerow.core.step import Signal
from hedgerow.core.strip import Strip

TOLERANCE = 1e-12
"""Relative difference that counts as equal."""


class Verdict(NamedTuple):
    """Outcome of the test for one signal, sleeve or policy."""

    name: str
    passed: bool
    detail: str


def cuts(length: int, count: int, seed: int = 0) -> list[int]:
    """Return rows at which to cut the future off: the ends and a random sample between."""
    if length <= count:
        return list(range(length))
    drawn = np.random.default_rng(seed).choice(length - 1, size=count - 1, replace=False)
    return sorted({*(int(t) for t in drawn), length - 2})


def columns_agree(
    name: str,
    market: Market,
    make: Callable[[Market], dict[str, Any]],
    count: int = 12,
    seed: int = 0,
    first: int = 0,
) -> Verdict:
    """Make columns from all the data and from prefixes of it, and compare them row by row.

    Parameters
    ----------
    name
        What is tested, for the verdict.
    market
        All the data.
    make
        Returns columns, each of **shape** (len(market),).
    count, seed
        How many cuts, drawn how.
    first
        The first row at which the data may end: that of a run, whose data may begin before all
        of its signals are known.
    """
    whole = make(market)
    rows = [first + row for row in cuts(len(market) - first, count, seed)]
    for t in rows:
        part = make(market.until(t))
        for column, values in part.items():
            mine, theirs = np.asarray(whole[column])[: t + 1], np.asarray(values)
            bad = differing(mine, theirs)
            if len(bad):
                row = int(bad[0])
                return Verdict(
                    name,
                    False,
                    f"'{column}' on {market.dates[row]} is {shown(mine[row])} with all the data "
                    f"but {shown(theirs[row])} when they end on {market.dates[t]}",
                )
    return Verdict(name, True, f"unchanged at {len(rows)} cuts")


def differing(a: Any, b: Any) -> Any:
    """Return the rows at which two columns differ by more than rounding; row 0 if in shape."""
    if a.shape != b.shape:
        return np.array([0])
    if a.dtype.kind != "f":
        return np.flatnonzero(a != b)
    close = np.abs(a - b) <= TOLERANCE * np.maximum(np.abs(a), np.abs(b))
    return np.flatnonzero(~(close | (np.isnan(a) & np.isnan(b))))


def shown(value: Any) -> str:
    """Return a value of a column as a reader wants it."""
    return f"{float(value):.6g}"


def signal_agrees(
    signal: Signal, market: Market, count: int = 12, seed: int = 0, first: int = 0
) -> Verdict:
    """Test one signal; a user's own as well."""
    return columns_agree(
        f"signal {signal.name}",
        market,
        lambda part: {signal.name: signal(part)},
        count,
        seed,
        first,
    )


ALIKE = {"name", "times", "multiplier", "fee", "notes"}
"""Fields of a strip that are no columns of its own."""


def sleeve_agrees(
    name: str, lay: Callable[[Market], Strip], market: Market, count: int = 4, seed: int = 0
) -> Verdict:
    """Test a sleeve: the contracts that it picks, their prices and their costs."""

    def make(part: Market) -> dict[str, Any]:
        return columns_of(lay(part))

    return columns_agree(f"sleeve {name}", market, make, count, seed)


def columns_of(strip: Strip) -> dict[str, Any]:
    """Return the columns of a strip that are its own, each of **shape** (T,)."""
    return {f.name: getattr(strip, f.name) for f in fields(strip) if f.name not in ALIKE}
