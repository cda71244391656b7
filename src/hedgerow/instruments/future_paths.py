"""Prices of single VIX futures along the bars: quoted, bridged by the model, or the model."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.expiry import sessions_ahead
from hedgerow.core.products import product
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.expansion import Slopes, along
from hedgerow.instruments.quotes import Quotes
from hedgerow.instruments.rolls import Roll, Schedule, last_session_before, schedule
from hedgerow.instruments.roster import Measures, Path, life
from hedgerow.instruments.scene import Scene
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.carry import basis_carry
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import PATIENCE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MULTIPLIER = product("VX").multiplier
"""USD per VIX point of a VIX future."""

CURVE = "real settles where quoted, else a model of VIX"
"""What the strip's notes say of the prices."""


class Contract(NamedTuple):
    """A VIX future and the bars that look at it."""

    expiry: int
    """Settlement, days since 1970-01-01."""
    month: int
    """Contract month, months since 1970-01."""
    low: int
    """The first bar that looks at it."""
    first: int
    """The bar at which it is bought; it may lie outside."""


@dataclass(frozen=True)
class Paths:
    """Prices of any contract over the bars that look at it, each made from rows up to its own.

    Parameters
    ----------
    scene, quotes
        Of one market.
    curve
        The model where nothing is quoted.
    """

    scene: Scene
    quotes: Quotes
    curve: FuturesCurve = field(default_factory=FuturesCurve)

    def path(
        self, expiry: int, month: int, low: int, first: int, high: int
    ) -> tuple[Floats, Flags]:
        """Return prices over bars low … high-1, points, and where they are quoted.

        Parameters
        ----------
        expiry, month
            Settlement in days and contract month in months since 1970-01.
        low, first, high
            The bars looked at, and the one at which the contract is bought; it may lie outside.
        """
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

    def slope(self, expiry: int, month: int, first: int, last: int, price: Floats) -> Floats:
        """Return points a day by which the price falls if the curve stands still.

        Parameters
        ----------
        expiry, month
            As in `path`.
        first, last
            Bars first … last-1.
        price
            Of the contract at these bars, points, **shape** (last - first,).
        """
        rows, days = slice(first, last), self.scene.days[first:last]
        before = self.quotes.settlement(month - 1, first)
        near = self.quotes.of_month(month - 1, rows)
        model, years = self._model(expiry, rows)
        sooner = self.curve.price(
            self.scene.vix, self.scene.surface, years - 1.0 / DAYS_PER_YEAR, rows
        )
        front = basis_carry(price, self.scene.vix[rows], expiry - days)
        rolled = basis_carry(price, near, expiry - before)
        along = np.where(np.isfinite(near), rolled, model - sooner)
        return np.asarray(np.where(before <= days, front, along))

    def life(self, contract: Contract, trade: Costs) -> Path:
        """Return a contract from its first bar to settlement or the last bar."""
        expiry, month, low, first = contract
        rows, expired = life(self.scene.days, low, expiry)
        price, quoted = self.path(expiry, month, low, first, rows.stop)
        none = np.zeros(len(price))
        slope = self.slope(expiry, month, low, rows.stop, price)
        half = trade.of_future(self.scene.vix[rows])
        return Path.of(
            low,
            Measures(price, half, none, none, np.ones(len(price)), -slope, price),
            ~quoted,
            along(Slopes(delta=1.0), price, none, self.scene.days[rows], roll=slope).on_vix(),
            multiplier=MULTIPLIER,
            fee=trade.future_fee,
            expired=expired,
            expiry=expiry,
            financed=False,
        )

    def _model(self, expiry: int, rows: slice) -> tuple[Floats, Floats]:
        years = np.maximum(expiry - self.scene.days[rows], 0) / DAYS_PER_YEAR
        return self.curve.price(self.scene.vix, self.scene.surface, years, rows), years


