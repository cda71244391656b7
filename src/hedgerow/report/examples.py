"""The source's worked examples as text, as plain values, and as a page."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hedgerow.report.charts import Chart, Line, Span, axis
from hedgerow.report.formats import DASH, NOT_ADVICE, columns, number, percent, usd, usd_short
from hedgerow.report.page import fill, save
from hedgerow.report.panels import readings
from hedgerow.report.readings import NO_READINGS
from hedgerow.research.examples.catalog import EXAMPLES
from hedgerow.research.examples.example import Check, Measured, Worked

TEXT_WIDTH = 100

UNITS: dict[str, Callable[[float | None], str]] = {
    "usd": usd,
    "vega": lambda v: f"{usd(v)} vega",
    "percent": lambda v: percent(v, 1),
    "days": lambda v: number(v, 1),
    "points": lambda v: number(v, 2),
    "flag": lambda v: "yes" if v else "no",
}
"""How a number of each unit is written."""


def list_text() -> str:
    """Return the examples as a table."""
    rows = [["", "", "where"], *([e.name, e.title, e.place] for e in EXAMPLES.values())]
    return f"{columns(rows)}\n\nhedgerow examples run NAME … works them out; all for all."


def listed() -> list[dict[str, str]]:
    """Return the examples as plain values."""
    return [
        {"name": e.name, "title": e.title, "place": e.place, "setup": e.setup}
        for e in EXAMPLES.values()
    ]


def table(found: Worked) -> dict[str, Any]:
    """Return an example as plain values: USD, decimals, points."""
    made = found.measured
    return {
        "name": found.name,
        "title": found.title,
        "place": found.place,
        "setup": found.setup,
        "arithmetic": [
            {**check._asdict(), "equal": check.equal, "exact": check.exact}
            for check in found.arithmetic
        ],
        "remarks": list(found.remarks),
        "measured": None
        if made is None
        else {
            "from": str(made.times[0])[:10],
            "to": str(made.times[-1])[:10],
            "setups": dict(made.setups),
            "rows": [{**row._asdict(), "measured": dict(row.measured)} for row in made.rows],
            "modelled": dict(made.modelled),
            "why": list(made.why),
        },
        "problem": found.problem or None,
    }


def told(found: Worked) -> str:
    """Return an example as text."""
    parts = [
        f"{found.name}: {found.title}\n{_wrapped(f'{found.place}: {found.setup}.', '')}",
        "Arithmetic\n" + _indented(columns(arithmetic(found), right=[1, 3])),
    ]
    if found.remarks:
        parts.append("Where it does not fit together\n" + _list(found.remarks))
    made = found.measured
    if made is None:
        parts.append(f"Measured: nothing. {found.problem or 'No data were given.'}")
    else:
        rows = compared(found)
        parts.append(
            f"Measured with costs, {_span(made)}\n"
            + _indented(columns(rows, right=range(1, len(rows[0]))))
        )
        parts.append(_list([f"{name}: {setup}" for name, setup in made.setups.items()]))
        parts.append("Why they differ\n" + _list(made.why))
        parts.append(_wrapped(modelled(made), ""))
    return "\n\n".join([*parts, NOT_ADVICE])


def arithmetic(found: Worked) -> list[list[str]]:
    """Return what the source calculates as a table of words, its head first."""
    rows = [["", "printed", "how", "ours", ""]]
    for check in found.arithmetic:
        rows.append([check.what, check.printed, check.how, _ours(check), verdict(check)])
    return rows


def _ours(check: Check) -> str:
    return UNITS[check.unit](check.ours)


def verdict(check: Check) -> str:
    """Return whether both numbers are the same, in a word."""
    if check.exact:
        return "equal"
    return "equal, rounded" if check.equal else "not equal"


def compared(found: Worked) -> list[list[str]]:
    """Return claims beside measurements as a table of words, its head first."""
    made = found.measured
    if made is None:
        return [["", "claimed"]]
    names = list(made.setups)
    rows = [["", "claimed", *names]]
    for row in made.rows:
        show = UNITS[row.unit]
        claimed = row.printed or (DASH if row.claimed is None else show(row.claimed))
        cells = [DASH if row.measured[name] is None else show(row.measured[name]) for name in names]
        rows.append([row.what, claimed, *cells])
    return rows


def _span(made: Measured) -> str:
    return f"{str(made.times[0])[:10]} … {str(made.times[-1])[:10]}"


def modelled(made: Measured) -> str:
    """Return what is a model's, as a sentence."""
    said = [f"{name} on {percent(share, 0)}" for name, share in made.modelled.items() if share]
    if not said:
        return "Nothing here is modelled."
    return f"Modelled, of the sessions: {', '.join(said)}."


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(_wrapped(said, "  - ") for said in sentences)


def _wrapped(text: str, lead: str) -> str:
    return textwrap.fill(
        text,
        TEXT_WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_on_hyphens=False,
    )


def _indented(text: str) -> str:
    return textwrap.indent(text, "  ")


# ---- the page -----------------------------------------------------------------------------------


def write(found: Sequence[Worked], target: Path, *, version: str = "", source: str = "") -> Path:
    """Write examples as one HTML file that opens offline, whole or not at all.

    Parameters
    ----------
    found
        One or more, worked out.
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


def render(found: Sequence[Worked], *, version: str = "", source: str = "") -> str:
    """Return the page as HTML; equal runs give equal text."""
    names = ", ".join(each.name for each in found)
    checks = [check for each in found for check in each.arithmetic]
    equal = sum(check.equal for check in checks)
    charts = {each.name: _chart(each.name, each.measured) for each in found if each.measured}
    pointers: dict[str, Any] = {**NO_READINGS}
    if len(charts) == 1:  # examples of unlike years share no pointer
        ((name, chart),) = charts.items()
        pointers = readings({name: chart}, chart.span, lead=(name,))
    return fill(
        "examples.html.j2",
        {
            "version": version,
            "title": f"Worked examples {names}",
            "kicker": f"worked examples of the source{f' · data: {source}' if source else ''}",
            "headline": f"{equal} of {len(checks)} printed numbers follow from the source's own "
            "rules; what it claims was earned is measured beside.",
            "not_advice": NOT_ADVICE,
            "readings": pointers,
            "examples": [
                {
                    "found": each,
                    "arithmetic": [
                        (row, check.equal)
                        for row, check in zip(arithmetic(each)[1:], each.arithmetic, strict=True)
                    ],
                    "compared": compared(each),
                    "span": _span(each.measured) if each.measured else "",
                    "modelled": modelled(each.measured) if each.measured else "",
                    "chart": charts.get(each.name),
                    "back": {"bands": [], "years": charts[each.name].span.years, "test": None}
                    if each.name in charts
                    else None,
                }
                for each in found
            ],
        },
    )


def _chart(name: str, made: Measured) -> Chart:
    span = Span(made.times.astype("datetime64[D]").astype("int64"))
    lines = [
        Line(setup, "dynamic" if i == 0 else f"shade shade-{i - 1}", column)
        for i, (setup, column) in enumerate(made.hedge.items())
    ]
    return Chart(
        name,
        "Hedge result, cumulated",
        f"Cumulated hedge result after costs, {_span(made)}; the sums stand in the table.",
        lines,
        axis([line.values for line in lines], 220, usd_short, include=(0.0,)),
        span,
        "usd",
        "After costs, in USD.",
    )
