"""What time it is: the wall's, or one that a test or a replay sets."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]
"""Returns nanoseconds since 1970, UTC."""


def wall() -> int:
    """Return the time of the machine, nanoseconds since 1970, UTC."""
    return time.time_ns()


@dataclass
class Hand:
    """A clock that is set.

    Parameters
    ----------
    now
        Nanoseconds since 1970, UTC.

    Examples
    --------
    >>> hand = Hand(5)
    >>> hand.now += 2
    >>> hand()
    7
    """

    now: int = 0

    def __call__(self) -> int:
        """Return what it is set to."""
        return self.now
