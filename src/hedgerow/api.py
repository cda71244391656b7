"""What users call: load, backtest, sweep, and the result that answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve

if TYPE_CHECKING:
    from hedgerow.data import QualityReport
    from hedgerow.report.explain import Explanation
    from hedgerow.research.comparison import Comparison
    from hedgerow.research.sweep import Sweep


def load(
    source: str | Path = "builtin", *, start: str | None = None, end: str | None = None
) -> Market:
    """Load a market.

    Parameters
    ----------
    source
        ``"builtin"`` (offline, partly modelled and labelled so), ``"auto"`` (the user's
        fetched data where there are some), or a folder of vendor files.
    start, end
        First and last date, both included.

    Raises
    ------
    DataError, RangeError
        If files are missing, unreadable or refused, or the dates leave nothing.

    Examples
    --------
    >>> load("builtin", start="2020-02-19", end="2020-03-23")["spx"].size
    24
    """
    from hedgerow import data

    return data.load(source, start=start, end=end).market


def quality(source: str | Path = "builtin") -> QualityReport:
    """Return what was found wrong with the files of a source, and what was done about it."""
    from hedgerow import data

    return data.load(source).quality


class Result:
    """A finished backtest: unhedged, static and dynamic on the same stretch.

    ``print(result)`` shows the answer; :meth:`explain` tells why on any date; :meth:`report`
    writes a page; :meth:`to_dict` gives everything as plain values.
    """

    def __init__(self, found: Comparison) -> None:
        self.found = found

    def __str__(self) -> str:
        from hedgerow.report.summary import summarise

        return summarise(self.found)

    def explain(self, date: str) -> Explanation:
        """Return the decision at the close of ``date`` (or the last session before it)."""
        from hedgerow.report.explain import explain

        return explain(self.found.policy, self.found.ledgers["dynamic"], date)

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline, and return its path."""
        from hedgerow.report.page import write

        return write(self.found, Path(path))

    def to_dict(self) -> dict[str, Any]:
        """Return every number of the result as plain values; NaN becomes None."""
        return self._plain

    @cached_property
    def _plain(self) -> dict[str, Any]:
        found = self.found
        made = {
            "version": __version__,
            "policy": {"name": found.policy.name, "toml": found.policy.to_toml()},
            "sleeve": {"name": found.sleeve.name, "kind": found.sleeve.kind},
            "portfolio": found.portfolio.as_dict(),
            "costs": asdict(found.costs),
            "data": {
                "digest": found.facts["data"],
                "source": found.facts.get("source", ""),
                "columns": found.provenance,
            },
            "periods": found.periods,
            "strategies": found.strategies,
            "saving": found.saving,
            "crises": found.crises,
            "calm": found.calm,
            "her": found.her,
            "triggers": found.triggers,
            "flags": [flag._asdict() for flag in found.flags],
            "lookahead": [verdict._asdict() for verdict in found.lookahead],
            "assumptions": found.assumptions,
            "ledgers": {name: ledger.digest() for name, ledger in found.ledgers.items()},
            "notice": "Not investment advice.",
        }
        return _clean(made)  # type: ignore[no-any-return]


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def backtest(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    *,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: str | None = None,
    end: str | None = None,
    split: str = "50/50",
    same_bar: bool = False,
    source: str = "",
) -> Result:
    """Backtest a policy against no hedge and a fixed one.

    Parameters
    ----------
    policy
        When to hedge how much.
    market
        What happened; rows before ``start`` warm the signals up.
    hedge
        What to hedge with: a sleeve such as :class:`~hedgerow.instruments.options.Put`.
    portfolio
        What is hedged; ``Equity(10_000_000)`` by default.
    costs
        What trading costs; on by default, ``Costs.none()`` switches them off.
    start, end
        Dates of the run, both included.
    split
        ``"50/50"`` or the first date tested; the headline is the test part.
    same_bar
        Fill orders at the close that decides them.  Nobody can; it raises a red flag.
    source
        Where the data came from, for the record.

    Raises
    ------
    HedgerowError
        If dates, data, policy or sleeve do not fit together.
    """
    from hedgerow.research.comparison import compare

    return Result(
        compare(
            policy,
            market,
            hedge,
            portfolio or Equity(),
            costs=costs,
            start=start,
            end=end,
            parts=split,
            same_bar=same_bar,
            facts={"version": __version__, "source": source},
        )
    )


def sweep(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    axes: Mapping[str, Sequence[float] | range | Any],
    *,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: str | None = None,
    end: str | None = None,
    same_bar: bool = False,
    measures: Sequence[Any] | None = None,
    carriage: str = "compiled",
    progress: Callable[[int], None] | None = None,
) -> Sweep:
    """Run every combination of some of the policy's numbers over the same stretch.

    Parameters
    ----------
    axes
        ``"step.field"`` to values, such as ``{"linear.low": range(10, 16)}``.
    measures
        What is kept of each lane; see :mod:`hedgerow.core.measure`.
    carriage
        ``"compiled"`` (fast) or ``"numpy"``; both give the backtest's numbers to the last bit.
    progress
        Called with the number of lanes just done.

    Notes
    -----
    The other parameters are those of :func:`backtest`.  Each lane is the very run that
    ``backtest(result.policy(lane), …)`` makes.  A sweep looks at the whole stretch: whatever
    is chosen from it must be judged on data that it has not seen.

    Raises
    ------
    HedgerowError
        If an axis names no number of the policy, or a value is out of range.
    """
    from hedgerow.core.measure import STANDARD
    from hedgerow.engine.run import prepare
    from hedgerow.research.sweep import sweep as run

    ground = prepare(
        market,
        hedge,
        portfolio or Equity(),
        costs=costs,
        lookback=policy.lookback,
        start=start,
        end=end,
        same_bar=same_bar,
    )
    kept = STANDARD if measures is None else measures
    return run(
        policy, ground.tape(policy), axes, measures=kept, carriage=carriage, progress=progress
    )
