"""What users call to stress: a policy on many simulated paths, and today's book under shocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hedgerow.api import check, day, shown
from hedgerow.api.stress_results import BookResult, PathResult, StressResult
from hedgerow.core.market import Day, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.simulate.paths import PathModel

if TYPE_CHECKING:
    from hedgerow.research.stress.job import Terms
    from hedgerow.research.stress.study import Stress


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
    workers: int | None = None,
    cluster: str | None = None,
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
    workers, cluster
        Processes of this machine, or the address of a running Dask cluster, to play the paths on;
        no number depends on it.
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
    ...     policy, hr.load("builtin", start="2017-01-03"), hr.Put(), model="flash", paths=20
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
    return made.play(moments=moments, workers=workers, cluster=cluster, progress=progress)


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
        self,
        *,
        moments: bool = True,
        workers: int | None = None,
        cluster: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> StressResult:
        """Play all paths; see `stress`."""
        from hedgerow.research.scaling.crews import crew_of
        from hedgerow.research.stress.study import fit_of
        from hedgerow.research.stress.study import stress as play

        market, terms, crew = self._market, self._terms, crew_of(workers, cluster)
        fit = fit_of(terms, market) if moments else None
        span = str(market.dates[0]), str(market.dates[-1])
        found = play(self._policy, terms, fitted_to=span, fit=fit, crew=crew, progress=progress)
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
    if many == 1 and paths is not None and paths > 1:
        raise RangeError(
            f"{paths} paths of a replay are all the same one",
            where="paths",
            mend="leave the number out, or choose a model",
        )
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

    The trial is the policy's backtest on the data: the Sharpe ratio of simulated paths is none of
    the data's.
    """
    from hedgerow.api.counting import count_policy
    from hedgerow.engine.run import play, prepare

    terms = found.terms
    ground = prepare(
        market, terms.sleeve, terms.portfolio, costs=terms.costs, lookback=found.policy.lookback
    )
    track = play("dynamic", found.policy, ground)
    count_policy("stress", found.policy, ground, terms.sleeve, terms.costs, track)
