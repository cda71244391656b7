"""The trigger: when a new intensity is worth a trade (spec B6)."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, field_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, maximum, select, unknown
from hedgerow.core.step import Presets, Sayings, Stage, step
from hedgerow.policies.overlays import NAN
from hedgerow.policies.signals import STRICT, Column

LEGS = {1: "start", 2: "move", 4: "relative", 8: "clock", 16: "drawdown"}
"""Codes of the legs; a memory's ``legs`` is the sum of those that fired at a bar."""

EVERY = re.compile(r"^([1-9][0-9]{0,3})([db])$")


def legs(codes: float) -> list[str]:
    """Return the names of the legs in a sum of codes.

    Examples
    --------
    >>> legs(10.0)
    ['move', 'clock']
    """
    return [name for code, name in LEGS.items() if int(codes) & code]


@step
@dataclass(frozen=True, config=STRICT)
class Trigger:
    """B6: rebalance when the signal has moved, time has passed, or the portfolio has fallen.

    Each leg compares with the last rebalance and is strict (``>``), except the clock, which
    rings *on* its day.  A leg given as None is off.  What the last rebalance looked like is
    remembered when its order has been filled, so an order that was not filled is asked again.
    The presets are the source's four readings: all legs (``spec``), its risk rules, its practical
    steps, and its list of mistakes, of whose cures it is the 2 points alone.

    Parameters
    ----------
    signal
        Name of the signal that is watched, VIX in points by default.
    move
        Fires when the signal is more than this many points away.
    relative
        Fires when the signal is more than this share away; 0.15 is 15 %.
    every
        Fires after so many calendar days (``"7d"``) or bars (``"5b"``), counted from the fill of
        the last rebalance, a bar after its decision: ``"5b"`` decides every sixth bar.
    drawdown
        Fires when NAV falls more than this share below its peak; 0.05 is 5 %.
    rearm
        ``"recovery"``: the drawdown leg fires once and again only after NAV has been back
        above the line (*newly crossed*).  ``"reset"``: firing starts a new peak at that NAV.
    """

    signal: Column = "vix"
    move: Annotated[float, Field(ge=0.0)] | None = 3.0
    relative: Annotated[float, Field(ge=0.0, le=5.0)] | None = 0.15
    every: str | None = "7d"
    drawdown: Annotated[float, Field(ge=0.0, lt=1.0)] | None = 0.05
    rearm: Literal["recovery", "reset"] = "recovery"
    kind: ClassVar[str] = "trigger"
    stage: ClassVar[Stage] = Stage.TRIGGER
    presets: ClassVar[Presets] = {
        "spec": {"move": 3.0, "relative": 0.15, "every": "7d", "drawdown": 0.05},
        "rules": {"move": 3.0, "relative": 0.15, "every": "7d", "drawdown": None},
        "practical": {"move": 3.0, "relative": None, "every": "7d", "drawdown": 0.05},
        "mistakes": {"move": 2.0, "relative": None, "every": None, "drawdown": None},
    }
    readings: ClassVar[Sayings] = {
        "spec": "Every leg that is printed anywhere: 3 points, 15 % and a week of Risk Management "
        "Rules 1, and the drawdown of 5 % of Practical Steps 3.",
        "rules": "Risk Management Rules 1, Rebalancing Thresholds, prints 3 points, or 15 % "
        "relative change, or a weekly schedule, whichever is first.",
        "practical": "Practical Steps 3 prints 3 points, or a weekly schedule, or a drawdown over "
        "5 %; its own code knows the first two alone.",
        "mistakes": "Common Mistakes 2, Too Frequent Rebalancing, prints 'VIX moves >2 points' "
        "beside a weekly or monthly schedule as cures: the points alone; 2 where all other places "
        "print 3.",
    }

    class Params(NamedTuple):
        """Kernel parameters; the bools switch legs off altogether."""

        move: Num
        relative: Num
        days: Num
        bars: Num
        line: Num
        by_move: bool
        by_relative: bool
        by_days: bool
        by_bars: bool
        by_drawdown: bool
        resets: bool
        lasts: bool

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        fired: Num
        """1.0 where a leg fired at this bar; 0.0 leaves the book alone."""
        legs: Num
        """Codes of the legs that fired, added up; nothing decides by it."""
        x: Num
        """Intensity in force: the last one released."""
        asked: Num
        """Signal when the trigger last fired."""
        last: Num
        """Signal at the last rebalance that was filled; NaN before the first."""
        days: Num
        """Calendar days since that rebalance."""
        bars: Num
        """Bars since that rebalance."""
        peak: Num
        """Peak of NAV for the drawdown leg that resets."""
        below: Num
        """1.0 while NAV is under the drawdown line; 0.5 until the order of that is filled."""

    @field_validator("every")
    @classmethod
    def _readable(cls, every: str | None) -> str | None:
        if every is not None and not EVERY.match(every):
            raise ValueError("write calendar days as '7d' or bars as '5b'")
        return every

    @property
    def inputs(self) -> tuple[str, ...]:
        """The watched signal."""
        return (self.signal,)

    @property
    def idle(self) -> frozenset[str]:
        """Parts of the memory that stay 0 because their leg is off; no lane need keep them."""
        p = self.params()
        off = {"days": p.by_days, "bars": p.by_bars, "peak": p.resets, "below": p.by_drawdown}
        return frozenset(name for name, on in off.items() if not on)

    def params(self) -> Params:
        """Return the kernel's parameters."""
        count, unit = (float(self.every[:-1]), self.every[-1]) if self.every else (0.0, "")
        fall = self.drawdown
        return self.Params(
            move=0.0 if self.move is None else self.move,
            relative=0.0 if self.relative is None else self.relative,
            days=count,
            bars=count,
            line=1.0 if fall is None else 1.0 - fall,
            by_move=self.move is not None,
            by_relative=self.relative is not None,
            by_days=unit == "d",
            by_bars=unit == "b",
            by_drawdown=fall is not None,
            resets=fall is not None and self.rearm == "reset",
            lasts=fall is not None and self.rearm == "recovery",
        )

    def start(self) -> Memory:
        """Return the memory before the first bar: the first bar always trades."""
        return self.Memory(0.0, 0.0, 0.0, NAN, NAN, 0.0, 0.0, 0.0, 0.0)

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Release the new intensity if a leg fires, keep the one in force if none does."""
        now, nav, filled = view.signals[0], view.book.nav, view.book.filled > 0.0
        last = select(filled, memory.asked, memory.last)
        # A leg that is off keeps zeros: the compiled carriage then drops it altogether.
        days = select(p.by_days, select(filled, 0.0, memory.days + view.bar.days), 0.0)
        bars = select(p.by_bars, select(filled, 0.0, memory.bars + 1.0), 0.0)
        moved = abs(now - last)
        peak = select(p.resets, maximum(nav, memory.peak), 0.0)
        under = p.by_drawdown & (nav < p.line * select(p.resets, peak, view.book.peak))
        below = select(p.lasts & filled & (memory.below > 0.0), 1.0, memory.below)
        waits = p.resets & (below > 0.0) & (view.book.filled <= 0.0)  # asked, and not filled yet
        fell = (under & (below < 1.0)) | waits
        begins = unknown(last)
        far = p.by_move & (moved > p.move)
        farther = p.by_relative & (moved > p.relative * last)
        rings = (p.by_days & (days >= p.days)) | (p.by_bars & (bars >= p.bars))
        fires = begins | far | farther | rings | fell
        codes = (
            select(begins, 1.0, 0.0)
            + select(far, 2.0, 0.0)
            + select(farther, 4.0, 0.0)
            + select(rings, 8.0, 0.0)
            + select(fell, 16.0, 0.0)
        )
        kept = select(fires, x, memory.x)
        return kept, TriggerMemory(
            select(fires, 1.0, 0.0),
            codes,
            kept,
            select(fires, now, memory.asked),
            last,
            days,
            bars,
            select(p.resets & fell, nav, peak),
            select(fell, 0.5, select(under & p.lasts, below, 0.0)),
        )


TriggerMemory = Trigger.Memory


@step
@dataclass(frozen=True, config=STRICT)
class AtRoll:
    """Trade at the start, and from then on only when the sleeve rolls.

    At a roll the new contract is bought in the size that the rule asks for then; in between
    nothing is traded, whatever the rule says.  Published option indices work like this.

    Parameters
    ----------
    waits
        Trade nothing at the start either: the first contract is the one of the first roll, so a
        run that begins between two has no position whose strikes were chosen weeks ago.
    """

    waits: bool = False

    kind: ClassVar[str] = "at_roll"
    stage: ClassVar[Stage] = Stage.TRIGGER

    class Params(NamedTuple):
        """Kernel parameters."""

        opens: Num

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        fired: Num
        """1.0 until the first order has been filled; a roll needs no trigger."""
        begun: Num
        """1.0 once an order has been filled."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """No signal at all."""
        return ()

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(0.0 if self.waits else 1.0)

    def start(self) -> Memory:
        """Return the memory before the first bar: nothing filled yet."""
        return self.Memory(0.0, 0.0)

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Let the intensity through, so that a roll takes it, and fire until the first fill."""
        begun = select(view.book.filled > 0.0, 1.0, memory.begun)
        return x, AtRollMemory(p.opens * (1.0 - begun), begun)


AtRollMemory = AtRoll.Memory
