"""Rules against the numbers of the spec: A1-A3, A8, A10, and the worked examples E1, E5."""

from __future__ import annotations

import math

import pytest

from hedgerow.core.book import Bar, View, opening
from hedgerow.core.policy import Policy
from hedgerow.core.step import STEPS
from hedgerow.errors import PolicyError
from hedgerow.policies.overlays import Bounds
from hedgerow.policies.rules import Bands, Constant, Linear, Sigmoid, Tiers, VolRatio
from hedgerow.policies.signals import Level, RealisedVol

NO_BAR = Bar(*[0.0] * len(Bar._fields))


def x_of(rule, level: float) -> float:
    seen = (level,) if rule.inputs else ()
    return rule.kernel(0.0, View(seen, opening(1e7), NO_BAR), rule.start(), rule.params())[0]


def preset(cls, name: str, **more):
    return cls(**{**cls.presets[name], **more})


# VIX:                    10    14    17.5  18    22    25   50   60
A1 = {
    "option-a": (12, 10, [0.0, 0.2, 0.55, 0.6, 1.0, 1.3, 2.0, 2.0]),
    "formula": (10, 15, [0.0, 4 / 15, 0.5, 8 / 15, 0.8, 1.0, 2.0, 2.0]),
    "example": (10, 7.5, [0.0, 4 / 7.5, 1.0, 8 / 7.5, 1.6, 2.0, 2.0, 2.0]),
    "worked-2017": (12, 8, [0.0, 0.25, 0.6875, 0.75, 1.25, 1.625, 4.75, 6.0]),
}
LEVELS = [10, 14, 17.5, 18, 22, 25, 50, 60]


@pytest.mark.parametrize("name", A1)
def test_a1_presets_at_the_levels_of_the_spec(name: str) -> None:
    a, b, expected = A1[name]
    rule = preset(Linear, name)
    assert (rule.low, rule.high - rule.low) == (a, b)
    for level, x in zip(LEVELS, expected, strict=True):
        assert x_of(rule, float(level)) == pytest.approx(x, abs=1e-15), level


def test_a1_default_is_option_a() -> None:
    assert Linear() == preset(Linear, "option-a")


def test_e1_vix_scaled_2017_to_2020_arithmetic() -> None:
    rule, base = preset(Linear, "worked-2017"), 1_000.0
    assert [base * x_of(rule, vix) for vix in (14.0, 15.0, 60.0)] == [250.0, 375.0, 6_000.0]
    loss, gain = -10_000_000.0, 3_000_000.0
    assert loss + gain == -7_000_000.0
    assert gain / -loss == 0.30


def test_e5_practical_steps_arithmetic() -> None:
    rule, base = Linear("vix", low=12, high=22), 1_000.0
    at_18, at_22 = base * x_of(rule, 18.0), base * x_of(rule, 22.0)
    assert (at_18, at_22, at_22 - at_18) == (600.0, 1_000.0, 400.0)


def test_a2_25_over_15_percent_is_1_667() -> None:
    assert x_of(VolRatio(), 0.25) == pytest.approx(1.667, abs=5e-4)


def test_a2_realised_vol_is_zero_mean_and_annualised_over_20_returns() -> None:
    import numpy as np

    from hedgerow.core.market import Market

    days = np.datetime64("2020-01-01", "ns") + np.arange(21) * np.timedelta64(1, "D")
    steps = np.where(np.arange(20) % 2 == 0, 0.01, -0.01) + 0.002  # a mean that must not be cut
    market = Market(days, {"spx": 100 * np.exp(np.r_[0.0, np.cumsum(steps)])})
    column = RealisedVol()(market)
    assert np.isnan(column[:20]).all()
    assert column[20] == pytest.approx(math.sqrt(252 / 20 * float(np.sum(steps**2))), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("binary", [0.0, 0.0, 0.5, 0.5, 1.0]),
        ("option-c", [0.0, 0.0, 1.0, 1.0, 2.0]),
    ],
)
def test_a3_edges_belong_to_the_lower_tier(name: str, expected: list[float]) -> None:
    rule = preset(Tiers, name)
    assert [x_of(rule, v) for v in (10.0, 15.0, 15.01, 25.0, 25.01)] == expected


