"""What users call to hedge a book of condors: hedge_condors, and the result that answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hedgerow import __version__
from hedgerow.api import check_market, day, path_to, plain, refused, shown
from hedgerow.api.judging import Judged
from hedgerow.core.market import Day, Market
from hedgerow.core.policy_text import parse
from hedgerow.engine.program import Line, Program
from hedgerow.engine.program_text import read
from hedgerow.errors import PolicyError, RangeError, nearest
from hedgerow.policies.files import parsed
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.shortvol.beside.study import COVER, PARTS, Beside, study
from hedgerow.shortvol.beside.variants import ALONE, LAYERED
from hedgerow.shortvol.beside.worth import Worth, worth
from hedgerow.shortvol.condor import CondorRules
from hedgerow.shortvol.condor import program as sell
from hedgerow.shortvol.layered.rules import LayeredRules, lines

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.engine.ledger.store import Ledger
    from hedgerow.research.gate.evidence import Overfit
    from hedgerow.research.gate.judgement import Judgement
    from hedgerow.research.gate.programs import Traded
    from hedgerow.research.gate.thresholds import Thresholds

Made = TypeVar("Made")

STATIC_SHARE = 0.65
"""Part of the book's vega that static VX takes out: within the 0.60 … 0.75 of H4."""


class HedgedResult(Judged):
    """A book of condors with and without its hedges.

    ``print(result)`` shows the answer; :meth:`frame` gives the days; :meth:`explain` a session;
    :meth:`report` writes a page; :meth:`to_dict` gives the figures as plain values;
    :meth:`judge` says whether they may be believed, :meth:`worth` whether the hedge pays.

    Parameters
    ----------
    found
        The variants side by side.
    traded
        Each as the gate of programs takes it, by key.
    hedge
        Key of the hedge that is asked about.
    """

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
            f"{made.dates[-1]}: {self.hedge} {self.worth().word}; print() for more>"
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
    """Read a book of condors: their rules, or a program file's lines with ``role = "book"``.

    Raises
    ------
    HedgerowError
        If the file is missing, unreadable or wrong, or a program without a book; names file and
        field.
    """
    program = _loaded(
        path,
        lambda text: sell(CondorRules.from_toml(text)),
        "condor rules",
        "hedgerow condor new --out FILE",
    )
    lines = [line for line in program.lines if line.role == "book"]
    if not lines:
        raise RangeError(
            "it has no line of the book",
            where=f"{path}, lines",
            mend='give the condors\' lines role = "book"',
        )
    return replace(program, lines=lines)


def load_layers(path: str | Path) -> tuple[Line, ...]:
    """Read the lines that hedge: layered rules, or a program file's lines that are no book.

    Raises
    ------
    HedgerowError
        If the file is missing, unreadable or wrong, or a program that hedges nothing; names file
        and field.
    """
    made = _loaded(
        path,
        lambda text: lines(LayeredRules.from_toml(text)),
        "layered rules",
        "hedgerow alvh new --out FILE",
    )
    found = made if isinstance(made, tuple) else tuple(made.lines)
    kept = tuple(line for line in found if line.role == "hedge")
    if not kept:
        raise RangeError(
            "it has no line that hedges",
            where=f"{path}, lines",
            mend='give a line that has no role = "book"',
        )
    return kept


def _loaded(
    path: str | Path, rules: Callable[[str], Made], noun: str, maker: str
) -> Made | Program:
    """Read rules, or a program where the file has lines."""

    def either(text: str) -> Made | Program:
        return read(text) if "lines" in parse(text, noun) else rules(text)

    return parsed(path, either, noun, maker)


def hedge_condors(
    condor: CondorRules | Program,
    market: Market,
    *,
    layers: LayeredRules | Sequence[Line] = (),
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

    Parameters
    ----------
    condor
        The book: rules of condors, or a program whose lines all have ``role="book"`` and whose
        money is in bills.
    market
        What happened; rows before ``start`` size the structures and warm signals up.
    layers
        The layered VIX hedge: its rules, or lines of your own; none leaves it out.
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
        If book, data and dates do not fit together; names the field.

    Examples
    --------
    >>> import hedgerow as hr
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
    """
    from hedgerow.api.counting import count_program
    from hedgerow.shortvol.gates import gated

    book = sell(condor) if isinstance(condor, CondorRules) else condor
    if not isinstance(book, Program):
        call = f"hedging.load_book({condor!r})" if isinstance(condor, str) else "hr.CondorRules()"
        raise refused(PolicyError, condor, "condor", f"write {call}")
    hedge_lines = lines(layers) if isinstance(layers, LayeredRules) else tuple(layers)
    check_market(market)
    market = gated(book, market)
    first, last = day(start, "start"), day(end, "end")
    found = study(
        book, market, layers=hedge_lines, static=static, only=only, cover=cover, start=first,
        end=last, parts=split, ledger=_ledgers(ledger), version=__version__, progress=progress,
    )  # fmt: skip
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
        return None
    if str(place).endswith((".jsonl", ".ndjson")):
        raise RangeError(
            "a file of lines holds one run, and each variant is one",
            where="ledger",
            mend="name an SQLite file, such as hedges.db",
        )
    return lambda key: open_ledger(place, key, writing=True)
