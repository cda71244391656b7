"""What the examples measure with: a scaled hedge over a strip, and sums over stretches of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Floats, Market, Origin
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.errors import RangeError
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.research import performance
from hedgerow.research.comparison import fixed_policy


@dataclass(frozen=True)
class Scaled:
    """A hedge scaled by a policy, and the fixed one, over the same ground.

    Parameters
    ----------
    ground
        What both shared.
    track, static
        Of the scaled and of the fixed hedge.
    """

    ground: Ground
    track: Track
    static: Track

    @classmethod
    def of(
        cls,
        policy: Policy,
        market: Market,
        sleeve: Sleeve,
        value: float,
        span: tuple[str, str] | None = None,
    ) -> Scaled:
        """Run both with the usual costs.

        Raises
        ------
        HedgerowError
            If the market does not reach over the span, dates both included.
        """
        start, end = covered(market, span) if span else (None, None)
        ground = run.prepare(
            market, sleeve, Equity(value), lookback=policy.lookback, start=start, end=end
        )
        still = run.play("static", fixed_policy(ground), ground)
        return cls(ground, run.play("dynamic", policy, ground), still)

    def sum(self, column: str, start: str, end: str, *, track: Track | None = None) -> float:
        """Return the sum of a column over the closes after ``start`` up to ``end``."""
        of = track or self.track
        rows = of.rows(start, end)
        return float(of[column][rows][1:].sum())

    def cost_a_year(self, start: str, end: str, *, track: Track | None = None) -> float:
        """Return decay, roll and trading, USD a year, over a stretch."""
        of = track or self.track
        paid = self.sum("carry", start, end, track=of) + self.sum("cost", start, end, track=of)
        return paid / performance.years(of, of.rows(start, end))

    def mean_x(self, start: str, end: str) -> float:
        """Return the mean intensity in force over a stretch."""
        return float(self.track["x"][self.track.rows(start, end)].mean())

    def max_x(self, start: str, end: str) -> float:
        """Return the greatest intensity in force in a stretch."""
        return float(self.track["x"][self.track.rows(start, end)].max())

    @property
    def vix(self) -> Floats:
        """VIX over the run, points, **shape** (T,)."""
        return self.ground.market["vix"][self.ground.first :]

    @property
    def modelled(self) -> float:
        """Share of the sessions on which the hedge's price is a model's."""
        return float(self.ground.strip.modelled[self.ground.first :].mean())


def covered(market: Market, span: tuple[str, str]) -> tuple[str, str]:
    """Return a span of dates, and refuse a market that does not reach over it.

    Raises
    ------
    RangeError
        If the market begins later or ends earlier, by more than a week.
    """
    slack = np.timedelta64(7, "D")
    days = [np.datetime64(day, "D") for day in span]
    if market.dates[0] > days[0] + slack or market.dates[-1] < days[1] - slack:
        raise RangeError(
            f"the example needs {span[0]} … {span[1]}, the data have {market.dates[0]} … "
            f"{market.dates[-1]}",
            where="data",
            mend="give data that reach over these years",
        )
    return span


def level(values: Floats, dates: NDArray[np.datetime64], start: str, end: str) -> Floats:
    """Return a column between two dates, both included, **shape** (n,).

    Parameters
    ----------
    values, dates
        The column and its sessions, **shape** (T,).
    start, end
        ``YYYY-MM-DD``.
    """
    inside = (dates >= np.datetime64(start, "D")) & (dates <= np.datetime64(end, "D"))
    return values[inside]


def modelled_share(market: Market, column: str, span: tuple[str, str] | None = None) -> float:
    """Return the share of sessions on which a column is a model's, 0.0 where there is none.

    Parameters
    ----------
    market, column
        Which column of what.
    span
        First and last date, both included; all by default.
    """
    part = market.between(*span) if span else market
    return part.share(column, Origin.MODELLED) if column in part else 0.0


def futures_modelled(market: Market, span: tuple[str, str]) -> float:
    """Return the share of sessions without a settle of the front VIX future."""
    part = market.between(*span)
    return float(np.mean(~np.isfinite(part["vx1"]))) if "vx1" in part else 1.0


def shares(scaled: Mapping[str, Scaled], span: tuple[str, str] | None) -> dict[str, float]:
    """Return what is modelled in runs over the same market."""
    market = next(iter(scaled.values())).ground.market
    prices = {f"prices of the {name}": made.modelled for name, made in scaled.items()}
    return {"VIX": modelled_share(market, "vix", span), **prices}
