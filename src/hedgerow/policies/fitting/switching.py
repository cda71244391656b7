r"""Two states that switch: fitted by maximum likelihood, filtered forward (spec A12).

.. math:: y_t \sim N(m_{s_t}, v_{s_t}),\quad P(s_{t+1} \mid s_t) = p

What is known of the state at t is ``P(s_t = high | y_1 … y_t)``, by the filter of Hamilton, J. D.
(1989), *Econometrica* 57, 357-384.  The smoothed probability, which most programs print, knows
what came after t; nothing here makes it.
"""

from __future__ import annotations

import warnings
from typing import Literal, NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.errors import DataError

Order = Literal["mean", "sd"]


class Switching(NamedTuple):
    """Two normal states and how they follow each other; ``high`` is state 1."""

    mean_low: float
    mean_high: float
    sd_low: float
    sd_high: float
    p_lh: float
    """Probability that a high session follows a low one."""
    p_hl: float
    """Probability that a low session follows a high one."""

    @property
    def share_high(self) -> float:
        """Long-run share of high sessions."""
        return self.p_lh / (self.p_lh + self.p_hl)


def switching(series: Floats, order: Order = "sd") -> Switching:
    """Fit two states with means and variances of their own by maximum likelihood (statsmodels).

    Parameters
    ----------
    series
        One number a session, **shape** (n,).
    order
        What is greater in the state called high: the standard deviation or the mean.

    Raises
    ------
    DataError
        If no two states are found.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> calm, wild = rng.normal(0.0, 0.5, 150), rng.normal(0.0, 2.0, 150)
    >>> made = switching(np.r_[calm, wild, calm])
    >>> round(made.sd_low, 1), round(made.sd_high)
    (0.4, 2)
    """
    from statsmodels.tools.sm_exceptions import ModelWarning
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    centre, spread = float(series.mean()), float(series.std())
    if not spread > 0.0:
        raise _none(len(series))
    plain = (series - centre) / spread
    begin = {"sd": [0.98, 0.05, 0.05, -0.1, 0.4, 2.5], "mean": [0.98, 0.02, -0.6, 0.8, 0.3, 0.5]}
    model = MarkovRegression(plain, k_regimes=2, switching_variance=True)
    with warnings.catch_warnings():
        # what it warns of (no convergence, a step outside) is judged by the result below
        warnings.simplefilter("ignore", ModelWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            found = model.fit(
                start_params=np.array(begin[order]), em_iter=0, disp=0, maxiter=200,
                return_params=True,
            )  # fmt: skip
        except (RuntimeError, np.linalg.LinAlgError):
            raise _none(len(series)) from None
    stay, back, *rest = (float(value) for value in found)
    means, sds = np.array(rest[:2]), np.sqrt(rest[2:])
    if not (np.isfinite(found).all() and 0.0 < stay < 1.0 and 0.0 < back < 1.0):
        raise _none(len(series))
    leave = (1.0 - stay, back)
    judged = sds if order == "sd" else means
    low, high = (0, 1) if judged[0] <= judged[1] else (1, 0)
    return Switching(
        float(centre + spread * means[low]),
        float(centre + spread * means[high]),
        float(spread * sds[low]),
        float(spread * sds[high]),
        leave[low],
        leave[high],
    )


def _none(count: int) -> DataError:
    return DataError(
        f"no two states were found in {count} sessions",
        where="regime",
        mend="give a longer window, or start later",
    )


def filtered(series: Floats, made: Switching) -> Floats:
    """Return P(high) at each row, given the rows up to it and no other.

    The first row starts from the long-run shares.  A NaN teaches nothing: the state moves on by
    its own probabilities.

    Parameters
    ----------
    series
        One number a session, **shape** (n,).
    made
        Parameters, frozen.

    Examples
    --------
    >>> made = Switching(0.0, 0.0, 1.0, 3.0, 0.02, 0.05)
    >>> filtered(np.array([0.1, 5.0, -4.0, np.nan]), made).round(3).tolist()
    [0.118, 1.0, 1.0, 0.95]
    """
    low, high = (
        -(((series - mean) / sd) ** 2) / 2.0 - np.log(sd)
        for mean, sd in ((made.mean_low, made.sd_low), (made.mean_high, made.sd_high))
    )
    ratios = np.exp(np.clip(np.where(np.isfinite(series), high - low, 0.0), -700.0, 700.0))
    ahead, out = made.share_high, []
    for ratio in ratios.tolist():
        now = ahead * ratio / (ahead * ratio + 1.0 - ahead)
        out.append(now)
        ahead = now * (1.0 - made.p_hl) + (1.0 - now) * made.p_lh
    return np.array(out)


def simulated(made: Switching, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return a path and its states (1.0 is high), **shape** (count,) each.

    Parameters
    ----------
    made, count
        Parameters; sessions of the path, which starts from the long-run shares.
    rng
        Random numbers.

    Examples
    --------
    >>> made = Switching(0.0, 0.0, 1.0, 3.0, 0.02, 0.05)
    >>> path, high = simulated(made, 500, np.random.default_rng(0))
    >>> bool(path[high > 0.0].std() > path[high == 0.0].std())
    True
    """
    drawn, state, states = rng.random(count).tolist(), float(rng.random() < made.share_high), []
    for chance in drawn:
        leaves = chance < (made.p_hl if state else made.p_lh)
        state = 1.0 - state if leaves else state
        states.append(state)
    high = np.array(states)
    mean = np.where(high > 0.0, made.mean_high, made.mean_low)
    sd = np.where(high > 0.0, made.sd_high, made.sd_low)
    return rng.normal(mean, sd), high
