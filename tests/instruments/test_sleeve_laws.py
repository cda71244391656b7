"""The laws that every sleeve obeys, one class of tests for all of them."""

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest

from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.catalog import SLEEVES
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import SIZES
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from instruments.synthetic_markets import make_market
from sleeves import EVERY, EXAMPLES, label

COLUMNS = [
    f.name for f in fields(Strip) if f.name not in {"name", "times", "multiplier", "fee", "notes"}
]
MARKETS = {
    "plain": make_market(700),
    "futures": make_market(700, seed=4, futures=True, term=True),
}


def changes(strip):
    """Bars at which the contract carried out is not the one carried in, wholly or in part."""
    return strip.roll | (strip.shift > 0.0)


_laid = {}


def laid(sleeve, world, lag):
    """The strip of a sleeve on one of the markets, made once: nobody can write to it."""
    key = id(sleeve), id(world), lag
    if key not in _laid:
        _laid[key] = sleeve.strip(world, lag=lag)
    return _laid[key]


@pytest.fixture(params=list(MARKETS))
def world(request):
    return MARKETS[request.param]


@pytest.fixture(params=[0, 1], ids="lag{}".format)
def lag(request):
    return request.param


@pytest.fixture(params=EVERY, ids=label)
def sleeve(request):
    return request.param


def test_every_registered_sleeve_is_tested_here():
    for kind in SLEEVES:
        assert kind in EXAMPLES, f"add an entry for '{kind}' to tests/sleeves.py:EXAMPLES"
    for kind, many in EXAMPLES.items():
        assert kind in SLEEVES, f"'{kind}' is in tests/sleeves.py but not in the catalogue"
        assert {sleeve.kind for sleeve in many} == {kind}, f"EXAMPLES['{kind}'] needs {kind}s"
    assert {sleeve.size.kind for sleeve in EVERY} == set(SIZES)


