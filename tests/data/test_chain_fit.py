"""Between fitted expiries: total variance and the logarithm of the forward are lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.data.chain_files import read_chain
from hedgerow.data.chain_fit import fit_chain
from hedgerow.errors import RangeError
from hedgerow.pricing.black import black76

TERMS = ((29, "231013", 0.20), (64, "231117", 0.24), (92, "231215", 0.22))
RATE, GROWTH = 0.05, 0.03


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    lines = ["option,bid,ask,date"]
    for days, code, vol in TERMS:
        forward = 4500.0 * np.exp(GROWTH * days / 365)
        for call, letter in ((True, "C"), (False, "P")):
            strike = np.arange(3500.0, 5501.0, 50.0)
            price = black76(forward, strike, days / 365, vol, RATE, call=call).price
            lines += [
                f"SPXW{code}{letter}{int(k * 1000):08d},{max(p - 0.01, 0):.4f},{p + 0.01:.4f},"
                "2023-09-14"
                for k, p in zip(strike, price, strict=True)
            ]
    path = tmp_path_factory.mktemp("chain") / "spx.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return fit_chain(read_chain(path))


def test_fitted_expiries_come_back(fitted):
    for time, (_, _, vol) in zip(fitted.time, TERMS, strict=True):
        assert fitted.vol([-0.05, 0.0, 0.05], time) == pytest.approx(vol, abs=1e-3)
        assert fitted.forward(time) == pytest.approx(4500.0 * np.exp(GROWTH * time), abs=0.2)
        assert fitted.rate(time) == pytest.approx(RATE, abs=2e-3)


def test_between_them_total_variance_is_a_line(fitted):
    near, far = fitted.time[:2]
    years = 0.4 * near + 0.6 * far
    total = 0.4 * 0.20**2 * near + 0.6 * 0.24**2 * far
    assert fitted.vol(0.0, years) == pytest.approx(np.sqrt(total / years), abs=1e-3)
    assert fitted.forward(years) == pytest.approx(4500.0 * np.exp(GROWTH * years), abs=0.2)


def test_outside_them_volatility_stays(fitted):
    assert fitted.vol(0.0, 1 / 365) == pytest.approx(0.20, abs=1e-3)
    assert fitted.vol(0.0, 2.0) == pytest.approx(0.22, abs=1e-3)
    with pytest.raises(RangeError, match="0 years to expiry"):
        fitted.vol(0.0, 0.0)


@given(st.floats(0.01, 0.4), st.floats(0.01, 0.4), st.floats(-0.2, 0.2))
def test_total_variance_never_falls_with_maturity(fitted, one, other, k):
    early, late = sorted((one, other))
    first, second = (fitted.vol(k, t) ** 2 * t for t in (early, late))
    assert second >= first - 1e-9


@pytest.mark.realdata
@pytest.mark.slow
def test_an_expiry_left_out_is_found_again_by_its_neighbours(real_data):
    """The chain of 2023-09-14 without its expiry of 50 days, read off the others."""
    found = fit_chain(read_chain(real_data / "option_chains/spx_cboe_2023-09-14.csv"), days=40)
    weekly = found.slices[2]  # 2023-11-03, 50 days
    kept = type(found)(
        found.expiries[:2] + found.expiries[3:],
        found.parities[:2] + found.parities[3:],
        found.slices[:2] + found.slices[3:],
        found.left_out,
        found.quality,
        found.arbitrage,
    )
    quotes = weekly.quotes
    near = np.abs(quotes.log_moneyness) < 0.1
    off = kept.vol(quotes.log_moneyness[near], quotes.time) - quotes.mid[near]
    assert np.abs(off).mean() < 0.003
    assert kept.forward(quotes.time) == pytest.approx(quotes.forward, rel=5e-4)
