"""The claims of the source as text and as plain values."""

from __future__ import annotations

import math
from itertools import groupby
from textwrap import fill
from typing import Any

from hedgerow.report.formats import DASH, NOT_ADVICE, columns, number, percent, usd
from hedgerow.research.claims.claim import (
    TOLERANCE,
    Claim,
    Finding,
    Measurement,
    Range,
    Reading,
    Unit,
    Verdict,
)
from hedgerow.research.claims.resampling import LEVEL
from hedgerow.research.claims.study import Study

SHORT = {
    Verdict.HOLDS: "holds",
    Verdict.FAILS: "does not hold",
    Verdict.UNTOLD: "cannot be told",
}
"""Verdicts as a table has room for them."""

WIDE = 100
"""Signs in a line of text."""

MARKS = {"\\approx": "≈", "\\times": "×", "\\%": "%", "p_{LH}": "p_LH", "p_{HL}": "p_HL"}
"""How the source writes mathematics, and how it is read."""

RULE = (
    "A claim holds if the 90 % interval of its measurement lies inside what is claimed, does not "
    "hold if the two have nothing in common, and cannot be told otherwise. A claim of about a "
    "number allows a tenth of it to either side, one of a direction all that lies there. Dated "
    "facts have the range over the contracts they were run with, or their value alone; a sum has "
    "its value, which must come to the printed number, rounded."
)


def written(value: float | str, unit: Unit) -> str:
    """Return a value in its unit, as people read it.

    Examples
    --------
    >>> written(0.38, Unit.SHARE), written(41_640.0, Unit.USD), written(0.02208, Unit.NUMBER)
    ('38.0%', '$41,640', '0.0221')
    """
    if isinstance(value, str):
        return value
    if unit is Unit.USD:
        return usd(value)
    if not math.isfinite(value):
        return DASH
    size = abs(value)
    if unit is Unit.SHARE:
        return percent(value, 2 if size < 0.1 else 1 if size < 10.0 else 0)
    if unit in (Unit.POINTS, Unit.A_YEAR):
        return number(value, 1)
    return number(value, 4 if size < 0.1 else 3 if size < 1.0 else 2)


def allowed(claimed: Range, unit: Unit) -> str:
    """Return what a claim allows, as people read it.

    Examples
    --------
    >>> allowed(Range(0.3, 0.5), Unit.SHARE), allowed(Range(-math.inf, 1.5), Unit.NUMBER)
    ('30% … 50%', 'under 1.5')
    >>> from hedgerow.research.claims.claim import about
    >>> allowed(about(200_000.0), Unit.USD)
    'about $200,000'
    """
    low, high = (0.0 if abs(end) < 1e-300 else end for end in claimed)
    if math.isinf(low):
        return f"under {_round(high, unit)}"
    if math.isinf(high):
        return f"over {_round(low, unit)}"
    middle, width = (low + high) / 2.0, high - low
    if math.isclose(width, 2.0 * TOLERANCE * middle):
        return f"about {_round(middle, unit)}"
    if width <= 0.011 * abs(middle) or width < 1e-8:
        return _round(middle, unit)
    return f"{_round(low, unit)} … {_round(high, unit)}"


def _round(value: float, unit: Unit) -> str:
    """Return a value of the source without zeros at its end."""
    text = f"{value:.6g}" if unit is Unit.NUMBER else written(round(value, 9), unit)
    sign = "%" if text.endswith("%") else ""
    bare = text.removesuffix("%")
    return (bare.rstrip("0").rstrip(".") if "." in bare else bare) + sign


def quoted(claim: Claim) -> str:
    """Return a claim's quotation without the source's marks of mathematics."""
    text = claim.quote
    for mark, sign in MARKS.items():
        text = text.replace(mark, sign)
    return text


def interval(made: Measurement, unit: Unit) -> str:
    """Return the interval, or a dash where there is none beyond the value."""
    if math.isnan(made.low) or made.low == made.high:
        return DASH
    return f"{written(made.low, unit)} … {written(made.high, unit)}"


