"""Many policies side by side as text and as a page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap
from typing import Any

from markupsafe import Markup

from hedgerow.engine.run import text_of
from hedgerow.report import page, tables, tradeoff, verdict
from hedgerow.report.divest import sentence
from hedgerow.report.formats import DASH, NOT_ADVICE, columns, percent
from hedgerow.report.story import MUCH_MODELLED
from hedgerow.report.summary import indented
from hedgerow.research.candidates import Candidate, Protection
from hedgerow.research.choosing import Choice
from hedgerow.research.gate.judgement import RESAMPLES, Judgement, judge
from hedgerow.research.gate.thresholds import Thresholds

SIGNS = {"better": "✓ better", "worse": "✕ worse", "even": "≈ as good", "unclear": "? unclear"}
"""How a table says whether a hedge beat holding less equity."""

MEANINGS: Mapping[Protection, str] = {
    "drawdown": "Protection: points taken off the deepest fall of the test part",
    "her": "Protection: part of the losses of the crises that begin in the test part given back",
    "tail": "Protection: points taken off the mean of the worst 5 % of the test part's months",
}

MEASURES: tuple[tuple[str, str, str], ...] = (
    ("Return given up a year", "return_given_up", "percent2"),
    ("Protection", "protection", "percent1"),
    ("Return a year", "annual_return", "percent2"),
    ("Volatility a year", "annual_vol", "percent2"),
    ("Sharpe, over bills", "sharpe_excess", "number2"),
    ("Sharpe, realised", "sharpe", "number2"),
    ("Deepest fall", "max_drawdown", "percent1"),
    ("Worst 5 % of months, mean", "tail", "percent1"),
    ("Gave back in crises (HER)", "her", "percent1"),
    ("Cost a year, of NAV (C2)", "hedge_cost_per_year", "percent2"),
    ("Decay and roll paid", "carry_paid", "usd"),
    ("Trading costs", "transaction_costs", "usd"),
    ("Saving against fixed (C3)", "saving", "percent0"),
    ("Hedge result, net", "hedge_pnl", "usd"),
    ("Trades a year", "trades_per_year", "number1"),
    ("Contracts traded a year", "contracts_per_year", "number0"),
    ("Turnover, times what is held", "turnover", "number1"),
    ("Mean intensity", "mean_x", "number2"),
    ("Highest intensity", "max_x", "number2"),
    ("Signals", "inputs", "number0"),
    ("Numbers fixed", "parameters", "number0"),
    ("Hedge prices modelled", "modelled_prices", "percent0"),
    ("VIX modelled", "modelled_vix", "percent0"),
)
"""Title, measure and how it is written."""

_IDLE = frozenset(
    {
        *("her", "saving", "hedge_cost_per_year", "carry_paid", "transaction_costs", "hedge_pnl"),
        *("trades_per_year", "contracts_per_year", "turnover", "mean_x", "max_x"),
        *("inputs", "parameters"),
    }
)
"""Measures that no hedge has not."""

_TERMS = frozenset({"inputs", "parameters", "modelled_prices", "modelled_vix"})
"""Measures that a candidate has even if NAV was lost."""


def summarise(found: Choice, judged: Mapping[str, Judgement] | None = None) -> str:
    """Return the candidates side by side as plain text.

    Parameters
    ----------
    found
        The choice.
    judged
        What the gate says of each policy; by default it is asked what needs no resampling.
    """
    span = found.period
    lines = [
        f"{_many(found)}, out of sample: {span['from']} … {span['to']} "
        f"({span['sessions']:,} sessions), after costs",
        f"{MEANINGS[found.protection]}.",
        "* efficient: no other gives up as little and protects as much.",
        *wrap(_aside(found), 100),
        "",
        _table(found),
        "",
        "Or simply less equity (D9)?",
    ]
    for each in hedged(found):
        lines += indented(f"{each.name}: {sentence(each.divest)}.")
    lines += ["", "What each gave back, crisis by crisis (HER, C4; the whole run)", _crises(found)]
    lines += ["  ▸ begins in the test part"] if any(row["tested"] for row in found.crises) else []
    lines += ["  * only partly covered by the run"] if _partial(found) else []
    checks = [_flags(found), _lookahead(found), *_luck(found), _origin(found)]
    lines += ["", *(line for said in checks for line in wrap(said, 100, subsequent_indent="  "))]
    made = judged or judge_each(found, resamples=0)
    lines += ["", "Verdicts"]
    for name, one in made.items():
        lines += indented(f"{name}: {one.sentence}")
    lines += [f"  {verdict.QUICK}"] if any(not one.resamples for one in made.values()) else []
    lines.append(NOT_ADVICE)
    return "\n".join(lines)


def judge_each(
    found: Choice, *, thresholds: Thresholds | None = None, resamples: int = RESAMPLES
) -> dict[str, Judgement]:
    """Return what the gate says of each policy, by the name of its candidate."""
    return {
        name: judge(one, thresholds=thresholds, resamples=resamples)
        for name, one in found.comparisons.items()
    }


def _many(found: Choice) -> str:
    count = len(found.comparisons)
    return f"{count} candidate{'s' if count != 1 else ''}"


def hedged(found: Choice) -> list[Candidate]:
    """Return the candidates that hedge: all but no hedge."""
    return [each for each in found.candidates if each.kind != "none"]


def _table(found: Choice) -> str:
    head = ["", "", "given up", "protec-", "cost", "max", "", "", "trades", "signals/", "less"]
    second = ["", "", "a year", "tion", "a year", "DD", "HER", "Sharpe", "a year", "numbers"]
    rows = [head, [*second, "equity?"]]
    for each in found.candidates:
        made = {key: written(each, key, kind) for _, key, kind in MEASURES}
        keys = ("return_given_up", "protection", "hedge_cost_per_year", "max_drawdown", "her")
        rows.append(
            [
                "*" if each.efficient else "",
                each.name,
                *(made[key] for key in keys),
                made["sharpe_excess"],
                made["trades_per_year"],
                numbers(each),
                SIGNS[each.divest["verdict"]] if each.divest else DASH,
            ]
        )
    return columns(rows, right=range(2, 10))


def written(each: Candidate, key: str, kind: str) -> str:
    """Return a measure of a candidate in words; a dash for what it cannot have."""
    if each.kind == "none" and key in _IDLE:
        return DASH
    if each.kind == "fixed" and key in {"saving", "inputs", "parameters"}:
        return DASH
    if each.measures["return_given_up"] is None and key not in _TERMS:  # ruined
        return DASH
    return tables.write_value(each.measures[key], kind)


def crisis_cells(found: Choice) -> list[dict[str, Any]]:
    """Return one row per crisis: the portfolio's return and what each hedge gave back."""
    return [
        {
            "name": row["name"],
            "tested": row["tested"],
            "partial": row["partial"],
            "dates": f"{row['from']} – {row['to']}",
            "portfolio": percent(row["portfolio_return"]),
            "cells": _shares([each.crises[row["name"]] for each in hedged(found)]),
        }
        for row in found.crises
    ]


