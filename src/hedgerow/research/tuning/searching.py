"""Search: numbers found by optuna's TPE on the training part, judged on the part it has not seen.

Watanabe: Tree-structured Parzen estimator, arXiv 2304.11127 (2023); Bergstra, Bardenet, Bengio,
Kégl: Algorithms for hyper-parameter optimization, NeurIPS 24 (2011).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.core.lanes.spread import Spread, place
from hedgerow.core.policy import Policy
from hedgerow.engine.run import Ground
from hedgerow.errors import HedgerowError, PolicyError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research.overfit.luck import Luck
from hedgerow.research.split import Split
from hedgerow.research.tuning.judging import Judged, judge
from hedgerow.research.tuning.lanes import alone_deepest, fixed_tallies, numbers_of, tallies
from hedgerow.research.tuning.objective import Objective
from hedgerow.research.tuning.windows import begun

if TYPE_CHECKING:
    from types import ModuleType

    from hedgerow.research.tuning.objective import Tally

BATCH = 8
"""Trials that are asked for at a time: lanes that are played together cost as much as one."""

MOST_TRIALS = 100_000
LAST_SEED = 2**32 - 1
"""What NumPy's older generator, which the sampler draws from, takes."""

MOST_STEPS = 1_000_000
"""Values of one number that is searched in steps."""


@dataclass(frozen=True)
class Try:
    """One trial of a search.

    Parameters
    ----------
    numbers
        What was tried, by ``"step.field"``.
    value
        The objective in training; NaN where the policy refuses the numbers or the lane is out.
    sharpe
        Sharpe ratio over bills a year in training; NaN where there is none.
    refused
        Why the policy refuses them; empty if it does not.
    """

    numbers: Mapping[str, float]
    value: float
    sharpe: float
    refused: str = ""


@dataclass(frozen=True, repr=False)
class Search:
    """What a search found.

    Parameters
    ----------
    policy
        With the best numbers.
    space
        Lowest and highest value of each number, and the step or None.
    objective, seed, asked
        What was searched for, and with how many trials.
    history
        The trials that were made, in order.
    stopped
        Why there are fewer than asked for; empty if there are not.
    inside, given_inside, fixed_inside
        The objective in training: of the best trial, of the policy's own numbers, of the fixed
        hedge.
    outside
        The same in the test part, by hedge.
    ground, split
        Of the whole run, and the rows of its two parts.
    judged
        Over the test part: ``unhedged``, ``static``, ``given`` and ``found``.
    importance
        Share of each number in how the objective varies (fANOVA), adding up to 1; empty where too
        few trials tell.
    facts
        Hashes and versions.
    luck
        The policy found, over the whole run, against the number of trials (D7); None until counted.
    """

    policy: Policy
    space: Mapping[str, tuple[float, float, float | None]]
    objective: Objective
    seed: int
    asked: int
    history: tuple[Try, ...]
    stopped: str
    inside: float
    given_inside: float
    fixed_inside: float
    outside: Mapping[str, float]
    ground: Ground
    split: Split
    judged: Judged
    importance: Mapping[str, float]
    facts: Mapping[str, Any]
    luck: Luck | None = None

    def __repr__(self) -> str:
        return (
            f"<Search of {self.policy.name} with {self.judged.sleeve.name}: "
            f"{len(self.history):,} trials>"
        )

    @property
    def best(self) -> Try:
        """The best trial; of equal ones the first."""
        return self.history[int(np.nanargmax([each.value for each in self.history]))]

    @property
    def efficiency(self) -> float:
        """Objective in the test part over that in training; NaN where that is not above 0."""
        return self.outside["found"] / self.inside if self.inside > 0.0 else math.nan


def checked_space(policy: Policy, space: Any) -> dict[str, tuple[float, float, float | None]]:
    """Return lowest, highest and step of each number that is searched.

    The highest is the last one that steps lead to, or the last whole one of a counted number.

    Raises
    ------
    PolicyError
        If a key names no number of the policy.
    RangeError
        If there is nothing to search, or a range is none.

    Examples
    --------
    >>> from hedgerow.policies.catalog import starter
    >>> checked_space(starter("linear"), {"linear.low": (8, 18), "bounds.cap": (1, 3, 0.5)})
    {'linear.low': (8.0, 18.0, None), 'bounds.cap': (1.0, 3.0, 0.5)}
    """
    if not isinstance(space, Mapping) or not space:
        raise RangeError(
            "there is nothing to search", where="space", mend='write {"linear.low": (8, 18)}'
        )
    return {key: _range(policy, key, given) for key, given in space.items()}


