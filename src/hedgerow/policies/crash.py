"""Crash intensity: a hazard fitted to the past, and the rule that scales with it (spec A9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.market import Floats, Market
from hedgerow.core.numeric import Num
from hedgerow.core.step import Nothing, Presets, Sayings, signal, step
from hedgerow.errors import DataError
from hedgerow.policies.fitted import Scheduled
from hedgerow.policies.fitting import hawkes, logistic
from hedgerow.policies.fitting.kept import kept
from hedgerow.policies.rules import Positive, SignalRule
from hedgerow.policies.signals import STRICT, RealisedVol
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Surface

Drop = Annotated[float, Field(gt=0.0, lt=1.0)]

INPUTS = ("log_vix", "log_rv", "slope")
"""Inputs of the logistic hazard, as its parameters are called."""

AHEAD = 60.0 / 365.0
"""Years to settlement of the future whose place on the curve is the slope."""

_logistic = kept(logistic.logistic)
_hawkes = kept(hawkes.hawkes)


@signal
@dataclass(frozen=True, config=STRICT)
class CrashHazard(Scheduled):
    """A9: probability of a drop within some days over its mean: λ/λ̄, by logistic regression.

    Inputs are ln VIX, ln RV over 20 days, and the curve's slope beyond what VIX itself says:
    ln of the 60-day VIX future made from the measured term structure (VIX3M, VIX6M) over that made
    from VIX alone, 0 where none is measured.  A fit at t knows what followed the rows up to
    t - ``days`` and uses no later one.

    Parameters
    ----------
    drop
        Fall of the S&P 500, a decimal: 0.05 is 5 %.
    days
        Sessions ahead.
    event
        ``fall``: a close that much below today's.  ``day``: one session that loses as much.
    ridge
        Penalty on the weights of the standardised inputs; 0 for none.
    every
        ``year``, ``half``, ``quarter`` or ``month``: the first session of each brings a new fit.
        ``never``: the first fit stays.
    window
        Sessions fitted to; None for all the past.
    least
        Sessions that the first fit needs.

    Examples
    --------
    >>> CrashHazard().name, CrashHazard(0.02, 5, event="day").name, CrashHazard().lookback
    ('crash5_10', 'crash2_5_day', 1280)
    """

    drop: Drop = 0.05
    days: Annotated[int, Field(ge=1, le=63)] = 10
    event: logistic.Event = "fall"
    ridge: Annotated[float, Field(ge=0.0, le=1e6)] = 1.0
    kind: ClassVar[str] = "crash_hazard"

    @property
    def name(self) -> str:
        """``crash5_10`` for 5 % in 10 sessions, ``crash2_5_day`` for one session's 2 % in 5."""
        return f"crash{100.0 * self.drop:g}_{self.days}" + ("_day" if self.event == "day" else "")

    @property
    def warmth(self) -> int:
        """Returns of the realised volatility."""
        return 20

    @property
    def late(self) -> int:
        """``days``: what followed a row is known only then."""
        return self.days

    def seen(self, market: Market) -> Floats:
        """Return the inputs and the index, **shape** (T, 4)."""
        vix = market["vix"]
        with np.errstate(divide="ignore"):
            rv = np.log(RealisedVol(days=20)(market))
        columns = (np.log(vix), rv, slope(market), market["spx"])
        made = np.column_stack(columns)
        made[~np.isfinite(made)] = np.nan
        return made

    def used(self, rows: Floats) -> NDArray[np.bool_]:
        """Say of which rows of a window all is known, and what followed, **shape** (n,)."""
        return super().used(rows) & np.isfinite(self._happened(rows))

    def _happened(self, rows: Floats) -> Floats:
        return logistic.outcomes(rows[:, -1], self.drop, self.days, self.event)

    def estimate(self, rows: Floats) -> Mapping[str, float]:
        """Fit the hazard to the rows of which it is known what followed."""
        happened, use = self._happened(rows), self.used(rows)
        count = int(happened[use].sum())
        if not 0 < count < use.sum():
            raise DataError(
                f"{'no' if not count else 'every'} session of {use.sum()} was followed by a drop "
                f"of {self.drop:.3g} within {self.days}",
                mend="choose another drop, or greater 'least' and 'window'",
            )
        made = _logistic(rows[use, :-1], happened[use], self.ridge)
        weights = dict(zip(INPUTS, made.weights, strict=True))
        return {"intercept": made.intercept, **weights, "mean": made.mean, "drops": float(count)}

    def chance(self, market: Market) -> Floats:
        """Return the probability of the drop within ``days``, **shape** (T,)."""
        return self.made(market, self._probability)

    def _probability(self, rows: Floats, parameters: Mapping[str, float]) -> Floats:
        weights = tuple(parameters[name] for name in INPUTS)
        made = logistic.Logistic(parameters["intercept"], weights, parameters["mean"])
        return logistic.hazard(rows[:, :-1], made)

    def predict(self, rows: Floats, parameters: Mapping[str, float]) -> Floats:
        """Return the hazard over its mean in the fit's window."""
        return np.asarray(self._probability(rows, parameters) / parameters["mean"])


