"""Actions of a seller: take the profit, stop the loss, leave before expiry, roll what is tested.

They close or renew a position by what it earned on what was taken in, by its days, or by how near
the index has come to what was sold.  What is bought is looked at in the same way, by its price.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.action import NEW_STRIKE, RESTRIKE, STAY, Position, Wish, action
from hedgerow.core.numeric import Num, minimum, select
from hedgerow.core.step import Nothing
from hedgerow.policies.actions import NEVER, Days, Delta, Part
from hedgerow.policies.signals import STRICT


class Kept(NamedTuple):
    """Memory of actions that close a position: 1.0 until they have."""

    kept: Num


class Limit(NamedTuple):
    """Parameters of an action with one limit."""

    limit: Num


def _closed(due: Num, memory: Kept) -> tuple[Wish, Kept]:
    """Keep nothing once it is due; what is closed stays closed."""
    kept = minimum(memory.kept, select(due, 0.0, 1.0))
    return Wish(kept, STAY), Kept(kept)


@action
@dataclass(frozen=True, config=STRICT)
class TakeProfit:
    """Close when a part of the credit is earned: a condor sold at 4.00 is bought back at 2.00.

    The profit of a unit is its value now less what was paid, at mid prices; due when it is at
    least ``part`` of what was taken in (or, of what is held long, paid).  The line holds nothing
    until its next scheduled roll.

    Parameters
    ----------
    part
        Of the credit: 0.5 is half of it.
    """

    part: Part = 0.5
    kind: ClassVar[str] = "take_profit"

    @property
    def needs(self) -> frozenset[str]:
        """See `Action.needs`."""
        return frozenset()

    def params(self) -> Limit:
        """Return the kernel's parameters."""
        return Limit(self.part * 1.0)

    def start(self) -> Kept:
        """Return the memory of a new contract: all of it is kept."""
        return Kept(1.0)

    @staticmethod
    def kernel(position: Position, memory: Kept, p: Limit) -> tuple[Wish, Kept]:
        """Compare the gain with what was taken in; what cost nothing has no part of it."""
        credit = abs(position.paid)
        due = (position.value - position.paid >= p.limit * credit) & (credit > 0.0)
        return _closed(due, memory)


@action
@dataclass(frozen=True, config=STRICT)
class StopLoss:
    """Close when the loss is a multiple of the credit.

    The loss of a unit is what was paid less its value now, at mid prices.  At a ``multiple`` of 2
    a condor sold at 4.00 is bought back once that costs 12.00: the credit, and a loss of two.
    What is held long loses at most what was paid: a multiple of 1, or less.

    Parameters
    ----------
    multiple
        Of the credit that the loss reaches.
    """

    multiple: Annotated[float, Field(gt=0.0, le=100.0)] = 2.0
    kind: ClassVar[str] = "stop_loss"

    @property
    def needs(self) -> frozenset[str]:
        """See `Action.needs`."""
        return frozenset()

    def params(self) -> Limit:
        """Return the kernel's parameters."""
        return Limit(self.multiple * 1.0)

    def start(self) -> Kept:
        """Return the memory of a new contract: all of it is kept."""
        return Kept(1.0)

    @staticmethod
    def kernel(position: Position, memory: Kept, p: Limit) -> tuple[Wish, Kept]:
        """Compare the loss with what was taken in; what cost nothing has no multiple of it."""
        credit = abs(position.paid)
        due = (position.paid - position.value >= p.limit * credit) & (credit > 0.0)
        return _closed(due, memory)


@action
@dataclass(frozen=True, config=STRICT)
class LeaveBefore:
    """Close with days to go: near expiry gamma bites a seller, and little credit is left to earn.

    Parameters
    ----------
    days
        Calendar days to expiry at which, or under which, it is closed.
    """

    days: Days = 21
    kind: ClassVar[str] = "leave_before"

    @property
    def needs(self) -> frozenset[str]:
        """See `Action.needs`."""
        return frozenset()

    def params(self) -> Limit:
        """Return the kernel's parameters."""
        return Limit(self.days * 1.0)

    def start(self) -> Kept:
        """Return the memory of a new contract: all of it is kept."""
        return Kept(1.0)

    @staticmethod
    def kernel(position: Position, memory: Kept, p: Limit) -> tuple[Wish, Kept]:
        """Look at the days that are left."""
        return _closed(position.days_left <= p.limit, memory)


@action
@dataclass(frozen=True, config=STRICT)
class RollTested:
    """Choose all strikes anew when one side is tested.

    Buys back what is held and sells what the sleeve's own terms choose now, at a loss that is
    taken: what was lost is no part of the new credit.

    Parameters
    ----------
    delta
        Due when the net delta of a unit, without its sign, reaches this; a condor begins near 0.
    touch
        Due when the index stands at a strike that was sold, or beyond.
    expiry
        ``"new"``: the expiry that the sleeve would choose today; ``"same"``: the one held.
    least_left
        Calendar days to expiry below which the same expiry is not sold again.
    wait
        Calendar days that a contract is held at least.
    """

    delta: Delta | None = 0.30
    touch: bool = True
    expiry: Literal["new", "same"] = "new"
    least_left: Days = 7
    wait: Days = 1
    kind: ClassVar[str] = "roll_tested"

    class Params(NamedTuple):
        """Kernel parameters."""

        delta: Num
        room: Num
        renew: Num
        least_left: Num
        wait: Num

    @model_validator(mode="after")
    def _fires(self) -> RollTested:
        if self.delta is None and not self.touch:
            raise ValueError("with delta and touch both off it does nothing")
        return self

    @property
    def needs(self) -> frozenset[str]:
        """See `Action.needs`."""
        wanted = {"delta": self.delta is not None, "strike": self.touch}
        wanted["same expiry"] = self.expiry == "same"
        return frozenset(name for name, needed in wanted.items() if needed)

    def params(self) -> Params:
        """Return the kernel's parameters."""
        same = self.expiry == "same"
        return self.Params(
            delta=NEVER if self.delta is None else self.delta * 1.0,
            room=0.0 if self.touch else -NEVER,
            renew=NEW_STRIKE if same else RESTRIKE,
            least_left=self.least_left * 1.0 if same else -NEVER,
            wait=self.wait * 1.0,
        )

    def start(self) -> Nothing:
        """Return the memory of a new contract: none."""
        return Nothing()

    @staticmethod
    def kernel(position: Position, memory: Nothing, p: Params) -> tuple[Wish, Nothing]:
        """Look at the delta and at the room to what was sold; where nothing was, there is none."""
        tested = (abs(position.delta) >= p.delta) | (position.room <= p.room)
        in_time = (position.days_left >= p.least_left) & (position.days_held >= p.wait)
        return Wish(1.0, select(tested & in_time, p.renew, STAY)), memory
