"""Counting: every run that a user could choose by goes into the trial register.

Counted are backtests, each policy and sleeve of a comparison, each reading of a rule, each lane of
a sweep, what is stressed, replays, and each program of one's own.  Not counted are runs nobody
chooses a policy by: claims and examples of the source, published rulebooks, and the fixed hedge and
its likes beside a policy.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow import __version__
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.feed import stretch_of
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program_text import to_table
from hedgerow.engine.rulebook import names, rulebook
from hedgerow.engine.run import Ground, play
from hedgerow.engine.track import Track
from hedgerow.errors import HedgerowError
from hedgerow.instruments.catalog import sleeve_to_table
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.scene import SPOT
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research.comparison import Comparison, cash_returns
from hedgerow.research.gate.programs import Traded
from hedgerow.research.overfit import register
from hedgerow.research.overfit.luck import Luck
from hedgerow.research.overfit.sharpe import Record, record_of
from hedgerow.research.overfit.trials import Count, Trial, count, on_the_same_data
from hedgerow.research.performance import YEAR, returns
from hedgerow.research.readings import Readings
from hedgerow.research.shortlist import Shortlist
from hedgerow.research.survey import Survey
from hedgerow.research.sweep import Sweep, sharpes
from hedgerow.shortvol.intraday.replay import Replay

if TYPE_CHECKING:
    from hedgerow.research.tuning.searching import Search
    from hedgerow.research.tuning.sensitivity import Sensitivity
    from hedgerow.research.tuning.walking import Walk

SWITCHED_OFF = "the trial register is switched off: what else was tried is not known"


def count_runs(found: Sequence[Comparison], kind: str = "backtest") -> list[Comparison]:
    """Enter backtests of policies on the same data and return them with their luck."""
    records = [_record(one.tracks["dynamic"], one.ground) for one in found]
    runs = [
        trial(kind, one.policy, one.ground, one.sleeve, one.costs, [record.sharpe])
        for one, record in zip(found, records, strict=True)
    ]
    counts, counted, remark = enter(runs)
    return [
        replace(one, luck=Luck(record, known, counted, remark))
        for one, record, known in zip(found, records, counts, strict=True)
    ]


def count_sweep(made: Sweep, ground: Ground, sleeve: Sleeve, costs: Costs | None) -> Sweep:
    """Enter every lane of a sweep, and return it with the count of trials on its data.

    The same combinations are the same trials, in whatever order their axes and values are given.
    """
    cash = cash_returns(ground)
    run = trial(
        "sweep", made.spread.policy, ground, sleeve, costs or Costs(),
        sharpes(made.results, float(cash[1:].mean()), len(made)), made.axes,
    )  # fmt: skip
    (found,), counted, remark = enter([run])
    return replace(made, cash=cash, count=found if counted else None, remark=remark)


def count_survey(made: Survey, ground: Ground, sleeve: Sleeve, costs: Costs | None) -> Survey:
    """Enter every lane of a survey, and return it with the count of trials on its data."""
    told = [float(made.sharpe[name][0]) for name in ("mean", "deviations", "least", "greatest")]
    shape = trial(
        "sweep", made.base, ground, sleeve, costs or Costs(), told,
        {key: np.unique(values) for key, values in made.axes.items()},
    )  # fmt: skip
    run = replace(
        shape,
        lanes=len(made),
        rated=int(made.sharpe["count"][0]),
        mean=float(made.sharpe["mean"][0]),
        variance=made.variance,
    )
    (tried,), counted, remark = enter([run])
    return replace(made, count=tried if counted else None, remark=remark)


def count_picks(found: Shortlist, ground: Ground, sleeve: Sleeve, costs: Costs | None) -> None:
    """Enter the best lanes of a sweep, which were looked at over the whole stretch."""
    enter(
        [
            trial(
                "sweep", pick.policy, ground, sleeve, costs or Costs(),
                [_record(pick.track, ground).sharpe],
            )
            for pick in found.picks
        ]
    )  # fmt: skip


def count_walk(found: Walk) -> Walk:
    """Enter every lane of a walk once, over its test windows, and the walked track."""
    judged = found.judged
    record = _record(judged.tracks["walked"], judged.ground)
    terms = (judged.policy, judged.ground, judged.sleeve, judged.costs)
    # what walked is told apart by the days on which its numbers changed, and by what they became
    turns = [(choice.fold.test.start, choice.lane) for choice in found.choices]
    walked = {**found.spread.values, "turns": np.array(turns, dtype="float64")}
    return replace(
        found,
        luck=_luck(
            record,
            trial("walk", *terms, found.ratios, found.spread.values),
            trial("walk", *terms, [record.sharpe], walked),
        ),
    )


def count_search(found: Search, policy: Policy, ground: Ground) -> Search:
    """Enter every trial of a search that ran; numbers that were tried twice are one."""
    ran = {tuple(each.numbers.values()): each.sharpe for each in found.history if not each.refused}
    tried = dict(zip(found.space, np.array(list(ran)).T, strict=True))
    judged, ratios = found.judged, np.array(list(ran.values())) / math.sqrt(YEAR)
    entered = trial("search", policy, ground, judged.sleeve, judged.costs, ratios, tried)
    record = _record(play("found", found.policy, ground), ground)
    return replace(found, luck=_luck(record, entered))


def count_surface(found: Sensitivity) -> Sensitivity:
    """Enter every lane of a surface, and of each number changed alone."""
    ground, lanes = found.ground, found.lanes
    entered = trial(
        "surface", found.policy, ground, found.sleeve, found.costs, found.ratios, lanes.values
    )
    record = _record(play("own", found.policy, ground), ground)
    return replace(found, luck=_luck(record, entered))


def _luck(record: Record, *runs: Trial) -> Luck:
    """Enter runs on the same data, and return what the number of trials leaves of a record."""
    counts, counted, remark = enter(runs)
    return Luck(record, counts[-1], counted, remark)


def count_readings(found: Readings, costs: Costs | None) -> None:
    """Enter every reading of a rule that could run."""
    ground = found.ground
    if ground is None:
        return
    enter(
        [
            trial(
                "readings", item.policy, ground, found.sleeve, costs or Costs(),
                [_record(item.track, ground).sharpe],
            )
            for item in found.items
            if item.policy is not None and item.track is not None
        ]
    )  # fmt: skip


def count_program(outcome: Outcome, market: Market, start: str | None, end: str | None) -> Traded:
    """Enter a program of the user's own that was traded; published rulebooks are no trials."""
    program = outcome.program
    whole, first = stretch_of(program, market, start, end)
    if program.name in names() and program == rulebook(program.name).program:
        return Traded(outcome, whole, first, None)
    bills = Equity(1.0, equity_share=0.0).values(whole, first)[first:]
    table = {**to_table(program), "name": "", "title": "", "source": ""}
    table["policies"] = [_text(line.policy) for line in program.lines]
    text = json.dumps(table, sort_keys=True, default=str)
    shape = "/".join(line.sleeve.kind for line in program.lines)
    named = ("trade", program.name, shape)
    record = _over(outcome.nav, returns(bills))
    ratio = record.sharpe
    parts = [
        part
        for line in program.lines
        for part in (line.sleeve, *line.policy.signals, *line.policy.steps)
    ]
    run = _trial(named, text, _outcome([ratio], parts), whole, first, SPOT, [ratio])
    return Traded(outcome, whole, first, _luck(record, run))


