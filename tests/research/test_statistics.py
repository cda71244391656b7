"""Statistics against hand calculation (C1-C4, C7, D1, D3, D6)."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.core.policy import Policy
from hedgerow.engine.track import Track
from hedgerow.errors import RangeError
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.research import crises, flags, performance
from hedgerow.research.split import split


def track(dates, **columns) -> Track:
    n = len(dates)
    names = ("nav", "portfolio", "earned", "hedge", "pnl", "cost", "carry", "traded", "x", "held")
    made = {name: np.asarray(columns.get(name, np.zeros(n)), float) for name in names}
    return Track("dynamic", np.asarray(dates, dtype="datetime64[ns]"), made)


def days(start: str, count: int) -> np.ndarray:
    return np.datetime64(start, "D") + np.arange(count)


def test_c1_c2_c3_static_dynamic_cost_and_saving() -> None:
    static = {"carry_paid": 200_000.0, "hedge_cost": 210_000.0, "hedge_pnl": -150_000.0}
    dynamic = {"carry_paid": 110_000.0, "hedge_cost": 126_000.0, "hedge_pnl": -90_000.0}
    saved = performance.saving(dynamic, static)
    assert saved["saving"] == pytest.approx(0.40)
    assert saved["saving_as_printed"] == pytest.approx(1 - 126 / 200)
    assert saved["pnl_difference"] == 60_000.0


def test_c3_there_is_no_saving_from_a_hedge_that_earns() -> None:
    made = {"carry_paid": -5.0, "hedge_cost": -1.0, "hedge_pnl": 0.0}
    assert performance.saving(made, made)["saving"] is None


def test_c4_her_is_gain_over_loss() -> None:
    book = track(days("2020-02-19", 4), earned=[7, -10, -10, 5], pnl=[9, 2, 4, -1])
    row = crises.effectiveness(book, slice(0, 3))
    assert (row["portfolio_loss"], row["hedge_gain"], row["her"]) == (20.0, 6.0, 0.3)
    assert crises.effectiveness(book, slice(2, 4))["her"] is None


def test_c7_sharpe_is_realised_and_in_excess_of_cash() -> None:
    nav = 100 * np.cumprod(np.r_[1.0, 1 + np.tile([0.02, -0.01], 50)])
    book = track(days("2020-01-01", 101), nav=nav)
    cash = np.full(101, 0.001)
    made = performance.statistics(book, cash)
    r = np.tile([0.02, -0.01], 50)
    assert made["sharpe"] == pytest.approx(r.mean() / r.std(ddof=1) * np.sqrt(252))
    assert made["sharpe_excess"] == pytest.approx((r - 0.001).mean() / r.std(ddof=1) * np.sqrt(252))


def test_drawdown_is_not_positive_and_dated() -> None:
    book = track(days("2020-01-01", 5), nav=[100, 120, 90, 110, 130])
    made = performance.statistics(book, np.zeros(5))
    assert made["max_drawdown"] == pytest.approx(-0.25)
    assert (made["max_drawdown_from"], made["max_drawdown_to"]) == ("2020-01-02", "2020-01-03")


def test_the_first_row_of_a_stretch_only_sets_the_start() -> None:
    book = track(days("2020-01-01", 4), nav=[1, 1, 1, 1], cost=[9, 1, 2, 4], traded=[1, 1, 0, 1])
    made = performance.statistics(book, np.zeros(4), slice(1, 4))
    assert (made["transaction_costs"], made["trades"]) == (6.0, 1)


def test_d1_half_and_half_with_a_purge() -> None:
    parts = split("50/50", days("2020-01-01", 200), purge=30)
    assert parts == (slice(0, 70), slice(100, 200), 30)


def test_d1_dated() -> None:
    parts = split("2020-04-10", days("2020-01-01", 200), purge=10)
    assert parts.test.start == 100


@pytest.mark.parametrize("text", ["fifty", "50/0", "-1/2", "2019-01-01", "2031-01-01", "1/99999"])
def test_d1_splits_that_leave_nothing_are_refused(text: str) -> None:
    with pytest.raises(RangeError, match=r"--split"):
        split(text, days("2020-01-01", 200), purge=10)


def test_d3_crises_and_calm_cover_the_run_without_gaps_in_time() -> None:
    dates = days("2005-01-03", 7000)
    dates = dates[np.is_busday(dates)]
    book = track(dates, portfolio=np.ones(len(dates)))
    found = crises.crises_in(book)
    assert [s.name for s in found][:2] == ["2008 credit", "2010 flash crash"]
    assert not any(s.partial for s in found)
    for stretch, crisis in zip(found, [c for c in crises.CRISES if c.start > "2005"], strict=False):
        assert str(book.dates[stretch.rows][0]) == crisis.start
        assert str(book.dates[stretch.rows][-1]) == crisis.end
    for stretch in crises.calm_in(book):
        for crisis in found:
            overlap = range(
                max(stretch.rows.start, crisis.rows.start), min(stretch.rows.stop, crisis.rows.stop)
            )
            assert len(overlap) <= 1


def test_d3_a_window_that_is_only_partly_there_says_so() -> None:
    book = track(days("2020-03-01", 60), portfolio=np.ones(60))
    assert [(s.name, s.partial) for s in crises.crises_in(book)] == [("2020 Covid", True)]


@pytest.mark.realdata
def test_d3_the_windows_are_the_peaks_and_troughs_of_the_real_index(real_data) -> None:
    from hedgerow import api

    market = api.load(real_data)
    for crisis in crises.CRISES:
        low, high = market.index_of(crisis.start), market.index_of(crisis.end)
        assert str(market.dates[low]) == crisis.start
        assert str(market.dates[high]) == crisis.end
        inside = market["spx"][low : high + 1]
        assert inside[-1] == inside.min(), crisis.name
        assert inside[0] == inside.max(), crisis.name


def row(name: str, gain: float) -> dict:
    return {"name": name, "dynamic_gain": gain}


GOOD = {
    "nav_start": 1e7,
    "sharpe": 0.7,
    "win_rate": 0.45,
    "trades_per_year": 12.0,
    "max_drawdown": -0.5,
}
POLICY = Policy([Linear()], signals=[Level("vix")])


@pytest.mark.parametrize(
    ("name", "made", "rows", "same_bar"),
    [
        ("sharpe", {**GOOD, "sharpe": 1.6}, [row("a", 1), row("b", 1)], False),
        ("win rate", {**GOOD, "win_rate": 0.85}, [row("a", 1), row("b", 1)], False),
        ("one crisis only", GOOD, [row("a", 9), row("b", 1), row("c", -5)], False),
        ("trades", {**GOOD, "trades_per_year": 21.0}, [row("a", 1), row("b", 1)], False),
        ("ruin", {**GOOD, "max_drawdown": -1.01}, [row("a", 1), row("b", 1)], False),
        ("ruin", {**GOOD, "nav_start": -1.0}, [row("a", 1), row("b", 1)], False),
        ("same-bar fills", GOOD, [row("a", 1), row("b", 1)], True),
        ("", GOOD, [row("a", 1), row("b", 1)], False),
    ],
)
def test_d6_each_flag_is_raised_by_its_own_fault_and_no_other(name, made, rows, same_bar) -> None:
    raised = [f.name for f in flags.check(POLICY, made, rows, same_bar=same_bar) if f.raised]
    assert raised == ([name] if name else [])


def test_d6_more_than_three_inputs() -> None:
    many = Policy([Linear()], signals=[Level(c) for c in ("vix", "vix3m", "skew", "vvix")])
    raised = [
        f.name
        for f in flags.check(many, GOOD, [row("a", 1), row("b", 1)], same_bar=False)
        if f.raised
    ]
    assert raised == ["inputs"]
