"""A rolling VIX future: real contracts where the data quote them, a labelled model elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.expiry import sessions_ahead
from hedgerow.core.market import Market
from hedgerow.core.products import product
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.quotes import Quotes
from hedgerow.instruments.rolls import Roll, Schedule, last_session_before, schedule
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Size, VegaShare
from hedgerow.instruments.sleeve import check_lag, check_size, frozen
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import PATIENCE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MULTIPLIER = product("VX").multiplier
"""USD per VIX point of a VIX future."""


@dataclass(frozen=True)
class VixFuture:
    """A VIX future of fixed rank, rolled so many days before it settles.

    Parameters
    ----------
    months
        1 is the front contract, 2 the second, up to 8.
    roll_before
        Calendar days before settlement by which the next contract is held; 0 holds to
        settlement, which is then marked at the final settlement value (``vx_final``) or,
        where the data lack it, at the VIX close of that day.
    size
        What an intensity of 1.0 means; one contract has 1,000 USD of vega.

    Raises
    ------
    SleeveError
        If a field is out of range, or the size is a premium.

    Notes
    -----
    A contract is priced on its own expiry, never at spot VIX (H18).  One that is quoted at
    or before its first bar stays with its quotes; on a day without one it moves with the
    model from the last quote, the difference between the two fading linearly to
    settlement.  One that was never quoted by its first bar stays with the model until it is
    rolled, so the day on which the data begin shows no jump.

    Examples
    --------
    >>> VixFuture(months=2).name
    'vix_future-2'
    """

    months: int = 1
    roll_before: int = 5
    size: Size = field(default_factory=lambda: VegaShare(0.0013))
    kind: ClassVar[str] = "vix_future"

    def __post_init__(self) -> None:
        _check_whole(self.months, "months", 1, 8)
        _check_whole(self.roll_before, "roll_before", 0, 25)
        check_size(self.size, premium=False)

    @property
    def name(self) -> str:
        """Short name."""
        return f"vix_future-{self.months}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the future out on a market; see `Sleeve.strip`."""
        check_lag(lag)
        scene, quotes, trade = Scene.of(market), Quotes.of(market), costs or Costs()
        plan, months = self._plan(scene, quotes, lag)
        paths = _Paths(scene, quotes, FuturesCurve(), plan, months)
        columns = paths.laid_out()
        count = len(market)
        half = trade.of_future(scene.vix)
        half_mark = half.copy()
        roll = np.zeros(count, dtype=bool)
        roll[plan.rolls] = True
        # settled in cash: nothing to cross
        half_mark[roll & (columns["settles"] > 0.0)] = 0.0
        carry = columns["slope"] * MULTIPLIER
        vega = frozen(np.full(count, MULTIPLIER))
        zero = frozen(np.zeros(count))
        modelled = columns["modelled"] > 0.0
        return Strip(
            name=self.name,
            times=market.times,
            multiplier=MULTIPLIER,
            mark=frozen(columns["mark"]),
            open=frozen(columns["open"]),
            financing=zero,
            half_spread_mark=frozen(half_mark),
            half_spread_open=frozen(half),
            fee=trade.future_fee,
            roll=frozen(roll),
            delta=zero,
            gamma=zero,
            vega=vega,
            theta=frozen(-carry),
            carry=frozen(carry),
            next_price=frozen(columns["next"]),
            next_vega=vega,
            next_notional=frozen(columns["next"] * MULTIPLIER),
            next_carry=frozen(columns["next_slope"] * MULTIPLIER),
            strike=frozen(np.full(count, np.nan)),
            expiry=frozen(plan.expiry[plan.held].astype(np.float64)),
            modelled=frozen(modelled),
            notes={
                "modelled_share": float(np.mean(modelled)),
                "futures_curve": "real settles where quoted, else a model of VIX",
                "vega": "USD per point of the future itself",
                "lag": lag,
                "same_bar_fills": lag == 0,
            },
        )

    def _plan(self, scene: Scene, quotes: Quotes, lag: int) -> tuple[Schedule, NDArray[np.int64]]:
        month_of: dict[int, int] = {}
        leaves: dict[int, int] = {}

        def deadline(settles: int) -> int:
            # the last session that is `roll_before` days ahead of the front's settlement
            return (
                settles
                if not self.roll_before
                else last_session_before(settles - self.roll_before + 1)
            )

        def expiry_after(day: int) -> int:
            # the front is the first contract not due for its own roll at the next fill
            bar = int(np.searchsorted(scene.days, day))
            date = np.datetime64(day, "D")
            fill = int(sessions_ahead(date, lag).astype(np.int64))
            month = int(date.astype("datetime64[M]").astype(np.int64))
            while deadline(quotes.settlement(month, bar)) <= fill:
                month += 1
            settles = quotes.settlement(month + self.months - 1, bar)
            month_of[settles] = month + self.months - 1
            leaves[settles] = deadline(quotes.settlement(month, bar))
            return settles

        rule = Roll(at_expiry=self.roll_before == 0)
        plan = schedule(
            scene.days, scene.vix, rule, expiry_after, lag=lag, deadline_of=leaves.__getitem__
        )
        return plan, np.array([month_of[int(day)] for day in plan.expiry], dtype=np.int64)


