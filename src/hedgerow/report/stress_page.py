"""A stress as a page: one HTML file that opens offline."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from hedgerow.engine.run import text_of
from hedgerow.report import stress as words
from hedgerow.report import stress_book, stress_path, tables
from hedgerow.report.formats import NOT_ADVICE, number, percent
from hedgerow.report.page import fill, save
from hedgerow.report.stress_pictures import distributions, ranges
from hedgerow.report.verdict import page_facts
from hedgerow.research.gate.judgement import Judgement
from hedgerow.research.stress import figures
from hedgerow.research.stress.book import BookGrid
from hedgerow.research.stress.figures import TAILS
from hedgerow.research.stress.replaying import PathRun, replay
from hedgerow.research.stress.study import DYNAMIC, STATIC, UNHEDGED, Stress

_STYLE = "th.under { font-weight: 400; padding-left: 24px; }\n"


def write(
    found: Stress, book: BookGrid, path: Path, version: str, judged: Judgement | None = None
) -> Path:
    """Write the page whole or not at all.

    Parameters
    ----------
    found, book
        What was played, and the book of the start under shocks.
    path
        The HTML file; missing folders are made, an old page is replaced.
    version
        Of Hedgerow, for the foot of the page.
    judged
        What the gate says of the policy's own backtest.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    worst = replay(found.job, found.worst(1)[0].path)
    return save(render(found, book, worst, version, judged), path)


def render(
    found: Stress,
    book: BookGrid,
    worst: PathRun,
    version: str = "",
    judged: Judgement | None = None,
) -> str:
    """Return the page as HTML; equal stresses give equal text.

    Parameters
    ----------
    found, book, version, judged
        As for `write`.
    worst
        The path that is shown bar by bar.
    """
    terms = found.terms
    title = f"Stress of {words.title(found)}"
    facts: dict[str, Any] = {
        "version": version,
        "title": title,
        "kicker": f"{title} · {words.about(found)}",
        "headline": words.headline(found),
        "sentences": list(words.sentences(found)),
        "tiles": _tiles(found),
        "means": words.mean_rows(found),
        "differences": words.difference_rows(found),
        "quantiles": {
            words.name_of(found, name): words.quantile_rows(found, name)
            for name in found.strategies
        },
        "worst": words.worst_rows(found, 5),
        "worst_number": worst.path,
        "worst_rows": stress_path.table(worst),
        "crises": found.crises,
        "paths": len(found),
        "book": {
            "held": stress_book.held_line(book),
            "greeks": stress_book.greek_line(book),
            "worst": stress_book.worst_line(book),
            "answer": stress_book.told_answer(book),
            "today": stress_book.rows(book, book.both[0]),
            "hedge": stress_book.rows(book, book.hedge[0]),
        },
        "pictures": {
            "ends": _image(distributions(found)),
            "ranges": _image(ranges(found)),
            "book": _image(stress_book.picture(book)),
            "path": _image(stress_path.picture(worst)),
        },
        "fit": _fit_rows(found),
        "limits": words.limits(found),
        "policy_text": text_of(found.policy),
        "sleeve_terms": tables.terms(terms.sleeve),
        "portfolio_terms": tables.terms(terms.portfolio),
        "cost_terms": tables.terms(terms.costs),
        "digest": found.job.digest(),
        "not_advice": NOT_ADVICE,
        "readings": None,
        "evidence": f"{words.EVIDENCE}.",
        **page_facts(judged),
    }
    return fill("stress.html.j2", facts, style=_STYLE)


def _image(svg: str) -> str:
    return base64.b64encode(svg.encode("utf-8")).decode("ascii")


def _tiles(found: Stress) -> list[dict[str, str]]:
    def beside(figure: str) -> str:
        static, alone = (figures.mean(found.of(name, figure)).value for name in (STATIC, UNHEDGED))
        return f"static {percent(static, 2)}, no hedge {percent(alone, 2)}"

    part, several = TAILS[0], len(found) > 1
    figure = "return" if several else "max_drawdown"
    tails = {
        name: percent(found.tail(name, figure, part).value) for name in (DYNAMIC, STATIC, UNHEDGED)
    }
    cost = figures.mean(found.of(DYNAMIC, "hedge_cost"))
    fixed = figures.mean(found.of(STATIC, "hedge_cost"))
    mean = figures.mean(found.of(DYNAMIC, "return"))
    error = f"± {number(100 * cost.error)}; " if several else ""
    return [
        {"title": "Mean return" if several else "Return", "value": percent(mean.value),
         "beside": beside("return")},
        {"title": f"Return of the worst {part:.0%} (ES)" if several else "Maximum drawdown",
         "value": tails[DYNAMIC],
         "beside": f"static {tails[STATIC]}, no hedge {tails[UNHEDGED]}"},
        {"title": "Hedge cost a year", "value": percent(cost.value, 2),
         "beside": f"{error}static {percent(fixed.value, 2)}"},
        {"title": "Losses given back (HER)", "value": percent(found.her(DYNAMIC).value),
         "beside": f"static {percent(found.her(STATIC).value)}, "
         f"{'all worst falls' if several else 'over the worst fall'}"},
    ]  # fmt: skip


def _fit_rows(found: Stress) -> list[list[str]]:
    """Return the model's moments beside history's, heading first; empty where there are none."""
    if found.fit is None:
        return []
    rows = [["Moment", "history", "90% interval", "median path", ""]]
    for row in found.fit.moments:
        rows.append(
            [
                row.name,
                number(row.history, 3),
                f"{number(row.low, 3)} … {number(row.high, 3)}",
                number(row.simulated, 3),
                "" if row.within else "outside",
            ]
        )
    return rows
