"""Figures of a running book for Prometheus: read from the book when they are asked for.

::

    hedgerow_sessions 61
    hedgerow_orders{stage="proposed"} 2
    hedgerow_nav_usd 10023000
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, get_args

from hedgerow.engine.ledger.desk_events import Done, Received
from hedgerow.engine.ledger.events import Alarm, Closed, Decided
from hedgerow.engine.ledger.money import usd
from hedgerow.engine.ledger.opening import open_ledger, runs_in
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.errors import RangeError
from hedgerow.live.blotter import Stage
from hedgerow.live.clock import Clock
from hedgerow.live.hours import DAY, SECOND, hours_from
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.beats import last_beat, silent
from hedgerow.live.store import Store

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric


class Figures:
    """A collector of Prometheus: what a book says of its run; it reads only what is new.

    Parameters
    ----------
    store, journal
        The book, and the desk of the run.
    clock
        What time it is.
    """

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self.store, self.journal, self.clock = store, journal, clock
        self._seen = dict.fromkeys((journal.run, f"{journal.run}.desk"), 0)
        self._turn = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._intensity: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._nav: float | None = None
        self._asked: dict[str, int] = {}
        self._latency: dict[str, float] = {}

    def collect(self) -> Iterator[Metric]:
        """Return the figures as they are now."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        with self._turn:
            self._catch_up()
        now, blotter, seen = self.clock(), self.journal.blotter(), self._sessions()
        stages = Counter(slip.stage for slip in blotter.orders.values())
        beat = last_beat(self.store, self.journal.run)
        awake = None if beat is None else (now - beat.time) / SECOND
        singles = {
            "sessions": ("Sessions accepted.", float(len(seen))),
            "session_age_days": ("Days since the last session accepted.", _age(seen, now)),
            "halted": ("1 if the kill switch is pulled.", float(blotter.halted is not None)),
            "monitor_age_seconds": ("Since the monitor's last sign of life.", awake),
            "monitor_silent": ("1 if it should be awake and is not.", float(silent(beat, now))),
            "nav_usd": ("Net asset value at the last session.", self._nav),
        }
        for name, (about, value) in singles.items():
            if value is not None:
                yield GaugeMetricFamily(f"hedgerow_{name}", about, value=value)
        by_stage = {stage: float(stages[stage]) for stage in get_args(Stage)}
        waited = "From the close until a source was accepted."
        tables: dict[str, tuple[str, str, dict[str, float]]] = {
            "orders": ("Orders by how far they have come.", "stage", by_stage),
            "intensity": ("Intensity of a line at the last session.", "line", self._intensity),
            "held_units": ("Units that a line held when it decided last.", "line", self._held),
            "source_latency_seconds": (waited, "source", self._latency),
        }
        for name, (about, label, values) in tables.items():
            family = GaugeMetricFamily(f"hedgerow_{name}", about, labels=[label])
            for key, each in sorted(values.items()):
                family.add_metric([key], each)
            yield family
        for name, about in (
            ("refusals", "Readings of sources refused."),
            ("alarms", "Alarms of desk and run."),
            ("duties", "Duties done."),
        ):
            counted = float(self._counts[name])
            yield CounterMetricFamily(f"hedgerow_{name}", about, value=counted)

    def _sessions(self) -> list[str]:
        return self.store.sessions(self.journal.run)

    def _catch_up(self) -> None:
        run = self.journal.run
        if run in runs_in(self.store.place):
            with open_ledger(self.store.place, run) as ledger:
                for record in ledger.read(self._seen[run]):
                    self._take(record.event)
                    self._seen[run] = record.number
        for record in self.journal.records(self._seen[f"{run}.desk"]):
            self._take(record.event)
            self._seen[f"{run}.desk"] = record.number

    def _take(self, event: Event) -> None:
        match event:
            case Alarm():
                self._counts["alarms"] += 1
            case Received():
                self._counts["refusals"] += event.state == "refused"
                if event.state == "accepted":
                    closed = hours_from(event.session).close
                    self._latency[event.source] = (event.time - closed) / SECOND
            case Done():
                self._counts["duties"] += 1
            case Decided():
                self._intensity[event.line] = event.x
                self._held[event.line] = event.book.get("held", 0.0)
            case Closed():
                self._nav = float(usd(event.nav))


def registry(store: Store, journal: Journal, clock: Clock) -> CollectorRegistry:
    """Return a registry of a book's figures; more may be registered in it.

    Parameters
    ----------
    store, journal
        The book, and the desk of the run.
    clock
        What time it is.

    Examples
    --------
    >>> import tempfile
    >>> from prometheus_client import generate_latest
    >>> place = f"{tempfile.mkdtemp()}/book.db"
    >>> made = registry(Store(place), Journal(place, "live"), lambda: 0)
    >>> [line for line in generate_latest(made).decode().splitlines() if "halted " in line][2]
    'hedgerow_halted 0.0'
    """
    from prometheus_client import CollectorRegistry

    made = CollectorRegistry(auto_describe=False)
    figures: Any = Figures(store, journal, clock)  # a collector by its shape, not by its parents
    made.register(figures)
    return made


@contextmanager
def serving(store: Store, journal: Journal, clock: Clock, port: int | None) -> Iterator[None]:
    """Answer Prometheus on this machine while something runs.

    Parameters
    ----------
    store, journal, clock
        As for :func:`registry`.
    port
        Where to listen, on the loopback address alone; None: nowhere.

    Raises
    ------
    RangeError
        If nothing can listen there.
    """
    if port is None:
        yield
        return
    from prometheus_client import start_http_server

    made = registry(store, journal, clock)
    try:
        server, thread = start_http_server(port, "127.0.0.1", registry=made)
    except (OSError, OverflowError) as error:
        raise RangeError(
            f"nothing can listen there ({getattr(error, 'strerror', None) or error})",
            where=f"127.0.0.1:{port}",
            mend="name another port with --metrics",
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _age(seen: list[str], now: int) -> float | None:
    """Return days from the close of the last session until now, None before the first."""
    return (now - hours_from(seen[-1]).close) / DAY if seen else None
