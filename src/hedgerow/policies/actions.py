"""Actions: harvest a winner, follow the index with the strike, roll early, leave after a spike.

Each looks at one line's position (:class:`~hedgerow.core.action.Position`) and begins anew with
each contract.  A limit that is reached counts; one that is ``None`` never is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.action import NEW_EXPIRY, NEW_STRIKE, RESTRIKE, STAY, Position, Wish, action
from hedgerow.core.numeric import Num, known, maximum, select
from hedgerow.core.step import Nothing
from hedgerow.policies.overlays import NAN
from hedgerow.policies.signals import STRICT

Part = Annotated[float, Field(gt=0.0, le=1.0)]
Delta = Annotated[float, Field(gt=0.0, le=10.0)]
Days = Annotated[int, Field(ge=0, le=3650)]
Parts = Annotated[tuple[Part, ...], Field(min_length=1, max_length=4)]

NEVER = 1e18
"""Stands for a limit that is off: nothing reaches it, and a product with it stays finite."""

MOST = 4
"""Most stages of one action."""


class Stages(NamedTuple):
    """The limits of up to four stages, rising; `NEVER` where there is none."""

    first: Num
    second: Num
    third: Num
    fourth: Num


def _stages(limits: tuple[float, ...] | None) -> Stages:
    given = limits or ()
    return Stages(*given, *[NEVER] * (MOST - len(given)))


def _reached(value: Num, scale: Num, stages: Stages) -> Num:
    """Count the stages whose limit times ``scale`` has been reached."""
    return (
        select(value >= scale * stages.first, 1.0, 0.0)
        + select(value >= scale * stages.second, 1.0, 0.0)
        + select(value >= scale * stages.third, 1.0, 0.0)
        + select(value >= scale * stages.fourth, 1.0, 0.0)
    )


def _limit(value: float | None) -> float:
    return NEVER if value is None else value * 1.0


def _one_of(names: str, *limits: object) -> None:
    if all(limit is None for limit in limits):
        raise ValueError(f"with {names} all off it does nothing")


class Taken(NamedTuple):
    """Memory of `Monetise`: stages sold so far."""

    stages: Num


class Chosen(NamedTuple):
    """Memory of actions that compare with the day on which the contract was bought."""

    level: Num


class Spike(NamedTuple):
    """Memory of `StagedExit`."""

    opened: Num
    """VIX when the contract was bought, points."""
    top: Num
    """Highest VIX since, points."""
    stages: Num
    """Stages left so far."""


@action
@dataclass(frozen=True, config=STRICT)
class Monetise:
    """Harvest a winner: sell a part when it is worth several times what was paid.

    The first stage is due when a unit's value is at least ``multiple`` times what was paid, each
    next one ``further`` multiples higher (3, 5, 7 …); each sells ``part`` of the whole.  A jump
    over two levels sells two parts.  What is sold is not bought back when the value falls: the
    line keeps the rest of its target until the next scheduled roll.  What was sold or cost
    nothing has no multiple of what was paid; for it ``delta`` alone counts.

    Parameters
    ----------
    multiple
        Value over what was paid at which the first part is sold.
    part
        Part of the target sold at each stage.
    steps
        Number of stages.
    further
        Multiples from one stage to the next.
    delta
        Delta of a unit, without its sign, at which the first stage is due whatever the value;
        0.5 is an option at the money.
    """

    multiple: Annotated[float, Field(gt=1.0, le=1000.0)] | None = 3.0
    part: Part = 0.5
    steps: Annotated[int, Field(ge=1, le=MOST)] = 1
    further: Annotated[float, Field(gt=0.0, le=1000.0)] = 2.0
    delta: Delta | None = None
    kind: ClassVar[str] = "monetise"

    class Params(NamedTuple):
        """Kernel parameters."""

        multiples: Stages
        part: Num
        delta: Num

    @model_validator(mode="after")
    def _sells(self) -> Monetise:
        _one_of("multiple and delta", self.multiple, self.delta)
        if self.part * self.steps > 1.0 + 1e-9:
            raise ValueError(f"part, steps: {self.steps} times {self.part:g} is more than all")
        return self

    @property
    def needs(self) -> frozenset[str]:
        """See `Action.needs`."""
        return frozenset() if self.delta is None else frozenset({"delta"})

    def params(self) -> Params:
        """Return the kernel's parameters."""
        first = self.multiple
        levels = () if first is None else (first + i * self.further for i in range(self.steps))
        return self.Params(_stages(tuple(levels)), self.part * 1.0, _limit(self.delta))

    def start(self) -> Taken:
        """Return the memory of a new contract: nothing sold."""
        return Taken(0.0)

    @staticmethod
    def kernel(position: Position, memory: Taken, p: Params) -> tuple[Wish, Taken]:
        """Count the stages that are due; none is ever undone."""
        paid = position.paid
        by_value = select(paid > 0.0, _reached(position.value, paid, p.multiples), 0.0)
        by_delta = select(abs(position.delta) >= p.delta, 1.0, 0.0)
        stages = maximum(memory.stages, maximum(by_value, by_delta))
        return Wish(maximum(1.0 - p.part * stages, 0.0), STAY), Taken(stages)


