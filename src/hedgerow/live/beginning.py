"""A run's first start, and every later one: the program and the terms that its book keeps."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from hedgerow.core.market import Market
from hedgerow.core.over_the_counter import readable
from hedgerow.data.calendar import sessions
from hedgerow.engine.broker import Execution
from hedgerow.engine.ledger.desk_events import Acted
from hedgerow.engine.ledger.events import Opened
from hedgerow.engine.ledger.sql import shown
from hedgerow.engine.opening import differences
from hedgerow.engine.program import Program
from hedgerow.engine.program_text import read, to_table, write
from hedgerow.errors import DataError, LedgerError, PolicyError, RangeError
from hedgerow.live.brokers.named import gateway_of
from hedgerow.live.clock import Clock, Hand, wall
from hedgerow.live.hours import closed, day_of, hours_from, sessions_since
from hedgerow.live.journal import Journal
from hedgerow.live.listing import as_listed, unlisted
from hedgerow.live.needs import needs_of
from hedgerow.live.orders.desk import person
from hedgerow.live.screening import GAP
from hedgerow.live.session import Cycle
from hedgerow.live.settings import PriceTerms, parse
from hedgerow.live.sources.named import check_of, source_of
from hedgerow.live.sources.reading import RefusedError, Source
from hedgerow.live.sources.replay import Replay
from hedgerow.live.store import Kept, Store, book_address, unmade

ORDERS = ("order", "limit_offset", "urgent_offset")
"""Fields of an execution that a desk sets where the program leaves them out."""

REACH = {"cboe": 2, "ibkr": 22}
"""Sessions that a source can tell of, where it cannot tell of all (docs/sources.md)."""

NAME = 15
"""Letters of a line's name at a broker: 40 of a key, less run, mark and the order's number."""


@dataclass(frozen=True)
class Asked:
    """A program that is to be run, and what of its execution it says itself.

    Parameters
    ----------
    program
        As given.
    said
        Fields of :class:`~hedgerow.engine.broker.Execution` that stand in its file; by default
        those that differ from the field's default.

    Examples
    --------
    >>> from hedgerow.engine.rulebook import rulebook
    >>> made = Asked.of(rulebook("option-a").program).on_desk(PriceTerms())
    >>> made.execution.order, made.execution.limit_offset, made.execution.urgent_offset
    ('limit', 1.0, 2.0)
    """

    program: Program
    said: Collection[str]

    @classmethod
    def of(cls, program: Program, said: Collection[str] | None = None) -> Asked:
        """Return a program, with the fields that it says itself where they are not given."""
        if said is None:
            plain, given = Execution(), program.execution
            said = [
                item.name
                for item in fields(given)
                if getattr(given, item.name) != getattr(plain, item.name)
            ]
        return cls(program, said)

    def on_desk(self, terms: PriceTerms) -> Program:
        """Return the program as a desk runs it: with limit orders, unless it says otherwise.

        Raises
        ------
        PolicyError
            If it cannot be run on a desk.
        """
        if self.program.lag == 0:
            raise PolicyError(
                "orders cannot be filled at the close that decides them",
                where="fills",
                mend='write fills = "next"',
            )
        if self.program.execution.tif != "day":
            raise PolicyError(
                "what is not filled in a session is proposed anew, so that it is approved anew",
                where="execution.tif",
                mend='write tif = "day"',
            )
        wanted = {"order": "limit", "limit_offset": terms.offset, "urgent_offset": terms.urgent}
        new = {name: value for name, value in wanted.items() if name not in self.said}
        return self._with(new)

    def like(self, kept: Program) -> Program:
        """Return the program with what it leaves out taken from the one that a book keeps."""
        return self._with(
            {name: getattr(kept.execution, name) for name in ORDERS if name not in self.said}
        )

    def _with(self, new: dict[str, object]) -> Program:
        execution = replace(self.program.execution, **new)  # type: ignore[arg-type]  # by field
        return replace(self.program, execution=execution)


def _ready(program: Program, history: Market, source: Source) -> None:
    """Refuse a program that cannot begin on a source's history."""
    if len(history) < (least := max(program.lookback - 1, 1)):
        raise RangeError(
            f"the history has {len(history)} sessions, and the signals need {least} before the "
            "first one",
            where=source.name,
            mend="name a longer history, or begin later",
        )
    _readable(program, history, source)


