"""What users call: load, backtest, and the result that answers."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api.judging import Judged
from hedgerow.core.market import Day, Market, session_date
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import HedgerowError, PolicyError, RangeError, SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.report.formats import NOT_ADVICE

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.data import QualityReport
    from hedgerow.report.explain import Explanation
    from hedgerow.research.claims.resampling import Estimate
    from hedgerow.research.comparison import Comparison
    from hedgerow.research.overfit.luck import Luck
    from hedgerow.research.overfit.superior import Benchmark, Superiority


def load(
    source: str | Path = "builtin", *, start: Day | None = None, end: Day | None = None
) -> Market:
    """Load a market.

    Parameters
    ----------
    source
        ``"builtin"`` (offline, partly modelled and labelled so), ``"auto"`` (the user's
        fetched data where there are some), or a folder of vendor files.
    start, end
        First and last date, both included: ``"2018-01-02"``, or dates of Python, NumPy or
        pandas.

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

    if not isinstance(source, str | os.PathLike):
        raise RangeError(
            f"{shown(source)} is not a source",
            where="source",
            mend='write "builtin", "auto" or the path of a folder',
        )
    return data.load(source, start=day(start, "start"), end=day(end, "end")).market


def load_policy(path: str | Path) -> Policy:
    """Read a policy file, as ``hedgerow policy new`` writes it.

    Raises
    ------
    PolicyError
        If the file is missing, unreadable or wrong; names file and field.
    """
    from hedgerow.policies.files import read

    if not isinstance(path, str | os.PathLike):
        raise PolicyError(
            f"{shown(path)} is not a path", where="path", mend='write one such as "policy.toml"'
        )
    return read(path)


def quality(source: str | Path = "builtin") -> QualityReport:
    """Return what was found wrong with the files of a source, and what was done about it."""
    from hedgerow import data

    return data.load(source).quality


class Answer:
    """What the results of studies share: a notebook shows the text that ``print`` shows."""

    def _repr_html_(self) -> str:
        """Return the answer as text, for notebooks."""
        return f"<pre>{escape(str(self))}</pre>"


