"""What users call to hedge a short-volatility book: compare_hedges, plan_hedge."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hedgerow.api import check_market, check_terms, day, path_to, refused
from hedgerow.api.hedge_results import HedgeComparison, HedgePlan
from hedgerow.core.market import Day, Market
from hedgerow.data.chain_files import read_chain
from hedgerow.data.chain_fit import fit_chain
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.state import State
from hedgerow.shortvol.asymmetry.response import PRESETS, Response
from hedgerow.shortvol.structures.book import Book, read_book
from hedgerow.shortvol.structures.comparison import Comparison, compare
from hedgerow.shortvol.structures.ground import Ground, ground, structures
from hedgerow.shortvol.structures.hedges import HEDGES, Hedge, Terms, mixed, terms_of
from hedgerow.shortvol.structures.paths import History, history
from hedgerow.shortvol.structures.plan import Target, plan
from hedgerow.shortvol.structures.sizing import By, Sizing
from hedgerow.shortvol.structures.straddle import (
    SHORT,
    TENORS,
    Cap,
    as_hedge,
    low_gamma,
)

if TYPE_CHECKING:
    pass

STRADDLE = "low_gamma_straddle"


class _Asked(NamedTuple):
    book: Book
    at: Ground
    response: Any
    terms: Terms


def _asked(
    book: Any, market: Any, response: Any, date: Day | None, chain: Any, source: str,
    out: float, future: str,
) -> _Asked:  # fmt: skip
    if not isinstance(market, State):
        check_market(market)
    when = day(date, "date")
    quotes = None
    if chain is not None:
        read = read_chain(path_to(chain, "chain.csv"), date=when)
        quotes = fit_chain(read), read
    at_day = _day(market, when, quotes)
    held = book_from(book, at_day).on(at_day)
    terms = terms_of(held, at_day, future=future, out=out)
    ends = {terms.expiry, terms.contract.expiry} | {
        at_day + dt.timedelta(tenor) for tenor in (SHORT, *TENORS)
    }
    at = ground(held, market, date=when, source=source or None, chain=quotes, ends=ends)
    return _Asked(held, at, response_from(response), terms)


def _day(market: Market | State, when: str | None, quotes: Any) -> dt.date:
    if quotes is not None:
        found: dt.date = quotes[1].date
        return found
    if isinstance(market, State):
        return market.day
    row = market.index_of(when) if when else len(market) - 1
    made: dt.date = market.dates[row].item()
    return made


def book_from(book: Any, on: dt.date) -> Book:
    """Return a book, from one or from the file of one.

    Raises
    ------
    DataError
        If it is neither, or the file cannot be read; names file, row and column.
    """
    if isinstance(book, Book):
        return book
    if not isinstance(book, str | os.PathLike):
        raise refused(DataError, book, "book", 'write the path of a file, such as "book.csv"')
    return read_book(Path(book), on)


def response_from(given: Any) -> Any:
    """Return how volatility answers: from an object with ``shift``, a preset's name, or a file.

    Raises
    ------
    RangeError
        If it is none of these.
    """
    if hasattr(given, "shift"):
        return given
    if isinstance(given, str) and given in PRESETS:
        return Response.named(given)
    if isinstance(given, str | os.PathLike):
        return Response.from_toml(Path(given))
    raise refused(RangeError, given, "response", 'write "measured" or the path of a TOML file')


def compare_hedges(
    book: Book | str | Path,
    market: Market | State,
    *,
    response: Any = "measured",
    date: Day | None = None,
    chain: str | Path | None = None,
    hedges: Sequence[str | Hedge] | None = None,
    size: By = "stress",
    cover: float = 0.5,
    at_move: float = 0.05,
    units: float = 1.0,
    out: float = 0.04,
    future: str = "ES",
    moves: Sequence[float] | None = None,
    days: int = 0,
    cap: Cap | None = None,
    costs: Costs | None = None,
    bonds: Mapping[str, float] | None = None,
    past: bool = True,
    source: str = "",
) -> HedgeComparison:
    """Compare structures that hedge a short-volatility book (spec G2, G3, G5).

    Parameters
    ----------
    book
        Positions, or the CSV or TOML file of them.
    market
        History up to the day, or the state of the S&P 500 alone (then nothing is told of history).
    response
        ``"measured"``, ``"symmetric"``, a TOML file, or an object with ``shift``.
    date
        The day, ``"2024-02-14"``; the last of the data, or the chain's.
    chain
        File of quotes: forwards and volatilities of the S&P 500 are fitted to them.
    hedges
        Names of docs/shortvol.md, or `Hedge` objects; all and the low-gamma straddle by default.
    size, cover, at_move, units
        ``stress``: ``cover`` of the book's loss at a fall (or rise) of ``at_move`` under the
        response; ``delta``: of its delta there; ``contracts``: ``units`` of each.
    out, future
        How far options are struck from the forward, decimal; ``ES`` or ``MES``.
    moves, days
        Moves of the index, decimal; calendar days forward.
    cap
        Of the straddle.
    costs, bonds
        The usual ones by default; margin of a future, USD by root.
    past
        Whether history is looked at.
    source
        Where the data came from, for weekly VIX futures in the book.

    Returns
    -------
    HedgeComparison
        USD.
