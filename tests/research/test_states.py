"""States to price in: what they take from a day, and that they look at nothing later."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from hedgerow.core.contract import OptionContract
from hedgerow.core.market import Market
from hedgerow.data.chain_files import read_chain
from hedgerow.data.chain_fit import fit_chain
from hedgerow.errors import RangeError
from hedgerow.instruments.structure import Position, Structure
from hedgerow.instruments.structures import call, call_spread, collar, put, straddle
from hedgerow.pricing.black import black76
from hedgerow.research.states import of_chain, of_market

DAY, SOON, LATE = "2020-03-16", dt.date(2020, 4, 17), dt.date(2020, 6, 19)
VIX_SOON, VIX_BETWEEN, VIX_NEXT = (dt.date(2016, 8, 17), dt.date(2016, 8, 24), dt.date(2016, 9, 21))
VIX_LATE = dt.date(2017, 12, 20)


def priced(market: Market, underlying: str, expiries: tuple[dt.date, ...], day: str = DAY):
    found = of_market(market, underlying, expiries, day)
    if underlying == "VIX":
        made = [call("VIX", each, 20.0).value(found.state).price for each in expiries]
    else:
        level = float(found.state.spot)
        made = [
            put(underlying, each, round(0.9 * level)).value(found.state).price for each in expiries
        ]
    return [float(price) for price in made], found.notes


def said(notes) -> list[str]:
    return [note.sentence for note in notes]


# ---- a day of data ------------------------------------------------------------------------------


@pytest.mark.parametrize(("underlying", "expiries"), [("SPX", (SOON, LATE)), ("VIX", (SOON, LATE))])
def test_later_sessions_are_not_looked_at(builtin, underlying, expiries) -> None:
    row = builtin.index_of(DAY)
    whole = priced(builtin, underlying, expiries)
    assert whole == priced(builtin.until(row), underlying, expiries)
    columns = {}
    for name, column in builtin.columns.items():
        columns[name] = np.where(np.arange(len(builtin)) > row, 3.0 * column + 1.0, column)
    altered = dataclasses.replace(builtin, columns=columns)
    assert altered["vix"][row + 1] != builtin["vix"][row + 1]
    assert whole == priced(altered, underlying, expiries)


def test_smaller_underlyings_at_a_tenth(builtin) -> None:
    index, small = (of_market(builtin, name, date=DAY) for name in ("SPX", "XSP"))
    assert small.state.spot == pytest.approx(index.state.spot / 10.0)
    assert "XSP is taken at a tenth of the index." in said(small.notes)
    with pytest.raises(RangeError, match="not NDX"):
        of_market(builtin, "NDX", date=DAY)


def test_a_day_without_a_rate_says_so(builtin) -> None:
    columns = {name: column for name, column in builtin.columns.items() if name != "rate"}
    origin = {name: code for name, code in builtin.origin.items() if name != "rate"}
    bare = dataclasses.replace(builtin, columns=columns, origin=origin)
    for underlying in ("SPX", "VIX"):
        notes = of_market(bare, underlying, date=DAY).notes
        assert ("rate", "The rate is assumed.") in notes


def quoted(market: Market, vix: float | None = None) -> Market:
    """The market to 2016-08-01 with two VIX futures quoted on that day, and perhaps another VIX."""
    row = market.index_of("2016-08-01")
    known = market.until(row)
    columns, last = dict(known.columns), np.arange(row + 1) == row
    for name, settles, price in (("vx1", VIX_SOON, 14.0), ("vx2", VIX_NEXT, 16.0)):
        columns[name] = np.where(last, price, np.nan)
        columns[f"{name}_expiry"] = np.full(row + 1, float((settles - dt.date(1970, 1, 1)).days))
    if vix is not None:
        columns["vix"] = np.where(last, vix, columns["vix"])
    return Market(known.dates, columns)


def test_h18_vix_options_stand_on_their_own_future(builtin) -> None:
    """Spot VIX up by 20 points: forwards stay, and so does the price at VVIX as it was."""
    calm, wild = (of_market(quoted(builtin, vix), "VIX", [VIX_SOON]) for vix in (12.0, 32.0))
    assert calm.state.spot is None
    assert calm.state.forward == wild.state.forward == {VIX_SOON: 14.0}
    option = call("VIX", VIX_SOON, 15.0)
    prices = [
        float(option.value(dataclasses.replace(found.state, vol=0.9)).price)
        for found in (calm, wild)
    ]
    years = (VIX_SOON - dt.date(2016, 8, 1)).days / 365.0
    rate = float(np.asarray(calm.state.rate))
    expected = 100.0 * float(black76(14.0, 15.0, years, 0.9, rate, call=True).price)
    assert prices == pytest.approx([expected, expected])


def test_futures_quoted_between_and_beyond(builtin) -> None:
    found = of_market(quoted(builtin), "VIX", [VIX_SOON, VIX_BETWEEN, VIX_NEXT, VIX_LATE])
    forward = found.state.forward
    assert isinstance(forward, dict)
    assert (forward[VIX_SOON], forward[VIX_NEXT]) == (14.0, 16.0)
    assert forward[VIX_BETWEEN] == pytest.approx(14.0 + 2.0 * 7 / 35)
    assert [note for note in said(found.notes) if "future" in note] == [
        f"The future of {VIX_BETWEEN} is not quoted: read between its neighbours.",
        f"The future of {VIX_LATE} is not quoted: modelled from VIX.",
    ]
    modelled = of_market(builtin, "VIX", [VIX_SOON, VIX_BETWEEN], "2016-08-01")
    assert [note for note in said(modelled.notes) if "future" in note] == [
        f"The future of {VIX_SOON} is modelled from VIX.",
        f"The future of {VIX_BETWEEN} is not quoted: read between modelled ones.",
    ]
    assert ("vol", "VVIX of that day is itself modelled from VIX.") in modelled.notes


# ---- a chain ------------------------------------------------------------------------------------

FRIDAY, WEEKLY, BETWEEN = (dt.date(2023, 10, 20), dt.date(2023, 11, 17), dt.date(2023, 11, 3))


@pytest.fixture(scope="module")
def quotes(tmp_path_factory):
    """AM and PM options of one Friday at 19 and 20 %, and PM ones four weeks later at 20 %."""
    lines = ["option,bid,ask,date,spot"]
    for root, day, vol in (("SPX", FRIDAY, 0.19), ("SPXW", FRIDAY, 0.2), ("SPXW", WEEKLY, 0.2)):
        years = (day - dt.date(2023, 9, 14)).days / 365.0
        strike = np.arange(3000.0, 6010.0, 20.0)
        for right, letter in ((True, "C"), (False, "P")):
            price = black76(4500.0, strike, years, vol, 0.05, call=right).price
            lines += [
                f"{root}{day:%y%m%d}{letter}{int(k * 1000):08d},{max(p - 0.05, 0):.4f},"
                f"{p + 0.05:.4f},2023-09-14,4480"
                for k, p in zip(strike, price, strict=True)
            ]
    path = tmp_path_factory.mktemp("chains") / "spx.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    chain = read_chain(path)
    return fit_chain(chain), chain


@pytest.fixture(scope="module")
def real(real_data):
    chain = read_chain(real_data / "option_chains" / "spx_cboe_2023-09-14.csv")
    return fit_chain(chain), chain


def test_am_and_pm_of_one_date_have_their_own_smiles(quotes) -> None:
    for root, vol in (("SPX", 0.19), ("SPXW", 0.2)):
        state, notes = of_chain(*quotes, put(root, FRIDAY, 4400.0))
        assert float(state.vol_of(4400.0, FRIDAY)) == pytest.approx(vol, abs=3e-3)
        assert said(notes) == ["Forwards and volatilities are fitted to the quotes of spx.csv."]
    both = put("SPX", FRIDAY, 4400.0) + put("SPXW", FRIDAY, 4300.0)
    state, notes = of_chain(*quotes, both)
    assert float(state.vol_of(4400.0, FRIDAY)) == pytest.approx(0.2, abs=3e-3)
    assert f"AM options of {FRIDAY} are priced like its PM options." in said(notes)


def test_prices_at_a_fitted_expiry_lie_inside_the_quotes(quotes) -> None:
    fit, chain = quotes
    for root, day in (("SPX", FRIDAY), ("SPXW", FRIDAY), ("SPXW", WEEKLY)):
        for strike in (4200.0, 4500.0, 4700.0):
            structure = put(root, day, strike)
            price = float(structure.value(of_chain(fit, chain, structure).state).price) / 100.0
            (row,) = np.flatnonzero(
                (chain.root == root) & (chain.expiry == np.datetime64(day))
                & (chain.strike == strike) & ~chain.call
            )  # fmt: skip
            # a rate by parity from quotes a dime wide moves a price by a few cents
            assert chain.bid[row] - 0.03 <= price <= chain.ask[row] + 0.03


def test_other_expiries_are_read_between_and_named(quotes) -> None:
    structure = straddle("SPXW", BETWEEN, 4500.0)
    state, notes = of_chain(*quotes, structure)
    assert float(state.vol_of(4500.0, BETWEEN)) == pytest.approx(0.2, abs=3e-3)
    assert f"{BETWEEN} PM is not among its fitted expiries: read between or beyond them." in (
        said(notes)
    )


def test_shares_are_priced_on_the_spot_at_the_first_forward(quotes) -> None:
    structure = collar("SPXW", WEEKLY, 4200.0, 4700.0, call_expiry=FRIDAY)
    state, notes = of_chain(*quotes, structure)
    assert state.spot == 4480.0
    assert float(state.forward_to(FRIDAY)) == pytest.approx(4500.0, abs=0.05)
    assert f"All expiries are discounted at the rate to {FRIDAY}." in said(notes)
    assert any("at the carry to that date" in sentence for sentence in said(notes))


def test_refusals(quotes) -> None:
    for structure, words in (
        (call_spread("VIX", FRIDAY, 20.0, 30.0), "of SPX, not of VIX"),
        (put("SPXW", dt.date(2023, 9, 14), 4400.0), "does not lie after the quotes"),
        (
            Structure("units", (collar("SPX", FRIDAY, 1.0, 2.0).positions[0],)),
            "no ex",
        ),
    ):
        with pytest.raises(RangeError, match=words):
            of_chain(*quotes, structure)
    silent = dataclasses.replace(quotes[1], spot=float("nan"))
    with pytest.raises(RangeError, match="does not tell the price of the shares"):
        of_chain(quotes[0], silent, collar("SPXW", WEEKLY, 4200.0, 4700.0))


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize(
    "symbol",
    [
        *("SPX231020C04500000", "SPXW231020C04500000", "SPX231020P04300000"),
        *("SPXW231020P04300000", "SPX231215P04200000", "SPXW231229C04700000"),
    ],
)
def test_cboes_quotes_of_2023_09_14_hold_the_price(real, symbol) -> None:
    """Of AM and PM options of one date each its own, to a tick."""
    contract = OptionContract.parse(symbol)
    structure = Structure(symbol, (Position(1.0, contract),))
    price = float(structure.value(of_chain(*real, structure).state).price) / 100.0
    _, chain = real
    (row,) = np.flatnonzero(
        (chain.root == contract.root)
        & (chain.expiry == np.datetime64(contract.expiry))
        & (chain.strike == contract.strike)
        & (chain.call == contract.call)
    )
    assert chain.bid[row] - 0.05 <= price <= chain.ask[row] + 0.05
