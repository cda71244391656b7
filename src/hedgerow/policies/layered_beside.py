"""What stands beside the layered hedge's rule: its β, its trigger, and the second engine."""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, clip, maximum, select
from hedgerow.core.step import Nothing, Stage, step
from hedgerow.policies.layered import Loss
from hedgerow.policies.layered_conditions import UNHURT, Breach, breach, limit
from hedgerow.policies.rules import Intensity, check_order
from hedgerow.policies.signals import STRICT, Column

ZScore = Annotated[float, Field(ge=-10.0, le=10.0)]


@step
@dataclass(frozen=True, config=STRICT)
class VegaBeta:
    """H4: ``x · β``, β the move of the book's implied volatility a point of the VIX future.

    Contracts are then ``h · |book vega| · β / 1000``.

    Parameters
    ----------
    signal
        Name of the signal of β, volatility points of the book's tenor a point of the front future.
    low
        Least β: an estimate from few sessions may be anything.
    high
        Greatest β.
    """

    signal: Column = "iv_beta45_252"
    low: Annotated[float, Field(ge=0.0, le=5.0)] = 0.20
    high: Annotated[float, Field(gt=0.0, le=5.0)] = 1.50
    kind: ClassVar[str] = "vega_beta"
    stage: ClassVar[Stage] = Stage.BLEND

    class Params(NamedTuple):
        """Kernel parameters."""

        low: Num
        high: Num

    @model_validator(mode="after")
    def _rises(self) -> VegaBeta:
        check_order(self.low, self.high, "low, high")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """β."""
        return (self.signal,)

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.low, self.high)

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Take the intensity times β."""
        return x * clip(view.signals[0], p.low, p.high), memory


@step
@dataclass(frozen=True, config=STRICT)
class LayeredTrade:
    """H10: trade what differs, in the first or the last minutes of the session.

    It fires where the contracts wanted are not those held, by more than ``least`` of the size of
    intensity 1.0 or by all that is held, and a window is open.  Outside the windows an order waits;
    the hard limit alone does not.

    Parameters
    ----------
    signal
        Name of the signal that is 1.0 while an order may be sent.
    least
        Difference that is left alone, as an intensity.
    day_loss
        Hard limit on the loss of the day, a decimal of NAV, as in `Layered`; None is off.
    drawdown
        Hard limit on the fall from the peak of NAV, a decimal; None is off.
    """

    signal: Column = "window"
    least: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    day_loss: Loss | None = 0.03
    drawdown: Loss | None = 0.10
    kind: ClassVar[str] = "layered_trade"
    stage: ClassVar[Stage] = Stage.TRIGGER

    class Params(NamedTuple):
        """Kernel parameters."""

        least: Num
        day_loss: Num
        drawdown: Num

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        fired: Num
        """1.0 where an order is sent; 0.0 leaves the book alone."""
        waits: Num
        """1.0 where one would be, and no window is open."""
        urgent: Num
        """1.0 from the hard limit until its order is filled, or there is nothing to add."""
        x: Num
        """Intensity in force: the last one released."""
        opened: Num
        """As in `Breach`, as the two that follow."""
        day_over: Num
        fall_over: Num

    @property
    def inputs(self) -> tuple[str, ...]:
        """The window."""
        return (self.signal,)

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.least, limit(self.day_loss), limit(self.drawdown))

    def start(self) -> Memory:
        """Return the memory before the first bar: nothing asked."""
        return self.Memory(0.0, 0.0, 0.0, 0.0, *UNHURT[:3])

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Send what differs if a window is open, or the hard limit is hit."""
        nav, held = view.book.nav, view.book.held
        last = Breach(memory.opened, memory.day_over, memory.fall_over, 0.0)
        hurt = breach(
            nav, view.book.peak, view.book.before, view.bar.days, last, p.day_loss, p.drawdown
        )
        one = view.bar.size + view.bar.size_nav * maximum(nav, 0.0)
        wanted = x * one
        far = abs(wanted - held) > p.least * abs(one)
        closes = (wanted == 0.0) & (held != 0.0)
        differs = far | closes
        asked = (hurt.hit > 0.0) | ((memory.urgent > 0.0) & (view.book.filled <= 0.0))
        urgent = differs & asked & (wanted > held)
        fires = differs & ((view.signals[0] > 0.5) | urgent)
        kept = select(fires, x, memory.x)
        return kept, TradeMemory(
            select(fires, 1.0, 0.0),
            select(fires, 0.0, select(differs, 1.0, 0.0)),
            select(urgent, 1.0, 0.0),
            kept,
            hurt.opened,
            hurt.day_over,
            hurt.fall_over,
        )


