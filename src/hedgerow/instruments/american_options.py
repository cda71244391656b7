"""Options on an index that may be exercised at any close, for cash: a modelled contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import SleeveError
from hedgerow.instruments.index_board import IndexBoard
from hedgerow.instruments.roster import Measures
from hedgerow.instruments.settling import PM
from hedgerow.pricing.american import american
from hedgerow.pricing.black import DAYS_PER_YEAR, bsm
from hedgerow.pricing.surface import Rows

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

EUROPEAN, AMERICAN = "european", "american"
"""At expiry only, and at any close."""
NEAR = 1e-5
"""Part of the strike within which a value is its intrinsic value; the price is no more exact."""
_STEP, _POINT = 0.01, 0.003
"""Steps of the differences: part of the index, and volatility."""


def check_exercise(exercise: str, settlement: str, legs: int) -> None:
    """Refuse what is not a way of exercise, or one that is not modelled.

    Raises
    ------
    SleeveError
        As said.
    """
    if exercise not in (EUROPEAN, AMERICAN):
        raise SleeveError(
            f"{exercise!r} is not a way of exercise",
            where="exercise",
            mend="write european or american",
        )
    if exercise == EUROPEAN:
        return
    if settlement != PM:
        raise SleeveError(
            "American options settle on the close", where="exercise", mend="write settlement = 'pm'"
        )
    if legs > 1:
        raise SleeveError(
            "exercise would leave one of several options alone",
            where="exercise",
            mend="use a put or a call by itself, each a line of its own",
        )


class _Terms(NamedTuple):
    # One option at each of n bars; years may be 0.
    spot: Floats
    strike: Floats
    years: Floats
    vol: Floats
    rate: Floats
    dividend: Floats


@dataclass(frozen=True)
class AmericanBoard(IndexBoard):
    """Options on the index of a scene that are exercised where they are worth no more alive.

    Notes
    -----
    The volatility is that of the European option on the surface.  Price and Greeks are the European
    ones plus those of the right to exercise, by QuantLib and by central differences of it.  At
    a close where the price is the intrinsic value within `NEAR` of the strike the holder exercises,
    long or short: there the price is that value and nothing is left to cross.
    """

    @property
    def american(self) -> bool:
        """See `Board.american`."""
        return True

    def measures(self, strike: ArrayLike, expiry: ArrayLike, rows: Rows, *, call: bool) -> Measures:
        """See `IndexBoard.measures`."""
        plain = super().measures(strike, expiry, rows, call=call)
        terms, intrinsic, over = self._at(plain, strike, expiry, rows, call=call)
        alive = (terms.years > 0.0) & ~over

        def right(terms: _Terms) -> Floats:
            return _right(terms, call=call, where=alive)

        step = _STEP * terms.spot
        now = right(terms)
        up, down = (right(terms._replace(spot=terms.spot + s)) for s in (step, -step))
        calm = right(terms._replace(vol=terms.vol - _POINT))
        wild = right(terms._replace(vol=terms.vol + _POINT))
        later = right(terms._replace(years=np.maximum(terms.years - 1.0 / DAYS_PER_YEAR, 0.0)))
        none = np.zeros(len(now))
        return Measures(
            np.where(over, intrinsic, np.maximum(plain.price + now, intrinsic)),
            np.where(over, none, plain.half_spread),
            np.where(over, 1.0 if call else -1.0, plain.delta + (up - down) / (2.0 * step)),
            np.where(over, none, plain.gamma + (up - 2.0 * now + down) / step**2),
            np.where(over, none, plain.vega + (wild - calm) / (200.0 * _POINT)),
            np.where(over, none, plain.theta + (later - now)),
            plain.level,
        )

    def may_exercise(self, strike: ArrayLike, expiry: ArrayLike, rows: Rows, *, call: bool) -> Mask:
        """See `IndexBoard.may_exercise`."""
        plain = super().measures(strike, expiry, rows, call=call)
        return self._at(plain, strike, expiry, rows, call=call)[2]

    def exercised(self, chosen: int, expiry: int, rows: range) -> int | None:
        """See `IndexBoard.exercised`."""
        if not rows:
            return None
        strike = self.strikes(np.array([chosen]), np.array([expiry]))[0, 0]
        bars = np.arange(rows.start, rows.stop)
        found = np.flatnonzero(self.may_exercise(strike, expiry, bars, call=self.legs[0].call))
        return int(bars[found[0]]) if len(found) else None

    def notes(self, exercises: NDArray[np.datetime64]) -> dict[str, Any]:
        """See `IndexBoard.notes`."""
        return {
            "exercise": "american: a modelled contract on the index, which no exchange lists; "
            "exercised, long or short, at a close where the model's price is its intrinsic value",
            "early_exercises": [str(day) for day in exercises],
        }

    def _at(
        self, plain: Measures, strike: ArrayLike, expiry: ArrayLike, rows: Rows, *, call: bool
    ) -> tuple[_Terms, Floats, Mask]:
        """Return terms, intrinsic values, and where the option is exercised."""
        scene = self.scene
        spot = scene.spot[rows]
        terms = _Terms(
            spot,
            np.broadcast_to(np.asarray(strike, dtype=np.float64), spot.shape),
            np.maximum(np.asarray(expiry) - scene.days[rows], 0) / DAYS_PER_YEAR,
            plain.level / 100.0,
            scene.rate[rows],
            scene.dividend[rows],
        )
        intrinsic = np.maximum((spot - terms.strike) * (1.0 if call else -1.0), 0.0)
        may = (terms.years > 0.0) & (intrinsic > 0.0) & (plain.price <= intrinsic)
        value = plain.price + _right(terms, call=call, where=may)
        return terms, intrinsic, may & (value <= intrinsic + NEAR * terms.strike)


def _right(terms: _Terms, *, call: bool, where: Mask) -> Floats:
    """Return what the right to exercise early is worth, points; 0 where it is not asked for."""
    worth = np.zeros(len(terms.spot))
    # a put is exercised for the interest on its strike, a call for the dividends
    where = where & ((terms.dividend if call else terms.rate) > 0.0)
    asked = [column[where] for column in terms]
    found = american(*asked, call=call, fast=True) - bsm(*asked, call=call).price
    worth[where] = np.maximum(found, 0.0)
    return worth
