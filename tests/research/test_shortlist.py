"""The best lanes of the train part: chosen there alone, and the same when nothing else is kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.errors import PolicyError, RangeError
from synthetic import market

POLICY = hr.Policy([hr.Linear(), hr.Trigger()], signals=[hr.Level("vix")])
AXES = {"linear.low": range(8, 13), "linear.high": [16, 20, 24, 28]}
DATA = market(700)


def made(data: Market = DATA, **more):
    return hr.shortlist(POLICY, data, hr.Put(), AXES, carriage="numpy", **more)


@pytest.mark.slow
def test_the_choice_knows_nothing_of_the_test_part() -> None:
    cut = int(np.searchsorted(DATA.dates, np.datetime64(made().found.periods["train"]["to"])))
    shocked = DATA["spx"].copy()
    shocked[cut + 1 :] *= np.linspace(1.0, 0.4, len(shocked) - cut - 1)
    other = DATA.with_columns({"spx": shocked}, {}, {})
    for rank in ("sharpe", "return", "cost", "drawdown"):
        one, two = made(rank=rank), made(other, rank=rank)
        assert one.frame().index.tolist() == two.frame().index.tolist()
        before, after = one.frame(), two.frame()
        train = [name for name in before if not name.startswith("test_")]
        pd.testing.assert_frame_equal(before[train], after[train])
        assert (before["test_annual_return"] > after["test_annual_return"]).all()


@pytest.mark.slow
def test_only_the_best_are_kept_and_nothing_else_is_known() -> None:
    whole, few = made(best=5), made(best=5, only_best=True, workers=2)
    pd.testing.assert_frame_equal(whole.frame(), few.frame())
    assert few.policy() == whole.policy()
    assert whole.overfit(4).winner == whole.frame().index[0]
    assert "PBO" in str(whole)
    with pytest.raises(RangeError, match="overfit: only the best lanes were kept"):
        few.overfit()


def test_the_frame_has_the_numbers_of_the_sweep() -> None:
    found = made(best=3)
    table = found.swept.table()
    for lane, row in found.frame().iterrows():
        assert row["linear.low"] == table["linear.low"][lane]
        assert row["train_max_drawdown"] == pytest.approx(table["max_drawdown"][lane], rel=1e-12)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"rank": "sharp"}, "rank: lanes cannot be ranked by 'sharp'. Mend: did you mean 'sharpe'"),
        ({"best": 0}, "best: 0 is not a number of lanes"),
        ({"split": 0.5}, "split: 0.5 is not a split"),
        ({"keep": 5}, "keep: 5 is no folder"),
        ({"cluster": 8786}, "cluster: 8786 is no address"),
        ({"only_best": True, "workers": True}, "workers: True is not a number of workers"),
    ],
)
def test_what_cannot_be_meant_is_refused(more, said) -> None:
    with pytest.raises(RangeError) as told:
        made(**more)
    assert str(told.value).startswith(said)
    with pytest.raises(RangeError, match="'fast' is not a carriage"):
        hr.shortlist(POLICY, DATA, hr.Put(), AXES, carriage="fast", only_best=True)
    with pytest.raises(PolicyError, match="no axes are given"):
        hr.shortlist(POLICY, DATA, hr.Put(), {}, only_best=True)
    with pytest.raises(PolicyError, match="these are no axes"):
        hr.shortlist(POLICY, DATA, hr.Put(), [1.0], only_best=True)
