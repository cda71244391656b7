"""What came of a program, as text and as plain values; an index's levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.engine.attribution import Parts, unexplained
from hedgerow.engine.outcome import Outcome
from hedgerow.report import rates, verdict
from hedgerow.report.beside import comparison, years
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent
from hedgerow.research.gate.judgement import Judgement
from hedgerow.research.performance import drawdowns
from hedgerow.shortvol.rates import Rates

BASE = 100.0
"""Level of an index at its first close."""


def figures(outcome: Outcome) -> dict[str, Any]:
    """Return the figures of a run as plain values: NAV, and every line's gain by part.

    Parameters
    ----------
    outcome
        A finished run.

    Returns
    -------
    dict
        USD; returns a year are decimals, of 365.25 days.  ``nav`` is ``unhedged`` plus
        ``hedge_pnl`` plus ``reinvested``; ``ledger_to`` is None unless the ledger goes on.
    """
    lines = {}
    for name, line in outcome.lines.items():
        rest = unexplained(line["pnl"], line["residual"])
        lines[name] = {
            "sleeve": outcome.program.line(name).sleeve.name,
            "pnl": float(line["pnl"].sum()),
            "cost": float(line["cost"].sum()),
            "traded": float(line["traded"].sum()),
            "trades": int(np.count_nonzero(line["traded"])),
            "held": float(line["held"][-1]),
            "parts": {part: float(line[part].sum()) for part in Parts._fields},
            "residual_share": None if np.isnan(rest.share) else rest.share,
            "actions": dict(outcome.actions.get(name, {})),
            "budget_cut_days": int(np.count_nonzero(line["scale"] < 1.0)),
            "modelled_share": outcome.notes[name]["modelled_share"],
            "modelled_contracts": _modelled(outcome, name),
        }
    return {
        "program": outcome.program.name,
        "from": str(outcome.dates[0]),
        "to": str(outcome.dates[-1]),
        "bars": len(outcome),
        "ledger_to": outcome.ledger_to or None,
        "nav": float(outcome.nav[-1]),
        "unhedged": float(outcome.unhedged[-1]),
        "nav_against_unhedged": float(outcome.nav[-1] - outcome.unhedged[-1]),
        "reinvested": outcome.reinvested,
        "return": _whole(outcome.nav),
        "unhedged_return": _whole(outcome.unhedged),
        "return_per_year": _yearly(outcome, outcome.nav),
        "unhedged_return_per_year": _yearly(outcome, outcome.unhedged),
        "max_drawdown": _drawdown(outcome.nav),
        "unhedged_max_drawdown": _drawdown(outcome.unhedged),
        "index": {
            "name": outcome.index_name,
            "return": _whole(outcome.index),
            "return_per_year": _yearly(outcome, outcome.index),
            "max_drawdown": _drawdown(outcome.index),
        },
        "hedge_pnl": float(outcome.hedge.sum()),
        "cost": float(outcome.cost.sum()),
        "max_margin": float(outcome.margin.max()),
        "lines": lines,
        "origins": {name: dict(shares) for name, shares in outcome.origins.items()},
        "alarms": [
            {"date": day, "rule": rule, "sentence": sentence}
            for day, rule, sentence in outcome.alarms
        ],
    }


PARTS = {
    "delta": "delta",
    "gamma": "gamma",
    "theta": "theta",
    "vega": "vega",
    "carry": "roll-down",
    "costs": "costs of trading",
    "financing": "financing",
    "residual": "residual",
}
"""Parts of a gain in the words of tables."""


def told(outcome: Outcome, judged: Judgement | None = None, hedged: Rates | None = None) -> str:
    """Return a run as text: what it made, where its gains came from, rates of a book, verdict."""
    made = figures(outcome)
    head, *rows = gains(outcome)
    compared = comparison(outcome, made)
    text = "\n\n".join(
        [
            f"{made['program']}, {made['from']} … {made['to']}, {made['bars']:,} sessions",
            columns(compared, right=range(1, len(compared[0]))),
            columns([head, *rows], right=range(1, len(head))),
        ]
    )
    text += "\n"
    if cut := max(line["budget_cut_days"] for line in made["lines"].values()):
        text += f"\nThe common budget cut the lines on {cut:,} of {made['bars']:,} sessions."
    if outcome.margin.any():
        at = int(np.argmax(outcome.margin))
        share = percent(float(outcome.margin[at] / outcome.nav[at]))
        text += f"\nMost margin: {number(outcome.margin[at], 0)} USD on {outcome.dates[at]}, "
        text += f"{share} of NAV."
    if hedged is not None:
        text += f"\n\n{rates.told(hedged)}\n"
    if outcome.ledger_to:
        text += f"\nThe ledger goes on to {outcome.ledger_to}."
    for said in reality(outcome):
        text += f"\n{said}"
    for said in alarms(outcome):
        text += f"\n{said}"
    if len(made["alarms"]) > 5:
        text += "\n(--json has all alarms)"
    for said in verdict.told(judged):
        text += f"\n{said}"
    return f"{text}\n{NOT_ADVICE}"


def gains(outcome: Outcome) -> list[list[str]]:
    """Return where each line's gain came from as a table of words, its head first.

    Parameters
    ----------
    outcome
        A finished run.

    Notes
    -----
    USD over the whole run; of several lines the last column is their sum.
    """
    lines = outcome.lines
    several = len(lines) > 1
    rows = [["Gain by part, USD", *lines, *(["all lines"] if several else [])]]
    for title, part in [
        *((PARTS[part], part) for part in Parts._fields),
        ("gain after costs", "pnl"),
    ]:
        sums = [float(line[part].sum()) for line in lines.values()]
        rows.append([title, *(number(sum_, 0) for sum_ in [*sums, *([sum(sums)] * several)])])
    days = [int(np.count_nonzero(line["traded"])) for line in lines.values()]
    traded = np.any([line["traded"] != 0.0 for line in lines.values()], axis=0)
    more = [int(np.count_nonzero(traded))] if several else []
    rows.append(["days with trades", *(f"{count:,}" for count in [*days, *more])])
    if outcome.actions:
        acted = [_acted(outcome.actions.get(name)) for name in lines]
        rows.append(["sessions with an action", *acted, *([""] if several else [])])
    mean = [number(float(line["x"].mean())) for line in lines.values()]
    rows.append(["mean intensity, × base", *mean, *([""] if several else [])])
    return rows


def _acted(counts: Mapping[str, int] | None) -> str:
    if counts is None:
        return ""
    return ", ".join(f"{kind} {count:,}" for kind, count in counts.items() if count) or "none"


def reality(outcome: Outcome) -> list[str]:
    """Return in sentences how much of the prices a model made, and of what data."""
    said = modelled_lines(outcome)
    for column, shares in outcome.origins.items():
        if unreal := {k: v for k, v in shares.items() if k not in ("measured", "repaired")}:
            said.append(f"{column}: " + ", ".join(f"{_share(v)} {k}" for k, v in unreal.items()))
    return said


def alarms(outcome: Outcome) -> list[str]:
    """Return the alarms of a run rule by rule: how many, the first, and the worst.

    Notes
    -----
    The worst budget alarm is of the session at which it cut most, the worst of margin of that
    with the most margin for NAV; of other rules the first stands alone.
    """
    scales = [line["scale"] for line in outcome.lines.values()]
    with np.errstate(all="ignore"):
        strain = {"budget": -np.min(scales, axis=0), "margin": outcome.margin / outcome.nav}
    found: dict[str, list[tuple[str, str]]] = {}
    for day, rule, sentence in outcome.alarms:
        found.setdefault(rule, []).append((day, sentence))
    said = []
    for rule, spoken in found.items():
        said.append(f"{rule}: {len(spoken):,} alarm{'s' * (len(spoken) != 1)}")
        told = {"first": spoken[0]}
        if rule in strain:
            at = {str(day): value for day, value in zip(outcome.dates, strain[rule], strict=True)}
            told["worst"] = max(spoken, key=lambda each: at[each[0]])
        said += [f"  {what} {day}: {sentence}" for what, (day, sentence) in told.items()]
    return said


def modelled_lines(outcome: Outcome) -> list[str]:
    """Return in sentences how much of each line's prices a model made."""
    made, said = figures(outcome), []
    for name, line in made["lines"].items():
        if line["modelled_share"]:
            said.append(
                f"{name}: a model's price on {_share(line['modelled_share'])} of the sessions"
            )
        for day, where in line["modelled_contracts"].items():
            said.append(f"{name}: the contract settling {day} was modelled, {where}")
    return said


