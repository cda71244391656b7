"""``shortvol compare`` and ``plan``: text, JSON, page, picture, and mistakes in one sentence."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import hedgerow as hr
from cli.console import ROOT, as_json, bad, good
from hedgerow.report.hedge_pictures import curves, lines

BOOK = str(ROOT / "examples" / "shortvol" / "book.csv")
QUICK = ("--no-history", "--hedge", "sold_call", "--hedge", "hedged_short_future")


def test_compare_says_what_volatility_takes_back_and_draws_it() -> None:
    text = good("shortvol", "compare", BOOK, *QUICK, "--report", "a.html", "--picture", "a.svg")
    assert "if volatility stands still" in text
    assert "A hedged short future is a bought put" in text
    assert "+ financing" in text
    assert "without end" in text
    page = Path("a.html").read_text("utf-8")
    assert page.count("data:image/svg+xml;base64,") == 2
    assert "What this does not show" in page
    drawn = ET.fromstring(Path("a.svg").read_text("utf-8"))
    words = {node.text for node in drawn.iter() if node.tag.endswith("text")}
    assert {"book alone", "with sold call", "Volatility fixed"} <= words


def test_compare_json_has_rows_grid_and_parity() -> None:
    found = as_json("shortvol", "compare", BOOK, *QUICK)
    assert [row["name"] for row in found["rows"]] == ["book alone", "sold_call",
                                                       "hedged_short_future"]  # fmt: skip
    row = found["rows"][1]
    assert len(row["grid"]) == len(found["volatility"])
    assert row["answered"][2] < row["fixed"][2]
    assert row["worst"]["amount"] is None
    assert found["parity"]["gap"] < 1e-6


def test_history_is_told_by_window() -> None:
    found = as_json("shortvol", "compare", BOOK, "--hedge", "short_future")
    rows = {row["name"]: row for row in found["history"]["rows"]}
    assert rows["short_future"]["windows"]["Mar 2020"] > rows["book alone"]["windows"]["Mar 2020"]
    assert found["history"]["moves"]["Feb 2018"] < 0.0


def test_plan_gives_legs_reasons_and_a_verdict() -> None:
    text = good("shortvol", "plan", BOOK, "--report", "plan.html")
    for word in ("Downside leg", "Not the sold call", "Runner-up", "Was it worth it?",
                 "What it does not protect against"):  # fmt: skip
        assert word in text
    assert "Not the sold call" in Path("plan.html").read_text("utf-8")
    found = as_json("shortvol", "plan", BOOK, "--budget", "20000")
    chosen = found["plan"]
    assert not chosen["meets"] or chosen["cost"] + chosen["premium"] <= 20_000.0
    assert min(chosen["pnl"]) > min(found["alone"]["pnl"])


def test_the_same_from_python() -> None:
    market = hr.load("builtin")
    found = hr.compare_hedges(BOOK, market, hedges=["short_future", "low_gamma_straddle"])
    assert list(found.frame().index) == ["book alone", "short_future", "low_gamma_straddle"]
    cells = found.frame(by="cell")
    assert len(cells) == 3 * len(found.found.kinds) * len(found.found.moves)
    assert "low gamma" in str(found)
    assert "structures" in repr(found)
    planned = hr.plan_hedge(BOOK, market)
    assert list(planned.frame().columns)[:2] == ["book", "plan"]
    assert "HedgePlan" in repr(planned)


def test_the_picture_stands_as_many_days_forward_as_the_tables() -> None:
    now = hr.State("2022-12-28", spot=3783.0, vol=0.24, rate=0.04)
    made = hr.compare_hedges(BOOK, now, hedges=["sold_atm_put"], days=20)
    drawn = curves(made.found, made.found.response)
    for row, curve in zip(made.found.rows, drawn, strict=True):
        table = made.found.both(row)[list(made.found.moves).index(-0.05)]
        assert curve[10] == pytest.approx(table)  # −10, −9.5, … −5 %
    assert "20 calendar days forward" in str(made)
    assert "20 days forward" in lines(made.found)
    assert "sold ATM put" in str(made)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "none.csv"], "no such file"),
        (["compare", BOOK, "--hedge", "short_futur"], "short_future"),
        (["compare", BOOK, "--size", "vega"], "stress, delta, contracts"),
        (["compare", BOOK, "--cover", "0"], "size.cover"),
        (["compare", BOOK, "--future", "NQ"], "ES"),
        (["compare", BOOK, "--response", "none.toml"], "none.toml"),
        (["compare", BOOK, "--date", "2023-02-01"], "2023-02-01"),
        (["compare", BOOK, "--hedge", "low_gama_straddle"], "low_gamma_straddle"),
        (["compare", BOOK, "--out", "2"], "out"),
        (["plan", BOOK, "--tolerance", "0"], "tolerance"),
        (["plan", BOOK, "--budget", "-1"], "budget"),
        (["plan", BOOK, "--chain", "none.csv"], "none.csv"),
    ],
)
def test_a_mistake_is_a_sentence(arguments: list[str], said: str) -> None:
    assert said in bad("shortvol", *arguments)


def test_rules_of_condors_are_a_book_too() -> None:
    rules = str(ROOT / "examples" / "shortvol" / "condor.toml")
    found = as_json("shortvol", "compare", rules, *QUICK)
    assert "the rules would sell" in found["notes"][0]
    assert found["rows"][0]["vega"] < 0.0


@pytest.mark.slow
@pytest.mark.realdata
def test_a_chain_prices_book_and_hedges(real_data: Path) -> None:
    Path("b.csv").write_text(
        "Symbol,Qty\n.SPXW231020P4200,-30\n.SPXW231020P4050,30\n"
        "SPXW 10/20/2023 4650.00 C,-30\nSPXW231020C04800000,30\n"
    )
    chain = str(real_data / "option_chains" / "spx_cboe_2023-09-14.csv")
    found = as_json("shortvol", "compare", "b.csv", *QUICK, "--chain", chain)
    assert found["date"] == "2023-09-14"
    # middles of Cboe's file: 4200 put 7.95, 4050 put 4.30, 4650 call 14.20, 4800 call 1.25
    credit = 7.95 - 4.30 + 14.20 - 1.25
    assert -found["rows"][0]["premium"] / 3_000.0 == pytest.approx(credit, abs=0.5)
    assert any("fitted to the quotes" in said for said in found["notes"])
