"""A14: rules with a no-trade band, and the trigger that trades only when they move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, clip, select, unknown
from hedgerow.core.step import Stage, step
from hedgerow.policies.overlays import NAN, Overlay
from hedgerow.policies.rules import NO_TOP, Intensity, Points
from hedgerow.policies.signals import STRICT, Column
from hedgerow.policies.tables import MOST_EDGES, Edges, as_tuple, check_edges, padded, rung

Pair = Annotated[tuple[Intensity, ...], Field(min_length=2, max_length=2)]
Pairs = Annotated[tuple[Pair, ...], Field(min_length=2, max_length=MOST_EDGES + 1)]


class BandMemory(NamedTuple):
    """What a rule with a no-trade band carries from bar to bar."""

    level: Num
    """Intensity in force; 0.0 before the first bar."""


class _BandRule:
    """What rules with a band share: two signals, the first stage, the level in force."""

    stage: ClassVar[Stage] = Stage.RULE
    signal: str
    by: str

    @property
    def inputs(self) -> tuple[str, ...]:
        """The two signals that the band is read from."""
        return (self.signal, self.by)

    def start(self) -> BandMemory:
        """Return the memory before the first bar: nothing held."""
        return BandMemory(0.0)

    def ends(self, *seen: float) -> tuple[float, float]:
        """Return the band's lower and upper end where the signals are those."""
        # the nearest level to nothing is the lower end, that to far too much the upper one
        view = View(seen, None, None)  # type: ignore[arg-type]  # the rule sees signals alone
        lower, upper = (
            float(self.kernel(0.0, view, BandMemory(level), self.params())[0])
            for level in (0.0, NO_TOP)
        )
        return lower, upper

    if TYPE_CHECKING:

        def params(self) -> Any:
            """Return the kernel's parameters."""

        @staticmethod
        def kernel(x: Num, view: View, memory: BandMemory, p: Any) -> tuple[Num, BandMemory]:
            """Hold the level inside the band."""


class _BandTable(NamedTuple):
    """Edges, split, and both ends of the band, named by row and column."""

    edge1: Num
    edge2: Num
    edge3: Num
    edge4: Num
    edge5: Num
    split: Num
    lower00: Num
    lower10: Num
    lower20: Num
    lower30: Num
    lower40: Num
    lower50: Num
    lower01: Num
    lower11: Num
    lower21: Num
    lower31: Num
    lower41: Num
    lower51: Num
    upper00: Num
    upper10: Num
    upper20: Num
    upper30: Num
    upper40: Num
    upper50: Num
    upper01: Num
    upper11: Num
    upper21: Num
    upper31: Num
    upper41: Num
    upper51: Num


