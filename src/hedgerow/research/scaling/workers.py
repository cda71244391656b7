"""Processes of this machine that do the blocks of a job; any of them may be lost."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hedgerow.errors import HedgerowError, RangeError
from hedgerow.research.scaling.job import Job, Part
from hedgerow.research.scaling.threads import processors
from hedgerow.research.scaling.travelling import packed
from hedgerow.research.scaling.worker import READY, receive, send

MOST_WORKERS = 1_024
MOST_LOSSES = 3
"""Times that a block may take its worker with it."""

START = (
    # Ctrl-C is for who asked: it ends us
    "import json, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "sys.path[:] = json.loads(sys.argv[1]); "
    "from hedgerow.research.scaling.worker import main; main()"
)
_POOLS = (
    *(f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")),
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass(frozen=True)
class Workers:
    """Processes of this machine.

    Each is started afresh (nothing is forked), gets the job once, and then block after block.  The
    blocks of one that is lost are done again by another; when none is left, by this process.

    Parameters
    ----------
    count
        Processes.
    threads
        That each may use; by default the machine's processors shared out evenly.

    Raises
    ------
    RangeError
        If a number is out of range.

    Examples
    --------
    >>> Workers(2, threads=1)
    Workers(count=2, threads=1)
    """

    count: int
    threads: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("workers", self.count), ("threads", self.threads or 1)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise RangeError(
                    f"{value!r} is not a number of {name}", where=name, mend="give 1 or more"
                )
        if self.count > MOST_WORKERS:
            raise RangeError(
                f"{self.count:,} processes are more than the {MOST_WORKERS:,} of one machine",
                where="workers",
                mend="use a cluster",
            )

    def play(self, job: Job, blocks: Sequence[int]) -> Generator[tuple[int, Part]]:
        """Yield each of these blocks with its part as it is done, in any order.

        Raises
        ------
        HedgerowError
            If the job cannot be sent, or a block takes one worker after the other with it.
        """
        count = min(self.count, len(blocks))
        if not count:
            return
        each = self.threads or max(1, processors() // count)
        team = _Team(packed(job), count, each)
        try:
            yield from team.work(blocks)
            for block in sorted(team.left):  # nobody else is there
                yield block, job.play(block)
        finally:
            team.dismiss()


class _Member:
    """One process, and the thread that listens to it."""

    def __init__(self, content: bytes, threads: int, inbox: queue.SimpleQueue[Any]) -> None:
        self.block = READY
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                **dict.fromkeys(_POOLS, str(threads)),
                "NUMBA_THREADING_LAYER": "workqueue",
            },
        )
        self.listener = threading.Thread(
            target=self._listen, args=(content, threads, inbox), daemon=True
        )
        self.listener.start()

    def _listen(self, content: bytes, threads: int, inbox: queue.SimpleQueue[Any]) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            send(self.process.stdin, (content, threads))
            while True:
                inbox.put((self, receive(self.process.stdout)))
        except Exception:  # it is gone, was dismissed, or sends what nobody can read
            inbox.put((self, None))

    def ask(self, block: int) -> None:
        """Ask for a block; one that is gone is noticed by its listener."""
        assert self.process.stdin is not None
        self.block = block
        with suppress(OSError):
            send(self.process.stdin, block)

    def dismiss(self) -> None:
        """End it: it holds nothing that would have to be put in order."""
        self.process.kill()
        self.process.wait()
        self.listener.join()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()


class _Team:
    """The workers, what is left to do, and what was lost."""

    def __init__(self, content: bytes, count: int, threads: int) -> None:
        self.content, self.threads = content, threads
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.members: set[_Member] = set()
        self.idle: set[_Member] = set()
        self.left: set[int] = set()
        self.spare = count
        self.lost: Counter[int] = Counter()
        try:
            for _ in range(count):
                self._hire()
        except BaseException:
            self.dismiss()
            raise

    def _hire(self) -> None:
        with suppress(OSError):  # no more processes can be had: those there are must do
            self.members.add(_Member(self.content, self.threads, self.inbox))

    def work(self, blocks: Sequence[int]) -> Generator[tuple[int, Part]]:
        """Yield blocks as they are done, until all are or no worker is left."""
        waiting = deque(blocks)
        self.left = set(blocks)
        while self.left and self.members:
            member, message = self._next()
            if message is None:
                self._replace(member, waiting)
            else:
                block, part, error = message
                if error is not None:
                    raise error
                self.idle.add(member)
                if block != READY:
                    self.left.discard(block)
                    yield block, part
            while waiting and self.idle:
                self.idle.pop().ask(waiting.popleft())

    def _next(self) -> tuple[_Member, Any]:
        while True:
            with suppress(queue.Empty):  # short waits, so that Ctrl-C is heard everywhere
                found: tuple[_Member, Any] = self.inbox.get(timeout=0.5)
                return found

    def _replace(self, member: _Member, waiting: deque[int]) -> None:
        """Put the block of a worker that is gone back in front, and hire another."""
        self.members.discard(member)
        self.idle.discard(member)
        member.dismiss()
        if member.block in self.left:
            self.lost[member.block] += 1
            if self.lost[member.block] >= MOST_LOSSES:
                raise HedgerowError(
                    f"block {member.block} took {MOST_LOSSES} workers with it, perhaps for want "
                    "of memory",
                    where="workers",
                    mend="use fewer workers",
                )
            waiting.appendleft(member.block)
        if self.spare:
            self.spare -= 1
            self._hire()

    def dismiss(self) -> None:
        """End all that are there."""
        for member in self.members:
            member.process.kill()
        for member in self.members:
            member.dismiss()
        self.members.clear()
