"""The layered hedge's states over history: real crises, gaps, missing columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.errors import DataError
from hedgerow.policies.layered_states import Engine
from hedgerow.shortvol.layered.rules import LayeredRules
from hedgerow.shortvol.layered.walking import at, conditions, walk


@pytest.fixture(scope="module")
def real(real_data: Path) -> Market:
    return hr.load(real_data).between("2006-01-01", None)


@pytest.mark.realdata
def test_decision_57_a_crossing_that_stands_arms_february_2018_and_one_bar_does_not(
    real: Market,
) -> None:
    rule = LayeredRules().rule
    upto = real.between(None, "2026-07-23")
    arming = {}
    for confirm in (0, None):
        days = walk(replace(rule, confirm=confirm), upto)
        arms = [d for d in days if d.transition and d.transition.name == "vix_macd_cross"]
        arming[confirm] = len(arms)
        early = [str(d.date) for d in arms if "2018-01-08" <= str(d.date) <= "2018-03-16"]
        assert early == ([] if confirm == 0 else ["2018-01-31"])
    assert arming == {0: 107, None: 151}


@pytest.mark.realdata
def test_march_2020_is_full_before_the_peak_and_unwound_after_it(real: Market) -> None:
    days = walk(LayeredRules().rule, real)
    peak = days[at(days, "2020-03-16")]
    assert (peak.state.title, peak.seen["vix"]) == ("full", 82.69)  # Cboe's close of that day
    gone = next(d for d in days[at(days, "2020-03-16") :] if d.transition)
    assert gone.transition is not None
    assert gone.transition.name == "iv_retraced"


def test_conditions_are_those_that_the_kernel_then_acts_on(builtin: Market) -> None:
    rules = LayeredRules()
    days = walk(rules.rule, builtin.between("2007-01-01", "2012-12-31"))
    asked: Counter[str] = Counter()
    for before, day in pairwise(days):
        if day.transition is None or day.transition.name not in ("rsi_entry", "vx_macd_entry"):
            continue
        # the same signals, seen from the state that was left at this close
        seen = day._replace(state=before.state, memory=before.memory)
        held = {each.transition for each in conditions(rules, before, seen) if each.holds}
        assert day.transition.name in held
        asked[day.transition.name] += 1
    assert sum(asked.values()) > 20


def test_a_missing_column_is_told_and_a_gap_too() -> None:
    days = np.datetime64("2020-01-01", "ns") + np.arange(80) * np.timedelta64(1, "D")
    vix = 20.0 + np.sin(np.arange(80.0))
    with pytest.raises(DataError, match="spx"):
        walk(LayeredRules().rule, Market(days, {"vix": vix}))
    rule = replace(LayeredRules().rule, implied="cor")
    gappy = np.where(np.arange(80) == 60, np.nan, 0.4)
    market = Market(days, {"vix": vix, "spx": 100.0 + vix, "cor": gappy})
    with pytest.raises(DataError, match="the signal 'cor' is not a number on 2020-03-01"):
        walk(rule, market)
    with pytest.raises(DataError, match="known on none of 20 sessions"):
        walk(LayeredRules().rule, Market(days[:20], {"vix": vix[:20], "spx": vix[:20]}))


def test_signals_that_end_before_the_data_are_told() -> None:
    days = np.datetime64("2020-01-01", "ns") + np.arange(80) * np.timedelta64(1, "D")
    vix = 20.0 + np.sin(np.arange(80.0))
    ends = np.where(np.arange(80) >= 70, np.nan, 0.4)
    market = Market(days, {"vix": vix, "spx": 100.0 + vix, "cor": ends})
    rules = LayeredRules(rule=replace(LayeredRules().rule, implied="cor"))
    told = hr.alvh_state(market, rules).to_dict()
    assert told["date"] == "2020-03-10"
    assert told["note"].endswith("Its signals end on 2020-03-10, the data on 2020-03-20.")


def test_h12_the_second_engine_walks_too() -> None:
    days = np.datetime64("2020-01-01", "ns") + np.arange(4) * np.timedelta64(1, "D")
    market = Market(days, {"z": [0.0, 2.0, 1.0, 0.0]})
    made = walk(hr.SecondEngine("z", level=0.2), market)
    assert [day.state for day in made] == [Engine.IDLE, Engine.RUNNING, Engine.RUNNING, Engine.IDLE]
    assert [day.x for day in made] == [0.0, 0.2, 0.2, 0.0]