def slope(market: Market) -> Floats:
    """Return ln of the 60-day VIX future by the measured term structure over that by VIX alone.

    Returns
    -------
    array
        **Shape** (T,); 0.0 where no term structure is measured.

    Examples
    --------
    >>> days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
    >>> market = Market(days, {"vix": [20.0, 20.0], "vix3m": [np.nan, 30.0]})
    >>> slope(market).round(2).tolist()
    [0.0, 0.46]
    """
    vix, curve = market["vix"], FuturesCurve()
    measured = curve.price(vix, Surface.of(market.columns), AHEAD)
    return np.asarray(np.log(measured / curve.from_vix(vix, AHEAD)))


@signal
@dataclass(frozen=True, config=STRICT)
class Hawkes(Scheduled):
    """A9: self-exciting crash intensity over its mean, λ/λ̄; each drop makes the next more likely.

    λ(t) = μ + Σ α e^(-β(t - tᵢ)) over the sessions tᵢ, t among them, that lost ``drop`` or more.

    Parameters
    ----------
    drop
        Loss of the S&P 500 in one session, a decimal: 0.02 is 2 %.
    every
        ``year``, ``half``, ``quarter`` or ``month``: the first session of each brings a new fit.
        ``never``: the first fit stays.
    window
        Sessions fitted to; None for all the past.
    least
        Sessions that the first fit needs.

    Examples
    --------
    >>> Hawkes().name, Hawkes(0.025).lookback
    ('hawkes2', 1261)
    """

    drop: Drop = 0.02
    kind: ClassVar[str] = "hawkes"

    @property
    def name(self) -> str:
        """``hawkes2`` for drops of 2 %."""
        return f"hawkes{100.0 * self.drop:g}"

    @property
    def warmth(self) -> int:
        """A return needs a close before it."""
        return 1

    def seen(self, market: Market) -> Floats:
        """Return 1.0 where a session lost ``drop``, **shape** (T, 1); NaN where that is unknown."""
        spot = market["spx"]
        known = np.isfinite(np.r_[np.nan, spot[1:] + spot[:-1]])
        return np.where(known, logistic.drops(spot, self.drop), np.nan)[:, None]

    def estimate(self, rows: Floats) -> Mapping[str, float]:
        """Fit the process to the drops of the window, one session being one unit of time."""
        events = _happened(rows)
        times = np.flatnonzero(events).astype(np.float64) + 1.0
        if not len(times):
            raise DataError(
                f"no session of {len(events)} lost {self.drop:.3g}",
                mend="choose a smaller drop, or greater 'least' and 'window'",
            )
        made = _hawkes(times, float(len(events)))
        mean = float(hawkes.intensity(events, made).mean())
        return {**made._asdict(), "mean": mean, "drops": float(len(times))}

    def chance(self, market: Market, days: int) -> Floats:
        """Return the probability that one of the next ``days`` loses ``drop``, **shape** (T,)."""

        def make(rows: Floats, parameters: Mapping[str, float]) -> Floats:
            made = process(parameters)
            return hawkes.within(hawkes.intensity(_happened(rows), made), made, days)

        return self.made(market, make)

    def predict(self, rows: Floats, parameters: Mapping[str, float]) -> Floats:
        """Return the intensity over its mean in the fit's window."""
        rate = hawkes.intensity(_happened(rows), process(parameters))
        return np.asarray(rate / parameters["mean"])


def _happened(rows: Floats) -> Floats:
    return np.where(rows[:, 0] > 0.0, 1.0, 0.0)


def process(parameters: Mapping[str, float]) -> hawkes.Hawkes:
    """Return the process that a fit's parameters stand for.

    Examples
    --------
    >>> process({"mu": 0.01, "alpha": 0.05, "beta": 0.1, "mean": 0.02})
    Hawkes(mu=0.01, alpha=0.05, beta=0.1)
    """
    return hawkes.Hawkes(*(parameters[name] for name in hawkes.Hawkes._fields))


@step
@dataclass(frozen=True, config=STRICT)
class CrashIntensity(SignalRule):
    """A9: ``x = scale · λ/λ̄``: the base size at the mean hazard of the past, more where it is more.

    Parameters
    ----------
    signal
        Name of a signal that is a hazard over its mean.
    scale
        Intensity at the mean hazard.
    """

    signal: Annotated[str, Field(min_length=1)] = "crash5_10"
    scale: Positive = 1.0
    kind: ClassVar[str] = "crash_intensity"
    presets: ClassVar[Presets] = {
        "logistic": {"signal": "crash5_10", "scale": 1.0},
        "hawkes": {"signal": "hawkes2", "scale": 1.0},
    }
    readings: ClassVar[Sayings] = {
        "logistic": "Mathematical Framework 1 prints N · λ(t)/λ̄ with λ 'from VIX, vol, etc.': the "
        "hazard of a fall of 5 % in 10 sessions, by logistic regression on them.",
        "hawkes": "Why Dynamic Hedging 2 says that 'spikes cluster (crash risk elevated after "
        "first spike)': an intensity that each day's loss of 2 % raises.",
    }

    class Params(NamedTuple):
        """Kernel parameters."""

        scale: Num

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(self.scale)

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: Params) -> tuple[Num, Nothing]:
        """Scale the ratio."""
        return p.scale * view.signals[0], memory
