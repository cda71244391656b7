"""Paths of days that were: the block bootstrap, replays, and made falls."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.errors import DataError, RangeError
from hedgerow.simulate.bootstrap import BlockBootstrap
from hedgerow.simulate.falls import BlackMonday, Fall, FlashCrash, Grind
from hedgerow.simulate.paths import Start
from hedgerow.simulate.replay import STRETCHES, Replay
from simulate.models import history

MARKET = history(1_500)


def rows_of(paths, market) -> np.ndarray:
    """Which row of history each simulated session is: VIX closes are all different."""
    order = np.argsort(market["vix"])
    return order[np.searchsorted(market["vix"][order], paths["vix"][:, 1:])]


def test_rows_stay_whole() -> None:
    paths = BlockBootstrap(MARKET, block=15).paths(50, 100, seed=1)
    at = rows_of(paths, MARKET)
    for name in ("vix", "vix9d", "vix3m", "vix6m", "skew"):
        np.testing.assert_array_equal(paths[name][:, 1:], MARKET[name][at])
    moves = np.diff(np.log(MARKET["spx"]))
    np.testing.assert_allclose(np.diff(np.log(paths["spx"])), moves[at - 1], atol=1e-12)


@pytest.mark.parametrize("neighbours", [0.02, 1.0])
def test_blocks_have_their_mean_length(neighbours: float) -> None:
    paths = BlockBootstrap(MARKET, block=20, neighbours=neighbours).paths(200, 400, seed=2)
    ended = np.diff(rows_of(paths, MARKET), axis=1) != 1
    # one in twenty, and the last row of history ends every block
    assert ended.mean() == pytest.approx(1 / 20, abs=0.004)


def test_all_rows_are_equally_likely_in_the_plain_bootstrap() -> None:
    paths = BlockBootstrap(MARKET, block=5, neighbours=1.0).paths(400, 400, seed=3)
    counts = np.bincount(rows_of(paths, MARKET).ravel(), minlength=len(MARKET))[1:]
    parts = np.array([part.mean() for part in np.array_split(counts, 10)])
    assert parts == pytest.approx(counts.mean(), rel=0.1)


def test_vix_does_not_leap_between_blocks_as_it_does_in_the_plain_bootstrap() -> None:
    def largest(neighbours: float) -> float:
        vix = BlockBootstrap(MARKET, block=10, neighbours=neighbours).paths(100, 250, seed=4)["vix"]
        return float(np.quantile(np.abs(np.diff(np.log(vix))), 0.99))

    real = float(np.quantile(np.abs(np.diff(np.log(MARKET["vix"]))), 0.99))
    assert largest(0.02) < 1.3 * real
    assert largest(1.0) > 2.0 * real


def test_unknown_relatives_are_filled_by_their_relation() -> None:
    vix3m = MARKET["vix3m"].copy()
    vix3m[:700] = np.nan
    model = BlockBootstrap(MARKET.with_columns({"vix3m": vix3m}), block=20)
    paths = model.paths(40, 200, seed=5)
    assert np.isfinite(paths["vix3m"][:, 1:]).all()
    ratio = (paths["vix3m"] / paths["vix"])[:, 1:]
    true = MARKET["vix3m"] / MARKET["vix"]
    assert np.abs(np.log(ratio)).max() < 1.2 * np.abs(np.log(true)).max()


def test_the_length_of_blocks_is_what_arch_asks_for() -> None:
    from arch.bootstrap import optimal_block_length

    asked = optimal_block_length(np.abs(np.diff(np.log(MARKET["spx"]))))["stationary"].iloc[0]
    assert BlockBootstrap(MARKET).length == pytest.approx(max(asked, 1.0))


def test_mistakes_of_the_bootstrap_are_named() -> None:
    with pytest.raises(RangeError, match=r"bootstrap\.block"):
        BlockBootstrap(MARKET, block=0.5)
    with pytest.raises(RangeError, match=r"bootstrap\.neighbours"):
        BlockBootstrap(MARKET, neighbours=0.0)
    with pytest.raises(DataError, match="the bootstrap needs 252"):
        BlockBootstrap(history(100)).paths(1, 5, seed=0).market(0)


@pytest.fixture(scope="module")
def real(real_data):
    return hr.load(real_data)


# ---- replays ------------------------------------------------------------------------------------


def test_a_replay_keeps_returns_and_bends_vix_into_place(builtin) -> None:
    model = Replay(builtin, "2008")
    start = Start("2020-01-02", spx=3_000.0, vix=15.0)
    path = model.paths(1, model.sessions, seed=0, start=start).market(0)
    first, last, _ = STRETCHES["2008"]
    real = builtin.between(first, last)
    np.testing.assert_allclose(
        np.diff(np.log(path["spx"])), np.diff(np.log(real["spx"])), atol=1e-12
    )
    assert path["vix"][0] == pytest.approx(15.0)
    away = np.log(path["vix"] / real["vix"])
    assert away[21] == pytest.approx(0.5 * away[0], rel=1e-9)
    assert path["vix"][-1] == pytest.approx(real["vix"][-1], rel=0.01)


def test_what_a_replay_cannot_reach_is_named(builtin) -> None:
    with pytest.raises(RangeError, match=r"replay\.1987: the data reach from 1990"):
        Replay(builtin, "1987")
    with pytest.raises(RangeError, match="no stretch '2088'"):
        Replay(builtin, "2088")
    model = Replay(builtin, "2020")
    with pytest.raises(RangeError, match="of a stretch of"):
        model.paths(1, model.sessions + 1, seed=0).market(0)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "column", "extreme"),
    [
        # closes of the vendors' files: lowest index, highest VIX
        ("2008", "vix", 80.86),
        ("2010", "vix", 45.79),
        ("2015", "vix", 40.74),
        ("2018", "vix", 37.32),
        ("2020", "vix", 82.69),
        ("2024", "vix", 38.57),
    ],
)
def test_stretches_of_real_data_hold_the_published_peak(real, name, column, extreme) -> None:
    market = real
    model = Replay(market, name)
    first = market.index_of(STRETCHES[name].first)
    start = Start("2020-01-02", vix=float(market["vix"][first]))
    path = model.paths(1, model.sessions, seed=0, start=start).market(0)
    assert path[column].max() == pytest.approx(extreme, abs=0.005)


@pytest.mark.parametrize(
    ("name", "lowest", "on", "peak"),
    [
        # published closes: the index's low of the stretch and its date, and the day of VIX's high
        ("2008", 676.53, "2009-03-09", "2008-11-20"),
        ("2010", 1022.58, "2010-07-02", "2010-05-20"),
        ("2015", 1867.61, "2015-08-25", "2015-08-24"),
        ("2018", 2581.00, "2018-02-08", "2018-02-05"),
        ("2020", 2237.40, "2020-03-23", "2020-03-16"),
    ],
)
def test_stretches_hold_the_fall_that_they_are_named_for(builtin, name, lowest, on, peak) -> None:
    first, last, _ = STRETCHES[name]
    part = builtin.between(first, last)
    assert [str(part.dates[0]), str(part.dates[-1])] == [first, last]  # both are sessions
    assert part["spx"].min() == pytest.approx(lowest, abs=0.01)
    assert str(part.dates[part["spx"].argmin()]) == on
    assert str(part.dates[part["vix"].argmax()]) == peak


@pytest.mark.realdata
def test_1987_is_played_where_an_index_reaches_it(real_data) -> None:
    # the index alone: VIX is modelled from it throughout
    market = hr.load(real_data / "spx", start="1986-01-02", end="1988-12-30")
    path = Replay(market, "1987").paths(1, 60, seed=0).market(0)
    worst = float(np.diff(path["spx"]).min() / path["spx"][np.diff(path["spx"]).argmin()])
    assert worst == pytest.approx(-0.2047, abs=0.0001)  # 19 October 1987
    assert path["vix"].max() > 60.0


# ---- made falls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "during"), [(FlashCrash(), 3), (Grind(), 126)])
def test_a_made_fall_is_of_its_size_and_length(model: Fall, during: int) -> None:
    spx = model.paths(1, 200, seed=0)["spx"][0]
    top, bottom = int(np.flatnonzero(np.diff(spx) < 0.0)[0]), int(np.argmin(spx.round(6)))
    assert bottom - top == during
    assert spx[bottom] / spx[top] == pytest.approx(0.8)


def test_the_flash_crash_lifts_vix_more_than_the_grind() -> None:
    flash, grind = (model.paths(1, 200, seed=0)["vix"].max() for model in (FlashCrash(), Grind()))
    assert flash > 2.0 * grind > 2.0 * 17.0


def test_falls_begin_evenly_over_the_spread() -> None:
    spx = FlashCrash(before=5, spread=9).paths(2_000, 40, seed=1)["spx"]
    begin = (np.diff(spx) < -1.0).argmax(axis=1)
    counts = np.bincount(begin, minlength=15)
    assert counts[:5].sum() == 0
    assert counts[5:15] == pytest.approx(200, abs=60)


def test_a_made_black_monday_is_that_of_the_index_and_of_vxo() -> None:
    # Moran, Cboe Options Hub, 22 October 2012: 282.70 to 224.84, VXO at 150.19
    path = BlackMonday(before=3).paths(1, 30, seed=0, start=Start(vix=17.0)).market(0)
    moves = np.diff(path["spx"]) / path["spx"][:-1]
    assert moves.min() == pytest.approx(224.84 / 282.70 - 1.0, abs=5e-5)
    assert np.sum(np.abs(moves) > 1e-12) == 1
    assert path["vix"].max() == pytest.approx(150.19, abs=0.2)
    assert all("made" in text for text in path.sources.values())


def test_an_index_recovers_over_the_sessions_asked_for() -> None:
    spx = FlashCrash(before=2, recovery=100).paths(1, 130, seed=0)["spx"][0]
    assert spx[5] == pytest.approx(0.8 * spx[0])
    assert (np.diff(spx[5:106]) > 0.0).all()
    assert spx[105:] == pytest.approx(spx[0])


@pytest.mark.parametrize(
    "change", [{"fall": 1.0}, {"during": 0}, {"keeps": 1.1}, {"spread": -1}, {"recovery": -1}]
)
def test_falls_out_of_range_are_named(change: dict[str, float]) -> None:
    with pytest.raises(RangeError, match=rf"fall\.{next(iter(change))}"):
        Fall(**change)


@pytest.mark.realdata
def test_the_answer_of_vix_is_that_of_1990_to_2026(real) -> None:
    market = real.between(None, "2026-06-30")
    vix, move = market["vix"], np.diff(market["spx"]) / market["spx"][:-1]
    known = np.isfinite(vix[1:]) & np.isfinite(vix[:-1])
    design = np.column_stack([np.ones(len(move)), vix[:-1], 100.0 * np.maximum(-move, 0.0)])
    found = np.linalg.lstsq(design[known], vix[1:][known], rcond=None)[0]
    assert found[1:] == pytest.approx([Fall().keeps, Fall().gains], abs=0.01)