def _share(value: float) -> str:
    return f"{value:.0%}" if value >= 0.005 else "<1%"


def levels(outcome: Outcome) -> Floats:
    """Return NAV as an index that begins at `BASE`, **shape** (T,)."""
    return np.asarray(BASE * outcome.nav / outcome.nav[0])


def month_ends(dates: NDArray[np.datetime64]) -> NDArray[np.intp]:
    """Return the rows of the last session of each calendar month.

    Examples
    --------
    >>> days = np.array(["2020-01-30", "2020-01-31", "2020-02-03"], dtype="datetime64[D]")
    >>> month_ends(days).tolist()
    [1, 2]
    """
    months = dates.astype("datetime64[M]")
    return np.flatnonzero(np.r_[months[1:] != months[:-1], True])


def as_index(outcome: Outcome) -> dict[str, Any]:
    """Return a run as an index: daily levels, monthly returns, and what was modelled.

    Notes
    -----
    The return of a month runs from the last session of the one before; the first is from the
    run's first close.
    """
    level, dates = levels(outcome), outcome.dates
    ends = month_ends(dates)
    before = np.r_[level[0], level[ends[:-1]]]
    return {
        "base": BASE,
        "dates": [str(day) for day in dates],
        "levels": [float(value) for value in level],
        "months": [str(month) for month in dates[ends].astype("datetime64[M]")],
        "monthly_returns": [float(value) for value in level[ends] / before - 1.0],
        "modelled": {
            name: {
                **{key: _plain(value) for key, value in notes.items()},
                "modelled_contracts": _modelled(outcome, name),
            }
            for name, notes in outcome.notes.items()
        },
    }


def _modelled(outcome: Outcome, line: str) -> dict[str, str]:
    """Return the contracts of a line that a model priced within the run, with their dates."""
    named = outcome.notes[line].get("modelled_contracts", {})
    first, last = str(outcome.dates[0]), str(outcome.dates[-1])
    kept = {}
    for settles, where in named.items():
        begins, _, rest = where.partition(" to ")
        if begins <= last and rest.partition(",")[0] >= first:
            kept[settles] = where
    return kept


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _whole(values: Floats) -> float:
    return float(values[-1] / values[0] - 1.0)


def _yearly(outcome: Outcome, values: Floats) -> float:
    span, grown = years(outcome), 1.0 + _whole(values)
    return float(grown ** (1.0 / span) - 1.0) if span and grown >= 0.0 else float("nan")


def _drawdown(values: Floats) -> float:
    return float(drawdowns(values).min())
