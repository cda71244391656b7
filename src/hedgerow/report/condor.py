"""Books of condors in words and plain values: what was kept, the worst of it, margin, quotes."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from hedgerow.engine.outcome import Outcome
from hedgerow.report import verdict
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent, usd
from hedgerow.research.gate.judgement import Judgement
from hedgerow.shortvol.condor.checking import Check
from hedgerow.shortvol.condor.journal import Figures, figures, journal
from hedgerow.shortvol.condor.quoting import Quoted

MODELLED = (
    "Option prices are modelled from the VIX family, without quotes; what a real chain would have "
    "paid is a matter of `hedgerow condor quote` and `check`."
)


def table(outcome: Outcome) -> dict[str, Any]:
    """Return the figures and the journal of a run as plain values; dates as texts."""
    trades = [
        {k: str(v) if k in ("entry", "expiry", "exit") and v else v for k, v in asdict(one).items()}
        for one in journal(outcome)
    ]
    return {
        "program": outcome.program.name,
        "from": str(outcome.dates[0]),
        "to": str(outcome.dates[-1]),
        "figures": figures(outcome)._asdict(),
        "trades": trades,
        "modelled": MODELLED,
    }


def rows(found: Figures) -> list[list[str]]:
    """Return the answer as rows: what, how much, and what is to be known beside it."""
    exits = ", ".join(f"{count:,} {reason}" for reason, count in found.exits.items())
    return [
        [
            "Premium kept",
            percent(found.kept_share),
            f"{usd(found.kept)} of {usd(found.premium)} taken in, after costs",
        ],
        [
            "Worst day",
            percent(found.worst_day_share, 2),
            f"of NAV, {usd(found.worst_day)} on {found.worst_day_date}",
        ],
        [
            "Worst month",
            percent(found.worst_month_share, 2),
            f"of NAV, {usd(found.worst_month)} in {found.worst_month_date}",
        ],
        ["Margin", usd(found.margin), f"at most; {usd(found.margin_mean)} on average"],
        ["Return on margin", percent(found.return_on_margin), "a year, on the average margin"],
        ["Deepest fall", percent(found.drawdown), "of the starting value plus gains"],
        ["Cost", percent(found.cost_share), f"of the credit, {usd(found.cost)}"],
        ["Condors won", percent(found.win_rate), f"of {found.trades:,} that ended: {exits}"],
    ]


def told(outcome: Outcome, judged: Judgement | None = None) -> str:
    """Return the answer as text: premium kept, worst day and month, margin first."""
    title = f"{outcome.program.name}, {outcome.dates[0]} to {outcome.dates[-1]}"
    parts = [title, "", columns(rows(figures(outcome)), right=[1]), "", MODELLED]
    return "\n".join([*parts, *verdict.told(judged), NOT_ADVICE])


def quote_table(found: Quoted) -> dict[str, Any]:
    """Return a quoted condor as plain values; points, Greeks in USD of one contract."""
    value, margin = found.analysis.value, found.analysis.margin
    return {
        "date": str(found.date),
        "expiry": str(found.expiry),
        "asked": str(found.asked),
        "forward": found.forward,
        "legs": [leg._asdict() for leg in found.legs],
        "credit": found.credit,
        "middle": found.middle,
        "modelled": found.modelled,
        "error": found.error,
        "break_evens": list(found.analysis.break_evens.points),
        "worst": found.analysis.worst.amount,
        "margin": None if margin is None else margin.requirement,
        "greeks": {
            name: float(getattr(value, name)) for name in ("delta", "gamma", "vega", "theta")
        },
        "notes": [note.sentence for note in found.notes],
    }


def quote_told(found: Quoted) -> str:
    """Return a quoted condor as text."""
    made = quote_table(found)
    legs = [["", "strike", "bid", "ask", "vol", "delta"]]
    for leg in found.legs:
        side = "buy" if leg.quantity > 0 else "sell"
        terms = [number(leg.strike, 0), number(leg.bid), number(leg.ask)]
        legs.append([f"{side} {leg.name}", *terms, percent(leg.vol), number(leg.delta)])
    low, high = (number(point) for point in found.analysis.break_evens.points[:2])
    greeks = made["greeks"]
    facts = [
        ["Credit", f"{number(found.credit)} at bid and ask, {number(found.middle)} at the middle"],
        ["Break-evens", f"{low} and {high} at expiry"],
        ["Worst", usd(made["worst"])],
        ["Margin", usd(made["margin"])],
        [
            "Greeks",
            f"delta {number(greeks['delta'])}, gamma {number(greeks['gamma'], 4)}, "
            f"vega {number(greeks['vega'])}, theta {number(greeks['theta'])} "
            "(USD, delta to the forward)",
        ],
    ]
    if found.modelled is not None and found.error is not None:
        off = percent(found.error / found.middle)
        facts.append(["Model", f"{number(found.modelled)} for the same contracts, {off} off"])
    other = ""
    if found.expiry.date != found.asked:
        other = f" (the rules ask for {found.asked}, which does not quote it)"
    title = f"Condor of {found.expiry}{other}, quotes of {found.date}, one contract, points"
    said = [note.sentence for note in found.notes]
    return "\n".join(
        [title, "", columns(legs, right=range(1, 6)), "", columns(facts), *said, NOT_ADVICE]
    )


def check_table(found: Check) -> dict[str, Any]:
    """Return a comparison with quotes as plain values."""
    return {
        "sessions": found.sessions,
        "condors": [quote_table(one) for one in found.condors],
        "refused": [{"date": str(day), "why": why} for day, why in found.refused],
        "contracts": [{**one._asdict(), "date": str(one.date)} for one in found.contracts],
        "credit_error": found.credit_error,
        "credit_off": found.credit_off,
        "inside": found.inside,
    }


def check_told(found: Check) -> str:
    """Return a comparison with quotes as text: how large the error in credit is."""
    formed, many = len(found.condors), found.sessions
    parts = [f"{formed} of {many} session{'s' * (many != 1)} quote the condor of the rules."]
    if formed:
        head = ["session", "expiry", "quoted bid–ask", "quoted mid", "modelled", "error"]
        lines = [head]
        for one in found.condors:
            share = None if one.error is None else one.error / one.middle
            prices = [number(one.credit), number(one.middle), number(one.modelled)]
            lines.append([str(one.date), str(one.expiry), *prices, percent(share)])
        parts += ["", columns(lines, right=range(2, 6)), ""]
        parts.append(
            f"Modelled credit less the quoted middle: {percent(found.credit_error)} of it on "
            f"average, {percent(found.credit_off)} without its sign."
        )
    if found.refused:
        day, why = found.refused[0]
        parts.append(f"None on {len(found.refused)} sessions; on {day}: {why}.")
    if not math.isnan(found.inside):
        parts.append(
            f"Contract by contract: the model lies within bid and ask of "
            f"{percent(found.inside, 0)} of {len(found.contracts):,} quotes out of the money."
        )
    return "\n".join([*parts, NOT_ADVICE])
