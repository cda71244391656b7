"""Many paths made ready at once: the grounds of all their runs, side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.core.ensemble import Ensemble
from hedgerow.core.lanes.stacked import StackedTape, record_paths
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import Signal
from hedgerow.core.strip import Strip
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import no_delta_to_follow
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.scene import SPOT
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.signals import Level


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


def prepare_paths(
    ensemble: Ensemble,
    sleeve: Sleeve,
    portfolio: Equity,
    *,
    costs: Costs | None = None,
    lookback: int = 1,
) -> PathGround | None:
    """Build the ground of all paths, or return None where each needs a ground of its own.

    Parameters
    ----------
    ensemble
        The paths; the rows before ``lookback`` warm signals up.
    sleeve, portfolio, costs, lookback
        As for :func:`hedgerow.engine.run.prepare`, which gives the same of each path, to the last
        bit.
    """
    lay = getattr(sleeve, "strip_of_paths", None)
    first = lookback - 1
    strip = lay(ensemble, costs=costs) if lay and len(ensemble) - first >= 2 else None
    if strip is None:
        return None
    values = portfolio.values(ensemble, first)
    return PathGround(ensemble, strip, sleeve.size.columns(strip), portfolio, values, first)


def seen_on(ensemble: Ensemble, signal: Signal) -> Floats:
    """Return a signal on all paths, **shape** (T, paths)."""
    if isinstance(signal, Level) and signal.column in ensemble:
        return ensemble[signal.column]
    columns = [_column(signal, ensemble.market(path)) for path in range(ensemble.paths)]
    return np.stack(columns, axis=-1)


def _column(signal: Signal, market: Market) -> Floats:
    return np.asarray(signal(market), dtype="float64")
