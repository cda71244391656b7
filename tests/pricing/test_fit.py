"""Smiles through made-up quotes: they come back, and no arbitrage is left."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.errors import RangeError
from hedgerow.pricing.black import black76
from hedgerow.pricing.board import Board
from hedgerow.pricing.fit import Quotes, arbitrage, fit_surface, quotes
from hedgerow.pricing.parity import parity
from hedgerow.pricing.smile import Smile
from hedgerow.pricing.svi import Svi


def part(time, vol, half=0.001, forward=4500.0, count=81, reach=4.0):
    k = np.linspace(-reach, 0.5 * reach, count) * 0.2 * np.sqrt(time)
    mid = vol(k, time)
    strike = forward * np.exp(k)
    return Quotes(time, forward, 1.0, strike, k >= 0.0, mid - half, mid + half, mid)


SMILE = Smile(rho=-0.6)


def ssvi(k, time):
    return np.sqrt(SMILE.total_variance(k, 0.04 * time, 1.1) / time)


def test_a_surface_of_ssvi_comes_back():
    parts = [part(days / 365, ssvi) for days in (7, 14, 30, 90, 365)]
    made = fit_surface(parts)
    for one in made:
        assert one.inside.all()
        assert np.max(np.abs(one.error)) < 5e-4
    assert arbitrage(made).free


def test_a_smile_that_falls_is_lifted():
    def flat(level):
        return lambda k, time: np.full_like(k, level)

    made = fit_surface([part(0.10, flat(0.30)), part(0.11, flat(0.20))])
    left = arbitrage(made)
    assert left.free
    assert left.calendar >= 0.0
    # the second lies on the first where its quotes would cost a calendar
    assert made[1].smile.total_variance(0.0) >= made[0].smile.total_variance(0.0)


def test_butterflies_in_the_quotes_do_not_reach_the_fit():
    def spiked(k, time):
        return 0.2 + 0.1 * np.exp(-((k / 0.01) ** 2))

    made = fit_surface([part(0.1, spiked)])
    assert arbitrage(made).free


def test_an_outlier_moves_nothing():
    clean = part(0.1, ssvi)
    mid = clean.mid.copy()
    mid[30] += 0.15
    dirty = Quotes(clean.time, 4500.0, 1.0, clean.strike, clean.call, mid - 0.001, mid + 0.001, mid)
    (made,) = fit_surface([dirty])
    assert np.median(np.abs(made.smile.vol(clean.log_moneyness, 0.1) - clean.mid)) < 5e-4


def test_quotes_are_those_out_of_the_money():
    strike = np.arange(3000.0, 6000.0, 25.0)
    call = black76(4500.0, strike, 0.1, 0.2, 0.05, call=True).price
    put = black76(4500.0, strike, 0.1, 0.2, 0.05).price
    board = Board.of(0.1, strike, call - 0.01, call + 0.01, put - 0.01, put + 0.01)
    found = quotes(board, parity(board))
    assert (found.call == (found.strike >= found.forward)).all()
    assert found.mid == pytest.approx(0.2, abs=2e-3)
    assert (found.bid <= found.mid).all()
    assert (found.mid <= found.ask).all()


def test_mistakes_are_told():
    with pytest.raises(RangeError, match="6 are needed"):
        fit_surface([part(0.1, ssvi, count=5)])
    with pytest.raises(RangeError, match="order of time"):
        fit_surface([part(0.2, ssvi), part(0.1, ssvi)])


def test_density_against_finite_differences_of_prices():
    smile = Svi(0.00412, -0.012, np.array([0.02]), np.array([0.01]), np.array([0.05]))
    k, h = np.linspace(-0.3, 0.3, 13), 1e-4
    strike = np.exp(k)

    def price(k):
        return black76(1.0, np.exp(k), 1.0, np.sqrt(smile.total_variance(k)), call=True).price

    # d²C/dK² = n(d2)·g/(K√w)
    up, down = np.log(strike + h), np.log(strike - h)
    curve = (price(up) - 2.0 * price(k) + price(down)) / h**2
    w = smile.total_variance(k)
    d2 = -k / np.sqrt(w) - 0.5 * np.sqrt(w)
    bell = np.exp(-0.5 * d2**2) / np.sqrt(2.0 * np.pi)
    assert bell * smile.density(k) / (strike * np.sqrt(w)) == pytest.approx(
        curve, rel=1e-3, abs=1e-4
    )
    assert smile.wings == pytest.approx((0.032, 0.008))


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["spx_cboe_2022-06-11", "spx_cboe_2023-09-14", "spx_yahoo_2026-01-30"]
)
def test_real_spx_chains(real_data, name):
    from hedgerow.data.chain_files import read_chain
    from hedgerow.data.chain_fit import fit_chain

    found = fit_chain(read_chain(real_data / "option_chains" / f"{name}.csv"))
    assert len(found.slices) >= 40
    assert found.arbitrage.free
    for row in found.errors():
        assert row["in_half_spreads"] < 1.0, row  # the median error is inside the spread
        assert row["inside"] > 0.5, row
