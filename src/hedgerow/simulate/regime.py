r"""Regimes with jumps: the index, VIX and its relatives together, session by session.

With V VIX in points, s the regime, j a jump and :math:`d = V_{t-1}/(100\sqrt{252})\,
(V_{t-1}/20)^{γ−1}` the scale of a session's return,

.. math::
   r_t &= d\,z_t, \quad z_t = j_t ? m + q\,ε_t : a_s + c_s\,ε_t \\
   x_t &= x_{t-1} + u_s − κ_s x_{t-1} + λ_s(\bar x_{t-1} − x_{t-1})
          + β^-_s \max(−z_t, 0) − β^+_s \max(z_t, 0) + (j_t ? g + h\,ζ_t : η_s\,ζ_t)

with :math:`x = \ln(V − V_0)`, V₀ the `FLOOR` below which VIX does not go, and x̄ the exponential
mean of x of half-life `HALF_LIFE`: VIX reverts quickly to where it has been lately and slowly to a
level.  γ is above 1: at a high VIX more of what it implies comes true.  VIX answers a return in its
own scale: 1 % down is much at VIX 10 and
little at 60.  That the answer to falls is the greater one, β⁻ > β⁺, makes volatility expand on
falls (the leverage effect); a jump strikes the index and VIX at once.  Regimes follow a Markov
chain.

Sources: Hamilton, "A new approach to the economic analysis of nonstationary time series and the
business cycle", *Econometrica* 57 (1989); the logarithmic model of VIX with jumps in Psychoyios,
Dotsis and Markellos, "A jump diffusion model for VIX volatility options and futures", *Review of
Quantitative Finance and Accounting* 35 (2010); its asymmetric answer in Whaley, "Understanding
the VIX", *Journal of Portfolio Management* 35 (2009).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.errors import RangeError, nearest
from hedgerow.simulate.draws import Draws
from hedgerow.simulate.paths import PathModel, Start
from hedgerow.simulate.term import TermStructure, fresh_weight

SESSIONS_A_YEAR = 252
FLOOR = 3.0
"""V₀ in points; the least close of 1990–2026 is 9.14."""

HALF_LIFE = 21
"""Sessions in which the mean of where VIX has been lately forgets half."""

VIX_MOST = 150.0
"""Points that simulated VIX stays below; the highest close of 1990–2026 is 82.69."""

_CHAIN, _SHOCKS = 10, 11
_USUAL = 20.0
_DEVIATION = 1.0 / (100.0 * np.sqrt(SESSIONS_A_YEAR))


def depth(vix: ArrayLike) -> Floats:
    """Return x = ln(VIX − V₀) of VIX in points above `FLOOR`; any shape.

    Examples
    --------
    >>> float(depth(4.0))
    0.0
    """
    return np.asarray(np.log(np.asarray(vix, dtype=np.float64) - FLOOR))


def scale(vix: ArrayLike, power: float) -> Floats:
    """Return d of VIX in points, any shape: what a session's log return is measured in.

    Examples
    --------
    >>> float(scale(20.0, 1.4).round(6))
    0.012599
    """
    points = np.asarray(vix, dtype=np.float64)
    # a power by exp and log: NumPy has those for whole columns at once
    return np.asarray(_DEVIATION * points * np.exp((power - 1.0) * np.log(points / _USUAL)))


@dataclass(frozen=True)
class RegimeLaw:
    """Dynamics within a regime.

    Parameters
    ----------
    drift, deviation
        a and c: mean and deviation of the session's log return, in units of d.
    pull
        u: what x gains a session for itself.
    speed, recent
        κ and λ a session: how fast x reverts to 0 and to where it has been lately; their sum in
        (0, 1).
    down, up
        β⁻ and β⁺: answer of x to a fall and a rise of one d.
    noise
        η: deviation of x's own surprise, positive.
    jumps
        Probability of a jump a session, 0 ≤ p < 1.
    usual, spread
        Mean and deviation of x in this regime: they tell which regime a path begins in.
    """

    drift: float
    deviation: float
    pull: float
    speed: float
    recent: float
    down: float
    up: float
    noise: float
    jumps: float
    usual: float
    spread: float


@dataclass(frozen=True)
class JumpLaw:
    """A jump of the index and VIX at once.

    Parameters
    ----------
    mean, deviation
        m and q: log return of the session, in units of d.
    vix_mean, vix_deviation
        g and h: added to x beside its answer to the return.
    """

    mean: float = -1.0
    deviation: float = 2.5
    vix_mean: float = 0.05
    vix_deviation: float = 0.12


@dataclass(frozen=True)
class RegimeModel(PathModel):
    """Regimes, calm ones first, with jumps; fitted by `fit` or given.

    Parameters
    ----------
    regimes
        One or more.
    transition
        Row i: probabilities of the next session's regime after regime i, rows sum to 1.
    jump
        The law of jumps, one for all regimes.
    term
        VIX's relatives and SKEW.
    power
        γ of the scale, 0 < γ < 3.

    Raises
    ------
    RangeError
        If a parameter is out of range.

    Examples
    --------
    >>> calm = RegimeLaw(0.06, 0.7, 0.13, 0.06, 0.05, 0.06, 0.04, 0.04, 0.01, 2.4, 0.3)
    >>> wild = RegimeLaw(0.0, 0.8, 0.18, 0.06, 0.04, 0.06, 0.05, 0.06, 0.03, 3.2, 0.3)
    >>> model = RegimeModel((calm, wild), ((0.99, 0.01), (0.02, 0.98)))
    >>> paths = model.paths(200, 252, seed=3)
    >>> paths["spx"].shape, bool((paths["vix"] > 0.0).all())
    ((200, 253), True)
    >>> bool((paths.market(77)["vix"] == paths["vix"][77]).all())
    True
    """

    regimes: tuple[RegimeLaw, ...]
    transition: tuple[tuple[float, ...], ...]
    jump: JumpLaw = field(default_factory=JumpLaw)
    term: TermStructure = field(default_factory=TermStructure)
    power: float = 1.0

    def __post_init__(self) -> None:
        chances = np.array(self.transition, dtype=np.float64)
        count = len(self.regimes)
        if not count or chances.shape != (count, count):
            raise RangeError(
                f"{count} regimes need {count} rows of {count} probabilities",
                where="regime_model.transition",
            )
        if bool((chances < 0.0).any()) or not np.allclose(chances.sum(axis=1), 1.0, atol=1e-9):
            raise RangeError("rows must sum to 1", where="regime_model.transition")
        if not 0.0 < self.power < 3.0:
            raise RangeError(f"{self.power!r} is out of range", where="regime_model.power")
        for i, law in enumerate(self.regimes):
            for name, sound in (
                ("deviation", law.deviation > 0.0),
                ("recent", 0.0 < law.speed + law.recent < 1.0),
                ("noise", law.noise > 0.0),
                ("spread", law.spread > 0.0),
                ("jumps", 0.0 <= law.jumps < 1.0),
            ):
                if not sound:
                    raise RangeError(
                        f"{getattr(law, name)!r} is out of range",
                        where=f"regime_model.regimes[{i}].{name}",
                    )

    @classmethod
    def fit(cls, market: Market, *, regimes: int = 2) -> RegimeModel:
        """Fit to a history by maximum likelihood (expectation maximisation).

        Parameters
        ----------
        market
            With ``spx`` and ``vix``; relatives of VIX and ``skew`` where it has them.
        regimes
            How many, 1 to 5.

        Raises
        ------
        DataError
            If fewer than 1,260 sessions are known.
        RangeError
            If ``regimes`` is out of range.
        """
        from hedgerow.simulate.regime_fit import fit

        return fit(market, regimes)

    @property
    def title(self) -> str:
        """A few words for the sources of a market: what made it."""
        return f"{len(self.regimes)} regimes with jumps"

    @property
    def hidden(self) -> frozenset[str]:
        """The regime: nobody sees it."""
        return frozenset({"regime"})

    @property
    def stationary(self) -> Floats:
        """Long-run shares of the regimes, **shape** (k,)."""
        chances = np.array(self.transition)
        count = len(chances)
        system = np.vstack([chances.T - np.eye(count), np.ones(count)])
        target = np.append(np.zeros(count), 1.0)
        return np.asarray(np.linalg.lstsq(system, target, rcond=None)[0])

    def begins(self, vix: float) -> Floats:
        """Return the chances of the regimes at a VIX in points, **shape** (k,): Bayes' rule.

        From the long-run shares and, within a regime, a normal law of x.
        """
        usual, spread = np.array([(law.usual, law.spread) for law in self.regimes]).T
        away = depth(vix) - usual
        log = -0.5 * (away / spread) ** 2 - np.log(spread)
        weight = self.stationary * np.exp(log - log.max())
        return np.asarray(weight / weight.sum())

    def simulate(self, draws: Draws, start: Start) -> dict[str, Floats]:
        """Return ``spx``, ``vix``, ``regime`` and the relatives of VIX, points.

        **Shape** (sessions + 1, draws.width) each.
        """
        if start.vix <= FLOOR:
            raise RangeError(
                f"VIX {start.vix:g} is not above {FLOOR:g}",
                where="start.vix",
                mend="start the paths at a higher VIX",
            )
        chances = draws.uniform(_CHAIN, 2)
        shocks = draws.normal(_SHOCKS, 2)
        first = Draws(draws.seed, draws.first, draws.last, 1).uniform(_CHAIN + 2, 1)[0, 0]
        state = self._chain(chances[:, 0], first, start)
        names = [part.name for part in fields(RegimeLaw)][:9]
        table = np.array([[getattr(law, name) for law in self.regimes] for name in names])
        jump, most, fresh = self.jump, depth(VIX_MOST), fresh_weight(HALF_LIFE)
        moves, vix = (np.empty((draws.sessions + 1, draws.width)) for _ in range(2))
        moves[0], vix[0] = np.log(start.spx), start.vix
        x = np.full(draws.width, depth(start.vix))
        mean = np.full(draws.width, start.recent(HALF_LIFE, FLOOR))
        for t in range(draws.sessions):
            a, c, pull, speed, recent, b, u, e, chance = np.take(table, state[t + 1], axis=1)
            jumped = chances[t, 1] < chance
            eps, zeta = shocks[t]
            z = np.where(jumped, jump.mean + jump.deviation * eps, a + c * eps)
            moves[t + 1] = scale(vix[t], self.power) * z
            own = np.where(jumped, jump.vix_mean + jump.vix_deviation * zeta, e * zeta)
            answer = np.maximum(-z, 0.0) * b - np.maximum(z, 0.0) * u
            x = np.minimum(x + pull - speed * x + recent * (mean - x) + answer + own, most)
            mean += fresh * (x - mean)
            vix[t + 1] = FLOOR + np.exp(x)
        made = {"spx": np.exp(np.cumsum(moves, axis=0)), "vix": vix}
        return {**made, **self.term.beside(vix, draws, start), "regime": state.astype(np.float64)}

    def _chain(self, chances: Floats, first: Floats, start: Start) -> NDArray[np.intp]:
        steps = np.ascontiguousarray(np.cumsum(self.transition, axis=1)[:, :-1].T)
        state = np.empty((len(chances) + 1, chances.shape[1]), dtype=np.intp)
        state[0] = (first >= np.cumsum(self.begins(start.vix))[:-1, None]).sum(axis=0)
        for t, row in enumerate(chances):
            np.sum(row >= np.take(steps, state[t], axis=1), axis=0, out=state[t + 1])
        return state

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for TOML."""
        return {
            "model": "regime",
            "transition": [list(row) for row in self.transition],
            "power": self.power,
            "jump": asdict(self.jump),
            "regimes": [asdict(law) for law in self.regimes],
            "term": self.term.to_dict(),
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> RegimeModel:
        """Return what `to_dict` was called on.

        Raises
        ------
        RangeError
            If a key is missing or unknown, or a value is out of range.
        """
        wanted = {"power", "transition", "jump", "regimes", "term"}
        odd = [key for key in table if key not in {*wanted, "model"}]
        if odd:
            raise RangeError(
                f"unknown key '{odd[0]}'", where="regime", mend=nearest(odd[0], wanted)
            )
        try:
            return cls(
                tuple(RegimeLaw(**law) for law in table["regimes"]),
                tuple(tuple(map(float, row)) for row in table["transition"]),
                JumpLaw(**table["jump"]),
                TermStructure.from_dict(table["term"]),
                float(table["power"]),
            )
        except (KeyError, TypeError) as error:
            raise RangeError(f"a regime model is malformed: {error}", where="regime") from None
