"""Signals that are fitted to the past, and the rules that follow them (spec A9, A12)."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.book import View
from hedgerow.core.fitting import Fitted
from hedgerow.core.market import Market
from hedgerow.core.step import Nothing
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import DataError, HedgerowError, PolicyError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.policies import catalog
from hedgerow.policies.crash import CrashHazard, CrashIntensity, Hawkes, slope
from hedgerow.policies.fitting import hawkes as process
from hedgerow.policies.fitting.control import ControlEdge
from hedgerow.policies.fitting.counting import crossings
from hedgerow.policies.fitting.logistic import drops, logistic, outcomes
from hedgerow.policies.fitting.switching import Switching, filtered
from hedgerow.policies.regimes import Regime, RegimeCount, RegimeProbability
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level, RealisedVol
from hedgerow.policies.trigger import Trigger
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Surface
from hedgerow.research.comparison import policy_agrees
from hedgerow.research.lookahead import signal_agrees
from synthetic import market

DATA = market()
SIGNALS = [
    CrashHazard(least=250),
    Hawkes(0.01, least=250),
    ControlEdge("upper", least=250),
    RegimeProbability(least=250, window=500),
    RegimeCount(least=250),
]
FROZEN = [
    CrashHazard(least=250, every="never"),
    Hawkes(0.01, least=250, every="never"),
    RegimeProbability(least=250, window=500, every="never"),
    RegimeCount(least=250, every="never"),
]


# ---- the schedule and what is told of a fit ---------------------------------------------------


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.kind)
def test_fits_follow_the_calendar_and_know_only_their_past(signal) -> None:
    assert isinstance(signal, Fitted)
    fits = signal.fits(DATA)
    assert fits[0].row == signal.lookback - 1
    years = DATA.dates.astype("datetime64[Y]")
    turns = [t for t in range(fits[0].row + 1, len(DATA)) if years[t] != years[t - 1]]
    assert [fit.row for fit in fits[1:]] == turns
    for fit in fits:
        late = signal.days if isinstance(signal, CrashHazard) else 0
        assert fit.date == str(DATA.dates[fit.row])
        assert fit.end == str(DATA.dates[fit.row - late])
        window = signal.window or len(DATA)
        assert fit.start == str(
            DATA.dates[max(signal.lookback - signal.least, fit.row + 1 - window)]
        )
        assert fit.rows == DATA.index_of(fit.end) - DATA.index_of(fit.start) + 1


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.kind)
def test_a_fit_does_not_change_when_the_future_does(signal) -> None:
    fit = signal.fits(DATA)[1]
    rng = np.random.default_rng(0)
    columns = {}
    for name in ("spx", "vix"):
        column = DATA[name].copy()
        column[fit.row + 1 :] *= rng.uniform(0.3, 3.0, len(DATA) - fit.row - 1)
        columns[name] = column
    other = DATA.with_columns(columns)
    assert signal.fits(other)[1] == fit
    assert signal.fits(other)[2].parameters != signal.fits(DATA)[2].parameters
    np.testing.assert_array_equal(signal(other)[: fit.row + 1], signal(DATA)[: fit.row + 1])


@pytest.mark.parametrize("signal", FROZEN, ids=lambda s: s.kind)
def test_frozen_parameters_are_those_of_the_first_fit(signal) -> None:
    (fit,) = signal.fits(DATA)
    assert fit.row == signal.lookback - 1
    yearly = next(s for s in SIGNALS if s.kind == signal.kind)
    assert yearly.fits(DATA)[0] == fit
    turn = yearly.fits(DATA)[1].row
    np.testing.assert_array_equal(signal(DATA)[:turn], yearly(DATA)[:turn])


@pytest.mark.parametrize("signal", FROZEN, ids=lambda s: s.kind)
def test_a_policy_with_frozen_parameters_does_not_look_ahead(signal) -> None:
    follows = CrashIntensity if signal.kind in ("crash_hazard", "hawkes") else Regime
    policy = hr.Policy([follows(signal.name), Trigger()], signals=[Level("vix"), signal])
    ground = run.prepare(DATA, Put(), Equity(1e7), lookback=policy.lookback)
    whole = run.play("whole", policy, ground)
    for cut in (300, 500, 800):
        assert policy_agrees(whole, policy, Put(), ground, Costs(), cut).passed


def test_sessions_before_all_is_known_do_not_count() -> None:
    vix = DATA["vix"].copy()
    vix[:100] = np.nan
    later = DATA.with_columns({"vix": vix})
    signal = RegimeCount(least=250)
    assert signal.fits(later)[0].row == 349
    assert np.isnan(signal(later)[:349]).all()
    assert not signal.fits(DATA.with_columns({"vix": np.full(len(DATA), np.nan)}))


def test_a_hole_in_the_data_is_one_in_the_signal() -> None:
    spot, vix = DATA["spx"].copy(), DATA["vix"].copy()
    spot[400], vix[700] = np.nan, np.nan
    holed = DATA.with_columns({"spx": spot, "vix": vix})
    for signal in (Hawkes(0.01, least=250), RegimeProbability(least=250, window=500)):
        assert np.flatnonzero(np.isnan(signal(holed)[250:])).tolist() == [150, 151]
    assert np.flatnonzero(np.isnan(RegimeCount(least=250)(holed)[250:])).tolist() == [450]
    hazard = CrashHazard(least=250)(holed)[300:]
    assert np.flatnonzero(np.isnan(hazard)).tolist() == [*range(100, 121), 400]


def test_a9_sessions_before_a_hole_of_which_it_is_unknown_what_followed_do_not_count() -> None:
    spot = DATA["spx"].copy()
    spot[200] = np.nan
    data = DATA.with_columns({"spx": spot})
    signal = CrashHazard(least=250, every="never")
    (fit,), (whole,) = signal.fits(data), signal.fits(DATA)
    # the hole itself, ten sessions before it, and twenty whose returns reach back to it
    assert whole.rows - fit.rows == 31


def test_a_window_shorter_than_what_a_fit_needs_is_refused() -> None:
    with pytest.raises(PolicyError, match="window must not be shorter than least"):
        Hawkes(window=500)


def test_a_value_given_by_position_is_told_by_its_name() -> None:
    with pytest.raises(PolicyError, match=r"crash_hazard\.days: 'x' is not a whole number"):
        CrashHazard(0.05, "x")


# ---- A9 ---------------------------------------------------------------------------------------


def test_a9_the_hazard_is_the_regression_of_what_followed_on_what_was_known() -> None:
    signal = CrashHazard(0.04, 5, least=300, ridge=2.0)
    fit = signal.fits(DATA)[1]
    inputs = np.column_stack([np.log(DATA["vix"]), np.log(RealisedVol()(DATA)), slope(DATA)])
    rows = slice(20, fit.row - 5 + 1)
    happened = outcomes(DATA["spx"], 0.04, 5)
    made = logistic(inputs[rows], happened[rows], ridge=2.0)
    told = [fit.parameters[name] for name in ("intercept", "log_vix", "log_rv", "slope", "mean")]
    assert told == [made.intercept, *made.weights, made.mean]
    assert fit.parameters["mean"] == pytest.approx(happened[rows].mean(), rel=1e-10)
    odds = made.intercept + inputs[fit.row] @ np.array(made.weights)
    assert signal.chance(DATA)[fit.row] == pytest.approx(1.0 / (1.0 + np.exp(-odds)), rel=1e-12)
    assert signal(DATA)[fit.row] == pytest.approx(signal.chance(DATA)[fit.row] / made.mean)


def test_a9_hawkes_is_the_process_of_the_drops_in_the_window() -> None:
    signal = Hawkes(0.01, least=250)
    fit = signal.fits(DATA)[1]
    events = drops(DATA["spx"], 0.01)[1 : fit.row + 1]
    made = process.hawkes(np.flatnonzero(events) + 1.0, float(len(events)))
    assert [fit.parameters[name] for name in ("mu", "alpha", "beta")] == list(made)
    rate = process.intensity(events, made)
    assert signal(DATA)[fit.row] == pytest.approx(rate[-1] / rate.mean(), rel=1e-12)
    chance = signal.chance(DATA, 5)[fit.row]
    assert chance == process.within(rate[-1:], made, 5)[0]


def test_a9_the_slope_is_the_measured_curve_over_that_of_vix_alone() -> None:
    assert not slope(DATA).any()
    three = DATA["vix"] * 1.3
    three[:450] = np.nan
    measured = DATA.with_columns({"vix3m": three})
    found = slope(measured)
    assert not found[:450].any()
    surface = Surface.of({"vix": DATA["vix"][450:], "vix3m": three[450:]})
    future = FuturesCurve().from_surface(surface, 60 / 365)
    alone = FuturesCurve().from_vix(DATA["vix"][450:], 60 / 365)
    np.testing.assert_allclose(found[450:], np.log(future / alone), rtol=1e-12)
    fits = CrashHazard(least=250).fits(measured)
    assert fits[0].parameters["slope"] == 0.0
    assert fits[-1].parameters["slope"] != 0.0
    assert signal_agrees(CrashHazard(least=250), measured).passed


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        (CrashHazard(0.6, least=250), "no session of 240 was followed by a drop of 0.6 within 10"),
        (CrashHazard(1e-6, 63, least=250), "every session of 187 was followed by a drop"),
        (Hawkes(0.5, least=250), "no session of 250 lost 0.5"),
    ],
)
def test_a9_a_past_without_drops_is_told_with_its_date(signal, said: str) -> None:
    rising = np.where(np.arange(len(DATA)) % 2, 1.02, 0.99).cumprod()
    data = (
        DATA.with_columns({"spx": 100.0 * rising})
        if "every" not in said
        else Market(DATA.times, {"spx": np.geomspace(100.0, 1.0, len(DATA)), "vix": DATA["vix"]})
    )
    with pytest.raises(DataError) as caught:
        signal(data)
    assert said in str(caught.value)
    assert f"{signal.name}, fitted at 201" in str(caught.value)


def test_a9_the_rule_scales_the_ratio() -> None:
    view = View((2.5,), None, None)
    for rule, want in ((CrashIntensity(), 2.5), (CrashIntensity("hawkes2", 0.4), 1.0)):
        assert rule.kernel(0.0, view, Nothing(), rule.params())[0] == want
    assert CrashIntensity().inputs == ("crash5_10",)


# ---- A12 --------------------------------------------------------------------------------------


def test_a12_the_probability_is_filtered_through_the_fits_window() -> None:
    signal = RegimeProbability(least=250, window=300)
    fit, then = signal.fits(DATA)[1:3]
    returns = np.diff(np.log(DATA["spx"]), prepend=np.nan)
    first = max(1, fit.row - 299)
    want = filtered(returns[first : then.row], Switching(**fit.parameters))
    assert (fit.start, fit.rows) == (str(DATA.dates[first]), fit.row - first + 1)
    np.testing.assert_array_equal(signal(DATA)[fit.row : then.row], want[fit.row - first :])


def test_a12_the_count_is_what_was_counted_and_half_a_crossing_more() -> None:
    signal = RegimeCount("vix", level=20.0, least=250)
    fit = signal.fits(DATA)[1]
    found = crossings(DATA["vix"][: fit.row + 1], 20.0)
    p_lh, p_hl = (found.up + 0.5) / (found.low + 1.0), (found.down + 0.5) / (found.high + 1.0)
    assert (fit.parameters["p_lh"], fit.parameters["p_hl"]) == (p_lh, p_hl)
    column, high = signal(DATA), DATA["vix"] > 20.0
    for t in range(fit.row, fit.row + 100):
        assert column[t] == (1.0 - p_hl if high[t] else p_lh)


@pytest.mark.parametrize(("chance", "want"), [(0.0, 0.25), (0.3, 0.55), (1.0, 1.25)])
def test_a12_the_rule_goes_from_calm_to_stress(chance: float, want: float) -> None:
    rule = Regime()
    x, _ = rule.kernel(0.0, View((chance,), None, None), Nothing(), rule.params())
    assert x == pytest.approx(want, rel=1e-15)


# ---- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("crash5_10", CrashHazard()),
        ("crash2.5_5_day", CrashHazard(0.025, 5, event="day")),
        ("hawkes2", Hawkes()),
        ("hawkes1.5", Hawkes(0.015)),
        ("p_high", RegimeProbability()),
        ("p_high_vix", RegimeProbability("vix")),
        ("vix_high25", RegimeCount()),
        ("vix3m_high22.5", RegimeCount("vix3m", level=22.5)),
    ],
)
def test_fitted_signals_can_be_named(name: str, signal) -> None:
    assert catalog.signal_named(name) == signal
    assert signal.name == name


@pytest.mark.parametrize("name", ["hawkes1.2.3", "crash._5", "vix_high."])
def test_a_name_whose_number_is_none_is_refused_in_words(name: str) -> None:
    with pytest.raises(HedgerowError, match=re.escape(name)):
        catalog.signal_named(name)(DATA)


@pytest.mark.parametrize("rule", [CrashIntensity, Regime])
def test_presets_name_signals_that_suit_them(rule) -> None:
    for variant in rule.presets:
        policy = catalog.starter(rule.kind, variant)
        assert isinstance(next(s for s in policy.signals if s.name != "vix"), Fitted)


def test_a_policy_that_looks_at_nothing_fitted_has_no_fits() -> None:
    policy = hr.Policy([Linear(), Trigger()], signals=[Level("vix")])
    ground = run.prepare(DATA, Put(), Equity(1e7), lookback=policy.lookback)
    assert run.play("dynamic", policy, ground).fits == {}


# ---- what it costs ----------------------------------------------------------------------------


def test_the_catalogue_imports_no_estimator_of_others() -> None:
    code = "import sys, hedgerow.policies; print({'statsmodels', 'arch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["set()"]


def test_d1_what_a_fit_was_made_from_is_not_cut_out_between_training_and_test() -> None:
    plain = hr.Policy(signals=[Level("vix"), RealisedVol()], steps=[Linear("vix")])
    assert plain.reach == plain.lookback == 21
    edge = ControlEdge("lower", horizon=15)
    for signal, reach in ((CrashHazard(days=10), 31), (Hawkes(), 2), (edge, 20 + 15)):
        policy = hr.Policy(signals=[signal], steps=[CrashIntensity(signal.name)])
        assert (policy.reach, policy.lookback > 1_000) == (reach, True)
    policy = hr.Policy(signals=[CrashHazard(least=250)], steps=[CrashIntensity("crash5_10")])
    made = hr.backtest(policy, hr.load("builtin", end="1993-12-31"), Put(), start="1992-01-02")
    assert 31 < made.found.split.purged < 120
