"""What users call to test their own signals and policies for look-ahead (spec D8)."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow.api import Answer, check_market, plain
from hedgerow.core.market import Market

if TYPE_CHECKING:
    from hedgerow.research.foresight.finding import Examination


class LookaheadResult(Answer):
    """What the look-ahead test found, object by object.

    ``print(result)`` tells it; :attr:`passed` says whether all is well; :meth:`to_dict` gives
    everything as plain values.

    Parameters
    ----------
    found
        One examination per object.
    left_out
        Names of a file's functions of one argument and classes that were not tested.
    """

    def __init__(self, found: tuple[Examination, ...], left_out: tuple[str, ...] = ()) -> None:
        self.found, self.left_out = found, left_out

    def __str__(self) -> str:
        lines = [str(each) for each in self.found]
        if self.left_out:
            lines.append(
                f"not tested: {', '.join(self.left_out)} (call a function's argument market, and "
                "make an instance of a class that needs arguments; --name tests one)"
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        word = "passed" if self.passed else "FAILED"
        names = ", ".join(each.name for each in self.found)
        return f"<LookaheadResult of {names}: {word}; print() for more>"

    @property
    def passed(self) -> bool:
        """Whether every check of every object passed."""
        return all(each.passed for each in self.found)

    def to_dict(self) -> dict[str, Any]:
        """Return every check as plain values."""
        made: dict[str, Any] = plain(
            {
                "passed": self.passed,
                "objects": [each.to_dict() for each in self.found],
                "not_tested": list(self.left_out),
            }
        )
        return made


def lookahead(subject: Any, market: Market, *, name: str | None = None) -> LookaheadResult:
    """Test whether a signal, step, policy or sleeve knows the future.

    Parameters
    ----------
    subject
        One of these, a function from a market to a column of **shape** (T,), or the path of a
        Python or policy file.  A Python file **is run**.
    market
        The data to test on; long and real ones find most.
    name
        Which object of a file; all by default.

    Raises
    ------
    HedgerowError
        If there is nothing to test, or a file cannot be run.

    Examples
    --------
    >>> import hedgerow as hr
    >>> market = hr.load("builtin", start="2014-01-03", end="2016-12-30")
    >>> lookahead(hr.RealisedVol(), market).passed
    True
    >>> def scaled(market):
    ...     return market["vix"] / market["vix"].max()
    >>> lookahead(scaled, market).passed
    False
    """
    from hedgerow.research.foresight.study import examine

    check_market(market)
    if isinstance(subject, str | os.PathLike):
        from hedgerow.api.user_file import left_out, made_again, subjects

        path = Path(subject)
        found = subjects(path, name)
        run = path.suffix != ".toml"
        rest = left_out(path, found) if name is None else ()
        tested = tuple(
            examine(one, market, key, partial(made_again, path, key) if run else None)
            for key, one in found.items()
        )
        return LookaheadResult(tested, rest)
    return LookaheadResult((examine(subject, market),))
