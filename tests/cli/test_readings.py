"""``hedgerow readings``: the list, a run as text, JSON and page, and mistakes in one sentence."""

from __future__ import annotations

import pytest

from cli.console import SHORT, as_json, bad, good
from hedgerow.research.readings import several, variants


def test_without_a_rule_those_with_several_readings_are_listed() -> None:
    said = good("readings")
    assert "linear" in said
    assert "option-a, formula, example, worked-2017" in said
    made = as_json("readings")
    assert [row["rule"] for row in made["rules"]] == sorted(several())
    for row in made["rules"]:
        assert [each["name"] for each in row["readings"]] == [v.name for v in variants(row["rule"])]
        assert all(each["why"] for each in row["readings"] if each["name"] != "default")


def test_readings_of_a_rule_are_told_side_by_side(tmp_path) -> None:
    page = tmp_path / "made" / "readings.html"
    said = good("readings", "linear", *SHORT, "--size", "vega:1000", "--report", page)
    lines = said.splitlines()
    assert lines[0] == (
        "Readings of linear with put-90d-0.9 on $10,000,000, with floor and cap, "
        "2018-01-02 … 2020-12-31."
    )
    for variant in variants("linear"):
        assert " ".join(variant.why.split()) in " ".join(said.split())
    rows = [line.split() for line in lines if line.startswith("option-a  ")]
    assert rows[1][1:] == ["0.20", "0.20", "0.60", "1.00", "1.30", "1.80", "2.00", "2.00", "2.00"]
    assert rows[0][-2:] == ["$0", "0.000%"]
    assert "VIX modelled on" in said
    assert said.endswith(f"Not investment advice.\nReport: {page}\n")
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_raw_readings_as_json_have_no_bounds_and_add_up() -> None:
    made = as_json("readings", "linear", *SHORT, "--raw")
    assert made["bounded"] is False
    first, *others = made["readings"]
    assert first["name"] == "option-a"
    assert made["readings"][3]["at_vix"] == {
        "10": 0.0, "14": 0.25, "18": 0.75, "22": 1.25, "25": 1.625, "30": 2.25, "40": 3.5,
        "50": 4.75, "60": 6.0,
    }  # fmt: skip
    for row in others:
        gained = row["figures"]["hedge_pnl"] - first["figures"]["hedge_pnl"]
        assert row["against_default"]["hedge_pnl"] == pytest.approx(gained, abs=1e-6)
    assert made["notice"] == "Not investment advice."


def test_an_overlay_has_readings_too() -> None:
    made = as_json("readings", "trigger", *SHORT)
    assert [row["name"] for row in made["readings"]] == ["spec", "rules", "practical", "mistakes"]
    trades = [row["figures"]["trades_per_year"] for row in made["readings"]]
    assert len(set(trades)) > 1
    assert made["readings"][0]["at_vix"] == {}


def test_a_modelled_signal_is_said_to_be_one() -> None:
    said = good("readings", "term_split", *SHORT)
    assert "The signal curve30_91 comes from a model of VIX futures on 100% of the days" in said


def test_a_reading_whose_data_lack_is_listed_with_the_reason() -> None:
    said = good("readings", "correlation_ratio", *SHORT)
    assert "Could not run: implied: " in said
    assert "Could not run: realised: " in said
    made = as_json("readings", "correlation_ratio", *SHORT)
    assert all(row["problem"] for row in made["readings"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["liner"], "RULE: unknown rule 'liner'. Mend: did you mean 'linear'?"),
        (["level"], "RULE: unknown rule 'level'. Mend: use one of: linear, tiers, bands, sigmoid,"),
        (["linear", "--size", "vega"], "--size: '' is not a number. Mend: write vega:1000"),
        (["constant"], "'constant' has one reading only"),
        (["linear", "--from", "2030-01-02"], "lies outside the data"),
        (["linear", "--from", "2018-13-01"], "--from: "),
        (["linear", "--sleeve", "putt"], "did you mean 'put'"),
        (["linear", "--portfolio", "lots"], "'lots' is not an amount"),
        (["linear", "--data", "nowhere"], "nowhere"),
        (["linear", "--report", "."], "this is a folder"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(words, said) -> None:
    assert said in bad("readings", *words)
