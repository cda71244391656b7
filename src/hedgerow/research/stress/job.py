"""A stress as a job: neighbouring paths in, one number a path and figure out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import HedgerowError
from hedgerow.instruments.catalog import sleeve_to_table
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research.comparison import cash_returns, fixed_policy
from hedgerow.research.divest import divested
from hedgerow.research.scaling.job import Part
from hedgerow.research.stress import playing
from hedgerow.research.stress.margins import held_asks, per_contract
from hedgerow.research.stress.measuring import measures, worst_falls
from hedgerow.research.stress.playing import Laid, Played
from hedgerow.research.stress.scenario import Scenario, streams

BLOCK = 256
"""Paths that are played together."""

MARGINED = 256
"""Margin is found on so many paths; one by one it takes a tenth of a second each."""

GRID = np.linspace(0.0, 1.0, 41)
"""Parts of the equity kept between which one of equal shortfall is looked for."""


class Alone(NamedTuple):
    """No hedge."""


class Fixed(NamedTuple):
    """A hedge of so many times the base size, always."""

    level: float


class Kept(NamedTuple):
    """No hedge, but this part of the equity; the rest in bills."""

    part: float


Strategy = Policy | Alone | Fixed | Kept


class Terms(NamedTuple):
    """What all strategies share."""

    scenario: Scenario
    sleeve: Sleeve
    portfolio: Equity
    costs: Costs


class Ready(NamedTuple):
    """Paths laid out, and every strategy played on them."""

    laid: Laid
    played: dict[str, Played]


@dataclass(frozen=True, eq=False)
class StressJob:
    """Strategies on the paths of a scenario; see :class:`hedgerow.research.scaling.job.Job`.

    Parameters
    ----------
    terms
        Paths, sleeve, portfolio, costs.
    strategies
        By name.
    grid
        Also return what the portfolio earns with each part of `GRID` of its equity.
    size
        Paths a block; no number depends on it.
    """

    terms: Terms
    strategies: Mapping[str, Strategy]
    grid: bool = False
    size: int = BLOCK

    @property
    def title(self) -> str:
        """A few words for a progress bar."""
        return "Stress"

    def digest(self) -> str:
        """Return a SHA-256 of all that the numbers depend on."""
        terms = self.terms
        told = {
            "scenario": terms.scenario.digest(),
            "sleeve": sleeve_to_table(terms.sleeve),
            "portfolio": terms.portfolio.as_dict(),
            "costs": asdict(terms.costs),
            "strategies": {
                name: run.text_of(each) if isinstance(each, Policy) else repr(each)
                for name, each in self.strategies.items()
            },
            "grid": self.grid,
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()

    def sizes(self) -> list[int]:
        """Return how many paths each block has."""
        whole, rest = divmod(len(self.terms.scenario), self.size)
        return [self.size] * whole + [rest] * (rest > 0)

    def play(self, block: int, progress: Callable[[int], None] | None = None) -> Part:
        """Return ``strategy.figure`` of :func:`hedgerow.research.stress.measuring.measures`.

        Beside them ``index_fall`` (≤ 0), ``index_return`` and ``vix_peak`` of each path, and with
        ``grid`` the ``kept`` returns, **shape** (parts, paths).
        """
        first = block * self.size
        last = first + self.sizes()[block]
        low, high = streams(first, last)
        laid, played = self.ready(low, high)
        index, vix = laid.level("spx"), laid.level("vix")
        falls = worst_falls(index)
        days = laid.one.market.dates[laid.one.first :].astype("int64")
        margin = self._margin(laid, played, low)
        made: dict[str, Floats] = {
            "index_fall": falls.depth,
            "index_return": index[-1] / index[0] - 1.0,
            "vix_peak": vix.max(axis=0),
        }
        for name, each in played.items():
            figures = measures(each, falls, margin, days)
            made |= {f"{name}.{figure}": column for figure, column in figures.items()}
        if self.grid:
            alone = laid.values
            ends = [self._divested(laid, part)[-1] / alone[0] for part in GRID]
            made["kept"] = np.array(ends) - 1.0
        if progress is not None:
            progress(last - first)
        inside = slice(first - low, last - low)
        return {name: np.ascontiguousarray(column[..., inside]) for name, column in made.items()}

    def ready(self, first: int, last: int) -> Ready:
        """Lay paths ``first`` … ``last - 1`` out and play every strategy on them.

        Raises
        ------
        HedgerowError
            If policy, sleeve and paths do not fit together.
        """
        scenario, sleeve, portfolio, costs = self.terms
        ensemble = scenario.ensemble(first, last)
        try:
            laid = Laid.out(ensemble, len(scenario.history) - 1, sleeve, portfolio, costs)
            return Ready(
                laid, {name: self._played(each, laid) for name, each in self.strategies.items()}
            )
        except HedgerowError as error:
            told = f"{error.what}, on paths of the model ({scenario.paths.model.title})"
            raise type(error)(told, where=error.where, mend=error.mend) from None

    def _played(self, strategy: Strategy, laid: Laid) -> Played:
        if isinstance(strategy, Alone):
            return playing.unhedged(laid.values)
        if isinstance(strategy, Kept):
            return _less_equity(laid.values, self._divested(laid, strategy.part))
        if isinstance(strategy, Fixed):
            return laid.play(fixed_policy(laid.one, strategy.level))
        return laid.play(strategy)

    def _divested(self, laid: Laid, part: float) -> Floats:
        portfolio = self.terms.portfolio
        bills = cash_returns(laid.one, portfolio.interest)[:, None]  # the rate stays the start's
        half_spread = self.terms.costs.underlying_bps * 1e-4
        return divested(laid.values, bills, part, portfolio.delta, half_spread)

    def _margin(self, laid: Laid, played: Mapping[str, Played], first: int) -> Floats:
        """Return the margin of one contract, held and sold, USD, **shape** (2, T, paths).

        0 where none is asked, NaN for paths from `MARGINED` on.
        """
        held = np.array([each.held for each in played.values()])
        sides = [np.any(side, axis=(0, 1)) for side in (held > 0.0, held < 0.0)]
        sleeve, costs, start = self.terms.sleeve, self.terms.costs, laid.one.first
        asks = held_asks(sleeve.roster(laid.one.market, costs=costs), start)
        out = np.zeros((2, *held.shape[1:]))
        for side, (here, asked) in enumerate(zip(sides, (asks, True), strict=True)):
            if not asked:
                continue
            out[side][:, here] = np.nan
            for k in np.flatnonzero(here[: max(MARGINED - first, 0)]):
                market = laid.ensemble.market(int(k))
                roster = sleeve.roster(market, costs=costs)
                out[side, :, k] = per_contract(market, start, roster, sold=side == 1)
        return out


def _less_equity(alone: Floats, nav: Floats) -> Played:
    """Return a portfolio with less equity; what it earned beyond the whole one is its gain."""
    whole = playing.unhedged(alone)
    earned = np.zeros_like(nav)
    earned[1:] = nav[:-1] * (alone[1:] / alone[:-1] - 1.0)
    return whole._replace(
        nav=nav, earned=earned, pnl=np.diff(nav, axis=0, prepend=nav[:1]) - earned
    )
