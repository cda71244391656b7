"""P5: 100,000 paths × 252 sessions of a hedge repriced daily, beside NumPy and torch, in one run.

Usage: python benchmarks/p5_montecarlo.py [--json FILE] [--paths N] [--general N]

Two regimes of ln VIX move index and VIX; USD 10 million in the index are hedged with a put at 0.9
of it, a quarter to expiry and renewed every 42 sessions, repriced at every close at
VIX/100·(1 + 0.9·max(0, 1 − K/S)).  A policy linear in VIX says how many, and trades daily at 1 % of
the premium.  What is kept of a path is its final NAV.  All rows draw their own random numbers in
double precision; on Hedgerow's own paths NumPy must give the same NAVs to 1e-9, and the
distributions of all must be one: means within 3 standard errors, the 1, 50 and 99 % quantiles
within 3.5, or the run stops.
"""

from __future__ import annotations

import importlib.util
import resource
import time
from typing import Any

import numpy as np

import p5_peers as peers
from hedgerow.core.measure import Wealth
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.instruments.options import Put
from hedgerow.instruments.plain_put import PlainPut
from hedgerow.policies.overlays import Bounds
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from hedgerow.research.montecarlo import MonteCarlo
from hedgerow.simulate.regime import RegimeLaw, RegimeModel
from hedgerow.simulate.two_regimes import TwoRegimes
from rounds import after, keep, rounds

SESSIONS, NAV = 252, 1e7
POLICY = Policy([Linear("vix", low=12.0, high=30.0), Bounds(0.25, 2.0)], [Level("vix")])
CHANCES = (0.01, 0.5, 0.99)


def job(paths: int, threads: int, seed: int = 7) -> MonteCarlo:
    """The run of P5."""
    return MonteCarlo(
        POLICY,
        PlainPut(),
        Equity(NAV),
        TwoRegimes().paths(paths, SESSIONS, seed),
        measures=(Wealth(),),
        strategies=("dynamic",),
        threads=threads,
    )


def general(paths: int) -> MonteCarlo:
    """A listed put on the regime model, with bounds and a trigger, three strategies."""
    calm = RegimeLaw(0.06, 0.7, 0.10, 0.04, 0.06, 0.08, 0.04, 0.040, 0.02, 2.4, 0.35)
    wild = RegimeLaw(0.00, 0.9, 0.17, 0.05, 0.05, 0.13, 0.09, 0.055, 0.06, 3.1, 0.35)
    model = RegimeModel((calm, wild), ((0.99, 0.01), (0.02, 0.98)))
    steps = [Linear("vix", low=12.0, high=30.0), Bounds(0.25, 2.0), Trigger("vix", move=2.0)]
    policy = Policy(steps, [Level("vix")])
    return MonteCarlo(policy, Put(), Equity(NAV), model.paths(paths, SESSIONS, seed=7))


def same(name: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Stop where two samples are not of one distribution."""
    gap = abs(ours.mean() - theirs.mean())
    error = np.sqrt(ours.var() / len(ours) + theirs.var() / len(theirs))
    if gap > 3.0 * error:
        raise SystemExit(f"{name}: means differ by {gap / error:.1f} standard errors")
    for chance in CHANCES:
        # the error of a quantile, by the density that the sample has about it
        wide = 2.0 * np.sqrt(chance * (1.0 - chance) / len(theirs))
        low, high = np.quantile(theirs, [max(chance - wide, 0.0), min(chance + wide, 1.0)])
        error = (high - low) / 4.0 * np.sqrt(1.0 + len(theirs) / len(ours))
        gap = abs(np.quantile(ours, chance) - np.quantile(theirs, chance))
        if gap > 3.5 * error:
            raise SystemExit(f"{name}: {chance:.0%} quantiles differ by {gap / error:.1f} errors")


def main() -> None:
    """Measure, check, print."""
    count = int(after("--paths") or 100_000)
    kept: dict[str, dict[str, float]] = {}
    begun = time.perf_counter()
    job(256, 1).play(0)
    print(f"compiling, or loading kernels: {time.perf_counter() - begun:.1f} s")

    first = job(count, 2)
    some = first.paths.ensemble(0, 1_000)
    wanted = peers.hedged(some["spx"], some["vix"], peers.NUMPY, first.paths.dates)
    ours = first.between(0, count)["dynamic.final_nav"]
    if not np.allclose(ours[:1_000], wanted, rtol=1e-9):
        raise SystemExit("on the same paths NumPy gives other NAVs")
    if not np.array_equal(ours, job(count, 1).between(0, count)["dynamic.final_nav"]):
        raise SystemExit("the number of threads changes the numbers")

    dates = first.paths.dates
    work: dict[str, Any] = {
        "Hedgerow, 2 threads": lambda: job(count, 2).between(0, count)["dynamic.final_nav"],
        "Hedgerow, 1 thread": lambda: job(count, 1).between(0, count)["dynamic.final_nav"],
        "NumPy, all paths at once": lambda: peers.run(count, peers.NUMPY, dates, count),
        "NumPy, blocks of 4,096": lambda: peers.run(count, peers.NUMPY, dates, 4_096),
    }
    if importlib.util.find_spec("torch"):
        torch = peers.in_torch()
        work["torch, float64"] = lambda: peers.run(count, torch, dates, count)
    else:
        print("torch is not installed: left out")
    other = job(count, 2, seed=8).between(0, count)["dynamic.final_nav"]
    same("another seed", other, ours)
    for name, call in work.items():
        if "Hedgerow" not in name:
            same(name, ours, np.asarray(call()))
    steps = count * SESSIONS
    alone = {name: call for name, call in work.items() if "2 threads" not in name}
    for told, calls, clock in (
        ("per path-step", work, time.perf_counter),
        ("processor's time per path-step", alone, time.process_time),
    ):
        taken = {n: 1e9 * s / steps for n, s in rounds(calls, 7, clock).items()}
        fastest = min(taken.values())
        print(f"{told:<32}{'ns':>10}{'ratio to the first':>20}")
        for name, ns in sorted(taken.items(), key=lambda item: item[1]):
            print(f"{name:<32}{ns:>10.2f}{ns / fastest:>20.2f}")
        kept[told] = taken

    paths = int(after("--general") or 10_000)
    run = general(paths)
    run.between(0, 256)
    begun = time.perf_counter()
    for block in range(len(run.sizes())):
        run.play(block)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"a listed put, regime model, bounds and trigger, three strategies, {paths:,} paths: "
        f"{seconds:.1f} s, {1e3 * seconds / paths:.2f} ms a path; peak memory so far {peak:.0f} MB"
    )
    keep(**kept, general_ms_a_path=1e3 * seconds / paths, peak_mb=peak)


if __name__ == "__main__":
    main()