def sample(made: Measurement) -> str:
    """Return on what a claim was measured: years, size of the sample, what a model made."""
    said = [f"{made.start} to {made.end}"] if made.start else []
    if made.of != "sum":
        said.append(f"{made.count:,} {made.of}")
    if made.block is not None:
        said.append(f"blocks of {made.block} on average")
    said += [f"{name} modelled {percent(share, 0)}" for name, share in made.modelled]
    return ", ".join(said)


def reading(row: Reading) -> tuple[str, str]:
    """Return a reading beside a measurement as label and text."""
    return row.label, written(row.value, row.unit)


def summarise(found: Study, *, details: bool = False) -> str:
    """Return the study as text.

    Parameters
    ----------
    found
        A finished study.
    details
        With quotation, definition, data and other readings of each claim.
    """
    parts = [_head(found), ""]
    if details:
        parts += [f"{_detail(one)}\n" for one in found.findings]
    else:
        parts += [_table(found), ""]
    return "\n".join([*parts, fill(RULE, WIDE), NOT_ADVICE])


def _head(found: Study) -> str:
    facts = found.facts
    counts = [found.count(verdict) for verdict in Verdict]
    source = f", data: {facts['source']}" if facts.get("source") else ""
    return (
        f"{len(found.findings)} claims of the source, {facts['from']} … {facts['to']}{source}\n"
        "{} hold, {} do not hold, {} cannot be told from these data".format(*counts)
    )


def _table(found: Study) -> str:
    rows = [["claim", "claimed", "measured", "90 % interval", "verdict"]]
    rows += [_row(one) for one in found.findings]
    head, *lines = columns(rows, right=(1, 2, 3)).splitlines()
    made, at = [head], iter(lines)
    for section, group in groupby(found.findings, lambda one: one.claim.section):
        made += ["", section]
        for one in group:
            made.append(next(at))
            if one.measurement is None:
                made.append(f"    {one.reason}")
    return "\n".join(made)


def _row(one: Finding) -> list[str]:
    claim, made = one.claim, one.measurement
    value = DASH if made is None else written(made.value, claim.unit)
    ends = DASH if made is None else interval(made, claim.unit)
    return [claim.id, allowed(claim.claimed, claim.unit), value, ends, SHORT[one.verdict]]


def _detail(one: Finding) -> str:
    claim, made = one.claim, one.measurement
    lines = [
        f"{claim.id}: {one.verdict}" + (f" ({one.reason})" if one.reason else ""),
        f"  said      “{quoted(claim)}” ({claim.section})",
        f"  claimed   {allowed(claim.claimed, claim.unit)}",
    ]
    if made is not None:
        lines.append(f"  measured  {written(made.value, claim.unit)}")
        if interval(made, claim.unit) != DASH:
            lines.append(f"  interval  {interval(made, claim.unit)}")
    lines.append(fill(f"  meaning   {claim.definition}", WIDE, subsequent_indent=" " * 12))
    if made is not None:
        lines.append(f"  data      {sample(made) or claim.basis}")
        lines += [f"  beside    {': '.join(reading(row))}" for row in made.beside]
    return "\n".join(lines)


def table(found: Study) -> dict[str, Any]:
    """Return the study as plain values; ends that a claim leaves open are infinite."""
    return {
        "rule": RULE,
        "level": LEVEL,
        "verdicts": {str(verdict): found.count(verdict) for verdict in Verdict},
        "claims": [_plain(one) for one in found.findings],
        **found.facts,
        "notice": NOT_ADVICE,
    }


def _plain(one: Finding) -> dict[str, Any]:
    claim, made = one.claim, one.measurement
    row: dict[str, Any] = {
        "id": claim.id,
        "section": claim.section,
        "quote": claim.quote,
        "definition": claim.definition,
        "basis": str(claim.basis),
        "unit": str(claim.unit),
        "claimed_low": claim.claimed.low,
        "claimed_high": claim.claimed.high,
        "verdict": str(one.verdict),
        "reason": one.reason,
        "measurement": None,
    }
    if made is not None:
        row["measurement"] = {
            "value": made.value,
            "low": made.low,
            "high": made.high,
            "count": made.count,
            "of": made.of,
            "from": made.start or None,
            "to": made.end or None,
            "modelled": dict(made.modelled),
            "block": made.block,
            "beside": [
                {"label": label, "value": value, "unit": str(unit)}
                for label, value, unit in made.beside
            ],
        }
    return row
