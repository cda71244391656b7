"""What the parts of a gain leave unexplained, for every rulebook and some sleeves held as they are.

Usage: python benchmarks/residuals.py DATA   # a folder of market files, or builtin

Prints the table of docs/accounting.md: Σ|residual| ÷ Σ|gain| of the lines' bars, 2006-2021.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import hedgerow as hr
from hedgerow.engine.attribution import unexplained
from hedgerow.engine.program import Line, Program
from hedgerow.engine.program_text import read
from hedgerow.engine.rulebook import names, rulebook
from hedgerow.engine.trade import trade
from hedgerow.instruments.catalog import SLEEVES
from hedgerow.policies.rules import Constant

START, END = "2006-01-03", "2021-12-31"
HELD = (
    *("put", "call", "put_spread", "collar", "condor", "straddle"),
    *("variance_swap", "vix_call", "vix_call_spread", "vix_future"),
)


def programs() -> Iterator[tuple[str, Program]]:
    """The sleeves with their defaults at an intensity of 1.0, then the rulebooks."""
    policy = hr.Policy(steps=[Constant(1.0)], signals=[hr.Level("vix")])
    for kind in HELD:
        yield f"sleeve {kind}", Program([Line(kind, SLEEVES[kind](), policy)])
    for name in names():
        yield f"rulebook {name}", read(rulebook(name).text)


def main() -> None:
    """Measure and print."""
    market = hr.load(sys.argv[1])
    print("| | line | residual | weighted by gain | worst bar |\n|---|---|---:|---:|---|")
    for name, program in programs():
        outcome = trade(program, market, start=START, end=END)
        for line, columns in outcome.lines.items():
            found = unexplained(columns["pnl"], columns["residual"])
            day = outcome.dates[found.worst]
            print(f"| {name} | {line} | {found.share:.2%} | {found.weighted:.2%} | {day} |")


if __name__ == "__main__":
    main()
