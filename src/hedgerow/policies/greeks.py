"""Hedges sized by Greeks: as many contracts as take the portfolio's delta out (spec A7)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, maximum, minimum, select
from hedgerow.core.step import Nothing, Presets, Sayings, Stage, step
from hedgerow.policies.signals import STRICT

NEEDS = frozenset({"delta"})
"""See `hedgerow.core.step.Step`."""

Part = Annotated[float, Field(gt=0.0, le=2.0)]
Weight = Annotated[float, Field(ge=0.0, le=1.0)]


def neutral(nav: Num, size: Num, size_nav: Num, contracts: Num) -> Num:
    """Return the intensity that takes the portfolio's delta out; 0 where the sleeve adds to it.

    Parameters
    ----------
    nav
        USD.
    size, size_nav
        Contracts of intensity 1.0, fixed and per USD of NAV.
    contracts
        Contracts per USD of NAV that take the delta out: ``-Δ_portfolio / (Δ_put · multiplier)``.

    Examples
    --------
    >>> neutral(1e6, 50.0, 0.0, 1e-4)  # 100 puts, of which 50 are the base size
    2.0
    """
    whole = maximum(nav, 0.0)
    one = size + size_nav * whole
    wanted = contracts * whole
    helps = wanted * one > 0.0
    return select(helps, wanted / select(helps, one, 1.0), 0.0)


class _Greeks:
    """What steps share that size by delta: no signal, no memory."""

    needs: ClassVar[frozenset[str]] = NEEDS

    @property
    def inputs(self) -> tuple[str, ...]:
        """No signal: the delta of the contract is a term of the bar."""
        return ()

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()


@step
@dataclass(frozen=True, config=STRICT)
class DeltaNeutral(_Greeks):
    """A7: ``N = -Δ_portfolio / (Δ_put · multiplier)`` puts, or a part of them.

    Deltas are those at the close that decides, of the contract that the order will be filled in; a
    delta under 0.001 counts as that.  As the index falls a put's delta grows and fewer are needed.
    The sleeve must gain when the index falls: it is refused if it never does, and the intensity is
    0 on days on which it does not, as with a straddle after a rally.

    Parameters
    ----------
    part
        Part of the portfolio's delta that is taken out.

    Examples
    --------
    >>> DeltaNeutral(part=0.5).params()
    Params(part=0.5)
    """

    part: Part = 1.0
    kind: ClassVar[str] = "delta_neutral"
    stage: ClassVar[Stage] = Stage.RULE

    class Params(NamedTuple):
        """Kernel parameters."""

        part: Num

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.part)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Return the part of the neutral intensity."""
        bar = view.bar
        return p.part * neutral(view.book.nav, bar.size, bar.size_nav, bar.neutral), memory


@step
@dataclass(frozen=True, config=STRICT)
class Greeks(_Greeks):
    """A7 beside another rule: no more than takes the portfolio's delta out, or a blend with it.

    Parameters
    ----------
    mode
        ``"cap"``: the rule's intensity, but no more than `DeltaNeutral` asks for; ``"blend"``:
        ``(1 - weight) · rule + weight · DeltaNeutral``.
    weight
        Of `DeltaNeutral` in a blend; a cap does not read it.
    part
        Part of the portfolio's delta that `DeltaNeutral` takes out.
    """

    mode: Literal["cap", "blend"] = "cap"
    weight: Weight = 0.5
    part: Part = 1.0
    kind: ClassVar[str] = "greeks"
    stage: ClassVar[Stage] = Stage.BLEND
    presets: ClassVar[Presets] = {"cap": {"mode": "cap"}, "blend": {"mode": "blend"}}
    readings: ClassVar[Sayings] = {
        "cap": "Dynamic Hedge Strategies 7 prints portfolio delta over put delta × 100 and not how "
        "it meets the other rules: here as what they may hold at most.",
        "blend": "The same number of puts mixed with what the other rules hold, by a weight that "
        "the source does not print.",
    }

    class Params(NamedTuple):
        """Kernel parameters; the bool caps."""

        weight: Num
        part: Num
        caps: bool

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.weight, self.part, self.mode == "cap")

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Cap the intensity, or blend it."""
        bar = view.bar
        target = p.part * neutral(view.book.nav, bar.size, bar.size_nav, bar.neutral)
        return select(p.caps, minimum(x, target), x + p.weight * (target - x)), memory
