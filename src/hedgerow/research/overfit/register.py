"""The trial register: every run on a data set is counted, so that luck can be told from skill.

A file of the user's own, one line of JSON per run, only ever added to: ``$HEDGEROW_TRIALS``, else
``hedgerow/trials.jsonl`` under ``$XDG_STATE_HOME``, else under ``~/.local/state``.
``HEDGEROW_TRIALS=off`` switches it off.  A lock makes writers wait for each other.  A line that a
crash has torn stays where it is and is reported; the next record begins on a line of its own.
What the first lines of a long one hold is kept beside it: :mod:`.summary`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hedgerow.errors import DataError
from hedgerow.research.overfit.summary import STEP, UNSUMMARISED, Summary, parts
from hedgerow.research.overfit.trials import (
    Count,
    Group,
    Stretch,
    Trial,
    counted,
    from_line,
    to_line,
)

OFF = "off"


class Reading(NamedTuple):
    """What a register holds, run by run."""

    trials: tuple[Trial, ...]
    """In the order in which they were counted, each key once."""
    damaged: tuple[int, ...]
    """Numbers of lines that cannot be read, from 1."""


@dataclass(frozen=True)
class Holding:
    """What a register holds, counted.

    Parameters
    ----------
    groups
        Runs by the data that they looked at, in the order in which these were first seen.
    damaged
        Numbers of lines that cannot be read, from 1.
    """

    groups: Mapping[Stretch, Group]
    damaged: tuple[int, ...]

    @property
    def runs(self) -> int:
        """How many runs there are, each key once."""
        return sum(group.runs for group in self.groups.values())

    def count(self, run: Trial) -> Count:
        """Return the trials on the data of a run, itself included if it is among them.

        All count; the Sharpe ratios of those that are much shorter than the run do not.
        """
        mine = run.stretch
        same = {stretch: group for stretch, group in self.groups.items() if mine.meets(stretch)}
        alike = sum(group.lanes for seen, group in same.items() if seen.shape == mine.shape)
        rated = (
            group if mine.compares(stretch) else group.unrated for stretch, group in same.items()
        )
        return counted(rated)._replace(alike=alike)


def place() -> Path | None:
    """Return where the register lies, None where it is switched off.

    Raises
    ------
    DataError
        If there is no home to keep it in.
    """
    given = os.environ.get("HEDGEROW_TRIALS", "").strip()
    if given.lower() == OFF:
        return None
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        if given:
            return Path(given).expanduser()
        # A relative one is invalid, says the XDG base directory specification.
        root = base if base.is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError as error:
        raise DataError(
            f"there is no folder for the trial register ({error})",
            where="HEDGEROW_TRIALS",
            mend="set it to a file that you may write, or to off",
        ) from None
    return root / "hedgerow" / "trials.jsonl"


def read(path: Path) -> Reading:
    """Read every run of a register; one that is not there is empty.

    Raises
    ------
    DataError
        If the file is there and cannot be opened.
    """
    kept: dict[str, Trial] = {}
    damaged = []
    with _reading(path) as file:
        content = b"".join(parts(file, 0, os.fstat(file).st_size)) if file is not None else b""
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        run = from_line(line)
        if run is None:
            damaged.append(number)
        else:
            kept.setdefault(run.key, run)
    return Reading(tuple(kept.values()), tuple(damaged))


def read_last(path: Path, many: int) -> tuple[Trial, ...]:
    """Read the last runs of a register, from its end on.

    Parameters
    ----------
    path
        The register.
    many
        How many at most; a run that was entered twice among them comes once.

    Raises
    ------
    DataError
        If the file is there and cannot be opened.
    """
    with _reading(path) as file:
        start = os.fstat(file).st_size if file is not None else 0
        rest, found = b"", list[Trial]()
        while file is not None and start > 0 and len(found) < many:
            size = min(start, STEP)
            start -= size
            rest, *lines = (b"".join(parts(file, start, size)) + rest).split(b"\n")
            if start == 0:
                lines.insert(0, rest)
            found += [run for line in reversed(lines) if line.strip() and (run := from_line(line))]
    return tuple({run.key: run for run in reversed(found[:many])}.values())


def hold(path: Path) -> Holding:
    """Count what a register holds; one that is not there is empty.

    Raises
    ------
    DataError
        If the file is there and cannot be opened.
    """
    with _reading(path) as file:
        if file is None:
            return Holding({}, ())
        known, torn = _known(file, path)
        _keep(file, known)
        return _holding(known, torn)


def enter(path: Path, runs: Iterable[Trial]) -> Holding:
    """Add the runs that are not on record yet, and return what the register then holds.

    Parameters
    ----------
    path
        The register; missing folders are made.
    runs
        What to count; several are added together or not at all.

    Raises
    ------
    DataError
        If it cannot be written.

    Notes
    -----
    Other writers are waited for.  The lines are written at once and on disk when this returns.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path) as file:
            known, torn = _known(file, path)
            last = from_line(torn)
            keys = set() if last is None else {last.key}
            new = []
            for run in runs:
                if run.key not in keys and run.key not in known:
                    keys.add(run.key)
                    new.append(run)
            if new:
                text = "".join(f"{to_line(run)}\n" for run in new)
                added = (("\n" if torn else "") + text).encode()
                _append(file, added)
                known.add(torn + added)
                torn = b""
            if known.unsaved >= UNSUMMARISED:
                known.save(_beside(path))
            _keep(file, known)
            return _holding(known, torn)
    except OSError as error:
        raise DataError(
            f"the trial register cannot be written ({error.strerror or error})",
            where=str(path),
            mend="set HEDGEROW_TRIALS to a file that you may write, or to off",
        ) from None


