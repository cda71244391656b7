"""``falls`` from the outside."""

from __future__ import annotations

import pytest

import hedgerow as hr
from cli.console import as_json, bad, good
from hedgerow.policies.catalog import starter


def test_json_and_page_hold_what_python_finds(tmp_path) -> None:
    page = tmp_path / "falls.html"
    args = ("falls", "linear", "--fall", "1987", "--sleeve", "put")
    found = as_json(*args, "--report", page)
    made = hr.falls([starter("linear")], names=["1987"])
    rows = found["falls"]["1987"]["rows"]
    assert [row["her"] for row in rows] == made.frame()["her"].tolist()
    assert {row["rule"] for row in rows} == {"static", "linear"}
    assert {row["vix"] for row in rows} == {12.0, 17.0, 25.0}
    assert "Black Monday" in page.read_text(encoding="utf-8")
    assert found["report"] == str(page)


def test_falls_follow_the_data_that_are_given() -> None:
    said = good("falls", "linear", "--data", "builtin", "--to", "2017-11-30", "--fall", "flash")
    assert "Made falls after the history" in said
    assert "  11  " in said  # VIX of that day


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--fall", "crash"), "falls: no fall 'crash'"),
        (("--to", "2017-11-30"), "--from, --to: dates of no data. Mend: add --data SOURCE"),
        (("lineer",), "did you mean 'linear'"),
        (("--sleeve", "putt"), "putt"),
    ],
)
def test_mistakes_are_one_sentence(args: tuple[str, ...], says: str) -> None:
    assert says in bad("falls", *args)
