"""P6: how long a user waits before anything happens, in whole processes.

Usage: python benchmarks/p6_start.py [--json FILE]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile

from rounds import keep, rounds

SWEEP = """
import numpy as np
from p3_sweep import MEASURES, path, sets, simple, tape
from hedgerow.core.lanes import compiled
vix, price = path()
compiled.play(simple(sets()[:, :128]), tape(vix, price), MEASURES)
"""
NOTHING = """
import numpy as np
from numba import njit
from p3_sweep import MEASURES, path, sets, simple, tape
from hedgerow.core.lanes import compiled
vix, price = path()
simple(sets()[:, :128]), tape(vix, price)
njit(lambda x: x)(1.0)
"""
HELP = "import sys; sys.argv = ['hedgerow', '--help']; from hedgerow.cli import main; main()"
TYPER = """
import sys, typer
app = typer.Typer()
@app.command()
def nothing(name: str = 'x') -> None: ...
sys.argv = ['nothing', '--help']
app()
"""


def call(code: str, **more: str) -> None:
    """Run a Python process to its end."""
    subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **more},
        cwd=os.path.dirname(os.path.abspath(__file__)),
    )


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as kept, tempfile.TemporaryDirectory() as emptied:

        def cold() -> None:
            shutil.rmtree(emptied, ignore_errors=True)
            call(SWEEP, HEDGEROW_CACHE=emptied)

        work = {
            "bare Python": lambda: call("pass"),
            "a typer program that does nothing, --help": lambda: call(TYPER),
            "hedgerow --help": lambda: call(HELP),
            "the same imports, numba started, no kernel": lambda: call(NOTHING),
            "first sweep, kernels from the disk cache": lambda: call(SWEEP, HEDGEROW_CACHE=kept),
            "first sweep, kernels compiled": cold,
        }
        taken = rounds(work)
    bare = taken["bare Python"]
    print(f"{'whole process':<44}{'s':>8}{'× bare Python':>15}")
    for name, seconds in taken.items():
        print(f"{name:<44}{seconds:>8.3f}{seconds / bare:>15.1f}")
    base = taken["the same imports, numba started, no kernel"]
    warm = taken["first sweep, kernels from the disk cache"] - base
    cold_ = taken["first sweep, kernels compiled"] - base
    print(f"kernels alone: warm is {warm / cold_:.0%} of cold")
    keep(seconds=taken)


if __name__ == "__main__":
    main()
