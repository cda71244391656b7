"""The layered hedge within the day: windows, early closes, tranches, the hard limit, parity."""

from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.core.tape import calendar_on, filled_on
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground, play
from hedgerow.errors import DataError, PolicyError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.policies.layered_states import State
from hedgerow.pricing.black import bsm
from hedgerow.pricing.surface import Surface
from hedgerow.shortvol.intraday.book import CondorBook, walk_book
from hedgerow.shortvol.intraday.carrying import carried
from hedgerow.shortvol.intraday.figures import activity, reasons, states, transitions, way_pnl
from hedgerow.shortvol.intraday.fund import FundCosts, fund_strip
from hedgerow.shortvol.intraday.replay import replay
from intraday_days import path_of

FREE = Costs.none()
ROOT = Path(__file__).resolve().parents[2]


def rising(day_loss=None, signals=()):
    """More hedge the higher the IV, traded in windows alone but for the hard limit."""
    trade = hr.LayeredTrade(day_loss=day_loss, drawdown=None)
    seen = [hr.Level("vix"), hr.ExecutionWindow(), *signals]
    return hr.Policy(signals=seen, steps=[hr.Linear("vix", low=19, high=24), trade], raw=True)


def run(policy, data, **more):
    return replay(policy, data, costs=FREE, fund=FundCosts(0.0, 0.0), **more)


def clock(found, mask):
    opened = found.column("minutes_open")[mask].astype(int)
    return opened.tolist()


class TestWindows:
    def test_an_order_waits_for_the_last_hour_and_goes_out(self):
        # IV rises at 12:00 (150 minutes): the next window's first fill is at 15:00
        found = run(rising(), path_of([20.0, 20.0, 23.0], "2018-03-06", "2018-03-06"))
        traded = found.hedge["traded"] > 0.0
        assert clock(found, traded) == [90, 330]
        assert found.waits().tolist() == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]

    def test_an_early_close_moves_the_last_window(self):
        # IV rises at 11:00: 12:00 lies in the last hour of a session that ends at 13:00 alone
        for day, filled in (("2018-07-03", [90, 150]), ("2018-07-05", [90, 330])):
            found = run(rising(), path_of([20.0, 23.0], day, day))
            assert clock(found, found.hedge["traded"] > 0.0) == filled

    def test_a_move_at_the_close_is_filled_in_the_first_bar_of_the_next_session(self):
        found = run(rising(), path_of([20.0] * 6 + [23.0], "2018-03-09", "2018-03-12"))
        traded = np.flatnonzero(found.hedge["traded"] > 0.0)
        assert str(found.hedge.dates[traded[-1]]) == "2018-03-12"  # the clocks went forward between
        assert clock(found, traded) == [90, 30]

    @pytest.mark.parametrize("minutes", [5, 15, 30, 60])
    @pytest.mark.parametrize("seed", [1, 2])
    def test_no_trade_outside_the_windows_at_any_length_of_bars(self, minutes, seed):
        rng = np.random.default_rng(seed)
        iv = 21.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, 400)))
        found = run(rising(), path_of(iv, "2018-11-19", "2018-11-28", minutes))
        at = found.hedge["traded"] > 0.0
        opened, left = found.column("minutes_open")[at], found.column("minutes_left")[at]
        assert at.sum() > 5
        assert ((opened <= 90.0) | (left <= 60.0)).all()

    def test_the_hard_limit_trades_outside_a_window(self):
        spot = [2800.0, 2800.0, 2650.0]
        data = path_of([20.0, 20.0, 23.0], "2018-03-06", "2018-03-06", spot=spot)
        calm = run(rising(), data)
        forced = run(rising(day_loss=0.005), data)
        assert calm.hedge["traded"][3] == 0.0
        assert forced.hedge["traded"][3] > 0.0  # 13:00, 210 minutes after the open
        assert forced.column("minutes_open")[3] == 210.0

    def test_the_loss_of_the_day_begins_anew_with_the_session_not_with_the_bar(self):
        # neither fall of the second day passes the limit alone, both together do
        spot = np.r_[[2800.0] * 8, 2700.0, 2700.0, 2630.0]
        data = path_of(np.full(11, 22.0), "2018-03-06", "2018-03-07", spot=spot)
        nav = run(rising(day_loss=0.5), data).hedge["nav"]
        day = nav[10] / nav[6] - 1.0
        bar = max(nav[8] / nav[7], nav[10] / nav[9]) - 1.0
        limit = -(day + bar) / 2.0
        assert day < -limit < bar
        found = run(rising(day_loss=float(limit)), data)
        urgent = found.hedge.memory["layered_trade.day_over"]
        assert urgent[10] == 1.0
        assert not urgent[:10].any()


