"""Crews by what a user writes: a number of processes, an address, a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hedgerow.errors import RangeError
from hedgerow.research.scaling.keeping import Kept
from hedgerow.research.scaling.running import Crew

SCHEMES = ("tcp://", "tls://", "ws://", "wss://")


def crew_of(workers: int | None = None, cluster: str | None = None) -> Crew | None:
    """Return who is to do the blocks of a job; None for this process.

    Parameters
    ----------
    workers
        Processes of this machine; 1 is a process of its own beside this one.
    cluster
        Address of a Dask scheduler.

    Raises
    ------
    RangeError
        If both are given, or one cannot be meant.

    Examples
    --------
    >>> crew_of(workers=4)
    Workers(count=4, threads=None)
    >>> crew_of(cluster="10.0.0.5:8786")
    Traceback (most recent call last):
        ...
    hedgerow.errors.RangeError: cluster: '10.0.0.5:8786' is no address of a Dask scheduler. Mend: \
write it as the scheduler prints it, such as tcp://10.0.0.5:8786
    """
    if cluster is None:
        if workers is None:
            return None
        from hedgerow.research.scaling.workers import Workers

        return Workers(workers)
    if workers is not None:
        raise RangeError(
            "there are workers and a cluster",
            where="workers, cluster",
            mend="give one of them: a cluster has workers of its own",
        )
    if not isinstance(cluster, str) or not cluster.startswith(SCHEMES):
        raise RangeError(
            f"{cluster!r} is no address of a Dask scheduler",
            where="cluster",
            mend="write it as the scheduler prints it, such as tcp://10.0.0.5:8786",
        )
    from hedgerow.research.scaling.cluster import Cluster

    return Cluster(cluster)


def kept_in(
    folder: str | Path | Kept | None, say: Callable[[str], None] | None = None
) -> Kept | None:
    """Return where blocks are kept; None for nowhere.

    Parameters
    ----------
    folder
        Where, or what is kept there already.
    say
        As for `Kept`.

    Raises
    ------
    RangeError
        If it is no name of a folder.

    Examples
    --------
    >>> kept_in(None) is None
    True
    """
    if folder is None or isinstance(folder, Kept):
        return folder
    if not isinstance(folder, str | Path):
        raise RangeError(f"{folder!r} is no folder", where="keep", mend='write "sweep.kept"')
    return Kept(Path(folder)) if say is None else Kept(Path(folder), say)
