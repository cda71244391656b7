"""A policy: signals and steps, written once, run in every carriage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from hedgerow.core.book import View
from hedgerow.core.numeric import Num
from hedgerow.core.step import STEPS, Signal, Stage, Step
from hedgerow.errors import PolicyError


class Decision(NamedTuple):
    """What a policy wants, what it remembers, and why."""

    x: Num
    """Intensity after the last step, in multiples of the base size."""
    act: Num
    """0.0 keeps the book, 1.0 trades."""
    memory: tuple[Any, ...]
    """Memory of each step after this bar: store it, and a restart is a replay."""
    trace: tuple[Num, ...]
    """Intensity after each step: the *why*."""


@dataclass(frozen=True)
class Policy:
    """Signals and steps; reads like a sentence.

    Parameters
    ----------
    steps
        One rule first, then overlays in the order of :class:`~hedgerow.core.step.Stage`,
        a trigger (if any) last.
    signals
        The signals that the steps name.
    name
        Used in tables, files and reports.
    raw
        A policy without ``Bounds`` gets the default floor 0.2 and cap 2.0 (spec B1, B2)
        unless ``raw`` is true.

    Raises
    ------
    PolicyError
        If a step names an unknown signal or stands in the wrong place.

    Examples
    --------
    >>> import hedgerow as hr
    >>> policy = hr.Policy(
    ...     signals=[hr.Level("vix")],
    ...     steps=[hr.Linear("vix", low=12, high=22), hr.Bounds(floor=0.2, cap=2.0)],
    ... )
    >>> [step.kind for step in policy.steps]
    ['linear', 'bounds']
    """

    steps: Sequence[Step]
    signals: Sequence[Signal] = ()
    name: str = "policy"
    raw: bool = False

    def __post_init__(self) -> None:
        steps = _members(self.steps, Step, "steps", "hr.Linear(low=12, high=22)")
        signals = _members(self.signals, Signal, "signals", 'hr.Level("vix")')
        object.__setattr__(self, "signals", signals)
        object.__setattr__(self, "steps", steps)
        # All checks come first, so that they count the steps as the user wrote them.
        _check_rule(steps)
        _check_order(steps)
        self._check_signals()
        if not self.raw and not any(step.stage == Stage.BOUNDS for step in steps):
            if "bounds" not in STEPS:
                raise PolicyError(
                    "the catalogue of steps is empty",
                    where="policy",
                    mend="import hedgerow, or hedgerow.policies, first",
                )
            before = [step for step in steps if step.stage < Stage.BOUNDS]
            after = steps[len(before) :]
            object.__setattr__(self, "steps", (*before, STEPS["bounds"](), *after))

    @classmethod
    def from_toml(cls, text: str) -> Policy:
        """Make a policy from TOML text; :mod:`hedgerow.core.policy_text` tells the form.

        Raises
        ------
        PolicyError
            If anything is misspelt, out of range or out of order.
        """
        from hedgerow.core.policy_text import read

        if not isinstance(text, str):
            raise PolicyError(
                f"{_named(text)} is not a text",
                where="policy",
                mend="give the text of a policy file, or read a file with hr.load_policy(path)",
            )
        return read(text)

    def to_toml(self) -> str:
        """Return the policy as TOML text that :meth:`from_toml` reads back to an equal one."""
        from hedgerow.core.policy_text import write

        return write(self)

    def _check_signals(self) -> None:
        names = [signal.name for signal in self.signals]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise PolicyError(
                    f"two signals are called '{name}'",
                    where=f"signals[{i}]",
                    mend="remove one, or give it another name",
                )
        for i, step in enumerate(self.steps):
            for name in step.inputs:
                if name not in names:
                    raise PolicyError(
                        f"names the signal '{name}', which the policy does not have",
                        where=f"steps[{i}].{_field_of(step, name)}",
                        mend=f"add it to signals, or use one of: {', '.join(names) or 'none'}",
                    )

    @cached_property
    def wiring(self) -> tuple[tuple[int, ...], ...]:
        """For each step, the positions of its inputs among the signals."""
        names = [signal.name for signal in self.signals]
        return tuple(tuple(names.index(name) for name in step.inputs) for step in self.steps)

    @property
    def lookback(self) -> int:
        """Sessions of history that the signals need before the first decision."""
        return max((signal.lookback for signal in self.signals), default=1)

    @property
    def reach(self) -> int:
        """Sessions that a decision looks at itself: what a fit was made from is left out.

        A rule fitted to the training part may be judged on the test part; sessions that both
        parts look at must lie between them (spec D1).
        """
        reaches = (int(getattr(signal, "reach", signal.lookback)) for signal in self.signals)
        return max(reaches, default=1)

    @property
    def trigger(self) -> Step | None:
        """The trigger, if the policy has one; without it every bar rebalances."""
        last = self.steps[-1]
        return last if last.stage == Stage.TRIGGER else None

    @property
    def follows_delta(self) -> bool:
        """Whether a step looks at the delta of another line, which a line without one lacks."""
        return any(getattr(step, "follows_delta", False) for step in self.steps)

    def params(self) -> tuple[Any, ...]:
        """Return the parameters of each step as its kernel wants them."""
        return tuple(step.params() for step in self.steps)

    def start(self) -> tuple[Any, ...]:
        """Return the memory of each step before the first bar."""
        return tuple(step.start() for step in self.steps)

    def decide(self, view: View, memory: tuple[Any, ...], params: tuple[Any, ...]) -> Decision:
        """Run every step once.

        Parameters
        ----------
        view
            What is known: all signals of the policy in order, the book, the bar's terms.
            Each value a float, or one per lane, **shape** (lanes,).
        memory
            What :meth:`start` or the last decision returned.
        params
            What :meth:`params` returned, or the same with one value per lane.
        """
        x: Num = 0.0
        act: Num = 1.0
        kept: list[Any] = []
        trace: list[Num] = []
        for step, wires, mine, p in zip(self.steps, self.wiring, memory, params, strict=True):
            seen = View(tuple([view.signals[i] for i in wires]), view.book, view.bar)
            x, mine_ = step.kernel(x, seen, mine, p)
            if step.stage == Stage.TRIGGER:
                act = mine_.fired
            kept.append(mine_)
            trace.append(x)
        return Decision(x, act, tuple(kept), tuple(trace))


def _field_of(step: Step, name: str) -> str:
    """Return the field of a step in which a signal is named."""
    fields = getattr(step, "__dataclass_fields__", {})
    return next((field for field in fields if getattr(step, field) == name), "signal")


def _members(given: Any, protocol: type[Any], where: str, example: str) -> tuple[Any, ...]:
    noun = where.removesuffix("s")
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise PolicyError(
            f"{_named(given)} is not a list of {where}", where=where, mend=f"write [{example}]"
        )
    members = tuple(given)
    for i, member in enumerate(members):
        if isinstance(member, type):
            raise PolicyError(
                f"'{member.__name__}' is the class, not a {noun} made from it",
                where=f"{where}[{i}]",
                mend=f"write {member.__name__}(…)",
            )
        if not isinstance(member, protocol):
            raise PolicyError(
                f"{_named(member)} is not a {noun}",
                where=f"{where}[{i}]",
                mend=f"write one such as {example}",
            )
    return members


def _named(value: Any) -> str:
    plain = isinstance(value, str | int | float)
    return repr(value) if plain else f"an object of type {type(value).__name__}"


def _check_rule(steps: tuple[Step, ...]) -> None:
    if not steps:
        raise PolicyError("the policy has no steps", where="steps", mend="start with a rule")
    if steps[0].stage != Stage.RULE:
        raise PolicyError(
            f"'{steps[0].kind}' cannot come first",
            where="steps[0]",
            mend="start with a rule such as 'linear', 'tiers' or 'constant'",
        )


def _check_order(steps: tuple[Step, ...]) -> None:
    for i, (before, after) in enumerate(pairwise(steps), start=1):
        where = f"steps[{i}]"
        if after.stage == Stage.RULE:
            raise PolicyError(
                f"'{after.kind}' is a second rule", where=where, mend="keep one rule, first"
            )
        if before.stage == Stage.TRIGGER:
            raise PolicyError(
                f"'{after.kind}' stands after the trigger",
                where=where,
                mend="move the trigger to the end",
            )
        if after.stage < before.stage:
            raise PolicyError(
                f"'{after.kind}' stands after '{before.kind}'",
                where=where,
                mend=f"keep the order {', '.join(stage.name.lower() for stage in Stage)}",
            )
        if after.stage == before.stage:
            raise PolicyError(
                f"'{after.kind}' appears twice in the stage {after.stage.name.lower()}",
                where=where,
                mend="keep one of them",
            )
