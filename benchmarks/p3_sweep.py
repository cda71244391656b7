"""P3: one rule over 9,072 bars × 1,000 parameter sets, beside its peers, in one run.

Usage: python benchmarks/p3_sweep.py [--json FILE] [--no-vectorbt] [--cpu]
"""

from __future__ import annotations

import itertools
import resource
import sys
import time

import numpy as np

import p3_peers as peers
from hedgerow.core.book import Bar
from hedgerow.core.lanes import columns, compiled
from hedgerow.core.lanes.spread import Spread
from hedgerow.core.measure import Drawdown, Moments, Wealth
from hedgerow.core.policy import Policy
from hedgerow.core.tape import Tape
from hedgerow.policies.overlays import Bounds, Budget, Smooth
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from rounds import keep, rounds

T = 9_072
MEASURES = (Wealth(), Moments(), Drawdown())


def path(seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """VIX in points and a price, both made up, 9,072 bars."""
    rng = np.random.default_rng(seed)
    vix = np.empty(T)
    level = np.log(19.0)
    shocks = rng.normal(0.0, 0.065, T) + (rng.random(T) < 0.004) * rng.uniform(0.2, 0.6, T)
    for t in range(T):
        level += 0.02 * (np.log(18.0) - level) + shocks[t]
        vix[t] = np.exp(level)
    price = 100.0 * np.exp(np.cumsum(rng.normal(0.0003, 0.011, T) - 0.05 * (shocks - 0.001)))
    return vix, price


def sets() -> np.ndarray:
    """Low, width, move and cap of each lane, **shape** (4, 1000)."""
    axes = (np.linspace(10, 28, 10), (5, 10, 15, 20, 30), (1, 2, 3, 4, 6), (0.5, 1, 1.5, 2))
    return np.ascontiguousarray(np.array(list(itertools.product(*axes)), dtype=float).T)


def tape(vix: np.ndarray, price: np.ndarray, carry: float = 0.0) -> Tape:
    """The same ground for Hedgerow: USD 10 of the price is intensity 1.0."""
    zero = np.zeros(T)
    cost = peers.COST * price
    bars = Bar(
        gain=np.diff(price, prepend=price[0]),
        portfolio=zero,
        roll=zero,
        close_cost=cost,
        open_cost=cost,
        unit_cost=zero,
        size=peers.BASE / price,
        size_nav=zero,
        neutral=zero,
        carry=zero + carry,
        carried=zero + carry,
        days=np.r_[0.0, np.ones(T - 1)],
        days_ahead=np.ones(T),
        days_left=(365.0 - np.arange(T) * 1.45) % 365.0,
        new_year=(np.arange(T) % 252 == 0).astype(float),
        year_ends=(np.arange(T) % 252 == 251).astype(float),
        delta=zero,
        hedged=zero,
        band=zero,
    )
    times = np.datetime64("1990-01-01", "ns") + np.arange(T) * np.timedelta64(1, "D")
    return Tape(times, bars, (vix,), peers.CASH)


def simple(lanes: np.ndarray) -> Spread:
    """The rule of P3 as an ordinary policy."""
    trigger = Trigger(
        "vix", move=3.0, relative=None, every="5b", drawdown=1 - peers.FALL, rearm="reset"
    )
    policy = Policy([Linear("vix"), trigger], signals=[Level("vix")], raw=True)
    return Spread(
        policy,
        {
            "linear.low": lanes[0],
            "linear.high": lanes[0] + lanes[1],
            "trigger.move": lanes[2],
            "linear.top": lanes[3],
        },
    )


def chain(lanes: np.ndarray) -> Spread:
    """A general five-step chain: linear, bounds, moving average, budget, trigger."""
    trigger = Trigger("vix", move=3.0, relative=None, every="7d", drawdown=None)
    policy = Policy(
        [Linear("vix"), Bounds(0.2, 2.0), Smooth(5), Budget(0.02), trigger],
        signals=[Level("vix")],
    )
    return Spread(
        policy,
        {
            "linear.low": lanes[0],
            "linear.high": lanes[0] + lanes[1],
            "trigger.move": lanes[2],
            "bounds.cap": lanes[3] + 0.5,
        },
    )


def check(name: str, got: np.ndarray, wanted: np.ndarray, tolerance: float) -> None:
    """Stop the benchmark where a peer does not compute the same thing."""
    if not np.allclose(got, wanted, rtol=tolerance, atol=tolerance):
        raise SystemExit(f"{name} does not agree: {np.abs(got - wanted).max()}")


def main() -> None:
    """Measure, check, print."""
    vix, price = path()
    lanes = sets()
    ground, costly = tape(vix, price), tape(vix, price, carry=1e-4)
    rule, five = simple(lanes), chain(lanes)
    cells = T * lanes.shape[1]
    begun = time.perf_counter()
    first = compiled.play(rule, ground, MEASURES)
    compiling = time.perf_counter() - begun
    peak_ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    wanted = peers.by_hand(vix, price, lanes, 2)
    names = ("final_nav", "sum_pnl", "sum_pnl_squared", "max_drawdown")
    for k, name in enumerate(names):
        check(f"Hedgerow {name}", first[name], wanted[k], 1e-9)
    out = np.empty((4, lanes.shape[1]))
    peers.lane_by_lane(vix, price, lanes, out)
    check("lane by lane", out, wanted, 1e-9)
    vl, pl = vix.tolist(), price.tolist()
    some = range(0, lanes.shape[1], 100)
    for k in some:
        check(
            "plain Python",
            np.array(peers.in_python(vl, pl, lanes[:, k].tolist())),
            wanted[:, k],
            1e-9,
        )
    by_numpy = columns.play(five, costly, MEASURES)
    by_numba = compiled.play(five, costly, MEASURES)
    for name in by_numpy:
        if not np.array_equal(by_numpy[name], by_numba[name]):
            raise SystemExit(f"five-step chain: {name} is not bitwise equal to NumPy lanes")

    work = {
        "hand-written loop, 2 threads": lambda: peers.by_hand(vix, price, lanes, 2),
        "hand-written loop, 1 thread": lambda: peers.by_hand(vix, price, lanes, 1),
        "Hedgerow, P3 rule, 2 threads": lambda: compiled.play(rule, ground, MEASURES, threads=2),
        "Hedgerow, P3 rule, 1 thread": lambda: compiled.play(rule, ground, MEASURES, threads=1),
        "Hedgerow, five steps, 2 threads": lambda: compiled.play(five, costly, MEASURES, threads=2),
        "Hedgerow, five steps, 1 thread": lambda: compiled.play(five, costly, MEASURES, threads=1),
        "numba, lane by lane": lambda: peers.lane_by_lane(vix, price, lanes, out),
    }
    taken = {name: 1e9 * seconds / cells for name, seconds in rounds(work, 9).items()}
    slow = {
        "Hedgerow, NumPy lanes": lambda: columns.play(rule, ground, MEASURES),
    }
    taken |= {name: 1e9 * s / cells for name, s in rounds(slow, 1).items()}
    python = {"plain Python": lambda: [peers.in_python(vl, pl, lanes[:, k].tolist()) for k in some]}
    taken |= {name: 1e9 * s / (T * len(some)) for name, s in rounds(python, 3).items()}
    if "--no-vectorbt" not in sys.argv:
        run = peers.in_vectorbt(vix, price, lanes)
        begun = time.perf_counter()
        folio = run()
        print(f"vectorbt's first call took {time.perf_counter() - begun:.1f} s")
        check("vectorbt", folio.final_value().to_numpy(), wanted[0], 1e-9)
        del folio

        def with_statistics() -> None:
            value = run().value()
            change = value.diff()
            _ = value.iloc[-1], change.sum(), (change**2).sum(), (value / value.cummax() - 1).min()

        both = {
            "vectorbt from_order_func, orders only": run,
            "vectorbt from_order_func, the same results": with_statistics,
        }
        taken |= {name: 1e9 * s / cells for name, s in rounds(both, 3).items()}
    ours = taken["Hedgerow, P3 rule, 2 threads"]
    print(f"{'per lane-bar':<44}{'ns':>10}{'ratio to Hedgerow':>20}")
    for name, ns in sorted(taken.items(), key=lambda item: item[1]):
        print(f"{name:<44}{ns:>10.3f}{ns / ours:>20.2f}")
    for work in ("Hedgerow, P3 rule", "Hedgerow, five steps", "hand-written loop"):
        gain = taken[f"{work}, 1 thread"] / taken[f"{work}, 2 threads"]
        if "--cpu" not in sys.argv:
            print(f"P7, two threads against one: {gain:.2f} × ({work})")
    print(
        f"compiling (or loading) the P3 rule: {compiling:.2f} s; memory so far {peak_ours:.0f} MB"
    )
    keep(ns_per_lane_bar=taken, peak_mb=peak_ours)


if __name__ == "__main__":
    main()
