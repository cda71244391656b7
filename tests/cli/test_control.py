"""``control`` from the outside."""

from __future__ import annotations

import re

import pytest

import hedgerow as hr
from cli.console import as_json, bad, good

QUICK = ("--carry", 0.019, "--cost", 0.0005)


@pytest.mark.slow
def test_a14_the_band_is_solved_told_drawn_and_written_as_a_policy(tmp_path) -> None:
    said = good("control", *QUICK, "--out", "made/policy.toml", "--picture", "made/band.svg")
    assert "No-trade band fitted to 1990-01-29" in said
    assert "5.00 bp of NAV per unit traded" in said
    assert "which no rule was made on" in said
    assert "Try: hedgerow backtest made/policy.toml" in said
    policy = hr.load_policy(tmp_path / "made" / "policy.toml")
    assert [step.kind for step in policy.steps] == ["band_table", "bounds", "on_change"]
    assert (tmp_path / "made" / "band.svg").read_text("utf-8").startswith("<svg")
    rest = ("--sleeve", "put", "--from", "2007-01-03", "--to", "2009-12-31")
    found = as_json("backtest", "made/policy.toml", *rest)["results"][0]
    assert all(verdict["passed"] for verdict in found["lookahead"])
    assert 0 < found["strategies"]["all"]["dynamic"]["trades_per_year"] < 40
    told = good("explain", "made/policy.toml", "2008-01-22", *rest)
    assert re.search(r"band [\d.]+ … [\d.]+, [\d.]+ before (stays|raised|lowered)", told)
    assert "is there already" in bad("control", *QUICK, "--out", "made/policy.toml")


@pytest.mark.slow
def test_a14_json_has_every_state_and_bill() -> None:
    found = as_json("control", *QUICK, "--loss", 2, "--regime", "rv20", "--threshold", 0.15)
    assert found["terms"]["loss"] == found["terms"]["loss_told"] == 2.0
    assert found["regime"] == {"signal": "rv20", "high_over": 0.15}
    assert [state["regime"] for state in found["states"]] == ["low"] * 6 + ["high"] * 6
    for state in found["states"]:
        assert 0.2 <= state["lower"] <= state["upper"] <= 2.0
    names = {"band", "best trigger", "3-point trigger", "static"}
    assert set(found["simulated"]["policies"]) == names
    assert set(found["real"]["policies"]) == names | {"band, refitted yearly"}
    for bill in found["real"]["policies"].values():
        assert bill["total"] == pytest.approx(bill["carry"] + bill["crash_loss"] + bill["trading"])
    assert hr.Policy.from_toml(found["policy"]["toml"]).signals[1].name == "rv20"
    assert found["file"] is None
    assert found["modelled"]["vix"] == pytest.approx(0.85, abs=0.01)  # docs/modelled-vix.md


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cost", -1), "control.cost: -1.0 is less than 0"),
        (("--regime", "vox"), "no column 'vox'"),
        (("--from", "2015-01-02"), "give at least 2,520"),
        (("--sleeve", "vix_putt"), "unknown sleeve"),
        (("--floor", 2), "cap must be greater than floor"),
        (("--picture", "."), "this is a folder"),
        (("--out", "."), "this is a folder"),
        (("--from", "soon"), "--from: 'soon' is not a date"),
    ],
)
def test_mistakes_are_one_sentence(words, said: str) -> None:
    assert said in bad("control", *words)


def test_a_file_that_is_there_already_stops_the_command_before_its_work(tmp_path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text("mine", "utf-8")
    said = bad("control", "--data", "nowhere", "--out", file, "--picture", tmp_path / "band.svg")
    assert said == f"{file}: the file is there already. Mend: add --force to replace it"
    assert file.read_text("utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["policy.toml"]