@pytest.fixture(scope="module")
def spike():
    """Nine still sessions and one on which IV doubles between the open and the close."""
    calm = np.full(78 * 9, 14.0)
    day = 14.0 * np.exp(np.r_[np.linspace(0.0, 0.7, 60), np.full(18, 0.7)] ** 1.3)
    iv = np.r_[calm, day]
    spot = 2800.0 * (14.0 / iv) ** 0.07
    data = path_of(iv, "2018-03-05", "2018-03-16", 5, spot=spot)
    policy = hr.load_policy(ROOT / "examples" / "layered.toml")
    kept = [s for s in policy.signals if not s.name.startswith("iv_beta")]
    steps = [step for step in policy.steps if step.kind != "vega_beta"]
    steps[0] = hr.Layered(day_loss=None, drawdown=None)
    steps[-1] = hr.LayeredTrade(day_loss=None, drawdown=None)
    return run(hr.Policy(signals=kept, steps=steps, raw=True), data)


class TestLayers:
    def test_tranches_follow_each_other_within_one_day(self, spike):
        told = [row for row in transitions(spike) if row["time"].startswith("2018-03-16")]
        assert [row["state"] for row in told][:3] == ["armed", "tranche 1", "building"]
        grown = spike.remembered("fraction")[spike.hedge.dates == np.datetime64("2018-03-16")]
        steps = np.diff(grown[: int(np.argmax(grown)) + 1])
        assert (steps >= 0.0).all()
        assert np.count_nonzero(steps) >= 3  # the first tranche and slices, not all at once
        assert grown.max() == pytest.approx(1.0)

    def test_what_is_held_is_no_more_than_the_ratio_of_the_book(self, spike):
        assert (spike.hedge["x"] <= 0.75 + 1e-12).all()
        assert set(states(spike)) <= {state.title for state in State}
        assert ((reasons(spike) == "") == (spike.remembered("reason") == 0.0)).all()

    def test_decisions_on_a_cut_path_are_the_same(self, spike):
        from dataclasses import replace as changed

        data = spike.data
        for cut in (len(data.market) - 40, len(data.market) - 7):
            part = run(spike.policy, changed(data, market=data.market.until(cut)))
            count = len(part)
            for name in ("x", "act", "held", "wanted", "pnl", "nav"):
                np.testing.assert_array_equal(part.hedge[name], spike.hedge[name][:count])


def test_daily_bars_through_this_path_decide_as_the_daily_engine_does():
    rng = np.random.default_rng(8)
    iv = 20.0 * np.exp(np.cumsum(rng.normal(0.0, 0.06, 40)))
    spot = 2800.0 * (20.0 / iv) ** 0.2
    data = path_of(iv, "2018-11-01", "2019-01-15", 390, spot=spot)
    policy = hr.Policy(
        signals=[hr.Level("vix"), hr.ExecutionWindow()],
        steps=[hr.Linear("vix", low=15, high=25), hr.Trigger(every="7d")],
        raw=True,
    )
    found = run(policy, data)
    clocks = ("minutes_open", "minutes_left", "bar_minutes")
    columns = {n: c for n, c in data.market.columns.items() if n not in clocks}
    daily = Market(data.market.dates.astype("datetime64[ns]"), columns)
    book = walk_book(daily, CondorBook(), 0, FREE)
    strip = fund_strip(daily, FundCosts(0.0, 0.0))
    sizes = np.maximum(-book.vega, 0.0) / strip.next_vega
    account = Equity(CondorBook().value, equity_share=0.0)
    ground = Ground(daily, strip, (sizes, 0.0 * sizes), account, book.value, 0, same_bar=False)
    track = play("daily", policy, ground)
    for name in ("x", "act", "legs", "held", "wanted", "pnl", "nav", "cost", "spent", "traded"):
        np.testing.assert_array_equal(found.hedge[name], track[name], err_msg=name)
    for name, column in track.memory.items():
        np.testing.assert_array_equal(found.hedge.memory[name], column, err_msg=name)


