"""What a run is asked to do: texts from a command line made into checked objects."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hedgerow.core.market import session_date
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import HedgerowError, RangeError
from hedgerow.instruments.catalog import parse_sleeve, sleeve_to_table
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies import files

ALL = "all"
ALL_SLEEVES = ("put", "put_spread", "vix_future", "variance_swap")
"""What ``--sleeve all`` runs, the main one first: the plain hedges, each a way of its own."""

_AMOUNT = re.compile(
    r"^\$?(?P<number>[0-9][0-9_,]*(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,2})?)"
    r"(?P<unit>k|m|bn?|)$",
    re.IGNORECASE,
)
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "bn": 1e9}


@dataclass(frozen=True)
class Run:
    """A checked order for a backtest.

    Parameters
    ----------
    policy
        When to hedge how much.
    sleeves
        What to hedge with, each on its own; the main one first.
    source
        Where the data come from: ``builtin``, ``auto`` or a folder.
    start, end
        Dates of the run, ``YYYY-MM-DD``, both included; None for all the data.
    split
        ``50/50`` or the first date tested.
    portfolio
        What is hedged.
    costs
        What trading costs.
    same_bar
        Whether orders are filled at the close that decides them.
    """

    policy: Policy
    sleeves: tuple[Sleeve, ...]
    source: str = "builtin"
    start: str | None = None
    end: str | None = None
    split: str = "50/50"
    portfolio: Equity = field(default_factory=Equity)
    costs: Costs = field(default_factory=Costs)
    same_bar: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the order as plain values: enough to repeat it."""
        return {
            "policy": self.policy.to_toml(),
            "sleeves": [sleeve_to_table(sleeve) for sleeve in self.sleeves],
            "source": self.source,
            "start": self.start,
            "end": self.end,
            "split": self.split,
            "portfolio": self.portfolio.as_dict(),
            "costs": vars(self.costs),
            "same_bar": self.same_bar,
        }

    def digest(self) -> str:
        """Return a SHA-256 of the order: runs with the same one ask the same question."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def run(
    policy: str | Path | Policy,
    *,
    sleeves: Sequence[str] = (ALL,),
    size: str | None = None,
    source: str = "builtin",
    start: str | None = None,
    end: str | None = None,
    split: str = "50/50",
    value: str = "10m",
    beta: float = 1.0,
    equity_share: float = 1.0,
    with_costs: bool = True,
    same_bar: bool = False,
) -> Run:
    """Check the texts of a command line and make the order of a run.

    Parameters
    ----------
    policy
        A policy, or the file it is in.
    sleeves
        Short forms such as ``put:moneyness=0.9``; ``all`` stands for `ALL_SLEEVES`.
    size
        Size of every sleeve that does not name its own, such as ``notional:1``.
    value
        USD, such as ``10000000``, ``10_000_000`` or ``10m``.
    source, start, end, split, beta, equity_share, with_costs, same_bar
        As for :class:`Run` and :class:`~hedgerow.engine.portfolio.Equity`.

    Raises
    ------
    HedgerowError
        If a text cannot be read or a number is out of range.
    """
    first, last = date(start, "--from"), date(end, "--to")
    if first and last and last < first:
        raise RangeError(
            f"the end {last} lies before the start {first}",
            where="--to",
            mend="swap --from and --to",
        )
    return Run(
        policy=policy if isinstance(policy, Policy) else files.read(policy),
        sleeves=_sleeves(sleeves, size),
        source=source,
        start=first,
        end=last,
        split=split,
        portfolio=Equity(amount(value), beta=beta, equity_share=equity_share),
        costs=Costs() if with_costs else Costs.none(),
        same_bar=same_bar,
    )


def date(text: str | None, where: str) -> str | None:
    """Return a date as ``YYYY-MM-DD``, or None for none.

    Raises
    ------
    RangeError
        If the text is no date.

    Examples
    --------
    >>> date("2020-03-09", "--from")
    '2020-03-09'
    """
    return None if text is None else str(session_date(text, where))


def amount(text: str, where: str = "--portfolio") -> float:
    """Return an amount of USD.

    Raises
    ------
    RangeError
        If the text is no amount.

    Examples
    --------
    >>> amount("10m"), amount("$2,500,000"), amount("750k"), amount("1e7"), amount("10bn")
    (10000000.0, 2500000.0, 750000.0, 10000000.0, 10000000000.0)
    """
    found = _AMOUNT.match(text.strip())
    if not found:
        raise RangeError(
            f"'{text}' is not an amount", where=where, mend="write USD, such as 10000000 or 10m"
        )
    digits = re.sub(r"[_,]", "", found["number"])
    return float(digits) * _UNITS[found["unit"].lower()]


def _sleeves(texts: Sequence[str], size: str | None) -> tuple[Sleeve, ...]:
    wanted: list[str] = []
    for text in texts:
        wanted += ALL_SLEEVES if text.strip() == ALL else [text]
    made = []
    for text in dict.fromkeys(wanted):
        if size is not None and "size=" not in text:
            made.append(_sized(text, size))
        else:
            made.append(parse_sleeve(text))
    return tuple(made)


def _sized(text: str, size: str) -> Sleeve:
    """Return the sleeve of a text without a size; a mistake in the size is told as its option's."""
    try:
        return parse_sleeve(f"{text}{',' if ':' in text else ':'}size={size}")
    except HedgerowError as error:
        if error.where != "--sleeve.size":
            raise
        raise type(error)(error.what, where="--size", mend=error.mend) from None
