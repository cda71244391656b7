"""Every variant played over one history: the book alone, and under each hedge.

Each is a program of its own for the event engine: the same condors, real VX settles where they are
quoted, orders filled a session later, all costs.  The prices of index options are a model's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.engine.feed import stretch_of
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program import Line, Program
from hedgerow.engine.track import Track
from hedgerow.engine.trade import trade
from hedgerow.errors import RangeError
from hedgerow.policies.layered import Layered
from hedgerow.research.performance import returns
from hedgerow.research.split import Split, split
from hedgerow.research.stress.book import Answer
from hedgerow.shortvol.beside import variants as kinds
from hedgerow.shortvol.beside.figures import LAYER, Figures, figures
from hedgerow.shortvol.beside.gates import Hurdled, hurdled
from hedgerow.shortvol.beside.sizing import (
    MOVE,
    Shocked,
    answer_before,
    shocked,
    sized,
    together,
)
from hedgerow.shortvol.beside.states import NAMES, states_of
from hedgerow.shortvol.beside.variants import Variant
from hedgerow.shortvol.rates import WINDOWS, Rates, rates_of

COVER = 0.5
"""Part of the book's modelled loss that a structure is sized to give back."""

ALIKE, TRIES = 0.02, 4
"""Average vegas that differ by less count as the same; how often a share for it is looked for."""

PARTS = ("whole", "in_sample", "out_of_sample")
"""Stretches of a study."""

Progress = Callable[[str, int], None]
"""Takes a variant's key and the number of bars just done."""

LedgerOf = Callable[[str], Ledger]
"""Opens the ledger of a variant by its key; of a yardstick it is not asked."""


@dataclass(frozen=True)
class Run:
    """One variant that was played.

    Parameters
    ----------
    variant
        What hedged.
    outcome
        What the engine made of it.
    rates
        Credit collected, insurance rate (H17), carry (H13) and beta (H14).
    vega
        Of the hedge's lines at each close, USD per point, **shape** (T,).
    states
        Of the layered hedge: the number of its state after each close, **shape** (T,), and the
        states' names; None of other hedges.
    """

    variant: Variant
    outcome: Outcome
    rates: Rates
    vega: Floats
    states: tuple[Floats, tuple[str, ...]] | None = None

    @cached_property
    def book(self) -> Floats:
        """Gain of the condors over each bar after costs, USD, **shape** (T,)."""
        return self._sum("pnl", "book")

    @cached_property
    def hedge(self) -> Floats:
        """Gain of the hedge's lines over each bar after costs, USD, **shape** (T,)."""
        return self._sum("pnl", "hedge")

    @cached_property
    def carried(self) -> Floats:
        """What a calendar day costs the hedge if nothing moves (H13), USD, **shape** (T,)."""
        none = np.zeros(len(self.outcome))
        return np.asarray(sum((line.total for line in self.rates.carry.values()), none))

    @property
    def layers(self) -> Mapping[str, Mapping[str, Floats]]:
        """Columns of the hedge's lines, by name."""
        return {line.name: self.outcome.lines[line.name] for line in self.variant.lines}

    @property
    def rate(self) -> Floats:
        """Effective insurance rate (H17) over the last 252 sessions, **shape** (T,)."""
        return self.rates.insurance[max(WINDOWS)]

    @cached_property
    def track(self) -> Track:
        """The track record: the book is what is hedged, so ``earned`` is its gain (C4)."""
        made = self.outcome
        columns = {
            "nav": made.nav,
            "earned": self.book,
            "pnl": self.hedge,
            "interest": made.earned,
            "credit": self.rates.credit,
            "margin": made.margin,
            "vega": self.vega,
            "carry": self._sum("carried", "hedge"),
            "cost": self._sum("cost", "hedge"),
            "traded": self._sum("traded", "hedge"),
            "x": self._sum("x", "hedge"),
            "excess": self.rates.hedged,
            "index": self.rates.index,
            **{LAYER + name: line["pnl"] for name, line in self.layers.items()},
        }
        # the outcome keeps its own columns: a track closes those that it is given
        own = {name: np.array(column) for name, column in columns.items()}
        return Track(self.variant.key, made.times, own)

    def _sum(self, column: str, role: str) -> Floats:
        lines = [line.name for line in self.outcome.program.lines if line.role == role]
        none = np.zeros(len(self.outcome))
        return np.asarray(sum((self.outcome.lines[name][column] for name in lines), none))


