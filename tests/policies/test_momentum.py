"""H2: RSI and MACD against TA-Lib, on real columns and drawn paths, with holes and without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.futures import monthlies
from hedgerow.core.market import Market
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.momentum import Macd, Rsi, macd, observed, rsi
from hedgerow.policies.term_structure import CurveRatio, constant_maturity
from hedgerow.research.foresight import form
from hedgerow.research.lookahead import signal_agrees
from synthetic import market

talib = pytest.importorskip("talib")
MOVES = st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=120)


def path(moves: list[float]) -> np.ndarray:
    return 20.0 * np.exp(np.cumsum(moves))


def world(columns: dict[str, np.ndarray]) -> Market:
    count = len(next(iter(columns.values())))
    days = np.datetime64("2015-01-01", "ns") + np.arange(count) * np.timedelta64(1, "D")
    return Market(days, columns)


@given(MOVES, st.integers(2, 40))
def test_h2_rsi_is_talibs_from_its_first_row_on(moves: list[float], days: int) -> None:
    column = path(moves)
    np.testing.assert_allclose(rsi(column, days), talib.RSI(column, days), rtol=1e-9, atol=1e-9)


@given(MOVES, st.integers(2, 15), st.integers(1, 20), st.integers(2, 12))
def test_h2_macd_is_talibs_from_its_first_row_on(
    moves: list[float], fast: int, more: int, smooth: int
) -> None:
    column = path(moves)
    ours, theirs = (made(column, fast, fast + more, smooth) for made in (macd, talib.MACD))
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-9)


def test_h2_a_column_that_never_moved_is_talibs() -> None:
    flat = np.full(40, 20.0)
    np.testing.assert_array_equal(rsi(flat), talib.RSI(flat, 14))
    np.testing.assert_array_equal(macd(flat)[2], talib.MACD(flat)[2])


def test_h2_wilder_by_hand() -> None:
    """Two moves up 1 and down 0.5, then up 2: G = (0.5 + 2) / 2, L = 0.25 / 2."""
    assert rsi(np.array([10.0, 11.0, 10.5, 12.5]), 2)[3] == pytest.approx(100.0 * 1.25 / 1.375)


@settings(max_examples=40)
@given(MOVES, st.data())
def test_h2_a_hole_is_a_hole_and_the_recursion_goes_on(moves: list[float], data) -> None:
    column = path(moves)
    rows = data.draw(st.sets(st.integers(0, len(column) - 1), max_size=10))
    holed = column.copy()
    holed[list(rows)] = np.nan
    known = np.isfinite(holed)
    got = rsi(holed, 3)
    assert np.isnan(got[~known]).all()
    np.testing.assert_array_equal(got[known], rsi(column[known], 3))
    for mine, alone in zip(macd(holed, 2, 4, 3), macd(column[known], 2, 4, 3), strict=True):
        assert np.isnan(mine[~known]).all()
        np.testing.assert_array_equal(mine[known], alone)


@pytest.mark.parametrize(
    ("signal", "name"),
    [
        (Rsi(), "vix_rsi14"),
        (Rsi("vx30", days=7), "vx30_rsi7"),
        (Macd(), "vix_macd12_26_9"),
        (Macd("vx30"), "vx30_macd12_26_9"),
        (Macd("spx", part="line"), "spx_macd12_26_9_line"),
        (Macd("spx", 5, 35, 5, part="signal"), "spx_macd5_35_5_signal"),
    ],
)
def test_h2_names(signal, name: str) -> None:
    assert signal.name == name
    assert signal_named(name) == signal


@pytest.mark.parametrize("signal", [Rsi(), Rsi("spx", 20), Macd(), Macd("spx", 5, 20, 15)])
def test_h2_the_beginning_is_forgotten_within_the_reach(signal) -> None:
    data = market()
    whole = signal(data)
    for row in (signal.reach - 1, 700, 899):
        part = data.between(data.dates[row - signal.reach + 1], data.dates[row])
        assert signal(part)[-1] == pytest.approx(whole[row], rel=1e-9)
    findings = form.lookback(signal, data, whole, signal.name)
    assert all(finding.passed for finding in findings)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Macd(fast=26, slow=12), "slow must be greater than fast"),
        (lambda: Rsi(days=1), "at least 2"),
        (lambda: Macd(part="both"), "histogram"),
    ],
)
def test_h2_mistakes_are_told(make, said: str) -> None:
    with pytest.raises(hr.PolicyError, match=said):
        make()


def test_h2_a_missing_column_is_named() -> None:
    with pytest.raises(hr.DataError, match="no column 'breadth'"):
        Rsi("breadth")(market(60))


def rolled(sessions: int = 300) -> Market:
    """Futures whose price is linear in maturity: 15 points and 0.05 a day; VIX lies on it."""
    days = np.datetime64("2015-01-01", "D") + np.arange(sessions)
    today = days.astype(np.float64)
    columns = {"vix": np.full(sessions, 15.0)}
    for rank in range(1, 4):
        expiry = (np.floor(today / 30.0) + rank) * 30.0
        columns |= {f"vx{rank}": 15.0 + 0.05 * (expiry - today), f"vx{rank}_expiry": expiry}
    return Market(days.astype("datetime64[ns]"), columns)


def test_h2_the_future_of_30_days_does_not_jump_where_contracts_roll() -> None:
    data = rolled()
    np.testing.assert_allclose(observed(data, "vx30"), 16.5, rtol=1e-13)
    assert np.ptp(data["vx1"]) > 1.0
    np.testing.assert_allclose(Macd("vx30")(data)[40:], 0.0, atol=1e-12)


def test_h2_the_future_of_30_days_is_numpys_interpolation_or_the_curves() -> None:
    data = rolled()
    holes = {name: np.where(np.arange(300) % 5 == 0, np.nan, data[name]) for name in ("vx1", "vx2")}
    holes["vx3"] = holes["vx2"]
    data = data.with_columns(holes)
    found = constant_maturity(data, 30)
    assert found.measured.sum() == 240
    quotes = monthlies(data)
    for row in np.flatnonzero(found.measured)[::17]:
        want = np.interp(30.0, [0.0, *quotes.days[row]], [15.0, *quotes.price[row]])
        assert found.price[row] == pytest.approx(want, rel=1e-13)
    ratio = CurveRatio(30, 60)(data.with_columns({"vx2": np.full(300, np.nan)}))
    assert np.isfinite(ratio).all()
    assert signal_agrees(Macd("vx30"), data, count=25).passed


def test_h2_a_column_called_vx30_is_taken_as_it_is() -> None:
    data = world({"vix": np.full(3, 12.0), "vx30": np.array([13.0, 14.0, 15.0])})
    assert observed(data, "vx30").tolist() == [13.0, 14.0, 15.0]


@pytest.mark.realdata
def test_h2_talib_on_vix_spx_and_the_future_of_30_days(real_data) -> None:
    data = hr.load(str(real_data))
    for column in ("vix", "spx", "vx30"):
        values = observed(data, column)
        first = int(np.flatnonzero(np.isfinite(values))[0])
        assert np.isfinite(values[first:]).all()
        want = talib.RSI(values[first:], 14)
        np.testing.assert_allclose(Rsi(column)(data)[first:], want, rtol=1e-9)
        parts = zip(("line", "signal", "histogram"), talib.MACD(values[first:]), strict=True)
        for part, theirs in parts:
            mine = Macd(column, part=part)(data)[first:]
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9)
    assert 0.5 < constant_maturity(data, 30).measured.mean() < 1.0
