"""Lines that are a book to be hedged, and lines sized by its vega (spec H4)."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.replay import replay
from hedgerow.engine.program_text import read, to_table
from hedgerow.engine.trade import trade
from hedgerow.errors import RangeError

TEXT = """
name = "condors"
whole = false
costs = false

[portfolio]
equity_share = 0.0

[policies.hold]
raw = true
steps = [{ kind = "constant", level = 1.0 }, { kind = "at_roll" }]

[policies.cover]
raw = true
steps = [{ kind = "constant", level = 0.6 }]

[[lines]]
name = "vx"
policy = "cover"
sized_by = "book_vega"
sleeve = { kind = "vix_future", months = 1, roll_before = 5 }

[[lines]]
name = "condors"
role = "book"
policy = "hold"
sleeve = { kind = "condor", size = { max_loss = 0.1 } }
"""
START, END = "2018-01-02", "2018-03-29"


def test_h4_contracts_are_the_books_vega_over_that_of_a_future():
    program, market = read(TEXT), hr.load("builtin").between(None, END)
    outcome = trade(program, market, start=START, end=END)
    book, hedge = outcome.lines["condors"], outcome.lines["vx"]
    roster = program.line("condors").sleeve.roster(market, lag=1, costs=program.costs)
    first = len(market) - len(outcome)
    short = 0
    for bar in range(2, len(outcome) - 1):
        row = first + bar
        basket = roster.basket(int(roster.held[row + 1]))
        vega = 0.0  # what is held after the next fill, at today's vega
        for symbol, weight in zip(*basket, strict=True):
            path = roster.path(symbol)
            vega += book["held"][bar + 1] * weight * 100.0 * path.vega[row - path.first]
        assert hedge["wanted"][bar] == pytest.approx(0.6 * max(-vega, 0.0) / 1_000.0, abs=1e-6)
        assert hedge["held"][bar + 1] == pytest.approx(hedge["wanted"][bar])
        short += vega < 0.0
    assert short > 40


def test_replayed_from_its_ledger_every_decision_is_the_same():
    ledger = MemoryLedger("run")
    trade(read(TEXT), hr.load("builtin"), start=START, end=END, ledger=ledger)
    assert verify(ledger.read()) == ledger.head
    assert replay(ledger).decisions == 2 * 61


def test_a_budget_binds_the_hedge_and_leaves_the_book_alone():
    market = hr.load("builtin")
    free = trade(read(TEXT), market, start=START, end=END)
    bound = trade(read(TEXT + "\n[budget]\nper_year = 0.0001\n"), market, start=START, end=END)
    assert np.array_equal(free.lines["condors"]["scale"], np.ones(len(free)))
    assert np.array_equal(bound.lines["condors"]["scale"], np.ones(len(free)))
    assert bound.lines["vx"]["scale"].min() < 1.0


def test_role_and_size_are_written_and_read():
    tables = to_table(read(TEXT))["lines"]
    assert [(t.get("role"), t.get("sized_by")) for t in tables] == [
        (None, "book_vega"),
        ("book", None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('role = "book"', 'role = "broker"', "line condors, role"),
        ('role = "book"', 'role = "book"\nsized_by = "book_vega"', "line condors, sized_by"),
        ('role = "book"\n', "", "lines[0].sized_by"),
        ('sized_by = "book_vega"', 'sized_by = "vega"', "line vx, sized_by"),
        (
            'sized_by = "book_vega"',
            'sized_by = "book_vega"\noffsets = "condors"',
            "line vx, sized_by",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_the_field(old, new, where):
    with pytest.raises(RangeError) as error:
        read(TEXT.replace(old, new))
    assert error.value.where == where
