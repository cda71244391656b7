"""The page of the asymmetry: everything on it, readable without colour, nothing from outside."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.report.asymmetry_picture import picture


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(2)
    moves = rng.normal(0.0, 1.0, 600)
    days = np.datetime64("2018-01-01", "ns") + np.arange(600) * np.timedelta64(1, "D")
    steps = np.where(moves < 0.0, -1.6, -1.0) * moves
    vix = 300.0 + np.cumsum(steps - steps.mean() + rng.normal(0.0, 0.4, 600))
    return hr.asymmetry(Market(days, {"spx": 3e3 * np.cumprod(1 + moves / 100), "vix": vix}))


def test_the_picture_is_well_formed_and_tells_sides_apart_by_shape(made) -> None:
    drawn = picture(made.found)
    root = ET.fromstring(drawn)
    assert root.tag.endswith("svg")
    assert drawn.count('class="day"') == int((np.abs(made.found.moves) <= 6).sum()) + 1
    assert "stroke-dasharray" in drawn  # rises are dashed and hollow
    assert ".risedot { fill: #fff" in drawn
    assert "(modelled)" in drawn


def test_the_page_opens_offline_with_tables_and_limits(made, tmp_path) -> None:
    html = made.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "http" not in html.replace("http-equiv", "").replace("http://www.w3.org", "")
    for words in ("Modelled: points", "The largest falls", "1987", "Not investment advice"):
        assert words in html
