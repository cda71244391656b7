"""What users call to run a hedge day by day: monitor, and the result that answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import check_market, plain, refused
from hedgerow.core.market import Day, Market
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program import Line, Program
from hedgerow.errors import PolicyError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.report.formats import NOT_ADVICE, columns, number

if TYPE_CHECKING:
    from hedgerow.live.beginning import Asked
    from hedgerow.live.monitor import Round
    from hedgerow.live.session import Stepped


class MonitorResult:
    """What a monitor has done.

    ``print(result)`` shows the sessions, :meth:`to_dict` gives them as plain values.

    Parameters
    ----------
    book, run
        Where, and under which name.
    found
        The sessions.

    Attributes
    ----------
    done, left
        Sessions that were decided, and those that were refused or waited for.
    """

    def __init__(self, book: str, run: str, found: Round) -> None:
        self.book, self.run = book, run
        self.done, self.left = found.done, found.left

    def __str__(self) -> str:
        if not self.done and not self.left:
            return f"{self.book}, run {self.run}: nothing is due\n{NOT_ADVICE}"
        rows = [["Session", "VIX", "NAV", "", "Lines", "Orders"]]
        rows += [_row(each) for each in (*self.done, *self.left)]
        table = columns(rows, right=(1, 2))
        return f"{self.book}, run {self.run}\n{table}\n{NOT_ADVICE}"

    def __repr__(self) -> str:
        return (
            f"<MonitorResult of {self.book}, run {self.run}: {len(self.done)} sessions decided, "
            f"{len(self.left)} not; print() for more>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the sessions as plain values; NaN becomes None."""
        made: dict[str, Any] = plain(
            {
                "book": self.book,
                "run": self.run,
                "done": [each.to_dict() for each in self.done],
                "left": [each.to_dict() for each in self.left],
                "notice": NOT_ADVICE,
            }
        )
        return made


def told(stepped: Stepped) -> str:
    """Return a session in a line."""
    return "  ".join(cell for cell in _row(stepped) if cell)


def _row(stepped: Stepped) -> list[str]:
    if stepped.state in ("refused", "waiting"):
        return [stepped.session, "", "", stepped.state, "; ".join(stepped.findings), ""]
    lines = []
    for name, line in stepped.lines.items():
        steps = " → ".join(number(float(x)) for x in line["trace"].values())
        lines.append(f"{name}: {steps}, wanted {line.get('wanted', 0.0):,.6g}")
    orders = len(stepped.orders)
    return [
        stepped.session,
        f"VIX {stepped.vix:.2f}",
        f"NAV {stepped.nav:,.0f}",
        stepped.state,
        "; ".join(lines),
        f"{orders} order{'s' * (orders != 1)} proposed" if orders else "no order",
    ]


def monitor(
    hedge: Policy | Program | None,
    book: str | Path,
    *,
    sleeve: Sleeve | None = None,
    portfolio: Equity | None = None,
    costs: Costs | None = None,
    settings: str = "",
    source: str | None = None,
    place: str | None = None,
    market: Market | None = None,
    start: Day | None = None,
    end: Day | None = None,
    run: str = "live",
    speed: float | None = None,
    once: bool = True,
    progress: Callable[[Stepped], object] | None = None,
) -> MonitorResult:
    """Run a hedge session by session: decide, propose orders, and keep all of it in a book.

    Parameters
    ----------
    hedge
        A policy or a program; None to go on with what the book keeps.
    book
        A file that ends in ``.db``, or the address of a PostgreSQL database.
    sleeve, portfolio, costs
        Of a policy: what it hedges with (a put by default), what, and what trading costs.
    settings
        TOML of the desk's settings (docs/monitor.md); empty: those of the book.
    source, place
        Kind and place of the source, whatever the settings say.
    market, start, end
        With a market, that stretch of it is replayed, in the time of the sessions themselves.
    run
        Name of the run in the book.
    speed
        Of a replay, sessions a second; None: as fast as it goes.
    once
        Do what is due and return; False: go on until it is stopped.
    progress
        Called with each session.

    Raises
    ------
    HedgerowError
        If hedge, book, settings or source do not fit together, or another monitor is at work.

    Examples
    --------
    >>> import tempfile
    >>> import hedgerow as hr
    >>> policy = hr.Policy(signals=[hr.Level("vix")], steps=[hr.Linear("vix", low=12, high=22)])
    >>> made = monitor(
    ...     policy,
    ...     tempfile.mkdtemp() + "/book.db",
    ...     settings="approval.required = false",
    ...     market=hr.load("builtin", start="2019-01-02"),
    ...     start="2020-02-24",
    ...     end="2020-02-26",
    ... )
    >>> [(each.session, each.state) for each in made.done]
    [('2020-02-24', 'decided'), ('2020-02-25', 'decided'), ('2020-02-26', 'decided')]
    """
    asked = None if hedge is None else _asked(hedge, sleeve, portfolio, costs)
    return watch(
        asked,
        book,
        settings=settings or None,
        source=source,
        place=place,
        market=market,
        start=start,
        end=end,
        run=run,
        speed=speed,
        once=once,
        progress=progress,
    )


