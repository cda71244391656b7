"""docs/operations.md and the units of examples/service: commands that exist, tests that show."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hedgerow import cli

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SERVICE = ROOT / "examples" / "service"
UNITS = sorted(each for each in SERVICE.iterdir() if each.suffix in (".service", ".timer"))


def commands(text: str) -> list[list[str]]:
    """Return what follows ``hedgerow`` wherever a command line says it."""
    text = text.replace("\\\n", " ")
    lines = re.findall(r"(?:^|/|\$ |`|&& )hedgerow ((?!-)[a-z]+ [^`\n#]*)", text, re.M)
    return [shlex.split(line.split("&&")[0].replace("'", "").replace('"', "")) for line in lines]


def check(words: list[str]) -> None:
    """Refuse a command, or an option of it, that there is none of."""
    command = typer.main.get_command(cli.app)
    left = list(words)
    while inner := getattr(command, "commands", None):
        assert left[0] in inner, words
        command = inner[left.pop(0)]
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    assert {word for word in left if word.startswith("--")} <= known, words


def test_the_first_book_is_made_word_by_word(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEDGEROW_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE, re.M | re.S)
    for line in block.splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        result = CliRunner().invoke(cli.app, words[1:])
        assert result.exit_code == 0, (line, result.output)
    assert (tmp_path / "again.db").is_file()


def test_every_command_of_the_page_and_of_the_units_is_one() -> None:
    found = commands(PAGE)
    for each in (*UNITS, SERVICE / "hedgerow.cron"):
        found += commands(each.read_text("utf-8"))
    assert len(found) > 25
    for words in found:
        check(words)


def test_every_row_of_failures_names_a_test_that_is_there() -> None:
    table = PAGE.split("## When something fails")[1]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    there = set()
    for each in (ROOT / "tests" / "live").rglob("test_*.py"):
        there |= set(re.findall(r"def (test_\w+)", each.read_text("utf-8")))
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row.rsplit("|", 2)[1])
        assert named, row
        assert set(named) <= there, row


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_are_hardened_and_name_what_the_environment_has(unit: Path) -> None:
    read = configparser.RawConfigParser(strict=True, interpolation=None)
    read.optionxform = str
    read.read_string(unit.read_text("utf-8"))
    if unit.suffix == ".timer":
        return
    service = read["Service"]
    assert service["NoNewPrivileges"] == service["ProtectHome"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["User"] == "hedgerow"
    environment = (SERVICE / "hedgerow.env.example").read_text("utf-8")
    given = set(re.findall(r"^#?([A-Z_]+)=", environment, re.M))
    assert set(re.findall(r"\$\{?([A-Z_]+)", service["ExecStart"])) <= given


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_units(tmp_path) -> None:
    for each in UNITS:  # it looks whether what is started is there
        text = each.read_text("utf-8").replace("/opt/hedgerow/bin/hedgerow", sys.executable)
        (tmp_path / each.name).write_text(text, "utf-8")
    files = [str(tmp_path / each.name) for each in UNITS]
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", *files],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    ours = [line for line in said.stderr.splitlines() if "hedgerow" in line]
    assert (said.returncode, ours) == (0, [])
