"""Whether a session's numbers may be decided on: missing, stale, absurd or conflicting ones not.

A refusal means no decision and an alarm; a finding is noted.  Limits are wide: every session of
1990 … 2026 passes but those that docs/sources.md names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hedgerow.core.futures import COLUMNS as FUTURES
from hedgerow.core.market import Market, Origin, session_date
from hedgerow.data.calendar import holidays
from hedgerow.data.screen import LIMITS
from hedgerow.data.tables import FUNDS
from hedgerow.errors import HedgerowError
from hedgerow.live.hours import MINUTE, close_of, day_of, in_new_york, sessions_since
from hedgerow.live.needs import ALWAYS
from hedgerow.live.settings import SourceTerms
from hedgerow.live.sources.completing import Completed, complete
from hedgerow.live.sources.expiries import expiries
from hedgerow.live.sources.reading import Reading

PRICES = ("spx", "ndx", "rut")
VOLS = ("vix", "vix9d", "vix3m", "vix6m", "vvix", "vxn", "rvx")
FAST = (*PRICES, *VOLS, *FUTURES, *sorted(FUNDS))
"""What moves every session: never carried, and never all of it the same twice."""

HIGHEST_VIX = 200.0
GAP = 5
"""Sessions without numbers before one after which signals mean nothing."""
BASIS = 3.0
"""Most by which a VIX future may be over or under VIX, as a factor."""

_LIVELY = {"vix9d": math.sqrt(30.0 / 9.0)}
"""How much more than VIX an index of shorter tenor moves: by the root of the tenors' ratio."""

STILL = 0.03
"""Move of the index with which VIX never stayed what it was; 1990 … 2026: 0.0178, 20 January
1998."""
ALIKE = 1e-6
"""Part by which a number may differ from itself, as vendors round."""

_EARLY = MINUTE
_SAME = 3
"""Columns with one and the same number that no chance explains."""


class Screened(NamedTuple):
    """A reading, completed, and what speaks against it."""

    reading: Reading
    refusals: tuple[str, ...]
    """Why no decision may rest on it, a sentence each; empty: it may."""
    findings: tuple[str, ...]


def screen(
    reading: Reading,
    market: Market,
    needs: Iterable[str],
    terms: SourceTerms,
    check: Reading | None,
    now: int,
) -> Screened:
    """Say whether a session's numbers may be decided on, and complete what is slow.

    Parameters
    ----------
    reading
        As the source gave it.
    market
        What was accepted before.
    needs
        Columns that the program cannot do without (:func:`hedgerow.live.needs.needs_of`).
    terms
        How odd numbers may be.
    check
        What the second source says; None where there is none, or it does not answer.
    now
        Nanoseconds since 1970, UTC.

    Returns
    -------
    Screened
        The reading with carried columns, refusals and findings.

    Examples
    --------
    >>> days = np.array(["2020-03-05", "2020-03-06"], dtype="datetime64[ns]")
    >>> market = Market(days, {"spx": [3023.94, 2972.37], "vix": [39.62, 41.94]})
    >>> read = Reading("2020-03-09", "a test", {"spx": 2746.56, "vix": 544.6})
    >>> now = close_of(np.datetime64("2020-03-09"))
    >>> for refusal in screen(read, market, (), SourceTerms(), None, now).refusals:
    ...     print(refusal)
    VIX is 544.6: nothing outside 3 … 200 is one
    VIX is 544.6, 13 times the 41.94 of 2020-03-06: beyond vix_ratio = 2.5
    """
    try:
        day = session_date(reading.session, "session")
    except HedgerowError as error:
        return Screened(reading, (str(error),), reading.findings)
    refusals = list(_untimely(day, market, now))
    if refusals:
        return Screened(reading, tuple(refusals), reading.findings)
    # what the past lacks, its backtest lacks as well
    completed = Completed(reading, ()) if reading.past else complete(reading, market)
    case = _Case.of(completed.reading, market, terms, check, day)
    needed = frozenset((*ALWAYS, *needs))
    conflicts, differ = _conflicting(case, needed, bool(terms.check))
    moves, odd = _moved(case)
    refusals += [
        *_missing(case, needed),
        *_stale(case, now),
        *_outside(case),
        *moves,
        *_futures(case),
        *conflicts,
    ]
    notes = [*reading.findings, *completed.findings, *differ, *odd, *_odd(case)]
    return Screened(completed.reading, tuple(dict.fromkeys(refusals)), tuple(notes))


