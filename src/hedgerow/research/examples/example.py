"""What a worked example is made of: arithmetic as printed, and what the years really gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market


def dollars(value: float) -> str:
    """Return USD as a sentence has them.

    Examples
    --------
    >>> dollars(-69_947.6)
    '−$69,948'
    """
    return f"{'−' if value < 0.0 else ''}${abs(value):,.0f}"


class Check(NamedTuple):
    """A number that the source prints, beside the one that its own rule gives."""

    what: str
    printed: str
    """As the source prints it."""
    said: float
    how: str
    """How it is calculated."""
    ours: float
    unit: str = "usd"
    """``usd``, ``vega`` (USD a point), ``percent`` (of a decimal), ``days``, ``points``, ``times``,
    ``flag`` (1 for yes)."""
    places: int = 0
    """Decimals to which the source rounds, of a percentage those of the decimal."""

    @property
    def equal(self) -> bool:
        """Whether both are the same at the precision that is printed."""
        return abs(self.ours - self.said) <= 0.5 * 10.0**-self.places * (1.0 + 1e-9)

    @property
    def exact(self) -> bool:
        """Whether both are the same but for rounding of floats."""
        return abs(self.ours - self.said) <= 1e-9 * max(abs(self.said), 1.0)


class Measure(NamedTuple):
    """A number that the source claims, beside the measured ones by set-up."""

    what: str
    claimed: float | None
    measured: Mapping[str, float | None]
    unit: str = "usd"
    printed: str = ""
    """What the source prints where it is no single number."""


@dataclass(frozen=True)
class Measured:
    """The rule of an example on real data.

    Parameters
    ----------
    setups
        What was run, by the name of its column.
    rows
        Claims beside measurements.
    modelled
        Shares of sessions on which a model stands for a price, by what it stands for.
    why
        Sentences: why claim and measurement differ.
    times, hedge
        Sessions and, by set-up, the cumulated hedge result after costs, USD, **shape** (T,).
    """

    setups: Mapping[str, str]
    rows: tuple[Measure, ...]
    modelled: Mapping[str, float]
    why: tuple[str, ...]
    times: NDArray[np.datetime64]
    hedge: Mapping[str, Floats]

    def found(self, what: str) -> Mapping[str, float | None]:
        """Return the measurements of a row by its words."""
        return next(row.measured for row in self.rows if row.what == what)


class Example(Protocol):
    """A worked example of the source."""

    name: ClassVar[str]
    title: ClassVar[str]
    place: ClassVar[str]
    """Where in the source."""
    setup: ClassVar[str]
    """Its set-up, as the source states it."""

    def arithmetic(self) -> tuple[Check, ...]:
        """Return every number that the source calculates."""

    def remarks(self) -> tuple[str, ...]:
        """Return where the source's numbers do not fit together."""

    def measure(self, market: Market) -> Measured:
        """Run the rule over the years of the example, with costs.

        Raises
        ------
        HedgerowError
            If the market does not reach over them.
        """


@dataclass(frozen=True)
class Worked:
    """An example worked out.

    Parameters
    ----------
    name, title, place, setup
        As for `Example`.
    arithmetic, remarks
        What the source calculates, and where it does not fit together.
    measured
        None where the data do not reach.
    problem
        Why there is nothing measured.
    """

    name: str
    title: str
    place: str
    setup: str
    arithmetic: tuple[Check, ...]
    remarks: tuple[str, ...]
    measured: Measured | None = None
    problem: str = field(default="")
