"""H11, H13, H14, H17: each stands in text, values, page and picture of a program with a book."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import hedgerow as hr
from hedgerow.cli import app
from hedgerow.report import rates as told

TEXT = """
name = "condors"
whole = true

[portfolio]
equity_share = 0.0

[execution]
future_depth = 40
liquidity = { threshold = 4.0, response = "split" }

[policies.hold]
raw = true
steps = [{ kind = "constant", level = 1.0 }, { kind = "at_roll" }]

[policies.cover]
raw = true
steps = [{ kind = "constant", level = 0.6 }]

[[lines]]
name = "condors"
role = "book"
policy = "hold"
sleeve = { kind = "condor", strike_step = 5, size = { contracts = 60 } }

[[lines]]
name = "vx"
policy = "cover"
sized_by = "book_vega"
sleeve = { kind = "vix_future", months = 1, roll_before = 5 }
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    path = tmp_path_factory.mktemp("rates") / "program.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def result(place):
    return hr.trade(
        hr.load_program(place), hr.load("builtin"), start="2016-07-01", end="2018-06-29"
    )


def test_each_rate_stands_in_the_text(result) -> None:
    text = str(result)
    for word in ("Effective insurance rate", "Beta to the S&P 500", "days that fell"):
        assert word in text
    assert "Carry of vx: " in text
    assert "Least depth over order size: condors " in text
    shown = told.figures(result.rates)
    assert f"{100.0 * shown['insurance']['whole']:.1f}%".replace("-", "−") in text


def test_the_values_are_those_of_the_columns(result) -> None:
    found, made = result.rates, result.to_dict()["rates"]
    assert made["insurance"]["whole"] == pytest.approx(found.cost.sum() / found.credit.sum())
    assert made["insurance"]["year"] == pytest.approx(
        found.cost[-252:].sum() / found.credit[-252:].sum()
    )
    beta = made["betas"]["book + hedge"]["beta"]
    assert beta["low"] < beta["value"] < beta["high"]
    assert made["liquidity"]["vx"] == pytest.approx(np.nanmin(found.liquidity["vx"]))
    carry = made["carry"]["vx"]
    assert carry["total"] == pytest.approx(carry["basis"] + carry["decay"] + carry["financing"])


def test_the_command_and_its_json_say_them(place) -> None:
    asked = ["trade", str(place), "--from", "2017-07-03", "--to", "2018-06-29"]
    runner = CliRunner()
    text, as_json = (runner.invoke(app, [*asked, *more]) for more in ([], ["--json"]))
    assert "Effective insurance rate" in text.stdout
    assert set(json.loads(as_json.stdout)["rates"]) == {
        *("insurance", "gross", "credit", "cost", "spend", "betas", "carry", "liquidity"),
        "gate",
    }


def test_the_page_has_the_section_and_its_charts(result, tmp_path) -> None:
    page = result.report(tmp_path / "report.html").read_text("utf-8")
    assert page.count('<section id="rates">') == 1
    for key in ("insurance", "beta", "liquidity"):
        assert f'id="chart-{key}"' in page


def test_a_program_without_a_book_says_nothing_of_it(tmp_path) -> None:
    program = hr.rulebook("pput").program
    made = hr.trade(program, hr.load("builtin"), start="2018-01-02", end="2018-03-29")
    assert made.rates is None
    assert "insurance" not in str(made)
    assert "rates" not in made.to_dict()
    assert 'id="rates"' not in made.report(tmp_path / "report.html").read_text("utf-8")


def test_the_picture_has_a_panel_for_each(result) -> None:
    drawn = ET.fromstring(told.picture(result.rates))
    names = [e.text for e in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert [name for name in names if name and ("rate" in name or "Beta" in name)]
    assert "Liquidity: depth over order size" in names


def test_a_short_run_has_neither_beta_nor_picture_of_it(place) -> None:
    made = hr.trade(
        hr.load_program(place), hr.load("builtin"), start="2018-01-02", end="2018-01-31"
    )
    assert not made.rates.betas
    assert "Beta to the S&P 500" not in str(made)
    assert "Beta" not in told.picture(made.rates)


def test_a_policy_that_reads_the_stressed_rate_gets_it_modelled(tmp_path) -> None:
    path = tmp_path / "gated.toml"
    gate = '{ kind = "hurdle", against = "rate", spread = 0.05 }'
    read = '[{ kind = "level", column = "stressed_irr" }, { kind = "level", column = "rate" }]'
    text = TEXT.replace(
        'steps = [{ kind = "constant", level = 1.0 }, ',
        f'signals = {read}\nsteps = [{{ kind = "constant", level = 1.0 }}, {gate}, ',
    )
    path.write_text(text, encoding="utf-8")
    made = hr.trade(hr.load_program(path), hr.load("builtin"), start="2017-01-03", end="2017-12-29")
    assert set(made.frame("condors")["x"]) <= {0.0, 1.0}
    assert made.found.market.sources["stressed_irr"].startswith("modelled")


def test_what_the_page_writes_runs(monkeypatch, tmp_path) -> None:
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    page = (root / "docs" / "rates.md").read_text("utf-8")
    code, steps = (page.split(f"```{kind}\n")[1].split("```")[0] for kind in ("python", "toml"))
    space: dict[str, Any] = {}
    exec(compile(code, "rates.md", "exec"), space)
    assert np.isfinite(space["found"].insurance[252][-1])
    policy = hr.Policy.from_toml(f"raw = true\n{steps}")
    assert [step.kind for step in policy.steps] == ["constant", "hurdle", "at_roll"]
