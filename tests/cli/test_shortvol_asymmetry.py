"""``shortvol asymmetry`` from the outside."""

from __future__ import annotations

import pytest

import hedgerow as hr
from cli.console import as_json, bad, good
from hedgerow.shortvol.asymmetry.response import Response


@pytest.mark.realdata
def test_text_json_page_and_response_hold_what_python_finds(real_data, tmp_path) -> None:
    page, file = tmp_path / "asymmetry.html", tmp_path / "response.toml"
    args = ("shortvol", "asymmetry", "--data", real_data, "--from", "2012-01-03", "--tenor", 30)
    args += ("--to", "2016-12-30", "--report", page, "--save", file)
    made = hr.asymmetry(hr.load(real_data, start="2012-01-03", end="2016-12-30"), tenors=[30])
    table = as_json(*args)
    assert table["levels"][0]["day"]["fall"]["value"] == made.found.main.day.fall.value
    assert table["report"] == str(page)
    assert table["response"] == str(file)
    assert Response.from_toml(file) == made.response
    html = page.read_text(encoding="utf-8")
    assert "data:image/svg+xml" in html
    assert "VIX futures held a day" in html
    assert str(made) in good(*args[:-4])


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--data", "builtin", "--tenor", 93), "market.vix3m: the data have no VIX3M"),
        (("--data", "builtin", "--tenor", 45), "tenor: no index measures a tenor of 45 days"),
        (("--data", "builtin", "--chain", "none.csv"), "none.csv: there is no such file"),
        (("--data", "builtin", "--level", 1.5), "level: 1.5 is not within"),
        (("--data", "builtin", "--from", "soon"), "'soon' is not a date"),
    ],
)
def test_mistakes_are_one_sentence(args: tuple[object, ...], says: str) -> None:
    assert says in bad("shortvol", "asymmetry", *args)