def test_a3_above_20() -> None:
    rule = preset(Tiers, "above-20")
    assert [x_of(rule, v) for v in (19.0, 20.0, 20.01, 40.0)] == [0.0, 0.0, 1.0, 1.0]


def test_a8_sigmoid() -> None:
    rule = Sigmoid()
    assert (rule.k, rule.mid) == (0.2, 20.0)
    assert x_of(rule, 20.0) == 0.5
    assert x_of(rule, 30.0) == pytest.approx(1 / (1 + math.exp(-2.0)), rel=1e-15)
    scaled = preset(Sigmoid, "rescaled")
    assert x_of(scaled, 20.0) == pytest.approx(1.1)
    assert 0.2 <= x_of(scaled, -1e6) <= x_of(scaled, 1e6) == 2.0


def test_a10_regime_bands() -> None:
    levels = (10.0, 14.99, 15.0, 25.0, 25.01)
    assert [x_of(Bands(), v) for v in levels] == [0.25, 0.25, 0.6, 0.6, 1.25]


def test_a10_the_ends_and_the_middles_of_the_sources_ranges() -> None:
    ranges = {"calm": (0.20, 0.30), "normal": (0.50, 0.70), "stress": (1.00, 1.50)}
    for name, pick in (("low-ends", min), ("high-ends", max), ("middles", lambda e: sum(e) / 2)):
        expected = [pick(ends) for ends in ranges.values()]
        got = [x_of(preset(Bands, name), vix) for vix in (12.0, 20.0, 40.0)]
        assert got == pytest.approx(expected, rel=1e-15), name
    assert Bands() == preset(Bands, "middles")


def test_b1_b2_at_vix_50_and_10() -> None:
    policy = Policy([Linear()], signals=[Level("vix")])
    assert isinstance(policy.steps[1], Bounds), "floor and cap are on by default"
    for vix, x in ((50.0, 2.0), (10.0, 0.2)):
        view = View((vix,), opening(1e7), NO_BAR)
        assert policy.decide(view, policy.start(), policy.params()).x == x


def test_constant_is_constant() -> None:
    assert x_of(Constant(1.0), math.nan) == 1.0


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Linear(low=20, high=10),
        lambda: Linear(top=0.0),
        lambda: Linear(low=float("nan")),
        lambda: Tiers(first=30, second=20),
        lambda: Tiers(below=-1.0),
        lambda: Sigmoid(k=0.0),
        lambda: VolRatio(target=-0.1),
        lambda: Bounds(floor=2.0, cap=1.0),
        lambda: RealisedVol(days=1),
        lambda: Linear(low="abc"),
    ],
)
def test_numbers_out_of_range_are_refused(bad) -> None:
    with pytest.raises(ValueError, match=r".+"):
        bad()


@pytest.mark.parametrize(
    ("build", "mend"),
    [
        (lambda: VolRatio(target=15.0), "write 0.15"),
        (lambda: VolRatio("vix", target=0.2), "write 20"),
        (lambda: Linear(low=0.12, high=0.22), "write 12"),
        (lambda: Linear("vix3m_ma10", low=0.0, high=0.2), "write 20"),
        (lambda: Linear("rv20", low=10.0, high=20.0), "write 0.1"),
        (lambda: Tiers(first=0.15, second=25.0), "write 15"),
        (lambda: Bands(stress_above=0.25, calm_below=0.15), "write 15"),
        (lambda: Sigmoid(mid=0.2), "write 20"),
    ],
)
def test_a_level_in_the_wrong_unit_is_refused_with_the_right_one(build, mend) -> None:
    with pytest.raises(PolicyError) as caught:
        build()
    assert caught.value.mend == mend


def test_levels_in_their_unit_and_of_signals_of_unknown_unit_pass() -> None:
    Linear(low=0.0, high=20.0), Linear("rv20", low=0.1, high=0.2), VolRatio("vix", 20.0)
    VolRatio("mine", 20.0), Tiers("vix_trend", first=0.1, second=0.2)


def test_every_preset_builds() -> None:
    for cls in STEPS.values():
        for name, values in getattr(cls, "presets", {}).items():
            assert cls(**values), name