class TestCalendar:
    def test_orders_of_a_session_are_filled_on_it_but_the_last(self):
        data = path_of(20.0, "2018-12-28", "2019-01-02").market
        filled = filled_on(data)
        last = data["minutes_left"] == 0.0
        assert (filled[~last] == data.dates[~last]).all()
        assert filled[last].astype(str).tolist() == ["2018-12-31", "2019-01-02", "2019-01-03"]

    def test_a_year_ends_and_begins_with_one_bar(self):
        data = path_of(20.0, "2018-12-28", "2019-01-02").market
        made = calendar_on(data.dates, filled=filled_on(data))
        assert np.flatnonzero(made["year_ends"]).tolist() == [13]  # the close of 31 December
        assert np.flatnonzero(made["new_year"]).tolist() == [0, 14]
        assert made["days"][[1, 6, 7, 13, 14]].tolist() == [0.0, 0.0, 3.0, 0.0, 2.0]
        assert made["days_ahead"][[0, 6, 13]].tolist() == [0.0, 3.0, 2.0]
        assert made["days_left"][[0, 13]].tolist() == [3.0, 363.0]

    def test_daily_bars_are_as_they_were(self):
        days = np.arange("2018-12-24", "2019-01-10", dtype="datetime64[D]")
        days = days[np.is_busday(days)]
        plain = calendar_on(days)
        told = calendar_on(days, filled=filled_on(Market(days, {})))
        for name, column in plain.items():
            np.testing.assert_array_equal(told[name], column)


class TestBook:
    def test_the_condor_is_what_black_scholes_says_at_a_bar(self):
        data = path_of(20.0, "2018-03-06", "2018-03-08").market
        book = walk_book(data, CondorBook(), 0, FREE)
        entry = book.entries[0]
        assert str(entry.expiry) == "2018-04-20"
        assert (entry.expiry - data.dates[0]).astype(int) == 45
        assert entry.contracts == 500.0  # a quarter of 10 million over 50 points times 100 USD
        surface, row = Surface.of(data.columns), 10
        years = ((entry.expiry - data.dates[row]).astype(int) + 180.0 / 1440.0) / 365.0
        worth = 0.0
        for strike, call, sign in zip(entry.strikes, (0, 0, 1, 1), (1, -1, -1, 1), strict=True):
            vol = surface.vol(np.log(strike / 2800.0), years, slice(row, row + 1))[0]
            worth += sign * bsm(2800.0, strike, years, vol, call=bool(call)).price
        assert data["minutes_left"][row] == 180.0
        gain = (worth + entry.credit) * 100.0 * entry.contracts
        assert book.value[row] - 10e6 == pytest.approx(gain, abs=1e-6)

    def test_sold_strikes_have_the_delta_and_the_book_is_short_vega(self):
        data = path_of(20.0, "2018-03-06", "2018-03-06").market
        book = walk_book(data, CondorBook(delta=0.16), 0, FREE)
        surface, entry = Surface.of(data.columns), book.entries[0]
        years = (45 + 360.0 / 1440.0) / 365.0
        for strike, call in ((entry.strikes[1], False), (entry.strikes[2], True)):
            vol = surface.vol(np.log(strike / 2800.0), years, slice(0, 1))[0]
            # strikes are 5 points apart, which is 0.004 of delta here
            assert abs(bsm(2800.0, strike, years, vol, call=call).delta) == pytest.approx(
                0.16, abs=4e-3
            )
        assert (book.vega < 0.0).all()

    def test_it_is_bought_back_and_sold_anew_when_it_has_become_short(self):
        data = path_of(20.0, "2018-03-06", "2018-04-06").market
        book = walk_book(data, CondorBook(), 0, Costs())
        again = book.entries[1]
        left = (book.entries[0].expiry - data.dates[again.row - 1 : again.row + 1]).astype(int)
        assert left.tolist() == [22, 18]  # the 30th of March was Good Friday
        assert np.flatnonzero(book.cost).tolist() == [0, again.row]
        assert book.cost[again.row] > book.cost[0]

    def test_given_strikes_are_kept(self):
        strikes = (2500.0, 2550.0, 2900.0, 2950.0)
        data = path_of(20.0, "2018-03-06", "2018-03-06").market
        assert walk_book(data, CondorBook(strikes=strikes), 0, FREE).entries[0].strikes == strikes

    @pytest.mark.parametrize(
        "terms",
        [
            {"delta": 0.6},
            {"share": 2.0},
            {"days": 20},
            {"strikes": (1.0, 3.0, 2.0, 4.0)},
            {"width": "5"},
        ],
    )
    def test_terms_out_of_range_are_refused(self, terms):
        with pytest.raises(RangeError, match=r"book\."):
            CondorBook(**terms)