def count_replay(found: Replay) -> None:
    """Enter a replay of a policy on intraday bars, by its gains of sessions."""
    days = found.hedge.dates
    starts = np.flatnonzero(np.r_[True, days[1:] != days[:-1]])
    earned = np.add.reduceat(found.pnl["book"] + found.pnl["hedge"], starts)
    ratio = _over(found.terms.value + np.cumsum(earned), np.zeros(len(earned) - 1)).sharpe
    shape = "/".join(step.kind for step in found.policy.steps)
    terms = {"book": found.terms.to_dict(), "bars": found.bars}
    terms |= _outcome([ratio], [*found.policy.signals, *found.policy.steps])
    named = ("replay", found.policy.name, shape)
    enter([_trial(named, _text(found.policy), terms, found.market, found.first, SPOT, [ratio])])


def count_policy(
    kind: str, policy: Policy, ground: Ground, sleeve: Sleeve, costs: Costs, track: Track
) -> None:
    """Enter a policy that ran over a ground: the same trial as its backtest there."""
    enter([trial(kind, policy, ground, sleeve, costs, [_record(track, ground).sharpe])])


def trial(
    kind: str,
    policy: Policy,
    ground: Ground,
    sleeve: Sleeve,
    costs: Costs,
    ratios: Sequence[float] | Floats,
    axes: Mapping[str, Floats] | None = None,
) -> Trial:
    """Return what the register shall keep of a run.

    Parameters
    ----------
    kind
        What it was: a word.
    policy, ground, sleeve, costs
        What was run on what.
    ratios
        Sharpe ratio per session over bills of each lane, NaN where it has none.
    axes
        ``"step.field"`` to one value per lane, or, where lanes are every combination, to the
        values that it took, rising.
    """
    terms = {
        "sleeve": sleeve_to_table(sleeve),
        "costs": asdict(costs),
        "portfolio": ground.portfolio.as_dict(),
        "same_bar": ground.same_bar,
        "axes": {name: _digest(column.tobytes()) for name, column in (axes or {}).items()},
        **_outcome(ratios, [sleeve, *policy.signals, *policy.steps]),
    }
    shape = "/".join(step.kind for step in policy.steps)
    named = (kind, policy.name, shape)
    return _trial(named, _text(policy), terms, ground.market, ground.first, ground.index, ratios)


