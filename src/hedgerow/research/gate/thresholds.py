"""The numbers by which the gate decides, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, get_type_hints

from hedgerow.core.policy_text import parse
from hedgerow.errors import RangeError, nearest
from hedgerow.policies.files import parsed

KEYS = (
    "lookahead", "costs", "fills", "out_of_sample", "degradation", "deflated_sharpe", "pbo",
    "saving_interval", "her_interval", "equal_cost", "spa_static", "divest", "spa_divest",
    "drop_crisis", "modelled", "flag_sharpe", "flag_win_rate", "flag_one_crisis", "flag_inputs",
    "flag_trades", "flag_ruin", "stress",
)  # fmt: skip
"""Every item of a judgement, in its order; the last one is asked of a stress alone."""

ALWAYS = ("lookahead", "costs", "fills", "flag_ruin")
"""Items that decide whatever is asked."""

MOST = 1_000_000
"""Largest whole number that a threshold may be."""


@dataclass(frozen=True)
class Thresholds:
    """What each item of the gate asks; the red flags of D6 have their own, which are the spec's.

    Parameters
    ----------
    costs
        Half-spreads and fees paid, as a part of those at the usual costs, below which trading
        counts as free.
    sessions
        Sessions that the test part needs.
    crises
        Crises that must begin in it.
    kept
        Part of the training part's lead over a fixed hedge of equal cost that the test part must
        keep; a lead that is gone fails.
    deflated_sharpe
        Deflated Sharpe ratio that is enough, a probability.
    luck
        Deflated Sharpe ratio at or below which choosing alone explains the result; 0.5 is the
        Sharpe ratio that the best of as many worthless trials shows.
    many_trials
        Runs of the same steps on the same data from which a lone backtest is no lone one.
    pbo, pbo_noise
        Probability of overfitting that is low enough, and from which the winner is like noise's.
    equal_cost
        Points of HER, a decimal, by which a hedge may stay behind the fixed hedge of equal cost.
    size
        Error rate of SPA and StepM.
    modelled
        Share of modelled prices above which nothing is proven.
    warn
        Items that are told and decide nothing; :data:`ALWAYS` cannot be among them.

    Raises
    ------
    RangeError
        If a number is out of range or an item unknown.

    Examples
    --------
    >>> Thresholds(pbo=0.05).pbo, Thresholds().sessions
    (0.05, 504)
    """

    costs: float = 0.1
    sessions: int = 504
    crises: int = 1
    kept: float = 0.5
    deflated_sharpe: float = 0.95
    luck: float = 0.5
    many_trials: int = 20
    pbo: float = 0.1
    pbo_noise: float = 0.4
    equal_cost: float = 0.005
    size: float = 0.05
    modelled: float = 0.5
    warn: tuple[str, ...] = ("spa_static", "divest", "flag_inputs", "flag_trades")

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "warn":
                _check_warn(value)
                object.__setattr__(self, "warn", tuple(value))
            else:
                _check(item.name, value, whole=_KINDS[item.name] is int)
        for low, high in (("luck", "deflated_sharpe"), ("pbo", "pbo_noise")):
            if getattr(self, low) > getattr(self, high):
                raise RangeError(
                    f"it is above {high}", where=f"thresholds.{low}", mend=f"give at most {high}"
                )
        if self.size in (0.0, 1.0):
            raise RangeError(
                f"{self.size:g} is no error rate", where="thresholds.size", mend="give 0.05"
            )

    @property
    def changed(self) -> tuple[str, ...]:
        """The thresholds that are not the usual ones, each as ``NAME=VALUE``.

        Examples
        --------
        >>> Thresholds(pbo=0.2).changed
        ('pbo=0.2',)
        """
        usual = Thresholds()
        told = {
            item.name: ",".join(value) if item.name == "warn" else f"{value:g}"
            for item in fields(self)
            if (value := getattr(self, item.name)) != getattr(usual, item.name)
        }
        return tuple(f"{name}={value}" for name, value in told.items())

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Thresholds:
        """Return the usual thresholds with some of them changed.

        Raises
        ------
        RangeError
            If a name is unknown or a value out of range.

        Examples
        --------
        >>> Thresholds.of({"sessions": 1000, "warn": []}).warn
        ()
        """
        for name in table:
            if name not in _KINDS:
                raise RangeError(
                    "there is no such threshold",
                    where=f"thresholds.{name}",
                    mend=nearest(name, _KINDS),
                )
        return replace(cls(), **table)

    @classmethod
    def told(cls, texts: list[str]) -> Thresholds:
        """Return the usual thresholds changed by texts, each ``NAME=VALUE`` or a TOML file.

        Raises
        ------
        RangeError
            If a text is neither, or what it says cannot be used.

        Examples
        --------
        >>> Thresholds.told(["pbo=0.05", "warn=divest,modelled"]).pbo
        0.05
        """
        table: dict[str, Any] = {}
        for text in texts:
            name, equals, value = text.partition("=")
            if equals:
                table[name.strip()] = _value(name.strip(), value.strip())
            else:
                table.update(_read(text))
        return cls.of(table)


def _read(path: str) -> dict[str, Any]:
    return parsed(path, lambda text: parse(text, "table of thresholds"), "thresholds", "pbo = 0.05")


_KINDS = get_type_hints(Thresholds)


def _value(name: str, text: str) -> Any:
    """Return what a text of the command line means for a threshold."""
    if name == "warn":
        return tuple(word.strip() for word in text.split(",") if word.strip())
    try:
        return int(text) if _KINDS.get(name) is int else float(text)
    except ValueError:
        raise RangeError(
            f"'{text}' is not a number", where=f"thresholds.{name}", mend="write one, as in pbo=0.1"
        ) from None


def _check(name: str, value: Any, *, whole: bool) -> None:
    where = f"thresholds.{name}"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        noun = "a whole number" if whole else "a number"
        raise RangeError(f"{value!r} is not {noun}", where=where, mend=f"give {noun}")
    if not 0 <= value <= (MOST if whole else 1):
        told = str(value)[:20] if whole else f"{value:g}"
        most = f"0 … {MOST:,}" if whole else "0 … 1"
        raise RangeError(f"{told} is out of range", where=where, mend=f"give {most}")


def _check_warn(names: Any) -> None:
    if isinstance(names, str) or not isinstance(names, list | tuple):
        raise RangeError(
            f"{names!r} is not a list", where="thresholds.warn", mend='write ["divest"]'
        )
    for name in names:
        if name in ALWAYS:
            raise RangeError(
                f"'{name}' always decides: where it fails, every other number is false",
                where="thresholds.warn",
                mend="mend the run",
            )
        if name not in KEYS:
            raise RangeError(
                f"there is no item '{name}'",
                where="thresholds.warn",
                mend=nearest(str(name), KEYS),
            )