class TestRun:
    @pytest.mark.parametrize("part", [-0.1, 7.0, float("nan"), True])
    def test_a_fixed_hedge_of_no_sensible_size_is_refused(self, part):
        data = path_of(20.0, "2018-03-06", "2018-03-06")
        with pytest.raises(RangeError, match=r"^fixed: "):
            replay(rising(), data, fixed_at=part)

    def test_gains_add_up_and_a_share_costs_what_it_says(self):
        data = path_of([20.0, 20.0, 23.0], "2018-03-06", "2018-03-08")
        found = replay(rising(), data, costs=FREE, fund=FundCosts(5.0, 2.0))
        price, traded = found.column("vxx"), found.hedge["traded"]
        wide = np.maximum(found.column("vix") / 20.0, 1.0)
        cost = traded * price * (5e-4 * wide + 2e-4)
        np.testing.assert_allclose(found.hedge["cost"], cost, rtol=1e-12)
        held = np.r_[0.0, found.hedge["held"][:-1]]
        gain = held * np.diff(price, prepend=price[0]) - cost
        np.testing.assert_allclose(found.hedge["pnl"], gain, atol=1e-6)
        ways = way_pnl(found)
        np.testing.assert_allclose(ways["hedged"] - ways["alone"], gain, atol=1e-6)
        assert activity(found)["trades"] == int((traded > 0.0).sum())

    def test_an_intensity_of_one_takes_the_books_vega_out(self):
        data = path_of(24.0, "2018-03-06", "2018-03-06")
        found = run(rising(), data)
        bought = np.flatnonzero(found.hedge["traded"])[0]
        vega = found.hedge["held"][bought] * 2.0  # USD a point of vx30, which is half of vxx
        assert vega == pytest.approx(-found.book.vega[bought - 1], rel=1e-12)

    def test_signals_of_daily_columns_have_the_value_of_the_session_before(self):
        data = path_of(20.0, "2018-03-06", "2018-03-08")
        days = data.daily.dates
        daily = data.daily.with_columns({"hy_spread": np.arange(len(days)) * 0.01})
        policy = rising(signals=[hr.Level("hy_spread")])
        _, market = carried(policy, data.market, daily)
        by_day = [set(market["hy_spread"][market.dates == day].tolist()) for day in days[1:]]
        assert by_day == [{0.0}, {0.01}]
        assert np.isnan(market["hy_spread"][market.dates == days[0]]).all()

    def test_a_column_that_is_missing_is_named(self):
        policy = rising(signals=[hr.Level("breadth")])
        with pytest.raises(DataError, match=r"market\.breadth: the data have no column 'breadth'"):
            run(policy, path_of(20.0, "2018-03-06", "2018-03-06"))

    def test_a_run_over_a_hole_of_the_fund_is_refused(self):
        data = path_of(20.0, "2018-03-06", "2018-03-08", vxx=[40.0] * 9 + [np.nan])
        with pytest.raises(DataError, match=r"market\.vxx: no price of the fund on 12 bars"):
            run(rising(), data)

    def test_a_replay_is_one_trial_however_often_it_runs(self, tmp_path, monkeypatch):
        kept = tmp_path / "trials.jsonl"
        monkeypatch.setenv("HEDGEROW_TRIALS", str(kept))
        data = path_of([20.0, 20.0, 23.0, 21.0], "2018-03-06", "2018-03-09")
        for _ in range(2):
            hr.replay_hedge(rising(), data)
        hr.replay_hedge(rising(), data, book=CondorBook(delta=0.16))
        lines = [line for line in kept.read_text("utf-8").splitlines() if '"replay"' in line]
        assert len(lines) == 2

    def test_what_is_no_policy_is_refused(self):
        with pytest.raises(PolicyError, match="is not a policy"):
            hr.replay_hedge(3, path_of(20.0, "2018-03-06", "2018-03-06"))


RULES = ROOT / "examples" / "shortvol" / "alvh.toml"
MONTHS = {"feb": ("2018-01-22", "2018-02-23"), "mar": ("2020-02-10", "2020-04-03")}


@pytest.fixture(scope="module")
def months(real_data):
    return {
        name: hr.replay_hedge(RULES, real_data, start=start, end=end)
        for name, (start, end) in MONTHS.items()
    }