def _range(policy: Policy, key: str, given: Any) -> tuple[float, float, float | None]:
    """Return lowest, highest and step of one number."""
    whole = _is_counted(policy, key)
    cells = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
    step = cells[2] if len(cells) > 2 else None
    known = cells if step is not None else cells[:2]
    numbers = [float(c) for c in known if isinstance(c, int | float) and not isinstance(c, bool)]
    if not (
        2 <= len(cells) <= 3
        and len(numbers) == len(known)
        and math.isfinite(sum(map(abs, numbers)))
        and numbers[0] < numbers[1]
        and min(numbers[2:], default=1.0) > 0.0
    ):
        raise RangeError(
            f"{given!r} is no range", where=f"space.{key}", mend="write (8, 18) or (8, 18, 0.5)"
        )
    low, high = numbers[:2]
    if whole:
        low, high = float(math.ceil(low)), float(math.floor(high))
        if not low < high or (step is not None and not float(step).is_integer()):
            raise RangeError(
                f"{given!r} leaves no two whole numbers in whole steps",
                where=f"space.{key}",
                mend="write (2, 8) or (2, 8, 2)",
            )
    if step is None:
        return low, high, None
    steps = (high - low) / numbers[2] + 1e-9  # an end missed by rounding alone is reached
    if not 1.0 <= steps < MOST_STEPS:
        raise RangeError(
            f"steps of {step:g} do not part {low:g} to {high:g} in 2 … {MOST_STEPS:,} values",
            where=f"space.{key}",
            mend="take another step, or leave it out",
        )
    # decimals as they are written: 0.2 + 2 * 0.1 shall be 0.4
    return low, float(f"{low + math.floor(steps) * numbers[2]:.12g}"), numbers[2]


def _is_counted(policy: Policy, key: str) -> bool:
    i, name = place(policy, key)
    return isinstance(getattr(policy.steps[i], name), int)


def search(
    policy: Policy,
    ground: Ground,
    sleeve: Sleeve,
    space: Mapping[str, tuple[float, float, float | None]],
    split: Split,
    *,
    costs: Costs,
    objective: Objective | None = None,
    trials: int = 100,
    seed: int = 0,
    seconds: float | None = None,
    carriage: str = "compiled",
    facts: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Search:
    """Search the training part for the best numbers and judge them on the test part.

    The same seed finds the same numbers, unless ``seconds`` or Ctrl-C end it early; what was tried
    until then counts.

    Parameters
    ----------
    policy, ground, sleeve, costs
        What is tuned, and the ground of the whole run.
    space, split
        As `checked_space` returns it; rows of the two parts.
    objective
        What the best numbers have most of.
    trials, seconds
        How many, and for how long at most.
    seed
        Of the sampler.
    carriage
        ``"compiled"`` or ``"numpy"``.
    facts
        What else the answer should carry.
    progress
        Called with the number of trials just made.

    Raises
    ------
    HedgerowError
        If optuna is missing, or no trial had a value.
    """
    aim, optuna = objective or Objective(), _optuna()
    if isinstance(trials, bool) or not isinstance(trials, int) or not 1 <= trials <= MOST_TRIALS:
        raise RangeError(
            f"{trials!r} is no number of trials", where="trials", mend=f"give 1 … {MOST_TRIALS:,}"
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LAST_SEED:
        raise RangeError(f"{seed!r} is no seed", where="seed", mend=f"give 0 … {LAST_SEED:,}")
    if seconds is not None and not (isinstance(seconds, int | float) and seconds >= 0.0):
        raise RangeError(f"{seconds!r} is no time", where="seconds", mend="give seconds, 0 or more")
    (fixed,) = fixed_tallies(ground, [split.train])

    def value(numbers: Sequence[Mapping[str, float]]) -> tuple[Any, Tally]:
        """Play some numbers in training, all together."""
        lanes = Spread(policy, {key: np.array([each[key] for each in numbers]) for key in space})
        (tally,) = tallies(lanes, ground, [split.train], carriage)
        return aim.values(tally, fixed, alone_deepest(ground, split.train)), tally

    def attempt(asked: Sequence[Mapping[str, float]]) -> list[Try]:
        refused = [_refusal(policy, each) for each in asked]
        ran = [each for each, why in zip(asked, refused, strict=True) if not why]
        found: Iterator[tuple[float, float]] = iter(())
        if ran:
            scores, tally = value(ran)
            found = iter(zip(scores.tolist(), tally.sharpe().tolist(), strict=True))
        return [
            Try(each, math.nan, math.nan, why) if why else Try(each, *next(found))
            for each, why in zip(asked, refused, strict=True)
        ]

    with _quiet(optuna):
        study = optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed)
        )
        history, stopped = _ask(optuna, study, policy, space, attempt, trials, seconds, progress)
        if all(each.refused for each in history):
            raise RangeError(
                f"the policy refuses all of {len(history):,} trials, such as {history[0].refused}",
                where="search",
                mend="search other ranges",
            )
        if not any(math.isfinite(each.value) for each in history):
            raise RangeError(
                f"none of {len(history):,} trials has a value of '{aim.name}'",
                where="search",
                mend="widen the ranges, ask for less protection, or choose by sharpe",
            )
        importance = _importance(optuna, study, seed)
    best = int(np.nanargmax([each.value for each in history]))
    winner = Spread(policy, {k: np.array([v]) for k, v in history[best].numbers.items()}).lane(0)
    later = begun(ground, split.test.start)
    judged = judge(policy, sleeve, costs, later, {"given": policy, "found": winner})
    return Search(
        winner, dict(space), aim, seed, trials, tuple(history), stopped,
        inside=history[best].value,
        given_inside=float(aim.measure(value([numbers_of(policy)])[1], fixed)[0]),
        fixed_inside=float(aim.measure(fixed, fixed)[0]),
        outside=judged.measures(aim),
        ground=ground,
        split=split,
        judged=judged,
        importance=importance,
        facts={"data": ground.market.digest(), **(facts or {})},
    )  # fmt: skip


