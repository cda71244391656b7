"""``hedgerow alvh backtest``: text, JSON, page and ledger agree; mistakes are one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

import hedgerow as hr
from cli.console import ROOT, as_json, bad, good
from hedgerow.api.hedging import load_book, load_layers
from hedgerow.engine.ledger.opening import open_ledger, runs_in
from hedgerow.report.formats import percent
from report.reader import Page

RULES, CONDOR = (
    str(ROOT / "examples" / "shortvol" / f"{name}.toml") for name in ("alvh", "condor")
)
BOOK = """
[portfolio]
equity_share = 0.0
[policies.hold]
raw = true
steps = [{ kind = "constant", level = 1.0 }, { kind = "at_roll" }]
[[lines]]
name = "condors"
role = "book"
policy = "hold"
sleeve = { kind = "condor", strike_step = 5, size = { max_loss = 0.1 } }
"""
HEDGE = """
[policies.up]
raw = true
signals = [{ kind = "level", column = "vix" }]
steps = [{ kind = "linear", signal = "vix", low = 12, high = 22 }]
[[lines]]
name = "more with VIX"
policy = "up"
sized_by = "book_vega"
sleeve = { kind = "vix_future" }
"""
SHORT = ("--data", "builtin", "--from", "2017-10-02", "--to", "2018-03-29")


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("alvh")
    book, both = folder / "book.toml", folder / "both.toml"
    book.write_text(BOOK)
    both.write_text(BOOK + HEDGE)
    return book, both


@pytest.mark.slow
def test_text_json_page_and_ledger_tell_the_same(files, tmp_path) -> None:
    book, both = files
    page, ledger = tmp_path / "page.html", tmp_path / "hedges.db"
    made = as_json(
        "alvh", "backtest", both, "--condor", book, *SHORT, "--only", "alvh", "--only", "collar",
        "--report", page, "--ledger", ledger,
    )  # fmt: skip
    assert list(made["variants"]) == ["alone", "alvh", "collar"]
    assert made["hedge"] == "alvh"
    assert sorted(runs_in(ledger)) == ["alone", "alvh", "collar"]
    with open_ledger(ledger, "alvh") as kept:
        assert kept.head.count > 100
    alone, ours = (made["variants"][name]["whole"] for name in ("alone", "alvh"))
    nav = ours["book"] + ours["hedge"] + ours["interest"]
    assert nav == pytest.approx(10_000_000 * ours["total_return"], rel=1e-3)
    assert list(ours["layers"]) == ["more with VIX"]
    read = Page(page.read_text("utf-8"))
    assert {"answer", "figures", "value", "layers", "variants", "crises", "verdict"} <= set(
        read.ids
    )
    for shown in (alone["kept"], ours["kept"], ours["worst_month"], ours["max_drawdown"]):
        assert percent(shown) in read.text
    for said in ("Not investment advice.", "collar", "modelled from the VIX family"):
        assert said in read.text
    outside = [value for _, name, value in read.attributes if name in ("src", "href")]
    assert all(value.startswith("#") for value in outside)
    assert made["verdict"]["outcome"] in ("fail", "not proven")
    assert [each["part"] for each in made["worth"]] == ["out_of_sample", "whole"]


def test_the_text_answers_with_and_without_first(files) -> None:
    book, both = files
    said = good("alvh", "backtest", both, "--condor", book, *SHORT, "--only", "static-vx")
    first, rest = said.split("What earned what", 1)
    for word in (
        "without", "with static VX", "Premium kept", "Worst day", "Worst month", "Most margin",
        "Cost of the hedge, of credit", "Out of sample (",
    ):  # fmt: skip
        assert word in first
    assert "2018 February" in rest
    assert "Not investment advice." in rest


def test_the_examples_are_read_as_rules() -> None:
    book, layers = load_book(CONDOR), load_layers(RULES)
    assert {line.role for line in book.lines} == {"book"}
    assert [line.name for line in layers] == ["vx", "vix_calls", "second_engine"]


def test_a_session_is_explained(files) -> None:
    book, _ = files
    result = hr.hedge_condors(
        load_book(book), hr.load("builtin"), only=["static-vx"],
        start="2017-10-02", end="2018-03-29",
    )  # fmt: skip
    said = result.explain("2018-02-05")
    held = result.found.runs["static-vx"].layers["vx"]["held"]
    row = list(map(str, result.found.alone.outcome.dates)).index("2018-02-05")
    assert f"{held[row]:.2f}" in said
    assert "VIX 37.32" in said
    with pytest.raises(hr.RangeError, match="outside the run"):
        result.explain("2017-07-03")
    with pytest.raises(hr.RangeError, match="there is no variant"):
        result.frame("colar")
    with pytest.raises(hr.RangeError, match="there is no part"):
        result.worth(part="test")
    assert list(result.frame().columns) == ["alone", "static-vx"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--only", "colar"), "--only: there is no variant 'colar'"),
        (("--static", "0"), "static: 0.0 is out of range"),
        (("--cover", "9"), "cover: 9.0 is out of range"),
        (("--split", "soon"), "--split: 'soon' is not a split"),
        (("--ledger", "hedges.jsonl"), "ledger: a file of lines holds one run"),
        (("--only", "alvh", "--data", "builtin"), "the data have no column 'cor1m'"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_field(args, said) -> None:
    assert said in bad("alvh", "backtest", RULES, "--condor", CONDOR, *SHORT, *args)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[size]\nh_low = 0.9\n", "size.h_low: 0.9 is greater than 0.75"),
        ("[tranche]\nfirst = 0.3\n", "tranche: unknown key"),
        ("[windows]\nfirst = 120\n", "windows.first: 120 is greater than 90"),
    ],
)
def test_rules_out_of_the_specs_range_are_refused_by_name(files, tmp_path, text, said) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(text)
    assert said in bad("alvh", "backtest", rules, "--condor", files[0], *SHORT)


def test_files_without_the_lines_that_are_asked_for_are_refused(files, tmp_path) -> None:
    book, both = files
    hedge = tmp_path / "hedge.toml"
    hedge.write_text(HEDGE.replace('sized_by = "book_vega"\n', ""))
    assert "no line that hedges" in bad("alvh", "backtest", book, "--condor", book, *SHORT)
    assert "no line of the book" in bad("alvh", "backtest", both, "--condor", hedge, *SHORT)
    missing = tmp_path / "none.toml"
    for args, maker in (
        ((missing, "--condor", book), "hedgerow alvh new --out FILE"),
        ((book, "--condor", missing), "hedgerow condor new --out FILE"),
    ):
        said = bad("alvh", "backtest", *args, *SHORT)
        assert "there is no such" in said
        assert maker in said


@pytest.mark.slow
def test_rules_that_are_left_out_are_the_defaults(tmp_path) -> None:
    good("alvh", "new", "--out", layers := tmp_path / "layers.toml")
    good("condor", "new", "--out", condors := tmp_path / "condors.toml")
    short = ("--from", "2018-01-02", "--to", "2018-02-28", "--only", "alvh")
    given = as_json("alvh", "backtest", layers, "--condor", condors, *short)
    assert as_json("alvh", "backtest", *short)["variants"] == given["variants"]
