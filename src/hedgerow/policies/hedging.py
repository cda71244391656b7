"""When to take a delta out again: as it leaves a band of a fixed width, or of the best one (A13).

A line that offsets another one trades the other's delta away.  Doing so at every close pays a
spread at every close; a band leaves small deltas alone.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, clip, select
from hedgerow.core.step import Stage, step
from hedgerow.policies.signals import STRICT


def left_over(drift: Num, width: Num, edge: Num) -> Num:
    """Return the delta to be left: all of it within the band, its edge or nothing beyond.

    Parameters
    ----------
    drift
        Delta left unhedged; any unit, one value or **shape** (lanes,), as all parameters.
    width
        Half-width of the band, in the same unit; 0 leaves nothing.
    edge
        Whether a delta beyond the band is brought back to its edge, not to nothing.

    Examples
    --------
    >>> left_over(0.04, 0.1, True), left_over(0.3, 0.1, True), left_over(-0.3, 0.1, False)
    (0.04, 0.1, 0.0)
    """
    return select(abs(drift) > width, select(edge, clip(drift, -width, width), 0.0), drift)


def best_width(aversion: Num) -> Num:
    r"""Return Whalley's and Wilmott's half-width over that at an aversion of 1.

    Parameters
    ----------
    aversion
        Risk aversion per point of wealth, positive, one value or **shape** (lanes,).

    Notes
    -----
    :math:`(1.5\,c\,Γ^2S/a)^{1/3} = (1.5\,c\,Γ^2S)^{1/3}\,a^{-1/3}`; see
    :func:`hedgerow.pricing.bands.band_width`.

    Examples
    --------
    >>> round(float(best_width(8.0)), 12)
    0.5
    """
    return np.cbrt(1.0 / aversion)


class Left(NamedTuple):
    """What triggers of this kind remember."""

    fired: Num
    """1.0 where the delta is beyond the band; 0.0 leaves the hedge alone."""
    rest: Num
    """Delta that is left, points a point of the index and contract."""


@step
@dataclass(frozen=True, config=STRICT)
class DeltaBand:
    """A13: take the delta of another line out when what is left of it passes a width.

    For the policy of a line with ``offsets``; its intensity 1.0 aims at no delta at all.  There is
    no clock in it: it looks at every close.

    Parameters
    ----------
    width
        Delta, per contract of the other line, that is left alone: 0.1 is a tenth of what one
        option deep in the money moves.
    to
        ``"zero"``: beyond the width all of it is taken out; ``"edge"``: so much that the width is
        left.
    """

    width: Annotated[float, Field(ge=0.0)] = 0.1
    to: Literal["zero", "edge"] = "zero"
    kind: ClassVar[str] = "delta_band"
    stage: ClassVar[Stage] = Stage.TRIGGER
    follows_delta: ClassVar[bool] = True

    class Params(NamedTuple):
        """Kernel parameters."""

        width: Num
        edge: bool

    Memory: ClassVar[type[Left]] = Left

    @property
    def inputs(self) -> tuple[str, ...]:
        """No signal at all."""
        return ()

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.width, self.to == "edge")

    def start(self) -> Left:
        """Return the memory before the first bar."""
        return Left(0.0, 0.0)

    @staticmethod
    def kernel(x: Num, view: View, memory: Left, p: Params) -> tuple[Num, Left]:
        """Fire where the delta left is beyond the width."""
        drift = x * view.bar.delta + view.bar.hedged
        return x, Left(select(abs(drift) > p.width, 1.0, 0.0), left_over(drift, p.width, p.edge))


@step
@dataclass(frozen=True, config=STRICT)
class WhalleyWilmott:
    """A13: take the delta of another line out to the edge of Whalley's and Wilmott's band.

    The band follows gamma, the index and the cost of trading the hedge.  For the policy of a line
    with ``offsets``; where trading is free there is no band, and it trades at every close.

    Parameters
    ----------
    aversion
        Risk aversion per point of wealth, of one option on one unit of the index: a large one
        makes a narrow band.

    Notes
    -----
    Source: Whalley and Wilmott, "An asymptotic analysis of an optimal hedging model for option
    pricing with transaction costs", *Mathematical Finance* 7 (1997); without discounting.
    """

    aversion: Annotated[float, Field(gt=0.0)] = 0.1
    kind: ClassVar[str] = "whalley_wilmott"
    stage: ClassVar[Stage] = Stage.TRIGGER
    follows_delta: ClassVar[bool] = True

    class Params(NamedTuple):
        """Kernel parameters."""

        reach: Num
        """Half-width over that at an aversion of 1."""

    Memory: ClassVar[type[Left]] = Left

    @property
    def inputs(self) -> tuple[str, ...]:
        """No signal at all."""
        return ()

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(best_width(self.aversion))

    def start(self) -> Left:
        """Return the memory before the first bar."""
        return Left(0.0, 0.0)

    @staticmethod
    def kernel(x: Num, view: View, memory: Left, p: Params) -> tuple[Num, Left]:
        """Fire where the delta left is beyond the band; its edge is left."""
        drift, width = x * view.bar.delta + view.bar.hedged, p.reach * view.bar.band
        return x, Left(select(abs(drift) > width, 1.0, 0.0), left_over(drift, width, True))
