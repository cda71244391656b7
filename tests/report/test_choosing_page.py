"""Policies side by side as page, picture and text: whole, escaped, and saying one thing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.api.choosing import ChoiceResult
from hedgerow.errors import HedgerowError
from hedgerow.policies.catalog import starter
from hedgerow.report import choosing, tradeoff
from hedgerow.report.divest import sentence
from hedgerow.report.formats import number, percent, usd
from report.reader import Page

SVG = "{http://www.w3.org/2000/svg}"
ODD = "<script>alert('x')</script><img src=x onerror=alert(1)> & \"q\" </title>"


@cache
def result(protection: str = "drawdown", name: str = "tiers") -> ChoiceResult:
    vix = [hr.Level("vix")]
    policies = [starter("linear", "option-a"), hr.Policy([hr.Tiers("vix")], vix, name=name)]
    market = hr.load("builtin", start="2016-01-04", end="2020-12-31")
    sleeves = [hr.Put(), hr.VarianceSwap()]
    return hr.compare(policies, market, sleeves, protection=protection, source="builtin")


@pytest.fixture(scope="module")
def html() -> str:
    return choosing.render(result().found)


@pytest.fixture(scope="module")
def read(html) -> Page:
    return Page(html)


def test_it_is_well_formed_and_whole(read) -> None:
    assert {"answer", "less", "crises", "figures", "checks", "data", "limits", "terms"} <= set(
        read.ids
    )
    assert len(read.ids) == len(set(read.ids))
    links = [value[1:] for tag, name, value in read.attributes if (tag, name) == ("a", "href")]
    assert set(links) <= set(read.ids)
    assert "Not investment advice." in read.text
    assert "What this does not show" in read.text


def test_it_asks_nothing_of_the_network_and_runs_nothing(read, html) -> None:
    for tag, name, value in read.attributes:
        if name in {"src", "href", "srcset", "data", "action", "poster", "xlink:href"}:
            assert value.startswith("#"), f"<{tag} {name}={value!r}>"
        assert name != "style"
        assert not name.startswith("on")
    assert not re.search(r"https?:|//[a-z]|@import|@font-face|url\((?!#)", html)
    assert not read.scripts


def test_every_number_of_the_json_stands_on_the_page(read) -> None:
    made = result().to_dict()
    for each in made["candidates"]:
        ours = each["measures"]
        assert each["name"] in read.text
        said = [percent(ours["return_given_up"], 2), percent(ours["protection"])]
        said += [percent(ours["max_drawdown"]), percent(ours["annual_return"], 2)]
        said += [number(ours["sharpe_excess"]), number(ours["sharpe"]), percent(ours["tail"])]
        if each["kind"] != "none":
            said += [usd(ours["carry_paid"]), usd(ours["transaction_costs"]), each["said"]]
            said += [percent(ours["hedge_cost_per_year"], 2), number(ours["turnover"], 1)]
            said += [percent(share) for share in each["crises"].values()]
        if each["kind"] == "policy":
            said += [f"{ours['inputs']} / {ours['parameters']}", *each["flags"]]
        for word in said:
            assert word in read.text
    for row in made["crises"]:
        assert row["name"] in read.text
        assert percent(row["portfolio_return"]) in read.text
    for said in made["assumptions"]:
        assert said in read.text
    assert made["data"]["digest"] in read.text


def test_the_rows_belong_to_their_candidates(html) -> None:
    rows = re.findall(r'<tr><th scope="row">(?:★ )?([^<]*)</th>(.*?)</tr>', html)
    cells = {name: re.findall(r"<td[^>]*>([^<]*)</td>", row) for name, row in rows}
    for each in result().found.candidates:
        ours = each.measures
        assert cells[each.name][:2] == [
            percent(ours["return_given_up"], 2),
            percent(ours["protection"]),
        ]
        assert cells[each.name][-1] == (each.dominated_by or "–")


def test_the_efficient_are_marked_without_colour(html) -> None:
    starred = re.findall(r'<th scope="row">★ ([^<]*)</th>', html)
    assert starred == result().to_dict()["efficient"]


def test_tables_have_captions_and_headings_have_a_scope(html) -> None:
    tables = re.findall(r"<table.*?</table>", html, re.S)
    assert len(tables) == 3 + len(result().found.comparisons)  # and a verdict for each policy
    for table in tables:
        assert "<caption>" in table
        assert not re.search(r"<th(?![^>]*scope=)[ >]", table)


def test_equal_choices_make_equal_pages(html) -> None:
    assert choosing.render(result().found) == html


def test_what_a_user_writes_cannot_become_markup() -> None:
    found = result(name=ODD).found
    read = Page(choosing.render(found))
    assert not read.scripts
    assert not [tag for tag, _, _ in read.attributes if tag == "img"]
    assert ODD in read.text
    ET.fromstring(tradeoff.picture(found))


def test_a_page_that_cannot_be_written_is_told(tmp_path) -> None:
    with pytest.raises(HedgerowError, match="folder"):
        result().report(tmp_path)
    assert result().report(tmp_path / "new" / "page.html").read_text().startswith("<!DOCTYPE")


def test_the_headline_warns_of_models_and_of_failed_tests() -> None:
    found = result().found
    assert "Read with care: VIX 40%, hedge prices 100% modelled." in choosing.headline(found)
    last = replace(found.candidates[0], lookahead=False)
    failed = replace(found, candidates=(last, *found.candidates[1:]))
    assert "Do not trust it" in choosing.headline(failed)
    measured = [
        replace(each, measures={**each.measures, "modelled_vix": 0.0, "modelled_prices": 0.0})
        for each in found.candidates
    ]
    assert "care" not in choosing.headline(replace(found, candidates=tuple(measured)))


# ---- the picture --------------------------------------------------------------------------------


@pytest.mark.parametrize("protection", ["drawdown", "her", "tail"])
def test_the_marks_stand_where_the_numbers_say(protection: str) -> None:
    found = result(protection).found
    root = ET.fromstring(tradeoff.picture(found))
    marks = {}
    for mark in root.iter():
        title = mark.find(f"{SVG}title")
        if title is not None and mark.get("class") in {"best", "rest"}:
            if mark.tag == f"{SVG}circle":
                place = float(mark.get("cx")), float(mark.get("cy"))
            elif mark.tag == f"{SVG}rect":
                place = float(mark.get("x")) + 5, float(mark.get("y")) + 5
            else:
                x, y = re.match(r"M([-\d.]+) ([-\d.]+)", mark.get("d")).groups()
                place = float(x), float(y) + 7.5
            marks[title.text] = (*place, mark.get("class"))
    assert set(marks) == {each.name for each in found.candidates}
    places = np.array([marks[each.name][:2] for each in found.candidates])
    numbers = np.array(
        [(c.measures["return_given_up"], c.measures["protection"]) for c in found.candidates]
    )
    for column, sign in ((0, 1.0), (1, -1.0)):
        slope, start = np.polyfit(numbers[:, column], places[:, column], 1)
        assert slope * sign > 0.0
        np.testing.assert_allclose(slope * numbers[:, column] + start, places[:, column], atol=0.2)
    for each in found.candidates:
        assert marks[each.name][2] == ("best" if each.efficient else "rest")


def test_the_names_are_all_written_inside_and_none_covers_another() -> None:
    root = ET.fromstring(tradeoff.picture(result().found))
    names = {each.name for each in result().found.candidates}
    boxes = []
    for text in root.iter(f"{SVG}text"):
        if text.text in names and text.get("y"):  # the legend's words have none
            left, base = float(text.get("x")), float(text.get("y"))
            wide = 6.0 * len(text.text)
            boxes.append((left, base - 10, left + wide, base + 2, text.text))
    assert {box[4] for box in boxes} == names
    for i, a in enumerate(boxes):
        assert a[0] >= 0.0
        assert a[1] >= 0.0
        for b in boxes[:i]:
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, f"{a[4]} covers {b[4]}"


@given(
    st.floats(50, 700),
    st.floats(30, 400),
    st.lists(st.tuples(st.floats(0, 700), st.floats(0, 400)), max_size=6),
)
def test_a_name_keeps_inside_and_covers_nothing_where_there_is_room(x, y, others) -> None:
    taken = [tradeoff.Box(a, b, a + 60, b + 15) for a, b in others]
    box = tradeoff._best_place(x, y, 60.0, 10.0, taken)
    assert box.left >= 0.0
    assert box.right <= 800.0
    assert box.top >= 0.0
    assert box.bottom <= 440.0
    assert tradeoff.covered([box], taken) < 1.0


def test_d9_sides_of_the_line_are_told_only_where_it_rises() -> None:
    """Where shares earned less than bills a hedge above the line may be worse than part of it."""
    found = result().found
    ways = {
        1.0: ("better than holding less equity", "less equity earned more here"),
        -1.0: ("less equity earned more here", "better than holding less equity"),
    }
    for sign, (said, unsaid) in ways.items():
        line = tuple(
            {"kept": 1.0 - k, "return_given_up": sign * k * 0.05, "protection": k * 0.001}
            for k in np.linspace(0.0, 1.0, 101)
        )
        drawn = tradeoff.picture(replace(found, line=line))
        assert said in drawn
        assert unsaid not in drawn


def test_the_picture_is_the_same_in_page_and_file_and_told_in_words(html) -> None:
    found = result().found
    inside, alone = tradeoff.inside(found), tradeoff.picture(found)
    plot = alone.split('<g transform="translate(74 92)">')[1].split("</g>\n</svg>")[0]
    assert plot in inside
    for each in found.candidates:
        assert each.name in tradeoff.summary(found)
    assert 'role="img"' in inside
    for selector in re.findall(r"([^{}\s][^{}]*)\{", tradeoff.page_style()):
        assert selector.startswith("svg.tradeoff ")
    assert tradeoff.page_style() in html


# ---- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize("protection", ["drawdown", "her", "tail"])
def test_the_text_has_every_candidate_and_fits_a_terminal(protection: str) -> None:
    made = result(protection)
    text = str(made)
    table = text.split("\n\n")[1]
    assert max(map(len, text.splitlines())) <= 130
    for each in made.found.candidates:
        assert f"{each.name}  " in table
        if each.kind != "none":
            assert each.name in text.split("Or simply less equity")[1]
    assert [line[0] == "*" for line in table.splitlines()[2:]] == [
        each.efficient for each in made.found.candidates
    ]
    assert ("Mind:" in text) == (protection != "drawdown")
    assert text.endswith("Not investment advice.")


ONE = {"matched": True, "annual_return": 0.08, "max_drawdown": -0.5, "kept": 0.8}


@pytest.mark.parametrize(
    ("at_return", "at_drawdown", "verdict", "words"),
    [
        ({"drawdown_gain": 0.02}, {"return_gain": 0.003}, "better",
         ["Better than", "2.0 points deeper than the hedge", "0.30 points less"]),
        ({"drawdown_gain": -0.02}, {"return_gain": -0.003}, "worse",
         ["Worse than", "2.0 points less deep than the hedge", "0.30 points more"]),
        ({"drawdown_gain": 0.0002}, {"return_gain": -0.00001}, "even",
         ["As good as", "50.0%, like the hedge", "8.00% a year, like the hedge"]),
        ({"matched": False, "return_gain": 0.01, "drawdown_gain": 0.1},
         {"matched": False, "return_gain": 0.01, "drawdown_gain": -0.1}, "unclear",
         ["No clear answer", "no part of it gave the hedge's return", "no part fell as deep",
          "1.00 points less", "10.0 points less deep"]),
    ],
)  # fmt: skip
def test_d9_the_verdict_in_words(at_return, at_drawdown, verdict, words) -> None:
    said = sentence(
        {
            "at_equal_return": {**ONE, "return_gain": 0.0, **at_return},
            "at_equal_drawdown": {**ONE, "drawdown_gain": 0.0, **at_drawdown},
            "verdict": verdict,
        }
    )
    for word in words:
        assert word in said


def test_d9_a_ruined_hedge_has_no_sentence_of_numbers() -> None:
    assert "NAV fell to nothing" in sentence(None)


def test_d9_page_and_text_of_a_backtest_say_it(found) -> None:
    from hedgerow.report import page
    from hedgerow.report.summary import summarise

    text = Page(page.render(found)).text
    for name in ("dynamic", "static"):
        assert sentence(found.divest[name]) in text
        for way in ("at_equal_return", "at_equal_drawdown"):
            assert percent(found.divest[name][way]["kept"]) in text
    assert sentence(found.divest["dynamic"]) in " ".join(summarise(found).split())


# ---- the Python face ----------------------------------------------------------------------------


def test_the_frame_has_the_numbers_of_the_json() -> None:
    frame, made = result().frame(), result().to_dict()
    assert list(frame.index) == [each["name"] for each in made["candidates"]]
    for each in made["candidates"]:
        row = frame.loc[each["name"]]
        for key, value in each["measures"].items():
            assert value is None or row[key] == value
        assert row["efficient"] == each["efficient"]
        assert row["divest"] == (each["divest"]["verdict"] if each["divest"] else "")


def test_the_short_form_names_the_efficient() -> None:
    for name in result().to_dict()["efficient"]:
        assert name in repr(result())


@pytest.mark.parametrize(
    ("policies", "hedge", "where", "word"),
    [
        (starter("linear"), hr.Put(), "policies", r"\[first, second\]"),
        ("linear", hr.Put(), "policies", "not a list"),
        (["linear"], hr.Put(), "policy", "load_policy"),
        ([starter("linear")], hr.Put, "hedge", r"hr.Put\(\)"),
        ([starter("linear")], [], "hedge", "nothing to hedge with"),
        ([starter("linear")], ["put"], "hedge", "not a sleeve"),
        ([], hr.Put(), "policies", "nothing to compare"),
    ],
)
def test_what_is_of_the_wrong_kind_is_told(policies, hedge, where, word) -> None:
    market = hr.load("builtin", start="2018-01-02", end="2019-12-31")
    with pytest.raises(HedgerowError, match=word) as error:
        hr.compare(policies, market, hedge)
    assert error.value.where == where
    assert error.value.mend
