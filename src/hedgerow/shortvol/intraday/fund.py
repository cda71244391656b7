"""Shares of a volatility fund as a strip: what the hedge is made of within the day."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from hedgerow.core.market import Floats, Market, Origin
from hedgerow.core.strip import Strip
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.costs import CALM_VIX
from hedgerow.pricing.black import DAYS_PER_YEAR

BPS = 1e-4


@dataclass(frozen=True)
class FundCosts:
    """What trading shares of the fund costs.

    Parameters
    ----------
    half_spread_bps
        Half-spread, hundredths of a percent of price, up to a VIX of 20; above, it widens with VIX.
        Assumed: no quotes are in hand.
    fee_bps
        Hundredths of a percent of price: half a cent on a share of 25 USD.  Not USD a share, for
        prices are stated in shares of another day, and splits change their number.

    Raises
    ------
    RangeError
        If a number is negative.

    Examples
    --------
    >>> FundCosts().of_share(np.array([30.0, 30.0]), np.array([15.0, 40.0])).round(4).tolist()
    [0.021, 0.036]
    """

    half_spread_bps: float = 5.0
    fee_bps: float = 2.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0.0:
                raise RangeError(
                    f"{value!r} is not a cost", where=f"costs.{item.name}", mend="give 0 or more"
                )

    def of_share(self, price: Floats, vix: Floats) -> Floats:
        """Return half-spread and fee of prices at a VIX in points, USD a share, same shape."""
        wide = np.maximum(vix / CALM_VIX, 1.0)
        return np.asarray(price * (self.half_spread_bps * wide + self.fee_bps) * BPS)


def fund_strip(market: Market, costs: FundCosts) -> Strip:
    """Lay shares of the fund out as a strip: one a contract, for ever, paid for in full.

    Parameters
    ----------
    market
        Bars with ``vxx`` (USD a share), ``vxx_point`` (USD of a share a point of the VIX future of
        30 days) and ``vix``.
    costs
        Of trading.

    Notes
    -----
    ``vega`` is USD a point of the *VIX future* of 30 days, as the 1000 of a future is: the hedge
    follows spec H4 with the fund in the future's place.  What the fund loses to rolling its futures
    is in its price; as a carry it is not known ahead, so ``carry`` is none.
    """
    price, count = market["vxx"], len(market)
    if not np.isfinite(price).any():
        raise DataError(
            "the volatility fund has no price on any bar",
            where="market.vxx",
            mend="choose dates on which it trades",
        )
    half = costs.of_share(price, market["vix"])
    zero = np.zeros(count)
    rate = np.nan_to_num(market.columns.get("rate", zero))
    days = np.diff(market.dates.astype(np.int64), prepend=market.dates[:1].astype(np.int64))
    tied = np.r_[0.0, price[:-1]] * np.r_[0.0, rate[:-1]] * days / DAYS_PER_YEAR
    vega = market["vxx_point"]
    unknown = np.full(count, np.nan)
    modelled = market.origin["vxx"] == Origin.MODELLED
    return Strip(
        name="vxx",
        times=market.times,
        multiplier=1.0,
        mark=price,
        open=price,
        financing=tied,
        half_spread_mark=half,
        half_spread_open=half,
        fee=0.0,
        unit_cost=zero,
        roll=np.zeros(count, dtype=bool),
        shift=zero,
        delta=zero,
        gamma=zero,
        vega=vega,
        theta=zero,
        carry=zero,
        next_price=price,
        next_vega=vega,
        next_delta=zero,
        next_notional=price,
        next_carry=zero,
        next_cost=half,
        next_loss=price,
        strike=unknown,
        expiry=unknown,
        modelled=modelled,
        notes={"half_spread_bps": costs.half_spread_bps, "fee_bps": costs.fee_bps},
    )
