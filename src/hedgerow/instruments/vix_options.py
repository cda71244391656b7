"""Rolling options on VIX futures, each on the future of its own settlement (H18); model prices."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future_paths import CURVE, Paths, modelled_contracts, rank_schedule
from hedgerow.instruments.legs import Leg, Value, laid_out, together, told
from hedgerow.instruments.option_roster import OptionRoster
from hedgerow.instruments.option_terms import OptionTerms, TwoStrikes
from hedgerow.instruments.quotes import Quotes
from hedgerow.instruments.roster import Roster, frozen
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Premium, Size, Vega, VegaShare
from hedgerow.instruments.sleeve import check_lag, check_whole
from hedgerow.instruments.vix_board import Futures, VixBoard, vvix_on

Index = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class VixOptionSleeve(OptionTerms):
    """Options on a VIX future of fixed rank, which settle with it.

    Parameters
    ----------
    months
        1 for the front contract when bought, up to 6.
    roll_before
        Calendar days before the front's settlement by which the next is held; 0 holds to
        settlement, which is at the final settlement value (``vx_final``) or, where the data lack
        it, at the VIX close of that day.
    strike_step, side, size
        As for `OptionTerms`.

    Raises
    ------
    SleeveError
        If a field is out of range.

    Notes
    -----
    The price is Black-76 on the future that settles with the option, real where it is quoted
    and modelled elsewhere, at the volatility of `VolOfVol` from VVIX, itself modelled where it
    is not published.  ``vega`` is USD per point of that future.
    """

    months: int = 1
    roll_before: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self.months, "months", 1, 6)
        check_whole(self.roll_before, "roll_before", 0, 25)

    @property
    def term(self) -> str:
        """See `OptionTerms.term`."""
        return f"{self.months}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the options out on a market; see `Sleeve.strip`.

        Uses ``vvix`` and the ``vx*`` columns where present.
        """
        return self.roster(market, lag=lag, costs=costs).strip

    def roster(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Roster:
        """Name the options on a market; see `Sleeve.roster`."""
        check_lag(lag)
        scene, quotes, trade = Scene.of(market), Quotes.of(market), costs or Costs()
        ranks = rank_schedule(scene, quotes, self.months, self.roll_before, lag)
        plan, paths = ranks.plan, Paths(scene, quotes)
        futures = Futures.of(paths, ranks)
        board = VixBoard(paths, ranks, vvix_on(market, scene), trade, self.sided, self.strike_step)
        chosen = futures.at(plan.chosen, np.arange(len(plan.chosen)))
        strikes = board.strikes_on(futures.price[chosen], plan.chosen, plan.expiry)

        def value(rows: Index, contract: Index) -> Value:
            at = futures.at(rows, contract)
            future, slope, expiry = futures.price[at], futures.slope[at], plan.expiry[contract]
            parts = (
                board.measures(future, slope, strikes[contract, i], expiry, rows, call=leg.call)
                for i, leg in enumerate(board.legs)
            )
            return together(board.legs, parts, future)

        bars = np.arange(len(market))
        modelled = ~futures.quoted[futures.at(bars, plan.held)]
        notes = {
            "price": "Black-76 on the future of the same settlement, a model",
            "futures_curve": CURVE,
            "modelled_contracts": modelled_contracts(
                scene, quotes, plan.expiry[plan.held][:, None], modelled[:, None]
            ),
            "modelled_futures_share": float(np.mean(modelled)),
            "modelled_vvix_share": float(np.mean(board.vvix.modelled)),
            "vega": "USD per point of the future",
            "costs": "assumed: no quotes of VIX options were in hand",
            **told(self.sided, self.strike_step, lag),
        }
        fee = trade.option_fee * sum(abs(leg.weight) for leg in self.legs)
        strip = laid_out(
            self.name, market.times, scene, plan, value, strikes, board.legs, fee, notes
        )
        # what these options have a delta to is the future, not the index
        strip = replace(strip, next_delta=frozen(np.zeros(len(market))))
        return OptionRoster(strip, plan, strikes, board)


@dataclass(frozen=True)
class VixCall(VixOptionSleeve):
    """A call on a VIX future.

    Parameters
    ----------
    moneyness
        Strike over the future when chosen.
    delta
        Choose the strike by this delta instead: 0.30, as VXTH does.
    months, roll_before, strike_step, side
        As for `VixOptionSleeve`.
    size
        1.0 spends 0.17 % of NAV a month by default, about 2 % a year.

    Examples
    --------
    >>> VixCall(delta=0.30, size=Premium(0.01)).name
    'vix_call-1-30delta'
    """

    moneyness: float = 1.25
    delta: float | None = None
    size: Size = field(default_factory=lambda: Premium(0.0017), kw_only=True)
    kind: ClassVar[str] = "vix_call"

    @property
    def legs(self) -> tuple[Leg, ...]:
        """One call."""
        return (Leg(1.0, self.moneyness, call=True, delta=self.delta),)


@dataclass(frozen=True)
class VixPut(VixOptionSleeve):
    """A put on a VIX future: what a term structure strategy sells while futures stand high (E4).

    Parameters
    ----------
    moneyness
        Strike over the future when chosen.
    delta
        Choose the strike by this delta, without its sign, instead.
    months, roll_before, strike_step, side, size
        As for `VixCall`, but never by vega, which a put has of the other sign; what is sold has a
        notional, a greatest loss or a number of contracts.

    Notes
    -----
    A put is its call less the future plus the strike, discounted: VIX options are European on
    the future of their settlement, so parity holds at the model's price.

    Examples
    --------
    >>> from hedgerow.instruments.sizes import Contracts
    >>> VixPut(side="short", size=Contracts(40)).name
    'vix_put-1-1-short'
    """

    moneyness: float = 1.0
    delta: float | None = None
    size: Size = field(default_factory=lambda: Premium(0.0017), kw_only=True)
    kind: ClassVar[str] = "vix_put"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.size, Vega | VegaShare):
            raise SleeveError(
                "a put on VIX loses as volatility rises, so it cannot be sized by vega",
                where="size",
                mend="size by premium, notional or contracts",
            )

    @property
    def legs(self) -> tuple[Leg, ...]:
        """One put."""
        return (Leg(1.0, self.moneyness, call=False, delta=self.delta),)


@dataclass(frozen=True)
class VixCallSpread(VixOptionSleeve, TwoStrikes):
    """A call bought at ``lower`` and one sold at ``upper`` on the same VIX future.

    Parameters
    ----------
    upper, lower
        Strikes over the future when chosen, upper > lower.
    upper_delta, lower_delta
        Choose both strikes by delta instead.
    months, roll_before, strike_step, side, size
        As for `VixCall`.

    Examples
    --------
    >>> VixCallSpread(lower_delta=0.40, upper_delta=0.15).name
    'vix_call_spread-1-40delta-15delta'
    """

    upper: float = 1.75
    lower: float = 1.25
    size: Size = field(default_factory=lambda: Premium(0.0017), kw_only=True)
    kind: ClassVar[str] = "vix_call_spread"
    nearer: ClassVar[str] = "lower"

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The lower call bought, the upper sold."""
        return self.at("lower", 1.0, call=True), self.at("upper", -1.0, call=True)
