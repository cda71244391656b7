"""Smiles fitted to the quotes of a chain: weighted by spread, free of static arbitrage.

Each expiry gets a summed SVI smile through the implied volatilities of its out-of-the-money
quotes, from the shortest to the longest, so that total variance never falls with maturity.
Centres and widths of the terms are set by the range of the quotes; the rest is linear, so the
fit has one minimum but for g, and finds it in milliseconds.  Penalties keep butterflies and
calendars above 0; `arbitrage` then looks on a grid far wider than the quotes and in the
asymptotic wings, and says what is left.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from hedgerow.errors import RangeError
from hedgerow.pricing.black import DAYS_PER_YEAR, undiscounted
from hedgerow.pricing.board import Board, Floats
from hedgerow.pricing.implied import implied_vol
from hedgerow.pricing.parity import Parity
from hedgerow.pricing.svi import Svi, basis, durrleman

_FEWEST = 6
_GRID = np.sinh(np.linspace(-5.0, 5.0, 301)) / np.sinh(5.0) * 4.0
"""Log-moneyness at which arbitrage is looked for: dense at the money, out to e⁴ of forward."""
_STEEPEST = 1.95
_LEAST_HALF_SPREAD = 2e-4
"""Volatility: quotes tighter than this weigh no more than this."""
_TERMS = 10
_FORCES = (1e1, 1e2, 1e3, 1e4)
_ROOF = 3.0
"""Weight of a ceiling, of the order of a quote's and far below that of arbitrage."""
_MARGIN = 1e-3
_RIDGE = 1e-3
_LEAST_TICK = 5e-6
"""Share of the forward: quotes finer than this say nothing of the exchange's tick."""


@dataclass(frozen=True)
class Quotes:
    """Implied volatilities of the out-of-the-money quotes of one expiry.

    Parameters
    ----------
    time
        Years to expiry.
    forward, discount
        Points, and price today of 1 at expiry.
    strike, call
        Points, and True for calls, **shape** (N,).
    bid, ask, mid
        Implied volatilities, decimal a year, **shape** (N,).
    tick
        Points: the least step between prices.
    """

    time: float
    forward: float
    discount: float
    strike: Floats
    call: NDArray[np.bool_]
    bid: Floats
    ask: Floats
    mid: Floats
    tick: float = 0.0

    @property
    def log_moneyness(self) -> Floats:
        """Return ln(K/F), **shape** (N,)."""
        return np.asarray(np.log(self.strike / self.forward))

    @property
    def half_spread(self) -> Floats:
        """Half of ask less bid in volatility, **shape** (N,)."""
        return 0.5 * (self.ask - self.bid)


def quotes(board: Board, found: Parity, listed: Board | None = None) -> Quotes:
    """Return implied volatilities of out-of-the-money quotes with a bid.

    Parameters
    ----------
    board
        Quotes of one expiry, European.
    found
        Its forward and discount factor.
    listed
        The quotes as they were listed, whose tick counts; left out, ``board``.
    """
    call = board.strike >= found.forward
    bid = np.where(call, board.call_bid, board.put_bid)
    ask = np.where(call, board.call_ask, board.put_ask)
    live = np.where(call, board.call_live, board.put_live)
    rate = float(-np.log(found.discount) / board.time)
    low, high, middle = (
        # on the forward: its dividend is the rate
        implied_vol(price, found.forward, board.strike, board.time, rate, rate, call=call)
        for price in (bid, ask, 0.5 * (bid + ask))
    )
    good = live & np.isfinite(low) & np.isfinite(high) & (low > 0.0)
    return Quotes(
        time=board.time,
        forward=found.forward,
        discount=found.discount,
        strike=board.strike[good],
        call=call[good],
        bid=low[good],
        ask=high[good],
        mid=middle[good],
        tick=_tick(board if listed is None else listed),
    )


def _tick(board: Board) -> float:
    """Return the least step between distinct prices, 0 where there are not two."""
    prices = np.concatenate([board.call_bid, board.call_ask, board.put_bid, board.put_ask])
    steps = np.diff(np.unique(np.round(prices[np.isfinite(prices)], 6)))
    return float(steps.min()) if len(steps) else 0.0


