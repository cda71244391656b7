"""What an option of the morning is settled at, and where that number came from."""

import numpy as np
import pytest

from hedgerow.core.expiry import third_friday
from hedgerow.core.over_the_counter import OtcOption, parse_option
from hedgerow.errors import SleeveError
from hedgerow.instruments.options import Call, Condor, Put
from hedgerow.instruments.sizes import Notional
from hedgerow.instruments.vix_options import VixCall
from instruments.synthetic_markets import make_market

PLAIN = make_market(400)
FRIDAYS = np.flatnonzero(
    np.isin(PLAIN.dates, third_friday(np.arange("2003-01", "2005-06", dtype="M8[M]")))
)
MONTHLY = {"tenor": "monthly", "roll": "expiry"}


def world(**columns):
    """The market with no mornings but those given by bar."""
    made = {name: np.full(len(PLAIN), np.nan) for name in ("spx_open", "spx_soq")}
    for name, values in columns.items():
        for bar, value in values.items():
            made[name][bar] = value
    return PLAIN.with_columns(made)


@pytest.mark.parametrize("lag", [0, 1])
def test_special_quotation_then_first_print_then_close(lag):
    spot, (a, b, c, *_) = PLAIN["spx"], FRIDAYS
    soq = {a: 0.95 * spot[a]}
    market = world(spx_soq=soq, spx_open={a: 0.90 * spot[a], b: 0.93 * spot[b]})
    strip = Put(1.05, settlement="am", **MONTHLY).strip(market, lag=lag)
    level = spot.copy()
    level[[a, b]] = 0.95 * spot[a], 0.93 * spot[b]
    for bar in (a, b, c):
        assert strip.roll[bar]
        paid = max(strip.strike[bar - 1] - level[bar], 0.0)
        assert strip.mark[bar] == pytest.approx(paid, abs=1e-9)
        assert strip.half_spread_mark[bar] == 0.0
        # what is bought at that bar is bought at its close
        assert strip.next_notional[bar] == pytest.approx(100.0 * spot[bar])
    counts = strip.notes["settlements"]
    assert counts == {"special quotation": 1, "first print": 1, "close": len(FRIDAYS) - 2}
    assert sum(strip.notes["settlements_share"].values()) == pytest.approx(1.0)
    assert "no special quotation" in strip.notes["settlement"]


def test_without_mornings_it_is_the_option_of_the_close():
    morning, evening = (
        Call(1.0, settlement=word, **MONTHLY).strip(world()) for word in ("am", "pm")
    )
    np.testing.assert_array_equal(morning.gain, evening.gain)
    assert morning.notes["settlements_share"]["close"] == 1.0
    assert evening.notes["settlement"] == "on the close"


def test_a_morning_is_looked_at_where_an_option_expires_and_nowhere_else():
    spot = PLAIN["spx"]
    others = np.setdiff1d(np.arange(len(PLAIN)), FRIDAYS)
    noise = world(spx_open={bar: 0.9 * spot[bar] for bar in others})
    sleeve = Put(1.0, settlement="am", **MONTHLY)
    np.testing.assert_array_equal(sleeve.strip(noise).gain, sleeve.strip(world()).gain)
    moved = world(spx_soq={FRIDAYS[3]: 0.9 * spot[FRIDAYS[3]]})
    changed = np.flatnonzero(sleeve.strip(moved).gain != sleeve.strip(world()).gain)
    np.testing.assert_array_equal(changed, FRIDAYS[3:4])


def test_rolled_before_expiry_the_morning_does_not_matter_and_the_eve_is_the_last_day():
    market = world(spx_soq={bar: 0.8 * PLAIN["spx"][bar] for bar in FRIDAYS})
    morning, evening = (
        Put(tenor="30d", roll="dte:2", settlement=word).strip(market) for word in ("am", "pm")
    )
    np.testing.assert_array_equal(morning.gain, evening.gain)
    out = np.flatnonzero(morning.roll)
    assert (morning.expiry[out - 1] > market.dates.astype(int)[out]).all()


def test_first_prints_that_hardly_move_are_left_out_and_counted():
    spot = PLAIN["spx"]
    before = np.r_[spot[0], spot[:-1]]
    for share, taken in ((0.0, False), (0.25, False), (0.40, True), (1.0, True)):
        prints = before * (spot / before) ** share
        market = PLAIN.with_columns({"spx_open": prints, "spx_soq": np.full(400, np.nan)})
        notes = Put(settlement="am", **MONTHLY).strip(market).notes
        counts, left_out = notes["settlements"], notes["stale_first_prints_left_out"]
        assert counts["first print"] + left_out == sum(counts.values())
        assert counts["close"] == left_out
        if taken:
            assert left_out == 0
        else:  # the first sixty sessions cannot be judged
            assert counts["first print"] <= np.sum(FRIDAYS <= 60)
            assert left_out >= np.sum(FRIDAYS > 61)


def test_whether_prints_move_is_judged_by_the_sessions_before():
    spot = PLAIN["spx"]
    prints = np.r_[spot[0], spot[:-1]]
    market = PLAIN.with_columns({"spx_open": prints, "spx_soq": np.full(400, np.nan)})
    lively = market.with_columns({"spx_open": np.where(np.arange(400) < 300, prints, 1.02 * spot)})
    sleeve = Put(1.0, settlement="am", **MONTHLY)
    one, other = sleeve.strip(market).gain, sleeve.strip(lively).gain
    np.testing.assert_array_equal(one[:300], other[:300])


@pytest.mark.parametrize("index", ["spx", "ndx", "rut"])
def test_contracts_have_the_roots_of_the_morning(index):
    market = PLAIN.with_columns(dict.fromkeys(("ndx", "rut"), PLAIN["spx"]))
    listed = Condor(strike_step=5, settlement="am", index=index, size=Notional(1.0))
    basket = listed.roster(market).basket(2)
    assert {symbol[:6].strip() for symbol in basket.symbols} == {index.upper()}
    (exact,) = Put(settlement="am", index=index).roster(market).basket(2).symbols
    assert isinstance(parse_option(exact), OtcOption)
    assert exact.endswith(" AM")


def test_the_contract_of_the_other_time_is_foreign():
    morning, evening = (
        Put(strike_step=5, settlement=word, **MONTHLY).roster(PLAIN) for word in ("am", "pm")
    )
    for own, other in ((morning, evening), (evening, morning)):
        (symbol,) = other.basket(1).symbols
        with pytest.raises(SleeveError, match=symbol):
            own.path(symbol)


def test_its_terms_are_checked_and_named():
    with pytest.raises(SleeveError, match=r"settlement: 'noon' is not .* Mend: write pm or am"):
        Put(settlement="noon")
    with pytest.raises(SleeveError, match=r"settlement: only listed .* Mend: write listed = true"):
        Put(settlement="am", listed=False)
    assert Put(settlement="am", **MONTHLY).name == "put-monthly-0.9-am"
    with pytest.raises(TypeError):
        VixCall(settlement="pm")  # it settles with its future
