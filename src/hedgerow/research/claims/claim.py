"""What a claim is, what a measurement is, and how the one is judged by the other.

The rule stands here once, in :func:`judge`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hedgerow.errors import DataError

if TYPE_CHECKING:
    from hedgerow.research.claims.evidence import Evidence

TOLERANCE = 0.1
"""A claim of one number is read as that number and this part of it to either side."""


class Verdict(StrEnum):
    """What the data say about a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNTOLD = "cannot be told from these data"


class Basis(StrEnum):
    """What stands behind the interval of a measurement."""

    SAMPLE = "history"
    """The years are one sample of many that might have been: a bootstrap interval."""
    DATED = "dated fact"
    """The claim is about years or days that it names: they are what they are.  The interval is the
    value, or the range over the contracts where the source names none."""
    MADE = "made path"
    """A path made to the source's description: the range over dates of the roll."""
    ARITHMETIC = "arithmetic"
    """The source's own numbers, reckoned again: nothing is measured."""


class Unit(StrEnum):
    """How a value is written."""

    SHARE = "share"
    """A decimal, shown as a percentage."""
    NUMBER = "number"
    USD = "usd"
    POINTS = "points"
    """VIX points."""
    A_YEAR = "a year"
    """A count a year."""


class Range(NamedTuple):
    """The values that a claim allows, both ends included; infinite where one-sided."""

    low: float
    high: float


def about(value: float) -> Range:
    """Return the range of a claim of one number: it and `TOLERANCE` of it to either side.

    Examples
    --------
    >>> low, high = about(200_000.0)
    >>> round(low), round(high)
    (180000, 220000)
    """
    return Range(*sorted((value * (1.0 - TOLERANCE), value * (1.0 + TOLERANCE))))


def over(value: float) -> Range:
    """Return the range of all that is greater than ``value``, which itself is not in it."""
    return Range(math.nextafter(value, math.inf), math.inf)


def under(value: float) -> Range:
    """Return the range of all that is smaller than ``value``, which itself is not in it."""
    return Range(-math.inf, math.nextafter(value, -math.inf))


def judge(claimed: Range, low: float, high: float) -> Verdict:
    """Judge a claim by an interval.

    The interval inside the claimed range: the claim holds.  No value in common: it does not hold.
    Anything else, or no interval: it cannot be told.

    Parameters
    ----------
    claimed
        What the source allows.
    low, high
        Ends of the interval, in the claim's unit; NaN where there is none.

    Examples
    --------
    >>> [str(judge(Range(0.3, 0.5), *ends)) for ends in ((0.35, 0.4), (0.6, 0.7), (0.4, 0.6))]
    ['holds', 'does not hold', 'cannot be told from these data']
    """
    if math.isnan(low) or math.isnan(high):
        return Verdict.UNTOLD
    if claimed.low <= low and high <= claimed.high:
        return Verdict.HOLDS
    if high < claimed.low or low > claimed.high:
        return Verdict.FAILS
    return Verdict.UNTOLD


class UnmeasuredError(DataError):
    """These data cannot say anything about the claim; the sentence says why."""


class Reading(NamedTuple):
    """Another reading beside a measurement: a value with its unit, or words."""

    label: str
    value: float | str
    unit: Unit = Unit.NUMBER


Beside: TypeAlias = tuple[Reading, ...]


def share(label: str, value: float | None) -> Reading:
    """Return a share beside a measurement; None is no number."""
    return Reading(label, float("nan") if value is None else float(value), Unit.SHARE)


def usd(label: str, value: float) -> Reading:
    """Return an amount beside a measurement."""
    return Reading(label, float(value), Unit.USD)


@dataclass(frozen=True)
class Measurement:
    """What was found.

    Parameters
    ----------
    value, low, high
        The measurement and its 90 % interval, in the claim's unit; NaN where there is none.
    count, of
        Size of the sample, and of what: ``sessions``, ``crises``.
    start, end
        First and last date used, ``YYYY-MM-DD``; empty for arithmetic and made paths.
    modelled
        Shares, 0 … 1, of what was used that a model made, by name such as ``hedge prices``.
    block
        Mean length of the blocks that were drawn, in rows of the sample; None without bootstrap.
    beside
        Other readings of the same claim.
    """

    value: float
    low: float
    high: float
    count: int
    of: str
    start: str = ""
    end: str = ""
    modelled: tuple[tuple[str, float], ...] = ()
    block: int | None = None
    beside: Beside = ()


@dataclass(frozen=True)
class Claim:
    """A quantitative claim of the source.

    Parameters
    ----------
    id
        Its name on the command line.
    section
        Headings of the source under which it is made, ``Part › Section``.
    quote
        A few words of the source, as they stand there.
    claimed
        The values that it allows.
    unit
        How they are written.
    definition
        What is measured, in one or two sentences.
    measure
        Measures it; raises `UnmeasuredError`, or another error of the data, where it cannot.
    basis
        What the interval is of.
    """

    id: str
    section: str
    quote: str
    claimed: Range
    unit: Unit
    definition: str
    measure: Callable[[Evidence], Measurement]
    basis: Basis = Basis.SAMPLE


@dataclass(frozen=True)
class Finding:
    """A claim, what was measured, and the verdict.

    Parameters
    ----------
    claim, measurement, verdict
        ``measurement`` is None where nothing could be measured.
    reason
        Why not; empty otherwise.
    """

    claim: Claim
    measurement: Measurement | None
    verdict: Verdict
    reason: str = ""


def claimed(
    name: str,
    section: str,
    quote: str,
    allows: Range,
    unit: Unit,
    definition: str,
    *,
    basis: Basis = Basis.SAMPLE,
) -> Callable[[Callable[[Evidence], Measurement]], Claim]:
    """Return a decorator that makes a `Claim` of the function that measures it.

    Parameters
    ----------
    name
        Its id, as one types it: small letters, figures, hyphens.
    section, quote, allows, unit, definition, basis
        As the fields of `Claim`; ``allows`` is ``claimed`` there.

    Examples
    --------
    >>> @claimed("rare", "Part › Section", "crashes are rare", under(0.01), Unit.SHARE, "Share.")
    ... def rare(evidence):
    ...     raise UnmeasuredError("there are no data")
    >>> rare.id, rare.basis.value
    ('rare', 'history')
    """

    def made(measure: Callable[[Evidence], Measurement]) -> Claim:
        return Claim(name, section, quote, allows, unit, definition, measure, basis)

    return made
