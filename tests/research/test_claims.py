"""The claims: the rule of the verdict, and what is measured on real and on builtin data."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow import api
from hedgerow.core.market import Market
from hedgerow.core.step import Stage
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import RangeError
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import Notional
from hedgerow.policies.catalog import demo
from hedgerow.policies.percentiles import Quantile
from hedgerow.policies.rules import Linear
from hedgerow.report.claims import summarise
from hedgerow.research.claims import protection, shapes, variants
from hedgerow.research.claims.claim import (
    Basis,
    Range,
    UnmeasuredError,
    Verdict,
    about,
    judge,
    over,
    under,
)
from hedgerow.research.claims.decay import bought, greeks
from hedgerow.research.claims.evidence import Evidence
from hedgerow.research.claims.sharpes import SOLD
from hedgerow.research.claims.study import CLAIMS, PARTS, find, study
from hedgerow.research.claims.trading import whipsaws
from hedgerow.research.claims.variants import changed
from hedgerow.research.comparison import compare
from hedgerow.research.examples.catalog import work

BY_ID = {claim.id: claim for claim in CLAIMS}

value = st.floats(-1e6, 1e6)
ends = st.tuples(value, value).map(sorted)


# ---- the rule -----------------------------------------------------------------------------------


@given(ends, ends)
def test_the_verdict_is_that_of_sets(claimed, interval) -> None:
    verdict = judge(Range(*claimed), *interval)
    inside = claimed[0] <= interval[0] and interval[1] <= claimed[1]
    apart = interval[1] < claimed[0] or interval[0] > claimed[1]
    assert (verdict is Verdict.HOLDS) == inside
    assert (verdict is Verdict.FAILS) == (apart and not inside)


@given(ends, ends, st.floats(0.0, 1e6))
def test_a_wider_interval_never_turns_a_verdict_round(claimed, interval, more) -> None:
    """Less knowledge may take a verdict back, it never brings another."""
    narrow = judge(Range(*claimed), *interval)
    wide = judge(Range(*claimed), interval[0] - more, interval[1] + more)
    assert wide in (narrow, Verdict.UNTOLD)


@given(st.floats(-1e6, 1e6).filter(lambda v: v != 0.0))
def test_about_a_number_is_a_tenth_to_either_side(number) -> None:
    low, high = about(number)
    assert low <= number <= high
    assert high - low == pytest.approx(0.2 * abs(number))


@given(value)
def test_a_direction_leaves_its_edge_out(number) -> None:
    assert judge(over(number), number, number) is Verdict.FAILS
    assert judge(under(number), number, number) is Verdict.FAILS
    assert judge(over(number), number + 1.0, math.inf) is Verdict.HOLDS
    assert judge(over(number), number, number + 1.0) is Verdict.UNTOLD


def test_without_an_interval_nothing_is_told() -> None:
    assert judge(Range(0.0, 1.0), math.nan, math.nan) is Verdict.UNTOLD


# ---- the list -----------------------------------------------------------------------------------


def test_the_ids_are_unique_and_can_be_typed() -> None:
    assert len(BY_ID) == len(CLAIMS) > 100
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in BY_ID)


def test_the_claims_stand_in_the_order_of_the_source() -> None:
    order = [(PARTS.index(part), section) for part, _, section in
             (claim.section.partition(" › ") for claim in CLAIMS)]  # fmt: skip
    assert order == sorted(order)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_says_what_it_measures(claim) -> None:
    assert claim.claimed.low <= claim.claimed.high
    assert claim.definition.endswith(".")
    for other in re.findall(r"`([a-z0-9-]+)`", claim.definition):
        assert other in BY_ID or other == "example"


def plain(text: str) -> str:
    """The source without its marks of emphasis and money, blanks made one."""
    return " ".join(re.sub(r"[*$`]|\\(?=\$)|\\text|[{}]|p_|\\rightarrow", "", text).split())


@pytest.mark.realdata
def test_every_claim_quotes_the_source_where_it_stands(real_data: Path) -> None:
    found = sorted((real_data.parent / "seeds").glob("001_*.txt"))
    if not found:
        pytest.skip("the source text is not beside the data")
    parts = re.split(r"^## ", found[0].read_text(encoding="utf-8"), flags=re.M)
    sections = {}
    for part in parts[1:]:
        title, _, body = part.partition("\n")
        for piece in re.split(r"^### ", body, flags=re.M):
            name, _, text = piece.partition("\n")
            sections[f"{title} › {name}"] = plain(text)
        sections[title] = plain(body)
    for claim in CLAIMS:
        assert plain(claim.quote) in sections[claim.section], claim.id


# ---- real data ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def until_2025(real_data: Path) -> Evidence:
    return Evidence(api.load(real_data), end="2025-12-31", resamples=200)


@pytest.fixture(scope="module")
def file_of_vix(real_data: Path) -> Evidence:
    """VIX as Cboe's file has it, with an index that never moves."""
    table = pd.read_csv(real_data / "vix" / "VIX_History.csv")
    days = pd.to_datetime(table["DATE"], format="%m/%d/%Y").to_numpy("datetime64[ns]")
    columns = {"vix": table["CLOSE"].to_numpy(), "spx": np.full(len(days), 100.0)}
    return Evidence(Market(days, columns), end="2025-12-31", resamples=200)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("vix-persistence", 0.977),
        ("share-below-15", 0.325),
        ("share-above-25", 0.175),
        ("p-low-high", 0.0217),
        ("p-high-low", 0.1027),
    ],
)
def test_vix_1990_2025_is_that_of_validation_md(file_of_vix, name, known) -> None:
    """On the days of the exchange's own file, a few of which the index has no close on."""
    found = find(BY_ID[name], file_of_vix)
    digits = len(str(known).split(".")[1])
    assert round(found.measurement.value, digits) == known
    assert found.measurement.low < known < found.measurement.high
    assert found.verdict is Verdict.FAILS


