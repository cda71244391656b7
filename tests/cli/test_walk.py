"""``walk``, ``search`` and ``surface`` from the outside: answers, files, and every mistake told."""

from __future__ import annotations

import tomllib
from xml.etree import ElementTree

import pytest

from cli.console import LINEAR, as_json, bad, good
from report.reader import Page

SHORT = ["--from", "2017-01-03", "--to", "2020-12-31", "--carriage", "numpy"]
AXES = ["--axis", "linear.low=10,14"]
WALK = ["walk", LINEAR, *AXES, "--train", "2y", "--test", "1y", *SHORT]
SEARCH = ["search", LINEAR, "--range", "linear.low=8:18", "--trials", 4, *SHORT]
SURFACE = ["surface", LINEAR, *AXES, *SHORT]


def test_walk_answers_in_words_json_and_a_page(tmp_path) -> None:
    page = tmp_path / "walk.html"
    said = good(*WALK, "--report", page)
    assert "walked forward" in said
    assert "Efficiency" in said
    assert f"Report: {page}" in said
    made = as_json(*WALK)
    assert len(made["folds"]) == 2
    assert made["axes"] == {"linear.low": [10.0, 14.0]}
    assert set(made["strategies"]) == {"unhedged", "static", "given", "walked", "hindsight"}
    assert made["headline"] in " ".join(said.split())
    read = Page(page.read_text(encoding="utf-8"))
    assert made["headline"] in read.text
    assert "Not investment advice" in read.text


def test_walk_needs_no_axes() -> None:
    made = as_json("walk", LINEAR, "--train", "2y", "--groups", 0, *SHORT)
    assert set(made["axes"]) == {"linear.low", "linear.high"}
    assert made["lanes"] == 24
    assert made["cross_validation"] is None


def test_search_writes_the_policy_that_it_found(tmp_path) -> None:
    out, page = tmp_path / "found.toml", tmp_path / "search.html"
    made = as_json(*SEARCH, "--out", out, "--report", page)
    assert len(made["trials"]) == 4
    steps = {step["kind"]: step for step in tomllib.loads(out.read_text())["steps"]}
    assert steps["linear"]["low"] == made["best"]["linear.low"]
    assert made["headline"] in Page(page.read_text(encoding="utf-8")).text


def test_surface_writes_a_picture_that_is_read_without_colour(tmp_path) -> None:
    picture, page = tmp_path / "surface.svg", tmp_path / "surface.html"
    made = as_json(*SURFACE, "--picture", picture, "--report", page)
    tree = ElementTree.parse(picture)
    words = [element.text for element in tree.iter("{http://www.w3.org/2000/svg}text")]
    for part in ("train", "test"):
        for value in made["surface"][part]:
            assert f"{value:.3f}".replace("-", "−") in words
    assert made["headline"] in Page(page.read_text(encoding="utf-8")).text
    assert made["shape"] in ("plateau", "slope", "spike", "no lead")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([*WALK, "--axis", "linear.low=3"], "given twice"),
        (["walk", LINEAR, "--axis", "linear.low"], "no number of a policy with its values"),
        (["walk", LINEAR, "--axis", "linear.lwo=1"], "no number called 'lwo'"),
        (["walk", LINEAR, "--axis", "linear.low=30", *SHORT], "high must be greater"),
        (["walk", LINEAR, *AXES, "--train", "soon"], "no length of time"),
        (["walk", LINEAR, *AXES, "--train", "50y", *SHORT], "to test on"),
        (["walk", LINEAR, *AXES, "--report", "/"], "folder"),
        (["walk", "none.toml", *AXES], "no such policy file"),
        (["search", LINEAR, "--range", "linear.low=18:8"], "is no range"),
        (["search", LINEAR, "--range", "linear.low=8"], "is no range"),
        (["search", LINEAR, "--range", "liner.low=8:18"], "no step 'liner'"),
        ([*SEARCH, "--split", "soon"], "not a split"),
        (["surface", LINEAR, "--axis", "linear.low=1:0", *SHORT], "no step of 1"),
        ([*SURFACE, "--axis", "linear.high=20", "--axis", "bounds.cap=2"], "no picture"),
        ([*SURFACE, "--objective", "cost", "--protect", "0"], "protection"),
    ],
)
def test_mistakes_end_with_two_and_one_sentence(args, said: str) -> None:
    assert said in bad(*args)
