"""``hedgerow alvh state``, ``explain``, ``new``, ``program``, ``diagram``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.console import as_json, bad, good
from hedgerow.api.hedging import load_book, load_layers
from hedgerow.api.trading import load_program
from hedgerow.cli.monitor import asked_of
from hedgerow.live.settings import PriceTerms

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "shortvol" / "alvh.toml")


def test_state_tells_what_holds_what_lacks_and_what_comes_next() -> None:
    said = good("alvh", "state", "--on", "2018-02-06")
    assert said.startswith("2018-02-06: full\nLast transition: 2018-02-06, target_filled")
    assert "lacks  iv_retraced" in said
    assert "unwinding  iv_retraced" in said
    told = as_json("alvh", "state", "--on", "2018-02-06")
    assert (told["state"], told["fraction"], told["h"]) == ("full", 1.0, 0.6)
    assert told["intensity"] == pytest.approx(0.6)


def test_explain_tells_the_path_from_the_last_calm() -> None:
    told = as_json("alvh", "explain", "2018-02-06")
    assert [(each["date"], each["reason"]) for each in told["transitions"]] == [
        ("2018-01-31", "vix_macd_cross"),
        ("2018-02-01", "vx_macd_entry"),
        ("2018-02-02", "slice_confirmed"),
        ("2018-02-05", "slice_added"),
        ("2018-02-06", "target_filled"),
    ]
    said = good("alvh", "explain", "2018-02-06")
    assert "2018-02-05  -> building  slice_added" in said
    assert "VIX at arming 13.54, peak 37.32" in said


def test_a_quiet_stretch_tells_the_whole_turn_that_ended_in_it() -> None:
    told = as_json("alvh", "explain", "2018-02-22")
    assert [told["state"], told["transitions"][0]["reason"], told["transitions"][-1]["reason"]] == [
        "calm",
        "vix_macd_cross",
        "unwound",
    ]


def test_new_writes_what_state_reads() -> None:
    good("alvh", "new", "--out", "mine.toml")
    text = Path("mine.toml").read_text(encoding="utf-8")
    assert good("alvh", "new") == text
    Path("mine.toml").write_text(text.replace("h_low = 0.6\n", "h_low = 0.7\n"), encoding="utf-8")
    assert as_json("alvh", "state", "mine.toml", "--on", "2018-02-06")["h"] == 0.7


def test_book_and_layers_are_written_as_one_program() -> None:
    condor = Path(EXAMPLE).with_name("condor.toml")
    good("alvh", "program", EXAMPLE, "--condor", condor, "--out", "both.toml")
    made, rungs = load_program("both.toml"), load_book(condor)
    assert replace(made, title=rungs.title, lines=rungs.lines) == rungs
    assert made.lines == (*rungs.lines, *load_layers(EXAMPLE))
    told = asked_of(Path("both.toml")).on_desk(PriceTerms())
    assert told.execution.order == "limit", "a desk puts limits where the file says nothing"
    assert "alvh program" in bad("monitor", EXAMPLE, "--book", "book.db")


def test_the_diagram_is_saved() -> None:
    good("alvh", "diagram", "--save", "x.svg")
    assert Path("x.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["state", "none.toml"], "none.toml: there is no such rules file"),
        (["state", "--on", "2050-01-01"], "date: 2050-01-01 lies outside what is known"),
        (["state", "--on", "soon"], "date: 'soon' is not a date"),
        (["explain", "1980-01-01"], "date: 1980-01-01 lies outside what is known"),
        (["state", EXAMPLE], "market.cor1m: the data have no column 'cor1m'"),
        (["new", "--out", "there.toml"], "there.toml: is there already"),
    ],
)
def test_mistakes_are_one_sentence(words: list[str], said: str) -> None:
    Path("there.toml").write_text("", encoding="utf-8")
    assert said in bad("alvh", *words)


def test_a_field_out_of_range_is_named() -> None:
    Path("wide.toml").write_text("[windows]\nfirst = 100\n", encoding="utf-8")
    assert "wide.toml: windows.first: 100 is greater than 90" in bad("alvh", "state", "wide.toml")
