"""VIX futures at constant maturity, held to the index's methodology and to real contracts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from hedgerow.core.expiry import sessions_between, vix_settlement
from hedgerow.core.lanes import floats
from hedgerow.core.market import Market
from hedgerow.core.tape import record
from hedgerow.data import load
from hedgerow.engine.run import static
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.future_constant import VixFutureConstant, mix_of
from hedgerow.instruments.sizes import Contracts
from instruments.synthetic_markets import make_market, sessions


def made(first, count, near, far, vix=16.0):
    """A market whose first two contracts settle at ``near`` and ``far``."""
    days = sessions(count, first)
    settles = vix_settlement(np.arange("2023-06", "2025-12", dtype="M8[M]"))
    front = np.searchsorted(settles, days, side="right")
    columns = {"spx": np.full(count, 5000.0), "vix": np.full(count, vix)}
    for rank, price in ((1, near), (2, far)):
        columns[f"vx{rank}"] = np.broadcast_to(np.asarray(price, dtype=float), (count,))
        columns[f"vx{rank}_expiry"] = settles[front + rank - 1].astype(int).astype(float)
    return Market(days.astype("M8[ns]"), columns)


def test_contract_roll_weights_of_the_roll_period_17_april_to_22_may_2024():
    settles = vix_settlement(["2024-03", "2024-04", "2024-05", "2024-06"]).astype(np.int64)
    assert int(sessions_between("2024-04-17", "2024-05-22")) == 25
    days = np.array(["2024-04-16", "2024-04-17", "2024-05-21"], dtype="M8[D]").astype(np.int64)
    mix = mix_of(days, settles)
    # on the eve all is in the contract that will be the first of the new period: 100/0
    assert mix.front.tolist() == [1, 2, 2]
    np.testing.assert_allclose(mix.near, [0.0, 0.96, 0.0], rtol=1e-15)


def test_holidays_are_no_days_of_the_roll_period():
    # 2024-11-20 to 2024-12-18 has 20 weekdays, Thanksgiving among them
    assert np.busday_count("2024-11-20", "2024-12-18") == 20
    assert int(sessions_between("2024-11-20", "2024-12-18")) == 19


def test_contract_daily_return_of_the_methodology_60_40_is_3_076923_percent():
    # 30 April 2024: fifteen of twenty-five sessions are left
    market = made("2024-04-30", 2, [15.0, 15.6], [16.5, 16.8])
    strip = VixFutureConstant().strip(market)
    assert strip.open[0] == pytest.approx(0.6 * 15.0 + 0.4 * 16.5, rel=1e-14)
    assert strip.gain[1] / (strip.open[0] * 1000.0) == pytest.approx(0.03076923, abs=5e-9)
    assert strip.shift[1] == pytest.approx(0.04, rel=1e-12)
    assert not strip.modelled.any()


def test_one_contract_is_exchanged_in_every_roll_period_and_both_sides_are_paid():
    market = made("2024-01-02", 200, 15.0, 16.0)
    sleeve = VixFutureConstant(size=Contracts(10))
    strip = sleeve.strip(market, costs=Costs(future_half_spread=0.05, future_fee=3.0))
    portfolio = np.zeros(len(market))
    policy = static()
    tape = record(policy, market, strip, sleeve.size.columns(strip), portfolio, 1e6)
    book = floats.play(policy, tape)[0].book
    settles = vix_settlement(np.arange("2024-01", "2024-11", dtype="M8[M]"))
    dates = market.dates
    for begins, ends in pairwise(settles):
        inside = (dates >= begins) & (dates < ends)
        if dates[0] < begins and ends <= dates[-1]:
            assert strip.shift[inside].sum() == pytest.approx(1.0, rel=1e-12)
            # ten contracts sold and bought at half a spread of $50 and a fee of $3
            assert book.cost[inside].sum() == pytest.approx(10 * 2 * 53.0, rel=1e-12)
            assert book.traded[inside].sum() == pytest.approx(20.0, rel=1e-12)
    assert (book.held[1:] == 10.0).all()


def test_price_and_carry_are_those_of_the_two_contracts_held_to_settlement():
    market = make_market(500, futures=True)
    strip = VixFutureConstant().strip(market)
    first, second = (VixFuture(months=rank, roll_before=0).strip(market) for rank in (1, 2))
    days = market.dates.astype(np.int64)
    settles = vix_settlement(np.arange("2002-12", "2006-06", dtype="M8[M]")).astype(np.int64)
    near = mix_of(days, settles).near
    inside = near > 0.0
    for column in ("open", "carry"):
        mixed = near * getattr(first, column) + (1 - near) * getattr(second, column)
        np.testing.assert_allclose(getattr(strip, column)[inside], mixed[inside], rtol=1e-12)


def test_an_unscheduled_closure_of_the_eve_settles_what_is_left():
    whole = make_market(60, futures=True)
    settle = vix_settlement("2003-02")
    at = int(np.searchsorted(whole.dates, settle))
    keep = np.arange(len(whole)) != at - 1
    final = np.full(len(whole), np.nan)
    final[at] = 31.5
    columns = {name: column[keep] for name, column in whole.columns.items()}
    market = Market(whole.times[keep], columns | {"vx_final": final[keep]})
    strip = VixFutureConstant().strip(market)
    t = at - 1
    dt = int(sessions_between(vix_settlement("2003-01"), settle))
    left = 1.0 / dt
    assert strip.expiry[t - 1] == settle.astype(int)
    assert strip.mark[t] == pytest.approx(left * 31.5 + (1 - left) * market["vx1"][t], rel=1e-12)


def test_a_contract_without_quotes_is_modelled_and_named_with_its_dates():
    whole = make_market(300, futures=True)
    lost = vix_settlement("2003-09").astype(int)
    columns = {}
    for rank in range(1, 9):
        price = whole[f"vx{rank}"].copy()
        price[whole[f"vx{rank}_expiry"] == lost] = np.nan
        columns[f"vx{rank}"] = price
    holed = whole.with_columns(columns)
    for sleeve in (VixFutureConstant(), VixFuture()):
        assert sleeve.strip(whole).notes["modelled_contracts"] == {}
        strip = sleeve.strip(holed)
        bars = np.flatnonzero(strip.modelled)
        told = f"{holed.dates[bars[0]]} to {holed.dates[bars[-1]]}, {len(bars)} bars"
        assert strip.notes["modelled_contracts"] == {str(vix_settlement("2003-09")): told}


@pytest.fixture(scope="module")
def contract_files(real_data):
    """Settles by date and settlement day, read without Hedgerow."""
    months = "FGHJKMNQUVXZ"
    settles = {}
    for path in sorted((real_data / "vx_futures" / "monthly_2006_2015").glob("CFE_*_VX.csv")):
        code = path.stem.split("_")[1]
        month = f"20{code[1:]}-{months.index(code[0]) + 1:02d}"
        settles[vix_settlement(month).item().isoformat()] = path
    for path in sorted((real_data / "vx_futures" / "listed_2013_2026").glob("VX_*.csv")):
        settles[path.stem[3:]] = path
    columns = {}
    for day, path in settles.items():
        # some files begin with a line of legal text
        begins = path.read_text().splitlines()[0].startswith("Trade Date")
        frame = pd.read_csv(path, skiprows=0 if begins else 1, index_col=False)
        frame.index = pd.to_datetime(frame["Trade Date"], format="mixed")
        columns[pd.Timestamp(day)] = frame["Settle"][frame["Settle"] > 0].groupby(level=0).last()
    return pd.DataFrame(columns)


@pytest.mark.slow
@pytest.mark.realdata
def test_excess_return_index_2008_2020_against_the_contract_files_by_pandas(
    real_data, contract_files
):
    whole = load(real_data).market
    market = whole.between("2008-01-02", "2020-12-31")
    strip = VixFutureConstant().strip(market)
    ours = pd.Series(strip.gain[1:] / (strip.open[:-1] * 1000.0), index=market.times[1:])
    # days on which futures and index both traded: futures alone did on Good Friday 2015
    traded = contract_files.index.intersection(whole.times)
    months = np.arange("2007-12", "2021-04", dtype="M8[M]")
    days = pd.DatetimeIndex(vix_settlement(months).astype("M8[ns]"))
    theirs = {}
    for before, today in pairwise(market.times):
        number = days.searchsorted(pd.Timestamp(before), side="right")
        period = traded[(traded >= days[number - 1]) & (traded < days[number])]
        near = (period > before).sum() / len(period)
        try:
            pair = contract_files[[days[number], days[number + 1]]]
            yesterday, now = pair.loc[before].to_numpy(), pair.loc[today].to_numpy()
        except KeyError:  # a contract without a file
            continue
        weights = np.array([near, 1.0 - near])
        held = weights > 0.0
        theirs[today] = (weights[held] @ now[held]) / (weights[held] @ yesterday[held]) - 1.0
    theirs = pd.Series(theirs).dropna()
    both = pd.concat([ours, theirs], axis=1, join="inner").dropna()
    labelled = pd.Series(strip.modelled[:-1] | strip.modelled[1:], index=market.times[1:])
    both = both[~labelled[both.index]]
    assert len(both) > 2_800
    assert both.corr().iloc[0, 1] > 0.9999
    # no calendar knew the closures of 29 and 30 October 2012 and 5 December 2018: their roll
    # periods stay as long as they were, which this count by sessions does not know
    unknown = np.zeros(len(both), dtype=bool)
    for begins, ends in (("2012-10-17", "2012-11-21"), ("2018-11-21", "2018-12-19")):
        unknown |= (both.index > begins) & (both.index <= ends)
    assert np.abs(both[0] - both[1])[~unknown].max() < 1e-12
    # what has no file is labelled by the bar and named
    missing = {str(day.date()) for day in days if day not in contract_files.columns}
    assert missing & {"2018-02-14", "2019-03-19"} <= set(strip.notes["modelled_contracts"])
    assert strip.modelled[market.index_of("2018-02-05")]
