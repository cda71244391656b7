"""The asymmetry of implied volatility, measured: by tenor, strike and VIX future (spec G1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.policies.iv_beta import FAMILY, vx_change
from hedgerow.pricing.black import DAYS_PER_YEAR, bsm
from hedgerow.shortvol.asymmetry import measuring
from hedgerow.shortvol.asymmetry.measuring import MATURITIES, STRIKES, change, move
from hedgerow.shortvol.asymmetry.regression import Fit, Slope, enough, regress, slope
from hedgerow.shortvol.asymmetry.response import Response, Side

Floats = NDArray[np.float64]

LONG = 10
"""Sessions over which the slopes past the knee are measured."""

KNEE = 5.0
"""Per cent: moves of a day are seldom larger, moves of two weeks often are."""

PERIODS = 4
"""Parts of the history of equal length in which the slopes are estimated again."""

HORIZONS = (1, 5, 10, 21)
"""Sessions of the falls that the response is held against."""


@dataclass(frozen=True)
class Level:
    """An index of the VIX family against the S&P 500.

    Parameters
    ----------
    tenor, column
        Calendar days, and the market column.
    day
        Day by day.
    long
        Over `LONG` sessions with a knee.
    periods
        First and last day of each part of the history, and its fit.
    beta
        Points per point of the VIX future of 30 days; None without futures.
    least
        Smallest ratio of the index to itself `LONG` sessions before.
    """

    tenor: float
    column: str
    day: Fit
    long: Fit
    periods: tuple[tuple[str, str, Fit], ...]
    beta: Slope | None
    least: float


@dataclass(frozen=True)
class Strike:
    """A fixed strike of the *modelled* surface against the S&P 500; slopes as in `Level`."""

    tenor: float
    strike: float
    day: Fit
    long: Fit


@dataclass(frozen=True)
class Future:
    """A VIX future of constant maturity against VIX itself: points per point."""

    maturity: float
    day: Fit


@dataclass(frozen=True)
class Fall:
    """The largest fall over a number of sessions, and what the response says of it.

    Parameters
    ----------
    sessions, start, end
        How long, and its dates.
    move
        Decimal.
    change, response
        Points that VIX changed by, and that the response makes of the move.
    """

    sessions: int
    start: str
    end: str
    move: float
    change: float
    response: float


@dataclass(frozen=True)
class SoldCall:
    """What a sold call gains in a fall, index points, with volatility still and with it answering.

    The call of spec G3: strike 5200, index 5000, 30 days, 4 %, 18 %, a fall of 3 %.

    Parameters
    ----------
    still, moved
        Gain with the volatility of before, and with that after the move.
    iv
        That volatility, decimal.
    """

    still: float
    moved: float
    iv: float


def sold_call(response: Response) -> SoldCall:
    """Return the gain of a sold call in a fall under a response.

    Examples
    --------
    >>> round(sold_call(Response.named("symmetric")).still, 2)
    25.64
    """
    spot, strike, years, rate, iv, move = 5000.0, 5200.0, 30.0 / DAYS_PER_YEAR, 0.04, 0.18, -0.03
    after = float(response.after(iv, move, tenor=30.0, moneyness=strike / spot))
    before, still, moved = (
        float(bsm(index, strike, years, vol, rate, call=True).price)
        for index, vol in ((spot, iv), (spot * (1.0 + move), iv), (spot * (1.0 + move), after))
    )
    return SoldCall(before - still, before - moved, after)


@dataclass(frozen=True)
class Asymmetry:
    """What was measured.

    Parameters
    ----------
    levels, strikes, futures, falls
        By tenor; by tenor and strike, modelled; by maturity; the largest falls.
    response
        What scenarios ask.
    start, end, sessions
        First and last day on which all tenors are published, and how many there are.
    level
        Of the bands.
    moves, changes
        Daily moves of the index, per cent, and changes of the index of 30 days (or the first
        tenor), points, for the picture: **shape** (n,).
    """

    levels: tuple[Level, ...]
    strikes: tuple[Strike, ...]
    futures: tuple[Future, ...]
    falls: tuple[Fall, ...]
    response: Response
    start: str
    end: str
    sessions: int
    level: float
    moves: Floats
    changes: Floats

    @property
    def main(self) -> Level:
        """The tenor nearest to 30 days."""
        return min(self.levels, key=lambda each: abs(each.tenor - 30.0))


def measure(
    market: Market,
    *,
    tenors: Sequence[float] | None = None,
    strikes: Sequence[float] = STRIKES,
    level: float = 0.95,
) -> Asymmetry:
    """Measure how implied volatility answers falls and rises of the index.

    Parameters
    ----------
    market
        With ``spx``, ``vix`` and what it has of ``vix9d``, ``vix3m``, ``vix6m``, ``vx1`` ….
    tenors
        Calendar days, of 9, 30, 93, 184; by default all that the market publishes.
    strikes
        Strike over spot before the move, for the modelled surface.
    level
        Level of the bands.

    Raises
    ------
    DataError
        Naming the column that is missing, or when too few days are published.
    RangeError
        If a tenor is none of the VIX family.
    """
    chosen = tuple(sorted(tenors)) if tenors else _all(market)
    names = measuring.published(market, chosen)
    known = measuring.common(market, names)
    day, long = move(market), move(market, LONG)
    quoted, measured = vx_change(market)
    vx = np.where(measured & known, quoted, np.nan)
    levels, found = [], []
    for tenor, name in zip(chosen, names, strict=True):
        column = np.where(known, market[name], np.nan)
        levels.append(_level(market, tenor, name, column, vx, level))
        by_day, by_long = (
            np.where(known[:, None], measuring.strike_changes(market, tenor, strikes, each), np.nan)
            for each in (1, LONG)
        )
        for place, strike in enumerate(strikes):
            found.append(
                Strike(
                    tenor,
                    strike,
                    regress(by_day[:, place], day, level=level),
                    regress(by_long[:, place], long, horizon=LONG, knee=KNEE, level=level),
                )
            )
    futures = [
        Future(maturity, regress(gained, change(market["vix"], 1), level=level))
        for maturity, gained in measuring.futures(market, MATURITIES).items()
    ]
    days = market.dates[known]
    source = f"VIX family and S&P 500, {days[0]} to {days[-1]}, {len(days)} sessions"
    response = _response(levels, found, strikes, long[known], source)
    main = np.where(known, market[names[chosen.index(30.0) if 30.0 in chosen else 0]], np.nan)
    changes = change(main, 1)
    drawn = np.isfinite(changes) & np.isfinite(day)
    return Asymmetry(
        tuple(levels),
        tuple(found),
        tuple(futures),
        tuple(_falls(market, response)),
        response,
        str(days[0]),
        str(days[-1]),
        len(days),
        level,
        day[drawn],
        changes[drawn],
    )


def _all(market: Market) -> tuple[float, ...]:
    return tuple(days for name, days in FAMILY.items() if name == "vix" or market.has(name))


def _level(
    market: Market, tenor: float, name: str, column: Floats, vx: Floats, level: float
) -> Level:
    day, by_day = move(market), change(column, 1)
    rows = np.flatnonzero(np.isfinite(by_day) & np.isfinite(day))
    periods = []
    for part in np.array_split(rows, PERIODS):
        if len(part) and enough(day[part]):
            first, last = (str(market.dates[part[at]]) for at in (0, -1))
            periods.append((first, last, regress(by_day[part], day[part], level=level)))
    ratio = column[LONG:] / column[:-LONG]
    return Level(
        tenor,
        name,
        regress(by_day, day, level=level),
        regress(change(column, LONG), move(market, LONG), horizon=LONG, knee=KNEE, level=level),
        tuple(periods),
        slope(by_day, vx, level=level) if enough(vx) else None,
        float(np.nanmin(ratio)),
    )


def _response(
    levels: Sequence[Level],
    strikes: Sequence[Strike],
    at: Sequence[float],
    long: Floats,
    source: str,
) -> Response:
    sides = {}
    for place, sign in (("fall", -1.0), ("rise", 1.0)):
        rows: dict[str, list[tuple[float, ...]]] = {
            name: [] for name in ("near", "far", "near_error", "far_error")
        }
        for each in levels:
            own = [one for one in strikes if one.tenor == each.tenor]
            near = [getattr(fit, place) for fit in (each.day, *(one.day for one in own))]
            far = [getattr(fit, f"{place}_far") for fit in (each.long, *(one.long for one in own))]
            for name, slopes in (("near", near), ("far", far)):
                rows[name].append(tuple(round(sign * one.value, 4) for one in slopes))
                rows[f"{name}_error"].append(tuple(round(one.error, 4) for one in slopes))
        sides[place] = Side(**{name: tuple(table) for name, table in rows.items()})
    betas = [each.beta for each in levels if each.beta is not None]
    whole = len(betas) == len(levels)
    return Response(
        tuple(each.tenor for each in levels),
        sides["fall"],
        sides["rise"],
        tuple(at),
        KNEE / 100.0,
        (round(float(np.nanmin(long)) / 100.0, 4), round(float(np.nanmax(long)) / 100.0, 4)),
        tuple(round(beta.value, 4) for beta in betas) if whole else (),
        tuple(round(beta.error, 4) for beta in betas) if whole else (),
        tuple(round(each.least, 4) for each in levels),
        name="measured",
        source=source,
    )


def _falls(market: Market, response: Response) -> list[Fall]:
    """Return the three largest falls of every horizon that do not overlap."""
    vix, made = market["vix"], []
    for sessions in HORIZONS:
        moved, changed = move(market, sessions), change(vix, sessions)
        left = np.where(np.isfinite(changed), moved, np.nan)
        for _ in range(3):
            if not np.isfinite(left).any() or not math.isfinite(low := float(np.nanmin(left))):
                break
            row = int(np.nanargmin(left))
            said = float(response.shift(low / 100.0, tenor=30.0)) * 100.0
            start, end = (str(market.dates[at]) for at in (row - sessions, row))
            made.append(Fall(sessions, start, end, low / 100.0, float(changed[row]), said))
            left[max(row - 63, 0) : row + 63] = np.nan
    return made