def modelled_contracts(
    scene: Scene, quotes: Quotes, expiry: NDArray[np.int64], modelled: Flags
) -> dict[str, str]:
    """Name the contracts priced by the model while others were quoted, with their dates.

    Parameters
    ----------
    scene, quotes
        Of one market, **shape** (T,).
    expiry
        Settlement of what is held, days since 1970-01-01, **shape** (T, n).
    modelled
        Where its price is a model's, **shape** (T, n).

    Returns
    -------
    dict
        Settlement date to ``first to last bar, so many bars``.
    """
    quoted = np.flatnonzero(np.isfinite(quotes.price).any(axis=1))
    if not len(quoted):
        return {}
    inside = np.zeros(len(scene.days), dtype=bool)
    inside[quoted[0] : quoted[-1] + 1] = True
    bars, legs = np.nonzero(modelled & inside[:, None])
    named: dict[str, str] = {}
    settles = expiry[bars, legs]
    for day in np.unique(settles):
        rows = np.unique(bars[settles == day])
        first, last = (str(np.datetime64(int(scene.days[rows[i]]), "D")) for i in (0, -1))
        named[str(np.datetime64(int(day), "D"))] = f"{first} to {last}, {len(rows)} bars"
    return named


class RankPlan(NamedTuple):
    """Which contract of a rank is held when."""

    plan: Schedule
    months: NDArray[np.int64]
    """Of its contracts, months since 1970-01, **shape** (M,)."""
    choice: Callable[[int], tuple[int, int]]
    """Settlement and month chosen at a bar."""

    def contract(self, number: int) -> tuple[Contract, int]:
        """Return a contract, and the bar past the last that the plan looks at it."""
        plan = self.plan
        columns = plan.held, plan.pending
        first, asked = (int(np.searchsorted(column, number)) for column in columns)
        gone = max(int(np.searchsorted(column, number, "right")) for column in columns)
        low = min(first, asked, int(plan.chosen[number]))
        contract = Contract(int(plan.expiry[number]), int(self.months[number]), low, first)
        # until the bar that rolls it
        return contract, min(gone + 1, len(plan.held))

    def of_month(self, month: int) -> Contract | None:
        """Return the contract of a month; None if no bar can choose it."""
        numbers = np.flatnonzero(self.months == month)
        if len(numbers):
            return self.contract(int(numbers[0]))[0]
        count = len(self.plan.held)
        first = bisect_left(range(count), month, key=lambda bar: self.choice(bar)[1])
        if first == count or self.choice(first)[1] != month:
            return None
        return Contract(*self.choice(first), first, first)


def rank_schedule(scene: Scene, quotes: Quotes, rank: int, roll_before: int, lag: int) -> RankPlan:
    """Lay out which contract of a rank is held when.

    Parameters
    ----------
    scene, quotes
        Of one market.
    rank
        1 is the front contract.
    roll_before
        Calendar days before the front's settlement by which the next is held; 0 holds to it.
    lag
        Sessions between decision and fill.
    """
    month_of: dict[int, int] = {}
    leaves: dict[int, int] = {}

    def deadline(settles: int) -> int:
        # the last session that is `roll_before` days ahead of the front's settlement
        return settles if not roll_before else last_session_before(settles - roll_before + 1)

    def expiry_after(day: int) -> int:
        # the front is the first contract not due for its own roll at the next fill
        bar = int(np.searchsorted(scene.days, day))
        date = np.datetime64(day, "D")
        fill = int(sessions_ahead(date, lag).astype(np.int64))
        month = int(date.astype("datetime64[M]").astype(np.int64))
        while deadline(quotes.settlement(month, bar)) <= fill:
            month += 1
        settles = quotes.settlement(month + rank - 1, bar)
        month_of[settles] = month + rank - 1
        leaves[settles] = deadline(quotes.settlement(month, bar))
        return settles

    rule = Roll(at_expiry=roll_before == 0)
    plan = schedule(
        scene.days, scene.vix, rule, expiry_after, lag=lag, deadline_of=leaves.__getitem__
    )
    months = np.array([month_of[int(day)] for day in plan.expiry], dtype=np.int64)

    def choice(bar: int) -> tuple[int, int]:
        settles = expiry_after(int(scene.days[bar]))
        return settles, month_of[settles]

    return RankPlan(plan, months, choice)