@action
@dataclass(frozen=True, config=STRICT)
class Restrike:
    """Choose again, as the sleeve would today, when the strike no longer suits.

    Sells what is held and buys the contract that the sleeve's own terms choose now: a new
    strike and a new expiry.

    Parameters
    ----------
    drift
        Due when strike over index is this far from what it was when bought; 0.08 takes a 90 %
        put that has become a 98 % put, or an 82 % put.
    side
        ``"fall"``: only when the index fell, ``"rally"``: only when it rose.
    delta
        Due when the delta of a unit, without its sign, is at or below this.
    wait
        Calendar days that a contract is held at least.
    """

    drift: Part | None = 0.08
    side: Literal["both", "rally", "fall"] = "both"
    delta: Delta | None = None
    wait: Days = 5
    kind: ClassVar[str] = "restrike"

    class Params(NamedTuple):
        """Kernel parameters."""

        rally: Num
        fall: Num
        delta: Num
        wait: Num

    @model_validator(mode="after")
    def _fires(self) -> Restrike:
        _one_of("drift and delta", self.drift, self.delta)
        return self

    @property
    def needs(self) -> frozenset[str]:
        """See `Action.needs`."""
        return frozenset(
            name
            for name, limit in (("strike", self.drift), ("delta", self.delta))
            if limit is not None
        )

    def params(self) -> Params:
        """Return the kernel's parameters."""
        drift = _limit(self.drift)
        return self.Params(
            rally=NEVER if self.side == "fall" else drift,
            fall=NEVER if self.side == "rally" else drift,
            delta=-NEVER if self.delta is None else self.delta * 1.0,
            wait=self.wait * 1.0,
        )

    def start(self) -> Chosen:
        """Return the memory of a new contract: its moneyness is not known yet."""
        return Chosen(NAN)

    @staticmethod
    def kernel(position: Position, memory: Chosen, p: Params) -> tuple[Wish, Chosen]:
        """Compare strike over index with what it was; it falls when the index rises."""
        level = select(known(memory.level), memory.level, position.moneyness)
        drifts = (level - position.moneyness >= p.rally) | (position.moneyness - level >= p.fall)
        due = (drifts | (abs(position.delta) <= p.delta)) & (position.days_held >= p.wait)
        return Wish(1.0, select(due, RESTRIKE, STAY)), Chosen(level)


@action
@dataclass(frozen=True, config=STRICT)
class RollUp:
    """Follow a rally: the same expiry, with the strike that suits today's index.

    The hedge that a rally left far behind is sold and one of the same expiry bought at the
    sleeve's moneyness.  It costs premium and no time.

    Parameters
    ----------
    rally
        Part by which the index must have risen since the contract was bought.
    least_left
        Calendar days to expiry below which the scheduled roll is waited for.
    wait
        Calendar days that a contract is held at least.
    """

    rally: Part = 0.05
    least_left: Days = 14
    wait: Days = 5
    kind: ClassVar[str] = "roll_up"

    class Params(NamedTuple):
        """Kernel parameters."""

        growth: Num
        least_left: Num
        wait: Num

    @property
    def needs(self) -> frozenset[str]:
        """See `Action.needs`."""
        return frozenset({"same expiry"})

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(1.0 + self.rally, self.least_left * 1.0, self.wait * 1.0)

    def start(self) -> Chosen:
        """Return the memory of a new contract: the index is not known yet."""
        return Chosen(NAN)

    @staticmethod
    def kernel(position: Position, memory: Chosen, p: Params) -> tuple[Wish, Chosen]:
        """Compare the index with the day on which the contract was bought."""
        level = select(known(memory.level), memory.level, position.spot)
        rallied = position.spot >= p.growth * level
        due = rallied & (position.days_left >= p.least_left) & (position.days_held >= p.wait)
        return Wish(1.0, select(due, NEW_STRIKE, STAY)), Chosen(level)


