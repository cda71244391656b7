"""What claims are measured on: the user's market, and runs over it that all claims share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market, Origin
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.errors import HedgerowError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.catalog import demo
from hedgerow.research import performance
from hedgerow.research.claims.claim import Beside, Measurement, UnmeasuredError
from hedgerow.research.claims.resampling import Estimate, Statistic, estimate
from hedgerow.research.comparison import cash_returns
from hedgerow.research.crises import Stretch, crises_in

WARM = 21
"""Sessions before the first decision: enough for every signal of the source's rules."""

LEAST_SESSIONS = 240
"""Sessions below which a statistic of days has no interval: a year, a few holidays aside."""

HEDGE_PRICES = "hedge prices"

T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """The data, the hedge and the chance of one study; runs are made once and kept.

    Parameters
    ----------
    market
        All the history there is.
    start, end
        Dates of the study, both included; None for all.
    portfolio, sleeve, costs, policy
        Those of ``hedgerow demo`` by default.
    resamples, seed
        Of the bootstrap.
    """

    market: Market
    start: str | None = None
    end: str | None = None
    portfolio: Equity = field(default_factory=Equity)
    sleeve: Sleeve = field(default_factory=Put)
    costs: Costs = field(default_factory=Costs)
    policy: Policy = field(default_factory=demo)
    resamples: int = 1000
    seed: int = 1
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    # ---- runs -----------------------------------------------------------------------------------

    def ground(self, sleeve: Sleeve | None = None) -> Ground:
        """Return the ground of the runs over the study's years, with a sleeve or the usual one."""
        hedge = sleeve or self.sleeve
        return self.once(
            ("ground", hedge),
            lambda: run.prepare(
                self.market,
                hedge,
                self.portfolio,
                costs=self.costs,
                lookback=WARM,
                start=self.start,
                end=self.end,
            ),
        )

    def track(self, policy: Policy | None = None, sleeve: Sleeve | None = None) -> Track:
        """Return the run of a policy (the usual one by default)."""
        chosen, ground = policy or self.policy, self.ground(sleeve)
        key = ("track", chosen.to_toml(), sleeve or self.sleeve)
        return self.once(key, lambda: run.play(chosen.name, chosen, ground))

    def fixed(self, level: float = 1.0, sleeve: Sleeve | None = None) -> Track:
        """Return the run of the static hedge."""
        return self.track(run.static(level=level), sleeve)

    def unhedged(self) -> Track:
        """Return the run of the portfolio alone."""
        return self.once("unhedged", lambda: run.unhedged(self.ground()))

    def cash(self) -> Floats:
        """Return what bills earned over each bar, **shape** (T,)."""
        return self.once("cash", lambda: cash_returns(self.ground()))

    def dated(self, start: str, end: str) -> Evidence:
        """Return the evidence of years that a claim names.

        Raises
        ------
        UnmeasuredError
            If the study does not hold all of them.
        """
        slack = np.timedelta64(7, "D")
        days = self.inside.dates
        first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
        if days[0] > first + slack or days[-1] < last - slack:
            raise UnmeasuredError(
                f"the claim is about {start} … {end}, the data are of {days[0]} … {days[-1]}"
            )
        begin = str(max(first, days[0]))
        return self.once(
            ("dated", begin, end), lambda: replace(self, start=begin, end=end, _kept={})
        )

    def elsewhere(self, market: Market) -> Evidence:
        """Return the same study of another market, all of its days."""
        key = ("elsewhere", market.digest())
        return self.once(key, lambda: replace(self, market=market, start=None, end=None, _kept={}))

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made under a key, and make it if it was not; an error is kept too."""
        if key not in self._kept:
            try:
                self._kept[key] = make()
            except HedgerowError as error:
                self._kept[key] = error
        kept = self._kept[key]
        if isinstance(kept, HedgerowError):
            raise kept
        return cast("T", kept)

    # ---- data -----------------------------------------------------------------------------------

    @property
    def inside(self) -> Market:
        """The market within the study's dates."""
        return self.once("inside", lambda: self.market.between(self.start, self.end))

    def published(self, name: str = "vix") -> NDArray[np.bool_]:
        """Return the rows of `inside` on which a column was published, **shape** (T,).

        Raises
        ------
        UnmeasuredError
            If there are none.
        """
        if name in self.inside:
            origin = self.inside.origin[name]
            rows = (origin == Origin.MEASURED) | (origin == Origin.REPAIRED)
            if rows.any():
                return np.asarray(rows & np.isfinite(self.inside[name]))
        raise UnmeasuredError(f"the data have no published '{name}'")

    def crises(self) -> list[Stretch]:
        """Return the dated crises of the study.

        Raises
        ------
        UnmeasuredError
            If there are none.
        """
        found = crises_in(self.unhedged())
        if not found:
            raise UnmeasuredError("no dated crisis falls into these years")
        return found

    def crisis_days(self) -> NDArray[np.bool_]:
        """Return the bars of the runs within crises, peak excluded, **shape** (T,)."""
        days = np.zeros(len(self.unhedged()), dtype=bool)
        for crisis in self.crises():
            days[crisis.rows.start + 1 : crisis.rows.stop] = True
        return days

    # ---- measurements ---------------------------------------------------------------------------

    def estimate(self, columns: Floats, statistic: Statistic) -> Estimate:
        """Estimate a statistic of the means of columns, **shape** (T, k), with its interval."""
        rows = np.ascontiguousarray(columns, dtype=np.float64)
        return self.once(
            ("estimate", rows.shape, rows.tobytes(), statistic),
            lambda: estimate(rows, statistic, resamples=self.resamples, seed=self.seed),
        )

    def of_days(
        self,
        columns: Floats,
        statistic: Statistic,
        days: NDArray[np.datetime64],
        *,
        of: str = "sessions",
        modelled: Mapping[str, float] | None = None,
        beside: Beside = (),
    ) -> Measurement:
        """Return a statistic of columns that go with these days, as a measurement.

        Sessions have an interval only if there is a year of them.
        """
        found = self.estimate(columns, statistic)
        few = of == "sessions" and found.count < LEAST_SESSIONS
        low, high = (float("nan"),) * 2 if few else (found.low, found.high)
        return Measurement(
            found.value,
            low,
            high,
            found.count,
            of,
            str(days[0]),
            str(days[-1]),
            tuple((modelled or {}).items()),
            found.block,
            beside,
        )

    def of_runs(
        self,
        columns: Floats,
        statistic: Statistic,
        *,
        days: NDArray[np.bool_] | None = None,
        sleeve: Sleeve | None = None,
        beside: Beside = (),
    ) -> Measurement:
        """Return a statistic of columns of runs, **shape** (T, k); the first bar is left out.

        Parameters
        ----------
        columns, statistic
            What is measured.
        days
            Bars counted, **shape** (T,); all but the first by default.
        sleeve
            The hedge of the runs, for the share of prices that is modelled.
        beside
            Other readings.
        """
        rows = np.ones(len(columns), dtype=bool) if days is None else days.copy()
        rows[0] = False
        dates = self.unhedged().dates[rows]
        if not len(dates):
            raise UnmeasuredError("no day of these years counts")
        shares = self.modelled(sleeve)
        return self.of_days(columns[rows], statistic, dates, modelled=shares, beside=beside)

    def fact(
        self,
        value: float,
        days: NDArray[np.datetime64],
        *,
        of: str = "sessions",
        modelled: Mapping[str, float] | None = None,
        beside: Beside = (),
    ) -> Measurement:
        """Return a dated fact: its interval is the value itself."""
        return Measurement(
            value, value, value, len(days), of, str(days[0]), str(days[-1]),
            tuple((modelled or {}).items()), None, beside,
        )  # fmt: skip

    def modelled(self, sleeve: Sleeve | None = None) -> dict[str, float]:
        """Return what share of the runs' prices and of VIX a model made."""
        ground = self.ground(sleeve)
        market, first = ground.market, ground.first
        made = {HEDGE_PRICES: float(ground.strip.modelled[first:].mean())}
        made["VIX"] = float(np.mean(market.origin["vix"][first:] == Origin.MODELLED))
        return {name: share for name, share in made.items() if share > 0.0}


# ---- columns of runs ----------------------------------------------------------------------------


def before(track: Track) -> Floats:
    """Return NAV at the bar before, **shape** (T,)."""
    nav = track["nav"]
    return np.asarray(np.r_[nav[0], nav[:-1]])


def costs_of(track: Track) -> Floats:
    """Return what the hedge cost over each bar (carry and trading), in parts of NAV."""
    return np.asarray((track["carry"] + track["cost"]) / before(track))


def gains_of(track: Track) -> Floats:
    """Return the hedge's gain over each bar after costs, in parts of NAV."""
    return np.asarray(track["pnl"] / before(track))


def losses_of(track: Track) -> Floats:
    """Return the portfolio's loss over each bar, in parts of NAV; negative is a gain."""
    return -np.asarray(track["earned"] / before(track))


def returns_of(track: Track) -> Floats:
    """Return the simple returns of NAV, 0 at the first bar, **shape** (T,)."""
    return np.asarray(np.r_[0.0, performance.returns(track["nav"])])


def a_year(track: Track) -> float:
    """Return the sessions a year of a run."""
    return (len(track) - 1) / performance.years(track)
