"""A running Dask cluster that does the blocks of a job; workers may come and go."""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
import time
import warnings
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from hedgerow.errors import HedgerowError, MissingExtraError
from hedgerow.research.scaling.job import Job, Part
from hedgerow.research.scaling.threads import limited
from hedgerow.research.scaling.travelling import packed, unpacked
from hedgerow.research.scaling.versions import differences, versions

AHEAD = 2
"""Blocks submitted for every thread of the cluster: one under way, one waiting."""

MOST_LOSSES = 5
"""Times that a block may be lost with what it needs."""


@dataclass(frozen=True)
class Cluster:
    """A running Dask cluster.

    The job is sent to all workers once; blocks follow in bounded numbers.  Those of a worker that
    is lost are done again by another.

    Parameters
    ----------
    address
        Of its scheduler, such as ``tcp://10.0.0.5:8786``.
    patience
        Seconds to wait for the scheduler, and for a worker where there is none.
    """

    address: str
    patience: float = 30.0

    def play(self, job: Job, blocks: Sequence[int]) -> Generator[tuple[int, Part]]:
        """Yield each of these blocks with its part as it is done, in any order.

        Raises
        ------
        MissingExtraError
            If Dask is not installed.
        HedgerowError
            If the scheduler does not answer, there are no workers, or their versions differ.
        """
        if not blocks:
            return
        content = packed(job)
        with _quiet():
            client = self._client()
            errand = _Errand(self, client, content)
            try:
                self._check(client)
                yield from errand.work(blocks)
            except (OSError, TimeoutError) as error:
                if error is errand.raised:
                    raise
                if isinstance(error, TimeoutError) and client.status == "running":
                    raise self.no_workers() from None  # nobody to send the job to
                raise self.gone() from None  # the scheduler went away between two questions
            finally:
                with suppress(OSError, TimeoutError):
                    client.close(timeout=5)

    def _client(self) -> Any:
        try:
            import distributed
        except ImportError:
            raise MissingExtraError(
                "a cluster needs Dask", where="cluster", mend="pip install 'hedgerow[cluster]'"
            ) from None
        connect: Any = distributed.Client  # partly typed
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # versions are compared in words of ours
                return connect(self.address, timeout=self.patience, set_as_default=False)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            raise HedgerowError(
                f"no Dask scheduler answers ({_gist(error)})",
                where=self.address,
                mend="start one: dask scheduler, then dask worker tcp://HOST:8786 on each machine",
            ) from None

    def _check(self, client: Any) -> None:
        """Wait for a worker, and refuse machines that would compute other numbers."""
        try:
            client.wait_for_workers(1, timeout=self.patience)
        except TimeoutError:
            raise self.no_workers() from None
        try:
            told = client.run(versions)
        except ImportError as error:
            raise self.not_installed(error) from None
        for worker, theirs in told.items():
            unlike = differences(versions(), theirs)
            if unlike:
                raise self.unlike(worker, unlike)

    def no_workers(self) -> HedgerowError:
        """Return the error for a scheduler without workers."""
        return HedgerowError(
            "the cluster has no workers",
            where=self.address,
            mend=f"start some: dask worker {self.address}",
        )

    def not_installed(self, error: Exception) -> HedgerowError:
        """Return the error for a machine that lacks a package."""
        return HedgerowError(
            f"a machine of the cluster cannot import what it needs ({_gist(error)})",
            where=self.address,
            mend="install the same hedgerow[cluster] on every machine, the scheduler's too",
        )

    def unlike(self, worker: str, unlike: str) -> HedgerowError:
        """Return the error for a worker with other versions."""
        return HedgerowError(
            f"the worker {worker} has {unlike}, so that its numbers may differ",
            where=self.address,
            mend="install the same versions on every machine",
        )

    def gone(self) -> HedgerowError:
        """Return the error for a scheduler that was there."""
        return HedgerowError(
            "the scheduler is gone",
            where=self.address,
            mend="start it again; with a folder of kept blocks the same run goes on",
        )


