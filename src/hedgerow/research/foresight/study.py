"""The look-ahead test of one object of a user's: every check, each with its sentence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.fitting import Fitted
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import Signal, Stage, Step
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import HedgerowError, RangeError
from hedgerow.instruments.options import Put
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.research import lookahead
from hedgerow.research.crises import CRISES
from hedgerow.research.foresight.cause import Cause, Gap, cause_of
from hedgerow.research.foresight.worlds import elsewhere, other_future, places

CLOSE = 1e-9
"""Relative difference that rounding may make where a window begins elsewhere."""

EARLY = (1, 3, 8, 20, 60, 130, 260)
"""Rows at which warm-up is still going on."""

Make = Callable[[Market], Mapping[str, Any]]


class Finding(NamedTuple):
    """One check and what it found."""

    check: str
    passed: bool
    sentence: str
    date: str = ""
    """The first session at which it failed; empty if it did not."""
    cause: str = ""
    mend: str = ""

    def __str__(self) -> str:
        said = f"{self.check}: {self.sentence}"
        if self.cause:
            said += f". Likely cause: {self.cause}"
        return f"{said}. Mend: {self.mend}" if self.mend else said


@dataclass(frozen=True)
class Examination:
    """What was found of one object.

    Parameters
    ----------
    name, kind
        Of the object; kinds are ``signal``, ``function``, ``step``, ``policy`` and ``sleeve``.
    findings
        One per check.
    """

    name: str
    kind: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(finding.passed for finding in self.findings)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """What did not pass."""
        return tuple(finding for finding in self.findings if not finding.passed)

    def __str__(self) -> str:
        head = f"{self.kind} {self.name}"
        if self.passed:
            said = "; ".join(finding.sentence for finding in self.findings)
            return f"✓ {head}: passed ({said})"
        return "\n".join([f"✕ {head}: FAILED", *(f"    {each}" for each in self.failures)])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "name": self.name,
            "kind": self.kind,
            "passed": self.passed,
            "findings": [finding._asdict() for finding in self.findings],
        }


def examine(subject: Any, market: Market, name: str = "") -> Examination:
    """Test one object: does it know the future, and does it keep the rules of its kind.

    Parameters
    ----------
    subject
        A signal, a function from a market to a column, a step, a policy or a sleeve.
    market
        On what.
    name
        For the answer, where it has none of its own.

    Raises
    ------
    RangeError
        If it is none of them.

    Examples
    --------
    >>> import hedgerow as hr
    >>> market = hr.load("builtin", start="2014-01-03", end="2016-12-30")
    >>> def tomorrow(market):
    ...     return np.append(market["vix"][1:], np.nan)
    >>> print(examine(tomorrow, market).failures[0].cause)
    it is 'vix' of 1 session later (shift(-1))
    """
    kind = kind_of(subject)
    title = str(getattr(subject, "name", name or getattr(subject, "__name__", kind)))
    if not kind:
        raise RangeError(
            f"an object of type {type(subject).__name__} cannot be tested",
            where="lookahead",
            mend="give a signal, a step, a policy, a sleeve or a function of a market",
        )
    findings: list[Finding] = []
    digest = market.digest()
    try:
        make, lookback = _maker(subject, kind, title)
        whole = make(market)
    except Exception as error:  # whatever a user's code raises is told in words
        return Examination(title, kind, (Finding("runs", False, told(error)),))
    if kind in ("signal", "function"):
        findings.append(_form(whole[title], market))
        if not findings[0].passed:
            return Examination(title, kind, tuple(findings))
    findings.append(_the_same(whole, make(market), market))
    changed = market.digest() != digest
    findings.append(
        Finding("mutation", not changed, "it writes into the market", mend="work on a copy")
        if changed
        else Finding("mutation", True, "the market is left as it was")
    )
    if findings[-2].passed:  # else nothing that is compared can agree
        findings += _foresight(subject, make, market, whole, lookback, kind)
        findings += _dates_alone(make, market, whole) if kind in ("signal", "function") else ()
    if kind == "signal":
        findings += _lookback(subject, market, whole[title], title)
    return Examination(title, kind, tuple(findings))


def kind_of(subject: Any) -> str:
    """Return what an object is to the look-ahead test; empty if nothing that it tests."""
    if isinstance(subject, type):
        return ""
    if isinstance(subject, Policy):
        return "policy"
    if isinstance(subject, Step):
        return "step"
    if isinstance(subject, Signal):
        return "signal"
    if callable(getattr(subject, "strip", None)) and callable(getattr(subject, "roster", None)):
        return "sleeve"
    return "function" if inspect.isfunction(subject) else ""


def told(error: BaseException) -> str:
    """Return in one line what code raised, and where."""
    if isinstance(error, HedgerowError):
        return f"it cannot be run: {error}"
    return f"it cannot be run: {type(error).__name__}: {' '.join(str(error).split())}"


def _maker(subject: Any, kind: str, title: str) -> tuple[Make, int]:
    """Return what makes the columns that are compared, and the rows that it needs."""
    if kind in ("signal", "function"):
        return lambda market: {title: subject(market)}, int(getattr(subject, "lookback", 1))
    if kind == "sleeve":
        return lambda market: lookahead.columns_of(subject.strip(market)), 2
    policy = subject if kind == "policy" else _around(subject)
    return lambda market: _decided(policy, market), policy.lookback + 1


def _around(step: Step) -> Policy:
    """Return the smallest policy that has a step in it."""
    names = dict.fromkeys(("vix", *step.inputs))
    signals = [Level("vix") if name == "vix" else signal_named(name) for name in names]
    before = [] if step.stage is Stage.RULE else [Linear("vix")]
    return Policy([*before, step], signals, name=step.kind, raw=True)


def _decided(policy: Policy, market: Market) -> dict[str, Floats]:
    """Return what a policy decided with a put, NaN before its first decision."""
    ground = run.prepare(market, Put(), Equity(), lookback=policy.lookback)
    track = run.play("tried", policy, ground)
    before = np.full(ground.first, np.nan)
    return {name: np.r_[before, track[name]] for name in ("x", "act", "wanted", "nav")}


def _form(column: Any, market: Market) -> Finding:
    """Check that a signal returns a float64 array with one value per session."""
    mend = "return a float64 array, as np.asarray(x, dtype=float)"
    if not isinstance(column, np.ndarray):
        return Finding("form", False, f"it returns a {type(column).__name__}", mend=mend)
    if column.shape != market.times.shape:
        said = f"it returns shape {column.shape} where the market has {len(market):,} sessions"
        mend = "keep one value per session, NaN where there is none"
        return Finding("form", False, said, mend=mend)
    if column.dtype != np.float64:
        return Finding("form", False, f"it returns {column.dtype}, not float64", mend=mend)
    known = np.count_nonzero(np.isfinite(column))
    if not known:
        return Finding("form", False, "it has no value on any session", mend="see what it reads")
    return Finding("form", True, f"{known:,} values")


def _the_same(first: Mapping[str, Any], second: Mapping[str, Any], market: Market) -> Finding:
    for name, column in first.items():
        a, b = np.asarray(column), np.asarray(second[name])
        same = a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        if not same:
            bad = lookahead.differing(a, b)
            day = str(market.dates[int(bad[0])]) if len(bad) else ""
            said = f"called twice, '{name}' differs" + (f" on {day}" if day else " in rounding")
            mend = "take random numbers from a seed, and remember nothing between calls"
            return Finding("determinism", False, said, day, mend=mend)
    return Finding("determinism", True, "called twice, it says the same")


def _cuts(market: Market, least: int, *, count: int, early: bool) -> list[int]:
    """Return rows at which the future is cut off: ends, crises, gaps, and some by chance."""
    last = len(market) - 1
    drawn = set(lookahead.cuts(len(market), count))
    for crisis in CRISES if count > 6 else ():
        rows = np.searchsorted(market.dates, [np.datetime64(d) for d in (crisis.start, crisis.end)])
        drawn |= {int(rows[0]), int(rows.mean()), int(rows[1])}
    if early:
        drawn |= {row + least for row in EARLY}
        for column in market.columns.values():
            edges = np.flatnonzero(np.diff(np.isfinite(column).astype("int8")))
            drawn |= {int(row) + 1 for row in edges[:4]}
    return sorted(row for row in drawn if least - 1 <= row < last)


def _foresight(
    subject: Any, make: Make, market: Market, whole: Mapping[str, Any], lookback: int, kind: str
) -> Iterator[Finding]:
    """Cut the future off, and change it, and compare."""
    quick = kind in ("signal", "function") and not isinstance(subject, Fitted)
    rows = _cuts(market, lookback, count=24 if quick else 4, early=quick)
    few = rows[:: max(len(rows) // (8 if quick else 2), 1)][-8:]

    def cut(row: int) -> Mapping[str, Any]:
        return make(market.until(row))

    def changed(row: int) -> Mapping[str, Any]:
        return make(other_future(market, row))

    def apart(row: int) -> Mapping[str, Any]:
        with elsewhere(tables, market, row):
            return make(market)

    tables = places(subject, len(market))
    names = ", ".join(dict.fromkeys(f"'{place.name}'" for place in tables))
    tried: list[tuple[str, Callable[[int], Mapping[str, Any]], list[int], Cause | None]] = [
        ("truncation", cut, rows, None),
        ("another future", changed, few, Cause(*BEYOND)),
        ("other tables", apart, few if tables else [], Cause(BESIDE[0].format(names), BESIDE[1])),
    ]
    for check, world, at, cause in tried:
        found = _compared(check, world, at, market, whole, cause)
        if at:
            yield found
        if not found.passed:  # what follows would say the same once more
            return


BEYOND = (
    "it reaches beyond the data that it is given",
    "use the market of the call alone, through market[name]",
)
BESIDE = (
    "it looks up later rows of {}, loaded beside the market",
    "make what it needs a column of the market: market.with_columns(…)",
)
SAID = {
    "truncation": ("when the data end on", "unchanged at {} cuts of the data"),
    "another future": ("when all after it is noise:", "unchanged by {} other futures"),
    "other tables": ("when other tables are noise after", "unchanged by noise in other tables"),
}


def _dates_alone(make: Make, market: Market, whole: Mapping[str, Any]) -> Iterator[Finding]:
    """Remark on a column that no data change: nothing can be tested about it."""
    try:
        made = make(other_future(market, -1))
    except Exception:  # it looks at the data at least, and does not like these
        return
    if all(not len(lookahead.differing(whole[name], made[name])) for name in whole):
        said = (
            "mind: it looks at dates alone, and dates that were chosen in hindsight pass every test"
        )
        yield Finding("dates", True, said)


def _compared(
    check: str,
    world: Callable[[int], Mapping[str, Any]],
    rows: list[int],
    market: Market,
    whole: Mapping[str, Any],
    cause: Cause | None,
) -> Finding:
    """Compare each row's past with the same past in another world."""
    gaps: dict[str, list[Gap]] = {}
    tried, broken = 0, ""
    for row in rows:
        try:
            made = world(row)
        except Exception as error:  # whatever a user's code raises is told
            broken = broken or f"on data that end on {market.dates[row]} {told(error)}"
            continue
        tried += 1
        for name, values in made.items():
            theirs = np.asarray(values)[: row + 1]
            bad = lookahead.differing(np.asarray(whole[name])[: row + 1], theirs)
            if len(bad):
                gaps.setdefault(name, []).append(Gap(row, bad, theirs))
    if not gaps:
        if broken and check == "truncation":
            mend = "return NaN where the history is too short"
            return Finding(check, False, broken, mend=mend)
        return Finding(check, True, SAID[check][1].format(tried))
    name = next(column for column in whole if column in gaps)
    mine, found = np.asarray(whole[name]), gaps[name]
    gap = found[0]
    row = int(gap.rows[0])
    said = (
        f"'{name}' on {market.dates[row]} is {lookahead.shown(mine[row])}, but "
        f"{lookahead.shown(gap.theirs[row])} {SAID[check][0]} {market.dates[gap.row]}"
        if len(gap.theirs) == gap.row + 1
        else f"'{name}' has another length when the data end on {market.dates[gap.row]}"
    )
    said += f"; it differs at {len(found)} of {tried} cuts{_largest(mine, found, market)}"
    why = cause or cause_of(mine.astype("float64"), found, tried, market)
    return Finding(check, False, said, str(market.dates[row]), why.cause, why.mend)