_READ: dict[tuple[int, int], Summary] = {}
"""The register read last in this process, by device and inode: a long one is not read again."""


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.summary")


def _known(file: int, path: Path) -> tuple[Summary, bytes]:
    """Return what the whole lines of a register hold, and what follows the last of them.

    Only what was added since it was last read, or summarised, is parsed, unless it was changed
    otherwise.
    """
    state = os.fstat(file)
    known = _READ.pop((state.st_dev, state.st_ino), None) or Summary()
    tail = b"".join(parts(file, known.size - len(known.tail), len(known.tail)))
    if not known.size or tail != known.tail:
        known = Summary.saved(_beside(path), file)
    rest = b""
    for part in parts(file, known.size, state.st_size - known.size):
        whole, end, torn = part.rpartition(b"\n")
        if end:
            known.add(rest + whole + end)
            rest = b""
        rest += torn
    return known, rest


def _keep(file: int, known: Summary) -> None:
    state = os.fstat(file)
    _READ.clear()
    _READ[state.st_dev, state.st_ino] = known


def _holding(known: Summary, torn: bytes) -> Holding:
    """Count the whole lines and the one that was torn, which may be a run all the same."""
    groups, damaged = dict(known.groups), list(known.damaged)
    if torn.strip():
        run = from_line(torn)
        if run is None:
            damaged.append(known.lines + 1)
        elif run.key not in known:
            groups[run.stretch] = groups.get(run.stretch, Group()).joined(run.group)
    return Holding(groups, tuple(damaged))


@contextmanager
def _reading(path: Path) -> Iterator[int | None]:
    """Open a register to read it, None where there is none."""
    try:
        _check_regular(path)
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise DataError(
            f"the trial register cannot be read ({error.strerror or error})",
            where=str(path),
            mend="set HEDGEROW_TRIALS to a file that you may read, or to off",
        ) from None
    try:
        yield file
    finally:
        os.close(file)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open a file for reading and adding to, alone; the lock ends with the process."""
    with ExitStack() as stack:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        stack.callback(os.close, file)
        _check_regular(file)
        try:
            import fcntl
        except ImportError:  # no such locks here: a line is still added in one piece
            pass
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Closing is not enough: a process forked meanwhile has the file open, too.
            stack.callback(fcntl.flock, file, fcntl.LOCK_UN)
        yield file


def _check_regular(file: int | Path) -> None:
    """Refuse devices: some can be read without end."""
    if not stat.S_ISREG(os.stat(file).st_mode):
        raise OSError(errno.EINVAL, "not a regular file")


def _append(file: int, content: bytes) -> None:
    before = os.fstat(file).st_size
    try:
        left = content
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
    except OSError:  # a full disk: nothing half-written stays
        os.ftruncate(file, before)
        raise
