"""The plain put: its strip, and the same straight from the compiled loop."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.engine.pathwise import PlainGround, prepare_paths
from hedgerow.engine.run import prepare
from hedgerow.errors import SleeveError
from hedgerow.instruments.plain_put import FIELDS, PlainPut
from hedgerow.simulate.two_regimes import TwoRegimes

POLICY = hr.Policy([hr.Linear(low=12, high=30)], [hr.Level("vix")])
PUTS = [PlainPut(), PlainPut(1.0, 0.5, 21, 0.0, 0.0), PlainPut(0.8, 0.1, 5, 1.5, 0.02)]


@pytest.mark.parametrize("put", PUTS, ids=lambda put: f"{put.moneyness:g}-{put.every}")
def test_the_loop_gives_the_bars_of_each_path_to_1e_12(put: PlainPut) -> None:
    paths = TwoRegimes().paths(140, 100, seed=4)
    portfolio = hr.Equity(1e7, beta=0.9, equity_share=0.7)
    ground = prepare_paths(paths.ensemble(0, 140), put, portfolio)
    assert isinstance(ground, PlainGround)
    tape = ground.tape(POLICY)
    for path in (0, 77, 139):
        alone = prepare(paths.market(path), put, portfolio).tape(POLICY)
        lane = tape.lane(path)
        for name in alone.bars._fields:
            if name == "neutral":  # of plain puts in bulk no delta is kept
                continue
            one, other = getattr(alone.bars, name), getattr(lane.bars, name)
            assert (getattr(tape.bars, name).ndim == 2) == (name in FIELDS)
            scale = np.abs(one).max() if name != "gain" else 4_000.0 * 100.0
            np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-12 * scale, err_msg=name)


def test_prices_are_quantlibs() -> None:
    ql = pytest.importorskip("QuantLib")
    put = PlainPut()
    market = TwoRegimes().paths(1, 60, seed=2).market(0)
    strip = put.strip(market)
    for t in (0, 20, 41, 42, 60):
        day = market.dates[42 if t >= 42 else 0]
        strike = 0.9 * market["spx"][42 if t >= 42 else 0]
        years = put.years - (market.dates[t] - day).astype(int) / 365.0
        vol = market["vix"][t] / 100 * (1 + 0.9 * max(0.0, 1 - strike / market["spx"][t]))
        growth, discount = (np.exp(-r * years) for r in (0.018, 0.03))
        black = ql.BlackCalculator(
            ql.PlainVanillaPayoff(ql.Option.Put, strike),
            market["spx"][t] * growth / discount,
            vol * np.sqrt(years),
            discount,
        )
        assert strip.open[t] == pytest.approx(black.value(), rel=1e-10)
    assert np.flatnonzero(strip.roll).tolist() == [42]


def test_a_put_that_would_expire_is_refused() -> None:
    with pytest.raises(SleeveError, match="expires before"):
        PlainPut(years=0.1, every=42).strip(TwoRegimes().paths(1, 60, seed=2).market(0))
    with pytest.raises(SleeveError, match="sized by notional"):
        PlainPut(size=hr.Premium(0.01))
    with pytest.raises(SleeveError, match="no contract that could be traded"):
        PlainPut().roster(TwoRegimes().paths(1, 60, seed=2).market(0))
