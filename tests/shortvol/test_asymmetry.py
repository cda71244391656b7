"""The asymmetry of a market: planted slopes, published regularities, clear refusals."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.market import Market, Origin
from hedgerow.data.chain_files import read_chains, sample
from hedgerow.errors import DataError, RangeError
from hedgerow.pricing.black import bsm
from hedgerow.pricing.surface import Surface
from hedgerow.report.asymmetry import answer
from hedgerow.shortvol.asymmetry.contracts import APART, few, of_chains
from hedgerow.shortvol.asymmetry.measuring import strike_changes
from hedgerow.shortvol.asymmetry.regression import regress
from hedgerow.shortvol.asymmetry.response import Response
from hedgerow.shortvol.asymmetry.study import sold_call

PLANTED = {"vix9d": (2.0, 1.4), "vix": (1.5, 0.9), "vix3m": (1.0, 0.7), "vix6m": (0.8, 0.5)}


def planted(sessions: int = 1500, seed: int = 3) -> Market:
    """Indices that answer a fall and a rise of 1 % by these points, and noise."""
    rng = np.random.default_rng(seed)
    moves = rng.standard_t(5, sessions) * 0.8
    days = np.datetime64("2015-01-01", "ns") + np.arange(sessions) * np.timedelta64(1, "D")
    columns = {"spx": 1e4 * np.cumprod(1.0 + moves / 100.0)}
    for name, (fall, rise) in PLANTED.items():
        steps = np.where(moves < 0.0, -fall, -rise) * moves
        steps = steps - steps.mean() + rng.normal(0.0, 0.3, sessions)
        columns[name] = 400.0 + np.cumsum(steps)  # far from 0: levels do not matter here
    return Market(days, columns)


@pytest.fixture(scope="module")
def made():
    return hr.asymmetry(planted())


def test_planted_slopes_come_back_within_their_bands(made) -> None:
    for level in made.found.levels:
        fall, rise = PLANTED[level.column]
        for slope, want in ((level.day.fall, -fall), (level.day.rise, -rise)):
            assert abs(slope.value - want) < 3.3 * slope.error  # 1 in 1,000, of eight slopes
            assert slope.low < slope.value < slope.high
        assert level.day.equal < 0.001
        assert level.day.r2 > 0.7
        assert len(level.periods) == 4


def test_the_response_says_what_was_measured(made) -> None:
    for level in made.found.levels:
        for move, slope in ((-0.02, level.day.fall), (0.02, level.day.rise)):
            shift = made.response.shift(move, tenor=level.tenor)
            assert shift == pytest.approx(slope.value * move, abs=2e-6)  # points per 1 % = decimals
            band = made.response.band(move, tenor=level.tenor)
            assert band.high - band.low == pytest.approx(
                (slope.high - slope.low) * abs(move), rel=0.01
            )
    assert Response.parse(made.response.to_toml()) == made.response


def test_words_frame_and_plain_values_agree(made) -> None:
    day = made.found.main.day
    assert f"rises {-day.fall.value:.2f} points" in answer(made.found)[0]
    assert "Sold calls lose" in str(made)
    frame = made.frame()
    row = frame[(frame.tenor == 30) & frame.strike.isna()].iloc[0]
    assert row["fall"] == day.fall.value
    assert not row["modelled"]
    assert frame[frame.strike.notna()]["modelled"].all()
    table = made.to_dict()
    assert table["levels"][1]["day"]["fall"]["value"] == day.fall.value
    assert table["chains"] is None
    assert table["futures"] == []


def test_equal_slopes_are_not_told_apart_in_words() -> None:
    market = planted()
    moves = np.diff(np.log(market["spx"]), prepend=np.log(market["spx"][0]))
    noise = np.random.default_rng(1).normal(0.0, 0.3, len(market))
    even = 400.0 + np.cumsum(-100.0 * moves + noise)
    text = str(hr.asymmetry(Market(market.times, {"spx": market["spx"], "vix": even})))
    assert "do not tell falls and rises apart" in text


def test_the_sold_call_of_spec_g3_by_black_scholes() -> None:
    assert sold_call(Response.named("symmetric")).still == pytest.approx(25.64, abs=0.005)
    made = sold_call(Response.named("measured"))
    price = [
        float(bsm(spot, 5200, 30 / 365, vol, 0.04, call=True).price)
        for spot, vol in ((5000, 0.18), (4850, made.iv))
    ]
    assert made.moved == pytest.approx(price[0] - price[1])
    assert made.moved < made.still
    up_to_26 = Response((30.0,), *(Response.parse(EIGHT).fall,) * 2, name="8 points")
    assert sold_call(up_to_26).moved == pytest.approx(-0.40, abs=0.005)


EIGHT = "tenors = [30]\nfall.near = [2.6666666666666665]\nrise.near = [0]"
"""8 points for a fall of 3 %: 18 to 26 % of spec G3."""


def test_a_strike_slides_along_the_smile_as_the_level_moves() -> None:
    days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
    market = Market(days, {"spx": [100.0, 95.0], "vix": [20.0, 24.0]})
    found = strike_changes(market, 30.0, [0.9, 1.0], 1)
    surface = Surface.of(market.columns)
    before = surface.vol(np.log(0.9), 30 / 365, np.array([0]))[0]
    after = surface.vol(np.log(90.0 / 95.0), 30 / 365, np.array([1]))[0]
    assert found[1, 0] == pytest.approx(100 * (after - before))
    assert np.isnan(found[0]).all()


def test_days_that_a_model_made_are_left_out() -> None:
    market = planted()
    codes = np.full(len(market), Origin.MEASURED)
    codes[:700] = Origin.MODELLED
    part = hr.asymmetry(market.with_columns({"vix": market["vix"]}, {"vix": codes}))
    assert part.found.start == str(market.dates[700])
    codes[:] = Origin.MODELLED
    with pytest.raises(DataError, match="0 sessions on which spx, vix"):
        hr.asymmetry(market.with_columns({"vix": market["vix"]}, {"vix": codes}), tenors=[30])


def test_what_is_missing_is_named() -> None:
    market = planted()
    bare = Market(market.times, {name: market[name] for name in ("spx", "vix")})
    with pytest.raises(DataError, match=r"market.vix3m: the data have no VIX3M"):
        hr.asymmetry(bare, tenors=[30, 93])
    with pytest.raises(RangeError, match=r"tenor: no index measures a tenor of 45 days"):
        hr.asymmetry(bare, tenors=[45])
    with pytest.raises(DataError, match=r"market.spx|spx"):
        hr.asymmetry(Market(market.times, {"vix": market["vix"]}))
    with pytest.raises(RangeError, match="level"):
        hr.asymmetry(bare, level=0.2)
    with pytest.raises(RangeError, match="market"):
        hr.asymmetry("builtin")


# ---- chains -------------------------------------------------------------------------------------


def chains(moves: np.ndarray, slopes: tuple[float, float] = (-1.5, -0.8)) -> list:
    """Puts 7 and 8 % out of the money whose IV answers each move, by Black–Scholes."""
    base, spot, vol, made = sample(), 4500.0, 0.2, []
    expiry = np.datetime64("2024-06-21", "D")
    days = np.busday_offset("2023-03-01", np.arange(len(moves) + 1))
    strike = np.array([0.93, 0.92]) * spot
    for day, move in zip(days, np.r_[0.0, moves], strict=True):
        spot *= 1.0 + move / 100.0
        vol += (slopes[0] if move < 0 else slopes[1]) * move / 100.0
        part = base.take(np.array([0, 1]))
        part = replace(
            part,
            time=day.astype("datetime64[s]") + np.timedelta64(16, "h"),
            spot=spot,
            root=np.array(["SPXW"] * 2),
            expiry=np.array([expiry] * 2),
            strike=strike,
            call=np.array([False, False]),
            file="made.csv",
        )
        mid = bsm(spot, strike, part.years, vol, call=False).price
        made.append(replace(part, bid=mid - 0.001, ask=mid + 0.001))
    return made


def bounded(size: int) -> np.ndarray:
    """Moves that return: the puts stay out of the money, in one group."""
    return np.where(np.arange(size) % 2, 1.0, -1.0) * np.linspace(0.3, 0.9, size)


def test_chains_give_back_the_slopes_that_made_them() -> None:
    found = of_chains(chains(bounded(66), (-1.5, -1.5)))
    (row,) = [row for row in found.rows if row.fit is not None]
    assert row.contracts == 2
    assert row.fit.fall.value == pytest.approx(-1.5, abs=0.02)
    assert row.fit.rise.value == pytest.approx(-1.5, abs=0.02)
    assert few(row) == ""


def test_few_dates_are_told_in_words_without_a_band() -> None:
    (row,) = of_chains(chains(bounded(4))).rows
    assert row.fit is None
    assert "too few for slopes" in few(row)
    (row,) = of_chains(chains(np.array([-2.0]))).rows
    assert row.ratio == pytest.approx(-1.5, abs=0.01)
    assert few(row).startswith("one move")


def test_chains_that_cannot_be_compared_are_refused() -> None:
    (one, _), later = chains(np.array([-2.0])), np.timedelta64(APART + 5, "D")
    last = replace(one, time=one.time + later, spot=4400.0)
    with pytest.raises(DataError, match=f"within {APART} days"):
        of_chains([one, last])
    with pytest.raises(DataError, match="within"):
        of_chains([one])
    with pytest.raises(DataError, match="spot: the index is not given"):
        of_chains([replace(one, spot=float("nan"))])


# ---- real data ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(real_data):
    return hr.asymmetry(hr.load(real_data, end="2026-04-24"))


@pytest.mark.realdata
def test_the_measured_preset_is_what_the_real_data_say(real) -> None:
    assert Response.named("measured") == real.response


@pytest.mark.realdata
def test_falls_move_every_tenor_more_than_rises_and_short_ones_more(real) -> None:
    falls = [-level.day.fall.value for level in real.found.levels]
    for level in real.found.levels:
        assert level.day.equal < 0.001
        assert level.day.fall.high < level.day.rise.low
    assert falls == sorted(falls, reverse=True)


@pytest.mark.realdata
def test_vix_returns_are_those_of_whaley_2009_table_of_1986_to_2008(real_data) -> None:
    # "Understanding the VIX": −4.49 % and −2.99 % of VIX for a fall and a rise of 1 %, daily from
    # 1986 (VXO then) to October 2008; VIX itself begins in 1990, without the crash of 1987
    market = hr.load(real_data, start="1990-01-02", end="2008-10-31")
    spx, vix = (100.0 * np.diff(market[name]) / market[name][:-1] for name in ("spx", "vix"))
    fit = regress(vix, spx)
    assert fit.fall.value == pytest.approx(-4.493, abs=0.8)
    assert fit.rise.value == pytest.approx(-2.990, abs=0.8)
    assert fit.equal < 0.05
    assert fit.r2 == pytest.approx(0.557, abs=0.1)


@pytest.mark.realdata
def test_vx_answers_vix_less_the_longer_it_runs_as_gruenbichler_and_longstaff_1996(real) -> None:
    # a mean-reverting VIX: the future's slope falls with maturity and lies below 1
    rises = [future.day.rise.value for future in real.found.futures]
    assert len(rises) == 5
    assert rises == sorted(rises, reverse=True)
    assert 1.0 > rises[0] > 2.0 * rises[-1]


@pytest.mark.realdata
def test_the_large_falls_of_2008_and_2020_are_met_to_a_third(real) -> None:
    large = [each for each in real.found.falls if each.sessions in (1, 10)]
    assert len(large) == 6
    for each in large:
        if each.move < -0.08:
            assert each.response == pytest.approx(each.change, rel=0.34)


@pytest.mark.slow
@pytest.mark.realdata
def test_real_contracts_are_too_few_and_it_is_said(real_data) -> None:
    file = real_data / "option_chains" / "spx_contracts_2017.csv"
    market = hr.load(real_data, start="2014-01-02", end="2018-12-31")
    found = hr.asymmetry(market, tenors=[30], chains=[file])
    assert "too few for slopes to each side" in str(found)
    assert all(row.fit is None for row in found.chains.rows)


@pytest.mark.realdata
def test_volatilities_of_the_2017_file_lie_far_from_its_prices(real_data) -> None:
    # the 1650 put of 19 May on 14 March 2017: 0.50 bid, 0.85 asked, the file's volatility 23.5 %
    from scipy.optimize import brentq
    from scipy.stats import norm

    file = real_data / "option_chains" / "spx_contracts_2017.csv"
    (chain,) = (c for c in read_chains(file) if c.date == dt.date(2017, 3, 14))
    put = chain.take((chain.strike == 1650.0) & ~chain.call)
    spot, years, rate, dividend = chain.spot, float(put.years[0]), 0.005, 0.02

    def price(vol: float) -> float:
        deviation = vol * years**0.5
        d1 = (np.log(spot / 1650.0) + (rate - dividend) * years) / deviation + 0.5 * deviation
        gone = 1650.0 * np.exp(-rate * years) * norm.cdf(deviation - d1)
        return float(gone - spot * np.exp(-dividend * years) * norm.cdf(-d1))

    worth = brentq(lambda vol: price(vol) - 0.5 * float(put.bid[0] + put.ask[0]), 0.05, 2.0)
    assert float(put.iv[0]) == pytest.approx(0.235, abs=0.005)
    assert worth == pytest.approx(0.344, abs=0.005)
