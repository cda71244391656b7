"""How much is luck, at size: cross-validation of 100,000 trials, a register of 1,000,000 lines.

Usage: python benchmarks/overfit.py [--json FILE] [--trials N] [--lines N]

Times are processor time of all threads.
"""

from __future__ import annotations

import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from hedgerow.research.overfit import register
from hedgerow.research.overfit.blocks import Sums, sharpe_of
from hedgerow.research.overfit.cscv import CrossValidation, cross_validate
from hedgerow.research.overfit.trials import Trial, to_line
from rounds import after, keep

BLOCKS, PERIODS = 16, 560.0
CHUNK = 64
"""Choices of half the blocks that the peer works out, of 6,435: it takes as long for each."""


def spent(work: Callable[[], object]) -> float:
    """Return the processor seconds that a call takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def noise(trials: int) -> Sums:
    """Sums of returns of rules that are worth nothing, some of them alike."""
    rng = np.random.default_rng(11)
    total = rng.normal(0.0, 0.01 * PERIODS**0.5, (BLOCKS, trials))
    squares = 1e-4 * PERIODS * rng.uniform(0.7, 1.3, (BLOCKS, trials))
    total[:, 1::5], squares[:, 1::5] = total[:, ::5], squares[:, ::5]
    return Sums(np.full((BLOCKS, 1), PERIODS), total, squares)


def by_products(sums: Sums, choices: slice) -> list[np.ndarray]:
    """Logits, as products of matrices, Sharpe ratios, the best of each row and its rank."""
    halves = [(0, *rest) for rest in combinations(range(1, BLOCKS), BLOCKS // 2 - 1)][choices]
    first = np.zeros((len(halves), BLOCKS))
    first[np.arange(len(halves))[:, None], np.array(halves)] = 1.0
    one, other = (
        sharpe_of(half @ sums.periods, half @ sums.total, half @ sums.squares)
        for half in (first, 1.0 - first)
    )
    logits = []
    for chosen, judged in ((one, other), (other, one)):
        there = judged[np.arange(len(judged)), np.argmax(chosen, axis=1)][:, None]
        below, level = (judged < there).sum(axis=1), (judged == there).sum(axis=1)
        rank = (below + (level + 1.0) / 2.0) / (judged.shape[1] + 1.0)
        logits.append(np.log(rank / (1.0 - rank)))
    return logits


def cross_validation(trials: int) -> dict[str, float]:
    """Compare the compiled walk over all halves with matrix products over some of them."""
    sums, found = noise(trials), list[CrossValidation]()
    cross_validate(sums)  # loads the loop
    ours = statistics.median(spent(lambda: found.append(cross_validate(sums))) for _ in range(5))
    choices = len(found[0].logits) // 2
    some, theirs = slice(1000, 1000 + CHUNK), list[list[np.ndarray]]()
    peer = [spent(lambda: theirs.append(by_products(sums, some))) for _ in range(3)]
    for logits, side in zip(theirs[0], np.split(found[0].logits, 2), strict=True):
        if not np.allclose(logits, side[some], atol=1e-9):
            raise SystemExit("the cross-validations do not agree")
    product = statistics.median(peer) * choices / CHUNK
    print(f"cross-validation of {trials:,} trials, {2 * choices:,} choices, equal logits")
    print(f"  Hedgerow {ours:.2f} s; matrix products {product:.1f} s: {product / ours:.0f} ×")
    return {"hedgerow": ours, "matrix_products": product}


def of_register(lines: int) -> dict[str, float]:
    """Enter one run by a fresh reader: without a summary, and with one; and parse every line."""
    run = Trial(
        "key", "2024-01-02T03:04:05+00:00", "backtest", "linear", "linear/bounds/trigger", "p" * 64,
        "d" * 64, "closes of an index, measured", "2000-01-03", "2010-12-31", 1, 1, 0.03, 0.0, "1",
    )  # fmt: skip
    rng = np.random.default_rng(3)
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trials.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for i, mean in enumerate(rng.normal(0.03, 0.01, lines).tolist()):
                one = replace(run, key=f"{i:064x}", data=f"{i % 50:064x}", mean=mean)
                file.write(to_line(one) + "\n")
        for name in ("no summary yet", "a fresh process", "a fresh process, again"):
            register._READ.clear()
            added = [replace(run, key=name)]
            taken[name] = spent(lambda added=added: register.enter(path, added))
        size = path.stat().st_size
        taken["the same process"] = spent(lambda: register.enter(path, [replace(run, key="x")]))
        held = register.hold(path)
        high = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if held.runs != lines + 4 or held.damaged:
            raise SystemExit("runs were lost")

        def parse() -> None:
            with path.open("rb") as file:
                for line in file:
                    json.loads(line)

        taken["json.loads of every line, nothing else"] = spent(parse)
    print(f"a register of {lines:,} lines, {size / 1e6:.0f} MB; memory so far {high:.0f} MB")
    for name, seconds in taken.items():
        print(f"  {name:<42}{seconds:>8.3f} s")
    return taken


def main() -> None:
    """Measure both, check, print."""
    registered = of_register(int(after("--lines") or 1_000_000))
    crossed = cross_validation(int(after("--trials") or 100_000))
    keep(cross_validation=crossed, register=registered)


if __name__ == "__main__":
    main()