"""What users call to hedge a book of condors: hedge_condors, and the result that answers."""
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any
from hedgerow import __version__
from hedgerow.api import check_market, day, path_to, plain, refused, shown
from hedgerow.api.judging import Judged
from hedgerow.api.trading import load_program
from hedgerow.engine.program import Line, Program
from hedgerow.errors import PolicyError, RangeError, nearest
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.shortvol.beside.study import COVER, PARTS, Beside, study
from hedgerow.shortvol.beside.variants import ALONE, LAYERED
from hedgerow.shortvol.beside.worth import Worth, worth
    import pandas as pd
    from hedgerow.engine.ledger.store import Ledger
    from hedgerow.research.gate.evidence import Overfit
    from hedgerow.research.gate.judgement import Judgement
    from hedgerow.research.gate.programs import Traded
    from hedgerow.research.gate.thresholds import Thresholds
STATIC_SHARE = 0.65
"""Part of the book's vega that static VX takes out: within the 0.60 … 0.75 of H4."""
class HedgedResult(Judged):
    """A book of condors with and without its hedges.
    ``print(result)`` shows the answer; :meth:`frame` gives the days; :meth:`explain` a session;
    :meth:`report` writes a page; :meth:`to_dict` gives the figures as plain values;
    :meth:`judge` says whether they may be believed, :meth:`worth` whether the hedge pays.
    found
        The variants side by side.
    traded
        Each as the gate of programs takes it, by key.
    hedge
        Key of the hedge that is asked about.
    found: Beside
    def __init__(self, found: Beside, traded: dict[str, Traded], hedge: str) -> None:
        super().__init__(found)
        self.traded, self.hedge = traded, hedge
        self._worth: dict[tuple[str, str], Worth] = {}
    def worth(self, hedge: str | None = None, part: str = "out_of_sample") -> Worth:
        """Weigh a hedge against none, static VX, and fewer condors.
        Parameters
        ----------
        hedge
            Key of a variant; the one asked about by default.
        part
            ``whole``, ``in_sample`` or ``out_of_sample``.
        Raises
        ------
        RangeError
            If there is no such variant or part.
        """
        key = self._known(hedge or self.hedge)
        if part not in PARTS:
            raise RangeError(
                f"there is no part {shown(part)}", where="part", mend=nearest(str(part), PARTS)
            )
        if (key, part) not in self._worth:
            self._worth[key, part] = worth(self.found, key, part)
        return self._worth[key, part]
    def _asked(
        self, overfit: Overfit | None, thresholds: Thresholds | None, resamples: int
    ) -> Judgement:
        from hedgerow.shortvol.beside.judging import judge_hedge
        return judge_hedge(
            self.found, self.hedge, self.traded[self.hedge], self.worth(), thresholds,
            resamples=resamples,
        )  # fmt: skip
    def _answers(self) -> list[Worth]:
        return [self.worth(part=part) for part in ("out_of_sample", "whole")]
    def __str__(self) -> str:
        from hedgerow.report.hedged import told
        return told(self.found, self.hedge, self._answers(), self.verdict)
    def __repr__(self) -> str:
        made = self.found.alone.outcome
        return (
            f"<HedgedResult of {len(self.found.runs)} variants, {made.dates[0]} … "
            f"{made.dates[-1]}: {self.hedge} is {self.worth().word}; print() for more>"
        )
    def _repr_html_(self) -> str:
        """Return the answer as a small table, for notebooks."""
        from hedgerow.report.hedged import with_and_without
        head, *rows = with_and_without(self.found, self.hedge)
        cells = "".join(f"<th>{escape(name)}</th>" for name in head)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
        )
        return (
            f"<table><caption>{escape(repr(self)[1:-1])}. {NOT_ADVICE}</caption>"
            f"<thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
        )
    def frame(self, variant: str | None = None) -> pd.DataFrame:
        """Return the run day by day, one row per session.
        Parameters
        ----------
        variant
            Its key; None for NAV of all of them.
        Returns
        -------
        DataFrame
            Of all: NAV by key, USD.  Of one: ``nav``, ``earned`` (gain of the condors), ``pnl``
            (of the hedge), ``interest``, ``credit`` (premium collected), ``margin``, ``vega`` (of
            the hedge, USD per point), ``carry`` (cost of a day on which nothing moves), ``cost`` of
            trading the hedge, and the gain of each layer, USD.
        Raises
        ------
        RangeError
            If there is no such variant.
        """
        import pandas as pd
        times = pd.DatetimeIndex(self.found.alone.outcome.times, name="date")
        if variant is None:
            navs = {key: run.outcome.nav for key, run in self.found.runs.items()}
            return pd.DataFrame(navs, index=times)
        return pd.DataFrame(dict(self.found.runs[self._known(variant)].track.columns), index=times)
    def explain(self, date: Day, hedge: str | None = None) -> str:
        """Tell a session: what condors and hedge held and earned, and what was decided.
        Parameters
        ----------
        date
            A session, or the one before it is taken.
        hedge
            Key of a variant; the one asked about by default.
        Raises
        ------
        RangeError
            If the date lies outside the run, or there is no such variant.
        """
        from hedgerow.report.hedged import explained
        return explained(self.found, self._known(hedge or self.hedge), day(date, "date") or "")
    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline, and return its path."""
        from hedgerow.report.hedged_page import write
        return write(
            self.found, self.hedge, self._answers(), path_to(path, "hedged.html"),
            version=__version__, judged=self.verdict,
        )  # fmt: skip
    def to_dict(self) -> dict[str, Any]:
        """Return every figure as plain values; NaN becomes None."""
        from hedgerow.report.hedged import plain_figures
        made = plain_figures(self.found, self.hedge, self._answers())
        table: dict[str, Any] = plain({**made, "notice": NOT_ADVICE})
        return self._with_verdict(table)
    def _known(self, key: str) -> str:
        if key not in self.found.runs:
            raise RangeError(
                f"there is no variant {shown(key)}",
                where="hedge",
                mend=nearest(str(key), self.found.runs),
            )
        return key
