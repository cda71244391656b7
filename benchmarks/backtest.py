"""The parts of a backtest beside pricing the same puts one by one with QuantLib.

Usage: python benchmarks/backtest.py [--data DIR] [--json FILE]

With ``--data`` the loading of a folder is measured too, beside pandas reading its futures.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import QuantLib as ql

import hedgerow as hr
from hedgerow.policies import catalog
from hedgerow.pricing import black
from hedgerow.pricing.surface import Surface
from hedgerow.report import page
from rounds import after, keep, rounds

BARS = 9_072


def puts() -> dict[str, np.ndarray]:
    """Puts of a 36-year history, one a bar; each column of **shape** (BARS,)."""
    rng = np.random.default_rng(5)
    spot = 3000.0 * np.exp(np.cumsum(rng.normal(0.0002, 0.01, BARS)))
    return {
        "spot": spot,
        "strike": spot * rng.uniform(0.8, 1.0, BARS),
        "time": rng.uniform(0.1, 0.4, BARS),
        "vol": rng.uniform(0.1, 0.5, BARS),
        "rate": rng.uniform(0.0, 0.05, BARS),
        "dividend": np.full(BARS, 0.018),
    }


def one_by_one(drawn: dict[str, np.ndarray]) -> np.ndarray:
    """Price, delta, gamma, vega by QuantLib, **shape** (BARS, 4)."""
    out = np.empty((BARS, 4))
    rows = zip(*(column.tolist() for column in drawn.values()), strict=True)
    for i, (spot, strike, time, vol, rate, dividend) in enumerate(rows):
        payoff = ql.PlainVanillaPayoff(ql.Option.Put, strike)
        forward, paid = spot * np.exp((rate - dividend) * time), np.exp(-rate * time)
        option = ql.BlackCalculator(payoff, forward, vol * np.sqrt(time), paid)
        out[i] = (option.value(), option.delta(spot), option.gamma(spot), option.vega(time))
    return out


def same(drawn: dict[str, np.ndarray]) -> None:
    """Stop unless both compute the same numbers."""
    ours = black.bsm(*drawn.values())
    np.testing.assert_allclose(
        np.column_stack([ours.price, ours.delta, ours.gamma, ours.vega]),
        one_by_one(drawn),
        rtol=1e-8,
        atol=1e-9,
    )


def main() -> None:
    """Measure and print."""
    drawn = puts()
    same(drawn)
    surface = Surface.from_indices(100.0 * drawn["vol"])
    depth = np.log(drawn["strike"] / drawn["spot"])
    market = hr.load("builtin")
    policy = catalog.demo()
    found = hr.backtest(policy, market, hr.Put()).found
    peer = f"QuantLib, {BARS:,} puts with Greeks one by one"
    work: dict[str, Callable[[], object]] = {
        peer: lambda: one_by_one(drawn),
        "hedgerow, the same puts": lambda: black.bsm(*drawn.values()),
        "a volatility for each from the surface": lambda: surface.vol(depth, drawn["time"]),
        f"a put laid out on {len(market):,} sessions": lambda: hr.Put().strip(market),
        "a put spread laid out": lambda: hr.PutSpread().strip(market),
        "a VIX future laid out": lambda: hr.VixFuture().strip(market),
        "a backtest: three strategies, look-ahead test": lambda: hr.backtest(
            policy, market, hr.Put()
        ),
        "its report as a page": lambda: page.render(found),
    }
    folder = after("--data")
    if folder:
        files = sorted(Path(folder).glob("vx_futures/**/*.csv"))
        work[f"pandas reads its {len(files)} files of futures only"] = lambda: [
            pd.read_csv(file, on_bad_lines="skip") for file in files
        ]
        work["hedgerow loads the folder"] = lambda: hr.load(folder)
    taken = rounds(work)
    print(f"{'work':<52}{'ms':>10}{'× QuantLib':>12}")
    for name, seconds in taken.items():
        print(f"{name:<52}{1e3 * seconds:>10.2f}{seconds / taken[peer]:>12.3f}")
    keep(seconds=taken)


if __name__ == "__main__":
    main()
