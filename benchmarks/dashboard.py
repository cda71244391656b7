"""The dashboard before many: 200 viewers on loopback, and 10,000 requests in a row.

A server process shows a book that has replayed February and March 2020. This process is the
viewers: each holds a stream of pushes and loads pages. Beside them stands an application of one
empty page behind the same server program.

Usage: python benchmarks/dashboard.py [--viewers N] [--requests N] [--json FILE]
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import numpy as np

from rounds import after, keep

PAGES = ("/", "/orders", "/book", "/performance", "/why", "/lab", "/data")
PUSHES = 10
THINKING = 10.0
"""Seconds for which a viewer looks at a page, in the mean."""
LONGEST = 120.0
"""Seconds that anything may take."""

BOOK = """
import sys
import hedgerow as hr
from hedgerow.engine.rulebook import rulebook
hr.monitor(rulebook("option-a").program, sys.argv[1], settings="[approval]\\nrequired = false",
           market=hr.load("builtin", start="2019-01-02", end="2020-03-31"),
           start="2020-02-03", end="2020-03-31")
"""
SERVER = """
import sys
import uvicorn
from hedgerow.web.serving import listen
if sys.argv[1] == "empty":
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse
    app = FastAPI()
    app.get("/", response_class=HTMLResponse)(lambda: "<!doctype html><title>empty</title>")
else:
    from hedgerow.web.app import make_app
    from hedgerow.web.book import Book
    app = make_app(Book.open(sys.argv[1]), pause=float(sys.argv[2]))
socket = listen("127.0.0.1", 0)
print(socket.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1,
                              limit_concurrency=2_000)).run(sockets=[socket])
