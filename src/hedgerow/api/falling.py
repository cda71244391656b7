"""What users call to see hedges in made falls: falls, and the result that answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import Answer, check, check_hedge, check_market, check_terms, path_to, plain
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.report import falls as told
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.research.falls import FALLS, LEVELS, Falls, usual
from hedgerow.research.falls import falls as run

if TYPE_CHECKING:
    import pandas as pd


class FallsResult(Answer):
    """Policies in made falls, with a floor and without.

    ``print(result)`` shows a table for each fall; :meth:`frame` gives one, :meth:`report` writes a
    page, :meth:`to_dict` gives everything as plain values.

    Parameters
    ----------
    found
        The finished study.
    """

    def __init__(self, found: Falls) -> None:
        self.found = found

    def __str__(self) -> str:
        return told.told(self.found)

    def __repr__(self) -> str:
        return f"<FallsResult of {self.found.sleeve.name}, {len(self.found.rows)} rows; print()>"

    def frame(self) -> pd.DataFrame:
        """Return a row for each fall, VIX, policy and floor.

        Returns
        -------
        DataFrame
            The fields of `hedgerow.research.falls.Row`: decimals and VIX points.
        """
        import pandas as pd

        return pd.DataFrame(list(self.found.rows))

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        return told.write(self.found, path_to(path, "report.html"), version=__version__)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; NaN becomes None."""
        made: dict[str, Any] = plain({**told.table(self.found), "notice": NOT_ADVICE})
        return made


def falls(
    policies: Sequence[Policy] | None = None,
    hedge: Sleeve | None = None,
    *,
    market: Market | None = None,
    names: Sequence[str] = tuple(FALLS),
    levels: Sequence[float] = LEVELS,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    progress: Callable[[int], None] | None = None,
) -> FallsResult:
    """Run policies through a flash crash, a grind and a Black Monday.

    Parameters
    ----------
    policies
        What scales the hedge; the usual rules by default.  Each runs with the floor of 0.2 and
        without one.
    hedge
        A put by default.
    market
        A history that the falls follow, from its last session and its VIX on; by default a made
        calm year stands before them.
    names
        ``flash``, ``grind``, ``1987``.
    levels
        VIX before the falls, points, where no history tells it.
    portfolio, costs
        As for :func:`hedgerow.api.backtest`.
    progress
        Called with the number of falls just done.

    Notes
    -----
    Nothing is entered in the trial register: the falls are the same for everybody and are made, not
    drawn, so there is no luck in them to correct for.

    Raises
    ------
    HedgerowError
        If there is no such fall, or a policy or the hedge needs what made markets lack.

    Examples
    --------
    >>> import hedgerow as hr
    >>> found = hr.falls([], names=["flash"], levels=[17.0]).frame()
    >>> found[["rule", "start", "reached"]].values.tolist()
    [['static', 1.0, 1.0]]
    """
    sleeve = hedge
    if sleeve is None:
        from hedgerow.instruments.options import Put

        sleeve = Put()
    chosen = usual() if policies is None else list(policies)
    check_hedge(sleeve)
    check_terms(portfolio, costs)
    if market is not None:
        check_market(market)
        for policy in chosen:
            check(policy, market, sleeve, portfolio, costs)
    return FallsResult(
        run(
            chosen,
            sleeve,
            market=market,
            names=names,
            levels=levels,
            portfolio=portfolio,
            costs=costs,
            progress=progress,
        )
    )
