"""More hedge after losses (spec A6)."""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, maximum
from hedgerow.core.step import Nothing, Presets, Sayings, Stage, step
from hedgerow.policies.rules import Intensity
from hedgerow.policies.signals import STRICT


@step
@dataclass(frozen=True, config=STRICT)
class Drawdown:
    """A6: ``x = 1 + alpha · max(0, -DD - threshold)``, DD = NAV / peak - 1, which is 0 or less.

    With alpha 0.5 and NAV 10 % below its peak x is 1.025.  The source prints ``-DD + 5%``, which
    gives 1.075 there and 1.025 without any loss; the preset ``printed`` keeps that.  NAV is the
    hedged portfolio's and its peak that of the run.

    Parameters
    ----------
    alpha
        Intensity for each whole of NAV lost beyond the threshold.
    threshold
        Loss, a decimal, from which on it counts; negative only in the preset ``printed``.

    Examples
    --------
    >>> Drawdown(alpha=2.0).params()
    Params(alpha=2.0, threshold=0.05)
    """

    alpha: Intensity = 0.5
    threshold: Annotated[float, Field(gt=-1.0, lt=1.0)] = 0.05
    kind: ClassVar[str] = "drawdown"
    stage: ClassVar[Stage] = Stage.RULE
    presets: ClassVar[Presets] = {
        "corrected": {"alpha": 0.5, "threshold": 0.05},
        "printed": {"alpha": 0.5, "threshold": -0.05},
    }
    readings: ClassVar[Sayings] = {
        "corrected": "Dynamic Hedge Strategies 6, Drawdown-Triggered: the 1.025 of its example at "
        "a drawdown of 10 % forces −DD − 5 %.",
        "printed": "The formula above that example as it is printed, −DD + 5 %: 1.075 at a "
        "drawdown of 10 %, and 1.025 without any loss.",
    }

    class Params(NamedTuple):
        """Kernel parameters."""

        alpha: Num
        threshold: Num

    @property
    def inputs(self) -> tuple[str, ...]:
        """No signal: the book knows NAV and its peak."""
        return ()

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.alpha, self.threshold)

    def start(self) -> Nothing:
        """Return the memory before the first bar: none, the book keeps the peak."""
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Add to the base size what the loss beyond the threshold asks for."""
        lost = 1.0 - view.book.nav / view.book.peak
        return 1.0 + p.alpha * maximum(lost - p.threshold, 0.0), memory
