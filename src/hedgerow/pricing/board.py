"""The quotes of one expiry side by side: what parity, VIX and the smile fits read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgerow.errors import RangeError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Board:
    """Calls and puts of one expiry and settlement, a row per strike.

    Parameters
    ----------
    time
        Years to expiry, positive: minutes to settlement over 525,600.
    strike
        Points, positive and strictly increasing, **shape** (K,).
    call_bid, call_ask, put_bid, put_ask
        Points, **shape** (K,); NaN where there is no quote, 0 where nobody bids.

    Raises
    ------
    RangeError
        Naming the column, if time, strikes or lengths are not so.

    Examples
    --------
    >>> board = Board.of(0.1, [90, 100], [10.9, 3.9], [11.1, 4.1], [0.9, 3.9], [1.1, 4.1])
    >>> board.call_mid.tolist()
    [11.0, 4.0]
    """

    time: float
    strike: Floats
    call_bid: Floats
    call_ask: Floats
    put_bid: Floats
    put_ask: Floats

    def __post_init__(self) -> None:
        if not (self.time > 0.0 and np.isfinite(self.time)):
            raise RangeError(
                f"{self.time:g} years to expiry",
                where="board.time",
                mend="leave expired contracts out",
            )
        if self.strike.ndim != 1 or not len(self.strike):
            raise RangeError("no strikes", where="board.strike", mend="give one or more strikes")
        for name in ("call_bid", "call_ask", "put_bid", "put_ask"):
            if getattr(self, name).shape != self.strike.shape:
                raise RangeError(
                    "another number of quotes than of strikes",
                    where=f"board.{name}",
                    mend="give one a strike, NaN where there is none",
                )
        rising = np.diff(self.strike, prepend=0.0) > 0.0
        if not rising.all():
            row = int(np.flatnonzero(~rising)[0])
            raise RangeError(
                f"strike {self.strike[row]:g} is not above {self.strike[row - 1] if row else 0:g}",
                where=f"board.strike, row {row}",
                mend="sort the strikes and name each once",
            )

    @classmethod
    def of(
        cls,
        time: float,
        strike: ArrayLike,
        call_bid: ArrayLike,
        call_ask: ArrayLike,
        put_bid: ArrayLike,
        put_ask: ArrayLike,
    ) -> Board:
        """Make a board from anything that converts to columns of floats."""
        columns = (strike, call_bid, call_ask, put_bid, put_ask)
        return cls(float(time), *(np.asarray(part, dtype=np.float64) for part in columns))

    def __len__(self) -> int:
        return len(self.strike)

    @property
    def call_mid(self) -> Floats:
        """Middle of the calls' quotes in points, **shape** (K,)."""
        return 0.5 * (self.call_bid + self.call_ask)

    @property
    def put_mid(self) -> Floats:
        """Middle of the puts' quotes in points, **shape** (K,)."""
        return 0.5 * (self.put_bid + self.put_ask)

    @property
    def call_live(self) -> Mask:
        """Where the call has a bid and an ask that is not below it, **shape** (K,)."""
        return (self.call_bid > 0.0) & (self.call_ask >= self.call_bid)

    @property
    def put_live(self) -> Mask:
        """Where the put has a bid and an ask that is not below it, **shape** (K,)."""
        return (self.put_bid > 0.0) & (self.put_ask >= self.put_bid)
