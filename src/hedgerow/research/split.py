"""Where training ends and testing begins, with a gap that nothing can leak through (D1)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import session_date
from hedgerow.errors import RangeError


class Split(NamedTuple):
    """Rows of the run: what a rule may be chosen on, and what it is judged on."""

    train: slice
    test: slice
    purged: int
    """Sessions cut out between them."""


def split(text: str, dates: NDArray[np.datetime64], purge: int) -> Split:
    """Split a run in two.

    Parameters
    ----------
    text
        ``"50/50"`` (shares of the sessions) or a date, the first one tested.
    dates
        Session dates, **shape** (T,).
    purge
        Sessions left out before the test part: signals look back so far and a
        contract bought in training lives so long.

    Raises
    ------
    RangeError
        If the text cannot be read or leaves fewer than 20 sessions on a side.

    Examples
    --------
    >>> days = np.datetime64("2020-01-01", "D") + np.arange(100)
    >>> split("50/50", days, purge=10)
    Split(train=slice(0, 40, None), test=slice(50, 100, None), purged=10)
    """
    if not isinstance(text, str):
        raise RangeError(
            f"{text!r} is not a split", where="--split", mend="write 50/50 or YYYY-MM-DD"
        )
    first, slash, second = text.partition("/")
    try:
        if slash:
            a, b = float(first), float(second)
            if not (a > 0.0 and b > 0.0):
                raise ValueError
            cut = round(len(dates) * a / (a + b))
        else:
            cut = int(np.searchsorted(dates, session_date(text, "--split")))
    except (ValueError, RangeError):
        raise RangeError(
            f"'{text}' is not a split", where="--split", mend="write 50/50 or YYYY-MM-DD"
        ) from None
    parts = Split(slice(0, max(cut - purge, 0)), slice(cut, len(dates)), purge)
    for part in (parts.train, parts.test):
        if part.stop - part.start < 20:
            raise RangeError(
                f"'{text}' leaves {max(part.stop - part.start, 0)} sessions on one side "
                f"({purge} are cut out between the two)",
                where="--split",
                mend="choose another split or a longer run",
            )
    return parts
