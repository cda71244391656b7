"""The rolling beta of an implied volatility to the VIX future: spec H4."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.regression.rolling import RollingOLS

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.errors import PolicyError
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.iv_beta import IvBeta, implied_vol, rolling_slope, vx_change
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Surface

SESSIONS = np.arange("2021-01-04", "2023-01-01", dtype="datetime64[D]")
SESSIONS = SESSIONS[np.is_busday(SESSIONS)]
SIZE = len(SESSIONS)
MONTH_ENDS = np.arange(18640, 19800, 30)


def noise(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def quoted(beta: float = 0.8, spread: float = 0.3) -> Market:
    """VIX3M, at 93 days, moves ``beta`` points and some noise per point of every future."""
    rng = noise()
    steps = rng.normal(0.0, 0.6, SIZE) * rng.choice([0.5, 1.0, 2.0], SIZE)
    future = 40.0 + np.cumsum(steps)
    far = 45.0 + np.cumsum(beta * steps + rng.normal(0.0, spread, SIZE))
    columns = {"vix": 40.0 + 0.0 * future, "vix3m": far, "vix6m": far + 5.0}
    left = MONTH_ENDS[None, :] > SESSIONS.astype(np.int64)[:, None]
    front = left.argmax(axis=1)
    for rank in range(3):
        columns[f"vx{rank + 1}"] = future + 2.0 * (front + rank)  # a step at each roll
        columns[f"vx{rank + 1}_expiry"] = MONTH_ENDS[front + rank].astype(float)
    return Market(SESSIONS.astype("datetime64[ns]"), columns)


@pytest.mark.parametrize(("part", "column"), [("beta", None), ("low", 0), ("high", 1)])
def test_beta_and_band_are_those_of_statsmodels_rollingols(part, column) -> None:
    market = quoted()
    y = np.diff(market["vix3m"])
    x = np.diff(market["vx2"] - 2.0 * (np.searchsorted(MONTH_ENDS, SESSIONS.astype(int), "right")))
    design = np.column_stack([np.ones(len(x)), x])
    fitted = RollingOLS(y, design, window=120).fit(cov_type="HC0", use_t=True)
    ends = fitted.conf_int(alpha=0.1)
    want = fitted.params[:, 1] if column is None else ends[:, column, 1]
    found = IvBeta(93, 120, part, 0.9)(market)[1:]
    np.testing.assert_allclose(found, want, rtol=1e-9)


def test_the_step_from_one_contract_to_the_next_is_no_gain() -> None:
    market = quoted()
    change, measured = vx_change(market)
    assert measured[1:].all()
    assert np.abs(np.diff(market["vx1"])).max() > 2.0 > np.abs(change[1:]).max() / 2.5
    planted = np.diff(
        market["vx1"] - 2.0 * np.searchsorted(MONTH_ENDS, SESSIONS.astype(int), "right")
    )
    np.testing.assert_allclose(change[1:], planted, atol=1e-12)


def test_weights_are_of_the_day_before_by_hand() -> None:
    days = np.array(["2024-07-01", "2024-07-03"], dtype="datetime64[ns]")  # two days apart
    quotes = {"vx1": [13.0, 14.0], "vx2": [15.0, 15.5]}
    expiry = {"vx1_expiry": [19921.0] * 2, "vx2_expiry": [19949.0] * 2}  # 16 and 44 days ahead
    change, _ = vx_change(Market(days, {"vix": [12.0, 12.0], **quotes, **expiry}))
    assert change[1] == pytest.approx(0.5 * 1.0 + 0.5 * 0.5)


def test_a_contract_that_settles_today_is_left_out() -> None:
    days = np.array(["2024-07-16", "2024-07-17"], dtype="datetime64[ns]")
    quotes = {"vx1": [13.3, 15.1], "vx2": [14.8, 16.0]}
    expiry = {"vx1_expiry": [19921.0, 19956.0], "vx2_expiry": [19956.0, 19984.0]}
    change, measured = vx_change(Market(days, {"vix": [13.0, 14.0], **quotes, **expiry}))
    assert measured[1]
    assert change[1] == pytest.approx(15.1 - 14.8)  # August's own, the only one held over


def test_unquoted_futures_are_modelled_and_said_to_be() -> None:
    data = quoted()
    bare = Market(data.times, {name: data[name] for name in ("vix", "vix3m", "vix6m")})
    change, measured = vx_change(bare)
    assert not measured.any()
    surface, curve = Surface.of(bare.columns), FuturesCurve()
    gap = (SESSIONS[1] - SESSIONS[0]).astype(float)
    today = curve.price(bare["vix"], surface, (30.0 - gap) / 365.0)[1]
    assert change[1] == pytest.approx(today - curve.price(bare["vix"], surface, 30.0 / 365.0)[0])
    assert not IvBeta(93, 60).measured(bare).any()
    assert IvBeta(93, 60).measured(data)[1:].all()
    assert not IvBeta(200, 60).measured(data).any(), "no index is published past 184 days"
    assert not IvBeta(20, 60).measured(data).any(), "no VIX9D"


def test_tenors_between_indices_are_linear_in_total_variance() -> None:
    points, measured, _ = implied_vol(quoted(), 45)
    market = quoted()
    share = (45.0 - 30.0) / (93.0 - 30.0)
    total = (1 - share) * market["vix"] ** 2 * 30 + share * market["vix3m"] ** 2 * 93
    higher = market["vix3m"] ** 2 * 93 >= market["vix"] ** 2 * 30  # no calendar arbitrage in them
    assert higher.any()
    np.testing.assert_allclose(points[higher], np.sqrt(total / 45)[higher], rtol=1e-12)
    assert measured.all()


def test_the_first_day_of_an_index_is_not_a_move() -> None:
    data = quoted()
    far = data["vix3m"].copy()
    far[:200] = np.nan
    late = data.with_columns({"vix3m": far})
    assert not implied_vol(late, 45)[2][200]
    assert implied_vol(late, 45)[2][201:].all()


def test_holes_leave_pairs_out_and_half_a_window_is_needed() -> None:
    data = quoted()
    vix3m = data["vix3m"].copy()
    vix3m[100:103] = np.nan
    found = IvBeta(93, 60)(data.with_columns({"vix3m": vix3m}))
    assert np.isfinite(found[60:]).all()
    gone = data["vix"].copy()
    gone[150:] = np.nan
    stopped = IvBeta(30, 60)(data.with_columns({"vix": gone}))
    assert np.isfinite(stopped[60:180]).all()
    assert np.isnan(stopped[180:]).all()


def test_a_planted_slope_lies_in_its_band_95_times_in_100() -> None:
    rng, inside, count = noise(11), 0, 400
    for _ in range(count):
        x = rng.standard_t(5, 252)
        y = 0.7 * x + rng.normal(0.0, 1.0, 252) * (0.5 + np.abs(x))
        slope, error, _ = rolling_slope(y, x, 252)
        inside += abs(slope[0] - 0.7) < 1.969 * error[0]
    assert 0.91 <= inside / count <= 0.98


def test_names_kinds_and_refusals() -> None:
    assert IvBeta().name == "iv_beta45_252"
    assert signal_named("iv_beta45_252") == IvBeta()
    assert signal_named("iv_beta30_100_high") == IvBeta(30, 100, "high")
    assert IvBeta(part="low", level=0.9).name == "iv_beta45_252_low0.9"
    assert hr.IvBeta is IvBeta
    for wrong in ({"tenor": 0}, {"days": 5}, {"part": "middle"}, {"level": 1.0}):
        with pytest.raises(PolicyError, match=next(iter(wrong))):
            IvBeta(**wrong)


@pytest.mark.realdata
def test_betas_of_real_vx_fall_with_the_tenor(real_data) -> None:
    market = hr.load(real_data, start="2011-01-03", end="2022-12-30")
    columns = [IvBeta(tenor)(market) for tenor in (9, 30, 93, 184)]
    means = [np.nanmean(column) for column in columns]
    assert means == sorted(means, reverse=True)
    # Whaley (2009) and the index providers: VIX moves more than the futures on it
    assert means[1] > 1.0 > means[3]
    low, high = (IvBeta(30, part=part)(market) for part in ("low", "high"))
    known = np.isfinite(low)
    assert (low[known] < columns[1][known]).all()
    assert (columns[1][known] < high[known]).all()
    assert IvBeta().measured(market).mean() > 0.9