@dataclass(frozen=True)
class Slice:
    """A fitted smile beside its quotes.

    Parameters
    ----------
    smile
        The SVI parameters.
    quotes
        What it was fitted to.
    """

    smile: Svi
    quotes: Quotes

    @property
    def error(self) -> Floats:
        """Fitted less quoted middle volatility, decimal, **shape** (N,)."""
        fitted = self.smile.vol(self.quotes.log_moneyness, self.quotes.time)
        return np.asarray(fitted - self.quotes.mid)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Where the fit lies between bid and ask, **shape** (N,)."""
        fitted = self.smile.vol(self.quotes.log_moneyness, self.quotes.time)
        return np.asarray((fitted >= self.quotes.bid) & (fitted <= self.quotes.ask))


@dataclass(frozen=True)
class Arbitrage:
    """What is left of static arbitrage in fitted smiles, looked for on a wide grid.

    Parameters
    ----------
    butterfly
        Lowest g(k) of any smile on the grid; 0 or more where there is no arbitrage.
    calendar
        Lowest rise of total variance from an expiry to the next, where options of the
        earlier one are worth two ticks or more; 0 or more without arbitrage.
    wing
        Steepest wing of any smile; below 2 without arbitrage (Lee 2004).
    """

    butterfly: float
    calendar: float
    wing: float

    @property
    def free(self) -> bool:
        """Whether no static arbitrage was found."""
        return self.butterfly >= 0.0 and self.calendar >= 0.0 and self.wing < 2.0


def fit_surface(parts: Sequence[Quotes]) -> tuple[Slice, ...]:
    """Fit a smile to every expiry, none below the one before it.

    Parameters
    ----------
    parts
        Expiries in order of time, each with six quotes or more.

    Returns
    -------
    tuple of Slice
        In the same order.

    Raises
    ------
    RangeError
        If times do not rise, or an expiry has too few quotes.
    """
    made: list[Slice] = []
    for part, ceiling in zip(parts, _ceilings(parts), strict=True):
        if made and not part.time > made[-1].quotes.time:
            raise RangeError("expiries are not in order of time", where="fit", mend="sort them")
        made.append(Slice(fit_slice(part, made[-1] if made else None, ceiling), part))
    return tuple(made)


def _ceilings(parts: Sequence[Quotes]) -> list[Floats]:
    """Return for every expiry what later quotes leave it beyond its own, on the grid.

    A wing drawn too high where an expiry has no quotes would lift every smile after it.
    """
    made, lowest = [], np.full(len(_GRID), np.inf)
    for part in reversed(parts):
        k = part.log_moneyness
        beyond = (k.min(initial=0.0) > _GRID) | (k.max(initial=0.0) < _GRID)
        made.append(np.where(beyond, lowest, np.inf))
        total = np.interp(_GRID, k, part.mid**2 * part.time) if len(k) else lowest
        lowest = np.where(beyond, lowest, np.minimum(lowest, total))
    return made[::-1]


def fit_slice(part: Quotes, below: Slice | None = None, ceiling: Floats | None = None) -> Svi:
    """Fit one smile by least squares in half-spreads, with outliers damped.

    Parameters
    ----------
    part
        Six quotes or more.
    below
        The expiry before, whose smile this one must not cross.
    ceiling
        Total variance on the grid that it should not rise above, infinite where free.

    Raises
    ------
    RangeError
        If there are too few quotes.
    """
    if len(part.strike) < _FEWEST:
        raise RangeError(
            f"{len(part.strike)} quotes with a bid, {_FEWEST} are needed",
            where=f"fit, {part.time * DAYS_PER_YEAR:.1f} days",
            mend="leave the expiry out",
        )
    top = np.full(len(_GRID), np.inf) if ceiling is None else ceiling
    return _lifted(_Problem.of(part, below, top).solve(), below)


@dataclass(frozen=True)
class _Problem:
    """Least squares in half-spreads; constraints are heavy rows that enter when broken."""

    part: Quotes
    unit: float
    floor: Floats
    ceiling: Floats
    centre: Floats
    width: Floats

    @classmethod
    def of(cls, part: Quotes, below: Slice | None, ceiling: Floats) -> _Problem:
        k = part.log_moneyness
        level = float(np.interp(0.0, k, part.mid) ** 2 * part.time)
        unit = float(np.sqrt(level))
        terms = int(np.clip(len(k) // 5, 1, _TERMS))
        # dense at the money: equal steps of asinh(z)
        low = float(np.arcsinh(min(k[0] / unit, -1.0)))
        high = float(np.arcsinh(max(k[-1] / unit, 1.0)))
        step = (high - low) / (terms + 1)
        u = low + step * np.arange(1, terms + 1) if terms > 1 else np.zeros(1)
        floor = _floor(below)
        return cls(part, unit, floor, ceiling, unit * np.sinh(u), unit * np.cosh(u) * step)

    @property
    def roof(self) -> Floats:
        """The ceiling where there is one, else 1: what a breach of it is measured by."""
        return np.where(np.isfinite(self.ceiling), self.ceiling, 1.0)

    def solve(self) -> Svi:
        k, time, mid = self.part.log_moneyness, self.part.time, self.part.mid
        level = self.unit**2
        unit = np.array([level, *[self.unit] * (1 + len(self.centre))])
        value = basis(k, self.centre, self.width)[0] * unit
        w, w1, w2 = (part * unit for part in basis(_GRID, self.centre, self.width))
        scale = 2.0 * mid * time * np.maximum(self.part.half_spread, _LEAST_HALF_SPREAD)
        rows, goal = value / scale[:, None], mid**2 * time / scale
        tame = _RIDGE * np.eye(len(unit))[2:]
        ends = np.ones((2, len(unit)))
        ends[:, :2] = [[0.0, -1.0], [0.0, 1.0]]
        ends = ends * unit
        low = self.floor + _MARGIN * level

        def parts(x: Floats, force: float) -> tuple[Floats, Floats]:
            # misfits and breaches, and how they move with x
            gap = rows @ x - goal
            size = np.sqrt(1.0 + gap * gap)
            damped = np.sign(gap) * np.sqrt(2.0 * (size - 1.0))
            steep = np.where(np.abs(gap) < 1e-6, 1.0, gap / size / np.where(damped == 0, 1, damped))
            total, first, second = w @ x, w1 @ x, w2 @ x
            safe = np.maximum(total, 0.01 * level)
            g = durrleman(_GRID, safe, first, second)
            slope = _slopes(_GRID, safe, first, w * (total > 0.01 * level)[:, None], w1, w2)
            squash = 1.0 / (1.0 + np.maximum(_MARGIN - g, 0.0))
            short = np.maximum(_MARGIN - g, 0.0) * squash
            under, over = (low - total) / level, ends @ x - _STEEPEST
            high = (total - self.ceiling) / self.roof
            made = [damped, tame @ x, _ROOF * np.maximum(high, 0.0)]
            made += [short, np.maximum(under, 0.0), np.maximum(over, 0.0)]
            turns = [
                rows * steep[:, None],
                tame,
                _ROOF * w / self.roof[:, None] * (high > 0.0)[:, None],
                -slope * ((short > 0.0) * squash**2)[:, None],
                -w / level * (under > 0.0)[:, None],
                ends * (over > 0.0)[:, None],
            ]
            heavy = np.ones(sum(map(len, made)))
            heavy[len(k) + len(tame) + len(_GRID) :] = force
            return np.concatenate(made) * heavy, np.concatenate(turns) * heavy[:, None]

        def misfit(x: Floats, force: float) -> Floats:
            return parts(x, force)[0]

        def moves(x: Floats, force: float) -> Floats:
            return parts(x, force)[1]

        x = np.zeros(len(unit))
        x[0] = 1.0  # flat at the money's volatility
        for force in _FORCES:
            x = least_squares(misfit, x, jac=moves, args=(force,), max_nfev=80).x
        x = x * unit
        return Svi(float(x[0]), float(x[1]), x[2:], self.centre, self.width)


def _slopes(k: Floats, total: Floats, first: Floats, w: Floats, w1: Floats, w2: Floats) -> Floats:
    """Return how g moves with each coefficient, **shape** (G, 2 + J)."""
    inner = 1.0 - 0.5 * k * first / total
    by_total = inner * k * first / total**2 + 0.25 * first**2 / total**2
    by_first = -inner * k / total - 0.5 * first * (1.0 / total + 0.25)
    return np.asarray(by_total[:, None] * w + by_first[:, None] * w1 + 0.5 * w2)


def _floor(below: Slice | None) -> Floats:
    """Return the total variance not to be crossed on the grid.

    Where options of the earlier expiry are worth less than two ticks they bind nothing: a
    calendar spread there cannot earn the tick that is crossed on either side.
    """
    if below is None:
        return np.zeros(len(_GRID))
    total = below.smile.total_variance(_GRID)
    worthless = 2.0 * max(below.quotes.tick / below.quotes.forward, _LEAST_TICK)
    strike, deviation = np.exp(_GRID), np.sqrt(total)
    price = np.where(
        _GRID < 0.0,
        undiscounted(1.0, strike, deviation, call=False),
        undiscounted(1.0, strike, deviation, call=True),
    )
    return np.where(price > worthless, total, 0.0)


def _lifted(smile: Svi, below: Slice | None) -> Svi:
    """Return the smile raised by what it still lies under the one before."""
    short = float(np.max(_floor(below) - smile.total_variance(_GRID)))
    return replace(smile, level=smile.level + max(short, 0.0) * (1.0 + 1e-9))


def arbitrage(slices: Sequence[Slice]) -> Arbitrage:
    """Look for static arbitrage in fitted smiles, far beyond their quotes.

    Parameters
    ----------
    slices
        In order of time.

    """
    smiles = [part.smile for part in slices]
    pairs = itertools.pairwise(slices)
    rises = [float(np.min(b.smile.total_variance(_GRID) - _floor(a))) for a, b in pairs]
    return Arbitrage(
        butterfly=min(float(np.min(smile.density(_GRID))) for smile in smiles),
        calendar=min(rises, default=0.0),
        wing=max(max(smile.wings) for smile in smiles),
    )
