"""The gates of a hedged book in words: stressed IRR against hurdle, liquidity, mode (H11 … H16)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hedgerow.report.formats import DASH, columns, number, percent
from hedgerow.shortvol.beside.gates import Depth, depths, machine
from hedgerow.shortvol.beside.study import PARTS, Beside, Run

TITLES = {"whole": "Whole run", "in_sample": "First part", "out_of_sample": "Out of sample"}
"""Stretches in words."""

HINDSIGHT = (
    "The probabilities and the answer of volatility were measured on all years: at an early "
    "session the rate knows more than could be known then."
)
"""What the stressed rate of return knows too early."""

DEPTH = (
    "Depth of a bar over the contracts asked for, of the thinnest leg, on the sessions with an "
    "order; under 1 it takes more than a bar. Depth is assumed, not measured."
)
"""How the liquidity ratio is to be read."""


def mode_word(run: Run) -> str:
    """Return the mode of a hedge in a word or two; nothing where it has none."""
    found = machine(run.variant.lines)
    if found is None:
        return ""
    steward = found.mode == "steward"
    return "steward mode" if steward else f"promoter mode, {found.directional:g} × the target"


def mode(run: Run) -> str:
    """Return the mode of a hedge (H16) in a sentence."""
    found = machine(run.variant.lines)
    if found is None:
        return f"Mode (H16): {run.variant.title} has none, it is no layered hedge."
    if found.mode == "steward":
        what = "it may only take risk out, directional multiple 1"
    else:
        what = f"it may hold more than hedges, directional multiple {found.directional:g}"
    return f"Mode (H16): {found.mode}; {what}."


def hurdle_table(found: Beside) -> list[list[str]]:
    """Return the stressed IRR beside the hurdle over each stretch, its head first.

    Parameters
    ----------
    found
        The variants side by side.
    """
    made = [found.hurdled.over(found.rows(part)) for part in PARTS]
    return [
        ["Stressed IRR of a condor with its hedge", *(TITLES[part].lower() for part in PARTS)],
        ["median, a year", *(percent(each.irr) for each in made)],
        [f"hurdle ({found.hurdled.said}), median", *(percent(each.hurdle) for each in made)],
        ["sessions at the hurdle or above", *(percent(each.share, 0) for each in made)],
    ]


def liquidity_table(run: Run) -> list[list[str]]:
    """Return the liquidity ratio of condors and each layer over the run, its head first."""
    made = _depths(run)
    return [
        ["Liquidity ratio", "sessions with orders", "median", "worst", "on", "under 1"],
        *(
            [
                name,
                f"{each.sessions:,}",
                _ratio(each.median),
                _ratio(each.worst),
                each.worst_on or DASH,
                percent(each.under),
            ]
            for name, each in made.items()
        ),
    ]


def assumed(found: Beside) -> str:
    """Return what the stressed IRR assumes, and whether the rules gate by it, in sentences."""
    made = found.hurdled
    source = made.source.removeprefix("modelled: ")
    what = f"Modelled: {source}." if source else "As the data have it."
    gate = "The condors' rules do not look at it."
    if made.gate is not None:
        gate = (
            "The condors' rules sell no new one below it."
            if made.gate.part == 0.0
            else f"Below it the condors' rules sell {percent(made.gate.part, 0)} of their size."
        )
    return f"{what} {HINDSIGHT} {gate}"


def told(found: Beside, key: str) -> str:
    """Return the gates as text.

    Parameters
    ----------
    found, key
        The variants side by side, and the one that is asked about.
    """
    hurdle, liquidity = hurdle_table(found), liquidity_table(found.runs[key])
    return "\n\n".join(
        [
            f"Gates\n{columns(hurdle, right=range(1, 4))}\n{assumed(found)}",
            f"{columns(liquidity, right=range(1, 6))}\n{DEPTH}",
        ]
    )


def on_session(found: Beside, key: str, row: int) -> str:
    """Return the gates at one session in a sentence each.

    Parameters
    ----------
    found, key
        The variants side by side, and the one that is told.
    row
        Of the run.
    """
    run, made = found.runs[key], found.hurdled
    irr, hurdle = float(made.irr[row]), float(made.hurdle[row])
    word = "at the hurdle or above" if irr >= hurdle else "below"
    if math.isnan(irr) or math.isnan(hurdle):
        word = "not known"
    asked = {name: ratio[row] for name, ratio in run.rates.liquidity.items()}
    ratios = [f"{name} {_ratio(float(r))}" for name, r in asked.items() if not np.isnan(r)]
    return "\n".join(
        [
            f"Stressed IRR of a condor with its hedge (H14): {percent(irr)} a year against "
            f"{percent(hurdle)} ({made.said}): {word}.",
            f"Liquidity ratio (H11): {', '.join(ratios) or 'no order'}.",
            mode(run),
        ]
    )


def plain_gates(found: Beside, key: str) -> dict[str, Any]:
    """Return the gates of a variant as plain values.

    Parameters
    ----------
    found, key
        The variants side by side, and the one that is told.
    """
    run = found.runs[key]
    step = machine(run.variant.lines)
    return {
        "liquidity": {name: each._asdict() for name, each in _depths(run).items()},
        "mode": None if step is None else {"mode": step.mode, "directional": step.directional},
    }


def plain_hurdle(found: Beside) -> dict[str, Any]:
    """Return the stressed IRR beside the hurdle as plain values."""
    made = found.hurdled
    return {
        "hurdle": made.said,
        "gated": made.gate is not None,
        "assumed": assumed(found),
        **{part: made.over(found.rows(part))._asdict() for part in PARTS},
    }


def _depths(run: Run) -> dict[str, Depth]:
    return depths(run.outcome.program, run.rates.liquidity, run.outcome.dates)


def _ratio(value: float | None) -> str:
    return "no end" if value is not None and math.isinf(value) else number(value, 1)
