"""The picture of the no-trade band: valid SVG, both regimes, what is unseen looks unseen."""

from __future__ import annotations

import re
from functools import cache
from xml.etree import ElementTree

import pytest

import hedgerow as hr
from hedgerow.policies.fitting.chain import Terms
from hedgerow.report.band import no_trade_band
from hedgerow.report.control import states, summarise_control
from hedgerow.research.control import study

SVG = "{http://www.w3.org/2000/svg}"


@cache
def found():
    return study(hr.load("builtin"), terms=Terms(cost=0.0005), paths=4, sessions=60)


def test_a14_each_state_has_a_band_and_states_never_seen_are_dotted() -> None:
    root = ElementTree.fromstring(no_trade_band(found()))
    panels = [
        g
        for g in root.iter(f"{SVG}g")
        if any(t.get("class") == "name" for t in g.iter(f"{SVG}text"))
    ]
    assert len(panels) == 2
    for i, panel in enumerate(panels):
        kinds = [node.get("class") for node in panel.iter(f"{SVG}path")]
        seen = int((found().chain.sessions[6 * i : 6 * i + 6] > 0).sum())
        assert kinds.count("band") == kinds.count("end") == seen
        assert kinds.count("rare") == 6 - seen
        assert (kinds.count("rule"), kinds.count("dead"), kinds.count("free")) == (1, 1, 1)
    words = {text.text for text in root.iter(f"{SVG}text")}
    assert {"Low regime: vix_ma20 ≤ 20", "High regime: vix_ma20 > 20"} <= words
    assert any("A1" in word for word in words)
    assert any("3-point trigger" in word for word in words)


def test_a14_the_band_is_drawn_at_its_height() -> None:
    picture = no_trade_band(found())
    # the axis runs from 0 at 330 pixels to the cap, 2, and a twentieth of room
    first = re.search(r'class="band" d="M0\.0 ([\d.]+)H[\d.]+V([\d.]+)H', picture)
    assert first
    upper, lower = (2.1 * (1.0 - float(y) / 330.0) for y in first.groups())
    assert upper == pytest.approx(found().band.upper[0], abs=0.002)
    assert lower == pytest.approx(found().band.lower[0], abs=0.002)


def test_a14_the_text_tells_terms_band_and_bills() -> None:
    said = summarise_control(found())
    assert "5.00 bp of NAV per unit traded" in said
    row = next(line for line in said.splitlines() if line.startswith("over 32"))
    assert row.split()[2:5] == [
        f"{value:.2f}" for value in (states(found())[5][k] for k in ("free", "lower", "upper"))
    ]
    assert "Not investment advice." in said
    assert said.count("best trigger") >= 3
