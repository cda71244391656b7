"""The page of a replay: one HTML file that opens offline."""

from __future__ import annotations

import base64
from pathlib import Path

from hedgerow.report import replay as told
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.report.page import fill, save
from hedgerow.report.replay_picture import picture
from hedgerow.shortvol.intraday.replay import Replay


def write(found: Replay, target: Path, *, version: str = "") -> Path:
    """Write the page whole or not at all, and return its path.

    Raises
    ------
    HedgerowError
        If ``target`` is a folder or cannot be written.
    """
    return save(render(found, version=version), target)


def render(found: Replay, *, version: str = "") -> str:
    """Return the page as HTML; equal replays give equal text."""
    findings = [["rule", "what was done", "count", "file", "in words"]]
    for each in found.market.findings:
        cells = [each["rule"], each["action"], f"{each['count']:,}", each["file"], each["sentence"]]
        findings.append([str(cell) for cell in cells])
    return fill(
        "replay.html.j2",
        {
            "version": version,
            "title": told.heading(found),
            "kicker": told.heading(found),
            "headline": told.headline(found),
            "not_advice": NOT_ADVICE,
            "readings": None,
            "did": told.did(found),
            "labels": told.labels(found),
            "picture": base64.b64encode(picture(found).encode("utf-8")).decode("ascii"),
            "ways": told.way_rows(found),
            "steps": told.step_rows(found),
            "findings": findings,
        },
    )
