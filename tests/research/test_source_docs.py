"""What docs/readings.md and docs/examples.md show is what the commands print and Python returns."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from cli.console import good
from hedgerow.research.examples.catalog import EXAMPLES

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {name: (DOCS / f"{name}.md").read_text("utf-8") for name in ("readings", "examples")}


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEDGEROW_DATA", str(tmp_path / "none"))


@pytest.mark.parametrize("name", PAGES)
def test_the_python_of_the_page_runs(name: str) -> None:
    found = doctest.DocTestParser().get_doctest(PAGES[name], {}, name, None, 0)
    assert len(found.examples) >= 3
    assert doctest.DocTestRunner().run(found).failed == 0


@pytest.mark.parametrize("name", PAGES)
def test_the_console_of_the_page_prints_what_it_shows(name: str) -> None:
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGES[name], re.M | re.S)
    command, *shown = block.splitlines()
    words = shlex.split(command)
    assert words[:2] == ["$", "hedgerow"]
    said = good(*words[2:]).splitlines()
    at = 0
    for line in shown:
        if line != "…":
            at = said.index(line, at) + 1


def test_the_page_of_examples_has_every_example_and_its_findings() -> None:
    page = PAGES["examples"]
    assert re.findall(r"^\| (E\d) \|", page, re.M) == list(EXAMPLES)
    one, three = EXAMPLES["E1"], EXAMPLES["E3"]
    assert f"${one.by_vega:,.0f}" in page
    assert f"{one.gain / one.vega(60.0):,.0f} points" in " ".join(page.split())
    assert f"{three.gamma_of(200_000.0, 0.15, 0.18):,.0f}" in page
