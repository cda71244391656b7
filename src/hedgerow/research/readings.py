"""Readings: every way in which a rule of the source can be read, run on the same data.

Where the source contradicts itself or stays vague, each reading is a preset of the step, with a
sentence that says where it is printed.  Here they stand side by side: one stretch of the market,
one sleeve, one book, and what changes is the reading alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.core.policy_text import preset
from hedgerow.core.step import STEPS, Stage, Step
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.errors import HedgerowError, PolicyError, nearest
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.catalog import demo, signal_named
from hedgerow.research import crises, performance
from hedgerow.research.comparison import cash_returns, fixed_policy
from hedgerow.research.reservations import modelled_signals, origins_of

DEFAULTS = "default"
"""Name of the reading of a step's own defaults, where no preset has them."""

LEVELS = (10.0, 14.0, 18.0, 22.0, 25.0, 30.0, 40.0, 50.0, 60.0)
"""VIX levels at which the intensity of a rule that reads VIX alone is told, points."""

FIGURES = (
    *("mean_x", "max_x", "hedge_cost", "hedge_cost_per_year", "hedge_pnl", "sharpe_excess"),
    *("max_drawdown", "trades_per_year"),
)
"""What is taken from `hedgerow.research.performance.statistics`."""


@dataclass(frozen=True)
class Variant:
    """One reading of a step.

    Parameters
    ----------
    name
        Of the preset.
    why
        Which place of the source prints it, and which number forces it.
    step
        The step so read.
    """

    name: str
    why: str
    step: Step

    @property
    def parameters(self) -> dict[str, Any]:
        """The step's fields."""
        step: Any = self.step
        if not is_dataclass(step):
            return {}
        return {item.name: getattr(step, item.name) for item in fields(step) if item.init}


@dataclass(frozen=True)
class Reading:
    """What one reading did, or why it could not run.

    Parameters
    ----------
    variant
        Which reading.
    policy
        What was run; None where it cannot be built.
    at_vix
        Intensity at VIX levels in points, bounds included; empty unless the rule reads VIX alone.
    figures
        `FIGURES`, and ``her`` over all crises of the run; empty where it did not run.
    against
        ``hedge_pnl``, ``hedge_cost`` (USD) and ``hedge_cost_per_year`` (of NAV), each less that
        of the first reading; empty where either did not run.
    track
        The run, day by day.
    problem
        Why it did not run.
    """

    variant: Variant
    policy: Policy | None = None
    at_vix: Mapping[float, float] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    against: Mapping[str, float] = field(default_factory=dict)
    track: Track | None = None
    problem: str = ""


@dataclass(frozen=True)
class Readings:
    """All readings of a step on the same ground.

    Parameters
    ----------
    kind
        Of the step.
    items
        The default reading first.
    sleeve, portfolio, raw
        What hedged what, and whether floor and cap were left out.
    ground
        What the runs shared; None where no reading could run.
    fixed
        `FIGURES` and ``her`` of the fixed hedge of the base size.
    provenance
        Origins of the market's columns and of the hedge's prices.
    notes
        Sentences on signals that are modelled in part.
    """

    kind: str
    items: tuple[Reading, ...]
    sleeve: Sleeve
    portfolio: Equity
    raw: bool
    ground: Ground | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def dates(self) -> tuple[str, str] | None:
        """First and last session of the runs."""
        ground = self.ground
        if ground is None:
            return None
        return str(ground.market.dates[ground.first]), str(ground.market.dates[-1])


def variants(kind: str) -> tuple[Variant, ...]:
    """Return the readings of a step by its kind, that of its defaults first.

    Raises
    ------
    PolicyError
        If there is no such step.

    Examples
    --------
    >>> import hedgerow.policies
    >>> [variant.name for variant in variants("linear")]
    ['option-a', 'formula', 'example', 'worked-2017']
    """
    if kind not in STEPS:
        raise PolicyError(f"unknown rule '{kind}'", where="RULE", mend=nearest(kind, several()))
    cls = STEPS[kind]
    said: Mapping[str, str] = getattr(cls, "readings", {})
    found = [
        Variant(name, said.get(name, ""), preset(cls, name)) for name in getattr(cls, "presets", {})
    ]
    try:
        plain = cls()
    except (PolicyError, TypeError):  # a step that has no defaults
        return tuple(found)
    same = [variant for variant in found if variant.step == plain]
    first = same[0] if same else Variant(DEFAULTS, "What stands where a file says nothing.", plain)
    return (first, *(variant for variant in found if variant is not first))


def several() -> dict[str, tuple[Variant, ...]]:
    """Return the steps that have more than one reading, by kind.

    Examples
    --------
    >>> import hedgerow.policies
    >>> {"linear", "tiers", "persist"} <= set(several())
    True
    """
    found = {kind: variants(kind) for kind, cls in STEPS.items() if hasattr(cls, "presets")}
    return {kind: read for kind, read in found.items() if len(read) > 1}


