"""What users call to see the source's claims measured: claims, and the result that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import Answer, check_market, day, path_to, plain, shown
from hedgerow.core.market import Day, Market
from hedgerow.errors import RangeError
from hedgerow.report import claims as told
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.research.claims.study import Study

if TYPE_CHECKING:
    import pandas as pd


class ClaimsResult(Answer):
    """The claims of the source, measured.

    ``print(result)`` shows the table; :meth:`frame` gives it as a DataFrame; :meth:`report` writes
    a page; :meth:`to_dict` gives everything as plain values.

    Parameters
    ----------
    found
        The finished study.
    """

    def __init__(self, found: Study) -> None:
        self.found = found

    def __str__(self) -> str:
        return told.summarise(self.found)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {verdict}" for verdict, n in self.to_dict()["verdicts"].items())
        return f"<ClaimsResult of {len(self.found.findings)} claims: {counts}; print() for more>"

    def details(self) -> str:
        """Return every claim with quotation, definition, data and other readings, as text."""
        return told.summarise(self.found, details=True)

    def frame(self) -> pd.DataFrame:
        """Return one row per claim, by id.

        Returns
        -------
        DataFrame
            ``section``, ``quote``, ``claimed_low``, ``claimed_high``, ``unit``, ``basis``,
            ``verdict``, ``reason``, ``definition``, and of the measurement ``value``, ``low``,
            ``high`` (in the unit), ``count``, ``of``, ``from``, ``to`` and ``block``.
        """
        import pandas as pd

        rows = []
        for one in told.table(self.found)["claims"]:
            made = one.pop("measurement") or {}
            kept = ("value", "low", "high", "count", "of", "from", "to", "block")
            rows.append({**one, **{key: made.get(key) for key in kept}})
        return pd.DataFrame(rows).set_index("id")

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        from hedgerow.report.claims_page import write

        return write(self.found, path_to(path, "claims.html"), version=__version__)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; ends that a claim leaves open become None."""
        made: dict[str, Any] = plain({**told.table(self.found), "notice": NOT_ADVICE})
        return made


def claims(
    market: Market,
    *,
    start: Day | None = None,
    end: Day | None = None,
    only: Iterable[str] | None = None,
    resamples: int = 1000,
    seed: int = 1,
    source: str = "",
    progress: Callable[[int], None] | None = None,
) -> ClaimsResult:
    """Measure the quantitative claims of the source text 001 on a market (spec F).

    Parameters
    ----------
    market
        What happened; rows before ``start`` warm the signals up.
    start, end
        Dates of the study, both included: ``"2018-01-02"``, or dates of Python, NumPy or pandas.
    only
        Ids of the claims wanted, such as ``["saving"]``; all by default.
    resamples, seed
        Of the bootstrap: equal seeds give equal numbers.
    source
        Where the data came from, for the record.
    progress
        Called with 1 after each claim.

    Raises
    ------
    RangeError
        If a date lies outside the data, an id is unknown, or a number is out of range.

    Examples
    --------
    >>> import hedgerow as hr
    >>> result = hr.claims(hr.load("builtin"), only=["e1-drawdown"])
    >>> result.frame().loc["e1-drawdown", "verdict"]
    'does not hold'
    """
    from hedgerow.research.claims.study import study

    check_market(market)
    if isinstance(only, str):
        raise RangeError(f"{shown(only)} is one text", where="only", mend=f"write [{only!r}]")
    return ClaimsResult(
        study(
            market,
            start=day(start, "start"),
            end=day(end, "end"),
            only=only,
            resamples=resamples,
            seed=seed,
            facts={"version": __version__, "source": source},
            progress=progress,
        )
    )
