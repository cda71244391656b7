"""Whether the result is more than the choice of the best, and more than luck."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from hedgerow.core.lanes.spread import place
from hedgerow.core.policy import Policy
from hedgerow.errors import HedgerowError, RangeError
from hedgerow.research import crises
from hedgerow.research.comparison import Comparison
from hedgerow.research.gate.item import Item, Outcome
from hedgerow.research.gate.thresholds import Thresholds
from hedgerow.research.overfit.luck import ROOT

if TYPE_CHECKING:
    from hedgerow.research.claims.resampling import Estimate


class Overfit(Protocol):
    """What knows a probability of overfitting: of a sweep, or of a cross-validation."""

    @property
    def pbo(self) -> float:
        """Probability of backtest overfitting, 0 … 1."""


def tested(found: Comparison) -> list[dict[str, Any]]:
    """Return the crises that begin in the test part."""
    begins = found.periods["test"]["from"]
    return [row for row in found.crises if row["from"] >= begins]


def out_of_sample(found: Comparison, asked: Thresholds) -> Item:
    """Ask whether enough years, and a crisis, were kept apart from those used to choose."""
    sessions, many = found.periods["test"]["sessions"], len(tested(found))
    enough = sessions >= asked.sessions and many >= asked.crises
    said = f"The test part has {sessions:,} sessions and {many} crises that begin in it"
    if not enough:
        said += f"; {asked.sessions:,} and {asked.crises} are needed"
    outcome = Outcome.PASS if enough else Outcome.UNKNOWN
    return Item(
        "out_of_sample", "Out of sample (D1)", outcome, said, float(sessions), float(asked.sessions)
    )


def degradation(found: Comparison, asked: Thresholds) -> Item:
    """Ask whether the lead over a fixed hedge of equal cost outlived the training years."""
    key, name = "degradation", "Training against test"
    if "train" not in found.periods:
        return Item(key, name, Outcome.NOT_ASKED, "Nothing was trained on a part of these bars")
    last = found.periods["train"]["to"]
    before = [row for row in found.crises if row["to"] <= last]
    train, test = (
        _lead(rows, found.strategies[period])
        for rows, period in ((before, "train"), (tested(found), "test"))
    )
    if train is None or test is None:
        part = "training" if train is None else "test"
        said = f"In the {part} part no crisis, or no cost of the fixed hedge, lets it be measured"
        return Item(key, name, Outcome.UNKNOWN, said, None, asked.kept)
    told = (
        f"Crisis losses given back beyond a fixed hedge of equal cost: {train:+.1%} of them in the "
        f"training part, {test:+.1%} in the test part"
    )
    if train <= asked.equal_cost:
        return Item(key, name, Outcome.NOT_ASKED, f"{told}: no lead in training to lose")
    kept = test / train
    outcome = Outcome.PASS if kept >= asked.kept else Outcome.UNKNOWN
    if test <= asked.equal_cost:
        outcome = Outcome.FAIL
    return Item(key, name, outcome, f"{told}: {kept:.0%} kept", kept, asked.kept)


def _lead(rows: list[dict[str, Any]], made: Any) -> float | None:
    """Return HER beyond that of the fixed hedge, made as large as to cost the same."""
    her = crises.overall(rows)
    ours, fixed = her["dynamic_her"], her["static_her"]
    cost, its = made["dynamic"]["hedge_cost"], made["static"]["hedge_cost"]
    if ours is None or fixed is None or not its > 0.0:
        return None
    return float(ours - fixed * max(cost, 0.0) / its)


def deflated_sharpe(found: Comparison, asked: Thresholds) -> Item:
    """Ask whether the Sharpe ratio is more than the best of all trials shows by luck (D7)."""
    key, name, luck = "deflated_sharpe", "Deflated Sharpe (D7)", found.luck
    if luck is None or not luck.counted:
        why = f": {luck.remark}" if luck and luck.remark else ""
        said = f"How many variants were tried on these data is not on record{why}"
        return Item(key, name, Outcome.UNKNOWN, said, None, asked.deflated_sharpe)
    many, deflated = luck.count.trials, luck.deflated
    numbers = (None if math.isnan(deflated) else deflated, asked.deflated_sharpe)
    if many == 1:
        said = "The only run on these data on record: nothing was chosen among others"
        return Item(key, name, Outcome.PASS, said, *numbers)
    made = found.strategies["all"]
    ours, fixed = made["dynamic"]["sharpe_excess"], made["static"]["sharpe_excess"]
    if math.isnan(deflated):
        said = "NAV was lost: there is no Sharpe ratio"
        return Item(key, name, Outcome.UNKNOWN, said, *numbers)
    sharpe = luck.record.sharpe * ROOT
    if not ours > fixed:
        said = (
            f"It claims no better Sharpe ratio than the fixed hedge ({ours:.2f} against "
            f"{fixed:.2f}), so luck among {many:,} trials has none to explain"
        )
        return Item(key, name, Outcome.NOT_ASKED, said, *numbers)
    said = (
        f"The best of {many:,} trials on these data would by luck alone show a Sharpe ratio of "
        f"{luck.best:.2f}; this one shows {sharpe:.2f}: {deflated:.0%} sure that it is not luck"
    )
    if luck.remark:
        said += f" ({luck.remark})"
    outcome = Outcome.UNKNOWN
    if deflated >= asked.deflated_sharpe:
        outcome = Outcome.PASS
    elif deflated <= asked.luck:
        outcome = Outcome.FAIL
    return Item(key, name, outcome, said, *numbers)


def pbo(found: Comparison, overfit: Overfit | None, asked: Thresholds) -> Item:
    """Ask how often the best variant of one half of the record fails in the other (D7)."""
    key, name = "pbo", "Probability of overfitting (D7)"
    if overfit is None:
        many = found.luck.count.alike if found.luck and found.luck.counted else 1
        if many < asked.many_trials:
            said = "No sweep stands behind this run, as far as is known"
            return Item(key, name, Outcome.NOT_ASKED, said, None, asked.pbo)
        said = (
            f"{many:,} variants with the same steps are on record for these data, so this one was "
            "chosen; hand the sweep over with result.judge(overfit=hr.sweep(…).overfit())"
        )
        return Item(key, name, Outcome.UNKNOWN, said, None, asked.pbo)
    value = overfit.pbo
    numbers = getattr(overfit, "numbers", {})
    if not _has(found.policy, numbers):
        best = ", ".join(f"{field} = {number:g}" for field, number in numbers.items())
        said = f"The sweep handed over is not that of this policy: its best has {best}"
        return Item(key, name, Outcome.UNKNOWN, said, value, asked.pbo)
    said = (
        f"The variant that was best in one half of the record was among the worse half elsewhere "
        f"in {overfit.pbo:.0%} of the splits; pure noise gives about 50%"
    )
    return overfitted(overfit.pbo, said, asked)


def overfitted(value: float, said: str, asked: Thresholds) -> Item:
    """Return the item of a probability of overfitting that is known."""
    outcome = Outcome.UNKNOWN
    if value <= asked.pbo:
        outcome = Outcome.PASS
    elif value >= asked.pbo_noise:
        outcome = Outcome.FAIL
    known = None if math.isnan(value) else value
    return Item("pbo", "Probability of overfitting (D7)", outcome, said, known, asked.pbo)


def _has(policy: Policy, numbers: Mapping[str, float]) -> bool:
    """Say whether a policy has the numbers of a sweep's best."""
    try:
        at = {field: place(policy, field) for field in numbers}
    except HedgerowError:
        return False
    return all(
        math.isclose(float(getattr(policy.steps[step], name)), numbers[field], rel_tol=1e-9)
        for field, (step, name) in at.items()
    )


