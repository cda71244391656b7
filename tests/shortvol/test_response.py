"""What a response makes of moves, and how it is read and written."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.errors import RangeError
from hedgerow.shortvol.asymmetry.response import Response, Side

TEXT = """
tenors = [30, 90]
strikes = [0.9, 1.0, 1.1]
[fall]
near = [[1.5, 0.5, 1.0, 1.25], [1.0, 0.4, 0.6, 0.8]]
far = [[2.0, 0.7, 1.4, 1.9], [1.5, 0.6, 0.9, 1.0]]
near_error = [[0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1]]
far_error = [[0.2, 0.2, 0.2, 0.2], [0.2, 0.2, 0.2, 0.2]]
[rise]
near = [[-1.0, 0.0, -0.3, -0.6], [-0.7, 0.0, -0.2, -0.4]]
"""
MADE = Response.parse(TEXT)
MEASURED = Response.named("measured")


def test_moves_by_hand() -> None:
    assert MADE.shift(-0.03, tenor=30) == pytest.approx(0.045)  # 3 % of 1.5 points
    assert MADE.shift(-0.10, tenor=30) == pytest.approx(0.05 * 1.5 + 0.05 * 2.0)
    assert MADE.shift(0.10, tenor=30) == pytest.approx(-0.10)  # without far: one slope
    assert MADE.shift(-0.03, tenor=30, moneyness=1.0) == pytest.approx(0.03)
    half = math.exp(0.5 * (math.log(0.9) + math.log(1.0)))
    assert MADE.shift(-0.02, tenor=90, moneyness=half) == pytest.approx(0.02 * 0.5)
    assert MADE.shift(-0.02, tenor=90, moneyness=0.5) == pytest.approx(0.02 * 0.4)


def test_tenors_are_linear_in_one_over_the_root_of_time() -> None:
    share = (1 / math.sqrt(30) - 1 / math.sqrt(50)) / (1 / math.sqrt(30) - 1 / math.sqrt(90))
    assert MADE.shift(-0.01, tenor=50) == pytest.approx(0.015 * (1 - share) + 0.01 * share)
    assert MADE.shift(-0.01, tenor=5) == MADE.shift(-0.01, tenor=30), "before the first it stands"
    assert MADE.shift(-0.01, tenor=360) == pytest.approx(0.01 / 2.0), "past the last it fades"


def test_bands_by_hand_are_normal_around_the_shift() -> None:
    band = MADE.band(-0.10, tenor=30, level=0.9)
    assert band.estimate == MADE.shift(-0.10, tenor=30)
    width = 1.6448536269514722 * math.hypot(5 * 0.1, 5 * 0.2) / 100
    assert band.high - band.estimate == pytest.approx(width)
    assert band.estimate - band.low == pytest.approx(width)
    assert np.isnan(MADE.band(0.01, tenor=30).low), "no errors were given for rises"


def test_shapes_broadcast() -> None:
    moves = np.linspace(-0.2, 0.1, 7)[:, None]
    grid = MEASURED.shift(moves, tenor=np.array([[20.0, 45.0]]), moneyness=[[0.9, 1.05]])
    assert grid.shape == (7, 2)
    for i in range(7):
        for j, (tenor, strike) in enumerate(((20.0, 0.9), (45.0, 1.05))):
            one = MEASURED.shift(moves[i, 0], tenor=tenor, moneyness=strike)
            assert grid[i, j] == pytest.approx(float(one), abs=1e-15)
    assert MEASURED.shift(-0.05, tenor=30, moneyness=np.array([0.9, 1.0])).shape == (2,)
    assert MADE.shift(-0.05, tenor=30, moneyness=[0.8, 0.9, 1.0]).shape == (3,)


@given(st.floats(-0.6, -1e-6), st.floats(1.0, 800.0), st.floats(0.4, 1.6), st.sampled_from([0, 1]))
def test_falls_raise_every_volatility_and_larger_falls_more(move, tenor, strike, whole) -> None:
    at = None if whole else strike
    one = MEASURED.shift(move, tenor=tenor, moneyness=at)
    two = MEASURED.shift(1.2 * move, tenor=tenor, moneyness=at)
    assert 0.0 < one <= two
    assert one < two or move <= MEASURED.reach[0]
    assert MEASURED.shift(0.0, tenor=tenor, moneyness=at) == 0.0


@given(st.floats(1e-6, 0.3), st.floats(1.0, 800.0))
def test_a_fall_moves_the_level_more_than_a_rise(move, tenor) -> None:
    assert MEASURED.shift(-move, tenor=tenor) > -MEASURED.shift(move, tenor=tenor) > 0.0


@given(st.floats(-0.3, 0.3), st.floats(1.0, 700.0), st.floats(1.001, 2.0))
def test_the_level_moves_less_at_longer_tenors(move, tenor, longer) -> None:
    near, far = (abs(MEASURED.shift(move, tenor=days)) for days in (tenor, tenor * longer))
    assert far <= near + 1e-15


@given(st.floats(0.05, 1.0), st.floats(-0.5, 0.5), st.floats(1.0, 800.0))
def test_a_volatility_stays_above_0(iv, move, tenor) -> None:
    assert MEASURED.after(iv, move, tenor=tenor) > 0.0
    if move < 0.0:
        shifted = iv + MEASURED.shift(move, tenor=tenor)
        assert MEASURED.after(iv, move, tenor=tenor) == pytest.approx(shifted)


def test_the_symmetric_preset_stands_still() -> None:
    still = Response.named("symmetric")
    assert np.all(still.shift([-0.2, 0.2], tenor=[9, 400], moneyness=0.9) == 0.0)
    assert still.beta(30).estimate == 0.0


@pytest.mark.parametrize("response", [MADE, MEASURED, Response.named("symmetric")])
def test_files_come_back_as_they_were_written(response, tmp_path) -> None:
    file = tmp_path / "response.toml"
    file.write_text(response.to_toml(), encoding="utf-8")
    assert Response.from_toml(file) == response


def test_moves_past_those_measured_are_told_and_held() -> None:
    worst, best = MEASURED.reach
    for past, last in ((-0.4, worst), (0.4, best)):
        assert MEASURED.shift(past, tenor=30) == MEASURED.shift(last, tenor=30)
    assert MEASURED.measured([-0.1, -0.3, 0.1, 0.3]).tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("tenors = [30]", "fall"),
        (TEXT.replace("tenors", "tenor"), "tenor"),
        (TEXT.replace("[30, 90]", "[90, 30]"), "tenors"),
        (TEXT.replace("[30, 90]", "[30]"), "fall.near"),
        (TEXT.replace("[30, 90]", "'30'"), "tenors"),
        (TEXT.replace("far = ", "fare = "), "fall.fare"),
        (TEXT.replace("near = [[-1.0", "near = [['x'"), "rise.near"),
        (TEXT.replace("strikes = [0.9,", "strikes = ["), "fall.near"),
        ("knee = 2\n" + TEXT, "knee"),
        ("vx = [1.0]\n" + TEXT, "vx"),
        ("reach = [1.0]\n" + TEXT, "reach"),
        ("tenors = [", ""),
    ],
)
def test_mistakes_in_a_file_name_file_and_field(text, field, tmp_path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RangeError) as error:
        Response.from_toml(file)
    assert error.value.where.startswith("mine.toml")
    assert field in error.value.where


def test_mistakes_in_a_call_name_the_field() -> None:
    for wrong, field in (
        ({"move": -1.0, "tenor": 30}, "move"),
        ({"move": 0.1, "tenor": 0}, "tenor"),
        ({"move": 0.1, "tenor": 30, "moneyness": -1.0}, "moneyness"),
    ):
        with pytest.raises(RangeError) as error:
            MADE.shift(**wrong)
        assert error.value.where == field
    with pytest.raises(RangeError, match="no beta to VIX futures"):
        MADE.beta(30)
    with pytest.raises(RangeError, match="did you mean 'measured'"):
        Response.named("measurd")
    with pytest.raises(RangeError, match="none"):
        Response((), Side(()), Side(()))
    with pytest.raises(RangeError, match=r"nowhere.toml"):
        Response.from_toml("nowhere.toml")
