"""Readings: a sentence for every preset, the default first, differences that add up."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.core.step import STEPS, Stage
from hedgerow.errors import PolicyError, RangeError
from hedgerow.report.readings import told
from hedgerow.research import crises, readings
from synthetic import market

PRESETS = [(kind, name) for kind, cls in STEPS.items() for name in getattr(cls, "presets", {})]
SEVERAL = sorted(readings.several())
PUT = hr.Put(size=hr.Vega(1_000))


@pytest.fixture(scope="module")
def world():
    return market(900, start="2018-01-02")


@pytest.fixture(scope="module")
def linear(world):
    return readings.readings("linear", world, PUT, hr.Equity())


@pytest.mark.parametrize(("kind", "name"), PRESETS)
def test_every_preset_says_where_the_source_prints_it(kind: str, name: str) -> None:
    said = getattr(STEPS[kind], "readings", {})
    assert name in said, f"add '{name}' to `readings` beside `presets` of '{kind}'"
    assert len(said[name]) > 30
    assert said[name].endswith(".")


@pytest.mark.parametrize("kind", [kind for kind, cls in STEPS.items() if hasattr(cls, "readings")])
def test_no_sentence_is_of_a_preset_that_is_not_there(kind: str) -> None:
    assert set(STEPS[kind].readings) == set(STEPS[kind].presets)


@pytest.mark.parametrize("kind", SEVERAL)
def test_the_default_comes_first_and_every_preset_once(kind: str) -> None:
    found = readings.variants(kind)
    assert found[0].step == STEPS[kind]()
    names = [variant.name for variant in found]
    assert sorted(set(names) - {readings.DEFAULTS}) == sorted(STEPS[kind].presets)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", SEVERAL)
@pytest.mark.parametrize("raw", [False, True])
def test_a_reading_stands_in_the_policy_of_the_demo_in_the_place_of_its_like(kind, raw) -> None:
    for variant in readings.variants(kind):
        policy = readings.around(variant.step, raw=raw)
        stages = [step.stage for step in policy.steps]
        assert stages == sorted(set(stages))
        assert variant.step in policy.steps
        assert (Stage.BOUNDS in stages) is not raw
        assert {Stage.RULE, Stage.PERSIST, Stage.BUDGET, Stage.TRIGGER} <= set(stages)


def test_a1_intensities_of_the_four_readings_by_the_letters_of_the_spec(linear) -> None:
    """Floor 0.2 and cap 2 of B1 and B2 around (VIX - a) / b."""
    letters = {"option-a": (12, 10), "formula": (10, 15), "example": (10, 7.5),
               "worked-2017": (12, 8)}  # fmt: skip
    for item in linear.items:
        a, b = letters[item.variant.name]
        expected = np.clip((np.array(readings.LEVELS) - a) / b, 0.2, 2.0)
        assert list(item.at_vix) == list(readings.LEVELS)
        assert list(item.at_vix.values()) == pytest.approx(expected.tolist())


def test_a1_raw_leaves_floor_and_cap_out() -> None:
    rule = readings.variants("linear")[-1].step
    found = readings.intensities(readings.around(rule, raw=True), (10.0, 14.0, 60.0))
    assert found == [0.0, 0.25, 6.0]


def test_each_reading_is_the_backtest_of_its_policy(linear, world) -> None:
    for item in linear.items:
        result = hr.backtest(item.policy, world, PUT).to_dict()
        made = result["strategies"]["all"]
        for name in readings.FIGURES:
            assert item.figures[name] == made["dynamic"][name]
        assert item.figures["her"] == result["her"]["dynamic_her"]
        assert linear.fixed["hedge_pnl"] == made["static"]["hedge_pnl"]


def test_differences_add_up_and_the_first_has_none(linear) -> None:
    first = linear.items[0]
    assert set(first.against.values()) == {0.0}
    for item in linear.items:
        assert item.against["hedge_pnl"] + first.figures["hedge_pnl"] == pytest.approx(
            item.figures["hedge_pnl"], rel=1e-12
        )
        gained = item.track["pnl"].sum() - first.track["pnl"].sum()
        assert item.against["hedge_pnl"] == pytest.approx(gained, rel=1e-9, abs=1e-6)
        paid = (item.track["carry"] + item.track["cost"]).sum()
        assert item.figures["hedge_cost"] == pytest.approx(paid, rel=1e-9)
    assert len({item.figures["hedge_pnl"] for item in linear.items}) == 4


def test_b5_readings_of_an_overlay_change_the_overlay_alone(world) -> None:
    found = readings.readings("persist", world, PUT, hr.Equity())
    two, three = found.items
    assert two.policy.steps[0] == three.policy.steps[0] == hr.Linear("vix", low=12, high=22)
    assert [item.policy.steps[2] for item in found.items] == [
        hr.Persist(days=2),
        hr.Persist(days=3),
    ]
    assert not two.at_vix
    x = [item.track.trace["persist"] for item in found.items]
    assert (x[0] != x[1]).any()


def test_all_readings_run_over_the_same_stretch(world) -> None:
    found = readings.readings("linear", world, PUT, hr.Equity())
    assert {len(item.track) for item in found.items} == {len(world)}
    assert found.dates == (str(world.dates[0]), str(world.dates[-1]))


@pytest.fixture
def odd(monkeypatch):
    """Two readings of which one needs a column that no market has, and one too long a history."""
    presets = {
        "plain": {"signal": "vix"},
        "missing": {"signal": "moon"},
        "long": {"signal": "rv2000", "low": 0.0, "high": 1.0},
    }
    said = dict.fromkeys(presets, "No place of the source prints any of these.")
    made = type("Odd", (hr.Linear,), {"kind": "odd", "presets": presets, "readings": said})
    monkeypatch.setitem(STEPS, "odd", made)
    return "odd"


def test_a_reading_whose_data_lack_is_told_and_the_others_run(odd, world) -> None:
    plain, missing, long = readings.readings(odd, world, PUT, hr.Equity()).items
    assert plain.figures
    assert not plain.problem
    assert "moon" in missing.problem
    assert not missing.figures
    assert not missing.against
    assert "2,001 sessions" in long.problem
    assert len(plain.track) == len(world)  # what cannot run holds nobody up


def test_a_reading_whose_data_lack_does_not_shorten_the_others(odd, world) -> None:
    """Correlation of funds looks back 61 sessions; without funds that is no reason to wait."""
    STEPS[odd].presets = {"plain": {"signal": "vix"}, "missing": {"signal": "corr60"}}
    plain, missing = readings.readings(odd, world, PUT, hr.Equity()).items
    assert missing.problem
    assert missing.policy.lookback > 60
    assert len(plain.track) == len(world)


def test_where_no_reading_can_run_all_are_told_and_nothing_is_raised(odd, world) -> None:
    blind = Market(world.times, {"spx": world["spx"], "vix": np.full(len(world), 15.0)})
    presets = STEPS[odd].presets
    STEPS[odd].presets = {name: {**values, "signal": "moon"} for name, values in presets.items()}
    found = readings.readings(odd, blind, PUT, hr.Equity()).items
    assert [bool(item.problem) for item in found] == [False, True, True, True]
    assert found[0].variant.name == readings.DEFAULTS  # no preset has the class's own values
    text = told(readings.readings(odd, blind, PUT, hr.Equity()))
    assert text.count("Could not run: ") == 3


def test_one_reading_and_none_are_refused(world) -> None:
    with pytest.raises(PolicyError, match="'constant' has one reading only"):
        readings.readings("constant", world, PUT, hr.Equity())
    with pytest.raises(PolicyError, match="did you mean 'linear'"):
        readings.variants("liner")
    with pytest.raises(RangeError, match="lies outside the data"):
        readings.readings("linear", world, PUT, hr.Equity(), start="2040-01-02")


def test_in_python_readings_are_a_frame_and_a_table(world) -> None:
    made = hr.readings("tiers", world, PUT, start="2018-06-01", raw=True)
    frame = made.frame()
    assert frame.index.tolist() == ["option-c", "binary", "above-20"]
    assert frame["against_hedge_pnl"].iloc[0] == 0.0
    assert made.to_dict()["bounded"] is False
    assert made.to_dict()["from"] == "2018-06-01"
    assert "<caption>Readings of tiers. Not investment advice.</caption>" in made._repr_html_()
    assert "option-c" in repr(made)
    with pytest.raises(hr.SleeveError, match="write hr"):
        hr.readings("tiers", world, "put")
    with pytest.raises(PolicyError, match='write its kind, such as "linear"'):
        hr.readings(hr.Linear(), world, PUT)
    with pytest.raises(hr.SleeveError, match=r"write hr\.Costs\.none"):
        hr.readings("tiers", world, PUT, costs=False)
    with pytest.raises(RangeError, match="a portfolio"):
        hr.readings("tiers", world, PUT, portfolio=1e7)


@pytest.mark.realdata
def test_on_real_data_each_reading_of_each_rule_runs_or_says_why(real_data) -> None:
    whole = hr.load(real_data)
    for kind in SEVERAL:
        found = readings.readings(kind, whole, PUT, hr.Equity(), start="2011-01-03")
        for item in found.items:
            assert bool(item.figures) is not bool(item.problem)
        if kind in ("linear", "tiers", "sigmoid", "persist"):
            assert all(item.figures for item in found.items)
            spans = crises.crises_in(found.items[0].track)
            assert "2020 Covid" in [span.name for span in spans]
