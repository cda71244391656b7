"""Named rules for quotes, and the store of chains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hedgerow.data.chain_files import read_chain, sample
from hedgerow.data.chain_quality import screen
from hedgerow.data.chain_store import load_chains, store, stored_dates
from hedgerow.data.chains import Chain
from hedgerow.errors import DataError
from hedgerow.pricing.black import black76


def made(**changes) -> Chain:
    """A clean chain of one expiry, 21 strikes; a change is {column: {row: value}}."""
    base = sample()
    strike = np.repeat(np.arange(4000.0, 5050.0, 50.0), 2)
    call = np.tile([True, False], len(strike) // 2)
    rows = np.zeros(len(strike), dtype=np.intp)
    chain = base.take(rows)
    price = black76(4530.0, strike, 36 / 365, 0.15, 0.05, call=call).price
    columns = {
        "strike": strike,
        "call": call,
        "bid": np.round(price - 0.2, 2),
        "ask": np.round(price + 0.2, 2),
        "row": np.arange(len(strike)) + 5,
    }
    for name, cells in changes.items():
        column = np.array(columns.get(name, getattr(chain, name)))
        for row, value in cells.items():
            column[row] = value
        columns[name] = column
    return replace(chain, **columns)


def found(chain, **options):
    kept, report = screen(chain, **options)
    return len(chain) - len(kept), {f.rule: (f.action, f.count, f.first) for f in report}


class TestRules:
    def test_a_clean_chain_has_no_findings(self):
        assert found(made()) == (0, {})

    @pytest.mark.parametrize(
        ("rule", "changes", "action"),
        [
            ("quote-missing", {"bid": {7: np.nan}}, "dropped"),
            ("quote-negative", {"bid": {7: -1.0}}, "dropped"),
            ("quote-empty", {"bid": {7: 0.0}, "ask": {7: 0.0}}, "dropped"),
            ("quote-crossed", {"bid": {7: 999.0}}, "dropped"),
            ("quote-zero-bid", {"bid": {7: 0.0}}, "noted"),
            ("contract-expired", {"expiry": {7: np.datetime64("2023-09-14")}}, "dropped"),
            ("quote-stale", {"traded": {7: np.datetime64("2023-09-01", "s")}}, "noted"),
        ],
    )
    def test_a_bad_quote(self, rule, changes, action):
        dropped, rules = found(made(**changes))
        assert list(rules) == [rule]
        assert rules[rule][:2] == (action, 1)
        assert rules[rule][2][0].startswith("row 12 (")
        assert dropped == (1 if action == "dropped" else 0)

    def test_the_wrong_side_of_parity_names_the_option_in_the_money(self):
        chain = made()
        bid, ask = chain.bid.copy(), chain.ask.copy()
        bid[4] += 12.0  # the 4100 call
        ask[4] += 12.0
        dropped, rules = found(replace(chain, bid=bid, ask=ask))
        assert dropped == 1
        assert rules["parity-side"] == ("dropped", 1, ("row 9 (2023-10-20 4100C)",))

    def test_american_quotes_are_only_noted(self):
        chain = made()
        bid, ask = chain.bid.copy(), chain.ask.copy()
        bid[20] += 12.0  # the 4500 call
        ask[20] += 12.0
        spy = replace(chain, bid=bid, ask=ask, root=np.array(["SPY"] * len(chain)))
        dropped, rules = found(spy)
        assert dropped == 0
        assert rules["parity-side"][:2] == ("noted", 1)

    def test_doubled_contracts(self):
        chain = made()
        twice = chain.take(np.append(np.arange(len(chain)), 7))
        assert found(twice)[1]["contract-duplicate"][:2] == ("dropped", 1)
        ask = twice.ask.copy()
        ask[-1] += 1.0
        rows = np.append(chain.row, 99)
        with pytest.raises(DataError, match=r"row 99, column strike: .* in row 12 and .* row 99"):
            screen(replace(twice, ask=ask, row=rows))


class TestStore:
    def test_what_is_stored_comes_back(self, tmp_path):
        chain = made(traded={3: np.datetime64("2023-09-14T11:00:00", "s")})
        later = replace(chain, time=np.datetime64("2023-09-16T20:47:00", "s"), spot=float("nan"))
        paths = [store(one, tmp_path) for one in (later, chain, chain)]
        assert paths[0].parent.name == "date=2023-09-15"  # the session of a weekend's file
        first, second = load_chains(tmp_path, "2023-09-01", "2023-09-30", symbol="SPX")
        assert (first.time, second.time) == (chain.time, later.time)
        for name in Chain.__dataclass_fields__:
            a, b = getattr(first, name), getattr(chain, name)
            if isinstance(b, np.ndarray):
                assert a.dtype.kind == b.dtype.kind
                np.testing.assert_array_equal(a, b)
            else:
                assert a == b
        assert np.isnan(second.spot)
        assert len(load_chains(tmp_path, "2023-09-15", "2023-09-15")) == 1
        assert load_chains(tmp_path, "2023-09-14", "2023-09-14", symbol="SPY") == ()
        assert [str(day) for day in stored_dates(tmp_path, "SPX")] == ["2023-09-14", "2023-09-15"]

    def test_a_broken_write_leaves_the_old_chain(self, tmp_path, monkeypatch):
        import pyarrow.parquet as pq

        path = store(made(), tmp_path)
        before = path.read_bytes()

        def broken(table, where, **options):
            where.write_bytes(b"half")
            raise OSError("disk full")

        monkeypatch.setattr(pq, "write_table", broken)
        with pytest.raises(OSError, match="disk full"):
            store(made(), tmp_path)
        assert path.read_bytes() == before
        assert [p.name for p in path.parent.iterdir()] == [path.name]

    def test_damaged_files_and_folders_are_told(self, tmp_path):
        path = store(made(), tmp_path)
        path.write_bytes(b"PAR1 no more")
        with pytest.raises(DataError, match="cannot be read"):
            load_chains(tmp_path, "2023-01-01", "2023-12-31")
        with pytest.raises(DataError, match="no such folder"):
            load_chains(tmp_path / "none", "2023-01-01", "2023-12-31")
        with pytest.raises(DataError, match="not a symbol"):
            store(replace(made(), symbol="../x"), tmp_path)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "share", "rules"),
    [
        ("spx_cboe_2022-06-11.csv", 0.97, {"contract-expired", "quote-empty", "quote-zero-bid"}),
        ("spx_cboe_2023-09-14.csv", 0.97, {"contract-expired", "quote-crossed", "quote-empty"}),
        ("spx_yahoo_2026-01-30.csv", 0.95, {"quote-stale", "quote-crossed", "parity-side"}),
        ("spy_cboe_2023-09-14.csv", 0.96, {"contract-expired", "parity-side"}),
    ],
)
def test_real_chains(real_data, tmp_path, name, share, rules):
    chain = read_chain(real_data / "option_chains" / name)
    kept, report = screen(chain)
    assert len(kept) > share * len(chain)
    assert rules <= {finding.rule for finding in report}
    store(chain, tmp_path)
    (again,) = load_chains(tmp_path, chain.date, chain.date)
    np.testing.assert_array_equal(again.bid, chain.bid)
    np.testing.assert_array_equal(again.years, chain.years)
