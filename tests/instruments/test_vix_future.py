"""VIX futures: real contracts, holes in the data, and the model."""

import numpy as np
import pytest

from hedgerow.core.expiry import vix_settlement
from hedgerow.errors import SleeveError
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.sizes import Premium
from instruments.synthetic_markets import make_market

RANKS = [f"vx{rank}" for rank in range(1, 9)]


@pytest.fixture(scope="module")
def quoted():
    return make_market(400, futures=True)


def without(market, rows):
    """The market with every settle of ``rows`` gone, expiries too."""
    columns = {}
    for name in RANKS:
        for each in (name, f"{name}_expiry"):
            columns[each] = market[each].copy()
            columns[each][rows] = np.nan
    return market.with_columns(columns)


def quote(market, bar, expiry):
    for name in RANKS:
        if market[f"{name}_expiry"][bar] == expiry:
            return market[name][bar]
    return np.nan


@pytest.mark.parametrize("months", [1, 2, 4])
def test_real_settles_are_found_again_by_expiry(quoted, months):
    strip = VixFuture(months=months).strip(quoted)
    assert not strip.modelled.any()
    for t in range(1, len(quoted)):
        assert strip.open[t] == quote(quoted, t, strip.expiry[t])
        assert strip.mark[t] == quote(quoted, t, strip.expiry[t - 1])


def test_h18_never_marked_at_spot_vix(quoted):
    for market in (quoted, make_market(400)):
        strip = VixFuture().strip(market)
        assert (np.abs(strip.open - market["vix"]) > 1e-9).mean() > 0.99


def test_the_roll_is_filled_five_days_before_settlement(quoted):
    days = quoted.dates.astype(np.int64)
    strip = VixFuture(roll_before=5).strip(quoted)
    for bar in np.flatnonzero(strip.roll):
        old = strip.expiry[bar - 1]
        assert old - days[bar] >= 5
        assert old - days[min(bar + 1, len(days) - 1)] < 5 or bar == len(days) - 1
    assert set(strip.expiry.astype(int)) <= set(
        vix_settlement(np.arange("2003-01", "2006-01", dtype="M8[M]")).astype(int)
    )


def test_rank_two_always_holds_the_second_contract(quoted):
    first, second = (VixFuture(months=rank).strip(quoted) for rank in (1, 2))
    np.testing.assert_array_equal(first.roll, second.roll)
    months = [s.expiry.astype("M8[D]").astype("M8[M]").astype(int) for s in (first, second)]
    assert (months[1] - months[0] == 1).all()


def test_a_day_without_quotes_moves_with_the_model_only(quoted):
    whole = VixFuture().strip(quoted)
    gap = slice(101, 104)
    holed = VixFuture().strip(without(quoted, gap))
    assert holed.modelled[gap].all()
    assert not holed.modelled[104:].any()
    assert not whole.roll[99:106].any()
    # outside the gap nothing changes
    np.testing.assert_array_equal(holed.open[:101], whole.open[:101])
    np.testing.assert_array_equal(holed.open[104:], whole.open[104:])
    # inside it moves by the model: no more than VIX does, plus the fading basis
    from hedgerow.pricing.curve import FuturesCurve

    days = quoted.dates.astype(np.int64)
    left = (whole.expiry[100] - days[100:104]) / 365
    model = FuturesCurve().from_vix(quoted["vix"][100:104], left)
    basis = (whole.open[100] - model[0]) * left / left[0]
    np.testing.assert_allclose(holed.open[101:104], (model + basis)[1:], rtol=1e-12)


def test_when_the_data_begin_a_modelled_contract_shows_no_jump(quoted):
    begin = 150
    plain = VixFuture().strip(make_market(400))
    late = VixFuture().strip(without(quoted, slice(0, begin)))
    born = int(np.flatnonzero(late.roll & (np.arange(400) > begin))[0])
    # up to the roll exactly the modelled strip, its mark at the roll included
    np.testing.assert_allclose(late.open[:born], plain.open[:born], rtol=1e-12)
    np.testing.assert_allclose(late.mark[: born + 1], plain.mark[: born + 1], rtol=1e-12)
    assert late.modelled[:born].all()
    assert not late.modelled[born:].any()


def test_when_the_data_end_the_held_contract_carries_its_basis(quoted):
    end = 150
    whole = VixFuture().strip(quoted)
    cut = VixFuture().strip(without(quoted, slice(end, None)))
    np.testing.assert_array_equal(cut.open[:end], whole.open[:end])
    assert cut.modelled[end:].all()
    jump = np.abs(cut.gain[end] / 1000)
    assert jump < 1.2 * np.abs(np.diff(quoted["vix"])[end - 1]) + 0.1


def test_zero_settles_count_as_missing(quoted):
    zeros = {name: np.where(np.arange(400) == 120, 0.0, quoted[name]) for name in RANKS}
    strip = VixFuture().strip(quoted.with_columns(zeros))
    assert strip.modelled[120]
    assert strip.open[120] > 5.0


def test_held_to_settlement_it_is_paid_the_final_value_without_a_spread(quoted):
    days = quoted.dates.astype(np.int64)
    plain = VixFuture(roll_before=0).strip(quoted)
    bars = np.flatnonzero(plain.roll)
    assert (plain.expiry[bars - 1] == days[bars]).all()
    np.testing.assert_allclose(plain.mark[bars], quoted["vix"][bars], rtol=1e-12)
    assert not plain.half_spread_mark[bars].any()
    final = np.full(400, np.nan)
    final[bars] = 31.25
    paid = VixFuture(roll_before=0).strip(quoted.with_columns({"vx_final": final}))
    assert (paid.mark[bars] == 31.25).all()


def test_carry_is_the_roll_down_and_costs_in_contango(quoted):
    strip = VixFuture(months=2).strip(quoted)
    t = 60
    month = strip.expiry[t].astype("M8[D]").astype("M8[M]") - 1
    near = quote(quoted, t, vix_settlement(month).astype(int))
    days = strip.expiry[t] - vix_settlement(month).astype(int)
    assert strip.carry[t] == pytest.approx(1000 * (strip.open[t] - near) / days)
    calm = make_market(100).with_columns({"vix": np.full(100, 12.0)})
    assert (VixFuture().strip(calm).carry > 0).all()
    panic = make_market(100).with_columns({"vix": np.full(100, 70.0)})
    assert (VixFuture().strip(panic).carry < 0).all()


@pytest.mark.parametrize(
    "fields",
    [{"months": 0}, {"months": 1.5}, {"months": 9}, {"roll_before": -1}, {"roll_before": 40}],
)
def test_out_of_range_names_the_field(fields):
    with pytest.raises(SleeveError) as caught:
        VixFuture(**fields)
    assert caught.value.where == next(iter(fields))


def test_a_future_has_no_premium_to_be_sized_by():
    with pytest.raises(SleeveError, match="premium"):
        VixFuture(size=Premium(0.01))
