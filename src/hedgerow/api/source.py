"""What users call on the source text itself: the readings of a rule, and the worked examples."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import check_hedge, check_market, check_terms, day, path_to, plain, refused
from hedgerow.core.market import Day, Market
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import PolicyError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.report.formats import NOT_ADVICE

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.research.examples.example import Worked
    from hedgerow.research.readings import Readings


class ReadingsResult:
    """The readings of a rule, run on the same data.

    ``print(result)`` shows them; :meth:`frame` has their figures; :meth:`report` writes a page;
    :meth:`to_dict` gives everything as plain values.
    """

    def __init__(self, found: Readings, source: str = "") -> None:
        self.found, self.source = found, source

    def __str__(self) -> str:
        from hedgerow.report.readings import told

        return told(self.found)

    def __repr__(self) -> str:
        names = ", ".join(item.variant.name for item in self.found.items)
        return f"<ReadingsResult of {self.found.kind}: {names}; print() for more>"

    def _repr_html_(self) -> str:
        """Return the figures as a small table, for notebooks."""
        from hedgerow.report.readings import figures

        head, *rows = figures(self.found)
        return _small_table(f"Readings of {self.found.kind}. {NOT_ADVICE}", head, rows)

    def frame(self) -> pd.DataFrame:
        """Return one row per reading that ran.

        Returns
        -------
        DataFrame
            ``mean_x``, ``max_x``; ``hedge_cost``, ``hedge_pnl``, USD; ``hedge_cost_per_year``,
            ``max_drawdown``, ``her``, decimals; ``sharpe_excess``, ``trades_per_year``; and
            ``against_…``: less that of the first reading.
        """
        import pandas as pd

        rows = {
            item.variant.name: {
                **item.figures,
                **{f"against_{name}": value for name, value in item.against.items()},
            }
            for item in self.found.items
            if item.figures
        }
        return pd.DataFrame.from_dict(rows, orient="index")

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        from hedgerow.report.readings import write

        return write(
            self.found, path_to(path, "report.html"), version=__version__, source=self.source
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; NaN becomes None."""
        from hedgerow.report.readings import table

        made: dict[str, Any] = plain({**table(self.found), "notice": NOT_ADVICE})
        return made


class ExampleResult:
    """A worked example of the source: its arithmetic, and the same rule on real data.

    ``print(result)`` shows both; :meth:`report` writes a page; :meth:`to_dict` gives everything
    as plain values.
    """

    def __init__(self, found: Worked, source: str = "") -> None:
        self.found, self.source = found, source

    def __str__(self) -> str:
        from hedgerow.report.examples import told

        return told(self.found)

    def __repr__(self) -> str:
        return f"<ExampleResult of {self.found.name}: {self.found.title}; print() for more>"

    def _repr_html_(self) -> str:
        """Return claims and measurements as a small table, for notebooks."""
        from hedgerow.report.examples import compared

        head, *rows = compared(self.found)
        return _small_table(f"{self.found.name}: {self.found.title}. {NOT_ADVICE}", head, rows)

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        from hedgerow.report.examples import write

        return write(
            [self.found], path_to(path, "report.html"), version=__version__, source=self.source
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; NaN becomes None."""
        from hedgerow.report.examples import table

        made: dict[str, Any] = plain({**table(self.found), "notice": NOT_ADVICE})
        return made


def readings(
    rule: str,
    market: Market,
    hedge: Sleeve,
    *,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    end: Day | None = None,
    raw: bool = False,
    source: str = "",
) -> ReadingsResult:
    """Run every reading of a rule or an overlay over the same stretch.

    Parameters
    ----------
    rule
        Kind of a step with several presets: ``linear``, ``tiers``, ``persist``, ….  An overlay
        stands in the policy of ``hedgerow demo`` in the place of its like.
    market, hedge, portfolio, costs, start, end, source
        As for :func:`hedgerow.api.backtest`.
    raw
        Leave the floor of 0.2 and the cap of 2 out (spec B1, B2).

    Raises
    ------
    HedgerowError
        If there is no such rule, it has one reading only, or dates, data and sleeve do not fit
        together.  A reading whose data lack is told, not raised.

    Examples
    --------
    >>> import hedgerow as hr
    >>> market = hr.load("builtin", start="2017-01-03", end="2018-12-31")
    >>> found = hr.readings("tiers", market, hr.Put(size=hr.Vega(1_000)))
    >>> found.frame().index.tolist()
    ['option-c', 'binary', 'above-20']
    """
    from hedgerow.api.counting import count_readings
    from hedgerow.research.readings import readings as run

    if not isinstance(rule, str):
        kind = getattr(rule, "kind", "linear")
        raise refused(PolicyError, rule, "rule", f'write its kind, such as "{kind}"')
    check_market(market)
    check_hedge(hedge)
    check_terms(portfolio, costs)
    found = run(
        rule,
        market,
        hedge,
        portfolio or Equity(),
        costs=costs,
        start=day(start, "start"),
        end=day(end, "end"),
        raw=raw,
    )
    count_readings(found, costs)
    return ReadingsResult(found, source)


def example(name: str, market: Market, *, source: str = "") -> ExampleResult:
    """Work one of the source's examples out: its arithmetic, and the same rule on real data.

    Parameters
    ----------
    name
        ``E1`` … ``E5``.
    market
        What happened in the years of the example.
    source
        Where the data came from, for the record.

    Raises
    ------
    RangeError
        If there is no such example.

    Examples
    --------
    >>> import hedgerow as hr
    >>> found = hr.example("E2", hr.load("builtin"))
    >>> found.to_dict()["arithmetic"][0]["equal"]
    True
    """
    from hedgerow.research.examples.catalog import work

    check_market(market)
    return ExampleResult(work(name, market), source)


def _small_table(title: str, head: list[str], rows: list[list[str]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(c)}</td>' for c in row)}</tr>" for row in rows)
    return (
        f"<table><caption>{escape(title)}</caption>"
        f"<thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
    )