def watch(
    asked: Asked | None,
    book: str | Path,
    *,
    settings: str | None,
    source: str | None,
    place: str | None,
    market: Market | None,
    start: Day | None,
    end: Day | None,
    run: str,
    speed: float | None,
    once: bool,
    progress: Callable[[Stepped], object] | None,
    warn: Callable[[str], object] | None = None,
    stop: threading.Event | None = None,
    log: str | None = None,
    metrics: int | None = None,
) -> MonitorResult:
    """Run what was asked for; see :func:`monitor`.

    Parameters
    ----------
    warn
        Called with a sentence when something went wrong that is tried again.
    stop
        Ends it.
    log
        A file to which a line is written for each session, order and fault, or ``-`` for stderr.
    metrics
        Port of this machine at which Prometheus may ask.
    """
    from hedgerow.api import day
    from hedgerow.api.counting import count_walk
    from hedgerow.live.beginning import assembled
    from hedgerow.live.clock import Hand, wall
    from hedgerow.live.keeping.alerts import Alerts
    from hedgerow.live.keeping.logs import log_to
    from hedgerow.live.keeping.metrics import serving
    from hedgerow.live.monitor import Monitor, Round
    from hedgerow.live.sources.replay import Replay
    from hedgerow.live.upkeep import Upkeep

    if speed is not None and not speed > 0.0:
        raise RangeError(f"{speed} is not a speed", where="speed", mend="give sessions a second")
    replay, clock = None, wall
    if market is not None:
        check_market(market)
        first, last = day(start, "start"), day(end, "end")
        replay = Replay(market, first or str(market.dates[0]), last or str(market.dates[-1]))
        source, clock = "replay", Hand()
    cycle = assembled(
        book,
        run,
        asked,
        settings=settings,
        source=source,
        source_place=place,
        replay=replay,
        clock=clock,
        version=__version__,
    )
    seen: dict[str, Stepped] = {}

    def tell(stepped: Stepped) -> None:
        seen[stepped.session] = stepped
        upkeep.session(stepped)
        if progress is not None:
            progress(stepped)

    def fault(what: str) -> None:
        upkeep.fault(what)
        if warn is not None:
            warn(what)

    with closing(cycle.journal), closing(cycle):
        upkeep = Upkeep(
            cycle,
            alerts=Alerts(cycle.store, cycle.journal),
            log=None if log is None else log_to(log),
            counted=count_walk,
        )
        made = Monitor(cycle, told=tell, warn=fault, chores=(upkeep.duties,), news=upkeep.news)
        with closing(upkeep), serving(cycle.store, cycle.journal, cycle.clock, metrics):
            if isinstance(cycle.source, Replay) and isinstance(clock, Hand):
                found = made.replay(cycle.source, clock, speed=speed, stop=stop)
            elif once:
                found = made.once()
            else:
                made.run(stop)
                found = Round(*_parted(list(seen.values())))
    return MonitorResult(str(cycle.store.where), run, found)


def _parted(seen: Sequence[Stepped]) -> tuple[tuple[Stepped, ...], tuple[Stepped, ...]]:
    done = tuple(each for each in seen if each.state in ("decided", "known"))
    return done, tuple(each for each in seen if each not in done)


def _asked(
    hedge: Policy | Program,
    sleeve: Sleeve | None,
    portfolio: Equity | None,
    costs: Costs | None,
) -> Asked:
    from hedgerow.instruments.options import Put
    from hedgerow.live.beginning import Asked

    if isinstance(hedge, Program):
        given = {"sleeve": sleeve, "portfolio": portfolio, "costs": costs}
        for name, value in given.items():
            if value is not None:
                raise PolicyError(
                    "a program has its own", where=name, mend="write it into the program"
                )
        return Asked.of(hedge)
    if not isinstance(hedge, Policy):
        raise refused(PolicyError, hedge, "hedge", "write hr.Policy(…) or hr.Program(…)")
    program = Program(
        [Line(hedge.name, sleeve or Put(), hedge)],
        name=hedge.name,
        portfolio=portfolio or Equity(),
        costs=costs or Costs(),
    )
    return Asked.of(program)
