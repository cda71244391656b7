"""The index itself, held outright: the plainest sleeve, for tests and as a measure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.expansion import Slopes, along
from hedgerow.instruments.roster import Basket, Measures, Path, Roster, foreign, frozen, kept
from hedgerow.instruments.scene import Scene, check_index, told_index
from hedgerow.instruments.sizes import Notional, Size, Vega, VegaShare
from hedgerow.instruments.sleeve import check_flag, check_lag, check_size


@dataclass(frozen=True)
class Underlying:
    """One unit of the index: gains its price change, never rolls, costs bps of price.

    Parameters
    ----------
    size
        `Notional`, `Contracts` or `Premium`; the index has no vega to be sized by.
    financed
        Whether the money tied up pays interest.
    dividends
        Whether it pays dividends, which lower ``financing``: the total return.
    index
        ``spx``, ``ndx`` or ``rut``.

    Raises
    ------
    SleeveError
        If the size is a `Vega` or `VegaShare`, or the index unknown.

    Examples
    --------
    >>> days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
    >>> market = Market(days, {"spx": [100.0, 103.0], "vix": [12.0, 13.0]})
    >>> Underlying(financed=False).strip(market).gain.tolist()
    [0.0, 3.0]
    >>> Underlying().roster(market).path("SPX").price.tolist()
    [100.0, 103.0]
    """

    size: Size = field(default_factory=lambda: Notional(1.0))
    financed: bool = True
    dividends: bool = False
    index: str = "spx"
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
        check_flag(self.dividends, "dividends")
        check_index(self.index)

    @property
    def name(self) -> str:
        """Short name."""
        return "-".join(filter(None, ("underlying", told_index(self.index))))

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the index out as a strip; see `Sleeve.strip`."""
        return self.roster(market, lag=lag, costs=costs).strip

    def roster(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Roster:
        """Name the index unit; see `Sleeve.roster`."""
        check_lag(lag)
        scene, count = Scene.of(market, self.index), len(market)
        path = unit_path(scene, costs or Costs(), dividends=self.dividends, financed=self.financed)
        zero = frozen(np.zeros(count))
        paid = scene.financing(path.price, path.multiplier) if self.financed else zero
        counted = "counted" if self.dividends else "not counted"
        strip = Strip(
            name=self.name,
            times=market.times,
            multiplier=path.multiplier,
            mark=path.price,
            open=path.price,
            financing=frozen(np.asarray(paid - path.dividend)),
            half_spread_mark=path.half_spread,
            half_spread_open=path.half_spread,
            fee=path.fee,
            unit_cost=zero,
            roll=frozen(np.zeros(count, dtype=bool)),
            shift=zero,
            delta=path.delta,
            gamma=zero,
            vega=zero,
            theta=zero,
            carry=zero,
            next_price=path.price,
            next_vega=zero,
            next_delta=path.delta,
            next_notional=path.price,
            next_carry=zero,
            next_cost=path.half_spread,
            next_loss=path.price,
            strike=frozen(np.full(count, np.nan)),
            expiry=frozen(np.full(count, np.nan)),
            modelled=path.modelled,
            notes={"dividends": counted, "financed": self.financed},
        )
        return UnitRoster(strip, scene.index.symbol, path)


class UnitRoster(Roster):
    """One unit of an index, the same at every bar.

    Parameters
    ----------
    strip, symbol, path
        Of the unit.
    """

    def __init__(self, strip: Strip, symbol: str, path: Path) -> None:
        always = np.zeros(len(strip), dtype=np.intp)
        super().__init__(strip, always, always)
        self._basket, self._paths[symbol] = Basket((symbol,), (1.0,)), path

    def basket(self, number: int) -> Basket:
        """Return the unit."""
        return self._basket

    def choose(self, row: int, *, like: Basket | None = None, keep: str = "") -> Basket:
        """Return the unit; see `Roster.choose`."""
        return kept(like, keep) if keep else self._basket

    def _priced(self, symbol: str) -> Path:
        raise foreign(symbol)


def unit_path(
    scene: Scene, trade: Costs, *, dividends: bool = False, financed: bool = True
) -> Path:
    """Price one unit of the index along all bars.

    Parameters
    ----------
    scene
        Of one market.
    trade
        Costs.
    dividends, financed
        As for `Underlying`.
    """
    zero = np.zeros(len(scene.days))
    half = trade.of_underlying(scene.spot)
    return Path.of(
        0,
        Measures(scene.spot, half, np.ones(len(zero)), zero, zero, zero, zero),
        False,
        along(Slopes(delta=1.0), scene.spot, zero, scene.days),
        multiplier=1.0,
        fee=0.0,
        financed=financed,
        dividend=scene.dividends() if dividends else None,
    )
