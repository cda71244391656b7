"""Sleeves that every test of sleeves runs over; every registered kind has an entry here.

``EXAMPLES`` is checked against the catalogue: a sleeve that is registered without an entry fails
`tests/instruments/test_sleeve_laws.py`, so none goes without the laws, the look-ahead test, the
round trip through tables and the equality of sweep and backtest.
"""

from __future__ import annotations

from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.future_constant import VixFutureConstant
from hedgerow.instruments.options import (
    Call,
    CallSpread,
    Collar,
    Condor,
    Put,
    PutSpread,
    Straddle,
    Strangle,
)
from hedgerow.instruments.sizes import Contracts, MaxLoss, Notional, Premium, Vega, VegaShare
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.instruments.vix_options import VixCall, VixCallSpread, VixPut

EXAMPLES: dict[str, list[Sleeve]] = {
    "put": [
        Put(),
        Put(size=Vega(1_000), roll="dte:45", listed=False),
        Put(size=Premium(0.01), roll="expiry", tenor="30d"),
        Put(size=Contracts(10), roll="21b", drift=0.05, tenor="6m"),
        Put(1.0, tenor="monthly", roll="expiry", side="short", strike_step=5, size=Notional(1.0)),
        Put(delta=0.25, tenor="quarterly", roll="expiry"),
        Put(1.0, tenor="monthly", roll="expiry", side="short", size=MaxLoss(1.0)),
        Put(1.02, tenor="monthly", roll="expiry", settlement="am", strike_step=5),
        Put(1.1, exercise="american", size=Notional(0.5), roll="dte:20"),
    ],
    "put_spread": [PutSpread(), PutSpread(0.90, 0.75, size=Premium(0.01), roll="dte:30")],
    "call": [
        Call(delta=0.3, side="short", tenor="monthly", roll="expiry"),
        Call(1.0, side="short", tenor="monthly", roll="expiry", covered=True, size=Premium(1.0)),
        Call(1.0, side="short", tenor="monthly", roll="expiry", settlement="am"),
        Call(0.85, side="short", exercise="american", tenor="monthly", roll="expiry"),
    ],
    "call_spread": [CallSpread()],
    "straddle": [Straddle(tenor="30d", strike_step=5, side="short")],
    "strangle": [Strangle(lower_delta=0.25, upper_delta=0.25, strike_step=25)],
    "collar": [Collar(size=Contracts(3), roll="dte:30")],
    "condor": [Condor(size=MaxLoss(0.1), strike_step=5), Condor()],
    "vix_future": [
        VixFuture(),
        VixFuture(months=3, roll_before=1, size=Vega(1_000)),
        VixFuture(roll_before=0, size=Contracts(20)),
    ],
    "vix_future_constant": [
        VixFutureConstant(),
        VixFutureConstant(months=3, size=Notional(0.2)),
    ],
    "vix_call": [
        VixCall(),
        VixCall(delta=0.30, months=2, roll_before=5, strike_step=0.5, size=Contracts(50)),
    ],
    "vix_call_spread": [VixCallSpread()],
    "vix_put": [
        VixPut(),
        VixPut(0.9, side="short", months=2, roll_before=5, strike_step=1.0, size=Contracts(50)),
    ],
    "variance_swap": [
        VarianceSwap(),
        VarianceSwap(roll="30d", size=Vega(1_000)),
        VarianceSwap(tenor="30d", listed=False, size=VegaShare(0.0002)),
    ],
    "underlying": [
        Underlying(),
        Underlying(size=Notional(-0.1), financed=False),
        Underlying(dividends=True),
    ],
}

FIRST = [many[0] for many in EXAMPLES.values()]
EVERY = [sleeve for many in EXAMPLES.values() for sleeve in many]


def label(sleeve: Sleeve) -> str:
    """A name that tells the examples apart."""
    paid = "dividends" if getattr(sleeve, "dividends", False) else ""
    words = (sleeve.name, getattr(sleeve, "roll", ""), sleeve.size.kind, paid)
    return "-".join(word for word in words if word)
