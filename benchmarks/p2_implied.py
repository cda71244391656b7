"""P2: implied volatility of 1,000,000 quotes within six deviations, beside peers, in one run.

Usage: python benchmarks/p2_implied.py [--json FILE]

Prices come from Hedgerow's own kernels after they were checked against NumPy; the volatility
that made them is the truth.  Peers are not stopped for being wrong: their errors are printed.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

import pricing_peers as peers
from hedgerow.pricing.black import risk
from hedgerow.pricing.implied import implied_vol
from rounds import keep, rounds

FEW = 5_000
INPUTS = ("spot", "strike", "time", "rate", "dividend")


def main() -> None:
    """Measure, check, print."""
    x = peers.quotes(11)
    few = peers.part(x, FEW)
    price = risk(**x).price
    if not np.abs((price - peers.in_numpy(x)[0]) / x["spot"]).max() < 1e-13:
        raise SystemExit("Hedgerow's prices do not agree with NumPy's")
    columns = [x[name] for name in INPUTS]

    def ours(threads: int) -> np.ndarray:
        return implied_vol(price, *columns, call=x["call"], threads=threads)

    work = {
        "Hedgerow, 2 threads": lambda: ours(2),
        "Hedgerow, 1 thread": lambda: ours(1),
        "NumPy, Newton, 12 steps": lambda: peers.iv_in_numpy(x, price),
    }
    if find_spec("iv_engine"):
        work["iv_engine"] = lambda: peers.iv_in_iv_engine(x, price)
    if find_spec("fast_vollib"):
        work["fast-vollib, numba"] = lambda: peers.iv_in_fast_vollib(x, price, "numba")
    sample = {"vollib": lambda: peers.iv_in_vollib(few, price[:FEW])}
    if find_spec("py_lets_be_rational"):
        sample["py_lets_be_rational"] = lambda: peers.iv_in_rational(few, price[:FEW])

    wrong: dict[str, tuple[float, float]] = {}
    for name, call in {**work, **sample}.items():
        found = call()
        error = np.abs(found / x["vol"][: len(found)] - 1.0)
        bad = ~(error < 1e-6)
        worst = float(error[~bad].max()) if not bad.all() else np.nan
        wrong[name] = worst, 100.0 * float(bad.mean())
        if name.startswith("Hedgerow") and not error.max() < 1e-12:
            raise SystemExit(f"{name} is off by {error.max()}")
    taken = {name: 1e9 * s / peers.COUNT for name, s in rounds(work, 7).items()}
    taken |= {name: 1e9 * s / FEW for name, s in rounds(sample, 3).items()}
    base = taken["Hedgerow, 2 threads"]
    print(f"{'per quote':<32}{'ns':>10}{'ratio':>10}{'worst error':>14}{'wrong, %':>10}")
    for name, ns in sorted(taken.items(), key=lambda item: item[1]):
        worst, share = wrong[name]
        print(f"{name:<32}{ns:>10.1f}{ns / base:>10.1f}{worst:>14.1e}{share:>10.2f}")
    keep(ns_per_quote=taken, errors=wrong)


if __name__ == "__main__":
    main()
