"""The laws of rosters: their contracts, added up, are the strip; no row knows the future."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.program import _NO_DELTA
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future_constant import VixFutureConstant
from hedgerow.instruments.options import Call, Put, PutSpread
from hedgerow.instruments.roster import NEVER, Basket
from hedgerow.instruments.sizes import Notional, Premium
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from instruments.synthetic_markets import make_market
from sleeves import EVERY, label

BARS = 220
COVERED = Call(
    side="short", covered=True, tenor="monthly", roll="expiry", strike_step=5, size=Premium(1.0)
)
MORE = [
    COVERED,
    Put(covered=True, index="ndx"),
    PutSpread(index="rut", size=Notional(1.0)),
    VarianceSwap(index="ndx"),
    Underlying(index="rut", financed=False, dividends=True),
]
ALL = [*EVERY, *MORE]
NAMES = [f"{label(sleeve)}-{getattr(sleeve, 'index', '')}" for sleeve in ALL]


def world(seed=3, futures=False, bars=BARS, holes=False):
    """A market of three indices, NDX without its volatility index at first, RUT without any."""
    market = make_market(bars, seed=seed, futures=futures, term=futures)
    rng = np.random.default_rng(seed)
    other = {
        name: level * np.exp(np.cumsum(rng.normal(0.0, sigma, bars)))
        for name, level, sigma in (("ndx", 1500.0, 0.015), ("rut", 600.0, 0.012))
    }
    vxn = market["vix"] * 1.3
    vxn[: bars // 3] = np.nan
    more = other | {"vxn": vxn}
    if holes:
        for name in ("spx", "vix", "vx1", "vx2"):
            if name in market:
                column = market[name].copy()
                column[rng.integers(5, bars, bars // 20)] = np.nan
                more[name] = column
    return market.with_columns(more)


def at(roster, number, bars, name):
    """One column of a basket's contracts at bars, USD a unit of the basket."""
    total = np.zeros(len(bars))
    for symbol, weight in zip(*roster.basket(int(number)), strict=True):
        path = roster.path(symbol)
        count = abs(weight) if name == "half_spread" else weight
        total += count * getattr(path, name)[bars - path.first] * path.multiplier
    return total


def along(roster, numbers, name):
    """The same for every bar, each with the basket of its number."""
    column = np.empty(len(numbers))
    for number in np.unique(numbers):
        bars = np.flatnonzero(numbers == number)
        column[bars] = at(roster, number, bars, name)
    return column


LAWS = settings(max_examples=2, deadline=None)


def near(found, wanted, scale, said):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 * scale, err_msg=said)


@pytest.mark.parametrize("sleeve", ALL, ids=NAMES)
@given(
    seed=st.integers(0, 10_000),
    futures=st.booleans(),
    holes=st.booleans(),
    lag=st.sampled_from([0, 1]),
)
@example(seed=5, futures=True, holes=False, lag=1)
@example(seed=6, futures=False, holes=True, lag=0)
@LAWS
def test_the_contracts_add_up_to_the_strip(sleeve, seed, futures, holes, lag):
    market = world(seed, futures, holes=holes)
    roster = sleeve.roster(market, lag=lag)
    strip = roster.strip
    unit = strip.multiplier
    scale = np.nanmax(np.abs(strip.next_notional)) + 10.0 * unit
    near(along(roster, roster.held, "price"), strip.open * unit, scale, "open")
    for name in ("delta", "gamma", "vega", "theta"):
        near(along(roster, roster.held, name), getattr(strip, name), scale, name)
    near(along(roster, roster.pending, "price"), strip.next_price * unit, scale, "next price")
    if sleeve.kind != "variance_swap":  # sized by its vega at the strike, not by what is left
        near(along(roster, roster.pending, "vega"), strip.next_vega, scale, "next vega")
    near(along(roster, roster.pending, "theta"), -strip.next_carry, scale, "next carry")
    if strip.next_delta.any():  # on the index: what VIX options have is to their future
        near(along(roster, roster.pending, "delta"), strip.next_delta, scale, "next delta")
    assert bool(strip.next_delta.any()) == (sleeve.kind not in _NO_DELTA)

    changed = np.flatnonzero(np.diff(roster.held)) + 1
    into = changed if isinstance(sleeve, VixFutureConstant) else np.flatnonzero(strip.roll)
    np.testing.assert_array_equal(into, changed)
    before = roster.held[:-1]
    carried = [at(roster, before[t - 1], np.array([t]), "price")[0] for t in changed]
    near(carried, strip.mark[changed] * unit, scale, "mark")

    half = along(roster, roster.held, "half_spread")
    near(half, strip.half_spread_open * unit + strip.unit_cost, scale, "half-spread")
    fees = [
        sum(abs(w) * roster.path(s).fee for s, w in zip(*roster.basket(int(n)), strict=True))
        for n in set(roster.held.tolist())
    ]
    near(fees, strip.fee, 1e3, "fee")


