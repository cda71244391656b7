"""A plan for a short-volatility book in words: what, why, at what price, what it leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hedgerow.report.formats import NOT_ADVICE, columns, number, percent, usd
from hedgerow.report.hedge_table import head, money, started, words
from hedgerow.shortvol.structures.hedges import told as contracts
from hedgerow.shortvol.structures.plan import CLEAR, MOVES, Leg, Legs, Plan, futures_in

FALL = MOVES.index(-0.03)
OPEN = (
    "A gap: stops and whole contracts do not trade while the market is shut.",
    "Half-spreads in a panic: costs are those of today's VIX.",
    "A fall that starts after the options expire: legs are for this book's expiry and end with it.",
    "A slow move through the strikes while volatility falls: bought legs decay.",
    "A response of volatility unlike the one that was measured.",
)


def name_of(leg: Leg) -> str:
    """Return the name of a leg in words."""
    return words(leg.hedge.name)


def named(legs: Legs) -> str:
    """Return the names of a plan's legs in words."""
    return " and ".join(name_of(leg) for leg in legs.parts)


def headline(found: Plan) -> str:
    """Return the plan and what it does at its worst move, in a sentence."""
    legs = found.chosen
    verb = "No better than a smaller book" if found.worth is False else "Add"
    return (
        f"{verb}: {named(legs)}; the worst of the moves from {percent(MOVES[0], 0)} to "
        f"+{percent(MOVES[-1], 0)} is {usd(legs.least)} instead of {usd(float(found.alone.min()))}"
    )


def leg_lines(legs: Legs) -> list[str]:
    """Return each leg with its contracts."""
    return [
        f"{leg.hedge.side.capitalize()} leg: {name_of(leg)}, {contracts(leg.structure)}"
        for leg in legs.parts
    ]


def pnl_rows(found: Plan) -> list[list[str]]:
    """Return P&L of the book alone, with the plan, with its rivals; heading first."""
    made = [["P&L as volatility answers", *head(MOVES)]]
    made.append(["book alone", *(usd(x) for x in found.alone)])
    for name, legs in (("plan", found.chosen), ("runner-up", found.runner_up),
                       ("with sold calls", found.sold_call)):  # fmt: skip
        if legs is not None:
            made.append([name, *(usd(x) for x in legs.gain)])
    return made


def risk_rows(found: Plan) -> list[list[str]]:
    """Return delta, vega, worst case, margin and costs, before and after; heading first."""
    made = [["", "delta", "vega", "worst case", "margin", "costs", "premium"]]
    made.append(["book alone", usd(found.delta), usd(found.vega), money(found.worst.amount),
                 usd(found.margin), "", ""])  # fmt: skip
    for name, legs in (("plan", found.chosen), ("runner-up", found.runner_up),
                       ("with sold calls", found.sold_call)):  # fmt: skip
        if legs is not None:
            made.append([name, usd(legs.delta), usd(legs.vega), money(legs.worst.amount),
                         usd(legs.margin), usd(legs.cost), usd(legs.premium)])  # fmt: skip
    target = found.target
    made.append(["target", usd(target.delta), usd(target.vega), "", "", "", ""])
    return made


def reasons(found: Plan) -> list[str]:
    """Return why this and not another, with the numbers of this book."""
    legs, other, sold = found.chosen, found.runner_up, found.sold_call
    made = [f"{started(name_of(leg))}: {leg.hedge.reason}" for leg in legs.parts]
    if not legs.meets:
        made.append(
            "Nothing that was tried meets delta, vega and budget at once; this misses them least."
        )
    if sold is not None:
        leg = sold.down
        fixed, answered = float(leg.fixed[FALL]), float(leg.answered[FALL])
        made.append(
            f"Not the sold call: at −3 % one {contracts(leg.hedge.structure)[2:].strip()} gains "
            f"{usd(fixed)} if volatility stands still and {usd(answered)} as it answers. "
            f"With sold calls the worst move is {usd(sold.least)}."
        )
    for leg in legs.parts:
        if leg.hedge.name.startswith("hedged"):
            made.append(
                f"{started(name_of(leg))} holds {usd(leg.units * leg.vega)} of vega a point: "
                "by put-call parity it is an option, whatever its name says."
            )
    if other is not None:
        made.append(f"Runner-up: {named(other)}; {_lost(legs, other)}.")
    return made


def _lost(legs: Legs, other: Legs) -> str:
    if legs.meets and not other.meets:
        return "it misses the targets or the budget"
    if other.least < legs.least - 1.0:
        return f"its worst move is {usd(other.least)}, {usd(legs.least - other.least)} worse"
    return f"as good at its worst move, but costs {usd(other.cost)} against {usd(legs.cost)}"