@pytest.mark.realdata
def test_mean_vix_1990_2025_is_19_45(file_of_vix) -> None:
    assert round(file_of_vix.inside["vix"].mean(), 2) == 19.45


@pytest.mark.realdata
def test_the_sessions_of_the_index_give_nearly_the_same(until_2025, file_of_vix) -> None:
    for name in ("vix-persistence", "share-below-15", "p-low-high", "p-high-low"):
        ours, theirs = (find(BY_ID[name], e).measurement.value for e in (until_2025, file_of_vix))
        assert ours == pytest.approx(theirs, rel=0.005)


@pytest.mark.realdata
def test_the_tiers_are_all_of_the_days(until_2025) -> None:
    names = ("share-below-15", "share-15-to-25", "share-above-25")
    shares = [find(BY_ID[name], until_2025).measurement.value for name in names]
    assert sum(shares) == pytest.approx(1.0)


@pytest.mark.realdata
def test_the_dated_facts_are_those_that_everybody_knows(until_2025) -> None:
    """S&P 500: 3386.15 on 2020-02-19, 2237.40 on 2020-03-23; VIX 82.69 on 2020-03-16, 40.74 on
    2015-08-24.
    """
    known = {
        "e1-drawdown": 1.0 - 2237.40 / 3386.15, "e1-vix-march": 82.69, "e2-vix-peak": 40.74,
        "e1-vix-february": 14.38,
    }  # fmt: skip
    for name, number in known.items():
        found = find(BY_ID[name], until_2025).measurement
        assert found.value == pytest.approx(number, abs=1e-4)
        assert found.low == found.high == found.value


@pytest.mark.slow
@pytest.mark.realdata
def test_the_table_of_the_docs_is_what_the_command_says(real_data) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```text\n\$ hedgerow claims .*?\n(.*?)^```", page, re.M | re.S)
    found = study(api.load(real_data), end="2025-12-31", facts={"source": "DATA"})
    assert block.rstrip() == summarise(found)


# ---- builtin data -------------------------------------------------------------------------------


