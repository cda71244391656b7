"""The condor of a real chain: chosen by its own quotes, sold at bids, bought at asks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.data.chain_files import read_chain, read_chains, sample
from hedgerow.data.chains import Chain
from hedgerow.errors import RangeError
from hedgerow.pricing.black import bsm
from hedgerow.report.condor import check_told, quote_told
from hedgerow.shortvol.condor import CondorRules
from hedgerow.shortvol.condor.checking import check
from hedgerow.shortvol.condor.quoting import quote

SPREAD = 0.2


def made(vol: float = 0.2, spot: float = 4500.0, days: int = 49) -> Chain:
    """Quotes of one Friday expiry at one volatility, 0.2 points either side of it."""
    like = sample()
    strike = np.arange(3500.0, 5600.0, 25.0)
    strike = np.concatenate([strike, strike])
    call = np.arange(len(strike)) < len(strike) // 2
    day = np.datetime64("2023-09-15") + days
    count = len(strike)
    none = np.full(count, np.nan)
    chain = replace(
        like,
        spot=spot,
        root=np.full(count, "SPXW"),
        expiry=np.full(count, day),
        strike=strike,
        call=call,
        bid=none,
        ask=none,
        last=none,
        volume=none,
        open_interest=none,
        iv=none,
        delta=none,
        gamma=none,
        theta=none,
        vega=none,
        traded=np.full(count, np.datetime64("NaT"), dtype="datetime64[s]"),
        row=np.arange(count),
    )
    price = bsm(spot, strike, chain.years, vol, 0.05, 0.015, call=call).price
    return replace(chain, bid=np.maximum(price - SPREAD, 0.0), ask=price + SPREAD)


def test_strikes_have_the_deltas_asked_for_and_the_credit_is_at_bid_and_ask():
    chain = made()
    found = quote(chain, CondorRules(0.16, 0.05, dte=45))
    assert found.expiry.date == dt.date(2023, 11, 3) == found.asked
    deltas = [leg.delta for leg in found.legs]
    assert deltas == pytest.approx([-0.05, -0.16, 0.16, 0.05], abs=0.012)
    assert [leg.vol for leg in found.legs] == pytest.approx([0.2] * 4, abs=1e-3)
    # four spreads of 0.4 points, half of each
    assert found.middle - found.credit == pytest.approx(4 * SPREAD)
    assert found.analysis.paid == pytest.approx(-100.0 * found.credit)
    low, high = found.analysis.break_evens.points[:2]
    assert low == pytest.approx(found.legs[1].strike - found.credit)
    assert high == pytest.approx(found.legs[2].strike + found.credit)
    assert found.modelled is None


def test_wings_by_width():
    found = quote(made(), CondorRules(wing_width=100, dte=45))
    wing, put, call, other = (leg.strike for leg in found.legs)
    assert put - wing == other - call == 100.0
    assert found.analysis.margin.requirement == pytest.approx(10_000.0)


def test_what_cannot_be_formed_says_why():
    chain = made()
    puts = chain.take(~chain.call)
    with pytest.raises(RangeError, match="0 strikes have a call and a put"):
        quote(puts, CondorRules(dte=45))
    with pytest.raises(RangeError, match="none is listed"):
        quote(chain, CondorRules(dte=200))
    near = chain.take(chain.strike > 4400.0)
    with pytest.raises(RangeError, match=r"no put is quoted near a delta of 0\.16"):
        quote(near, CondorRules(dte=45))


def test_american_options_are_refused():
    chain = replace(made(), root=np.full(len(made()), "SPY"), symbol="SPY")
    with pytest.raises(RangeError, match="exercised early"):
        quote(chain, CondorRules())


def test_the_greeks_are_those_of_the_quotes_volatility_in_bsm():
    chain = made()
    found = quote(chain, CondorRules(0.16, 0.05, dte=45))
    vega = 0.0
    for leg in found.legs:
        call = leg.name.startswith("call")
        one = bsm(4500.0, leg.strike, chain.years[0], 0.2, 0.05, 0.015, call=call)
        vega += leg.quantity * float(one.vega) / 100.0 * 100.0
    assert found.analysis.value.vega == pytest.approx(vega, rel=2e-3)


# ---- real chains ---------------------------------------------------------------------------------

CHAINS = [
    ("spx_cboe_2022-06-11.csv", "2022-07-29", 0.02),
    ("spx_cboe_2023-09-14.csv", "2023-11-03", 0.02),
    ("spx_yahoo_2026-01-30.csv", "2026-03-20", 0.10),
]


@pytest.mark.realdata
@pytest.mark.slow
def test_the_modelled_credit_is_within_a_tenth_of_the_quoted_one(real_data):
    market = hr.load(real_data)
    for name, expiry, most in CHAINS:
        found = quote(read_chain(real_data / "option_chains" / name), CondorRules(), market)
        assert str(found.expiry.date) == expiry
        assert 0.0 < found.credit < found.middle
        assert abs(found.error / found.middle) < most, name
        assert "modelled from VIX" in quote_told(found)


@pytest.mark.realdata
@pytest.mark.slow
def test_the_daily_contract_files_hold_no_condor_and_say_so(real_data):
    market = hr.load(real_data)
    for name, sessions in (("spx_contracts_2014_2015", 61), ("spx_contracts_2017", 96)):
        chains = read_chains(real_data / "option_chains" / f"{name}.csv")
        found = check(chains, CondorRules(), market)
        assert (found.sessions, len(found.condors), len(found.refused)) == (sessions, 0, sessions)
        assert len(found.contracts) > 100
        assert f"0 of {sessions} sessions quote" in check_told(found)
