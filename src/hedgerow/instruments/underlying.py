"""The index itself, held outright: the plainest sleeve, for tests and as a measure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Notional, Size, Vega, VegaShare
from hedgerow.instruments.sleeve import check_flag, check_lag, check_size, frozen


@dataclass(frozen=True)
class Underlying:
    """One unit of the index: gains its price change, never rolls, costs bps of price.

    Parameters
    ----------
    size
        `Notional`, `Contracts` or `Premium`; the index has no vega to be sized by.
    financed
        Whether the money tied up pays interest; dividends are not counted.

    Raises
    ------
    SleeveError
        If the size is a `Vega` or `VegaShare`.

    Examples
    --------
    >>> days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
    >>> market = Market(days, {"spx": [100.0, 103.0], "vix": [12.0, 13.0]})
    >>> Underlying(financed=False).strip(market).gain.tolist()
    [0.0, 3.0]
    """

    size: Size = field(default_factory=lambda: Notional(1.0))
    financed: bool = True
    kind: ClassVar[str] = "underlying"

    def __post_init__(self) -> None:
        check_size(self.size, premium=True)
        if isinstance(self.size, Vega | VegaShare):
            raise SleeveError(
                "the index has no vega, so it cannot be sized by it",
                where="size",
                mend="size by notional, contracts or premium",
            )
        check_flag(self.financed, "financed")

    @property
    def name(self) -> str:
        """Short name."""
        return "underlying"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the index out as a strip; see `Sleeve.strip`."""
        check_lag(lag)
        scene, price_of = Scene.of(market), costs or Costs()
        spot, count = scene.spot, len(market)
        zero = frozen(np.zeros(count))
        half = frozen(price_of.of_underlying(spot))
        paid = scene.financing(spot, 1.0) if self.financed else zero
        return Strip(
            name=self.name,
            times=market.times,
            multiplier=1.0,
            mark=spot,
            open=spot,
            financing=frozen(paid),
            half_spread_mark=half,
            half_spread_open=half,
            fee=0.0,
            roll=frozen(np.zeros(count, dtype=bool)),
            shift=zero,
            delta=frozen(np.ones(count)),
            gamma=zero,
            vega=zero,
            theta=zero,
            carry=zero,
            next_price=spot,
            next_vega=zero,
            next_notional=spot,
            next_carry=zero,
            strike=frozen(np.full(count, np.nan)),
            expiry=frozen(np.full(count, np.nan)),
            modelled=frozen(np.zeros(count, dtype=bool)),
            notes={"dividends": "not counted", "financed": self.financed},
        )
