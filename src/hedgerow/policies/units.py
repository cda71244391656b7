"""Whether a level that a rule is given is in the unit of its signal."""

from __future__ import annotations

import re

from hedgerow.errors import PolicyError

POINTS = re.compile(r"^v?vix[0-9]*[dmy]?(_ma[0-9]+)?$")
"""Signals in points: VIX and its family as they stand or averaged, as those signals are named."""

DECIMALS = re.compile(r"(^|_)rv[0-9]+$")
"""Realised volatilities, decimals a year, as that signal is named."""

LOWEST = 1.0
"""VIX never was so low, nor is a rule of VIX drawn under it; 0 is a line's foot."""

HIGHEST = 3.0
"""No index was ever so volatile: 300 % a year."""


def check_unit(signal: str, **levels: float) -> None:
    """Raise if a level is one hundred times too small or too large for its signal.

    Parameters
    ----------
    signal
        Name of the signal that the levels are compared with; an unknown one passes.
    levels
        By the names of their fields.

    Raises
    ------
    PolicyError
        If VIX is given as a decimal, or realised volatility in points.

    Examples
    --------
    >>> check_unit("vix", low=12.0, high=22.0)
    >>> check_unit("rv20", target=15.0)
    Traceback (most recent call last):
    hedgerow.errors.PolicyError: target = 15, yet rv20 is a decimal a year. Mend: write 0.15
    """
    for name, level in levels.items():
        if POINTS.search(signal) and 0.0 < abs(level) < LOWEST:
            raise PolicyError(
                f"{name} = {level:g}, yet {signal} is in points",
                mend=f"write {round(100.0 * level, 6):g}",
            )
        if DECIMALS.search(signal) and abs(level) > HIGHEST:
            raise PolicyError(
                f"{name} = {level:g}, yet {signal} is a decimal a year",
                mend=f"write {round(level / 100.0, 6):g}",
            )
