"""A small engine on a made-up market: enough to fill a ledger as a real one would.

Run as a program, ``python toy.py PLACE BARS KILLS``, it plays a run in children that it kills, and
then what is left of it.  What happens at a bar follows from the bar's number and from what is on
record, so an interrupted run and an unbroken one must make the very same ledger.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from hedgerow.core.book import Bar, Book, View, place
from hedgerow.core.policy import Policy
from hedgerow.engine.ledger import deciding, events, replay, vocabulary
from hedgerow.engine.ledger.account import Account, instrument
from hedgerow.engine.ledger.money import contracts, micros, nanos, usd, worth
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.store import Ledger
from hedgerow.policies.files import read

ROOT = Path(__file__).resolve().parents[3]
DAY = 86_400 * 10**9
BEGIN = 19_723 * DAY  # 2024-01-01
RUN, LINE = "toy", "tail"
FUTURE, SHARE = "VXZ24", "SPY"
LIFE = 7  # bars that an option of the toy lives


def policy() -> Policy:
    return read(ROOT / "examples" / "vix_linear.toml")


def option(bar: int) -> str:
    return f"SPXW  240{1 + bar // LIFE % 9}19P0{4000 + bar // LIFE % 7 * 25}000"


class Engine:
    """Plays bar after bar into a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.policy = ledger, policy()
        standing = replay.resume(ledger)
        self.account, self.bars = standing.account, standing.bars
        self.before = standing.decided.get(LINE)
        self.nav = standing.closed.nav if standing.closed else micros(10_000_000)
        self.batch: list[vocabulary.Event] = []
        if standing.opened is None:
            self.happen(
                events.Opened(
                    BEGIN, RUN, "0.1.0", {LINE: self.policy.to_toml()}, "d" * 64, "c" * 64,
                    {"costs": {"half_spread": 0.05}, "sleeves": ["put", "future"]},
                )
            )  # fmt: skip
            self.happen(events.Cash(BEGIN, micros(10_000_000), "deposit"))
            self.store()

    def happen(self, event: vocabulary.Event) -> None:
        self.account.take(event)
        self.batch.append(event)

    def store(self) -> None:
        self.ledger.append(self.batch)
        self.batch = []

    def play(self, upto: int) -> None:
        while self.bars < upto:
            self.bar(self.bars)
            self.store()
            self.bars += 1

    def bar(self, bar: int) -> None:
        time, rng = BEGIN + bar * DAY, np.random.default_rng([7, bar])
        vix = float(15.0 + 10.0 * np.sin(bar / 9.0) ** 2 + rng.normal())
        held = {s: h for s, h in self.account.holdings.items() if h.quantity}
        spot = float(4700.0 + 3.0 * bar + 40.0 * rng.normal())
        marks = {FUTURE: vix + 1.0, SHARE: spot / 10.0}
        asked = {leg.contract for order in self.account.orders.values() for leg in order.legs}
        for symbol in sorted({option(bar), *held, *asked} - set(marks)):
            marks[symbol] = float(max(instrument(symbol).strike - spot, 0.0) + rng.exponential(9.0))
        seen = hashlib.sha256(repr(sorted(marks.items())).encode()).hexdigest()
        self.happen(events.Slice(time, seen, marks))
        self.fill(time, rng, marks)
        self.pay(bar, time, held, marks)
        self.decide(bar, time, vix)
        if bar % 11 == 5:
            self.happen(events.Override(time, "risk officer", "half for the holidays", "x = 0.5"))
        if vix > 24.0:
            self.happen(events.Alarm(time, "vix", f"VIX is at {vix:.2f} — look"))
        self.explain(time)
        self.happen(self.account.closed(time))

    def fill(self, time: int, rng: np.random.Generator, marks: dict[str, float]) -> None:
        for order in list(self.account.orders.values()):
            for i, leg in enumerate(order.legs):
                part = leg.quantity if rng.random() < 0.7 else leg.quantity // 3
                if part:
                    key = f"{order.order}-{time // DAY}-{i}"
                    price = float(marks.get(leg.contract, 1.0) + rng.normal() * 0.01)
                    self.happen(
                        events.Filled(time, order.order, key, leg.contract, part, price, 650_000)
                    )
            if order.order in self.account.orders and rng.random() < 0.5:
                self.happen(events.Cancelled(time, order.order, "end of the day"))

    def pay(self, bar: int, time: int, held: dict, marks: dict[str, float]) -> None:
        if due := self.account.due(FUTURE, marks[FUTURE]):
            self.happen(events.Cash(time, due, "variation", FUTURE))
        self.happen(events.Cash(time, micros(self.cash() * 0.05 / 365.0), "financing"))
        gain = micros(1e7 * 0.01 * float(np.random.default_rng([8, bar]).normal()))
        self.happen(events.Cash(time, gain, "portfolio"))
        for symbol in sorted(held):
            kind, kept = instrument(symbol).kind, self.account.holdings.get(symbol)
            if kind == "option" and symbol != option(bar) and kept and kept.quantity:
                value = worth(kept.quantity, marks[symbol], 100)
                self.happen(events.Settled(time, symbol, kept.quantity, marks[symbol], value))
            elif kind == "shares" and bar % 9 == 0 and kept:
                self.happen(events.Cash(time, kept.quantity // 1000, "dividend", symbol))

    def explain(self, time: int) -> None:
        """Part the bar's gain: what was booked by name, and all the rest of the line as delta."""
        nav, parts = self.account.nav(), dict.fromkeys(("portfolio", "financing", "costs"), 0)
        for event in self.batch:
            if isinstance(event, events.Cash) and event.reason in parts:
                parts[event.reason] += event.amount
            elif isinstance(event, events.Filled):
                parts["costs"] -= event.fee
        rest = nav - self.nav - sum(parts.values())
        self.happen(events.Explained(time, "", {"portfolio": parts.pop("portfolio")}))
        self.happen(events.Explained(time, LINE, {**parts, "delta": rest}))
        self.nav = nav

    def decide(self, bar: int, time: int, vix: float) -> None:
        nav, before = float(usd(self.account.nav())), self.before
        last = Book(**before.book) if before else Book(0.0, nav, nav, *[0.0] * 7)
        put = self.account.holdings.get(option(bar))
        book = last._replace(
            held=float(contracts(put.quantity)) if put else 0.0,
            nav=nav, peak=max(last.peak, nav), spent=last.spent + 100.0, base=1e7,
            filled=1.0 if before and before.act else 0.0, before=last.nav,
        )  # fmt: skip
        terms = Bar(
            gain=0.0, portfolio=0.0, roll=0.0, close_cost=5.0, open_cost=5.0, unit_cost=0.0,
            size=40.0, size_nav=0.0, neutral=0.0, carry=2.0, carried=2.0, days=1.0, days_ahead=1.0,
            days_left=365.0 - bar % 365, new_year=0.0, year_ends=0.0,
            delta=0.0, hedged=0.0, band=0.0,
        )  # fmt: skip
        memory = deciding.remembered(self.policy, before.memory) if before else self.policy.start()
        view = View((vix,), book, terms)
        decision = self.policy.decide(view, memory, self.policy.params())
        self.before = deciding.recorded(time, LINE, self.policy, view, decision)
        self.happen(self.before)
        wanted = place(decision.x, decision.act, book, terms).contracts
        self.happen(
            events.Planned(time, LINE, decision.x, 1.0, 1.0, 1.0, wanted, {"days": float(bar)})
        )
        if decision.act:
            self.order(bar, time, wanted)

    def order(self, bar: int, time: int, wanted: float) -> None:
        put = self.account.holdings.get(option(bar))
        change = nanos(wanted) - (put.quantity if put else 0)
        legs = (events.Leg(option(bar), change), events.Leg(FUTURE, -nanos(bar % 3 - 1)))
        legs = tuple(leg for leg in legs if leg.quantity)
        if legs:
            order = events.Ordered(time, f"{LINE}-{bar}", legs, "limit", 9.5, "day", LINE)
            self.happen(order)
        share = (events.Leg(SHARE, nanos(100 * (1 - 2 * (bar % 2)) + bar)),)
        self.happen(events.Ordered(time, f"core-{bar}", share, "market", None, "gtc", "core"))

    def cash(self) -> float:
        return float(usd(self.account.cash))


def play(ledger: Ledger, bars: int) -> Account:
    """Play a run, or what is left of it, up to so many bars."""
    engine = Engine(ledger)
    engine.play(bars)
    return engine.account


def told(place: str, bars: int, out: int) -> None:
    """Play a run from where its ledger stands, and say so at its start and end."""
    with open_ledger(place, RUN, writing=True) as mine:
        engine = Engine(mine)
        os.write(out, f"ready {mine.head.count}\n".encode())
        engine.play(bars)
        os.write(out, f"done {mine.head.count} {mine.head.hash}\n".encode())


def killed(place: str, bars: int, dice: random.Random) -> int:
    """Play the run in a child, kill that at a random moment, and return where it had begun.

    Every fifth time the moment lies in the start, when the ledger is opened and read: −1.
    """
    heard, said = os.pipe()
    child = os.fork()
    if not child:
        told(place, bars, said)
        os._exit(0)
    os.close(said)
    begun = -1
    with os.fdopen(heard) as stream:
        if dice.random() < 0.2:
            time.sleep(dice.uniform(0.0, 0.2))
        else:
            begun = int(stream.readline().split()[1])
            time.sleep(dice.uniform(0.0, 0.03))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise SystemExit("the run was over before it was killed")
    return begun


if __name__ == "__main__":
    chance = random.Random(int(sys.argv[3]))
    for _ in range(int(sys.argv[3])):
        print(killed(sys.argv[1], int(sys.argv[2]), chance), flush=True)
    told(sys.argv[1], int(sys.argv[2]), sys.stdout.fileno())