@pytest.mark.realdata
class TestRealMonths:
    def test_in_february_2018_it_held_its_target_before_vix_doubled(self, months):
        """VIX closed at 17.31 on the 2nd and at 37.32 on the 5th (Cboe's VIX_History)."""
        found = months["feb"].found
        closes = dict(zip(found.data.sessions.astype(str), found.data.closes, strict=True))
        assert (closes["2018-02-02"], closes["2018-02-05"]) == (17.31, 37.32)
        days = found.hedge.dates
        friday, monday = (days == np.datetime64(f"2018-02-0{day}") for day in (2, 5))
        assert states(found)[friday][-1] == "full"
        assert found.hedge["held"][friday][-1] > 0.0
        assert found.pnl["hedge"][monday].sum() > 0.0
        assert found.pnl["book"][monday].sum() < 0.0

    def test_in_march_2020_the_hard_limit_acted_and_vix_peaked_on_the_16th(self, months):
        """The highest close of VIX ever until then, 82.69 (Cboe's VIX_History)."""
        found = months["mar"].found
        top = int(np.nanargmax(found.data.closes))
        assert str(found.data.sessions[top]) == "2020-03-16"
        assert found.data.closes[top] == 82.69
        assert activity(found)["hard_limits"] > 0
        assert way_pnl(found)["alone"].sum() < 0.0

    @pytest.mark.parametrize("month", list(MONTHS))
    def test_no_trade_outside_the_windows_but_by_the_hard_limit(self, months, month):
        found = months[month].found
        at = np.flatnonzero(found.hedge["traded"] > 0.0)
        opened, left = found.column("minutes_open")[at], found.column("minutes_left")[at]
        urgent = found.hedge.memory["layered_trade.urgent"][at - 1] > 0.0
        assert len(at) > 5
        assert ((opened <= 90.0) | (left <= 60.0) | urgent).all()

    @pytest.mark.parametrize("month", list(MONTHS))
    def test_a_steward_holds_at_most_the_vega_of_the_book(self, months, month):
        found = months[month].found
        rules = found.policy.steps[0]
        assert found.remembered("h").max() <= rules.h_high
        assert found.remembered("fraction").max() <= 1.0
        assert (found.hedge["held"] >= 0.0).all()

    @pytest.mark.parametrize("month", list(MONTHS))
    def test_the_page_says_what_the_command_says(self, months, month):
        page = " ".join((ROOT / "docs" / "intraday.md").read_text("utf-8").replace(">", "").split())
        said, proxy = months[month].to_dict(), months[month].found.data.proxy
        assert said["answer"] in page
        assert f"{proxy.rmse:.2f} | {proxy.naive:.2f} | {proxy.correlation:.2f}" in page
        picture = {"feb": "replay-2018-02.svg", "mar": "replay-2020-03.svg"}[month]
        assert (ROOT / "docs" / "images" / picture).read_text("utf-8") == months[month].svg()

    def test_the_frame_and_the_files_hold_the_replay(self, months, tmp_path):
        result = months["feb"]
        frame = result.frame()
        assert frame.index[0] == "2018-01-22 10:00"
        assert len(frame) == 168
        total = result.to_dict()["ways"]["hedged"]["pnl"]
        assert frame[["book_pnl", "hedge_pnl"]].to_numpy().sum() == pytest.approx(total)
        page = result.report(tmp_path / "replay.html").read_text("utf-8")
        for word in ("MODELLED", "vix_macd_cross", "bar-scaled", result.to_dict()["answer"][:40]):
            assert word in page
        assert "MODELLED" in str(result)


@pytest.mark.realdata
@pytest.mark.slow
def test_seven_years_of_hours_cost_what_the_page_says(real_data):
    found = hr.replay_hedge(RULES, real_data, start="2012-01-03", end="2018-12-28").to_dict()
    page = (ROOT / "docs" / "intraday.md").read_text("utf-8")
    assert found["answer"] in " ".join(page.replace(">", "").split())
    for made in found["ways"].values():
        assert f"−{-100 * made['drawdown']:.2f}%" in page
    assert found["proxy"]["correlation"] > 0.85


@pytest.mark.realdata
@pytest.mark.slow
def test_minutes_of_april_2024_trade_more_than_they_earn(real_data):
    found = hr.replay_hedge(RULES, real_data, start="2024-04-01", end="2024-04-30", bars="1m")
    made = found.to_dict()
    assert made["activity"]["bars"] == 22 * 390
    page = (ROOT / "docs" / "intraday.md").read_text("utf-8")
    assert f"trades {made['activity']['trades']} times" in page
    assert f"costs ${-made['ways']['hedged']['hedge_pnl']:,.0f}" in page
    assert (found.found.market.origin["vxx"] == 2).all()  # modelled: there is no VXX in 2024
    assert "What is traded is MODELLED" in str(found)
