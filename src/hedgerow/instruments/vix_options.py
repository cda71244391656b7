"""Rolling calls on VIX futures, each on the future of its own settlement (H18); model prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future_paths import CURVE, Paths, modelled_contracts, rank_schedule
from hedgerow.instruments.legs import Leg, Value, laid_out, on_grid, told
from hedgerow.instruments.option_terms import OptionTerms, TwoStrikes
from hedgerow.instruments.quotes import Quotes
from hedgerow.instruments.rolls import Schedule
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Premium, Size
from hedgerow.instruments.sleeve import check_lag, check_whole
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.surface import PATIENCE
from hedgerow.pricing.vix_option import VolOfVol, Vvix, vvix_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
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
        check_lag(lag)
        scene, quotes, trade = Scene.of(market), Quotes.of(market), costs or Costs()
        plan, months = rank_schedule(scene, quotes, self.months, self.roll_before, lag)
        futures = _Futures.of(Paths(scene, quotes), plan, months)
        board = _Board(scene, plan, futures, _vvix(market, scene), trade, self.sided)
        strikes = board.strikes(self.strike_step)

        def value(rows: Index, contract: Index) -> Value:
            return board.value(strikes, rows, contract)

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
        return laid_out(self.name, market, scene, plan, value, strikes[:, 0], fee, notes)


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


@dataclass(frozen=True)
class _Futures:
    # The futures of a schedule, one after the other: contract c at bar t stands at
    # `begins[c] + t`.
    price: Floats
    slope: Floats
    quoted: Flags
    begins: Index

    @classmethod
    def of(cls, paths: Paths, plan: Schedule, months: NDArray[np.int64]) -> _Futures:
        count, parts, begins, length = len(plan.held), [], [], 0
        for number, month in enumerate(months.tolist()):
            first = int(np.searchsorted(plan.held, number))
            low = min(first, int(plan.chosen[number]), int(np.searchsorted(plan.pending, number)))
            # looked at until the bar that rolls it
            gone = max(np.searchsorted(column, number, "right") for column in plan[:2])
            high = min(int(gone) + 1, count)
            contract = int(plan.expiry[number]), month
            price, quoted = paths.path(*contract, low, first, high)
            parts.append((price, paths.slope(*contract, low, high, price), quoted))
            begins.append(length - low)
            length += high - low
        price, slope, quoted = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(price, slope, quoted, np.array(begins, dtype=np.intp))

    def at(self, rows: Index, contract: Index) -> Index:
        return np.asarray(self.begins[contract] + rows)


@dataclass(frozen=True)
class _Board:
    scene: Scene
    plan: Schedule
    futures: _Futures
    vvix: Vvix
    trade: Costs
    legs: tuple[Leg, ...]
    model: VolOfVol = field(default_factory=VolOfVol)

    def strikes(self, step: float | None) -> Floats:
        """Return the strikes of each contract, from the bar that chose it, **shape** (M, legs)."""
        rows, scene = self.plan.chosen, self.scene
        future = self.futures.price[self.futures.at(rows, np.arange(len(rows)))]
        years = (self.plan.expiry - scene.days[rows]) / DAYS_PER_YEAR
        columns = [
            future * leg.moneyness
            if leg.delta is None
            else self.model.strike_of_delta(
                leg.delta, future, years, self.vvix.points[rows], scene.rate[rows], call=leg.call
            )
            for leg in self.legs
        ]
        strikes = np.stack(columns, axis=1)
        bad = np.flatnonzero(~np.isfinite(strikes).all(axis=1))
        if len(bad):
            day = scene.days[rows[bad[0]]].astype("datetime64[D]")
            raise SleeveError(
                f"on {day} no VIX option has the delta asked for",
                where="delta",
                mend="ask for a delta further from 1",
            )
        return on_grid(strikes, self.legs, step)

    def value(self, strikes: Floats, rows: Index, contract: Index) -> Value:
        """Value contracts at bars; the Greeks are those to the future."""
        scene, at = self.scene, self.futures.at(rows, contract)
        future, slope = self.futures.price[at], self.futures.slope[at]
        left = self.plan.expiry[contract] - scene.days[rows]
        years = np.maximum(left, 0) / DAYS_PER_YEAR
        none = np.zeros(len(rows))
        price, vega, theta, half = (np.zeros(len(rows)) for _ in range(4))
        for i, leg in enumerate(self.legs):
            found = self.model.price(
                future,
                strikes[contract, i],
                years,
                self.vvix.points[rows],
                scene.rate[rows],
                call=leg.call,
            )
            price += leg.weight * found.price
            vega += leg.weight * found.delta
            theta += leg.weight * (found.theta / DAYS_PER_YEAR - found.delta * slope)
            spread = self.trade.of_vix_option(found.price, scene.vix[rows])
            # settled in cash: nothing to cross
            half += abs(leg.weight) * np.where(left > 0, spread, 0.0)
        return Value(price, none, none, vega, theta, half, future)


def _vvix(market: Market, scene: Scene) -> Vvix:
    """Return VVIX, a hole of some sessions bridged by its last ratio to the model."""
    given = vvix_of(scene.vix, market.columns.get("vvix"))
    if given.modelled.all() or not given.modelled.any():
        return given
    model = vvix_of(scene.vix).points
    index = np.arange(len(model))
    last = np.maximum.accumulate(np.where(given.modelled, -1, index))
    near = given.modelled & (last >= 0) & (index - last <= PATIENCE)
    ratio = given.points[np.maximum(last, 0)] / model[np.maximum(last, 0)]
    return Vvix(np.where(near, model * ratio, given.points), given.modelled)
