"""Which signals there are, and which columns of the market each reads."""

from __future__ import annotations

from typing import Any, NamedTuple

from hedgerow.core.market import Market
from hedgerow.core.step import SIGNALS, Signal
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.correlation import SECTORS
from hedgerow.policies.divergence import FEWEST
from hedgerow.policies.momentum import VX30
from hedgerow.policies.signals import Level

BESIDE = {
    "future": ("vix",),
    "curve_ratio": ("vix",),
    "iv_beta": ("vix",),
    "crash_hazard": ("spx", "vix"),
    "hawkes": ("spx",),
    "regime_probability": ("spx", "vix"),
    "control_edge": ("spx",),
}
"""Columns that a kind reads beside those that its fields name."""

MORE = (
    *("vix_macd12_26_9", "vx30_macd12_26_9", "spx_macd12_26_9"),
    *("divergence_sectors", "pe_dispersion", "pcf_dispersion"),
    *("reer_z252", "wacc_z252", "implied_cor_members", "events_cpi", "events_ppi"),
)
"""Signals of the source (spec H2, H6, H9) that are not the first of their kind."""


def listed() -> tuple[Signal, ...]:
    """Return one signal of each kind of this package, by default, then those of the source.

    Examples
    --------
    >>> [signal.name for signal in listed()][:3]
    ['vix', 'rv20', 'vix_ma10']
    """
    ours = [cls for cls in SIGNALS.values() if cls.__module__.startswith("hedgerow.")]
    first = [Level("vix") if cls is Level else cls() for cls in ours]
    names = {signal.name for signal in first}
    return (*first, *(signal_named(name) for name in MORE if name not in names))


class Needs(NamedTuple):
    """Columns without which a signal cannot be made."""

    columns: tuple[str, ...]
    least: int
    """How many of them must be there: all, or three funds of sectors."""

    def lacking(self, market: Market) -> tuple[str, ...]:
        """Return what a market lacks of them; nothing if it has enough."""
        lacks = tuple(name for name in self.columns if not market.has(name))
        return lacks if len(self.columns) - len(lacks) < self.least else ()


def needs(signal: Signal) -> Needs:
    """Return the columns that a signal of this package reads.

    Columns that it can do without are left out: the quotes of VIX futures, for which a model
    stands in, and the clock of an intraday market, which daily bars lack.

    Examples
    --------
    >>> needs(signal_named("vix_rsi14")).columns, needs(signal_named("vx30_macd12_26_9")).columns
    (('vix',), ('vix',))
    >>> needs(signal_named("events_cpi_ppi")).columns
    ('event_cpi_in', 'event_ppi_in')
    """
    found: list[str] = []
    given: Any = signal
    for field in ("column", "columns", "members"):
        value = getattr(given, field, ())
        found += [value] if isinstance(value, str) else value
    found += [f"event_{kind}_in" for kind in getattr(given, "kinds", ())]
    found += BESIDE.get(signal.kind, ())
    if signal.kind == "control_edge":
        found += needs(signal_named(given.by)).columns
    named = ["vix" if name == VX30 else name for name in found]
    if signal.kind == "divergence":
        if given.by == "sectors":
            return Needs((*named, *SECTORS), len(named) + FEWEST)
        named.append("breadth")
    columns = tuple(dict.fromkeys(named))
    return Needs(columns, len(columns))
