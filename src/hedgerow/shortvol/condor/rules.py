"""The rules of a book of iron condors: entry, management, size; and their file.

A file to start from is ``starter.toml`` beside this module.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from hedgerow.core.action import Action
from hedgerow.core.policy_text import OFF, actions_from_tables, make, parse
from hedgerow.engine.broker import Execution
from hedgerow.engine.margining import MarginRule
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program_text import costs_of, known_keys, made, table_of
from hedgerow.errors import PolicyError, RangeError, SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Condor
from hedgerow.instruments.rolls import SHORTEST, WEEKDAYS, WEEKLY
from hedgerow.instruments.sizes import MaxLoss
from hedgerow.policies.hurdle import Hurdle
from hedgerow.policies.managing import LeaveBefore, StopLoss, TakeProfit
from hedgerow.shortvol.gates import COLUMN, SPREAD

MANAGEMENT = {
    "take_profit": "part",
    "stop_loss": "multiple",
    "leave_before": "days",
    "roll_tested": "delta",
}
"""Actions that a seller manages by, in the order in which they act, and their one number."""

USUAL: tuple[Action, ...] = (TakeProfit(), StopLoss(), LeaveBefore())

_ENTRY = (
    *("short_delta", "wing_delta", "wing_width", "dte", "weekday", "weeks", "rungs"),
    *("strike_step", "index"),
)
_TABLES = ("entry", "management", "gates", "size", "portfolio", "costs", "margin", "execution")


@dataclass(frozen=True)
class CondorRules:
    """When condors are sold, how many, and when they are bought back.

    Parameters
    ----------
    short_delta, wing_delta
        Deltas, without sign, of the options sold and of the wings bought.
    wing_width
        Points from the one to the other instead of the wings' delta.
    dte
        Calendar days to expiry when decided; the first weekly expiry from then on is sold.
    weekday
        On which a sale is decided, ``mon`` … ``fri``; it is filled at the next close.
    weeks, rungs
        Each of so many rungs sells a condor every ``weeks`` weeks, the rungs evenly spaced.
    strike_step, index
        As for :class:`~hedgerow.instruments.options.Condor`.
    management
        Actions, in the order in which they act.
    hurdle
        The gate on new condors, on the column ``stressed_irr`` (H14); None for none.
    max_loss
        Part of NAV that all rungs together can lose, each condor held to the worst expiry.
    portfolio
        In bills alone by default.
    costs, margin, execution
        As for :class:`~hedgerow.engine.program.Program`.
    name
        Of the program.

    Raises
    ------
    HedgerowError
        If a field is out of range, or fields do not fit; names it as the file does.

    Examples
    --------
    >>> rules = CondorRules(short_delta=0.16, dte=45, weekday="wed", weeks=4, rungs=2)
    >>> [rules.roll(rung) for rung in range(rules.rungs)]
    ['4w@wed', '4w@wed+2']
    """

    short_delta: float = 0.16
    wing_delta: float = 0.05
    wing_width: float | None = None
    dte: int = 45
    weekday: str = "wed"
    weeks: int = 5
    rungs: int = 5
    strike_step: float | None = 5.0
    index: str = "spx"
    management: tuple[Action, ...] = USUAL
    hurdle: Hurdle | None = None
    max_loss: float = 0.10
    portfolio: Equity = field(default_factory=lambda: Equity(equity_share=0.0))
    costs: Costs = field(default_factory=Costs)
    margin: MarginRule = field(default_factory=MarginRule)
    execution: Execution = field(default_factory=Execution)
    name: str = "condors"

    def __post_init__(self) -> None:
        for name, low, high in (("dte", SHORTEST, 730), ("weeks", 1, 52), ("rungs", 1, 52)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise RangeError(
                    f"{value!r} is out of range",
                    where=f"entry.{name}",
                    mend=f"give a whole number {low} … {high}",
                )
        if self.weekday not in WEEKDAYS:
            raise RangeError(
                f"{self.weekday!r} is no weekday",
                where="entry.weekday",
                mend=f"use one of: {', '.join(WEEKDAYS)}",
            )
        if self.weeks % self.rungs:
            raise RangeError(
                f"{self.rungs} rungs cannot be spaced evenly over {self.weeks} weeks",
                where="entry.rungs",
                mend="give a number that divides weeks",
            )
        if self.hurdle is not None and not isinstance(self.hurdle, Hurdle):
            raise RangeError(
                f"{self.hurdle!r} is no hurdle",
                where="gates.hurdle",
                mend='write hr.Hurdle(against="rate", spread=0.05)',
            )
        number = isinstance(self.max_loss, int | float) and not isinstance(self.max_loss, bool)
        if not number or not math.isfinite(self.max_loss) or not 0.0 < self.max_loss <= 1.0:
            raise RangeError(
                f"{self.max_loss!r} is not a part of NAV that can be lost",
                where="size.max_loss",
                mend="write 10 % as 0.1",
            )
        if not isinstance(self.name, str) or not self.name.isprintable() or not self.name:
            raise RangeError(f"{self.name!r} is not a name", where="name", mend="name it")
        object.__setattr__(self, "management", tuple(self.management))
        try:
            self.sleeve(0)
        except SleeveError as error:
            raise SleeveError(error.what, where=f"entry.{error.where}", mend=error.mend) from None

    def roll(self, rung: int) -> str:
        """Return when a rung sells, in the words of a sleeve's ``roll``."""
        phase = rung * self.weeks // self.rungs
        return f"{self.weeks}w@{self.weekday}" + (f"+{phase}" if phase else "")

    def sleeve(self, rung: int) -> Condor:
        """Return what a rung sells."""
        return Condor(
            self.short_delta,
            self.wing_delta,
            self.wing_width,
            tenor=f"{self.dte}d",
            roll=self.roll(rung),
            listed=WEEKLY,
            strike_step=self.strike_step,
            index=self.index,
            size=MaxLoss(self.max_loss / self.rungs),
        )

    @classmethod
    def from_toml(cls, text: str) -> CondorRules:
        """Make rules from the text of a file, which may leave anything out.

        Raises
        ------
        HedgerowError
            If it is no TOML, or a key or a number is wrong; names the field.

        Examples
        --------
        >>> rules = CondorRules.from_toml('''
        ... [entry]
        ... short_delta = 0.10
        ... wing_width = 50
        ... [management]
        ... stop_loss = "off"
        ... ''')
        >>> rules.sleeve(0).name, [action.kind for action in rules.management]
        ('condor-45d-10delta-50wide-short', ['take_profit', 'leave_before'])
        """
        table = parse(text, "condor rules")
        known_keys(table, ("name", *_TABLES), "")
        entry, size = table_of(table, "entry"), table_of(table, "size")
        known_keys(entry, _ENTRY, "entry")
        known_keys(size, ("max_loss",), "size")
        portfolio = {"equity_share": 0.0, **table_of(table, "portfolio")}
        # each class checks its own fields; those left out are its defaults
        return cls(
            **entry,
            **size,
            **({"name": table["name"]} if "name" in table else {}),
            management=managed(table_of(table, "management")),
            hurdle=hurdle_of(table_of(table, "gates")),
            portfolio=made(Equity, portfolio, "portfolio"),
            costs=costs_of(table),
            margin=made(MarginRule, table_of(table, "margin"), "margin"),
            execution=made(Execution, table_of(table, "execution"), "execution"),
        )


