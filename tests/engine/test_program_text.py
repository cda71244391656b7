"""Programs as TOML: every rulebook reads, and a mistake names its field."""

from __future__ import annotations

import json

import pytest

from hedgerow.engine.program_text import read, to_table
from hedgerow.engine.rulebook import names, rulebook
from hedgerow.errors import HedgerowError

TEXT = """
name = "demo"
fills = "next"
whole = true
[portfolio]
value = 10_000_000
[budget]
per_year = 0.02
[execution]
order = "limit"
[policies.tail]
signals = [{ kind = "level", column = "vix" }]
steps = [{ kind = "linear", signal = "vix", low = 12, high = 22 }]
[[lines]]
name = "puts"
policy = "tail"
sleeve = { kind = "put", moneyness = 0.90 }
"""

WRONG = {
    'fills = "next"': [
        ('fills = "never"', "fills"),
        ("fill = 1", "fill"),
        ("about = 3", "about"),
        ("conventions = [7]", "conventions"),
    ],
    "whole = true": [("whole = 1", "whole"), ("costs = 3", "costs")],
    "value = 10_000_000": [("value = -1", "portfolio.value"), ("valu = 1", "portfolio.valu")],
    "per_year = 0.02": [("per_year = 7", "budget.per_year"), ("a_year = 1", "budget.a_year")],
    'order = "limit"': [('order = "stop"', "execution.order"), ("depth = 1", "execution.depth")],
    'kind = "linear"': [('kind = "liner"', "policies.tail")],
    'policy = "tail"': [
        ('policy = "tale"', "lines[0].policy"),
        ('policy = ["tail"]', "lines[0].policy"),
        ("policy = { kind = 1 }", "lines[0].policy"),
        ("share = 1", "lines[0]"),
    ],
    'kind = "put"': [('kind = "pot"', "lines[0].sleeve")],
    "moneyness = 0.90": [("moneynes = 0.9", "lines[0].sleeve")],
}


@pytest.mark.parametrize(
    ("right", "wrong", "field"), [(r, w, f) for r, many in WRONG.items() for w, f in many]
)
def test_a_mistake_names_its_field(right: str, wrong: str, field: str) -> None:
    assert TEXT.count(right) == 1
    with pytest.raises(HedgerowError) as caught:
        read(TEXT.replace(right, wrong))
    assert caught.value.where.startswith(field)
    assert caught.value.mend


def test_no_toml_is_refused() -> None:
    with pytest.raises(HedgerowError, match="this is not TOML"):
        read("name = ")


def test_what_the_text_says_is_in_the_program() -> None:
    program = read(TEXT)
    assert (program.name, program.fills, program.budget) == ("demo", "next", 0.02)
    assert program.execution.order == "limit"
    assert program.execution.whole
    assert program.line("puts").sleeve.name == "put-90d-0.9"


@pytest.mark.parametrize("name", names())
def test_every_rulebook_reads_and_goes_into_records(name: str) -> None:
    program = read(rulebook(name).text)
    assert program.name == name
    table = to_table(program)
    assert json.loads(json.dumps(table)) == table
    assert [line["name"] for line in table["lines"]] == [line.name for line in program.lines]