def _shares(values: list[float | None]) -> list[dict[str, Any]]:
    """Return shares as words, of which the highest is marked."""
    known = [value for value in values if value is not None]
    top = max(known) if len(known) > 1 else None
    return [
        {"said": percent(value), "best": value is not None and value == top and top > 0.0}
        for value in values
    ]


def _crises(found: Choice) -> str:
    if not found.crises:
        return "  none in this run"
    numbers = [f"[{i}]" for i, _ in enumerate(hedged(found), start=1)]
    rows = [["", "", "portfolio", *numbers]]
    for row in crisis_cells(found):
        name = row["name"] + (" *" if row["partial"] else "")
        rows.append(
            [
                "▸" if row["tested"] else "",
                name,
                row["portfolio"],
                *(c["said"] for c in row["cells"]),
            ]
        )
    key = ", ".join(f"[{i}] {each.name}" for i, each in enumerate(hedged(found), start=1))
    return "\n".join([columns(rows, right=range(2, len(rows[0]))), *indented(key)])


def _partial(found: Choice) -> bool:
    return any(row["partial"] for row in found.crises)


def _flags(found: Choice) -> str:
    raised = [f"{each.name}: {', '.join(each.flags)}" for each in found.candidates if each.flags]
    return f"Red flags (D6): {'; '.join(raised) or 'none'}"


