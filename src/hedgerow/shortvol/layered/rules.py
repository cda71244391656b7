"""All parameters of the layered hedge in one TOML, and the lines that they make (spec H3 … H16).

A key of the file is a field of a step, a signal or of :class:`Instruments`, whose ranges are the
spec's and are enforced there; :data:`SECTIONS` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass as plain_dataclass
from dataclasses import field, fields, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.policy import Policy
from hedgerow.core.policy_text import OFF, make, parse
from hedgerow.core.step import Step, plain_spoken
from hedgerow.engine.program import Line
from hedgerow.errors import PolicyError, nearest
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.vix_options import VixCall, VixCallSpread
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.files import parsed
from hedgerow.policies.layered import Layered
from hedgerow.policies.layered_beside import LayeredTrade, SecondEngine, VegaBeta
from hedgerow.policies.overlays import Budget
from hedgerow.policies.signals import STRICT
from hedgerow.policies.timing import ExecutionWindow

Days = Annotated[int, Field(ge=0, le=25)]
Months = Annotated[int, Field(ge=1, le=6)]
Moneyness = Annotated[float, Field(gt=0.5, le=5.0)]

LONGEST = {"first": 90, "last": 60}
"""Minutes of the longest windows of execution (H10)."""
WHOLE = 1.0
"""Vega of all layers together that takes out that of the book; a steward holds no more (H16)."""


@plain_spoken
@dataclass(frozen=True, config=STRICT)
class Instruments:
    """What the layers are traded in.

    Parameters
    ----------
    months
        Rank of the VIX future, 1 the front.
    roll_before
        Calendar days before settlement by which futures and options are rolled (H8).
    hold_through_settlement
        Hold them to settlement instead; ``roll_before`` is then 0.
    delta
        Delta of the VIX calls of the layer of events.
    sleeve
        What the second engine holds: VIX call spreads or VIX futures.
    lower
        Strike of the spread's bought call over the future.
    upper
        Strike of its sold call.
    engine_months
        Rank of the contract that the second engine holds.
    """

    months: Months = 1
    roll_before: Days = 5
    hold_through_settlement: bool = False
    delta: Annotated[float, Field(ge=0.05, le=0.95)] = 0.30
    sleeve: Literal["call_spread", "future"] = "call_spread"
    lower: Moneyness = 1.25
    upper: Moneyness = 1.75
    engine_months: Months = 2
    kind: ClassVar[str] = "instruments"

    @model_validator(mode="after")
    def _leaves(self) -> Instruments:
        if self.roll_before < 1 and not self.hold_through_settlement:
            raise ValueError(
                "roll_before: 0 holds to settlement, which hold_through_settlement must allow"
            )
        if self.roll_before > 0 and self.hold_through_settlement:
            raise ValueError("roll_before: a hedge held through settlement has 0")
        if self.upper <= self.lower:
            raise ValueError("lower, upper: the second must be greater")
        return self


@plain_dataclass(frozen=True)
class LayeredRules:
    """The layered hedge of a short-volatility book: every parameter of it.

    Parameters
    ----------
    rule
        The state machine.
    beta
        β of the book's implied volatility to the VIX future.
    window
        When orders may be sent.
    trade
        What is worth an order; its window and its limits are those of ``window`` and ``rule``.
    engine
        The second engine; None for none.
    budget
        Of the second engine.
    instruments
        What is traded.

    Raises
    ------
    PolicyError
        If a parameter is out of the spec's range, or two do not fit; the field is named as in the
        file.

    Examples
    --------
    >>> rules = LayeredRules()
    >>> rules.rule.first, [line.name for line in lines(rules)]
    (0.3, ['vx'])
    >>> LayeredRules.from_toml(rules.to_toml()) == rules
    True
    """

    rule: Layered = field(default_factory=lambda: Layered(calls=0.0))
    beta: VegaBeta = field(default_factory=VegaBeta)
    window: ExecutionWindow = field(default_factory=ExecutionWindow)
    trade: LayeredTrade = field(default_factory=LayeredTrade)
    engine: SecondEngine | None = None
    budget: Budget = field(default_factory=lambda: Budget(per_year=0.005))
    instruments: Instruments = field(default_factory=Instruments)

    def __post_init__(self) -> None:
        for name, most in LONGEST.items():
            if (minutes := getattr(self.window, name)) > most:
                raise PolicyError(
                    f"{minutes} is greater than {most}",
                    where=f"windows.{name}",
                    mend=f"write at most {most}",
                )
        if self.rule.layer != "futures":
            raise PolicyError(
                "the rules are those of the main layer", where="rule.layer", mend="leave it out"
            )
        if self.rule.calls > 0.0 and self.rule.events is None:
            raise PolicyError(
                "the layer of calls has no events",
                where="signals.events",
                mend='name a signal such as "events_2", or write calls = 0 in [events]',
            )
        self._check_signals()
        level = 0.0 if self.engine is None else self.engine.level
        together = self.rule.h_high + self.rule.calls + level
        if self.rule.mode == "steward" and together > WHOLE + 1e-9:
            raise PolicyError(
                f"all layers together hold {together:g} of the book's vega, a steward 1 at most",
                where="size.h_high, events.calls, second_engine.level",
                mend='lower one of them, or write mode = "promoter" in [mode]',
            )
        trade = replace(
            self.trade,
            signal=self.window.name,
            day_loss=self.rule.day_loss,
            drawdown=self.rule.drawdown,
        )
        object.__setattr__(self, "trade", trade)

    def _check_signals(self) -> None:
        """Refuse a name that a signal would be given by another name."""
        for section, keys in SECTIONS.items():
            for key, (part, name) in keys.items():
                word = getattr(getattr(self, part), name, None)
                if isinstance(word, str) and word in getattr(getattr(self, part), "inputs", ()):
                    made = signal_named(word).name
                    if made != word:
                        raise PolicyError(
                            f"there is no signal '{word}'",
                            where=f"{section}.{key}",
                            mend=f"did you mean '{made}'?",
                        )

    @classmethod
    def from_toml(cls, text: str) -> LayeredRules:
        """Make the rules from TOML text; a key that is left out keeps its default.

        Raises
        ------
        PolicyError
            If anything is misspelt, out of range or does not fit; the field is named.
        """
        table = parse(text, "layered hedge")
        _known(table, tuple(SECTIONS), "")
        for section, keys in SECTIONS.items():
            part = table.get(section, {})
            if not isinstance(part, dict):
                raise PolicyError("must be a table", where=section, mend=f"head it [{section}]")
            switch = ("on",) if section == "second_engine" else ()
            _known(part, (*keys, *switch), section)
        made = {part: _made(part, default, table) for part, default in _defaults().items()}
        on = table.get("second_engine", {}).get("on", False)
        if not isinstance(on, bool):
            raise PolicyError(
                f"{on!r} is not true or false", where="second_engine.on", mend="write true or false"
            )
        return cls(**(made if on else made | {"engine": None}))

    @classmethod
    def from_file(cls, path: str | Path) -> LayeredRules:
        """Read a file of rules.

        Raises
        ------
        PolicyError
            As `from_toml`, and if there is no such file; the file is named.
        """
        return parsed(path, cls.from_toml, "rules", "hedgerow alvh new --out FILE")

    def to_toml(self) -> str:
        """Return the rules as TOML, every parameter explicit; `from_toml` reads an equal one."""
        import tomlkit

        parts = {item.name: getattr(self, item.name) for item in fields(self)}
        parts["engine"] = self.engine or SecondEngine()
        document = tomlkit.document()
        for section, keys in SECTIONS.items():
            table = tomlkit.table()
            if section == "second_engine":
                table.add("on", tomlkit.item(self.engine is not None))
            for key, (part, name) in keys.items():
                value = getattr(parts[part], name)
                table.add(key, tomlkit.item(OFF if value is None else value))
            document.add(section, table)
        return tomlkit.dumps(document)


def _same(part: str, *names: str) -> dict[str, tuple[str, str]]:
    return {name: (part, name) for name in names}


SECTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "signals": _same(
        *("rule", "vix", "rsi", "vix_macd", "vx_macd", "spx_macd"),
        *("divergence", "implied", "events"),
    )
    | {"beta": ("beta", "signal")},
    "arming": _same("rule", "confirm", "rsi_floor", "rsi_bars", "patience"),
    "tranches": _same("rule", "rsi_entry", "first", "slices", "gap"),
    "size": _same("rule", "h_low", "h_high", "correlation_low", "correlation_high")
    | {"beta_low": ("beta", "low"), "beta_high": ("beta", "high")}
    | _same("instruments", "months", "roll_before", "hold_through_settlement"),
    "removal": _same("rule", "retrace", "least_spike", "stages", "stage_gap", "time_limit"),
    "events": _same("rule", "calls") | _same("instruments", "delta"),
    "second_engine": _same("engine", "credit", "reer", "wacc", "needed", "arm", "disarm", "level")
    | _same("budget", "per_year")
    | _same("instruments", "sleeve", "lower", "upper")
    | {"months": ("instruments", "engine_months")},
    "windows": _same("window", "first", "last") | _same("trade", "least"),
    "mode": _same("rule", "mode", "directional"),
    "limits": _same("rule", "day_loss", "drawdown"),
}
"""Section and key of the file to the part of the rules and its field."""


def _defaults() -> dict[str, Any]:
    """Return the parts that a file which says nothing has; the second engine is switched apart."""
    plain = LayeredRules()
    return {item.name: getattr(plain, item.name) for item in fields(plain)} | {
        "engine": SecondEngine()
    }


def _made(part: str, default: Any, table: Mapping[str, Any]) -> Any:
    """Return a part with what the file says of it; a mistake is told by section and key."""
    places = {
        name: f"{section}.{key}"
        for section, keys in SECTIONS.items()
        for key, (owner, name) in keys.items()
        if owner == part
    }
    given = {
        name: table[section][key]
        for section, keys in SECTIONS.items()
        for key, (owner, name) in keys.items()
        if owner == part and key in table.get(section, {})
    }
    kept = {item.name: getattr(default, item.name) for item in fields(default) if item.init}
    try:
        return make(type(default), kept | given, "")
    except PolicyError as error:
        name = error.where.removeprefix(".")
        named = [word for word in error.what.partition(":")[0].split(", ") if word in places]
        where = places.get(name) or ", ".join(places[word] for word in named)
        raise PolicyError(error.what, where=where or part, mend=error.mend) from None


def _known(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            place = f"{where}.{key}" if where else key
            raise PolicyError("unknown key", where=place, mend=nearest(key, keys))


def lines(rules: LayeredRules) -> tuple[Line, ...]:
    """Return the lines of a program that hedge its book by these rules.

    Each is sized by the book's vega: ``vx`` in VIX futures; ``vix_calls`` while an event is ahead;
    ``second_engine``, with a budget of its own.  All layers run one state machine on the same
    signals, so that they agree on the state at every bar.

    Parameters
    ----------
    rules
        The layered hedge.

    Examples
    --------
    >>> full = LayeredRules(engine=SecondEngine())
    >>> [(line.name, line.sized_by) for line in lines(full)]
    [('vx', 'book_vega'), ('second_engine', 'book_vega')]
    """
    kit = rules.instruments
    calm = replace(rules.trade, day_loss=None, drawdown=None)
    main = VixFuture(months=kit.months, roll_before=kit.roll_before)
    made = [_line("vx", main, (rules.rule, rules.beta, rules.trade))]
    if rules.rule.calls > 0.0:
        calls = VixCall(delta=kit.delta, months=kit.months, roll_before=kit.roll_before)
        made.append(
            _line("vix_calls", calls, (replace(rules.rule, layer="calls"), rules.beta, calm))
        )
    if rules.engine is not None:
        beside: VixFuture | VixCallSpread = VixCallSpread(
            lower=kit.lower,
            upper=kit.upper,
            months=kit.engine_months,
            roll_before=kit.roll_before,
        )
        if kit.sleeve == "future":
            beside = VixFuture(months=kit.engine_months, roll_before=kit.roll_before)
        steps = (rules.engine, rules.beta, rules.budget, calm)
        made.append(_line("second_engine", beside, steps))
    return tuple(made)


def _line(name: str, sleeve: Any, steps: tuple[Step, ...]) -> Line:
    needed = dict.fromkeys(name for step in steps for name in step.inputs)
    signals = [signal_named(each) for each in needed]
    policy = Policy(steps=steps, signals=signals, name=name.replace("_", "-"), raw=True)
    return Line(name, sleeve, policy, sized_by="book_vega")