class Result(Judged):
    """A finished backtest: unhedged, static and dynamic on the same stretch.

    ``print(result)`` shows the answer; :meth:`explain` tells why on any date; :meth:`report`
    writes a page; :meth:`to_dict` gives everything as plain values, :meth:`frame` the days.
    :attr:`luck`, :meth:`superior` and :meth:`intervals` tell how much of it is chance,
    :meth:`judge` whether what it claims may be believed.
    """

    found: Comparison

    def __str__(self) -> str:
        from hedgerow.report.summary import summarise

        return summarise(self.found, self._judged)

    def __repr__(self) -> str:
        found = self.found
        span, made = found.periods["test"], found.strategies["test"]
        cost, fixed = (made[name]["hedge_cost_per_year"] for name in ("dynamic", "static"))
        return (
            f"<Result of {found.policy.name} with {found.sleeve.name}, {span['from']} … "
            f"{span['to']}: hedge cost {cost:.2%} a year, {fixed:.2%} if static; print() for more>"
        )

    def _repr_html_(self) -> str:
        """Return the answer as a small table, for notebooks."""
        from hedgerow.report.summary import ROWS

        found = self.found
        span, made = found.periods["test"], found.strategies["test"]
        head = "".join(f"<th>{escape(name)}</th>" for name in ("", *made))
        rows = []
        for title, key, show in ROWS:
            numbers = [row.get(key) for row in made.values()]
            shown = ["" if n is None or math.isnan(n) else escape(show(n)) for n in numbers]
            cells = "".join(f'<td style="text-align:right">{text}</td>' for text in shown)
            rows.append(f"<tr><td>{escape(title)}</td>{cells}</tr>")
        title = f"{found.policy.name} with {found.sleeve.name}, {span['from']} … {span['to']}"
        return (
            f"<table><caption>{escape(title)}, out of sample. {NOT_ADVICE}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )

    def frame(self) -> pd.DataFrame:
        """Return the run day by day, one row per session.

        Returns
        -------
        DataFrame
            ``unhedged``, ``static`` and ``dynamic`` are NAVs, USD; ``x`` the intensity in
            force; ``vix`` in points (where the data have it); ``hedge_static`` and
            ``hedge_dynamic`` the hedge's P&L since the start, after costs, USD.
        """
        import pandas as pd

        found = self.found
        tracks, market = found.tracks, found.ground.market
        columns = {name: track["nav"] for name, track in tracks.items()}
        columns["x"] = tracks["dynamic"]["x"]
        if "vix" in market:
            columns["vix"] = market["vix"][found.ground.first :]
        for name in ("static", "dynamic"):
            columns[f"hedge_{name}"] = tracks[name]["hedge"]
        return pd.DataFrame(columns, index=pd.DatetimeIndex(tracks["dynamic"].times, name="date"))

    def explain(self, date: str) -> Explanation:
        """Return the decision at the close of ``date`` (or the last session before it)."""
        from hedgerow.report.explain import explain

        if not isinstance(date, str):
            raise RangeError(
                f"{shown(date)} is not a date", where="date", mend='write "YYYY-MM-DD" in quotes'
            )
        return explain(self.found.policy, self.found.tracks["dynamic"], date)

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline, and return its path."""
        from hedgerow.report.page import write

        return write(self.found, path_to(path, "report.html"), self.verdict)

    def _backtest(self) -> Comparison:
        """Return the run with its trials counted anew: what was tried since is on record too."""
        from hedgerow.api.counting import count_runs

        found = self.found
        if found.luck is None or not found.luck.counted:
            return found
        (again,) = count_runs([found])  # on record already: nothing is added
        return again if again.luck is not None and again.luck.counted else found

    @property
    def luck(self) -> Luck | None:
        """The Sharpe ratio over the whole run against all trials on the same data (spec D7)."""
        return self.found.luck

    def superior(
        self, benchmark: Benchmark = "divest", *, resamples: int = 1_000, seed: int = 0
    ) -> Superiority:
        """Test the policy against ``divest``, ``static`` or ``unhedged`` (SPA, StepM; spec D7)."""
        from hedgerow.research.overfit.superior import against

        found = {self.found.policy.name: self.found}
        return against(found, benchmark, resamples=resamples, seed=seed)

    def intervals(self, *, resamples: int = 1_000, seed: int = 0) -> dict[str, Estimate | None]:
        """Return saving, HER and Sharpe with their 90 % bootstrap intervals (spec D7)."""
        from hedgerow.research.overfit.intervals import intervals

        return intervals(self.found, resamples=resamples, seed=seed)

    def to_dict(self) -> dict[str, Any]:
        """Return every number of the result as plain values; NaN becomes None."""
        return self._with_verdict(self._plain)

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
                "findings": found.findings,
            },
            "periods": found.periods,
            "strategies": found.strategies,
            "saving": found.saving,
            "matched": found.matched,
            "divest": found.divest,
            "crises": found.crises,
            "calm": found.calm,
            "her": found.her,
            "triggers": found.triggers,
            "flags": [flag._asdict() for flag in found.flags],
            "lookahead": [verdict._asdict() for verdict in found.lookahead],
            "luck": found.luck.to_dict() if found.luck else None,
            "assumptions": found.assumptions,
            "tracks": {name: track.digest() for name, track in found.tracks.items()},
            "notice": NOT_ADVICE,
        }
        clean: dict[str, Any] = plain(made)
        return clean


def plain(value: Any) -> Any:
    """Return a value made of dicts, lists and numbers; what is not finite becomes None."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def check(policy: Any, market: Any, hedge: Any, portfolio: Any, costs: Any) -> None:
    """Refuse what cannot be run, each with the words that would be right."""
    if not isinstance(policy, Policy):
        file = isinstance(policy, str | os.PathLike)
        call = f"hr.load_policy({str(policy)!r})" if file else "hr.Policy(steps=[…])"
        raise refused(PolicyError, policy, "policy", f"write {call}")
    check_market(market)
    check_hedge(hedge)
    check_terms(portfolio, costs)


def check_hedge(hedge: Any) -> None:
    """Refuse what is no sleeve, with the words that would be right."""
    if isinstance(hedge, type) or not callable(getattr(hedge, "strip", None)) or _texty(hedge):
        call = f"hr.{hedge.__name__}()" if isinstance(hedge, type) else "hr.Put() or another sleeve"
        raise refused(SleeveError, hedge, "hedge", f"write {call}")


def check_terms(portfolio: Any, costs: Any) -> None:
    """Refuse what is no portfolio or no costs, with the words that would be right."""
    if not isinstance(portfolio, Equity | None):
        number = isinstance(portfolio, int | float) and not isinstance(portfolio, bool)
        call = f"hr.Equity({portfolio:_.0f})" if number else "hr.Equity(10_000_000)"
        raise refused(RangeError, portfolio, "portfolio", f"write {call}")
    if not isinstance(costs, Costs | None):
        call = "leave it out for the usual costs, or write hr.Costs.none() for none"
        raise refused(SleeveError, costs, "costs", call)


def check_market(market: Any) -> None:
    """Refuse what is no market, with the words that would be right."""
    if not isinstance(market, Market):
        call = 'hr.load("builtin") or hr.load("path/to/files")'
        if isinstance(market, str | os.PathLike):
            call = f"hr.load({str(market)!r})"
        elif hasattr(market, "columns") and hasattr(market, "index"):
            call = 'hr.Market(frame.index, {"spx": frame["spx"], "vix": frame["vix"]})'
        raise refused(RangeError, market, "market", f"write {call}")


def _texty(value: Any) -> bool:
    # a text has a method called strip too
    return isinstance(value, str | bytes)


def refused(kind: type[HedgerowError], value: Any, where: str, mend: str) -> HedgerowError:
    """Return the error of an argument of the wrong kind."""
    noun = {"hedge": "sleeve", "costs": "Costs"}.get(where, where)
    what = f"{shown(value)} is not {noun if where == 'costs' else f'a {noun}'}"
    return kind(what, where=where, mend=mend)


def path_to(path: Any, usual: str) -> Path:
    """Return where a file shall be written, and refuse what is no path."""
    if not isinstance(path, str | os.PathLike):
        raise RangeError(f"{shown(path)} is not a path", where="path", mend=f'write "{usual}"')
    return Path(path)


def day(value: Day | None, where: str) -> str | None:
    """Return a date as ``YYYY-MM-DD``, None for none, and refuse what is no date by its name."""
    return None if value is None else str(session_date(value, where))


def shown(value: Any) -> str:
    """Return a wrong argument in words, in one short line."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if value is None or isinstance(value, str | int | float):
        return repr(value)
    return f"an object of type {type(value).__name__}"


def backtest(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    *,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    end: Day | None = None,
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
        What trading costs; None for the usual costs, ``Costs.none()`` switches them off.
    start, end
        Dates of the run, both included: ``"2018-01-02"``, or dates of Python, NumPy or pandas.
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
    from hedgerow.api.counting import count_runs
    from hedgerow.research.comparison import compare

    check(policy, market, hedge, portfolio, costs)
    if not isinstance(split, str):
        raise RangeError(
            f"{shown(split)} is not a split",
            where="split",
            mend='write "50/50" or the first date tested, "YYYY-MM-DD"',
        )
    found = compare(
        policy, market, hedge, portfolio or Equity(),
        costs=costs, start=day(start, "start"), end=day(end, "end"), parts=split,
        same_bar=same_bar, facts={"version": __version__, "source": source},
    )  # fmt: skip
    return Result(*count_runs([found]))
