"""``--gate``: what a command that shows a verdict asks, and how it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.output import complain

if TYPE_CHECKING:
    from hedgerow.research.gate.judgement import Judgement
    from hedgerow.research.gate.thresholds import Thresholds

CLOSED = 3
"""Exit code where the gate is closed."""

Gate = Annotated[
    bool,
    typer.Option("--gate", help="Exit with 3 if the verdict fails; for CI. See docs/gate.md."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="With --gate: exit with 3 unless the verdict is a pass.")
]
Threshold = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="A threshold of the gate, or a TOML file of them. May be given several times.",
    ),
]


def thresholds(texts: list[str] | None) -> Thresholds | None:
    """Return the thresholds of the command line; None for the usual ones."""
    from hedgerow.research.gate.thresholds import Thresholds

    return Thresholds.told(texts) if texts else None


def ask(*, gate: bool, strict: bool) -> bool:
    """Return whether the gate is asked.

    Raises
    ------
    RangeError
        If it shall be strict without being asked.
    """
    from hedgerow.errors import RangeError

    if strict and not gate:
        raise RangeError("it says how the gate decides", where="--strict", mend="add --gate")
    return gate


def close(judged: Iterable[Judgement], *, strict: bool) -> None:
    """Say on stderr what closes the gate, one line each, and end with exit code 3 if anything."""
    from hedgerow.report.verdict import failures

    each = list(judged)
    lines = [line for made in each for line in failures(made, strict=strict)]
    for line in lines:
        complain(f"gate: {line}")
    for made in each:
        if made.outcome == "not proven" and not strict:
            complain(f"gate: {made.policy} with {made.sleeve}: {made.sentence}")
    if lines:
        raise typer.Exit(CLOSED)
