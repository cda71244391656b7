"""Scope: how much of the portfolio the hedge is for (spec B7)."""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, clip
from hedgerow.core.step import Nothing, Stage, step
from hedgerow.policies.signals import STRICT, Column

Share = Annotated[float, Field(ge=0.0, le=1.0)]


@step
@dataclass(frozen=True, config=STRICT)
class Scope:
    """B7: only the equity part is hedged: ``x · share · weight``; half in bonds, half the hedge.

    The floor of B2 counts before it.  The portfolio's own ``equity_share`` is not read here: it
    says what the portfolio earns, this says what part of it the hedge is for.

    Parameters
    ----------
    share
        Part of the portfolio in equity, 0 … 1.
    weight
        Correlation of that part with what the hedge is written on, 0 … 1.

    Examples
    --------
    >>> Scope(share=0.5).params()
    Params(part=0.5)
    """

    share: Share = 1.0
    weight: Share = 1.0
    kind: ClassVar[str] = "scope"
    stage: ClassVar[Stage] = Stage.SCOPE

    class Params(NamedTuple):
        """Kernel parameters."""

        part: Num

    @property
    def inputs(self) -> tuple[str, ...]:
        """No signal: the weight is a number."""
        return ()

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.share * self.weight)

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Take the part."""
        return x * p.part, memory


@step
@dataclass(frozen=True, config=STRICT)
class CorrelationScope:
    """B7 with a weight that moves: ``x · share · ρ``, ρ a correlation signal held to 0 … 1.

    Parameters
    ----------
    signal
        Name of the correlation of the portfolio with the index, such as ``iwm_spx_corr60``.
    share
        Part of the portfolio in equity, 0 … 1.
    """

    signal: Column = "iwm_spx_corr60"
    share: Share = 1.0
    kind: ClassVar[str] = "correlation_scope"
    stage: ClassVar[Stage] = Stage.SCOPE

    class Params(NamedTuple):
        """Kernel parameters."""

        share: Num

    @property
    def inputs(self) -> tuple[str, ...]:
        """The correlation."""
        return (self.signal,)

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.share)

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Take the part, weighted with the correlation."""
        return x * p.share * clip(view.signals[0], 0.0, 1.0), memory
