"""``--axis``: which numbers of a policy are varied, for ``sweep``, ``walk`` and ``surface``."""

from __future__ import annotations

from typing import Annotated

import typer

Axis = Annotated[
    list[str] | None,
    typer.Option(
        "--axis",
        metavar="KEY=VALUES",
        help="A number of the policy and its values: linear.low=10:16 (whole steps, both ends), "
        "=10:16:0.5, =18,22,26, or =lin:10:28:10 (10 values from 10 to 28). May be given several "
        "times: every combination is run.",
    ),
]
