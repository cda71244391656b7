"""The page of the claims: whole, escaped, offline, the same every time, true to the study."""

from __future__ import annotations

import json
import math
import re
import subprocess
from dataclasses import replace

import pytest

import hedgerow as hr
from hedgerow.errors import RangeError
from hedgerow.report import claims as told
from hedgerow.report import claims_page
from hedgerow.research.claims.claim import Basis, Range, Unit, Verdict, about, over
from hedgerow.research.claims.study import CLAIMS, Study, study
from report.reader import Page
from report.test_browser import browser

SOME = ("saving", "her-equal-cost", "share-below-15", "e1-drawdown", "flash-crash",
        "normal-correlation", "sum-drawdown", "overfitted-sharpe")  # fmt: skip


@pytest.fixture(scope="module")
def found(builtin) -> Study:
    return study(builtin, only=SOME, resamples=100, facts={"source": "builtin"})


@pytest.fixture(scope="module")
def html(found) -> str:
    return claims_page.render(found, version="9.8.7")


@pytest.fixture(scope="module")
def read(html) -> Page:
    return Page(html)


def test_it_is_well_formed_and_every_link_leads_somewhere(read) -> None:
    assert len(read.ids) == len(set(read.ids))
    links = [value[1:] for tag, name, value in read.attributes if (tag, name) == ("a", "href")]
    assert set(links) <= set(read.ids)
    assert {f"claim-{name}" for name in SOME} <= set(read.ids)
    assert "Not investment advice." in read.text
    assert "What this does not show" in read.text


def test_it_asks_nothing_of_the_network(read, html) -> None:
    for tag, name, value in read.attributes:
        if name in {"src", "href", "srcset", "data", "action", "poster", "xlink:href"}:
            assert value.startswith("#"), f"<{tag} {name}={value!r}>"
    assert not re.search(r"https?:|@import|@font-face", html)
    assert not [1 for _, name, _ in read.attributes if name == "style" or name.startswith("on")]


def test_it_says_what_the_study_says(found, read) -> None:
    text = " ".join(read.text.split())
    for one in found.findings:
        assert told.SHORT[one.verdict] in text
        assert one.claim.definition in text
        if one.measurement is not None:
            assert told.written(one.measurement.value, one.claim.unit) in text
    held = sum(one.verdict is Verdict.HOLDS for one in found.findings
               if one.claim.basis is Basis.SAMPLE)  # fmt: skip
    assert f"{held} hold" in text
    assert "hedge prices modelled 100%" in text
    assert "the data have no published 'cor1m'" in text


def test_equal_studies_give_equal_pages(found, html) -> None:
    assert claims_page.render(found, version="9.8.7") == html


def test_strange_words_stay_words(found) -> None:
    """Text that came with the data reaches the page as text."""
    evil = "<script>alert(1)</script>&\"'"
    first = replace(found.findings[0], reason=evil)
    facts = {**found.facts, "source": evil, "policy": evil}
    made = claims_page.render(Study((first, *found.findings[1:]), facts), version=evil)
    assert "<script>alert" not in made
    assert made.count("&lt;script&gt;") >= 4
    Page(made)


def test_pictures_stay_inside_their_frame(found) -> None:
    for one in found.findings:
        if one.measurement is None:
            continue
        drawn = claims_page._picture(one.claim.claimed, one.measurement)
        places = [drawn[key] for key in ("x", "low", "high", "value")]
        assert all(0.0 <= place <= 100.0 for place in places)
        assert drawn["x"] + drawn["width"] <= 101.0
        assert drawn["low"] <= drawn["high"]


PROBE = """<!DOCTYPE html><html><body><iframe src="claims.html" width="360" height="3000"></iframe>
<script>
addEventListener("load", () => {
  const inside = document.querySelector("iframe");
  for (const one of inside.contentDocument.querySelectorAll("details")) one.open = true;
  const page = inside.contentDocument.documentElement;
  const measure = () => [inside.contentWindow.innerWidth, page.scrollWidth];
  const out = [measure()];
  inside.width = 1280;
  requestAnimationFrame(() => requestAnimationFrame(() => {
    out.push(measure());
    document.body.innerHTML = "<pre id=out>" + JSON.stringify(out) + "</pre>";
  }));
});
</script></body></html>"""


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_shows_it_without_scrolling_sideways(html, tmp_path) -> None:
    (tmp_path / "claims.html").write_text(html, encoding="utf-8")
    (tmp_path / "probe.html").write_text(PROBE, encoding="utf-8")
    done = subprocess.run(
        [
            browser(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--allow-file-access-from-files",
            "--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=4000", "--dump-dom", f"file://{tmp_path / 'probe.html'}",
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    said = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.S)
    assert said, done.stderr[-2000:]
    for inner, wide in json.loads(said.group(1)):
        assert wide <= inner


def test_every_main_claim_exists() -> None:
    assert set(claims_page.HEADLINES) <= {claim.id for claim in CLAIMS}


@pytest.mark.parametrize(
    ("claimed", "unit", "text"),
    [
        (Range(0.3, 0.5), Unit.SHARE, "30% … 50%"),
        (about(0.05), Unit.NUMBER, "about 0.05"),
        (about(120_000.0), Unit.USD, "about $120,000"),
        (over(0.0), Unit.SHARE, "over 0%"),
        (Range(-math.inf, 1.5), Unit.NUMBER, "under 1.5"),
        (Range(0.0, 0.02), Unit.SHARE, "0% … 2%"),
        (Range(-1e-9, 1e-9), Unit.NUMBER, "0"),
    ],
)
def test_what_is_claimed_is_told_shortly(claimed, unit, text) -> None:
    assert told.allowed(claimed, unit) == text


def test_the_api_answers_in_every_form(builtin, tmp_path) -> None:
    made = hr.claims(builtin, only=["saving", "sum-cap"], resamples=100)
    assert "38" in str(made) or "saving" in str(made)
    frame = made.frame()
    assert list(frame.index) == ["saving", "sum-cap"]
    assert frame.loc["saving", "low"] < frame.loc["saving", "value"] < frame.loc["saving", "high"]
    assert made.to_dict()["claims"][1]["verdict"] == "holds"
    assert made.report(tmp_path / "claims.html").exists()
    assert "2 claims" in repr(made)
    assert "definition" not in made.details()
    assert "  meaning   " in made.details()
    with pytest.raises(RangeError, match="one text"):
        hr.claims(builtin, only="saving")
    with pytest.raises(RangeError, match=r"hr\.load"):
        hr.claims("builtin")
    with pytest.raises(RangeError, match="is not a path"):
        made.report(3)