TradeMemory = LayeredTrade.Memory  # a kernel cannot see the class that it stands in


@step
@dataclass(frozen=True, config=STRICT)
class SecondEngine:
    """H12: a hedge of its own budget, armed by z-scores of credit spread, REER and WACC.

    It runs from the bar at which ``needed`` of the z-scores are over ``arm`` until fewer than that
    are over ``disarm``.  Of REER the size counts, not the sign: a shift either way.

    Parameters
    ----------
    credit
        Name of the z-score of the credit spread; None is not looked at, and one at least is.
    reer
        Name of that of the real effective exchange rate.
    wacc
        Name of that of the weighted average cost of capital.
    needed
        How many of them must be over the level.
    arm
        Level that arms, standard deviations.
    disarm
        Level that disarms.
    level
        Intensity while it runs.

    Examples
    --------
    >>> SecondEngine(wacc="wacc_z252").inputs
    ('hy_spread_z252', 'hy_spread_z252', 'wacc_z252')
    """

    credit: Column | None = "hy_spread_z252"
    reer: Column | None = None
    wacc: Column | None = None
    needed: Annotated[int, Field(ge=1, le=3)] = 1
    arm: ZScore = 1.5
    disarm: ZScore = 0.5
    level: Intensity = 0.15
    kind: ClassVar[str] = "second_engine"
    stage: ClassVar[Stage] = Stage.RULE

    class Params(NamedTuple):
        """Kernel parameters; the bools switch inputs on."""

        needed: Num
        arm: Num
        disarm: Num
        level: Num
        by_credit: bool
        by_reer: bool
        by_wacc: bool

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        state: Num
        """An `Engine`."""
        reason: Num
        """Code of the transition of this bar; 0.0 for none."""
        over: Num
        """How many z-scores are over the level that counts."""
        bars: Num
        """Bars in this state, its first not counted."""

    @model_validator(mode="after")
    def _fits(self) -> SecondEngine:
        given = sum(name is not None for name in self._named())
        if not given:
            raise ValueError("credit, reer, wacc: name one of them at least")
        if self.needed > given:
            raise ValueError(f"needed: {self.needed} of {given} z-scores cannot be over a level")
        if self.disarm > self.arm:
            raise ValueError("disarm, arm: the second must not be smaller than the first")
        return self

    def _named(self) -> tuple[str | None, ...]:
        return (self.credit, self.reer, self.wacc)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The z-scores; one that is looked at stands in for one that is not."""
        named = self._named()
        some = next(name for name in named if name is not None)
        return tuple(some if name is None else name for name in named)

    def params(self) -> Params:
        """Return the kernel's parameters."""
        on = [name is not None for name in self._named()]
        return self.Params(self.needed * 1.0, self.arm, self.disarm, self.level, *on)

    def start(self) -> Memory:
        """Return the memory before the first bar: idle."""
        return self.Memory(0.0, 0.0, 0.0, 0.0)

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Count the z-scores over the level that arms, or over the one that disarms."""
        credit, reer, wacc = view.signals[0], abs(view.signals[1]), view.signals[2]
        runs = memory.state > 0.0
        level = select(runs, p.disarm, p.arm)
        over = (
            select(p.by_credit & (credit > level), 1.0, 0.0)
            + select(p.by_reer & (reer > level), 1.0, 0.0)
            + select(p.by_wacc & (wacc > level), 1.0, 0.0)
        )
        now = over >= p.needed
        state = select(now, 1.0, 0.0)
        changes = state != memory.state
        code = select(changes, select(now, 1.0, 2.0), 0.0)
        return state * p.level, EngineMemory(
            state, code, over, select(changes, 0.0, memory.bars + 1.0)
        )


EngineMemory = SecondEngine.Memory
