"""Sources of quotes: Cboe's delayed quotes, Yahoo, TWS; whole, late, broken and not there."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace

import ib_async
import numpy as np
import pandas as pd
import pytest
import yfinance
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.data.download import Patience
from hedgerow.errors import DataError, HedgerowError, RangeError
from hedgerow.live.hours import close_of
from hedgerow.live.sources import web
from hedgerow.live.sources.calendars import events_on
from hedgerow.live.sources.cboe import Cboe
from hedgerow.live.sources.expiries import expiries
from hedgerow.live.sources.ibkr import Ibkr
from hedgerow.live.sources.yahoo import Yahoo
from loopback import IMPATIENT, serving

DAY = np.datetime64("2024-01-16")
AFTER = close_of(DAY) + 30 * 60 * 10**9
# closes of 12 and 16 January 2024: S&P Dow Jones, Cboe
SPX, VIX, BEFORE = 4765.98, 13.84, {"_SPX": 4783.83, "_VIX": 12.70}
# https://www.cboe.com/us/futures/market_statistics/settlement/csv?dt=2024-01-16: its layout
SETTLES = """Product,Symbol,Expiration Date,Price
VX,VX/F4,2024-01-17,13.8500
VX,VX04/F4,2024-01-24,14.3000
VX,VX/G4,2024-02-14,15.0250
VX,VX/H4,2024-03-20,15.5000
VXM,VXM/G4,2024-02-14,15.0250
"""


def quote(symbol: str, close: object, traded: str = "2024-01-16T16:15:01", **more: object) -> bytes:
    """A delayed quote in Cboe's layout."""
    data = {
        "symbol": symbol.replace("_", "^"), "security_type": "index", "current_price": close,
        "price_change": 0.1, "bid": 0.0, "ask": 0.0, "open": close, "high": close, "low": close,
        "close": close, "prev_day_close": BEFORE.get(symbol, close), "volume": 0,
        "last_trade_time": traded, **more,
    }  # fmt: skip
    content = {"timestamp": "2024-01-16 21:31:00", "data": data, "symbol": symbol}
    return json.dumps(content).encode()


def exchange(traded: str = "2024-01-16T16:15:01", **instead: bytes | int):
    known = {"_SPX": SPX, "_VIX": VIX, "_VIX9D": 13.05, "_VIX3M": 15.79, "_VVIX": 84.61}

    def answer(path: str) -> bytes | int:
        if path.startswith("/settlement.csv"):
            return instead.get("settles", SETTLES.encode())
        symbol = path.removeprefix("/").removesuffix(".json")
        if symbol in instead:
            return instead[symbol]
        return quote(symbol, known[symbol], traded) if symbol in known else 404

    return answer


def cboe(base: str, now: int = AFTER) -> Cboe:
    return Cboe(lambda: now, base, "builtin", patience=IMPATIENT)


def test_cboe_gives_closes_their_times_and_monthly_settles() -> None:
    with serving(exchange()) as server:
        found = cboe(server.base).read(DAY)
    assert {name: found.values[name] for name in ("spx", "vix", "vix3m")} == {
        "spx": SPX, "vix": VIX, "vix3m": 15.79,
    }  # fmt: skip
    assert [found.values[name] for name in ("vx1", "vx2", "vx3")] == [13.85, 15.025, 15.5]
    assert found.values["vx2_expiry"] == (dt.date(2024, 2, 14) - dt.date(1970, 1, 1)).days
    assert "vx4" not in found.values, "a rank without a settle stays empty"
    assert found.stamps["vix"] == close_of(DAY) + (15 * 60 + 1) * 10**9
    assert any(words.startswith("VIX6M is left out: it has none") for words in found.findings)
    assert "ndx" not in found.values, "asked for only where a program needs it"
    assert "/_NDX.json" not in server.asked


def test_cboe_on_a_settlement_day_tells_the_final_value() -> None:
    day = np.datetime64("2024-01-17")
    text = "Product,Symbol,Expiration Date,Price\nVX,VX/F4,2024-01-17,14.59\nVX,VX/G4,2024-02-14,15"
    answer = exchange("2024-01-17T16:15:01", settles=text.encode())
    with serving(answer) as server:
        found = cboe(server.base, close_of(day) + 10**9).read(day)
    assert found.values["vx_final"] == 14.59
    assert found.values["vx1"] == 15.0


def test_a_quote_from_before_the_close_is_no_close() -> None:
    with (
        serving(exchange("2024-01-16T15:44:59")) as server,
        pytest.raises(DataError, match="SPX was last quoted on 2024-01-16, the session's close is"),
    ):
        cboe(server.base).read(DAY)


