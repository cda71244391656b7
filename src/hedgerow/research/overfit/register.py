"""The trial register: every run on a data set is counted, so that luck can be told from skill.

A file of the user's own, one line of JSON per run, only ever added to: ``$HEDGEROW_TRIALS``, else
``hedgerow/trials.jsonl`` under ``$XDG_STATE_HOME``, else under ``~/.local/state``.
``HEDGEROW_TRIALS=off`` switches it off.  A lock makes writers wait for each other.  A line that a
crash has torn stays where it is and is reported; the next record begins on a line of its own.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import NamedTuple

from hedgerow.errors import DataError

OFF = "off"

TAIL = 4096
"""Bytes before the end that tell whether a register was only added to since it was read."""

LARGEST = 1e100
"""Numbers beyond it are damage: their squares could not be added."""


@dataclass(frozen=True)
class Trial:
    """One run on record: a backtest, or all lanes of a sweep.

    Parameters
    ----------
    key
        Digest of all that makes the run; a run with the same key is the same run.
    time
        When it was counted, ISO 8601 in UTC.
    kind
        ``backtest``, ``sweep``, ``compare``, ``readings``, or a word of the caller's.
    name
        Of the policy.
    shape
        Kinds of its steps: ``linear/bounds/trigger``.
    policy
        SHA-256 of its text.
    data, source
        Digest of the data, and where the index's column came from.
    first, last
        Dates of the run.
    lanes
        Trials in it: 1, or the lanes of a sweep.
    rated
        Lanes that have a Sharpe ratio.
    mean, variance
        Of the rated lanes' Sharpe ratios over bills, per session; ``variance`` with N-1.
    version
        Of Hedgerow.
    """

    key: str
    time: str
    kind: str
    name: str
    shape: str
    policy: str
    data: str
    source: str
    first: str
    last: str
    lanes: int
    rated: int
    mean: float
    variance: float
    version: str = ""

    def on_the_data_of(self, other: Trial) -> bool:
        """Say whether two runs looked at the same data.

        They did if the data's digests are equal, or if they name the same source and their dates
        overlap.
        """
        if self.data == other.data:
            return True
        together = self.first <= other.last and other.first <= self.last
        return bool(self.source) and self.source == other.source and together


class Count(NamedTuple):
    """How many trials there were on the same data, and how they differed."""

    trials: int
    """Lanes of all runs."""
    runs: int
    mean: float
    """Of their Sharpe ratios per session; NaN without any."""
    variance: float
    """Of the same, with N-1; 0 of one."""
    alike: int = 1
    """Lanes of those runs whose steps are of the same kinds as this one's."""


class Reading(NamedTuple):
    """What a register holds."""

    trials: tuple[Trial, ...]
    """In the order in which they were counted, each key once."""
    damaged: tuple[int, ...]
    """Numbers of lines that cannot be read, from 1."""


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


def count(trials: Iterable[Trial]) -> Count:
    """Return number, mean and variance of trials, as if every lane of every run stood alone.

    Examples
    --------
    >>> def run(lanes, mean, variance):
    ...     return Trial(*"abcdefghij", lanes, lanes, mean, variance)
    >>> made = count([run(2, 0.5, 0.5), run(1, 2.0, 0.0)])  # 0, 1 and 2
    >>> made.trials, made.runs, made.mean, round(made.variance, 12)
    (3, 2, 1.0, 1.0)
    """
    runs = tuple(trials)
    rated = [one for one in runs if one.rated]
    many = sum(one.rated for one in rated)
    if not many:
        return Count(sum(one.lanes for one in runs), len(runs), math.nan, 0.0)
    mean = sum(one.rated * one.mean for one in rated) / many
    spread = sum(
        (one.rated - 1) * one.variance + one.rated * (one.mean - mean) ** 2 for one in rated
    )
    variance = spread / (many - 1) if many > 1 else 0.0
    return Count(sum(one.lanes for one in runs), len(runs), mean, variance)


def on_the_same_data(trials: Iterable[Trial], run: Trial) -> tuple[Trial, ...]:
    """Return the trials on the data of a run, itself included if it is among them."""
    return tuple(one for one in trials if one.on_the_data_of(run))


