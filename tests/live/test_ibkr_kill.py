"""A desk that is killed while an order is on its way: one order at the broker, whatever happens."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time

import pytest

from hedgerow.engine.ledger.chain import verify
from hedgerow.live.orders.windows import may_send
from hedgerow.live.settings import WindowTerms
from live.desk_of_ibkr import NOW, RUN, Desk, gateway, proposed, settled
from live.fake_tws import FakeTws

KILLS = 20


def play(tws: FakeTws, place, order: str) -> None:
    """Be a desk, until the order is filled."""
    try:
        with gateway(tws, timeout=5.0) as broker:
            desk = Desk(place, broker)
            desk.send(proposed(order))
            desk.ends("filled", order)
    finally:
        os._exit(0)


async def over(child: int, tws: FakeTws, last: str | None, later: float) -> None:
    """Serve the desk until it is gone; kill it some time after it has asked for something."""
    deadline, since, killed = time.monotonic() + 120.0, len(tws.heard), False
    while time.monotonic() < deadline:
        gone, status = os.waitpid(child, os.WNOHANG)
        if gone:
            assert os.WIFSIGNALED(status) == (last is not None)
            return
        for order in tws.orders.values():
            if last is None and order.status == "Submitted":
                tws.fill_now(order, order.quantity, 15.0)
        if last in tws.heard[since:] and not killed:
            await asyncio.sleep(later)
            os.kill(child, signal.SIGKILL)
            killed = True
        await asyncio.sleep(0.001)
    raise AssertionError("the desk hangs")


@pytest.mark.slow
def test_a_desk_killed_between_sent_and_the_answer_twenty_times_sends_once(tmp_path) -> None:
    import ib_async  # noqa: F401  (so that children need not)

    may_send(NOW, WindowTerms())  # nor ask when the exchange is open
    dice, tws, place = random.Random(8), FakeTws(), tmp_path / "book.db"
    loop = asyncio.new_event_loop()
    loop.run_until_complete(tws.start())
    for i in range(KILLS):
        order = f"a-{i}"
        for last in (dice.choice(("details", "rule", "place", "place")), None):
            tws.mode = dice.choice(("silent", "fill_later", "cut")) if last else "fill_later"
            later = dice.choice((0.0, dice.uniform(0.0, 0.02)))
            child = os.fork()
            if not child:
                asyncio.set_event_loop(None)
                play(tws, place, order)
            loop.run_until_complete(over(child, tws, last, later))
        assert tws.order(f"{RUN}:{order}").times == 1
    loop.run_until_complete(tws.stop())
    loop.close()
    desk = Desk(place, None)
    slips = desk.journal.blotter().orders
    assert len(slips) == len(tws.orders) == KILLS
    assert all(slip.stage == "filled" for slip in slips.values())
    settled(desk, tws)
    assert verify(desk.journal.records()).count
