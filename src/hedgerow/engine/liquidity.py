"""How much of its orders a line sends: executable depth over order size (spec H11)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from hedgerow.engine.holdings import Trade
from hedgerow.engine.ledger.account import instrument
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import CALM_VIX

if TYPE_CHECKING:
    from hedgerow.engine.broker import Execution

Response = Literal["split", "wait"]

_LEAST = 1e-9


@dataclass(frozen=True)
class Liquidity:
    """What is done with an order that is large beside the depth of its market.

    The ratio is the depth of a bar over the contracts asked for, of the thinnest leg, with the VIX
    of the decision: 2.0 says that the order is half of what can be traded.

    Parameters
    ----------
    threshold
        Least ratio of what is sent, 0.1 … 1000.
    response
        ``split`` sends the largest part that keeps the ratio, ``wait`` sends nothing of an order
        below it; what is held back is asked for again at the next bar.

    Raises
    ------
    RangeError
        If a field is out of range.

    Examples
    --------
    >>> Liquidity(threshold=2.0).let(30.0, ratio=1.0, whole=True)
    15.0
    >>> Liquidity(threshold=2.0, response="wait").let(30.0, ratio=1.0, whole=True)
    0.0
    """

    threshold: float = 1.0
    response: Response = "split"

    def __post_init__(self) -> None:
        number = isinstance(self.threshold, int | float) and not isinstance(self.threshold, bool)
        if not number or not 0.1 <= self.threshold <= 1000.0:
            raise RangeError(
                f"{self.threshold!r} is out of range",
                where="execution.liquidity.threshold",
                mend="give a number in 0.1 … 1000",
            )
        if self.response not in get_args(Response):
            raise RangeError(
                f"{self.response!r} is no response",
                where="execution.liquidity.response",
                mend="write split or wait",
            )

    def let(self, units: float, *, ratio: float, whole: bool) -> float:
        """Return the units of an order that are sent.

        Parameters
        ----------
        units
            Asked for, negative to sell.
        ratio
            Depth over order size.
        whole
            Whole units only.
        """
        if ratio >= self.threshold:
            return units
        if self.response == "wait":
            return 0.0
        part = abs(units) * ratio / self.threshold
        return math.copysign(math.floor(part + _LEAST) if whole else part, units)


class Sending:
    """What a line sends of its orders at a bar, and what it holds back.

    Parameters
    ----------
    execution
        Its rule, and how deep markets are.

    Attributes
    ----------
    ratio
        Least of the orders of the bar; NaN where nothing was asked for.
    waiting, again
        Whether something is held back, and was at the bar before.
    urgent
        Whether the orders of the bar are sent whatever the ratio: a hard limit or a margin call.
    """

    def __init__(self, execution: Execution) -> None:
        self._execution, self._rule = execution, execution.liquidity
        self._vix = CALM_VIX
        self._taken: dict[str, float] = {}
        self._asked = self._sent = 0.0
        self.ratio = math.nan
        self.waiting = self.again = self.urgent = False

    @property
    def part(self) -> float:
        """Of the units asked for, what is sent; NaN where nothing was asked for."""
        return self._sent / self._asked if self._asked else math.nan

    def decided(self, vix: float) -> None:
        """Take what is known at a decision, before any order: VIX in points."""
        self._vix, self.again = vix, self.waiting
        self.begin()

    def begin(self) -> None:
        """Begin the orders of a bar."""
        self._taken, self._asked, self._sent = {}, 0.0, 0.0
        self.ratio, self.waiting = math.nan, False

    def let(self, trade: Trade) -> Trade | None:
        """Return what is sent of a trade; None where nothing is.

        Trades of one bar share the depth of a contract: the first asked for comes first.
        """
        ratio = math.inf
        for symbol, weight in zip(*trade.basket, strict=True):
            size = abs(weight * trade.units)
            deep = self._execution.depth(instrument(symbol).kind, self._vix)
            free = deep - self._taken.get(symbol, 0.0)
            ratio = min(ratio, max(free, 0.0) / size)
        self.ratio = ratio if math.isnan(self.ratio) else min(self.ratio, ratio)
        units = trade.units
        if self._rule is not None and not self.urgent:
            units = self._rule.let(units, ratio=ratio, whole=self._execution.whole)
        self._asked += abs(trade.units)
        self._sent += abs(units)
        if abs(units) < abs(trade.units):
            self.waiting = True
        if not units:
            return None
        for symbol, weight in zip(*trade.basket, strict=True):
            self._taken[symbol] = self._taken.get(symbol, 0.0) + abs(weight * units)
        return trade if units == trade.units else trade._replace(units=units)

    @property
    def facts(self) -> dict[str, float]:
        """What the record of a planned order says of it; nothing without an order.

        Nothing either, without a rule, of a market without end.
        """
        if math.isnan(self.ratio) or (self._rule is None and math.isinf(self.ratio)):
            return {}
        ratio = min(self.ratio, 1e9)  # of a market without end
        return {"liquidity.ratio": ratio, "liquidity.part": self.part}
