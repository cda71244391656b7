"""Work in the background of a dashboard: one process for each job, what it says in a table.

The process gets what is asked as a line on its standard input, which is closed only when it may
end, and answers in lines of JSON::

    {"done": 1, "total": 4}
    {"found": {…}}                 or     {"refused": "a sentence"}

It knows no database of jobs: whatever becomes of it is written down by the dashboard, so that a
job never looks as if it ran when it does not.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, NamedTuple, TypeAlias

import sqlalchemy as sa

from hedgerow.errors import HedgerowError, LedgerError
from hedgerow.live.clock import Clock, wall
from hedgerow.live.store import Store
from hedgerow.live.tables import JOBS

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
OPEN: tuple[State, ...] = ("queued", "running")

STOPPED = "the dashboard was stopped before it was done"
MOST_FOUND, KEPT = 4_000_000, 200
"""Letters of an answer; jobs kept of a book."""


class Job(NamedTuple):
    """A piece of work and how far it is."""

    id: str
    who: str
    kind: str
    state: State
    done: int
    total: int
    asked: Mapping[str, Any]
    found: Mapping[str, Any]
    """The answer; of a job that failed, ``why``."""
    made: int
    ended: int
    """Nanoseconds since 1970, UTC; 0 while it is open."""

    @property
    def open(self) -> bool:
        """Whether something may still come of it."""
        return self.state in OPEN


class Jobs:
    """The jobs of a book; those that another dashboard left open are failed.

    Parameters
    ----------
    store
        The book.
    module
        What runs them: ``python -m MODULE``.
    clock
        What time it is.
    tell
        Called, from any thread, when one has got on.
    at_once
        How many may run; the others wait.
    limit
        Seconds that one may take.

    Raises
    ------
    LedgerError
        If the book cannot be written.
    """

    def __init__(
        self,
        store: Store,
        module: str,
        *,
        clock: Clock = wall,
        tell: Callable[[], None] = lambda: None,
        at_once: int = 1,
        limit: float = 900.0,
    ) -> None:
        self.store, self.module, self.clock, self.tell = store, module, clock, tell
        self.at_once, self.limit = at_once, limit
        self._turn = threading.RLock()
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._threads: list[threading.Thread] = []
        self._closed = False
        told = {"state": "failed", "found": json.dumps({"why": STOPPED}), "ended": clock()}
        with store.changing() as connection:
            connection.execute(sa.update(JOBS).where(JOBS.c.state.in_(OPEN)).values(told))

    def add(self, who: str, kind: str, asked: Mapping[str, Any]) -> str:
        """Queue a job and return its id.

        Raises
        ------
        LedgerError
            If this person has one open already, or the book cannot be written.
        """
        with self._turn:
            if any(job.who == who for job in self._open()):
                raise LedgerError(
                    "you have one that is not done yet", mend="wait for it, or cancel it"
                )
            key = secrets.token_hex(8)
            row = {"id": key, "who": who, "kind": kind, "state": "queued", "done": 0, "total": 1}
            row |= {"asked": json.dumps(asked), "found": "{}", "made": self.clock(), "ended": 0}
            with self.store.changing() as connection:
                connection.execute(sa.insert(JOBS).values(row))
                known = sa.select(JOBS.c.id).order_by(JOBS.c.made.desc())
                gone = [str(each) for each in connection.execute(known).scalars()][KEPT:]
                connection.execute(sa.delete(JOBS).where(JOBS.c.id.in_(gone)))
        self._start()
        return key

    def cancel(self, key: str) -> bool:
        """Cancel a job and end its process; say whether it was open."""
        with self._turn:
            ended = self._end(key, "cancelled", {"why": "it was cancelled"})
            process = self._running.get(key)
            if process is not None:
                process.kill()
        self.tell()
        return ended

    def job(self, key: str) -> Job | None:
        """Return a job, None where there is none of the id."""
        query = sa.select(*JOBS.c).where(JOBS.c.id == key)
        with self.store.changing() as connection:
            row = connection.execute(query).first()
        return None if row is None else _job(row)

    def latest(self, most: int = KEPT) -> list[Job]:
        """Return the latest jobs, the last first."""
        query = sa.select(*JOBS.c).order_by(JOBS.c.made.desc(), JOBS.c.id).limit(most)
        with self.store.changing() as connection:
            return [_job(row) for row in connection.execute(query)]

    def close(self) -> None:
        """End what runs; open jobs are failed."""
        with self._turn:
            self._closed = True
            for job in self._open():
                self._end(job.id, "failed", {"why": STOPPED})
            for process in self._running.values():
                process.kill()
            threads = list(self._threads)
        for thread in threads:
            thread.join(10.0)

    def _start(self) -> None:
        """Start what is queued while there is room."""
        with self._turn:
            queued = [job for job in self._open() if job.state == "queued"]
            for job in queued[: max(self.at_once - len(self._running), 0)]:
                if self._closed:
                    return
                self._change(job.id, "queued", {"state": "running"})
                process = subprocess.Popen(
                    [sys.executable, "-m", self.module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
                self._running[job.id] = process
                thread = threading.Thread(target=self._watch, args=(job, process), daemon=True)
                self._threads = [each for each in self._threads if each.is_alive()]
                self._threads.append(thread)
                thread.start()

    def _watch(self, job: Job, process: subprocess.Popen[str]) -> None:
        """Write down what a process says, and how it ends."""
        clock = threading.Timer(self.limit, process.kill)
        clock.start()
        found: dict[str, Any] = {}
        why = ""
        try:
            _hand_over(process, {"place": str(self.store.place), **job.asked})
            for line in process.stdout or ():
                said = _said(line)
                if "done" in said:
                    told = {"done": int(said["done"]), "total": int(said["total"])}
                    self._change(job.id, "running", told)
                    self.tell()
                found = said.get("found", found)
                why = str(said.get("refused", why))
            code = process.wait()
            if not found and not why:
                slow = not clock.is_alive()
                why = (
                    f"it took longer than {self.limit:g} seconds and was stopped"
                    if slow
                    else f"its process ended without an answer ({_ending(code)})"
                )
            self._end(job.id, "failed" if why else "done", {"why": why} if why else found)
        except (HedgerowError, OSError, ValueError) as error:
            with suppress(HedgerowError):
                self._end(job.id, "failed", {"why": str(error)})
        finally:
            clock.cancel()
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
            with self._turn:
                self._running.pop(job.id, None)
        with suppress(HedgerowError):  # a book that cannot be read now is tried at the next job
            self._start()
        self.tell()

    def _open(self) -> list[Job]:
        """Return the jobs that are open, the first first."""
        query = sa.select(*JOBS.c).where(JOBS.c.state.in_(OPEN)).order_by(JOBS.c.made, JOBS.c.id)
        with self.store.changing() as connection:
            return [_job(row) for row in connection.execute(query)]

    def _end(self, key: str, state: State, found: Mapping[str, Any]) -> bool:
        told = {"state": state, "found": json.dumps(found), "ended": self.clock()}
        return any(self._change(key, each, told) for each in OPEN)

    def _change(self, key: str, state: State, values: Mapping[str, Any]) -> bool:
        """Change a job in a state, and say whether it was in it."""
        change = sa.update(JOBS).where(JOBS.c.id == key, JOBS.c.state == state).values(values)
        with self.store.changing() as connection:
            return bool(connection.execute(change).rowcount)


def _job(row: Sequence[Any]) -> Job:
    key, who, kind, state, done, total, asked, found, made, ended = row
    return Job(
        key, who, kind, state, done, total, json.loads(asked), json.loads(found), made, ended
    )


def _hand_over(process: subprocess.Popen[str], asked: Mapping[str, Any]) -> None:
    if process.stdin is not None:
        with suppress(BrokenPipeError):  # it has ended already: how, its exit says
            process.stdin.write(f"{json.dumps(asked)}\n")  # and stays open: it ends when we do
            process.stdin.flush()


def _said(line: str) -> dict[str, Any]:
    if len(line) > MOST_FOUND:
        return {"refused": "its answer is too long to be kept"}
    try:
        said = json.loads(line)
    except ValueError:  # a library that prints
        return {}
    return said if isinstance(said, dict) else {}


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
