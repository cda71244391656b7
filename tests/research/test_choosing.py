"""Policies side by side: every number is that of its own backtest, and the efficient are right."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
import synthetic
from hedgerow.errors import DataError, HedgerowError, PolicyError, RangeError, SleeveError
from hedgerow.policies.catalog import starter
from hedgerow.policies.files import named
from hedgerow.report import story, tradeoff
from hedgerow.research import candidates, choosing, performance

POLICIES = [starter("linear", "option-a"), starter("tiers"), starter("vol_ratio")]
SLEEVES = [hr.Put(), hr.VarianceSwap()]


@cache
def years() -> hr.Market:
    """Five real years with two crises in their second half."""
    return hr.load("builtin", start="2016-01-04", end="2020-12-31")


def choose(policies=POLICIES, sleeves=SLEEVES, **terms):
    market = terms.pop("market", None) or years()
    return choosing.choose(policies, market, sleeves, hr.Equity(), **terms)


@pytest.fixture(scope="module")
def found() -> choosing.Choice:
    return choose()


# ---- the numbers --------------------------------------------------------------------------------


def test_the_candidates_are_every_policy_with_every_sleeve_and_what_they_are_compared_with(
    found,
) -> None:
    assert [(each.policy, each.sleeve, each.kind) for each in found.candidates] == [
        *((p.name, s.name, "policy") for s in SLEEVES for p in POLICIES),
        *(("", s.name, "fixed") for s in SLEEVES),
        ("", "", "none"),
    ]
    assert len({each.name for each in found.candidates}) == len(found.candidates)


def test_all_begin_where_the_longest_memory_is_full(found) -> None:
    longest = max(policy.lookback for policy in POLICIES)
    assert longest > 1
    begin = str(years().dates[longest - 1])
    assert {c.periods["all"]["from"] for c in found.comparisons.values()} == {begin}
    assert found.whole["from"] == begin
    assert len({tuple(c.periods["test"].items()) for c in found.comparisons.values()}) == 1


@pytest.mark.parametrize("sleeve", SLEEVES, ids=lambda sleeve: sleeve.name)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_number_is_that_of_the_policys_own_backtest(found, policy, sleeve) -> None:
    own = hr.backtest(policy, years(), sleeve, start=found.whole["from"]).found
    rows = {
        "dynamic": found.candidates[[s.name for s in SLEEVES].index(sleeve.name) * len(POLICIES)
                                    + POLICIES.index(policy)],
        "static": next(c for c in found.candidates if (c.kind, c.sleeve) == ("fixed", sleeve.name)),
        "unhedged": found.candidates[-1],
    }  # fmt: skip
    test = own.strategies["test"]
    for strategy, row in rows.items():
        for key, value in test[strategy].items():
            if not isinstance(value, str):
                np.testing.assert_equal(row.measures[key], value, err_msg=key)
        assert row.measures["return_given_up"] == pytest.approx(
            test["unhedged"]["annual_return"] - test[strategy]["annual_return"], abs=1e-15
        )
        assert row.measures["protection"] == pytest.approx(
            test[strategy]["max_drawdown"] - test["unhedged"]["max_drawdown"], abs=1e-15
        )
    ours = rows["dynamic"]
    assert ours.measures["saving"] == own.saving["test"]["saving"]
    assert ours.crises == {row["name"]: row["dynamic_her"] for row in own.crises}
    assert rows["static"].crises == {row["name"]: row["static_her"] for row in own.crises}
    tested = story.tell(own).tested_her
    assert ours.measures["her"] == pytest.approx(tested["dynamic_her"], rel=1e-12)
    assert rows["static"].measures["her"] == pytest.approx(tested["static_her"], rel=1e-12)
    assert ours.divest == own.divest["dynamic"]
    assert rows["static"].divest == own.divest["static"]
    assert ours.flags == tuple(flag.name for flag in own.flags if flag.raised)
    assert ours.lookahead is all(verdict.passed for verdict in own.lookahead)


def test_turnover_is_contracts_traded_over_contracts_held(found) -> None:
    comparison = found.first
    track, rows = comparison.tracks["dynamic"], comparison.split.test
    days = track.dates[rows]
    years = (days[-1] - days[0]).astype(int) / 365.25
    traded = track["traded"][rows][1:].sum() / years
    measures = found.candidates[0].measures
    assert measures["contracts_per_year"] == pytest.approx(traded, rel=1e-12)
    assert measures["turnover"] == pytest.approx(traded / track["held"][rows].mean(), rel=1e-12)


def test_the_tail_against_pandas(found) -> None:
    track, rows = found.first.tracks["unhedged"], found.first.split.test
    nav = pd.Series(track["nav"][rows], index=pd.DatetimeIndex(track.times[rows]))
    closes = np.r_[nav.iloc[0], nav.resample("ME").last().to_numpy()]
    months = np.sort(closes[1:] / closes[:-1] - 1.0)
    assert len(months) >= candidates.LEAST_MONTHS
    worst = months[: math.ceil(len(months) / 20)]
    assert found.candidates[-1].measures["tail"] == pytest.approx(worst.mean(), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "count"),
    [("linear@option-a", 3), ("tiers", 5), ("constant", 1), ("vol_ratio", 2)],
)
def test_the_numbers_that_a_policy_fixes_are_counted(text: str, count: int) -> None:
    # bounds 2, persist 1, budget 1, trigger 4 (points, share, clock, drawdown); vol_ratio's rule
    # has its target and its signal its days
    assert candidates.parameters(named(text)) == count + 8


# ---- which are efficient ------------------------------------------------------------------------

NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-1.0, 1.0), st.just(float("nan")))


def dominates(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether a is as cheap and as protective as b, and better in one."""
    return a[0] <= b[0] and a[1] >= b[1] and a != b


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=12))
def test_no_candidate_dominates_an_efficient_one_and_an_efficient_one_every_other(points) -> None:
    given_up, protection = np.array(points).T
    best = choosing.efficient(given_up, protection)
    known = [point for point in points if not any(map(math.isnan, point))]
    chosen = [point for point, good in zip(points, best, strict=True) if good]
    for point, good in zip(points, best, strict=True):
        if any(map(math.isnan, point)):
            assert not good
        elif good:
            assert not any(dominates(other, point) for other in known)
        else:
            assert any(dominates(other, point) for other in chosen)
    assert bool(chosen) == bool(known)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8), st.randoms())
