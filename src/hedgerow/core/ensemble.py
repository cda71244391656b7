"""Markets of many paths over the same sessions, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market


@dataclass(frozen=True)
class Ensemble:
    """Columns of many paths, one row per session, read like those of a market.

    Parameters
    ----------
    times
        Session labels, ``datetime64[ns]``, **shape** (T,).
    columns
        By name, **shape** (T, paths); units as in `Market`.

    Examples
    --------
    >>> days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
    >>> both = Ensemble(days, {"vix": np.array([[12.0, 12.0], [13.0, 40.0]])})
    >>> both.paths, both.market(1)["vix"].tolist()
    (2, [12.0, 40.0])
    """

    times: NDArray[np.datetime64]
    columns: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.times)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Floats:
        return self.columns[name]

    @property
    def paths(self) -> int:
        """How many there are."""
        return int(next(iter(self.columns.values())).shape[1])

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Session dates, ``datetime64[D]``, **shape** (T,)."""
        return cast("NDArray[np.datetime64]", self.times.astype("datetime64[D]"))

    def market(self, path: int) -> Market:
        """Return one path as a market, without the origins of its values."""
        return Market(self.times, {name: values[:, path] for name, values in self.columns.items()})
