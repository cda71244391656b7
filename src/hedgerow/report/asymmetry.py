"""The asymmetry of implied volatility in words, as plain values and as a page."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import fill as wrapped
from typing import Any

from hedgerow.report.asymmetry_picture import picture
from hedgerow.report.formats import DASH, NOT_ADVICE, columns, number, percent
from hedgerow.report.page import fill, save
from hedgerow.shortvol.asymmetry.contracts import Contracts, few
from hedgerow.shortvol.asymmetry.regression import Fit, Slope
from hedgerow.shortvol.asymmetry.study import KNEE, LONG, Asymmetry, sold_call

Rows = list[list[str]]

LIMITS = (
    "Slopes are of the mean: on a single day the change is wider by far, as R² and the picture "
    "say.",
    "The response knows the move alone. Where volatility is high already a further fall adds less: "
    "6 points in February and March 2009, when the index fell 20 % more.",
    "Slopes past 5 % rest on few falls, and a rise of that size follows a fall as a rule: "
    "volatility is high then and has points to lose. Scenarios hold it above the smallest ratio "
    "that was seen.",
    "Single strikes come from the modelled surface of VIX, its family and SKEW; only chains of "
    "yours (--chain) measure them.",
    "19 October 1987 lies before VIX: the index fell 20.5 % and VXO, its forerunner, rose 114 "
    "points, from 36 to 150 (Cboe). No slope of these data reaches that.",
)


def answer(found: Asymmetry) -> list[str]:
    """Return what a portfolio manager asks first, a sentence each."""
    main, level = found.main, f"{100.0 * found.level:g} %"
    fall, rise = main.day.fall, main.day.rise
    times = fall.value / rise.value if rise.value else math.nan
    said = [
        f"When the index falls 1 %, {main.tenor:g}-day implied volatility rises "
        f"{_slope(fall, -1.0, ' points')}; when it rises 1 %, it falls {_slope(rise, -1.0)}; in "
        f"brackets bands of {level}."
    ]
    if main.day.equal < 1.0 - found.level and times > 1.0:
        said.append(
            f"A fall moves it {number(times, 1)} times as much as a rise; that both are the same "
            f"is refused ({_p(main.day.equal)})."
        )
    else:
        said.append(
            f"These data do not tell falls and rises apart: that both have one slope is not "
            f"refused ({_p(main.day.equal)})."
            if main.day.equal >= 1.0 - found.level
            else f"Rises move it more than falls here ({_p(main.day.equal)}): unusual data."
        )
    call = sold_call(found.response)
    lost = call.still - call.moved
    said.append(
        f"Sold calls lose by it: a 30-day 5200 call sold with the index at 5000 and 18 % gains "
        f"{number(call.still)} points in a fall of 3 % if its volatility stands still, "
        f"{number(call.moved)} if it answers as measured (to {percent(call.iv)}): "
        f"{number(lost)} points of the hedge are gone. A short future gains 150 either way."
    )
    large = found.response.shift([-0.1, -0.2], tenor=30.0) * 100.0
    worst = found.response.reach[0]
    said.append(
        f"A fall of 10 % over some days adds {number(float(large[0]), 0)} points to it, one of 20 "
        f"% adds {number(float(large[1]), 0)}. Past {percent(worst)}, the largest fall over {LONG} "
        "sessions that was measured, scenarios hold the change where it stands."
    )
    return said


def level_rows(found: Asymmetry) -> Rows:
    """Return the tenors as cells under their heads."""
    head = ["days", "index", "fall 1 %", "band", "rise 1 %", "band", "equal?", "R²", "n"]
    return [head, *([f"{x.tenor:g}", x.column.upper(), *_fit(x.day)] for x in found.levels)]


def far_rows(found: Asymmetry) -> Rows:
    """Return slopes past the knee as cells under their heads."""
    head = ["days", f"fall past {KNEE:g} %", "band", f"rise past {KNEE:g} %", "band", "R²"]
    rows = []
    for x in found.levels:
        ends = [cell for side in (x.long.fall_far, x.long.rise_far) for cell in _cells(side, -1.0)]
        rows.append([f"{x.tenor:g}", *ends, number(x.long.r2)])
    return [head, *rows]


def strike_rows(found: Asymmetry) -> Rows:
    """Return fixed strikes by tenor, points per 1 % of a fall and of a rise."""
    strikes = found.response.strikes
    head = ["days", "index moves", *(f"K/S {strike:g}" for strike in strikes)]
    rows = []
    for x in found.levels:
        own = [each.day for each in found.strikes if each.tenor == x.tenor]
        rows += [
            [f"{x.tenor:g}", "−1 %", *(number(-fit.fall.value, sign=True) for fit in own)],
            ["", "+1 %", *(number(fit.rise.value, sign=True) for fit in own)],
        ]
    return [head, *rows]


def future_rows(found: Asymmetry) -> Rows:
    """Return VIX futures against VIX as cells under their heads; empty without futures."""
    head = ["VX days", "VIX +1", "band", "VIX −1", "band", "equal?", "R²", "n"]
    rows = []
    for x in found.futures:
        fit = x.day
        ends = [*_cells(fit.rise, 1.0), *_cells(fit.fall, 1.0)]
        rows.append([f"{x.maturity:g}", *ends, _p(fit.equal), number(fit.r2), f"{fit.n:,}"])
    return [head, *rows] if rows else []


def beta_rows(found: Asymmetry) -> Rows:
    """Return betas to the VIX future of 30 days; empty without futures."""
    rows = [[f"{x.tenor:g}", *_cells(x.beta, 1.0)] for x in found.levels if x.beta is not None]
    return [["IV days", "points per point of VX 30", "band"], *rows] if rows else []


def period_rows(found: Asymmetry) -> Rows:
    """Return the main tenor by part of the history."""
    head = ["from", "to", "fall 1 %", "band", "rise 1 %", "band", "equal?", "R²", "n"]
    return [head, *([first, last, *_fit(fit)] for first, last, fit in found.main.periods)]


def fall_rows(found: Asymmetry) -> Rows:
    """Return the largest falls beside what the response makes of them."""
    head = ["sessions", "from", "to", "index", "VIX", "response", "response less VIX"]
    return [
        head,
        *(
            [
                f"{x.sessions}",
                x.start,
                x.end,
                percent(x.move),
                *(number(v, 1, sign=True) for v in (x.change, x.response, x.response - x.change)),
            ]
            for x in found.falls
        ),
    ]


def contract_rows(found: Contracts) -> Rows:
    """Return groups of quoted options as cells under their heads."""
    head = ["K/S", "days", "contracts", "moves", "fall 1 %", "band", "rise 1 %", "band", "remark"]
    rows = []
    for x in found.rows:
        slopes = [DASH] * 4 if x.fit is None else _fit(x.fit)[:4]
        remark = few(x)
        if remark:
            remark += f"; {number(-x.ratio, sign=True)} points per −1 % over all moves"
        rows.append(
            [
                *(_edges(x.strikes, 2), _edges(x.days, 0), f"{x.contracts}", f"{x.moves}"),
                *(*slopes, remark),
            ]
        )
    return [head, *rows]


def told(found: Asymmetry, chains: Contracts | None = None) -> str:
    """Return everything as text, the answer first."""
    span = f"{found.start} to {found.end}, {found.sessions:,} sessions"
    parts = [f"How implied volatility answers the index, {span}"]
    parts.append("\n".join(wrapped(said, 100) for said in answer(found)))
    for title, rows in _tables(found, chains):
        right = range(2 if rows[0][0] in ("days", "from", "K/S") else 0, len(rows[0]))
        if rows[0][-1] == "remark":
            right = range(2, len(rows[0]) - 1)
        parts.append(f"{wrapped(title, 100)}\n{columns(rows, right=right)}")
    parts += [*(wrapped(said, 100) for said in LIMITS), NOT_ADVICE]
    return "\n\n".join(parts)


def table(found: Asymmetry, chains: Contracts | None = None) -> dict[str, Any]:
    """Return everything as plain values: points per 1 % that the index *changes*, signed."""
    made = asdict(found)
    for name in ("moves", "changes"):
        made.pop(name)
    made["answer"] = answer(found)
    made["sold_call"] = asdict(sold_call(found.response))
    made["modelled"] = ["strikes"]
    made["chains"] = None if chains is None else asdict(chains)
    return made


def write(
    found: Asymmetry, target: Path, *, chains: Contracts | None = None, version: str = ""
) -> Path:
    """Write the page, one HTML file that opens offline, whole or not at all.

    Raises
    ------
    HedgerowError
        If ``target`` is a folder or cannot be written.
    """
    return save(render(found, chains=chains, version=version), target)


def render(found: Asymmetry, *, chains: Contracts | None = None, version: str = "") -> str:
    """Return the page as HTML; equal studies give equal text."""
    headline, *sentences = answer(found)
    return fill(
        "asymmetry.html.j2",
        {
            "version": version,
            "title": "IV asymmetry",
            "kicker": f"IV asymmetry · {found.start} to {found.end}",
            "headline": headline,
            "sentences": sentences,
            "not_advice": NOT_ADVICE,
            "readings": None,
            "picture": base64.b64encode(picture(found).encode("utf-8")).decode("ascii"),
            "tables": [{"title": title, "rows": rows} for title, rows in _tables(found, chains)],
            "limits": LIMITS,
        },
    )


def _tables(found: Asymmetry, chains: Contracts | None) -> list[tuple[str, Rows]]:
    lags = found.main.day.lags
    made = [
        (
            f"Points of IV by tenor, day by day (Newey–West, {lags} lags); rises take points off",
            level_rows(found),
        ),
        (f"Past {KNEE:g} %, over {LONG} sessions, points per further 1 %", far_rows(found)),
        (
            "Modelled: points of an option's own IV at a fixed strike over spot before the move",
            strike_rows(found),
        ),
        (
            "Measured on quoted VIX futures held a day: points per point of VIX",
            future_rows(found),
        ),
        ("Beta of IV to the VIX future of 30 days", beta_rows(found)),
        (f"{found.main.tenor:g} days, by part of the history", period_rows(found)),
        ("The largest falls, VIX in points, and the response to the move alone", fall_rows(found)),
    ]
    if chains is not None:
        names = ", ".join(chains.files)
        made.append(
            (
                f"Measured on quotes: {names}, {chains.start} to {chains.end}; options out of the "
                "money with a bid, volatility of the mid-price",
                contract_rows(chains),
            )
        )
    return [(title, rows) for title, rows in made if rows]


def _fit(fit: Fit) -> list[str]:
    ends = [*_cells(fit.fall, -1.0), *_cells(fit.rise, -1.0)]
    return [*ends, _p(fit.equal), number(fit.r2), f"{fit.n:,}"]


def _cells(slope: Slope | None, sign: float) -> list[str]:
    if slope is None:
        return [DASH, DASH]
    low, high = sorted((sign * slope.low, sign * slope.high))
    return [number(sign * slope.value), f"{number(low)} to {number(high)}"]


def _slope(slope: Slope, sign: float, unit: str = "") -> str:
    value, band = _cells(slope, sign)
    return f"{value}{unit} ({band})"


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {number(value, 3)}"


def _edges(pair: Sequence[float], digits: int) -> str:
    low, high = (number(value, digits) for value in pair)
    if not math.isfinite(pair[1]):
        return f"from {low}"
    return f"{low} to {high}"
