"""Many policies side by side: what each gave up, what it protected, and which are efficient.

Every policy is run by `hedgerow.research.comparison.compare` from the first close at which all of
them can decide, so that each number here is the number of its own backtest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import HedgerowError, PolicyError, RangeError, SleeveError, nearest
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research.candidates import (
    LEAST_MONTHS,
    Candidate,
    Kind,
    Protection,
    Strategy,
    by_crisis,
    her,
    less,
    measures_of,
    protect,
    tail,
)
from hedgerow.research.comparison import Comparison, compare, divesting

NO_HEDGE = "no hedge"
FIXED = "fixed 1×"

_KINDS: Mapping[Strategy, Kind] = {"dynamic": "policy", "static": "fixed", "unhedged": "none"}

LINE = np.linspace(1.0, 0.0, 101)
"""Parts of the equity kept at which the divest line is worked out."""


@dataclass(frozen=True, repr=False)
class Choice:
    """Candidates side by side.

    Parameters
    ----------
    protection
        What protection means here: ``drawdown``, ``her`` or ``tail``.
    candidates
        The policies as given, then the fixed hedges, then no hedge at all.
    comparisons
        The backtest of each policy, by the name of its candidate.
    line
        The divest line: rows of ``kept``, ``return_given_up``, ``protection``.
    crises
        Crises of the run: ``name``, ``from``, ``to``, ``partial``, ``tested`` (begins in the test
        part), ``portfolio_return``.
    period
        First and last date and number of sessions of the test part.
    whole
        The same of the whole run.
    """

    protection: Protection
    candidates: tuple[Candidate, ...]
    comparisons: Mapping[str, Comparison]
    line: tuple[Mapping[str, float], ...]
    crises: tuple[Mapping[str, Any], ...]
    period: Mapping[str, Any]
    whole: Mapping[str, Any]

    def __repr__(self) -> str:
        best = ", ".join(each.name for each in self.candidates if each.efficient)
        return f"<Choice among {len(self.candidates)} candidates; efficient: {best}>"

    @property
    def first(self) -> Comparison:
        """The first backtest: what all share, such as portfolio and data, is in it."""
        return next(iter(self.comparisons.values()))


def choose(
    policies: Sequence[Policy],
    market: Market,
    sleeves: Sequence[Sleeve],
    portfolio: Equity,
    *,
    costs: Costs | None = None,
    start: str | None = None,
    end: str | None = None,
    parts: str = "50/50",
    protection: Protection = "drawdown",
    facts: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Choice:
    """Run every policy with every sleeve over the same bars and compare them.

    Parameters
    ----------
    policies, sleeves
        Each pair is a candidate.
    market, portfolio, costs, start, end, parts, facts
        As for :func:`hedgerow.research.comparison.compare`.
    protection
        ``drawdown``: points taken off the deepest fall; ``her``: part of the losses of the crises
        that begin in the test part given back; ``tail``: points taken off the mean of the worst
        5 % of months.
    progress
        Called with the name of a candidate before its run.

    Raises
    ------
    HedgerowError
        If there is nothing to compare, one is given twice, the test part has nothing to measure
        protection by, or a candidate cannot be run: it is named.
    """
    if protection not in get_args(Protection):
        raise RangeError(
            f"{protection!r} is no kind of protection",
            where="protection",
            mend=nearest(str(protection), get_args(Protection)),
        )
    _refuse("policies", policies)
    _refuse("sleeves", sleeves)
    lookback = max(policy.lookback for policy in policies)
    whole, first = run.stretch(market, lookback, start, end, spots=run.spots_of(*sleeves))
    begin = str(whole.dates[first])
    pairs = [(policy, sleeve) for sleeve in sleeves for policy in policies]
    behind = [f" · {sleeve.name}" if len(sleeves) > 1 else "" for sleeve in sleeves]
    names = apart(
        [
            *(f"{policy.name}{sleeve}" for sleeve in behind for policy in policies),
            *(f"{FIXED}{sleeve}" for sleeve in behind),
            NO_HEDGE,
        ]
    )
    comparisons: list[Comparison] = []
    for name, (policy, sleeve) in zip(names, pairs, strict=False):
        if progress is not None:
            progress(name)
        try:
            comparisons.append(
                compare(
                    policy, market, sleeve, portfolio,
                    costs=costs, start=begin, end=end, parts=parts, facts=facts,
                )
            )  # fmt: skip
        except HedgerowError as error:
            where = f"{name}: {error.where}" if error.where else name
            raise type(error)(error.what, where=where, mend=error.mend) from None
    return _chosen(names, comparisons, len(policies), protection)


def _refuse(nouns: str, given: Sequence[Policy | Sleeve]) -> None:
    """Refuse none at all, and the same twice."""
    kind = PolicyError if nouns == "policies" else SleeveError
    if not given:
        raise kind("there is nothing to compare", where=nouns, mend="name one or more")
    for i, one in enumerate(given):
        if any(one == other for other in given[:i]):
            raise kind(f"'{one.name}' is given twice", where=f"{nouns}[{i}]", mend="remove one")


def apart(names: Iterable[str]) -> list[str]:
    """Return the names with a number behind each that another has too.

    Examples
    --------
    >>> apart(["a", "b", "a"])
    ['a (1)', 'b', 'a (2)']
    """
    given = list(names)
    made: list[str] = []
    taken = {name for name, often in Counter(given).items() if often == 1}
    for name in given:
        numbered = (f"{name} ({i})" for i in count(1))
        made.append(
            name if name in taken else next(n for n in numbered if n not in {*made, *taken})
        )
    return made


def efficient(given_up: Floats, protection: Floats) -> NDArray[np.bool_]:
    """Return which candidates no other dominates: as cheap and as protective, and better in one.

    Parameters
    ----------
    given_up, protection
        **shape** (N,); one that is not a number is neither efficient nor a rival.

    Examples
    --------
    >>> efficient(np.array([0.0, 1.0, 2.0]), np.array([0.0, 3.0, 2.0])).tolist()
    [True, True, False]
    """
    known = np.isfinite(given_up) & np.isfinite(protection)
    return known & ~dominators(given_up, protection).any(axis=1)


def dominators(given_up: Floats, protection: Floats) -> NDArray[np.bool_]:
    """Return in row i which candidates dominate candidate i, **shape** (N, N)."""
    a, b = given_up, protection
    no_worse = (a[None, :] <= a[:, None]) & (b[None, :] >= b[:, None])
    better = (a[None, :] < a[:, None]) | (b[None, :] > b[:, None])
    return np.asarray(no_worse & better)


def _chosen(
    names: Sequence[str], comparisons: Sequence[Comparison], each: int, protection: Protection
) -> Choice:
    """Make the choice among policies, ``each`` many per sleeve, fixed hedges and no hedge."""
    first = comparisons[0]
    none = measures_of(first, "unhedged")
    if protect(protection, none, none) is None:
        missing = {
            "her": "no crisis that cost the portfolio anything begins",
            "tail": f"there are fewer than {LEAST_MONTHS} months",
        }
        raise RangeError(
            f"{missing.get(protection, 'NAV is lost')} in the test part: nothing to measure it by",
            where="protection",
            mend="choose another protection, or a longer run",
        )
    runs: list[tuple[Comparison, Strategy]] = [
        *((found, "dynamic") for found in comparisons),
        *((found, "static") for found in comparisons[::each]),
        (first, "unhedged"),
    ]
    measured = [measures_of(found, strategy) for found, strategy in runs]
    for ours in measured:
        # whatever follows a NAV below nothing means nothing
        gone = (ours["max_drawdown"] or 0.0) <= -1.0
        given_up = None if gone else less(none["annual_return"], ours["annual_return"])
        ours["return_given_up"] = given_up
        ours["protection"] = None if given_up is None else protect(protection, ours, none)
    axes = [  # rounded: the same run in another way is no better
        np.array([_known(ours[key]) for ours in measured]).round(12)
        for key in ("return_given_up", "protection")
    ]
    best, over = efficient(*axes), dominators(*axes)
    candidates = tuple(
        Candidate(
            name,
            _KINDS[strategy],
            found.policy.name if strategy == "dynamic" else "",
            found.sleeve.name if strategy != "unhedged" else "",
            ours,
            by_crisis(found.tracks[strategy]),
            found.divest.get(strategy),
            tuple(flag.name for flag in found.flags if flag.raised)
            if strategy == "dynamic"
            else (),
            all(verdict.passed for verdict in found.lookahead) if strategy == "dynamic" else None,
            efficient=bool(best[i]),
            dominated_by=next((names[int(j)] for j in np.flatnonzero(over[i] & best)), ""),
        )
        for i, (name, (found, strategy), ours) in enumerate(zip(names, runs, measured, strict=True))
    )
    periods = first.periods
    return Choice(
        protection,
        candidates,
        dict(zip(names, comparisons, strict=False)),
        _line(first, none, protection),
        tuple(
            {
                **{key: row[key] for key in ("name", "from", "to", "partial", "portfolio_return")},
                "tested": row["from"] >= periods["test"]["from"],
            }
            for row in first.crises
        ),
        periods["test"],
        periods["all"],
    )


def _known(value: float | None) -> float:
    return float("nan") if value is None else value


def _line(
    first: Comparison, none: Mapping[str, float | None], protection: Protection
) -> tuple[Mapping[str, float], ...]:
    """Return what holding less and less equity gives up and protects."""
    rows = first.split.test
    alone = divesting(first.ground, first.tracks["unhedged"], first.costs, rows)
    made = []
    for kept in LINE:
        track = alone.track(float(kept))
        annual, deepest = alone.measures(float(kept))
        ours = {"max_drawdown": deepest, "her": her(track, rows), "tail": tail(track, rows)}
        given_up, got = less(none["annual_return"], annual), protect(protection, ours, none)
        if given_up is not None and got is not None:
            made.append({"kept": float(kept), "return_given_up": given_up, "protection": got})
    return tuple(made)
