"""What moved a price: its expansion to second order, part by part (spec C8).

A price is a function of its underlying, of a level of volatility and of time.  What it gains over
a bar is laid out as the Taylor expansion around the bar before, complete to second order; what
the expansion leaves is for whoever knows the gain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.numeric import Num
from hedgerow.pricing.black import DAYS_PER_YEAR, Greeks

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

MOMENT = 0.001
"""Days over which the derivatives to time are taken."""


class Slopes(NamedTuple):
    """Derivatives of a price, points; floats, or of **shape** (n,)."""

    delta: Num = 0.0
    """Per point of the underlying."""
    gamma: Num = 0.0
    """Of delta, per point of the underlying."""
    vega: Num = 0.0
    """Per point of the level."""
    theta: Num = 0.0
    """Per calendar day, underlying and level standing still."""
    vanna: Num = 0.0
    """Of delta, per point of the level."""
    volga: Num = 0.0
    """Of vega, per point of the level."""
    charm: Num = 0.0
    """Of delta, per calendar day."""
    veta: Num = 0.0
    """Of vega, per calendar day."""
    fade: Num = 0.0
    """Of theta, per calendar day."""


def option_slopes(value: Callable[[Floats], Greeks], left: Days, *, expired: bool) -> Slopes:
    """Return the slopes of an option whose level is 100 times its implied volatility.

    Over the bar at whose end it expires time passes first: what is not in the money the day
    before is lost to time, and the delta is the one at expiry.

    Parameters
    ----------
    value
        Greeks of the textbooks for years to expiry of **shape** (3, n), all else as at each bar.
    left
        Calendar days to expiry, **shape** (n,).
    expired
        Whether it expires at the last bar.

    Examples
    --------
    >>> from hedgerow.pricing.black import bsm
    >>> def value(years): return bsm(np.array([101.0, 102.0, 90.0]), 100.0, years, 0.2, call=True)
    >>> slopes = option_slopes(value, np.array([2, 1, 0]), expired=True)
    >>> slopes.delta.round(2).tolist(), slopes.gamma.round(2).tolist()
    ([0.75, 1.0, 0.0], [0.21, 0.0, 0.0])
    """
    until = np.maximum(left, MOMENT)
    times = np.stack([until, until - MOMENT, np.zeros(len(left))])
    now, soon, end = (Greeks(*parts) for parts in zip(*value(times / DAYS_PER_YEAR), strict=True))
    theta, days = now.theta / DAYS_PER_YEAR, DAYS_PER_YEAR * MOMENT
    found = Slopes(
        now.delta.copy(),
        now.gamma.copy(),
        now.vega / 100.0,
        theta,
        now.vanna / 100.0,
        now.volga / 1e4,
        (soon.delta - now.delta) / MOMENT,
        (soon.vega - now.vega) / 100.0 / MOMENT,
        (soon.theta - now.theta) / days,
    )
    if expired and len(left) > 1:
        for part in found:
            part[-2] = 0.0
        found.delta[-2] = end.delta[-2]
        found.theta[-2] = (end.price[-2] - now.price[-2]) / (left[-2] - left[-1])
    return found


class Gains(NamedTuple):
    """Parts of a change of price, points a contract; floats, or of **shape** (n,)."""

    delta: Num = 0.0
    gamma: Num = 0.0
    theta: Num = 0.0
    vega: Num = 0.0
    carry: Num = 0.0

    def rolled(self, down: Num) -> Gains:
        """Return the parts with a roll-down told apart.

        Parameters
        ----------
        down
            Points that the contract would have lost had its curve stood still: ``carry`` has
            them, and ``vega`` what came beside.
        """
        return self._replace(vega=self.vega + down, carry=self.carry - down)

    def on_vix(self) -> Gains:
        """Return the parts where the underlying is a VIX future: its move is volatility's."""
        return self._replace(delta=0.0 * self.delta, vega=self.vega + self.delta)


def expand(slopes: Slopes, move: Num, change: Num, days: Num) -> Gains:
    r"""Return the parts of the expansion.

    .. math::
        \delta\,x + \tfrac12\Gamma x^2
        + \left[\theta\,t + \text{charm}\,x\,t + \tfrac12\dot\theta\,t^2\right]
        + \left[\nu\,v + \text{vanna}\,x\,v + \tfrac12\text{volga}\,v^2 + \text{veta}\,v\,t\right]

    A term of two variables goes to ``vega`` where one is the level, else to ``theta``.

    Parameters
    ----------
    slopes
        At the bar before.
    move, change, days
        x of the underlying and v of the level, points, and t.

    Examples
    --------
    >>> put = Slopes(delta=-0.2, gamma=0.002, vega=3.0, theta=-0.5, vanna=-0.02)
    >>> expand(put, move=-10.0, change=0.5, days=1.0)
    Gains(delta=2.0, gamma=0.1, theta=-0.5, vega=1.6, carry=0.0)
    """
    s = slopes
    time = s.theta + s.charm * move + 0.5 * s.fade * days
    level = s.vega + s.vanna * move + 0.5 * s.volga * change + s.veta * days
    return Gains(s.delta * move, 0.5 * s.gamma * (move * move), time * days, level * change)


def along(
    slopes: Slopes,
    underlying: Floats,
    level: Floats,
    days: Days,
    *,
    expired: bool = False,
    roll: Floats | None = None,
) -> Gains:
    """Return the parts of every change of price along a contract's bars.

    Parameters
    ----------
    slopes
        At each bar, **shape** (n,) or one for all.
    underlying, level
        Points, **shape** (n,).
    days
        Since 1970-01-01, **shape** (n,).
    expired
        Whether it settles at the last bar, where it has no level: the one before is held.
    roll
        Points a day that the price loses if its curve stands still, **shape** (n,).

    Returns
    -------
    Gains
        **Shape** (n,), over the bar that ends at each; none over the first.

    Examples
    --------
    >>> spot, zero = np.array([100.0, 98.0, 99.0]), np.zeros(3)
    >>> along(Slopes(delta=-0.5), spot, zero, np.array([3, 4, 7])).delta.tolist()
    [0.0, 1.0, -0.5]
    """
    change = np.diff(level)
    if expired:
        change[-1:] = 0.0
    before = Slopes(*(part[:-1] if isinstance(part, np.ndarray) else part for part in slopes))
    passed = np.diff(days).astype(np.float64)
    made = expand(before, np.diff(underlying), change, passed)
    if roll is not None:
        made = made.rolled(roll[:-1] * passed)
    return Gains(*(_from_none(part, len(underlying)) for part in made))


def _from_none(part: Num, count: int) -> Floats:
    found = np.zeros(count)
    found[1:] = part
    return found
