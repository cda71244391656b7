"""``stress``: text, JSON, page, one path again, the book, and mistakes in one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hedgerow as hr
from cli.console import LINEAR, ROOT, as_json, bad, good

FEW = [LINEAR, "--model", "flash", "--paths", "24", "--sessions", "90"]


def test_the_answer_in_text_and_the_page_beside_it() -> None:
    text = good("stress", *FEW, "--report", "a/stress.html")
    assert "24 simulated paths of 90 sessions" in text
    assert "a fall of 20%" in text
    assert "Report: a/stress.html" in text
    page = Path("a/stress.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    for word in ("The worst paths", "Today", "What this does not show", "Fingerprint"):
        assert word in page
    assert page.count("data:image/svg+xml;base64,") == 4
    assert "nan" not in page.lower().split("</style>")[1].split("base64")[0]


def test_json_has_every_number_and_the_same_ones_again() -> None:
    first, second = as_json("stress", *FEW), as_json("stress", *FEW)
    assert first == second
    assert first["paths"] == 24
    assert {"unhedged", "static", "dynamic", "matched", "divested"} == set(first["strategies"])
    assert {"static", "unhedged", "matched", "divested"} == set(first["dynamic_less"])
    dynamic = first["strategies"]["dynamic"]
    assert dynamic["return_es_5"]["value"] <= dynamic["return"]["q05"]
    assert as_json("stress", *FEW, "--seed", "1")["digest"] != first["digest"]


def test_a_worst_path_again_and_its_market() -> None:
    worst = as_json("stress", *FEW)["worst"][0]
    text = good("stress", *FEW, "--replay", worst["path"], "--save", "one", "--picture", "one.svg")
    assert f"Path {worst['path']}:" in text
    assert Path("one.svg").read_text("utf-8").startswith("<svg ")
    played = as_json("stress", *FEW, "--replay", worst["path"])
    nav = played["strategies"]["dynamic"]["nav"]
    assert nav[-1] / nav[0] - 1.0 == worst["dynamic"]
    market = hr.load("one")
    assert market["spx"][-91:].tolist() == played["spx"]
    again = as_json("backtest", LINEAR, "--data", "one", "--sleeve", "put")
    assert again["results"][0]["data"]["source"] == "one"


def test_the_book_of_a_day() -> None:
    text = good("stress", LINEAR, "--model", "flash", "--book", "--from", "2020-02-19")
    for word in ("Held at the close of 2020-02-19", "Worst cell: index", "vega", "modelled"):
        assert word in text


def test_the_book_as_json_and_picture() -> None:
    made = as_json("stress", LINEAR, "--model", "flash", "--book", "--picture", "book.svg")
    assert made["picture"] == "book.svg"
    shape = (len(made["days"]), len(made["shocks"]), len(made["spots"]))
    assert shape == (4, 7, 10)
    assert made["worst"]["both"] == min(cell for day in made["both"] for row in day for cell in row)


def test_a_replay_of_history_from_todays_state() -> None:
    text = good("stress", LINEAR, "--model", "replay:2020", "--start-vix", "14")
    assert "one simulated path of 103 sessions" in text
    assert "VIX 14.0" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "regime"], "did you mean 'regimes'"),
        (["--model", "replay:1999"], "no stretch '1999'"),
        (["--model", "replay:2020"], "would all be the same"),
        (["--paths", "0"], "not a whole number of 1 or more"),
        (["--sessions", "-5"], "not a whole number of 1 or more"),
        (["--seed", "-1"], "not a whole number of 0 or more"),
        (["--replay", "24"], "numbered 0 … 23"),
        (["--start-vix", "-3"], "not a positive number"),
        (["--from", "1980-01-01"], "outside the data"),
        (["--from", "soon"], "not a date"),
        (["--save", "one"], "--replay N"),
        (["--picture", "one.svg"], "picture of what"),
        (["--book", "--replay", "1"], "one at a time"),
        (["--book", "--report", "page.html"], "of all paths"),
        (["--sleeve", "puts"], "put"),
        (["--report", "."], "folder"),
    ],
)
def test_mistakes_are_one_sentence(options: list[str], said: str) -> None:
    few = [part for part in FEW if "--model" not in options or part not in {"--model", "flash"}]
    assert said in bad("stress", *few, *options)


def test_a_history_too_short_for_a_fit() -> None:
    Path("data").mkdir()
    days = [f"2020-01-{day:02d}" for day in range(2, 30)]
    rows = "\n".join(["Date,Close", *(f"{day},{3000 + i}" for i, day in enumerate(days)), ""])
    Path("data/spx.csv").write_text(rows, encoding="utf-8")
    Path("data/vix.csv").write_text(rows.replace("30", "1", 0), encoding="utf-8")
    assert "hedgerow" not in bad("stress", LINEAR, "--data", "data")


@pytest.mark.slow
def test_the_console_of_the_docs_says_what_it_says() -> None:
    text = (ROOT / "docs" / "stress.md").read_text(encoding="utf-8")
    ((command, shown),) = re.findall(
        r"^```console\n\$ hedgerow (.*?)\n(.*?)^```", text, re.M | re.S
    )
    said = good(*command.replace("examples/vix_linear.toml", LINEAR).split()).splitlines()
    assert set(shown.splitlines()) <= set(said)
    assert "misses 4" in "\n".join(said)
