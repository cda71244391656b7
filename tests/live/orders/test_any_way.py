"""Any mixture of persons, brokers, crashes and clocks: each order at most once, each fill once."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from hypothesis import settings as drawn
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.desk_events import Acknowledged, Ended, Executed, Proposed
from hedgerow.engine.ledger.events import Cancelled, Ordered
from hedgerow.engine.ledger.money import nanos
from hedgerow.errors import BrokerError, LedgerError
from hedgerow.live.brokers.gateway import RefusedError, Report
from hedgerow.live.hours import day_of, hours_from
from hedgerow.live.journal import Journal
from hedgerow.live.orders import desk
from hedgerow.live.orders.proposing import Around
from hedgerow.live.orders.windows import next_window
from hedgerow.live.settings import parse
from live.orders.scripted import PUT, QUOTES, Clock, ScriptedBroker, new_york, ordered

SETTINGS = parse("approval.hours = 30\nlimits.contracts = 20")
MIDNIGHT = dt.time()
MINUTE = 60 * 10**9
LOST = ["lost before", "lost after", "killed before", "killed after"]


class KilledError(BaseException):
    """The process ends here."""


class Exchange(ScriptedBroker):
    """Has what arrived; tells all of it again to who connects anew."""

    def __init__(self, desk_of: Desk) -> None:
        super().__init__()
        self.desk, self.trouble = desk_of, ""
        self.log: list[Report] = []
        self.late: list[Report] = []
        self.before, self.after = self._before, self._after

    def _before(self, key: str) -> None:
        if self.trouble == "refused":
            raise RefusedError("no margin")
        if self.trouble == "lost before":
            raise BrokerError("no line")
        if self.trouble == "killed before":
            raise KilledError
        self.desk.arrives(key)

    def _after(self, key: str) -> None:
        self.say(Acknowledged(0, self.placed[key].order, f"id {key}"))
        if self.trouble == "lost after":
            raise BrokerError("no answer")
        if self.trouble == "killed after":
            raise KilledError

    def cancel(self, key: str) -> None:
        self.done.add(key)
        self.say(Ended(0, self.placed[key].order, "cancelled", "asked for"))

    def say(self, report: Report, *, late: bool = False) -> None:
        self.log.append(report)
        (self.late if late else self.said).append(report)


class Desk(RuleBasedStateMachine):
    """One book, many hands."""

    @initialize()
    def begin(self) -> None:
        self.place = Path(tempfile.mkdtemp())
        self.clock = Clock(new_york(2, 16, 20))
        self.broker, self.count, self.fills = Exchange(self), 0, 0
        self.arrived: Counter[str] = Counter()
        self.open_journal()
        for urgent in (False, True):  # so that there is something to do from the first step on
            self.propose(12.0, urgent, "gtc")
        self.approve_all_at_the_next_window()

    def open_journal(self) -> None:
        self.journal = Journal(self.place / "book.db", "live", self.clock)

    def teardown(self) -> None:
        if not hasattr(self, "place"):
            return
        self.broker.said += self.broker.late
        desk.receive(self.journal, self.broker)
        self.every_fill_stands_once()
        verify(self.journal.records())
        self.journal.close()
        shutil.rmtree(self.place)

    def waiting(self) -> list[str]:
        slips = self.journal.blotter().open_orders("proposed")
        return [each.proposed.order for each in slips if not each.proposed.facts["breaches"]]

    def halted(self) -> bool:
        return self.journal.blotter().halted is not None

    def some(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([*self.journal.blotter().orders, "z-9"]))

    # persons and the run

    @rule(
        many=st.sampled_from([3.0, 12.0, 21.0]),
        urgent=st.booleans(),
        tif=st.sampled_from(["day", "gtc"]),
    )
    def propose(self, many: float, urgent: bool, tif: str) -> None:
        self.count += 1
        made = ordered(f"a-{self.count}", {PUT: many}, tif=tif)
        day = dt.datetime.combine(day_of(self.clock()), MIDNIGHT, dt.UTC)
        made = Ordered(int(day.timestamp()) * 10**9, *list(vars(made).values())[1:])
        around = Around(QUOTES, urgent=["tail"] if urgent else [])
        desk.propose(self.journal, [made], around, SETTINGS)

    @precondition(lambda self: self.waiting())
    @rule()
    def approve_all_at_the_next_window(self) -> None:
        with suppress(LedgerError):
            desk.approve(self.journal, self.waiting(), "ann")
        self.clock.now = next_window(self.clock(), SETTINGS.windows)[0] + MINUTE

    @precondition(lambda self: self.waiting())
    @rule(data=st.data(), word=st.sampled_from(["approve", "decline"]))
    def say(self, data: st.DataObject, word: str) -> None:
        with suppress(LedgerError):
            getattr(desk, word)(self.journal, self.some(data), "ann", "a reason")

    @precondition(lambda self: self.broker.placed and not self.halted())
    @rule()
    def halt(self) -> None:
        with suppress(LedgerError):
            desk.halt(self.journal, "bob", "stop")

    @precondition(lambda self: self.halted())
    @rule()
    def resume(self) -> None:
        with suppress(LedgerError):
            desk.resume(self.journal, "bob", "go")

    @rule(minutes=st.sampled_from([1, 30, 420]))
    def wait(self, minutes: int) -> None:
        self.clock.now += minutes * MINUTE
        desk.expire(self.journal)

    @precondition(lambda self: self.count > 3)
    @rule(data=st.data())
    def replaced(self, data: st.DataObject) -> None:
        desk.follow(self.journal, [Cancelled(self.clock(), self.some(data), "replaced")])

    # the broker

    @rule(trouble=st.sampled_from(["", "", "", "", "refused", "down", *LOST]))
    def dispatch(self, trouble: str) -> None:
        self.broker.trouble = trouble
        self.broker.down = BrokerError("it cannot be reached") if trouble == "down" else None
        try:
            desk.dispatch(self.journal, self.broker, SETTINGS, self.clock())
        except KilledError:
            self.restart()

    @precondition(lambda self: set(self.broker.placed) - self.broker.done)
    @rule(data=st.data(), late=st.booleans())
    def fill(self, data: st.DataObject, late: bool) -> None:
        key = data.draw(st.sampled_from(sorted(set(self.broker.placed) - self.broker.done)))
        order = self.broker.placed[key]
        done = sum(
            report.quantity
            for report in self.broker.log
            if isinstance(report, Executed) and report.order == order.order
        )
        left = order.legs[0].quantity - done
        part = data.draw(st.sampled_from([nanos(1), left]))
        self.fills += 1
        made = Executed(0, order.order, f"x{self.fills}", PUT, min(part, left), 30.5, 0)
        self.broker.say(made, late=late)
        if part >= left:
            self.broker.done.add(key)
            self.broker.say(Ended(0, order.order, "filled", "all"))

    @precondition(lambda self: self.broker.log)
    @rule()
    def repeat(self) -> None:
        self.broker.said += self.broker.log[-3:]

    @precondition(lambda self: self.broker.said)
    @rule()
    def receive(self) -> None:
        desk.receive(self.journal, self.broker)

    @precondition(lambda self: self.broker.late)
    @rule()
    def arrive_late(self) -> None:
        self.broker.said += self.broker.late
        self.broker.late = []

    @rule()
    def restart(self) -> None:
        """The process was killed: another opens the book, and the broker tells all again."""
        self.journal.close()
        self.open_journal()
        self.broker.said = [each for each in self.broker.log if each not in self.broker.late]

    # what holds

    def arrives(self, key: str) -> None:
        self.arrived[key] += 1
        assert self.arrived[key] == 1, f"{key} is placed twice"
        blotter = Journal(self.place / "book.db", "live", self.clock).blotter()
        slip = blotter.orders[key.removeprefix("live:")]
        assert slip.approved is not None
        assert slip.declined is None
        assert slip.sent is not None, "sent before it was written down"
        assert slip.open
        assert blotter.halted is None, "sent while halted"
        assert not slip.proposed.facts["breaches"]
        hours, now = hours_from(day_of(self.clock())), self.clock()
        assert hours.opening <= now < hours.close
        since, left = (now - hours.opening) // 60e9, (hours.close - now) / 60e9
        assert slip.proposed.facts["urgent"] or since < 90 or left <= 60

    @invariant()
    def every_fill_stands_once(self) -> None:
        if not hasattr(self, "place"):
            return
        written = [
            done.execution
            for slip in self.journal.blotter().orders.values()
            for done in slip.executions
        ]
        assert len(written) == len(set(written))
        unheard = {
            r.execution for r in self.broker.said + self.broker.late if isinstance(r, Executed)
        }
        told = {r.execution for r in self.broker.log if isinstance(r, Executed)}
        assert told - unheard <= set(written) <= told

    @invariant()
    def every_order_is_known(self) -> None:
        if hasattr(self, "place"):
            proposals = [r for r in self.journal.records() if isinstance(r.event, Proposed)]
            assert len(proposals) == self.count == len(self.journal.blotter().orders)


TestDesk = Desk.TestCase
TestDesk.settings = drawn(max_examples=15, stateful_step_count=50, deadline=None)