def _largest(mine: Any, gaps: list[Gap], market: Market) -> str:
    worst, at = 0.0, 0
    for gap in gaps:
        if len(gap.theirs) == gap.row + 1:
            apart = np.abs(mine[gap.rows].astype("float64") - gap.theirs[gap.rows])
            if np.isfinite(apart).any() and float(np.nanmax(apart)) > worst:
                worst, at = float(np.nanmax(apart)), int(gap.rows[np.nanargmax(apart)])
    return f", by up to {worst:.4g} (on {market.dates[at]})" if worst else ""


def _lookback(subject: Signal, market: Market, whole: Floats, name: str) -> Iterator[Finding]:
    """Check that the declared lookback is what a value looks at."""
    lookback = int(subject.lookback)
    known = np.flatnonzero(np.isfinite(whole[: max(lookback - 1, 0)]))
    if len(known):
        day = str(market.dates[int(known[0])])
        yield Finding(
            "warm-up", False, f"it has a value on {day}, before the {lookback} sessions that it "
            "declares to need", day, "filled backwards, or a lookback that is too long",
            "leave NaN until the window is full",
        )  # fmt: skip
        return
    yield Finding("warm-up", True, f"NaN until {lookback} sessions are there")
    reach = int(getattr(subject, "reach", lookback))
    if isinstance(subject, Fitted) or len(market) <= reach:
        return
    rows = np.unique(np.linspace(reach - 1, len(market) - 1, 12).astype("int64"))
    for row in rows:
        part = market.between(market.dates[row - reach + 1], market.dates[row])
        try:
            value = float(np.asarray(subject(part))[-1])
        except Exception:  # too short a window for it says the same as a NaN
            value = float("nan")
        if not np.isfinite(whole[row]) and not np.isfinite(value):
            continue
        if not abs(value - whole[row]) <= CLOSE * max(abs(whole[row]), float(np.nanstd(whole))):
            day = str(market.dates[row])
            yield Finding(
                "lookback", False,
                f"'{name}' on {day} is {lookahead.shown(whole[row])}, but {lookahead.shown(value)} "
                f"from the {reach} sessions that it declares to look at", day,
                "the lookback is too short, or the signal remembers for ever (ewm, cumsum, "
                "expanding)", "declare a longer lookback; what remembers for ever is a step",
            )  # fmt: skip
            return
    yield Finding("lookback", True, f"{reach} sessions are enough")
