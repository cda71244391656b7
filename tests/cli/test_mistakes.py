"""A user's mistake is one sentence and exit code 2; a bug of ours shows its traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.console import LINEAR, SHORT, bad, call
from hedgerow import config

ONE = ("--sleeve", "put")
MISTAKES = {
    "no file": (["backtest", "no.toml"], "no.toml: there is no such policy file"),
    "folder": (["backtest", "."], ".: this is a folder. Mend: name the .toml file inside it"),
    "no data": (["backtest", LINEAR, "--data", "nowhere"], "nowhere"),
    "no date": (
        ["backtest", LINEAR, "--from", "yesterday"],
        "--from: 'yesterday' is not a date. Mend: write YYYY-MM-DD",
    ),
    "end before start": (
        ["backtest", LINEAR, "--from", "2020-01-01", "--to", "2019-01-01"],
        "--to: the end 2019-01-01 lies before the start 2020-01-01. Mend: swap --from and --to",
    ),
    "start outside": (["backtest", LINEAR, *ONE, "--from", "1950-01-01"], "1950-01-01"),
    "end outside": (["backtest", LINEAR, *ONE, "--to", "2050-01-01"], "2050-01-01"),
    "after the data": (
        ["backtest", LINEAR, *ONE, "--from", "2030-01-01"],
        "2030-01-01 lies outside the data",
    ),
    "too short": (
        ["backtest", LINEAR, *ONE, "--from", "2020-01-02", "--to", "2020-01-10"],
        "--split",
    ),
    "split": (["backtest", LINEAR, *ONE, "--split", "half"], "--split: 'half' is not a split"),
    "sleeve": (
        ["backtest", LINEAR, "--sleeve", "putt"],
        "--sleeve.kind: unknown sleeve 'putt'. Mend: did you mean 'put'?",
    ),
    "sleeve field": (
        ["backtest", LINEAR, "--sleeve", "put:moneynes=0.9"],
        "--sleeve.moneynes: unknown key. Mend: did you mean 'moneyness'?",
    ),
    "size": (["backtest", LINEAR, *ONE, "--size", "vga:1"], "--size: unknown size 'vga'"),
    "amount": (
        ["backtest", LINEAR, "--portfolio", "ten"],
        "--portfolio: 'ten' is not an amount. Mend: write USD, such as 10000000 or 10m",
    ),
    "nothing to hedge": (["backtest", LINEAR, "--portfolio", "0"], "portfolio.value: 0.0 is out"),
    "beta": (["backtest", LINEAR, "--beta", "nan"], "portfolio.beta: nan is out of range"),
    "share": (["backtest", LINEAR, "--equity-share", "2"], "portfolio.equity_share: 2.0 is out"),
    "report is a folder": (
        ["backtest", LINEAR, *ONE, "--report", "."],
        ".: this is a folder. Mend: name a file inside it",
    ),
    "report below a file": (
        ["backtest", LINEAR, *ONE, "--report", f"{LINEAR}/r.html"],
        "r.html: the file cannot be written",
    ),
    "demo to a folder": (["demo", "--out", "."], ".: this is a folder"),
    "explain no date": (["explain", LINEAR, "9.3.2020"], "DATE: '9.3.2020' is not a date"),
    "explain outside": (
        ["explain", LINEAR, "1929-10-29", *SHORT],
        "1929-10-29 lies outside the run. Mend: choose a date inside 2018-01-02 … 2020-12-31",
    ),
    "show": (["policy", "show", "no.toml"], "no.toml: there is no such policy file"),
}


@pytest.mark.parametrize(("args", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_every_mistake_is_one_sentence_and_exit_code_2(args: list[str], sentence: str) -> None:
    assert sentence in bad(*args)


def test_a_misspelt_key_is_found_before_any_work(monkeypatch) -> None:
    monkeypatch.setattr(config, "Run", None)
    Path("p.toml").write_text(Path(LINEAR).read_text().replace("floor", "flor"))
    assert bad("backtest", "p.toml") == (
        "p.toml: steps[1].flor: unknown key. Mend: did you mean 'floor'?"
    )


def test_a_mistake_with_json_prints_no_json() -> None:
    assert "no such policy file" in bad("backtest", "no.toml", "--json")


def test_an_unexpected_error_is_a_bug_and_shows_its_traceback(monkeypatch) -> None:
    monkeypatch.setattr(config, "run", lambda *_, **__: 1 / 0)
    assert isinstance(call("backtest", LINEAR).exception, ZeroDivisionError)
