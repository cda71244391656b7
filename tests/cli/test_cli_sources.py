"""``hedgerow sources``: listed, and one session of each tried."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from cli.console import ROOT
from hedgerow import cli


def run(*words: str):
    return CliRunner().invoke(cli.app, ["sources", *words])


def test_every_kind_of_the_settings_is_listed() -> None:
    rows = json.loads(run("list", "--json").stdout)["sources"]
    assert {row["name"] for row in rows} == {"cboe", "files", "folder", "yahoo", "ibkr", "replay"}
    assert "place: the folder" in run("list").stdout


def test_a_session_of_the_past_is_tried() -> None:
    place = "builtin@2020-03-02:2020-04-30"
    found = json.loads(
        run("try", "replay", "--place", place, "--session", "2020-03-16", "--json").stdout
    )
    assert (found["before"], found["accepted"], found["refusals"]) == ("2020-03-13", True, [])
    (spx,) = [row for row in found["columns"] if row["column"] == "spx"]
    assert (spx["value"], spx["last"], spx["origin"]) == (2386.13, 2711.02, "measured")
    assert "VIX is modelled, not measured" in found["findings"]
    said = run("try", "replay", "--place", place, "--session", "2020-03-16").stdout
    assert "It would be accepted." in said


def test_what_a_policy_reads_must_be_there() -> None:
    policy = str(ROOT / "examples" / "second_engine.toml")
    said = run("try", "replay", "--place", "builtin@2020-03-02:2020-04-30", "--policy", policy)
    assert "Refused: HY_SPREAD is missing" in said.stdout
    assert "It would be refused." in said.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cbo",), "source.kind: 'cbo' does not fit"),
        (("folder",), "source.place: a watched folder must be named"),
        (("folder", "--place", "nowhere"), "the files in nowhere: it does not exist"),
        (("ibkr", "--place", "x:y"), "'x:y' is no address of TWS"),
        (("replay", "--place", "builtin", "--session", "16.3.2020"), "is not a date"),
        (("cboe", "--history", "builtin", "--session", "2020-03-15"), "do not trade on that day"),
    ],
)
def test_a_mistake_is_one_sentence(words, said) -> None:
    found = run("try", *words)
    assert found.exit_code == 2
    assert said in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
