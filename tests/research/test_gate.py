"""The honesty gate: what is planted is failed for the right reason, what is honest passes."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import hedgerow as hr
import planted
from hedgerow.core.step import Nothing, Stage
from hedgerow.errors import HedgerowError
from hedgerow.research import crises
from hedgerow.research.gate.item import Outcome
from hedgerow.research.gate.judgement import judge
from hedgerow.research.gate.thresholds import ALWAYS, KEYS, Thresholds
from hedgerow.research.overfit.intervals import intervals
from hedgerow.research.overfit.luck import Luck
from hedgerow.research.overfit.register import Count
from hedgerow.research.overfit.sharpe import Record
from report.made import make

PASS, FAIL, UNKNOWN, NOT_ASKED = Outcome


@pytest.fixture(scope="module")
def market():
    return planted.market(True)


@pytest.fixture(scope="module")
def later():
    """A part of it: whether something peeks needs no thirty years."""
    return planted.market(True, start="2012-01-03")


@pytest.fixture(scope="module")
def dated(market):
    """Play a policy that knows the dates of one crisis, once for each."""
    return cache(
        lambda name: hr.backtest(planted.following(planted.Dated((name,))), market, hr.VixFuture())
    )


@pytest.fixture(scope="module")
def honest(market, tmp_path_factory):
    """The honest policy, alone on record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGEROW_TRIALS", str(tmp_path_factory.mktemp("register") / "trials.jsonl"))
        return hr.backtest(planted.honest(), market, hr.VixFuture())


@pytest.fixture
def register(tmp_path, monkeypatch):
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))


class Pbo:
    """A sweep that is known to be overfitted so much."""

    def __init__(self, pbo: float) -> None:
        self.pbo = pbo


def keys(items) -> set[str]:
    return {item.key for item in items}


def test_an_honest_policy_with_a_planted_edge_passes(honest) -> None:
    made = honest.judge(overfit=Pbo(0.0))
    assert made.outcome == "pass"
    assert not made.stops(strict=True)
    assert [item.key for item in made.items] == list(KEYS[:-1])  # the last is a stress's
    assert made["pbo"].outcome is PASS
    assert honest.verdict is made
    assert str(made).splitlines()[0].endswith("PASS: what is claimed may be believed")


def test_an_honest_hedge_that_costs_money_passes(register) -> None:
    # a dearer curve: the same edge, and the hedge loses in all
    market = planted.market(True, premium=6.0)
    rule = hr.Ladder("vix", edges=[19, 52], levels=[0.3, 1.0, 0.0])
    steps = [rule, planted.honest().steps[1]]
    policy = hr.Policy(steps, [hr.Level("vix")], name="dear", raw=True)
    result = hr.backtest(policy, market, hr.VixFuture())
    assert result.found.strategies["all"]["dynamic"]["hedge_pnl"] < 0.0
    made = result.judge()
    assert made.outcome == "pass"
    assert made["divest"].word == "warning"  # told, and no claim of this hedge


def test_a_signal_that_peeks_is_failed_for_that(later, register) -> None:
    made = hr.backtest(planted.following(planted.Tomorrow()), later, hr.VixFuture()).judge(
        resamples=0
    )
    assert made["lookahead"].outcome is FAIL
    assert "tomorrow" in made["lookahead"].sentence
    assert made["fills"].outcome is made["costs"].outcome is PASS


class Reads:
    """Tells from a table by day that was made when it was: of VIX ``ahead`` sessions later."""

    kind = name = "reads"
    lookback = 1

    def __init__(self, market, ahead):
        self.held = dict(zip(market.dates.astype(str), np.roll(market["vix"], -ahead), strict=True))

    def __call__(self, market):
        return np.array([max(self.held[str(day)] - 15.0, 0.0) / 10.0 for day in market.dates])


