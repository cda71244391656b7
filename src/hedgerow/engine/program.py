"""A program: one portfolio and the lines that hedge it, each a sleeve under a policy.

Shares, maximum shares and one cost budget bind the lines together (spec B8, B3).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from hedgerow.core.action import Action
from hedgerow.core.policy import Policy
from hedgerow.engine.broker import Execution
from hedgerow.engine.margining import MarginRule
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import no_delta_to_follow
from hedgerow.errors import PolicyError, RangeError, SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.scene import index_of
from hedgerow.instruments.sleeve import Sleeve

Fills = Literal["next", "close"]
Role = Literal["hedge", "book"]
SizedBy = Literal["", "book_vega"]

_NO_DELTA = {
    "vix_future": "a VIX future",
    "vix_future_constant": "a VIX future",
    "vix_call": "a VIX option",
    "vix_call_spread": "a VIX option",
    "vix_put": "a VIX option",
    "variance_swap": "a variance swap",
}
"""Kinds of sleeve that do not move with the index itself, in words."""


@dataclass(frozen=True)
class Line:
    """A sleeve under a policy, with its part of the program.

    Parameters
    ----------
    name
        Used in tables, orders and the ledger.
    sleeve
        What is traded.
    policy
        When and how much.
    share
        The policy's intensity is multiplied by it.
    max_share
        The line's part of the intensity of all lines together, before any is cut, is at most this
        (spec B8); what is over is cut, not given to others.
    offsets
        Name of the line whose delta this one trades against: its intensity 1.0 takes all of it
        out.  Empty for a line sized by its sleeve.  Neither the common budget nor ``max_share``
        binds such a line.
    actions
        What is done with a position that the policy alone would leave: monetise, restrike, ….
    role
        ``hedge``, or ``book``: a part of what is hedged, as sold condors are.  Neither the common
        budget nor ``max_share`` binds a book line, and its costs are not the hedge's.
    sized_by
        Empty: by its sleeve.  ``book_vega``: intensity 1.0 is the vega of the book lines, once
        their orders are filled, taken out: contracts are that vega over the vega of one unit,
        both in USD per vol point (of a VIX future per point of it).  A book that is long vega
        asks for none.

    Raises
    ------
    RangeError
        If a number is out of range, ``max_share`` is given with ``offsets``, or a book line takes
        another's delta or vega out.
    SleeveError, PolicyError
        If it has no sleeve, or no policy, or what is no action.
    """

    name: str
    sleeve: Sleeve
    policy: Policy
    share: float = 1.0
    max_share: float = 1.0
    offsets: str = ""
    actions: tuple[Action, ...] = ()
    role: Role = "hedge"
    sized_by: SizedBy = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name or not self.name.isprintable():
            raise RangeError(f"{self.name!r} is not a name", where="lines.name", mend="name it")
        if isinstance(self.sleeve, type) or not callable(getattr(self.sleeve, "roster", None)):
            raise SleeveError(
                f"{self.sleeve!r} is not a sleeve",
                where=f"line {self.name}, sleeve",
                mend="write hr.Put() or another sleeve",
            )
        if not isinstance(self.policy, Policy):
            text = isinstance(self.policy, str)
            raise PolicyError(
                f"{self.policy!r} is not a policy",
                where=f"line {self.name}, policy",
                mend=f"write hr.load_policy({self.policy!r})" if text else "write hr.Policy(…)",
            )
        if self.policy.follows_delta and not self.offsets:
            raise no_delta_to_follow(self.policy, f"line {self.name}, policy")
        _part(self.share, f"line {self.name}, share", 0.0, 10.0)
        _part(self.max_share, f"line {self.name}, max_share", 0.0, 1.0)
        if not isinstance(self.offsets, str):
            raise RangeError(
                f"{self.offsets!r} is not the name of a line",
                where=f"line {self.name}, offsets",
                mend='write the name of a line: offsets="puts"',
            )
        if self.offsets and self.max_share < 1.0:
            raise RangeError(
                "a line that takes a delta out is bound by no maximum share",
                where=f"line {self.name}, max_share",
                mend="leave it out; share = 0.5 takes half of the delta out",
            )
        self._check_role()
        where = f"line {self.name}, actions"
        object.__setattr__(self, "actions", _listed(self.actions, where, "hr.Monetise()"))
        for action in self.actions:
            if isinstance(action, type) or not isinstance(action, Action):
                raise PolicyError(
                    f"{action!r} is not an action",
                    where=where,
                    mend="write [hr.Monetise()] or another action",
                )

    def _check_role(self) -> None:
        """Refuse a role, or a way to be sized, that there is not, or that do not fit."""
        for name, known in (("role", get_args(Role)), ("sized_by", get_args(SizedBy))):
            given = getattr(self, name)
            if given not in known:
                raise RangeError(
                    f"{given!r} is none",
                    where=f"line {self.name}, {name}",
                    mend=f"use one of: {', '.join(repr(one) for one in known)}",
                )
        if self.role == "book" and (self.offsets or self.sized_by):
            raise RangeError(
                "a line of the book hedges nothing itself",
                where=f"line {self.name}, {'offsets' if self.offsets else 'sized_by'}",
                mend='leave it out, or make it a hedge: role = "hedge"',
            )
        if self.sized_by and self.offsets:
            raise RangeError(
                "a line takes out a delta or a vega, not both",
                where=f"line {self.name}, sized_by",
                mend="leave sized_by or offsets out",
            )


@dataclass(frozen=True)
class Program:
    """Everything that a run of the event engine is made of, but the market.

    Parameters
    ----------
    lines
        At least one; orders and records name them.
    name, title, source
        What it is called, in a word and in a sentence, and where it was published.
    portfolio
        What is hedged.
    budget
        Most that all lines together may cost a year, as a part of NAV (spec B3); None: no limit.
    fills
        ``next``: orders decided at a close are filled at the next session's; ``close``: at the
        very close that decides them, as published indices are calculated.
    execution, costs, margin
        How orders are filled, what trading costs, and what is done when margin lacks.

    Raises
    ------
    RangeError
        If a number is out of range, a name is used twice, or ``offsets`` names no other line
        that has a delta on the same index.
    PolicyError, SleeveError
        If a field is of another kind than it must be.

    Examples
    --------
    >>> import hedgerow as hr
    >>> policy = hr.Policy(signals=[hr.Level("vix")], steps=[hr.Linear("vix", low=12, high=22)])
    >>> program = hr.Program([hr.Line("puts", hr.Put(), policy)], name="demo", budget=0.02)
    >>> program.line("puts").sleeve.name
    'put-90d-0.9'
    """

    lines: Sequence[Line]
    name: str = "program"
    title: str = ""
    source: str = ""
    portfolio: Equity = field(default_factory=Equity)
    budget: float | None = None
    fills: Fills = "next"
    execution: Execution = field(default_factory=Execution)
    costs: Costs = field(default_factory=Costs)
    margin: MarginRule = field(default_factory=MarginRule)

    def __post_init__(self) -> None:
        lines = _listed(self.lines, "lines", "hr.Line(name, sleeve, policy)")
        object.__setattr__(self, "lines", lines)
        if not self.lines:
            raise RangeError("the program has no lines", where="lines", mend="give one or more")
        for i, line in enumerate(self.lines):
            if not isinstance(line, Line):
                raise RangeError(
                    f"{line!r} is not a line",
                    where=f"lines[{i}]",
                    mend="write hr.Line(name, sleeve, policy)",
                )
        names = [line.name for line in self.lines]
        for i, line in enumerate(self.lines):
            if line.name in names[:i]:
                raise RangeError(
                    f"two lines are called '{line.name}'",
                    where=f"lines[{i}].name",
                    mend="give one of them another name",
                )
            if line.offsets:
                self._check_offsets(line, f"lines[{i}].offsets")
            if line.sized_by and not any(other.role == "book" for other in self.lines):
                raise RangeError(
                    "there is no book whose vega could be taken out",
                    where=f"lines[{i}].sized_by",
                    mend='give a line role = "book", or leave sized_by out',
                )
        for name in ("name", "title", "source"):
            if not isinstance(getattr(self, name), str):
                raise RangeError(
                    f"{getattr(self, name)!r} is not a text", where=name, mend="put it in quotes"
                )
        for name, kind, call in (
            ("portfolio", Equity, "hr.Equity(10_000_000)"),
            ("execution", Execution, 'hr.Execution(order="limit")'),
            ("costs", Costs, "hr.Costs.none() for none, hr.Costs() for the usual ones"),
            ("margin", MarginRule, "hr.MarginRule(limit=0.25)"),
        ):
            if not isinstance(getattr(self, name), kind):
                raise RangeError(
                    f"{getattr(self, name)!r} is no {kind.__name__}",
                    where=name,
                    mend=f"write {call}",
                )
        if self.budget is not None:
            _part(self.budget, "budget.per_year", 1e-6, 1.0)
        if self.fills not in ("next", "close"):
            raise RangeError(f"{self.fills!r} is not a fill", where="fills", mend="next or close")

    def _check_offsets(self, line: Line, where: str) -> None:
        """Refuse a line that takes no delta out, or has none to take."""
        others = {o.name: o for o in self.lines if o.name != line.name and not o.offsets}
        if line.offsets not in others:
            chained = line.offsets in {o.name for o in self.lines} - {line.name}
            raise RangeError(
                f"'{line.offsets}' offsets a line itself"
                if chained
                else f"'{line.offsets}' is no other line",
                where=where,
                mend=f"use one of: {', '.join(others) or 'none yet'}",
            )
        other = others[line.offsets]
        for sleeve, mend in (
            (line.sleeve, "use underlying, or an option on the index"),
            (other.sleeve, "name a line of options on the index"),
        ):
            words = _NO_DELTA.get(sleeve.kind)
            if words is not None:
                raise RangeError(f"{words} has no delta on the index", where=where, mend=mend)
        theirs, ours = index_of(other.sleeve), index_of(line.sleeve)
        if theirs != ours:
            raise RangeError(
                f"'{line.offsets}' is written on {theirs}, not on {ours}",
                where=where,
                mend=f"give the sleeve index = '{theirs}'",
            )

    @property
    def lag(self) -> int:
        """Sessions from decision to fill."""
        return 1 if self.fills == "next" else 0

    @property
    def lookback(self) -> int:
        """Sessions of history that the signals need before the first decision."""
        return max(line.policy.lookback for line in self.lines)

    def line(self, name: str) -> Line:
        """Return the line of a name."""
        return next(line for line in self.lines if line.name == name)


def _listed(given: Any, where: str, item: str) -> tuple[Any, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise RangeError(f"{given!r} is not a list", where=where, mend=f"write [{item}]")
    return tuple(given)


def _part(value: Any, where: str, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not low <= value <= high:
        raise RangeError(
            f"{value!r} is out of range" if number else f"{value!r} is not a number",
            where=where,
            mend=f"give a number in {low:g} … {high:g}",
        )