def test_the_morning_after_the_close_before_is_taken() -> None:
    """Quotes of VIX begin again in the night; each tells the close before."""
    with serving(exchange("2024-01-16T08:30:00")) as server:
        found = cboe(server.base).read(np.datetime64("2024-01-12"))
    assert (found.values["spx"], found.values["vix"]) == (4783.83, 12.70)
    assert "VIX is the close before that a quote of 2024-01-16 tells" in found.findings
    assert "vix" not in found.stamps


def test_cboe_knows_nothing_older() -> None:
    with (
        serving(exchange()) as server,
        pytest.raises(DataError, match="older closes are gone"),
    ):
        cboe(server.base).read(np.datetime64("2024-01-10"))


def test_an_open_session_is_not_asked_for() -> None:
    with (
        serving(exchange()) as server,
        pytest.raises(DataError, match="2024-01-16 has not ended: it is 2024-01-16 15:59 New York"),
    ):
        cboe(server.base, close_of(DAY) - 10**9).read(DAY)
    assert server.asked == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>busy</html>", "garbage"),
        (b"[]", "garbage"),
        (b'{"data": null}', "garbage"),
        (b'{"data": {"symbol": "^SPX"}}', "no 'last_trade_time'"),
        (quote("_SPX", "4.765,98"), "garbage"),
        (quote("_SPX", True), "garbage"),
        (quote("_VIX", VIX), "garbage"),
        (b"\xff\xfe", "garbage"),
        (b"[" * 100_000, "garbage"),
        (503, "it is down"),
        (404, "it has none"),
        (403, "it is down: .* refused with status 403"),
    ],
)
def test_garbage_and_silence_are_told(body, said) -> None:
    with serving(exchange(_SPX=body)) as server, pytest.raises(DataError, match=said):
        cboe(server.base).read(DAY)


def test_without_settles_the_indices_remain() -> None:
    for body, said in (
        (500, "it is down"),
        (b"Product,Symbol\nVX,VX/F4", "garbage"),
        (b"Product,Symbol,Expiration Date,Price\n", "no settles of 2024-01-16 yet"),
    ):
        with serving(exchange(settles=body)) as server:
            found = cboe(server.base).read(DAY)
        assert any(said in words for words in found.findings), found.findings
        assert found.values["vix"] == VIX
        assert "vx1" not in found.values


def test_nobody_there_is_told_and_pauses_grow() -> None:
    with serving(exchange()) as server:
        gone = server.base
    pauses: list[float] = []
    patience = Patience(tries=3, pause=0.5, timeout=1.0, wait=pauses.append)
    with pytest.raises(DataError, match="Cboe's delayed quotes: it is down"):
        Cboe(lambda: AFTER, gone, patience=patience).read(DAY)
    assert pauses == [0.5, 1.0]


def test_an_answer_without_end_is_broken_off() -> None:
    with serving(lambda _: b"x" * 5000) as server:
        with pytest.raises(DataError, match="sends without end"):
            web.get(server.base, "a test", IMPATIENT, largest=1000)
        ticks = iter([0.0, *[1000.0] * 9])
        with pytest.raises(DataError, match="sends without end"):
            web.get(server.base, "a test", IMPATIENT, elapsed=lambda: next(ticks))


def test_errors_hold_no_secrets() -> None:
    with serving(exchange()) as server:
        gone = server.base.replace("http://", "http://ann:hunter2@")
    with pytest.raises(DataError) as caught:
        web.get(f"{gone}/x?token=hunter2", "a test", IMPATIENT)
    assert "hunter2" not in str(caught.value)


@settings(max_examples=40)
@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.dictionaries(
        st.sampled_from(["data", "symbol", "close", "current_price", "last_trade_time"]), inner
    ) | st.lists(inner, max_size=3),
    max_leaves=8,
).map(lambda made: json.dumps(made).encode()))  # fmt: skip
def test_nothing_that_is_sent_raises_anything_raw(monkeypatch_get, body) -> None:
    monkeypatch_get(lambda *_, **__: body)
    with pytest.raises(HedgerowError):
        Cboe(lambda: AFTER, "http://127.0.0.1:9").read(DAY)


@pytest.fixture
def monkeypatch_get(monkeypatch):
    return lambda answer: monkeypatch.setattr("hedgerow.live.sources.cboe.get", answer)


# Yahoo


