"""Sleeves and sizes from tables and from the command line; costs."""

import tomllib

import numpy as np
import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.errors import SleeveError
from hedgerow.instruments.catalog import (
    SLEEVES,
    parse_sleeve,
    size_from_table,
    sleeve_from_table,
    sleeve_to_table,
)
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Put, PutSpread
from hedgerow.instruments.sizes import LEAST_VEGA, Contracts, Notional, Premium, Vega, guarded
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from instruments.synthetic_markets import make_market
from sleeves import EVERY, label

numbers = st.floats(0.01, 0.9).map(lambda x: round(x, 4))
sizes = st.one_of(
    numbers.map(Vega), numbers.map(Premium), numbers.map(Notional), numbers.map(Contracts)
)
unpaid = st.one_of(numbers.map(Vega), numbers.map(Contracts))
paid = st.one_of(numbers.map(Premium), numbers.map(Notional), numbers.map(Contracts))
tenors = st.sampled_from(["90d", "13w", "6m", "1y"])
drifts = st.one_of(st.none(), numbers)
sleeves = st.one_of(
    st.builds(
        Put, moneyness=st.floats(0.5, 1.2), tenor=tenors, roll=st.just("dte:30"), drift=drifts,
        listed=st.booleans(), size=sizes,
    ),
    st.builds(PutSpread, lower=st.floats(0.5, 0.9), tenor=tenors, size=sizes),
    st.builds(VixFuture, months=st.integers(1, 8), roll_before=st.integers(0, 25), size=unpaid),
    st.builds(VarianceSwap, tenor=tenors, drift=drifts, size=unpaid),
    st.builds(Underlying, size=paid, financed=st.booleans()),
)  # fmt: skip


@given(sleeve=sleeves)
def test_tables_round_trip(sleeve):
    assert sleeve_from_table(sleeve_to_table(sleeve)) == sleeve


@pytest.mark.parametrize("sleeve", EVERY, ids=label)
def test_every_example_goes_through_toml_and_the_command_line(sleeve):
    table = sleeve_to_table(sleeve)
    assert sleeve_from_table(tomllib.loads(tomlkit.dumps(table))) == sleeve
    size = ":".join(str(part) for part in next(iter(table.pop("size").items())))
    rest = ",".join(f"{key}={value}" for key, value in table.items() if key != "kind")
    assert parse_sleeve(f"{sleeve.kind}:{rest},size={size}") == sleeve


def test_a_table_as_toml_gives_it():
    table = tomllib.loads(
        'kind = "put"\nmoneyness = 0.85\ntenor = "6m"\nroll = "dte:60"\nsize = { premium = 0.01 }'
    )
    assert sleeve_from_table(table) == Put(0.85, tenor="6m", roll="dte:60", size=Premium(0.01))


@pytest.mark.parametrize("kind", list(SLEEVES))
def test_every_kind_stands_alone_on_the_command_line(kind):
    assert parse_sleeve(kind).kind == kind
    assert len(parse_sleeve(kind).strip(make_market(40))) == 40


def test_short_forms():
    assert parse_sleeve("put:moneyness=0.9,tenor=90d,roll=30d") == Put()
    assert parse_sleeve("put:roll=dte:30,size=vega:2000") == Put(roll="dte:30", size=Vega(2000))
    assert parse_sleeve(" vix_future : months=2 , size=contracts:5") == VixFuture(
        2, size=Contracts(5)
    )
    assert parse_sleeve("underlying:financed=false") == Underlying(financed=False)


