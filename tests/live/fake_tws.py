"""A TWS on loopback that speaks enough of its socket protocol for ib_async to trade with it.

It announces server version 157, the oldest that ib_async takes.  A message is a length of four
bytes and fields that end in a zero byte.  Orders, executions and positions outlive connections.
"""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

VERSION = 157
WAIT = 5.0


@dataclass
class Placed:
    """An order that has arrived."""

    number: int
    client: int
    perm: int
    contract: list[str]
    legs: list[list[str]]
    action: str
    quantity: float
    type: str
    limit: str
    tif: str
    account: str
    ref: str
    transmit: str
    status: str = "Submitted"
    filled: float = 0.0
    times: int = 1
    """How often it has been placed."""


@dataclass
class Listing:
    """A contract that the fake lists."""

    id: int
    symbol: str
    type: str
    local: str
    trading: str
    multiplier: str = ""
    expiry: str = ""
    strike: float = 0.0
    right: str = ""
    exchange: str = "SMART"
    rule: str = "1"
    price: float = 0.0

    def fields(self, *, primary: bool = False) -> list[Any]:
        head = [self.id, self.symbol, self.type, self.expiry, self.strike, self.right]
        place = [self.exchange, ""] if primary else [self.exchange]
        return [*head, self.multiplier, *place, "USD", self.local, self.trading]


LISTED = [
    Listing(101, "SPX", "OPT", "SPXW  240119P04500000", "SPXW", "100", "20240119", 4500.0, "P"),
    Listing(102, "SPX", "OPT", "SPXW  240119P04400000", "SPXW", "100", "20240119", 4400.0, "P"),
    Listing(103, "SPX", "OPT", "SPX   240119P04300000", "SPX", "100", "20240118", 4300.0, "P"),
    Listing(104, "VIX", "OPT", "VIX   240522C00020000", "VIX", "100", "20240522", 20.0, "C"),
    Listing(201, "VIX", "FUT", "VXK4", "VX", "1000", "20240522", exchange="CFE", rule="2"),
    Listing(202, "VIX", "FUT", "VXM4", "VX", "1000", "20240618", exchange="CFE", rule="2"),
    Listing(301, "SPY", "STK", "SPY", "SPY", rule="3", price=470.0),
    Listing(401, "VIX", "IND", "VIX", "VIX", exchange="CBOE", price=14.5),
]
RULES = {"1": [(0.0, 0.05), (3.0, 0.10)], "2": [(0.0, 0.05)], "3": [(0.0, 0.01)]}