@dataclass(frozen=True)
class _Case:
    """A reading beside what was before it."""

    day: np.datetime64
    source: str
    values: dict[str, float]
    stamps: dict[str, int]
    origin: dict[str, int]
    last: dict[str, float]
    """Of the session accepted before; what it lacked is left out."""
    measured: frozenset[str]
    """What that session had from a vendor, not from a model."""
    before: str
    gap: int
    """Sessions since that one, 1 for the next."""
    terms: SourceTerms
    check: Reading | None
    other: dict[str, float] = field(default_factory=dict)
    now: dict[str, float] = field(default_factory=dict)
    """The session before, as the source has it by now."""
    struck: Mapping[str, str] = field(default_factory=dict)
    """What the source has and cannot be used, a sentence for each column."""

    @classmethod
    def of(
        cls,
        reading: Reading,
        market: Market,
        terms: SourceTerms,
        check: Reading | None,
        day: np.datetime64,
    ) -> _Case:
        last, measured, before, gap = {}, frozenset[str](), "", 1
        if len(market):
            codes = {} if reading.past else market.origin
            measured = frozenset(n for n, code in codes.items() if code[-1] == Origin.MEASURED)
            last = {name: float(column[-1]) for name, column in market.columns.items()}
            before, gap = str(market.dates[-1]), sessions_since(market.dates[-1], day)
        same = check is not None and check.session == reading.session
        return cls(
            day,
            reading.source,
            _finite(reading.values),
            dict(reading.stamps),
            dict(reading.origin),
            _finite(last),
            measured,
            before,
            gap,
            terms,
            check if same else None,
            _finite(check.values) if same and check is not None else {},
            _finite(reading.before[1]) if reading.before and reading.before[0] == before else {},
            reading.struck,
        )

    def made(self, name: str) -> bool:
        """Say whether a value is a model's or assumed."""
        return self.origin.get(name) in (Origin.MODELLED, Origin.ASSUMED)

    def agreed(self, name: str) -> bool:
        """Say whether a second source has the same value."""
        theirs = self.other.get(name)
        return theirs is not None and not _apart(self.values[name], theirs, self.terms.tolerance)


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if math.isfinite(value)}


def _apart(ours: float, theirs: float, tolerance: float) -> bool:
    return abs(ours - theirs) > tolerance * max(abs(ours), abs(theirs))


def _untimely(day: np.datetime64, market: Market, now: int) -> Iterator[str]:
    if not np.is_busday(day, holidays=holidays()):
        yield f"{day} is no session of the exchanges"
        return
    if now < close_of(day):
        close = in_new_york(close_of(day))
        yield f"the session of {day} ends at {close}, and it is {in_new_york(now)}"
    if not len(market):
        return
    last = market.dates[-1]
    if day <= last:
        yield f"{day} is not after {last}, the last session accepted"
    elif (gap := sessions_since(last, day)) > GAP:
        yield (
            f"{gap - 1} sessions between {last} and {day} are missing, more than {GAP - 1}: "
            "signals would mean nothing; begin a run on newer history"
        )


def _missing(case: _Case, needed: frozenset[str]) -> Iterator[str]:
    for name in sorted(needed):
        if name not in case.values and name in case.struck:
            yield case.struck[name]
        elif name not in case.values:
            yield f"{name.upper()} is missing: {case.source} does not have it for {case.day}"
        elif name in FAST and name in case.measured and case.made(name):
            yield (
                f"{name.upper()} is {_number(case.values[name])} by a model, and {case.before} had "
                f"it measured: {case.source} lacks the vendor's own number"
            )


def _stale(case: _Case, now: int) -> Iterator[str]:
    close = close_of(case.day)
    for name, stamp in sorted(case.stamps.items()):
        if name not in case.values:
            continue
        if stamp < close - _EARLY or str(day_of(stamp)) != str(case.day):
            yield f"{name.upper()} is of {in_new_york(stamp)}, not of the close of {case.day}"
        elif stamp > now + _EARLY:
            said = f"{in_new_york(stamp)}, and it is {in_new_york(now)}"
            yield f"{name.upper()} is of {said}: a clock is wrong"
    groups = (("index", PRICES + tuple(sorted(FUNDS))), ("volatility index", VOLS))
    fast = [name for name in FAST if name in case.values and name in case.last]
    if len(fast) > 1 and all(case.values[name] == case.last[name] for name in fast):
        yield f"every price is that of {case.before} to the last digit: the quotes are stale"
        return
    still = set()
    for what, names in groups:
        held = [name for name in names if name in fast]
        if len(held) >= _SAME and all(case.values[name] == case.last[name] for name in held):
            still.add(what)
            yield f"every {what} is that of {case.before} to the last digit: they are stale"
    if not still and {"spx", "vix"} <= set(fast) and case.values["vix"] == case.last["vix"]:
        move = case.values["spx"] / case.last["spx"] - 1.0
        if abs(move) > STILL and not case.agreed("vix"):
            yield (
                f"VIX is that of {case.before} to the last digit, and SPX moved by {move:+.1%}: "
                "VIX is stale"
            )


def _outside(case: _Case) -> Iterator[str]:
    for name in sorted(case.values):
        value = case.values[name]
        low, high = LIMITS.get(name, (0.0, math.inf))
        high = HIGHEST_VIX if name == "vix" else high
        if name in LIMITS and not low <= value <= high:
            yield f"{name.upper()} is {_number(value)}: nothing outside {low:g} … {high:g} is one"
        elif name in FAST and value <= 0.0:
            yield f"{name.upper()} is {_number(value)}: no price is zero or less"
    seen: dict[float, list[str]] = {}
    for name in (*PRICES, *VOLS):
        if name in case.values:
            seen.setdefault(case.values[name], []).append(name.upper())
    for value, names in seen.items():
        if len(names) >= _SAME or {"SPX", "VIX"} <= set(names):
            yield f"{', '.join(names)} are all {_number(value)}: one quote stands for several"


