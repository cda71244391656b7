"""Counting: every run that a user could choose by goes into the trial register.

Counted are backtests, each policy and sleeve of a comparison, each reading of a rule and each lane
of a sweep.  Not counted are runs nobody chooses a policy by: claims and examples of the source,
rulebooks and programs, and the fixed hedge and its likes beside a policy.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from hedgerow import __version__
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.errors import HedgerowError
from hedgerow.instruments.catalog import sleeve_to_table
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research.comparison import Comparison, cash_returns
from hedgerow.research.overfit import register
from hedgerow.research.overfit.blocks import Sums
from hedgerow.research.overfit.luck import Luck
from hedgerow.research.overfit.register import Count, Trial
from hedgerow.research.overfit.sharpe import Record, record_of
from hedgerow.research.performance import returns
from hedgerow.research.readings import Readings
from hedgerow.research.sweep import Sweep

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
        replace(one, luck=Luck(record, count, counted, remark))
        for one, record, count in zip(found, records, counts, strict=True)
    ]


def count_sweep(made: Sweep, ground: Ground, sleeve: Sleeve, costs: Costs | None) -> Sweep:
    """Enter every lane of a sweep, and return it with the count of trials on its data."""
    cash = cash_returns(ground)
    run = trial(
        "sweep", made.spread.policy, ground, sleeve, costs or Costs(),
        _lanes(made.results, cash, len(made)), made.spread.values,
    )  # fmt: skip
    (count,), counted, remark = enter([run])
    return replace(made, cash=cash, count=count if counted else None, remark=remark)


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
        ``"step.field"`` to one value per lane, for a sweep.
    """
    dates, each = ground.market.dates, np.asarray(ratios, dtype="float64")
    rated = each[np.isfinite(each)]
    text = _text(policy)
    data = ground.market.digest()
    cells = {
        "data": data,
        "policy": text,
        "sleeve": sleeve_to_table(sleeve),
        "costs": asdict(costs),
        "portfolio": ground.portfolio.as_dict(),
        "first": str(dates[ground.first]),
        "same_bar": ground.same_bar,
        "axes": {name: _digest(column.tobytes()) for name, column in (axes or {}).items()},
    }
    return Trial(
        key=_digest(json.dumps(cells, sort_keys=True, default=str).encode()),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        kind=kind,
        name=policy.name,
        shape="/".join(step.kind for step in policy.steps),
        policy=_digest(text.encode()),
        data=data,
        source=ground.market.sources.get(ground.index, ""),
        first=str(dates[ground.first]),
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
    path, remark = register.place(), SWITCHED_OFF
    if path is not None:
        try:
            held = register.enter(path, runs)
        except HedgerowError as error:
            remark = str(error)
        else:
            torn = len(held.damaged)
            remark = (
                f"{torn} line{'s' * (torn != 1)} of the register cannot be read" if torn else ""
            )
            return [_count(held.trials, run) for run in runs], True, remark
    return [_count(runs, run) for run in runs], False, remark


def _count(trials: Sequence[Trial], run: Trial) -> Count:
    return register.count(register.on_the_same_data(trials, run))


def _record(track: Track, ground: Ground) -> Record:
    return record_of(returns(track["nav"]) - cash_returns(ground)[1:])


def _lanes(results: Mapping[str, Any], cash: Floats, lanes: int) -> Floats:
    """Return the Sharpe ratio of each lane, NaN where its returns were not measured."""
    if "sum_return" not in results:
        return np.full(lanes, np.nan)
    names = ("bars", "sum_return", "sum_return_squared")
    sums = Sums(*(results[name][None, :] for name in names))
    return np.asarray(sums.over(cash[1:].mean(keepdims=True)).sharpe()[0])


def _text(policy: Policy) -> str:
    """Return what makes a policy, its name left out: another name is no other trial."""
    try:
        return replace(policy, name="").to_toml()
    except HedgerowError:  # steps of the user's own have no text
        return repr((policy.signals, policy.steps))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