@dataclass
class FakeTws:
    """The server; its methods are called from tests, its loop runs in a thread or in theirs."""

    accounts: str = "DU1"
    mode: str = "fill_later"
    """What becomes of the next order: fill_later, reject, inactive, silent, lost (never arrives,
    the line is cut), cut (arrives, the line is cut), fill (at once), warn."""
    commissions: bool = True
    mute: bool = False
    """Answer nothing at all."""
    orders: dict[int, Placed] = field(default_factory=dict)
    executions: list[list[Any]] = field(default_factory=list)
    paid: dict[str, float] = field(default_factory=dict)
    positions: dict[tuple[str, int], float] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    on_order: Callable[[Placed], None] | None = None
    port: int = 0

    # running

    def __enter__(self) -> FakeTws:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self._do(self.start())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(WAIT)
        self.loop.close()

    async def start(self) -> None:
        self.lines: dict[asyncio.StreamWriter, int] = {}
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.server.close()
        await self.cut()
        await asyncio.sleep(0)

    def down(self) -> None:
        """Stop listening, and cut every line."""
        self._do(self.stop())

    def up(self) -> None:
        self._do(self.start())

    async def cut(self) -> None:
        for line in list(self.lines):
            line.transport.abort()
        self.lines.clear()

    def hang_up(self) -> None:
        self._do(self.cut())

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT)

    def _act(self, work: Callable[[], Any]) -> Any:
        async def act() -> Any:
            return work()

        return self._do(act())

    # what a test makes happen

    def order(self, ref: str) -> Placed:
        (found,) = [order for order in self.orders.values() if order.ref == ref]
        return found

    def fill(self, ref: str, quantity: float, price: float, leg: int = 0, **terms: Any) -> str:
        """Fill contracts of a leg; ``part`` of the combo's count, ``id`` and ``again`` as told."""
        return self._act(lambda: self.fill_now(self.order(ref), quantity, price, leg, **terms))

    def fill_now(
        self,
        order: Placed,
        quantity: float,
        price: float,
        leg: int = 0,
        *,
        times: float | None = None,
        id: str = "",  # noqa: A002  (the broker's word)
        again: bool = False,
    ) -> str:
        if order.legs:
            number, _, side = order.legs[leg][:3]
            item = next(one for one in LISTED if one.id == int(number))
        else:
            item = next(one for one in LISTED if one.id == int(order.contract[0]))
            side = order.action
        execution = id or f"0000e0d5.{order.perm:08x}.{len(self.executions):02d}.01"
        if not again:
            order.filled += quantity if times is None else times
            sign = 1.0 if side == "BUY" else -1.0
            place = order.account, item.id
            self.positions[place] = self.positions.get(place, 0.0) + sign * quantity
            if order.filled >= order.quantity:
                order.status = "Filled"
        bought = "BOT" if side == "BUY" else "SLD"
        report = [
            order.number, *item.fields(), execution, "20240102 15:30:00 US/Eastern",
            order.account, item.exchange, bought, quantity, price, order.perm, order.client, 0,
            order.filled, price, order.ref, "", "", "", 1,
        ]  # fmt: skip
        if not any(report[12] == one[12] for one in self.executions):
            self.executions.append(report)
        for line, client in self.lines.items():
            if client == order.client:
                self._status(line, order)
                self.tell(line, 11, -1, *report)
                if self.commissions:
                    self.tell(line, 59, 1, execution, 1.25 * quantity, "USD", "", "", "")
        if self.commissions:
            self.paid[execution] = 1.25 * quantity
        return execution

    def pay(self, execution: str, commission: float) -> None:
        def act() -> None:
            self.paid[execution] = commission
            for line in self.lines:
                self.tell(line, 59, 1, execution, commission, "USD", "", "", "")

        self._act(act)

    def error(self, number: int, code: int, text: str) -> None:
        self._act(lambda: [self.tell(line, 4, 2, number, code, text) for line in self.lines])

    # the protocol

    def tell(self, line: asyncio.StreamWriter, *fields: Any) -> None:
        text = "".join(f"{value}\0" for value in fields).encode()
        if not self.mute:
            line.write(struct.pack(">I", len(text)) + text)

    async def _serve(self, reader: asyncio.StreamReader, line: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            assert await reader.readexactly(4) == b"API\0"
            await self._message(reader)
            self.tell(line, VERSION, "20240102 09:30:00 EST")
            while True:
                fields = (await self._message(reader)).decode().split("\0")[:-1]
                self._hear(line, fields)
        self.lines.pop(line, None)
        line.close()

    async def _message(self, reader: asyncio.StreamReader) -> bytes:
        (size,) = struct.unpack(">I", await reader.readexactly(4))
        return await reader.readexactly(size)

    def _hear(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        name = _NAMES.get(int(fields[0]), "")
        self.heard.append(name or fields[0])
        if name:
            getattr(self, f"_{name}")(line, fields)

    def _start(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        client = int(fields[2])
        if client in self.lines.values():
            self.tell(line, 4, 2, -1, 326, "Unable to connect as the client id is already in use")
            line.close()
            return
        self.lines[line] = client
        following = max([order.number for order in self.orders.values()], default=0) + 1
        self.tell(line, 15, 1, self.accounts)
        self.tell(line, 9, 1, following)

    def _place(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        number, client = int(fields[1]), self.lines.get(line, -1)
        count = int(fields[35]) if fields[4] == "BAG" else 0
        legs = [fields[36 + 8 * i : 44 + 8 * i] for i in range(count)]
        mode, self.mode = self.mode, "fill_later"
        if mode == "lost":
            line.transport.abort()
            self.lines.pop(line, None)
            return
        if mode == "reject":
            self.tell(line, 4, 2, number, 201, "Order rejected - reason: no margin")
            return
        contract = [*fields[2:9], fields[9], *fields[11:14]]
        again = [
            one for one in self.orders.values() if (one.number, one.client) == (number, client)
        ]
        if again:
            again[0].times += 1
            return
        order = Placed(
            number, client, 9000 + len(self.orders), contract, legs, fields[16],
            float(fields[17]), fields[18], fields[19], fields[21], fields[23], fields[26],
            fields[27],
        )  # fmt: skip
        self.orders[order.perm] = order
        if mode == "inactive":
            order.status = "Inactive"
        if mode == "warn":
            self.tell(line, 4, 2, number, 399, "it will be sent when the exchange opens")
        if self.on_order is not None:
            self.on_order(order)
        if mode == "cut":
            line.transport.abort()
            self.lines.pop(line, None)
        elif mode != "silent":
            self._open(line, order)
            if mode == "inactive":
                self.tell(line, 4, 2, number, 201, "Order rejected - reason: no permission")
            if mode == "fill":
                self.fill_now(order, order.quantity, float(order.limit or 1.0))

    def _cancel(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        for order in self.orders.values():
            if (order.number, order.client) == (int(fields[2]), self.lines.get(line)):
                if order.status in ("Filled", "Cancelled"):
                    text = "OrderId that needs to be cancelled can not be cancelled"
                    self.tell(line, 4, 2, order.number, 10148, text)
                    return
                order.status = "Cancelled"
                self._status(line, order)
                self.tell(line, 4, 2, order.number, 202, "Order Canceled - reason:")

    def _open_orders(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        for order in self.orders.values():
            mine = fields[0] == "16" or order.client == self.lines.get(line)
            if mine and order.status in ("Submitted", "Inactive"):
                self._open(line, order)
        self.tell(line, 53, 1)

    def _completed(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        for order in self.orders.values():
            if order.status in ("Filled", "Cancelled"):
                self._done(line, order)
        self.tell(line, 102)

    def _executed(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        for report in self.executions:
            self.tell(line, 11, fields[2], *report)
        self.tell(line, 55, 1, fields[2])
        for report in self.executions:
            if report[12] in self.paid:
                self.tell(line, 59, 1, report[12], self.paid[report[12]], "USD", "", "", "")

    def _positions(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        for (account, number), held in self.positions.items():
            item = next(one for one in LISTED if one.id == number)
            self.tell(line, 61, 3, account, *item.fields(), held, 1.0)
        self.tell(line, 62, 1)

    def _details(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        asked, local, symbol, kind = fields[2], fields[13], fields[4], fields[5]
        found = [one for one in LISTED if one.type == kind]
        found = [one for one in found if one.local == (local or symbol)]
        for one in found:
            self.tell(
                line, 10, 8, asked, one.symbol, one.type, one.expiry, one.strike, one.right,
                one.exchange, "USD", one.local, one.trading, one.trading, one.id,
                RULES[one.rule][0][1], "", one.multiplier, "LMT,MKT", f"SMART,{one.exchange}", 1,
                0, one.symbol, "", "", "", "", "", "US/Central", "", "", "", "", 0, 1, "", "",
                f"{one.rule},{one.rule}", one.expiry, "",
            )  # fmt: skip
        if not found:
            self.tell(line, 4, 2, asked, 200, "No security definition has been found")
        else:
            self.tell(line, 52, 1, asked)

    def _rule(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        steps = RULES[fields[1]]
        self.tell(line, 93, fields[1], len(steps), *[value for step in steps for value in step])

    def _data(self, line: asyncio.StreamWriter, fields: list[str]) -> None:
        """Tell a snapshot: the last price, and its end."""
        asked, number, local = fields[2], int(fields[3] or 0), fields[13] or fields[4]
        found = [one for one in LISTED if one.id == number or (not number and one.local == local)]
        for one in found:
            self.tell(line, 1, 6, asked, 4, one.price, 1, 0)
            self.tell(line, 57, 1, asked)
        if not found:
            self.tell(line, 4, 2, asked, 200, "No security definition has been found")

    def _open(self, line: asyncio.StreamWriter, order: Placed) -> None:
        blank = ""
        legs = [value for leg in order.legs for value in leg]
        self.tell(
            line, 5, order.number, *order.contract, order.action, order.quantity, order.type,
            order.limit, blank, order.tif, blank, order.account, blank, 0, order.ref,
            order.client, order.perm, 0, 0, 0, *[blank] * 5, blank, *[blank] * 29, *[blank] * 7,
            len(order.legs), *legs, 0, 0, *[blank] * 3, blank, *[blank] * 4, 0, blank, 0, 0,
            order.status, *[blank] * 16, 0, *[blank] * 16,
        )  # fmt: skip
        self._status(line, order)

    def _done(self, line: asyncio.StreamWriter, order: Placed) -> None:
        blank = ""
        legs = [value for leg in order.legs for value in leg]
        self.tell(
            line, 101, *order.contract, order.action, order.quantity, order.type, order.limit,
            blank, order.tif, blank, order.account, blank, 0, order.ref, order.perm, 0, 0, 0,
            *[blank] * 4, blank, *[blank] * 23, *[blank] * 5, len(order.legs), *legs, 0, 0,
            *[blank] * 3, blank, *[blank] * 3, 0, blank, 0, order.status, 0, 0, 0, *[blank] * 6,
            order.filled, *[blank] * 6, "20240102 16:00:00", order.status,
        )  # fmt: skip

    def _status(self, line: asyncio.StreamWriter, order: Placed) -> None:
        left = order.quantity - order.filled
        self.tell(
            line, 3, order.number, order.status, order.filled, left, 0.0, order.perm, 0, 0.0,
            order.client, "", 0.0,
        )  # fmt: skip


_NAMES = {
    1: "data", 3: "place", 4: "cancel", 5: "open_orders", 7: "executed", 9: "details",
    16: "open_orders", 61: "positions", 71: "start", 91: "rule", 99: "completed",
}  # fmt: skip
