"""A sleeve laid out as columns: what one contract earned, cost and weighed at each bar.

A sleeve picks strikes and expiries by schedule and market alone, never by the book, so
one strip serves every lane of a sweep and the backtest alike: *the sweep is the backtest*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats

SHARED = frozenset({"roll", "shift", "expiry", "modelled"})
"""Columns in which options on many paths of one calendar do not differ."""


@dataclass(frozen=True)
class Strip:
    """Columns of one sleeve, each of **shape** (T,) and aligned with the market's rows.

    Two contracts can meet at a bar: the one carried *into* bar t (held since bar t-1) and
    the one carried *out* of it.  They differ only where ``roll`` is true, or ``shift`` positive.

    Parameters
    ----------
    name
        Short name of the sleeve, such as ``put-90d-0.90``.
    times
        Session labels, ``datetime64[ns]``.
    multiplier
        USD per point of price, per contract.
    mark
        Price in points at t of the contract carried into t.
    open
        Price in points at t of the contract carried out of t.
    financing
        USD per contract paid over (t-1, t] on the money tied up; 0 for futures and swaps.
    half_spread_mark, half_spread_open
        Half the bid-ask spread, in points, of the two contracts; 0 where cash-settled.
    fee
        USD per contract and trade.
    unit_cost
        USD to trade what stands with a contract and stays over rolls: the index units of a covered
        one.  In none of the costs above.
    roll
        True where the contract carried out differs from the one carried in; sizes are renewed.
    shift
        Part of the contract that is exchanged where it is a mix of two and the mix moves, as in
        a daily roll: 1/25 sells 0.04 of the one and buys 0.04 of the other.  0 at rolls and for
        all other sleeves.
    delta, gamma, vega, theta
        Greeks at t of the contract carried out, in USD per contract: per index point, per
        index point squared, per 1 vol point, per calendar day (negative when long).
    carry
        USD per contract and calendar day that holding the contract carried out costs if
        nothing moves (theta paid, roll-down); positive is a cost.
    next_price, next_vega, next_delta, next_notional, next_carry
        What sizing and the budget may know at the decision of bar t about the contract that the
        order will be filled in: price in points, vega in USD per vol point (of a variance swap that
        at its strike, by which swaps are sized), delta in USD per index point, notional in USD and
        carry in USD a day, per contract, valued with data up to bar t only.
    next_cost
        USD to trade one of it: half-spread and fee.
    next_loss
        Of the same contract: the most that it can lose from there to its expiry, USD; NaN where
        that has no limit, or there is no expiry.
    strike, expiry
        Of the contract carried out: strike in points (NaN for futures and swaps) and expiry as
        days since 1970-01-01.
    modelled
        True where ``open`` is a model price rather than a quoted one.
    notes
        Facts for the report: the decay guard (B9), conventions, model parameters.
    """

    name: str
    times: NDArray[np.datetime64]
    multiplier: float
    mark: Floats
    open: Floats
    financing: Floats
    half_spread_mark: Floats
    half_spread_open: Floats
    fee: float
    unit_cost: Floats
    roll: NDArray[np.bool_]
    shift: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    carry: Floats
    next_price: Floats
    next_vega: Floats
    next_delta: Floats
    next_notional: Floats
    next_carry: Floats
    next_cost: Floats
    next_loss: Floats
    strike: Floats
    expiry: Floats
    modelled: NDArray[np.bool_]
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.times)

    def unravelled(self, paths: int) -> Strip:
        """Return the strip of interleaved paths with columns side by side, **shape** (T, paths).

        Bar t of path p is row ``t·paths + p``; what the schedule alone decides, as ``roll``, is
        alike on all paths and given once, **shape** (T,).
        """
        columns: dict[str, Any] = {"times": self.times[::paths]}
        for item in fields(self):
            values = getattr(self, item.name)
            if isinstance(values, np.ndarray) and item.name != "times":
                split = values.reshape(-1, paths)
                shared = item.name in SHARED or (item.name == "unit_cost" and not values.any())
                columns[item.name] = split[:, 0] if shared else split
        return replace(self, **columns)

    @property
    def gain(self) -> Floats:
        """USD earned per contract held over (t-1, t], financing paid; 0 at the first bar."""
        gain = np.zeros_like(self.mark)
        gain[1:] = (self.mark[1:] - self.open[:-1]) * self.multiplier - self.financing[1:]
        return gain

    @property
    def close_cost(self) -> Floats:
        """USD to sell one contract carried into t."""
        return self.half_spread_mark * self.multiplier + self.fee

    @property
    def open_cost(self) -> Floats:
        """USD to buy one contract carried out of t."""
        return self.half_spread_open * self.multiplier + self.fee
