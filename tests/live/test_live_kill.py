"""Killed at any moment of an order's life, the desk goes on to the very ledger of an unbroken run.

A child of `os.fork` lives through the sessions and is ended by SIGKILL: at the entry or the exit of
a step between two states, or at a random time within it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.desk_events import Acknowledged, Approved, Collected, Proposed, Sent
from hedgerow.errors import LedgerError
from hedgerow.live.orders import desk
from live.desks import ASKED, FREE, Desk, records

START, FROM, END = "2020-02-24", "2020-02-25", "2020-02-26"
TIMES = 20


@pytest.fixture
def room(tmp_path) -> Iterator[Path]:
    """A folder in memory where there is one: what a kill leaves, a sync of the disk cannot mend."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    """A book after its first session, whose order is with the broker."""
    place = tmp_path_factory.mktemp("begun") / "book.db"
    _live(place, until=START)
    return place


@pytest.fixture(scope="module")
def wanted(tmp_path_factory) -> list[str]:
    place = tmp_path_factory.mktemp("unbroken") / "book.db"
    _live(place)
    return [record.text for record in records(place)]


def _live(place: Path, then: Callable[[Desk], None] | None = None, until: str = END) -> None:
    """Go on with a book until its last session, approving what waits."""
    made = Desk.at(place, settings=ASKED, start=START, end=END)
    if then is not None:
        then(made)
    accepted = made.cycle.store.sessions("live")
    for day in made.source.sessions:
        if accepted and str(day) < accepted[-1]:
            continue
        made.close(day)
        waiting = made.cycle.journal.blotter().open_orders("proposed")
        if waiting:
            orders = [slip.proposed.order for slip in waiting]
            desk.approve(made.cycle.journal, orders, "ann", "fits")
        made.open(day)
        if str(day) == until:
            break
    made.leave()


def _killed(place: Path, moment: Callable[[Desk], None]) -> bool:
    """Let a child live until the moment kills it, or it is done; say whether it was killed."""
    child = os.fork()
    if not child:
        try:
            _live(place, moment)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _die_around(kind: type, session: str, seed: int) -> Callable[[Desk], None]:
    """Die before, within or after the write of the first event of a kind from a session on."""
    chance = random.Random(f"{kind.__name__} {seed}")
    before, pause = chance.random() < 0.3, chance.random() * 0.003

    def arm(made: Desk) -> None:
        write = made.cycle.journal.write

        def writing(make: Any) -> Any:
            def watched(blotter: Any) -> Any:
                events = make(blotter)
                now = max(blotter.received, default="")
                if now >= session and any(isinstance(event, kind) for event in events):
                    if before:
                        os.kill(os.getpid(), signal.SIGKILL)
                    threading.Thread(target=_die, args=(pause,), daemon=True).start()
                return events

            return write(watched)

        made.cycle.journal.write = writing  # type: ignore[method-assign]  # a child's own

    return arm


def _die(after: float) -> None:
    time.sleep(after)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Proposed, Approved, Sent, Acknowledged, Collected])
def test_a_kill_at_any_state_of_an_order_costs_nothing(room, begun, wanted, kind) -> None:
    for seed in range(TIMES):
        place = room / f"{kind.kind}-{seed}.db"
        shutil.copy(begun, place)
        assert _killed(place, _die_around(kind, FROM, seed))
        found = [r.text for r in records(place)]
        assert found == wanted[: len(found)], "what was written is the beginning of it"
        _live(place)
        assert [record.text for record in records(place)] == wanted
        verify(records(place))
        journal = records(place, "live.desk")
        verify(journal)
        _once_each([record.event for record in journal])


def _once_each(events: list[Any]) -> None:
    """Every order is proposed, approved and acknowledged once, every fill reported once."""
    for kind in ("proposed", "approved", "acknowledged"):
        orders = [event.order for event in events if event.kind == kind]
        assert len(orders) == len(set(orders))
    fills = [event.execution for event in events if event.kind == "executed"]
    assert len(fills) == len(set(fills)) > 0
    sessions = [event.session for event in events if event.kind == "collected"]
    assert len(sessions) == len(set(sessions))


def test_a_kill_between_ledger_and_desk_costs_nothing(room, wanted) -> None:
    """The bar is stored, and nothing is proposed yet: the orders are laid before a person later."""
    place = room / "book.db"

    def arm(made: Desk) -> None:
        made.cycle._propose = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign, assignment, return-value]  # a child's own

    assert _killed(place, arm)
    assert [r.event.kind for r in records(place)][-1] == "closed"
    assert "proposed" not in {r.event.kind for r in records(place, "live.desk")}
    _live(place)
    assert [record.text for record in records(place)] == wanted
    _once_each([record.event for record in records(place, "live.desk")])


def test_two_monitors_on_one_book_are_one_too_many(tmp_path) -> None:
    first = Desk.at(tmp_path / "book.db", settings=FREE, start=START, end=END)
    with pytest.raises(LedgerError, match="another process is writing to it"):
        Desk.at(tmp_path / "book.db", settings=FREE, start=START, end=END)
    first.leave()
