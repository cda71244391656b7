"""American chains: parity at a rate that is given or assumed, never read from the slope."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from hedgerow.core.contract import OptionContract
from hedgerow.data.chain_american import as_european, board_and_parity
from hedgerow.data.chain_files import read_chain
from hedgerow.data.chain_fit import fit_chain
from hedgerow.data.chain_parity import AMERICAN_RATE, chain_parity
from hedgerow.data.chain_quality import screen
from hedgerow.instruments.structure import Position, Structure
from hedgerow.pricing.american import american
from hedgerow.pricing.black import bsm
from hedgerow.research.states import of_chain


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
    # taken off, forward and volatilities are those that made the quotes
    _, found = as_european(chain.board(expiry), chain.spot, 0.05)
    assert found.forward == pytest.approx(forward, abs=0.03)
    fitted = fit_chain(chain, rate=0.05).slices[0]
    near = np.abs(fitted.quotes.log_moneyness) < 0.15
    assert np.max(np.abs(fitted.quotes.mid[near] - 0.2)) < 0.001


def test_without_quantlib_american_quotes_stay_as_they_are(tmp_path, monkeypatch):
    chain = chain_of(tmp_path, "SPY", american)
    monkeypatch.setitem(sys.modules, "QuantLib", None)
    board, found = board_and_parity(chain, chain.expiries[0], 0.05)
    assert (board.put_bid == chain.board(chain.expiries[0]).put_bid).all()
    assert found.forward == chain_parity(chain, chain.expiries[0], rate=0.05).forward


@pytest.mark.realdata
@pytest.mark.slow
def test_real_spy_fits_inside_the_spread(real_data):
    found = fit_chain(read_chain(real_data / "option_chains/spy_cboe_2023-09-14.csv"), rate=0.053)
    assert found.arbitrage.free
    assert all(row["in_half_spreads"] < 1.0 for row in found.errors())


@pytest.mark.realdata
@pytest.mark.slow
def test_real_american_puts_are_priced_back_into_their_spreads(real_data):
    chain = read_chain(real_data / "option_chains/spy_cboe_2023-09-14.csv")
    fitted = fit_chain(chain, rate=0.053)
    for text, strike in (("231215", 450), ("231215", 440), ("240621", 450), ("240621", 440)):
        option = OptionContract.parse(f"SPY{text}P{strike * 1000:08d}")
        structure = Structure("put", (Position(1.0, option),))
        price = float(structure.price(of_chain(fitted, chain, structure).state)) / 100.0
        row = (chain.expiry == np.datetime64(option.expiry)) & (chain.strike == strike)
        row &= ~chain.call
        assert chain.bid[row][0] <= price <= chain.ask[row][0]
