"""Actions: what is done with a position because of what became of it, and their catalogue.

A policy decides how much; its steps never see a strike or what was paid.  An **action** sees one
line's position and wishes for something beside the decision: to keep only a part of it, or to
change the contract before its scheduled roll.  That depends on the book, so actions live in the
event engine alone and no sweep knows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

from hedgerow.core.numeric import Num, select
from hedgerow.core.step import plain_spoken
from hedgerow.errors import PolicyError

STAY, RESTRIKE, NEW_STRIKE, NEW_EXPIRY = 0.0, 1.0, 2.0, 3.0
"""Values of `Wish.renew`: no; a new strike and expiry; the same expiry; the same strike."""


NEEDS = {
    "strike": "a strike to compare with the index",
    "delta": "a delta",
    "gamma": "a gamma to the index",
    "same expiry": "another strike of the same expiry",
    "same strike": "another expiry of the same strike",
}
"""What actions may need of a sleeve, and how that is said."""


class Position(NamedTuple):
    """What a line holds after the fills of a bar; each a float, or **shape** (lanes,).

    A unit is what an intensity counts: the sleeve's contracts of one package.
    """

    units: Num
    """Units held; positive, also where the sleeve sells its contracts."""
    value: Num
    """USD per unit now, negative for what was sold."""
    paid: Num
    """USD per unit, average of what was paid; negative for what was received."""
    peak: Num
    """USD per unit, highest value since it was bought."""
    days_held: Num
    """Calendar days since the contract was first bought."""
    days_left: Num
    """Calendar days until it expires."""
    moneyness: Num
    """Strike of its first leg over ``spot``; NaN where it has none."""
    delta: Num
    """Of the options of a unit, to what they are written on: about -0.25 for one 25-delta put."""
    spot: Num
    """Points of what they are written on: the index, or the VIX future of their expiry."""
    vix: Num
    """Points."""
    gamma: Num
    """Change of `delta` per index point."""
    theta: Num
    """USD per unit and calendar day, negative for what decays."""
    room: Num = float("nan")
    """Part of ``spot`` between it and the nearest strike that was sold: 0.03 is 3 %, below 0
    beyond it; NaN where none was."""


class Wish(NamedTuple):
    """What an action asks for."""

    keep: Num
    """Part of the policy's target that stays until the next scheduled roll, 0 … 1."""
    renew: Num
    """0 no; 1 new strike and expiry; 2 same expiry, new strike; 3 same strike, later expiry."""


@runtime_checkable
class Action(Protocol):
    """Frozen parameters and one pure kernel.

    ``kernel(position, memory, p)`` returns the wish and the new memory.  It is written like a
    step's kernel (:class:`~hedgerow.core.step.Step`): with select and friends, never ``if``.
    Its memory starts anew with each contract; while the contract is held, its ``keep`` never
    rises again.
    """

    kind: ClassVar[str]

    @property
    def needs(self) -> frozenset[str]:
        """What the sleeve must have for it: words of `NEEDS`."""

    def params(self) -> NamedTuple:
        """Parameters for the kernel."""

    def start(self) -> NamedTuple:
        """Memory when a contract is new, all floats."""

    @staticmethod
    def kernel(position: Position, memory: Any, p: Any) -> tuple[Wish, Any]:
        """Advance one bar."""


ACTIONS: dict[str, type[Any]] = {}

T = TypeVar("T")


def action(cls: type[T]) -> type[T]:
    """Register an action class under its ``kind`` so that files can name it.

    Raises
    ------
    PolicyError
        If the class lacks a part of the :class:`Action` protocol.
    """
    for part in ("kind", "needs", "params", "start", "kernel"):
        if not hasattr(cls, part):
            raise PolicyError(f"the action class lacks '{part}'", where=cls.__name__)
    # T is any class: the loop above has seen its `kind`
    ACTIONS[cls.kind] = plain_spoken(cls)  # type: ignore[attr-defined]
    return cls


def start(actions: Sequence[Action]) -> tuple[Any, ...]:
    """Return the memory of each action when a contract is new."""
    return tuple(one.start() for one in actions)


def resolve(
    position: Position, actions: Sequence[Action], memories: Sequence[Any], *, kept: Num = 1.0
) -> tuple[Wish, tuple[Any, ...], tuple[Wish, ...]]:
    """Ask every action once and make one wish of theirs.

    Each action takes its part of what those before it leave, so their ``keep`` multiply; the
    first that wants to renew says how.  Nothing is renewed of which nothing is kept.

    Parameters
    ----------
    position
        What is held, each value a float or **shape** (lanes,).
    actions
        In the order in which they act.
    memories
        What :func:`start` or the last call returned.
    kept
        Part of the target that was left when an action renewed the contract, 1.0 after a
        scheduled roll: what has been sold stays sold until then.

    Returns
    -------
    wish, memories, trace
        The wish of all; the memory of each action after this bar; the wish of each.  After a
        renewal call :func:`start`, and hand the wish's ``keep`` over as ``kept``.

    Examples
    --------
    >>> from hedgerow.policies.actions import Monetise, Restrike
    >>> actions = [Monetise(multiple=3.0, part=0.5), Restrike(drift=0.08)]
    >>> bought = Position(10, 400.0, 400.0, 400.0, 0, 90, 0.90, -0.2, 5000, 15, 0.0005, -5.0)
    >>> wish, memories, _ = resolve(bought, actions, start(actions))
    >>> wish
    Wish(keep=1.0, renew=0.0)
    >>> fallen = bought._replace(value=1300.0, peak=1300.0, days_held=9, moneyness=0.99)
    >>> wish, memories, trace = resolve(fallen, actions, memories)
    >>> wish, trace[0]
    (Wish(keep=0.5, renew=1.0), Wish(keep=0.5, renew=0.0))
    """
    keep, renew = kept, STAY
    after: list[Any] = []
    trace: list[Wish] = []
    for one, memory in zip(actions, memories, strict=True):
        wish, memory_ = one.kernel(position, memory, one.params())
        keep = keep * wish.keep
        renew = select(renew > STAY, renew, wish.renew)
        after.append(memory_)
        trace.append(wish)
    return Wish(keep, select(keep > 0.0, renew, STAY)), tuple(after), tuple(trace)
