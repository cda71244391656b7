"""Server push: one look for all, a word to each."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor

from httpx import Response

from hedgerow.engine.ledger.desk_events import Halted
from hedgerow.engine.ledger.events import Alarm
from hedgerow.live.keeping.users import Users
from hedgerow.live.store import Store
from hedgerow.web.book import Book
from hedgerow.web.people import Person
from hedgerow.web.push import Herald
from hedgerow.web.reading import View
from web.desks import NOW, PASSWORD, SAME, Clock, TestClient, browsing, sign_in, token, written

ANN, BOB = Person("ann", "view", "a"), Person("bob", "view", "b")


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
            async for event in herald.listen(ANN, last):
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
        viewer = Viewer(ANN)
        for _ in range(10_000):
            viewer.tell(TOPICS)
        return len(viewer.waiting)

    assert asyncio.run(play()) == len(TOPICS)


def held(pool: ThreadPoolExecutor, client: TestClient) -> Future[Response]:
    """A stream that somebody listens to; done once it has ended."""
    viewers = client.app.state.herald.viewers
    before, limit = set(viewers), time.monotonic() + 60.0
    stream = pool.submit(client.get, "/events")
    while not set(viewers) - before:
        assert time.monotonic() < limit, "nobody listens"
        time.sleep(0.005)
    return stream


def test_a_stream_ends_with_its_session_and_another_one_too_many_ends_the_oldest(
    guarded, monkeypatch
) -> None:
    monkeypatch.setattr("hedgerow.web.push.EACH", 1)
    elsewhere = Users(Store(guarded), Clock())
    with ThreadPoolExecutor() as pool, browsing(guarded) as client:
        herald = client.app.state.herald

        sign_in(client, "ann")
        stream = held(pool, client)
        elsewhere.set_role("ann", "view", "console")
        assert "event: hello" in stream.result(60).text
        sign_in(client, "vic")
        stream = held(pool, client)
        elsewhere.disable("vic", "console")
        assert stream.result(60).status_code == 200
        sign_in(client, "ada")
        first, second = held(pool, client), held(pool, client)
        assert first.result(60).status_code == 200
        herald.pause = 3_600.0  # it looks round no more: signing out ends a stream by itself
        time.sleep(0.1)
        assert [viewer.person.name for viewer in herald.viewers] == ["ada"]
        client.post("/logout", data={"csrf": token(client)}, headers=SAME)
        assert second.result(60).status_code == 200


def test_the_first_user_ends_the_streams_of_whoever_was_there_alone(place, monkeypatch) -> None:
    monkeypatch.setattr("hedgerow.web.doors._FRESH", 0.0)
    with ThreadPoolExecutor() as pool, browsing(place) as client:
        stream = held(pool, client)
        Users(Store(place)).add("ann", PASSWORD, "admin", "console")
        assert stream.result(60).status_code == 200
