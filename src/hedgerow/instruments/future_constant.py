"""VIX futures at constant maturity: a mix of two months that moves a little every session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.expiry import sessions_ahead, sessions_between, vix_settlement
from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future_paths import CURVE, MULTIPLIER, Contract, Paths, modelled_contracts
from hedgerow.instruments.future_roster import FutureRoster
from hedgerow.instruments.quotes import Quotes
from hedgerow.instruments.roster import Roster, frozen
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.sizes import Size, VegaShare
from hedgerow.instruments.sleeve import check_lag, check_size, check_whole

Floats = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True)
class VixFutureConstant:
    r"""One VIX future, shared between two months so that its mean maturity stays the same.

    .. math:: w_1 = \frac{dr}{dt}, \qquad w_2 = \frac{dt - dr}{dt}

    dt counts the sessions of the roll period, from one settlement, included, to the eve of the
    next; dr those of them that are still to come.

    Parameters
    ----------
    months
        1 mixes the first and the second contract, as the S&P 500 VIX short-term futures
        index does; 2 the second and the third, up to 7.
    size
        What an intensity of 1.0 means; one contract has 1,000 USD of vega.

    Raises
    ------
    SleeveError
        If a field is out of range, or the size is a premium.

    Notes
    -----
    Source: S&P Dow Jones Indices, "S&P VIX Futures Indices: Methodology", contract roll
    weights.  The weights are the calendar's, so the mix moves without an order, and both sides of
    what it exchanges are paid for.  There is no roll at which a size would be renewed.

    Examples
    --------
    >>> days = np.array(["2024-04-16", "2024-04-17", "2024-05-21"], dtype="datetime64[ns]")
    >>> market = Market(days, {"spx": [5000.0] * 3, "vix": [16.0] * 3})
    >>> VixFutureConstant().strip(market).shift.round(12).tolist()
    [0.0, 0.04, 0.96]
    """

    months: int = 1
    size: Size = field(default_factory=lambda: VegaShare(0.0013))
    kind: ClassVar[str] = "vix_future_constant"

    def __post_init__(self) -> None:
        check_whole(self.months, "months", 1, 7)
        check_size(self.size, premium=False)

    @property
    def name(self) -> str:
        """Short name."""
        return f"vix_future_constant-{self.months}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the mix out on a market; see `Sleeve.strip`.

        ``mark`` and ``open`` are the values of the mixes carried into and out of each bar, and
        ``expiry`` is the settlement of the nearer month that is held.
        """
        return self.roster(market, lag=lag, costs=costs).strip

    def roster(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Roster:
        """Name the futures on a market; see `Sleeve.roster`.

        Baskets are numbered by the days since the first bar: their weights move every session.
        """
        check_lag(lag)
        scene, quotes, trade = Scene.of(market), Quotes.of(market), costs or Costs()
        months = np.arange(*_span(market.dates, self.months))
        settles = vix_settlement(months).astype(np.int64)
        now = mix_of(scene.days, settles)
        fills = sessions_ahead(market.dates, lag).astype(np.int64)
        coming = mix_of(fills, settles)
        paths = Paths(scene, quotes)
        band = _Band.of(paths, months, settles, now.front, self.months)
        before = Mix(*(np.r_[column[:1], column[:-1]] for column in now))
        modelled = np.stack([now.near > 0.0, now.near < 1.0], 1) & ~band.quoted[:, 1:3]
        nearest = now.front + self.months - 1
        legs = settles[nearest[:, None] + np.arange(2)]
        count = len(market)
        zero, half = frozen(np.zeros(count)), frozen(trade.of_future(scene.vix))
        vega = frozen(np.full(count, MULTIPLIER))
        next_price = band.mixed(band.price, coming, now)
        carry = band.mixed(band.slope, now, now) * MULTIPLIER
        same = np.where(now.front == before.front, before.near, 1.0 - before.near)
        strip = Strip(
            name=self.name,
            times=market.times,
            multiplier=MULTIPLIER,
            mark=frozen(band.mixed(band.price, before, now)),
            open=frozen(band.mixed(band.price, now, now)),
            financing=zero,
            half_spread_mark=half,
            half_spread_open=half,
            fee=trade.future_fee,
            unit_cost=frozen(np.zeros(count)),
            roll=frozen(np.zeros(count, dtype=bool)),
            shift=frozen(np.asarray(np.abs(same - now.near))),
            delta=zero,
            gamma=zero,
            vega=vega,
            theta=frozen(-carry),
            carry=frozen(carry),
            next_price=frozen(next_price),
            next_vega=vega,
            next_delta=zero,
            next_notional=frozen(next_price * MULTIPLIER),
            next_carry=frozen(band.mixed(band.slope, coming, now) * MULTIPLIER),
            next_cost=frozen(half * MULTIPLIER + trade.future_fee),
            next_loss=frozen(np.full(count, np.nan)),
            strike=frozen(np.full(count, np.nan)),
            expiry=frozen(np.where(now.near > 0.0, legs[:, 0], legs[:, 1]).astype(np.float64)),
            modelled=frozen(np.asarray(modelled.any(axis=1))),
            notes={
                "modelled_share": float(np.mean(modelled.any(axis=1))),
                "futures_curve": CURVE,
                "modelled_contracts": modelled_contracts(scene, quotes, legs, modelled),
                "roll": "daily: sessions left of the roll period over its sessions",
                "vega": "USD per point of the mix itself",
                "lag": lag,
                "same_bar_fills": lag == 0,
            },
        )

        def mix(number: int) -> list[tuple[int, float]]:
            found = mix_of(scene.days[:1] + number, settles)
            nearer, near = int(found.front[0]) + self.months - 1, float(found.near[0])
            first = int(months[nearer].astype(np.int64))
            return [(first, near), (first + 1, 1.0 - near)]

        def contract(month: int) -> Contract | None:
            number = month - int(months[0].astype(np.int64))
            if not 0 <= number < len(months) or settles[number] < scene.days[0]:
                return None
            low, first = _seen(now.front, number - self.months + 1)[:2]
            return Contract(int(settles[number]), month, low, first) if low < count else None

        pending = fills - scene.days[0]
        return FutureRoster(
            strip,
            frozen((scene.days - scene.days[0]).astype(np.intp)),
            frozen(pending.astype(np.intp)),
            paths=paths,
            trade=trade,
            mix=mix,
            choice=lambda row: mix(int(pending[row])),
            contract=contract,
        )


class Mix(NamedTuple):
    """Weights of the two contracts, by bar, each of **shape** (T,)."""

    front: NDArray[np.intp]
    """Number of the first contract that settles after the day."""
    near: Floats
    """Part held in the nearer contract, 0 … 1; the rest is in the next."""


def mix_of(days: Days, settles: Days) -> Mix:
    """Return the contract roll weights at the close of each day.

    Parameters
    ----------
    days
        Days since 1970-01-01, **shape** (T,).
    settles
        Monthly settlement days, sorted, beginning before and ending after ``days``.

    Examples
    --------
    >>> settles = vix_settlement(["2024-03", "2024-04", "2024-05"]).astype(np.int64)
    >>> days = np.array(["2024-04-16", "2024-04-17", "2024-05-21"], dtype="datetime64[D]")
    >>> mix_of(days.astype(np.int64), settles).near.tolist()
    [0.0, 0.96, 0.0]
    """
    front = np.searchsorted(settles, days, side="right")
    begins, ends = (settles[number].astype("datetime64[D]") for number in (front - 1, front))
    left = sessions_between((days + 1).astype("datetime64[D]"), ends)
    return Mix(front, left / sessions_between(begins, ends))


class _Band(NamedTuple):
    # Contracts around each bar's front, **shape** (T, 4): the one that was the nearer until the
    # last settlement (its price is known at the first bar after it), the nearer, the next and the
    # one after.
    price: Floats
    slope: Floats
    quoted: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        paths: Paths,
        months: NDArray[np.datetime64],
        settles: Days,
        front: NDArray[np.intp],
        rank: int,
    ) -> _Band:
        count = len(front)
        band = cls(np.full((count, 4), np.nan), np.zeros((count, 4)), np.zeros((count, 4), bool))
        for number in range(int(front[0]) + rank - 1, int(front[-1]) + rank + 2):
            nearer = number - rank + 1
            edges = _seen(front, nearer)
            edges.append(min(edges[3] + 1, count))
            low, high = edges[0], edges[4]
            contract = int(settles[number]), int(months[number].astype(np.int64))
            price, quoted = paths.path(*contract, low, edges[1], high)
            slope = paths.slope(*contract, low, edges[3], price[: edges[3] - low])
            for i, column in enumerate((3, 2, 1, 0)):
                rows = slice(edges[i], edges[i + 1])
                part = slice(edges[i] - low, edges[i + 1] - low)
                band.price[rows, column] = price[part]
                band.quoted[rows, column] = quoted[part]
                if column:
                    band.slope[rows, column] = slope[part]
        return band

    def mixed(self, values: Floats, mix: Mix, now: Mix) -> Floats:
        """Return the mix's mean of ``values``, at the bars of ``now``, **shape** (T,)."""
        at = (mix.front - now.front + 1)[:, None]
        pair = np.take_along_axis(values, np.clip(at + np.arange(2), 0, 3), 1)
        # a contract that is not held may have no price
        near = np.where(mix.near > 0.0, mix.near * pair[:, 0], 0.0)
        return np.asarray(near + np.where(mix.near < 1.0, (1.0 - mix.near) * pair[:, 1], 0.0))


def _seen(front: NDArray[np.intp], nearer: int) -> list[int]:
    """Return the bars at which a contract is the one after, the next, the nearer, and gone."""
    return [int(np.searchsorted(front, nearer - 2 + i)) for i in range(4)]


def _span(dates: NDArray[np.datetime64], rank: int) -> tuple[np.datetime64, np.datetime64]:
    first, last = (dates[i].astype("datetime64[M]") for i in (0, -1))
    return first - 1, last + rank + 4
