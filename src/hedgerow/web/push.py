"""Server push: one look at the book a second for all who watch, and a word to each of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from typing import Annotated, Literal, TypeAlias

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse

from hedgerow.engine.ledger import desk_events as desk
from hedgerow.engine.ledger.events import Alarm
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import HedgerowError
from hedgerow.web.doors import Doors
from hedgerow.web.people import Person, RequestError, person_of
from hedgerow.web.reading import Heads, View

Topic: TypeAlias = Literal["today", "orders", "alarms", "jobs"]
TOPICS: tuple[Topic, ...] = ("today", "orders", "alarms", "jobs")
"""What a page may listen to: ``hx-trigger="sse:orders"``."""

MOST = 1_000
"""Viewers at once."""

EACH = 20
"""Viewers at once of one user: another one ends that user's oldest."""

LONGEST = 900.0
"""Seconds until a stream ends: the browser asks again, and is asked who it is."""

_log = logging.getLogger("hedgerow.web")


def topics(events: Iterable[Event]) -> set[Topic]:
    """Return which parts of the pages are changed by events.

    Examples
    --------
    >>> sorted(topics([Alarm(0, "budget", "over")]))
    ['alarms', 'today']
    """
    found: set[Topic] = set()
    for event in events:
        match event:
            case Alarm() | desk.Received() | desk.Reconciled():
                found |= {"alarms", "today"}
            case desk.Acted() | desk.Collected() | desk.Done():
                found.add("today")
            case desk.Halted() | desk.Resumed():
                found |= {"orders", "alarms", "today"}
            case _:
                found |= {"orders", "today"}
    return found


class Viewer:
    """Somebody who watches: what to tell them next, each topic once however often it changed."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.waiting: dict[Topic, None] = {}
        self.gone = False
        self._word = asyncio.Event()

    def tell(self, said: Iterable[Topic]) -> None:
        """Say that topics have changed."""
        self.waiting |= dict.fromkeys(said)
        self._word.set()

    def dismiss(self) -> None:
        """End the stream."""
        self.gone = True
        self._word.set()

    async def next(self) -> Sequence[Topic]:
        """Wait until there is something to say, and return it; nothing ends the stream."""
        await self._word.wait()
        self._word.clear()
        said, self.waiting = tuple(self.waiting), {}
        return () if self.gone else said


class Herald:
    """Tells viewers what has changed.

    Parameters
    ----------
    view
        Where it looks.
    pause
        Seconds between two looks.
    standing
        Returns the forms' tokens of all who may still listen; called off the event loop.  None:
        whoever has come may.
    """

    def __init__(
        self,
        view: View,
        pause: float = 1.0,
        standing: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self.view, self.pause = view, pause
        self.viewers: dict[Viewer, None] = {}
        self._standing = standing
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = view.heads

    @property
    def mark(self) -> str:
        """How far it has seen, as the id of a push."""
        heads = self.view.heads
        return f"{heads.ledger}.{heads.journal}"

    async def watch(self) -> None:
        """Look again and again who may listen, and what is new.

        A book that cannot be read is looked at again later.
        """
        self._loop = asyncio.get_running_loop()
        troubled = False
        while True:
            try:
                await self._look_round()
                await to_thread.run_sync(self.view.catch_up)
                if said := topics(self._news()):
                    self._spread(said)
                troubled = False
            except HedgerowError as error:
                if not troubled:
                    _log.warning("the book cannot be read: %s", error)
                troubled = True
            await asyncio.sleep(self.pause)

    def tell(self, topic: Topic) -> None:
        """Say from any thread that something has changed, such as how far a job is."""
        self._soon(lambda: self._spread((topic,)))

    def dismiss(self, person: Person) -> None:
        """End from any thread the streams of a session that somebody has signed out of."""
        self._soon(lambda: self._dismiss(v for v in self.viewers if v.person.csrf == person.csrf))

    def end(self) -> None:
        """Send all viewers away."""
        self._dismiss(self.viewers)

    async def listen(
        self, person: Person, last: str = "", most: int = MOST
    ) -> AsyncIterator[ServerSentEvent]:
        """Yield what changes from now on, and first what has since the push ``last``.

        Parameters
        ----------
        person
            Who listens.
        last
            Id of the last push that was heard; empty: none.
        most
            Streams that the person may have; the oldest end where this is one more.
        """
        mine = [v for v in self.viewers if v.person.name == person.name and not v.gone]
        self._dismiss(mine[: max(len(mine) + 1 - most, 0)])
        viewer = Viewer(person)
        self.viewers[viewer] = None
        try:
            yield ServerSentEvent(data="welcome", event="hello", id=self.mark, retry=2_000)
            if last and last != self.mark:
                viewer.tell(TOPICS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LONGEST):
                    while said := await viewer.next():
                        for topic in said:
                            yield ServerSentEvent(data=self.mark, event=topic, id=self.mark)
        finally:
            del self.viewers[viewer]

    def _news(self) -> list[Event]:
        """Return what viewers were not told of, whoever's look has found it."""
        run, said = self.view.run[self._told.ledger :], self.view.desk[self._told.journal :]
        self._told = Heads(self._told.ledger + len(run), self._told.journal + len(said))
        return [*run, *said]

    async def _look_round(self) -> None:
        """End the streams of those who may look no more, whoever has seen to that."""
        if self._standing is None or not self.viewers:
            return
        asked = list(self.viewers)  # who comes meanwhile may be unknown to the answer
        standing = await to_thread.run_sync(self._standing)
        self._dismiss(viewer for viewer in asked if viewer.person.csrf not in standing)

    def _spread(self, said: Iterable[Topic]) -> None:
        for viewer in self.viewers:
            viewer.tell(said)

    def _dismiss(self, viewers: Iterable[Viewer]) -> None:
        for viewer in viewers:
            viewer.dismiss()

    def _soon(self, act: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)


router = APIRouter()


@router.get("/events", include_in_schema=False)
async def events(request: Request, seen: Annotated[str, Query(max_length=40)] = "") -> Response:
    """Push what changes, as server-sent events; at once, where a page has seen less."""
    herald: Herald = request.app.state.herald
    doors: Doors = request.app.state.doors
    if len(herald.viewers) >= MOST:
        raise RequestError(503, f"{MOST} viewers are watching already", "come again later")
    last = request.headers.get("last-event-id", seen)
    most = EACH if doors.guarded() else MOST  # alone, all who look have one name
    listening = herald.listen(person_of(request), last, most)
    return EventSourceResponse(
        listening, ping=25, send_timeout=10, headers={"Cache-Control": "no-store"}
    )