class Counts:
    """A step that counts its bars, and looks them up in a table beside the market."""

    kind = "counts"
    stage = Stage.RULE
    inputs = ("vix",)
    held = np.zeros(0)

    class Row(NamedTuple):
        bars: float = 0.0

    def params(self):
        return Nothing()

    def start(self):
        return self.Row()

    @staticmethod
    def kernel(x, view, memory, p):
        at = min(int(memory.bars) + 20, len(Counts.held) - 1)
        return 1.0 if Counts.held[at] > 18.0 else 0.0, Counts.Row(memory.bars + 1.0)


@pytest.mark.parametrize(("ahead", "outcome"), [(5, FAIL), (0, PASS)])
def test_a_table_beside_the_market_is_failed_where_it_tells_the_future(
    later, register, ahead, outcome
) -> None:
    policy = planted.following(Reads(later, ahead))
    made = hr.backtest(policy, later, hr.VixFuture()).judge(resamples=0)
    assert made["lookahead"].outcome is outcome
    assert ("as 'vix' does 5 sessions later" in made["lookahead"].sentence) is (outcome is FAIL)


def test_a_step_that_looks_rows_up_is_failed(later, register, monkeypatch) -> None:
    monkeypatch.setattr(Counts, "held", later["vix"].copy())
    policy = hr.Policy([Counts(), hr.AtRoll()], [hr.Level("vix")], name="counts", raw=True)
    made = hr.backtest(policy, later, hr.VixFuture()).judge(resamples=0)
    assert made["lookahead"].outcome is FAIL
    assert "policy counts: it changes before" in made["lookahead"].sentence


def test_fills_at_the_deciding_close_are_failed_for_that(market, honest, register) -> None:
    made = hr.backtest(planted.honest(), market, hr.VixFuture(), same_bar=True).judge(resamples=200)
    assert keys(made.failures) == {"fills"}


@pytest.mark.parametrize("costs", [hr.Costs.none(), hr.Costs(**dict.fromkeys(
    ("option_tick", "option_price", "option_vol", "vix_option_tick", "vix_option_price",
     "future_half_spread", "swap_vol", "underlying_bps", "option_fee", "future_fee"), 1e-9))],
    ids=["none", "next to none"],
)  # fmt: skip
def test_no_costs_are_failed_for_that(market, register, costs) -> None:
    made = hr.backtest(planted.honest(), market, hr.VixFuture(), costs=costs).judge(resamples=200)
    assert keys(made.failures) == {"costs"}


def test_dates_of_the_training_crises_are_failed_in_the_test_part(market, register) -> None:
    names = tuple(c.name for c in crises.CRISES if c.end < "2003")
    policy = planted.following(planted.Dated(names))
    made = hr.backtest(policy, market, hr.VixFuture()).judge(resamples=0)
    assert made["lookahead"].outcome is PASS  # a list of dates needs no future
    assert made["degradation"].outcome is FAIL
    assert made["degradation"].number == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("name", ["2020 Covid", "2018 February"])
def test_a_policy_tuned_to_one_crisis_hangs_on_it(dated, register, name) -> None:
    made = dated(name).judge(resamples=0)
    assert made["drop_crisis"].outcome is FAIL
    assert f"Without {name}, " in made["drop_crisis"].sentence
    assert made["flag_one_crisis"].outcome is FAIL


@pytest.mark.slow
def test_the_best_of_thousands_on_noise_is_failed_for_its_choice(register) -> None:
    market = planted.market(False, start="2006-01-02", end="2015-12-31")
    policy, found = planted.tuned(market)
    result = hr.backtest(policy, market, hr.VixFuture())
    made = result.judge(overfit=found, resamples=0)
    assert {"pbo", "deflated_sharpe"} <= keys(made.failures)
    assert made["pbo"].number == found.pbo > 0.4
    assert made["lookahead"].outcome is made["costs"].outcome is made["fills"].outcome is PASS
    assert "2,001 trials" in made["deflated_sharpe"].sentence
    # without the sweep it is known from the register that there was one
    alone = result.judge(resamples=0)
    assert alone["pbo"].outcome is UNKNOWN
    assert "2,001 variants with the same steps" in alone["pbo"].sentence


