"""``policy check``, ``show`` and ``new``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import hedgerow as hr
from cli.console import LINEAR, ROOT, as_json, bad, call, good
from hedgerow.policies import catalog, files


def test_policy_check_names_the_steps() -> None:
    assert (
        good("policy", "check", LINEAR)
        .strip()
        .endswith("vix_linear.toml: good (linear → bounds → persist → budget → trigger)")
    )
    made = as_json("policy", "check", *sorted(map(str, ROOT.glob("examples/*.toml"))))
    assert made["ok"]
    assert len(made["files"]) >= 7


def test_policy_check_tells_every_bad_file() -> None:
    Path("a.toml").write_text('[[steps]]\nkind = "constant"\nlevl = 1\n')
    result = call("policy", "check", "a.toml", LINEAR, "b.toml")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "hedgerow: a.toml: steps[0].levl: unknown key. Mend: did you mean 'level'?",
        "hedgerow: b.toml: there is no such policy file. Mend: check the path, or write one "
        "with `hedgerow policy new --out FILE`",
    ]
    assert "vix_linear.toml: good" in result.stdout
    made = json.loads(call("policy", "check", "a.toml", "--json").stdout)
    assert not made["ok"]
    assert "levl" in made["files"][0]["error"]


def test_policy_show_answers_like_the_spec() -> None:
    text = good("policy", "show", LINEAR)
    assert re.search(r"^vix +10 +14 +18 +22 +25 +30 +40 +50 +60$", text, re.M)
    assert re.search(r"^x +0\.20 +0\.20 +0\.60 +1\.00 +1\.30 +1\.80 +2\.00", text, re.M)
    assert "every 7d" in text
    made = as_json("policy", "show", LINEAR)
    assert hr.Policy.from_toml(made["toml"]) == files.read(LINEAR)
    assert made["response"]["x"][2] == pytest.approx(0.6, abs=1e-12)


def test_policy_show_reproduces_the_worked_example() -> None:
    made = as_json("policy", "show", str(ROOT / "examples" / "worked_2017.toml"))["response"]
    answer = dict(zip(made["levels"], made["x"], strict=True))
    assert answer[14.0] == pytest.approx(0.25)
    assert answer[60.0] == pytest.approx(6.0)
    assert not made["bounded"]


def test_policy_show_of_a_constant_and_of_a_volatility() -> None:
    assert "Intensity" not in good("policy", "show", str(ROOT / "examples" / "static.toml"))
    assert "move off" in good("policy", "show", str(ROOT / "examples" / "static.toml"))
    made = as_json("policy", "show", str(ROOT / "examples" / "vol_ratio.toml"))["response"]
    assert made["signal"] == "rv20"
    assert made["x"][made["levels"].index(0.15)] == pytest.approx(1.0)


def test_policy_show_toml_reads_back() -> None:
    assert hr.Policy.from_toml(good("policy", "show", LINEAR, "--toml")) == files.read(LINEAR)


def test_policy_new_writes_what_can_be_read() -> None:
    assert hr.Policy.from_toml(good("policy", "new")) == catalog.starter("linear")
    good("policy", "new", "--rule", "tiers", "--preset", "option-c", "--out", "new/p.toml")
    assert files.read("new/p.toml") == catalog.starter("tiers", "option-c")
    made = as_json("policy", "new", "--rule", "sigmoid")
    assert made["file"] is None
    assert hr.Policy.from_toml(made["toml"]) == catalog.starter("sigmoid")


def test_policy_new_never_replaces_a_file_unasked() -> None:
    Path("p.toml").write_text("mine")
    assert "the file is there already. Mend: add --force" in bad("policy", "new", "--out", "p.toml")
    assert Path("p.toml").read_text() == "mine"
    good("policy", "new", "--out", "p.toml", "--force")
    assert files.read("p.toml") == catalog.starter("linear")


def test_policy_new_knows_its_rules_and_presets() -> None:
    assert bad("policy", "new", "--rule", "liner") == (
        "--rule: unknown rule 'liner'. Mend: did you mean 'linear'?"
    )
    assert "did you mean 'option-a'" in bad("policy", "new", "--preset", "optiona")


def test_a_program_is_not_called_a_policy_with_mistakes() -> None:
    program = ROOT / "examples" / "programs" / "layers.toml"
    for command in (("policy", "check"), ("policy", "show"), ("backtest",)):
        said = bad(*command, program)
        assert "this is a program, not a policy. Mend: trade it with `hedgerow trade FILE`" in said