def _trial(
    named: tuple[str, str, str],
    text: str,
    terms: Mapping[str, Any],
    market: Market,
    first: int,
    index: str,
    ratios: Sequence[float] | Floats,
) -> Trial:
    """Return the trial of what a text and its terms did on a market from a row on."""
    dates, each = market.dates, np.asarray(ratios, dtype="float64")
    rated = each[np.isfinite(each)]
    data, begins = market.digest(), str(dates[first])
    cells = {"data": data, "text": text, "first": begins, **terms}
    kind, name, shape = named
    return Trial(
        key=_digest(json.dumps(cells, sort_keys=True, default=str).encode()),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        kind=kind,
        name=name,
        shape=shape,
        policy=_digest(text.encode()),
        data=data,
        source=market.sources.get(index, ""),
        first=begins,
        last=str(dates[-1]),
        lanes=len(each),
        rated=len(rated),
        mean=float(rated.mean()) if len(rated) else math.nan,
        variance=float(rated.var(ddof=1)) if len(rated) > 1 else 0.0,
        version=__version__,
    )


def enter(runs: Sequence[Trial]) -> tuple[list[Count], bool, str]:
    """Enter runs, and return the trials on the data of each, whether counted, and a remark.

    A register that cannot be used costs nobody a finished run: the remark says so.
    """
    remark = SWITCHED_OFF
    try:
        path = register.place()
        held = register.enter(path, runs) if path is not None else None
    except HedgerowError as error:
        held, remark = None, str(error)
    if held is None:
        own = [_alone(runs, run) for run in runs]
        return own, False, remark
    torn = len(held.damaged)
    remark = f"{torn} line{'s' * (torn != 1)} of the register cannot be read" if torn else ""
    return [held.count(run) for run in runs], True, remark


def _alone(runs: Sequence[Trial], run: Trial) -> Count:
    same = on_the_same_data(runs, run)
    alike = sum(one.lanes for one in same if one.shape == run.shape)
    return count(same)._replace(alike=alike)


def _record(track: Track, ground: Ground) -> Record:
    return _over(track["nav"], cash_returns(ground)[1:])


def _over(nav: Floats, bills: Floats) -> Record:
    """Return the record of NAV over bills; one that was lost has no Sharpe ratio."""
    if not nav.min() > 0.0:
        return Record(math.nan, len(bills))
    return record_of(returns(nav) - bills)


def _outcome(ratios: Sequence[float] | Floats, parts: Sequence[Any]) -> dict[str, str]:
    """Return what tells runs with parts of the user's own apart: their code may have changed."""
    if all(type(part).__module__.partition(".")[0] == "hedgerow" for part in parts):
        return {}
    return {"outcome": _digest(np.asarray(ratios, dtype="float64").tobytes())}


def _text(policy: Policy) -> str:
    """Return what makes a policy, its name left out: another name is no other trial."""
    try:
        return replace(policy, name="").to_toml()
    except HedgerowError:  # steps of the user's own have no text
        return repr((policy.signals, policy.steps))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