class _Errand:
    """One job on its way through a cluster."""

    def __init__(self, cluster: Cluster, client: Any, content: bytes) -> None:
        self.cluster, self.client, self.content = cluster, client, content
        self.key = hashlib.sha256(content).hexdigest()[:16]
        self.done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.under_way: dict[Any, int] = {}
        self.lost: Counter[int] = Counter()
        self.sent: Any = None
        self.raised: BaseException | None = None
        """What a block raised, to be told from what the cluster did."""

    def work(self, blocks: Sequence[int]) -> Generator[tuple[int, Part]]:
        """Yield blocks as they are done."""
        waiting = deque(blocks)
        try:
            while waiting or self.under_way:
                self._submit(waiting)
                future = self._next()
                block = self.under_way.pop(future)
                part = self._part(future, block)
                if part is None:
                    waiting.appendleft(block)
                else:
                    yield block, part
        finally:
            with suppress(Exception):  # a cluster that is gone has nothing left to cancel
                self.client.cancel(list(self.under_way), force=True)

    def _submit(self, waiting: deque[int]) -> None:
        room = max(1, AHEAD * sum(self.client.nthreads().values())) - len(self.under_way)
        for _ in range(min(room, len(waiting))):
            if self.sent is None or self.sent.status != "finished":
                self.sent = self.client.scatter(self.content, broadcast=True, hash=False)
            block = waiting.popleft()
            future = self.client.submit(
                _play, self.key, self.sent, versions(), block, pure=False, retries=0,
                key=f"hedgerow-{self.key}-{block}-{self.lost[block]}-{time.monotonic_ns()}",
            )  # fmt: skip
            self.under_way[future] = block
            future.add_done_callback(self.done.put)

    def _next(self) -> Any:
        """Wait for a block; a cluster without workers or scheduler is not waited for for ever."""
        since = time.monotonic()
        while True:
            try:
                return self.done.get(timeout=0.5)
            except queue.Empty:
                error = self._trouble()
            if error is None:
                since = time.monotonic()
            elif time.monotonic() - since > self.cluster.patience:
                raise error

    def _trouble(self) -> HedgerowError | None:
        if self.client.status != "running":
            return self.cluster.gone()
        return None if self.client.nthreads() else self.cluster.no_workers()

    def _part(self, future: Any, block: int) -> Part | None:
        """Return what a block gave; None if it was lost and is to be done again."""
        from distributed import KilledWorker

        try:
            part: Part = future.result()
            return part
        except ImportError as error:
            raise self.cluster.not_installed(error) from None
        except OSError as error:
            self.raised = error if future.status == "error" else None
            raise
        except _UnlikeError as error:
            raise self.cluster.unlike(*error.args) from None
        except KilledWorker:
            raise HedgerowError(
                f"block {block} took one worker after the other with it, perhaps for want of "
                "memory",
                where=self.cluster.address,
                mend="give the workers more memory, or fewer threads each",
            ) from None
        except _lost():
            if self.client.status != "running":
                raise self.cluster.gone() from None
            self.lost[block] += 1
            if self.lost[block] >= MOST_LOSSES:
                raise HedgerowError(
                    f"block {block} was lost {MOST_LOSSES} times",
                    where=self.cluster.address,
                    mend="look at the workers' logs",
                ) from None
            return None


class _UnlikeError(Exception):
    """A worker that joined later has other versions: its address, and what differs."""


_jobs: dict[str, Job] = {}
_first = threading.Lock()


def _play(key: str, content: bytes, ours: dict[str, str], block: int) -> dict[str, Any]:
    """Do a block on a worker; each of the worker's threads does one, with one thread."""
    if key not in _jobs:
        with _first:  # of a worker's threads one unpacks and compiles, the others wait
            if key not in _jobs:
                _same(ours)
                job = unpacked(content)
                with limited(1):
                    part = dict(job.play(block))
                _jobs.clear()  # a worker serves one job at a time; an older one is sent again
                _jobs[key] = job
                return part
    known = _jobs.get(key)
    if known is None:  # another job has come meanwhile
        known = unpacked(content)
    with limited(1):
        return dict(known.play(block))


def _same(ours: dict[str, str]) -> None:
    unlike = differences(ours, versions())
    if unlike:
        from distributed import get_worker

        raise _UnlikeError(get_worker().address, unlike)


def _lost() -> tuple[type[BaseException], ...]:
    """Return the errors of a future whose result, or what it needs, is not there any more."""
    from asyncio import CancelledError as Cancelled
    from concurrent.futures import CancelledError

    from distributed.client import FutureCancelledError

    return (FutureCancelledError, CancelledError, Cancelled)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from telling on stderr what is told in an error, or is mended."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _gist(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(":.") if lines else type(error).__name__
