"""Random policies and markets for property tests; every registered step has an entry here.

``STEPS_DRAWN`` is checked against the catalogue, and the parity suite makes its chains from the
catalogue too: a step that is registered without an entry fails there, and one with an entry is
played in all three carriages.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from hedgerow.core.action import Position
from hedgerow.core.book import Bar
from hedgerow.core.policy import Policy
from hedgerow.core.step import STEPS, Stage
from hedgerow.core.tape import Tape
from hedgerow.policies import (
    actions,
    control,
    correlation,
    crash,
    drawdown,
    greeks,
    hedging,
    hurdle,
    layered,
    layered_beside,
    managing,
    overlays,
    percentiles,
    regimes,
    rules,
    scope,
    stop,
    tables,
    term_structure,
    trigger,
)
from hedgerow.policies.percentiles import Quantile
from hedgerow.policies.signals import Level


def number(low: float, high: float) -> st.SearchStrategy[float]:
    """A number with few digits, so that examples are readable."""
    return st.floats(low, high, allow_nan=False).map(lambda v: round(v, 3))


def ordered(low: float, high: float, gap: float = 0.0) -> st.SearchStrategy[tuple[float, float]]:
    """Two numbers, the second at least ``gap`` greater."""
    return st.tuples(number(low, high), number(gap, high - low)).map(lambda p: (p[0], p[0] + p[1]))


def _trigger(switches: tuple[bool, bool, str, bool, str]) -> st.SearchStrategy[Any]:
    move, relative, clock, drawdown, rearm = switches
    every = {"d": st.integers(1, 30).map(lambda n: f"{n}d"), "b": st.just("5b"), "": st.none()}
    return st.builds(
        trigger.Trigger,
        st.just("vix"),
        move=number(0.0, 6.0) if move else st.none(),
        relative=number(0.0, 0.4) if relative else st.none(),
        every=every[clock],
        drawdown=number(0.01, 0.3) if drawdown else st.none(),
        rearm=st.just(rearm),
    )


def _edges(count: int) -> st.SearchStrategy[list[float]]:
    return st.lists(number(8.0, 40.0), min_size=count, max_size=count, unique=True).map(sorted)


def _levels(edges: int) -> st.SearchStrategy[list[float]]:
    return st.lists(number(0.0, 3.0), min_size=edges + 1, max_size=edges + 1)


READ = [
    Level("vix"),
    *(Quantile("vix", percent, days=20, least=5) for percent in (30, 70)),
    *(Level("swing"), Level("swing_before")),
]
"""Signals of drawn policies; a tape has a column for each."""

NAMES = [signal.name for signal in READ]


# Each pair of signals is a loop of its own, which takes seconds to compile: two unlike, two alike.
PAIRS = st.sampled_from([tuple(NAMES[1:3]), (NAMES[0], NAMES[0])])


def _adaptive(cls: Any, *numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    return st.builds(lambda pair, *rest: cls("vix", *pair, *rest), PAIRS, *numbers)


def _band_table(edges: list[float], split: float, lower: Any, width: Any) -> Any:
    upper = [
        [low + more for low, more in zip(a, b, strict=True)]
        for a, b in zip(lower, width, strict=True)
    ]
    rows = [list(zip(*columns, strict=True)) for columns in (lower, upper)]
    return control.BandTable("vix", edges, "vix", split, *rows)


def _layered(layer: str = "futures", *, bare: bool = False) -> st.SearchStrategy[Any]:
    """A layered hedge whose every input moves; a text or a switch cannot differ between lanes."""
    optional = dict.fromkeys(
        ("divergence", "implied", "events"), st.just(None if bare else "swing")
    )
    return st.builds(
        layered.Layered,
        **dict.fromkeys(("vix_macd", "vx_macd"), st.just("swing")),
        **optional,
        rsi=st.just("vix"),
        spx_macd=st.just("swing_before"),
        confirm=st.integers(0, 5),
        rsi_floor=number(5.0, 30.0),
        rsi_bars=st.integers(1, 2),
        patience=st.integers(1, 6),
        rsi_entry=number(10.0, 60.0),
        first=number(0.25, 0.35),
        slices=st.integers(1, 4),
        gap=st.integers(1, 2),
        h_low=number(0.60, 0.65),
        h_high=number(0.65, 0.75),
        correlation_low=number(-1.0, 0.0),
        correlation_high=number(0.1, 1.0),
        retrace=number(0.1, 1.0),
        least_spike=number(0.0, 5.0),
        stages=st.integers(1, 4),
        stage_gap=st.integers(1, 2),
        time_limit=st.integers(1, 15),
        layer=st.just(layer),
        calls=number(0.0, 0.5),
        mode=st.just("promoter"),
        directional=number(1.0, 2.0),
        day_loss=number(0.01, 0.04),
        drawdown=number(0.02, 0.3),
    )


SWITCHES = [
    (True, True, "d", True, "recovery"),
    (True, False, "b", True, "reset"),
    (False, True, "", False, "recovery"),
    (True, False, "d", False, "recovery"),
    (False, False, "", False, "recovery"),
]

LAYERED = (_layered("calls"), _layered(bare=True))
"""Other switches of the layered hedge."""

STEPS_DRAWN: dict[str, st.SearchStrategy[Any]] = {
    "constant": st.builds(rules.Constant, number(0.0, 3.0)),
    "linear": st.tuples(ordered(5.0, 40.0, gap=0.5), number(0.1, 5.0)).map(
        lambda p: rules.Linear("vix", low=p[0][0], high=p[0][1], top=p[1])
    ),
    "vol_ratio": st.builds(rules.VolRatio, st.just("vix"), number(5.0, 40.0)),
    "ladder": st.integers(1, 5).flatmap(
        lambda n: st.builds(tables.Ladder, st.just("vix"), _edges(n), _levels(n))
    ),
    "table": st.tuples(st.integers(1, 5), st.integers(1, 2)).flatmap(
        lambda n: st.builds(
            tables.Table,
            st.just("vix"),
            _edges(n[0]),
            st.just("vix"),
            _edges(n[1]),
            st.lists(_levels(n[1]), min_size=n[0] + 1, max_size=n[0] + 1),
        )
    ),
    "band_table": st.integers(1, 5).flatmap(
        lambda n: st.builds(
            _band_table, _edges(n), number(8.0, 40.0), *[st.tuples(*[_levels(n)] * 2)] * 2
        )
    ),
    "within_edges": st.just(control.WithinEdges("vix", "vix")),
    "tiers": st.tuples(ordered(8.0, 40.0), *[number(0.0, 3.0)] * 3).map(
        lambda p: rules.Tiers("vix", p[0][0], p[0][1], p[1], p[2], p[3])
    ),
    "bands": st.tuples(ordered(8.0, 40.0), *[number(0.0, 3.0)] * 3).map(
        lambda p: rules.Bands("vix", p[0][0], p[0][1], p[1], p[2], p[3])
    ),
    "sigmoid": st.tuples(number(0.01, 2.0), number(8.0, 40.0), ordered(0.0, 3.0)).map(
        lambda p: rules.Sigmoid("vix", p[0], p[1], p[2][0], p[2][1])
    ),
    "crash_intensity": st.builds(crash.CrashIntensity, st.just("vix"), number(0.01, 0.2)),
    "regime": st.tuples(number(0.0, 1.0), number(0.0, 3.0)).map(
        lambda p: regimes.Regime("vix", p[0], p[1])
    ),
    "correlation_ratio": st.builds(correlation.CorrelationRatio, st.just("vix"), number(0.1, 1.0)),
    "drawdown": st.builds(drawdown.Drawdown, number(0.0, 20.0), number(-0.1, 0.2)),
    "delta_neutral": st.builds(greeks.DeltaNeutral, number(0.1, 2.0)),
    "greeks": st.builds(
        greeks.Greeks, st.sampled_from(["cap", "blend"]), number(0.0, 1.0), number(0.1, 2.0)
    ),
    "adaptive_linear": _adaptive(percentiles.AdaptiveLinear, number(0.1, 5.0)),
    "adaptive_tiers": _adaptive(percentiles.AdaptiveTiers, *[number(0.0, 3.0)] * 3),
    "adaptive_bands": _adaptive(percentiles.AdaptiveBands, *[number(0.0, 3.0)] * 3),
    "scope": st.builds(scope.Scope, number(0.0, 1.0), number(0.0, 1.0)),
    "correlation_scope": st.builds(scope.CorrelationScope, st.just("vix"), number(0.0, 1.0)),
    # one text, which cannot differ between lanes
    "hurdle": st.builds(
        hurdle.Hurdle,
        st.just("vix"),
        st.just("vix_p30_20_5"),
        spread=number(-1.0, 3.0),
        band=number(0.0, 3.0),
        part=number(0.0, 1.0),
    ),
    "term_split": st.builds(
        term_structure.TermSplit,
        st.just("vix"),
        st.sampled_from(["short", "long", "short-only"]),
    ),
    "bounds": ordered(0.0, 3.0).map(lambda p: overlays.Bounds(*p)),
    "smooth": st.builds(overlays.Smooth, number(1.0, 30.0)),
    "persist": st.builds(overlays.Persist, st.integers(1, 6)),
    "budget": st.builds(overlays.Budget, st.floats(0.0005, 0.2).map(lambda v: round(v, 4))),
    "stop": st.builds(stop.Stop, number(0.001, 0.05), st.integers(1, 10)),
    "trigger": st.sampled_from(SWITCHES).flatmap(_trigger),
    "at_roll": st.builds(trigger.AtRoll),
    # to the edge as whalley_wilmott: a text cannot differ between lanes
    "delta_band": st.builds(hedging.DeltaBand, number(0.0, 1.0), st.just("zero")),
    "whalley_wilmott": st.builds(hedging.WhalleyWilmott, number(0.01, 10.0)),
    "layered": _layered(),
    "vega_beta": st.tuples(number(0.0, 1.0), number(0.1, 2.0)).map(
        lambda p: layered_beside.VegaBeta("swing", p[0], p[0] + p[1])
    ),
    "layered_trade": st.builds(
        layered_beside.LayeredTrade,
        st.just("swing"),
        number(0.0, 0.5),
        number(0.01, 0.04),
        number(0.02, 0.3),
    ),
    "second_engine": st.tuples(st.integers(1, 3), ordered(-1.0, 2.0), number(0.0, 3.0)).map(
        lambda p: layered_beside.SecondEngine(
            "swing", "swing_before", "swing", p[0], p[1][1], p[1][0], p[2]
        )
    ),
    "on_change": st.builds(control.OnChange, number(0.0, 1.0)),
}


def _stages(low: float, high: float) -> st.SearchStrategy[tuple[float, ...]]:
    drawn = st.lists(number(low, high), min_size=1, max_size=4, unique=True)
    return drawn.map(sorted).map(tuple)


def _exit(limits: tuple[float, ...]) -> st.SearchStrategy[Any]:
    lists = st.sampled_from([(limits, None), (None, limits), (limits, limits)])
    return st.tuples(number(0.5, 20.0), lists).map(lambda p: actions.StagedExit(p[0], *p[1]))


def _some(low: float, high: float) -> st.SearchStrategy[float | None]:
    return number(low, high) | st.none()


DAYS = st.integers(0, 40)

ACTIONS_DRAWN: dict[str, st.SearchStrategy[Any]] = {
    "monetise": st.builds(
        actions.Monetise,
        number(1.1, 6.0),
        number(0.01, 0.25),
        st.integers(1, 4),
        further=number(0.1, 3.0),
        delta=_some(0.05, 0.9),
    ),
    "restrike": st.builds(
        actions.Restrike,
        number(0.01, 0.2),
        st.sampled_from(["both", "rally", "fall"]),
        delta=_some(0.01, 0.3),
        wait=DAYS,
    ),
    "roll_up": st.builds(actions.RollUp, number(0.005, 0.2), DAYS, DAYS),
    "roll_out": st.builds(actions.RollOut, DAYS, _some(0.001, 0.3), _some(0.001, 0.2), DAYS),
    "take_profit": st.builds(managing.TakeProfit, number(0.05, 1.0)),
    "stop_loss": st.builds(managing.StopLoss, number(0.2, 5.0)),
    "leave_before": st.builds(managing.LeaveBefore, DAYS),
    "roll_tested": st.builds(
        managing.RollTested,
        number(0.05, 0.9),
        st.booleans(),
        st.sampled_from(["new", "same"]),
        DAYS,
        DAYS,
    ),
    "staged_exit": _stages(0.05, 1.0).flatmap(_exit),
}


@st.composite
def positions(draw: Any, bars: int = 60) -> Position:
    """What became of one contract, each field of **shape** (bars,): an option or what is sold."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    spot = 4000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, bars)))
    vix = 18.0 * np.exp(np.cumsum(rng.normal(0.0, 0.15, bars)))
    days = np.cumsum(rng.choice([1.0, 1.0, 3.0], bars))
    sign = draw(st.sampled_from([1.0, 1.0, -1.0]))
    value = sign * 1000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.25, bars)))
    strike = draw(st.sampled_from([3600.0, 4200.0, np.nan]))
    ones = np.ones(bars)
    return Position(
        units=10.0 * ones,
        value=value,
        paid=draw(st.sampled_from([value[0], 0.0])) * ones,
        peak=np.maximum.accumulate(value),
        days_held=days,
        days_left=days[-1] - days,
        moneyness=strike / spot,
        delta=-sign * rng.uniform(0.0, 1.0, bars),
        spot=spot,
        vix=vix,
        gamma=sign * rng.uniform(0.0, 0.004, bars),
        theta=-sign * rng.uniform(0.0, 300.0, bars),
        room=(1.0 - strike / spot) if sign < 0.0 else np.full(bars, np.nan),
    )


