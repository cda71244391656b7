"""The dashboard before many: nobody misses a push, and nothing grows with requests."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from hedgerow.engine.ledger.desk_events import Halted
from hedgerow.web.app import make_app
from hedgerow.web.book import Book
from web.chromium.scene import NOW, served
from web.desks import written

VIEWERS = 200
REQUESTS = 10_000
LIGHT = ("/api/v1/me", "/static/app.js", "/login")
HEAVY = ("/", "/orders", "/book", "/performance", "/why", "/lab", "/data")


@pytest.mark.slow
def test_200_viewers_all_get_a_push(place) -> None:
    async def heard(client: httpx.AsyncClient, there: asyncio.Semaphore) -> str:
        async with client.stream("GET", "/events") as stream:
            async for line in stream.aiter_lines():
                if line == "event: hello":
                    there.release()
                elif line == "event: alarms":
                    return line
        return "the stream ended"

    async def watch(base: str) -> list[str]:
        there = asyncio.Semaphore(0)
        async with AsyncExitStack() as stack:
            made = [httpx.AsyncClient(base_url=base, timeout=60, trust_env=False, verify=False)
                    for _ in range(VIEWERS)]  # fmt: skip
            clients = [await stack.enter_async_context(each) for each in made]
            every = [asyncio.create_task(heard(each, there)) for each in clients]
            for _ in every:
                await asyncio.wait_for(there.acquire(), 60)
            await asyncio.to_thread(written, place, Halted(NOW, "ann", "a test"))
            return await asyncio.wait_for(asyncio.gather(*every), 60)

    with served(place) as base:
        assert asyncio.run(watch(base)) == ["event: alarms"] * VIEWERS


@pytest.mark.slow
def test_memory_is_flat_over_10_000_requests(place) -> None:
    """Half a KiB a request would be seen; each hundredth is a full page."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell a process how much memory it has")
    book = Book.open(place, clock=lambda: NOW)
    app = make_app(book)

    async def ask() -> list[float]:
        found = []
        transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for count in range(REQUESTS):
                if count in (REQUESTS // 4, REQUESTS // 2):
                    found.append(resident())
                path = HEAVY[count // 100 % 7] if count % 100 == 0 else LIGHT[count % len(LIGHT)]
                answer = await client.get(path)
                assert answer.status_code == {"/login": 303}.get(path, 200)
        return [*found, resident()]

    quarter, half, whole = asyncio.run(ask())
    app.state.jobs.close()
    app.state.view.close()
    book.close()
    assert whole - quarter < 0.5 * 0.75 * REQUESTS, (quarter, half, whole)


def resident() -> float:
    """KiB of this process that are in memory, after what is no longer needed is given back."""
    gc.collect()
    said = Path("/proc/self/status").read_text(encoding="utf-8")
    return float(said.split("VmRSS:")[1].split()[0])
