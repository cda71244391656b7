"""The solved no-trade band and what it costs beside other rules, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from hedgerow.policies.signals import YEAR
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent
from hedgerow.research.control import ControlStudy
from hedgerow.research.trial import Bill


def states(found: ControlStudy) -> list[dict[str, Any]]:
    """Return the band state by state, low regime first, VIX rising.

    Carry and crash loss are shares of NAV a year, for intensity 1.0 and without a hedge.
    """
    edges = [None, *found.edges, None]
    rows: list[dict[str, Any]] = []
    for regime in ("low", "high"):
        for over, to in pairwise(edges):
            i = len(rows)
            rows.append(
                {
                    "regime": regime,
                    "vix_over": over,
                    "vix_to": to,
                    "sessions": int(found.chain.sessions[i]),
                    "crash_loss": float(found.chain.crash[i] * YEAR),
                    "carry": float(found.programme.carry[i] * YEAR),
                    "free": float(found.band.free[i]),
                    "lower": float(found.band.lower[i]),
                    "upper": float(found.band.upper[i]),
                }
            )
    return rows


def summarise_control(found: ControlStudy, *, origin: str = "") -> str:
    """Return terms, band and comparison; ``origin`` says how much of the data is a model's."""
    terms, made = found.terms, found.programme
    told = "as told" if terms.loss is not None else "which makes intensity 1 best on average"
    first, last = found.judged
    lines = [
        f"No-trade band fitted to {found.span[0]} … {found.span[1]} "
        f"({int(found.chain.sessions.sum()):,} sessions)",
        f"At VIX 20: carry {percent(terms.carry, 2)} of NAV a year, "
        f"{number(1e4 * terms.cost)} bp of NAV per unit traded. A crash is a fall beyond "
        f"{percent(terms.fall, 0)} over {terms.horizon} sessions; "
        f"its loss counts {number(made.weight)} times, {told}.",
        "",
        _band(found),
        "",
        f"Simulated: {found.paths} paths of {found.sessions:,} sessions of the fitted chain, "
        "which no rule was made on",
        _bills(found.simulated),
        f"Best trigger of the grid: {_rule(found)}. The band costs "
        f"{_less(found.lead[0])} a year, standard error {percent(found.lead[1], 3)}.",
        "",
        f"Real: fitted to the sessions before {first}, judged on {first} … {last}",
        _bills(found.real),
        "",
    ]
    rows = [["cheaper there by", "mean", "90 % interval", ""]]
    for (name, rival), (mean, low, high) in found.real_lead.items():
        between = f"{percent(low, 2)} … {percent(high, 2)}"
        rows.append([f"{name}, than {rival}", percent(mean, 2), between, _verdict(low, high)])
    lines.append(columns(rows, right=[1]))
    lines += [*([origin] if origin else []), NOT_ADVICE]
    return "\n".join(lines)


def _band(found: ControlStudy) -> str:
    rows = states(found)
    heads = ["free", "lower", "upper", "sessions"]
    table = [["VIX", *(f"{regime} {head}" for regime in ("low", "high") for head in heads)]]
    half = len(rows) // 2
    for low, high in zip(rows[:half], rows[half:], strict=True):
        to, over = low["vix_to"], low["vix_over"]
        cells = [f"to {to:g}" if to is not None else f"over {over:g}"]
        for row in (low, high):
            cells += [number(row[name]) for name in ("free", "lower", "upper")]
            cells.append(f"{row['sessions']:,}")
        table.append(cells)
    text = columns(table, right=range(1, 9))
    return (
        f"{text}\nLow regime: {found.by.name} ≤ {found.split:g}, high: above; free: best if "
        "trading cost nothing.\nBelow lower buy up to it, above upper sell down to it, else hold."
    )


def _bills(bills: Mapping[str, Bill]) -> str:
    heads = ["% of NAV a year", "carry", "crash loss", "trading", "together", "trades/year", "mean"]
    table: list[Sequence[str]] = [heads]
    for name, bill in bills.items():
        paid = [bill.carry, bill.loss, bill.trading, bill.total]
        cells = [percent(value, 3) for value in paid]
        table.append([name, *cells, number(bill.trades, 1), number(bill.intensity)])
    return columns(table, right=range(1, 7))


def _rule(found: ControlStudy) -> str:
    line, _, trigger = (step.params() for step in found.rule.steps)
    a, b, move = (
        getattr(p, name) for p, name in ((line, "low"), (line, "width"), (trigger, "move"))
    )
    return f"a {a:g}, b {b:g}, {move:g} points"


def _less(ahead: float) -> str:
    return f"{percent(abs(ahead), 3)} {'less' if ahead >= 0.0 else 'more'}"


def _verdict(low: float, high: float) -> str:
    if low > 0.0:
        return "cheaper"
    return "dearer" if high < 0.0 else "cannot be told from these data"
