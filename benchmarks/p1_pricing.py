"""P1: price, delta, gamma, vega and theta of 1,000,000 options, beside peers, in one run.

Usage: python benchmarks/p1_pricing.py [--json FILE]
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

import pricing_peers as peers
from hedgerow.pricing.black import bsm, risk
from rounds import keep, rounds

FEW = 5_000
FIELDS = ("price", "delta", "gamma", "vega", "theta")


def check(name: str, got: np.ndarray, x: peers.Options, tolerance: float = 1e-12) -> None:
    """Stop where a peer does not compute the same thing; errors relative to the spot's scale."""
    wanted, s = peers.in_numpy(x), x["spot"]
    for row, scale in enumerate((s, 1.0, 1.0 / (s * x["vol"] * np.sqrt(x["time"])), s, s)):
        error = float(np.abs((got[row] - wanted[row]) / scale).max())
        if not error < tolerance:
            raise SystemExit(f"{name}: {FIELDS[row]} does not agree: {error}")


def main() -> None:
    """Measure, check, print."""
    x = peers.options(7)
    few = peers.part(x, FEW)
    room, other = np.empty((5, peers.COUNT)), np.empty((5, peers.COUNT))
    work = {
        "Hedgerow, 2 threads, memory used again": lambda: risk(**x, out=room, threads=2),
        "Hedgerow, 1 thread, memory used again": lambda: risk(**x, out=room, threads=1),
        "Hedgerow, 2 threads": lambda: risk(**x, threads=2),
        "Hedgerow, all nine fields (bsm), 2 threads": lambda: bsm(**x),
        "NumPy + ndtr": lambda: peers.in_numpy(x),
        "numba, math.erfc, 2 threads": lambda: peers.in_numba(x, other, 2),
    }
    sample = {
        "QuantLib BlackCalculator": lambda: peers.in_quantlib(few),
        "vollib": lambda: peers.in_vollib(few),
    }
    if find_spec("fast_vollib"):
        for backend in ("numpy", "numba"):
            work[f"fast-vollib, {backend}"] = lambda b=backend: peers.in_fast_vollib(x, b)
    for name, call in work.items():
        check(name, np.stack(call()[:5]), x, 1e-9 if "fast" in name else 1e-12)
    for name, call in sample.items():
        check(name, call(), few)
    taken = {name: 1e9 * s / peers.COUNT for name, s in rounds(work, 7).items()}
    taken |= {name: 1e9 * s / FEW for name, s in rounds(sample, 3).items()}
    ours = taken["Hedgerow, 2 threads, memory used again"]
    print(f"{'per option':<44}{'ns':>10}{'ratio to Hedgerow':>20}")
    for name, ns in sorted(taken.items(), key=lambda item: item[1]):
        print(f"{name:<44}{ns:>10.1f}{ns / ours:>20.1f}")
    keep(ns_per_option=taken)


if __name__ == "__main__":
    main()