"""


class Served:
    """A server in a process of its own."""

    def __init__(self, what: str, pause: float = 1.0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, what, str(pause)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.base = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def __enter__(self) -> Served:
        for _ in range(200):
            try:
                httpx.get(self.base, timeout=LONGEST, trust_env=False)
                return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise SystemExit("the server does not answer")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(LONGEST)

    @property
    def memory(self) -> float:
        """MiB of its own that are in memory now; NaN where the system does not tell."""
        try:
            said = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return float("nan")
        return int(said.split("VmRSS:")[1].split()[0]) / 1024


def client(base: str) -> httpx.AsyncClient:
    """A viewer of loopback, with connections of its own."""
    return httpx.AsyncClient(base_url=base, timeout=LONGEST, trust_env=False)


async def heard(
    viewer: httpx.AsyncClient, ready: asyncio.Semaphore, word: Callable[[float], None]
) -> None:
    """Hold a stream, and say when an event has come."""
    async with viewer.stream("GET", "/events") as stream:
        async for line in stream.aiter_lines():
            if line == "event: hello":
                ready.release()
            elif line.startswith("event: orders"):
                word(time.perf_counter())


async def watched(
    base: str, viewers: int, write: Callable[[], None]
) -> tuple[list[list[float]], list[float]]:
    """Return seconds of each push to each of those who hold streams, and of pages they load."""
    draw = np.random.default_rng(1)
    arrived: list[list[float]] = []
    ready = asyncio.Semaphore(0)
    everybody = asyncio.Event()

    def word(moment: float) -> None:
        arrived[-1].append(moment)
        if len(arrived[-1]) == viewers:
            everybody.set()

    async with AsyncExitStack() as stack:
        every = [await stack.enter_async_context(client(base)) for _ in range(viewers)]
        streams = [asyncio.create_task(heard(each, ready, word)) for each in every]
        for _ in range(viewers):
            await asyncio.wait_for(ready.acquire(), LONGEST)
        pages = asyncio.create_task(loaded(base, viewers, 3, PAGES, THINKING))
        taken = []
        for _ in range(PUSHES):
            await asyncio.sleep(draw.uniform(0.0, 2.0))
            arrived.append([])
            everybody.clear()
            begun = time.perf_counter()
            await asyncio.to_thread(write)
            await asyncio.wait_for(everybody.wait(), LONGEST)
            taken.append([moment - begun for moment in arrived[-1]])
        loads = await pages
        for each in streams:
            each.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    return taken, loads


async def loaded(
    base: str, viewers: int, each: int, paths: tuple[str, ...], thinking: float = 0.0
) -> list[float]:
    """Return seconds of pages that viewers load, one after the other, with time to read them."""
    taken: list[float] = []
    draw = np.random.default_rng(2)

    async def look(place: int, viewer: httpx.AsyncClient) -> None:
        for count in range(each):
            await asyncio.sleep(draw.uniform(0.0, 2.0 * thinking))
            begun = time.perf_counter()
            answer = await viewer.get(paths[(place + count) % len(paths)])
            answer.raise_for_status()
            taken.append(time.perf_counter() - begun)

    async with AsyncExitStack() as stack:
        every = [await stack.enter_async_context(client(base)) for _ in range(viewers)]
        await asyncio.gather(*(look(place, viewer) for place, viewer in enumerate(every)))
    return taken


def switch(place: Path) -> Callable[[], None]:
    """Return what pulls the kill switch of a book, or lifts it, in turn."""
    from hedgerow.live.journal import Journal
    from hedgerow.live.orders import desk

    journal, pulled = Journal(place, "live"), False

    def write() -> None:
        nonlocal pulled
        (desk.resume if pulled else desk.halt)(journal, "a benchmark", "to be seen")
        pulled = not pulled

    return write


def told(name: str, seconds: list[float], base: float | None = None) -> dict[str, float]:
    """Print and return the median and the 95th percentile."""
    p50, p95 = (float(np.percentile(seconds, each)) for each in (50, 95))
    ratio = "" if base is None else f"{p50 / base:>10.1f}"
    print(f"{name:<52}{p50 * 1e3:>10.1f}{p95 * 1e3:>10.1f}{ratio}")
    return {"p50": p50, "p95": p95}


def main() -> None:
    """Measure and print."""
    viewers, requests = int(after("--viewers") or 200), int(after("--requests") or 10_000)
    found: dict[str, object] = {"viewers": viewers, "requests": requests}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "book.db")
        subprocess.run([sys.executable, "-c", BOOK, str(place)], check=True, capture_output=True)
        print(f"{'ms':<52}{'p50':>10}{'p95':>10}{'× empty':>10}")
        with Served("empty") as empty:
            one = told("an empty page, one viewer", asyncio.run(loaded(empty.base, 1, 300, ("/",))))
            many = asyncio.run(loaded(empty.base, viewers, 1, ("/",)))
            crowd = told(f"an empty page, {viewers} viewers at once", many)
        found |= {"empty, one": one, "empty, all": crowd}
        with Served(str(place)) as made:
            for path in PAGES:
                asyncio.run(loaded(made.base, 1, 2, (path,)))  # warmed
                taken = asyncio.run(loaded(made.base, 1, 30, (path,)))
                found[path] = told(f"{path}, one viewer", taken, one["p50"])
            taken = asyncio.run(loaded(made.base, viewers, 1, ("/",)))
            found["at once"] = told(f"/, {viewers} viewers at once", taken, crowd["p50"])
            seconds, taken = asyncio.run(watched(made.base, viewers, switch(place)))
            found["pages"] = told(f"any page, {viewers} viewers who read", taken, one["p50"])
            last = [max(each) for each in seconds]
            told("a push to a viewer, from the write on", [s for each in seconds for s in each])
            found["push"] = told(f"a push to the last of {viewers} viewers", last)
            memory = [made.memory]
            for _ in range(2):
                asyncio.run(loaded(made.base, 10, requests // 20, PAGES))
                memory.append(made.memory)
        found["memory"] = memory
        print(
            f"memory of the server, MiB: {memory[0]:.0f} before, {memory[1]:.0f} after "
            f"{requests // 2:,} requests, {memory[2]:.0f} after {requests:,}"
        )
    keep(**found)


if __name__ == "__main__":
    main()
