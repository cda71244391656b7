"""One question of the gate and its answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple


class Outcome(StrEnum):
    """How a question was answered."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "cannot be told"
    NOT_ASKED = "not applicable"


class Item(NamedTuple):
    """One question, asked of a backtest."""

    key: str
    name: str
    outcome: Outcome
    sentence: str
    """What was found, for a reader who knows portfolios and no statistics."""
    number: float | None = None
    threshold: float | None = None
    decides: bool = True
    """Whether it can fail the gate; if not it only warns."""

    @property
    def word(self) -> str:
        """The outcome in a word or two; ``warning`` for a failure that decides nothing."""
        failed = self.outcome is Outcome.FAIL
        return "warning" if failed and not self.decides else self.outcome.value

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**self._asdict(), "outcome": self.outcome.value}


def passed(
    key: str,
    name: str,
    good: bool,
    sentence: str,
    number: float | None = None,
    threshold: float | None = None,
) -> Item:
    """Return an item that is either good or not.

    Examples
    --------
    >>> passed("costs", "Costs", True, "Costs are on", 1.0).outcome.value
    'pass'
    """
    return Item(key, name, Outcome.PASS if good else Outcome.FAIL, sentence, number, threshold)
