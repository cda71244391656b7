"""Trials: runs that a result could be chosen from, and how many there are on the same data."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple

LARGEST = 1e100
"""Numbers beyond it are damage: their squares could not be added."""

PART = 0.5
"""Of the days of a run: shorter ones are trials, but do not say how far its Sharpe may lie."""


class Stretch(NamedTuple):
    """Data that runs have looked at, and with what kinds of steps."""

    data: str
    """Their digest."""
    source: str
    """Where the index's column came from."""
    first: str
    last: str
    """Dates of the run."""
    shape: str
    """Kinds of the steps: ``linear/bounds/trigger``."""

    def meets(self, other: Stretch) -> bool:
        """Say whether two runs looked at the same data.

        They did if the data's digests are equal, or if they name the same source and their dates
        overlap.
        """
        if self.data == other.data:
            return True
        together = self.first <= other.last and other.first <= self.last
        return bool(self.source) and self.source == other.source and together

    def compares(self, other: Stretch) -> bool:
        """Say whether another run is long enough for its Sharpe ratio to stand beside this one's.

        A ratio of T sessions errs by about 1/√T, so those of short runs differ by their shortness.

        Examples
        --------
        >>> year = Stretch("a", "spx", "2019-01-02", "2019-12-31", "linear")
        >>> [year.compares(year._replace(last=end)) for end in ("2019-07-05", "2019-02-01")]
        [True, False]
        """
        mine, theirs = self._days, other._days
        return mine is None or theirs is None or theirs >= PART * mine

    @property
    def _days(self) -> int | None:
        """Calendar days from first to last; None where these are no dates."""
        try:
            return (dt.date.fromisoformat(self.last) - dt.date.fromisoformat(self.first)).days
        except ValueError:
            return None


class Group(NamedTuple):
    """Runs taken together, as if every lane of every run stood alone."""

    runs: int = 0
    lanes: int = 0
    rated: int = 0
    mean: float = 0.0
    """Of the rated lanes' Sharpe ratios."""
    squares: float = 0.0
    """Sum of their squared distances from the mean."""

    def joined(self, other: Group) -> Group:
        """Return both together (Chan, Golub, LeVeque: Updating formulae, 1979)."""
        rated = self.rated + other.rated
        mean, squares = self.mean, self.squares
        if other.rated:
            apart = other.mean - mean
            mean += apart * (other.rated / rated)
            squares += other.squares + apart**2 * (self.rated * (other.rated / rated))
        return Group(self.runs + other.runs, self.lanes + other.lanes, rated, mean, squares)

    @property
    def unrated(self) -> Group:
        """The same trials without their Sharpe ratios."""
        return Group(self.runs, self.lanes)


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

    @property
    def stretch(self) -> Stretch:
        """What data it looked at."""
        return Stretch(self.data, self.source, self.first, self.last, self.shape)

    @property
    def group(self) -> Group:
        """The run alone, to be counted with others."""
        if not self.rated:
            return Group(1, self.lanes)
        squares = (self.rated - 1) * self.variance
        return Group(1, self.lanes, self.rated, self.mean, squares)

    def on_the_data_of(self, other: Trial) -> bool:
        """Say whether two runs looked at the same data."""
        return self.stretch.meets(other.stretch)


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
    return counted(one.group for one in trials)


def counted(groups: Iterable[Group]) -> Count:
    """Return number, mean and variance of the trials of some groups."""
    runs, lanes, rated, mean, squares = together(groups)
    variance = squares / (rated - 1) if rated > 1 else 0.0
    return Count(lanes, runs, mean if rated else math.nan, variance)


def on_the_same_data(trials: Iterable[Trial], run: Trial) -> tuple[Trial, ...]:
    """Return the trials on the data of a run, itself included if it is among them."""
    return tuple(one for one in trials if one.on_the_data_of(run))


def together(groups: Iterable[Group]) -> Group:
    """Return all groups as one.

    Examples
    --------
    >>> together([Group(1, 2, 2, 0.5, 0.5), Group(1, 1, 1, 2.0, 0.0)])  # 0, 1 and 2
    Group(runs=2, lanes=3, rated=3, mean=1.0, squares=2.0)
    """
    made = Group()
    for group in groups:
        made = made.joined(group)
    return made


def to_line(run: Trial) -> str:
    """Return a run as a line of a register."""
    cells = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(run).items()
    }
    return json.dumps(cells, allow_nan=False)  # in ASCII: a name may hold half a character


_KINDS = {field.name: field.type for field in fields(Trial)}
_WORDS = {name for name, kind in _KINDS.items() if kind == "str"}
_NUMBERS = {name for name, kind in _KINDS.items() if kind == "int"}


def from_line(line: bytes) -> Trial | None:
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
