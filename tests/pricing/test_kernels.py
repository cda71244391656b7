"""The compiled loops against mpmath, against NumPy, and against their own promises."""

import mpmath
import numpy as np
import pandas as pd
import pytest
from numba import njit

from hedgerow.errors import DataError, RangeError
from hedgerow.pricing import formula, kernels
from hedgerow.pricing.black import Greeks, Risk, black76, bsm, risk
from hedgerow.pricing.columns import demand, like
from hedgerow.pricing.threads import SPAN, share

N = 40_000  # above formula.LARGE


def _options(seed=3, n=N):
    rng = np.random.default_rng(seed)
    spot = rng.uniform(800, 6500, n)
    return {
        "spot": spot,
        "strike": spot * np.exp(rng.normal(-0.03, 0.25, n)),
        "time": rng.uniform(1 / 365, 2, n),
        "vol": np.clip(np.exp(rng.normal(np.log(0.2), 0.45, n)), 0.05, 1.5),
        "rate": rng.uniform(0, 0.06, n),
        "dividend": rng.uniform(0, 0.025, n),
        "call": rng.random(n) < 0.5,
    }


def _in_numpy(monkeypatch, price, *args, **kwargs):
    with monkeypatch.context() as patch:
        patch.setattr(formula, "LARGE", 10**9)
        return price(*args, **kwargs)


@pytest.mark.parametrize(
    ("name", "exact", "low", "high"),
    [
        ("exp", mpmath.exp, -700.0, 700.0),
        ("exp", mpmath.exp, -1.0, 1.0),
        ("log", mpmath.log, 1e-9, 5.0),
        ("log", mpmath.log, 1.0, 1e12),
        ("mills", None, 0.0, 3.0),
        ("mills", None, 0.0, 40.0),
    ],
)
def test_polynomials_are_good_to_1e_15(name, exact, low, high):
    ours = getattr(kernels, name)
    points = np.random.default_rng(1).uniform(low, high, 500)
    with mpmath.workdps(40):
        if exact is None:
            root = mpmath.sqrt(2)

            def exact(a):
                return mpmath.erfc(a / root) * mpmath.exp(a * a / 2) * mpmath.sqrt(mpmath.pi / 2)

        for x in points:
            true = exact(mpmath.mpf(x))
            assert abs((mpmath.mpf(ours(x)) - true) / true) < 1e-15


def test_loops_use_vector_registers():
    for loop in (kernels.risk, kernels.greeks):
        fresh = njit(error_model="numpy", nogil=True)(loop.py_func)
        fresh.compile(loop.signatures[0] if loop.signatures else _signature())
        (text,) = fresh.inspect_asm().values()
        if "xmm" in text:  # x86; elsewhere the names are others
            assert text.count("zmm") + text.count("ymm") > 200
        for called in ("exp", "log", "erfc"):
            assert f"call\t{called}" not in text


def _signature():
    from numba import types

    column = types.Array(types.float64, 1, "C")
    matrix = types.Array(types.float64, 2, "C")
    flags = types.Array(types.boolean, 1, "C")
    whole = types.int64
    return (*[column] * 6, flags, whole, whole, column, matrix)


def test_compiled_agrees_with_numpy(monkeypatch):
    x = _options()
    scale = {
        "price": x["spot"],
        "gamma": 1.0 / x["spot"] / (x["vol"] * np.sqrt(x["time"])),
        "vega": x["spot"],
        "theta": x["spot"] * np.maximum(1.0, x["vol"] / np.sqrt(x["time"])),
        "rho": x["spot"],
        "volga": x["spot"] / x["vol"],
        "vanna": 1.0 / x["vol"],
        "charm": 1.0 / x["time"],
    }
    fast, slow = bsm(**x), _in_numpy(monkeypatch, bsm, **x)
    for name in Greeks._fields:
        error = np.abs(getattr(fast, name) - getattr(slow, name)) / scale.get(name, 1.0)
        assert error.max() < 1e-13, name
    short = risk(**x)
    for name in Risk._fields:
        assert np.array_equal(getattr(short, name), getattr(fast, name)), name
    forward = {name: x[name] for name in ("strike", "time", "vol", "rate", "call")}
    fast, slow = (
        black76(x["spot"], **forward),
        _in_numpy(monkeypatch, black76, x["spot"], **forward),
    )
    for name in Greeks._fields:
        error = np.abs(getattr(fast, name) - getattr(slow, name)) / scale.get(name, 1.0)
        assert error.max() < 1e-13, name


