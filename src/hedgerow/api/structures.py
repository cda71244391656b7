"""What users call to hedge a short-volatility book: compare_hedges, plan_hedge."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hedgerow.api import check_market, check_terms, day, path_to, refused
from hedgerow.api.hedge_results import HedgeComparison, HedgePlan
from hedgerow.core.market import Day, Market
from hedgerow.data.chain_files import read_chain
from hedgerow.data.chain_fit import fit_chain
from hedgerow.data.chains import Chain
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.state import State
from hedgerow.research.states import of_market
from hedgerow.shortvol.asymmetry.response import PRESETS, Response
from hedgerow.shortvol.structures.book import Book, read_book
from hedgerow.shortvol.structures.comparison import Comparison, compare
from hedgerow.shortvol.structures.ground import Ground, ground, structures
from hedgerow.shortvol.structures.hedges import HEDGES, Hedge, Terms, listed, mixed, terms_of
from hedgerow.shortvol.structures.paths import History, history
from hedgerow.shortvol.structures.plan import Target, plan
from hedgerow.shortvol.structures.sizing import By, Sizing
from hedgerow.shortvol.structures.sold import rules_in, sold_book
from hedgerow.shortvol.structures.straddle import (
    SHORT,
    TENORS,
    Cap,
    as_hedge,
    low_gamma,
)

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
    rules = rules_in(Path(book)) if isinstance(book, str | os.PathLike) else None
    if rules is not None:
        book = sold_book(rules, _priced(market, when, quotes))
    held = book_from(book, at_day).on(at_day)
    terms = terms_of(held, at_day, future=future, out=out)
    ends = {terms.expiry, terms.contract.expiry} | {
        listed(at_day, tenor) for tenor in (SHORT, *TENORS)
    }
    at = ground(held, market, date=when, source=source or None, chain=quotes, ends=ends)
    return _Asked(held, at, response_from(response), terms)


def _priced(market: Market | State, when: str | None, quotes: Any) -> State | Chain:
    if quotes is not None:
        chain: Chain = quotes[1]
        return chain
    return market if isinstance(market, State) else of_market(market, "SPX", date=when).state


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
        Positions, or the CSV or TOML file of them, or a file of condor rules: then what the rules
        would sell that day.
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

    Raises
    ------
    HedgerowError
        If book, data and terms do not fit together.

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