def resampled(found: Comparison, asked: Thresholds, resamples: int) -> list[Item]:
    """Ask what needs resampling: intervals of saving and HER, and SPA against two benchmarks."""
    from hedgerow.research.overfit.intervals import intervals

    made = intervals(found, resamples=resamples, only=("saving", "dynamic_her"))
    saved = None if found.ruined else made["saving"]
    return [
        _interval("saving", "Saving against static", saved),
        _interval("her", "Protection in crises", made["dynamic_her"]),
        _superior(found, "static", "a fixed hedge", asked, resamples),
        _superior(found, "divest", "less equity", asked, resamples),
    ]


def _interval(what: str, name: str, made: Estimate | None) -> Item:
    key, name = f"{what}_interval", f"{name}, interval"
    noun = "Saving (C3)" if what == "saving" else "Part of crisis losses given back (HER)"
    if made is None:
        outcome = Outcome.NOT_ASKED if what == "saving" else Outcome.UNKNOWN
        said = "No crisis lies in the run"
        if what == "saving":
            said = "The fixed hedge cost nothing, or lost its portfolio"
        return Item(key, name, outcome, said, None, 0.0)
    if not made.value > 0.0:
        if what == "saving":
            said = f"No saving is claimed: the hedge cost {-made.value:.0%} more than a fixed one"
            return Item(key, name, Outcome.NOT_ASKED, said, made.value, 0.0)
        said = f"{noun}: {made.value:.1%}. It protected nothing"
        return Item(key, name, Outcome.FAIL, said, made.value, 0.0)
    if math.isnan(made.low):
        said = f"{noun}: {made.value:.1%} of {made.count} crises, too few for an interval"
        return Item(key, name, Outcome.UNKNOWN, said, None, 0.0)
    said = f"{noun}: {made.value:.1%}, with 90% confidence {made.low:.1%} to {made.high:.1%}"
    if made.low > 0.0:
        return Item(key, name, Outcome.PASS, said, made.low, 0.0)
    return Item(key, name, Outcome.UNKNOWN, f"{said}: it may be nothing", made.low, 0.0)


def _superior(
    found: Comparison, benchmark: Any, words: str, asked: Thresholds, resamples: int
) -> Item:
    from hedgerow.research.overfit.superior import against

    key, name = f"spa_{benchmark}", f"SPA against {words} (D7)"
    if benchmark == "static" and found.ruined:
        said = "The fixed hedge lost its portfolio: a lead over it proves nothing"
        return Item(key, name, Outcome.UNKNOWN, said, None, asked.size)
    try:
        made = against({found.policy.name: found}, benchmark, size=asked.size, resamples=resamples)
    except RangeError as error:
        said = error.what[:1].upper() + error.what[1:]
        return Item(key, name, Outcome.UNKNOWN, said, None, asked.size)
    gain, p = made.gains[made.best], made.consistent
    said = f"It returned {gain:+.2%} a year against {words}"
    if benchmark == "divest":
        said += " with as deep a fall"
    if benchmark == "divest" and (found.divest["dynamic"] or {}).get("verdict") != "better":
        return Item(key, name, Outcome.NOT_ASKED, f"No lead is claimed. {said}", p, asked.size)
    if gain <= 0.0 and benchmark != "divest":
        return Item(key, name, Outcome.FAIL, f"{said}: no gain to believe in", p, asked.size)
    better = p <= asked.size and bool(made.better)
    said += f"; as much comes by luck in {p:.1%} of cases"
    return Item(key, name, Outcome.PASS if better else Outcome.UNKNOWN, said, p, asked.size)
