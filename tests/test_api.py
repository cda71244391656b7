"""What a Python user meets: sentences for mistakes, short reprs, frames, and a reference."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgerow as hr
from hedgerow.cli import policy as commands
from hedgerow.cli import policy_reference
from hedgerow.policies import catalog

ROOT = Path(__file__).resolve().parents[1]
POLICY = hr.Policy(
    signals=[hr.Level("vix")],
    steps=[hr.Linear(low=12, high=22), hr.Bounds(), hr.Trigger()],
    name="a <b>",
)
PUT = hr.Put()


@pytest.fixture(scope="module")
def market() -> hr.Market:
    return hr.load("builtin", start="2018-01-02", end="2020-12-31")


@pytest.fixture(scope="module")
def result(market):
    return hr.backtest(POLICY, market, PUT, costs=None)


def told(error: pytest.ExceptionInfo, *, where: str, mend: str = "") -> None:
    """The sentence has a place and a mend, and nobody else's words."""
    assert error.value.where == where
    assert mend in error.value.mend
    assert error.value.mend
    assert "pydantic" not in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    ("make", "where", "mend"),
    [
        (lambda: hr.Linear(low=30, high=10), "linear", "change"),
        (lambda: hr.Linear(hihg=10), "linear.hihg", "did you mean 'high'?"),
        (lambda: hr.Linear("vix", "12"), "linear.low", "without quotes"),
        (lambda: hr.Linear("vix", 1, 2, 3, 4), "linear", "signal, low, high, top"),
        (lambda: hr.Bounds(floor=-1), "bounds.floor", "at least 0"),
        (lambda: hr.Budget(2.0), "budget.per_year", "at most 1"),
        (lambda: hr.Persist(days=1.5), "persist.days", "whole number"),
        (lambda: hr.Trigger(every="7x"), "trigger.every", "'7x'"),
        (lambda: hr.Trigger(rearm="x"), "trigger.rearm", "recovery"),
        (lambda: hr.Constant(float("nan")), "constant.level", "ordinary"),
        (hr.Level, "level.column", "give column"),
        (lambda: hr.RealisedVol(days=0), "realised_vol.days", "at least 2"),
        (lambda: hr.Policy(steps="x"), "steps", "write ["),
        (lambda: hr.Policy(steps=[hr.Linear]), "steps[0]", "Linear(…)"),
        (lambda: hr.Policy(steps=[hr.Level("vix")]), "steps[0]", "hr.Linear"),
        (lambda: hr.Policy([hr.Linear()], signals=["vix"]), "signals[0]", "hr.Level"),
        (lambda: hr.Policy.from_toml(3), "policy", "load_policy"),
        (lambda: hr.load_policy(3), "path", "policy.toml"),
    ],
)
def test_a_policy_that_cannot_be_is_told_in_a_sentence(make, where, mend) -> None:
    with pytest.raises(hr.PolicyError) as error:
        make()
    told(error, where=where, mend=mend)
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize(
    ("change", "where", "mend"),
    [
        ({"policy": "policy.toml"}, "policy", "hr.load_policy('policy.toml')"),
        ({"policy": [hr.Linear()]}, "policy", "hr.Policy(steps=[…])"),
        ({"market": "builtin"}, "market", "hr.load('builtin')"),
        ({"market": pd.DataFrame()}, "market", "hr.Market(frame.index"),
        ({"hedge": "put"}, "hedge", "hr.Put()"),
        ({"hedge": hr.VixFuture}, "hedge", "hr.VixFuture()"),
        ({"portfolio": 10e6}, "portfolio", "hr.Equity(10_000_000)"),
        ({"split": 0.5}, "split", "50/50"),
        ({"costs": False}, "costs", "hr.Costs.none()"),
        ({"start": 2010}, "start", "YYYY-MM-DD"),
        ({"end": 2010}, "end", "YYYY-MM-DD"),
    ],
)
def test_a_backtest_that_cannot_be_is_told_in_a_sentence(market, change, where, mend) -> None:
    given = {"policy": POLICY, "market": market, "hedge": PUT, **change}
    with pytest.raises(hr.HedgerowError) as error:
        hr.backtest(**given)
    told(error, where=where, mend=mend)


