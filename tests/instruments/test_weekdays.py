"""Entries on a weekday, Friday expiries, and nothing held between an expiry and an entry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.expiry import holidays_around, weekday
from hedgerow.engine.program import Line, Program
from hedgerow.engine.run import play, prepare
from hedgerow.engine.trade import trade
from hedgerow.errors import SleeveError
from hedgerow.instruments.rolls import (
    WEEKDAYS,
    expiry_by_tenor,
    parse_roll,
    parse_tenor,
    schedule,
)
from shortvol.flat_market import flat_market


def sessions(first: str, last: str) -> np.ndarray:
    days = np.arange(np.datetime64(first), np.datetime64(last))
    return days[np.is_busday(days, holidays=holidays_around(days))].astype(np.int64)


def entries(roll: str, first: str, last: str, tenor: int = 45) -> list[str]:
    """The days on which the contracts after the first are chosen."""
    days = sessions(first, last)
    plan = schedule(days, np.ones(len(days)), parse_roll(roll), lambda day: day + tenor, lag=1)
    return [str(day) for day in days[plan.chosen[1:]].astype("datetime64[D]")]


def test_every_fourth_wednesday_is_counted_from_1970_wherever_data_begin() -> None:
    # 2 January 2019 is the 2556th Wednesday after 7 January 1970, and 2556 = 4 x 639
    expected = ["2019-01-02", "2019-01-30", "2019-02-27", "2019-03-27"]
    for first in ("2018-12-10", "2018-12-28"):
        assert entries("4w@wed", first, "2019-04-10") == expected
    other = ["2018-12-12", "2019-01-09", "2019-02-06"]
    assert entries("4w@wed+1", "2018-12-10", "2019-03-01") == other
    assert entries("wed", "2018-12-28", "2019-01-20") == ["2019-01-02", "2019-01-09", "2019-01-16"]


def test_an_entry_on_a_holiday_is_the_next_session_and_the_one_after_is_on_its_day() -> None:
    # 25 December 2018 and 1 January 2019 are Tuesdays
    assert entries("tue", "2018-12-17", "2019-01-16") == [
        "2018-12-18", "2018-12-26", "2019-01-02", "2019-01-08", "2019-01-15"
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["5w@sat", "0w@wed", "4w@wed+4", "wed+1", "w@wed", "100w@mon"])
def test_what_is_no_weekday_of_a_cycle_is_refused(text) -> None:
    with pytest.raises(SleeveError):
        parse_roll(text)


@given(
    st.sampled_from(WEEKDAYS), st.integers(1, 9), st.integers(0, 8), st.integers(0, 200),
    st.integers(0, 2),
)  # fmt: skip
def test_entries_are_of_one_phase_and_no_date_depends_on_where_data_begin(
    day, weeks, phase, start, lag
) -> None:
    days = sessions("2018-01-02", "2020-06-30")[start:]
    rule = parse_roll(f"{weeks}w@{day}+{phase % weeks}")
    plan = schedule(days, np.ones(len(days)), rule, lambda at: at + 30, lag=lag)
    whole = sessions("2018-01-02", "2020-06-30")
    all_ = schedule(whole, np.ones(len(whole)), rule, lambda at: at + 30, lag=lag)
    chosen = days[plan.chosen[1:]]
    assert set(chosen) <= set(whole[all_.chosen])
    late = (chosen - rule.origin) % (7 * weeks)  # holidays push by four days at most
    assert (late <= 4).all()
    on_the_day = chosen[late == 0].astype("datetime64[D]")
    assert (weekday(on_the_day) == WEEKDAYS.index(day)).all()
    assert (np.diff(plan.chosen) > 0).all()


def test_friday_expiries_are_thursdays_where_friday_is_a_holiday() -> None:
    days = sessions("2019-03-01", "2019-06-28")
    after = expiry_by_tenor(days, "45d", listed="weekly", lag=1)

    def expiry(day: str) -> str:
        return str(np.datetime64(after(int(np.datetime64(day).astype(int))), "D"))

    assert expiry("2019-03-04") == "2019-04-18"  # the day before Good Friday, 45 days on
    assert expiry("2019-03-05") == "2019-04-26"  # the holiday itself is no expiry
    assert expiry("2019-03-06") == "2019-04-26"


@pytest.mark.parametrize("tenor", ["7d", "30d", "45d", "90d", "1y"])
def test_friday_expiries_are_the_first_at_or_after_the_tenor(tenor) -> None:
    days = sessions("2010-01-04", "2012-12-31")
    after = expiry_by_tenor(days, tenor, listed="weekly", lag=1)
    expiries = np.array([after(int(day)) for day in days])
    waits = expiries - days - parse_tenor(tenor)
    assert waits.min() >= 0
    assert waits.max() <= 7  # over a Friday that is a holiday
    assert set(weekday(expiries.astype("datetime64[D]"))) == {3, 4}


# ---- settled, and nothing taken instead ----------------------------------------------------------

WAITING = hr.Condor(tenor="14d", roll="4w@wed", listed="weekly", strike_step=5)


def test_between_an_expiry_and_an_entry_the_strip_is_worth_nothing() -> None:
    market = flat_market(spx={"2019-01-15": 2700.0})
    strip = WAITING.strip(market)
    dates = market.dates
    # decided on 2 January, 14 days on is a Wednesday, so it settles on Friday 18 January
    days = ["2019-01-18", "2019-01-31"]
    settled, entry = np.searchsorted(dates, np.array(days, dtype="datetime64[D]")).tolist()
    assert strip.mark[settled] < -50.0  # the payoff of what was sold, the index 10 % down
    for name in ("open", "delta", "gamma", "vega", "theta", "half_spread_open", "financing"):
        assert not getattr(strip, name)[settled + 1 : entry].any(), name
    assert not strip.mark[settled + 1 : entry + 1].any()
    assert strip.roll[entry]
    assert strip.open[entry] < 0.0


@pytest.mark.parametrize("sleeve", [WAITING, hr.Put(0.95, tenor="14d", roll="3w@tue+1")])
def test_both_carriages_make_the_same_of_it(sleeve) -> None:
    market = flat_market(spx={"2019-01-15": 2700.0, "2019-02-20": 2900.0})
    policy = hr.Policy([hr.Constant(1.0), hr.AtRoll()], raw=True)
    program = Program(
        [Line("line", sleeve, policy)], costs=hr.Costs.none(), execution=hr.Execution.ideal()
    )
    ground = prepare(
        market, sleeve, program.portfolio, costs=program.costs, lookback=program.lookback
    )
    swept = play("swept", policy, ground).columns["pnl"]
    assert trade(program, market).lines["line"]["pnl"] == pytest.approx(swept, abs=1e-6)
    assert np.count_nonzero(swept) > 20


def test_what_stands_with_the_index_is_replaced_before_it_expires() -> None:
    sleeve = hr.Put(0.95, tenor="14d", roll="4w@wed", covered=True, size=hr.Notional(1.0))
    strip = sleeve.strip(flat_market())
    assert (strip.open > 1_000.0).all()


@pytest.mark.parametrize(
    ("terms", "where"),
    [
        ({"listed": "daily"}, "listed"),
        ({"listed": "weekly", "tenor": "monthly"}, "listed"),
        ({"listed": "weekly", "settlement": "am"}, "settlement"),
        ({"roll": "4w@wed+9"}, "roll"),
    ],
)
def test_terms_that_do_not_fit_are_refused_by_name(terms, where) -> None:
    with pytest.raises(SleeveError) as error:
        hr.Put(**terms)
    assert error.value.where == where
