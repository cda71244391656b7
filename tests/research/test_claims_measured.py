"""What the claims measure, reckoned in other ways too."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hedgerow.core.market import Market
from hedgerow.core.step import Stage
from hedgerow.engine.portfolio import Equity
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import Notional
from hedgerow.policies.catalog import demo
from hedgerow.policies.percentiles import Quantile
from hedgerow.policies.rules import Linear
from hedgerow.research.claims import protection, shapes, variants
from hedgerow.research.claims.claim import (
    UnmeasuredError,
    Verdict,
)
from hedgerow.research.claims.decay import bought, greeks
from hedgerow.research.claims.evidence import Evidence
from hedgerow.research.claims.sharpes import SOLD
from hedgerow.research.claims.study import CLAIMS, find
from hedgerow.research.claims.trading import whipsaws
from hedgerow.research.claims.variants import changed
from hedgerow.research.comparison import compare
from hedgerow.research.examples.catalog import work

BY_ID = {claim.id: claim for claim in CLAIMS}


# ---- measurements against other ways to reckon --------------------------------------------------


@pytest.fixture(scope="module")
def years(builtin) -> Evidence:
    return Evidence(builtin, start="2014-01-02", end="2018-12-31", resamples=100)


def test_costs_and_trades_are_those_of_the_backtest(builtin, years) -> None:
    whole = compare(demo(), builtin, Put(), Equity(), start="2014-01-02", end="2018-12-31")
    made = whole.strategies["all"]
    beside = {row.label: row.value for row in find(BY_ID["saving"], years).measurement.beside}
    for name in ("static", "dynamic"):  # of each day's NAV here, of the mean NAV there
        cost = made[name]["hedge_cost_per_year"]
        assert beside[f"{name} a year"] == pytest.approx(cost, rel=0.03)
    span = whole.tracks["dynamic"]
    asked = find(BY_ID["trades-a-year"], years).measurement.value
    per_year = (whole.triggers["acted"] - 1) / 5.0  # the first bar is not counted
    assert asked == pytest.approx(per_year, rel=0.03)
    assert len(span) > 1200


def test_years_above_the_budget_are_all_that_are_whole(builtin) -> None:
    """2012 begins in the warm-up of data that begin with it; 2015 ends with its last session."""
    evidence = Evidence(builtin.between("2012-01-03", None), end="2015-12-31", resamples=100)
    beside = find(BY_ID["static-within-budget"], evidence).measurement.beside
    told = {row.label: row.value for row in beside}
    assert told["calendar years above 2 %, static"].endswith(" of 3")


def test_her_in_usd_is_that_of_the_comparison(builtin, years) -> None:
    whole = compare(demo(), builtin, Put(), Equity(), start="2014-01-02", end="2018-12-31")
    for which in ("static", "dynamic"):
        beside = find(BY_ID[f"her-{which}"], years).measurement.beside
        (told,) = (row.value for row in beside if row.label == "all together in USD")
        assert told == pytest.approx(whole.her[f"{which}_her"])


def test_gamma_and_theta_are_those_of_what_was_held(years) -> None:
    track, ground = years.fixed(), years.ground()
    gamma, theta = greeks(years, track)
    t = ground.first + 300
    held = track["held"][299]
    move = ground.market["spx"][t] - ground.market["spx"][t - 1]
    days = int((ground.market.dates[t] - ground.market.dates[t - 1]).astype(int))
    assert gamma[300] == pytest.approx(held * ground.strip.gamma[t - 1] * move**2 / 2.0)
    assert theta[300] == pytest.approx(held * ground.strip.theta[t - 1] * days)
    assert theta[1:].max() <= 0.0


def test_premium_is_paid_when_contracts_are_bought(years) -> None:
    track = years.fixed()
    paid = bought(years, track)
    assert ((paid > 0.0) <= (track["traded"] > 0.0)).all()
    rolls = track["rolled"] > 0.0
    assert (paid[rolls] > 0.0).all()
    assert 0.001 < paid[rolls].mean() < 0.02


def test_a11_the_adaptive_rules_are_the_catalogue_s(builtin) -> None:
    """The percentiles at which the fixed levels stood up to 2019, and all overlays as they are."""
    known = builtin["vix"][builtin.dates <= np.datetime64("2019-12-31")]
    linear = variants.adaptive(demo(), builtin, "2019-12-31")
    tiers = variants.adaptive_tiers("binary", builtin, "2019-12-31")
    for policy, levels in ((linear, (12.0, 22.0)), (tiers, (15.0, 25.0))):
        quantiles = {s.name: s for s in policy.signals if isinstance(s, Quantile)}
        rule = policy.steps[0]
        for name, level in zip((rule.low, rule.high), levels, strict=True):
            assert quantiles[name].days == 1260
            assert quantiles[name].percent == round(100.0 * np.mean(known <= level))
    assert linear.steps[0].kind == "adaptive_linear"
    assert tiers.steps[0].kind == "adaptive_tiers"
    assert linear.steps[1:] == demo().steps[1:]
    with pytest.raises(UnmeasuredError, match="five years"):
        variants.adaptive(demo(), builtin.between("2016-01-04", None), "2019-12-31")


def test_holding_less_of_the_same_hedge_is_no_better_percentile_rule(
    builtin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hedge that costs money gains by being smaller: half of it must not pass for adaptive."""
    follows = (Stage.BUDGET, Stage.TRIGGER, Stage.PERSIST, Stage.BOUNDS)
    full, half = (
        changed(demo(), f"{high:g}", Linear("vix", low=12.0, high=high, top=top), without=follows)
        for high, top in ((22.0, 4.0), (32.0, 2.0))
    )
    monkeypatch.setattr(protection, "adaptive", lambda *_: half)
    evidence = Evidence(builtin, policy=full, sleeve=Put(size=Notional(0.001)), resamples=100)
    found = find(BY_ID["percentiles-better"], evidence)
    assert found.measurement is not None
    beside = {row.label: row.value for row in found.measurement.beside}
    less, more = (beside[f"{w}: gain a year after costs"] for w in ("percentiles", "fixed levels"))
    assert less - more > 1e-6  # half of the loss
    assert found.measurement.value == pytest.approx(0.0, abs=0.002 * abs(more))
    assert found.verdict is not Verdict.HOLDS


