"""Today's book under shocks: beside structures priced directly, parity, and payoffs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.errors import RangeError
from hedgerow.instruments import structures
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research import states
from hedgerow.research.stress.book import Answer, BookGrid, Held, Shock, answer_of, book_at, grid
from hedgerow.simulate.bootstrap import BlockBootstrap
from hedgerow.simulate.falls import FlashCrash
from research.stress.scenes import MODEL, VIX, history
from simulate.models import REGIMES

ALWAYS = hr.Policy([hr.Constant(1.0)], VIX, raw=True)
STILL = Answer(2.0, 0.5, ())
FREE = hr.Costs.none()


def held(sleeve: Sleeve) -> Held:
    return book_at(ALWAYS, history(), sleeve, hr.Equity(1e6), FREE)


def made(sleeve: Sleeve, **axes: object) -> BookGrid:
    return grid(held(sleeve), sleeve, hr.Equity(1e6), FREE, STILL, **axes)  # type: ignore[arg-type]  # axes of the test


def moved(market: Market, spot: float, vix: float, days: int) -> Market:
    """The same market with its last session moved, or one more after it."""
    kept = market.until(len(market) - (1 if days else 2))
    day = (market.dates[-1] + np.timedelta64(days, "D")).astype("datetime64[ns]")
    last = {name: float(column[-1]) for name, column in market.columns.items()}
    last |= {"spx": spot, "vix": vix}
    return Market(
        np.append(kept.times, day),
        {name: np.append(kept[name], value) for name, value in last.items()},
    )


@pytest.mark.parametrize("days", [0, 5, 21])
def test_a_put_is_worth_what_its_structure_is_in_the_moved_state(days: int) -> None:
    sleeve = hr.Put(strike_step=5, size=hr.Contracts(10))
    shocks = (Shock("+10", 10.0), Shock("with the index", None))
    spots = (-0.4, -0.1, 0.0, 0.2)
    found = made(sleeve, spots=spots, shocks=shocks, days=(days,))
    market = found.held.market
    contract = hr.OptionContract.parse(found.held.basket.symbols[0])
    assert found.held.contracts == 10.0
    structure = structures.put(contract.root, contract.expiry, contract.strike, 10.0)
    today = float(structure.price(states.of_market(market, "SPX").state))
    interest = today * float(market["rate"][-1]) * days / 365.0
    for j, shock in enumerate(shocks):
        for k, spot in enumerate(spots):
            vix = float(market["vix"][-1]) + 10.0
            if shock.points is None:
                vix = STILL.vix(float(market["vix"][-1]), spot)
            assert found.vix[j, k] == pytest.approx(vix)
            there = moved(market, float(market["spx"][-1]) * (1.0 + spot), vix, days)
            state = states.of_market(there, "SPX").state
            assert state.date == dt.date.fromisoformat(str(there.dates[-1]))
            gain = float(structure.price(state)) - today - interest
            assert found.hedge[0, j, k] == pytest.approx(gain, rel=1e-9, abs=1e-6)


def test_put_call_parity_in_every_cell() -> None:
    days = (0, 21)
    grids = []
    for kind in (hr.Put, hr.Call):
        sleeve = kind(1.0, tenor="90d", roll="expiry", size=hr.Contracts(1))
        grids.append(made(sleeve, days=days))
    put, call = grids
    (day, strike), other = (_terms(each) for each in grids)
    assert other == (day, strike)
    expiry = dt.date.fromisoformat(day)
    market = put.held.market
    today = dt.date.fromisoformat(str(market.dates[-1]))
    rate, dividend = (float(market[name][-1]) for name in ("rate", "dividend_yield"))

    def parity(spot: float, left: int, of: float) -> float:
        years = left / 365.0
        return 100.0 * (of * np.exp(-rate * years) - spot * np.exp(-dividend * years))

    left, spot = (expiry - today).days, float(market["spx"][-1])
    for i, ahead in enumerate(days):
        for k, move in enumerate(put.spots):
            at = parity(spot * (1.0 + move), left - ahead, strike) - parity(spot, left, strike)
            paid = parity(spot, left, strike) * rate * ahead / 365.0
            both = put.hedge[i, :, k] - call.hedge[i, :, k]
            assert both == pytest.approx(np.full(len(put.shocks), at - paid), abs=1e-6)


def _terms(found: BookGrid) -> tuple[str, float]:
    """Return expiry and strike of the option held, of a symbol like SPX 2020-03-20 P 1.5."""
    _, day, _, strike = found.held.basket.symbols[0].split()
    return day, float(strike)


def test_after_expiry_a_put_is_its_payoff_whatever_vix_does() -> None:
    sleeve = hr.Put(strike_step=5, size=hr.Contracts(10))
    found = made(sleeve, spots=(-0.4, 0.0), days=(200,))
    contract = hr.OptionContract.parse(found.held.basket.symbols[0])
    market = found.held.market
    today = float(
        structures.put(contract.root, contract.expiry, contract.strike, 10.0).price(
            states.of_market(market, "SPX").state
        )
    )
    paid = today * (1.0 + float(market["rate"][-1]) * 200.0 / 365.0)
    spot = float(market["spx"][-1])
    deep = 1_000.0 * (contract.strike - 0.6 * spot) - paid
    assert found.hedge[0, :, 0] == pytest.approx(np.full(7, deep))
    assert found.hedge[0, :, 1] == pytest.approx(np.full(7, -paid))


def test_the_portfolio_earns_what_an_equity_does() -> None:
    book = held(hr.Put())
    half = hr.Equity(1e6, beta=1.2, equity_share=0.5)
    found = grid(
        replace_nav(book), hr.Put(), half, FREE, STILL, spots=(-0.2,), shocks=(Shock("", 0.0),),
        days=(0, 63),
    )  # fmt: skip
    assert found.portfolio[0, 0, 0] == pytest.approx(1e6 * 0.5 * 1.2 * -0.2)
    years = 63.0 / 365.0
    index = -0.2 + 0.018 * years
    earned = 0.02 * years + 0.6 * (index - 0.02 * years)
    assert found.portfolio[1, 0, 0] == pytest.approx(1e6 * earned)


def replace_nav(book: Held) -> Held:
    return book._replace(nav=1e6)


@pytest.mark.parametrize(
    "sleeve", [hr.Put(), hr.VixFuture(), hr.VarianceSwap(), hr.Condor()], ids=lambda s: s.kind
)
def test_nothing_moves_nothing_is_earned_and_vix_helps_who_is_long_of_it(sleeve: Sleeve) -> None:
    shocks = (Shock("", 0.0), Shock("+10", 10.0))
    found = made(sleeve, spots=(0.0,), shocks=shocks, days=(0,))
    assert found.hedge[0, 0, 0] == pytest.approx(0.0, abs=1e-9)
    sign = -1.0 if sleeve.kind == "condor" else 1.0
    assert sign * found.hedge[0, 1, 0] > 0.0


def test_the_worst_cell_is_the_lowest_of_both() -> None:
    found = made(hr.Put())
    assert found.both[found.worst] == found.both.min()
    assert np.array_equal(found.both, found.portfolio + found.hedge)


def test_the_answer_of_vix_is_the_rule_that_made_the_fall() -> None:
    paths = replace(FlashCrash(), spread=10, keeps=1.0).paths(20, 100, seed=1)
    # VIX gains 1.84 points for 1 % of fall, and keeps all of it
    assert answer_of(paths).falls == pytest.approx(1.84, rel=1e-6)
    fitted = answer_of(MODEL.paths(64, 250, seed=1))
    assert fitted.falls > fitted.rises > 0.0


def test_relatives_answer_vix_also_where_the_first_row_lacks_them() -> None:
    past = REGIMES.paths(1, 600, 5).market(0)
    # a relative that moves a half of what VIX moves, on every day of history
    past = past.with_columns({"vix3m": 20.0 + 0.5 * past["vix"]})
    paths = BlockBootstrap(past, block=20).paths(8, 120, seed=1)
    assert np.isnan(paths["vix3m"][:, 0]).all()
    slopes = dict(answer_of(paths).relatives)
    assert slopes["vix3m"] == pytest.approx(0.5, rel=1e-9)
    assert set(slopes) == {"vix9d", "vix3m", "vix6m"}


def test_axes_that_are_none() -> None:
    for axes in ({"spots": (-1.0,)}, {"days": (-1,)}, {"spots": ()}):
        with pytest.raises(RangeError, match="no grid"):
            made(hr.Put(), **axes)
