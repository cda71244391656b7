"""What docs/engine.md says of a program file is what the code reads."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.engine import program_text
from hedgerow.engine.broker import Execution
from hedgerow.engine.margining import MarginRule
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program import Line, Program
from hedgerow.engine.program_text import read
from hedgerow.engine.trade import trade
from hedgerow.errors import HedgerowError
from hedgerow.instruments.costs import Costs
from synthetic import market

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "engine.md").read_text("utf-8")
ROW = re.compile(r"^\| `([\w.]+)` \| ?(.*?) ?\|", re.M)
FILE = dict(ROW.findall(PAGE.split("## The program file\n")[1].split("\n## ")[0]))
EXECUTION = dict(ROW.findall(PAGE.split("| `[execution]` |")[1].split("\n\n")[0]))
TABLES = {"portfolio": Equity, "margin": MarginRule, "costs": Costs}
LEAST = """
[policies.p]
steps = [{ kind = "constant", level = 1 }]
[[lines]]
policy = "p"
sleeve = { kind = "put" }
"""


def said(text: str) -> object:
    """A default as the page writes it."""
    return tomllib.loads(f"value = {text.strip('`')}")["value"]


def test_the_page_has_every_key() -> None:
    tables = {*TABLES, "budget", "execution", "policies", "lines"}
    expected = {key for key in program_text._KEYS if key not in tables} | {"costs"}
    expected |= {f"{name}.{item.name}" for name, kind in TABLES.items() for item in fields(kind)}
    expected |= {f"lines.{key}" for key in program_text._LINE} | {"budget.per_year"}
    expected |= {f"policies.NAME.{key}" for key in ("name", "raw", "signals", "steps")}
    assert set(FILE) == expected
    assert set(EXECUTION) == {item.name for item in fields(Execution)}


def test_the_defaults_are_those_of_the_code() -> None:
    found = {}
    for name, kind in TABLES.items():
        found |= {f"{name}.{item.name}": item.default for item in fields(kind)}
    for name, kind, keys in (
        ("", Program, ("name", "title", "source", "fills")),
        ("lines.", Line, ("share", "max_share", "offsets")),
    ):
        known = {item.name: item.default for item in fields(kind)}
        found |= {f"{name}{key}": known[key] for key in keys}
    assert MISSING not in found.values()
    assert {key: said(FILE[key]) for key in found} == found
    none = {"liquidity", "urgent_offset"}
    assert none == {item.name for item in fields(Execution) if EXECUTION[item.name] == "none"}
    assert {getattr(Execution(), name) for name in none} == {None}
    assert {
        key: said(text) for key, text in EXECUTION.items() if key not in none
    } == Execution().as_dict()
    least = read(LEAST)
    assert least == read(
        f"whole = {FILE['whole']}\ncosts = {FILE['costs']}".replace("`", "") + LEAST
    )
    assert (least.execution, least.costs, least.budget) == (Execution(), Costs(), None)
    assert (FILE["budget.per_year"], FILE["lines.name"]) == ("", "the policy's")
    assert (least.lines[0].name, least.lines[0].policy.name) == ("p", "p")
    assert (said(FILE["lines.actions"]), least.lines[0].actions) == ([], ())
    assert said(FILE["policies.NAME.raw"]) is Policy(least.lines[0].policy.steps).raw


@pytest.mark.parametrize("key", [key for key, default in FILE.items() if default == "needed"])
def test_what_is_needed_is_needed(key: str) -> None:
    word = key.rsplit(".", 1)[-1]
    text = re.sub(rf"^{word} = .*$", "", LEAST, flags=re.M)
    assert text != LEAST
    with pytest.raises(HedgerowError):
        read(text)


def test_ranges_are_those_of_the_page() -> None:
    for line, sentence in (
        ("share = 10", "0 … 10"), ("max_share = 0", "0 … 1"),
    ):  # fmt: skip
        assert sentence in PAGE
        read(LEAST + line)
    for text in ("[margin]\nlimit = 3", "[portfolio]\nbeta = -5", "[portfolio]\nbeta = 5"):
        read(text + LEAST)
    for text in (
        "[margin]\nlimit = 3.1", "[portfolio]\nbeta = 5.1", "[portfolio]\nequity_share = 1.1",
    ):  # fmt: skip
        with pytest.raises(HedgerowError):
            read(text + LEAST)
    for line in ("share = 10.1", "max_share = 1.1"):
        with pytest.raises(HedgerowError):
            read(LEAST + line)


def test_fractions_are_an_ideal_brokers_unless_execution_says_more() -> None:
    assert read("whole = false" + LEAST).execution == Execution.ideal()
    made = read("whole = false\n[execution]\nthinning = 2.0" + LEAST).execution
    assert made == Execution(whole=False, ticks=False, thinning=2.0)


def test_the_delta_hedge_of_the_page_runs() -> None:
    (sample,) = re.findall(r"## A delta hedge\n\n```toml\n(.*?)```", PAGE, re.S)
    tail = '[policies.tail]\nsteps = [{ kind = "constant", level = 1 }]\n'
    data: Market = market(60)
    lines = trade(read(tail + sample), data).lines
    assert (lines["hedge"]["held"][2:] > 0.0).all()
