"""Figures of paths made by hand: every number by arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.research.stress.measuring import MONTH, measures, worst_falls
from hedgerow.research.stress.playing import Played, unhedged


def column(*values: float) -> np.ndarray:
    return np.array([[value] for value in values])


DAYS = np.array([0, 365, 730, 1_095, 1_461])  # four years of 365.25 days

NAV = column(100.0, 120.0, 90.0, 95.0, 110.0)
PLAYED = Played(
    nav=NAV,
    earned=column(0.0, 25.0, -40.0, 10.0, 20.0),
    pnl=column(0.0, -5.0, 10.0, -5.0, -5.0),
    cost=column(9.0, 1.0, 1.0, 1.0, 1.0),
    carry=column(9.0, 2.0, 2.0, 2.0, 2.0),
    held=column(0.0, 2.0, -3.0, 2.0, 0.0),
    traded=column(1.0, 2.0, 5.0, 0.0, 2.0),
    x=column(0.0, 1.0, 1.0, 1.0, 0.0),
    act=column(0.0, 1.0, 1.0, 0.0, 1.0),
)
INDEX = column(1_000.0, 1_250.0, 900.0, 950.0, 1_100.0)
MARGIN = np.array([np.full((5, 1), 5.0), np.full((5, 1), 12.0)])


def test_every_figure_by_hand() -> None:
    found = {
        name: float(values[0])
        for name, values in measures(PLAYED, worst_falls(INDEX), MARGIN, DAYS).items()
    }
    assert found["return"] == pytest.approx(0.10)
    # 4 · (1 + 2) paid over four years, of a mean NAV of 103; what stands at the first bar is not
    assert found["hedge_cost"] == pytest.approx(12.0 / 4.0 / 103.0)
    assert found["hedge_pnl"] == pytest.approx(-0.05)
    assert found["max_drawdown"] == pytest.approx(-0.25)
    # the index falls from bar 1 to bar 2: the hedge gains 10 of 40
    assert (found["gain"], found["loss"]) == (10.0, 40.0)
    assert found["her"] == pytest.approx(0.25)
    # three sold at 12 of a NAV of 90, two held at 5 of 120 and of 95
    assert found["margin"] == pytest.approx(36.0 / 90.0)
    assert found["trades"] == 3.0


def test_a_month_is_any_21_sessions() -> None:
    nav = np.full((60, 1), 100.0)
    nav[30:40] = 80.0  # a dip that is made good within a month
    nav[50:] = 90.0
    found = measures(unhedged(nav), worst_falls(nav), np.zeros((2, 60, 1)), np.arange(60))
    assert found["worst_month"][0] == pytest.approx(-0.20)
    short = nav[: MONTH - 5]
    assert measures(
        unhedged(short), worst_falls(short), np.zeros((2, len(short), 1)), np.arange(len(short))
    )["worst_month"][0] == pytest.approx(0.0)


def test_a_portfolio_that_did_not_lose_has_no_effectiveness() -> None:
    rising = column(100.0, 101.0, 102.0, 103.0, 104.0)
    found = measures(unhedged(rising), worst_falls(rising), np.zeros((2, 5, 1)), DAYS)
    assert np.isnan(found["her"][0])
    assert found["max_drawdown"][0] == 0.0


def test_the_deepest_fall_is_from_the_last_peak_before_it() -> None:
    found = worst_falls(np.column_stack([[100, 90, 120, 60, 130, 80.0], [1, 2, 3, 4, 5, 6.0]]))
    assert found.peak.tolist() == [2, 0]
    assert found.trough.tolist() == [3, 0]
    assert found.depth.tolist() == [-0.5, 0.0]


def test_a_fall_from_a_standstill_begins_when_it_ends_and_the_calm_costs_no_effectiveness() -> None:
    index = column(100.0, 100.0, 100.0, 80.0, 90.0)
    falls = worst_falls(index)
    assert (falls.peak.tolist(), falls.trough.tolist()) == ([2], [3])
    paid = PLAYED._replace(
        pnl=column(0.0, -3.0, -3.0, 10.0, 0.0), earned=column(0.0, 1.0, 1.0, -20.0, 10.0)
    )
    assert measures(paid, falls, MARGIN, DAYS)["her"][0] == pytest.approx(10.0 / 20.0)