def _lookahead(found: Choice) -> str:
    failed = [each.name for each in found.candidates if each.lookahead is False]
    return f"LOOK-AHEAD (D8): {', '.join(failed)}" if failed else "Look-ahead test (D8): all passed"


def _luck(found: Choice) -> list[str]:
    """Return what the number of trials leaves of the best Sharpe ratio (D7)."""
    known = {n: one.luck for n, one in found.comparisons.items() if one.luck is not None}
    if not known:
        return []
    best = max(known, key=lambda name: _known(known[name].record.sharpe))
    return [f"{best}: {known[best]}"]


def _known(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _origin(found: Choice) -> str:
    said = {
        f"{each.sleeve} {percent(each.measures['modelled_prices'], 0)}": None
        for each in hedged(found)
    }
    vix = percent(found.candidates[-1].measures["modelled_vix"], 0)
    return f"Modelled: VIX {vix} of the days; hedge prices: {', '.join(said)}"


def _row(each: Candidate) -> dict[str, Any]:
    """Return a candidate as a row of the page's first table."""
    kinds = {key: kind for _, key, kind in MEASURES}
    keys = (
        *("return_given_up", "protection", "hedge_cost_per_year", "max_drawdown", "her"),
        *("sharpe_excess", "trades_per_year"),
    )
    return {
        "name": each.name,
        "efficient": each.efficient,
        "cells": [
            *(written(each, key, kinds[key]) for key in keys),
            numbers(each),
            ", ".join(each.flags) or DASH,
            SIGNS[each.divest["verdict"]] if each.divest else DASH,
            each.dominated_by or DASH,
        ],
    }


def numbers(each: Candidate) -> str:
    """Return how many signals a policy looks at and how many numbers it fixes."""
    if each.kind != "policy":
        return DASH
    return f"{each.measures['inputs']} / {each.measures['parameters']}"


def to_dict(found: Choice) -> dict[str, Any]:
    """Return everything as plain values."""
    return {
        "protection": found.protection,
        "period": found.period,
        "whole": found.whole,
        "portfolio": found.first.portfolio.as_dict(),
        "costs": asdict(found.first.costs),
        "candidates": [
            {
                **asdict(each),
                "policy": text_of(found.comparisons[each.name].policy)
                if each.kind == "policy"
                else None,
                "said": sentence(each.divest) if each.kind != "none" else "",
            }
            for each in found.candidates
        ],
        "efficient": [each.name for each in found.candidates if each.efficient],
        "divest_line": list(found.line),
        "crises": list(found.crises),
        "assumptions": assumptions(found),
        "notice": NOT_ADVICE,
    }


def assumptions(found: Choice) -> list[str]:
    """Return the assumptions of all runs, each once, and those of this comparison."""
    said = dict.fromkeys(
        line for comparison in found.comparisons.values() for line in comparison.assumptions
    )
    bps = found.first.costs.underlying_bps
    return [
        *said,
        "Holding less equity: the rest earns the bill rate, rebalanced daily; the sale at the "
        f"start and the trades of rebalancing pay {bps:g} hundredths of a percent",
    ]


def limits(found: Choice) -> list[str]:
    """Return what the comparison does not show."""
    return [
        f"{_many(found)} stood to choose from here, and more may have been tried before. "
        "The best of many looks better than it is: its lead is partly luck, out of sample or not, "
        "once the choice is made on these very years.",
        "One history, few crises. Differences of a point of drawdown or of a few hundredths of "
        "Sharpe are far inside the noise.",
        "The line between efficient candidates joins them and promises nothing in between.",
        "The deepest fall is one event. Look at the same candidates by her and by tail before "
        "choosing.",
        *tables.limits(found.first)[2:],
    ]


def _aside(found: Choice) -> str:
    """Say it where the picture measures protection otherwise than the verdicts do."""
    if found.protection == "drawdown":
        return ""
    return (
        "Mind: the verdicts against less equity compare return and the deepest fall; measured as "
        "in this picture, a hedge may lie on the other side of the line."
    )


def headline(found: Choice) -> str:
    """Return the answer in one sentence."""
    best = [each.name for each in hedged(found) if each.efficient]
    beat = [
        each.name for each in hedged(found) if each.divest and each.divest["verdict"] == "better"
    ]
    count = len(hedged(found))
    said = f"Out of sample, {_count(best, count)} efficient"
    said += f"; {_count(beat, count)} better than simply holding less equity."
    if any(each.lookahead is False for each in found.candidates):
        return f"{said} Do not trust it: a look-ahead test failed."
    prices = max(each.measures["modelled_prices"] or 0.0 for each in found.candidates)
    vix = found.candidates[-1].measures["modelled_vix"] or 0.0
    shares = (("VIX", vix), ("hedge prices", prices))
    modelled = [f"{name} {percent(share, 0)}" for name, share in shares if share > MUCH_MODELLED]
    return f"{said} Read with care: {', '.join(modelled)} modelled." if modelled else said


def _count(names: list[str], of: int) -> str:
    if not names:
        return f"none of {of} hedges is"
    verb = "is" if len(names) == 1 else "are"
    if len(names) <= 3 and len("".join(names)) <= 60:
        return f"{' and '.join([', '.join(names[:-1])] * (len(names) > 1) + names[-1:])} {verb}"
    return f"{len(names)} of {of} hedges are"


def write(found: Choice, path: Path, judged: Mapping[str, Judgement] | None = None) -> Path:
    """Write the page whole or not at all, and return its path.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return page.save(render(found, judged), path)


def render(found: Choice, judged: Mapping[str, Judgement] | None = None) -> str:
    """Return the page as HTML; equal choices give equal text."""
    first = found.first
    source = first.facts.get("source")
    best = hedged(found)
    made = judged or judge_each(found)
    return page.fill(
        "choosing.html.j2",
        {
            "title": "Hedges side by side",
            "kicker": f"hedges side by side · data: {source}" if source else "hedges side by side",
            "headline": headline(found),
            "version": first.facts.get("version", ""),
            "not_advice": NOT_ADVICE,
            "readings": None,
            "found": found,
            "caption": tradeoff.caption(found),
            "meaning": MEANINGS[found.protection],
            "aside": _aside(found),
            "candidates": found.candidates,
            "rows": [_row(each) for each in found.candidates],
            "hedged": best,
            "figures": [
                {
                    "title": title,
                    "cells": [written(each, key, kind) for each in found.candidates],
                }
                for title, key, kind in MEASURES
            ],
            "signs": SIGNS,
            "verdicts": made,
            "verdict_rows": {name: verdict.rows(one) for name, one in made.items()},
            "sentences": {each.name: sentence(each.divest) for each in best},
            "crises": crisis_cells(found),
            "partial": _partial(found),
            "policies": {
                name: text_of(comparison.policy) for name, comparison in found.comparisons.items()
            },
            "details": {
                each.name: [flag for flag in found.comparisons[each.name].flags if flag.raised]
                for each in found.candidates
                if each.kind == "policy"
            },
            "provenance": [
                (comparison.sleeve.name, tables.provenance(comparison.provenance))
                for comparison in {c.sleeve.name: c for c in found.comparisons.values()}.values()
            ],
            "sleeves": {c.sleeve.name: tables.terms(c.sleeve) for c in found.comparisons.values()},
            "portfolio_terms": tables.terms(first.portfolio),
            "cost_terms": tables.terms(first.costs),
            "assumptions": assumptions(found),
            "limits": limits(found),
            "data": first.facts["data"],
            "picture": Markup(tradeoff.inside(found)),
        },
        style=tradeoff.page_style(),
    )
