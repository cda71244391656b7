"""H18: futures and options on VIX stand on their own expiry's forward, in every VIX sleeve."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.expiry import holidays_around, vix_settlement
from hedgerow.core.futures import monthlies
from hedgerow.instruments import catalog

SLEEVES = {
    "vix_future": hr.VixFuture(months=2, roll_before=5),
    "vix_future_constant": hr.VixFutureConstant(),
    "vix_call": hr.VixCall(months=2, roll_before=5),
    "vix_put": hr.VixPut(months=2, roll_before=5),
    "vix_call_spread": hr.VixCallSpread(months=2, roll_before=5),
}
COLUMNS = ("open", "mark", "vega", "strike", "next_price")


def test_h18_every_sleeve_on_vix_is_tried() -> None:
    assert set(SLEEVES) == {kind for kind in catalog.SLEEVES if kind.startswith("vix")}


@pytest.fixture(scope="module")
def quoted() -> hr.Market:
    """A year on which eight futures are quoted every day."""
    market = hr.load("builtin").between("2017-01-03", "2017-12-29")
    assert not np.isin(market.dates, holidays_around(market.dates)).any()
    months = np.arange(1, 10)
    columns = {}
    base = market.dates.astype("datetime64[M]")
    base = base + (vix_settlement(base) <= market.dates)
    for rank in months:
        expiry = vix_settlement(base + (rank - 1)).astype(float)
        columns[f"vx{rank}_expiry"] = expiry
        columns[f"vx{rank}"] = 14.0 + 0.5 * rank + 0.02 * (market.dates.astype(float) % 7)
    made = market.with_columns(columns)
    assert np.isfinite(monthlies(made).price).all()
    return made


@pytest.mark.parametrize("kind", SLEEVES)
def test_h18_spot_vix_alone_moves_no_price(kind, quoted) -> None:
    vvix = np.full(len(quoted), 95.0)  # published: not a model of spot VIX
    calm = quoted.with_columns({"vvix": vvix})
    wild = calm.with_columns({"vix": 1.4 * calm["vix"]})
    ours, theirs = (SLEEVES[kind].strip(each) for each in (calm, wild))
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)


@pytest.mark.parametrize("kind", SLEEVES)
def test_h18_the_quote_of_its_own_future_moves_its_price(kind, quoted) -> None:
    vvix = np.full(len(quoted), 95.0)
    base = quoted.with_columns({"vvix": vvix})
    up = base.with_columns({f"vx{rank}": base[f"vx{rank}"] + 1.0 for rank in range(1, 10)})
    ours, theirs = (SLEEVES[kind].strip(each) for each in (base, up))
    assert (ours.open != theirs.open).all()
