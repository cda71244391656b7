"""The tables of the report: rows of finished words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

from hedgerow.core.market import Origin
from hedgerow.report.formats import DASH, number, percent, usd
from hedgerow.report.story import Story
from hedgerow.research import performance
from hedgerow.research.comparison import PERIODS, STRATEGIES, Comparison

TITLES = {"test": "Test (out of sample)", "train": "Training", "all": "Whole run"}

_ALL = frozenset(STRATEGIES)
_HEDGED = frozenset({"static", "dynamic"})

MEASURES: tuple[tuple[str, str, str, frozenset[str]], ...] = (
    ("NAV at the start", "nav_start", "usd", _ALL),
    ("NAV at the end", "nav_end", "usd", _ALL),
    ("Return a year", "annual_return", "percent2", _ALL),
    ("Volatility a year", "annual_vol", "percent2", _ALL),
    ("Sharpe, over bills", "sharpe_excess", "number2", _ALL),
    ("Sharpe, realised", "sharpe", "number2", _ALL),
    ("Deepest fall", "max_drawdown", "percent1", _ALL),
    ("Hedge result, net", "hedge_pnl", "usd", _HEDGED),
    ("Decay and roll paid", "carry_paid", "usd", _HEDGED),
    ("Trading costs", "transaction_costs", "usd", _HEDGED),
    ("Cost a year, of NAV", "hedge_cost_per_year", "percent2", _HEDGED),
    ("Days the hedge gained", "win_rate", "percent0", _HEDGED),
    ("Trades a year", "trades_per_year", "number1", _HEDGED),
    ("Mean intensity", "mean_x", "number2", _HEDGED),
    ("Highest intensity", "max_x", "number2", _HEDGED),
)


def write_value(value: float | None, kind: str) -> str:
    """Return a value in words; ``kind`` is ``usd``, ``percent2``, ``number1`` and the like."""
    if kind == "usd":
        return usd(value)
    show = percent if kind.startswith("percent") else number
    return show(value, int(kind[-1]))


def key_figures(found: Comparison) -> list[dict[str, Any]]:
    """Return one row per measure with nine cells: three periods of three strategies."""
    return _measured(found) + [
        {
            "title": title,
            "cells": [
                percent((found.divest.get(name) or _NOTHING)[key]["kept"])
                if period == "test"
                else DASH
                for period in PERIODS
                for name in STRATEGIES
            ],
        }
        for title, key in (
            ("Equity to keep instead, same return", "at_equal_return"),
            ("Equity to keep instead, same fall", "at_equal_drawdown"),
        )
    ]


_NOTHING = {key: {"kept": None} for key in ("at_equal_return", "at_equal_drawdown")}


def _measured(found: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "cells": [
                write_value(found.strategies[period][name][key], kind) if name in where else DASH
                for period in PERIODS
                for name in STRATEGIES
            ],
        }
        for title, key, kind, where in MEASURES
    ]


def tiles(found: Comparison, story: Story) -> list[dict[str, str]]:
    """Return the five numbers at the top, each dynamic beside what it is compared with."""
    made = found.strategies["test"]
    ours, fixed, none = (made[name] for name in ("dynamic", "static", "unhedged"))
    saved = found.saving["test"]["saving"]
    her = story.tested_her
    return [
        {
            "title": "Cost a year",
            "value": percent(ours["hedge_cost_per_year"], 2),
            "beside": f"static {percent(fixed['hedge_cost_per_year'], 2)} of NAV",
        },
        {
            "title": "Saving against static",
            "value": percent(saved, 0),
            "beside": f"of the dollars (C3), at {number(ours['mean_x'])}× its size",
        },
        {
            "title": "Gave back in crises",
            "value": percent(her["dynamic_her"]),
            "beside": "no crisis in these years"
            if not story.tested_crises
            else "static lost its portfolio"
            if found.ruined
            else f"static {percent(her['static_her'])} of the losses",
        },
        {
            "title": "Deepest fall",
            "value": percent(ours["max_drawdown"]),
            "beside": f"static {percent(fixed['max_drawdown'])}, "
            f"unhedged {percent(none['max_drawdown'])}",
        },
        {
            "title": "Sharpe over bills",
            "value": number(ours["sharpe_excess"]),
            "beside": f"static {number(fixed['sharpe_excess'])}, "
            f"unhedged {number(none['sharpe_excess'])}",
        },
    ]


def stretches(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return crises or calm stretches as rows of words."""
    always = all(row["modelled"] == 1.0 for row in rows)
    return [
        {
            "name": row["name"],
            "partial": row["partial"],
            "modelled": "" if always or not row["modelled"] else percent(row["modelled"], 0),
            "dates": f"{row['from']} – {row['to']}",
            "cells": [
                percent(row["portfolio_return"]),
                usd(-row["static_portfolio_loss"]),
                usd(-row["portfolio_loss"]),
                usd(row["static_gain"]),
                usd(row["dynamic_gain"]),
                percent(row["static_her"]),
                percent(row["dynamic_her"]),
                usd(row["static_cost"]),
                usd(row["dynamic_cost"]),
                number(row["x_at_start"]),
                number(row["mean_x"]),
            ],
        }
        for row in rows
    ]


