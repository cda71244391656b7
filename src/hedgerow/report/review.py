"""The monthly review as text, and as plain values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hedgerow.engine.attribution import Parts
from hedgerow.report.formats import DASH, NOT_ADVICE, columns, number, percent, usd
from hedgerow.research.months import Month, Offset
from hedgerow.research.review import Review
from hedgerow.research.suggestions import suggest

LATEST = 12
"""Months in the table; JSON has all of them."""

_HEAD = (
    *("month", "portfolio", "hedge", "theta", "variance"),
    *("down days", "costs", "hedged", "alone"),
)


def table(review: Review) -> dict[str, Any]:
    """Return a review as plain values: amounts in USD, shares as decimals."""
    return {
        "run": review.run,
        "version": review.version,
        "months": [_plain(month) for month in review.months],
    }


def summarise(review: Review) -> str:
    """Return a review as text: the latest months in a table, the last of them in full."""
    lines = [f"{review.run}, Hedgerow {review.version}", ""]
    if not review.months:
        return "\n".join([*lines, "No bar is closed yet.", NOT_ADVICE])
    last = review.months[-1]
    if len(review.months) > 1:
        shown = review.months[-LATEST:]
        if len(shown) < len(review.months):
            lines.append(f"The last {LATEST} of {len(review.months):,} months; --json has them all")
        rows = [_HEAD, *map(_row, shown)]
        lines += [columns(rows, right=range(1, len(_HEAD))), ""]
        lines.append("USD; down days: gain of the hedge over the portfolio's loss on them;")
        lines += ["hedged, alone: Sharpe ratios to date, of the account and of its portfolio.", ""]
    return "\n".join([*lines, *_full(last), "", NOT_ADVICE])


def _plain(month: Month) -> dict[str, Any]:
    made = asdict(month)
    for name in ("down", "fall"):
        offset: Offset = getattr(month, name)
        made[name] = {**offset._asdict(), "share": offset.share}
    made["budget"] = {
        line or "all": {**spent._asdict(), "used": spent.used}
        for line, spent in month.budget.items()
    }
    made["suggestions"] = [said._asdict() for said in suggest(month)]
    return made


def _row(month: Month) -> tuple[str, ...]:
    parts = (usd(month.net_theta), usd(month.variance_premium)) if month.parts else (DASH, DASH)
    return (
        month.month,
        usd(month.portfolio_gain),
        usd(month.hedge_gain),
        *parts,
        percent(month.down.share if month.equity else None),
        usd(month.costs),
        number(month.sharpe_hedged),
        number(month.sharpe_unhedged if month.equity else None),
    )


def _full(month: Month) -> list[str]:
    over = "over cash" if month.over_cash else "not over cash, which the ledger does not tell"
    sharpe = number(month.sharpe_hedged)
    if month.equity:
        sharpe += f" hedged, {number(month.sharpe_unhedged)} unhedged"
    rows = [
        ["NAV", usd(month.nav)],
        ["Portfolio" if month.equity else "Portfolio, no equity", usd(month.portfolio_gain)],
        ["Hedge" if month.equity else "Lines", f"{usd(month.hedge_gain)}{_parts(month)}"],
        ["Net theta", usd(month.net_theta) if month.parts else DASH],
        ["Variance premium", _premium(month)],
        *(
            [
                ["Down days", _offset(month.down)],
                ["Deepest fall", f"{percent(month.depth)}{_when(month)}, {_offset(month.fall)}"],
            ]
            if month.equity
            else []
        ),
        ["Sharpe to date", f"{sharpe} ({month.days:,} days; {over})"],
        ["Costs", f"{usd(month.costs)}, fees {usd(month.fees)} of it"],
        ["Trades", f"fills on {month.trades} bars, {month.acted} decisions to trade"],
        *([f"Spent, {line or 'all lines'}", _spent(month, line)] for line in month.budget),
        ["Residual", f"{percent(month.residual_share)} of the lines' daily gains"],
        ["Alarms", ", ".join(f"{rule} {n}" for rule, n in month.alarms.items()) or "none"],
        ["Overrides", "; ".join(month.overrides) or "none"],
    ]
    if month.paid_in:
        rows.insert(1, ["Paid in", usd(month.paid_in)])
    said = [f"- {each.sentence}" for each in suggest(month)]
    title = f"{month.month}: {month.first} … {month.last} ({month.bars} bars)"
    return [title, columns(rows), "", "To look at:" if said else "Nothing to look at.", *said]


def _parts(month: Month) -> str:
    order = [part for part in Parts._fields if part in month.parts]
    told = ", ".join(f"{name} {usd(month.parts[name])}" for name in order)
    return f" ({told})" if told else ", not explained in the ledger"


def _premium(month: Month) -> str:
    if not month.parts:
        return DASH
    if month.variance_premium == 0.0:
        return "none"
    did = "earned" if month.variance_premium > 0.0 else "paid"
    theta, gamma = usd(month.net_theta), usd(month.parts.get("gamma", 0.0))
    return f"{did} {usd(abs(month.variance_premium))}: theta {theta} against gamma {gamma}"


def _offset(found: Offset) -> str:
    if found.share is None:
        return "no loss"
    return f"loss {usd(found.loss)}, the hedge {usd(found.gain)}: {percent(found.share)}"


def _when(month: Month) -> str:
    return f" from {month.fall_from} to {month.fall_to}" if month.depth < 0.0 else ""


def _spent(month: Month, line: str) -> str:
    spent = month.budget[line]
    said = f"{usd(spent.spent)}, {percent(spent.spent / spent.base, 2)} of NAV, this year"
    if spent.used is None:
        return f"{said}; no limit"
    return f"{said}; {percent(spent.used, 0)} of its budget with {percent(spent.passed, 0)} passed"
