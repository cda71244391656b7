"""The page: whole, offline, escaped, the same every time, and saying what the comparison says."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import re

import pytest

import hedgerow as hr
from hedgerow.errors import HedgerowError
from hedgerow.report import page, verdict
from hedgerow.report.formats import number, percent, usd
from hedgerow.research.gate.judgement import judge
from hedgerow.research.gate.thresholds import KEYS
from report.made import make
from report.reader import Page

SECTIONS = [
    "answer", "figures", "value", "scaling", "crises", "costs", "decisions", "checks", "data",
    "limits", "terms", "verdict",
]  # fmt: skip


@pytest.fixture(scope="module")
def html(found) -> str:
    return page.render(found)


@pytest.fixture(scope="module")
def read(html) -> Page:
    return Page(html)


def test_it_is_well_formed_and_whole(read) -> None:
    assert set(SECTIONS) <= set(read.ids)
    assert len(read.ids) == len(set(read.ids)), "an id is used twice"
    links = [value[1:] for tag, name, value in read.attributes if (tag, name) == ("a", "href")]
    assert set(links) <= set(read.ids)
    charts = {f"chart-{key}" for key in ("nav", "hedge", "drawdown", "vix", "intensity")}
    assert charts <= set(read.ids)
    assert "Not investment advice." in read.text
    assert "What this does not show" in read.text


def test_it_ends_with_the_verdict_in_sign_and_word(found, read, html) -> None:
    made = judge(found)
    sections = re.findall(r'<section id="([a-z]+)"', html)
    assert sections[-1] == "verdict"
    for row in verdict.rows(made):
        for word in (row["name"], f"{row['sign']} {row['word']}", row["sentence"], row["asked"]):
            assert " ".join(word.split()) in " ".join(read.text.split())
    assert made.sentence in read.text
    assert {row["word"] for row in verdict.rows(made)} <= set(verdict.SIGNS)
    assert set(verdict.ASKED) == set(verdict.MEASURES) == {*KEYS}


def test_it_asks_nothing_of_the_network(read, html) -> None:
    for tag, name, value in read.attributes:
        if name in {"src", "href", "srcset", "data", "action", "poster", "xlink:href"}:
            assert value.startswith("#"), f"<{tag} {name}={value!r}>"
    assert not re.search(r"https?:|//[a-z]|@import|@font-face", html.split("<body>")[0])
    assert not re.search(r"url\((?!#)", "".join(read.styles))
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(", html)


def test_only_its_own_style_and_script_may_run(read) -> None:
    rules = next(v for _, n, v in read.attributes if n == "content" and "default-src" in v)
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    code = [text for attrs, text in read.scripts if attrs.get("type") != "application/json"]
    for text in (*code, *read.styles):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules
    assert not [name for _, name, _ in read.attributes if name == "style" or name.startswith("on")]


def test_it_says_the_numbers_of_the_comparison(found, read) -> None:
    text = read.text
    for made in found.strategies.values():
        for name, stats in made.items():
            said = [usd(stats["nav_end"]), percent(stats["annual_return"], 2)]
            said += [number(stats["sharpe_excess"]), percent(stats["max_drawdown"])]
            if name != "unhedged":
                said += [usd(stats["hedge_pnl"]), usd(stats["carry_paid"])]
                said += [usd(stats["transaction_costs"]), percent(stats["hedge_cost_per_year"], 2)]
            for word in said:
                assert word in text
    assert len(found.crises) >= 3
    for row in found.crises:
        for key in ("static_gain", "dynamic_gain", "static_cost", "dynamic_cost"):
            assert usd(row[key]) in text
        assert percent(row["dynamic_her"]) in text
        assert row["name"] in text
    for saved in found.saving.values():
        assert usd(saved["c2_dynamic_with_costs"]) in text
        assert percent(saved["saving"]) in text
    for leg, count in found.triggers["legs"].items():
        assert f"{leg} {count:,}" in text
    for flag in found.flags:
        assert flag.detail in text
    for said in found.assumptions:
        assert said in text
    for track in found.tracks.values():
        assert track.digest() in text
    assert found.facts["data"] in text
    assert "9.8.7" in text


def test_the_pointer_reads_true_values(found, read) -> None:
    said = json.loads(next(t for a, t in read.scripts if a.get("type") == "application/json"))
    track = found.tracks["dynamic"]
    days = track.dates.astype("int64").tolist()
    rows = [days.index(day) for day in said["days"]]
    nav = said["charts"]["nav"]["lines"]
    for line, name in zip(nav, ("unhedged", "static", "dynamic"), strict=True):
        assert line == [round(v) for v in found.tracks[name]["nav"][rows].tolist()]
    assert said["charts"]["intensity"]["lines"][2][-1] == pytest.approx(track["x"][-1], abs=1e-3)


def test_every_picture_is_told_in_words(html) -> None:
    for found in re.findall(r"<svg[^>]*>", html):
        nested = "viewBox" in found and 'class="' not in found
        assert 'aria-hidden="true"' in found or "aria-label=" in found or nested, found


def test_tables_have_captions_and_headings_have_a_scope(html) -> None:
    for table in re.findall(r"<table.*?</table>", html, re.S):
        assert "<caption>" in table
        assert not re.search(r"<th(?![^>]*scope=)[ >]", table)
        widths = {
            sum(int(n or 1) for n in re.findall(r'<t[hd](?:[^>]*colspan="(\d+)")?[^>]*>', row))
            for row in re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.S)
        }
        assert len(widths) == 1


def test_equal_comparisons_make_equal_pages(found, html) -> None:
    assert page.render(found) == html
    assert page.render(make()) == html


def test_what_a_user_writes_cannot_become_markup() -> None:
    name = "<script>alert('x')</script><img src=x onerror=alert(1)> & \"q\" </title>"
    policy = hr.Policy([hr.Linear("vix"), hr.Bounds()], [hr.Level("vix")], name=name)
    made = dataclasses.replace(make(policy), facts={"version": "1", "source": "</script><b>"})
    html = page.render(made)
    read = Page(html)
    assert len(read.scripts) == 2
    assert not [tag for tag, _, _ in read.attributes if tag == "img"]
    assert name in read.text.replace("  ", " ")
    assert "<script>alert" not in html


def test_data_beside_the_page_cannot_end_its_script() -> None:
    assert "</" not in page._environment().from_string("{{ x|tojson }}").render(x="</script>")


@pytest.mark.parametrize(
    ("policy", "sleeve", "terms"),
    [
        (hr.Policy([hr.Constant(1.0)], name="always", raw=True), None, {}),
        (None, hr.VixFuture(), {"same_bar": True}),
        (None, hr.VarianceSwap(), {"costs": hr.Costs.none()}),
        (None, None, {"start": "2019-01-07", "end": "2019-10-25"}),
        (hr.Policy([hr.Constant(0.0)], name="never", raw=True), None, {}),
    ],
    ids=["no signal, no trigger", "same-bar future", "free variance", "one calm year", "nothing"],
)
def test_it_stands_for_every_kind_of_run(policy, sleeve, terms) -> None:
    made = make(policy, sleeve, **terms)
    read = Page(page.render(made))
    assert set(SECTIONS) <= set(read.ids)
    text = read.text
    for flag in made.flags:
        text = text.replace(flag.detail, "")
    for word in ("nan", "inf", "None"):
        near = re.search(rf".{{30}}(?<!\w){word}(?!\w)", text)
        assert not near, near
    if terms.get("same_bar"):
        assert "do not trust it" in read.text
        assert "Do not trust these numbers: orders were filled at the deciding close" in read.text
    if "start" in terms:
        assert "No dated crisis falls into this run" in read.text


def test_it_is_small(builtin) -> None:
    assert len(page.render(make(market=builtin)).encode()) < 1_500_000


def test_writing_makes_folders_and_replaces(found, html, tmp_path) -> None:
    path = tmp_path / "a" / "b" / "report.html"
    assert page.write(found, path) == path
    path.write_text("old")
    page.write(found, path)
    assert path.read_text(encoding="utf-8") == html
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_a_folder_is_no_report(found, tmp_path) -> None:
    with pytest.raises(HedgerowError, match=r"this is a folder.*Mend: name a file") as caught:
        page.write(found, tmp_path)
    assert caught.value.where == str(tmp_path)


def test_a_file_in_the_way_is_told(found, tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(HedgerowError, match="cannot be written") as caught:
        page.write(found, tmp_path / "file" / "report.html")
    assert "report.html" in caught.value.where
    assert caught.value.mend


def test_a_failed_write_leaves_the_old_report(found, tmp_path, monkeypatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(HedgerowError, match="No space left on device"):
        page.write(found, path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