@dataclass(frozen=True)
class Beside:
    """Variants side by side.

    Parameters
    ----------
    runs
        By key, in the order of the tables; ``alone`` is always there.
    base
        The program of the book alone.
    market, first
        What they were played on, up to the last bar, and the row of the first bar.
    split
        Rows of the run, in sample and out of it.
    answer, loss
        How VIX answered the index before the run, and what the book gains at the first session
        with the index 5 % lower and higher.
    cover
        Part of that loss that structures are sized to give back.
    """

    runs: Mapping[str, Run]
    base: Program
    market: Market
    first: int
    split: Split
    answer: Answer | None
    loss: Shocked | None
    cover: float
    _figures: dict[tuple[str, str], Figures] = field(default_factory=dict, compare=False)

    @property
    def alone(self) -> Run:
        """The book without any hedge."""
        return self.runs[kinds.ALONE]

    @cached_property
    def cash(self) -> Floats:
        """Return of bills over each bar, **shape** (T,); 0.0 over the first."""
        values = Equity(1.0, equity_share=0.0).values(self.market, self.first)[self.first :]
        return np.concatenate([[0.0], returns(values)])

    @cached_property
    def hurdled(self) -> Hurdled:
        """Stressed IRR and hurdle at each session, whether or not a rule asks (H14)."""
        return hurdled(self.base, self.market, self.first)

    def rows(self, part: str) -> slice:
        """Return the rows of one of `PARTS`."""
        whole = slice(0, len(self.alone.outcome))
        return {"whole": whole, "in_sample": self.split.train, "out_of_sample": self.split.test}[
            part
        ]

    def figures(self, key: str, part: str = "whole") -> Figures:
        """Return what a variant made over one of `PARTS`."""
        if (key, part) not in self._figures:
            track = self.runs[key].track
            self._figures[key, part] = figures(track, self.rows(part), self.cash)
        return self._figures[key, part]


