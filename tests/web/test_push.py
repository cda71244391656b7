"""Server push: one look for all, a word to each."""

from __future__ import annotations

import asyncio

from hedgerow.engine.ledger.desk_events import Halted
from hedgerow.engine.ledger.events import Alarm
from hedgerow.web.book import Book
from hedgerow.web.push import Herald
from hedgerow.web.reading import View
from web.desks import NOW, Clock, written


def heard(place, act, wanted: set[str], viewers: int = 1, last: str = "") -> list[list[str]]:
    """What viewers hear, until each has heard what is wanted and a moment longer."""

    async def play() -> list[list[str]]:
        book = Book.open(place, clock=Clock())
        view = View(book)
        view.catch_up()
        herald = Herald(view, 0.01)
        watching = asyncio.create_task(herald.watch())
        found: list[list[str]] = [[] for _ in range(viewers)]

        async def listen(mine: list[str]) -> None:
            async for event in herald.listen(last):
                mine.append(event.event)

        tasks = [asyncio.create_task(listen(mine)) for mine in found]
        async with asyncio.timeout(60):
            while len(herald.viewers) < viewers:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(act)
            while not all(wanted <= set(mine) for mine in found):
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        herald.end()
        await asyncio.gather(*tasks)
        assert not herald.viewers
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        view.close()
        book.close()
        return found

    return asyncio.run(play())


def test_all_viewers_hear_what_others_write(place) -> None:
    wanted = {"hello", "orders", "alarms", "today"}
    found = heard(place, lambda: written(place, Halted(NOW, "ann", "x")), wanted, viewers=200)
    assert all(set(mine) == wanted for mine in found)


def test_an_alarm_says_nothing_of_orders(place) -> None:
    wanted = {"hello", "alarms", "today"}
    [found] = heard(place, lambda: written(place, Alarm(NOW, "budget", "x")), wanted)
    assert sorted(found) == sorted(wanted)


def test_who_comes_back_hears_what_was_missed(place) -> None:
    wanted = {"alarms", "hello", "jobs", "orders", "today"}
    [found] = heard(place, lambda: None, wanted, last="1.1")
    assert sorted(found) == sorted(wanted)


def test_a_slow_viewer_has_a_bounded_list() -> None:
    from hedgerow.web.push import TOPICS, Viewer

    async def play() -> int:
        viewer = Viewer()
        for _ in range(10_000):
            viewer.tell(TOPICS)
        return len(viewer.waiting)

    assert asyncio.run(play()) == len(TOPICS)
