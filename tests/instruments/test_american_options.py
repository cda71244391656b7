"""American options of a sleeve: QuantLib asked directly, limits, and when they are exercised."""

import sys

import numpy as np
import pytest
import QuantLib as ql

from hedgerow.core.market import Market
from hedgerow.errors import MissingExtraError, SleeveError
from hedgerow.instruments.american_options import NEAR
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Call, Condor, Put
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Notional
from instruments.synthetic_markets import make_market, sessions

FAR = {"tenor": "6m", "roll": "expiry", "exercise": "american", "size": Notional(1.0)}


def falling(rate=0.08, dividend=0.0, count=120, to=0.6):
    """An index that falls, or rises, steadily, at one volatility."""
    days = sessions(count, "2005-01-03")
    columns = {
        "spx": 1000.0 * np.linspace(1.0, to, count),
        "vix": np.full(count, 16.0),
        "rate": np.full(count, rate),
        "dividend_yield": np.full(count, dividend),
    }
    return Market(days.astype("datetime64[ns]"), columns)


def quantlib(spot, strike, days, vol, rate, dividend, call, *, exercise=True):
    """QuantLib's accurate scheme, or its European price, over the true number of days."""
    start, count = ql.Date(2, 1, 2150), ql.Actual365Fixed()
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(start, dividend, count)),
        ql.YieldTermStructureHandle(ql.FlatForward(start, rate, count)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(start, ql.NullCalendar(), vol, count)),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, strike)
    if exercise:
        option = ql.VanillaOption(payoff, ql.AmericanExercise(start, start + days))
        scheme = ql.QdFpAmericanEngine.accurateScheme()
        option.setPricingEngine(ql.QdFpAmericanEngine(process, scheme))
    else:
        option = ql.VanillaOption(payoff, ql.EuropeanExercise(start + days))
        option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    return option.NPV()


def told(sleeve, market):
    """Every contract held at every bar: terms for QuantLib, its path, and where on it."""
    roster, scene = sleeve.roster(market, costs=Costs.none()), Scene.of(market)
    days, call = market.dates.astype(int), isinstance(sleeve, Call)
    for t, number in enumerate(roster.held):
        (symbol,) = roster.basket(int(number)).symbols
        path = roster.path(symbol)
        at = t - path.first
        left, strike = int(path.expiry - days[t]), roster.strip.strike[t]
        vol = path.level[at] / 100.0
        terms = (scene.spot[t], strike, left, vol, scene.rate[t], scene.dividend[t], call)
        yield terms, path, at


@pytest.mark.parametrize(
    ("sleeve", "market"),
    [
        (Put(1.05, **FAR), falling(rate=0.06)),
        (Put(1.10, **FAR), make_market(90)),
        (Call(0.95, **FAR), falling(rate=0.01, dividend=0.05, to=1.3)),
    ],
)
def test_validation_price_and_greeks_are_quantlibs(sleeve, market):
    gained = 0
    for terms, path, at in list(told(sleeve, market))[::6]:
        spot, strike, left, vol, rate, dividend, call = terms
        value = quantlib(*terms)
        assert path.price[at] == pytest.approx(value, abs=5e-6 * strike)
        gained += path.price[at] > quantlib(*terms, exercise=False) + 1e-5 * strike
        step = 0.001 * spot
        up, down = (quantlib(spot + s, *terms[1:]) for s in (step, -step))
        assert path.delta[at] == pytest.approx((up - down) / (2.0 * step), abs=0.01)
        wild = quantlib(spot, strike, left, vol + 0.001, rate, dividend, call)
        calm = quantlib(spot, strike, left, vol - 0.001, rate, dividend, call)
        assert path.vega[at] == pytest.approx((wild - calm) / 0.2, abs=1e-5 * spot)
        if left > 1:
            later = quantlib(spot, strike, left - 1, vol, rate, dividend, call)
            assert path.theta[at] == pytest.approx(later - value, abs=2e-6 * spot)
    assert gained > 3


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(Call, {"dividend": 0.0, "rate": 0.05, "to": 1.4}), (Put, {"rate": 0.0, "dividend": 0.03})],
)
def test_where_waiting_costs_nothing_it_is_the_european_option(kind, fields):
    market = falling(**fields)
    strips = [
        kind(1.0, tenor="6m", roll="expiry", exercise=word, size=Notional(1.0)).strip(market)
        for word in ("american", "european")
    ]
    for name in ("open", "mark", "gain", "delta", "gamma", "vega", "theta", "open_cost"):
        american, european = (getattr(strip, name) for strip in strips)
        np.testing.assert_array_equal(american, european, name)
    assert strips[0].notes["early_exercises"] == []
    # and so says QuantLib, of the last bar
    terms, path, at = list(told(kind(1.0, **FAR), market))[-1]
    assert path.price[at] == pytest.approx(quantlib(*terms, exercise=False), abs=1e-9 * terms[1])


