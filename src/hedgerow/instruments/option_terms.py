"""What option sleeves have in common: a side, strikes by moneyness or delta, and a size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from hedgerow.errors import SleeveError
from hedgerow.instruments.legs import Leg, bounded
from hedgerow.instruments.sizes import Contracts, MaxLoss, Notional, Premium, Size
from hedgerow.instruments.sleeve import check_number, check_size

LONG, SHORT = "long", "short"
STRIKES, DELTAS = (
    frozenset({"moneyness", "upper", "lower"}),
    frozenset({"delta", "upper_delta", "lower_delta", "short_delta", "wing_delta"}),
)
"""Fields that hold a strike over the index, and those that hold a delta."""
MONEYNESS, DELTA = (0.2, 2.0), (0.01, 0.99)
"""What they may be; a delta is written without its sign."""


@dataclass(frozen=True, kw_only=True)
class OptionTerms(ABC):
    """Options of one expiry, held or sold.

    Parameters
    ----------
    strike_step
        Grid of strikes, points: puts are rounded down and calls up, away from the price, where
        chosen by moneyness, and to the nearest where chosen by delta.  None: not rounded.
    side
        ``long`` or ``short``; sold options have a negative price.  Margin is not modelled.
    size
        What an intensity of 1.0 means; what is sold, or costs little by construction, has a
        notional, a greatest loss or a number of contracts only.

    Raises
    ------
    SleeveError
        If a field is out of range.
    """

    strike_step: float | None = None
    side: str = LONG
    size: Size = field(default_factory=lambda: Notional(0.35))
    kind: ClassVar[str]
    balanced: ClassVar[bool] = False
    """Whether options bought and sold pay for each other, so that neither premium nor vega
    measures the size."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name in STRIKES:
                check_number(value, name, *MONEYNESS)
            elif name in DELTAS and value is not None:
                check_number(value, name, *DELTA)
        if self.strike_step is not None:
            check_number(self.strike_step, "strike_step", 0.01, 1_000.0)
        if self.side not in (LONG, SHORT):
            raise SleeveError(
                f"{self.side!r} is not a side", where="side", mend="write long or short"
            )
        check_size(self.size, premium=True)
        plain = isinstance(self.size, Notional | Contracts | MaxLoss)
        plain = plain or (self.packaged and isinstance(self.size, Premium))
        if not plain and (self.balanced or self.side == SHORT):
            what = "options bought against options sold" if self.balanced else "what is sold"
            raise SleeveError(
                f"a size by {self.size.kind} says little of {what}",
                where="size",
                mend="size by notional or contracts",
            )
        if isinstance(self.size, MaxLoss) and not bounded(self.sided, covered=self.packaged):
            raise SleeveError(
                "the loss of calls sold has no limit, so they cannot be sized by it",
                where="size",
                mend="size by notional or contracts",
            )

    @property
    @abstractmethod
    def legs(self) -> tuple[Leg, ...]:
        """The options of one contract when held long; the strip shows the first one's strike."""

    @property
    @abstractmethod
    def term(self) -> str:
        """How long, in a word of the name."""

    @property
    def packaged(self) -> bool:
        """Whether units of the index stand with the options, so that the price is that of both."""
        return False

    @property
    def sided(self) -> tuple[Leg, ...]:
        """The options of one contract as held or sold."""
        sign = -1.0 if self.side == SHORT else 1.0
        return tuple(leg._replace(weight=sign * leg.weight) for leg in self.legs)

    @property
    def name(self) -> str:
        """Short name."""
        strikes = "-".join(dict.fromkeys(leg.told for leg in self.legs))
        sold = f"-{SHORT}" if self.side == SHORT else ""
        return f"{self.kind}-{self.term}-{strikes}{sold}"


@dataclass(frozen=True)
class TwoStrikes(OptionTerms):
    """Two strikes, ``upper`` and ``lower``, both by moneyness or both by delta.

    ``nearer`` names the strike whose delta must be the larger one, if any must.
    """

    upper: float = 1.05
    lower: float = 0.95
    upper_delta: float | None = None
    lower_delta: float | None = None
    nearer: ClassVar[str] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lower >= self.upper:
            raise SleeveError(
                f"the lower strike {self.lower} is not below the upper {self.upper}",
                where="lower",
                mend="swap lower and upper",
            )
        deltas = {"upper": self.upper_delta, "lower": self.lower_delta}
        lacking = [name for name, delta in deltas.items() if delta is None]
        if len(lacking) == 1:
            raise SleeveError(
                "one strike is given by its delta and the other is not",
                where=f"{lacking[0]}_delta",
                mend="give both deltas or none",
            )
        if lacking or not self.nearer:
            return
        near = deltas.pop(self.nearer)
        ((farther, far),) = deltas.items()
        if near is not None and far is not None and near <= far:
            raise SleeveError(
                f"the delta {near} of the option nearer to the price is not above {far}",
                where=f"{self.nearer}_delta",
                mend=f"swap {self.nearer}_delta and {farther}_delta",
            )

    def at(self, name: str, weight: float, *, call: bool) -> Leg:
        """Return the option at ``upper`` or ``lower``."""
        return Leg(weight, getattr(self, name), call, getattr(self, f"{name}_delta"))
