"""The answer in plain words: what it cost, what it gave back, whether to believe it."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from hedgerow.core.step import Stage
from hedgerow.report.formats import DASH, number, percent, usd
from hedgerow.research import crises
from hedgerow.research.comparison import Comparison

DEEPER = 0.01
"""A drawdown counts as different from one percentage point on."""

SHARPER = 0.005
"""A Sharpe ratio counts as different from half a hundredth on."""

ALIKE = 0.005
"""A hedge effectiveness counts as different from half a percentage point on."""

OFTEN = 0.25
"""Share of days on which the budget bites from which the reader is told."""

MUCH_MODELLED = 0.05
"""Share of modelled values from which the reader is warned."""


class Verdict(NamedTuple):
    """One question, a short answer and its reasons."""

    question: str
    tone: str
    """``good``, ``mixed`` or ``bad``."""
    answer: str
    short: str
    """The answer as a clause of the headline."""
    reasons: str


class Story(NamedTuple):
    """What stands at the top of the page."""

    headline: str
    verdicts: list[Verdict]
    tested_her: dict[str, Any]
    """HER of both hedges over the crises that begin inside the test part."""
    tested_crises: int


def tell(found: Comparison) -> Story:
    """Return the answer for the test part of a comparison."""
    begins = found.periods["test"]["from"]
    tested = [row for row in found.crises if row["from"] >= begins]
    her = crises.overall(tested)
    worth = _worth(found)
    better = _better(found, her)
    trust = _trust(found)
    return Story(_headline(found, her, worth, trust), [worth, better, trust], her, len(tested))


def _headline(found: Comparison, her: dict[str, Any], worth: Verdict, trust: Verdict) -> str:
    span = found.periods["test"]
    made = found.strategies["test"]
    ours, theirs = (made[name]["hedge_cost_per_year"] for name in ("dynamic", "static"))
    saved = found.saving["test"]["saving"]
    first, last = span["from"], span["to"]
    years = f"{first[:4]}–{last[:4]}" if first[:4] != last[:4] else f"{first} to {last}"
    said = f"Out of sample ({years}), scaling the hedge "
    said += f"{_cost(ours)} against {_cost(theirs, short=True)} for a fixed one"
    if saved is not None:
        said += f" ({percent(abs(saved), 0)} {'fewer' if saved >= 0 else 'more'} dollars"
        ours_net, theirs_net = (made[name]["hedge_pnl"] for name in ("dynamic", "static"))
        if saved > 0.0 and ours_net < theirs_net:
            said += f", yet it lost more in all: {usd(ours_net)} against {usd(theirs_net)}"
        said += ")"
    a, b = her["dynamic_her"], her["static_her"]
    if found.ruined:
        said += "; the fixed one lost its portfolio, so nothing is measured against it"
    elif a is not None and b is not None:
        said += f" and gave back {percent(a)} of crisis losses against {percent(b)}"
    else:
        said += "; no crisis falls into those years, so its protection is untested"
    return f"{said}: {worth.short}; {trust.short}."


def _cost(share: float, *, short: bool = False) -> str:
    """Return a yearly cost in words; a hedge whose carry is a gain has none."""
    size = percent(abs(share), 2)
    if short:
        return size if share >= 0.0 else f"a carry gain of {size}"
    return f"cost {size} of NAV a year" if share >= 0.0 else f"earned {size} of NAV a year in carry"


def _worth(found: Comparison) -> Verdict:
    """Judge the dynamic hedge against no hedge."""
    made = found.strategies["test"]
    ours, none = made["dynamic"], made["unhedged"]
    sharper = _compare(ours["sharpe_excess"], none["sharpe_excess"], SHARPER)
    safer = _compare(ours["max_drawdown"], none["max_drawdown"], DEEPER)
    reasons = (
        f"Sharpe over bills {number(ours['sharpe_excess'])} against "
        f"{number(none['sharpe_excess'])} unhedged; deepest fall {percent(ours['max_drawdown'])} "
        f"against {percent(none['max_drawdown'])}; return {percent(ours['annual_return'], 2)} a "
        f"year against {percent(none['annual_return'], 2)}."
    )
    question = "Was hedging worth it?"
    if sharper >= 0 and safer > 0:
        word = "a better" if sharper > 0 else "the same"
        return Verdict(
            question,
            "good",
            f"Hedging was worth its cost here: a shallower fall at {word} Sharpe",
            "worth its cost",
            reasons,
        )
    if safer > 0:
        return Verdict(
            question,
            "mixed",
            "Protection had its price here: a shallower fall, but a lower Sharpe than unhedged",
            "protection at a price",
            reasons,
        )
    if sharper > 0:
        return Verdict(
            question,
            "mixed",
            "The hedge raised the Sharpe ratio but did not make the deepest fall shallower",
            "no protection in the deepest fall",
            reasons,
        )
    if sharper == 0 and safer == 0:
        return Verdict(
            question,
            "bad",
            "The hedge made no difference here: Sharpe and the deepest fall are as without it",
            "too small to matter",
            reasons,
        )
    return Verdict(
        question,
        "bad",
        "The hedge was not worth its cost here: neither Sharpe nor the deepest fall is better "
        "than without a hedge",
        "not worth its cost",
        reasons,
    )


def _better(found: Comparison, her: dict[str, Any]) -> Verdict:
    """Judge the dynamic hedge against the fixed one."""
    made = found.strategies["test"]
    ours, fixed = made["dynamic"], made["static"]
    saved = found.saving["test"]["saving"]
    cheaper = ours["hedge_cost"] < fixed["hedge_cost"]
    gained = ours["hedge_pnl"] > fixed["hedge_pnl"]
    a, b = her["dynamic_her"], her["static_her"]
    protects = a is not None and b is not None and a >= b
    question = "Was scaling better than a fixed hedge?"
    held = ours["mean_x"]
    reasons = (
        f"Net result {usd(ours['hedge_pnl'])} against {usd(fixed['hedge_pnl'])}; Sharpe "
        f"{number(ours['sharpe_excess'])} against {number(fixed['sharpe_excess'])}; deepest fall "
        f"{percent(ours['max_drawdown'])} against {percent(fixed['max_drawdown'])}."
    )
    if held < 0.95 and cheaper and saved is not None:
        reasons += (
            f" Mind the size: it held {number(held)}× the fixed hedge on average, so "
            f"{percent(1.0 - held, 0)} less hedge goes with {percent(saved, 0)} less cost."
        )
    elif held > 1.05:
        reasons += f" Mind the size: it held {number(held)}× the fixed hedge on average."
    bound = _budget_bound(found)
    if bound > OFTEN:
        reasons += f" The budget, not the signal, set its size on {percent(bound, 0)} of the days."
    if found.ruined:
        answer = "Not to be said: the fixed hedge lost its portfolio; give a smaller size"
        return Verdict(question, "mixed", answer, "", reasons)
    even = _at_equal_cost(found)
    if even:
        reasons += f" {even.reasons}"
    if cheaper and protects and gained:
        return Verdict(question, "good", "Cheaper, and it protected at least as well", "", reasons)
    if even and a is not None:
        return even._replace(question=question, reasons=reasons)
    if a is None or b is None:
        word = "Cheaper" if cheaper else "Dearer"
        return Verdict(
            question, "mixed", f"{word}, and no crisis came to test its protection", "", reasons
        )
    if cheaper and not protects:
        net = "it lost less in all" if gained else "it lost more in all"
        if ours["hedge_pnl"] > 0 and fixed["hedge_pnl"] > 0:
            net = "it earned more in all" if gained else "it earned less in all"
        return Verdict(
            question, "mixed", f"Cheaper, but it gave back less in crises; {net}", "", reasons
        )
    if cheaper:
        return Verdict(
            question,
            "mixed",
            "Cheaper in carry and costs, yet the net result is worse",
            "",
            reasons,
        )
    if protects and gained:
        return Verdict(question, "mixed", "Dearer to hold, but it gave back more", "", reasons)
    return Verdict(question, "bad", "No: dearer, and not the better protection", "", reasons)


def _at_equal_cost(found: Comparison) -> Verdict | None:
    """Judge against a fixed hedge made as small, or large, as to cost the same."""
    if found.matched is None or found.matched["her"] is None:
        return None
    ours, its = found.strategies["test"]["dynamic"], found.matched["strategies"]["test"]
    ours_her, its_her = found.matched["dynamic_her"], found.matched["her"]
    sharper = _compare(ours["sharpe_excess"], its["sharpe_excess"], SHARPER)
    safer = _compare(ours_her, its_her, ALIKE)
    reasons = (
        f"At equal cost: a fixed hedge of {number(found.matched['scale'])}× would have given back "
        f"{percent(its_her)} (dynamic {percent(ours_her)}), Sharpe {number(its['sharpe_excess'])} "
        f"({number(ours['sharpe_excess'])}), deepest fall {percent(its['max_drawdown'])} "
        f"({percent(ours['max_drawdown'])}), net {usd(its['hedge_pnl'])} "
        f"({usd(ours['hedge_pnl'])}); its size is known only with hindsight."
    )
    if sharper >= 0 and safer >= 0 and sharper + safer > 0:
        return Verdict("", "good", "Yes: better than a fixed hedge of equal cost", "", reasons)
    if sharper + safer == 0:
        answer = "No clear difference from a fixed hedge of equal cost"
        return Verdict("", "mixed", answer, "", reasons)
    return Verdict("", "bad", "No: a fixed hedge of equal cost did better", "", reasons)


def _budget_bound(found: Comparison) -> float:
    """Return on what share of the test days the budget lowered the hedge."""
    steps, trace, rows = found.policy.steps, found.tracks["dynamic"].trace, found.split.test
    for before, step in pairwise(steps):
        if step.stage == Stage.BUDGET:
            return float(np.mean(trace[step.kind][rows] < trace[before.kind][rows]))
    return 0.0


def _trust(found: Comparison) -> Verdict:
    """Say how far the numbers can be believed."""
    raised = [flag.name for flag in found.flags if flag.raised]
    failed = [verdict.name for verdict in found.lookahead if not verdict.passed]
    shares = {
        name: found.provenance[name]["modelled"]
        for name in ("vix", "hedge prices")
        if name in found.provenance
    }
    modelled = {name: share for name, share in shares.items() if share > MUCH_MODELLED}
    said = [
        "These are the test years, not those a rule was chosen on",
        f"red flags: {', '.join(raised) if raised else 'none'}",
        "look-ahead test: " + (f"FAILED ({', '.join(failed)})" if failed else "passed"),
        "modelled: "
        + (
            ", ".join(
                f"{'VIX' if n == 'vix' else n} {percent(s, 0)} of the days"
                for n, s in shares.items()
            )
            or DASH
        ),
    ]
    reasons = "; ".join(said) + "."
    question = "Can this answer be trusted?"
    if failed or found.ground.same_bar:
        why = "the look-ahead test failed" if failed else "orders were filled at the deciding close"
        return Verdict(
            question, "bad", f"Do not trust these numbers: {why}", "do not trust it", reasons
        )
    if modelled or raised:
        causes = []
        for name, share in modelled.items():
            subject = "VIX is" if name == "vix" else f"{name} are"
            causes.append(f"{subject} {'largely' if share >= 0.5 else 'partly'} modelled")
        if raised:
            count = "one red flag is" if len(raised) == 1 else f"{len(raised)} red flags are"
            causes.append(f"{count} raised ({', '.join(raised)})")
        return Verdict(
            question, "mixed", f"Read with care: {_listed(causes)}", "read it with care", reasons
        )
    return Verdict(
        question,
        "good",
        "No check speaks against these numbers",
        "no check speaks against it",
        reasons,
    )


def _listed(words: list[str]) -> str:
    """Join words as people do.

    Examples
    --------
    >>> _listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), words[-1]])


def _compare(ours: float, theirs: float, least: float) -> int:
    """Return 1 if ours is higher by ``least``, -1 if lower, else 0 (and 0 where undefined)."""
    if not math.isfinite(ours - theirs):
        return 0
    return int(ours - theirs >= least) - int(theirs - ours >= least)