@pytest.mark.parametrize(
    ("axes", "where", "mend"),
    [
        ("abc", "sweep", "range(10, 16)"),
        ([1], "sweep", "range(10, 16)"),
        ({}, "sweep", "range(10, 16)"),
        (None, "sweep", "range(10, 16)"),
        ({"linear.low": 12}, "sweep.linear.low", "a list of numbers"),
        ({"linear.low": "abc"}, "sweep.linear.low", "a list of numbers"),
        ({"linear.low": ["a"]}, "sweep.linear.low", "a list of numbers"),
        ({"linear.low": [True]}, "sweep.linear.low", "a list of numbers"),
        ({"linear.low": np.array(3.0)}, "sweep.linear.low", "a list of numbers"),
        ({"linear.low": iter([])}, "sweep.linear.low", "some values"),
        ({"trigger.every": ["7d"]}, "sweep.trigger.every", "trigger.move"),
        ({3: [1]}, "sweep.3", "linear"),
        ({"linear.low": [30]}, "sweep.linear", "leave such values out"),
        ({"bounds.floor": [-1]}, "sweep.bounds.floor", "write at least 0"),
        ({"linear.low": range(10**12)}, "sweep", "fewer"),
        ({"linear.low": range(10**4), "linear.high": range(10**4)}, "sweep", "fewer"),
    ],
)
def test_a_sweep_that_cannot_be_is_told_in_a_sentence(market, axes, where, mend) -> None:
    with pytest.raises(hr.HedgerowError) as error:
        hr.sweep(POLICY, market, PUT, axes)
    told(error, where=where, mend=mend)


def test_an_axis_may_be_any_list_of_numbers(market) -> None:
    for values in ((10, 11), range(10, 12), np.array([10, 11]), iter([10.0, np.float64(11)])):
        found = hr.sweep(POLICY, market, PUT, {"linear.low": values})
        assert found.table()["linear.low"].tolist() == [10.0, 11.0]
    assert repr(found) == "<Sweep of a <b>: 2 lanes over linear.low>"


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (lambda result: result.explain(20200309), "date"),
        (lambda result: result.report(None), "path"),
        (lambda result: hr.load(3), "source"),
        (lambda result: hr.load(start=2010), "start"),
        (lambda result: hr.Equity("10m"), "portfolio.value"),
        (lambda result: hr.Equity(beta=True), "portfolio.beta"),
    ],
)
def test_other_mistakes_are_told_in_a_sentence(result, call, where) -> None:
    with pytest.raises(hr.HedgerowError) as error:
        call(result)
    told(error, where=where)


def test_costs_are_on_unless_they_are_switched_off(market, result) -> None:
    free = hr.backtest(POLICY, market, PUT, costs=hr.Costs.none())
    assert result.found.tracks["dynamic"]["cost"].sum() > 0.0
    assert free.found.tracks["dynamic"]["cost"].sum() == 0.0


def test_a_notebook_shows_a_line_and_a_table(result) -> None:
    assert repr(result).startswith("<Result of a <b> with put-90d-0.9, 20")
    assert len(repr(result)) < 160
    assert repr(result.found) == "<Comparison of a <b> with put-90d-0.9>"
    assert re.fullmatch(r"<Track static: \d+ bars>", repr(result.found.tracks["static"]))
    page = result._repr_html_()
    assert "a &lt;b&gt; with put-90d-0.9" in page
    assert page.count("<tr>") == page.count("</tr>") > 5
    assert "Not investment advice" in page


def test_the_frame_is_the_tracks(result) -> None:
    frame, tracks = result.frame(), result.found.tracks
    for name, track in tracks.items():
        np.testing.assert_array_equal(frame[name], track["nav"])
    gained = np.cumsum(tracks["dynamic"]["pnl"])
    np.testing.assert_allclose(frame["hedge_dynamic"], gained)
    assert frame["vix"].loc["2020-03-16"] > 60.0
    assert frame["x"].between(0.2, 2.0).iloc[1:].all()
    assert frame.index.name == "date"


def test_a_policy_file_is_loaded(tmp_path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(POLICY.to_toml())
    assert hr.load_policy(file) == hr.load_policy(str(file)) == POLICY


def test_the_reference_of_policies_is_up_to_date() -> None:
    text = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    assert text == policy_reference.markdown(), "run `make docs`"
    assert "<class" not in text
    assert "|  |" not in text, "a field shares its words with another, or has none"
    for kind, cls in catalog.rules().items():
        if cls.__module__.startswith("hedgerow."):
            assert f"### {kind}" in text
            assert all(f"| `{name}` |" in text for name in getattr(cls, "presets", ()))


def test_the_help_of_policy_new_lists_rules_and_presets() -> None:
    rules = {k: c for k, c in catalog.rules().items() if c.__module__.startswith("hedgerow.")}
    assert set(re.findall(r"[a-z_]+", commands.RULES.partition(": ")[2])) - {"or"} == set(rules)
    said = {
        kind: names.split(", ") for kind, names in re.findall(r"(\w+): ([^;.]+)", commands.PRESETS)
    }
    known = {kind: list(cls.presets) for kind, cls in rules.items() if hasattr(cls, "presets")}
    assert said == known