def _readable(program: Program, history: Market, source: Source) -> None:
    """Refuse a program whose columns the source has never had."""
    for name in sorted(needs_of(program)):
        if name not in history or not np.isfinite(history[name]).any():
            lost = history.lost(name)
            told = f" ({lost})" if lost else ""
            raise DataError(
                f"the history has no column {name}, which the program reads{told}",
                where=source.name,
                mend="name a source and history that have it ('hedgerow data check' lists what "
                "yours has), or take what reads it out of the program",
            )


def resumed(store: Store, run: str, asked: Asked | None) -> Program:
    """Return the program that a book keeps for a run; another one is refused.

    Raises
    ------
    LedgerError
        If there is no such run, or its program is another.
    """
    kept = store.kept(run)
    if kept is None:
        raise _nothing(store.place, run)
    program = read(kept.program)
    if asked is None:
        return program
    new = asked.like(program)
    if new != program:
        raise LedgerError(
            f"the run '{run}' has another program: {differences(_opened(program), _opened(new))}",
            where=store.where,
            mend="leave the policy out to go on with it, or begin another run with --run NAME",
        )
    return program


def assembled(
    place: str | Path,
    run: str,
    asked: Asked | None,
    *,
    settings: str | None = None,
    source: str | None = None,
    source_place: str | None = None,
    replay: Replay | None = None,
    clock: Clock = wall,
    version: str = "",
) -> Cycle:
    """Open a book, or begin it, and return what is done with each of its sessions.

    Parameters
    ----------
    place, run
        The book, and the run's name in it.
    asked
        What is to be run; None to go on with what the book keeps.
    settings
        TOML of the desk's settings; None for those of the book, or the defaults.
    source, source_place
        Kind and place of the source, whatever the settings say of it.
    replay
        The source itself, where the past is replayed.
    clock
        What time it is.
    version
        Of this Hedgerow.

    Raises
    ------
    HedgerowError
        If book, program, settings or source do not fit, or another monitor is at work.
    """
    found = _found(place, run)
    kept = None if found is None else found[1]
    text = settings if settings is not None else ("" if kept is None else kept.settings)
    text = _with_source(text, source, source_place)
    terms = parse(text)
    if terms.source.kind == "replay" and replay is None:
        raise RangeError(
            "the past is replayed in its own time",
            where="source.kind",
            mend="write --source replay --from DATE --to DATE, or name another source",
        )
    if found is not None:
        program = resumed(found[0], run, asked)
        if replay is None and parse(found[1].settings).source.kind == "replay":
            _caught_up(found[0], run, clock())
    elif asked is not None:
        program = asked.on_desk(terms.prices)
    else:
        raise _nothing(place, run)
    needs = sorted(needs_of(program))
    asks = replay or source_of(terms.source, clock, needs)
    check = None if replay else check_of(terms.source, clock, needs)
    if replay is not None and isinstance(clock, Hand):
        clock.now = hours_from(str(replay.sessions[0])).close
    real = terms.broker.kind != "paper"
    if found is None:
        history = closed(asks.history(), clock())
        if replay is None:
            _follows(history, asks, terms.source.kind, clock())
        _ready(program, history, asks)
        if real:
            _tradable(program, history, "write ")
        store = Store(place)  # made only now: a start that is refused leaves nothing behind
        store.begin(run, write(program), text, history, clock())
    else:
        store = found[0]
        if real:
            _tradable(program, store.market(run), "begin another run, --run NAME, with ")
    journal = Journal(place, run, clock, version, store.mark(run))
    cycle = Cycle(
        store,
        journal,
        place,
        program,
        terms,
        asks,
        gateway_of(terms.broker, journal),
        clock,
        check=check,
        version=version,
    )
    if kept is not None and text != kept.settings:
        store.settle(run, text)
        told = {"settings": text}
        journal.write(lambda _: [Acted(clock(), person(), "settings of the desk", told)])
    return cycle


