"""D9: a hedge beside holding less equity, against closed forms, scipy and plain bookkeeping."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

import hedgerow as hr
import synthetic
from hedgerow.engine.track import Track
from hedgerow.policies.catalog import starter
from hedgerow.research import performance
from hedgerow.research.comparison import divesting as of
from hedgerow.research.divest import Divesting, together, zeros

UP, DOWN, BILLS = 0.01, 0.02, 0.0002
MOVES = np.r_[np.full(60, UP), np.full(20, -DOWN), np.full(120, UP)]


def portfolio(moves: np.ndarray) -> Track:
    """A portfolio of 100 USD that made these moves, a day each."""
    nav = 100.0 * np.cumprod(np.r_[1.0, 1.0 + moves])
    days = np.datetime64("2020-01-01", "D") + np.arange(len(nav))
    return Track("unhedged", days.astype("datetime64[ns]"), {"nav": nav, "earned": nav, "pnl": nav})


def divesting(moves: np.ndarray, bills: float = 0.0, half_spread: float = 0.0, exposure=1.0):
    alone = portfolio(moves)
    rows = slice(0, len(alone))
    return Divesting(alone, np.full(len(alone), bills), exposure, half_spread, rows)


def hedge(annual: float, deepest: float) -> dict[str, float]:
    return {"annual_return": annual, "max_drawdown": deepest}


def years(count: int) -> float:
    return count / performance.CALENDAR


def closed_return(kept: float, bills: float) -> float:
    up, down = bills + kept * (UP - bills), bills + kept * (-DOWN - bills)
    return ((1 + up) ** 180 * (1 + down) ** 20) ** (1 / years(200)) - 1


def test_d9_equal_drawdown_against_the_closed_form() -> None:
    # 20 falls of 2 % in a row: (1 - 0.02 w)^20 - 1 without bills
    kept = (1 - (1 - 0.20) ** (1 / 20)) / DOWN
    made = divesting(MOVES).beside(hedge(0.10, -0.20))["at_equal_drawdown"]
    assert made["matched"]
    assert made["kept"] == pytest.approx(kept, abs=1e-10)
    assert made["max_drawdown"] == pytest.approx(-0.20, abs=1e-12)
    assert made["annual_return"] == pytest.approx(closed_return(kept, 0.0), rel=1e-10)
    assert made["return_gain"] == pytest.approx(0.10 - closed_return(kept, 0.0), rel=1e-9)


@pytest.mark.parametrize("kept", [0.07, 0.333, 0.5, 0.83, 0.995])
def test_d9_equal_return_against_scipy(kept: float) -> None:
    annual = closed_return(kept, BILLS)
    root = brentq(lambda w: closed_return(w, BILLS) - annual, 0.0, 1.0, xtol=1e-14)
    made = divesting(MOVES, BILLS).beside(hedge(annual, -0.01))["at_equal_return"]
    assert made["kept"] == pytest.approx(root, abs=1e-9)
    fall = (1 + BILLS + root * (-DOWN - BILLS)) ** 20 - 1
    assert made["max_drawdown"] == pytest.approx(fall, rel=1e-8)
    assert made["drawdown_gain"] == pytest.approx(-0.01 - fall, rel=1e-6)


@pytest.mark.parametrize("half_spread", [0.0, 1e-4, 0.01])
@pytest.mark.parametrize("kept", [0.0, 0.4, 1.0])
def test_d9_the_costs_are_those_of_plain_bookkeeping(kept: float, half_spread: float) -> None:
    rng = np.random.default_rng(3)
    moves = rng.normal(0.0, 0.02, 50)
    shares, bills = kept * 100.0, (1 - kept) * 100.0
    for i, move in enumerate(moves):
        shares, bills = shares * (1 + move), bills * (1 + BILLS)
        nav = shares + bills
        # the sale at the beginning is charged with the first bar
        traded = abs(kept * nav - shares) + (i == 0) * (1 - kept) * nav
        nav -= half_spread * traded
        shares, bills = kept * nav, (1 - kept) * nav
    found = divesting(moves, BILLS, half_spread).nav(kept)
    assert found[0] == 100.0
    assert found[-1] == pytest.approx(shares + bills, rel=1e-12)


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_d9_a_portfolio_partly_in_bills_is_charged_only_for_what_it_trades_more(share) -> None:
    moves = np.array([0.05])  # a share of equity that rose by 5 %/share, of which half is kept
    found = divesting(moves, 0.0, 0.01, exposure=share).nav(0.5)[-1]
    index = 0.05 / share
    ours = abs(share / 2 * (1 + index) / 1.025 - share / 2)
    its = abs(share * (1 + index) / 1.05 - share)
    assert (ours > its) == (share == 0.9)
    expected = 102.5 * (1 - 0.01 * (max(ours - its, 0.0) + share / 2))
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("share", "beta"), [(1.0, 1.0), (0.6, 1.2)])
def test_d9_without_costs_it_is_the_portfolio_with_that_equity_share(share, beta) -> None:
    market = synthetic.market()
    book = hr.Equity(10_000_000, beta=beta, equity_share=share)
    bills = dataclasses.replace(book, equity_share=0.0).values(market)
    whole = Track("unhedged", market.times, {"nav": book.values(market)})
    cash = np.r_[0.0, np.diff(bills) / bills[:-1]]
    made = Divesting(whole, cash, share * beta, 0.0, slice(0, len(market)))
    for kept in (0.0, 0.37, 1.0):
        own = dataclasses.replace(book, equity_share=share * kept)
        np.testing.assert_allclose(made.nav(kept), own.values(market), rtol=1e-12)


def test_d9_the_stretch_begins_with_the_portfolio_itself() -> None:
    made = dataclasses.replace(divesting(MOVES, BILLS, 0.01), rows=slice(50, 201))
    found = made.nav(0.3)
    np.testing.assert_array_equal(found[:51], made.alone["nav"][:51])
    assert np.all(found[51:] != made.alone["nav"][51:])


def test_d9_what_it_gives_back_is_what_the_sold_equity_would_have_lost() -> None:
    made = divesting(MOVES).track(0.75)
    np.testing.assert_allclose(
        made["nav"][0] + np.cumsum(made["earned"] + made["pnl"]), made["nav"]
    )
    np.testing.assert_allclose(made["pnl"][1:], -0.25 * made["earned"][1:], rtol=1e-9)


# ---- what cannot be matched ---------------------------------------------------------------------


def test_d9_a_hedge_that_earned_more_than_any_part_and_fell_less_is_better() -> None:
    top = closed_return(1.0, 0.0)
    made = divesting(MOVES).beside(hedge(top + 0.05, -0.10))
    assert not made["at_equal_return"]["matched"]
    assert made["at_equal_return"]["kept"] == 1.0
    assert made["at_equal_return"]["return_gain"] == pytest.approx(0.05, rel=1e-9)
    assert made["at_equal_return"]["verdict"] == made["verdict"] == "better"


def test_d9_one_that_earned_more_but_fell_deeper_than_any_part_is_unclear() -> None:
    made = divesting(MOVES).beside(hedge(closed_return(1.0, 0.0) + 0.05, -0.60))
    assert not made["at_equal_drawdown"]["matched"]
    assert made["at_equal_drawdown"]["kept"] == 1.0
    assert made["verdict"] == "unclear"


def test_d9_one_that_earned_less_than_bills_and_fell_is_worse() -> None:
    made = divesting(MOVES, BILLS).beside(hedge(0.0, -0.15))
    assert made["at_equal_return"]["kept"] == 0.0
    assert made["verdict"] == "worse"


def test_d9_a_hedge_that_some_part_beats_is_worse_where_shares_fell() -> None:
    """Every sale of shares earned more and fell less; some part fell as deep and earned more."""
    made = divesting(np.tile([0.02, -0.022], 100), BILLS)
    whole, deepest = made.measures(1.0)
    found = made.beside(hedge(whole + abs(whole) * 0.02, deepest * 0.9))
    kept = found["at_equal_drawdown"]["kept"]
    part = made.measures(kept)
    assert part[1] == pytest.approx(deepest * 0.9)
    assert part[0] > whole + abs(whole) * 0.02 + 0.001
    assert found["at_equal_return"]["verdict"] == "better"
    assert found["verdict"] == "worse"


def test_d9_the_portfolio_itself_is_even() -> None:
    made = divesting(MOVES)
    annual, deepest = made.measures(1.0)
    assert made.beside(hedge(annual, deepest))["verdict"] == "even"


def test_d9_of_two_parts_with_one_return_the_safer_is_the_benchmark() -> None:
    # ups and downs: growth is highest at some part and falls beyond it
    made = divesting(np.tile([0.25, -0.2], 40))
    low, high = 0.3, brentq(lambda w: made.measures(w)[0] - made.measures(0.3)[0], 0.5, 1.0)
    found = made.beside(hedge(made.measures(high)[0], -0.9))["at_equal_return"]
    assert high > 0.6
    assert found["kept"] == pytest.approx(low, abs=1e-6)


@pytest.mark.parametrize("gone", [(float("nan"), -1.2), (0.05, -1.0)])
def test_d9_a_ruined_hedge_is_not_compared(gone) -> None:
    assert divesting(MOVES).beside(hedge(*gone)) is None


@given(st.floats(0.02, 0.98), st.integers(0, 10_000))
def test_d9_a_part_of_the_equity_matches_itself(kept: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = divesting(rng.normal(0.002, 0.01, 300), 0.0001, 1e-4)
    ours = made.measures(kept)
    found = made.beside(hedge(*ours))
    for name, which in (("at_equal_return", 0), ("at_equal_drawdown", 1)):
        its = found[name]
        assert its["matched"]
        assert made.measures(its["kept"])[which] == pytest.approx(ours[which], abs=1e-9)
        # at least as good as this part itself, since among its matches
        other = ("annual_return", "max_drawdown")[1 - which]
        assert its[other] >= ours[1 - which] - 1e-9


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=4, unique_by=lambda x: round(x, 1)))
def test_zeros_are_roots(roots) -> None:
    def gap(x: float) -> float:
        return float(np.prod([x - root for root in roots]))

    at = np.linspace(0.0, 1.0, 2001)
    found = zeros(gap, at, np.array([gap(x) for x in at]))
    np.testing.assert_allclose(found, sorted(roots), atol=1e-9)


def test_two_verdicts_together() -> None:
    assert together("worse", "worse") == "worse"
    assert together("even", "worse") == together("worse", "even") == "worse"
    assert together("worse", "better") == together("better", "unclear") == "unclear"


# ---- in a backtest ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dynamic", "static"])
def test_d9_a_backtest_of_less_equity_gives_what_was_said(name: str) -> None:
    market, free = synthetic.market(), hr.Costs.none()
    policy, put = starter("linear"), hr.Put()

    def run(share: float) -> dict:
        book = hr.Equity(10_000_000, equity_share=share)
        return hr.backtest(policy, market, put, portfolio=book, costs=free).to_dict()

    whole = run(1.0)
    hedged, beside = whole["strategies"]["test"][name], whole["divest"][name]
    for way, key in (("at_equal_return", "annual_return"), ("at_equal_drawdown", "max_drawdown")):
        its = beside[way]
        less = run(its["kept"])["strategies"]["test"]["unhedged"]
        for measure in ("annual_return", "max_drawdown"):
            assert less[measure] == pytest.approx(its[measure], abs=1e-10)
        if its["matched"]:
            assert less[key] == pytest.approx(hedged[key], abs=1e-9)


def test_d9_costs_make_divesting_dearer() -> None:
    found = hr.backtest(starter("linear"), synthetic.market(), hr.Put()).found
    returns = [
        of(found.ground, found.tracks["unhedged"], costs, found.split.test).measures(0.5)[0]
        for costs in (hr.Costs.none(), hr.Costs(), hr.Costs(underlying_bps=50.0))
    ]
    assert returns[0] > returns[1] > returns[2]
