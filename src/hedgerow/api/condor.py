"""What users call for a book of iron condors: condor, and the result that answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import path_to, plain, refused
from hedgerow.api.trading import ProgramResult, trade
from hedgerow.core.market import Day, Market
from hedgerow.engine.ledger.store import Ledger
from hedgerow.errors import PolicyError
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.shortvol.condor import (
    CondorRules,
    CondorTrade,
    Figures,
    figures,
    journal,
    program,
)

if TYPE_CHECKING:
    import pandas as pd


def load_condor(path: str | Path) -> CondorRules:
    """Read a file of condor rules.

    Raises
    ------
    HedgerowError
        If the file is missing, unreadable or wrong; names file and field.
    """
    from hedgerow.policies.files import parsed

    return parsed(path, CondorRules.from_toml, "condor rules", "hedgerow condor new --out FILE")


class CondorResult(ProgramResult):
    """A book of condors, traded.

    ``print(result)`` shows the answer: premium kept, worst day, worst month, margin;
    :attr:`figures` has the numbers, :meth:`trades` the journal; the rest is as for a program.
    """

    @property
    def figures(self) -> Figures:
        """What the journal comes to."""
        return figures(self.outcome)

    @property
    def journal(self) -> tuple[CondorTrade, ...]:
        """Every condor, in the order in which they were sold."""
        return journal(self.outcome)

    def __str__(self) -> str:
        from hedgerow.report.condor import told

        return told(self.outcome, self.verdict)

    def trades(self) -> pd.DataFrame:
        """Return the journal, a row for each condor: the fields of `CondorTrade`."""
        import pandas as pd

        made = pd.DataFrame([asdict(one) for one in self.journal])
        for column in ("entry", "expiry", "exit"):
            if column in made:
                made[column] = pd.to_datetime(made[column])
        return made

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline, and return its path."""
        from hedgerow.report.condor_page import write

        place = path_to(path, "condor.html")
        return write(self.outcome, place, version=__version__, judged=self.verdict)

    def to_dict(self) -> dict[str, Any]:
        """Return figures and journal as plain values; NaN becomes None."""
        from hedgerow.report.condor import table

        made: dict[str, Any] = plain({**table(self.outcome), "notice": NOT_ADVICE})
        return self._with_verdict(made)


def condor(
    rules: CondorRules | str | Path,
    market: Market,
    *,
    start: Day | None = None,
    end: Day | None = None,
    ledger: str | Path | Ledger | None = None,
    run: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> CondorResult:
    """Trade a book of iron condors by rules, contract by contract.

    Parameters
    ----------
    rules
        Or the path of a file of them: docs/condor.md.
    market, start, end, ledger, run, progress
        As for :func:`~hedgerow.api.trading.trade`.

    Raises
    ------
    HedgerowError
        If rules, dates, data or ledger do not fit together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> rules = hr.CondorRules(short_delta=0.16, wing_width=50, weeks=4, rungs=1)
    >>> result = hr.condor(rules, hr.load("builtin"), start="2018-01-02", end="2018-06-29")
    >>> result.trades()[["entry", "exit", "reason"]].shape
    (7, 3)
    """
    if isinstance(rules, str | os.PathLike):
        rules = load_condor(rules)
    if not isinstance(rules, CondorRules):
        raise refused(PolicyError, rules, "rules", 'write hr.CondorRules() or "condor.toml"')
    traded = trade(
        program(rules),
        market,
        start=start,
        end=end,
        ledger=ledger,
        run=run,
        progress=progress,
    )
    return CondorResult(traded.found)