def test_the_verdict_on_the_demo_is_that_of_a_smaller_hedge(builtin) -> None:
    from hedgerow.policies.catalog import demo

    result = hr.backtest(demo(), builtin, hr.Put(size=hr.Notional(0.35)))
    made = result.judge(resamples=0)
    ours, its = result.found.matched["dynamic_her"], result.found.matched["her"]
    assert (made["equal_cost"].outcome is FAIL) == (ours < its - 0.005)
    assert made["equal_cost"].number == ours - its
    assert made["modelled"].outcome is UNKNOWN
    assert made["modelled"].number == 1.0


def test_what_cannot_be_told_is_not_passed(honest) -> None:
    found = replace(honest.found, luck=None)
    made = judge(found, resamples=0)
    assert made.outcome == "not proven"
    assert keys(made.unknown) == {"deflated_sharpe"}
    assert made.stops(strict=True)
    assert not made.stops()
    assert "cannot be told is deflated Sharpe (D7)" in made.sentence


def _lucky(found, *, sharpe: float, trials: int, spread: float, alike: int = 1, sessions=8_000):
    """Return a backtest with such a Sharpe ratio per session after such trials."""
    count = Count(trials, 2, 0.0, spread**2, alike)
    return replace(found, luck=Luck(Record(sharpe, sessions), count, True))


def test_more_trials_make_the_same_sharpe_ratio_luck(honest) -> None:
    said = [
        judge(_lucky(honest.found, sharpe=0.05, trials=n, spread=0.01), resamples=0)
        for n in (1, 2, 100, 100_000_000)
    ]
    numbers = [made["deflated_sharpe"].number for made in said]
    assert numbers == sorted(numbers, reverse=True)
    outcomes = [made["deflated_sharpe"].outcome for made in said]
    assert outcomes == [PASS, PASS, PASS, FAIL]
    between = judge(_lucky(honest.found, sharpe=0.05, trials=10_000, spread=0.01), resamples=0)
    assert between["deflated_sharpe"].outcome is UNKNOWN


def test_a_hedge_without_a_claim_on_the_sharpe_ratio_has_none_to_deflate(honest) -> None:
    found = _lucky(honest.found, sharpe=-0.05, trials=100, spread=0.01)
    made = {name: dict(row) for name, row in found.strategies["all"].items()}
    made["static"]["sharpe_excess"] = made["dynamic"]["sharpe_excess"]
    quiet = replace(found, strategies={**found.strategies, "all": made})
    assert judge(found, resamples=0)["deflated_sharpe"].outcome is FAIL
    assert judge(quiet, resamples=0)["deflated_sharpe"].outcome is NOT_ASKED


@pytest.mark.parametrize(
    ("pbo", "outcome"), [(0.0, PASS), (0.1, PASS), (0.11, UNKNOWN), (0.4, FAIL), (0.9, FAIL)]
)
def test_a_probability_of_overfitting_has_three_zones(honest, pbo, outcome) -> None:
    assert judge(honest.found, overfit=Pbo(pbo), resamples=0)["pbo"].outcome is outcome


@pytest.mark.parametrize(
    ("numbers", "outcome"),
    [
        ({}, PASS),
        ({"trigger.move": 4.0}, PASS),
        ({"trigger.move": 5.0}, UNKNOWN),
        ({"linear.low": 10.0}, UNKNOWN),
    ],
)
def test_the_sweep_of_another_policy_proves_nothing(honest, numbers, outcome) -> None:
    sweep = Pbo(0.0)
    sweep.numbers = numbers
    item = judge(honest.found, overfit=sweep, resamples=0)["pbo"]
    assert item.outcome is outcome
    assert ("not that of this policy" in item.sentence) is (outcome is UNKNOWN)


def test_many_trials_of_the_same_steps_make_a_lone_backtest_none(honest) -> None:
    for alike, outcome in ((19, NOT_ASKED), (20, UNKNOWN)):
        found = _lucky(honest.found, sharpe=0.1, trials=30, spread=0.0, alike=alike)
        assert judge(found, resamples=0)["pbo"].outcome is outcome


