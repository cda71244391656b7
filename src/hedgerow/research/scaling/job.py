"""A job: work cut into blocks, each of which gives the same arrays wherever it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

Part = Mapping[str, NDArray[Any]]
"""What a block gives: arrays by name, the last axis along what is worked on (lanes, paths)."""


class Job(Protocol):
    """What is to be done; frozen, and can be pickled.

    A block's numbers depend on the job and the block's number alone: not on who does it, nor on
    what was done before.
    """

    @property
    def title(self) -> str:
        """A few words for a progress bar."""

    def digest(self) -> str:
        """Return a SHA-256 of all that the numbers depend on, so that kept ones can be trusted."""

    def sizes(self) -> list[int]:
        """Return how many items (lanes, paths) each block has, in order."""

    def play(self, block: int, progress: Callable[[int], None] | None = None) -> Part:
        """Do block ``block``; ``progress`` is called with the number of items just done."""