@pytest.mark.parametrize("lag", [0, 1])
@pytest.mark.parametrize("side", ["long", "short"])
def test_a_put_deep_in_the_money_at_a_high_rate_is_exercised_and_renewed(side, lag):
    market = falling()
    sleeve = Put(0.95, **{**FAR, "side": side})
    strip = sleeve.strip(market, lag=lag)
    dates = np.array(strip.notes["early_exercises"], dtype="datetime64[D]")
    early = np.flatnonzero(np.isin(market.dates, dates))
    assert 0 < len(early) == len(dates)
    np.testing.assert_array_equal(np.flatnonzero(strip.roll), early)
    spot, sign = market["spx"], 1.0 if side == "long" else -1.0
    for bar in early:
        assert strip.mark[bar] == sign * (strip.strike[bar - 1] - spot[bar])
        assert strip.half_spread_mark[bar] == 0.0
        assert strip.strike[bar] == pytest.approx(0.95 * spot[bar - lag])
        assert strip.expiry[bar - 1] > market.dates.astype(int)[bar]
        roster = sleeve.roster(market, lag=lag)
        path = roster.path(*roster.basket(int(roster.held[bar - 1])).symbols)
        at = bar - path.first
        assert path.exercised[at]
        assert (path.delta[at], path.gamma[at], path.price[at]) == (
            -1.0,
            0.0,
            sign * strip.mark[bar],
        )
        assert path.theta[at] == path.vega[at] == path.half_spread[at] == 0.0
    # at no bar before is the option worth no more than exercise brings, by the accurate scheme
    for terms, path, at in list(told(sleeve, market))[1 : early[0] : 5]:
        assert not path.exercised[at]
        assert quantlib(*terms) > max(terms[1] - terms[0], 0.0) + 0.5 * NEAR * terms[1]


def test_what_is_sold_is_the_mirror_of_what_is_held():
    market = falling()
    held, sold = (Put(0.95, **{**FAR, "side": side}).strip(market) for side in ("long", "short"))
    assert held.notes["early_exercises"] == sold.notes["early_exercises"] != []
    np.testing.assert_array_equal(held.gain, -sold.gain)
    np.testing.assert_array_equal(held.close_cost, sold.close_cost)


def test_calls_are_exercised_for_large_dividends():
    market = falling(rate=0.01, dividend=0.10, to=1.5)
    assert Call(0.95, **FAR).strip(market).notes["early_exercises"]
    assert not Call(0.95, **FAR).strip(falling(rate=0.05, to=1.5)).notes["early_exercises"]


def test_it_is_never_worth_less_than_the_european_option_or_exercise():
    market = make_market(300)
    terms = {"tenor": "6m", "roll": "expiry", "size": Notional(1.0)}
    american = Put(1.05, exercise="american", **terms).roster(market)
    for number in set(american.held.tolist()):
        (symbol,) = american.basket(number).symbols
        path = american.path(symbol)
        bars = slice(path.first, path.first + len(path.price))
        strike = float(symbol.split()[3])
        twin = Put(1.05, **terms).roster(market).path(symbol.removesuffix(" AMERICAN"))
        assert (path.price >= np.maximum(strike - market["spx"][bars], 0.0) - 1e-9).all()
        assert (path.price >= twin.price[path.first - twin.first :] - 1e-9).all()
        assert (path.price > twin.price[path.first - twin.first :] + 0.01).any()


def test_without_quantlib_the_sleeve_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "QuantLib", None)
    with pytest.raises(MissingExtraError, match=r"Mend: pip install 'hedgerow\[american\]'"):
        Put(1.1, **FAR).strip(falling())
    assert len(Put().strip(falling())) == 120


def test_its_terms_are_checked_and_named():
    with pytest.raises(SleeveError, match=r"exercise: 'bermudan' .* write european or american"):
        Put(exercise="bermudan")
    with pytest.raises(SleeveError, match="exercise: American options settle on the close"):
        Put(exercise="american", settlement="am")
    with pytest.raises(SleeveError, match="exercise: exercise would leave one of several"):
        Condor(exercise="american")
    assert Put(exercise="american").name == "put-90d-0.9-american"
