"""Options and quotes of P1 and P2, and who else prices them: NumPy, numba, the libraries.

Every peer returns what it is asked for in Hedgerow's units, so that one check holds for all.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit
from scipy.special import ndtr

COUNT = 1_000_000
POOL = ThreadPoolExecutor(8)
ROOT_TWO_PI = math.sqrt(2.0 * math.pi)

Options = dict[str, np.ndarray]


def options(seed: int, count: int = COUNT) -> Options:
    """The draws of P1."""
    rng = np.random.default_rng(seed)
    spot = rng.uniform(800.0, 6500.0, count)
    return {
        "spot": spot,
        "strike": spot * np.exp(rng.normal(-0.03, 0.15, count)),
        "time": rng.uniform(1 / 365, 2.0, count),
        "vol": np.clip(np.exp(rng.normal(math.log(0.2), 0.45, count)), 0.05, 1.5),
        "rate": rng.uniform(0.0, 0.06, count),
        "dividend": rng.uniform(0.0, 0.025, count),
        "call": np.arange(count) % 2 == 0,
    }


def quotes(seed: int, count: int = COUNT) -> Options:
    """The draws of P2: out of the money, up to six standard deviations, no price yet."""
    x = options(seed, count)
    forward = x["spot"] * np.exp((x["rate"] - x["dividend"]) * x["time"])
    away = np.random.default_rng(seed + 1).uniform(-6.0, 6.0, count)
    x["strike"] = forward * np.exp(away * x["vol"] * np.sqrt(x["time"]))
    x["call"] = x["strike"] > forward
    return x


def part(x: Options, count: int) -> Options:
    """The first ``count`` options."""
    return {name: column[:count] for name, column in x.items()}


def in_numpy(x: Options) -> np.ndarray:
    """Price, delta, gamma, vega, theta as anybody would write them, **shape** (5, n)."""
    s, k, t, v, r, q = (x[n] for n in ("spot", "strike", "time", "vol", "rate", "dividend"))
    sign = np.where(x["call"], 1.0, -1.0)
    root = np.sqrt(t)
    sd = v * root
    d1 = (np.log(s / k) + (r - q) * t) / sd + 0.5 * sd
    grow, discount = np.exp(-q * t), np.exp(-r * t)
    n1, n2 = ndtr(sign * d1), ndtr(sign * (d1 - sd))
    bell = np.exp(-0.5 * d1 * d1) / ROOT_TWO_PI
    asset, bond = s * grow, k * discount
    vega = asset * bell * root
    return np.stack(
        [
            sign * (asset * n1 - bond * n2),
            sign * grow * n1,
            grow * bell / (s * sd),
            vega,
            sign * (q * asset * n1 - r * bond * n2) - 0.5 * vega * v / t,
        ]
    )


@njit(error_model="numpy", nogil=True)
def _erfc_loop(s, k, t, v, r, q, call, low, high, out):
    for i in range(low, high):
        sign = 1.0 if call[i] else -1.0
        root = math.sqrt(t[i])
        sd = v[i] * root
        d1 = (math.log(s[i] / k[i]) + (r[i] - q[i]) * t[i]) / sd + 0.5 * sd
        n1 = 0.5 * math.erfc(-sign * d1 * 0.7071067811865476)
        n2 = 0.5 * math.erfc(-sign * (d1 - sd) * 0.7071067811865476)
        grow = math.exp(-q[i] * t[i])
        asset, bond = s[i] * grow, k[i] * math.exp(-r[i] * t[i])
        bell = math.exp(-0.5 * d1 * d1) / 2.5066282746310002
        vega = asset * bell * root
        out[0, i] = sign * (asset * n1 - bond * n2)
        out[1, i] = sign * grow * n1
        out[2, i] = grow * bell / (s[i] * sd)
        out[3, i] = vega
        out[4, i] = sign * (q[i] * asset * n1 - r[i] * bond * n2) - 0.5 * vega * v[i] / t[i]


def in_numba(x: Options, out: np.ndarray, threads: int) -> np.ndarray:
    """The loop that one writes first, compiled, on threads."""
    edges = np.linspace(0, out.shape[1], threads + 1).astype(int)
    columns = [x[n] for n in ("spot", "strike", "time", "vol", "rate", "dividend", "call")]
    list(POOL.map(lambda k: _erfc_loop(*columns, edges[k], edges[k + 1], out), range(threads)))
    return out


def in_quantlib(x: Options) -> np.ndarray:
    """QuantLib's BlackCalculator in a loop."""
    import QuantLib as ql

    out = np.empty((5, len(x["spot"])))
    columns = (x[n].tolist() for n in ("spot", "strike", "time", "vol", "rate", "dividend", "call"))
    for i, (s, k, t, v, r, q, call) in enumerate(zip(*columns, strict=True)):
        kind = ql.Option.Call if call else ql.Option.Put
        forward, discount = s * math.exp((r - q) * t), math.exp(-r * t)
        option = ql.BlackCalculator(
            ql.PlainVanillaPayoff(kind, k), forward, v * math.sqrt(t), discount
        )
        out[:, i] = (
            option.value(),
            option.delta(s),
            option.gamma(s),
            option.vega(t),
            option.theta(s, t),
        )
    return out


