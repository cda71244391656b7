"""The stop: out of the market while the account has lost too much too fast."""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, select
from hedgerow.core.step import Stage, step
from hedgerow.policies.overlays import NAN, Overlay
from hedgerow.policies.signals import STRICT

MOST_DAYS = 10
"""Sessions that a stop can look back."""


@step
@dataclass(frozen=True, config=STRICT)
class Stop(Overlay):
    """Nothing while NAV is down by ``loss`` or more over ``days`` sessions; then as before.

    Out of the market NAV stands still, so the loss leaves the window after ``days`` sessions at
    the latest.  Nothing is stopped before ``days`` sessions have passed.  NAV is the account's,
    so lines of one program that have the same stop go out together.

    Parameters
    ----------
    loss
        Fall of NAV, a decimal: 0.02 is 2 %.
    days
        Sessions over which it is measured, at most ten.
    """

    loss: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.02
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 5
    kind: ClassVar[str] = "stop"
    stage: ClassVar[Stage] = Stage.BUDGET

    class Params(NamedTuple):
        """Kernel parameters."""

        line: Num
        days: Num

    class Memory(NamedTuple):
        """NAV at the close of the sessions before, the latest first; NaN before the first."""

        nav1: Num
        nav2: Num
        nav3: Num
        nav4: Num
        nav5: Num
        nav6: Num
        nav7: Num
        nav8: Num
        nav9: Num
        nav10: Num

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(1.0 - self.loss, self.days * 1.0)

    def start(self) -> Memory:
        """Return the memory before the first bar: no NAV yet."""
        return self.Memory(*(NAN,) * MOST_DAYS)

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Compare NAV with what it was, and remember it."""
        nav, m, days = view.book.nav, memory, p.days
        early = select(days > 9.0, m.nav10, select(days > 8.0, m.nav9, m.nav8))
        early = select(days > 7.0, early, select(days > 6.0, m.nav7, m.nav6))
        late = select(days > 4.0, m.nav5, select(days > 3.0, m.nav4, m.nav3))
        late = select(days > 2.0, late, select(days > 1.0, m.nav2, m.nav1))
        then = select(days > 5.0, early, late)
        return select(nav <= p.line * then, 0.0, x), StopMemory(
            nav, m.nav1, m.nav2, m.nav3, m.nav4, m.nav5, m.nav6, m.nav7, m.nav8, m.nav9
        )


StopMemory = Stop.Memory
