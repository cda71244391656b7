"""A candidate among policies, and what is measured of it over the test part."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hedgerow.core.policy import Policy
from hedgerow.core.policy_text import describe
from hedgerow.engine.track import Track
from hedgerow.research import crises, performance
from hedgerow.research.comparison import Comparison

Protection = Literal["drawdown", "her", "tail"]

TAIL = 0.05
"""Part of the months that counts as the tail."""

LEAST_MONTHS = 20
"""Months below which there is no tail to speak of: 5 % of them are less than one."""

Strategy = Literal["dynamic", "static", "unhedged"]
Kind = Literal["policy", "fixed", "none"]
_NUMBER = re.compile(r"^[-+]?[0-9.]+[a-z]?$")


@dataclass(frozen=True)
class Candidate:
    """One way to hedge, judged over the test part.

    Parameters
    ----------
    name
        What tables and pictures call it; no two are alike.
    kind
        ``policy``, ``fixed`` (1× of a sleeve) or ``none``.
    policy, sleeve
        Their names; empty where there is none.
    measures
        Numbers by name, see :func:`measures_of`; with them ``return_given_up`` a year and
        ``protection``, the two that the picture shows.
    crises
        HER by crisis of the whole run; None where the portfolio did not lose.
    divest
        Beside holding less equity, see :meth:`hedgerow.research.divest.Divesting.beside`; None
        without a hedge, and where NAV was ruined.
    flags
        Names of red flags raised (D6).
    lookahead
        Whether the look-ahead test (D8) passed; None where nothing was decided.
    efficient
        Whether no other candidate gives up as little and protects as much.
    dominated_by
        An efficient candidate that does; empty where none does.
    """

    name: str
    kind: Kind
    policy: str
    sleeve: str
    measures: Mapping[str, float | None]
    crises: Mapping[str, float | None]
    divest: Mapping[str, Any] | None
    flags: tuple[str, ...]
    lookahead: bool | None
    efficient: bool
    dominated_by: str


def measures_of(found: Comparison, strategy: Strategy) -> dict[str, float | None]:
    """Return what one run of a comparison did over the test part.

    Returns
    -------
    dict
        `performance.statistics` without its dates, and ``saving`` against the fixed hedge (C3),
        ``her`` over the crises that begin in the test part (C4), ``tail`` (mean of the worst 5 %
        of months, ≤ 0 as a rule), ``contracts_per_year`` traded, ``turnover`` (the same in mean
        contracts held), ``inputs`` (signals), ``parameters`` (numbers that the policy fixes),
        ``modelled_prices`` and ``modelled_vix``, shares of the run.
    """
    track, rows = found.tracks[strategy], found.split.test
    stats = {
        name: value
        for name, value in found.strategies["test"][strategy].items()
        if not isinstance(value, str)
    }
    traded = float(track["traded"][rows][1:].sum()) / performance.years(track, rows)
    held = float(np.mean(np.abs(track["held"][rows])))
    decides = strategy == "dynamic"
    return {
        **stats,
        "saving": found.saving["test"]["saving"] if decides else None,
        "her": her(track, rows),
        "tail": tail(track, rows),
        "contracts_per_year": traded,
        "turnover": traded / held if held > 0.0 else None,
        "inputs": len(found.policy.signals) if decides else 0,
        "parameters": parameters(found.policy) if decides else 0,
        "modelled_prices": found.provenance["hedge prices"]["modelled"]
        if strategy != "unhedged"
        else None,
        "modelled_vix": found.provenance.get("vix", {}).get("modelled"),
    }


def her(track: Track, rows: slice) -> float | None:
    """Return the HER (C4) over all crises that begin within ``rows``; None without a loss."""
    begin = track.dates[rows.start]
    made = [
        crises.effectiveness(track, stretch.rows)
        for stretch in crises.crises_in(track)
        if track.dates[stretch.rows.start] >= begin
    ]
    return crises.pooled((each["hedge_gain"], each["portfolio_loss"]) for each in made)


def tail(track: Track, rows: slice) -> float | None:
    """Return the mean return of the worst 5 % of calendar months; None for fewer than 20.

    An expected shortfall (Acerbi and Tasche 2002) over ⌈5 %⌉ of the months; the first and the last
    month may be partial.
    """
    nav, months = track["nav"][rows], track.dates[rows].astype("datetime64[M]")
    ends = np.r_[np.flatnonzero(months[1:] != months[:-1]), len(nav) - 1]
    closes = nav[np.unique(np.r_[0, ends])]
    earned = np.sort(performance.returns(closes))
    if len(earned) < LEAST_MONTHS:
        return None
    return float(np.mean(earned[: math.ceil(TAIL * len(earned))]))


def parameters(policy: Policy) -> int:
    """Return how many numbers a policy fixes: each could have been chosen with hindsight.

    Examples
    --------
    >>> import hedgerow as hr
    >>> parameters(hr.Policy([hr.Linear("vix", low=12, high=22), hr.Bounds()], [hr.Level("vix")]))
    5
    """
    return sum(_numbers(describe(member)) for member in (*policy.signals, *policy.steps))


def _numbers(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(_numbers(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return sum(_numbers(inner) for inner in value)
    if isinstance(value, str):
        return int(bool(_NUMBER.match(value)))
    return int(isinstance(value, int | float) and not isinstance(value, bool))


def protect(kind: Protection, ours: Mapping[str, Any], none: Mapping[str, Any]) -> float | None:
    """Return how much a hedge protected.

    Parameters
    ----------
    kind
        ``drawdown`` and ``tail``: by how much its measure lies above that of no hedge; ``her``: its
        HER itself.
    ours, none
        Measures of the hedge and of no hedge, as `measures_of` has them.

    Examples
    --------
    >>> protect("drawdown", {"max_drawdown": -0.25}, {"max_drawdown": -0.5})
    0.25
    """
    if kind == "her":
        found = ours["her"]
    else:
        key = {"drawdown": "max_drawdown", "tail": "tail"}[kind]
        found = None if ours[key] is None or none[key] is None else ours[key] - none[key]
    return None if found is None or not math.isfinite(found) else float(found)


def by_crisis(track: Track) -> dict[str, float | None]:
    """Return the HER of every crisis that a track covers; None where the portfolio did not lose."""
    return {
        stretch.name: crises.effectiveness(track, stretch.rows)["her"]
        for stretch in crises.crises_in(track)
    }


def less(first: float | None, second: float | None) -> float | None:
    """Return the difference of what may be missing."""
    if first is None or second is None or not math.isfinite(first - second):
        return None
    return first - second
