"""Parity, Cboe's VIX method and implied correlation on numbers that are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.errors import RangeError
from hedgerow.pricing.black import black76
from hedgerow.pricing.board import Board
from hedgerow.pricing.cboe_vix import Term, forward_variance, term, vix
from hedgerow.pricing.correlation import implied_correlation
from hedgerow.pricing.parity import parity


def board(forward=4500.0, time=0.1, vol=0.2, rate=0.05, strikes=None, spread=0.2, noise=0.0):
    strike = np.arange(3000.0, 6000.0, 25.0) if strikes is None else np.asarray(strikes, float)
    chance = np.random.default_rng(7)
    call = black76(forward, strike, time, vol, rate, call=True).price
    put = black76(forward, strike, time, vol, rate).price
    if noise:
        call = call + noise * chance.standard_normal(len(strike))
        put = put + noise * chance.standard_normal(len(strike))
    half = 0.5 * spread
    return Board.of(
        time,
        strike,
        np.maximum(call - half, 0.0),
        call + half,
        np.maximum(put - half, 0.0),
        put + half,
    )


class TestParity:
    def test_it_finds_forward_and_rate_of_clean_quotes(self):
        found = parity(board(spread=0.002))
        assert found.forward == pytest.approx(4500.0, abs=2e-3)
        assert found.rate == pytest.approx(0.05, abs=1e-5)
        assert found.discount == pytest.approx(np.exp(-0.005), rel=1e-6)

    def test_the_standard_errors_say_how_far_off_it_is(self):
        found = parity(board(spread=1.0, noise=0.3))
        assert abs(found.forward - 4500.0) < 4.0 * found.forward_error < 2.0
        assert abs(found.rate - 0.05) < 4.0 * found.rate_error

    def test_mistyped_quotes_do_not_move_it(self):
        clean = board(spread=0.5)
        wrong = clean.call_bid.copy()
        wrong[[20, 60, 90]] += 40.0
        dirty = Board(0.1, clean.strike, wrong, wrong + 0.5, clean.put_bid, clean.put_ask)
        found = parity(dirty)
        assert found.forward == pytest.approx(4500.0, abs=0.2)
        assert not found.used[60]
        assert found.residual[60] == pytest.approx(40.0, abs=0.5)

    def test_a_given_rate_is_kept_and_one_pair_is_enough(self):
        one = board(strikes=[4500.0])
        found = parity(one, rate=0.05)
        assert found.rate == 0.05
        assert found.rate_error == 0.0
        assert found.forward == pytest.approx(4500.0, abs=1e-9)
        with pytest.raises(RangeError, match="2 are needed"):
            parity(one)

    def test_exchanged_calls_and_puts_are_refused(self):
        good = board()
        swapped = Board(0.1, good.strike, good.put_bid, good.put_ask, good.call_bid, good.call_ask)
        with pytest.raises(RangeError, match="exchanged"):
            parity(swapped)


class TestVix:
    def test_flat_smile_gives_its_volatility(self):
        assert term(board(spread=0.0), 0.05).vol == pytest.approx(20.0, abs=0.02)

    def test_a_side_ends_after_two_strikes_without_a_bid(self):
        made = board(spread=0.0)
        bid = made.put_bid.copy()
        at = int(np.searchsorted(made.strike, 4000.0))
        bid[at] = 0.0  # one alone is skipped
        bid[[at - 5, at - 6]] = 0.0  # two in a row end the side
        ask = made.put_ask
        found = term(Board(0.1, made.strike, made.call_bid, made.call_ask, bid, ask), 0.05)
        assert 4000.0 not in found.strike
        assert found.strike[0] == made.strike[at - 4]

    def test_the_middle_strike_is_the_average_of_both(self):
        found = term(board(forward=4510.0), 0.05)
        assert found.middle == 4500.0
        assert found.forward == pytest.approx(4510.0, abs=1e-9)
        at = list(found.strike).index(4500.0)
        pair = black76(4510.0, 4500.0, 0.1, 0.2, 0.05, call=[True, False]).price
        assert found.quote[at] == pytest.approx(pair.mean(), abs=1e-9)

    def test_thirty_days_between_two_expiries(self):
        none = np.zeros(0)
        near, far = (Term(d / 365, v, 1, 1, none, none, none) for d, v in ((25, 0.04), (32, 0.09)))
        total = (2 / 7 * 25 * 0.04 + 5 / 7 * 32 * 0.09) / 30
        assert vix(near, far) == pytest.approx(100 * total**0.5)
        assert forward_variance(near, far) == pytest.approx((32 * 0.09 - 25 * 0.04) / 7)
        with pytest.raises(RangeError, match="expire after"):
            vix(far, near)

    def test_no_bids_are_told(self):
        made = board()
        zero = np.zeros(len(made))
        with pytest.raises(RangeError, match="both a call and a put"):
            term(Board(0.1, made.strike, zero, zero, zero, zero), 0.0)


class TestBoard:
    def test_bad_boards_name_the_column(self):
        quotes = [[1.0, 1.0]] * 4
        for time, strikes, where in (
            (0.0, [1.0, 2.0], "board.time"),
            (np.nan, [1.0, 2.0], "board.time"),
            (0.1, [2.0, 1.0], "board.strike, row 1"),
            (0.1, [0.0, 1.0], "board.strike, row 0"),
            (0.1, [1.0, 2.0, 3.0], "board.call_bid"),
        ):
            with pytest.raises(RangeError, match=where):
                Board.of(time, strikes, *quotes)


class TestCorrelation:
    def test_published_number(self):
        assert implied_correlation(0.20, np.full(50, 0.02), 0.30) == pytest.approx(
            0.4331066, abs=5e-8
        )

    def test_members_that_move_as_one(self):
        rng = np.random.default_rng(3)
        weight, vol = rng.random(9), rng.random(9)
        whole = weight @ vol / weight.sum()
        assert implied_correlation(whole, weight, vol) == pytest.approx(1.0)
        assert implied_correlation([whole, whole], weight, vol).shape == (2,)

    def test_bad_members(self):
        with pytest.raises(RangeError, match="two or more"):
            implied_correlation(0.2, [1.0], [0.3])
        with pytest.raises(RangeError, match="vol"):
            implied_correlation(0.2, [1.0, 1.0], [0.3, -0.3])
        with pytest.raises(RangeError, match="sum to 0"):
            implied_correlation(0.2, [0.0, 0.0], [0.3, 0.3])
