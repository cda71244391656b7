"""Where the gain of a bar came from: delta, gamma, theta, vega, carry, costs (spec C8).

A contract's change of price is laid out as the second-order expansion at the bar before.  What
that leaves is the ``residual``: cross terms such as vanna, volga, the change of rates, and all
of third order.  It is the remainder, so the parts always add up to the gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.core.numeric import Num, known, select
from hedgerow.engine.ledger.money import Micros, micros


class Mark(NamedTuple):
    """A contract at a bar, per contract and point; each a float, or of **shape** (T,)."""

    price: Num
    """Points."""
    delta: Num
    """Per index point."""
    gamma: Num
    """Per index point squared."""
    vega: Num
    """Per point of ``level``."""
    theta: Num
    """Per calendar day, all that passes if nothing moves: negative when it is paid."""
    level: Num
    """What vega multiplies, points: 100 times the implied vol of an option, the fair vol of a swap,
    the price of a VIX future; NaN where there is none, as at expiry."""
    fall: Num = 0.0
    """Points a day by which the level falls if its curve stands still; ``-theta`` for a future."""
    bend: Num = 0.0
    """Gamma to the level where that is the underlying: an option on a VIX future."""


class Parts(NamedTuple):
    """Parts of a gain, USD: what was paid is negative; floats, or of **shape** (T,)."""

    delta: Num = 0.0
    gamma: Num = 0.0
    theta: Num = 0.0
    vega: Num = 0.0
    carry: Num = 0.0
    costs: Num = 0.0
    financing: Num = 0.0
    residual: Num = 0.0

    @property
    def total(self) -> Num:
        """The gain: the sum of all parts, USD."""
        return sum(self)

    def plus(self, other: Parts) -> Parts:
        """Return the parts of both together."""
        return Parts(*(a + b for a, b in zip(self, other, strict=True)))


def explain(
    usd: Num,
    before: Mark,
    after: Mark,
    move: Num,
    days: Num,
    *,
    costs: Num = 0.0,
    financing: Num = 0.0,
) -> Parts:
    r"""Return the parts of what a contract that was held over a bar gained.

    .. math::
        \Delta P = \delta\,\Delta S + \tfrac12\Gamma\,\Delta S^2
          + (\theta + \nu f)\,\Delta t - \nu f\,\Delta t
          + \nu\,(\Delta L + f\,\Delta t) + \tfrac12 B\,\Delta L^2 + \text{residual}

    with L the level and f its fall.  Roll-down is ``carry``, and ``vega`` what the level did
    beside it.  A future has nothing else, so its residual is 0.

    Parameters
    ----------
    usd
        Contracts times the multiplier: USD per point.
    before, after
        The contract at both bars; of ``after`` price and level count.
    move
        Change of the index, points.
    days
        Calendar days between the bars.
    costs, financing
        USD paid over the bar.

    Examples
    --------
    >>> put = Mark(price=10.0, delta=-0.2, gamma=0.002, vega=3.0, theta=-0.5, level=20.0)
    >>> parts = explain(100.0, put, put._replace(price=14.2, level=20.5), -10.0, 1.0, costs=5.0)
    >>> {name: round(part, 9) for name, part in parts._asdict().items() if part}
    {'delta': 200.0, 'gamma': 10.0, 'theta': -50.0, 'vega': 150.0, 'costs': -5.0, 'residual': 110.0}

    A future whose curve loses 0.05 points a day:

    >>> vx = Mark(price=18.0, delta=0.0, gamma=0.0, vega=1.0, theta=-0.05, level=18.0, fall=0.05)
    >>> parts = explain(1000.0, vx, vx._replace(price=17.0, level=17.0), -10.0, 3.0)
    >>> round(parts.carry, 9), round(parts.vega, 9), parts.residual
    (-150.0, -850.0, 0.0)
    """
    change = after.level - before.level
    # a level that has ended moves nothing: what the last bar brought stays in the residual
    lives = known(change)
    change, fall = select(lives, change, 0.0), select(lives, before.fall, 0.0)
    rolled = before.vega * fall * days
    made = Parts(
        delta=usd * (before.delta * move),
        gamma=usd * (0.5 * (before.gamma * (move * move) + before.bend * (change * change))),
        theta=usd * (before.theta * days + rolled),
        vega=usd * (before.vega * change + rolled),
        carry=0.0 - usd * rolled,  # no minus before a zero
        costs=0.0 - costs,
        financing=0.0 - financing,
    )
    gain = usd * (after.price - before.price)
    return made._replace(residual=gain - sum(made[:5]))


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