def test_dropping_a_crisis_is_pooling_the_others(honest) -> None:
    from hedgerow.research.gate import dependence

    found = honest.found
    benefit, _ = dependence._benefits(found, Thresholds())["protection"]
    rows = found.crises
    for left in rows:
        others = [row for row in rows if row is not left]
        gain = sum(row["dynamic_gain"] for row in others)
        loss = sum(row["portfolio_loss"] for row in others if row["portfolio_loss"] > 0.0)
        assert benefit((left["name"],)) == pytest.approx(gain / loss, rel=1e-12)
    whole, _ = dependence._benefits(found, Thresholds())["the saving"]
    assert whole(()) == pytest.approx(found.saving["test"]["saving"], rel=1e-9)
    lead, _ = dependence._benefits(found, Thresholds())["the lead over a fixed hedge of equal cost"]
    made = found.matched
    assert lead(()) == pytest.approx(made["dynamic_her"] - made["her"], rel=1e-9)


def test_leaving_no_crisis_out_is_the_comparison_with_less_equity(honest) -> None:
    from hedgerow.research.gate import dependence

    assert honest.found.divest["dynamic"]["verdict"] == "better"
    assert dependence._lead(honest.found, ()) == 1.0
    held = dependence._without(
        honest.found.tracks["dynamic"], np.zeros(len(honest.found.tracks["dynamic"]), bool)
    )
    np.testing.assert_allclose(held["nav"], honest.found.tracks["dynamic"]["nav"], rtol=1e-12)


def test_short_runs_with_few_crises_cannot_be_told() -> None:
    made = judge(make())  # synthetic, 2017 to 2020
    assert made["out_of_sample"].outcome is UNKNOWN
    assert made["her_interval"].outcome in (UNKNOWN, FAIL)
    none = judge(make(end="2017-12-29"))
    assert none["drop_crisis"].outcome is UNKNOWN
    assert none["drop_crisis"].sentence.startswith("No crisis")
    assert none["her_interval"].outcome is UNKNOWN


def test_intervals_of_some_figures_are_those_of_all(honest) -> None:
    some = intervals(honest.found, resamples=50, only=("saving",))
    assert some == {"saving": intervals(honest.found, resamples=50)["saving"]}


def test_an_item_moves_between_deciding_and_warning(dated, register) -> None:
    result = dated("2018 February")
    calm = result.judge(thresholds=hr.Thresholds(warn=("drop_crisis",)), resamples=0)
    assert keys(calm.warnings) == {"drop_crisis"}
    assert calm["drop_crisis"].word == "warning"
    assert "mind also: without any one crisis" in calm.sentence
    assert calm.sentence.endswith("(thresholds changed: warn=drop_crisis)")
    strict = hr.Thresholds.of({"sessions": 100_000})
    assert "out_of_sample" in keys(result.judge(thresholds=strict, resamples=0).unknown)


@pytest.mark.parametrize("key", ALWAYS)
def test_what_makes_every_number_false_cannot_be_set_aside(key) -> None:
    with pytest.raises(HedgerowError, match=f"'{key}' always decides"):
        Thresholds(warn=("divest", key))


@pytest.mark.parametrize(
    ("costs", "share"),
    [
        (hr.Costs(future_half_spread=0.0, future_fee=0.01), 0.0),  # all others as usual
        (hr.Costs(option_tick=0.0, option_price=0.0, option_fee=0.0), 1.0),  # none of them paid
        (replace(hr.Costs(), future_half_spread=0.0), None),
        (hr.Costs(future_fee=100.0), None),
    ],
    ids=["next to none", "of others", "fees alone", "dear"],
)
def test_costs_are_those_of_what_was_traded(market, honest, register, costs, share) -> None:
    result = hr.backtest(planted.honest(), market, hr.VixFuture(), costs=costs)
    item = result.judge(resamples=0)["costs"]
    paid = [
        each.found.strategies["all"]["dynamic"]["transaction_costs"] for each in (result, honest)
    ]
    assert item.number == pytest.approx(paid[0] / paid[1], rel=1e-6)
    if share is not None:
        assert item.number == pytest.approx(share, abs=1e-3)
    assert item.outcome is (PASS if item.number >= 0.1 else FAIL)


