"""Days that were: a stretch of history played again from another level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.errors import RangeError, nearest
from hedgerow.simulate.draws import Draws
from hedgerow.simulate.paths import FAMILY, PathModel, Start

FADE = 21.0
"""Sessions in which half of the difference between the start's VIX and history's is given up."""


class Stretch(NamedTuple):
    """A named stretch of history."""

    first: str
    """The close before it: row 0."""
    last: str
    about: str


STRETCHES = {
    "1987": Stretch("1987-10-01", "1987-12-31", "Black Monday"),
    "2008": Stretch("2008-08-29", "2009-03-31", "Lehman and after"),
    "2010": Stretch("2010-04-15", "2010-07-30", "flash crash and euro"),
    "2015": Stretch("2015-08-03", "2015-10-30", "yuan and 24 August"),
    "2018": Stretch("2018-01-16", "2018-04-30", "short volatility unwound"),
    "2020": Stretch("2020-02-03", "2020-06-30", "pandemic"),
    "2024": Stretch("2024-07-15", "2024-09-30", "yen carry unwound, 5 August"),
}
"""Stretches by the name that `Replay` takes."""


@dataclass(frozen=True, eq=False)
class Replay(PathModel):
    """A stretch of history from another index level, VIX too, bent to begin at the start's.

    Every path is the same.  The index keeps its returns.  VIX and its relatives are history's,
    times a factor that begins with the start's VIX over history's and fades, half of it in
    `FADE` sessions; SKEW is history's.

    Parameters
    ----------
    market
        With ``spx`` and ``vix`` over the stretch.
    name
        One of `STRETCHES`.

    Raises
    ------
    RangeError
        If there is no such stretch, the market does not reach it, or a value in it is unknown.

    Examples
    --------
    >>> import hedgerow as hr
    >>> model = Replay(hr.load("builtin"), "2008")
    >>> path = model.paths(1, model.sessions, seed=0, start=Start(spx=5000.0, vix=20.0)).market(0)
    >>> len(path), path["spx"][0].round(1), (path["spx"].min() / 5000.0 - 1.0).round(3)
    (147, np.float64(5000.0), np.float64(-0.473))
    """

    market: Market
    name: str

    def __post_init__(self) -> None:
        if self.name not in STRETCHES:
            raise RangeError(
                f"no stretch '{self.name}'", where="replay", mend=nearest(self.name, STRETCHES)
            )
        first, last, _ = STRETCHES[self.name]
        dates = self.market.dates
        if not len(dates) or dates[0] > np.datetime64(first) or dates[-1] < np.datetime64(last):
            reach = f"{dates[0]} … {dates[-1]}" if len(dates) else "no session"
            raise RangeError(
                f"the data reach from {reach}, the stretch is {first} … {last}",
                where=f"replay.{self.name}",
                mend="load data that reach further; a folder with an index and no VIX file gets a "
                "modelled VIX as far as its index reaches",
            )
        for name in ("spx", "vix"):
            if not bool((self._part[name] > 0.0).all()):
                raise RangeError("a value is unknown in the stretch", where=f"market.{name}")

    @property
    def _part(self) -> Market:
        first, last, _ = STRETCHES[self.name]
        return self.market.between(first, last)

    @property
    def sessions(self) -> int:
        """How many sessions the stretch has after its first close."""
        return len(self._part) - 1

    @property
    def title(self) -> str:
        """A few words for the sources of a market: what made it."""
        first, last, about = STRETCHES[self.name]
        return f"{first} to {last} ({about}) played again"

    def simulate(self, draws: Draws, start: Start) -> dict[str, Floats]:
        """Return the stretch's columns from the start, **shape** (sessions + 1, draws.width).

        Raises
        ------
        RangeError
            If more sessions are asked for than the stretch has.
        """
        if draws.sessions > self.sessions:
            raise RangeError(
                f"{draws.sessions} sessions of a stretch of {self.sessions}",
                where=f"replay.{self.name}",
                mend=f"ask for {self.sessions} or fewer",
            )
        part = self._part.until(draws.sessions)
        spot, vix = part["spx"], part["vix"]
        away = np.log(start.vix / vix[0])
        factor = np.exp(away * 0.5 ** (np.arange(len(part)) / FADE))
        made = {"spx": start.spx * spot / spot[0], "vix": vix * factor}
        made |= {name: part[name] * factor for name in FAMILY if part.has(name)}
        if part.has("skew"):
            made["skew"] = part["skew"]
        return {
            name: np.repeat(values[:, None], draws.width, axis=1) for name, values in made.items()
        }
