"""The portfolio against hand calculation."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.core.market import Market
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import RangeError
from synthetic import market

DAYS = np.array(["2020-01-02", "2020-01-03", "2020-01-06"], dtype="datetime64[ns]")
PLAIN = Market(DAYS, {"spx": [100.0, 110.0, 99.0]})


def test_without_bills_and_dividends_it_is_the_index() -> None:
    assert Equity(1e6).values(PLAIN) == pytest.approx([1e6, 1.1e6, 0.99e6])


def test_half_in_equity_moves_half() -> None:
    assert Equity(1e6, equity_share=0.5).values(PLAIN) == pytest.approx(
        [1e6, 1.05e6, 1.05e6 * 0.95]
    )


def test_beta_multiplies_the_excess_over_bills() -> None:
    rates = PLAIN.with_columns({"rate": [0.0365] * 3})
    got = Equity(1e6, beta=2.0).values(rates)
    assert got[1] == pytest.approx(1e6 * (1 + 1e-4 + 2 * (0.1 - 1e-4)))


def test_bills_and_dividends_are_those_known_the_bar_before() -> None:
    data = PLAIN.with_columns({"rate": [0.0365, 9.9, 9.9], "dividend_yield": [0.073, 9.9, 9.9]})
    assert Equity(1e6).values(data)[1] == pytest.approx(1e6 * (1.1 + 2e-4))
    assert Equity(1e6, equity_share=0.0).values(data)[1] == pytest.approx(1e6 * (1 + 1e-4))


def test_it_starts_at_the_first_bar_of_the_run() -> None:
    data = market()
    values = Equity(5.0).values(data, first=100)
    assert (values[:101] == 5.0).all()
    assert values[101] != 5.0


@pytest.mark.parametrize(
    "bad", [{"value": 0.0}, {"value": float("nan")}, {"equity_share": 1.5}, {"beta": 9.0}]
)
def test_numbers_out_of_range_are_refused(bad) -> None:
    with pytest.raises(RangeError, match=r"portfolio\."):
        Equity(**bad)


BILLS = PLAIN.with_columns({"rate": [0.05, 0.05, 0.05]})


def test_j_interest_on_a_discount_basis_is_the_tbr_of_the_methodology() -> None:
    got = Equity(1e6, equity_share=0.0, interest="discount").values(BILLS)
    assert got[1] / got[0] - 1.0 == pytest.approx(1.39784e-4, abs=5e-10)
    assert got[2] / got[1] - 1.0 == pytest.approx(4.19410e-4, abs=5e-10)  # over a weekend


def test_without_interest_cash_stands_still_and_equity_is_the_index() -> None:
    assert (Equity(1e6, equity_share=0.0, interest="none").values(BILLS) == 1e6).all()
    assert Equity(1e6, interest="none").values(BILLS) == pytest.approx([1e6, 1.1e6, 0.99e6])


def test_an_unknown_interest_is_refused() -> None:
    with pytest.raises(RangeError, match=r"portfolio\.interest: .*did you mean 'discount'"):
        Equity(interest="discounted")
