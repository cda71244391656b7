"""What a run's book was at each bar: its gain, Greeks, credit and margin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.trips import MEASURES, Booked
from hedgerow.errors import RangeError


class Book(NamedTuple):
    """The lines that are the book, added up; columns of **shape** (T,), USD.

    What is held, and its Greeks, are those after the fills of the bar.
    """

    pnl: Floats
    """Gain over the bar, after costs."""
    cost: Floats
    """Of trading at the bar."""
    credit: Floats
    """Taken in by what was sold at the bar, spreads paid, fees not."""
    value: Floats
    """Of what is held; negative for what was sold."""
    delta: Floats
    """Per index point."""
    gamma: Floats
    """Per index point squared."""
    vega: Floats
    """Per vol point."""
    theta: Floats
    """Per calendar day."""
    margin: Floats
    """That the book alone asks for."""


def booked(outcome: Outcome) -> Booked:
    """Return what the engine kept of a run's book.

    Raises
    ------
    RangeError
        If no line of the program is a book.
    """
    if outcome.book is None:
        raise RangeError(
            "the program has no book",
            where=f"program {outcome.program.name}",
            mend='give a line role = "book"',
        )
    return outcome.book


def book_of(outcome: Outcome) -> Book:
    """Return the book of a run bar by bar.

    Parameters
    ----------
    outcome
        Of a program with lines of ``role="book"``.

    Raises
    ------
    RangeError
        If it has none.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.shortvol.condor import CondorRules, program
    >>> made = program(CondorRules(weeks=4, rungs=1))
    >>> book = book_of(hr.trade(made, hr.load("builtin"), start="2018-01-02",
    ...                         end="2018-03-29").outcome)
    >>> bool(book.vega.min() < 0.0 < book.credit.sum())
    True
    """
    kept = booked(outcome)
    credit = np.zeros(len(outcome))
    for trip in kept.trips:
        credit[trip.opened] += trip.credit
    total = {
        name: np.asarray(sum(outcome.lines[line][name] for line in kept.lines))
        for name in ("pnl", "cost")
    }
    held = {
        name: np.asarray(sum(columns[name] for columns in kept.lines.values())) for name in MEASURES
    }
    return Book(
        total["pnl"],
        total["cost"],
        credit,
        held["value"],
        held["delta"],
        held["gamma"],
        held["vega"],
        held["theta"],
        kept.margin,
    )