def balance(found: Comparison) -> list[dict[str, str]]:
    """Return where the hedge result came from: crises, all other days, together."""
    made = found.strategies["all"]
    inside = {n: sum(row[f"{n}_gain"] for row in found.crises) for n in ("static", "dynamic")}
    whole = {n: made[n]["hedge_pnl"] for n in ("static", "dynamic")}
    return [
        {"title": title, "static": usd(values["static"]), "dynamic": usd(values["dynamic"])}
        for title, values in (
            ("Inside the crises", inside),
            ("On all other days", {n: whole[n] - inside[n] for n in whole}),
            ("Whole run", whole),
        )
    ]


def savings(found: Comparison) -> list[dict[str, Any]]:
    """Return C1, C2, C3 with what they mean in words, for each period."""
    rows = (
        ("C1", "c1_static_carry", "usd",
         "Static carry: contracts × (decay + roll-down) a day, summed over the days"),
        ("C1 + costs", "c1_static_with_costs", "usd",
         "The same with the static hedge's own trading costs"),
        ("C2", "c2_dynamic_with_costs", "usd",
         "Dynamic cost: carry of the contracts held each day, summed, plus all trading costs"),
        ("C3", "saving", "percent1", "Saving: 1 − C2 ÷ (C1 + costs); both hedges pay to trade"),
        ("C3 as printed", "saving_as_printed", "percent1",
         "Saving as the source writes it: 1 − C2 ÷ C1; charges trading to one side only"),
        ("Net", "pnl_difference", "usd",
         "Dynamic minus static hedge result: what the account felt, gains included"),
    )  # fmt: skip
    return [
        {
            "name": name,
            "words": words,
            "cells": [write_value(found.saving[period][key], kind) for period in PERIODS],
        }
        for name, key, kind, words in rows
    ]


def modelled_crises(found: Comparison) -> list[str]:
    """Return the crises whose hedge prices are partly modelled, where not all of them are."""
    rows = [row for row in found.crises if row["modelled"] > 0.0]
    if not rows or all(row["modelled"] == 1.0 for row in found.crises):
        return []
    return [
        f"{row['name']}: hedge prices modelled on {percent(row['modelled'], 0)} of the days"
        for row in rows
    ]


def provenance(columns: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return, per column, its source and the shares of each origin with places for a bar."""
    made = []
    for name, row in columns.items():
        at, parts = 0.0, []
        for origin in Origin:
            word = origin.name.lower()
            share = float(row.get(word, 0.0))
            if share > 0.0:
                parts.append(
                    {"word": word, "x": round(at, 3), "width": round(share * 100.0, 3),
                     "share": percent(share, 1)}
                )  # fmt: skip
                at += share * 100.0
        made.append({"name": name, "source": row.get("source", ""), "parts": parts})
    return made


def terms(thing: Any) -> list[tuple[str, str]]:
    """Return the fields of a sleeve, portfolio or cost table as words."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return [(item.name.replace("_", " "), _term(getattr(thing, item.name)))
                for item in fields(thing)]  # fmt: skip
    return []


def _term(value: Any) -> str:
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.10g}"
    if is_dataclass(value) and not isinstance(value, type):
        inner = ", ".join(f"{key} {_term(part)}" for key, part in asdict(value).items())
        return f"{type(value).__name__}({inner})"
    return str(value)


def notes(found: Comparison) -> list[tuple[str, str]]:
    """Return what the sleeve says about how it was priced."""
    return [(str(key).replace("_", " "), _note(value))
            for key, value in found.ground.strip.notes.items()]  # fmt: skip


def _note(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_note(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_note(inner) for inner in value)
    return _term(value)


def limits(found: Comparison) -> list[str]:
    """Return what the page cannot show, told for this very run."""
    span = performance.years(found.tracks["dynamic"], found.split.test)
    made = [
        "One history. The crises are few and each was different; the next one need not look like "
        f"any of the {len(found.crises)} here.",
        "The test years are out of sample only for someone who did not choose the rule after "
        "seeing them. How many rules were tried before this one is not known to this page.",
        "Crisis windows run from peak to trough, dated with hindsight. A hedge lives through what "
        "comes before and after them as well: look at the calm stretches and the net result.",
        "The luck of roll dates. Rolled two weeks earlier or later, a hedge meets a crash with "
        "other strikes: on real data that moved the net result of a fixed put by a tenth and what "
        "it gave back in March 2020 by a quarter.",
        "Margin, liquidity, early exercise, taxes, and what a broker would really have quoted at "
        "the worst hour. Fills are at closes, contracts fractional.",
        f"Confidence intervals. A Sharpe ratio measured over {number(span, 1)} years is "
        f"uncertain by about ±{number(1.0 / math.sqrt(span), 2)} (one standard error), far "
        "more than the differences between hedges usually are.",
    ]
    if found.ground.strip.modelled[found.ground.first :].any():
        made.append(
            "Real quotes of the hedge. Where its price is modelled, the model is fed by the same "
            "VIX that scales the hedge, so model errors and hedge decisions move together."
        )
    if "vix" in found.ground.market and found.ground.market.share("vix", Origin.MODELLED) > 0.0:
        made.append(
            "What VIX really was on the modelled days: the model follows past index moves and "
            "cannot know fear that had not yet moved the index."
        )
    return made
