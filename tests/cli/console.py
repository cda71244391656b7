"""Calls the command line as a test asks: what must succeed, what must fail politely."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from hedgerow import cli

ROOT = Path(__file__).resolve().parents[2]
LINEAR = str(ROOT / "examples" / "vix_linear.toml")
SHORT = ["--from", "2018-01-02", "--to", "2020-12-31"]


def call(*args: object):
    return CliRunner().invoke(cli.app, [str(arg) for arg in args])


def good(*args: object) -> str:
    result = call(*args)
    assert result.exit_code == 0, result.stderr or result.exception
    return result.stdout


def as_json(*args: object):
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    result = call(*args, "--json")
    assert result.exit_code == 0, result.stderr or result.exception
    return json.loads(result.stdout, parse_constant=refuse)


def bad(*args: object) -> str:
    """Run a command that must fail politely, and return its one sentence."""
    result = call(*args)
    assert result.exit_code == 2, (result.exit_code, result.stdout, result.exception)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("hedgerow: ")
    assert "Traceback" not in result.stderr
    return result.stderr.removeprefix("hedgerow: ").strip()


def python(*args: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hedgerow", *args],
        capture_output=True, text=True, timeout=120, check=False, **more,
    )  # fmt: skip