def read(path: Path) -> Reading:
    """Read a register; one that is not there is empty.

    Raises
    ------
    DataError
        If the file is there and cannot be opened.
    """
    try:
        _check_regular(path)
        content = path.read_bytes()
    except FileNotFoundError:
        return Reading((), ())
    except OSError as error:
        raise DataError(
            f"the trial register cannot be read ({error.strerror or error})",
            where=str(path),
            mend="set HEDGEROW_TRIALS to a file that you may read, or to off",
        ) from None
    return _parsed(content)


def enter(path: Path, runs: Iterable[Trial]) -> Reading:
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
            (known, damaged), torn = _known(file)
            keys = {one.key for one in known}
            new = []
            for run in runs:
                if run.key not in keys:
                    keys.add(run.key)
                    new.append(run)
            if new:
                text = "".join(f"{_line(run)}\n" for run in new)
                _append(file, (("\n" if torn else "") + text).encode())
            return Reading((*known, *new), damaged)
    except OSError as error:
        raise DataError(
            f"the trial register cannot be written ({error.strerror or error})",
            where=str(path),
            mend="set HEDGEROW_TRIALS to a file that you may write, or to off",
        ) from None


def _line(run: Trial) -> str:
    cells = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(run).items()
    }
    return json.dumps(cells, allow_nan=False)  # in ASCII: a name may hold half a character


class _Lines:
    """What has been read of a register so far."""

    def __init__(self) -> None:
        self.size, self.lines, self.tail = 0, 0, b""
        self.kept: dict[str, Trial] = {}
        self.damaged: list[int] = []

    def add(self, content: bytes) -> None:
        for number, line in enumerate(content.split(b"\n"), start=self.lines + 1):
            if not line.strip():
                continue
            run = _trial(line)
            if run is None:
                self.damaged.append(number)
            else:
                self.kept.setdefault(run.key, run)
        self.size += len(content)
        self.lines += content.count(b"\n")
        self.tail = (self.tail + content)[-TAIL:]

    def reading(self) -> Reading:
        return Reading(tuple(self.kept.values()), tuple(self.damaged))


_READ: dict[tuple[int, int], _Lines] = {}
"""The register read last in this process, by device and inode: a long one is not read again."""


def _parsed(content: bytes) -> Reading:
    lines = _Lines()
    lines.add(content)
    return lines.reading()


def _known(file: int) -> tuple[Reading, bool]:
    """Return what a locked register holds, and whether its last line is torn.

    Only what was added since it was last read is parsed, unless it was changed otherwise.
    """
    state = os.fstat(file)
    place = state.st_dev, state.st_ino
    lines = _READ.pop(place, None) or _Lines()
    if _all(file, lines.size - len(lines.tail), len(lines.tail)) != lines.tail:
        lines = _Lines()
    content = _all(file, lines.size, state.st_size - lines.size)
    if content and not content.endswith(b"\n"):
        return _parsed(_all(file, 0, state.st_size)), True
    lines.add(content)
    _READ.clear()
    _READ[place] = lines
    return lines.reading(), False


_KINDS = {field.name: field.type for field in fields(Trial)}
_WORDS = {name for name, kind in _KINDS.items() if kind == "str"}
_NUMBERS = {name for name, kind in _KINDS.items() if kind == "int"}


def _trial(line: bytes) -> Trial | None:
    """Return the run of a line, None if it is none; fields of later versions are left alone."""
    try:
        cells = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(cells, dict) or not cells.keys() >= _KINDS.keys():
        return None
    made = {name: cells[name] for name in _KINDS}
    for name, value in made.items():
        if name in _WORDS:
            fits = isinstance(value, str)
        elif name in _NUMBERS:
            fits = type(value) is int and 0 <= value <= LARGEST
        else:
            fits = value is None or (type(value) in (int, float) and abs(value) <= LARGEST)
            made[name] = math.nan if value is None else value
        if not fits:
            return None
    known = math.isfinite(made["mean"]) and made["variance"] >= 0.0
    if made["rated"] > made["lanes"] or (made["rated"] and not known):
        return None
    return Trial(**made)


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


def _all(file: int, start: int, size: int) -> bytes:
    os.lseek(file, start, os.SEEK_SET)
    parts = []
    while size > 0 and (part := os.read(file, min(size, 1 << 20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


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
