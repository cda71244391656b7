"""The claims on builtin data, and on data that lack this and that."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from hedgerow.core.market import Market
from hedgerow.errors import RangeError
from hedgerow.report.claims import summarise
from hedgerow.research.claims.claim import (
    Basis,
    Verdict,
)
from hedgerow.research.claims.evidence import Evidence
from hedgerow.research.claims.study import CLAIMS, find, study

BY_ID = {claim.id: claim for claim in CLAIMS}


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
