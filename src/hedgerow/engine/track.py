"""The track record of one run: what was seen, decided, filled and earned at every bar.

Reports read track records and nothing else.  A track is immutable and carries the identity of all
that made it: a hash of the data, the text of the policy, the terms of the sleeve, and the version
of Hedgerow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.fitting import Fits
from hedgerow.core.market import Floats

COLUMNS = (
    "nav", "portfolio", "earned", "hedge", "pnl", "cost", "carry", "held", "traded", "rolled",
    "wanted", "x", "act", "legs", "spent", "budget_base", "peak", "modelled",
)  # fmt: skip
"""Columns of every track record."""


@dataclass(frozen=True, repr=False)
class Track:
    """The track record of one lane from first to last bar, columns of **shape** (T,).

    Parameters
    ----------
    name
        ``unhedged``, ``static`` or ``dynamic``.
    times
        Session labels, ``datetime64[ns]``.
    columns
        ``nav``, ``portfolio`` (value of the portfolio had it never been hedged), ``earned`` (by
        the portfolio over the bar, all of NAV invested in it), ``hedge`` (cumulated hedge P&L),
        ``pnl``, ``cost``, ``carry`` (theta and roll-down paid over the bar), USD; ``held``,
        ``traded``, ``wanted`` (contracts ordered at the bar's close); ``x``, ``act``,
        ``legs`` (codes of the trigger legs that fired), ``spent`` of the year's ``budget_base``,
        ``peak`` of NAV, ``rolled`` (the part of the contract that the sleeve exchanged, 1.0 at a
        roll) and ``modelled`` (1.0 where the hedge's price is a model's).
    signals
        What the policy saw, by signal name.
    trace
        Intensity after each step, by step kind; empty for the unhedged run.
    memory
        What each step remembered after the bar, by ``step.field``.
    facts
        What made the run: hash of the data, text of the policy, tables of sleeve, costs and
        portfolio, version of Hedgerow.
    fits
        Every fit of the signals that are fitted to the past, by signal name.
    """

    name: str
    times: NDArray[np.datetime64]
    columns: Mapping[str, Floats]
    signals: Mapping[str, Floats] = field(default_factory=dict)
    trace: Mapping[str, Floats] = field(default_factory=dict)
    memory: Mapping[str, Floats] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    fits: Fits = field(default_factory=dict)

    def __post_init__(self) -> None:
        for group in (self.columns, self.signals, self.trace, self.memory):
            for column in group.values():
                column.flags.writeable = False

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<Track {self.name}: {len(self):,} bars>"

    def __getitem__(self, name: str) -> Floats:
        """Return a column, **shape** (T,)."""
        return self.columns[name]

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Session dates, ``datetime64[D]``, **shape** (T,)."""
        return self.times.astype("datetime64[D]")

    def rows(self, start: Any, end: Any) -> slice:
        """Return the rows dated ``start`` … ``end``, both included."""
        low = int(np.searchsorted(self.dates, np.datetime64(start, "D"), side="left"))
        high = int(np.searchsorted(self.dates, np.datetime64(end, "D"), side="right"))
        return slice(low, high)

    def digest(self) -> str:
        """Return a SHA-256 over all columns and facts: equal runs have equal digests."""
        state = hashlib.sha256(np.ascontiguousarray(self.times).view("int64").tobytes())
        for group in (self.columns, self.signals, self.trace, self.memory):
            for name in sorted(group):
                state.update(name.encode())
                state.update(np.ascontiguousarray(group[name]).tobytes())
        state.update(json.dumps(self.facts, sort_keys=True, default=str).encode())
        return state.hexdigest()
