"""``compare``: many policies as text, as JSON, as a page and as a picture."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import hedgerow as hr
from cli.console import LINEAR, ROOT, SHORT, as_json, bad, good
from hedgerow.policies import catalog, files

FEW = ["linear@option-a", "tiers", "--sleeve", "put"]


def test_policies_may_be_files_and_rules() -> None:
    made = as_json("compare", LINEAR, "tiers@option-c", "sigmoid", *SHORT)
    names = [each["name"] for each in made["candidates"]]
    assert names == ["vix-linear", "tiers-option-c", "sigmoid", "fixed 1×", "no hedge"]
    texts = [hr.Policy.from_toml(each["policy"]) for each in made["candidates"][:3]]
    assert texts == [
        files.read(LINEAR), catalog.starter("tiers", "option-c"), catalog.starter("sigmoid"),
    ]  # fmt: skip
    assert made["notice"] == "Not investment advice."


def test_the_answer_in_text_and_the_files_beside_it() -> None:
    text = good("compare", *FEW, *SHORT, "--report", "a/page.html", "--picture", "a/b/one.svg")
    assert "Report: a/page.html" in text
    assert "Picture: a/b/one.svg" in text
    for word in ("given up", "fixed 1×", "no hedge", "less equity", "2020 Covid", "Look-ahead"):
        assert word in text
    assert Path("a/page.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert Path("a/b/one.svg").read_text("utf-8").startswith("<svg ")


def test_json_is_json_and_names_the_files() -> None:
    made = as_json("compare", *FEW, *SHORT, "--report", "page.html")
    assert made["report"] == "page.html"
    assert made["picture"] is None
    assert {"candidates", "divest_line", "crises", "efficient", "period"} <= set(made)


def test_the_options_reach_the_run() -> None:
    one = ["compare", "tiers", *SHORT]
    plain = as_json(*one)["candidates"]
    free = as_json(*one, "--no-costs")["candidates"]
    assert plain[0]["measures"]["transaction_costs"] > 0.0
    assert free[0]["measures"]["transaction_costs"] == 0.0
    half = as_json(*one, "--equity-share", "0.5", "--portfolio", "2m", "--size", "notional:0.5")
    assert half["portfolio"]["equity_share"] == 0.5
    assert half["portfolio"]["value"] == 2_000_000.0
    assert (
        half["candidates"][-1]["measures"]["max_drawdown"] > plain[-1]["measures"]["max_drawdown"]
    )
    dated = as_json(*one, "--split", "2020-01-02", "--protection", "her")
    assert dated["period"]["from"] == "2020-01-02"
    assert dated["protection"] == "her"
    ours = dated["candidates"][0]["measures"]
    assert ours["protection"] == ours["her"]
    two = as_json(*one, "--sleeve", "put:moneyness=0.85", "--sleeve", "variance_swap")
    assert [each["sleeve"] for each in two["candidates"]] == [
        "put-90d-0.85", "variance_swap-90d", "put-90d-0.85", "variance_swap-90d", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["linaer"],
            "linaer: this is neither a rule nor a policy file. Mend: did you mean 'linear'",
        ),
        (["linear@optoin-a"], "did you mean 'option-a'?"),
        (["term_split"], "this kind stands in a policy file beside a rule: see docs/policies.md"),
        (["linear@"], "use one of: option-a"),
        (["missing.toml"], "missing.toml: there is no such policy file"),
        (["a/b"], "a/b: there is no such policy file"),
        (["."], "this is a folder"),
        (["linear", "linear"], "'linear' is given twice"),
        (["linear", "--sleeve", "putt"], "putt"),
        (["linear", "--sleeve", "put", "--sleeve", "put", "--data", "nowhere"], "nowhere"),
        (["linear", "--split", "half"], "'half' is not a split"),
        (["linear", "--portfolio", "ten"], "'ten' is not an amount"),
        (["linear", "--from", "2020-01-02", "--to", "2019-01-02"], "swap --from and --to"),
        (["linear", "--report", "."], "this is a folder"),
    ],
)
def test_mistakes_are_one_sentence(words, said: str) -> None:
    assert said in bad("compare", *words)


def test_a_broken_file_is_named_with_its_field() -> None:
    Path("broken.toml").write_text('[[steps]]\nkind = "linear"\nhihg = 22\n')
    said = bad("compare", "tiers", "broken.toml")
    assert "broken.toml" in said
    assert "hihg" in said


def test_a_rule_comes_before_a_file_of_its_name() -> None:
    Path("tiers").write_text("nothing")
    Path("mine").write_text(Path(LINEAR).read_text("utf-8"))
    assert files.named("tiers") == catalog.starter("tiers")
    assert files.named("mine") == files.named(LINEAR) == files.read(LINEAR)


PAGE = (ROOT / "docs" / "choosing.md").read_text("utf-8")


@pytest.mark.slow
def test_the_console_of_the_page_says_what_it_says() -> None:
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE, re.M | re.S)
    command, *said = block.splitlines()
    text = good(*shlex.split(command.removeprefix("$ hedgerow ")))
    for line in said:
        assert line in text.splitlines()
    assert Path("choice.html").exists()
    assert Path("choice.svg").exists()


def test_the_python_of_the_page_runs(capsys) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    space: dict[str, object] = {}
    exec(compile(block, "choosing.md", "exec"), space)
    assert "Or simply less equity (D9)?" in capsys.readouterr().out
    assert list(space["table"].index) == ["linear", "tiers", "fixed 1×", "no hedge"]
    assert Path("choice.html").exists()
