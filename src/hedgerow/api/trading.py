"""What users call to trade a program: load_program, trade, and the result that answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import check_market, day, path_to, plain, refused, shown
from hedgerow.api.judging import Judged
from hedgerow.core.market import Day, Market
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.program import Program
from hedgerow.engine.rulebook import Rulebook
from hedgerow.errors import PolicyError, RangeError, nearest
from hedgerow.report import outcome as told
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.report.rates import figures as rate_figures

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.research.gate.evidence import Overfit
    from hedgerow.research.gate.judgement import Judgement
    from hedgerow.research.gate.programs import Traded
    from hedgerow.research.gate.thresholds import Thresholds
    from hedgerow.shortvol.rates import Rates


def load_program(path: str | Path) -> Program:
    """Read a program file, as ``hedgerow rulebook show NAME --toml`` prints one.

    Raises
    ------
    HedgerowError
        If the file is missing, unreadable or wrong; names file and field.
    """
    from hedgerow.engine.program_text import read
    from hedgerow.policies.files import parsed

    if not isinstance(path, str | os.PathLike):
        raise PolicyError(
            f"{shown(path)} is not a path", where="path", mend='write one such as "program.toml"'
        )
    return parsed(path, read, "program", "hedgerow rulebook show option-a --toml > FILE")


class ProgramResult(Judged):
    """A traded program.

    ``print(result)`` shows the answer; :meth:`frame` gives the days, of the whole or of a line;
    :meth:`report` writes a page; :meth:`to_dict` gives the figures as plain values, :meth:`judge`
    says whether they may be believed.

    Parameters
    ----------
    traded
        What the engine made, and on what.
    """

    found: Traded

    def __init__(self, traded: Traded) -> None:
        super().__init__(traded)
        self.outcome = traded.outcome

    def _asked(
        self, overfit: Overfit | None, thresholds: Thresholds | None, resamples: int
    ) -> Judgement:
        from hedgerow.research.gate.programs import judge_program

        return judge_program(self.found, thresholds)

    @cached_property
    def rates(self) -> Rates | None:
        """Insurance rate, carry, betas and liquidity; None of a program without a book."""
        from hedgerow.shortvol.rates import rates_of

        booked = any(line.role == "book" for line in self.outcome.program.lines)
        return rates_of(self.outcome, self.found.market) if booked else None

    def __str__(self) -> str:
        return told.told(self.outcome, self.verdict, self.rates)

    def __repr__(self) -> str:
        made, count = self.outcome, len(self.outcome.lines)
        return (
            f"<ProgramResult of {made.program.name}, {count} line{'s' * (count != 1)}, "
            f"{made.dates[0]} … {made.dates[-1]}: hedge gain {made.hedge.sum():,.0f} USD; "
            "print() for more>"
        )

    def _repr_html_(self) -> str:
        """Return the answer as a small table, for notebooks."""
        made = self.outcome
        head, *rows = told.gains(made)
        cells = "".join(f"<th>{escape(name)}</th>" for name in head)
        body = []
        for title, *numbers in rows:
            right = "".join(f'<td style="text-align:right">{escape(n)}</td>' for n in numbers)
            body.append(f"<tr><td>{escape(title)}</td>{right}</tr>")
        title = f"{made.program.name}, {made.dates[0]} … {made.dates[-1]}"
        said = escape(". ".join([title, *told.reality(made), NOT_ADVICE]))
        return (
            f"<table><caption>{said}</caption>"
            f"<thead><tr>{cells}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        )

    def frame(self, line: str | None = None) -> pd.DataFrame:
        """Return the run day by day, one row per session.

        Parameters
        ----------
        line
            Name of a line; None for the whole program.

        Returns
        -------
        DataFrame
            Of the program: ``nav`` (with the lines) and ``unhedged``, USD; ``portfolio`` and
            ``hedge`` (after costs), gains of the day, USD; ``cost`` of trading, USD; ``margin``
            that is asked for what is held, USD.  Of a line: its columns as in
            :class:`~hedgerow.engine.outcome.Outcome`.

        Raises
        ------
        RangeError
            If there is no such line.
        """
        import pandas as pd

        made = self.outcome
        if line is None:
            columns = {
                "nav": made.nav,
                "unhedged": made.unhedged,
                "portfolio": made.earned,
                "hedge": made.hedge,
                "cost": made.cost,
                "margin": made.margin,
            }
        elif line in made.lines:
            columns = dict(made.lines[line])
        else:
            raise RangeError(
                f"there is no line {shown(line)}",
                where="line",
                mend=nearest(str(line), made.lines),
            )
        return pd.DataFrame(columns, index=pd.DatetimeIndex(made.times, name="date"))

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline, and return its path."""
        from hedgerow.report.program_page import write

        place = path_to(path, "report.html")
        return write(
            self.outcome, place, version=__version__, judged=self.verdict, hedged=self.rates
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the figures and the index's levels as plain values; NaN becomes None."""
        made: dict[str, Any] = plain(
            {**told.figures(self.outcome), **told.as_index(self.outcome), "notice": NOT_ADVICE}
        )
        if self.rates is not None:
            made["rates"] = plain(rate_figures(self.rates))
        return self._with_verdict(made)


def trade(
    program: Program,
    market: Market,
    *,
    start: Day | None = None,
    end: Day | None = None,
    ledger: str | Path | Ledger | None = None,
    run: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> ProgramResult:
    """Trade a program's lines contract by contract: orders, fills, settlement, margin.

    Parameters
    ----------
    program
        What trades; ``rulebook("bxm").program``, or one of your own.
    market
        What happened; rows before ``start`` warm the signals up.
    start, end
        Dates of the run, both included: ``"2018-01-02"``, or dates of Python, NumPy or pandas.
    ledger
        Where every event is kept: a path (``.jsonl``, or ``.db`` for SQLite), an address of
        PostgreSQL, or an open ledger.  A run that it holds the beginning of is continued.
    run
        Name of the run in the ledger; the program's by default.
    progress
        Called with the number of bars just done.

    Raises
    ------
    HedgerowError
        If dates, data, program or ledger do not fit together.

    Examples
    --------
    >>> import hedgerow as hr
    >>> market = hr.load("builtin", start="2017-01-03", end="2018-06-29")
    >>> result = hr.trade(hr.rulebook("pput").program, market, start="2018-01-02")
    >>> result.frame()["nav"].size, sorted(result.outcome.lines)
    (125, ['protected index'])
    """
    from hedgerow.api.counting import count_program
    from hedgerow.engine.ledger.opening import open_ledger
    from hedgerow.engine.trade import trade as play
    from hedgerow.shortvol.gates import gated

    if not isinstance(program, Program):
        call = "hr.Program([hr.Line(name, sleeve, policy)])"
        if isinstance(program, Rulebook):
            call = f'hr.rulebook("{program.name}").program'
        elif isinstance(program, str | os.PathLike):
            call = f"hr.load_program({str(program)!r})"
        raise refused(PolicyError, program, "program", f"write {call}")
    check_market(market)
    market = gated(program, market)
    with ExitStack() as stack:
        kept = ledger
        if isinstance(kept, str | os.PathLike):
            kept = stack.enter_context(open_ledger(kept, run or program.name, writing=True))
        first, last = day(start, "start"), day(end, "end")
        outcome = play(
            program,
            market,
            start=first,
            end=last,
            ledger=kept,
            version=__version__,
            progress=progress,
        )
    return ProgramResult(count_program(outcome, market, first, last))