# ---- worked examples ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "example", "what"),
    [
        ("e1-cost", "E1", "Cost a year, 2017–19"),
        ("e1-gain", "E1", "Hedge gain, 19 February to 23 March 2020"),
        ("e1-net", "E1", "Hedge result, 4 years"),
        ("e2-offset", "E2", "Offset, 2015"),
        ("e2-gains", "E2", "Hedge result inside the dated crises"),
        ("e3-net", "E3", "Net of both lines, all counted"),
        ("e4-net", "E4", "Net of both lines, all counted"),
    ],
)
def test_worked_examples_are_judged_by_their_own_runs(builtin, name, example, what) -> None:
    """`hedgerow claims` and `hedgerow examples` never give two numbers for one thing."""
    found = find(BY_ID[name], Evidence(builtin, resamples=100))
    measured = work(example, builtin).measured
    assert found.measurement is not None
    assert measured is not None
    assert found.measurement.value == next(iter(measured.found(what).values()))
    assert dict(found.measurement.modelled) == {k: v for k, v in measured.modelled.items() if v}


def test_sums_say_what_the_examples_arithmetic_says() -> None:
    """A sum that `hedgerow examples` finds right is not called wrong by `hedgerow claims`."""
    pairs = {
        "sum-e1-average": ("E1", "Average hedge at a VIX of 14"),
        "sum-e1-crash": ("E1", "Net of 2020"),
        "sum-e1-drawdown": ("E1", "Drawdown"),
        "sum-e1-net": ("E1", "Net, 4 years"),
        "sum-e2-days": ("E2", "Days hedged a year"),
        "sum-e2-share": ("E2", "Cost a year"),
        "sum-e2-net": ("E2", "Net, 7 years"),
        "sum-e3-net": ("E3", "Net"),
        "sum-e4-net": ("E4", "Net"),
    }
    market = Market(np.array(["2020-01-01"], "datetime64[ns]"), {"spx": [1.0]})
    for name, (example, what) in pairs.items():
        (check,) = (one for one in work(example).arithmetic if one.what == what)
        found = find(BY_ID[name], Evidence(market))
        assert found.measurement is not None
        assert found.measurement.value == pytest.approx(check.ours)
        assert (found.verdict is Verdict.HOLDS) == check.equal, name


# ---- win rates ----------------------------------------------------------------------------------


def test_data_that_end_on_a_roll_are_measured(builtin) -> None:
    """1998-04-17 is an expiry: the put sold that day has no next session, the others have."""
    whole = Evidence(builtin, start="1996-01-02", end="1998-04-17", resamples=100)
    track = whole.fixed(sleeve=SOLD)
    rolls = np.flatnonzero(track["rolled"] > 0.0)
    assert rolls[-1] == len(track) - 1
    found = find(BY_ID["win-rate-sold"], whole).measurement
    assert found is not None
    assert found.count == len(rolls) - 1
    gains = [track["pnl"][a + 1 : b + 1].sum() for a, b in itertools.pairwise(rolls)]
    assert found.value == pytest.approx(np.mean(np.array(gains) > 0.0))


def test_months_are_dated_by_days_of_the_data(builtin) -> None:
    evidence = Evidence(builtin, start="2015-01-15", end="2016-06-10", resamples=100)
    found = find(BY_ID["win-rate-hedge"], evidence).measurement
    assert found is not None
    assert (found.start, found.end) == ("2015-01-30", "2016-06-10")


# ---- made paths ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sessions", [shapes.FLASH, shapes.GRIND])
def test_a_made_path_falls_by_a_fifth_and_is_calm_before(sessions) -> None:
    made = shapes.path(sessions, wait=4)
    calm = shapes.BEFORE + 4
    assert set(made["vix"][:calm]) == {15.0}
    assert made["spx"][-1] / made["spx"][0] == pytest.approx(0.8)
    assert np.argmax(made["vix"]) == calm + sessions - 1


def test_vix_answers_a_fall_as_documented() -> None:
    """20 % in three days is 7.168 % a day: 15 + 2 · 7.168 = 29.34 after the first."""
    vix = shapes.path(shapes.FLASH)["vix"]
    first = 100.0 * (1.0 - 0.8 ** (1.0 / 3.0))
    assert first == pytest.approx(7.1682, abs=1e-4)
    assert vix[shapes.BEFORE] == pytest.approx(15.0 + 2.0 * first)
    assert vix[shapes.BEFORE + 1] == pytest.approx(15.0 + 0.977 * 2.0 * first + 2.0 * first)


@pytest.mark.parametrize(
    ("x", "count"),
    [
        ([0.5, 1.0, 0.5], 1),  # the source's 20 → 25 → 20
        ([0.5, 0.7, 0.5], 0),  # too small
        ([0.5, 1.0, 1.0, 1.0], 0),  # kept
        ([0.5, *[1.0] * 12, 0.5], 0),  # undone too late
        ([0.5, 1.0, 0.5, 1.0, 0.5], 2),
        ([1.0, 0.5, 0.5], 0),  # only down
    ],
)
def test_a_whipsaw_is_a_rise_that_is_soon_undone(x, count) -> None:
    assert whipsaws(np.array(x)) == count
