"""What docs/overfitting.md shows is what Python and the command line say."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from cli.console import good

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "overfitting.md").read_text("utf-8")


@pytest.mark.slow
def test_d7_the_page_says_what_comes_out(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    found = doctest.DocTestParser().get_doctest(PAGE, {}, "overfitting", None, 0)
    assert len(found.examples) >= 15
    assert doctest.DocTestRunner().run(found).failed == 0
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE, re.M | re.S)
    command, *shown = block.splitlines()
    assert good(*command.split()[2:]).splitlines() == shown
