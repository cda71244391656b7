"""The readings of a rule as text, as plain values, and as a page."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.report import panels, tables
from hedgerow.report.charts import WIDTH, Chart, Line, Span, axis, path
from hedgerow.report.formats import (
    DASH,
    NOT_ADVICE,
    columns,
    modelled,
    number,
    percent,
    usd,
    usd_short,
)
from hedgerow.report.page import fill, save
from hedgerow.research.crises import crises_in
from hedgerow.research.readings import LEVELS, Reading, Readings, Variant, intensities, several

TEXT_WIDTH = 100
SHADES = 6
"""Colours that lines take in turn."""

NO_READINGS = {"first": 0, "last": 0, "days": [0], "charts": {}}
"""For a page without charts over time."""

GRID = np.arange(10.0, 60.01, 0.25)
"""VIX levels at which a rule is drawn, points."""

HEAD = (
    *("reading", "mean x", "max x", "cost a year", "hedge P&L", "HER", "Sharpe", "max drawdown"),
    *("trades a year", "P&L against", "cost a year against"),
)


def listed() -> list[dict[str, Any]]:
    """Return the steps with several readings as plain values."""
    return [
        {"rule": kind, "readings": [_variant(each) for each in found]}
        for kind, found in sorted(several().items())
    ]


def list_text() -> str:
    """Return the steps with several readings as text."""
    rows = [["rule", "readings, the default first"]]
    rows += [[kind, ", ".join(v.name for v in found)] for kind, found in sorted(several().items())]
    return f"{columns(rows)}\n\nhedgerow readings RULE runs them on the same data."


def _variant(found: Variant) -> dict[str, Any]:
    return {"name": found.name, "why": found.why, "parameters": found.parameters}


def table(found: Readings) -> dict[str, Any]:
    """Return the readings as plain values: USD, decimals, points of VIX."""
    dates = found.dates
    return {
        "rule": found.kind,
        "sleeve": found.sleeve.name,
        "portfolio": found.portfolio.as_dict(),
        "bounded": not found.raw,
        "from": dates and dates[0],
        "to": dates and dates[1],
        "readings": [
            {
                **_variant(item.variant),
                "figures": dict(item.figures),
                "against_default": dict(item.against),
                "at_vix": {f"{level:g}": x for level, x in item.at_vix.items()},
                "problem": item.problem or None,
            }
            for item in found.items
        ],
        "fixed": dict(found.fixed),
        "data": {name: dict(row) for name, row in found.provenance.items()},
        "notes": list(found.notes),
    }


def told(found: Readings) -> str:
    """Return the readings as text."""
    parts = [_heading(found) + "."]
    for i, item in enumerate(found.items):
        mark = " (default)" if i == 0 else ""
        name = f"{item.variant.name}{mark}: {parameters(item.variant)}"
        parts.append(f"{name}\n{_wrapped(item.variant.why or 'No sentence says where from.')}")
    rows = [list(row) for row in figures(found)]
    if len(rows) > 1:
        parts.append(columns(rows, right=range(1, len(HEAD))))
        parts.append(
            _wrapped(
                "x: intensity in force, multiples of the base size. Cost: decay, roll and trading, "
                "of NAV. HER: hedge gain over portfolio loss in the crises of the run. Against: "
                f"less that of {found.items[0].variant.name}."
            )
        )
    if levels := at_levels(found):
        parts.append(columns(levels, right=range(1, len(levels[0]))))
    parts += [f"Could not run: {i.variant.name}: {i.problem}" for i in found.items if i.problem]
    return "\n\n".join([*parts, "\n".join([*origin(found), NOT_ADVICE])])


def _heading(found: Readings) -> str:
    dates = found.dates
    span = f", {dates[0]} … {dates[1]}" if dates else ""
    bounds = "without floor and cap" if found.raw else "with floor and cap"
    return (
        f"Readings of {found.kind} with {found.sleeve.name} on "
        f"{usd(float(found.portfolio.value))}, {bounds}{span}"
    )


def parameters(variant: Variant) -> str:
    """Return the fields of a reading in a line."""
    return ", ".join(
        f"{name} {'off' if value is None else value}" for name, value in variant.parameters.items()
    )


def figures(found: Readings) -> list[list[str]]:
    """Return the figures of every reading that ran, and of the fixed hedge, as words."""
    rows = [list(HEAD)]
    for item in found.items:
        if item.figures:
            rows.append([item.variant.name, *_cells(item.figures), *_against(item)])
    if found.fixed:
        rows.append(["fixed hedge", *_cells(found.fixed), DASH, DASH])
    return rows


def _cells(made: Mapping[str, Any]) -> list[str]:
    return [
        number(made["mean_x"]),
        number(made["max_x"]),
        percent(made["hedge_cost_per_year"], 3),
        usd(made["hedge_pnl"]),
        percent(made["her"]),
        number(made["sharpe_excess"], 3),
        percent(made["max_drawdown"]),
        number(made["trades_per_year"], 1),
    ]


def _against(item: Reading) -> list[str]:
    if not item.against:
        return [DASH, DASH]
    less = item.against
    return [usd(less["hedge_pnl"]), percent(less["hedge_cost_per_year"], 3)]


def at_levels(found: Readings) -> list[list[str]]:
    """Return the intensity of each reading at VIX levels as words; nothing where none reads VIX."""
    rows = [
        [item.variant.name, *(number(x) for x in item.at_vix.values())]
        for item in found.items
        if item.at_vix
    ]
    return [["x at a VIX of", *(f"{level:g}" for level in LEVELS)], *rows] if rows else []


def origin(found: Readings) -> list[str]:
    """Return how much of VIX, of signals and of the hedge's prices is a model's, as sentences."""
    words = {"vix": "VIX", "hedge prices": f"prices of {found.sleeve.name}"}
    said = modelled(
        {word: found.provenance.get(name, {}).get("modelled", 0.0) for name, word in words.items()}
    )
    return [*([said] if said else []), *(f"{note}." for note in found.notes)]


def _wrapped(text: str) -> str:
    return textwrap.fill(
        text, TEXT_WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )


# ---- the page -----------------------------------------------------------------------------------


def write(found: Readings, target: Path, *, version: str = "", source: str = "") -> Path:
    """Write the readings as one HTML file that opens offline, whole or not at all.

    Parameters
    ----------
    found
        The readings.
    target
        The file.
    version, source
        Of Hedgerow, and of the data, for the page.

    Raises
    ------
    HedgerowError
        If ``target`` is a folder or cannot be written.
    """
    return save(render(found, version=version, source=source), target)


def render(found: Readings, *, version: str = "", source: str = "") -> str:
    """Return the page as HTML; equal runs give equal text."""
    ran = [(i, item) for i, item in enumerate(found.items) if item.track is not None]
    drawn: dict[str, Any] = {"charts": {}, "back": None, "readings": NO_READINGS}
    if found.ground is not None and ran:
        drawn = _over_time(ran)
    head, *rows = figures(found)
    levels = at_levels(found)
    return fill(
        "readings.html.j2",
        {
            "version": version,
            "title": f"Readings of {found.kind}",
            "kicker": f"{_heading(found)}{f' · data: {source}' if source else ''}",
            "headline": _headline(found),
            "not_advice": NOT_ADVICE,
            "items": [
                {
                    "name": item.variant.name,
                    "key": _key(i),
                    "why": item.variant.why,
                    "parameters": parameters(item.variant),
                    "problem": item.problem,
                }
                for i, item in enumerate(found.items)
            ],
            "head": head,
            "rows": rows,
            "levels": levels,
            "bounded": not found.raw,
            "curve": _curve(found),
            "origin": origin(found),
            "provenance": tables.provenance(found.provenance),
            "first": found.items[0].variant.name,
            **drawn,
        },
    )


def _headline(found: Readings) -> str:
    ran = [item for item in found.items if item.figures]
    if len(ran) < 2:
        return f"Of {len(found.items)} readings of {found.kind}, {len(ran)} could run."
    gains = [item.figures["hedge_pnl"] for item in ran]
    costs = [item.figures["hedge_cost_per_year"] for item in ran]
    return (
        f"{len(ran)} readings of {found.kind} on the same data: a cost of "
        f"{percent(min(costs), 3)} to {percent(max(costs), 3)} a year, and a hedge result of "
        f"{usd(min(gains))} to {usd(max(gains))}."
    )


def _key(i: int) -> str:
    return "dynamic" if i == 0 else f"shade shade-{(i - 1) % SHADES}"


def _over_time(ran: list[tuple[int, Reading]]) -> dict[str, Any]:
    tracks = [(i, item.track) for i, item in ran if item.track is not None]
    first = tracks[0][1]
    span = Span(first.dates.astype("int64"))

    def lines(column: str) -> list[Line]:
        return [Line(track.name, _key(i), track[column]) for i, track in tracks]

    def scale(column: str, show: Any) -> Any:
        return axis([track[column] for _, track in tracks], 260, show, include=(0.0,))

    charts = {
        "hedge": Chart(
            "hedge",
            "Hedge result, cumulated",
            "Cumulated hedge result of every reading after costs; the sums stand in the table.",
            lines("hedge"),
            scale("hedge", usd_short),
            span,
            "usd",
            "After costs, in USD.",
        ),
        "x": Chart(
            "x",
            "Intensity in force",
            "Multiples of the base hedge that each reading held.",
            lines("x"),
            scale("x", lambda v: f"{number(v, 1)}×"),
            span,
            "times",
        ),
    }
    bands = panels.bands([(each.name, each.rows) for each in crises_in(first)], span)
    return {
        "charts": charts,
        "back": {"bands": bands, "years": span.years, "test": None},
        "readings": panels.readings(charts, span, lead=("hedge", "x")),
    }


def _curve(found: Readings) -> dict[str, Any] | None:
    """Return the geometry of intensity against VIX, where readings have one."""
    drawn: list[tuple[int, str, Floats]] = [
        (i, item.variant.name, np.array(intensities(item.policy, GRID.tolist())))
        for i, item in enumerate(found.items)
        if item.at_vix and item.policy is not None
    ]
    if not drawn:
        return None
    scale = axis([x for _, _, x in drawn], 240, lambda v: f"{number(v, 1)}×", include=(0.0,))
    across = (GRID - GRID[0]) / (GRID[-1] - GRID[0])
    return {
        "scale": scale,
        "lines": [{"key": _key(i), "d": path(across * WIDTH, scale.y(x))} for i, _, x in drawn],
        "names": [{"key": _key(i), "name": name} for i, name, _ in drawn],
        "ticks": [
            {"x": (level - 10.0) * 2.0, "label": f"{level:g}"} for level in (10, *range(15, 61, 5))
        ],
    }