def study(
    base: Program,
    market: Market,
    *,
    layers: Sequence[Line] = (),
    static: float = 0.65,
    only: Sequence[str] | None = None,
    cover: float = COVER,
    start: str | None = None,
    end: str | None = None,
    parts: str = "50/50",
    ledger: LedgerOf | None = None,
    version: str = "",
    progress: Progress | None = None,
) -> Beside:
    """Play the book alone and under each hedge.

    Parameters
    ----------
    base
        The book: all of its lines have ``role="book"``.
    market
        What happened; rows before ``start`` warm signals up and size structures.
    layers
        Lines of the layered VIX hedge; none leaves it out.
    static
        Part of the book's vega that the static VX hedge takes out, 0 … 2.
    only
        Keys of the variants that are run, the book alone beside them; all by default.
    cover
        Part of the book's modelled loss that structures of G2 are sized to give back.
    start, end
        Dates of the run, both included.
    parts
        Where out of sample begins: ``"50/50"``, or its first date.
    ledger
        Opens a ledger for a variant.
    version
        Of Hedgerow, for ledgers.
    progress
        Called while it runs.

    Raises
    ------
    HedgerowError
        If book, data and dates do not fit together, or a number is out of range; names the field.

    Notes
    -----
    Nothing is fitted to the run: structures are sized at its first session from what was known
    then.  The static VX hedge of the layers' own average vega looks back over the run and is a
    yardstick.
    """
    _check(base, layers, static, cover)
    whole, first = stretch_of(base, market, start, end)
    cut = split(parts, whole.dates[first:], 0)
    keys = kinds.wanted(only, bool(layers))

    def play(variant: Variant) -> Run:
        program = replace(base, name=variant.key, lines=(*variant.lines, *base.lines))
        told = None if progress is None else lambda bars: progress(variant.key, bars)
        machine = any(Layered.kind in _kinds(line) for line in variant.lines)
        kept: AbstractContextManager[Ledger | None] = nullcontext()
        if ledger is not None and not variant.bench:
            kept = ledger(variant.key)
        elif machine:
            kept = MemoryLedger(variant.key)  # its decisions tell the states
        with kept as book:
            outcome = trade(
                program,
                market,
                start=start,
                end=end,
                ledger=book,
                version=version,
                progress=told,
            )
            states = states_of(book.read(), len(outcome)) if book and machine else None
        vega = np.zeros(len(outcome))
        for line in variant.lines:
            strip = line.sleeve.strip(whole, lag=base.lag, costs=base.costs)
            vega += outcome.lines[line.name]["held"] * strip.vega[first:]
        named = None if states is None else (states, NAMES)
        return Run(variant, outcome, rates_of(outcome, whole), vega, named)

    runs = {kinds.ALONE: play(Variant(kinds.ALONE, "condors alone", (), "no hedge"))}
    if kinds.STATIC in keys:
        runs[kinds.STATIC] = play(kinds.static(static))
    if kinds.LAYERED in keys:
        said = "the layered VIX hedge"
        runs[kinds.LAYERED] = play(Variant(kinds.LAYERED, "ALVH", tuple(layers), said))
    if kinds.MATCHED in keys:
        runs[kinds.MATCHED] = _matched(play, runs, static)
    answer = loss = None
    structures = [each for each in kinds.covers() if each.key in keys]
    if structures:
        known = whole.until(first)
        answer = answer_before(known)
        loss = together([shocked(line, base, known, answer) for line in base.lines])
        for each in structures:
            found = sized(
                each.legs, base, known,
                book=loss, answer=answer, cover=cover, upside=each.upside,
            )  # fmt: skip
            moved = f"{'+' if each.upside else '−'}{MOVE:.0%}"
            said = f"{found.notional:.2f} times NAV, for {cover:.0%} of the loss at {moved}"
            if found.bounded:
                said = (
                    f"{found.notional:.2f} times NAV: as many as lose, the other way, what the "
                    "book loses there"
                )
            runs[each.key] = play(Variant(each.key, each.title, found.lines, said))
    return Beside({key: runs[key] for key in keys}, base, whole, first, cut, answer, loss, cover)


def _matched(play: Callable[[Variant], Run], runs: Mapping[str, Run], static: float) -> Run:
    """Return static VX of the layers' average vega; whole contracts may ask for a second try."""
    target, run, share = runs[kinds.LAYERED].vega.mean(), runs[kinds.STATIC], static
    for _ in range(TRIES):
        share = float(np.clip(share * _ratio(target, run.vega.mean()), 0.0, 10.0))
        run = play(kinds.static(share, kinds.MATCHED, "static VX, same vega"))
        if abs(_ratio(run.vega.mean(), target) - 1.0) <= ALIKE:
            break
    return run


def _ratio(value: float, other: float) -> float:
    return value / other if other > 0.0 else 2.0  # none was bought: ask for more


def _kinds(line: Line) -> set[str]:
    return {step.kind for step in line.policy.steps}


def _check(base: Program, layers: Sequence[Line], static: float, cover: float) -> None:
    """Refuse a book that is none, lines that are no hedge, and numbers out of range."""
    for line in base.lines:
        if line.role != "book":
            raise RangeError(
                f"line '{line.name}' is no part of the book",
                where="condor",
                mend='give every line role = "book"; hedges are added to it',
            )
    for line in layers:
        if line.role != "hedge":
            raise RangeError(
                f"line '{line.name}' is no hedge", where="layers", mend='leave role = "book" out'
            )
    if base.portfolio.equity_share:
        raise RangeError(
            f"{base.portfolio.equity_share:g} of the portfolio is in equity, which is no book of "
            "condors",
            where="portfolio.equity_share",
            mend="give 0: the money that margin leaves earns the bill rate",
        )
    for name, value, most in (("static", static, 2.0), ("cover", cover, 2.0)):
        if not 0.0 < value <= most:
            raise RangeError(
                f"{value!r} is out of range",
                where=name,
                mend=f"give a part above 0, at most {most:g}",
            )