def test_the_order_of_candidates_does_not_matter(points, chance) -> None:
    order = list(range(len(points)))
    chance.shuffle(order)
    whole = choosing.efficient(*np.array(points).T)
    np.testing.assert_array_equal(choosing.efficient(*np.array(points)[order].T), whole[order])


@pytest.mark.parametrize("protection", ["drawdown", "her", "tail"])
def test_who_is_behind_whom_is_true(protection: str) -> None:
    found = choose(POLICIES[:2], SLEEVES[:1], protection=protection)
    place = {
        each.name: (each.measures["return_given_up"], each.measures["protection"])
        for each in found.candidates
    }
    assert place[choosing.NO_HEDGE] == (0.0, 0.0)
    efficient = {each.name for each in found.candidates if each.efficient}
    assert efficient
    for each in found.candidates:
        assert (each.dominated_by == "") == each.efficient
        if not each.efficient:
            assert each.dominated_by in efficient
            assert dominates(place[each.dominated_by], place[each.name])


# ---- the divest line ----------------------------------------------------------------------------


@pytest.mark.parametrize("protection", ["drawdown", "her", "tail"])
def test_d9_the_line_begins_at_no_hedge_and_ends_with_bills_alone(protection: str) -> None:
    found = choose(POLICIES[:1], SLEEVES[:1], protection=protection, costs=hr.Costs.none())
    first, last = found.line[0], found.line[-1]
    assert first["kept"] == 1.0
    assert [first["return_given_up"], first["protection"]] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert last["kept"] == 0.0
    none = found.candidates[-1].measures
    bills = hr.Equity(1.0, equity_share=0.0).values(found.first.ground.market)
    rows = slice(found.first.ground.first + found.first.split.test.start, None)
    rate = performance.annual_return(
        bills[rows], performance.years(found.first.tracks["dynamic"], found.first.split.test)
    )
    assert last["return_given_up"] == pytest.approx(none["annual_return"] - rate, abs=1e-12)
    if protection == "drawdown":
        assert last["protection"] == pytest.approx(-none["max_drawdown"], abs=1e-12)
    if protection == "her":  # all of the losses, and what bills earned meanwhile
        assert last["protection"] == pytest.approx(1.0, abs=0.05)
    got = [row["protection"] for row in found.line]
    assert np.all(np.diff(got) > 0.0)


def test_d9_the_verdict_is_the_side_of_the_line(found) -> None:
    line = [[row[key] for row in found.line] for key in ("return_given_up", "protection")]
    if np.any(np.diff(line[0]) <= 0.0):
        line = [way[::-1] for way in line]
    assert np.all(np.diff(line[0]) > 0.0)
    seen = set()
    for each in found.candidates[:-1]:
        at = each.measures["return_given_up"]
        its = each.divest["at_equal_return"]
        if its["matched"] and its["verdict"] != "even":
            above = each.measures["protection"] > np.interp(at, *line)
            assert its["verdict"] == ("better" if above else "worse")
            seen.add(its["verdict"])
    assert seen


# ---- names and mistakes -------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["a", "b", "a (1)", "no hedge"]), max_size=8))
def test_no_two_names_are_alike(names) -> None:
    made = choosing.apart(names)
    assert len(set(made)) == len(names)
    for name, own in zip(names, made, strict=True):
        assert own.startswith(name)
        assert names.count(name) > 1 or own == name


