"""The worked examples by name, and one worked out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hedgerow.core.market import Market
from hedgerow.errors import HedgerowError, RangeError
from hedgerow.research.examples.conditional import Conditional
from hedgerow.research.examples.example import Example, Worked
from hedgerow.research.examples.gamma import GammaScalping
from hedgerow.research.examples.practical import Practical
from hedgerow.research.examples.term_structure import TermStructure
from hedgerow.research.examples.vix_scaled import VixScaled

EXAMPLES: Mapping[str, Example] = MappingProxyType(
    {
        example.name: example
        for example in (VixScaled(), Conditional(), GammaScalping(), TermStructure(), Practical())
    }
)
"""By name, ``E1`` … ``E5``."""


def example(name: str) -> Example:
    """Return a worked example by name.

    Raises
    ------
    RangeError
        If there is none of that name.

    Examples
    --------
    >>> example("e2").title
    'Conditional hedge, 2012–2018'
    """
    if not isinstance(name, str) or name.upper() not in EXAMPLES:
        raise RangeError(
            f"there is no example {name!r}",
            where="example",
            mend=f"use {', '.join(EXAMPLES)}",
        )
    return EXAMPLES[name.upper()]


def work(name: str, market: Market | None = None) -> Worked:
    """Work an example out.

    Parameters
    ----------
    name
        ``E1`` … ``E5``.
    market
        What happened; None for the arithmetic alone.

    Raises
    ------
    RangeError
        If there is no such example.  Data that do not reach are told in ``problem``.

    Examples
    --------
    >>> [check.exact for check in work("E1").arithmetic] == [True] * 9
    True
    """
    chosen = example(name)
    measured, problem = None, ""
    if market is not None:
        try:
            measured = chosen.measure(market)
        except HedgerowError as error:
            problem = str(error)
    return Worked(
        chosen.name,
        chosen.title,
        chosen.place,
        chosen.setup,
        chosen.arithmetic(),
        chosen.remarks(),
        measured,
        problem,
    )
