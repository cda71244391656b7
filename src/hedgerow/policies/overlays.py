"""Overlays: bounds, smoothing, persistence and the budget (spec B1-B5)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, clip, known, maximum, minimum, select
from hedgerow.core.step import Nothing, Presets, Sayings, Stage, step
from hedgerow.policies.rules import Intensity, check_order
from hedgerow.policies.signals import STRICT

NAN = float("nan")

LEAST = 1e-9
"""USD: keeps a division whose result is not used from being one by zero."""


class Overlay:
    """What overlays share: they read no signal."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """No signal: overlays look at the intensity and the book."""
        return ()


@step
@dataclass(frozen=True, config=STRICT)
class Bounds(Overlay):
    """B1, B2: never more than ``cap`` and never less than ``floor`` times the base size.

    Parameters
    ----------
    floor
        Least intensity.
    cap
        Greatest intensity.
    """

    floor: Intensity = 0.2
    cap: Intensity = 2.0
    kind: ClassVar[str] = "bounds"
    stage: ClassVar[Stage] = Stage.BOUNDS

    class Params(NamedTuple):
        """Kernel parameters."""

        floor: Num
        cap: Num

    @model_validator(mode="after")
    def _rises(self) -> Bounds:
        check_order(self.floor, self.cap, "floor, cap")
        return self

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.floor, self.cap)

    def start(self) -> Nothing:
        """Return the memory before the first bar: none."""
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Clip the intensity."""
        return clip(x, p.floor, p.cap), memory


@step
@dataclass(frozen=True, config=STRICT)
class Smooth(Overlay):
    """B4: exponential moving average of the intensity, weight ``2 / (days + 1)`` on the newest.

    To smooth the signal instead, give the rule an ``average`` signal.

    Parameters
    ----------
    days
        Span in sessions; 1 leaves the intensity as it is.
    """

    days: Annotated[float, Field(ge=1.0, le=252.0)] = 5.0
    kind: ClassVar[str] = "smooth"
    stage: ClassVar[Stage] = Stage.SMOOTH

    class Params(NamedTuple):
        """Kernel parameters."""

        weight: Num

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        level: Num

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(2.0 / (self.days + 1.0))

    def start(self) -> Memory:
        """Return the memory before the first bar: no level yet."""
        return self.Memory(NAN)

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Move the level towards the intensity; the first bar starts it there."""
        moved = memory.level + p.weight * (x - memory.level)
        level = select(known(memory.level), moved, x)
        return level, SmoothMemory(level)


SmoothMemory = Smooth.Memory


@step
@dataclass(frozen=True, config=STRICT)
class Persist(Overlay):
    """B5: a new level must hold for ``days`` sessions before it counts.

    When the intensity has stayed on one side of the level in force for that many sessions, the
    level moves to what has held all that time: the least of those intensities on the way
    up, the greatest on the way down.  A tier that is touched for a single day changes nothing.

    Parameters
    ----------
    days
        Sessions, 2 or 3 in the source; 1 switches the step off.
    """

    days: Annotated[int, Field(ge=1, le=60)] = 2
    kind: ClassVar[str] = "persist"
    stage: ClassVar[Stage] = Stage.PERSIST
    presets: ClassVar[Presets] = {"two": {"days": 2}, "three": {"days": 3}}
    readings: ClassVar[Sayings] = {
        "two": "Common Mistakes 4, Whipsaw Losses, prints 'require persistence (2-3 days)': its "
        "lower end.",
        "three": "The upper end of the same 'require persistence (2-3 days)'.",
    }

    class Params(NamedTuple):
        """Kernel parameters."""

        days: Num

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        level: Num
        side: Num
        """Sessions spent above the level (positive) or below it (negative)."""
        held: Num
        """The intensity that has held all that time."""

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.days * 1.0)

    def start(self) -> Memory:
        """Return the memory before the first bar: no level yet."""
        return self.Memory(NAN, 0.0, 0.0)

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Count the sessions on one side and move the level when there are enough."""
        level = select(known(memory.level), memory.level, x)
        above = x > level
        below = x < level
        rising = select(memory.side > 0.0, minimum(x, memory.held), x)
        falling = select(memory.side < 0.0, maximum(x, memory.held), x)
        held = select(above, rising, select(below, falling, level))
        up = maximum(memory.side, 0.0) + 1.0
        down = minimum(memory.side, 0.0) - 1.0
        side = select(above, up, select(below, down, 0.0))
        moves = abs(side) >= p.days
        new = select(moves, held, level)
        return new, PersistMemory(new, select(moves, 0.0, side), held)


PersistMemory = Persist.Memory


@step
@dataclass(frozen=True, config=STRICT)
class Budget(Overlay):
    """B3: the year's cost stays within a share of the portfolio.

    Spent so far (transaction costs, theta and roll-down paid since 1 January or the run's
    start), plus the carry of what is held until the order is filled, plus the daily carry of the
    wanted size times the days left after that must not pass ``per_year`` times NAV at the year's
    start; otherwise the size shrinks until it fits, to nothing once the year's money is spent.
    This may push it under the floor: the decision then says so.  Because today's carry is
    projected to the end of the year, a panic early in the year, when options are dear, cuts the
    hedge hard.

    Parameters
    ----------
    per_year
        Share of NAV, 0.02 in the source.
    """

    per_year: Annotated[float, Field(gt=0.0, le=1.0)] = 0.02
    kind: ClassVar[str] = "budget"
    stage: ClassVar[Stage] = Stage.BUDGET

    class Params(NamedTuple):
        """Kernel parameters."""

        per_year: Num

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.per_year)

    def start(self) -> Nothing:
        """Return the memory before the first bar: none, the book counts the spending."""
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Shrink the intensity until the projected spending fits."""
        book, bar = view.book, view.bar
        ends = bar.year_ends > 0.0  # what is ordered now is filled, and paid for, next year
        base = select(ends, book.nav, book.base)
        waits = book.held * bar.carry * bar.days_ahead
        left = p.per_year * base - select(ends, 0.0, book.spent) - waits
        each = (bar.size + bar.size_nav * book.nav) * bar.carry * bar.days_left
        fits = select(left > 0.0, left / maximum(each, LEAST), 0.0)
        return select(x * each > left, fits, x), memory


def floor_left(trace: tuple[float, ...], steps: tuple[Any, ...]) -> float:
    """Return what the steps between bounds and budget leave of the floor; 0 where there is none.

    A scope of one half halves what is to be hedged, and with it the floor.

    Examples
    --------
    >>> from hedgerow.policies.rules import Constant
    >>> from hedgerow.policies.scope import Scope
    >>> floor_left((1.0, 1.0, 0.5), (Constant(), Bounds(floor=0.2), Scope(0.5)))
    0.1
    """
    left = 0.0
    for i, one in enumerate(steps):
        if isinstance(one, Bounds):
            left = one.floor
        elif one.stage in (Stage.SCOPE, Stage.SPLIT) and left:
            # what a signal takes to nothing keeps no floor
            left *= trace[i] / trace[i - 1] if trace[i - 1] else 0.0
    return left


def under_floor(trace: tuple[float, ...], steps: tuple[Any, ...]) -> bool:
    """Say whether the budget has pushed the intensity under the floor (spec B3).

    What a scope or a split takes away is not the budget's doing: the floor shrinks with it.
    """
    spots = [i for i, step in enumerate(steps) if isinstance(step, Budget)]
    if not spots:
        return False
    before, after = trace[spots[0] - 1], trace[spots[0]]
    return after < before and after < floor_left(trace, steps)
