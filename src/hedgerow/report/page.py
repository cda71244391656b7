"""The report: one HTML file that opens offline, made from the track records of a comparison."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from hedgerow.engine.run import text_of
from hedgerow.files import save as save_file
from hedgerow.report import decisions, formats, panels, story, tables, verdict
from hedgerow.report.divest import sentence
from hedgerow.research.comparison import PERIODS, Comparison
from hedgerow.research.gate.judgement import Judgement, judge


def write(found: Comparison, path: Path, judged: Judgement | None = None) -> Path:
    """Write the report whole or not at all.

    Parameters
    ----------
    found
        What was compared.
    path
        The HTML file; missing folders are made, an old report is replaced.
    judged
        What the gate says of it; by default it is asked.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return save(render(found, judged), Path(path))


def save(text: str, path: Path) -> Path:
    """Write a page whole or not at all, and return its path.

    Raises
    ------
    HedgerowError
        If ``path`` is a folder or cannot be written.
    """
    return save_file(path, text, "the report")


def render(found: Comparison, judged: Judgement | None = None) -> str:
    """Return the report as HTML; equal comparisons give equal text."""
    made = judged or judge(found)
    return fill("page.html.j2", {**_facts(found), **verdict.page_facts(made)})


def fill(template: str, facts: Mapping[str, Any], *, style: str = "") -> str:
    """Return a template with its facts, our style and more, our script, and leave for no other."""
    style, script = _read("page.css") + style, _read("page.js")
    return (
        _environment()
        .get_template(template)
        .render(
            **facts,
            style=Markup(style),
            script=Markup(script),
            policy_rules=_security(style, script),
        )
    )


def _facts(found: Comparison) -> dict[str, Any]:
    """Return everything that the template names."""
    told = story.tell(found)
    span = panels.span_of(found)
    charts = panels.over_time(found, span)
    return {
        "found": found,
        "story": told,
        "headline": told.headline,
        "title": f"{found.policy.name} with {found.sleeve.name}",
        "tiles": tables.tiles(found, told),
        "periods": [(tables.TITLES[name], found.periods[name]) for name in PERIODS],
        "figures": tables.key_figures(found),
        "divest": {name: sentence(found.divest[name]) for name in ("dynamic", "static")},
        "charts": charts,
        "back": panels.backdrop(found, span),
        "readings": panels.readings(charts, span),
        "origin_strip": panels.origin_strip(found, span),
        "rugs": panels.trigger_rugs(found, span),
        "legs": panels.leg_bars(found),
        "crisis_bars": panels.crisis_bars(found),
        "crises": tables.stretches(found.crises),
        "calm": tables.stretches(found.calm),
        "balance": tables.balance(found),
        "savings": tables.savings(found),
        "budget": panels.budget(found),
        "decisions": decisions.notable(found),
        "shapers": decisions.shapers(found),
        "provenance": tables.provenance(found.provenance),
        "policy_text": text_of(found.policy),
        "sleeve_terms": tables.terms(found.sleeve),
        "sleeve_notes": tables.notes(found),
        "portfolio_terms": tables.terms(found.portfolio),
        "cost_terms": tables.terms(found.costs),
        "limits": tables.limits(found),
        "digests": {name: track.digest() for name, track in found.tracks.items()},
        "not_advice": formats.NOT_ADVICE,
        "kicker": _kicker(found),
        "version": found.facts.get("version", ""),
        "partial": any(row["partial"] for row in found.crises),
        "modelled_crises": tables.modelled_crises(found),
    }


def _kicker(found: Comparison) -> str:
    source = found.facts.get("source")
    title = f"{found.policy.name} with {found.sleeve.name}"
    return f"{title} · data: {source}" if source else title


def _security(style: str, script: str) -> str:
    """Return a content security policy that allows our own style and script, nothing else."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _read(name: str) -> str:
    return files("hedgerow.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({"usd": formats.usd, "percent": formats.percent, "number": formats.number})
    return made