def test_on_builtin_data_vix_is_measured_where_it_is_published(builtin) -> None:
    made = find(BY_ID["share-below-15"], Evidence(builtin, resamples=100)).measurement
    assert (made.start, made.end) == ("2014-01-03", "2019-01-03")
    assert not made.modelled


def test_runs_say_what_share_of_them_is_modelled(builtin) -> None:
    made = find(BY_ID["saving"], Evidence(builtin, resamples=100)).measurement
    shares = dict(made.modelled)
    assert shares["hedge prices"] == 1.0
    assert 0.5 < shares["VIX"] < 1.0


def test_dated_claims_on_modelled_vix_cannot_be_told(builtin) -> None:
    found = find(BY_ID["e1-average-vix"], Evidence(builtin, resamples=100))
    assert found.verdict is Verdict.UNTOLD
    assert "not published" in found.reason


def test_what_the_data_lack_is_the_reason(builtin) -> None:
    evidence = Evidence(builtin, resamples=100)
    found = find(BY_ID["normal-correlation"], evidence)
    assert (found.verdict, found.measurement) == (Verdict.UNTOLD, None)
    assert "cor1m" in found.reason
    early = replace(evidence, end="2004-12-31", _kept={})
    assert "2017-01-03 … 2020-12-31" in find(BY_ID["e1-net"], early).reason


def test_few_crises_give_a_value_and_no_interval(builtin) -> None:
    """2018 twice, 2020: three crises from 2018 to 2020."""
    evidence = Evidence(builtin, start="2018-01-02", end="2020-12-31", resamples=100)
    found = find(BY_ID["her-static"], evidence)
    assert (found.measurement.count, found.verdict) == (3, Verdict.UNTOLD)
    assert math.isfinite(found.measurement.value)
    assert found.reason == "only 3 crises: too few for an interval"


@pytest.mark.parametrize(
    ("name", "days", "reason"),
    [
        ("sharpe-unhedged", ("2015-07-20", "2015-08-25"), "only 26 sessions: too few"),
        ("p-low-high", ("2015-07-20", "2015-09-25"), "only 48 sessions: too few"),
        ("share-above-25", ("2016-07-01", "2017-12-29"), "nothing varied in these 378 sessions"),
    ],
)
def test_a_few_alike_days_are_no_evidence(builtin, name, days, reason) -> None:
    """Their bootstrap interval is a point or nearly so, and would judge anything."""
    found = find(BY_ID[name], Evidence(builtin, *days, resamples=100))
    assert found.verdict is Verdict.UNTOLD
    assert found.measurement is not None
    assert math.isnan(found.measurement.low)
    assert reason in found.reason


def test_no_vix_leaves_the_sums(builtin) -> None:
    bare = Market(builtin.times, {"spx": builtin["spx"]})
    found = study(bare, only=["saving", "share-below-15", "sum-cap"], resamples=100).findings
    told = {one.claim.id: one.verdict for one in found}
    assert told["sum-cap"] is Verdict.HOLDS
    assert told["saving"] is told["share-below-15"] is Verdict.UNTOLD


@pytest.mark.slow
@pytest.mark.parametrize(
    "days",
    [
        ("2018-01-02", "2018-01-04"),
        ("1990-01-02", "1990-02-10"),
        ("2018-01-02", "2018-04-30"),
        ("2017-01-03", "2017-12-29"),
    ],
)
def test_short_data_are_told_not_stumbled_over(builtin, days) -> None:
    """Warnings are errors here: whatever a few days cannot say must be said to be so."""
    found = study(builtin, start=days[0], end=days[1], resamples=100)
    assert {one.claim.basis for one in found.findings if one.verdict is Verdict.HOLDS} >= {
        Basis.ARITHMETIC
    }
    for one in found.findings:
        assert one.reason or one.verdict is not Verdict.UNTOLD


