"""One path of a stress again, bar by bar: the same path and the same numbers, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market
from hedgerow.errors import RangeError
from hedgerow.files import save
from hedgerow.research.stress.job import StressJob
from hedgerow.research.stress.measuring import Window, worst_falls
from hedgerow.research.stress.playing import Played
from hedgerow.research.stress.scenario import streams
from hedgerow.simulate.paths import FAMILY

SAVED = ("spx", "vix", *FAMILY, "skew")
"""Columns that a folder of files can hold."""


@dataclass(frozen=True, repr=False)
class PathRun:
    """A path and what every strategy did on it.

    Parameters
    ----------
    path
        Its number.
    market
        The history that warms signals up, then the path.
    first
        Row of the market at which the path starts.
    played
        Strategies by name, columns of **shape** (T,).
    """

    path: int
    market: Market
    first: int
    played: Mapping[str, Played]

    def __repr__(self) -> str:
        return f"<Path {self.path}: {len(self)} sessions from {self.dates[0]}>"

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """The path's sessions, ``datetime64[D]``, **shape** (T,)."""
        return self.market.dates[self.first :]

    def column(self, name: str) -> Floats:
        """Return a column of the path's market, **shape** (T,)."""
        return self.market[name][self.first :]

    @property
    def fall(self) -> Window:
        """Rows of peak and trough of the index's deepest fall, each of **shape** (1,)."""
        return worst_falls(self.column("spx")[:, None])

    def save(self, folder: Path) -> Path:
        """Write the market into a folder that ``hr.load`` reads, and return the folder.

        Index, VIX, its relatives and SKEW, to the last bit, the history before the path included.
        What is loaded from them counts as modelled, for their names say ``simulated``.

        Raises
        ------
        RangeError
            If a file cannot be written.
        """
        for name in SAVED:
            if not self.market.has(name):
                continue
            rows = [
                f"{day},{value!r}"
                for day, value in zip(self.market.dates, self.market[name].tolist(), strict=True)
                if value == value  # noqa: PLR0124  # false for NaN alone
            ]
            save(folder / f"simulated-{name}.csv", "\n".join(["Date,Close", *rows, ""]), "the path")
        return folder


def replay(job: StressJob, path: int) -> PathRun:
    """Play one path again.

    Parameters
    ----------
    job
        What played it.
    path
        Its number.

    Raises
    ------
    RangeError
        If there is no such path.

    Notes
    -----
    The whole stream of paths that it belongs to is played, so that every operation meets arrays
    of the widths that it met before.
    """
    count = len(job.terms.scenario)
    whole = isinstance(path, int | np.integer) and not isinstance(path, bool)
    if not whole or not 0 <= path < count:
        raise RangeError(
            f"there is no path {path}",
            where="path",
            mend=f"paths are numbered 0 … {count - 1}",
        )
    low, high = streams(int(path), int(path) + 1)
    ready = job.ready(low, high)
    played = {name: each.path(path - low) for name, each in ready.played.items()}
    scenario = job.terms.scenario
    return PathRun(path, scenario.market(path), len(scenario.history) - 1, played)
