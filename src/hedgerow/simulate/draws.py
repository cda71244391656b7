"""Chance, replayable: random numbers that belong to a path, whoever asks for it.

Paths are drawn in streams of `STREAM` neighbours.  The numbers of a stream depend on the seed, the
number of the stream and what they are for, and are drawn session by session.  So a path is the
same alone as among a million, in blocks of any size and on any number of workers, and a longer
path begins with the shorter one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.core.market import Floats

STREAM = 64
"""Paths that share a generator: making one takes as long as a thousand draws."""


@dataclass(frozen=True)
class Draws:
    """The random numbers of some streams.

    Parameters
    ----------
    seed
        Not negative.
    first, last
        Streams ``first`` … ``last - 1``; path i is in stream i // `STREAM`.
    sessions
        Draws are made for so many sessions.

    Examples
    --------
    >>> one, many = Draws(7, 3, 4, 20), Draws(7, 0, 8, 30)
    >>> bool((one.normal(0, 2) == many.normal(0, 2)[:20, :, 3 * 64 : 4 * 64]).all())
    True
    """

    seed: int
    first: int
    last: int
    sessions: int

    @property
    def width(self) -> int:
        """How many paths are drawn."""
        return STREAM * (self.last - self.first)

    def normal(self, purpose: int, count: int) -> Floats:
        """Return standard normals, **shape** (sessions, count, width).

        Parameters
        ----------
        purpose
            Numbers for different purposes are independent.
        count
            Numbers a session and path.
        """
        drawn = np.empty((self.sessions, count, self.width))
        for place, rng in self._generators(purpose):
            drawn[:, :, place] = rng.standard_normal((self.sessions, count, STREAM))
        return drawn

    def uniform(self, purpose: int, count: int) -> Floats:
        """Return numbers in [0, 1), of the shape and with the parameters of `normal`."""
        drawn = np.empty((self.sessions, count, self.width))
        for place, rng in self._generators(purpose):
            drawn[:, :, place] = rng.random((self.sessions, count, STREAM))
        return drawn

    def _generators(self, purpose: int) -> list[tuple[slice, np.random.Generator]]:
        return [
            (
                slice(STREAM * (stream - self.first), STREAM * (stream - self.first + 1)),
                np.random.Generator(
                    np.random.SFC64(np.random.SeedSequence(self.seed, spawn_key=(stream, purpose)))
                ),
            )
            for stream in range(self.first, self.last)
        ]