def test_odd_options_have_the_limits_of_the_numpy_form(monkeypatch):
    odd = np.array([0.0, np.nan, np.inf, -1.0, 1e-300, 1e300, -np.inf])
    x = _options()
    for i, name in enumerate(("spot", "strike", "time", "vol", "rate", "dividend")):
        x[name][i * len(odd) : (i + 1) * len(odd)] = odd
    x["spot"][100], x["strike"][100], x["time"][100] = 100.0, 100.0, 0.0
    fast, slow = bsm(**x), _in_numpy(monkeypatch, bsm, **x)
    for name in Greeks._fields:
        a, b = getattr(fast, name)[:101], getattr(slow, name)[:101]
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11, err_msg=name)


def test_far_from_the_strike_nothing_is_left():
    far = bsm(np.full(N, 100.0), 1e4, 0.01, 0.1, call=True)
    assert not any(field.any() for field in far)
    deep = bsm(np.full(N, 1e4), 100.0, 0.01, 0.1, 0.05, call=True)
    assert deep.delta[0] == 1.0
    assert deep.price[0] == pytest.approx(1e4 - 100.0 * np.exp(-0.05 * 0.01), rel=1e-15)


def test_threads_and_company_do_not_change_a_bit():
    x = _options(n=3 * SPAN + 77)
    one, two = risk(**x, threads=1), risk(**x, threads=2)
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a, b)
    tail = risk(**{name: column[-N:] for name, column in x.items()}, threads=1)
    for a, b in zip(one, tail, strict=True):
        assert np.array_equal(a[-N:], b)


def test_numbers_beside_arrays_and_grids():
    strikes = np.linspace(50.0, 150.0, N)
    grid = bsm(100.0, strikes, np.array([[0.25], [0.5]]), 0.2, 0.03)
    assert grid.price.shape == (2, N)
    apart = bsm(100.0, strikes, 0.5, 0.2, 0.03)
    assert np.array_equal(grid.charm[1], apart.charm)


def test_out_is_written_and_returned():
    x = _options()
    room = np.empty((5, N))
    assert np.shares_memory(risk(**x, out=room).price, room)
    with pytest.raises(RangeError, match="out"):
        risk(**x, out=np.empty((5, N - 1)))
    with pytest.raises(RangeError, match="out"):
        risk(**x, out=np.empty((N, 5)).T)


@pytest.mark.parametrize("n", [5, N])
def test_series_come_back_as_series(n):
    index = pd.RangeIndex(1000, 1000 + n)
    spot = pd.Series(np.linspace(90.0, 110.0, n), index=index, name="spot")
    vol = pd.Series(0.2, index=index, name="iv")
    greeks = bsm(spot, 100.0, 0.5, vol)
    assert all(isinstance(field, pd.Series) for field in greeks)
    assert greeks.price.index.equals(index)
    np.testing.assert_array_equal(greeks.price, bsm(spot.to_numpy(), 100.0, 0.5, 0.2).price)
    with pytest.raises(DataError, match="spot, iv: two Series have different indices"):
        bsm(spot, 100.0, 0.5, vol.iloc[::-1])
    assert like(spot)(np.ones((2, n))).shape == (2, n)


def test_demand_names_column_and_row():
    demand(spot=[1.0], time=0.0, vol=0.2, rate=-0.01)
    for column, value, match in (
        ("time", -0.1, "time, row 2: -0.1 is negative: the contract has expired"),
        ("vol", 0.0, "vol, row 2: 0.0 is not positive"),
        ("strike", 0.0, "strike, row 2"),
        ("price", np.nan, "price, row 2: nan is not a finite number"),
    ):
        with pytest.raises(RangeError, match=match):
            demand(**{column: [1.0, 1.0, value]})


def test_a_failure_in_a_thread_is_raised():
    def work(low, high, buffer):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        share(work, 4 * SPAN, 8, threads=2)