def verdict(found: Plan) -> list[str]:
    """Return whether the plan was worth its cost on history."""
    past = found.history
    if past is None:
        return ["Whether it is worth its cost is not judged: there is no history to try it on."]
    said = (
        f"Over {past.book.windows:,} windows of {found.days} days (they overlap) the book made "
        f"{usd(past.book.mean)} on average and {usd(past.book.shortfall)} in the worst 5 %; with "
        f"the plan {usd(past.plan.mean)} and {usd(past.plan.shortfall)}."
    )
    if past.part >= 1.0:
        return [said, "Not worth its cost: the plan does not make the worst 5 % any better."]
    small = (
        f"A book of {percent(past.part, 0)} of the size has the same worst 5 % and made "
        f"{usd(past.smaller.mean)}: the plan made {usd(abs(past.edge))} "
        f"{'more' if past.edge > 0.0 else 'less'} a window (standard error {usd(past.error)})."
    )
    if past.edge <= 0.0:
        return [said, small, "Not worth its cost: sell fewer contracts instead."]
    if past.edge < CLEAR * past.error:
        return [said, small, "Chance could have made that difference: a smaller book is as good "
                "a plan, and simpler."]  # fmt: skip
    return [said, small, "Worth its cost on this history."]


def left_open(found: Plan) -> list[str]:
    """Return what the plan does not protect against."""
    legs = found.chosen
    made = [f"{started(name_of(leg))}: {warning}" for leg in legs.parts
            for warning in leg.hedge.warnings]  # fmt: skip
    if np.isfinite(legs.worst.amount):
        made.append(f"Book and plan lose {usd(-legs.worst.amount)} {legs.worst.where}.")
    else:
        made.append(f"Book and plan lose without end: {legs.worst.where}.")
    if futures_in(legs):
        made.append("The margin of futures is assumed; the exchange changes it when it hurts.")
    return [*made, *OPEN]


def summarise(found: Plan, said: Sequence[str]) -> str:
    """Return a plan as text; ``said`` is what else is to be known."""
    target = found.target
    parts = [
        headline(found),
        f"{found.book.name} on {found.at.day}, index {number(found.at.level, 2)}; "
        f"target: delta {usd(target.delta)}, vega {usd(target.vega)}, budget "
        f"{usd(target.budget)}; {found.tried:,} combinations tried",
        *leg_lines(found.chosen),
        "",
        columns(pnl_rows(found), right=range(1, len(MOVES) + 1)),
        "",
        columns(risk_rows(found), right=range(1, 7)),
        "",
        "Why",
        *(f"- {line}" for line in reasons(found)),
        "",
        "Was it worth it?",
        *(f"- {line}" for line in verdict(found)),
        "",
        "What it does not protect against",
        *(f"- {line}" for line in left_open(found)),
        "",
        *said,
        NOT_ADVICE,
    ]
    return "\n".join(parts)


def as_dict(found: Plan) -> dict[str, Any]:
    """Return a plan as plain values, USD."""
    past = found.history
    return {
        "book": found.book.name,
        "date": str(found.at.day),
        "target": {"delta": found.target.delta, "vega": found.target.vega,
                   "budget": found.target.budget},
        "moves": list(MOVES),
        "alone": {"pnl": found.alone.tolist(), "delta": found.delta, "vega": found.vega,
                  "margin": found.margin, "worst": found.worst._asdict()},
        "plan": _legs(found.chosen),
        "runner_up": None if found.runner_up is None else _legs(found.runner_up),
        "sold_call": None if found.sold_call is None else _legs(found.sold_call),
        "tried": found.tried,
        "worth": found.worth,
        "history": None if past is None else {
            "days": found.days, "book": past.book._asdict(), "plan": past.plan._asdict(),
            "smaller": past.smaller._asdict(), "part": past.part, "edge": past.edge,
            "error": past.error,
        },
        "reasons": reasons(found),
        "verdict": verdict(found),
        "left_open": left_open(found),
    }  # fmt: skip


def _legs(legs: Legs) -> dict[str, Any]:
    return {
        "legs": [
            {"name": leg.hedge.name, "side": leg.hedge.side, "units": leg.units,
             "contracts": contracts(leg.structure)}
            for leg in legs.parts
        ],
        "pnl": legs.gain.tolist(),
        "delta": legs.delta,
        "vega": legs.vega,
        "cost": legs.cost,
        "premium": legs.premium,
        "worst": legs.worst._asdict(),
        "margin": legs.margin,
        "meets": legs.meets,
    }  # fmt: skip
