"""The hurdle: no new risk where a trade is not expected to earn what capital costs (spec H14)."""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, select
from hedgerow.core.step import Stage, step
from hedgerow.policies.overlays import NAN
from hedgerow.policies.signals import STRICT, Column

Rate = Annotated[float, Field(ge=-1.0, le=10.0)]


@step
@dataclass(frozen=True, config=STRICT)
class Hurdle:
    """H14: ``x`` where a signal is at the hurdle or above, ``part · x`` elsewhere.

    The hurdle is the column ``against`` plus ``spread``, or ``spread`` alone.  Once open, the gate
    shuts ``band`` below the hurdle.  It is shut before the signal is known, and while signal or
    hurdle is not.  It stands after the floor of B2, which would lift what it lets through; with
    the trigger ``at_roll`` a shut gate opens nothing new and leaves what is held.

    Parameters
    ----------
    signal
        Name of what must reach the hurdle, such as ``stressed_irr``, a decimal a year.
    against
        Name of the hurdle's signal, such as ``wacc`` or ``rate``, a decimal a year; empty for none.
    spread
        Added to it, a decimal a year.
    band
        How far the signal may fall below the hurdle before an open gate shuts.
    part
        Of the intensity that a shut gate lets through.
    """

    signal: Column = "stressed_irr"
    against: str = "wacc"
    spread: Rate = 0.0
    band: Annotated[float, Field(ge=0.0, le=10.0)] = 0.0
    part: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    kind: ClassVar[str] = "hurdle"
    stage: ClassVar[Stage] = Stage.SCOPE

    class Params(NamedTuple):
        """Kernel parameters."""

        weight: Num
        spread: Num
        band: Num
        part: Num

    class Memory(NamedTuple):
        """What is carried from bar to bar: whether it is open, and signal less hurdle."""

        open: Num
        gap: Num

    @property
    def inputs(self) -> tuple[str, ...]:
        """The signal and the hurdle's."""
        return self.signal, self.against or self.signal

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(1.0 if self.against else 0.0, self.spread, self.band, self.part)

    def start(self) -> Memory:
        """Return the memory before the first bar: shut, and no gap yet."""
        return self.Memory(0.0, NAN)

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Open at the hurdle, shut below its band; what is not known is below."""
        gap = view.signals[0] - (p.weight * view.signals[1] + p.spread)
        stays = select(gap >= -p.band, memory.open, 0.0)
        is_open = select(gap >= 0.0, 1.0, stays)
        return x * select(is_open > 0.0, 1.0, p.part), HurdleMemory(is_open, gap)


HurdleMemory = Hurdle.Memory
