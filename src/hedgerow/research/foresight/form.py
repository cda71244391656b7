"""Whether a signal keeps the rules of its kind: form, the same twice, the declared lookback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from hedgerow.core.fitting import Fitted
from hedgerow.core.market import Floats, Market
from hedgerow.core.step import Signal
from hedgerow.research import lookahead
from hedgerow.research.foresight.finding import Finding

CLOSE = 1e-9
"""Relative difference that rounding may make where a window begins elsewhere."""

RAISED = (Exception, SystemExit)
"""What a user's code may raise: one that ends the process must not end the test with a pass."""


def shown(error: BaseException) -> str:
    r"""Return in one line what a user's code raised, whatever its text does.

    Examples
    --------
    >>> shown(ValueError("two\nlines"))
    'ValueError: two lines'
    """
    try:
        text = " ".join(str(error).split())
    except Exception:  # a text that cannot be made is none
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def form(column: Any, market: Market) -> Finding:
    """Check that a signal returns a float64 array with one value per session."""
    mend = "return a float64 array, as np.asarray(x, dtype=float)"
    if not isinstance(column, np.ndarray):
        return Finding("form", False, f"it returns a {type(column).__name__}", mend=mend)
    if column.shape != market.times.shape:
        said = f"it returns shape {column.shape} where the market has {len(market):,} sessions"
        mend = "keep one value per session, NaN where there is none"
        return Finding("form", False, said, mend=mend)
    if column.dtype != np.float64:
        return Finding("form", False, f"it returns {column.dtype}, not float64", mend=mend)
    known = np.count_nonzero(np.isfinite(column))
    if not known:
        return Finding("form", False, "it has no value on any session", mend="see what it reads")
    return Finding("form", True, f"{known:,} values")


def the_same(first: Mapping[str, Any], second: Mapping[str, Any], market: Market) -> Finding:
    """Check that two calls on the same data say the same."""
    for name, column in first.items():
        a, b = np.asarray(column), np.asarray(second[name])
        same = a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        if not same:
            bad = lookahead.differing(a, b)
            day = str(market.dates[int(bad[0])]) if len(bad) else ""
            said = f"called twice, '{name}' differs" + (f" on {day}" if day else " in rounding")
            mend = "take random numbers from a seed, and remember nothing between calls"
            return Finding("determinism", False, said, day, mend=mend)
    return Finding("determinism", True, "called twice, it says the same")


def lookback(subject: Signal, market: Market, whole: Floats, name: str) -> Iterator[Finding]:
    """Check that the declared lookback is what a value looks at."""
    declared = int(subject.lookback)
    known = np.flatnonzero(np.isfinite(whole[: max(declared - 1, 0)]))
    if len(known):
        day = str(market.dates[int(known[0])])
        yield Finding(
            "warm-up", False, f"it has a value on {day}, before the {declared} sessions that it "
            "declares to need", day, "filled backwards, or a lookback that is too long",
            "leave NaN until the window is full",
        )  # fmt: skip
        return
    yield Finding("warm-up", True, f"NaN until {declared} sessions are there")
    reach = int(getattr(subject, "reach", declared))
    if isinstance(subject, Fitted) or len(market) <= reach:
        return
    rows = np.unique(np.linspace(reach - 1, len(market) - 1, 12).astype("int64"))
    for row in rows:
        part = market.between(market.dates[row - reach + 1], market.dates[row])
        try:
            value = float(np.asarray(subject(part))[-1])
        except RAISED:  # too short a window for it says the same as a NaN
            value = float("nan")
        if not np.isfinite(whole[row]) and not np.isfinite(value):
            continue
        if not abs(value - whole[row]) <= CLOSE * max(abs(whole[row]), float(np.nanstd(whole))):
            day = str(market.dates[row])
            yield Finding(
                "lookback", False,
                f"'{name}' on {day} is {lookahead.shown(whole[row])}, but {lookahead.shown(value)} "
                f"from the {reach} sessions that it declares to look at", day,
                "the lookback is too short, or the signal remembers for ever (ewm, cumsum, "
                "expanding)", "declare a longer lookback; what remembers for ever is a step",
            )  # fmt: skip
            return
    yield Finding("lookback", True, f"{reach} sessions are enough")