def managed(table: Mapping[str, Any]) -> tuple[Action, ...]:
    """Return the actions that ``[management]`` asks for: those of `USUAL` where it is silent.

    Raises
    ------
    HedgerowError
        If a key is none of `MANAGEMENT`, or a number out of range; names it.

    Examples
    --------
    >>> managed({"take_profit": "off", "stop_loss": 3, "roll_tested": {"expiry": "same"}})[0]
    StopLoss(multiple=3.0)
    """
    known_keys(table, MANAGEMENT, "management")
    usual = {action.kind: action for action in USUAL}
    actions: list[Action] = []
    for kind, field_ in MANAGEMENT.items():
        given = table.get(kind)
        if given is None or given == "off":
            if given is None and kind in usual:
                actions.append(usual[kind])
            continue
        terms = given if isinstance(given, Mapping) else {field_: given}
        where = f"management.{kind}"
        try:
            actions += actions_from_tables([{**terms, "kind": kind}], where)
        except PolicyError as error:  # there is one of each, so no number
            place = str(error.where).replace(f"{where}[0]", where)
            raise PolicyError(error.what, where=place, mend=error.mend) from None
    return tuple(actions)


def hurdle_of(table: Mapping[str, Any]) -> Hurdle | None:
    """Return the gate on new condors that ``[gates]`` asks for; None where it is silent or "off".

    Raises
    ------
    PolicyError
        If a key is unknown or a number out of range; names it.

    Examples
    --------
    >>> hurdle_of({"hurdle": {"spread": 0.10}}).against
    'rate'
    >>> hurdle_of({"hurdle": {"against": "wacc"}}).spread
    0.0
    """
    known_keys(table, ("hurdle",), "gates")
    given = table.get("hurdle", OFF)
    if given == OFF:
        return None
    if not isinstance(given, Mapping):
        raise PolicyError(
            f"{given!r} is no table", where="gates.hurdle", mend='write { spread = 0.05 }, or "off"'
        )
    known_keys(given, ("against", "spread", "band", "part"), "gates.hurdle")
    usual = {} if "against" in given else {"against": "rate", "spread": SPREAD}
    gate: Hurdle = make(Hurdle, {"signal": COLUMN, **usual, **given}, "gates.hurdle")
    return gate


def starter() -> str:
    """Return a file of rules to start from.

    Examples
    --------
    >>> CondorRules.from_toml(starter()) == CondorRules(name="weekly-condors")
    True
    """
    return files("hedgerow.shortvol.condor").joinpath("starter.toml").read_text(encoding="utf-8")