def _moved(case: _Case) -> tuple[list[str], list[str]]:
    """Return moves that no market makes, and those that a second source has too."""
    refusals, findings = [], []
    stretch = math.sqrt(case.gap)
    for name in (*PRICES, *VOLS):
        now, last = case.values.get(name, 0.0), case.last.get(name, 0.0)
        if now <= 0.0 or last <= 0.0:
            continue
        if name in PRICES:
            far = abs(now / last - 1.0) > case.terms.spx_move * stretch
            limit, how = f"spx_move = {case.terms.spx_move:g}", f"{now / last - 1.0:+.1%} from"
        else:
            most = math.log(case.terms.vix_ratio) * stretch * _LIVELY.get(name, 1.0)
            far = abs(math.log(now / last)) > most
            limit, how = f"vix_ratio = {case.terms.vix_ratio:g}", f"{now / last:.3g} times"
        if far:
            said = (
                f"{name.upper()} is {_number(now)}, {how} the {_number(last)} of {case.before}: "
                f"beyond {limit}"
            )
            if case.agreed(name) and case.check is not None:
                findings.append(f"{said}; {case.check.source} has it too")
            else:
                refusals.append(said)
    return refusals, findings


def _futures(case: _Case) -> Iterator[str]:
    rule = expiries(case.day)
    vix = case.values.get("vix", 0.0)
    last = {
        case.last[f"{name}_expiry"]: case.last[name]
        for name in FUTURES
        if name in case.last and f"{name}_expiry" in case.last
    }
    for name in FUTURES:
        expiry = case.values.get(f"{name}_expiry")
        if expiry is not None and expiry != rule[name]:
            yield (
                f"{name.upper()} is said to settle on {_day(expiry)}, "
                f"by the exchange's rule it is {_day(rule[name])}"
            )
        settle = case.values.get(name)
        if settle is None or settle <= 0.0:
            continue
        if vix > 0.0 and not 1.0 / BASIS <= settle / vix <= BASIS:
            yield (
                f"{name.upper()} is {_number(settle)} and VIX {_number(vix)}: more than "
                f"{BASIS:g} times apart"
            )
        before = last.get(float(rule[name]), 0.0)
        far = math.log(case.terms.vix_ratio) * math.sqrt(case.gap)
        if before > 0.0 and abs(math.log(settle / before)) > far:
            yield (
                f"{name.upper()} is {_number(settle)}, {settle / before:.3g} times the "
                f"{_number(before)} of {case.before}: beyond vix_ratio = {case.terms.vix_ratio:g}"
            )


def _conflicting(case: _Case, needed: frozenset[str], wanted: bool) -> tuple[list[str], list[str]]:
    """Return where two sources differ: in what is needed, and elsewhere."""
    if case.check is None:
        lone = f"the second source does not have {case.day}, and nothing else confirms it"
        return ([lone] if wanted else []), []
    refusals: list[str] = []
    findings: list[str] = []
    for name in FAST:
        if name not in case.values or name not in case.other or case.agreed(name):
            continue
        said = (
            f"{name.upper()} is {_number(case.values[name])} at {case.source}, "
            f"{_number(case.other[name])} at {case.check.source}"
        )
        (refusals if name in needed else findings).append(said)
    for name in ALWAYS:
        if name in case.values and name not in case.other:
            refusals.append(f"{case.check.source} has no {name.upper()} that would confirm it")
    return refusals, findings


def _odd(case: _Case) -> Iterator[str]:
    if case.gap > 1:
        left = case.gap - 1
        yield f"{left} session{'s' * (left > 1)} between {case.before} and {case.day} passed unseen"
    gone = [name.upper() for name in FAST if name in case.last and name not in case.values]
    if gone:
        yield (
            f"{', '.join(gone)}: {case.before} had {'them' if len(gone) > 1 else 'it'}, "
            f"{case.day} has not"
        )
    for name in (*PRICES, "vix"):
        if name in case.values and case.values[name] == case.last.get(name):
            yield f"{name.upper()} is that of {case.before} to the last digit"
    for name in (*PRICES, *VOLS, *FUTURES):
        was, now = case.last.get(name), case.now.get(name)
        if was is not None and now is not None and _apart(was, now, ALIKE):
            yield (
                f"{name.upper()} of {case.before} is {_number(now)} by now at {case.source}: it "
                f"was accepted as {_number(was)}, and stays so"
            )
    for name in (*PRICES, *VOLS, *FUTURES):
        code = case.origin.get(name, Origin.MEASURED)
        if name in case.values and code != Origin.MEASURED:
            yield f"{name.upper()} is {Origin(code).name.lower()}, not measured"


def _number(value: float) -> str:
    return f"{value:.10g}"


def _day(days: float) -> str:
    return str(np.datetime64(int(days), "D"))
