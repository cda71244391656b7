"""A sweep of 1,000,000 parameter sets over 9,072 bars: memory of the process, and where time goes.

Usage: python benchmarks/million.py [--json FILE] [--lanes N] [--no-overfit]

Times are processor time of all threads, which a busy machine stretches less than the clock's;
the clock's stand beside them.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

import p3_peers as peers
from hedgerow.core.lanes import columns, compiled
from hedgerow.core.lanes.spread import Spread, grid
from hedgerow.core.measure import STANDARD
from hedgerow.research.overfit.blocks import Sums
from hedgerow.research.sweep import Sweep
from p3_sweep import MEASURES, T, path, sets, simple, tape
from rounds import after, keep

Made = TypeVar("Made")

FEW = 102_400
"""Lanes of the loop written by hand: its time a lane-bar does not depend on their number."""


def peak() -> float:
    """Most memory that the process has held so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Clock:
    """What each part took: processor seconds, seconds, peak MB afterwards."""

    def __init__(self) -> None:
        self.parts: dict[str, tuple[float, float, float]] = {}

    def take(self, name: str, work: Callable[[], Made]) -> Made:
        """Do a part of the job and keep what it took."""
        wall, spent = time.perf_counter(), time.process_time()
        made = work()
        taken = time.process_time() - spent, time.perf_counter() - wall
        self.parts[name] = (*taken, peak())
        print(f"{name:<44}{taken[0]:>10.2f}{taken[1]:>10.2f}{peak():>10.0f}", flush=True)
        return made


def axes(lanes: int) -> dict[str, np.ndarray]:
    """Four axes of the P3 rule: 50,000 lanes times the length of the last one."""
    return {
        "linear.low": np.linspace(10, 20, 20),
        "linear.high": np.linspace(21, 50, 50),
        "trigger.move": np.linspace(1, 6, 50),
        "linear.top": np.linspace(0.5, 2, max(1, lanes // 50_000)),
    }


def main() -> None:
    """Play the job once, part by part, with the hand-written loop before and after it."""
    vix, price = path()
    ground = tape(vix, price)
    rule = simple(sets()).policy
    asked = axes(int(after("--lanes") or 1_000_000))
    print(f"{'':<44}{'CPU s':>10}{'s':>10}{'peak MB':>10}")
    clock = Clock()
    few = np.ascontiguousarray(np.resize(sets(), (4, FEW)))
    peers.by_hand(vix, price, few[:, :256], 2)  # compiles it
    clock.take("libraries, the market, the peer: not counted", lambda: None)
    hand = []

    def by_hand() -> None:
        spent = time.process_time()
        peers.by_hand(vix, price, few, 2)
        hand.append(1e9 * (time.process_time() - spent) / (T * FEW))

    by_hand()
    values = clock.take("grid", lambda: grid(asked))
    spread = clock.take("checking the values", lambda: Spread(rule, values))
    first = Spread(rule, {name: column[:1] for name, column in values.items()})
    clock.take("compiling or loading", lambda: compiled.play(first, ground, STANDARD))
    results = clock.take("the loop", lambda: compiled.play(spread, ground, STANDARD))
    by_hand()
    swept = Sweep(spread, results, ground)
    sums = Sums(*(results[n][None] for n in ("bars", "sum_return", "sum_return_squared")))
    clock.take("Sharpe ratios, for the register", sums.sharpe)
    clock.take("table", lambda: len(swept.table()))
    whole = dict(clock.parts)
    alike = clock.take(
        "again with the measures of P3", lambda: compiled.play(spread, ground, MEASURES)
    )
    by_hand()
    some = np.random.default_rng(1).integers(len(spread), size=64)
    picked = Spread(rule, {name: column[some] for name, column in values.items()})
    for measures, found in ((STANDARD, results), (MEASURES, alike)):
        for name, column in columns.play(picked, ground, measures).items():
            if not np.array_equal(column, found[name][some]):
                raise SystemExit(f"{name} is not bitwise equal to NumPy lanes")
    if "--no-overfit" not in sys.argv:
        found = clock.take("overfit(), 16 blocks", swept.overfit)
        print(f"  PBO {found.pbo:.1%} of {len(found.cross.logits):,} choices of half the blocks")

    cells = T * len(spread)
    spent = sum(part[0] for name, part in whole.items() if not name.startswith("libraries"))
    loop, plain = whole["the loop"][0], clock.parts["again with the measures of P3"][0]
    ours = float(np.median(hand))
    print(f"{len(spread):,} lanes × {T:,} bars; results equal NumPy lanes, bit for bit, on 64")
    print(f"the whole sweep: {1e9 * spent / cells:.2f} ns of one processor a lane-bar")
    print(f"outside the loop: {1.0 - loop / spent:.1%}")
    print(f"the loop, all measures: {loop / cells * 1e9 / ours:.2f} × the loop written by hand")
    print(f"the loop, measures of P3: {plain / cells * 1e9 / ours:.2f} × ({ours:.2f} ns)")
    keep(
        parts=clock.parts,
        lanes=len(spread),
        ns_whole=1e9 * spent / cells,
        ns_by_hand=hand,
        outside_the_loop=1.0 - loop / spent,
        peak_mb=peak(),
    )


if __name__ == "__main__":
    main()