def kinds(stage: Stage) -> list[str]:
    """Kinds registered for a stage, in alphabetical order."""
    return sorted(kind for kind, cls in STEPS.items() if cls.stage == stage)


def policies(chain: tuple[str, ...], switches: Any = None) -> st.SearchStrategy[Policy]:
    """Random policies with the given kinds of step, in order."""
    drawn = [
        _trigger(switches) if kind == "trigger" and switches else STEPS_DRAWN[kind]
        for kind in chain
    ]
    return st.tuples(*drawn).map(lambda steps: Policy(steps=steps, signals=READ, raw=True))


@st.composite
def tapes(draw: Any, bars: int = 90) -> Tape:
    """A random tape: VIX with jumps, a contract that gains and rolls, several year ends."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    t = bars
    vix = np.exp(np.log(18) + np.cumsum(rng.normal(0, 0.08, t)) * 0.5 + 0.3 * rng.normal(0, 0.2, t))
    vix[rng.integers(0, t, 3)] *= 2.0
    days = rng.choice([1.0, 1.0, 1.0, 1.0, 3.0, 4.0], t)
    days[0] = 0.0
    by_nav = draw(st.booleans())
    size = rng.uniform(50, 200, t)
    nav = draw(st.sampled_from([100.0, 1e6, 1e7]))
    scale = nav / 1e5
    zero = np.zeros(t)
    bars_ = Bar(
        gain=np.r_[0.0, rng.standard_t(3, t - 1)] * scale / 50,
        portfolio=np.r_[0.0, rng.normal(0.0, 0.01, t - 1)],
        roll=rng.choice([0.0, 1.0, 0.04], t, p=[0.64, 0.06, 0.3]),
        close_cost=rng.uniform(0, 0.02, t) * scale,
        open_cost=rng.uniform(0, 0.02, t) * scale,
        unit_cost=rng.choice([0.0, 0.01]) * np.ones(t) * scale,
        size=zero if by_nav else size,
        size_nav=size / nav if by_nav else zero,
        neutral=rng.choice([-1.0, 0.0, 1.0], t, p=[0.1, 0.1, 0.8]) * size / nav,
        carry=rng.normal(0.005, 0.004, t) * scale,
        carried=np.r_[0.0, rng.normal(0.005, 0.004, t - 1)] * scale,
        days=days,
        days_ahead=rng.choice([1.0, 1.0, 3.0], t),
        days_left=(np.arange(t)[::-1] * 1.45) % 366.0,
        new_year=np.r_[1.0, (rng.random(t - 1) < 0.03).astype(float)],
        year_ends=(rng.random(t) < 0.03).astype(float),
        delta=rng.uniform(-1.0, 1.0, t),
        hedged=rng.uniform(-1.0, 1.0, t),
        band=rng.uniform(0.0, 0.3, t),
    )
    times = np.datetime64("2020-01-01", "ns") + np.arange(t) * np.timedelta64(1, "D")
    swing = np.diff(vix, prepend=vix[0])
    quantiles = (0.9 * np.roll(vix, 1), 1.1 * np.roll(vix, 2))
    return Tape(times, bars_, (vix, *quantiles, swing, np.roll(swing, 1)), nav)
