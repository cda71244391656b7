"""American chains: parity at a rate that is given or assumed, never read from the slope."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.data.chain_files import read_chain
from hedgerow.data.chain_fit import fit_chain
from hedgerow.data.chain_parity import AMERICAN_RATE, chain_parity
from hedgerow.data.chain_quality import screen
from hedgerow.pricing.american import american
from hedgerow.pricing.black import bsm


def chain_of(tmp_path, root, price, spot=450.0, rate=0.05):
    """Three months of a stock index fund, prices a cent wide."""
    strike = np.arange(350.0, 551.0, 5.0)
    lines = ["option,bid,ask,date,spot"]
    for call, letter in ((True, "C"), (False, "P")):
        middle = np.round(price(spot, strike, 92 / 365, 0.2, rate, 0.015, call=call), 2)
        lines += [
            f"{root}231215{letter}{int(k * 1000):08d},{p:.2f},{p + 0.01:.2f},2023-09-14,{spot}"
            for k, p in zip(strike, middle, strict=True)
        ]
    path = tmp_path / f"{root.lower()}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return read_chain(path)


def test_european_quotes_tell_the_rate(tmp_path):
    chain = chain_of(tmp_path, "SPXW", lambda *a, **k: bsm(*a, **k).price)
    found = chain_parity(chain, chain.expiries[0])
    assert found.rate == pytest.approx(0.05, abs=0.003)
    assert "rate-assumed" not in {row.rule for row in screen(chain)[1]}


def test_american_quotes_do_not(tmp_path):
    chain = chain_of(tmp_path, "SPY", american)
    expiry = chain.expiries[0]
    assert chain_parity(chain, expiry).rate == AMERICAN_RATE
    assert chain_parity(chain, expiry, rate=0.05).rate == 0.05
    assert "rate-assumed" in {row.rule for row in screen(chain)[1]}
    assert "rate-assumed" not in {row.rule for row in screen(chain, rate=0.05)[1]}
    # the puts' right to early exercise draws the forward down, by a tenth of a percent
    forward = 450.0 * np.exp((0.05 - 0.015) * 92 / 365)
    assert 0.9985 < chain_parity(chain, expiry, rate=0.05).forward / forward < 1.0
    # and the volatilities out of the money come back
    fitted = fit_chain(chain, rate=0.05).slices[0]
    assert np.median(np.abs(fitted.quotes.mid - 0.2)) < 0.002


@pytest.mark.realdata
@pytest.mark.slow
def test_real_spy_fits_inside_the_spread(real_data):
    found = fit_chain(read_chain(real_data / "option_chains/spy_cboe_2023-09-14.csv"), rate=0.053)
    assert found.arbitrage.free
    assert all(row["in_half_spreads"] < 1.0 for row in found.errors())
