"""Surfaces of NDX and RUT, and runs on indices that the data know only for a while."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.engine.attribution import Parts
from hedgerow.engine.broker import Execution
from hedgerow.engine.program import Line, Program
from hedgerow.engine.run import prepare
from hedgerow.engine.trade import trade
from hedgerow.errors import DataError, RangeError, SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Put
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Notional
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.policies.actions import Restrike
from hedgerow.policies.rules import Constant
from hedgerow.policies.signals import Level
from hedgerow.pricing.black import black76
from hedgerow.pricing.replication import variance_of_strip
from synthetic import market

MONTH = 30 / 365
VOLS = {"ndx": "vxn", "rut": "rvx"}
MARKET = market(300)

points = st.floats(8.0, 90.0)
maybe = st.one_of(st.just(float("nan")), points)


def strip_of_puts_and_calls(surface):
    """VIX by Demeterfi et al. from thousands of Black-76 prices on a surface, points."""
    low = np.exp(-np.geomspace(28.0, 1e-4, 3001))
    high = np.exp(np.geomspace(1e-4, 5.0, 3001))
    low[-1] = high[0] = 1.0

    def price(strikes, call):
        vol = surface.vol(np.log(strikes)[None, :], MONTH)[0]
        return black76(1.0, strikes, MONTH, vol, 0.03, call=call).price

    sides = (low, price(low, False)), (high, price(high, True))
    return 100.0 * variance_of_strip(1.0, MONTH, 0.03, *sides) ** 0.5


@pytest.mark.parametrize("index", sorted(VOLS))
@settings(max_examples=25)
@given(vol=points, vix=points, nine=maybe, three=maybe, six=maybe, skew=st.floats(105.0, 165.0))
def test_replicating_thirty_days_returns_vxn_and_rvx(index, vol, vix, nine, three, six, skew):
    """As with VIX: the options of the surface, bought as Cboe's formula does, cost the index."""
    columns = {index: 9000.0, VOLS[index]: vol, "spx": 3000.0, "vix": vix, "skew": skew}
    columns |= {"vix9d": nine, "vix3m": three, "vix6m": six}
    day = np.array(["2020-01-02"], dtype="datetime64[ns]")
    scene = Scene.of(Market(day, {name: [value] for name, value in columns.items()}), index)
    assert 100.0 * scene.surface.fair_vol(MONTH)[0] == pytest.approx(vol, rel=1e-12)
    assert strip_of_puts_and_calls(scene.surface) == pytest.approx(vol, abs=0.05)
    assert scene.vix[0] == vix  # costs and VIX futures go by VIX itself


def known(name, first, stop):
    """The market with an index that is known on some rows only."""
    column = np.full(len(MARKET), np.nan)
    column[first:stop] = 3.0 * MARKET["spx"][first:stop]
    return MARKET.with_columns({name: column})


ALWAYS = Policy([Constant(1.0)], signals=[Level("vix")], raw=True)


def test_a_run_begins_when_its_index_is_known():
    late = known("rut", 100, None)
    ground = prepare(late, Put(index="rut"), _portfolio())
    assert ground.market.dates[ground.first] == MARKET.dates[100]
    program = Program([Line("small", Put(index="rut"), ALWAYS), Line("vx", VixFuture(), ALWAYS)])
    outcome = trade(program, late)
    assert outcome.dates[0] == MARKET.dates[100]
    assert np.isfinite(outcome.nav).all()
    # lines on the S&P 500 alone do not wait for it
    assert trade(Program([Line("spx", Put(), ALWAYS)]), late).dates[0] == MARKET.dates[0]


def test_a_run_ends_with_its_index():
    early = known("ndx", 0, 200)
    program = Program([Line("swap", VarianceSwap(index="ndx"), ALWAYS)])
    with pytest.raises(DataError, match=r"'ndx' is not a number on .* \(100 sessions of the run\)"):
        trade(program, early)
    assert len(trade(program, early, end=str(MARKET.dates[199]))) == 200


@pytest.mark.parametrize("index", sorted(VOLS))
def test_an_index_that_the_data_lack_is_named_with_its_mend(index):
    empty = MARKET.with_columns({index: np.full(len(MARKET), np.nan)})
    for data in (MARKET, empty):
        with pytest.raises(SleeveError) as error:
            trade(Program([Line("line", Put(index=index), ALWAYS)]), data)
        assert str(error.value) == (
            f"market.{index}: the data have no column '{index}'. Mend: add {index.upper()}.csv "
            "with Date and Close to the data folder, or use index = 'spx'"
        )


SCALE = 3.0
TWIN = MARKET.with_columns(
    {
        "ndx": SCALE * MARKET["spx"],
        "vxn": MARKET["vix"],
        "ndx_dividend_yield": MARKET["dividend_yield"],
    }
)


@pytest.mark.parametrize(
    "make",
    [
        lambda index: Put(index=index),
        lambda index: Put(index=index, side="short", covered=True),
        lambda index: VarianceSwap(index=index),
        lambda index: Underlying(index=index, size=Notional(0.3)),
    ],
    ids=["put", "covered put sold", "variance swap", "underlying"],
)
def test_c8_a_line_on_an_index_three_times_as_high_has_the_same_parts(make):
    """Options are homogeneous in spot and strike, so dollars per notional know no scale."""
    found = {}
    for index in ("spx", "ndx"):
        program = Program(
            [Line("line", make(index), ALWAYS)], execution=Execution.ideal(), costs=Costs.none()
        )
        found[index] = trade(program, TWIN).lines["line"]
    for part in (*Parts._fields, "pnl"):
        spx, ndx = found["spx"][part], found["ndx"][part]
        np.testing.assert_allclose(ndx, spx, rtol=1e-7, atol=1e-4, err_msg=part)
    moved = sum(np.abs(found["spx"][part]).sum() for part in ("delta", "gamma"))
    assert moved > 1e4


def test_actions_see_the_index_of_their_line():
    """A strike near an index three times as high is no deep put of the S&P 500."""
    held = {}
    for index in ("spx", "ndx"):
        line = Line("line", Put(index=index), ALWAYS, actions=(Restrike(drift=0.05),))
        program = Program([line], execution=Execution.ideal(), costs=Costs.none())
        held[index] = trade(program, TWIN)
    np.testing.assert_allclose(held["ndx"].hedge, held["spx"].hedge, rtol=1e-7, atol=1e-4)
    plain = Program([Line("line", Put(), ALWAYS)], execution=Execution.ideal(), costs=Costs.none())
    assert np.abs(held["spx"].hedge - trade(plain, TWIN).hedge).max() > 100.0  # the action acted


def test_the_delta_of_one_index_is_not_hedged_with_another():
    lines = [
        Line("puts", Put(index="ndx"), ALWAYS),
        Line("hedge", Underlying(), ALWAYS, offsets="puts"),
    ]
    with pytest.raises(RangeError, match=r"lines\[1\]\.offsets: 'puts' is written on ndx, not"):
        Program(lines)


def _portfolio():
    return Program([Line("any", Put(), ALWAYS)]).portfolio
