"""``--gate``: exit codes for CI, one line per failure, thresholds that can be moved."""

from __future__ import annotations

import pytest

from cli.console import LINEAR, SHORT, as_json, bad, call, good

RUN = ["backtest", LINEAR, "--sleeve", "put", *SHORT]


def test_a_run_without_the_gate_ends_well_and_tells_the_verdict() -> None:
    text = good(*RUN)
    assert "Verdict: " in text
    assert "Tests by resampling were left out" in text


def test_a_closed_gate_ends_with_three_and_a_line_for_each_failure() -> None:
    result = call(*RUN, "--no-costs", "--same-bar", "--gate")
    assert result.exit_code == 3
    lines = result.stderr.splitlines()
    assert all(line.startswith("hedgerow: gate: vix-linear with put-90d-0.9: ") for line in lines)
    assert any("fail: Costs are on (D2)" in line for line in lines)
    assert any("fail: Fills a bar later" in line for line in lines)
    assert "Verdict: FAIL: " in result.stdout
    assert "left out" not in result.stdout  # all was asked


def test_what_is_not_proven_closes_a_strict_gate_alone() -> None:
    # what fails on these few years is made to warn, so that what is left cannot be told
    kept = {"lookahead", "costs", "fills", "out_of_sample", "degradation", "deflated_sharpe"}
    kept |= {"saving_interval", "pbo", "modelled", "flag_ruin"}
    judged = as_json(*RUN)["results"][0]["verdict"]
    warn = ",".join(item["key"] for item in judged["items"] if item["key"] not in kept)
    terms = [*RUN, "--gate", "--threshold", f"warn={warn}"]
    calm = call(*terms)
    assert calm.exit_code == 0
    assert "NOT PROVEN" in calm.stdout
    assert calm.stderr.startswith("hedgerow: gate: vix-linear with put-90d-0.9: NOT PROVEN")
    strict = call(*terms, "--strict")
    assert strict.exit_code == 3
    assert "cannot be told: Modelled share of data" in strict.stderr


def test_json_has_every_item_with_number_and_threshold() -> None:
    made = as_json(*RUN)["results"][0]["verdict"]
    assert made["outcome"] in ("pass", "fail", "not proven")
    assert len(made["items"]) == 21
    for item in made["items"]:
        assert item["outcome"] in ("pass", "fail", "cannot be told", "not applicable")
        assert item["sentence"]
    modelled = next(item for item in made["items"] if item["key"] == "modelled")
    assert modelled["number"] == 1.0
    assert modelled["threshold"] == made["thresholds"]["modelled"] == 0.5


def test_compare_judges_each_policy() -> None:
    run = ["compare", "linear@option-a", "tiers", "--sleeve", "put", *SHORT]
    made = as_json(*run)
    assert list(made["verdicts"]) == ["linear-option-a", "tiers"]
    text = good(*run)
    assert "Verdicts\n  linear-option-a: " in text
    closed = call(*run, "--no-costs", "--gate")
    assert closed.exit_code == 3
    for name in made["verdicts"]:
        assert f"gate: {name} with put-90d-0.9: fail: Costs are on (D2)" in closed.stderr


def test_reports_end_with_the_verdict(tmp_path) -> None:
    for run in (RUN, ["compare", "tiers", "--sleeve", "put", *SHORT]):
        page = tmp_path / f"{run[0]}.html"
        good(*run, "--report", page)
        text = page.read_text("utf-8")
        assert '<section id="verdict">' in text
        assert "Modelled share of data" in text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--strict"], "--strict: it says how the gate decides. Mend: add --gate"),
        (["--gate", "--threshold", "pboo=1"], "did you mean 'pbo'?"),
        (["--gate", "--threshold", "nowhere.toml"], "there is no such thresholds file"),
        (["--threshold", "warn=trade"], "there is no item 'trade'"),
    ],
)
def test_mistakes_are_told_before_the_run(more, said) -> None:
    assert said in bad(*RUN, *more)
    assert said in bad("compare", "tiers", *more)
