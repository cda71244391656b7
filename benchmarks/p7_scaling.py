"""P7: the same sweep by one and two threads, processes and Dask workers, in one run.

Usage: python benchmarks/p7_scaling.py [--json FILE] [--lanes N] [--rounds N]

Strong scaling is the time of one over the time of two for the same lanes; weak scaling the time
of one over the time of two for twice the lanes, without what starting takes.  Starting is a run of
one block each (processes are started afresh for every run, the Dask cluster stands).  Of each the
best of all rounds counts: neighbours on a shared machine only ever add.  Work is the processor
time of one over that of two, started ones: what sharing adds, whatever neighbours do.
"""

from __future__ import annotations

import os
import resource
import time

import numpy as np
import psutil
from distributed import Client, LocalCluster

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


def processor(clusters: dict[int, list[int]]) -> float:
    """Processor time that this process, those it has ended and the Dask workers have used."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = time.process_time() + ended.ru_utime + ended.ru_stime
    for pids in clusters.values():
        for pid in pids:
            times = psutil.Process(pid).cpu_times()
            used += times.user + times.system
    return used


def pids(address: str) -> list[int]:
    """The workers of a cluster."""
    with Client(address, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def crews(addresses: dict[int, str], work: Lanes, count: int) -> dict[str, object]:
    """Every way of doing the work with one or two."""
    return {
        "threads": lambda: threads(work, count),
        "processes": lambda: joined(run(work, Workers(count, threads=1))),
        "dask": lambda: joined(run(work, Cluster(addresses[count]))),
    }


def main() -> None:
    """Measure, check, print."""
    lanes, times = int(after("--lanes") or 131_072), int(after("--rounds") or 3)
    once, twice = job(lanes), job(2 * lanes)
    tiny = {1: job(SMALL), 2: job(2 * SMALL)}  # a block for each
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
            ("one, a block each", tiny[1], 1), ("two, a block each", tiny[2], 2),
        ):  # fmt: skip
            work[f"{name}, {label}"] = crews(addresses, each, count)[name]
    for name, call in work.items():
        if name.endswith((", one", ", two")):
            for key, column in call().items():
                if not np.array_equal(column, wanted[key]):
                    raise SystemExit(f"{name}: {key} is not what one thread gives")
    seconds, used = dict.fromkeys(work, np.inf), dict.fromkeys(work, np.inf)
    known = {count: pids(address) for count, address in addresses.items()}
    for _ in range(times):
        for name, call in work.items():
            begun, before = time.perf_counter(), processor(known)
            call()
            seconds[name] = min(seconds[name], time.perf_counter() - begun)
            used[name] = min(used[name], processor(known) - before)
    ns = 1e9 * used["threads, one"] / (lanes * T)
    for made in clusters.values():
        made.close()

    print(f"{lanes:,} lanes × {T:,} bars, five steps, {os.cpu_count()} processors; bits equal")
    print(f"{'':<12}{'one, s':>9}{'two, s':>9}{'start, s':>10}{'strong':>9}{'weak':>9}{'work':>9}")
    table = {}
    for name in ("threads", "processes", "dask"):
        one, two, double, begin, both = (
            np.array([seconds[f"{name}, {what}"], used[f"{name}, {what}"]])
            for what in (
                "one",
                "two",
                "two, twice the lanes",
                "one, a block each",
                "two, a block each",
            )
        )
        strong, weak = (one - begin) / (two - both), (one - begin) / (double - both)
        found = {"start": both[0], "strong": strong[0], "weak": weak[0], "work": strong[1]}
        table[name] = {key: float(value) for key, value in found.items()}
        print(f"{name:<12}{one[0]:>9.2f}{two[0]:>9.2f}{both[0]:>10.2f}{strong[0]:>9.2f}"
              f"{weak[0]:>9.2f}{strong[1]:>9.2f}")  # fmt: skip
    print(f"per lane-bar and core: {ns:.2f} ns of processor time")
    keep(scaling=table, ns_per_lane_bar_and_core=ns)


if __name__ == "__main__":
    main()