def test_yahoo_is_asked_as_yfinance_wants_it(monkeypatch) -> None:
    asked = []

    class Ticker:
        def __init__(self, symbol: str) -> None:
            self.symbol = symbol

        def history(self, *, start, end, interval, auto_adjust, actions, timeout, raise_errors):
            asked.append((self.symbol, start, end, auto_adjust))
            if self.symbol == "^VIX6M":
                raise ValueError("possibly delisted; https://example.org/?crumb=hunter2")
            days = pd.DatetimeIndex(["2024-01-16"], tz="America/New_York")
            return pd.DataFrame(
                {"Close": [{"^GSPC": SPX, "^VIX": VIX}.get(self.symbol, 20.0)]}, days
            )

    monkeypatch.setattr(yfinance, "Ticker", Ticker)
    found = Yahoo(lambda: AFTER, "builtin", ("xlf",), patience=IMPATIENT).read(DAY)
    assert (found.values["spx"], found.values["vix"], found.values["xlf"]) == (SPX, VIX, 20.0)
    assert found.findings == ("VIX6M is left out: it is down, or has no ^VIX6M (ValueError)",)
    assert asked[0] == ("^GSPC", "2024-01-16", "2024-01-17", False)
    assert asked.count(("^VIX6M", "2024-01-16", "2024-01-17", False)) == 2


def test_yahoo_without_the_session_says_so() -> None:
    source = Yahoo(lambda: AFTER, patience=IMPATIENT, ask=lambda *_: [("2024-01-12", 4783.83)])
    with pytest.raises(DataError, match=r"no close of \^GSPC on 2024-01-16 \(yet\)"):
        source.read(DAY)


# TWS


class FakeIB:
    """What the source asks of ``ib_async.IB``."""

    def __init__(self, closes: dict[str, float], trouble: Exception | None = None) -> None:
        self.closes, self.trouble, self.left, self.asked = closes, trouble, False, []

    async def connectAsync(self, host, port, *, clientId, timeout, readonly, fetchFields):
        if self.trouble:
            raise self.trouble
        assert readonly
        self.asked.append((host, port, clientId))

    async def reqHistoricalDataAsync(self, contract, end, span, size, what, rth, *, timeout):
        assert (size, what, rth) == ("1 day", "TRADES", True)
        close = self.closes.get(contract.localSymbol or contract.symbol)
        before = SimpleNamespace(date=dt.date(2024, 1, 12), close=1.0)
        now = SimpleNamespace(date=dt.date(2024, 1, 16), close=close)
        return [before] if close is None else [before, now]

    def disconnect(self) -> None:
        self.left = True


def test_tws_gives_closes_of_the_day_by_rank() -> None:
    link = FakeIB({"SPX": SPX, "VIX": VIX, "VIX3M": 15.79, "VXF4": 13.85, "VXG4": 15.0})
    found = Ibkr(lambda: AFTER, "127.0.0.1:4002/5", "builtin", make=lambda: link).read(DAY)
    assert link.asked == [("127.0.0.1", 4002, 5)]
    assert link.left
    assert dict(found.values) == {
        "spx": SPX, "vix": VIX, "vix3m": 15.79,
        "vx1": 13.85, "vx1_expiry": float(expiries(DAY)["vx1"]),
        "vx2": 15.0, "vx2_expiry": float(expiries(DAY)["vx2"]),
    }  # fmt: skip
    assert found.findings[0] == "VIX9D, VIX6M, VVIX: left out, the broker has none"
    assert "not settles" in found.findings[1]


def test_tws_that_is_away_or_silent_is_told() -> None:
    away = FakeIB({}, ConnectionRefusedError("127.0.0.1"))
    with pytest.raises(DataError, match=r"does not answer \(ConnectionRefusedError\)"):
        Ibkr(lambda: AFTER, make=lambda: away).read(DAY)
    assert away.left
    with pytest.raises(DataError, match=r"it has no SPX of 2024-01-16 \(yet\)"):
        Ibkr(lambda: AFTER, make=lambda: FakeIB({"VIX": VIX})).read(DAY)
    with pytest.raises(RangeError, match="'here:port' is no address of TWS"):
        Ibkr(lambda: AFTER, "here:port")


def test_the_real_ib_async_takes_what_the_fake_takes() -> None:
    import inspect

    for name in ("connectAsync", "reqHistoricalDataAsync"):
        real = set(inspect.signature(getattr(ib_async.IB, name)).parameters)
        ours = inspect.signature(getattr(FakeIB, name)).parameters.values()
        assert {p.name for p in ours if p.kind is p.KEYWORD_ONLY} <= real


# calendars


def test_known_events_come_from_the_data_folder(tmp_path) -> None:
    (tmp_path / "fomc_dates.csv").write_text("date\n2023-12-13\n2024-01-31\n2024-03-20\n")
    found = events_on(str(tmp_path), DAY)
    assert found == {"event_fomc": 0.0, "event_fomc_in": 11.0}
    (tmp_path / "cpi_dates.csv").write_text("date\nsoon\n")
    with serving(exchange()) as server:
        read = Cboe(lambda: AFTER, server.base, str(tmp_path), patience=IMPATIENT).read(DAY)
    assert any("calendars of events are left out" in words for words in read.findings)