@pytest.mark.parametrize(
    ("table", "where", "mend"),
    [
        ({}, "sleeve.kind", "put_spread"),
        ({"kind": "putt"}, "sleeve.kind", "'put'"),
        ({"kind": 7}, "sleeve.kind", "use one of"),
        ({"kind": "put", "moneynes": 0.9}, "sleeve.moneynes", "'moneyness'"),
        ({"kind": "put", "moneyness": 90}, "sleeve.moneyness", "0.2"),
        ({"kind": "put", "tenor": "90"}, "sleeve.tenor", "90d"),
        ({"kind": "put", "roll": "often"}, "sleeve.roll", "dte:30"),
        ({"kind": "put", "drift": -1}, "sleeve.drift", "0.10"),
        ({"kind": "put", "size": {"vegga": 1}}, "sleeve.size", "'vega'"),
        ({"kind": "put", "size": {"vega": 0}}, "sleeve.size.vega", "other than 0"),
        ({"kind": "put", "size": {"vega": "x"}}, "sleeve.size.vega", "number"),
        ({"kind": "put", "size": {"vega": 1, "premium": 1}}, "sleeve.size", "vega:1000"),
        ({"kind": "put", "size": {"premium": 5}}, "sleeve.size.premium", "0.01"),
        ({"kind": "vix_future", "size": {"premium": 0.1}}, "sleeve.size", "contracts"),
        ("put", "sleeve", "kind"),
    ],
)
def test_mistakes_name_the_field_and_the_mend(table, where, mend):
    with pytest.raises(SleeveError) as caught:
        sleeve_from_table(table)
    assert caught.value.where == where
    assert mend in caught.value.mend


@pytest.mark.parametrize(
    "text",
    ["putt", "put:moneyness", "put:moneyness=", "put:moneyness=a", "put:tenor=90d,tenor=30d",
     "put:size=vega:x", "put:kind=put"],
)  # fmt: skip
def test_short_forms_that_cannot_be_read(text):
    with pytest.raises(SleeveError, match="--sleeve"):
        parse_sleeve(text)
    with pytest.raises(SleeveError):
        size_from_table("vega")


def test_sizes_give_what_they_say():
    market = make_market(200)
    strip = Put().strip(market)
    fixed, per_nav = Vega(1000).columns(strip)
    np.testing.assert_allclose(fixed * strip.next_vega, 1000.0)
    assert not per_nav.any()
    fixed, per_nav = Premium(0.01).columns(strip)
    paid = strip.next_price * 100 + strip.next_cost
    np.testing.assert_allclose(per_nav * 1e7 * paid, 1e5)
    assert (strip.next_cost > 100 * 0.005 * strip.next_price).all()
    assert not fixed.any()
    _, per_nav = Notional(0.5).columns(strip)
    np.testing.assert_allclose(per_nav * 1e7 * market["spx"] * 100, 0.5e7)
    fixed, per_nav = Contracts(7).columns(strip)
    assert (fixed == 7).all()
    assert not per_nav.any()
    assert guarded(Vega(1000), strip) == 0
    np.testing.assert_allclose(Vega(1000).columns(VixFuture().strip(market))[0], 1.0)


def test_contracts_are_bounded_when_vega_or_price_has_gone():
    market = make_market(300)
    spot = market["spx"].copy()
    spot[100:] *= 3.0  # the strike is left far behind
    strip = Put(roll="dte:2", tenor="60d").strip(market.with_columns({"spx": spot}))
    fixed, _ = Vega(1000).columns(strip)
    _, per_nav = Premium(0.01).columns(strip)
    assert np.isfinite(fixed).all()
    assert np.isfinite(per_nav).all()
    assert (fixed <= 1000 / (LEAST_VEGA * strip.next_notional) * (1 + 1e-12)).all()
    assert guarded(Vega(1000), strip) > 0
    assert guarded(Premium(0.01), strip) > 0
    # the index has no vega at all: bounded even there, and refused as a sleeve
    assert np.isfinite(Vega(1000).columns(Underlying().strip(market))[0]).all()
    with pytest.raises(SleeveError, match="no vega"):
        Underlying(size=Vega(1000))


def test_spreads_widen_with_vix_and_never_fall_under_the_tick():
    costs = Costs()
    calm, panic = costs.of_option(20.0, 3.0, 12.0), costs.of_option(20.0, 3.0, 80.0)
    assert panic > 3 * calm
    assert costs.of_option(0.0, 0.0, 20.0) == costs.option_tick
    assert costs.of_future(12.0) == 0.025
    assert costs.of_future(80.0) == pytest.approx(0.1)
    assert costs.of_underlying(5000.0) == pytest.approx(0.5)


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "x", True])
def test_costs_that_are_none(value):
    with pytest.raises(SleeveError, match=r"costs\.option_vol"):
        Costs(option_vol=value)
