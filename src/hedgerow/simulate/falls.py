r"""A flash crash and a grind: the same fall at two speeds, with VIX by a documented rule.

.. math:: V_t = V_c + k\,(V_{t-1} − V_c) + 100\,g \max(−r_t, 0)

k is what VIX keeps of its distance from the calm level V_c overnight, g the points that it gains
for a fall of 1 % and r the simple return of the index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError
from hedgerow.simulate.draws import Draws
from hedgerow.simulate.paths import PathModel, Start
from hedgerow.simulate.term import Relation, TermStructure

USUAL = TermStructure(
    (
        Relation("vix9d", -0.130, 0.447, -0.159, 0.0, (0.0,) * 4, recent=-0.263),
        Relation("vix3m", 0.284, -0.408, 0.193, 0.0, (0.0,) * 4, recent=0.155),
        Relation("vix6m", 0.655, -0.604, 0.294, 0.0, (0.0,) * 4, recent=0.146),
        Relation("skew", 3.920, -0.201, -0.180, 0.0, (0.0,) * 4, recent=0.072),
    )
)
"""How VIX's relatives and SKEW stand to VIX: `TermStructure.fit` of all data up to June 2026
(SKEW from 1990, VIX6M from 2008, VIX3M from 2009, VIX9D from 2011), without its surprises."""


_DEVIATION = 100.0 * np.sqrt(252.0)
"""VIX over this is a session's deviation."""


@dataclass(frozen=True)
class Fall(PathModel):
    """Calm, then a fall at an even pace, then calm at the bottom or a slow recovery.

    Parameters
    ----------
    fall
        From top to bottom, 0 < fall < 1.
    during
        Sessions that it takes.
    before
        Sessions of calm before it.
    recovery
        Sessions in which the index climbs back to the top at an even pace once it has fallen;
        0: it stays at the bottom.
    spread
        The fall of a path begins up to so many sessions later, drawn evenly: a hedge that is
        rolled on a schedule stands elsewhere on each path.
    keeps, gains
        k and g of VIX's rule.
    ripple
        Realised volatility in parts of VIX: the close of every other session lies a day's
        deviation of it lower, so that the index does not stand still, but for falls that are
        faster; VIX does not mind.
    term
        VIX's relatives and SKEW: a crash inverts the curve, months of a high VIX straighten it.

    Raises
    ------
    RangeError
        If a parameter is out of range.

    Notes
    -----
    The defaults of ``keeps`` and ``gains`` are least squares of VIX's level on its last one and
    the day's fall, 1990–2026; a test compares.  The calm level is where the paths start.

    Examples
    --------
    >>> flash = Fall(during=3, before=5).paths(1, 20, seed=0, start=Start(vix=15.0))
    >>> flash["vix"].max().round(1), (flash["spx"].min() / flash["spx"].max()).round(3)
    (np.float64(51.9), np.float64(0.8))
    """

    fall: float = 0.20
    during: int = 126
    before: int = 21
    recovery: int = 0
    spread: int = 0
    keeps: float = 0.93
    gains: float = 1.84
    ripple: float = 0.0
    term: TermStructure = USUAL

    def __post_init__(self) -> None:
        for name, sound in (
            ("fall", 0.0 < self.fall < 1.0),
            ("during", self.during >= 1),
            ("before", self.before >= 0),
            ("recovery", self.recovery >= 0),
            ("spread", self.spread >= 0),
            ("keeps", 0.0 <= self.keeps <= 1.0),
            ("gains", self.gains >= 0.0),
            ("ripple", 0.0 <= self.ripple <= 2.0),
        ):
            if not sound:
                raise RangeError(f"{getattr(self, name)!r} is out of range", where=f"fall.{name}")

    @property
    def title(self) -> str:
        """A few words for the sources of a market: what made it."""
        back = f", back in {self.recovery}" if self.recovery else ""
        return f"a fall of {100.0 * self.fall:.3g}% in {self.during} sessions{back}, made"

    def simulate(self, draws: Draws, start: Start) -> dict[str, Floats]:
        """Return ``spx``, ``vix`` and its relatives, points, **shape** (sessions + 1, width)."""
        late = Draws(draws.seed, draws.first, draws.last, 1).uniform(0, 1)[0, 0]
        begin = self.before + np.floor(late * (self.spread + 1))
        pace = np.log1p(-self.fall) / self.during
        climb = -np.log1p(-self.fall) / max(self.recovery, 1)
        answer = 100.0 * self.gains * -np.expm1(pace)
        log, vix = (np.empty((draws.sessions + 1, draws.width)) for _ in range(2))
        log[0], vix[0] = np.log(start.spx), start.vix
        for t in range(draws.sessions):
            falling = (t >= begin) & (t < begin + self.during)
            climbing = (t >= begin + self.during) & (t < begin + self.during + self.recovery)
            log[t + 1] = log[t] + np.where(falling, pace, np.where(climbing, climb, 0.0))
            calmer = start.vix + self.keeps * (vix[t] - start.vix)
            vix[t + 1] = calmer + np.where(falling, answer, 0.0)
        if self.ripple:
            log -= self._ripples(vix, begin, pace)
        return {"spx": np.exp(log), "vix": vix, **self.term.beside(vix, draws, start)}

    def _ripples(self, vix: Floats, begin: Floats, pace: float) -> Floats:
        """Return how much lower each close lies, log; start, top and bottom stay where they are."""
        rows, bottom = np.arange(len(vix))[:, None], begin + self.during
        deviation = self.ripple * vix / _DEVIATION
        lower = ((rows - begin) % 2 == 1) & (rows > 0) & (rows != bottom)
        falling = (rows > begin) & (rows <= bottom)
        return np.where(lower & (~falling | (deviation > -pace)), deviation, 0.0)


@dataclass(frozen=True)
class FlashCrash(Fall):
    """A fall of 20 % in three sessions; parameters as in `Fall`.

    Examples
    --------
    >>> FlashCrash().title
    'a fall of 20% in 3 sessions, made'
    """

    during: int = 3


@dataclass(frozen=True)
class Grind(Fall):
    """A fall of 20 % in six months; parameters as in `Fall`.

    Examples
    --------
    >>> Grind(spread=20).during
    126
    """


@dataclass(frozen=True)
class BlackMonday(Fall):
    """A fall like that of 19 October 1987: 20.47 % in one session; parameters as in `Fall`.

    Notes
    -----
    The S&P 500 closed at 282.70 on the Friday and at 224.84 on the Monday.  There was no VIX yet;
    VXO, its predecessor on the S&P 100, closed at 150.19 in Cboe's own history (Moran, "25 years
    ago the VXO index topped 150", Cboe Options Hub, 2012).  From a VIX of 17, ``gains`` lifts it
    there.  What follows is the rule of all falls: VXO fell faster, to 98.81 on the Friday after.

    Examples
    --------
    >>> path = BlackMonday(before=0).paths(1, 5, seed=0, start=Start(vix=17.0))
    >>> path["vix"].max().round(1), (path["spx"].min() / 4_000.0 - 1.0).round(4)
    (np.float64(150.1), np.float64(-0.2047))
    """

    fall: float = 0.2047
    during: int = 1
    gains: float = 6.5

    @property
    def title(self) -> str:
        """A few words for the sources of a market: what made it."""
        return "a fall like that of 19 October 1987, made"
