"""The look-ahead test of one object of a user's: every check, each with its sentence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from hedgerow.core.fitting import Fitted
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import Signal, Stage, Step
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import RangeError
from hedgerow.instruments.options import Put
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.research import lookahead
from hedgerow.research.crises import CRISES
from hedgerow.research.foresight import form
from hedgerow.research.foresight.cause import Cause, leading
from hedgerow.research.foresight.comparing import compared, told
from hedgerow.research.foresight.finding import Examination, Finding
from hedgerow.research.foresight.form import RAISED
from hedgerow.research.foresight.loads import loads
from hedgerow.research.foresight.worlds import elsewhere, other_future, places

EARLY = (1, 3, 8, 20, 60, 130, 260)
"""Rows at which warm-up is still going on."""

Make = Callable[[Market], Mapping[str, Any]]


Again = Callable[[], AbstractContextManager[Any]]
"""Makes a subject anew from its file, for as long as the context lasts."""


def examine(
    subject: Any, market: Market, name: str = "", again: Again | None = None
) -> Examination:
    """Test one object: does it know the future, and does it keep the rules of its kind.

    Parameters
    ----------
    subject
        A signal, a function from a market to a column, a step, a policy or a sleeve.
    market
        On what.
    name
        For the answer, where it has none of its own.
    again
        Makes it anew from its file, so that what it loaded when it was made is looked through, too.

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
    own = name or getattr(subject, "__name__", getattr(subject, "kind", kind))
    title = str(getattr(subject, "name", own))
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
        whole, second = make(market), make(market)
    except RAISED as error:  # whatever a user's code raises is told in words
        return Examination(title, kind, (Finding("runs", False, told(error)),))
    if kind in ("signal", "function"):
        findings.append(form.form(whole[title], market))
        if not findings[0].passed:
            return Examination(title, kind, tuple(findings))
    findings.append(form.the_same(whole, second, market))
    changed = market.digest() != digest
    findings.append(
        Finding("mutation", not changed, "it writes into the market", mend="work on a copy")
        if changed
        else Finding("mutation", True, "the market is left as it was")
    )
    if findings[-2].passed:  # else nothing that is compared can agree
        findings += _foresight(subject, make, market, whole, lookback, kind)
        if all(finding.passed for finding in findings):
            findings += _anew(subject, kind, title, again, market, whole)
        if _quick(subject, kind) and all(finding.passed for finding in findings):
            findings += _dates_alone(make, market, whole)
    if kind == "signal":
        findings += form.lookback(subject, market, whole[title], title)
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


def _quick(subject: Any, kind: str) -> bool:
    return kind in ("signal", "function") and not isinstance(subject, Fitted)


def _foresight(
    subject: Any, make: Make, market: Market, whole: Mapping[str, Any], lookback: int, kind: str
) -> Iterator[Finding]:
    """Cut the future off, and change it, and compare."""
    quick = _quick(subject, kind)
    rows = _cuts(market, lookback, count=24 if quick else 4, early=quick)
    if not rows:
        said = f"{len(market):,} sessions are too few to cut the future off"
        yield Finding("runs", False, said, mend="give more data than it looks back")
        return
    few = rows[:: max(len(rows) // (8 if quick else 2), 1)][-8:]
    if isinstance(subject, Fitted):  # in another future every later fit is made anew
        few = rows[-1:]

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
        found = compared(check, world, at, market, whole, cause)
        if at:
            yield found
        if not found.passed:  # what follows would say the same once more
            return


BEYOND = (
    "it reaches beyond the data that it is given",
    "use the market of the call alone, through market[name]",
)
BESIDE = (
    "it looks up later rows of one of {}, loaded beside the market",
    "make what it needs a column of the market: market.with_columns(…)",
)
REMEMBERED = (
    "it remembers, between calls, data that ended later",
    "remember nothing between calls; what a policy remembers is the memory of a step",
)
LOADED = (
    "it looks up later rows of what it loads by itself ({})",
    BESIDE[1],
)


def _anew(
    subject: Any,
    kind: str,
    title: str,
    again: Again | None,
    market: Market,
    whole: Mapping[str, Any],
) -> Iterator[Finding]:
    """Run the code anew: on cut data alone, and while all that it loads is noise after a row."""

    def world(row: int | None, data: Market) -> tuple[Mapping[str, Any], list[str]]:
        with loads(market, row) as seen, again() if again else nullcontext(subject) as one:
            return _maker(one, kind, title)[0](data), seen

    try:
        made, seen = world(None, market)
    except RAISED as error:
        said = told(error).replace("it cannot be run", "it cannot be run twice")
        yield Finding("own data", False, said)
        return
    same = form.the_same(whole, made, market)
    if not same.passed:
        yield same._replace(sentence=same.sentence.replace("called twice", "run twice"))
        return
    rows = _telling(next(iter(whole.values()))) if _quick(subject, kind) else [len(market) // 2]

    def afresh(row: int) -> Mapping[str, Any]:
        return world(None, market.until(row))[0]

    def without(row: int) -> Mapping[str, Any]:
        return world(row, market)[0]

    cause = Cause(LOADED[0].format(", ".join(dict.fromkeys(seen))), LOADED[1])
    if again:
        found = compared("memory", afresh, rows[::3], market, whole, Cause(*REMEMBERED))
        yield found
        if not found.passed:
            return
    if seen:
        yield compared("own data", without, rows, market, whole, cause)


def _telling(column: Floats) -> list[int]:
    """Return the rows before and after the largest changes of a column, and a middle one."""
    last = len(column) - 1
    changes = np.nan_to_num(np.abs(np.diff(column.astype("float64"))))
    largest = np.argsort(changes, kind="stable")[-3:]
    return sorted({int(row) for row in (last // 2, *largest, *largest + 1) if 0 < row < last})


def _dates_alone(make: Make, market: Market, whole: Mapping[str, Any]) -> Iterator[Finding]:
    """Look at a column that no data change: it is made of dates, or of a table made before."""
    try:
        made = make(other_future(market, -1))
    except RAISED:  # it looks at the data at least, and does not like these
        return
    if any(len(lookahead.differing(whole[name], made[name])) for name in whole):
        return
    for name, column in whole.items():
        for known in ("vix", "spx"):
            ahead = leading(column, market[known]) if known in market else 0
            if ahead:
                days = f"{ahead} session{'s' * (ahead > 1)}"
                said = f"no data change '{name}', and it moves as '{known}' does {days} later"
                cause = "a table whose rows were moved before it was looked up by day"
                yield Finding("dates", False, said, cause=cause, mend=BESIDE[1])
                return
    said = "mind: it looks at dates alone, and dates that were chosen in hindsight pass every test"
    yield Finding("dates", True, said)
