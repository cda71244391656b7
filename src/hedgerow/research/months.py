"""What a month of a run comes down to (spec C9).

Amounts are USD; what was paid is negative but for ``costs``, ``fees`` and ``spent``, which say by
their name that they are paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Offset(NamedTuple):
    """What the hedge gave back of a loss of the portfolio."""

    loss: float
    """USD, positive; 0.0 where the portfolio did not fall."""
    gain: float
    """Of the hedge over the same bars, USD."""

    @property
    def share(self) -> float | None:
        """Gain over loss, 1.0 is all of it; None without a loss."""
        return self.gain / self.loss if self.loss > 0.0 else None


class Spent(NamedTuple):
    """A year's budget at the end of a month."""

    spent: float
    """Costs, theta and roll-down paid since 1 January or the start of the run, USD."""
    base: float
    """NAV at the beginning of the year, USD."""
    limit: float | None
    """Part of the base that may be spent in a year; None without a limit."""
    passed: float
    """Part of the calendar year that has passed."""

    @property
    def used(self) -> float | None:
        """Part of the year's budget that is gone; None without a limit."""
        return self.spent / (self.limit * self.base) if self.limit and self.base > 0.0 else None


@dataclass(frozen=True)
class Month:
    """A month of a run; amounts in USD.

    Parameters
    ----------
    month, first, last
        ``2020-03``, and the dates of its first and last bar.
    bars
        How many.
    nav, paid_in
        NAV at the end; what was deposited, less what was taken out.
    portfolio_gain, hedge_gain
        Of the portfolio, and all the rest of the change of NAV.
    parts
        Of the hedge's gain by part, all lines; empty where the ledger explains none.
    lines
        The same by line.
    net_theta
        The part ``theta``: what passing time gave or, negative, took.
    variance_premium
        Theta and gamma: what time gave for variance less what moves took.  Positive is a premium
        earned, negative is one paid.
    down, fall
        What the hedge gave back on the days on which the portfolio fell, and over its deepest
        fall within the month.
    fall_from, fall_to, depth
        The closes between which it fell, and by what part (≤ 0).
    sharpe_hedged, sharpe_unhedged, over_cash, days
        To date, from so many daily returns; in excess of cash where the ledger knows what that
        pays (``over_cash``).  NaN where there is none.
    costs, fees
        Spreads and fees, fees alone; costs are the fees where the ledger explains no parts.
    trades, acted
        Bars with fills; decisions that asked to trade, but for lines that take out the delta of
        another.
    acted_a_year
        The same a year, over the last twelve months; None before a quarter of a year.
    alarms, overrides
        How many by rule; ``who: what (why)``.
    budget
        By line; ``""`` is all lines together.
    cut
        Bars at which the common budget cut a line.
    equity
        Whether the account holds an equity portfolio that the lines hedge.
    residual_share, residual_weighted
        How much of the lines' gains the residual is, as in
        :class:`~hedgerow.engine.attribution.Unexplained`; NaN where there are none.
    """

    month: str
    first: str
    last: str
    bars: int
    nav: float
    paid_in: float
    portfolio_gain: float
    hedge_gain: float
    parts: Mapping[str, float]
    lines: Mapping[str, Mapping[str, float]]
    net_theta: float
    variance_premium: float
    down: Offset
    fall: Offset
    fall_from: str
    fall_to: str
    depth: float
    sharpe_hedged: float
    sharpe_unhedged: float
    over_cash: bool
    days: int
    costs: float
    fees: float
    trades: int
    acted: int
    acted_a_year: float | None
    alarms: Mapping[str, int]
    overrides: tuple[str, ...]
    budget: Mapping[str, Spent]
    cut: int
    equity: bool
    residual_share: float
    residual_weighted: float
