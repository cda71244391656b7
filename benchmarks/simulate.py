"""Nanoseconds of CPU time a path-step, by model and size of block."""

from __future__ import annotations

import time
from dataclasses import replace

from hedgerow.simulate.bates import Bates
from hedgerow.simulate.bootstrap import BlockBootstrap
from hedgerow.simulate.draws import Draws
from hedgerow.simulate.paths import PathModel
from hedgerow.simulate.regime import RegimeLaw, RegimeModel
from hedgerow.simulate.term import Relation, TermStructure

PATHS, SESSIONS, ROUNDS = 4_096, 252, 3

CALM = RegimeLaw(0.06, 0.7, 0.10, 0.04, 0.06, 0.08, 0.04, 0.040, 0.02, 2.4, 0.35)
WILD = RegimeLaw(0.00, 0.9, 0.17, 0.05, 0.05, 0.13, 0.09, 0.055, 0.06, 3.1, 0.35)
NAMES = ("vix9d", "vix3m", "vix6m", "skew")
TERM = TermStructure(
    tuple(
        Relation(name, 0.0, 0.0, 0.0, 0.9, tuple(0.01 * (i == j) for j in range(4)), 0.0, 0.5)
        for i, name in enumerate(NAMES)
    )
)


def step(work) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return 1e9 * best / (PATHS * SESSIONS)


def through(model: PathModel, size: int) -> None:
    for _ in model.paths(PATHS, SESSIONS, seed=1).blocks(size):
        pass


def main() -> None:
    regimes = RegimeModel((CALM, WILD), ((0.985, 0.015), (0.03, 0.97)), power=1.2)
    history = regimes.paths(1, 2_000, seed=1).market(0)
    models = {
        "regimes": regimes,
        "regimes and relatives": replace(regimes, term=TERM),
        "bates": Bates(),
        "bootstrap": BlockBootstrap(history, block=50),
    }
    for name, model in models.items():
        times = [step(lambda model=model, size=size: through(model, size)) for size in (256, 1_024)]
        print(f"{name:24} {times[0]:7.1f} {times[1]:7.1f} ns a path-step, blocks of 256 and 1,024")
    draws = Draws(1, 0, PATHS // 64, SESSIONS)
    drawn = step(lambda: (draws.normal(0, 2), draws.uniform(0, 2)))
    print(f"{'two normals, two uniforms':24} {drawn:7.1f}")


if __name__ == "__main__":
    main()
