"""What users call to stress: a policy on many simulated paths, and today's book under shocks."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import Answer, check, day, path_to, plain, shown
from hedgerow.core.market import Day, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import RangeError
from hedgerow.files import save
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.simulate.paths import PathModel

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.research.stress.book import BookGrid
    from hedgerow.research.stress.job import Terms
    from hedgerow.research.stress.replaying import PathRun
    from hedgerow.research.stress.study import Stress, Worst


class StressResult(Answer):
    """A policy on simulated paths beside no hedge, the fixed one, one of equal cost, less equity.

    ``print(result)`` shows the answer; :meth:`worst` lists the worst paths, :meth:`path` plays one
    again, :meth:`book` shocks today's book; :meth:`frame` gives every path, :meth:`report` writes
    a page, :meth:`to_dict` everything as plain values.
    """

    def __init__(self, found: Stress, today: Market) -> None:
        self.found, self._today = found, today

    def __str__(self) -> str:
        from hedgerow.report.stress import summarise

        return summarise(self.found)

    def __repr__(self) -> str:
        return f"{self.found!r}; print() for more"

    def frame(self) -> pd.DataFrame:
        """Return one row per path.

        Returns
        -------
        DataFrame
            ``strategy.figure`` of :func:`hedgerow.research.stress.measuring.measures`, with
            ``index_fall``, ``index_return`` and ``vix_peak``; indexed by the path's number.
        """
        import pandas as pd

        rows = pd.RangeIndex(len(self.found), name="path")
        return pd.DataFrame(dict(self.found.columns), index=rows)

    def worst(self, count: int = 5) -> list[Worst]:
        """Return the worst paths: by NAV, by dynamic less static, by drawdown."""
        return self.found.worst(count)

    def path(self, number: int) -> PathResult:
        """Play one path again, bar by bar: the same numbers, bit for bit.

        Raises
        ------
        RangeError
            If there is no such path.
        """
        from hedgerow.research.stress.replaying import replay

        return PathResult(replay(self.found.job, number))

    @cached_property
    def _book(self) -> BookResult:
        from hedgerow.research.stress.book import answer_of, book_at, grid

        terms = self.found.terms
        given = terms.sleeve, terms.portfolio, terms.costs
        held = book_at(self.found.policy, self._today, *given)
        return BookResult(grid(held, *given, answer_of(terms.scenario.paths)))

    def book(self) -> BookResult:
        """Return today's book over moves of index, VIX and time, the hedge as held today.

        Raises
        ------
        HedgerowError
            If policy, sleeve and data do not fit together.
        """
        return self._book

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        from hedgerow.report.stress_page import write

        return write(self.found, self._book.found, path_to(path, "stress.html"), __version__)

    def to_dict(self) -> dict[str, Any]:
        """Return every number as plain values; NaN becomes None."""
        from hedgerow.report.stress import to_dict

        made: dict[str, Any] = plain({"version": __version__, **to_dict(self.found)})
        return made


class PathResult(Answer):
    """One path of a stress; ``print`` tells it, :meth:`frame` gives every bar."""

    def __init__(self, run: PathRun) -> None:
        self.run = run

    def __str__(self) -> str:
        from hedgerow.report.stress_path import summarise

        return summarise(self.run)

    def __repr__(self) -> str:
        return f"{self.run!r}; print() for more"

    @property
    def market(self) -> Market:
        """The path as a market, the history that warms signals up before it."""
        return self.run.market

    def frame(self) -> pd.DataFrame:
        """Return one row per session: ``spx``, ``vix`` and ``strategy.column``.

        Returns
        -------
        DataFrame
            Columns of :class:`hedgerow.research.stress.playing.Played`; indexed by date.
        """
        import pandas as pd

        made = {name: self.run.column(name) for name in ("spx", "vix")}
        for name, played in self.run.played.items():
            made |= {f"{name}.{field}": column for field, column in played._asdict().items()}
        return pd.DataFrame(made, index=pd.DatetimeIndex(self.run.dates, name="date"))

    def picture(self, path: str | Path) -> Path:
        """Write NAV, VIX, intensity and hedge P&L as one SVG file, and return its path.

        Raises
        ------
        RangeError
            If it cannot be written.
        """
        from hedgerow.report.stress_path import picture

        return save(path_to(path, "path.svg"), picture(self.run), "the picture")

    def save(self, folder: str | Path) -> Path:
        """Write the path as a folder that :func:`hedgerow.load` reads, and return the folder.

        Raises
        ------
        RangeError
            If a file cannot be written.
        """
        return self.run.save(path_to(folder, "path"))

    def to_dict(self) -> dict[str, Any]:
        """Return the path as plain values."""
        run = self.run
        made: dict[str, Any] = plain(
            {
                "path": run.path,
                "dates": [str(day) for day in run.dates],
                "spx": run.column("spx").tolist(),
                "vix": run.column("vix").tolist(),
                "strategies": {
                    name: {field: column.tolist() for field, column in each._asdict().items()}
                    for name, each in run.played.items()
                },
            }
        )
        return made


class BookResult(Answer):
    """A book over moves of index, VIX and time; ``print`` shows the tables."""

    def __init__(self, found: BookGrid) -> None:
        self.found = found

    def __str__(self) -> str:
        from hedgerow.report.stress_book import summarise

        return summarise(self.found)

    def __repr__(self) -> str:
        return f"<Book of {self.found.held.market.dates[-1]} under shocks; print() for more>"

    def frame(self) -> pd.DataFrame:
        """Return one row per cell: ``days``, ``shock``, ``spot``, ``vix`` and P&L, USD."""
        import pandas as pd

        found = self.found
        rows = [
            {
                "days": found.days[i],
                "shock": found.shocks[j].name,
                "spot": found.spots[k],
                "vix": float(found.vix[j, k]),
                "portfolio": float(found.portfolio[i, j, k]),
                "hedge": float(found.hedge[i, j, k]),
                "both": float(found.both[i, j, k]),
            }
            for i in range(len(found.days))
            for j in range(len(found.shocks))
            for k in range(len(found.spots))
        ]
        return pd.DataFrame(rows)

    def picture(self, path: str | Path) -> Path:
        """Write the heat maps as one SVG file, and return its path.

        Raises
        ------
        RangeError
            If it cannot be written.
        """
        from hedgerow.report.stress_book import picture

        return save(path_to(path, "book.svg"), picture(self.found), "the picture")

    def to_dict(self) -> dict[str, Any]:
        """Return every cell as plain values."""
        from hedgerow.report.stress_book import to_dict

        made: dict[str, Any] = plain(to_dict(self.found))
        return made


def stress(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    *,
    model: str | PathModel = "regimes",
    paths: int | None = None,
    sessions: int | None = None,
    seed: int = 0,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    start_vix: float | None = None,
    moments: bool = True,
    progress: Callable[[int], None] | None = None,
) -> StressResult:
    """Play a policy over simulated paths that go on from the state of a day.

    Parameters
    ----------
    policy, hedge
        When to hedge how much, with what.
    market
        What the model is fitted to, and the history that warms signals up.
    model
        A name (``"regimes"``, ``"bates"``, ``"bootstrap"``, ``"replay:2008"``, ``"flash"``,
        ``"grind"``), or a model of one's own; a made fall begins earlier or later on each path.
    paths, sessions
        1,000 of 252 by default; a replay is one path of its own length.
    seed
        Equal seeds give equal paths.
    portfolio, costs
        As for :func:`hedgerow.backtest`.
    start
        The day that paths go on from; the last of the market by default.  The model is fitted to
        all of the market all the same.
    start_vix
        VIX of that day, points, in place of the market's.
    moments
        Whether to set the moments of a fitted model beside those of its history; takes seconds.
    progress
        Called with the number of paths just done; all are played twice.

    Raises
    ------
    HedgerowError
        If something is of the wrong kind or out of range, or cannot be run together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> policy = hr.Policy([hr.Linear("vix", low=12, high=22)], [hr.Level("vix")], name="linear")
    >>> found = hr.stress(
    ...     policy, hr.load("builtin", start="2017-01-03"), hr.Put(), model="grind", paths=20
    ... )
    >>> found.found.her("dynamic").value > 0.0, len(found.frame()), found.worst(1)[0].by
    (True, 20, 'nav')
    """
    made = scene(
        policy,
        market,
        hedge,
        model=model,
        paths=paths,
        sessions=sessions,
        seed=seed,
        portfolio=portfolio,
        costs=costs,
        start=start,
        start_vix=start_vix,
    )
    return made.play(moments=moments, progress=progress)


class Scene:
    """Paths that are ready to be played: `scene` makes one."""

    def __init__(self, policy: Policy, terms: Terms, market: Market, today: Market) -> None:
        self._policy, self._terms, self._market, self._today = policy, terms, market, today

    def __len__(self) -> int:
        return len(self._terms.scenario)

    def path(self, number: int) -> PathResult:
        """Play one path: what it is among all of them, bit for bit.

        Raises
        ------
        RangeError
            If there is no such path.
        """
        from hedgerow.research.stress.replaying import replay
        from hedgerow.research.stress.study import main_job

        return PathResult(replay(main_job(self._policy, self._terms), number))

    def play(
        self, *, moments: bool = True, progress: Callable[[int], None] | None = None
    ) -> StressResult:
        """Play all paths; see `stress`."""
        from hedgerow.research.stress.study import fit_of
        from hedgerow.research.stress.study import stress as play

        market, terms = self._market, self._terms
        fit = fit_of(terms, market) if moments else None
        span = str(market.dates[0]), str(market.dates[-1])
        found = play(self._policy, terms, fitted_to=span, fit=fit, progress=progress)
        _count(found, market)
        return StressResult(found, self._today)


def scene(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    *,
    model: str | PathModel = "regimes",
    paths: int | None = None,
    sessions: int | None = None,
    seed: int = 0,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    start: Day | None = None,
    start_vix: float | None = None,
) -> Scene:
    """Fit the model and lay the paths out, without playing them.

    Parameters and errors are those of `stress`.
    """
    from hedgerow.research.stress.job import Terms
    from hedgerow.research.stress.scenario import Scenario, state_of, stressing, usual

    check(policy, market, hedge, portfolio, costs)
    begin = day(start, "start")
    made = stressing(_model(model, market))
    many, long = usual(made)
    today = state_of(market, begin, vix=_number(start_vix, "start_vix"))
    scenario = Scenario.of(
        made,
        today,
        many if paths is None else paths,
        long if sessions is None else sessions,
        seed=seed,
        lookback=policy.lookback,
    )
    terms = Terms(scenario, hedge, portfolio or Equity(), costs or Costs())
    return Scene(policy, terms, market, today)


def stress_book(
    policy: Policy,
    market: Market,
    hedge: Sleeve,
    *,
    model: str | PathModel = "regimes",
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    date: Day | None = None,
    start_vix: float | None = None,
) -> BookResult:
    """Price today's book anew over moves of index, VIX and time.

    Parameters
    ----------
    policy, market, hedge, portfolio, costs
        As for :func:`stress`; the hedge is what the policy held at the close, the portfolio is
        worth its value there.
    model
        Whose VIX answers the index in the rows "with the index".
    date
        A session, or the one before it; the last one by default.
    start_vix
        As for :func:`stress`.

    Raises
    ------
    HedgerowError
        If something is of the wrong kind or cannot be run together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> policy = hr.Policy([hr.Linear("vix", low=12, high=22)], [hr.Level("vix")])
    >>> found = stress_book(policy, hr.load("builtin", start="2017-01-03"), hr.Put(), model="flash")
    >>> frame = found.frame().set_index(["days", "shock", "spot"])
    >>> bool(frame.loc[(0, "unchanged", -0.4), "hedge"] > 0.0)
    True
    """
    from hedgerow.research.stress.book import answer_of, book_at, grid
    from hedgerow.research.stress.scenario import state_of, stressing, usual
    from hedgerow.simulate.paths import Start

    check(policy, market, hedge, portfolio, costs)
    made = stressing(_model(model, market))
    today = state_of(market, day(date, "date"), vix=_number(start_vix, "start_vix"))
    given = hedge, portfolio or Equity(), costs or Costs()
    held = book_at(policy, today, *given)
    many, long = usual(made)
    answer = answer_of(made.paths(min(many, 256), long, 0, Start.of(today)))
    return BookResult(grid(held, *given, answer))


def _model(model: Any, market: Market) -> PathModel:
    from hedgerow.simulate.named import model_named

    if isinstance(model, PathModel):
        return model
    if not isinstance(model, str):
        raise RangeError(
            f"{shown(model)} is not a model",
            where="model",
            mend='write "regimes", or give a model such as RegimeModel.fit(market)',
        )
    return model_named(model, market)


def _number(value: Any, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RangeError(f"{shown(value)} is not a number", where=where, mend="give points")
    return float(value)


def _count(found: Stress, market: Market) -> None:
    """Enter the run in the trial register: a policy could be chosen by it.

    Its Sharpe ratio is one of simulated paths, which is none of the data's: it has none.
    """
    from hedgerow.api.counting import enter, trial
    from hedgerow.engine.run import prepare

    terms = found.terms
    ground = prepare(
        market, terms.sleeve, terms.portfolio, costs=terms.costs, lookback=found.policy.lookback
    )
    enter([trial("stress", found.policy, ground, terms.sleeve, terms.costs, [math.nan])])
