"""H15: trades that parity pays are found, priced to the cent, and none is invented."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from hedgerow.data.chain_files import read_chain
from hedgerow.data.chains import Expiry
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.pricing.american import american
from hedgerow.pricing.black import black76
from hedgerow.research.parity_scan import Terms, scan
from hedgerow.research.vx_parity import quoted, vx_bounds

DAY = "2023-09-14"
RATE = 0.05
DECEMBER = Expiry(dt.date(2023, 12, 15), False)


def chain_of(tmp_path, quotes, name="chain.csv", spot="", traded=None):
    """A chain of contracts: symbol → (bid, ask)."""
    lines = ["option,bid,ask,date,spot,last_trade_time"]
    for symbol, (bid, ask) in quotes.items():
        when = (traded or {}).get(symbol, f"{DAY}T15:59:00")
        lines.append(f"{symbol},{bid:.4f},{ask:.4f},{DAY},{spot},{when}")
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return read_chain(path)


def european(root="SPXW", code="231215", days=92.0, vol=0.2, half=0.2, strikes=None):
    """Quotes of an index at 4500 whose forward is 4540, half a spread each side."""
    quotes = {}
    for strike in np.arange(4000.0, 5001.0, 50.0) if strikes is None else strikes:
        for call, letter in ((True, "C"), (False, "P")):
            price = float(black76(4540.0, strike, days / 365, vol, RATE, call=call).price)
            symbol = f"{root}{code}{letter}{int(strike * 1000):08d}"
            quotes[symbol] = (max(price - half, 0.0), price + half)
    return quotes


def moved(quotes, symbol, by):
    return {**quotes, symbol: tuple(price + by for price in quotes[symbol])}


def test_h15_fair_quotes_hold_no_trade(tmp_path):
    found = scan(chain_of(tmp_path, european()))
    assert found.candidates == ()
    assert (found.expiries, found.pairs, found.stale) == (1, 21, 0)
    # four half-spreads of 0.2 on USD 100, four fees: financing can only make it worse
    assert found.nearest is not None
    assert -150.0 < found.nearest.net < -84.0


def test_h15_a_box_is_found_and_priced_to_the_cent(tmp_path):
    chain = chain_of(tmp_path, moved(european(), "SPXW231215C04300000", 3.0))
    terms = Terms(rate=RATE, financing=0.0025)
    (found,) = scan(chain, terms).candidates
    assert found.kind == "box"
    assert found.legs[:2] == ("sell the 4300 call", "buy the 4300 put")
    bought = float(found.legs[2].split()[2])
    time = chain.time_to(DECEMBER)
    wide = 4300.0 - bought
    fair = wide * np.exp(-RATE * 92 / 365)
    paid = wide * np.exp(-(RATE + np.sign(wide) * 0.0025) * time)
    # three points too dear, four half-spreads, and what financing at our rates takes
    assert found.edge == pytest.approx(3.0 - 4 * 0.2 - (fair - paid), abs=2e-3)
    assert found.net == pytest.approx(100.0 * found.edge - 4.0)
    assert found.fees == 4.0
    # dearer money and dearer fees take it away
    assert scan(chain, Terms(rate=RATE, costs=Costs(option_fee=60.0))).candidates == ()


def test_h15_no_option_stands_in_two_boxes(tmp_path):
    quotes = moved(european(), "SPXW231215C04300000", 4.0)
    quotes = moved(quotes, "SPXW231215P04800000", 4.0)
    found = scan(chain_of(tmp_path, quotes), Terms(rate=RATE)).candidates
    assert found
    strikes = [leg.split()[2] for one in found for leg in (one.legs[0], one.legs[2])]
    assert len(set(strikes)) == len(strikes)


def test_h15_stale_quotes_are_set_aside(tmp_path):
    symbol = "SPXW231215C04300000"
    quotes = moved(european(), symbol, 30.0)
    fresh = scan(chain_of(tmp_path, quotes))
    old = scan(chain_of(tmp_path, quotes, traded={symbol: "2023-08-01T10:00:00"}))
    assert len(fresh.candidates) == 1
    assert (len(old.candidates), old.stale) == (0, 1)


@pytest.mark.parametrize("strikes", [(4500.0, 4600.0), (4500.0, 4550.0, 4600.0)])
def test_h15_few_pairs_do_not_make_their_own_rate(tmp_path, strikes):
    # of two pairs one is mispriced: their line would be a rate of 56 %, and no box at all
    few = european(code="231115", days=62.0, strikes=strikes)
    few = moved(few, "SPXW231115C04500000", -12.0)
    chain = chain_of(tmp_path, european() | few)
    (found,) = scan(chain).candidates
    (told,) = scan(chain, Terms(rate=RATE)).candidates
    assert found.legs == told.legs
    assert found.net == pytest.approx(told.net, rel=0.02)
    assert found.net > 1000.0


@pytest.mark.parametrize(("price", "kind"), [(4530.0, "conversion"), (4550.0, "reversal")])
def test_h15_a_future_off_the_forward(tmp_path, price, kind):
    chain = chain_of(tmp_path, european())
    found = scan(chain, Terms(rate=RATE), {DECEMBER: (price - 0.25, price + 0.25)}).candidates
    assert {one.kind for one in found} == {kind}
    # ten points at expiry, less the future's and two options' half-spreads; at the strike of the
    # future nothing has to be financed
    best = 9.75 * np.exp(-RATE * 92 / 365) - 2 * 0.2
    assert found[0].edge == pytest.approx(best, abs=0.35)
    assert found[0].edge <= best + 1e-3
    assert scan(chain, Terms(rate=RATE), {DECEMBER: (4539.0, 4541.0)}).candidates == ()


def shares(tmp_path, spot, move=None, dividends=0.0):
    quotes = {}
    for strike in np.arange(400.0, 501.0, 10.0):
        for call, letter in ((True, "C"), (False, "P")):
            price = float(american(450.0 - dividends, strike, 92 / 365, 0.2, RATE, call=call))
            quotes[f"SPY231215{letter}{int(strike * 1000):08d}"] = (price - 0.01, price + 0.01)
    return chain_of(tmp_path, moved(quotes, *move) if move else quotes, spot=spot)


def test_h15_shares_american_conversion_at_its_worst(tmp_path):
    assert scan(shares(tmp_path, 450.0), Terms(rate=RATE, dividends={})).candidates == ()
    chain = shares(tmp_path, 450.0, ("SPY231215C00450000", 1.0))
    (found,) = scan(chain, Terms(rate=RATE, financing=0.0, dividends={})).candidates
    assert found.kind == "conversion"
    time = chain.time_to(DECEMBER)
    call = 1.0 + float(american(450.0, 450.0, 92 / 365, 0.2, RATE, call=True)) - 0.01
    put = float(american(450.0, 450.0, 92 / 365, 0.2, RATE)) + 0.01
    worst = 450.0 * np.exp(-RATE * time) - (450.0 * 1.0001 + put - call)
    assert found.edge == pytest.approx(worst, abs=1e-3)


def test_h15_shares_are_sold_short_only_where_dividends_are_known(tmp_path):
    # the put is dear by more than early assignment can cost
    chain = shares(tmp_path, 450.0, ("SPY231215P00450000", 8.0))
    assert scan(chain, Terms(rate=RATE)).candidates == ()
    (found,) = scan(chain, Terms(rate=RATE, dividends={})).candidates
    paid = {dt.date(2023, 9, 14): 9.0, dt.date(2023, 9, 15): 1.5, dt.date(2023, 12, 18): 9.0}
    (less,) = scan(chain, Terms(rate=RATE, dividends=paid)).candidates
    assert found.kind == less.kind == "reversal"
    # only ex-dates after the quotes and up to expiry are owed
    assert found.edge - less.edge == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: Terms(financing=-0.01), "financing"),
        (lambda: Terms(rate=float("nan")), "rate"),
        (lambda: Terms(dividends={dt.date(2023, 9, 15): -1.0}), "dividend of 2023-09-15"),
    ],
)
def test_h15_terms_that_cannot_be(make, where):
    with pytest.raises(RangeError) as error:
        make()
    assert error.value.where == where


def test_h15_shares_are_not_bought_on_credit_of_unknown_rate(tmp_path):
    chain = shares(tmp_path, 450.0, ("SPY231215C00450000", 20.0))
    unknown = scan(chain)
    assert (unknown.candidates, unknown.nearest) == ((), None)
    assert scan(chain, Terms(rate=RATE)).candidates


def test_h15_futures_that_cannot_be(tmp_path):
    with pytest.raises(RangeError, match="options on SPY are American"):
        scan(shares(tmp_path, 450.0), futures={DECEMBER: (4540.0, 4540.0)})
    chain = chain_of(tmp_path, european())
    with pytest.raises(RangeError, match="no options expire"):
        scan(chain, futures={Expiry(dt.date(2023, 12, 16), False): (4540.0, 4540.0)})
    with pytest.raises(RangeError, match="asked"):
        scan(chain, futures={DECEMBER: (4541.0, 4540.0)})


@pytest.fixture
def terms_of_variance(tmp_path):
    """Weekly expiries around 2023-10-18 and thirty days on, flat at 20 %, tight quotes."""
    quotes = {}
    for code, days in (("231017", 33), ("231018", 34), ("231117", 64), ("231120", 67)):
        strikes = np.arange(2000.0, 9001.0, 20.0)
        quotes |= european(code=code, days=days, half=0.02, strikes=strikes)
    return chain_of(tmp_path, quotes)


def test_h15_a_future_above_forward_variance_pays_whatever_vix_becomes(terms_of_variance):
    settles = dt.date(2023, 10, 18)
    (found,) = vx_bounds(terms_of_variance, {settles: 21.0})
    assert found.forward == pytest.approx(20.0, abs=0.1)
    assert found.bid < found.forward < found.ask
    assert found.convexity == pytest.approx(found.forward - 21.0)
    assert np.isnan(found.vol)
    assert found.net > 0.0
    # what is locked in is the least of all outcomes, at V = F; fees are a small part
    sold = 21.0 - 0.025
    ends = np.linspace(5.0, 90.0, 2001)
    outcome = 1000.0 * (sold - ends) + 1000.0 / (2 * sold) * (ends**2 - found.ask**2)
    assert outcome.min() == pytest.approx(1000.0 * (sold**2 - found.ask**2) / (2 * sold), abs=1.0)
    assert 0.0 < outcome.min() - found.net < 100.0


def test_h15_convexity_is_the_variance_of_the_future(terms_of_variance):
    settles = dt.date(2023, 10, 18)
    (found,) = vx_bounds(terms_of_variance, {settles: 18.0})
    assert found.net < 0.0
    # lognormal V with mean F and this volatility has the forward variance as mean square
    draws = np.random.default_rng(7).standard_normal(400_000)
    years = (34 - 6.75 / 24) / 365
    spread = found.vol * np.sqrt(years)
    value = 18.0 * np.exp(spread * draws - spread**2 / 2)
    assert np.sqrt(np.mean(value**2)) == pytest.approx(found.forward, rel=5e-3)
    assert vx_bounds(terms_of_variance, {dt.date(2024, 3, 20): 18.0}) == ()
    with pytest.raises(RangeError, match="a future at 0"):
        vx_bounds(terms_of_variance, {settles: 0.0})


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["spx_cboe_2022-06-11", "spx_cboe_2023-09-14"])
def test_h15_real_futures_lie_under_forward_variance(real_data, name):
    from hedgerow import api

    chain = read_chain(real_data / f"option_chains/{name}.csv")
    market = api.load(real_data, start="2022-01-01")
    futures, vix = quoted(market, chain.date)
    found = vx_bounds(chain, futures, vix=vix)
    assert len(found) >= 6
    later = [one for one in found if (one.settlement - chain.date).days > 7]
    assert all(one.convexity > 0.0 and one.net < 0.0 for one in later)
    # the convexity of a month or two implies a volatility of VIX of VVIX's order
    assert all(0.5 < one.vol < 1.2 for one in later[:2])


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["spx_cboe_2022-06-11", "spx_cboe_2023-09-14"])
def test_h15_real_closing_quotes_hold_no_box(real_data, name):
    found = scan(read_chain(real_data / f"option_chains/{name}.csv"))
    assert found.candidates == ()
    assert found.pairs > 8000
    assert found.nearest is not None


def test_h15_quoted_needs_a_session_with_futures(builtin):
    with pytest.raises(RangeError, match="no session on 2020-03-21"):
        quoted(builtin, dt.date(2020, 3, 21))
    with pytest.raises(RangeError, match="no VIX future on 2020-03-20"):
        quoted(builtin, dt.date(2020, 3, 20))