def test_thresholds_are_told_by_words_and_files(tmp_path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text('sessions = 750\nwarn = ["divest"]\n')
    made = Thresholds.told([str(file), "pbo=0.05"])
    assert (made.sessions, made.pbo, made.warn) == (750, 0.05, ("divest",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pboo=0.1", "thresholds.pboo: there is no such threshold. Mend: did you mean 'pbo'?"),
        ("pbo=much", "'much' is not a number"),
        ("pbo=2", "2 is out of range"),
        ("pbo=nan", "out of range"),
        ("pbo=0.5", "it is above pbo_noise"),
        ("size=0", "0 is no error rate"),
        ("sessions=1.5", "'1.5' is not a number"),
        (f"sessions=1{'0' * 400}", "is out of range"),
        ("warn=divset", "did you mean 'divest'?"),
        ("nowhere.toml", "there is no such thresholds file"),
    ],
)
def test_wrong_thresholds_are_told(text, said) -> None:
    with pytest.raises(HedgerowError) as error:
        Thresholds.told([text])
    assert said in str(error.value)


def test_a_lead_over_less_equity_is_claimed_only_where_there_is_one(honest) -> None:
    from hedgerow.research.gate.evidence import resampled

    found = honest.found
    items = {item.key: item for item in resampled(found, Thresholds(), 100)}
    assert items["spa_divest"].outcome is PASS
    worse = {**found.divest, "dynamic": {**found.divest["dynamic"], "verdict": "worse"}}
    items = {item.key: item for item in resampled(replace(found, divest=worse), Thresholds(), 100)}
    assert items["spa_divest"].outcome is NOT_ASKED
    strict = {item.key: item for item in resampled(found, Thresholds(size=1e-9), 100)}
    assert strict["spa_divest"].outcome in (PASS, UNKNOWN)
    assert (strict["spa_divest"].outcome is PASS) == (strict["spa_divest"].number <= 1e-9)


def test_half_a_lead_lost_cannot_be_told_and_a_lead_gone_fails(honest) -> None:
    found = honest.found
    begins = found.periods["test"]["from"]
    seen = []
    for part in (1.0, 0.45, 0.0):
        rows = [
            {**row, "dynamic_gain": row["dynamic_gain"] * (part if row["from"] >= begins else 1.0)}
            for row in found.crises
        ]
        seen.append(judge(replace(found, crises=rows), resamples=0)["degradation"].outcome)
    assert seen == [PASS, UNKNOWN, FAIL]


@pytest.mark.realdata
@pytest.mark.slow
def test_the_demo_on_real_data_is_not_proven_as_its_prices_are_modelled(
    real_data, register
) -> None:
    from hedgerow.policies.catalog import demo

    made = hr.backtest(demo(), hr.load(real_data), hr.Put(size=hr.Notional(0.35))).judge()
    assert made.outcome == "not proven"
    assert keys(made.unknown) == {"modelled"}


def test_the_page_on_the_gate_names_every_item_and_threshold(tmp_path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "gate.md").read_text("utf-8")
    for key in KEYS:
        assert f"`{key}`" in page, key
    for item in fields(Thresholds):
        assert f"`{item.name}`" in page, item.name
        if item.name == "warn":
            continue
        told = re.search(rf"`{item.name}` = ([0-9.]+)( %| points)?", page)
        if told:
            scale = 0.01 if told[2] else 1.0
            assert float(told[1]) * scale == pytest.approx(item.default), item.name
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.S)
    file = tmp_path / "gate.toml"
    file.write_text(block)
    assert Thresholds.told([str(file)]).sessions == 1260
