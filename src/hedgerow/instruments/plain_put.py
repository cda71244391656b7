"""An idealised put: no listed contracts, no surface, but a million paths in a second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from hedgerow.core.ensemble import Ensemble
from hedgerow.core.market import Floats, Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.legs import MULTIPLIER
from hedgerow.instruments.roster import Roster
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Notional, Size
from hedgerow.instruments.sleeve import check_number
from hedgerow.pricing.black import DAYS_PER_YEAR, Risk, risk
from hedgerow.pricing.threads import aligned

FIELDS = ("gain", "portfolio", "close_cost", "open_cost", "size_nav", "carry", "carried")
"""Of a bar, those in which the paths of a plain put differ, as its loop gives them."""


@dataclass(frozen=True)
class PlainPut:
    """A put at a moneyness and a tenor, renewed every so many sessions, priced on VIX alone.

    Its volatility is VIX/100·(1 + skew·max(0, 1 − K/S)).  Strike and expiry are any, and the strike
    is set at the close that renews it; half its spread is a part of its price.  It is for Monte
    Carlo of the order of a million paths; `Put` is the contract that can be bought.

    Parameters
    ----------
    moneyness
        Strike over the index when renewed.
    years
        To expiry then, of 365 days.
    every
        Sessions from one to the next.
    skew
        How much dearer strikes below the index are.
    spread
        Half-spread as a part of the price.
    size
        `Notional`.

    Raises
    ------
    SleeveError
        If a number is out of range, or the put would expire before it is renewed.

    Examples
    --------
    >>> PlainPut().name
    'plain_put-0.9'
    """

    moneyness: float = 0.90
    years: float = 0.25
    every: int = 42
    skew: float = 0.9
    spread: float = 0.01
    size: Size = field(default_factory=lambda: Notional(1.0))
    kind: ClassVar[str] = "plain_put"

    def __post_init__(self) -> None:
        check_number(self.moneyness, "moneyness", 0.3, 2.0)
        check_number(self.years, "years", 0.02, 5.0)
        check_number(self.every, "every", 1, 1_000)
        check_number(self.skew, "skew", 0.0, 5.0)
        check_number(self.spread, "spread", 0.0, 0.5)
        if not isinstance(self.size, Notional):
            raise SleeveError(
                "a plain put is sized by notional", where="size", mend="write Notional(1.0)"
            )

    @property
    def name(self) -> str:
        """Short name."""
        return f"{self.kind}-{self.moneyness:g}"

    def calendar(self, dates: np.ndarray) -> Floats:
        """Return what sessions alone decide, **shape** (T, 4).

        By column: years left of the put carried in, years since the bar before, days since it,
        and 1.0 where it is renewed.

        Parameters
        ----------
        dates
            ``datetime64[D]``, **shape** (T,).

        Raises
        ------
        SleeveError
            If the put expires before it is renewed.
        """
        days = dates.astype("int64").astype("float64")
        bars = np.arange(len(days))
        chosen = np.maximum(bars - 1, 0) // self.every * self.every
        left = self.years - (days - days[chosen]) / DAYS_PER_YEAR
        if left.min() <= 0.0:
            day = dates[int(np.argmin(left))]
            raise SleeveError(
                f"the put expires before {day}, when it is still held",
                where="every",
                mend="renew it sooner, or give it more years",
            )
        passed = np.diff(days, prepend=days[0])
        rolls = (bars > 0) & (bars % self.every == 0)
        return np.column_stack([left, passed / DAYS_PER_YEAR, passed, rolls])

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the put out on a market; see `Sleeve.strip`.

        ``lag`` and ``costs`` change nothing.
        """
        scene = Scene.of(market)
        left, span, _, rolls = self.calendar(market.dates).T
        bars = np.arange(len(left))
        held = scene.spot[bars // self.every * self.every] * self.moneyness
        before = np.r_[held[0], held[:-1]]
        mark = self._risk(scene, before, left)
        out = self._risk(scene, held, np.where(rolls > 0.0, self.years, left))
        nothing = np.zeros(len(left))
        financing = np.r_[0.0, out.price[:-1] * scene.rate[:-1]] * span * MULTIPLIER
        decay = -out.theta / DAYS_PER_YEAR * MULTIPLIER
        half = self.spread * out.price
        expiry = scene.days + DAYS_PER_YEAR * np.where(rolls > 0.0, self.years, left)
        return Strip(
            name=self.name,
            times=market.times,
            multiplier=MULTIPLIER,
            mark=mark.price,
            open=out.price,
            financing=financing,
            half_spread_mark=self.spread * mark.price,
            half_spread_open=half,
            fee=0.0,
            unit_cost=nothing,
            roll=rolls > 0.0,
            shift=nothing,
            delta=out.delta * MULTIPLIER,
            gamma=out.gamma * MULTIPLIER,
            vega=out.vega / 100.0 * MULTIPLIER,
            theta=-decay,
            carry=decay,
            next_price=out.price,
            next_vega=out.vega / 100.0 * MULTIPLIER,
            next_delta=out.delta * MULTIPLIER,
            next_notional=scene.spot * MULTIPLIER,
            next_carry=decay,
            next_cost=half * MULTIPLIER,
            next_loss=out.price * MULTIPLIER,
            strike=held,
            expiry=expiry,
            modelled=np.ones(len(left), dtype=bool),
            notes={**scene.notes, "surface": "VIX with a straight skew, an idealisation"},
        )

    def _risk(self, scene: Scene, strike: Floats, years: Floats) -> Risk:
        skewed = 1.0 + self.skew * np.maximum(0.0, 1.0 - strike / scene.spot)
        return risk(
            scene.spot, strike, years, scene.vix / 100.0 * skewed, scene.rate, scene.dividend
        )

    def roster(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Roster:
        """Refuse: no such contracts are listed."""
        raise SleeveError(
            "a plain put is no contract that could be traded",
            where="sleeve",
            mend="use Put in programs",
        )

    def reprice(self, ensemble: Ensemble, share: float) -> dict[str, Floats]:
        """Reprice the put on all paths with the compiled loop.

        Parameters
        ----------
        ensemble
            Of positive ``spx`` and ``vix``; rate and dividend yield are those of its first cell.
        share
            Part of the portfolio in the index, with its beta.

        Returns
        -------
        dict
            Fields of a :class:`hedgerow.core.book.Bar` that differ from path to path, from bar 0
            on, **shape** (T, paths).
        """
        from hedgerow.instruments import plain_put_loop as loop  # slow to import
        from hedgerow.pricing.kernels import WIDTH

        paths = ensemble.paths
        width = -(-paths // WIDTH) * WIDTH
        spot, vix = (_wide(ensemble[name], width) for name in ("spx", "vix"))
        rate, dividend = (ensemble[name][0, 0] for name in ("rate", "dividend_yield"))
        terms, calendar = self.terms(rate, dividend, share), self.calendar(ensemble.dates)
        made = [np.empty((len(ensemble), width)) for _ in FIELDS]
        loop.reprice(spot, vix, calendar, terms, 0, width, aligned(loop.CELLS), *made)
        return {name: part[:, :paths] for name, part in zip(FIELDS, made, strict=True)}

    def terms(self, rate: float, dividend: float, share: float) -> Floats:
        """Return what the compiled loop takes beside levels and calendar, **shape** (9,)."""
        put = (self.moneyness, self.years, self.skew, self.spread)
        return np.array([*put, rate, dividend, share, self.size.value, MULTIPLIER])


def _wide(column: Floats, width: int) -> Floats:
    """Return a column of whole blocks of paths, the last path again to the end."""
    if column.shape[1] == width:
        return np.ascontiguousarray(column)
    return np.pad(column, ((0, 0), (0, width - column.shape[1])), mode="edge")
