"""The monitor: each exchange session is decided once, after its close, whatever happens.

What it has done stands in the book, so it may be stopped, killed, run twice or late.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.data.calendar import sessions
from hedgerow.engine.ledger.events import Alarm
from hedgerow.errors import AccessError, BrokerError, DataError, HedgerowError, PolicyError
from hedgerow.live.clock import Hand
from hedgerow.live.hours import HOUR, MINUTE, day_of, hours_from, next_close
from hedgerow.live.keeping.beats import beat
from hedgerow.live.orders.windows import next_window
from hedgerow.live.session import Cycle, Stepped
from hedgerow.live.sources.reading import Reading
from hedgerow.live.sources.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK, TEND, TELL = 30, 5, 10
"""Seconds between two looks at the calendar, two at the orders, and two messages."""
AGAIN = 5 * MINUTE
"""Between two questions for the same session."""
JUMP = 5.0
"""Seconds by which the wall's clock and the machine's own may part before it counts as a jump."""


@dataclass(frozen=True)
class Round:
    """What became of the sessions that were due.

    Parameters
    ----------
    done
        Those that were decided, in order.
    left
        Those that were not, each with its reason.
    """

    done: tuple[Stepped, ...]
    left: tuple[Stepped, ...]


class Monitor:
    """Watches the calendar, the source and the orders of one run.

    Parameters
    ----------
    cycle
        What is done with a session.
    told
        Called with each session that was decided, refused or waited for.
    warn
        Called with a sentence when something went wrong that is tried again.
    chores
        What else is done after each round, such as duties.
    news
        Tells persons what has happened; returns what went wrong, a sentence each.  While the
        monitor runs it has a thread of its own, so that a slow address delays nothing.
    """

    def __init__(
        self,
        cycle: Cycle,
        *,
        told: Callable[[Stepped], object] | None = None,
        warn: Callable[[str], object] | None = None,
        chores: Sequence[Callable[[], object]] = (),
        news: Callable[[], Sequence[str]] | None = None,
    ) -> None:
        self.cycle, self.clock, self.chores = cycle, cycle.clock, tuple(chores)
        self._told, self._warn = told or _nothing, warn or _nothing
        self._news: Callable[[], Sequence[str]] = news or tuple
        self._waits = "awake"
        self._asked: dict[str, int] = {}
        self._gave: dict[str, str] = {}
        self._said: dict[str, Stepped] = {}
        self._trouble: dict[str, str] = {}
        self._unwritten: list[Alarm] = []
        self._fault: BaseException | None = None

    def due(self) -> list[np.datetime64]:
        """Return the exchange's sessions that are over and not accepted, in order."""
        cycle, now = self.cycle, self.clock()
        last = cycle.store.last(cycle.run)
        first, today = np.datetime64(last, "D") + 1, np.datetime64(day_of(now), "D")
        if first > today:
            return []
        delay = round(cycle.settings.source.delay * MINUTE)
        return [
            np.datetime64(session.date, "D")
            for session in sessions(str(first), str(today))
            if hours_from(session.date).close + delay <= now
        ]

    def once(self) -> Round:
        """Do what is due now, and look after the orders.

        Raises
        ------
        HedgerowError
            If book or broker fail; what is done stays done, and the next call goes on.
        """
        made = self.look(patient=False)
        for sentence in self.cycle.tend():
            self._warn(sentence)
        self._chores()
        self._spread()
        self._rest()
        return made

    def look(self, *, patient: bool = True) -> Round:
        """Decide what is due, in order; a session that the source lacks is waited for.

        Parameters
        ----------
        patient
            Whether a source that had nothing is left in peace for some minutes.
        """
        done, left = [], []
        self._settle()
        resumed = self.cycle.resume()
        if resumed is not None and resumed.state == "decided":
            done.append(resumed)
        due, now = self.due(), self.clock()
        for day in due:
            name = str(day)
            if self._gave.get(name) == str(due[-1]):
                continue  # it is asked for again when the next session is due
            if patient and abs(now - self._asked.get(name, -AGAIN)) < AGAIN:
                break
            self._asked[name] = now
            stepped = self._step(day)
            if stepped.state in ("decided", "known"):
                done.append(stepped)
                continue
            left.append(stepped)
            close = hours_from(name).close
            if name in self.cycle.store.sessions(self.cycle.run):
                break  # its numbers are there: a broker is waited for
            if now < close + round(self.cycle.settings.source.patience * HOUR):
                break
            self._give_up(stepped, str(due[-1]))
        for stepped in (*done, *left):
            if self._said.get(stepped.session) != stepped:
                self._said[stepped.session] = stepped
                self._told(stepped)
        self._waits = f"waits for {left[0].session}: {left[0].findings[0]}" if left else "awake"
        self._beat()
        return Round(tuple(done), tuple(left))

    def run(self, stop: threading.Event | None = None) -> None:
        """Watch until it is told to stop, by the event or by SIGTERM.

        Raises
        ------
        KeyboardInterrupt
            At Ctrl-C, once what was begun is done.
        """
        from apscheduler.schedulers.background import BackgroundScheduler

        stop = stop or threading.Event()
        scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        works = ((self._look, LOOK), (self._tend, TEND), (self._tell, TELL))
        with _ended_by_signal(stop):
            try:
                for work, seconds in works:
                    scheduler.add_job(self._guarded, "interval", (work, stop), seconds=seconds)
                scheduler.start()
                _at_once(scheduler)
                pace = _Pace()
                while not stop.wait(1.0):
                    if pace.jumped():  # its jobs wait for times that may never come
                        _at_once(scheduler)
            finally:
                if scheduler.running:
                    scheduler.shutdown(wait=True)
                self.cycle.close()
        if self._fault is not None:
            raise self._fault

    def replay(
        self,
        source: Replay,
        clock: Hand,
        *,
        speed: float | None = None,
        stop: threading.Event | None = None,
    ) -> Round:
        """Live through the past, session by session.

        Parameters
        ----------
        source, clock
            Of the cycle.
        speed
            Sessions a second; None: as fast as it goes.
        stop
            Ends it after a session.
        """
        cycle, stop = self.cycle, stop or threading.Event()
        accepted = cycle.store.sessions(cycle.run)
        ahead = [day for day in source.sessions if not accepted or str(day) > accepted[-1]]
        done: list[Stepped] = []
        left: list[Stepped] = []
        with _ended_by_signal(stop):
            if accepted:
                clock.now = _after_close(accepted[-1], cycle.settings.source.delay)
                cycle.resume()
                self._to_market(clock)
            for day in ahead:
                self._waits = f"replays {day}"
                self._turn(clock, _after_close(str(day), cycle.settings.source.delay))
                self._settle()
                stepped = self._step(day)
                (done if stepped.state == "decided" else left).append(stepped)
                self._told(stepped)
                self._chores()
                self._to_market(clock)
                if stop.wait(1.0 / speed if speed else 0.0):
                    break
                if speed:  # what was approved in the meantime
                    cycle.tend()
                    self._spread()
            self._spread()
        return Round(tuple(done), tuple(left))

    # what is done in a round

    def _step(self, day: np.datetime64) -> Stepped:
        try:
            return self.cycle.step(day)
        except (DataError, BrokerError) as error:
            return Stepped(str(day), "waiting", (str(error),))

    def _give_up(self, stepped: Stepped, latest: str) -> None:
        """Stop waiting for a session until the next one is due, with an alarm."""
        self._gave[stepped.session] = latest
        name = self.cycle.source.name
        why = f"there are no numbers of {stepped.session} to decide on ({stepped.findings[0]})"
        self.cycle.refuse(Reading(stepped.session, name, {}), (why,), rule="source")

    def _turn(self, clock: Hand, time: int) -> None:
        """Turn the clock; the sign of life comes first, so that nobody thinks it silent."""
        beat(self.cycle.store, self.cycle.run, time, self._waits)
        clock.now = time

    def _to_market(self, clock: Hand) -> None:
        """Turn the clock to when orders may next be sent, and send them."""
        self._turn(clock, next_window(clock.now, self.cycle.settings.windows)[0])
        for sentence in self.cycle.tend():
            self._warn(sentence)

    def _look(self) -> None:
        self.look()
        self._chores()

    def _tend(self) -> None:
        self._beat()
        if said := self.cycle.tend():
            raise BrokerError("; ".join(said))

    def _tell(self) -> None:
        if said := self._news():
            raise AccessError("; ".join(said))

    def _spread(self) -> None:
        for sentence in self._news():
            self._warn(sentence)

    def _beat(self) -> None:
        beat(self.cycle.store, self.cycle.run, self.clock(), self._waits)

    def _rest(self) -> None:
        """Say until when nobody need miss it: until the next session is overdue."""
        cycle = self.cycle
        until = next_close(cycle.store.last(cycle.run)) + cycle.settings.source.wait
        beat(cycle.store, cycle.run, self.clock(), self._waits, until)

    def _settle(self) -> None:
        """Take up settings that the book was given; those that do not fit are an alarm."""
        try:
            self.cycle.take_settings()
        except PolicyError as error:
            self._troubled("settings", str(error))

    def _chores(self) -> None:
        for chore in self.chores:
            chore()

    def _guarded(self, work: Callable[[], None], stop: threading.Event) -> None:
        """Do something; what goes wrong is told once, and tried again at the next turn."""
        try:
            self._write_alarms()
            work()
        except HedgerowError as error:
            self._troubled(work.__name__, str(error))
        except BaseException as error:  # a fault of ours: end, and say it
            self._fault = error
            stop.set()
            raise
        else:
            self._trouble.pop(work.__name__, None)

    def _troubled(self, work: str, sentence: str) -> None:
        if sentence == self._trouble.get(work):
            return
        self._trouble[work] = sentence
        self._warn(sentence)
        self._unwritten.append(Alarm(self.clock(), "monitor", sentence))
        with suppress(HedgerowError):  # the book itself may be what fails: then later
            self._write_alarms()

    def _write_alarms(self) -> None:
        if self._unwritten:
            self.cycle.journal.write(lambda _: tuple(self._unwritten))
            self._unwritten.clear()


class _Pace:
    """Says whether the wall's clock has jumped, by the clock that only counts on."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        counting: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._counting = wall, counting
        self._apart = wall() - counting()

    def jumped(self) -> bool:
        """Say whether it has jumped since it was last asked."""
        apart = self._wall() - self._counting()
        before, self._apart = self._apart, apart
        return abs(apart - before) > JUMP


def _at_once(scheduler: Any) -> None:
    """Let every job run now, and then at its intervals."""
    import datetime as dt

    for job in scheduler.get_jobs():
        job.modify(next_run_time=dt.datetime.now(dt.UTC))


@contextmanager
def _ended_by_signal(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM set an event while something runs; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _after_close(day: str, delay: float) -> int:
    return hours_from(day).close + round(delay * MINUTE)


def _nothing(_: object) -> None:
    pass