@pytest.mark.parametrize("sleeve", ALL, ids=NAMES)
@given(
    seed=st.integers(0, 10_000),
    futures=st.booleans(),
    holes=st.booleans(),
    cut=st.integers(1, BARS - 1),
    lag=st.sampled_from([0, 1]),
)
@example(seed=5, futures=True, holes=True, cut=130, lag=1)
@LAWS
def test_nothing_before_a_cut_changes_when_the_future_arrives(
    sleeve, seed, futures, holes, cut, lag
):
    market = world(seed, futures, holes=holes)
    whole, early = (sleeve.roster(part, lag=lag) for part in (market, market.until(cut)))
    for column in ("held", "pending"):
        np.testing.assert_array_equal(getattr(early, column), getattr(whole, column)[: cut + 1])
    numbers = {int(n) for column in (early.held, early.pending) for n in column}
    for number in numbers:
        assert early.basket(number) == whole.basket(number)
    for symbol in {s for n in numbers for s in early.basket(n).symbols}:
        short, long = early.path(symbol), whole.path(symbol)
        assert short.first == long.first
        assert short.expiry == long.expiry
        count = len(short.price)
        assert count == min(len(long.price), cut + 1 - short.first)
        for name in ("price", "half_spread", "delta", "gamma", "vega", "theta", "level"):
            np.testing.assert_allclose(
                getattr(short, name), getattr(long, name)[:count], rtol=1e-11, atol=1e-11
            )
        np.testing.assert_array_equal(short.modelled, long.modelled[:count])
    try:
        chosen = early.choose(cut)
    except SleeveError:
        with pytest.raises(SleeveError):
            whole.choose(cut)
    else:
        assert chosen == whole.choose(cut)


@pytest.fixture(params=ALL, ids=NAMES)
def sleeve(request):
    return request.param


class TestEverySleeve:
    @pytest.mark.parametrize("futures", [False, True])
    def test_paths_run_to_settlement_and_are_closed(self, sleeve, futures):
        market = world(futures=futures)
        days = market.dates.astype(np.int64)
        roster = sleeve.roster(market)
        symbols = {s for n in {*roster.held.tolist()} for s in roster.basket(n).symbols}
        for symbol in symbols:
            path = roster.path(symbol)
            assert path is roster.path(symbol)
            last = path.first + len(path.price) - 1
            if path.expiry <= days[-1]:
                assert days[last] >= path.expiry > days[last - 1]
                assert path.half_spread[-1] == path.theta[-1] == 0.0
            else:
                assert last == len(market) - 1
            for name, column in path._asdict().items():
                if isinstance(column, np.ndarray):
                    assert len(column) == len(path.price), name
                    assert not column.flags.writeable, name
                    assert np.isfinite(column.astype(float)).all(), name
            assert (path.half_spread >= 0.0).all()

    def test_symbols_are_the_ledgers(self, sleeve):
        roster = sleeve.roster(world(futures=True))
        for number in {*roster.held.tolist(), *roster.pending.tolist()}:
            basket = roster.basket(number)
            assert len(set(basket.symbols)) == len(basket.symbols) > 0
            for symbol in basket.symbols:
                known = instrument(symbol)
                assert known.symbol == symbol
                assert known.multiplier == roster.path(symbol).multiplier
                paid = known.kind in {"option", "shares"}
                assert roster.path(symbol).financed == (paid and getattr(sleeve, "financed", True))

    def test_what_is_pending_is_held_when_it_is_filled(self, sleeve):
        market = world(futures=True)
        roster = sleeve.roster(market, lag=1)
        told = roster.strip.notes.get("early_exercises", [])
        early = np.isin(market.dates, np.array(told, dtype="datetime64[D]"))
        foreseen = ~early[1:]
        np.testing.assert_array_equal(roster.pending[:-1][foreseen], roster.held[1:][foreseen])
        assert (roster.pending[:-1][~foreseen] < roster.held[1:][~foreseen]).all()

    def test_the_roster_of_the_strip_is_the_strip_of_the_roster(self, sleeve):
        market, costs = world(), Costs(widening=2.0)
        strip, other = sleeve.strip(market, costs=costs), sleeve.roster(market, costs=costs).strip
        np.testing.assert_array_equal(strip.gain, other.gain)
        np.testing.assert_array_equal(strip.open_cost, other.open_cost)

    def test_a_foreign_symbol_is_refused_by_name(self, sleeve):
        roster = sleeve.roster(world())
        for symbol in ("SPY", "nonsense", "SPXW  190118P04500000", "VXF49", "SPX 1999-01-04"):
            with pytest.raises(SleeveError, match=symbol):
                roster.path(symbol)

    def test_choosing_at_the_first_bar_is_the_first_basket(self, sleeve):
        roster = sleeve.roster(world(), lag=0)
        assert roster.choose(0) == roster.basket(int(roster.pending[0]))
        with pytest.raises(SleeveError, match="keep"):
            roster.choose(0, like=roster.choose(0), keep="colour")


def test_parts_of_one_symbol_are_one_part():
    assert Basket.of(("A", 1.0), ("B", 2.0), ("A", -1.0)) == Basket(("B",), (2.0,))


def test_an_index_never_expires():
    assert Underlying().roster(world()).path("SPX").expiry == NEVER
