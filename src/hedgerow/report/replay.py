"""A replay of the layered hedge on intraday bars, as text and plain values."""

from __future__ import annotations

from textwrap import fill as wrapped
from typing import Any

from hedgerow.core.market import Origin
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent, usd
from hedgerow.shortvol.intraday.figures import (
    WAYS,
    activity,
    of_ways,
    transitions,
)
from hedgerow.shortvol.intraday.replay import Replay

WORDS = {"alone": "condors alone", "hedged": "with the layered hedge", "fixed": "with a fixed one"}
CIRCULAR = (
    "The proxy moves with what hedges, so within a session the hedge fits the book better than it "
    "did in the market; from session to session both meet published closes."
)
HEAD = ("USD", "gain", "of hedge", "its cost", "worst day", "", "worst bar", "drawdown")
SHOWN = 24
"""Transitions that the text shows."""
STEPS = ("New York", "state", "reason", "SPX", "IV", "wanted", "held", "")


def bar_word(minutes: int) -> str:
    """Return a length of bars in words.

    Examples
    --------
    >>> bar_word(60), bar_word(5), bar_word(390)
    ('hourly bars', '5-minute bars', 'daily bars')
    """
    return {60: "hourly bars", 390: "daily bars"}.get(minutes, f"{minutes}-minute bars")


def headline(found: Replay) -> str:
    """Return the answer in a sentence."""
    made = of_ways(found)
    alone, hedged, fixed = (made[name]["pnl"] for name in WAYS)
    lead = hedged - fixed
    than = "better than" if lead > 0 else "worse than"
    verb = "earned" if made["hedged"]["hedge_pnl"] >= 0.0 else "cost"
    return (
        f"The condors alone came to {usd(alone)}; with the layered hedge {usd(hedged)}: it {verb} "
        f"{usd(abs(made['hedged']['hedge_pnl']))} after costs, {usd(abs(lead))} {than} a fixed "
        f"hedge of {percent(found.fixed_at, 0)} of the book's vega."
    )


def heading(found: Replay) -> str:
    """Return what was replayed."""
    days = found.hedge.dates
    return (
        f"Replay of {found.policy.name} on {bar_word(found.bars)}, {days[0]} … {days[-1]}, "
        "costs on, orders filled a bar later"
    )


def labels(found: Replay) -> list[str]:
    """Return what is modelled, a sentence each."""
    traded = found.market.origin["vxx"][found.first :]
    shares = (
        "Shares of VXX trade at the file's prices."
        if not (traded == Origin.MODELLED).any()
        else "What is traded is MODELLED: the front VIX future, moved with the proxy."
    )
    return [
        f"IV is MODELLED. {found.market.sources.get('vix', '').removeprefix('MODELLED: ')}.",
        found.data.proxy.sentence(),
        f"Condors are priced by Black–Scholes on that proxy: MODELLED. {shares} {CIRCULAR}",
    ]


def told(found: Replay) -> str:
    """Return the replay as text, the answer first."""
    parts = [
        heading(found),
        wrapped(headline(found), 100),
        columns(way_rows(found), right=(1, 2, 3, 4, 6, 7)),
        wrapped(did(found), 100),
    ]
    steps = step_rows(found)
    if len(steps) > 1:
        parts.append(columns(steps[: SHOWN + 1], right=(3, 4, 5, 6)))
    if len(steps) > SHOWN + 1:
        parts.append(f"… and {len(steps) - SHOWN - 1} more: see the report, or --json.")
    parts += [wrapped(" ".join(labels(found)), 100), NOT_ADVICE]
    return "\n\n".join(parts)


def did(found: Replay) -> str:
    """Return how often the hedge traded, waited and was forced, in a sentence."""
    made = activity(found)
    return (
        f"{made['sessions']} sessions, {made['bars']} bars: the hedge traded at {made['trades']}, "
        f"an order waited for a window at {made['bars_waiting']}, the hard limit acted at "
        f"{made['hard_limits']}."
    )


def way_rows(found: Replay) -> list[list[str]]:
    """Return the figures with and without the hedge as cells, the head first."""
    rows = [list(HEAD)]
    for name, made in of_ways(found).items():
        rows.append(
            [
                WORDS[name],
                usd(made["pnl"]),
                usd(made["hedge_pnl"]),
                usd(made["hedge_cost"]),
                usd(made["worst_day"]),
                made["worst_day_on"],
                usd(made["worst_bar"]),
                percent(made["drawdown"], 2),
            ]
        )
    return rows


def step_rows(found: Replay) -> list[list[str]]:
    """Return the machine's transitions as cells, the head first."""
    rows = [list(STEPS)]
    for step in transitions(found):
        rows.append(
            [
                step["time"],
                step["state"],
                step["reason"],
                number(step["spx"], 0),
                number(step["iv"], 1),
                f"{step['wanted']:,.0f}",
                f"{step['held']:,.0f}",
                "waits" if step["waits"] else "",
            ]
        )
    return rows


def table(found: Replay) -> dict[str, Any]:
    """Return the figures as plain values."""
    days = found.hedge.dates
    return {
        "policy": found.policy.name,
        "from": str(days[0]),
        "to": str(days[-1]),
        "bar_minutes": found.bars,
        "answer": headline(found),
        "ways": of_ways(found),
        "activity": activity(found),
        "transitions": transitions(found),
        "proxy": found.data.proxy.to_dict(),
        "book": found.terms.to_dict(),
        "condors": [
            {
                "entered": str(found.market.dates[entry.row]),
                "expiry": str(entry.expiry),
                "strikes": list(entry.strikes),
                "contracts": entry.contracts,
                "credit": entry.credit,
            }
            for entry in found.book.entries
        ],
        "modelled": labels(found),
        "sources": {name: found.market.sources.get(name, "") for name in ("spx", "vix", "vxx")},
        "findings": list(found.market.findings),
        "notice": NOT_ADVICE,
    }