def test_policies_of_one_name_are_told_apart() -> None:
    twins = [
        hr.Policy([hr.Linear("vix", low=low, high=30)], [hr.Level("vix")], name="no hedge")
        for low in (10, 12)
    ]
    found = choose(twins, SLEEVES[:1])
    assert [each.name for each in found.candidates] == [
        "no hedge (1)", "no hedge (2)", "fixed 1×", "no hedge (3)",
    ]  # fmt: skip
    assert list(found.comparisons) == ["no hedge (1)", "no hedge (2)"]
    assert found.comparisons["no hedge (2)"].policy == twins[1]


def test_the_progress_names_each_candidate() -> None:
    seen: list[str] = []
    found = choose(POLICIES[:2], SLEEVES[:1], progress=seen.append)
    assert seen == list(found.comparisons)


@pytest.mark.parametrize(
    ("terms", "kind", "where", "word"),
    [
        ({"policies": []}, PolicyError, "policies", "nothing to compare"),
        ({"sleeves": []}, SleeveError, "sleeves", "nothing to compare"),
        ({"policies": POLICIES[:1] * 2}, PolicyError, "policies[1]", "given twice"),
        ({"sleeves": [hr.Put(), hr.Put()]}, SleeveError, "sleeves[1]", "given twice"),
        ({"protection": "drawdwon"}, RangeError, "protection", "did you mean 'drawdown'"),
        ({"parts": "half"}, RangeError, "linear-option-a: --split", "not a split"),
        ({"start": "1800-01-01"}, RangeError, "start", "outside the data"),
        ({"market": synthetic.market(300), "protection": "tail"}, RangeError, "protection",
         "fewer than 20 months"),
        ({"market": synthetic.market(600, start="2013-01-02"), "protection": "her"}, RangeError,
         "protection", "no crisis that cost"),
    ],
)  # fmt: skip
def test_mistakes_are_told(terms, kind, where: str, word: str) -> None:
    with pytest.raises(kind) as error:
        choose(**{"policies": POLICIES[:1], "sleeves": SLEEVES[:1], **terms})
    assert error.value.where == where
    assert word in str(error.value)
    assert error.value.mend


def test_a_candidate_that_cannot_be_run_is_named() -> None:
    odd = hr.Policy([hr.Linear("breadth")], [hr.Level("breadth")], name="odd")
    with pytest.raises(HedgerowError, match="breadth") as error:
        choose([POLICIES[0], odd], SLEEVES[:1])
    assert str(error.value).startswith("odd")
    assert type(error.value) in {DataError, PolicyError, RangeError}


def test_a_ruined_candidate_is_neither_efficient_nor_compared() -> None:
    ruin = hr.Policy([hr.Constant(1.0)], [], name="ruin", raw=True)
    put = hr.VarianceSwap(size=hr.Vega(4e6))
    found = choose([ruin, *POLICIES[:1]], [put])
    lost = found.candidates[0]
    assert lost.measures["max_drawdown"] <= -1.0 or not np.isfinite(lost.measures["annual_return"])
    assert lost.divest is None
    assert "ruin" in lost.flags
    assert not lost.efficient
    assert lost.measures["return_given_up"] is lost.measures["protection"] is None
    fixed = next(each for each in found.candidates if each.kind == "fixed")
    assert fixed.divest is None
    assert "Not drawn, for NAV was lost: ruin, fixed 1×." in tradeoff.picture(found)


def test_a_policy_that_never_hedges_is_no_hedge() -> None:
    idle = hr.Policy([hr.Constant(0.0)], [], name="idle", raw=True)
    found = choose([idle], SLEEVES[:1])
    ours, none = found.candidates[0], found.candidates[-1]
    assert ours.efficient == none.efficient
    assert ours.measures["turnover"] is None
    assert ours.divest["verdict"] == "even"
    for way in ("at_equal_return", "at_equal_drawdown"):
        assert ours.divest[way]["kept"] == 1.0
        assert ours.divest[way]["matched"]


@pytest.mark.realdata
@pytest.mark.slow
def test_the_examples_side_by_side_on_real_data(real_data) -> None:
    folder = hr.load(str(real_data))
    root = Path(__file__).resolve().parents[2]
    names = ("vix_linear", "tiers", "bands", "sigmoid", "vol_ratio")
    policies = [hr.load_policy(root / "examples" / f"{name}.toml") for name in names]
    found = hr.compare(policies, folder, hr.Put(), split="2008-01-02").found
    assert found.period["from"] == "2008-01-02"
    tested = {row["name"] for row in found.crises if row["tested"]}
    assert {"2010 flash crash", "2015 August", "2020 Covid", "2022 rates"} <= tested
    for each in found.candidates:
        assert each.measures["modelled_vix"] < 0.01
        assert each.lookahead is not False
    none = found.candidates[-1].measures
    # the S&P 500 with dividends lost 52 to 53 % from the first close of 2008 to 9 March 2009
    assert none["max_drawdown"] == pytest.approx(-0.52, abs=0.02)
    fixed = found.candidates[-2]
    assert 0.0 < fixed.measures["her"] < 0.5
    assert fixed.measures["return_given_up"] > 0.0
    assert performance.years(found.first.tracks["dynamic"]) > 30
