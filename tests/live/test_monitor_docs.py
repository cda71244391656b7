"""docs/monitor.md says what the program does: its examples run, its settings are read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from hedgerow.cli import app
from hedgerow.live import settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "monitor.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.M | re.S)


def test_the_examples_run(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for line in blocks("console")[0].splitlines():
        made = CliRunner().invoke(app, shlex.split(line.removeprefix("$ "))[1:])
        assert made.exit_code == 0, made.output
    space: dict[str, object] = {}
    exec(compile(blocks("python")[0], "monitor.md", "exec"), space)
    result = space["result"]
    assert [each.state for each in result.done] == ["decided"] * 3
    assert "2020-02-26" in str(result)
    assert result.left == ()


def test_the_settings_are_read() -> None:
    made = settings.parse(blocks("toml")[0])
    assert made.limits.notional is None
    assert made.source == settings.SourceTerms()
