"""D7 as users meet it: every run is counted, and the more runs the less is believed."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import synthetic
from cli.console import as_json, bad, call, good
from hedgerow import api
from hedgerow.api import sweeping
from hedgerow.api.choosing import compare
from hedgerow.api.source import readings
from hedgerow.api.trading import trade
from hedgerow.core.measure import Wealth
from hedgerow.core.policy import Policy
from hedgerow.engine.program import Line, Program
from hedgerow.engine.rulebook import rulebook
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import Vega
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.policies.overlays import Bounds
from hedgerow.policies.rules import Constant, Linear, Tiers
from hedgerow.policies.signals import Level
from hedgerow.report.page import write
from hedgerow.research import performance
from hedgerow.research.comparison import cash_returns
from hedgerow.research.overfit import register
from hedgerow.research.sweep import Sweep

VIX = [Level("vix")]
LINEAR = Policy([Linear(), Bounds()], VIX, name="linear")
AXES = {"linear.low": [8.0, 10.0, 12.0, 14.0], "bounds.cap": [1.0, 2.0]}


@pytest.fixture
def trials(tmp_path, monkeypatch):
    path = tmp_path / "trials.jsonl"
    monkeypatch.setenv("HEDGEROW_TRIALS", str(path))
    return path


@pytest.fixture(scope="module")
def data():
    return synthetic.market()


def rising(market):
    """The same market with an index that mostly rises: a hedged portfolio with a good Sharpe."""
    from hedgerow.core.market import Market

    columns = {name: np.array(column) for name, column in market.columns.items()}
    columns["spx"] = columns["spx"] * np.exp(0.0016 * np.arange(len(market)))
    return Market(market.times, columns)


def sweep(data, axes=AXES, **more) -> Sweep:
    return sweeping.sweep(LINEAR, data, Put(), axes, carriage="numpy", **more)


def test_d7_dsr_with_the_register_falls_as_trials_grow(trials, data) -> None:
    up = rising(data)
    seen = [api.backtest(LINEAR, up, Put()).found.luck]
    for k in range(1, 4):
        sweep(up, {"linear.low": np.linspace(6.0, 6.0 + 5.0 * k, 4 * k)})
        seen.append(api.backtest(LINEAR, up, Put()).found.luck)
    assert [luck.count.trials for luck in seen] == [1, 5, 13, 25]
    assert 0.5 < seen[0].deflated < 0.9999
    assert all(a.deflated > b.deflated for a, b in pairwise(seen))
    assert all(a.best < b.best for a, b in pairwise(seen))
    assert len({luck.record for luck in seen}) == 1  # the run itself is the same


def test_d7_a_run_of_some_days_is_a_trial_that_says_nothing_of_how_far_long_ones_lie(
    trials, data
) -> None:
    up = rising(data)
    sweep(up, {"linear.low": [8.0, 14.0]})
    alone = api.backtest(LINEAR, up, Put()).found.luck
    run = next(iter(register.read(trials).trials))
    few = replace(run, key="few", lanes=1, rated=1, mean=0.9, variance=0.0, last=str(up.dates[9]))
    register.enter(trials, [few])
    beside = api.backtest(LINEAR, up, Put()).found.luck
    assert beside.count.trials == alone.count.trials + 1
    assert beside.count.variance == alone.count.variance
    assert alone.best < beside.best < 1.3 * alone.best
    long = replace(few, key="long", last=run.last)  # of the same length it would count, and how
    register.enter(trials, [long])
    assert api.backtest(LINEAR, up, Put()).found.luck.best > 3.0 * beside.best


def test_d7_the_same_run_is_one_trial_and_every_other_is_another(trials, data) -> None:
    def count(**more) -> int:
        terms = {"policy": LINEAR, "market": data, "hedge": Put(), **more}
        return api.backtest(**terms).found.luck.count.trials

    assert count() == 1
    assert count() == 1
    assert count(split="2019-01-02", source="renamed") == 1
    assert count(policy=Policy([Linear(), Bounds()], VIX, name="another name")) == 1
    assert count(policy=Policy([Linear(low=11), Bounds()], VIX, name="linear")) == 2
    assert count(hedge=Put(moneyness=0.85)) == 3
    assert count(costs=Costs.none()) == 4
    assert count(start="2018-01-02") == 5
    assert count(same_bar=True) == 6
    assert count(market=synthetic.market(seed=8)) == 1  # other data
    assert len(register.read(trials).trials) == 7


def test_d7_a_signal_of_ones_own_is_another_trial_once_its_code_is(trials, data) -> None:
    def run(power: float) -> int:
        class Own(Level):  # as after an edit: the same name and numbers, other code
            def __call__(self, market):
                return super().__call__(market) ** power

        own = Policy([Linear(), Bounds()], [Own("vix")], name="own")
        trade(Program([Line("puts", Put(), own)]), data, start="2019-06-03")
        return api.backtest(own, data, Put()).found.luck.count.runs

    assert [run(1.0), run(1.0), run(0.9), run(1.0)] == [2, 2, 4, 4]


def test_d7_a_survey_of_a_signal_of_ones_own_is_counted_again_once_its_code_is(
    trials, data
) -> None:
    def lanes(power: float) -> int:
        class Own(Level):
            def __call__(self, market):
                return super().__call__(market) ** power

        own = Policy([Linear(), Bounds()], [Own("vix")], name="own")
        terms = {"best": 1, "only_best": True, "carriage": "numpy"}
        return sweeping.shortlist(own, data, Put(), AXES, **terms).swept.count.trials

    assert [lanes(1.0), lanes(1.0), lanes(0.9)] == [8, 8, 16]


def test_d7_comparisons_and_readings_are_counted(trials, data) -> None:
    compare([LINEAR, Policy([Tiers()], VIX, name="tiers")], data, [Put()])
    held = register.read(trials).trials
    assert [one.kind for one in held] == ["compare", "compare"]
    assert api.backtest(LINEAR, data, Put()).found.luck.count.trials == 2  # the same run again
    readings("tiers", data, Put())
    assert len(register.read(trials).trials) == 5


def test_d7_programs_of_ones_own_are_counted_and_published_ones_are_not(trials, data) -> None:
    own = Program([Line("puts", Put(), LINEAR)], name="mine")
    for _ in range(2):
        made = trade(own, data, start="2019-06-03")
    (run,) = register.read(trials).trials
    assert (run.kind, run.name, run.lanes) == ("trade", "mine", 1)
    nav = made.outcome.nav
    bills = 0.02 * np.diff(made.outcome.dates.astype("int64")) / 365.0
    expected = performance.sharpe(performance.returns(nav) - bills) / np.sqrt(252)
    assert run.mean == pytest.approx(expected, rel=1e-3)
    trade(rulebook("pput").program, data, start="2020-05-01")
    assert len(register.read(trials).trials) == 1


def test_d7_a_sweep_counts_its_lanes_with_their_sharpe_ratios(trials, data) -> None:
    made = sweep(data)
    (run,) = register.read(trials).trials
    ratios = []
    for lane in range(len(made)):
        found = api.backtest(made.policy(lane), data, Put()).found
        earned = performance.returns(found.tracks["dynamic"]["nav"])
        ratios.append(performance.sharpe(earned, cash_returns(found.ground)[1:]) / np.sqrt(252))
    assert (run.kind, run.lanes, run.rated) == ("sweep", 8, 8)
    assert run.mean == pytest.approx(np.mean(ratios), rel=1e-3)
    assert run.variance == pytest.approx(np.var(ratios, ddof=1), rel=1e-2)
    assert made.count.trials == 8
    assert sweep(data).count.trials == 8 + len(made)  # the backtests above were trials, too


def test_d7_the_same_lanes_in_another_order_are_the_same_trials(trials, data) -> None:
    low, high = {"linear.low": [10.0, 12.0]}, {"linear.high": [20.0, 24.0]}
    assert sweep(data, low | high).count.trials == 4
    assert sweep(data, high | {"linear.low": [12.0, 10.0]}).count.trials == 4
    assert sweep(data, low | {"linear.high": [20.0, 26.0]}).count.trials == 8
    terms = {"best": 1, "carriage": "numpy"}
    kept = sweeping.shortlist(LINEAR, data, Put(), low | high, **terms).swept.count
    few = sweeping.shortlist(LINEAR, data, Put(), high | low, only_best=True, **terms).swept.count
    assert few.trials == kept.trials == 4


def test_d7_a_portfolio_that_was_lost_is_a_trial_without_a_sharpe(trials, data) -> None:
    up, ruinous = rising(data), VarianceSwap(size=Vega(4e6))
    result = api.backtest(LINEAR, up, ruinous)
    assert result.found.tracks["dynamic"]["nav"].min() <= 0.0
    assert result.to_dict()["luck"]["deflated_sharpe"] is None
    assert "no deflated Sharpe" in str(result.luck)
    made = sweeping.sweep(LINEAR, up, ruinous, AXES, carriage="numpy")
    assert [one.rated for one in register.read(trials).trials] == [0, 0]
    assert made.count.trials == 9
    with pytest.raises(RangeError, match="of 8 lanes 0 kept some NAV"):
        made.overfit(4)


def test_d7_a_sweep_tells_what_its_winner_is_worth(trials, data) -> None:
    made = sweep(data)
    found = made.overfit(8)
    told, plain = str(found), found.to_dict()
    assert plain["lanes"] == 8
    assert plain["splits"] == 70
    assert 0.0 <= plain["pbo"] <= 1.0
    assert plain["luck"]["trials"] == 8
    assert f"PBO {found.pbo:.1%}" in told
    assert "best of 8 runs on these data" in told
    best = made.table()["sharpe_realised"].idxmax()  # bills are the same for all
    assert found.winner == best
    assert found.numbers == {name: column[best] for name, column in made.spread.values.items()}
    winner = api.backtest(made.policy(int(best)), data, Put()).found.luck.record
    assert found.luck.record.sharpe == pytest.approx(winner.sharpe, rel=1e-9)
    json.dumps(plain)


def test_d7_a_lane_that_was_lost_is_the_worst_of_all(data) -> None:
    policy = Policy([Constant(1.0)], [], name="constant", raw=True)
    swap, up = VarianceSwap(size=Vega(1e6)), rising(data)
    made = sweeping.sweep(policy, up, swap, {"constant.level": [0.0, 0.001, 4.0]}, carriage="numpy")
    assert (made.results["max_drawdown"] <= -1.0).tolist() == [False, False, True]
    found = made.overfit(4)
    assert found.winner < 2
    assert np.isfinite(found.cross.judged).all()
    assert np.isfinite(found.correlation)
    assert found.luck.count.variance < 1.0


def test_d7_a_sweep_without_returns_is_counted_all_the_same(trials, data) -> None:
    made = sweep(data, measures=(Wealth(),))
    assert made.count.trials == 8
    assert made.overfit(4).luck.best > 0.0


def test_d7_a_sweep_put_together_by_hand_says_what_it_lacks(data) -> None:
    made = sweep(data)
    with pytest.raises(RangeError, match="does not know what it was run on"):
        Sweep(made.spread, made.results).overfit()


def test_d7_switched_off_is_said(data) -> None:
    result = api.backtest(LINEAR, data, Put())
    assert "the trial register is switched off" in " ".join(str(result).split())
    assert result.to_dict()["luck"]["from_register"] is False
    assert "switched off" in str(sweep(data).overfit(4))


def test_d7_a_register_that_cannot_be_written_costs_no_result(tmp_path, monkeypatch, data) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "file" / "trials.jsonl"))
    luck = api.backtest(LINEAR, data, Put()).found.luck
    assert "cannot be written" in str(luck)
    assert luck.count.trials == 1


def test_d7_no_home_for_the_register_costs_no_result(monkeypatch, data) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", "~nobody-of-that-name/trials.jsonl")
    luck = api.backtest(LINEAR, data, Put()).found.luck
    assert "there is no folder for the trial register" in str(luck)
    assert "there is no folder for the trial register" in bad("trials", "count")


def test_d7_text_json_and_page_say_the_sentence(trials, data, tmp_path) -> None:
    sweep(data)
    result = api.backtest(LINEAR, data, Put())
    sentence = result.to_dict()["luck"]["sentence"]
    assert sentence.startswith("Luck (D7): the Sharpe of the best of 9 runs on these data would by")
    assert sentence in " ".join(str(result).split())
    page = write(result.found, tmp_path / "report.html").read_text("utf-8")
    assert "best of 9 runs on these data" in page
    choice = compare([LINEAR], data, Put())
    assert "best of 9 runs on these data" in " ".join(str(choice).split())
    assert choice.to_dict()["luck"]["linear"]["trials"] == 9


def test_d7_the_command_line_lists_and_counts(trials, data) -> None:
    assert "nothing has been counted yet" in good("trials", "count")
    assert "nothing has been counted yet" in good("trials", "list")
    sweep(data)
    assert "8 trials in 1 run," in good("trials", "count")
    api.backtest(LINEAR, data, Put())
    listed = good("trials", "list")
    assert "sweep" in listed
    assert "backtest" in good("trials", "list", "--last", 1)
    assert "sweep" not in good("trials", "list", "--last", 1)
    assert "9 trials in 2 runs" in good("trials", "count")
    (source,) = as_json("trials", "count")["sources"]
    assert (source["trials"], source["runs"]) == (9, 2)
    assert [one["lanes"] for one in as_json("trials", "list")["runs"]] == [8, 1]
    with trials.open("a") as file:
        file.write('{"key": "torn')
    result = call("trials", "count")
    assert result.exit_code == 0
    assert "line 3" in result.stderr
    assert "1 line of the register cannot be read" in str(
        api.backtest(LINEAR, data, Put()).found.luck
    )


def test_d7_the_command_line_says_that_the_register_is_off() -> None:
    assert "switched off" in bad("trials", "list")


def test_a_result_is_judged_by_all_that_was_tried_since(trials, data) -> None:
    made = api.backtest(LINEAR, data, Put())
    assert made.judge(resamples=0)["deflated_sharpe"].sentence.startswith("The only run")
    sweeping.sweep(LINEAR, data, Put(), AXES, carriage="numpy")
    lines = len(trials.read_text("utf-8").splitlines())
    assert not made.judge(resamples=0)["deflated_sharpe"].sentence.startswith("The only run")
    assert len(trials.read_text("utf-8").splitlines()) == lines