def in_vollib(x: Options) -> np.ndarray:
    """Vollib's functions, one by one."""
    from vollib.black_scholes_merton import black_scholes_merton
    from vollib.black_scholes_merton.greeks import analytical

    greeks = (analytical.delta, analytical.gamma, analytical.vega, analytical.theta)
    out = np.empty((5, len(x["spot"])))
    columns = (x[n].tolist() for n in ("spot", "strike", "time", "rate", "vol", "dividend", "call"))
    for i, (*at, call) in enumerate(zip(*columns, strict=True)):
        side = "c" if call else "p"
        out[0, i] = black_scholes_merton(side, *at)
        out[1:, i] = [greek(side, *at) for greek in greeks]
    out[3:] *= np.array([[100.0], [365.0]])
    return out


def in_fast_vollib(x: Options, backend: str) -> np.ndarray:
    """fast-vollib's arrays."""
    import fast_vollib

    side = np.where(x["call"], "c", "p")
    at = [x[n] for n in ("spot", "strike", "time", "rate", "vol", "dividend")]
    price = fast_vollib.fast_black_scholes_merton(side, *at, return_as="numpy", backend=backend)
    greeks: dict[str, Any] = fast_vollib.get_all_greeks(
        side, *at, model="black_scholes_merton", return_as="dict", backend=backend
    )
    rows = [price, greeks["delta"], greeks["gamma"], 100 * greeks["vega"], 365 * greeks["theta"]]
    return np.stack(rows)


def iv_in_numpy(x: Options, price: np.ndarray) -> np.ndarray:
    """Newton's method on the price from Brenner's and Subrahmanyam's guess, eight steps or so."""
    vol = np.full(len(price), 0.25)
    with np.errstate(all="ignore"):
        for _ in range(12):
            rows = in_numpy({**x, "vol": vol})
            vol = np.clip(vol - (rows[0] - price) / rows[3], 1e-3, 4.0)
    return vol


def iv_in_iv_engine(x: Options, price: np.ndarray) -> np.ndarray:
    """iv_engine (Rust, parallel), which takes calls and puts apart, undiscounted."""
    import iv_engine

    growth = np.exp(x["rate"] * x["time"])
    forward = x["spot"] * growth * np.exp(-x["dividend"] * x["time"])
    out = np.empty(len(price))
    for call in (True, False):
        of = x["call"] == call
        out[of] = iv_engine.implied_volatilities(
            (price * growth)[of], forward[of], x["strike"][of], x["time"][of], call
        )
    return out


def iv_in_fast_vollib(x: Options, price: np.ndarray, backend: str) -> np.ndarray:
    """fast-vollib's arrays."""
    import fast_vollib

    at = [x[n] for n in ("spot", "strike", "time", "rate")]
    return fast_vollib.fast_implied_volatility(
        price,
        *at,
        np.where(x["call"], "c", "p"),
        x["dividend"],
        model="black_scholes_merton",
        return_as="numpy",
        on_error="ignore",
        backend=backend,
    )


def iv_in_vollib(x: Options, price: np.ndarray) -> np.ndarray:
    """Vollib's function, which calls Let's be rational, one by one."""
    from vollib.black_scholes_merton.implied_volatility import implied_volatility

    columns = (x[n].tolist() for n in ("spot", "strike", "time", "rate", "dividend", "call"))
    both = zip(price.tolist(), *columns, strict=True)
    return np.array([implied_volatility(*at, "c" if call else "p") for *at, call in both])


def iv_in_rational(x: Options, price: np.ndarray) -> np.ndarray:
    """Jäckel's Let's be rational in Python, one by one."""
    from py_lets_be_rational import implied_volatility_from_a_transformed_rational_guess as rational

    growth = np.exp(x["rate"] * x["time"])
    forward = x["spot"] * growth * np.exp(-x["dividend"] * x["time"])
    sign = np.where(x["call"], 1.0, -1.0)
    columns = (price * growth, forward, x["strike"], x["time"], sign)
    both = zip(*(column.tolist() for column in columns), strict=True)
    return np.array([rational(*at) for at in both])
