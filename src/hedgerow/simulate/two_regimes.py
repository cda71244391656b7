r"""Two regimes of a logarithmic VIX: a plain model whose compiled paths come by the million.

With V VIX in points, s the regime, σ = m·V/100 the index's volatility and Δ = 1/252,

.. math::
   \ln S_t &= \ln S_{t-1} + (μ_s − σ_{t-1}^2/2)\,Δ + σ_{t-1}\sqrt{Δ}\,ε_t \\
   \ln V_t &= \ln V_{t-1} + κ_s(\ln \bar V_s − \ln V_{t-1})\,Δ
              + η_s\sqrt{Δ}\,(ρ\,ε_t + \sqrt{1-ρ^2}\,ζ_t)

It is not fitted to anything: take `RegimeModel` for likenesses of history, and this one where speed
is worth more, as in searches and as a check by sheer numbers.

Sources: Hamilton, *Econometrica* 57 (1989), for the regimes; VIX's logarithm as a mean-reverting
diffusion in Detemple and Osakwe, "The valuation of volatility options", *European Finance Review* 4
(2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats
from hedgerow.errors import RangeError
from hedgerow.pricing.threads import aligned
from hedgerow.simulate.draws import STREAM, Draws
from hedgerow.simulate.paths import PathModel, Start

SESSIONS_A_YEAR = 252
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True)
class LogVix:
    """Dynamics within a regime of `TwoRegimes`, by the year.

    Parameters
    ----------
    drift
        μ of the index, a decimal.
    level
        V̄, points, that VIX reverts to.
    speed
        κ ≥ 0.
    noise
        η > 0 of ln VIX.
    """

    drift: float
    level: float
    speed: float
    noise: float


CALM = LogVix(0.09, 16.0, 5.0, 0.9)
WILD = LogVix(-0.10, 32.0, 8.0, 1.3)


@dataclass(frozen=True)
class TwoRegimes(PathModel):
    """Two regimes of ln VIX, the index beside it.

    Parameters
    ----------
    calm, wild
        The regimes; a path starts in either by its long-run share.
    to_wild, to_calm
        Probabilities of a change at a session.
    correlation
        ρ of the index's return and VIX's change.
    realised
        m: the index's volatility as a part of VIX.

    Raises
    ------
    RangeError
        If a parameter is out of range.

    Examples
    --------
    >>> paths = TwoRegimes().paths(100, 252, seed=1)
    >>> paths["vix"].shape, bool((paths.market(70)["spx"] == paths["spx"][70]).all())
    ((100, 253), True)
    """

    calm: LogVix = CALM
    wild: LogVix = WILD
    to_wild: float = 0.01
    to_calm: float = 0.04
    correlation: float = -0.75
    realised: float = 0.85

    def __post_init__(self) -> None:
        for name, sound in (
            ("calm.level", self.calm.level > 0.0),
            ("wild.level", self.wild.level > 0.0),
            ("calm.speed", 0.0 <= self.calm.speed < SESSIONS_A_YEAR),
            ("wild.speed", 0.0 <= self.wild.speed < SESSIONS_A_YEAR),
            ("calm.noise", self.calm.noise > 0.0),
            ("wild.noise", self.wild.noise > 0.0),
            ("to_wild", 0.0 < self.to_wild < 1.0),
            ("to_calm", 0.0 < self.to_calm < 1.0),
            ("correlation", -1.0 < self.correlation < 1.0),
            ("realised", self.realised > 0.0),
        ):
            if not sound:
                raise RangeError("the number is out of range", where=f"two_regimes.{name}")

    @property
    def title(self) -> str:
        """See `PathModel.title`."""
        return "two regimes of ln VIX"

    @property
    def law(self) -> Floats:
        """The parameters in the order in which the compiled loop takes them, **shape** (14,)."""
        both = (self.calm, self.wild)
        return np.array(
            [
                self.to_wild,
                self.to_calm,
                self.to_calm / (self.to_wild + self.to_calm),
                *(regime.drift for regime in both),
                *(np.log(regime.level) for regime in both),
                *(regime.speed for regime in both),
                *(regime.noise for regime in both),
                self.correlation,
                0.01 * self.realised,
                1.0 / SESSIONS_A_YEAR,
            ]
        )

    def simulate(self, draws: Draws, start: Start) -> dict[str, Floats]:
        """Return ``spx`` and ``vix``, points, **shape** (sessions + 1, draws.width)."""
        from hedgerow.pricing.kernels import WIDTH
        from hedgerow.simulate import two_regimes_loop as loop  # slow to import

        width = -(-draws.width // WIDTH) * WIDTH
        states = streams(draws.seed, draws.first * STREAM, width)
        spx, vix = (np.empty((draws.sessions + 1, width)) for _ in range(2))
        begun = float(start.spx), float(start.vix)
        loop.evolve(states, self.law, *begun, 0, width, aligned(loop.CELLS), spx, vix)
        return {"spx": spx[:, : draws.width], "vix": vix[:, : draws.width]}


def streams(seed: int, first: int, count: int) -> Floats:
    """Return states of xoshiro256+ for neighbouring paths, as the bits of numbers.

    Parameters
    ----------
    seed
        0 or more.
    first, count
        Paths ``first`` … ``first + count - 1``.

    Returns
    -------
    array
        **Shape** (4, count).

    Notes
    -----
    The words are those of SplitMix64 (Steele, Lea and Flood 2014), begun at a hash of seed and
    path, as the authors of xoshiro advise.

    Examples
    --------
    >>> one, many = streams(7, 5, 1), streams(7, 0, 10)
    >>> one.tobytes() == many[:, 5:6].tobytes()
    True
    """
    keys = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    paths = np.arange(first, first + count, dtype=np.uint64)
    begun = _mixed(_mixed(keys[0] + (paths + np.uint64(1)) * _GOLDEN) ^ keys[1])
    words = begun + np.arange(1, 5, dtype=np.uint64)[:, None] * _GOLDEN
    return np.asarray(_mixed(words).view(np.float64))


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return SplitMix64's scrambling of words, any shape."""
    words = (words ^ (words >> np.uint64(30))) * _MIXERS[0]
    words = (words ^ (words >> np.uint64(27))) * _MIXERS[1]
    return np.asarray(words ^ (words >> np.uint64(31)))
