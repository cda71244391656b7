"""Measures: what is kept of a lane, reduced bar by bar so that no lane needs its history.

A measure is a kernel like a step: it sees the book after the bar's fills and the order of the
bar before, and carries its own memory.  A million lanes over nine thousand bars therefore
need the memory of a million lanes, not of nine thousand million cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

from hedgerow.core.book import Bar, Book, Order
from hedgerow.core.numeric import Num, maximum, minimum, select


class Measure(Protocol):
    """A frozen description and one pure kernel, written like a step's."""

    kind: ClassVar[str]
    Memory: ClassVar[type[Any]]
    """The NamedTuple that the kernel carries from bar to bar, all floats."""

    def params(self) -> NamedTuple:
        """Parameters for the kernel, shared by all lanes."""

    def start(self, nav: float) -> NamedTuple:
        """Memory before the first bar, given the NAV that every lane starts with."""

    @staticmethod
    def kernel(book: Book, order: Order, bar: Bar, memory: Any, p: Any) -> Any:
        """Return the memory after a bar."""

    @staticmethod
    def result(memory: Any, book: Book) -> dict[str, Any]:
        """Return named results from the last memory and book, each of **shape** (lanes,)."""


class NoParams(NamedTuple):
    """Parameters of a measure that needs none."""


class _Plain:
    """A measure without parameters, whose memory starts at zeros."""

    Memory: ClassVar[type[Any]]

    def params(self) -> NoParams:
        """Return no parameters."""
        return NoParams()

    def start(self, nav: float) -> Any:
        """Return the memory before the first bar: zeros."""
        return self.Memory(*(0.0 for _ in self.Memory._fields))


@dataclass(frozen=True)
class Wealth(_Plain):
    """Final NAV, USD."""

    kind: ClassVar[str] = "wealth"

    class Memory(NamedTuple):
        """Nothing: the book keeps NAV."""

    @staticmethod
    def kernel(book: Book, order: Order, bar: Bar, memory: Memory, p: NoParams) -> Memory:
        """Do nothing."""
        return memory

    @staticmethod
    def result(memory: Memory, book: Book) -> dict[str, Any]:
        """Return ``final_nav``, USD."""
        return {"final_nav": book.nav}


@dataclass(frozen=True)
class Hedge(_Plain):
    """The hedge's total P&L after costs, USD."""

    kind: ClassVar[str] = "hedge"

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        total: Num

    @staticmethod
    def kernel(book: Book, order: Order, bar: Bar, memory: Memory, p: NoParams) -> Memory:
        """Add the bar's hedge P&L."""
        return HedgeMemory(memory.total + book.pnl)

    @staticmethod
    def result(memory: Memory, book: Book) -> dict[str, Any]:
        """Return ``hedge_pnl``, USD."""
        return {"hedge_pnl": memory.total}


HedgeMemory = Hedge.Memory


@dataclass(frozen=True)
class Moments(_Plain):
    """Sum and sum of squares of the daily change of NAV, USD and USD squared."""

    kind: ClassVar[str] = "moments"

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        total: Num
        squares: Num

    @staticmethod
    def kernel(book: Book, order: Order, bar: Bar, memory: Memory, p: NoParams) -> Memory:
        """Add the change of NAV since the last bar."""
        change = book.nav - book.before
        return MomentsMemory(memory.total + change, memory.squares + change * change)

    @staticmethod
    def result(memory: Memory, book: Book) -> dict[str, Any]:
        """Return ``sum_pnl`` and ``sum_pnl_squared``."""
        return {"sum_pnl": memory.total, "sum_pnl_squared": memory.squares}


MomentsMemory = Moments.Memory


@dataclass(frozen=True)
class Returns(_Plain):
    """Sum and sum of squares of the daily returns of NAV, for the Sharpe ratio."""

    kind: ClassVar[str] = "returns"

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        bars: Num
        total: Num
        squares: Num

    @staticmethod
    def kernel(book: Book, order: Order, bar: Bar, memory: Memory, p: NoParams) -> Memory:
        """Add the return since the last bar; the first bar has none (no days have passed)."""
        passed = bar.days > 0.0
        r = book.nav / book.before - 1.0
        return ReturnsMemory(
            memory.bars + select(passed, 1.0, 0.0),
            memory.total + select(passed, r, 0.0),
            memory.squares + select(passed, r * r, 0.0),
        )

    @staticmethod
    def result(memory: Memory, book: Book) -> dict[str, Any]:
        """Return ``bars``, ``sum_return`` and ``sum_return_squared``."""
        return {
            "bars": memory.bars,
            "sum_return": memory.total,
            "sum_return_squared": memory.squares,
        }


ReturnsMemory = Returns.Memory


@dataclass(frozen=True)
class Drawdown(_Plain):
    """Deepest fall of NAV below its running peak, a decimal ≤ 0."""

    kind: ClassVar[str] = "drawdown"

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        worst: Num

    @staticmethod
    def kernel(book: Book, order: Order, bar: Bar, memory: Memory, p: NoParams) -> Memory:
        """Compare the bar's drawdown with the deepest so far."""
        return DrawdownMemory(minimum(book.nav / book.peak - 1.0, memory.worst))

    @staticmethod
    def result(memory: Memory, book: Book) -> dict[str, Any]:
        """Return ``max_drawdown``."""
        return {"max_drawdown": memory.worst}


DrawdownMemory = Drawdown.Memory


@dataclass(frozen=True)
class Costs(_Plain):
    """Transaction costs and carry paid, USD, and the number of bars that rebalanced or rolled."""

    kind: ClassVar[str] = "costs"

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        costs: Num
        carry: Num
        trades: Num
        held: Num

    @staticmethod
    def kernel(book: Book, order: Order, bar: Bar, memory: Memory, p: NoParams) -> Memory:
        """Add the bar's costs, and the carry of what was held before the bar's fills."""
        return CostsMemory(
            memory.costs + book.cost,
            memory.carry + memory.held * bar.carried,
            memory.trades + select(book.traded > 0.0, 1.0, 0.0),
            book.held,
        )

    @staticmethod
    def result(memory: Memory, book: Book) -> dict[str, Any]:
        """Return ``costs``, ``carry_paid`` and ``trades``."""
        return {"costs": memory.costs, "carry_paid": memory.carry, "trades": memory.trades}


CostsMemory = Costs.Memory


@dataclass(frozen=True)
class Exposure(_Plain):
    """Sum and maximum of the intensity in force, for its average over the run."""

    kind: ClassVar[str] = "exposure"

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        total: Num
        most: Num
        bars: Num

    @staticmethod
    def kernel(book: Book, order: Order, bar: Bar, memory: Memory, p: NoParams) -> Memory:
        """Add the intensity of the order that was filled last."""
        passed = bar.days > 0.0
        return ExposureMemory(
            memory.total + select(passed, order.x, 0.0),
            maximum(order.x, memory.most),
            memory.bars + select(passed, 1.0, 0.0),
        )

    @staticmethod
    def result(memory: Memory, book: Book) -> dict[str, Any]:
        """Return ``mean_x`` and ``max_x``."""
        return {"mean_x": memory.total / memory.bars, "max_x": memory.most}


ExposureMemory = Exposure.Memory

STANDARD: tuple[Any, ...] = (Wealth(), Hedge(), Returns(), Drawdown(), Costs(), Exposure())
"""What a sweep keeps of each lane unless told otherwise."""