@action
@dataclass(frozen=True, config=STRICT)
class RollOut:
    """Buy time: the same strike, with the expiry that the sleeve would choose today.

    Parameters
    ----------
    days
        Due when no more calendar days than this are left.
    decay
        Due when a day's theta is at least this part of a unit's value; 0.03 is 3 % a day.
    gamma
        Due when a move of the index by 1 % changes the delta of a unit by at least this: what
        bites a seller as expiry comes near.
    wait
        Calendar days that a contract is held at least.
    """

    days: Days | None = 21
    decay: Part | None = None
    gamma: Delta | None = None
    wait: Days = 5
    kind: ClassVar[str] = "roll_out"

    class Params(NamedTuple):
        """Kernel parameters."""

        days: Num
        decay: Num
        gamma: Num
        wait: Num

    @model_validator(mode="after")
    def _fires(self) -> RollOut:
        _one_of("days, decay and gamma", self.days, self.decay, self.gamma)
        return self

    @property
    def needs(self) -> frozenset[str]:
        """See `Action.needs`."""
        return frozenset({"same strike"} | ({"gamma"} if self.gamma is not None else set()))

    def params(self) -> Params:
        """Return the kernel's parameters."""
        days = -NEVER if self.days is None else self.days * 1.0
        return self.Params(days, _limit(self.decay), _limit(self.gamma), self.wait * 1.0)

    def start(self) -> Nothing:
        """Return the memory of a new contract: none."""
        return Nothing()

    @staticmethod
    def kernel(position: Position, memory: Nothing, p: Params) -> tuple[Wish, Nothing]:
        """Look at the days, the theta and the gamma of a unit."""
        value = position.value
        decays = (value > 0.0) & (-position.theta >= p.decay * value)
        bites = abs(position.gamma) * (0.01 * position.spot) >= p.gamma
        due = ((position.days_left <= p.days) | decays | bites) & (position.days_held >= p.wait)
        return Wish(1.0, select(due, NEW_EXPIRY, STAY)), memory


@action
@dataclass(frozen=True, config=STRICT)
class StagedExit:
    """Leave in stages after a spike: each stage at its own retracement of VIX or fall in value.

    Nothing happens until VIX has been ``spike`` points above its level on the day the contract was
    bought.  From then on the k-th of n stages is due when VIX has given back ``retraced[k]`` of
    its rise from that level to its top, or a unit's value has fallen by ``fallen[k]`` from its
    peak, whichever is first; each leaves one n-th of the target.  A new top does not bring back
    what has been left, and the rest runs until the next scheduled roll.

    Parameters
    ----------
    spike
        Points that VIX must have risen before anything counts.
    retraced
        Part of the rise given back at each stage, rising; 1.0: VIX is where it began.
    fallen
        Part of the peak value lost at each stage, rising.
    """

    spike: Annotated[float, Field(gt=0.0, le=200.0)] = 8.0
    retraced: Parts | None = (0.3, 0.5, 0.7)
    fallen: Parts | None = None
    kind: ClassVar[str] = "staged_exit"

    class Params(NamedTuple):
        """Kernel parameters."""

        spike: Num
        retraced: Stages
        fallen: Stages
        share: Num

    @field_validator("retraced", "fallen")
    @classmethod
    def _rising(cls, limits: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if limits is not None and any(high <= low for low, high in pairwise(limits)):
            raise ValueError("the stages must rise")
        return limits

    @model_validator(mode="after")
    def _as_many(self) -> StagedExit:
        _one_of("retraced and fallen", self.retraced, self.fallen)
        if self.retraced and self.fallen and len(self.retraced) != len(self.fallen):
            raise ValueError(
                f"retraced has {len(self.retraced)} stages and fallen has {len(self.fallen)}"
            )
        return self

    @property
    def needs(self) -> frozenset[str]:
        """See `Action.needs`."""
        return frozenset()

    def params(self) -> Params:
        """Return the kernel's parameters."""
        count = len(self.retraced or self.fallen or ())
        return self.Params(
            self.spike * 1.0, _stages(self.retraced), _stages(self.fallen), 1.0 / count
        )

    def start(self) -> Spike:
        """Return the memory of a new contract: no VIX seen."""
        return Spike(NAN, NAN, 0.0)

    @staticmethod
    def kernel(position: Position, memory: Spike, p: Params) -> tuple[Wish, Spike]:
        """Follow the top of VIX and count the stages that are due; none is ever undone."""
        vix, peak = position.vix, position.peak
        opened = select(known(memory.opened), memory.opened, vix)
        top = select(known(memory.top), maximum(vix, memory.top), vix)
        rise = top - opened
        back = _reached(top - vix, rise, p.retraced)
        lost = select(peak > 0.0, _reached(peak - position.value, peak, p.fallen), 0.0)
        due = select(rise >= p.spike, maximum(back, lost), 0.0)
        stages = maximum(memory.stages, due)
        return Wish(maximum(1.0 - p.share * stages, 0.0), STAY), Spike(opened, top, stages)
