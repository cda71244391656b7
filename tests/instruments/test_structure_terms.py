"""Terms of structures: texts are read as a command line has them, mistakes are sentences."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from hedgerow.core.contract import FutureContract
from hedgerow.errors import HedgerowError, SleeveError
from hedgerow.instruments import structures as named
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Position, Shares, Structure

TODAY = dt.date(2026, 2, 18)
EXPIRY = dt.date(2026, 3, 20)  # thirty days
ES = FutureContract("ES", 2026, 3)


def now(**changes: object) -> State:
    return State(**{"date": TODAY, "spot": 5000.0, "vol": 0.2, "rate": 0.04} | changes)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: now(vol=0.0), "vol: 0.0 is not positive"),
        (lambda: now(vol=float("nan")), "vol: nan is not a finite"),
        (lambda: now(spot=[5000.0, float("nan")]), "spot, row 1"),
        (lambda: now(spot=0.0), "spot: 0.0 is not positive"),
        (lambda: now(rate=float("inf")), "rate: inf is not a finite"),
        (lambda: now(forward=5000.0), "either a spot or a forward"),
        (lambda: State(TODAY, vol=0.2), "either a spot or a forward"),
        (lambda: now(date="18.2.2026"), "date: '18.2.2026' is not a date"),
        (lambda: now(date="20260218"), "write YYYY-MM-DD"),
        (lambda: now(date=20260218), "date: '20260218' is not a date"),
        (lambda: now(date=None), "date: 'None' is not a date"),
        (lambda: now(date=dt.datetime(2026, 2, 18, 9)), "date: '2026-02-18 09:00:00' is not a"),
        (lambda: now(date=pd.Timestamp("2026-02-18")), "date: '2026-02-18 00:00:00' is not a"),
        (lambda: named.put("SPXW", EXPIRY, 0.0), "0.0 is not a strike"),
        (lambda: named.put("SPXX", EXPIRY, 5000.0), "unknown symbol 'SPXX'"),
        (lambda: named.put("ES", EXPIRY, 5000.0), "ES is no option root"),
        (lambda: named.put("SPXW", EXPIRY, 5000.0, 0.0), "is no quantity"),
        (lambda: named.put("SPXW", TODAY, 5000.0).value(now(date="2026-02-19")), "expired on"),
        (lambda: named.put("SPXW", EXPIRY, 5000.0).value(now(vol=None)), "no volatility"),
        (lambda: named.put("SPXW", EXPIRY, 5000.0).value(now(vol={4900: 0.2})), "no volatility"),
        (
            lambda: named.put("SPXW", EXPIRY, 5000.0).value(now(vol=lambda k, _: k * 0)),
            "0.0 is not positive",
        ),
        (lambda: named.put("SPXW", EXPIRY, 5000.0).worst(), "neither a price nor a state"),
        (lambda: named.put("SPXW", EXPIRY, 5000.0).worst(price=float("nan")), "is no price"),
        (
            lambda: named.put_spread("SPXW", EXPIRY, 4500, 5000),
            "lower 5000 is not below upper 4500",
        ),
        (
            lambda: named.iron_condor("SPXW", EXPIRY, 1, 3, 2, 4),
            "short_put 3 is not below short_call",
        ),
        (lambda: named.ratio_spread("SPXW", EXPIRY, 5000, 4500, ratio=1.0), "is not above 1"),
        (lambda: named.put("SPXW", EXPIRY, 5000.0).payoff([-1.0]), "negative or no number"),
        (lambda: named.put("SPXW", EXPIRY, 5000.0).payoff(float("nan")), "negative or no number"),
        (lambda: Shares("VIX"), "nobody holds shares of VIX"),
        (lambda: Shares("VOO"), "unknown symbol 'VOO'"),
        (lambda: named.collar("VIX", EXPIRY, 15.0, 25.0), "nobody holds shares of VIX"),
        (lambda: named.put("SPXW", dt.datetime(2026, 3, 20), 5000.0), "00:00' is not a date"),
        (lambda: named.put("SPXW", "20.3.2026", 5000.0), "expiry: '20.3.2026' is not a date"),
        (lambda: Structure("none", ()), "no positions"),
        (lambda: Position(1, ES), "no entry price"),
        (lambda: Position(1, Shares("SPY"), entry=1.0), "only futures have an entry"),
        (
            lambda: named.put("SPXW", EXPIRY, 5000.0) + named.put("SPY", EXPIRY, 500.0),
            "written on SPX and SPY",
        ),
        (lambda: named.build("condor", {}), "did you mean 'iron_condor'"),
        (lambda: named.build("put", {"root": "SPXW"}), "expiry, strike missing"),
        (
            lambda: named.build("put", {"root": "SPXW", "expiry": "soon", "strike": 1}),
            "put.expiry: 'soon' is not a date. Mend: write YYYY-MM-DD",
        ),
        (
            lambda: named.build("put", {"root": "SPXW", "expiry": EXPIRY, "strike": "x"}),
            "write a number",
        ),
        (
            lambda: named.build("future", {"future": "ESH6", "entry": 1}),
            "future.future: the year of 'ESH6' has one digit",
        ),
    ],
)
def test_mistakes_are_sentences(make, said) -> None:
    with pytest.raises(HedgerowError) as caught:
        make()
    assert said in str(caught.value)


def test_build_reads_texts_as_a_command_line_has_them() -> None:
    terms = {"root": "spxw", "expiry": "2026-03-20", "long_strike": "5000", "short_strike": "5100"}
    built = named.build("ratio_spread", {**terms, "calls": "true", "ratio": "3"})
    assert built == named.ratio_spread("SPXW", EXPIRY, 5000.0, 5100.0, 3.0, calls=True)
    hedged = {"root": "SPXW", "expiry": EXPIRY, "strike": 5200, "future": "ESH26", "entry": 5000}
    assert named.build("hedged_short_future", hedged).positions[0].contract == ES
    assert issubclass(SleeveError, HedgerowError)


def test_an_expiry_may_be_a_text() -> None:
    text = "2026-03-20"
    assert named.put("SPXW", text, 4500.0) == named.put("SPXW", EXPIRY, 4500.0)
    late = named.collar("SPX", "2026-06-18", 4750.0, 5500.0, call_expiry=text)
    assert late == named.collar("SPX", dt.date(2026, 6, 18), 4750.0, 5500.0, call_expiry=EXPIRY)
    hedged = named.hedged_short_future("SPXW", text, 5200.0, ES, 5000.0)
    assert hedged == named.hedged_short_future("SPXW", EXPIRY, 5200.0, ES, 5000.0)
