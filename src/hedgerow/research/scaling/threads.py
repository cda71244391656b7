"""How many threads a block may use where it is done, so that neighbours do not fight for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LIMIT: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Let what is done inside use this many threads.

    Examples
    --------
    >>> with limited(2):
    ...     allowed()
    2
    """
    token = _LIMIT.set(threads)
    try:
        yield
    finally:
        _LIMIT.reset(token)


def allowed() -> int | None:
    """Return how many threads may be used here; None is all that there are.

    Examples
    --------
    >>> allowed() is None
    True
    """
    return _LIMIT.get()


def processors() -> int:
    """Return how many processors this process may run on.

    Examples
    --------
    >>> processors() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
