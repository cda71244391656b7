"""Structures beside a short-volatility book: tables and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hedgerow.report.formats import DASH, NOT_ADVICE, columns, number, percent, usd
from hedgerow.shortvol.structures.comparison import Comparison, Row
from hedgerow.shortvol.structures.ground import STILL, Floats
from hedgerow.shortvol.structures.hedges import told as contracts
from hedgerow.shortvol.structures.paths import History
from hedgerow.shortvol.structures.straddle import LowGamma

FALL = -0.03


def name_of(row: Row) -> str:
    """Return the name of a row in words."""
    return words(row.name)


def words(name: str) -> str:
    """Return a hedge's name in words.

    Examples
    --------
    >>> words("sold_atm_put")
    'sold ATM put'
    """
    return name.replace("_", " ").replace(" atm ", " ATM ")


def started(said: str) -> str:
    """Return words as they begin a sentence; what is in capitals stays so.

    Examples
    --------
    >>> started("sold ATM put")
    'Sold ATM put'
    """
    return said[:1].upper() + said[1:]


def forward(found: Comparison) -> str:
    """Return how far from today P&L is told, as words to add to the day; empty for today."""
    return f", {found.days} days forward" if found.days else ""


def money(value: float) -> str:
    """Return USD, a dash of its own where a loss has no end."""
    return "without end" if np.isinf(value) else usd(value)


def head(moves: Sequence[float]) -> list[str]:
    """Return moves as the head of columns."""
    return [f"{'+' if move > 0 else ''}{percent(move, 0)}" for move in moves]


def pnl_rows(found: Comparison, *, answered: bool) -> list[list[str]]:
    """Return P&L of book and each structure over the moves, heading first."""
    made = [["Book and …", *head(found.moves)]]
    for row in found.rows:
        name = "book alone" if row.hedge is None else name_of(row)
        made.append([name, *(usd(x) for x in found.both(row, answered=answered))])
    return made


def alone_rows(found: Comparison) -> list[list[str]]:
    """Return P&L of each structure by itself under the response, and the parity row under its."""
    made = [["By itself", *head(found.moves), "delta", "vega"]]
    for row in found.rows[1:]:
        made.append([name_of(row), *(usd(x) for x in row.answered), usd(row.delta), usd(row.vega)])
        same = found.parity
        if same is not None and row is same.hedged:
            put, rest = f"  = {same.strike:,.0f} put", "    + financing"
            made.append([put, *(usd(x) for x in same.put), usd(same.delta), usd(same.vega)])
            left = usd(row.delta - same.delta)
            made.append([rest, *(usd(x) for x in same.financing), left, usd(row.vega - same.vega)])
    return made


def risk_rows(found: Comparison) -> list[list[str]]:
    """Return size, Greeks of the whole, worst case, margin and cost of each row."""
    made = [["Book and …", "units", "delta", "vega", "theta", "worst case", "margin", "cost",
             "premium"]]  # fmt: skip
    mine = found.alone
    for row in found.rows:
        bare = row.hedge is None
        share = 0.0 if bare else 1.0
        made.append(
            [
                name_of(row),
                "" if bare else number(row.sized.units, 0),
                usd(mine.delta + share * row.delta),
                usd(mine.vega + share * row.vega),
                usd(mine.theta + share * row.theta),
                money(row.worst.amount),
                usd(row.margin),
                DASH if bare else usd(row.cost),
                DASH if bare else usd(row.premium),
            ]
        )
    return made


def past_rows(found: History) -> list[list[str]]:
    """Return what each row did over history, heading first."""
    names = list(found.moves)
    made = [["Book and …", "mean", "5% of windows", "worst 5%", "worst", *names]]
    for row in found.rows:
        made.append(
            [words(row.name), usd(row.mean), usd(row.fifth), usd(row.shortfall),
             usd(row.worst), *(usd(row.windows[name]) for name in names)]
        )  # fmt: skip
    made.append(["the index", "", "", "", "", *(percent(found.moves[name]) for name in names)])
    return made


def headline(found: Comparison) -> str:
    """Return what volatility does to a sold call in a fall, in a sentence."""
    row = next((r for r in found.rows if r.name == "sold_call"), None)
    fall = min(found.moves, key=lambda move: abs(move - FALL))
    if row is None or fall >= 0.0:
        return f"{len(found.rows) - 1} structures beside {found.book.name}"
    i = found.moves.index(fall)
    fixed, answered = float(row.fixed[i]), float(row.answered[i])
    kept = f"{percent(answered / fixed, 0)} of that" if answered > 0.0 < fixed else "nothing"
    return (
        f"At {percent(fall, 0)} the sold calls gain {usd(fixed)} if volatility stands still, "
        f"{usd(answered)} as it answers: {kept} is left"
    )


def sized_lines(found: Comparison) -> list[str]:
    """Return how each structure is sized, and its contracts."""
    return [
        f"{name_of(row)}: {contracts(row.structure)} ({row.sized.told})"
        for row in found.rows
        if row.structure is not None
    ]


def reasons(found: Comparison) -> list[tuple[str, str, str]]:
    """Return name, reason and warnings of each structure."""
    return [
        (name_of(row), row.hedge.reason, " ".join(row.warnings))
        for row in found.rows
        if row.hedge is not None
    ]


def straddle_rows(found: LowGamma) -> list[list[str]]:
    """Return the low-gamma straddle beside the short-dated one, per contract."""
    made = [["", "strike", "expiry", "price", "gamma", "vega", "theta", "1% in days of theta",
             "gamma per vega"]]  # fmt: skip
    for name, one in (("low gamma", found.long), ("30 days", found.short)):
        made.append(
            [name, number(one.strike, 0), str(one.expiry), usd(one.price), number(one.gamma, 3),
             usd(one.vega), usd(one.theta), number(one.days_per_move),
             f"{one.gamma_per_vega:.6f}"]
        )  # fmt: skip
    return made


def regime(found: LowGamma) -> str:
    """Return whether volatility is low enough for the straddle."""
    if np.isnan(found.percentile):
        return f"Cap {number(found.cap)} days of theta a move of 1 %; where VIX stands is unknown."
    word = "low enough" if found.low else "not low: the straddle is for another day"
    return (
        f"Cap {number(found.cap)} days of theta a move of 1 %; VIX at "
        f"{percent(found.percentile, 0)} of its own past year: {word}."
    )


def answer_line(found: Comparison) -> str:
    """Return what the response does to volatility at the money, 30 days."""
    fall, rise = (
        100.0 * float(np.asarray(found.response.shift(move, moneyness=1.0, tenor=30.0)))
        for move in (-0.05, 0.05)
    )
    return (
        f"Response: at the money, 30 days, {number(fall, 1, sign=True)} points at −5%, "
        f"{number(rise, 1, sign=True)} at +5%; each contract's volatility is that of its strike"
    )


def summarise(
    found: Comparison, past: History | None, low: LowGamma | None, said: Sequence[str]
) -> str:
    """Return a comparison as text.

    Parameters
    ----------
    found
        The structures side by side.
    past, low
        Their history and the straddle's choice; None where there is none.
    said
        What else is to be known.
    """
    wide = range(1, len(found.moves) + 3)
    parts = [
        headline(found),
        f"{found.book.name} on {found.at.day}, index {number(found.at.level, 2)}",
        *([f"All P&L is told {found.days} calendar days forward"] if found.days else []),
        answer_line(found),
        "",
        "P&L as volatility answers, USD, opening costs paid",
        columns(pnl_rows(found, answered=True), right=wide[:-2]),
        "",
        "P&L with each contract's volatility unmoved",
        columns(pnl_rows(found, answered=False), right=wide[:-2]),
        "",
        columns(alone_rows(found), right=wide),
    ]
    if found.parity is not None:
        parts.append(
            "A hedged short future is a bought put: both sides differ by "
            f"{found.parity.gap:.0e} at most in P&L, delta and vega."
        )
    parts += ["", columns(risk_rows(found), right=range(1, 9))]
    parts += [
        f"worst, {name_of(r)}: {r.worst.where}" for r in found.rows if np.isfinite(r.worst.amount)
    ]
    if past is not None:
        parts += [
            "",
            f"Over {past.windows:,} windows of {past.days} days that begin {past.first} … "
            f"{past.last} (they overlap), USD",
            columns(past_rows(past), right=range(1, 5 + len(past.moves))),
        ]
    if low is not None:
        parts += ["", columns(straddle_rows(low), right=range(1, 9)), regime(low)]
    parts += ["", *sized_lines(found), "", *said, NOT_ADVICE]
    return "\n".join(parts)


def as_dict(found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values, USD."""
    return {
        "book": found.book.name,
        "date": str(found.at.day),
        "days": found.days,
        "moves": list(found.moves),
        "volatility": list(found.kinds),
        "rows": [_row(found, row) for row in found.rows],
        "parity": None
        if found.parity is None
        else {
            "strike": found.parity.strike,
            "put": _list(found.parity.put),
            "financing": _list(found.parity.financing),
            "gap": found.parity.gap,
        },
        "moved": bool(found.response is not STILL),
    }


def _row(found: Comparison, row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "units": row.sized.units,
        "sized": row.sized.told,
        "contracts": None if row.structure is None else contracts(row.structure),
        "reason": None if row.hedge is None else row.hedge.reason,
        "warnings": list(row.warnings),
        "fixed": _list(row.fixed),
        "answered": _list(row.answered),
        "both_fixed": _list(found.both(row, answered=False)),
        "both_answered": _list(found.both(row)),
        "grid": [_list(line) for line in found.grid(row)],
        "delta": row.delta,
        "gamma": row.gamma,
        "vega": row.vega,
        "theta": row.theta,
        "worst": row.worst._asdict(),
        "margin": row.margin,
        "cost": row.cost,
        "premium": row.premium,
    }


def _list(values: Floats) -> list[float]:
    return [float(x) for x in values]
