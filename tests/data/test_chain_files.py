"""Layouts of option chains: small made-up files in the vendors' own layouts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hedgerow.data.chain_files import read_chain, read_chains, sample
from hedgerow.data.chain_quality import screen
from hedgerow.data.chain_vix import chain_vix
from hedgerow.data.chains import Expiry
from hedgerow.errors import DataError

SIDE = "Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest"
HEADER = f"Expiration Date,Calls,{SIDE},Strike,Puts,{SIDE}"
HEAD = [
    "",
    "Standard & Poors 500 Index,Last: 4505.10,Change:  37.66",
    '"Date: September 14, 2023 at 4:31 PM EDT",Bid: 4483.25,Ask: 4526.27,Size: 1*1,Volume: 0',
]
ROWS = [
    "Fri Oct 20 2023,SPX231020C04400000,1,0,135.1,136,10,0.14,0.7,0.001,5,4400.00,"
    "SPX231020P04400000,2,0,20.4,20.9,20,0.15,-0.3,0.001,6",
    "Fri Oct 20 2023,SPXW231020C04500000,3,0,65.2,65.9,30,0.13,0.5,0.002,7,4500.00,"
    "SPXW231020P04500000,4,0,49.5,50.1,40,0.12,-0.5,0.002,8",
]


@pytest.fixture
def write(tmp_path):
    def write(lines, name="chain.csv"):
        path = tmp_path / name
        path.write_text(lines if isinstance(lines, str) else "\n".join(lines) + "\n", "utf-8")
        return path

    return write


def wide(rows=ROWS, header=HEADER):
    return [*HEAD, header, *rows]


class TestCboeDownload:
    def test_all_columns(self, write):
        chain = read_chain(write(wide()))
        assert (chain.layout, chain.symbol, chain.spot) == ("Cboe download", "SPX", 4505.10)
        assert str(chain.time) == "2023-09-14T16:31:00"
        assert str(chain.valued) == "2023-09-14T16:15:00"
        assert chain.root.tolist() == ["SPX", "SPX", "SPXW", "SPXW"]
        assert chain.call.tolist() == [True, False, True, False]
        assert chain.strike.tolist() == [4400.0, 4400.0, 4500.0, 4500.0]
        assert chain.bid.tolist() == [135.1, 20.4, 65.2, 49.5]
        assert chain.ask.tolist() == [136.0, 20.9, 65.9, 50.1]
        assert chain.last.tolist() == [1, 2, 3, 4]
        assert chain.volume.tolist() == [10, 20, 30, 40]
        assert chain.open_interest.tolist() == [5, 6, 7, 8]
        assert chain.iv.tolist() == [0.14, 0.15, 0.13, 0.12]
        assert chain.delta.tolist() == [0.7, -0.3, 0.5, -0.5]
        assert chain.row.tolist() == [5, 5, 6, 6]
        assert [str(e) for e in chain.expiries] == ["2023-10-20 AM", "2023-10-20 PM"]
        assert chain.european

    def test_minutes_to_settlement(self, write):
        chain = read_chain(write(wide()))
        am, pm = 36 * 1440 - (16 * 60 + 15) + 570, 36 * 1440 - 15
        assert chain.years * 525600 == pytest.approx([am, am, pm, pm])

    def test_shuffled_columns(self, write):
        cells = [line.split(",") for line in (HEADER, *ROWS)]
        # within their sides, the puts' side first
        order = [12, 21, 20, 14, 15, 19, 18, 17, 16, 13, 0, 11, 1, 10, 4, 3, 9, 8, 7, 6, 5, 2]
        turned = [",".join(row[i] for i in order) for row in cells]
        chain = read_chain(write(wide(turned[1:], turned[0])))
        assert chain.bid.tolist() == [135.1, 20.4, 65.2, 49.5]
        assert chain.open_interest.tolist() == [5, 6, 7, 8]
        # across the sides nothing says whose column it is
        order = [21, *range(21)]
        mixed = [",".join(row[i] for i in order) for row in cells]
        with pytest.raises(DataError, match=r"row 4: 'openinterest' is given twice"):
            read_chain(write(wide(mixed[1:], mixed[0])))

    def test_numbered_by_a_table_program(self, write):
        cells = HEADER.split(",")
        numbered = [f"{c}.1" if i > 11 and c in cells[:i] else c for i, c in enumerate(cells)]
        order = [21, 20, 11, 4, 3, 1, 0, 2, 10, 9, 8, 7, 6, 5, 14, 12, 13, 15, 16, 17, 18, 19]
        rows = [",".join(line.split(",")[i] for i in order) for line in ROWS]
        chain = read_chain(write(wide(rows, ",".join(numbered[i] for i in order))))
        assert chain.bid.tolist() == [135.1, 20.4, 65.2, 49.5]
        assert chain.open_interest.tolist() == [5, 6, 7, 8]

    def test_weekend_and_morning_snapshots_hold_the_last_close(self, write):
        for stamp in ("September 16, 2023 at 8:47 PM EDT", "September 18, 2023 at 6:00 AM EDT"):
            lines = [line.replace("September 14, 2023 at 4:31 PM EDT", stamp) for line in wide()]
            assert str(read_chain(write(lines)).valued) == "2023-09-15T16:15:00"
        lines = [line.replace("4:31 PM EDT", "2:31 PM CDT") for line in wide()]
        assert str(read_chain(write(lines)).valued) == "2023-09-14T15:31:00"


class TestLongLayouts:
    def test_yahoo(self, write):
        header = (
            "contractSymbol,lastTradeDate,strike,lastPrice,bid,ask,change,percentChange,volume,"
            "openInterest,impliedVolatility,inTheMoney,contractSize,currency,option_type,expiration"
        )
        rows = [
            "SPXW260202C06900000,2026-01-30 21:14:59+00:00,6900.0,61,60.1,61.2,0,0,5.0,9.0,0.15,"
            "True,REGULAR,USD,call,2026-02-02",
            "SPXW260202P06900000,2026-01-29 15:13:32+00:00,6900.0,22,21.5,22.1,0,0,,,1e-05,"
            "False,REGULAR,USD,put,2026-02-02",
        ]
        chain = read_chain(write([header, *rows]))
        assert (chain.layout, chain.symbol) == ("Yahoo", "SPX")
        assert str(chain.time) == "2026-01-30T16:14:59"
        assert str(chain.traded[1]) == "2026-01-29T10:13:32"
        assert np.isnan([chain.spot, chain.volume[1], chain.iv[1]]).all()
        assert chain.board(Expiry(chain.expiry[0].item(), False)).put_ask.tolist() == [22.1]

    def test_panel_is_a_chain_a_day(self, write):
        header = (
            "underlying,underlying_last, exchange,optionroot,optionext,type,expiration,quotedate,"
            "strike,last,bid,ask,volume,openinterest,impliedvol,delta,gamma,theta,vega"
        )
        rows = [
            f"SPX,{spot},*,SPX170317C02300000,,call,2017-03-17,{day},2300,20,19.5,20.5,1,2,0.1,"
            "0.4,0.001,-50,300"
            for day, spot in (("2017-01-04", 2270.75), ("2017-01-03", 2257.83))
        ]
        chains = read_chains(write([header, *rows]))
        assert [str(chain.date) for chain in chains] == ["2017-01-03", "2017-01-04"]
        assert [chain.spot for chain in chains] == [2257.83, 2270.75]
        assert chains[0].vega.tolist() == [300.0]
        path = write([header, *rows])
        assert read_chain(path, date="2017-01-04").spot == 2270.75
        with pytest.raises(DataError, match="2 chains"):
            read_chain(path)
        with pytest.raises(DataError, match="no quotes of 2017-01-05"):
            read_chain(path, date="2017-01-05")

    def test_roots_of_a_column_tell_settlement_and_exercise(self, write):
        # a third Friday has both: AM contracts of SPX and PM ones of SPXW, all European
        header = "underlying_symbol,quote_datetime,root,expiration,strike,option_type,bid,ask"
        rows = [
            f"^SPX,2023-09-14 16:15:00,{root},2023-10-20,4500,{kind},65.2,65.9"
            for root in ("SPX", "SPXW")
            for kind in "CP"
        ]
        chain = read_chain(write([header, *rows]))
        assert (chain.symbol, chain.european) == ("SPX", True)
        assert chain.am.tolist() == [True, True, False, False]
        header = "quote_datetime,Class,expiration,strike,option_type,bid,ask"
        mapped = [header, *(row.replace("^SPX,", "") for row in rows[2:])]
        chain = read_chain(write(mapped), columns={"symbol": "Class"})
        assert (chain.symbol, chain.european, set(chain.root)) == ("SPX", True, {"SPXW"})

    def test_any_columns_by_mapping(self, write):
        lines = ["Exp;CP;K;B;A", "20.10.2023;C;4500;65.2;65.9", "20.10.2023;P;4500;49.5;50.1"]
        names = {"expiry": "Exp", "kind": "CP", "strike": "K", "bid": "B", "ask": "A"}
        path = write(lines)
        chain = read_chain(path, columns=names, time="2023-09-14 15:00", symbol="xsp", spot=4505)
        assert (chain.symbol, chain.spot, chain.layout) == ("XSP", 4505, "column mapping")
        assert str(chain.time) == "2023-09-14T15:00:00"
        assert chain.bid.tolist() == [65.2, 49.5]
        with pytest.raises(DataError, match="nothing says when"):
            read_chain(path, columns=names)
        named = write(lines, "spx_2023-09-14.csv")
        with pytest.raises(DataError, match="nothing names the underlying"):
            read_chain(named, columns=names)
        with pytest.raises(DataError, match="'bidd' is no column"):
            read_chain(path, columns={**names, "bidd": "B"})


class TestJson:
    def content(self):
        common = {"bid_size": 1.0, "ask_size": 2.0, "iv": 0.1325, "open_interest": 7.0}
        common |= {"volume": 3.0, "delta": 0.5, "gamma": 0.002, "vega": 5.1, "theta": -1.2}
        common |= {"rho": 1.0, "theo": 65.5, "change": 0.0, "open": 0.0, "high": 0.0, "low": 0.0}
        common |= {"tick": "down", "last_trade_price": 65.0, "prev_day_close": 60.0}
        return {
            "timestamp": "2023-09-14 20:31:05",
            "data": {
                "options": [
                    {"option": "SPXW231020C04500000", "bid": 65.2, "ask": 65.9, **common},
                    {
                        **common,
                        "option": "SPXW231020P04500000",
                        "bid": 49.5,
                        "ask": 50.1,
                        "last_trade_time": "2023-09-14T11:03:09",
                    },
                ],
                "symbol": "^SPX",
                "security_type": "index",
                "current_price": 4505.1,
                "bid": 4483.25,
                "ask": 4526.27,
                "iv30": 11.6,
                "last_trade_time": "2023-09-14T16:31:00",
            },
            "symbol": "_SPX",
        }

    def test_delayed_quotes(self, write):
        chain = read_chain(write(json.dumps(self.content()), "_SPX.json"))
        assert (chain.layout, chain.symbol, chain.spot) == ("Cboe delayed quotes", "SPX", 4505.1)
        assert str(chain.time) == "2023-09-14T16:31:00"
        assert chain.bid.tolist() == [65.2, 49.5]
        assert chain.last.tolist() == [65.0, 65.0]
        assert chain.vega.tolist() == [5.1, 5.1]
        assert str(chain.traded[1]) == "2023-09-14T11:03:09"
        assert np.isnat(chain.traded[0])

    def test_the_stamp_alone_is_utc(self, write):
        content = self.content()
        del content["data"]["last_trade_time"]
        chain = read_chain(write(json.dumps(content), "_SPX.json"))
        assert str(chain.time) == "2023-09-14T16:31:05"

    def test_what_is_no_such_file(self, write):
        for text, what in (
            ('{"data": ', "not JSON"),
            ("[1, 2]", "no list"),
            ('{"data": {"options": [{"option": "X"}]}}', "no option has a 'bid'"),
        ):
            with pytest.raises(DataError, match=what):
                read_chain(write(text, "x.json"))


class TestBadCells:
    """Whatever is wrong, the sentence names file, row and column."""

    def swap(self, old, new):
        return [*HEAD, HEADER, ROWS[0], ROWS[1].replace(old, new, 1)]

    @pytest.mark.parametrize(
        ("old", "new", "what"),
        [
            ("65.2", "sixty", "row 6, column bid: 'sixty' is not a number"),
            ("65.2", '"65,2"', "row 6, column bid: '65,2' has a decimal comma"),
            ("65.2", "65,2", "row 6: the row has 23 fields"),
            ("65.2", '"1.065,20"', "row 6, column bid: '1.065,20' has a decimal comma"),
            ("65.2", "inf", "row 6, column bid: 'inf' is not a number"),
            ("4500.00", "0", "row 6, column strike"),
            ("4500.00", "4400.00", "does not agree with the contract symbol 'SPXW231020C0450"),
            ("Oct 20", "Oct 27", "row 6, column expiry: 'Fri Oct 27 2023' does not agree"),
            ("Fri Oct 20 2023", "soon", "row 6, column expiry: 'soon' is not a date"),
        ],
    )
    def test_a_bad_cell(self, write, old, new, what):
        with pytest.raises(DataError) as caught:
            read_chain(write(self.swap(old, new)))
        assert str(caught.value).startswith("chain.csv, row 6")
        assert what in str(caught.value)

    def test_a_file_of_a_german_spreadsheet(self, write):
        lines = ["option;bid;ask;date", "SPXW231020C04500000;65,2;65,9;14.09.2023"]
        with pytest.raises(DataError, match=r"row 2, column bid: '65,2' has a decimal comma"):
            read_chain(write(lines))
        pointed = [line.replace(",", ".") for line in lines]
        chain = read_chain(write(pointed))
        assert (str(chain.date), chain.bid.tolist()) == ("2023-09-14", [65.2])

    @pytest.mark.parametrize(
        ("bid", "rule"), [("nan", "quote-missing"), ("", "quote-missing"), ("-3", "quote-negative")]
    )
    def test_a_quote_that_is_none_is_dropped_by_a_named_rule(self, write, bid, rule):
        lines = ["option,bid,ask,date", f"SPXW231020C04500000,{bid},65.9,2023-09-14"]
        kept, quality = screen(read_chain(write(lines)))
        assert len(kept) == 0
        (found,) = quality
        assert (found.rule, found.column) == (rule, "bid, ask")
        assert "row 2" in str(found)

    def test_exchanged_sides(self, write):
        header = HEADER.replace("Calls", "X").replace("Puts", "Calls").replace("X", "Puts")
        with pytest.raises(DataError, match=r"row 5.*does not agree with the contract symbol"):
            read_chain(write(wide(header=header)))

    def test_bad_files(self, write, tmp_path):
        for lines, what in (
            ("", "empty"),
            (["a,b", "1,2"], "no header of an option chain"),
            (wide(rows=[]), "no rows"),
            (["expiry,kind,strike,bid", "2023-10-20,C,1,2"], "no column for ask"),
            (["strike,bid,ask,last", "1,2,3,4"], "no column for expiry"),
            (["expiry,kind,strike,bid,ask,date", "2023-10-20,X,1,2,3,2023-09-14"], "call nor put"),
            (["option,bid,ask,date", "SPX23,1,2,2023-09-14"], "row 2, column contract"),
            (["option,bid,ask,date", "SPX231020C04500000,1,2,never"], "row 2, column time"),
        ):
            with pytest.raises(DataError, match=what):
                read_chain(write(lines))
        with pytest.raises(DataError, match="no such file"):
            read_chain(tmp_path / "none.csv")

    def test_boards_of_expired_unknown_and_doubled_contracts(self, write):
        chain = read_chain(write(wide()))
        with pytest.raises(DataError, match="no contracts expire"):
            chain.board(Expiry(chain.date, True))
        late = read_chain(write(wide()), time="2023-10-23 12:00")
        with pytest.raises(DataError, match="had expired"):
            late.board(late.expiries[0])
        twice = chain.take(np.array([0, 1, 0]))
        with pytest.raises(DataError, match="row 5: a contract of 2023-10-20 AM stands twice"):
            twice.board(twice.expiries[0])


def test_vix_needs_two_expiries():
    with pytest.raises(DataError, match="two are needed"):
        chain_vix(sample())


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "published", "expiries"),
    [
        ("spx_cboe_2022-06-11.csv", 27.75, ["2022-07-08 PM", "2022-07-15 AM"]),
        ("spx_cboe_2023-09-14.csv", 12.82, ["2023-10-13 PM", "2023-10-20 AM"]),
        ("spx_yahoo_2026-01-30.csv", 17.44, ["2026-02-27 PM", "2026-03-06 PM"]),
    ],
)
def test_vix_of_real_chains(real_data, name, published, expiries):
    found = chain_vix(read_chain(real_data / "option_chains" / name))
    assert found.value == pytest.approx(published, abs=0.1)
    assert [str(e) for e in found.expiries] == expiries
    assert found.listed


@pytest.mark.realdata
def test_real_layouts_are_told_apart(real_data):
    folder = real_data / "option_chains"
    found = {path.name: read_chains(path) for path in sorted(folder.glob("*.csv"))}
    told = {name: (len(c), c[0].layout, sum(map(len, c))) for name, c in found.items()}
    assert told == {
        "spx_cboe_2022-06-11.csv": (1, "Cboe download", 19670),
        "spx_cboe_2023-09-14.csv": (1, "Cboe download", 19920),
        "spx_contracts_2014_2015.csv": (61, "contracts panel", 244),
        "spx_contracts_2017.csv": (96, "contracts panel", 392),
        "spx_yahoo_2026-01-30.csv": (1, "Yahoo", 17107),
        "spy_cboe_2023-09-14.csv": (1, "Cboe download", 7292),
    }
    assert not found["spy_cboe_2023-09-14.csv"][0].european
