"""The answer in words, held to numbers that are made up for each case."""

from __future__ import annotations

import dataclasses
from copy import deepcopy

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.report import story, summary
from hedgerow.research.flags import Flag
from hedgerow.research.gate import evidence
from hedgerow.research.gate.item import Outcome
from hedgerow.research.gate.thresholds import Thresholds
from hedgerow.research.lookahead import Verdict
from report.made import make


def changed(found, *, dynamic=None, static=None, unhedged=None, crises=None, **others):
    made = deepcopy(dict(found.strategies))
    for name, values in (("dynamic", dynamic), ("static", static), ("unhedged", unhedged)):
        made["test"][name].update(values or {})
    rows = found.crises if crises is None else crises
    return dataclasses.replace(found, strategies=made, crises=rows, **others)


BASE = {"sharpe_excess": 0.5, "max_drawdown": -0.4}


@pytest.mark.parametrize(
    ("sharpe", "fall", "tone", "short"),
    [
        (0.6, -0.3, "good", "worth its cost"),
        (0.5, -0.3, "good", "worth its cost"),
        (0.4, -0.3, "mixed", "protection at a price"),
        (0.6, -0.4, "mixed", "no protection in the deepest fall"),
        (0.5, -0.4, "bad", "too small to matter"),
        (0.502, -0.398, "bad", "too small to matter"),
        (0.4, -0.4, "bad", "not worth its cost"),
        (0.5, -0.45, "bad", "not worth its cost"),
    ],
)
def test_hedging_is_judged_against_no_hedge(found, sharpe, fall, tone, short) -> None:
    made = changed(found, dynamic={"sharpe_excess": sharpe, "max_drawdown": fall}, unhedged=BASE)
    told = story.tell(made)
    assert (told.verdicts[0].tone, told.verdicts[0].short) == (tone, short)
    assert short in told.headline


@pytest.mark.parametrize(
    ("cost", "pnl", "her", "said"),
    [
        (1.0, 10.0, 0.5, "Cheaper, and it protected at least as well"),
        (1.0, 1.0, 0.5, "Cheaper in carry and costs, yet the net result is worse"),
        (1.0, 10.0, 0.1, "Cheaper, but it gave back less in crises; it earned more in all"),
        (1.0, -9.0, 0.1, "Cheaper, but it gave back less in crises; it lost more in all"),
        (9.0, 10.0, 0.5, "Dearer to hold, but it gave back more"),
        (9.0, 1.0, 0.5, "No: dearer, and not the better protection"),
    ],
)
def test_scaling_is_judged_against_a_fixed_hedge(found, cost, pnl, her, said) -> None:
    row = {
        "name": "C", "from": "2100-01-01", "to": "2100-02-01", "portfolio_loss": 100.0,
        "static_portfolio_loss": 100.0,
        "dynamic_gain": her * 100.0, "static_gain": 30.0,
    }  # fmt: skip
    made = changed(
        found,
        dynamic={"hedge_cost": cost, "hedge_pnl": pnl},
        static={"hedge_cost": 5.0, "hedge_pnl": 5.0},
        crises=[row],
    )
    assert story.tell(made).verdicts[1].answer == said


def test_without_a_crisis_protection_is_untested(found) -> None:
    told = story.tell(changed(found, crises=[]))
    assert "no crisis falls into those years" in told.headline
    assert "no crisis came to test its protection" in told.verdicts[1].answer
    assert told.tested_her["dynamic_her"] is None


def test_crises_of_the_training_years_do_not_count(found) -> None:
    told = story.tell(found)
    begins = found.periods["test"]["from"]
    assert told.tested_crises == sum(row["from"] >= begins for row in found.crises)
    assert 0 < told.tested_crises < len(found.crises)


def test_a_hedge_that_earns_is_not_said_to_cost(found) -> None:
    made = changed(
        found, dynamic={"hedge_cost_per_year": -0.002}, static={"hedge_cost_per_year": 0.01}
    )
    assert "scaling the hedge earned 0.20% of NAV a year in carry" in story.tell(made).headline


def test_a_failed_look_ahead_test_ends_all_trust(found) -> None:
    made = changed(found, lookahead=[Verdict("signal cheat", False, "peeks")])
    told = story.tell(made)
    assert told.verdicts[2].tone == "bad"
    assert "do not trust it" in told.headline
    assert "signal cheat" in told.verdicts[2].reasons


def test_flags_and_models_are_named(found) -> None:
    shares = {"vix": {"modelled": 0.85}, "hedge prices": {"modelled": 0.08}}
    raised = [Flag("trades", True, "many"), Flag("sharpe", False, "fine")]
    verdict = story.tell(changed(found, provenance=shares, flags=raised)).verdicts[2]
    assert verdict.answer == (
        "Read with care: VIX is largely modelled, hedge prices are partly modelled and "
        "one red flag is raised (trades)"
    )
    clean = {"vix": {"modelled": 0.0}, "hedge prices": {"modelled": 0.0}}
    trusted = story.tell(changed(found, provenance=clean, flags=[])).verdicts[2]
    assert trusted.tone == "good"
    assert "red flags: none" in trusted.reasons


def test_a_fixed_hedge_that_lost_all_is_flagged_and_nothing_is_told_against_it() -> None:
    found = make(sleeve=hr.Put(size=hr.Notional(100.0)))
    nav = found.tracks["static"]["nav"]
    assert (nav / np.maximum.accumulate(nav)).min() < 0.05
    assert [flag.name for flag in found.flags if flag.raised and "ruin" in flag.name] == [
        "fixed hedge ruined"
    ]
    assert {each["saving"] for each in found.saving.values()} == {None}
    headline, text = story.tell(found).headline, summary.summarise(found)
    assert "lost its portfolio" in headline
    assert "fewer dollars" not in headline
    assert "gave back" not in headline
    assert "(C3): none" in text
    assert "costs as much" not in text
    asked = evidence.resampled(found, Thresholds(), 20)
    told = {item.key: item.outcome for item in asked}
    assert told["saving_interval"] == Outcome.NOT_ASKED
    assert told["spa_static"] == Outcome.UNKNOWN


def test_an_explanation_names_the_terms_of_a_step_and_nothing_else(found) -> None:
    from hedgerow.report.explain import explain

    track = found.tracks["dynamic"]
    told = explain(found.policy, track, str(track.dates[100]))
    assert told.steps[0]["said"].endswith("by linear(low=12, high=22, top=2)")
    for step in told.steps:
        assert "presets" not in step["said"]
        assert "kind=" not in step["said"]