def around(step: Step, *, raw: bool = False, name: str = "policy") -> Policy:
    """Return the policy of the demonstration with a step in the place of its like.

    Parameters
    ----------
    step
        A rule or an overlay; it stands where its stage stands.
    raw
        Leave floor and cap out (spec B1, B2), as the source's worked examples do.
    name
        Of the policy.

    Raises
    ------
    PolicyError
        If the step names a signal that no name makes.

    Examples
    --------
    >>> import hedgerow as hr
    >>> [each.kind for each in around(hr.Persist(days=3), raw=True).steps]
    ['linear', 'persist', 'budget', 'trigger']
    """
    base = demo().steps
    kept = [each for each in base if each.stage != step.stage]
    if raw:
        kept = [each for each in kept if each.stage != Stage.BOUNDS]
    steps = sorted([*kept, step], key=lambda each: each.stage)
    needed = dict.fromkeys(name for each in steps for name in each.inputs)
    return Policy(steps, [signal_named(each) for each in needed], name=name, raw=raw)


def intensities(policy: Policy, levels: Sequence[float] = LEVELS) -> list[float]:
    """Return what rule and bounds of a policy ask for at levels of VIX.

    Parameters
    ----------
    policy
        Its rule.
    levels
        VIX in points, **shape** (N,).

    Returns
    -------
    list
        Multiples of the base size, **shape** (N,); empty unless the rule reads VIX alone.

    Examples
    --------
    >>> import hedgerow as hr
    >>> intensities(around(hr.Linear()), (10.0, 18.0, 60.0))
    [0.2, 0.6, 2.0]
    """
    if policy.steps[0].inputs != ("vix",):
        return []
    still = Bar(*[0.0] * len(Bar._fields))
    shaping = [each for each in policy.steps if each.stage <= Stage.BOUNDS and not each.inputs]
    made = []
    for level in levels:
        view, x = View((level,), opening(1e7), still), 0.0
        for each in (policy.steps[0], *shaping):
            x = float(each.kernel(x, view, each.start(), each.params())[0])
        made.append(x)
    return made


def readings(
    kind: str,
    market: Market,
    sleeve: Sleeve,
    portfolio: Equity,
    *,
    costs: Costs | None = None,
    start: str | None = None,
    end: str | None = None,
    raw: bool = False,
) -> Readings:
    """Run every reading of a step over the same stretch.

    Parameters
    ----------
    kind
        Of a rule (``linear``) or an overlay (``persist``).
    market, sleeve, portfolio, costs, start, end
        As for `hedgerow.engine.run.prepare`; the stretch begins when the signals of all
        readings that can run are known.
    raw
        Leave floor and cap out.

    Raises
    ------
    HedgerowError
        If the step has one reading only, or dates, data and sleeve do not fit together.  A
        reading whose data lack is told in its ``problem``.
    """
    found = variants(kind)
    if len(found) < 2:
        raise PolicyError(
            f"'{kind}' has one reading only", where="RULE", mend=f"use one of: {_listed()}"
        )
    items = [_built(variant, raw=raw) for variant in found]
    length = len(market.between(None, end))
    items = [_warmable(item, length) for item in items]
    plain = Readings(kind, tuple(items), sleeve, portfolio, raw)
    while True:
        able = [item.policy for item in items if item.policy is not None and not item.problem]
        if not able:
            return plain
        lookback = max(policy.lookback for policy in able)
        ground = run.prepare(
            market, sleeve, portfolio, costs=costs, lookback=lookback, start=start, end=end
        )
        static = run.play("static", fixed_policy(ground), ground)
        played = [_played(item, ground, static) for item in items]
        ran = [item.policy.lookback for item in played if item.policy and not item.problem]
        if not ran or max(ran) == lookback:
            break
        # the longest history was that of a reading whose data lack: it holds nobody up
        items = [
            replace(item, problem=done.problem) for item, done in zip(items, played, strict=True)
        ]
    return replace(
        plain,
        items=tuple(_against(item, played[0]) for item in played),
        ground=ground,
        fixed=_figures(static, static, ground),
        provenance=origins_of(ground),
        notes=tuple(dict.fromkeys(said for p in able for said in modelled_signals(ground, p))),
    )


def _listed() -> str:
    return ", ".join(several())


def _built(variant: Variant, *, raw: bool) -> Reading:
    try:
        policy = around(variant.step, raw=raw, name=variant.name)
    except PolicyError as error:
        return Reading(variant, problem=str(error))
    # an overlay's readings share their rule
    x = intensities(policy) if variant.step.stage == Stage.RULE else []
    return Reading(variant, policy, dict(zip(LEVELS, x, strict=False)))


def _warmable(item: Reading, sessions: int) -> Reading:
    """Refuse a reading whose signals need more history than there is: it would stop the others."""
    if item.policy is None or item.policy.lookback < sessions:
        return item
    need = item.policy.lookback
    return replace(
        item, problem=f"its signals need {need:,} sessions of history, the data have {sessions:,}"
    )


def _played(item: Reading, ground: Ground, static: Track) -> Reading:
    if item.policy is None or item.problem:
        return item
    try:
        track = run.play(item.variant.name, item.policy, ground)
    except HedgerowError as error:
        return replace(item, problem=str(error))
    return replace(item, figures=_figures(track, static, ground), track=track)


def _figures(track: Track, static: Track, ground: Ground) -> dict[str, Any]:
    made = performance.statistics(track, cash_returns(ground))
    rows = crises.table(track, static, crises.crises_in(track))
    return {**{name: made[name] for name in FIGURES}, "her": crises.overall(rows)["dynamic_her"]}


def _against(item: Reading, first: Reading) -> Reading:
    if not item.figures or not first.figures:
        return item
    names = ("hedge_pnl", "hedge_cost", "hedge_cost_per_year")
    return replace(item, against={n: item.figures[n] - first.figures[n] for n in names})