@step
@dataclass(frozen=True, config=STRICT)
class BandTable(_BandRule):
    """A14: a no-trade band for each pair of VIX bucket and regime: what is held inside it stays.

    From below the intensity rises to the lower end and no further, from above it falls to the
    upper end: the form of every best policy under proportional costs.  `hedgerow control` solves
    for the table and writes it.

    Parameters
    ----------
    signal
        Name of the signal that chooses the row, VIX in points by default.
    edges
        Where one row ends and the next begins, rising; one to five.
    by
        Name of the signal that tells the regime.
    split
        The regime is high, and the second column counts, where that signal is over this.
    lower
        Lower end in each row, from the lowest bucket up: low regime, high regime.
    upper
        Upper end, in the same order.

    Examples
    --------
    >>> rule = BandTable("vix", [20], "vix_ma20", 20, [[0.2, 0.4], [0.6, 1.0]], [[0.5, 1], [1, 2]])
    >>> rule.upper
    ((0.5, 1.0), (1.0, 2.0))
    """

    signal: Column = "vix"
    edges: Edges = (16.0, 25.0)
    by: Column = "vix_ma20"
    split: Points = 20.0
    lower: Pairs = ((0.2, 0.4), (0.5, 0.8), (0.8, 1.2))
    upper: Pairs = ((0.5, 0.8), (0.9, 1.2), (1.3, 1.8))
    kind: ClassVar[str] = "band_table"
    Params: ClassVar[type[_BandTable]] = _BandTable
    Memory: ClassVar[type[BandMemory]] = BandMemory

    @field_validator("edges", "lower", "upper", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return as_tuple(value)

    @model_validator(mode="after")
    def _fits(self) -> BandTable:
        check_edges(self.edges, len(self.lower), "edges, lower")
        check_edges(self.edges, len(self.upper), "edges, upper")
        for low, high in zip(self.lower, self.upper, strict=True):
            if high[0] < low[0] or high[1] < low[1]:
                raise ValueError("lower, upper: the second must not be smaller than the first")
        return self

    def params(self) -> _BandTable:
        """Return the kernel's parameters."""
        columns = [*zip(*self.lower, strict=True), *zip(*self.upper, strict=True)]
        levels = [level for column in columns for level in padded(column, MOST_EDGES + 1, 0.0)]
        cells = [*padded(self.edges, MOST_EDGES, NO_TOP), self.split, *levels]
        return _BandTable(*cells)

    @staticmethod
    def kernel(x: Num, view: View, memory: BandMemory, p: _BandTable) -> tuple[Num, BandMemory]:
        """Pick the band and hold the level inside it."""
        row, high = view.signals[0], view.signals[1] > p.split
        edges = (p.edge1, p.edge2, p.edge3, p.edge4, p.edge5)
        low0 = (p.lower00, p.lower10, p.lower20, p.lower30, p.lower40, p.lower50)
        low1 = (p.lower01, p.lower11, p.lower21, p.lower31, p.lower41, p.lower51)
        top0 = (p.upper00, p.upper10, p.upper20, p.upper30, p.upper40, p.upper50)
        top1 = (p.upper01, p.upper11, p.upper21, p.upper31, p.upper41, p.upper51)
        lower = select(high, rung(row, edges, low1), rung(row, edges, low0))
        upper = select(high, rung(row, edges, top1), rung(row, edges, top0))
        level = clip(memory.level, lower, upper)
        return level, BandMemory(level)


@step
@dataclass(frozen=True, config=STRICT)
class WithinEdges(_BandRule):
    """A14: the intensity held between two signals: raised to the one, lowered to the other.

    Parameters
    ----------
    signal
        Name of the signal that is the lower end of the band.
    by
        Name of the signal that is its upper end.
    """

    signal: Column = "control_lower"
    by: Column = "control_upper"
    kind: ClassVar[str] = "within_edges"
    Memory: ClassVar[type[BandMemory]] = BandMemory

    class Params(NamedTuple):
        """Kernel parameters: none."""

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params()

    @staticmethod
    def kernel(x: Num, view: View, memory: BandMemory, p: Params) -> tuple[Num, BandMemory]:
        """Hold the level inside the band."""
        level = clip(memory.level, view.signals[0], view.signals[1])
        return level, BandMemory(level)


@step
@dataclass(frozen=True, config=STRICT)
class OnChange(Overlay):
    """Trade only when the intensity has moved by more than ``least`` since the last fill.

    With a rule that has a no-trade band nothing is traded inside it.  What the intensity was is
    remembered when its order has been filled; an order that was not filled is asked again.

    Parameters
    ----------
    least
        Change of intensity that is still left alone.
    """

    least: Intensity = 0.0
    kind: ClassVar[str] = "on_change"
    stage: ClassVar[Stage] = Stage.TRIGGER

    class Params(NamedTuple):
        """Kernel parameters."""

        least: Num

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        fired: Num
        """1.0 where the intensity has moved enough; 0.0 leaves the book alone."""
        legs: Num
        """Codes of the legs that fired, as in `Trigger`: start and move."""
        x: Num
        """Intensity in force: the last one released."""
        asked: Num
        """Intensity when the trigger last fired."""
        last: Num
        """Intensity at the last fill; NaN before the first."""

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.least)

    def start(self) -> Memory:
        """Return the memory before the first bar: the first bar always trades."""
        return self.Memory(0.0, 0.0, 0.0, NAN, NAN)

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Release the new intensity if it is far enough from the one filled."""
        last = select(view.book.filled > 0.0, memory.asked, memory.last)
        begins = unknown(last)
        far = abs(x - last) > p.least
        fires = begins | far
        kept = select(fires, x, memory.x)
        return kept, OnChangeMemory(
            select(fires, 1.0, 0.0),
            select(begins, 1.0, 0.0) + select(far, 2.0, 0.0),
            kept,
            select(fires, x, memory.asked),
            last,
        )


OnChangeMemory = OnChange.Memory
