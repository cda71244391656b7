"""Many paths made ready at once: the grounds of all their runs, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hedgerow.core.book import Bar
from hedgerow.core.ensemble import Ensemble
from hedgerow.core.lanes.stacked import StackedTape, record_paths
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import Signal
from hedgerow.core.strip import Strip
from hedgerow.core.tape import calendar_on, check
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import no_delta_to_follow
from hedgerow.errors import PolicyError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.plain_put import PlainPut
from hedgerow.instruments.scene import SPOT
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.signals import Level

STILL = ("gain", "portfolio", "carried")
"""Fields of a bar that are nothing at the first one of a run."""

YEARLY = ("rate", "dividend_yield")


@dataclass(frozen=True)
class PathGround:
    """What all runs on the paths of an ensemble share; see :class:`hedgerow.engine.run.Ground`.

    Parameters
    ----------
    ensemble, strip, sizes, portfolio, values, first
        As there, columns of **shape** (T, paths), or (T,) where paths do not differ.
    """

    ensemble: Ensemble
    strip: Strip
    sizes: tuple[Floats, Floats]
    portfolio: Equity
    values: Floats
    first: int

    @property
    def shifts(self) -> bool:
        """Whether the contract is a mix of two that moves."""
        return bool(self.strip.shift.any())

    def tape(self, policy: Policy) -> StackedTape:
        """Lay the paths out for a policy whose orders are filled a bar later.

        Raises
        ------
        HedgerowError
            As :meth:`hedgerow.engine.run.Ground.tape` on the first path that gives reason to.
        """
        if policy.follows_delta:
            raise no_delta_to_follow(policy, "policy")
        before = np.concatenate([self.values[:1], self.values[:-1]])
        return record_paths(
            policy,
            self.ensemble.times,
            self.strip,
            self.sizes,
            self.values / before - 1.0,
            [seen_on(self.ensemble, signal) for signal in policy.signals],
            float(self.portfolio.value),
            exposure=self.portfolio.delta / self.ensemble[SPOT],
            first=self.first,
        )


@dataclass(frozen=True)
class PlainGround:
    """The ground of a plain put: bars straight from its compiled loop.

    Parameters
    ----------
    ensemble, put, portfolio, first
        As in `PathGround`.
    """

    ensemble: Ensemble
    put: PlainPut
    portfolio: Equity
    first: int
    shifts: bool = False

    def tape(self, policy: Policy) -> StackedTape:
        """See `PathGround.tape`; equal to that of each path to 1e-12."""
        for i, step in enumerate(policy.steps):
            if "delta" in getattr(step, "needs", ()):
                raise PolicyError(
                    f"'{step.kind}' takes a delta out, and of plain puts none is kept",
                    where=f"steps[{i}]",
                    mend="use Put as the sleeve",
                )
        seen = [seen_on(self.ensemble, signal)[self.first :] for signal in policy.signals]
        tape = replace(self._tape, signals=tuple(seen))
        for signal, column in zip(policy.signals, seen, strict=True):
            if not isinstance(signal, Level) and not np.isfinite(column).all():
                for k in range(tape.lanes):
                    check(tape.lane(k), policy)
        return tape

    @cached_property
    def _tape(self) -> StackedTape:
        whole = self.put.reprice(self.ensemble, self.portfolio.delta)
        own = {name: column[self.first :] for name, column in whole.items()}
        for name in STILL:
            own[name][0] = 0.0
        return self.laid(own)

    def laid(self, own: Mapping[str, Floats]) -> StackedTape:
        """Return the tape without signals, given the fields of its bars that paths differ in."""
        shared = calendar_on(self.ensemble.dates, first=self.first)
        rolls = self.put.calendar(self.ensemble.dates)[:, 3]
        bars = {**dict.fromkeys(Bar._fields, np.zeros(len(rolls))), **shared, "roll": rolls}
        cut = {name: column[self.first :] for name, column in bars.items()}
        times = self.ensemble.times[self.first :]
        nav = float(self.portfolio.value)
        return StackedTape(times, Bar(**{**cut, **own}), (), nav, self.ensemble.paths)


def prepare_paths(
    ensemble: Ensemble,
    sleeve: Sleeve,
    portfolio: Equity,
    *,
    costs: Costs | None = None,
    lookback: int = 1,
) -> PathGround | PlainGround | None:
    """Build the ground of all paths, or return None where each needs a ground of its own.

    Parameters
    ----------
    ensemble
        The paths; the rows before ``lookback`` warm signals up.
    sleeve, portfolio, costs, lookback
        As for :func:`hedgerow.engine.run.prepare`, which gives the same of each path, to the last
        bit.
    """
    first = lookback - 1
    if len(ensemble) - first < 2:
        return None
    if isinstance(sleeve, PlainPut):
        plain = portfolio.interest == "simple" and _plain(ensemble)
        return PlainGround(ensemble, sleeve, portfolio, first) if plain else None
    lay = getattr(sleeve, "strip_of_paths", None)
    strip = lay(ensemble, costs=costs) if lay else None
    if strip is None:
        return None
    values = portfolio.values(ensemble, first)
    return PathGround(ensemble, strip, sleeve.size.columns(strip), portfolio, values, first)


def _plain(ensemble: Ensemble) -> bool:
    """Say whether rates stand still and levels are positive, as a plain put's loop needs."""
    still = all(bool((ensemble[name] == ensemble[name][0, 0]).all()) for name in YEARLY)
    return still and all(0.0 < ensemble[name].min() < np.inf for name in (SPOT, "vix"))


def seen_on(ensemble: Ensemble, signal: Signal) -> Floats:
    """Return a signal on all paths, **shape** (T, paths)."""
    if isinstance(signal, Level) and signal.column in ensemble:
        return ensemble[signal.column]
    columns = [_column(signal, ensemble.market(path)) for path in range(ensemble.paths)]
    return np.stack(columns, axis=-1)


def _column(signal: Signal, market: Market) -> Floats:
    return np.asarray(signal(market), dtype="float64")
