"""``duties``, ``why`` and ``review`` at the console, on a book; what docs/duties.md shows."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hedgerow import cli

PAGE = Path(__file__).resolve().parents[3] / "docs" / "duties.md"


def run(*words: str, code: int = 0):
    result = CliRunner().invoke(cli.app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def book(crash, tmp_path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    shutil.copy(crash, tmp_path / "book.db")
    return "book.db"


def test_the_page_shows_what_is_said(book) -> None:
    text = PAGE.read_text("utf-8")
    commands = 0
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        said: list[str] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                said = run(*shlex.split(line[2:])[1:]).output.splitlines()
                commands += 1
            elif line != "…":
                assert line in said
    assert commands >= 4


def test_the_python_of_the_page_runs(book, capsys) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    exec(compile(block, "duties.md", "exec"), {})
    assert capsys.readouterr().out.startswith("2020-04-30 29.89")


def test_duties_are_shown_done_and_shown_again(book) -> None:
    asked = ("duties", book, "--session", "2020-02-07", "--json")
    before = json.loads(run(*asked).stdout)
    assert [each["kind"] for each in before["due"]] == ["daily"] * 5 + ["weekly"]
    now = json.loads(run(*asked, "--do").stdout)
    assert [each["duty"] for each in now["now"]] == ["daily"] * 5 + ["weekly"]
    assert now["due"] == []
    again = json.loads(run(*asked, "--do").stdout)
    assert again["now"] == []
    assert len(again["done"]) == 6
    assert "Nothing is due." in run(*asked[:-1], "--do").output
    assert "2020-02-07  weekly  done" in run(*asked[:-1]).output
    one = json.loads(run("duties", book, "--kind", "monthly", "--json").stdout)
    assert [each["session"] for each in one["due"]] == ["2020-02-28", "2020-03-31", "2020-04-30"]


def test_why_in_words_and_as_json(book) -> None:
    words = run("why", book, "2020-03-09", "--line", "puts").output
    assert "made again from the record: the same, to the last bit" in words
    table = json.loads(run("why", book, "2020-03-09", "--line", "puts", "--json").stdout)
    assert table["same"] is True
    assert [step["kind"] for step in table["steps"]] == ["linear", "bounds", "trigger"]
    assert table["orders"]


def test_a_book_can_be_reviewed_by_the_month(book) -> None:
    run("duties", book, "--session", "2020-02-03", "--do")  # the desk's chain is there from now on
    for more in ((), ("--run", "live")):
        found = json.loads(run("review", book, *more, "--month", "2020-03", "--json").stdout)
        assert [month["bars"] for month in found["months"]] == [22]
    assert "62 bars" in run("ledger", "replay", book).output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("why", "none.db", "2020-03-09"), "there is no such ledger"),
        (("why", "book.db", "2020-03-09"), "several lines"),
        (("why", "book.db", "2020-03-09", "--line", "putz"), "there is no line 'putz'"),
        (("why", "book.db", "2021-03-09", "--line", "puts"), "lies outside the run"),
        (("duties", "book.db", "--run", "lives"), "there is no run 'lives'"),
        (("duties", "book.db", "--session", "soon"), "--session"),
    ],
)
def test_a_mistake_is_one_sentence(book, words, said) -> None:
    result = run(*words, code=2)
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not Path("none.db").exists()
