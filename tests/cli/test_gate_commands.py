"""``--gate`` of sweep, search, walk and stress: exit codes, JSON, pages, mistakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
import planted
from cli.console import LINEAR, as_json, bad, call, good
from hedgerow.core.step import STEPS

SHORT = ["--from", "2017-01-03", "--to", "2020-12-31"]
QUICK = [*SHORT, "--carriage", "numpy"]
SWEEP = ["sweep", LINEAR, "--axis", "linear.low=10,12", *SHORT]
SEARCH = ["search", LINEAR, "--range", "linear.low=8:18", "--trials", 2, *QUICK]
WALK = ["walk", LINEAR, "--axis", "linear.low=10,14", "--train", "2y", "--groups", 0, *QUICK]
STRESS = ["stress", LINEAR, "--model", "flash", "--paths", 8, "--sessions", 40]


@pytest.fixture(autouse=True)
def _few_years(monkeypatch):
    few = hr.load("builtin", start="2016-01-04", end="2020-12-31")
    monkeypatch.setattr("hedgerow.api.load", lambda source: few)


EACH = pytest.mark.parametrize("run", [SWEEP, SEARCH, WALK, STRESS], ids=lambda run: run[0])

WAVE = """
raw = true
name = "wave"
[[signals]]
kind = "level"
column = "vix"
[[steps]]
kind = "wave"
[[steps]]
kind = "bounds"
floor = 0.0
cap = 2.0
[[steps]]
kind = "at_roll"
"""


@EACH
def test_text_json_and_exit_code_say_the_same(run) -> None:
    made = as_json(*run)["verdict"]
    assert len(made["items"]) == (22 if run is STRESS else 21)
    closed = call(*run, "--no-costs", "--gate")
    assert closed.exit_code == 3
    lines = closed.stderr.splitlines()
    assert all(line.startswith("hedgerow: gate: vix-linear with ") for line in lines)
    assert any("fail: Costs are on (D2)" in line for line in lines)
    assert "Verdict: FAIL: " in closed.stdout
    assert "left out" not in closed.stdout  # all was asked


@EACH
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--strict"], "--strict: it says how the gate decides. Mend: add --gate"),
        (["--gate", "--threshold", "pboo=1"], "did you mean 'pbo'?"),
        (["--threshold", "warn=trade"], "there is no item 'trade'"),
    ],
    ids=["strict", "name", "item"],
)
def test_mistakes_are_told_before_the_run(run, more, said) -> None:
    assert said in bad(*run, *more)


@pytest.mark.parametrize("run", [SEARCH, WALK, STRESS], ids=lambda run: run[0])
def test_pages_end_with_the_verdict(run) -> None:
    text = good(*run, "--report", "page.html")
    assert "Verdict: " in text
    page = Path("page.html").read_text("utf-8")
    assert page.count('<section id="verdict">') == 1
    assert page.index('id="verdict"') > page.index('id="terms"')
    assert "Modelled share of data" in page
    assert ("are no evidence" in page) == (run is STRESS)


def test_a_stress_of_one_path_or_a_book_has_no_verdict() -> None:
    assert "--gate: the verdict is on all paths" in bad(*STRESS, "--replay", 0, "--gate")
    assert "--gate: the verdict is on all paths" in bad(*STRESS, "--book", "--threshold", "pbo=0.1")


@pytest.mark.slow
def test_a_sweep_of_noise_ends_with_three_for_its_choice(monkeypatch) -> None:
    market = planted.market(False, start="2006-01-02", end="2015-12-31")
    monkeypatch.setitem(STEPS, "wave", planted.Wave)
    monkeypatch.setattr("hedgerow.api.load", lambda source: market)
    monkeypatch.setenv("HEDGEROW_TRIALS", "trials.jsonl")
    Path("wave.toml").write_text(WAVE)
    phases = ",".join(f"{phase:.4f}" for phase in np.linspace(0.0, 6.28, 40))
    axes = ["--axis", "wave.pitch=0.8,0.9,1,1.1,1.2", "--axis", f"wave.phase={phases}"]
    closed = call("sweep", "wave.toml", *axes, "--sleeve", "vix_future", "--gate")
    assert closed.exit_code == 3, closed.stderr
    assert "gate: wave with vix_future-1: fail: Probability of overfitting (D7)" in closed.stderr
    calm = call(
        "sweep", "wave.toml", *axes, "--sleeve", "vix_future", "--gate", "--no-overfit"
    ).stderr
    assert "fail: Probability of overfitting" not in calm
