"""``backtest``, ``explain`` and ``demo``: the answer as text, as JSON and as a report."""

from __future__ import annotations

from pathlib import Path

import pytest

import hedgerow as hr
from cli.console import LINEAR, SHORT, as_json, bad, good
from hedgerow import config
from hedgerow.policies import catalog, files


def test_backtest_of_one_sleeve_prints_the_answer() -> None:
    text = good("backtest", LINEAR, "--sleeve", "put", *SHORT)
    assert text.startswith("vix-linear with put-90d-0.9")
    for word in ("unhedged", "static", "dynamic", "2020 Covid", "Look-ahead", "modelled"):
        assert word in text
    assert text.rstrip().endswith("Not investment advice.")


def test_backtest_of_all_sleeves_puts_them_side_by_side() -> None:
    text = good("backtest", LINEAR, *SHORT)
    for name in ("put-90d", "put_spread-90d", "vix_future-1", "variance_swap-90d"):
        assert name in text.split("side by side")[1]
    assert max(len(line) for line in text.split("side by side")[1].splitlines()) <= 100


def test_backtest_json_has_every_sleeve_and_repeats_the_request() -> None:
    made = as_json("backtest", LINEAR, *SHORT, "--portfolio", "2m", "--size", "notional:0.5")
    assert [result["sleeve"]["kind"] for result in made["results"]] == list(config.ALL_SLEEVES)
    request = made["request"]
    assert request["portfolio"]["value"] == 2_000_000.0
    assert all(sleeve["size"] == {"notional": 0.5} for sleeve in request["sleeves"])
    assert hr.Policy.from_toml(request["policy"]) == files.read(LINEAR)
    assert made["notice"] == "Not investment advice."
    for result in made["results"]:
        assert {"strategies", "saving", "crises", "flags", "lookahead", "data"} <= set(result)


def test_the_same_question_has_the_same_digest() -> None:
    first = config.run(LINEAR, start="2018-01-02", value="10m")
    assert first.digest() == config.run(LINEAR, start="2018-01-02", value="10000000").digest()
    assert first.digest() != config.run(LINEAR, start="2018-01-03").digest()


def test_costs_and_same_bar_fills_reach_the_run() -> None:
    one = ["backtest", LINEAR, *SHORT, "--sleeve", "put"]
    free = as_json(*one, "--no-costs")["results"][0]
    paid = as_json(*one)["results"][0]
    assert free["strategies"]["all"]["dynamic"]["transaction_costs"] == 0.0
    assert paid["strategies"]["all"]["dynamic"]["transaction_costs"] > 0.0
    same = as_json(*one, "--same-bar")["results"][0]
    assert any(flag["raised"] and "bar" in flag["name"] for flag in same["flags"])


def test_several_sleeves_run_in_their_order() -> None:
    made = as_json(
        "backtest", LINEAR, *SHORT, "--sleeve", "put:moneyness=0.85", "--sleeve", "put"
    )  # fmt: skip
    names = [result["sleeve"]["name"] for result in made["results"]]
    assert names == ["put-90d-0.85", "put-90d-0.9"]


def test_explain_tells_the_way_from_signal_to_trade() -> None:
    text = good("explain", LINEAR, "2020-03-09", *SHORT)
    for word in ("2020-03-09", "vix", "linear", "bounds", "persist", "budget", "trigger", "target"):
        assert word in text
    assert text.rstrip().endswith("Not investment advice.")
    made = as_json("explain", LINEAR, "2020-03-09", *SHORT)
    assert [step["kind"] for step in made["steps"]] == [
        "linear", "bounds", "persist", "budget", "trigger",
    ]  # fmt: skip


def test_a_report_is_written_whole_into_a_folder_that_is_made() -> None:
    text = good("backtest", LINEAR, *SHORT, "--sleeve", "put", "--report", "a/b/r.html")
    assert "Report: a/b/r.html" in text
    assert Path("a/b/r.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype")
    assert [item.name for item in Path("a/b").iterdir()] == ["r.html"]


@pytest.mark.slow
def test_the_demo_answers_and_writes_its_report() -> None:
    text = good("demo")
    assert text.startswith("vix-linear with put-90d-0.9")
    assert "1990-01-02 … 2022-12-28" in text
    assert Path("out/report.html").stat().st_size > 10_000
    made = as_json("demo", "--out", "again.html")
    assert made["results"][0]["data"]["source"] == "builtin"
    assert made["report"] == "again.html"


def test_the_demo_runs_the_main_example() -> None:
    assert catalog.demo() == files.read(LINEAR)


@pytest.mark.slow
@pytest.mark.realdata
def test_all_sleeves_run_on_real_data(real_data: Path) -> None:
    made = as_json("backtest", LINEAR, "--data", str(real_data), "--from", "2004-01-01")
    assert [result["sleeve"]["kind"] for result in made["results"]] == list(config.ALL_SLEEVES)
    assert made["results"][0]["data"]["columns"]["vix"]["modelled"] == 0.0


def test_a_sleeve_that_the_data_cannot_carry_is_left_out_of_all(monkeypatch) -> None:
    from hedgerow import api
    from hedgerow.errors import SleeveError

    real = api.backtest

    def picky(policy, market, hedge, **more):
        if hedge.kind == "vix_future":
            raise SleeveError("there are no futures")
        return real(policy, market, hedge, **more)

    monkeypatch.setattr(api, "backtest", picky)
    made = as_json("backtest", LINEAR, *SHORT)
    assert made["left_out"] == {"vix_future-1": "there are no futures"}
    assert "Left out: vix_future-1" in good("backtest", LINEAR, *SHORT)
    assert "no futures" in bad("backtest", LINEAR, *SHORT, "--sleeve", "vix_future")


def test_a7_a_sleeve_without_the_delta_that_a_policy_needs_is_left_out_of_all() -> None:
    neutral = str(Path(LINEAR).with_name("delta_neutral.toml"))
    made = as_json("backtest", neutral, *SHORT)
    assert [result["sleeve"]["kind"] for result in made["results"]] == ["put", "put_spread"]
    assert set(made["left_out"]) == {"vix_future-1", "variance_swap-90d"}
    assert "has none on the index" in made["left_out"]["vix_future-1"]
    assert "has none on the index" in bad("backtest", neutral, *SHORT, "--sleeve", "vix_future")