class _Paths:
    """Prices of every contract over the bars that look at it."""

    def __init__(
        self,
        scene: Scene,
        quotes: Quotes,
        curve: FuturesCurve,
        plan: Schedule,
        months: NDArray[np.int64],
    ) -> None:
        self.scene, self.quotes, self.curve = scene, quotes, curve
        self.plan, self.months = plan, months

    def laid_out(self) -> dict[str, Floats]:
        """Return ``open mark next slope next_slope modelled settles``, **shape** (T,)."""
        held, pending = self.plan.held, self.plan.pending
        count = len(held)
        names = ("open", "mark", "next", "slope", "next_slope", "modelled", "settles")
        columns = {name: np.full(count, np.nan) for name in names}
        columns["settles"][:] = 0.0
        numbers = np.arange(len(self.months))
        starts = np.searchsorted(held, numbers)
        ends = np.searchsorted(held, numbers, side="right")
        asked, left = np.searchsorted(pending, numbers), np.searchsorted(pending, numbers, "right")
        for number in numbers:
            first, last = int(starts[number]), int(ends[number])
            low = min(int(asked[number]), first)
            high = min(max(last + 1, int(left[number])), count)
            price, quoted = self._path(int(number), low, first, high)
            columns["open"][first:last] = price[first - low : last - low]
            columns["modelled"][first:last] = ~quoted[first - low : last - low]
            # carried into the bars after its first one, and into the one that rolls it
            columns["mark"][first + 1 : last + 1] = price[first + 1 - low : last + 1 - low]
            columns["next"][asked[number] : left[number]] = price[
                asked[number] - low : left[number] - low
            ]
            ordered, gone = int(asked[number]), int(left[number])
            if ordered < gone:
                columns["next_slope"][ordered:gone] = self._slope(
                    int(number), ordered, gone, price[ordered - low : gone - low]
                )
            if first < last:
                columns["slope"][first:last] = self._slope(
                    int(number), first, last, price[first - low : last - low]
                )
            if first < last < count:
                columns["settles"][last] = self.plan.expiry[number] <= self.scene.days[last]
        columns["mark"][0] = columns["open"][0]
        return columns

    def _model(self, expiry: int, rows: slice) -> tuple[Floats, Floats]:
        years = np.maximum(expiry - self.scene.days[rows], 0) / DAYS_PER_YEAR
        return self.curve.price(self.scene.vix, self.scene.surface, years, rows), years

    def _path(self, number: int, low: int, first: int, high: int) -> tuple[Floats, Flags]:
        """Price contract ``number`` over bars low … high-1; it is filled at ``first``."""
        expiry, month = int(self.plan.expiry[number]), int(self.months[number])
        early = max(low - PATIENCE, 0)
        rows = slice(early, high)
        settle = self.quotes.of_month(month, rows)
        known = np.isfinite(settle)
        if bool(known[low - early :].all()):
            return settle[low - early :], known[low - early :]
        model, years = self._model(expiry, rows)
        index = np.arange(high - early)
        last = np.maximum.accumulate(np.where(known, index, -1))
        source = np.maximum(last, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            fade = np.where(years[source] > 0.0, years / years[source], 0.0)
        basis = np.where(last >= 0, (settle[source] - model[source]) * fade, 0.0)
        price = np.where(known, settle, model + basis)
        final = self.quotes.final[rows]
        cash = (self.scene.days[rows] >= expiry) & np.isfinite(final) & ~known
        price = np.where(cash, final, price)
        born = first - early
        if born < len(last) and last[born] < 0:
            # never quoted by its first bar: the model until it is rolled
            price[born:], known[born:] = model[born:], False
        return price[low - early :], known[low - early :]

    def _slope(self, number: int, first: int, last: int, price: Floats) -> Floats:
        """Return points a day by which the price falls if the curve stands still."""
        rows, days = slice(first, last), self.scene.days[first:last]
        expiry, month = int(self.plan.expiry[number]), int(self.months[number])
        before = self.quotes.settlement(month - 1, first)
        near = self.quotes.of_month(month - 1, rows)
        model, years = self._model(expiry, rows)
        sooner = self.curve.price(
            self.scene.vix, self.scene.surface, years - 1.0 / DAYS_PER_YEAR, rows
        )
        left = np.maximum(expiry - days, 1)
        front = (price - self.scene.vix[rows]) / left
        along = np.where(
            np.isfinite(near), (price - near) / max(expiry - before, 1), model - sooner
        )
        return np.asarray(np.where(before <= days, front, along))


def _check_whole(value: Any, where: str, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SleeveError(
            f"{value!r} is out of range", where=where, mend=f"give a whole number {low} … {high}"
        )