def _found(place: str | Path, run: str) -> tuple[Store, Kept] | None:
    """Return a book and what it keeps of a run; None, with nothing made, where there is none."""
    if unmade(book_address(place)):
        return None
    store = Store(place)
    kept = store.kept(run)
    return None if kept is None else (store, kept)


def _nothing(place: str | Path, run: str) -> LedgerError:
    """Return the error of a book that is not there, or does not have a run."""
    address = book_address(place)
    if unmade(address):
        return LedgerError(
            "there is no such book",
            where=str(address),
            mend="check its name, or begin it: hedgerow monitor POLICY --book BOOK",
        )
    return LedgerError(
        f"it has no run '{run}'", where=shown(address), mend="name a policy or program to begin it"
    )


def _caught_up(store: Store, run: str, now: int) -> None:
    """Refuse to go on today with a replay that ended too long ago: its gap is never closed."""
    done = store.sessions(run)
    if done and sessions_since(np.datetime64(done[-1]), np.datetime64(day_of(now))) > GAP:
        raise RangeError(
            f"the run '{run}' is a replay that ended at {done[-1]}, and today's market does not "
            "follow on it",
            where=store.where,
            mend="begin another book, or another run in this one with --run NAME",
        )


def _follows(history: Market, source: Source, kind: str, now: int) -> None:
    """Refuse to begin today on a history after which the source has nothing to tell."""
    last = history.dates[-1]
    ago = sessions_since(last, np.datetime64(day_of(now)))
    reach = REACH.get(kind, 0)
    if ago <= GAP + reach:
        return
    ended = f"the history ends on {last}, {ago:,} sessions ago, and the source"
    if reach:
        raise RangeError(
            f"{ended} tells of the last {reach} alone, so no decision could follow on it",
            where=source.name,
            mend="run `hedgerow data fetch`, or name newer data as 'history' under [source]",
        )
    lacks = ""
    for session in sessions(str(last + 1), str(day_of(now)))[:GAP]:
        try:
            source.read(np.datetime64(session.date, "D"))
        except RefusedError:
            return  # it has the session: what is wrong with it is told in the run
        except DataError as error:
            lacks = lacks or error.what
        else:
            return
    raise RangeError(
        f"{ended} has none of the {GAP} after it, so no decision could follow on it ({lacks})",
        where=source.name,
        mend="bring the data up to date, or live through the past with --source replay",
    )


def _tradable(program: Program, market: Market, mend: str) -> None:
    """Refuse what no broker can be asked for.

    Raises
    ------
    PolicyError
        If the key of an order would be too long, or a line trades what no exchange lists.
    """
    for line in program.lines:
        if len(line.name) > NAME:
            raise PolicyError(
                f"'{line.name}' has {len(line.name)} letters, and the broker takes {NAME}",
                where="lines.name",
                mend="shorten it",
            )
    sleeves = {line.name: line.sleeve for line in program.lines}
    for name, symbol in unlisted(program, market).items():
        raise PolicyError(
            f"it trades {readable(symbol)}, which no exchange lists, so no broker takes the order",
            where=f"line '{name}'",
            mend=mend + as_listed(sleeves[name], symbol),
        )


def _with_source(text: str, kind: str | None, place: str | None) -> str:
    """Return settings in which the source is another."""
    if kind is None and place is None:
        return text
    import tomlkit

    parse(text)  # what is wrong with it is told in the words of the settings
    document = tomlkit.parse(text)
    table = document.setdefault("source", tomlkit.table())
    for key, value in (("kind", kind), ("place", place)):
        if value is not None:
            table[key] = value
    return tomlkit.dumps(document)


def _opened(program: Program) -> Opened:
    policies = {line.name: line.policy.to_toml() for line in program.lines}
    return Opened(0, "", "", policies, "", "", to_table(program))