def load_book(path: str | Path) -> Program:
    """Read a book of condors: the lines of a program file that have ``role = "book"``.
    HedgerowError
        If the file is missing, unreadable or wrong, or has no such line; names file and field.
    program = load_program(path)
    lines = [line for line in program.lines if line.role == "book"]
    if not lines:
        raise RangeError(
            "it has no line of the book",
            where=f"{path}, lines",
            mend='give the condors\' lines role = "book"',
        )
    return replace(program, lines=lines)
def load_layers(path: str | Path) -> tuple[Line, ...]:
    """Read the lines that hedge: those of a program file that are not of the book.
    HedgerowError
        If the file is missing, unreadable or wrong, or has no such line; names file and field.
    lines = tuple(line for line in load_program(path).lines if line.role == "hedge")
    if not lines:
        raise RangeError(
            "it has no line that hedges",
            where=f"{path}, lines",
            mend='give a line that has no role = "book"',
        )
    return lines
def hedge_condors(
    condor: Program,
    market: Market,
    layers: Sequence[Line] = (),
    only: Sequence[str] | None = None,
    static: float = STATIC_SHARE,
    cover: float = COVER,
    start: Day | None = None,
    end: Day | None = None,
    split: str = "50/50",
    ledger: str | Path | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> HedgedResult:
    """Play a book of condors alone and under each hedge, side by side.
    condor
        The book: a program whose lines all have ``role="book"``, its money in bills.
        What happened; rows before ``start`` size the structures and warm signals up.
    layers
        Lines of the layered VIX hedge; none leaves it out.
    only
        Keys of the variants that are run, such as ``["static-vx", "collar"]``; all by default.
    static
        Part of the book's vega that static VX takes out.
    cover
        Part of the book's modelled loss at −5 % that each structure is sized to give back.
    start, end
        Dates of the run, both included.
    split
        Where out of sample begins: ``"50/50"``, or its first date.
    ledger
        A file (SQLite) or an address of PostgreSQL where every event of every variant is kept, a
        run each.
    progress
        Called with a variant's key and the number of bars just done.

    Raises
    ------
    HedgerowError
        If book, data and terms do not fit together.
        If book, data and dates do not fit together; names the field.

    Examples
    --------
    >>> import hedgerow as hr
    >>> now = hr.State("2022-12-28", spot=3783.0, vol=0.24, rate=0.04)
    >>> found = hr.compare_hedges("examples/shortvol/book.csv", now, hedges=["short_future"])
    >>> found.frame().loc["short_future", "units"] > 0
    np.True_
    """
    check_terms(None, costs)
    asked = _asked(book, market, response, date, chain, source, out, future)
    notes = [*asked.book.notes, *asked.at.notes]
    names: list[str | Hedge] = [*HEDGES, STRADDLE] if hedges is None else list(hedges)
    low = None
    if STRADDLE in names:
        place = names.index(STRADDLE)
        try:
            low = low_gamma(asked.terms, asked.at, cap)
            names[place] = as_hedge(low)
        except RangeError as error:
            if hedges is not None:
                raise
            notes.append(f"No low-gamma straddle: {error.what}.")
            names.pop(place)
    found = compare(
        asked.book, asked.at, asked.response, asked.terms, hedges=names,
        sizing=Sizing(size, cover, at_move, units), costs=costs, days=days, bonds=bonds,
        **({} if moves is None else {"moves": moves}),
    )  # fmt: skip
    return HedgeComparison(found, _past(found, notes) if past else None, low, notes)


def _past(found: Comparison, notes: list[str]) -> History | None:
    if found.at.market is None:
        return None
    added = [mixed({"SPX": r.structure}) for r in found.rows if r.structure is not None]
    names = [row.name for row in found.rows]
    try:
        return history(names, [structures(found.book, found.at), *added], found.at, found.costs)
    except RangeError as error:
        notes.append(f"No history: {error.what}.")
        return None


def plan_hedge(
    book: Book | str | Path,
    market: Market | State,
    *,
    response: Any = "measured",
    date: Day | None = None,
    chain: str | Path | None = None,
    target_delta: float = 0.0,
    target_vega: float | None = None,
    tolerance: float = 0.25,
    budget: float | None = None,
    finite: bool = True,
    future: str = "ES",
    costs: Costs | None = None,
    source: str = "",
) -> HedgePlan:
    """Plan a downside and an upside leg for a short-volatility book (spec G4).

    Parameters
    ----------
    book, market, response, date, chain, future, costs, source
        As for :func:`compare_hedges`.
    target_delta
        Of book and plan, USD per point of the index.
    target_vega
        USD per vol point; half of the book's by default.
    tolerance
        How far off both may be, as a part of the book's own.
    budget
        The most to be paid on opening, premium and costs, USD; by default half of what the book
        would cost to buy back.
    finite
        Whether the loss in a rise must end somewhere.

    Returns
    -------
    HedgePlan
        Whole contracts; the same question gives the same plan.

    Raises
    ------
    HedgerowError
        If book, data and targets do not fit together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> now = hr.State("2022-12-28", spot=3783.0, vol=0.24, rate=0.04)
    >>> found = hr.plan_hedge("examples/shortvol/book.csv", now)
    >>> bool(found.frame()["plan"].min() > found.frame()["book"].min())
    True
    """
    check_terms(None, costs)
    target = Target(target_delta, target_vega, tolerance, budget, finite)
    asked = _asked(book, market, response, date, chain, source, 0.04, future)
    found = plan(asked.book, asked.at, asked.response, asked.terms, target=target, costs=costs)
    return HedgePlan(found, (*asked.book.notes, *asked.at.notes))
    >>> always = hr.Policy([hr.Constant(1.0), hr.AtRoll()], raw=True)
    >>> condors = hr.Condor(strike_step=5.0, size=hr.MaxLoss(0.1))
    >>> book = hr.Program(
    ...     [hr.Line("condors", condors, always, role="book")],
    ...     portfolio=hr.Equity(10_000_000, equity_share=0.0),
    ... )
    >>> result = hedge_condors(
    ...     book, hr.load("builtin"), only=["static-vx"], start="2018-01-02", end="2018-12-31"
    ... )
    >>> sorted(result.found.runs), len(result.frame())
    (['alone', 'static-vx'], 251)
    from hedgerow.api.counting import count_program
    if not isinstance(condor, Program):
        raise refused(
            PolicyError, condor, "condor",
            'write hr.Program([hr.Line("condors", hr.Condor(), policy, role="book")])',
        )  # fmt: skip
    check_market(market)
    first, last = day(start, "start"), day(end, "end")
    found = study(
        condor, market, layers=layers, static=static, only=only, cover=cover, start=first,
        end=last, parts=split, ledger=_ledgers(ledger), version=__version__, progress=progress,
    traded = {
        key: count_program(run.outcome, market, first, last)
        for key, run in found.runs.items()
        if not run.variant.bench
    }
    others = [key for key in traded if key != ALONE]
    hedge = LAYERED if LAYERED in traded else (others or [ALONE])[0]
    return HedgedResult(found, traded, hedge)
def _ledgers(place: str | Path | None) -> Callable[[str], Ledger] | None:
    """Return what opens the ledger of a variant; a file of lines holds one run and is refused."""
    from hedgerow.engine.ledger.opening import open_ledger
    if place is None:
    if str(place).endswith((".jsonl", ".ndjson")):
        raise RangeError(
            "a file of lines holds one run, and each variant is one",
            where="ledger",
            mend="name an SQLite file, such as hedges.db",
        )
    return lambda key: open_ledger(place, key, writing=True)
