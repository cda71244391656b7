"""``alvh replay`` from the outside."""

from __future__ import annotations

import pytest

from cli.console import ROOT, as_json, bad, good
from intraday_days import Folder

POLICY = """
raw = true
name = "by level"
signals = [{ kind = "level", column = "vix" }, { kind = "execution_window" }]
steps = [{ kind = "linear", signal = "vix", low = 10, high = 20 }, { kind = "layered_trade" }]
"""


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "data").write()


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def test_json_picture_and_page_come_of_one_run(folder, policy, tmp_path) -> None:
    picture, page = tmp_path / "out.svg", tmp_path / "out.html"
    args = ("alvh", "replay", policy, "--data", folder, "--from", "2018-12-03")
    said = as_json(*args, "--save", picture, "--report", page)
    assert said["bar_minutes"] == 60
    assert said["from"] == "2018-12-03"
    assert said["ways"]["hedged"]["hedge_cost"] > 0.0
    assert said["picture"] == str(picture)
    assert "<svg" in picture.read_text("utf-8")
    assert "IV is MODELLED" in page.read_text("utf-8")
    free = as_json(*args, "--no-costs")
    assert free["ways"]["hedged"]["hedge_cost"] == 0.0
    assert free["ways"]["alone"]["pnl"] > said["ways"]["alone"]["pnl"]
    text = good(*args)
    assert said["answer"].split(";")[0] in text
    assert "Not investment advice." in text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--bars", "7m"), "'7m' is not a length of bars"),
        (("--bars", "5m"), "longer than 5 minutes"),
        (("--from", "2022-01-03"), "no intraday bars of the index"),
        (("--from", "yesterday"), "--from"),
        (("--delta", "0.9"), "book.delta: 0.9 is out of range"),
        (("--data", "builtin"), "is no folder with intraday bars"),
    ],
)
def test_mistakes_are_one_sentence(folder, policy, args, says) -> None:
    usual = ("--data", folder, "--from", "2018-12-03")
    given = tuple(word for word in usual if usual[0] not in args or word not in usual[:2])
    assert says in bad("alvh", "replay", policy, *given, *args)


def test_rules_whose_signals_the_data_lack_name_the_column(folder, tmp_path) -> None:
    rules = ROOT / "examples" / "shortvol" / "alvh.toml"
    args = ("--data", folder, "--from", "2018-12-03")
    assert "market.cor1m" in bad("alvh", "replay", rules, *args)
    (tmp_path / "bad.toml").write_text("[tranches]\nfirst = 0.5\n", encoding="utf-8")
    assert "tranches.first" in bad("alvh", "replay", tmp_path / "bad.toml", *args)
