"""What a structure pays over all spots: its zeros, its worst and its best, exactly.

A payoff is piecewise linear between strikes, and a straight line beyond the last; with legs
that live longer it is smooth between nodes that lie close together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TINY = 1e-9
_BENT = 1e-6


class BreakEvens(NamedTuple):
    """Where a structure neither gains nor loses, points, and where it gains.

    ``points`` ascend; where a payoff lies on zero over a stretch, its ends are given.
    ``gains`` are open intervals, the last perhaps up to infinity.
    """

    points: tuple[float, ...]
    gains: tuple[tuple[float, float], ...]


class Extreme(NamedTuple):
    """The worst or the best outcome.

    ``amount`` USD, −inf or inf where there is no bound; ``spot`` the lowest at which it is
    reached and ``until`` the end of the stretch on which it is, perhaps infinity; ``slope``
    USD per point of the underlying beyond the last strike.
    """

    amount: float
    spot: float
    until: float
    slope: float


@dataclass(frozen=True)
class Profile:
    """A payoff over spot from 0 to infinity.

    Parameters
    ----------
    at
        USD for spots of any **shape**.
    nodes
        Spots between which it is linear (or, if curved, smooth), ascending, the first 0.
    curved
        Whether it bends between nodes.

    Examples
    --------
    >>> straddle = Profile(lambda spot: abs(spot - 100.0), (0.0, 100.0))
    >>> straddle.break_evens(10.0)
    BreakEvens(points=(90.0, 110.0), gains=((0.0, 90.0), (110.0, inf)))
    >>> straddle.extreme(10.0, worst=True)
    Extreme(amount=-10.0, spot=100.0, until=100.0, slope=1.0)
    """

    at: Callable[[Floats], Floats]
    nodes: tuple[float, ...]
    curved: bool = False

    @cached_property
    def slope(self) -> float:
        """USD per point beyond the last node."""
        far = max(self.nodes[-1], 1.0)
        near, beyond = self.at(np.array([far, 2.0 * far])).tolist()
        rise = (beyond - near) / far
        # an option that lives on still bends a little far out, which is no slope: little
        # against all that is paid anywhere, for puts are worth next to nothing there
        most = max(abs(beyond), float(np.abs(self.at(np.array(self.nodes))).max()))
        tiny = _BENT if self.curved else _TINY
        return 0.0 if abs(rise) * far <= tiny * most else float(rise)

    def break_evens(self, paid: float) -> BreakEvens:
        """Return the zeros of payoff less what was paid (USD), and where it is positive."""
        x, y = self._gain(paid)
        rough = _TINY * max(float(np.abs(y).max()), abs(paid), 1.0)
        y[np.abs(y) <= rough] = 0.0
        points = []
        for i in range(len(x)):
            after = y[i + 1] if i + 1 < len(x) else y[i] + self.slope
            if y[i] == 0.0 and ((i > 0 and y[i - 1] != 0.0) or after != 0.0):
                points.append(float(x[i]))
            elif i + 1 < len(x) and y[i] * y[i + 1] < 0.0:
                points.append(self._zero(paid, x[i : i + 2], y[i : i + 2]))
        if y[-1] * self.slope < 0.0:
            points.append(float(x[-1] - y[-1] / self.slope))
        edges = [0.0, *(p for p in points if p > 0.0), np.inf]
        far = 2.0 * max(x[-1], *points, 1.0)
        inside = [0.5 * (low + min(high, far)) for low, high in pairwise(edges)]
        wins = self.at(np.array(inside)) - paid > rough
        pairs = pairwise(edges)
        return BreakEvens(
            tuple(points), tuple(p for p, win in zip(pairs, wins, strict=True) if win)
        )

    def extreme(self, paid: float, *, worst: bool) -> Extreme:
        """Return the least or greatest payoff less what was paid, USD."""
        sign = 1.0 if worst else -1.0
        if sign * self.slope < 0.0:
            return Extreme(-sign * np.inf, np.inf, np.inf, self.slope)
        x, y = self._gain(paid)
        rough = _TINY * max(float(np.abs(y).max()), abs(paid), 1.0)
        i = int(np.argmax(sign * y <= (sign * y).min() + rough))  # the lowest that reaches it
        spot, amount = float(x[i]), float(sign * (sign * y).min())
        if self.curved and 0 < i < len(x) - 1:
            from scipy.optimize import minimize_scalar

            found = minimize_scalar(
                lambda s: sign * float(self.at(np.array(s))),
                bounds=(float(x[i - 1]), float(x[i + 1])),
                method="bounded",
                options={"xatol": 1e-9 * spot},
            )
            if found.fun - sign * paid < sign * amount - rough:
                spot, amount = float(found.x), sign * float(found.fun) - paid
                return Extreme(amount, spot, spot, self.slope)
        same = np.abs(y[i:] - amount) <= rough
        last = i + (len(same) if same.all() else int(np.argmin(same))) - 1
        flat = last == len(x) - 1 and self.slope == 0.0
        return Extreme(amount, spot, np.inf if flat else float(x[last]), self.slope)

    def _gain(self, paid: float) -> tuple[Floats, Floats]:
        x = np.array(self.nodes)
        return x, self.at(x) - paid

    def _zero(self, paid: float, x: Floats, y: Floats) -> float:
        if not self.curved:
            return float(x[0] - y[0] * (x[1] - x[0]) / (y[1] - y[0]))
        from scipy.optimize import brentq

        return float(brentq(lambda s: float(self.at(np.array(s))) - paid, x[0], x[1], xtol=1e-9))
