"""Does the duties that are due, each once however often it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from hedgerow.core.market import Market
from hedgerow.engine.ledger.desk_events import Done
from hedgerow.engine.ledger.store import Ledger
from hedgerow.live.blotter import Blotter
from hedgerow.live.clock import Clock
from hedgerow.live.duties.calendar import KINDS, Due, due
from hedgerow.live.duties.daily import daily
from hedgerow.live.duties.monthly import monthly
from hedgerow.live.duties.weekly import weekly
from hedgerow.live.duties.wording import Said, for_record
from hedgerow.live.journal import Journal
from hedgerow.live.settings import Settings
from hedgerow.live.standing import Watch
from hedgerow.live.store import Store

if TYPE_CHECKING:
    from hedgerow.research.tuning.walking import Walk


class Agenda(NamedTuple):
    """The duties of a run.

    Attributes
    ----------
    due
        What is not done, the oldest session first.
    done
        What is, in the order in which it was done.
    """

    due: list[Due]
    done: list[Done]


def agenda(
    watch: Watch, settings: Settings, session: str | None = None, kinds: Iterable[str] = KINDS
) -> Agenda:
    """Return what is due and what is done.

    Parameters
    ----------
    watch
        Of the run; it is brought up to date.
    settings
        Of the desk: duties that are off are not due.
    session
        The last session that counts; the last closed one by default.
    kinds
        Those that are asked for.
    """
    watch.snapshot()
    done = watch.journal.blotter().done
    days = [each.date for each in watch.chronicle.sessions]
    until = [day for day in days if session is None or day <= session]
    on = [kind for kind in KINDS if kind in set(kinds) and getattr(settings.duties, kind)]
    told = [each for key, each in done.items() if key[0] in set(kinds)]
    return Agenda(due(until, set(done), on), told)


def do(
    journal: Journal,
    store: Store,
    ledger: Ledger,
    settings: Settings,
    session: str | None,
    clock: Clock,
    *,
    watch: Watch | None = None,
    kinds: Iterable[str] = KINDS,
    counted: Callable[[Walk], object] | None = None,
) -> list[Done]:
    """Do what is due up to a session, and write it into the journal.

    Parameters
    ----------
    journal, store, ledger
        Of the book.
    settings
        Of the desk.
    session
        The last session that counts; None for the last closed one.  What was missed before is
        caught up.
    clock
        When it is done.
    watch
        Of the run, where there is one.
    kinds
        Those that are asked for.
    counted
        Enters a walk-forward into the register of trials.

    Returns
    -------
    list
        What was done now; nothing where all was done before.

    Raises
    ------
    LedgerError
        If ledger or journal are damaged or cannot be written.
    """
    watch = watch or Watch(store, ledger, journal, journal.run)
    made: list[Done] = []
    market: Market | None = None
    for each in agenda(watch, settings, session, kinds).due:
        if market is None and each.kind != "daily":
            market = store.market(journal.run)
        said = _said(watch, market, each, settings, counted)
        event = Done(clock(), each.kind, each.session, said.text, for_record(said.facts))

        def once(blotter: Blotter, event: Done = event) -> list[Done]:
            return [] if (event.duty, event.session) in blotter.done else [event]

        if journal.write(once):
            made.append(event)
    return made


def _said(
    watch: Watch,
    market: Market | None,
    each: Due,
    settings: Settings,
    counted: Callable[[Walk], object] | None,
) -> Said:
    at = watch.chronicle.at(each.session)
    if each.kind == "daily" or market is None:
        return daily(watch, watch.journal.blotter(), at)
    if each.kind == "weekly":
        return weekly(watch, market, at)
    return monthly(watch, market, at, settings.duties.refit, counted)
