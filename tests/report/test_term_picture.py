"""The picture of the futures curve: valid SVG, and what is modelled looks modelled."""

from xml.etree import ElementTree

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.data.quality import QualityReport
from hedgerow.data.vx_curve import CurveDay
from hedgerow.pricing.term import Curve
from hedgerow.report.term import term_structure

SVG = "{http://www.w3.org/2000/svg}"
TODAY = np.datetime64("2024-07-01")
EXPIRY = np.array(["2024-07-17", "2024-07-24", "2024-08-21", "2024-09-18"], dtype="datetime64[D]")


def day(settle=(13.4, 14.2, 14.4, 15.4), origin="measured", vix=Origin.MEASURED, family=None):
    monthly = np.array([True, False, True, True])
    marks = tuple(origin if np.isfinite(v) else "missing" for v in settle)
    curve = Curve(TODAY, 12.2, EXPIRY, np.array(settle), monthly, marks)
    known = (("vix9d", 9.0, 10.9), ("vix", 30.0, 12.2), ("vix3m", 93.0, 14.2))
    return CurveDay(curve, known if family is None else family, vix, QualityReport())


def drawn(found):
    root = ElementTree.fromstring(term_structure(found, "VIX futures <2024-07-01>"))
    classes = [(node.tag.removeprefix(SVG), node.get("class") or "") for node in root.iter()]
    return root, classes, [node.text for node in root.iter(f"{SVG}text")]


def test_every_contract_is_drawn_with_code_price_and_arrow():
    _, classes, words = drawn(day())
    assert {"VX/N4", "VX/Q4", "VX/U4", "13.40", "14.40", "15.40"} <= set(words)
    assert "VX30/N4" not in words
    # the legend shows one of each
    assert classes.count(("circle", "week")) == 2
    assert classes.count(("circle", "dot")) == 4
    assert classes.count(("path", "arrow")) == 4
    assert {"VIX9D", "VIX", "VIX3M", "monthly", "weekly", "VIX indices"} <= set(words)
    assert "VIX futures <2024-07-01>" in words
    # in 30 days of contango the August contract slides to 13.9 by the curve
    assert "−0.9" in words


def test_modelled_points_are_dashed_and_hollow_and_measured_ones_are_not():
    _, measured, _ = drawn(day())
    # only the stretch from VIX to the first future is dashed: nothing is quoted there
    assert measured.count(("path", "line model")) == 1
    assert not any("dot model" in key or "spot model" in key for _, key in measured)
    _, modelled, words = drawn(day(origin="modelled", vix=Origin.MODELLED))
    assert ("path", "line") not in modelled
    assert modelled.count(("circle", "dot model")) == 4
    assert ("circle", "dot") not in modelled
    assert "monthly, modelled: none is quoted" in words
    assert "VIX, modelled" in words


def test_a_missing_price_breaks_the_line_and_is_named():
    _, classes, words = drawn(day(settle=(13.4, 14.2, np.nan, 15.4)))
    assert "no price" in words
    # VIX to July alone; the legend's own line is the other one
    assert [key for tag, key in classes if tag == "path" and key.startswith("line")] == [
        "line",
        "line model",
    ]


@pytest.mark.parametrize("family", [(), (("vix", 30.0, 12.2),)])
def test_without_other_indices_it_says_so(family):
    _, classes, words = drawn(day(family=family))
    assert "no other is known" in words
    assert ("path", "family") not in classes


def test_everything_lies_inside_the_picture():
    found = day(settle=(72.6, 69.3, 59.2, 44.9))
    root, _, _ = drawn(found)
    height = float(root.get("height"))
    for group in root.iter(f"{SVG}g"):
        top = float(group.get("transform").split()[1].rstrip(")"))
        for node in group.iter(f"{SVG}circle"):
            assert 0.0 <= top + float(node.get("cy")) <= height
        for node in group.iter(f"{SVG}text"):
            assert 0.0 <= top + float(node.get("y") or 0) <= height
