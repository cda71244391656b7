"""Runs a job: every block once, by whoever is there, kept on the way, parts in block order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from hedgerow.research.scaling.job import Job, Part

if TYPE_CHECKING:
    from collections.abc import Generator

    from hedgerow.research.scaling.keeping import Kept


class Crew(Protocol):
    """Who does the blocks: processes of this machine, or a cluster."""

    def play(self, job: Job, blocks: Sequence[int]) -> Generator[tuple[int, Part]]:
        """Yield each of these blocks with its part as it is done, in any order.

        Whoever stops asking closes the generator, which lets go of what is under way.
        """


def run(
    job: Job,
    crew: Crew | None = None,
    *,
    kept: Kept | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Part]:
    """Do all blocks of a job and return their parts in block order.

    The parts do not depend on the crew, nor on what was kept.

    Parameters
    ----------
    job
        What is to be done.
    crew
        Who does it; None is this process, one block after the other.
    kept
        Where parts are kept as they are done; those that are there are not done again.
    progress
        Called with the number of items just done, or just found.

    Raises
    ------
    HedgerowError
        If a block fails, the crew cannot be had, or the folder holds another job's parts.

    Examples
    --------
    >>> import numpy as np
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Squares:
    ...     title: str = "squares"
    ...     def digest(self): return "squares of 0 to 4"
    ...     def sizes(self): return [3, 2]
    ...     def play(self, block, progress=None):
    ...         return {"square": np.arange(5)[3 * block : 3 * block + 3] ** 2}
    >>> [part["square"].tolist() for part in run(Squares())]
    [[0, 1, 4], [9, 16]]
    """
    sizes = job.sizes()
    done = {} if kept is None else kept.held(job)
    left = [block for block in range(len(sizes)) if block not in done]
    if progress is not None and done:
        progress(sum(sizes[block] for block in done))
    with closing(_here(job, left, progress) if crew is None else crew.play(job, left)) as coming:
        for block, part in coming:
            if kept is not None:
                kept.keep(block, part)
            done[block] = part
            if progress is not None and crew is not None:
                progress(sizes[block])
    return [done[block] for block in range(len(sizes))]


def _here(
    job: Job, blocks: Sequence[int], progress: Callable[[int], None] | None
) -> Generator[tuple[int, Part]]:
    for block in blocks:
        yield block, job.play(block, progress)
