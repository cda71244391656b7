"""The study: every claim measured on one market, in the order of the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hedgerow.core.market import Market, Origin
from hedgerow.errors import HedgerowError, RangeError, nearest
from hedgerow.instruments.catalog import sleeve_to_table
from hedgerow.research.claims import (
    arithmetic,
    costs,
    crashes,
    decay,
    protection,
    shapes,
    sharpes,
    trading,
    vix_states,
    worked,
)
from hedgerow.research.claims.claim import Claim, Finding, Measurement, Verdict, judge
from hedgerow.research.claims.evidence import LEAST_SESSIONS, Evidence
from hedgerow.research.claims.resampling import FEWEST

PARTS = (
    "Why Dynamic Hedging?",
    "Dynamic Hedge Strategies",
    "Mathematical Framework",
    "Common Mistakes",
    "Risk Management Rules",
    "Real-World Examples",
    "Practical Steps",
    "Final Wisdom",
)
"""Parts of the source, in its order."""

COLUMNS = ("spx", "vix", "rate", "dividend_yield", "vx1", "cor1m")
"""Columns whose origin is told."""


def _place(claim: Claim) -> tuple[int, str]:
    part, _, section = claim.section.partition(" › ")
    return PARTS.index(part), section


CLAIMS: tuple[Claim, ...] = tuple(
    sorted(
        (
            *vix_states.CLAIMS,
            *crashes.CLAIMS,
            *costs.CLAIMS,
            *decay.CLAIMS,
            *protection.CLAIMS,
            *shapes.CLAIMS,
            *sharpes.CLAIMS,
            *trading.CLAIMS,
            *worked.CLAIMS,
            *arithmetic.CLAIMS,
        ),
        key=_place,
    )
)
"""Every claim, in the order of the source's sections."""


@dataclass(frozen=True)
class Study:
    """What became of the claims.

    Parameters
    ----------
    findings
        One per claim, in the order of the source.
    facts
        What it was measured on and how: data, years, policy, sleeve, bootstrap.
    """

    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]

    def count(self, verdict: Verdict) -> int:
        """Return how many claims have this verdict."""
        return sum(found.verdict is verdict for found in self.findings)


def chosen(only: Iterable[str] | None) -> tuple[Claim, ...]:
    """Return the claims of these ids, all of them for None, in the order of the source.

    Raises
    ------
    RangeError
        If there is no such claim.

    Examples
    --------
    >>> [claim.id for claim in chosen(["saving"])]
    ['saving']
    """
    if only is None:
        return CLAIMS
    wanted = list(only)
    known = [claim.id for claim in CLAIMS]
    for name in wanted:
        if name not in known:
            raise RangeError(f"there is no claim '{name}'", where="--only", mend=_near(name, known))
    return tuple(claim for claim in CLAIMS if claim.id in wanted)


def _near(name: str, known: list[str]) -> str:
    mend = nearest(name, known)
    return mend if mend.startswith("did") else "leave --only out to see all"


def find(claim: Claim, evidence: Evidence) -> Finding:
    """Measure one claim and judge it; what the data lack is the reason why it cannot be told."""
    try:
        made = claim.measure(evidence)
    except HedgerowError as error:
        return Finding(claim, None, Verdict.UNTOLD, error.what)
    verdict = judge(claim.claimed, made.low, made.high)
    reason = ""
    if verdict is Verdict.UNTOLD:
        reason = "the interval reaches over the edge of what is claimed"
        if made.low != made.low:
            reason = _no_interval(made)
    return Finding(claim, made, verdict, reason)


def _no_interval(made: Measurement) -> str:
    """Return why a measurement has a value alone."""
    count = f"{made.count:,} {made.of}"
    if made.count < FEWEST or (made.of == "sessions" and made.count < LEAST_SESSIONS):
        return f"only {count}: too few for an interval"
    return f"nothing varied in these {count}: there is no interval"


def study(
    market: Market,
    *,
    start: str | None = None,
    end: str | None = None,
    only: Iterable[str] | None = None,
    resamples: int = 1000,
    seed: int = 1,
    facts: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Study:
    """Measure the claims on a market.

    Parameters
    ----------
    market
        All the history there is; rows before ``start`` warm the signals up.
    start, end
        Dates of the study, both included.
    only
        Ids of the claims wanted; all by default.
    resamples
        Samples drawn for each interval, 100 … 100,000.
    seed
        Equal seeds give equal numbers, claim by claim, whichever else are measured.
    facts
        What else the study should carry, such as where the data came from.
    progress
        Called with 1 after each claim.

    Raises
    ------
    RangeError
        If a date lies outside the data, an id is unknown, or a number is out of range.
    """
    for name, value, low, high in (
        ("resamples", resamples, 100, 100_000),
        ("seed", seed, 0, 2**32),
    ):
        if not low <= value <= high:
            raise RangeError(
                f"{value} is out of range", where=f"--{name}", mend=f"give {low} … {high}"
            )
    claims = chosen(only)
    evidence = Evidence(market, start, end, resamples=resamples, seed=seed)
    inside = evidence.inside
    try:
        evidence.ground()
    except RangeError:
        raise  # dates are the user's; what the data lack is told claim by claim
    except HedgerowError:
        pass
    found = []
    for claim in claims:
        found.append(find(claim, evidence))
        if progress is not None:
            progress(1)
    known = {
        "data": market.digest(),
        "from": str(inside.dates[0]),
        "to": str(inside.dates[-1]),
        "sessions": len(inside),
        "columns": _origins(inside),
        "policy": evidence.policy.to_toml(),
        "sleeve": sleeve_to_table(evidence.sleeve),
        "portfolio": evidence.portfolio.as_dict(),
        "costs": asdict(evidence.costs),
        "resamples": resamples,
        "seed": seed,
        **(facts or {}),
    }
    return Study(tuple(found), known)


def _origins(market: Market) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "source": market.sources.get(name, ""),
            **{origin.name.lower(): market.share(name, origin) for origin in Origin},
        }
        for name in COLUMNS
        if name in market
    }
