"""A stress in words: means with their errors, differences path by path, worst paths, limits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

import numpy as np

from hedgerow.report import verdict
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent
from hedgerow.research.gate.judgement import Judgement
from hedgerow.research.stress import figures
from hedgerow.research.stress.figures import LEVELS, TAILS, Estimate
from hedgerow.research.stress.margins import RULE
from hedgerow.research.stress.measuring import MONTH
from hedgerow.research.stress.study import (
    CORRECTION,
    DIVESTED,
    DYNAMIC,
    MATCHED,
    ORDERS,
    SPREAD,
    STATIC,
    TAILED,
    UNHEDGED,
    Stress,
    tail_name,
)

TITLES = {
    "return": "Return",
    "hedge_cost": "Hedge cost a year",
    "hedge_pnl": "Hedge P&L",
    "her": "HER of the path's worst fall",
    "max_drawdown": "Maximum drawdown",
    "worst_month": "Worst month",
    "margin": "Margin, most",
    "trades": "Trades",
}
"""Figures as tables name them."""

HEDGED = frozenset({"hedge_cost", "hedge_pnl", "her", "margin", "trades"})
"""Figures that only a hedge has."""

EVIDENCE = (
    "Paths are no evidence: the verdict is on the policy's own backtest on the data that the model "
    "was given"
)
"""Said before a verdict."""

BY = {
    "nav": "lowest end value",
    "against static": "farthest behind the fixed hedge",
    "drawdown": "deepest drawdown",
}
"""What paths are worst by, in words."""


def name_of(found: Stress, strategy: str) -> str:
    """Return a strategy as tables name it, short."""
    if strategy == MATCHED:
        return f"fixed {number(found.level, 2)}×"
    if strategy == DIVESTED:
        return f"{percent(found.kept, 0)} equity"
    return {UNHEDGED: "no hedge", STATIC: "static", DYNAMIC: "dynamic"}[strategy]


def told(estimate: Estimate, figure: str, *, sign: bool = False) -> str:
    """Return a figure and its standard error in words: per cent, or a number of trades."""
    if not math.isfinite(estimate.value):
        return "–"
    if figure == "margin" and estimate.value == 0.0:
        return "none"
    digits = 1 if figure == "trades" else 2
    scale = 1.0 if figure == "trades" else 100.0
    unit = "" if figure == "trades" else "%"
    value = number(scale * estimate.value, digits, sign=sign)
    if not math.isfinite(estimate.error):
        return f"{value}{unit}"
    return f"{value}{unit} ±{number(scale * estimate.error, digits)}"


def mean_rows(found: Stress) -> list[list[str]]:
    """Return the table of means and expected shortfalls, heading first."""
    rows = [["", *(name_of(found, name) for name in found.strategies)]]

    def add(title: str, figure: str, of: Any) -> None:
        cells = []
        for name in found.strategies:
            none = name in {UNHEDGED, DIVESTED} and figure in HEDGED
            cells.append("–" if none else told(of(name), figure))
        rows.append([title, *cells])

    for figure in SPREAD:
        if figure == "her":
            add("HER, worst falls pooled", figure, found.her)
            continue
        add(TITLES[figure], figure, lambda name, f=figure: figures.mean(found.of(name, f)))
        for part in TAILS if figure in TAILED and len(found) > 1 else ():
            add(
                f"  worst {part:.0%} (ES)",
                figure,
                lambda name, f=figure, p=part: found.tail(name, f, p),
            )
    return rows


def quantile_rows(found: Stress, strategy: str) -> list[list[str]]:
    """Return quantiles of every figure of a strategy, heading first."""
    rows = [["", *(f"{level:.0%}" for level in LEVELS)]]
    for figure in SPREAD:
        if strategy in {UNHEDGED, DIVESTED} and figure in HEDGED:
            continue
        cells = figures.quantiles(found.of(strategy, figure))
        if figure == "trades":
            rows.append([TITLES[figure], *(number(cell, 0) for cell in cells)])
        else:
            rows.append([TITLES[figure], *(percent(cell, 1) for cell in cells)])
    return rows


DIFFERENCES = (
    ("return", "Return"),
    (tail_name("return", TAILS[0]), "  worst 5% (ES)"),
    (tail_name("return", TAILS[1]), "  worst 1% (ES)"),
    ("max_drawdown", "Maximum drawdown"),
    ("worst_month", "Worst month"),
    (tail_name("worst_month", TAILS[0]), "  worst 5% (ES)"),
    ("her", "HER, pooled"),
    ("hedge_cost", "Hedge cost a year"),
)
"""Rows of the table of differences."""


def difference_rows(found: Stress) -> list[list[str]]:
    """Return dynamic less each other strategy, path by path, in points, heading first."""
    others = [name for name in found.strategies if name != DYNAMIC]
    each = {name: found.against(name) for name in others}
    rows = [["dynamic less …", *(name_of(found, name) for name in others)]]
    for key, title in DIFFERENCES:
        if "_es_" in key and len(found) < 2:
            continue
        cells = []
        for name in others:
            gap = each[name][key]
            hedge = key in {"her", "hedge_cost"} and name in {UNHEDGED, DIVESTED}
            mark = " ?" if len(found) > 1 and math.isfinite(gap.value) and not gap.told else ""
            cells.append("–" if hedge else told(gap, "", sign=True).replace("%", "") + mark)
        rows.append([title, *cells])
    if len(found) > 1:
        chances = [percent(each[name]["probability"].value, 0) for name in others]
        rows.append(["End value higher on", *chances])
    return rows


def worst_rows(found: Stress, count: int = 3) -> list[list[str]]:
    """Return the worst paths, heading first."""
    head = ["", "path", "index fell", "VIX peak", "no hedge", "static", "dynamic", "drawdown"]
    rows = [head]
    worst = found.worst(count)
    for by in ORDERS:
        for i, row in enumerate(each for each in worst if each.by == by):
            cells = [percent(row.index_fall), number(row.vix_peak, 1)]
            cells += [percent(cell) for cell in (row.unhedged, row.static, row.dynamic)]
            rows.append(
                [BY[by] if i == 0 else "", str(row.path), *cells, percent(row.max_drawdown)]
            )
    return rows


def headline(found: Stress) -> str:
    """Return what scaling the hedge did on these paths, in a sentence."""
    gaps = found.against(STATIC)
    earned, tail = gaps["return"], gaps[tail_name("return", TAILS[0])]
    if not len(found) > 1:
        return f"On this path scaling the hedge {_more(earned)} than the fixed one."
    return (
        f"Over {found.terms.scenario.paths.sessions} sessions scaling the hedge {_more(earned)} "
        f"than the fixed one on average, and the worst {TAILS[0]:.0%} of paths {_lost(tail)}."
    )


def _more(gap: Estimate) -> str:
    if math.isfinite(gap.error) and not gap.told:
        return "earned neither more nor less, as far as these paths tell,"
    return f"earned {number(100 * abs(gap.value))} points {'more' if gap.value > 0 else 'less'}"


def _lost(gap: Estimate) -> str:
    if not gap.told:
        return "lost as much, as far as these paths tell"
    return f"lost {number(100 * abs(gap.value), 1)} points {'less' if gap.value > 0 else 'more'}"


def sentences(found: Stress) -> Iterator[str]:
    """Return what the differences say, one sentence each."""
    n = len(found)
    if n < 2:
        yield "One path: nothing can be said of chance, and no number has a standard error."
        return
    for name, what in _rivals(found):
        gaps = found.against(name)
        gap, chance = gaps["return"], gaps["probability"]
        also = ("max_drawdown", "maximum drawdown") if name == DIVESTED else _TAIL
        yield (
            f"{what}: return {_points(gap)}, {also[1]} {_points(gaps[also[0]])}; "
            f"end value higher on {percent(chance.value, 0)} of paths." + untold(gap, n)
        )


def _points(gap: Estimate) -> str:
    error = f"± {number(100 * gap.error)}" if math.isfinite(gap.error) else "too few paths to say"
    return f"{number(100 * gap.value, sign=True)} ({error})"


_TAIL = (tail_name("return", TAILS[0]), f"its worst {TAILS[0]:.0%}")


def _rivals(found: Stress) -> list[tuple[str, str]]:
    made = [(STATIC, "Against the fixed hedge")]
    if found.level is not None:
        cost = f"Against a fixed hedge of equal cost ({number(found.level)}×)"
        made.append((MATCHED, cost))
    kept = percent(found.kept, 1)
    same = (
        "of the same expected shortfall (5%)"
        if found.equal
        else "the nearest to its expected shortfall (5%)"
    )
    made.append((DIVESTED, f"Against holding {kept} of the equity, {same}"))
    return [*made, (UNHEDGED, "Against no hedge")]


def untold(gap: Estimate, paths: int) -> str:
    """Return that a difference cannot be told from zero, and what would tell it; or nothing.

    Examples
    --------
    >>> untold(Estimate(0.001, 0.001), 1_000)
    ' The return cannot be told from zero: about 4,000 paths would tell a difference of that size.'
    """
    if gap.told or not math.isfinite(gap.error):
        return ""
    needed = gap.needed(paths)
    if not needed < 1e6:
        return " The return cannot be told from zero."
    power = 10 ** max(math.floor(math.log10(needed)), 0)
    about = math.ceil(needed / power) * power
    return (
        f" The return cannot be told from zero: about {about:,} paths would tell a difference of "
        "that size."
    )


def limits(found: Stress) -> list[str]:
    """Return what the reader must know of model, prices and margin."""
    paths = found.terms.scenario.paths
    said = [
        f"The paths are a model's: {paths.model.title}. It was given the data from "
        f"{found.fitted_to[0]} to {found.fitted_to[1]}; what they do not hold it does not know.",
    ]
    if found.fit is not None:
        missed = found.fit.outside
        lead = (
            f"Of {len(found.fit.moments)} moments of that history the model's median path misses "
            f"{len(missed)} (outside the 90 % interval)"
        )
        said.append(f"{lead}: {', '.join(missed)}." if missed else f"{lead}.")
    if len(found) > 1:
        said.append(
            "Standard errors are those of chance within the model. How wrong the model is they do "
            "not say: run another one (--model) and compare."
        )
    said += [
        "Option prices on the paths are modelled from each path's VIX; quotes may differ most when "
        "it matters most. Rate and dividend yield stay as they are today.",
        f"A month is any {MONTH} sessions in a row. HER is the hedge's gain over the portfolio's "
        "loss while the index fell from peak to trough, its deepest fall of the path.",
        f"Margin: {RULE}.{_sampled(found)}",
        "Contracts are fractional; margin calls, limit orders and failing brokers are not played.",
    ]
    return said


def _sampled(found: Stress) -> str:
    known = int(np.isfinite(found.of(DYNAMIC, "margin")).sum())
    return f" It is that of the first {known:,} paths." if known < len(found) else ""


def title(found: Stress) -> str:
    """Return what was stressed."""
    terms = found.terms
    return f"{found.policy.name} with {terms.sleeve.name}"


def about(found: Stress) -> str:
    """Return the paths in a line."""
    paths = found.terms.scenario.paths
    start = paths.start
    many = f"{len(found):,} simulated paths" if len(found) > 1 else "one simulated path"
    return (
        f"{many} of {paths.sessions} sessions from {start.date} (index {number(start.spx, 0)}, VIX "
        f"{number(start.vix, 1)}), {paths.model.title}, seed {paths.seed}"
    )


def summarise(found: Stress, judged: Judgement | None = None) -> str:
    """Return the answer as text."""
    wide = range(1, 9)
    parts: list[str | Sequence[str]] = [
        title(found),
        *_lines(about(found)),
        *_lines(headline(found)),
        "",
        *_figures(found, wide),
        "",
        "Path by path, in points; plus is better but for the cost, ? cannot be told from zero",
        columns(difference_rows(found), right=wide),
        *(line for said in sentences(found) for line in _lines(said)),
        "",
        *(_worst(found) if len(found) > 1 else []),
        *(line for said in limits(found) for line in _lines(f"- {said}")),
        *([f"{EVIDENCE}:"] if judged else []),
        *verdict.told(judged),
        NOT_ADVICE,
    ]
    return "\n".join(str(part) for part in parts)


def _lines(said: str) -> list[str]:
    return wrap(said, 100, subsequent_indent="  ")


def _worst(found: Stress) -> list[str]:
    crises = f"{found.crises:,} of {len(found):,} paths have a fall of {-CORRECTION:.0%} or more."
    return [
        f"Worst paths (--replay NUMBER shows one). {crises}",
        columns(worst_rows(found), right=range(1, 9)),
        "",
    ]


def _figures(found: Stress, wide: Sequence[int]) -> list[str]:
    means = columns(mean_rows(found), right=wide)
    if len(found) < 2:
        return [means]
    return [
        "Mean over the paths ± standard error; ES is the mean of the worst part of the paths",
        means,
        "",
        "Quantiles, dynamic",
        columns(quantile_rows(found, DYNAMIC), right=wide),
    ]


def to_dict(found: Stress) -> dict[str, Any]:
    """Return every number as plain values."""
    paths = found.terms.scenario.paths
    strategies = {}
    for name in found.strategies:
        strategies[name] = {
            **{figure: figures.summary(found.of(name, figure)) for figure in SPREAD},
            "her_pooled": found.her(name)._asdict(),
            **{
                tail_name(figure, part): found.tail(name, figure, part)._asdict()
                for figure in TAILED
                for part in TAILS
            },
        }
    return {
        "policy": found.policy.name,
        "sleeve": found.terms.sleeve.name,
        "portfolio": found.terms.portfolio.as_dict(),
        "model": paths.model.title,
        "fitted_to": list(found.fitted_to),
        "paths": len(found),
        "sessions": paths.sessions,
        "seed": paths.seed,
        "start": {"date": str(paths.start.date), "spx": paths.start.spx, "vix": paths.start.vix},
        "digest": found.job.digest(),
        "headline": headline(found),
        "strategies": strategies,
        "matched_level": found.level,
        "divested_kept": found.kept,
        "divested_equal": found.equal,
        "dynamic_less": {
            name: {
                key: {**gap._asdict(), "told_from_zero": gap.told}
                for key, gap in found.against(name).items()
            }
            for name in found.strategies
            if name != DYNAMIC
        },
        "crises": found.crises,
        "worst": [row._asdict() for row in found.worst()],
        "misses": list(found.fit.outside) if found.fit else None,
        "limits": limits(found),
        "notice": NOT_ADVICE,
    }
