"""A path that goes on from a history goes on from all of its state, not from one close of VIX."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgerow as hr
from hedgerow.research.stress.scenario import state_of
from hedgerow.simulate.falls import FlashCrash
from hedgerow.simulate.paths import PathModel, Start
from hedgerow.simulate.regime import RegimeLaw, RegimeModel
from hedgerow.simulate.term import TermStructure
from simulate.models import CALM, REGIMES, TERM, history

QUIET = TermStructure(tuple(replace(r, noise=(0.0,) * 4, reading=0.0) for r in TERM.relations))
STILL = replace(CALM, deviation=1e-12, drift=0.0, noise=1e-12, jumps=0.0)
MODELS: dict[str, PathModel] = {
    "regimes": RegimeModel((STILL,), ((1.0,),), term=QUIET),
    "fall": FlashCrash(before=0),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_without_chance_a_path_from_the_middle_of_another_is_the_rest_of_it(
    model: PathModel,
) -> None:
    whole = model.paths(1, 150, seed=0, start=Start(vix=45.0)).market(0)
    row = 40  # VIX has fallen back from 45, or from a crash: where it had been matters
    start = Start.of(whole, str(whole.dates[row]))
    if isinstance(model, FlashCrash):
        model = replace(model, fall=1e-12)
        start = replace(start, vix=float(whole["vix"][row]))
    rest = model.paths(1, 110, seed=3, start=start).market(0)
    names = ["vix3m", "vix6m", "vix9d", "skew"]
    if isinstance(model, RegimeModel):
        names.append("vix")
    for name in names:
        again = rest[name] if isinstance(model, RegimeModel) else rest[name][:1]
        there = whole[name][row : row + len(again)]
        assert again == pytest.approx(there, rel=1e-9), name


def test_relatives_begin_at_what_they_were_less_what_was_gone_the_next_day() -> None:
    past = history(300)
    model = replace(REGIMES, term=replace(TERM, relations=tuple(
        replace(r, reading=0.0) for r in TERM.relations
    )))  # fmt: skip
    made = model.paths(1, 5, seed=1, start=Start.of(past)).market(0)
    for name in ("vix9d", "vix3m", "vix6m", "skew"):
        assert made[name][0] == pytest.approx(past[name][-1], rel=1e-9), name
    # what is read with noise is somewhere between the reading and what is usual beside that VIX
    noisy = REGIMES.paths(1, 5, seed=1, start=Start.of(past)).market(0)
    usual = REGIMES.paths(1, 5, seed=1, start=replace(Start.of(past), beside=())).market(0)
    for name in ("vix9d", "vix3m", "vix6m", "skew"):
        low, high = sorted((past[name][-1], usual[name][0]))
        assert low < noisy[name][0] < high, name


def test_a_vix_that_leapt_yesterday_falls_back_sooner_than_one_that_has_stayed() -> None:
    law = RegimeLaw(0.06, 0.7, 0.13, 0.06, 0.25, 0.06, 0.04, 0.04, 0.0, 2.4, 0.3)
    model = RegimeModel((law,), ((1.0,),))
    ends = [
        model.paths(256, 21, seed=2, start=Start(vix=40.0, lately=lately))["vix"][:, -1].mean()
        for lately in ((14.0,) * 300, (40.0,) * 300, ())
    ]
    assert ends[0] < ends[1] - 5.0
    assert ends[2] == pytest.approx(ends[1], rel=1e-9)


def test_the_exponential_mean_is_the_one_of_pandas() -> None:
    past = history(400)
    start = Start.of(past)
    for half_life, floor in ((5.0, 0.0), (63.0, 0.0), (21.0, 3.0)):
        series = pd.Series(past["vix"])
        mean = np.log(series - floor).ewm(halflife=half_life, adjust=False).mean().iloc[-1]
        assert start.recent(half_life, floor) == pytest.approx(mean, rel=1e-12)


def test_relatives_of_an_assumed_vix_are_not_taken_for_what_was_seen() -> None:
    past = history(300)
    start = Start.of(state_of(past, vix=44.0))
    assert [name for name, _ in start.beside] == ["skew"]
    assert start.vix == 44.0
    assert start.lately == tuple(past["vix"][:-1].tolist())


@pytest.mark.slow
@pytest.mark.realdata
def test_cboe_vix_2024_08_05_a_leap_is_half_undone_in_a_week(real_data: Path) -> None:
    market = hr.load(real_data)
    row = market.index_of("2024-08-05")
    assert market["vix"][row] == pytest.approx(38.57)
    start = Start.of(market, "2024-08-05")
    paths = RegimeModel.fit(market).paths(2_000, 21, seed=1, start=start)
    mean = paths["vix"].mean(axis=0)
    # docs/stress.md; it was 20.7 and 21.3
    assert mean[5] == pytest.approx(30.0, abs=1.0)
    assert mean[21] == pytest.approx(22.0, abs=1.0)
    # the curve stays inverted, as it was: 33.7
    assert paths["vix3m"][:, 0].max() < 34.0
