import csv
import datetime as dt
import re

import numpy as np
import pytest

from hedgerow.core.contract import MONTH_CODES
from hedgerow.core.settlement import vx_settlement
from hedgerow.data.calendar import is_session, sessions
from hedgerow.errors import RangeError


@pytest.mark.parametrize(
    ("contract", "day"),
    [
        # Holidays on the Friday or the Wednesday: all four are Tuesdays.
        ((2019, 3), "2019-03-19"),
        ((2022, 3), "2022-03-15"),
        ((2024, 6), "2024-06-18"),
        ((2025, 3), "2025-03-18"),
        # Ordinary Wednesdays, December wraps into January.
        ((2024, 1), "2024-01-17"),
        ((2018, 2), "2018-02-14"),
        ((2024, 12), "2024-12-18"),
    ],
)
def test_vx_settlement(contract, day):
    assert vx_settlement(*contract).isoformat() == day


@pytest.mark.parametrize("contract", [(2024, 0), (2024, 13), (2003, 5)])
def test_a_contract_that_never_was_is_refused(contract):
    with pytest.raises(RangeError, match="there is no VIX future"):
        vx_settlement(*contract)


def test_settlement_is_always_a_session():
    for year in range(2005, 2027):
        for month in range(1, 13):
            assert is_session(vx_settlement(year, month))


def test_early_closes():
    closes = {str(s.date): s.close for s in sessions("2024-11-25", "2025-01-02")}
    assert closes["2024-11-29"] == dt.time(13)
    assert closes["2024-12-24"] == dt.time(13)
    assert closes["2024-12-23"] == dt.time(16)
    assert "2024-11-28" not in closes
    assert "2024-12-25" not in closes
    with pytest.raises(RangeError, match="lies before"):
        sessions("2024-01-03", "2024-01-02")


@pytest.mark.realdata
def test_rule_against_every_contract_file(real_folder):
    """Old files end on the settlement date; listed ones carry it in their name."""
    checked = 0
    for path in (real_folder / "vx_futures/monthly_2006_2015").glob("*.csv"):
        code, year = re.fullmatch(r"CFE_(.)(\d\d)_VX", path.stem).groups()
        month, day, full = path.read_text().splitlines()[-1].split(",")[0].split("/")
        expected = vx_settlement(2000 + int(year), MONTH_CODES[code])
        last = dt.date(int(full), int(month), int(day))
        if last == dt.date(2015, 4, 1):  # the day these files were taken: still trading
            assert expected > last
            continue
        assert last == expected, path.name
        checked += 1
    assert checked == 87
    # Monthly contracts are listed for months, weekly ones for some six weeks.
    for path in (real_folder / "vx_futures/listed_2013_2026").glob("*.csv"):
        day = dt.date.fromisoformat(path.stem[3:])
        with path.open() as stream:
            rows = list(csv.DictReader(stream))
        first, last = (dt.date.fromisoformat(rows[i]["Trade Date"]) for i in (0, -1))
        monthly = day == vx_settlement(day.year, day.month)
        volume = max(int(row["Total Volume"]) for row in rows)
        if dt.date(2013, 6, 1) < day and last == day:
            listed = (day - first).days
            assert monthly == (listed > 100), path.name
            assert (not monthly) or volume > 10_000, path.name
        checked += 1
    assert checked == 87 + 388


@pytest.mark.realdata
def test_rule_against_the_panel_and_the_archive(real_folder):
    """The last date of a symbol is the session before its settlement, from 2004 on."""
    from hedgerow.data.contracts import symbol_settlement

    last: dict[str, dt.date] = {}
    with (real_folder / "vx_futures/panel_2004_2017/8_m_symbols.csv").open() as stream:
        for row in csv.DictReader(stream):
            month, day, year = (int(x) for x in row["date"].split("/"))
            for rank in range(1, 9):
                if row[f"M{rank}"] not in ("", "NA"):
                    last[row[f"M{rank}"]] = dt.date(2000 + year, month, day)
    ended = {s: d for s, d in last.items() if d < dt.date(2017, 5, 1)}
    assert len(ended) > 140
    for symbol, day in ended.items():
        settlement = symbol_settlement(symbol)
        days = (day + dt.timedelta(days=n) for n in range(1, (settlement - day).days))
        assert day < settlement
        assert not [d for d in days if is_session(d)], symbol
    with (real_folder / "vx_futures/CFE_FinalSettlement_Archive.csv").open() as stream:
        named = [r for r in csv.DictReader(stream) if r["Symbol"] == "VX"]
    assert len(named) == 104
    for row in named:
        day = vx_settlement(int(row["SettlementYear"]), int(row["SettlementMonth"]))
        assert np.is_busday(np.datetime64(day)), row
