"""P7: the same sweep by one and two threads, processes and Dask workers, in one run.

Usage: python benchmarks/p7_scaling.py [--json FILE] [--lanes N] [--rounds N]

Strong scaling is the time of one over the time of two for the same lanes; weak scaling the time
of one over the time of two for twice the lanes, without what starting takes.  Starting is measured
by a run of one block (processes are started afresh for every run, the Dask cluster stands).  Of
each the best of all rounds counts: neighbours on a shared machine only ever add.  What a lane-bar
costs is processor time.
"""

from __future__ import annotations

import os
import time

import numpy as np

from hedgerow.core.measure import Drawdown, Moments, Wealth
from hedgerow.research.scaling.cluster import Cluster
from hedgerow.research.scaling.lanes import Lanes, joined
from hedgerow.research.scaling.running import run
from hedgerow.research.scaling.threads import limited
from hedgerow.research.scaling.workers import Workers
from p3_sweep import T, chain, path, sets, tape
from rounds import after, keep

MEASURES = (Wealth(), Moments(), Drawdown())
SMALL = 4_096


def job(lanes: int) -> Lanes:
    """The five-step chain of P3 with as many lanes as asked, in blocks of SMALL."""
    vix, price = path()
    wide = lanes // 64
    axes = {
        "linear.low": np.linspace(10.0, 18.0, wide),
        "trigger.move": np.linspace(1.0, 6.0, 8),
        "bounds.cap": np.linspace(1.0, 2.5, 8),
    }
    return Lanes(chain(sets()).policy, axes, tape(vix, price, 1e-4), MEASURES, size=SMALL)


def threads(work: Lanes, count: int) -> dict[str, np.ndarray]:
    """In this process, with so many threads."""
    with limited(count):
        return joined(run(work))


def crews(addresses: dict[int, str], work: Lanes, count: int) -> dict[str, object]:
    """Every way of doing the work with one or two."""
    return {
        "threads": lambda: threads(work, count),
        "processes": lambda: joined(run(work, Workers(count, threads=1))),
        "dask": lambda: joined(run(work, Cluster(addresses[count]))),
    }


def main() -> None:
    """Measure, check, print."""
    from distributed import LocalCluster

    lanes, times = int(after("--lanes") or 131_072), int(after("--rounds") or 3)
    once, twice, tiny = job(lanes), job(2 * lanes), job(SMALL)
    wanted = threads(once, 1)
    clusters = {
        count: LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=50,
        )
        for count in (1, 2)
    }
    addresses = {count: made.scheduler_address for count, made in clusters.items()}
    work = {}
    for name in ("threads", "processes", "dask"):
        for label, each, count in (
            ("one", once, 1), ("two", once, 2), ("two, twice the lanes", twice, 2),
            ("one, one block", tiny, 1), ("two, one block", tiny, 2),
        ):  # fmt: skip
            work[f"{name}, {label}"] = crews(addresses, each, count)[name]
    for name, call in work.items():
        if name.endswith((", one", ", two")):
            for key, column in call().items():
                if not np.array_equal(column, wanted[key]):
                    raise SystemExit(f"{name}: {key} is not what one thread gives")
    seconds = dict.fromkeys(work, np.inf)
    for _ in range(times):
        for name, call in work.items():
            begun = time.perf_counter()
            call()
            seconds[name] = min(seconds[name], time.perf_counter() - begun)
    used = time.process_time()
    threads(once, 1)
    ns = 1e9 * (time.process_time() - used) / (lanes * T)
    for made in clusters.values():
        made.close()

    print(f"{lanes:,} lanes × {T:,} bars, five steps, {os.cpu_count()} processors; bits equal")
    print(f"{'':<12}{'one, s':>9}{'two, s':>9}{'start, s':>10}{'strong':>9}{'weak':>9}"
          f"{'strong, with start':>20}")  # fmt: skip
    table = {}
    for name in ("threads", "processes", "dask"):
        one, two, double, begin, begin_two = (
            seconds[f"{name}, {what}"]
            for what in ("one", "two", "two, twice the lanes", "one, one block", "two, one block")
        )
        table[name] = {
            "start": begin_two,
            "strong": (one - begin) / (two - begin_two),
            "weak": (one - begin) / (double - begin_two),
            "strong_with_start": one / two,
        }
        print(f"{name:<12}{one:>9.2f}{two:>9.2f}{begin_two:>10.2f}{table[name]['strong']:>9.2f}"
              f"{table[name]['weak']:>9.2f}{one / two:>20.2f}")  # fmt: skip
    print(f"per lane-bar and core: {ns:.2f} ns of processor time")
    keep(scaling=table, ns_per_lane_bar_and_core=ns)


if __name__ == "__main__":
    main()
