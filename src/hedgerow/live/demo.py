"""A demonstration: early 2020 once more, on paper, for a person to watch, stop and overrule.

Monitor, cycle, desk and broker are those of a real run.  What is added is a pace between two
sessions, and somebody who lets go what nobody has touched.
"""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from importlib.resources import files
from pathlib import Path

from hedgerow.core.market import Market
from hedgerow.engine.program_text import read
from hedgerow.errors import HedgerowError, LedgerError
from hedgerow.live.beginning import Asked, assembled
from hedgerow.live.clock import Hand
from hedgerow.live.journal import Journal
from hedgerow.live.monitor import Monitor
from hedgerow.live.orders import desk
from hedgerow.live.session import Stepped
from hedgerow.live.sources.replay import Replay
from hedgerow.live.store import Store
from hedgerow.live.upkeep import Upkeep

RUN = "demo"
FIRST, SHOWN, LAST = "2020-01-02", "2020-02-03", "2020-04-30"
"""The first session, the first that is played slowly, and the last."""

WHO, WHY = "demo", "nobody said a word in time, and a demonstration goes on"
"""Who lets go what nobody has touched, and why."""

SETTINGS = """\
[source]
kind = "replay"
history = "builtin"

[approval]
required = true
"""

TICK = 0.05
"""Seconds between two looks at whether somebody has paused it."""


class Pace(threading.Event):
    """What passes between two sessions; set, it ends the replay.

    Parameters
    ----------
    journal
        Where orders wait.
    pause
        Seconds from session to session; in the middle of them the orders that are still proposed
        are let go.

    Attributes
    ----------
    waits
        Whether there is any pause: not while what lies before is played.
    paused, hurried
        Whether it stands still, and whether it goes on at once to the next session.
    """

    def __init__(self, journal: Journal, pause: float) -> None:
        super().__init__()
        self.journal, self.pause = journal, pause
        self.waits = self.paused = self.hurried = False

    def wait(self, timeout: float | None = None) -> bool:
        """Let a session's time pass, and say whether the replay is to end."""
        self._hold(self.pause / 2.0)
        if not self.is_set():
            self.approve()
        self._hold(self.pause / 2.0)
        self.hurried = False
        return self.is_set()

    def approve(self) -> None:
        """Let go what is proposed and within its limits, unless the desk is halted."""
        blotter = self.journal.blotter()
        for slip in () if blotter.halted else blotter.open_orders("proposed"):
            if not slip.proposed.facts.get("breaches"):
                with suppress(LedgerError):  # somebody has said a word in this very moment
                    desk.approve(self.journal, slip.proposed.order, WHO, WHY)

    def _hold(self, seconds: float) -> None:
        while self.waits and seconds > 0.0 and not self.hurried and not self.is_set():
            if not self.paused:
                seconds -= TICK
            super().wait(TICK)


class Demo:
    """A replay of January to April 2020 in a thread, January at once.

    Parameters
    ----------
    market
        The builtin data.
    place
        The book: a file that is made, or one of an earlier demonstration, which goes on.
    pause
        Seconds from session to session.
    version
        Of this Hedgerow.

    Attributes
    ----------
    session
        The last that was decided; empty before the first.
    fault
        The sentence of what ended it early; empty if nothing did.

    Raises
    ------
    LedgerError
        If the book is another's.
    """

    def __init__(self, market: Market, place: Path, pause: float, version: str) -> None:
        _refuse_anothers(place)
        self.clock = Hand()
        self._replay = Replay(market, FIRST, LAST)
        asked = Asked.of(read(files("hedgerow.live").joinpath("demo.toml").read_text("utf-8")))
        self.cycle = assembled(
            place,
            RUN,
            asked,
            settings=SETTINGS,
            replay=self._replay,
            clock=self.clock,
            version=version,
        )
        self.pace = Pace(self.cycle.journal, pause)
        self.session, self.fault = "", ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._play, name="demo", daemon=True)

    def begin(self) -> None:
        """Start it, and return when what lies before February has been played."""
        self._thread.start()
        self._ready.wait()

    def end(self) -> None:
        """Stop it after the session that it is at."""
        self.pace.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.cycle.close()
        self.cycle.journal.close()

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return not self._thread.is_alive()

    @property
    def done(self) -> tuple[int, int]:
        """Sessions that have been shown, and all that will be."""
        shown = [str(day) for day in self._replay.sessions if str(day) >= SHOWN]
        return sum(day <= self.session for day in shown), len(shown)

    def _play(self) -> None:
        upkeep, speed = Upkeep(self.cycle), 1.0 / self.pace.pause
        monitor = Monitor(self.cycle, told=self._tell, chores=(upkeep.duties,))
        try:
            accepted = self.cycle.store.sessions(RUN)
            self._see(accepted[-1] if accepted else "")
            with closing(upkeep):
                monitor.replay(self._replay, self.clock, speed=speed, stop=self.pace)
        except HedgerowError as error:
            self.fault = str(error)
        finally:
            self._ready.set()

    def _tell(self, stepped: Stepped) -> None:
        self._see(stepped.session)

    def _see(self, session: str) -> None:
        self.session = session
        if session >= SHOWN:
            self.pace.waits = True
            self._ready.set()


def _refuse_anothers(place: Path) -> None:
    """Refuse a book in which there is a run that is no demonstration.

    Raises
    ------
    LedgerError
        If there is.
    """
    if place.is_file():
        others = [run for run in Store(place).books() if run != RUN]
        if others:
            raise LedgerError(
                f"the run '{others[0]}' is in it, which is no demonstration",
                where=str(place),
                mend="name a new file, or none",
            )
