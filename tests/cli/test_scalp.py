"""``scalp`` from the outside, and what docs/scalping.md says of it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import hedgerow as hr
from cli.console import ROOT, as_json, bad, good
from hedgerow.core.market import Origin
from hedgerow.research.scalping import PARTS

PAGE = (ROOT / "docs" / "scalping.md").read_text(encoding="utf-8")
SHORT = ("--from", "2019-01-02", "--to", "2020-06-30")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.split("\n")[0])
def test_a13_the_page_says_what_the_command_says(block: str, tmp_path, monkeypatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            said = good(*shlex.split(line[2:])[1:]).splitlines()
        else:
            assert line in said


def test_a13_the_python_of_the_page_runs(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = blocks("python")
    exec(compile(block, "scalping.md", "exec"), {})
    assert "Gamma paid back" in capsys.readouterr().out
    assert Path("scalp.svg").stat().st_size > 3_000


def test_a13_json_has_every_number_of_the_tables() -> None:
    found = as_json("scalp", *SHORT, "--every", "1,5", "--band", ".1", "--edge", "--aversion", ".2")
    names = ["every 1", "every 5", "band 0.1 to edge", "aversion 0.2"]
    assert [row["rule"] for row in found["rules"]] == names
    assert [row["period"] for row in found["years"]] == ["2019", "2020"]
    assert (len(found["months"]), found["months"][0]["period"]) == (18, "2019-01")
    for row in (found["per_year"], *found["years"], *found["months"]):
        assert sum(row[name] for name in PARTS) == pytest.approx(row["pnl"], abs=1e-6)
    assert found["per_year"]["pnl"] == pytest.approx(found["rules"][0]["pnl"])
    assert (found["same_bar"], found["hedged"], found["sleeve"]) == (
        False, "every 1", "straddle-30d-1",
    )  # fmt: skip
    assert found["notice"] == "Not investment advice."


def test_a13_what_is_modelled_is_said(tmp_path) -> None:
    file = tmp_path / "scalp.html"
    said = good("scalp", *SHORT, "--every", "1", "--report", file)
    found = as_json("scalp", *SHORT, "--every", "1")["modelled"]
    share = hr.load("builtin").between(SHORT[1], SHORT[3]).share("vix", Origin.MODELLED)
    assert found == {"vix": share, "hedge prices": 1.0}
    (line,) = (line for line in said.splitlines() if line.startswith("Data: "))
    assert line == (
        f"Data: VIX modelled on {share:.0%} of the sessions; "
        "prices of straddle-30d-1 modelled on 100% of the sessions."
    )
    page = file.read_text(encoding="utf-8")
    assert line in page
    assert "data: builtin" in page


def test_a13_an_edge_needs_a_band() -> None:
    assert bad("scalp", *SHORT, "--every", "1", "--edge") == (
        "edge: there is no band. Mend: give a band, or leave edge out"
    )


def test_c5_the_first_sentence_is_whether_gamma_paid_for_theta() -> None:
    said = good("scalp", *SHORT, "--every", "1")
    found = as_json("scalp", *SHORT, "--every", "1")["per_year"]
    share = round(-100 * found["gamma"] / found["theta"])
    assert f"\nGamma paid back {share}% of theta: ${found['gamma']:,.0f} a year" in said
    sold = good(
        "scalp",
        *SHORT,
        "--every",
        "1",
        "--sleeve",
        "straddle:tenor=30d,side=short,size=notional:0.15",
    )
    assert re.search(r"\nTheta earned \$[\d,]+ a year, and gamma took \d+% of it", sold)


def test_a13_without_costs_and_at_the_same_close_it_is_the_textbooks_hedge() -> None:
    found = as_json("scalp", *SHORT, "--every", "1", "--no-costs", "--same-bar")
    made = found["per_year"]
    assert found["same_bar"]
    assert made["hedge_costs"] == made["option_costs"] == 0.0
    assert made["delta"] == pytest.approx(0.0, abs=1e-6 * made["gamma"])


def test_a13_the_picture_is_a_picture(tmp_path) -> None:
    file = tmp_path / "scalp.svg"
    said = good("scalp", *SHORT, "--picture", file)
    assert said.endswith(f"Picture: {file}\n")
    root = ElementTree.parse(file).getroot()
    marks = [e for e in root.iter() if e.get("class") in ("every", "band", "aversion")]
    assert len(marks) == 12 + 3  # the ways to hedge, and the legend's
    bars = [e for e in root.iter() if e.tag.endswith("rect") and e.get("class") != "band"]
    assert len(bars) == 4  # gamma and theta of two years


POSITIVE = "is out of range. Mend: give a positive number such as 0.1"
TOO_SHORT = (
    "start, end: 19 sessions are too few to tell a month's risk. Mend: choose two months or more"
)
LIST = "is not a list of whole numbers. Mend: write such as 1,5"
NO_OPTIONS = (
    "its delta is not that of options on an index alone. Mend: use straddle, put, call or another "
    "sleeve of index options, not covered"
)


def test_a13_the_page_is_written_and_named(tmp_path) -> None:
    file = tmp_path / "new" / "scalp.html"
    said = good("scalp", *SHORT, "--every", "1", "--report", file)
    assert said.endswith(f"Report: {file}\n")
    page = file.read_text(encoding="utf-8")
    headline = said.split("\n")[3]
    assert f"<h1>{headline}</h1>" in page
    assert as_json("scalp", *SHORT, "--report", file)["report"] == str(file)
    folder = bad("scalp", *SHORT, "--report", tmp_path)
    assert folder == f"{tmp_path}: this is a folder. Mend: name a file inside it"


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--every", "1,x", f"--every: '1,x' {LIST}"),
        ("--every", "1.5", f"--every: '1.5' {LIST}"),
        ("--every", "0", "every: 0 is out of range. Mend: give whole sessions from 1 up"),
        ("--band", "0", "band: 0.0 is no band. Mend: give a delta such as 0.1, under 1"),
        ("--band", "5", "band: 5.0 is no band. Mend: give a delta such as 0.1, under 1"),
        ("--every", "1,5,1", "ways: 'every 1' is given twice. Mend: remove one"),
        ("--from", "2022-12-01", TOO_SHORT),
        ("--band", "nan", "band: nan is not a number. Mend: give numbers"),
        ("--aversion", "0", f"aversion: 0.0 {POSITIVE}"),
        ("--sleeve", "vix_future", f"sleeve: {NO_OPTIONS}"),
        ("--sleeve", "put:covered=true,size=premium:1", f"sleeve: {NO_OPTIONS}"),
        ("--from", "soon", "--from: 'soon' is not a date. Mend: write YYYY-MM-DD"),
    ],
)
def test_a13_every_mistake_is_one_sentence(option: str, value: str, sentence: str) -> None:
    assert bad("scalp", option, value) == sentence


# ---- in Python ----------------------------------------------------------------------------------


def test_a13_the_frames_of_a_result(builtin) -> None:
    result = hr.scalp(builtin, every=1, band=[0.1], start="2019-01-02", end="2019-12-31")
    assert result.frame().index.tolist() == ["every 1", "band 0.1"]
    daily = result.frame("band 0.1")
    assert isinstance(daily.index, pd.DatetimeIndex)
    np.testing.assert_allclose(daily[list(PARTS)].sum(axis=1), daily["pnl"], atol=1e-9)
    months = result.frame("band 0.1", by="month")
    np.testing.assert_allclose(months["pnl"].sum(), daily["pnl"].sum(), rtol=1e-9)
    assert "2 ways to hedge" in repr(result)
    assert result._repr_html_().startswith("<pre>Gamma scalping of straddle-30d-1")
    with pytest.raises(hr.RangeError, match="there is no rule 'every 2'"):
        result.frame("every 2")
    with pytest.raises(hr.RangeError, match="day, month or year"):
        result.frame("every 1", by="week")
    with pytest.raises(hr.RangeError, match="is not a path"):
        result.picture(7)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"value": 0.0}, "value: 0.0 is not an amount"),
        ({"every": "daily"}, "every: 'daily' is not a number"),
        ({"every": [1, None]}, "every: None is not a number"),
        ({"costs": 1.0}, "costs: 1.0 is not Costs"),
        ({"hedge": hr.VixCall()}, "sleeve: its delta is not"),
    ],
    ids=lambda item: next(iter(item)) if isinstance(item, dict) else "",
)
def test_a13_mistakes_in_python(builtin, more, sentence: str) -> None:
    with pytest.raises(hr.HedgerowError, match=f"^{sentence}"):
        hr.scalp(builtin, **more)
