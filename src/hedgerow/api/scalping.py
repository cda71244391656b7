"""What users call to study gamma scalping: scalp, and the result that answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hedgerow import __version__
from hedgerow.api import Answer, check_market, day, path_to, plain, refused, shown
from hedgerow.core.market import Day, Market
from hedgerow.errors import RangeError, nearest
from hedgerow.files import save
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Straddle
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.report import scalping as told
from hedgerow.report.formats import NOT_ADVICE, modelled
from hedgerow.research import scalping_figures as figures
from hedgerow.research.examples.measuring import modelled_share
from hedgerow.research.scalping import WINDOW, Rule, Scalping, expose
from hedgerow.research.scalping import scalp as hedged

if TYPE_CHECKING:
    import pandas as pd

EVERY = (1, 2, 5, 10, 21)
BANDS = (0.02, 0.05, 0.1, 0.2)
AVERSIONS = (0.01, 0.1, 1.0)


class ScalpResult(Answer):
    """A study of gamma scalping.

    ``print(result)`` shows the answer; :meth:`frame` gives tables, :meth:`report` writes a page,
    :meth:`picture` draws one SVG, :meth:`to_dict` gives the figures as plain values.

    Parameters
    ----------
    study
        All ways to hedge, the main one first.
    name
        Of the sleeve.
    vix_modelled
        Share of the sessions on which VIX is a model's, 0 … 1; prices of options always are.
    source
        Where the data came from, for the page.
    """

    def __init__(
        self, study: Scalping, name: str, *, vix_modelled: float = 0.0, source: str = ""
    ) -> None:
        self.study, self.name = study, name
        self.vix_modelled, self.source = vix_modelled, source

    def __str__(self) -> str:
        return told.told(self.study, self.name, origin=self._origin)

    @property
    def _origin(self) -> str:
        return modelled({"VIX": self.vix_modelled, f"prices of {self.name}": 1.0})

    def __repr__(self) -> str:
        days = self.study.exposure.times.astype("datetime64[D]")
        return (
            f"<ScalpResult of {self.name}, {days[0]} … {days[-1]}, "
            f"{len(self.study.rules)} ways to hedge; print() for more>"
        )

    def frame(self, rule: str | None = None, *, by: str = "day") -> pd.DataFrame:
        """Return a table.

        Parameters
        ----------
        rule
            Name of a way to hedge, such as ``every 1``; None for one row of figures for each.
        by
            ``day``, ``month`` or ``year``: what a row of that way's P&L is.

        Returns
        -------
        DataFrame
            USD: the parts of the P&L, which add up to ``pnl``, and the gamma gain expected at
            implied and at realised volatility; of all ways the figures of
            :func:`~hedgerow.research.scalping_figures.by_rule`.

        Raises
        ------
        RangeError
            If there is no such way, or no such period.
        """
        import pandas as pd

        if rule is None:
            return pd.DataFrame(figures.by_rule(self.study)).set_index("rule")
        names = [each.name for each in self.study.rules]
        if rule not in names:
            raise RangeError(
                f"there is no rule {shown(rule)}", where="rule", mend=nearest(str(rule), names)
            )
        lane, held = names.index(rule), self.study.exposure
        if by == "day":
            columns = figures.by_bar(self.study, lane)
            return pd.DataFrame(columns, index=pd.DatetimeIndex(held.times, name="date"))
        if by not in ("month", "year"):
            raise RangeError(f"{shown(by)} is not a period", where="by", mend="day, month or year")
        period: Literal["month", "year"] = "month" if by == "month" else "year"
        return pd.DataFrame(figures.by_period(self.study, lane, period)).set_index("period")

    def picture(self, path: str | Path) -> Path:
        """Write the picture, one SVG file, and return its path."""
        return save(path_to(path, "scalp.svg"), self.svg(), "the picture")

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline, and return its path."""
        from hedgerow.report.scalping_page import write

        return write(
            self.study,
            self.name,
            path_to(path, "report.html"),
            version=__version__,
            origin=self._origin,
            source=self.source,
        )

    def svg(self) -> str:
        """Return the picture as text."""
        return told.picture(self.study, f"Gamma scalping of {self.name}")

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values; NaN becomes None."""
        days = self.study.exposure.times.astype("datetime64[D]")
        made: dict[str, Any] = plain(
            {
                "sleeve": self.name,
                "from": str(days[0]),
                "to": str(days[-1]),
                "same_bar": self.study.exposure.lag == 0,
                "hedged": self.study.rules[0].name,
                "per_year": figures.per_year(self.study),
                "rules": figures.by_rule(self.study),
                "years": figures.by_period(self.study),
                "months": figures.by_period(self.study, period="month"),
                "modelled": {"vix": self.vix_modelled, "hedge prices": 1.0},
                "notice": NOT_ADVICE,
            }
        )
        return made


def scalp(
    market: Market,
    hedge: Sleeve | None = None,
    *,
    every: Sequence[float] | float | None = None,
    band: Sequence[float] | float | None = None,
    aversion: Sequence[float] | float | None = None,
    edge: bool = False,
    value: float = 10e6,
    costs: Costs | None = None,
    start: Day | None = None,
    end: Day | None = None,
    same_bar: bool = False,
    source: str = "",
) -> ScalpResult:
    """Hold options, take their delta out with the index, and say whether gamma paid for theta.

    Parameters
    ----------
    market
        What happened; rows before ``start`` warm volatility up.
    hedge
        The options, held from roll to roll; a 30-day straddle at the money by default.
    every
        Sessions between two hedges, one or several.
    band
        Delta per contract that is left alone.
    aversion
        Risk aversions per point of wealth, of Whalley's and Wilmott's band.
    edge
        Whether a delta beyond a ``band`` is brought back to its edge, not to nothing.
    value
        USD that a size as a part of NAV refers to; it does not grow.
    costs
        Half-spreads and fees; ``Costs()`` by default, ``Costs.none()`` for none.
    start, end
        Dates, both included.
    same_bar
        Fill at the close that decides.  Nobody can; textbooks do.
    source
        Where the data came from, for the page.

    Returns
    -------
    ScalpResult
        The ways to hedge in the order given, schedules first; without any all the usual ones.

    Raises
    ------
    HedgerowError
        If dates, data and options do not fit together, or a number is out of range.

    Examples
    --------
    >>> import hedgerow as hr
    >>> result = hr.scalp(hr.load("builtin"), hr.Straddle(tenor="30d"), every=[1, 5], band=0.1,
    ...                   start="2019-01-02", end="2019-12-31")
    >>> result.frame().index.tolist()
    ['every 1', 'every 5', 'band 0.1']
    >>> year = result.frame("every 1", by="year").loc["2019"]
    >>> bool(abs(year[["delta", "gamma", "theta", "vega", "residual", "hedge_costs",
    ...                "option_costs", "financing"]].sum() - year["pnl"]) < 1e-6)
    True
    """
    check_market(market)
    if costs is not None and not isinstance(costs, Costs):
        raise refused(RangeError, costs, "costs", "write hr.Costs()")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf:
        raise RangeError(f"{shown(value)} is not an amount", where="value", mend="give USD")
    if every is None and band is None and aversion is None:
        every, band, aversion = EVERY, BANDS, AVERSIONS
    rules = [Rule(every=n) for n in _listed(every, "every")]
    for width in _listed(band, "band"):
        if not 0.0 < width < 1.0:
            raise RangeError(
                f"{width} is no band",
                where="band",
                mend="give a delta such as 0.1, under 1",
            )
        rules.append(Rule(width=width, edge=bool(edge)))
    rules += [Rule(aversion=a, edge=True) for a in _listed(aversion, "aversion")]
    if edge and band is None:
        raise RangeError("there is no band", where="edge", mend="give a band, or leave edge out")
    names = [rule.name for rule in rules]
    for name in names:
        if names.count(name) > 1:
            raise RangeError(f"'{name}' is given twice", where="ways", mend="remove one")
    options = hedge or Straddle(tenor="30d")
    exposure = expose(
        options,
        market,
        value=float(value),
        costs=costs,
        start=day(start, "start"),
        end=day(end, "end"),
        same_bar=same_bar,
    )
    days = exposure.times.astype("datetime64[D]")
    if len(days) < WINDOW or days[0].astype("datetime64[M]") == days[-1].astype("datetime64[M]"):
        raise RangeError(
            f"{len(days)} sessions are too few to tell a month's risk",
            where="start, end",
            mend="choose two months or more",
        )
    share = modelled_share(market, "vix", (str(days[0]), str(days[-1])))
    return ScalpResult(hedged(exposure, rules), options.name, vix_modelled=share, source=source)


def _listed(given: Any, where: str) -> list[Any]:
    """Return one number, several or none as a list of plain numbers."""
    if given is None:
        return []
    if isinstance(given, int | float | np.generic):
        given = [given]
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        raise RangeError(f"{shown(given)} is not a number", where=where, mend="give numbers")
    made = [n.item() if isinstance(n, np.generic) else n for n in given]
    for n in made:
        if isinstance(n, bool) or not isinstance(n, int | float) or not np.isfinite(n):
            raise RangeError(f"{shown(n)} is not a number", where=where, mend="give numbers")
    return made