class TestEverySleeve:
    def test_rows_never_change_when_the_future_arrives(self, sleeve, world, lag):
        whole = laid(sleeve, world, lag)
        bars = {*range(10), *range(10, 70, 3), *range(100, 700, 61)}
        for t in sorted(bars | set(np.flatnonzero(whole.roll)[:8].tolist())):
            early = sleeve.strip(world.until(t), lag=lag)
            for name in COLUMNS:
                a, b = getattr(early, name), getattr(whole, name)[: t + 1]
                if not np.array_equal(a, b):  # which is much the quicker
                    np.testing.assert_allclose(
                        a.astype(float), b.astype(float), rtol=1e-12, atol=0, err_msg=f"{name}, {t}"
                    )

    def test_columns_are_whole_finite_and_closed(self, sleeve, world, lag):
        strip = laid(sleeve, world, lag)
        for name in COLUMNS:
            column = getattr(strip, name)
            assert column.shape == (len(world),), name
            assert not column.flags.writeable, name
            if name not in {"strike", "expiry", "next_loss"}:
                assert np.isfinite(column.astype(float)).all(), name

    def test_the_greatest_loss_is_positive_or_has_no_limit(self, sleeve, world, lag):
        loss = laid(sleeve, world, lag).next_loss
        limited = np.isfinite(loss)
        assert limited.all() or not limited.any()
        assert (loss[limited] > 0.0).all()

    def test_mark_is_open_where_nothing_rolls(self, sleeve, world, lag):
        strip = laid(sleeve, world, lag)
        still = ~changes(strip)
        np.testing.assert_array_equal(strip.mark[still], strip.open[still])
        assert not strip.roll[0]
        assert strip.gain[0] == 0.0
        changed = np.diff(np.nan_to_num(strip.expiry)) != 0
        assert (changes(strip)[1:] >= changed).all()
        assert not (strip.roll & (strip.shift > 0.0)).any()
        assert ((strip.shift >= 0.0) & (strip.shift <= 1.0)).all()

    def test_gains_telescope_between_rolls(self, sleeve, world, lag):
        strip = laid(sleeve, world, lag)
        edges = np.unique([0, *np.flatnonzero(changes(strip)), len(world) - 1])
        for a, b in pairwise(edges):
            earned = strip.gain[a + 1 : b + 1].sum()
            held = (strip.mark[b] - strip.open[a]) * strip.multiplier
            paid = strip.financing[a + 1 : b + 1].sum()
            assert earned == pytest.approx(held - paid, rel=1e-9, abs=1e-6)

    def test_no_contract_is_carried_out_of_its_expiry(self, sleeve, world, lag):
        strip = laid(sleeve, world, lag)
        if np.isnan(strip.expiry).all():
            return
        assert (strip.expiry > world.dates.astype(np.int64)).all()

    def test_next_is_what_will_be_carried_out_after_the_lag(self, sleeve, world, lag):
        strip = laid(sleeve, world, lag)
        if lag == 0:
            np.testing.assert_array_equal(strip.next_price, strip.open)
            return
        # where the same contract is carried out now and then, next is simply now
        same = np.ones(len(world) - lag, dtype=bool)
        for step in range(1, lag + 1):
            same &= ~changes(strip)[step : len(world) - lag + step]
        np.testing.assert_array_equal(strip.next_price[:-lag][same], strip.open[:-lag][same])
        if sleeve.kind == "variance_swap":  # sized by its vega at the strike
            np.testing.assert_array_equal(strip.next_vega, 1.0)
        else:
            np.testing.assert_array_equal(strip.next_vega[:-lag][same], strip.vega[:-lag][same])
        if strip.next_delta.any():
            np.testing.assert_array_equal(strip.next_delta[:-lag][same], strip.delta[:-lag][same])

    @pytest.mark.parametrize("costs", [Costs(), Costs(widening=3.0), Costs.none()], ids=repr)
    def test_nobody_is_ever_paid_to_trade(self, sleeve, world, costs):
        strip = sleeve.strip(world, costs=costs)
        for column in (
            "half_spread_mark",
            "half_spread_open",
            "close_cost",
            "open_cost",
            "unit_cost",
        ):
            assert (getattr(strip, column) >= 0).all(), column
        assert strip.fee >= 0

    def test_frictionless_costs_are_nothing(self, sleeve, world):
        strip = sleeve.strip(world, costs=Costs.none())
        assert not strip.open_cost.any()
        assert not strip.close_cost.any()
        assert not strip.unit_cost.any()
        np.testing.assert_array_equal(strip.gain, sleeve.strip(world).gain)

    def test_a_day_of_standing_still_costs_the_carry(self, sleeve, world):
        strip = sleeve.strip(world)
        np.testing.assert_array_equal(strip.carry, -strip.theta)

    def test_bad_lags_and_empty_markets_are_refused(self, sleeve, world):
        with pytest.raises(SleeveError, match="lag"):
            sleeve.strip(world, lag=-1)
        with pytest.raises(SleeveError, match="no bars"):
            sleeve.strip(world.until(-1))

    def test_data_that_start_late_are_refused_with_the_date(self, sleeve, world):
        vix = world["vix"].copy()
        vix[:5] = np.nan
        with pytest.raises(SleeveError, match=str(world.dates[5])):
            sleeve.strip(world.with_columns({"vix": vix}))

    def test_holes_are_filled_from_the_past(self, sleeve, world):
        holes = {name: world[name].copy() for name in ("spx", "vix", "rate")}
        for column in holes.values():
            column[200:203] = np.nan
        filled = {name: world[name].copy() for name in holes}
        for column in filled.values():
            column[200:203] = column[199]
        holed, whole = (sleeve.strip(world.with_columns(c)) for c in (holes, filled))
        np.testing.assert_array_equal(holed.gain, whole.gain)


def test_swaps_and_futures_tie_up_no_money_and_options_do():
    world = MARKETS["plain"]
    for sleeve in (VixFuture(), VarianceSwap()):
        assert not sleeve.strip(world).financing.any()
    put = Put().strip(world)
    days = np.diff(world.dates.astype(np.int64))
    expected = put.open[:-1] * put.multiplier * world["rate"][:-1] * days / 365
    np.testing.assert_allclose(put.financing[1:], expected, rtol=1e-12)
    assert not Underlying(financed=False).strip(world).financing.any()
