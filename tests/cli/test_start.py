"""The door: help, version, usage, and how a process starts and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

import hedgerow as hr
from cli.console import LINEAR, ROOT, call, good, python
from hedgerow.cli import reference


def test_help_names_every_command() -> None:
    done = python("--help")
    assert done.returncode == 0
    for word in ("demo", "backtest", "explain", "policy", "data", "Not investment advice"):
        assert word in done.stdout


def test_nothing_heavy_is_imported_at_the_door() -> None:
    code = "import sys, hedgerow.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pandas", "scipy", "numba", "pydantic", "plotly", "jinja2", "tomlkit"}
    assert not heavy & set(done.stdout.split())


def test_version() -> None:
    assert good("--version") == f"hedgerow {hr.__version__}\n"


def test_no_command_shows_the_help() -> None:
    assert "Usage" in call().output


@pytest.mark.parametrize("columns", ["40", "200"])
def test_help_fits_any_terminal(columns: str, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERMINAL_WIDTH", columns)
    text = good("backtest", "--help")
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= int(columns)


def test_the_reference_in_the_docs_is_up_to_date() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == reference.markdown(), (
        "run `make docs`"
    )


def test_the_reference_says_what_an_option_takes() -> None:
    text = reference.markdown()
    for left in (" None`", "[[", "<class"):
        assert left not in text
    assert "`--rank sharpe\\|return\\|cost\\|drawdown`" in text
    assert "`[POLICY.toml]`" in text
    assert "[[" not in good("monitor", "--help")


def test_every_command_with_a_result_has_json() -> None:
    sections = reference.markdown().split("\n## ")[1:]
    assert len(sections) >= 9
    without = {section.splitlines()[0] for section in sections if "`--json`" not in section}
    assert without == {"hedgerow serve"}, "it has no result: its pages and API have"


@pytest.mark.parametrize("args", [["backtset"], ["backtest"], ["backtest", LINEAR, "--form", "x"]])
def test_usage_errors_exit_with_2(args: list[str]) -> None:
    result = call(*args)
    assert result.exit_code == 2
    assert "Usage" in result.stderr


def test_a_closed_pipe_is_quiet() -> None:
    command = f'"{sys.executable}" -m hedgerow data check | head -c 10'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout == "builtin: 1"
    assert done.stderr == ""


def test_interrupting_is_quiet(tmp_path) -> None:
    code = (
        "import hedgerow.api, signal, time; from hedgerow.cli import main; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "  # ignored in the background
        "hedgerow.api.load = lambda _: (print('here', flush=True), time.sleep(60)); main()"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code, "backtest", LINEAR],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "here\n"
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert said == ""


def test_a_terminal_without_the_signs_gets_question_marks() -> None:
    done = python("data", "list", env={**os.environ, "PYTHONIOENCODING": "latin-1"})
    assert done.returncode == 0
    assert "1990?2022" in done.stdout


def test_a_mistake_as_a_process() -> None:
    done = python("backtest", "no.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hedgerow: no.toml: there is no such policy file")
