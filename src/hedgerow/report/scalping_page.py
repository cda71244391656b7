"""A study of gamma scalping as a page: one HTML file that opens offline."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.report import scalping as told
from hedgerow.report.formats import NOT_ADVICE, number, percent, usd
from hedgerow.report.page import fill, save
from hedgerow.research.scalping import Scalping
from hedgerow.research.scalping_figures import by_period, by_rule, per_year

LIMITS = (
    "Real quotes: option prices are a model's, made of VIX; where VIX itself is modelled, so is "
    "the implied volatility that gamma is compared with.",
    "Hedging within the day: closes alone are known, and a hedge is decided at one and filled at "
    "the next unless the page says otherwise.",
    "Margin, taxes, and what a broker would really have quoted in the worst hour.",
    "One history, and its months are unlike: look at them one by one.",
    "How many ways to hedge were tried before these. The best of many is too good.",
)


def write(
    study: Scalping,
    name: str,
    path: Path,
    *,
    version: str = "",
    origin: str = "",
    source: str = "",
) -> Path:
    """Write the page whole or not at all.

    Parameters
    ----------
    study, name
        Its first lane is the one that is split; name of the sleeve.
    path
        The HTML file; missing folders are made, an old page is replaced.
    version
        Of Hedgerow, for the foot of the page.
    origin
        The sentence that says how much of the data is a model's.
    source
        Where the data came from, as the user named it.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return save(render(study, name, version=version, origin=origin, source=source), path)


def render(
    study: Scalping, name: str, *, version: str = "", origin: str = "", source: str = ""
) -> str:
    """Return the page as HTML; equal studies give equal text."""
    held = study.exposure
    days = held.times.astype("datetime64[D]")
    first, last = (int(day) for day in days[[0, -1]].astype(np.int64))
    title = f"Gamma scalping of {name}"
    drawing = base64.b64encode(told.picture(study, title).encode("utf-8")).decode("ascii")
    headline, *sentences = told.verdict(study)
    facts: dict[str, Any] = {
        "version": version,
        "title": title,
        "kicker": f"{title} · {days[0]} to {days[-1]}{f' · data: {source}' if source else ''}",
        "headline": headline,
        "sentences": sentences,
        "origin": origin,
        "not_advice": NOT_ADVICE,
        "tiles": _tiles(study),
        "filled": "at the next close" if held.lag else "at the close that decides: nobody can",
        "hedged": study.rules[0].name,
        "split": told.split_rows(per_year(study)),
        "rules": told.rule_rows(by_rule(study)),
        "years": told.period_rows(by_period(study)),
        "months": told.period_rows(by_period(study, period="month")),
        "picture": drawing,
        "limits": LIMITS,
        # the page's script reads days from charts, of which there are none
        "readings": {"first": first, "last": last, "days": [first, last], "charts": {}},
    }
    return fill("scalping.html.j2", facts)


def _tiles(study: Scalping) -> list[dict[str, str]]:
    made, rows = per_year(study), by_rule(study)
    calm = min(rows, key=lambda row: row["sd_monthly"])
    share = -made["gamma"] / made["theta"] if made["theta"] else None
    paid = made["hedge_costs"] + made["option_costs"]
    return [
        {"title": "Gamma a year", "value": usd(made["gamma"]),
         "beside": f"{percent(share, 0)} of theta"},
        {"title": "Theta a year", "value": usd(made["theta"]),
         "beside": f"expected at implied vol: {usd(-made['expected_implied'])}"},
        {"title": "All together, a year", "value": usd(made["pnl"]),
         "beside": f"costs {usd(paid)}"},
        {"title": "Calmest way to hedge", "value": str(calm["rule"]),
         "beside": f"{usd(calm['sd_monthly'])} a month, {number(calm['trades'], 0)} trades a year"},
    ]  # fmt: skip
