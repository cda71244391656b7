"""Where the gain of a bar came from: delta, gamma, theta, vega, carry, costs (spec C8).

What a contract's change of price owes to what, its `Path` tells: the expansion to second order
at the bar before (:mod:`hedgerow.instruments.expansion`).  What that leaves is the ``residual``:
the change of rates, and all of third order.  It is the remainder, so the parts always add up to
the gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.engine.ledger.money import Micros, micros


class Parts(NamedTuple):
    """Parts of a gain, USD: what was paid is negative."""

    delta: float = 0.0
    gamma: float = 0.0
    theta: float = 0.0
    vega: float = 0.0
    carry: float = 0.0
    costs: float = 0.0
    financing: float = 0.0
    residual: float = 0.0

    @property
    def total(self) -> float:
        """The gain: the sum of all parts, USD."""
        return sum(self)


def in_micros(
    amounts: Mapping[str, float], total: Micros, rest: str = "residual"
) -> dict[str, Micros]:
    """Return amounts of USD in micro-USD that add up to a whole number exactly.

    Parameters
    ----------
    amounts
        USD by name.
    total
        What they must add up to, micro-USD.
    rest
        The name that takes what rounding leaves, whether it has an amount or not.

    Returns
    -------
    dict
        By name; what rounds to nothing is left out.

    Raises
    ------
    RangeError
        If an amount is no finite number, or too large for the ledger.

    Examples
    --------
    >>> in_micros({"delta": 0.1 + 0.2, "theta": -1e-9, "residual": 0.0}, 300_001)
    {'delta': 300000, 'residual': 1}
    """
    made = {name: micros(amount) for name, amount in amounts.items() if name != rest}
    made[rest] = total - sum(made.values())
    return {name: amount for name, amount in made.items() if amount}


class Unexplained(NamedTuple):
    """How much of the gains the expansion leaves unexplained; NaN where nothing was gained."""

    share: float
    """Sum of \\|residual\\| over sum of \\|gain\\|."""
    weighted: float
    """The same with each bar weighted by its \\|gain\\|, so that the large days count."""
    worst: int
    """Row of the largest \\|residual\\|."""


def unexplained(gain: Floats, residual: Floats) -> Unexplained:
    """Measure the residual of a run.

    Parameters
    ----------
    gain, residual
        Of each bar, USD, **shape** (T,).

    Examples
    --------
    >>> unexplained(np.array([-100.0, 300.0]), np.array([10.0, 6.0]))
    Unexplained(share=0.04, weighted=0.028, worst=0)
    """
    sizes, rests = np.abs(gain), np.abs(residual)
    worst = int(np.argmax(rests)) if len(rests) else 0
    return Unexplained(_share(rests, sizes), _share(rests * sizes, sizes * sizes), worst)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
    total = float(whole.sum())
    return float(part.sum()) / total if total > 0.0 else float("nan")
