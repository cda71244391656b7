"""What the README and CONTRIBUTING say is run, so that it stays true."""

from __future__ import annotations

import doctest
import re
import runpy
import shlex
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import hedgerow.policies  # noqa: F401  # fills the catalogue before a page adds to it
from hedgerow import cli
from hedgerow.core.step import SIGNALS, STEPS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEDGEROW_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))


@pytest.mark.slow
def test_the_python_of_the_readme_runs(capsys) -> None:
    space: dict[str, object] = {}
    found = blocks(README, "python")
    assert len(found) >= 2
    for block in found:
        exec(compile(block, "README.md", "exec"), space)
    said = capsys.readouterr().out
    assert "vix-linear with put-90d-0.9" in said
    assert "Decision at the close of 2020-03-09" in said
    assert Path("report.html").stat().st_size > 10_000


@pytest.mark.slow
def test_the_console_of_the_readme_says_what_it_says() -> None:
    Path("misspelt.toml").write_text('[[steps]]\nkind = "linear"\nhihg = 22\n')
    own = (ROOT / "examples" / "own_signal.py").read_text(encoding="utf-8")
    Path("my_signal.py").write_text(own, encoding="utf-8")
    codes = {"misspelt.toml": 2, "--gate": 3}
    commands = 0
    for block in blocks(README, "console"):
        said: list[str] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                words = shlex.split(line[2:])
                words, into = (words[:-2], words[-1]) if words[-2] == ">" else (words, "")
                assert words[0] == "hedgerow"
                result = CliRunner().invoke(cli.app, words[1:])
                expected = next((codes[word] for word in words if word in codes), 0)
                assert result.exit_code == expected, result.output
                said = result.output.splitlines()
                if into:
                    Path(into).write_text(result.stdout, encoding="utf-8")
                commands += 1
            else:
                assert line in said
    assert commands >= 6
    assert Path("report.html").exists()


def contributed(block: str, monkeypatch) -> Any:
    """Return the block as a module: compiling, and dataclasses, look theirs up."""
    file = Path("contributed.py")
    file.write_text(block)
    module = types.ModuleType("contributed")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "contributed", module)
    exec(compile(block, str(file), "exec"), module.__dict__)
    return module


def test_the_step_of_contributing_works(monkeypatch) -> None:
    import hedgerow as hr

    block = blocks(CONTRIBUTING, "python")[0]
    known = dict(STEPS)
    try:
        module = contributed(block, monkeypatch)
        market = hr.load("builtin", start="2019-01-01", end="2020-12-31")
        result = hr.backtest(module.policy, market, hr.Put()).to_dict()
        assert all(verdict["passed"] for verdict in result["lookahead"])
        axes = {"ramp.most": [0.05, 0.2, 1.0]}
        by_numpy, compiled = (
            hr.sweep(module.policy, market, hr.Put(), axes, carriage=carriage).results
            for carriage in ("numpy", "compiled")
        )
        assert len(set(by_numpy["final_nav"])) == 3
        for name, column in by_numpy.items():
            np.testing.assert_array_equal(column, compiled[name], err_msg=name)
    finally:
        for kind in set(STEPS) - set(known):
            del STEPS[kind]


def test_the_fitted_signal_of_contributing_knows_no_future(monkeypatch) -> None:
    from hedgerow.research.lookahead import signal_agrees

    block = blocks(CONTRIBUTING, "python")[1]
    known = dict(SIGNALS)
    try:
        made = contributed(block, monkeypatch)
        assert [fit.date[:4] for fit in made.fits[1:]] == [str(y) for y in range(1995, 2023)]
        found = signal_agrees(made.OverItsMean(), made.market)
        assert found.passed
    finally:
        for kind in set(SIGNALS) - set(known):
            del SIGNALS[kind]


def test_the_claim_of_contributing_is_measured_and_judged(monkeypatch) -> None:
    import hedgerow as hr
    from hedgerow.research.claims.claim import Verdict
    from hedgerow.research.claims.evidence import Evidence
    from hedgerow.research.claims.study import find

    made = contributed(blocks(CONTRIBUTING, "python")[2], monkeypatch)
    evidence = Evidence(hr.load("builtin"), start="2010-01-04", end="2013-12-31", resamples=100)
    found = find(made.dynamic_under_one, evidence)
    assert found.measurement.low < found.measurement.value < found.measurement.high
    assert (found.verdict is Verdict.HOLDS) == (found.measurement.high < 0.01)


@pytest.mark.parametrize("file", sorted(ROOT.glob("examples/*.py")), ids=lambda file: file.stem)
def test_the_examples_run(file: Path, capsys) -> None:
    known = dict(SIGNALS)
    try:
        runpy.run_path(str(file), run_name="__main__")
    finally:
        for kind in set(SIGNALS) - set(known):
            del SIGNALS[kind]
    said = capsys.readouterr().out
    assert "Decision at the close of 2020-0" in said
    assert "Look-ahead test (D8): passed" in said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_changelog_knows_the_version_to_come() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.startswith("# Changelog")
    assert "## [Unreleased]" in text


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if ">>> " in page.read_text("utf-8")],
    ids=lambda page: page.name,
)
def test_the_sessions_of_the_pages_say_what_they_say(page: Path) -> None:
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert found.attempted > 0
    assert found.failed == 0
    if page.name == "overfitting.md":  # what the session has left in the register
        (block,) = blocks(page.read_text("utf-8"), "console")
        command, *shown = block.splitlines()
        result = CliRunner().invoke(cli.app, command.split()[2:])
        assert result.stdout.splitlines() == shown
