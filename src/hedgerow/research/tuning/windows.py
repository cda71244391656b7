"""Windows of a run: where numbers are chosen, where they are judged, and the tapes of both (D5)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hedgerow.core.book import Bar
from hedgerow.core.policy import Policy
from hedgerow.core.tape import Tape
from hedgerow.engine.run import Ground
from hedgerow.errors import RangeError

LEAST = 20
"""Sessions that a window has at least."""

UNITS = {"d": 1, "w": 5, "m": 21, "y": 252, "": 1}
"""Sessions of a day, a week, a month and a year."""

_LENGTH = re.compile(r"^(?P<count>[0-9]+(?:\.[0-9]+)?)(?P<unit>[dwmy]?)$")


class Fold(NamedTuple):
    """Rows of the run: what numbers are chosen on, and what they are judged on."""

    train: slice
    test: slice


def sessions(length: str | int, where: str) -> int:
    """Return a length in sessions.

    Parameters
    ----------
    length
        ``"5y"``, ``"18m"``, ``"26w"``, ``"60d"`` or a number of sessions; a year has 252 sessions,
        a month 21, a week 5.
    where
        The option or argument, for messages.

    Raises
    ------
    RangeError
        If it cannot be read, or is below one.

    Examples
    --------
    >>> sessions("5y", "train"), sessions("18m", "train"), sessions(500, "train")
    (1260, 378, 500)
    """
    found = _LENGTH.match(str(length).strip().lower()) if not isinstance(length, bool) else None
    made = round(float(found["count"]) * UNITS[found["unit"]]) if found else 0
    if made < 1:
        raise RangeError(
            f"'{length}' is no length of time",
            where=where,
            mend="write 5y, 18m, 26w or a number of sessions",
        )
    return made


def folds(count: int, train: int, test: int, *, anchored: bool = False, gap: int = 0) -> list[Fold]:
    """Cut a run into training windows, each with the test window after it.

    Test windows follow one another without a gap up to the end of the run; one that would be
    shorter than `LEAST` is added to the window before it.  skfolio's ``WalkForward`` cuts.

    Parameters
    ----------
    count
        Sessions of the run.
    train, test
        Sessions of a training and of a test window.
    anchored
        Whether every training window begins where the first does, and so grows.
    gap
        Sessions left out between the two.

    Raises
    ------
    RangeError
        If a window is too short, or nothing is left to test on.

    Examples
    --------
    >>> [(f.train, f.test) for f in folds(130, 60, 25, gap=10)]
    [(slice(0, 60, None), slice(70, 95, None)), (slice(25, 85, None), slice(95, 130, None))]
    """
    for length, word in ((train, "train"), (test, "test")):
        if length < LEAST:
            raise RangeError(
                f"a window of {length} sessions is too short", where=word, mend=f"take {LEAST} up"
            )
    if count - train - gap < LEAST:
        raise RangeError(
            f"{count:,} sessions leave {max(count - train - gap, 0)} to test on after {train:,} to "
            f"train on and {gap} cut out between the two",
            where="train",
            mend="train on less, or choose a longer run",
        )
    from skfolio.model_selection import WalkForward

    cutter = WalkForward(
        test_size=test, train_size=train, purged_size=gap, expand_train=anchored, reduce_test=True
    )
    made = [
        Fold(slice(int(a[0]), int(a[-1]) + 1), slice(int(b[0]), int(b[-1]) + 1))
        for a, b in cutter.split(np.empty((count, 1)))
    ]
    last = made[-1].test
    if len(made) > 1 and last.stop - last.start < LEAST:
        kept = made[-2]
        made[-2:] = [kept._replace(test=slice(kept.test.start, last.stop))]
    return made


def begun(ground: Ground, row: int) -> Ground:
    """Return the ground of a run that begins at a row of this one's, with a fresh portfolio."""
    first = ground.first + row
    return replace(ground, first=first, values=ground.portfolio.values(ground.market, first))


def tape_of(ground: Ground, policy: Policy, rows: slice) -> Tape:
    """Return the tape of a window: that of a backtest which begins and ends with it.

    Parameters
    ----------
    ground, policy
        Of the whole run.
    rows
        Of the run, the first is the window's first bar.
    """
    whole = begun(ground, rows.start).tape(policy)
    upto = rows.stop - rows.start
    return Tape(
        whole.times[:upto],
        Bar(*(column[:upto] for column in whole.bars)),
        tuple(column[:upto] for column in whole.signals),
        whole.nav,
    )
