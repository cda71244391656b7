"""A policy's signals on intraday bars: by bar what moves within the day, the rest by session."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hedgerow.core.market import Floats, Market, Origin
from hedgerow.core.policy import Policy
from hedgerow.core.step import Signal
from hedgerow.policies.signals import Level

MOVING = frozenset({"spx", "vix", "vxx", "vx30", "vix9d", "vix3m", "vix6m"})
"""Columns with a value of their own at every bar."""
COUNTING = frozenset({"level", "rsi", "macd", "average", "trend", "quantile"})
"""Kinds of signals that count bars whatever their length."""
CLOCK = frozenset({"execution_window"})
"""Kinds that look at where a bar stands in its session."""
AHEAD = frozenset({"events"})
"""Kinds that are known for a session before it: they look at a calendar alone."""


def by_bar(signal: Signal) -> bool:
    """Say whether a signal is made of bars; one of daily columns is made of sessions.

    Examples
    --------
    >>> by_bar(Level("vix")), by_bar(Level("hy_spread"))
    (True, False)
    """
    if signal.kind in CLOCK:
        return True
    columns = [getattr(signal, name, None) for name in ("column", "signal")]
    return signal.kind in COUNTING and any(column in MOVING for column in columns)


def carried(policy: Policy, market: Market, daily: Market) -> tuple[Policy, Market]:
    """Return a policy and a market on which it runs bar by bar.

    A signal that is not `by_bar` is made of sessions on ``daily``, and every bar has its value of
    the session before; that of a calendar of events, its own.  Steps and names stay as they are.

    Parameters
    ----------
    policy
        Any that runs on sessions.
    market
        Bars, ``dates`` their sessions.
    daily
        Sessions, among them those before the bars.

    Returns
    -------
    Policy, Market
        The signals that were carried are columns of this market now.

    Raises
    ------
    HedgerowError
        If the data lack what a signal needs.
    """
    made: dict[str, Floats] = {}
    signals: list[Signal] = []
    for signal in policy.signals:
        if by_bar(signal):
            signals.append(signal)
            continue
        known = np.asarray(signal(daily), dtype="float64")
        side = "right" if signal.kind in AHEAD else "left"
        row = np.searchsorted(daily.dates, market.dates, side=side) - 1  # type: ignore[call-overload]  # side is one of the two words
        made[signal.name] = np.where(row >= 0, known[np.maximum(row, 0)], np.nan)
        signals.append(Level(signal.name))
    if not made:
        return policy, market
    origin = {
        name: np.where(np.isfinite(column), Origin.MODELLED, Origin.MISSING)
        for name, column in made.items()
    }
    told = dict.fromkeys(made, "a signal of sessions, as it was after the session before")
    return replace(policy, signals=signals), market.with_columns(made, origin, told)