def _ask(
    optuna: ModuleType,
    study: Any,
    policy: Policy,
    space: Mapping[str, tuple[float, float, float | None]],
    attempt: Callable[[Sequence[Mapping[str, float]]], list[Try]],
    trials: int,
    seconds: float | None,
    progress: Callable[[int], None] | None,
) -> tuple[list[Try], str]:
    """Ask and tell until all trials are made, the time is over, or Ctrl-C."""
    history: list[Try] = []
    begun_at = time.monotonic()
    try:
        while len(history) < trials:
            if seconds is not None and history and time.monotonic() - begun_at > seconds:
                return history, f"the {seconds:g} seconds were over"
            asked = [study.ask() for _ in range(min(BATCH, trials - len(history)))]
            made = attempt([_suggest(trial, policy, space) for trial in asked])
            for trial, each in zip(asked, made, strict=True):
                if math.isnan(each.value):
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                else:
                    study.tell(trial, each.value)
            history += made
            if progress is not None:
                progress(len(made))
    except KeyboardInterrupt:
        if not history:
            raise
        return history, "it was interrupted"
    return history, ""


def _suggest(
    trial: Any, policy: Policy, space: Mapping[str, tuple[float, float, float | None]]
) -> dict[str, float]:
    made = {}
    for key, (low, high, step) in space.items():
        if _is_counted(policy, key):
            made[key] = float(trial.suggest_int(key, int(low), int(high), step=int(step or 1)))
        else:
            made[key] = float(trial.suggest_float(key, low, high, step=step))
    return made


def _refusal(policy: Policy, numbers: Mapping[str, float]) -> str:
    try:
        Spread(policy, {key: np.array([value]) for key, value in numbers.items()})
    except PolicyError as error:
        return str(error)
    return ""


def _importance(optuna: ModuleType, study: Any, seed: int) -> dict[str, float]:
    """Return how much each number matters; nothing where optuna cannot tell."""
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    try:
        made = optuna.importance.get_param_importances(study, evaluator=evaluator)
    except (RuntimeError, ValueError):  # too few trials, or they are all alike
        return {}
    return {key: float(share) for key, share in made.items()}


@contextmanager
def _quiet(optuna: ModuleType) -> Iterator[None]:
    """Keep optuna from writing a line per trial."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)


def _optuna() -> ModuleType:
    try:
        import optuna
    except ImportError:
        raise HedgerowError(
            "searching needs optuna, which is not installed",
            where="search",
            mend="pip install 'hedgerow[search]'",
        ) from None
    return optuna
