"""Takes times fairly: warmed, in turn, medians; and says on what machine."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def rounds(
    work: dict[str, Callable[[], object]],
    count: int = 7,
    clock: Callable[[], float] | None = None,
) -> dict[str, float]:
    """Call everything once to warm it, then ``count`` times in turn; return median seconds.

    With ``clock=time.process_time``, or with ``--cpu``, these are seconds of all processors
    together: what a busy machine hardly changes.
    """
    if clock is None:
        clock = time.process_time if "--cpu" in sys.argv else time.perf_counter
    for call in work.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(count):
        for name, call in work.items():
            begun = clock()
            call()
            taken[name].append(clock() - begun)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def keep(**found: object) -> None:
    """Write what was found, and on what machine, to the file after ``--json``, if asked."""
    if file := after("--json"):
        made = {"machine": machine(), **found}
        Path(file).write_text(json.dumps(made, indent=2), encoding="utf-8")


def after(flag: str) -> str | None:
    """Return the word after a flag of the command line."""
    return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else None


def machine() -> dict[str, str]:
    """What was measured on: processor, threads, and the versions that matter."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            model = next(ln.split(":")[1].strip() for ln in lines if ln.startswith("model name"))
    except (OSError, StopIteration):
        pass
    found = {
        "processor": model,
        "threads": str(os.cpu_count()),
        "python": platform.python_version(),
    }
    for name in ("numpy", "numba", "llvmlite", "vectorbt", "backtrader", "bt", "hedgerow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
