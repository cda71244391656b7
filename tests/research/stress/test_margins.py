"""Margin on paths: the rules by hand, and the greatest need of a path."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.research.stress.margins import per_contract
from hedgerow.research.stress.replaying import replay
from research.stress.scenes import VIX, job

ALWAYS = hr.Policy([hr.Constant(1.0)], VIX, raw=True)


def test_what_is_bought_asks_for_nothing() -> None:
    part = job(ALWAYS, paths=4).play(0)
    assert part["dynamic.margin"].tolist() == [0.0] * 4


def test_a_vix_future_asks_for_45_percent_of_vix() -> None:
    made = job(ALWAYS, paths=3, sleeve=hr.VixFuture())
    part, one = made.play(0), replay(made, 1)
    played = one.played["dynamic"]
    by_hand = 0.45 * one.column("vix") * 1_000.0 * played.held / played.nav
    assert part["dynamic.margin"][1] == pytest.approx(by_hand.max())


def test_cboe_margin_manual_a_put_sold_uncovered() -> None:
    sleeve = hr.Put(moneyness=0.95, side="short", strike_step=5)
    made = job(ALWAYS, paths=2, sleeve=sleeve)
    one = replay(made, 0)
    roster = sleeve.roster(one.market)
    found = per_contract(one.market, one.first, roster)
    for t in (0, 17, 40):
        row = one.first + t
        symbol = roster.basket(int(roster.held[row])).symbols[0]
        path = roster.path(symbol)
        price, spot = float(path.price[row - path.first]), float(one.column("spx")[t])
        strike = hr.OptionContract.parse(symbol).strike
        # 15 % of the index less what it is out of the money, 10 % of the strike at least
        out = max(spot - strike, 0.0)
        more = max(0.15 * spot - out, 0.10 * strike)
        assert found[t] == pytest.approx(100.0 * (price + more))
    assert not per_contract(one.market, one.first, roster, sold=True).any()  # bought again
    played = one.played["dynamic"]
    used = found * played.held / played.nav
    assert made.play(0)["dynamic.margin"][0] == pytest.approx(used.max())


def test_a_number_of_contracts_below_nothing_asks_the_other_side() -> None:
    sold = hr.Put(moneyness=0.95, side="short", size=hr.Contracts(7))
    less = hr.Put(moneyness=0.95, size=hr.Contracts(-7))
    ours, theirs = (job(ALWAYS, paths=3, sleeve=each).play(0) for each in (less, sold))
    assert ours["dynamic.margin"] == pytest.approx(theirs["dynamic.margin"])
    assert np.all(ours["dynamic.margin"] > 0.0)
