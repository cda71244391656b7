"""What a monitor does beside deciding: duties by the calendar, messages to persons, the log.

None of it stops the desk: what fails is an alarm or a warning, and is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hedgerow.engine.ledger.events import Alarm
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.store import Ledger
from hedgerow.errors import HedgerowError
from hedgerow.live.duties.doing import do
from hedgerow.live.hours import MINUTE
from hedgerow.live.keeping.alerts import Alerts
from hedgerow.live.keeping.redacting import redacted
from hedgerow.live.session import Cycle, Stepped
from hedgerow.live.standing import Watch
from hedgerow.report.ledger import sentence

if TYPE_CHECKING:
    import structlog

    from hedgerow.research.tuning.walking import Walk

AGAIN = MINUTE
"""Nanoseconds for which a target that failed is left in peace."""

_ORDERS = (
    "proposed", "approved", "declined", "sent", "acknowledged", "executed", "ended", "halted",
    "resumed", "reconciled", "done", "acted",
)  # fmt: skip


class Upkeep:
    """The chores of one monitor.

    Parameters
    ----------
    cycle
        Whose run it is.
    alerts
        Who is told; None: nobody.
    log
        Where sessions, orders and faults are written; None: nowhere.
    counted
        Enters a walk-forward of the monthly duty into the register of trials.
    """

    def __init__(
        self,
        cycle: Cycle,
        *,
        alerts: Alerts | None = None,
        log: structlog.typing.FilteringBoundLogger | None = None,
        counted: Callable[[Walk], object] | None = None,
    ) -> None:
        self.cycle, self.alerts, self.log, self._counted = cycle, alerts, log, counted
        cycle.journal.blotter()
        self._logged = cycle.journal.seen
        self._ledger: Ledger | None = None
        self._watch: Watch | None = None
        self._done = ""
        self._said: set[str] = set()
        self._failed: dict[str, int] = {}

    def duties(self) -> None:
        """Do the duties that are due up to the last session decided; what fails is an alarm."""
        cycle = self.cycle
        accepted = cycle.store.sessions(cycle.run)
        if not accepted or accepted[-1] == self._done:
            return
        try:
            journal, clock = cycle.journal, cycle.clock
            watch = self._watching()
            terms = journal, cycle.store, watch.chronicle.ledger, cycle.settings, None, clock
            do(*terms, watch=watch, counted=self._counted)
        except HedgerowError as error:  # it is tried again after the next round
            self.close()
            self._alarm(str(error))
            return
        except Exception as error:  # a fault in what looks and tells must not stop what decides
            self.close()
            self._alarm(redacted(f"{type(error).__name__}: {error}"))
        self._done = accepted[-1]

    def news(self) -> list[str]:
        """Write the log and tell persons what has happened; return what went wrong."""
        self._write()
        if self.alerts is None:
            return []
        now, failed = self.cycle.clock(), []
        waiting = [name for name, since in self._failed.items() if 0 <= now - since < AGAIN]
        for told in self.alerts.tell(waiting):
            self._failed.pop(told.target, None)
            if told.failed:
                self._failed[told.target] = now
                failed.append(f"alerts to {told.target}: {told.failed}")
        return failed

    def session(self, stepped: Stepped) -> None:
        """Write a session into the log."""
        if self.log is not None:
            made = stepped.to_dict() | {"orders": [one.order for one in stepped.orders]}
            level = self.log.info if stepped.state in ("decided", "known") else self.log.warning
            level("session", **made)

    def fault(self, what: str) -> None:
        """Write into the log what went wrong and is tried again."""
        if self.log is not None:
            self.log.error("fault", what=what)

    def close(self) -> None:
        """Let go of the ledger."""
        if self._ledger is not None:
            self._ledger.close()
        self._ledger = self._watch = None

    def _watching(self) -> Watch:
        if self._watch is None:
            cycle = self.cycle
            self._ledger = open_ledger(cycle.store.place, cycle.run)
            self._watch = Watch(cycle.store, self._ledger, cycle.journal, cycle.run)
        return self._watch

    def _alarm(self, what: str) -> None:
        self.fault(what)
        if what not in self._said:
            made = Alarm(self.cycle.clock(), "duties", what)
            self.cycle.journal.write(lambda _: [made])
            self._said.add(what)

    def _write(self) -> None:
        if self.log is None:
            return
        for record in self.cycle.journal.records(self._logged):
            event, self._logged = record.event, record.number
            if event.kind in _ORDERS:
                self.log.info(event.kind, said=sentence(event), **_named(asdict(event)))
            elif isinstance(event, Alarm):
                self.log.warning("alarm", rule=event.rule, said=event.sentence)


def _named(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a line of the log names of an event."""
    return {name: fields[name] for name in ("order", "session", "state", "who") if name in fields}
