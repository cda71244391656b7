"""Pages and pictures of walk, search and surface: whole, escaped, read without colour."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

import hedgerow as hr
import synthetic
from hedgerow.report import drift, heat, searching, sensitivity, walking
from hedgerow.report.formats import number
from hedgerow.report.page import fill
from hedgerow.research.tuning.sensitivity import Shifted
from report.reader import Page

SVG = "{http://www.w3.org/2000/svg}"
ODD = "<script>alert('x')</script> & \"q\""
POLICY = hr.Policy([hr.Linear(), hr.Bounds(), hr.Persist()], [hr.Level("vix")], name=ODD)


@pytest.fixture(scope="module")
def market():
    return synthetic.market(sessions=620)


@pytest.fixture(scope="module")
def walked(market):
    axes = {"linear.low": [9.0, 12.0, 15.0], "linear.high": [20.0, 25.0]}
    return hr.walk(POLICY, market, hr.Put(), axes, train=250, test=100, carriage="numpy").found


@pytest.fixture(scope="module")
def searched(market):
    space = {"linear.low": (8, 21), "linear.high": (17, 30)}
    return hr.search(POLICY, market, hr.Put(), space, trials=14, carriage="numpy").found


@pytest.fixture(scope="module")
def around(market):
    axes = {"linear.low": [10.0, 21.0], "linear.high": [20.0, 26.0]}
    return hr.surface(POLICY, market, hr.Put(), axes, carriage="numpy").found


def pages(walked, searched, around) -> dict[str, str]:
    made = ((walking, walked), (searching, searched), (sensitivity, around))
    return {
        module.__name__: fill("tuning.html.j2", module.facts_of(found)) for module, found in made
    }


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_pages_are_whole_escaped_and_call_nobody(walked, searched, around) -> None:
    for name, html in pages(walked, searched, around).items():
        read = Page(html)
        assert {"answer", "pictures", "figures", "data", "limits", "terms"} <= set(read.ids), name
        assert len(read.ids) == len(set(read.ids)), name
        assert ODD in read.text
        assert "<script>alert" not in html
        outward = [value for _, attr, value in read.attributes if attr in ("src", "href")]
        assert outward
        assert all(value.startswith(("#", "data:image/svg+xml;base64,")) for value in outward)
        assert "Not investment advice" in read.text


def test_pages_say_the_same_each_time(walked, searched, around) -> None:
    assert pages(walked, searched, around) == pages(walked, searched, around)


def test_the_walk_page_tells_every_fold(walked) -> None:
    text = Page(fill("tuning.html.j2", walking.facts_of(walked))).text
    assert len(walked.choices) > 1
    for choice in walked.choices:
        assert " ".join(choice.test) in text
    assert walking.headline(walked) in text
    assert walking.paths_said(walked.paths, walked.remark) in text


def test_drift_draws_a_dot_for_every_choice_of_every_number(walked) -> None:
    tree = ET.fromstring(drift.picture(walked))
    dots = [each for each in tree.iter(f"{SVG}circle") if each.get("class") == "dot"]
    assert len(dots) == 2 * len(walked.choices)
    titles = [dot.findtext(f"{SVG}title") for dot in dots]
    assert (
        titles[0]
        == f"{walked.choices[0].test[0][:7]}: {walked.choices[0].numbers['linear.low']:.6g}"
    )
    assert {"linear.low", "linear.high"} <= set(words(drift.picture(walked)))


def test_choices_at_the_end_of_an_axis_are_told(walked) -> None:
    def said(numbers: list[float]) -> str:
        made = tuple(
            replace(choice, numbers={"linear.low": value, "linear.high": 20.0})
            for choice, value in zip(walked.choices, numbers, strict=True)
        )
        return "; ".join(walking.drifted(replace(walked, choices=made)))

    many = len(walked.choices)
    assert f"an end of its axis {many} of {many} times" in said([9.0] * (many - 1) + [15.0])
    assert "an end" not in said([12.0] * many)  # nor for linear.high, which has two values
    assert f"linear.low 9 … 12, changed 1 of {many - 1} times" in said([12.0] * (many - 1) + [9.0])


def test_a_walk_over_three_axes_shows_the_best_over_the_third(market) -> None:
    axes = {"linear.low": [10.0, 14.0], "linear.high": [20.0], "bounds.cap": [1.0, 2.0]}
    found = hr.walk(
        POLICY, market, hr.Put(), axes, train=250, test=200, groups=0, carriage="numpy"
    ).found
    sides, values = walking.surface(found)
    assert sides == [("linear.low", [10.0, 14.0]), ("linear.high", [20.0])]
    assert values[:, 0].tolist() == found.values.reshape(2, 2).max(axis=1).tolist()
    ET.fromstring(drift.picture(found))


def test_the_surface_has_a_number_in_every_cell_and_an_empty_one_where_refused(around) -> None:
    svg = sensitivity.picture(around)
    said = words(svg)
    assert np.isnan(around.train).any()
    for value in (*around.train.ravel(), *around.test.ravel()):
        assert not np.isfinite(value) or number(value, 3) in said
    tree = ET.fromstring(svg)
    kinds = [each.get("class") for each in tree.iter(f"{SVG}rect")]
    assert kinds.count("none") == 2 * np.isnan(around.train).sum()
    assert kinds.count("own") == 2
    assert "nan" not in svg


@pytest.mark.parametrize(("columns", "named"), [(8, True), (13, False), (60, False)])
def test_a_dense_map_shows_size_instead_of_numbers(columns: int, named: bool) -> None:
    values = np.linspace(0.0, 1.0, 3 * columns).reshape(3, columns)
    sides = [("a.b", [1.0, 2.0, 3.0]), ("c.d", list(range(columns)))]
    svg = heat.picture("map", sides, {"one": values}, (2.0, 3.0), lambda v: f"v{v:.4f}")
    assert ("v0.0000" in words(svg)) == named
    cells = [each for each in ET.fromstring(svg).iter(f"{SVG}rect") if each.get("class") == "cell"]
    assert len(cells) == 3 * columns
    if not named:
        wide = np.array([float(cell.get("width")) for cell in cells])
        assert (np.diff(wide) >= 0.0).all()
        assert wide[-1] > 3.0 * wide[0]
        assert cells[0].findtext(f"{SVG}title") == "v0.0000"


def test_maps_of_many_columns_stand_under_one_another() -> None:
    values = np.zeros((4, 30))
    sides = [("a.b", list(range(4))), ("c.d", list(range(30)))]
    svg = heat.picture("m", sides, {"one": values, "two": values}, (0.0, 0.0), str)
    places = re.findall(r'<g transform="translate\(([0-9.]+) ([0-9.]+)\)"><rect', svg)
    assert places[0][0] == places[1][0]
    assert float(places[1][1]) > float(places[0][1]) + 4 * 28


def test_the_longest_bar_of_the_tornado_is_the_number_that_matters_most() -> None:
    def one(key: str, change: float, value: float) -> Shifted:
        return Shifted(key, change, 1.0, value, value, 1.0, 1.0, whole=False)

    shifted = [
        one("a.low", 0.1, 1.01), one("a.low", -0.1, 0.99),
        one("b.high", 0.2, 1.5), one("b.high", 0.1, 1.1), one("b.high", -0.1, float("nan")),
    ]  # fmt: skip
    parts, room = heat.tornado(shifted, 1.0, lambda value: f"{value:.2f}")
    joined = "".join(parts)
    assert joined.index("b.high") < joined.index("a.low")
    far = re.findall(r'class="far".*?width="([0-9.]+)"', joined)
    near = [float(wide) for wide in re.findall(r'class="near".*?width="([0-9.]+)"', joined)]
    assert len(far) == 1
    assert near[0] == pytest.approx(5 * near[1], rel=0.02)
    assert room > 0
    assert heat.tornado([], 1.0, str) == ([], 0)


def test_a_search_without_importance_or_with_an_early_end_is_told(searched) -> None:
    early = replace(searched, stopped="it was interrupted", importance={})
    said = " ".join(searching.summarise(early).split())
    assert "14 trials of 100, since it was interrupted" in " ".join(
        searching.summarise(replace(early, asked=100)).split()
    )
    assert "fANOVA" not in said
    assert "fANOVA" in searching.summarise(searched)
    ET.fromstring(searching.history(early))
