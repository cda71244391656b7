"""Books as brokers export them: layouts, signs, what is left out, and mistakes with their place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.errors import DataError
from hedgerow.instruments.structure import Shares
from hedgerow.shortvol.structures.book import Book, read_book
from hedgerow.shortvol.structures.symbols import read_symbol

ROOT = Path(__file__).resolve().parents[2]
DAY = dt.date(2026, 2, 18)
PUT = OptionContract("SPXW", dt.date(2026, 3, 20), 4500.0, call=False)

LAYOUTS = {
    "interactive brokers, flex query": (
        "Symbol,UnderlyingSymbol,Multiplier,Strike,Expiry,Put/Call,Position,CostBasisPrice,Side\n"
        "SPXW  260320P04500000,SPX,100,4500,20260320,P,-10,25.5,Short\n"
    ),
    "interactive brokers, trader workstation": (
        "Financial Instrument,Position,Avg Price\nSPXW Mar20'26 4500 PUT @CBOE,-10,25.5\n"
    ),
    "interactive brokers, statement": "Symbol,Quantity,Cost Price\nSPXW 20MAR26 4500 P,-10,25.5\n",
    "schwab": (
        '"Positions for account 1234 as of 09:31 PM ET, 2026/02/18"\n\n'
        '"Symbol","Description","Qty (Quantity)","Price","Mkt Val"\n'
        '"SPXW 03/20/2026 4500.00 P","PUT S&P 500 $4500 EXP 03/20/26","-10","$25.50","x"\n'
        '"Account Total","--","--","--","y"\n'
    ),
    "thinkorswim": "Instrument,Qty,Trade Price\n.SPXW260320P4500,-10,25.50\n",
    "thinkorswim, order words": "Symbol;Qty;Price\nSPX 100 (Weeklys) 20 MAR 26 4500 PUT;-10;25.5\n",
    "tastytrade": (
        "Account,Symbol,Type,Quantity,Exp Date,Strike Price,Call/Put,Trade Price\n"
        "5WX,SPXW  260320P04500000,OPTION,-10,3/20/26,4500,PUT,25.5\n"
    ),
    "interactive brokers, trades": "Symbol,Qty,Side,Price\nSPXW 20MAR26 4500 P,10,SLD,25.5\n",
    "opened by a sale": "Symbol,Qty,Side,Price\nSPXW 20MAR26 4500 P,(10),Sell to Open,25.5\n",
    "columns and a side": (
        "root,expiration,strike,type,qty,side,price\nSPXW,2026-03-20,4500,put,10,short,25.5\n"
    ),
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_the_same_position(text: str, tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text(text, encoding="utf-8")
    (held,) = read_book(file, DAY).holdings
    assert held == (-10.0, PUT, 25.5)


def test_the_two_books_of_the_examples_are_one() -> None:
    folder = ROOT / "examples" / "shortvol"
    csv, toml = read_book(folder / "book.csv"), read_book(folder / "book.toml")
    assert csv.holdings == toml.holdings
    assert sum(h.quantity for h in csv.holdings) == 0.0


@pytest.mark.parametrize(
    ("text", "contract"),
    [
        ("/ESH6", FutureContract("ES", 2026, 3)),
        ("/ESH6:XCME", FutureContract("ES", 2026, 3)),
        ("ES MAR26", FutureContract("ES", 2026, 3)),
        ("VXJ26", FutureContract("VX", 2026, 4)),
        ("/VXJ6", FutureContract("VX", 2026, 4)),
        ("VIX   260318C00030000", OptionContract("VIX", dt.date(2026, 3, 18), 30.0, call=True)),
        ("$SPX", Shares("SPX")),
        ("SPY", Shares("SPY")),
    ],
)
def test_futures_volatility_and_the_index_itself_are_read(text: str, contract: object) -> None:
    assert read_symbol(text, DAY) == contract


MISTAKES = {
    "Symbol,Qty\nSPWX260320P04500000,-1\n": ("row 2, column symbol", "unknown symbol 'SPWX'"),
    "Symbol,Qty\nAAPL,100\n": ("row 2, column symbol", "unknown symbol 'AAPL'"),
    "Symbol,Qty\nSPXW 31FEB26 4500 P,-1\n": ("row 2, column symbol", "holds no date"),
    "Symbol,Qty\nSPX something,-1\n": ("row 2, column symbol", "no contract"),
    "Symbol,Qty\n/ESG6,-1\n": ("row 2, column symbol", "March, June"),
    "Symbol,Qty\nSPXW260320P04500000,ten\n": ("row 2, column quantity", "'ten' is not a number"),
    "Symbol,Qty\nSPXW260320P04500000,\n": ("row 2, column quantity", "no quantity"),
    "Symbol,Qty,Side\nSPXW260320P04500000,-1,long\n": ("row 2, column side", "called long"),
    "Symbol,Qty,Side\nSPXW260320P04500000,1,up\n": ("row 2, column side", "'up' is no side"),
    "Symbol,Qty,Multiplier\nSPXW260320P04500000,-1,50\n": ("column multiplier", "50"),
    "root,expiry,strike,right,qty\nSPXW,soon,4500,P,1\n": ("row 2, column expiry", "'soon'"),
    "root,expiry,strike,right,qty\nSPXW,2026-03-20,abc,P,1\n": ("row 2, column strike", "'abc'"),
    "root,expiry,strike,right,qty\nSPXW,2026-03-20,4500,X,1\n": ("row 2, column right", "'X'"),
    # an option whose right cannot be read is no share of the index
    "Symbol,Expiry,Strike,Right,Qty\nSPX,20260320,4500,X,-50\n": (
        "column right",
        "'X' is no right",
    ),
    "Symbol,Expiry,Strike,Qty\nSPX,20260320,4500,-50\n": ("row 2, column right", "no right"),
    # a symbol and columns that name two contracts
    "Symbol,Strike,Qty\nSPXW260320P04500000,4600,-1\n": ("row 2, column strike", "'4600', where"),
    "Symbol,Right,Qty\nSPXW260320P04500000,C,-1\n": ("row 2, column right", "'C', where"),
    "Symbol,Expiry,Qty\nSPXW260320P04500000,4/17/26,-1\n": ("row 2, column expiry", "'4/17/26'"),
    "root,expiry,strike,right,qty\nSPQW,2026-03-20,4500,P,1\n": ("row 2, column root", "'SPQW'"),
    "a,b\n1,2\n": ("book.csv", "no line names the columns"),
    "Symbol,Qty\n": ("book.csv", "it has no positions"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_names_file_row_and_column(text: str, tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text(text, encoding="utf-8")
    where, what = MISTAKES[text]
    with pytest.raises(DataError) as caught:
        read_book(file, DAY)
    assert caught.value.where.startswith("book.csv")
    assert where in caught.value.where
    assert what in caught.value.what
    assert caught.value.mend


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("positions = 1", "no [[positions]]"),
        ("[[positions]]\nsymbl = 1", "unknown key 'symbl'"),
        ("[[", "no TOML"),
    ],
)
def test_a_mistake_in_toml_is_told(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "book.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said.replace("[", r"\[")):
        read_book(file, DAY)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_book(tmp_path / "none.csv")


def test_what_has_expired_is_left_out_with_a_note(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text(
        "Symbol,Qty\nSPXW260220P04500000,-1\nSPXW260320P04500000,-1\nSPXW260320P04400000,0\n",
        encoding="utf-8",
    )
    book = read_book(file, DAY).on(dt.date(2026, 2, 20))
    assert [h.symbol for h in book.holdings] == ["SPXW260320P04500000"]
    assert "a quantity of 0" in book.notes[0]
    assert "expires on 2026-02-20" in book.notes[1]
    with pytest.raises(DataError, match="every contract has expired, the last on 2026-03-20"):
        book.on(dt.date(2026, 3, 20))


def test_a_book_without_positions_is_refused() -> None:
    with pytest.raises(DataError, match="no positions"):
        Book("mine", ())