def odd_markets(market: Market) -> dict[str, Market]:
    """Data that a user may have: holes, a column that never moves, an index that never falls."""
    part = market.between("2012-01-03", None)
    count = len(part)
    holes = np.arange(300, count, 400)
    pitted = {name: part[name].copy() for name in ("vix", "spx")}
    for column in pitted.values():
        column[holes] = np.nan
    return {
        "holes in VIX": part.with_columns({"vix": pitted["vix"]}),
        "holes in the index": part.with_columns({"spx": pitted["spx"]}),
        "VIX that never moves": part.with_columns({"vix": np.full(count, 16.0)}),
        "an index that never falls": part.with_columns(
            {"spx": 1000.0 * 1.0002 ** np.arange(count)}
        ),
        "no index": Market(part.times, {"vix": part["vix"]}),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["holes in VIX", "holes in the index", "VIX that never moves",
                                  "an index that never falls", "no index"])  # fmt: skip
def test_odd_data_are_told_not_stumbled_over(builtin, name) -> None:
    found = study(odd_markets(builtin)[name], resamples=100)
    assert found.count(Verdict.UNTOLD) > 10
    for one in found.findings:
        assert one.reason or one.verdict is not Verdict.UNTOLD
    assert summarise(found, details=True).count("\n") > 500


def test_a_claim_alone_says_what_it_says_among_others(builtin) -> None:
    names = ["saving", "vix-persistence", "flash-crash"]
    together = study(builtin, only=names, resamples=100).findings
    assert [one.claim.id for one in together] == sorted(names, key=list(BY_ID).index)
    for one in together:
        (alone,) = study(builtin, only=[one.claim.id], resamples=100).findings
        assert alone.measurement == one.measurement


def test_another_seed_draws_other_samples(builtin) -> None:
    one, two = (
        study(builtin, only=["saving"], resamples=100, seed=seed).findings[0].measurement
        for seed in (1, 2)
    )
    assert one.value == two.value
    assert one.low != two.low


@pytest.mark.slow
def test_every_claim_is_found_on_builtin_data(builtin) -> None:
    found = study(builtin, resamples=100)
    assert len(found.findings) == len(CLAIMS)
    assert sum(found.count(verdict) for verdict in Verdict) == len(CLAIMS)
    for one in found.findings:
        assert one.reason or one.verdict is not Verdict.UNTOLD
        if one.measurement is not None and one.claim.basis is Basis.SAMPLE:
            assert one.measurement.low < one.measurement.high or one.reason
    assert repr(study(builtin, resamples=100)) == repr(found)


def test_the_slips_of_the_source_stay_slips(builtin) -> None:
    slips = {"sum-daily-cost", "sum-adjustments", "sum-linear-17", "sum-linear-25", "sum-drawdown"}
    found = study(builtin, only=[n for n in BY_ID if n.startswith("sum-")], resamples=100)
    failed = {one.claim.id for one in found.findings if one.verdict is Verdict.FAILS}
    assert slips <= failed
    assert {"sum-e1-net", "sum-e5-buy", "sum-cap", "sum-floor"}.isdisjoint(failed)


@pytest.mark.parametrize("name", ["savin", "nothing of the kind"])
def test_unknown_ids_are_refused(builtin, name) -> None:
    mend = "did you mean 'saving'?" if name == "savin" else "leave --only out"
    with pytest.raises(RangeError, match=re.escape(mend)):
        study(builtin, only=[name])


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


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["e1-cost", "e1-net"])
def test_what_hangs_on_an_unnamed_contract_cannot_be_told(until_2025, name) -> None:
    """Example 1 names none: with puts it lost and cost little, with variance swaps it did not."""
    found = find(BY_ID[name], until_2025)
    values = [found.measurement.value]
    values += [row.value for row in found.measurement.beside if row.label == "with a swap"]
    allowed = [judge(found.claim.claimed, value, value) for value in values]
    assert set(allowed) == {Verdict.HOLDS, Verdict.FAILS}
    assert (found.measurement.low, found.measurement.high) == (min(values), max(values))
    assert found.verdict is Verdict.UNTOLD


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
