"""``--gate``: what a command that shows a verdict asks, and how it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, NamedTuple, Protocol

import typer

from hedgerow.cli.output import complain

if TYPE_CHECKING:
    from hedgerow.api.judging import Judged
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


class Asking(NamedTuple):
    """What a command line asks of the gate: whether it decides, and by what."""

    gate: bool
    strict: bool
    terms: Thresholds | None
    """None for the usual ones."""

    def judge(self, *results: Judgeable) -> None:
        """Have results judged by these terms, if the gate decides or the terms are no usual ones.

        Otherwise text, page and JSON have it in the usual way.
        """
        if self.gate or self.terms is not None:
            for result in results:
                result.judge(thresholds=self.terms)

    def close(self, *results: Judged) -> None:
        """End with exit code 3 if the gate decides and any verdict closes it."""
        if self.gate:
            close([result.verdict for result in results], strict=self.strict)


class Judgeable(Protocol):
    """What can be judged: one result, or many side by side."""

    def judge(self, *, thresholds: Thresholds | None = None) -> object:
        """Ask the honesty gate."""


def ask(*, gate: bool, strict: bool, threshold: list[str] | None) -> Asking:
    """Return what the options of a command ask of the gate.

    Raises
    ------
    RangeError
        If it shall be strict without being asked, or a threshold cannot be used.
    """
    from hedgerow.errors import RangeError
    from hedgerow.research.gate.thresholds import Thresholds

    if strict and not gate:
        raise RangeError("it says how the gate decides", where="--strict", mend="add --gate")
    return Asking(gate, strict, Thresholds.told(threshold) if threshold else None)


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
