"""Hazard of a crash: a logistic regression of what followed on what was known (spec A9)."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from hedgerow.core.market import Floats
from hedgerow.errors import DataError

Event = Literal["fall", "day"]

_CLOSE = 1e-12
"""Mean change of a weight at which the maximum is found."""

_OUT_OF_ROUNDS = 1
"""What scipy's status says when it gave up."""


class Logistic(NamedTuple):
    """A logistic hazard: ``P = 1 / (1 + e^-(intercept + weights · inputs))``."""

    intercept: float
    weights: tuple[float, ...]
    """One per input, in the inputs' own units."""
    mean: float
    """Mean hazard over the rows fitted to, which is the share of them that was followed by one."""


def outcomes(spot: Floats, drop: float, days: int, event: Event = "fall") -> Floats:
    """Return 1.0 where the next ``days`` sessions brought the drop, 0.0 where not.

    Parameters
    ----------
    spot
        Closes, **shape** (T,).
    drop
        A decimal: 0.05 is 5 %.
    days
        Sessions.
    event
        ``fall``: a close at least ``drop`` below that of the row.  ``day``: one session that
        loses at least ``drop``.

    Returns
    -------
    array
        **Shape** (T,); NaN where it is not known: in the last ``days`` rows, and around a hole.

    Examples
    --------
    >>> outcomes(np.array([100.0, 97.0, 94.0, 96.0]), 0.05, days=2).tolist()
    [1.0, 0.0, nan, nan]
    >>> outcomes(np.array([100.0, 97.0, 94.0, 96.0]), 0.05, days=2, event="day").tolist()
    [0.0, 0.0, nan, nan]
    """
    out = np.full(len(spot), np.nan)
    if len(spot) > days:
        if event == "fall":
            least = np.lib.stride_tricks.sliding_window_view(spot[1:], days).min(axis=1)
            out[:-days] = least <= (1.0 - drop) * spot[:-days]
        else:
            fell = drops(spot, drop)[1:]
            out[:-days] = np.lib.stride_tricks.sliding_window_view(fell, days).max(axis=1)
        seen = np.lib.stride_tricks.sliding_window_view(np.isfinite(spot), days + 1)
        out[:-days][~seen.all(axis=1)] = np.nan
    return out


def drops(spot: Floats, drop: float) -> Floats:
    """Return 1.0 where a session lost at least ``drop``, **shape** (T,); 0.0 in the first row.

    Examples
    --------
    >>> drops(np.array([100.0, 98.0, 97.0]), 0.02).tolist()
    [0.0, 1.0, 0.0]
    """
    return np.asarray(np.r_[0.0, spot[1:] <= (1.0 - drop) * spot[:-1]])


def logistic(inputs: Floats, happened: Floats, ridge: float = 1.0) -> Logistic:
    """Fit a logistic hazard by penalised maximum likelihood (scipy's Newton-CG).

    The penalty ``ridge/2 · Σ w²`` is on the weights of standardised inputs.  It keeps weights
    finite where the inputs separate the outcomes, and leaves the mean hazard as observed.
    Le Cessie, S. and van Houwelingen, J. C. (1992), *Applied Statistics* 41, 191-201.

    Parameters
    ----------
    inputs
        **Shape** (n, k).
    happened
        1.0 or 0.0, **shape** (n,), both present.
    ridge
        Weight of the penalty; 0 is plain maximum likelihood.

    Raises
    ------
    DataError
        If without a penalty the inputs separate the outcomes.

    Examples
    --------
    >>> x = np.array([[10.0], [12.0], [20.0], [30.0], [14.0], [25.0]])
    >>> made = logistic(x, np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0]))
    >>> round(made.mean, 6), made.weights[0] > 0.0
    (0.5, True)
    """
    from scipy.optimize import minimize

    centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
    flat = spread <= 1e-12
    spread = np.where(flat, 1.0, spread)
    table = np.column_stack([np.ones(len(inputs)), (inputs - centre) / spread])
    # an input that stood still has no weight, and without a penalty any would do
    penalty = np.r_[0.0, np.where(flat, 1.0, ridge)]

    def loss(beta: Floats) -> float:
        odds = table @ beta
        return float(np.logaddexp(0.0, odds).sum() - happened @ odds + penalty @ beta**2 / 2.0)

    def slope(beta: Floats) -> Floats:
        return np.asarray(table.T @ (_sigmoid(table @ beta) - happened) + penalty * beta)

    def bend(beta: Floats) -> Floats:
        p = _sigmoid(table @ beta)
        return np.asarray((table * (p * (1.0 - p))[:, None]).T @ table + np.diag(penalty))

    share = happened.mean()
    start = np.r_[np.log(share / (1.0 - share)), np.zeros(inputs.shape[1])]
    found = minimize(
        loss, start, jac=slope, hess=bend, method="Newton-CG", options={"xtol": _CLOSE}
    )
    beta = found.x
    told = bool(np.all((table @ beta > 0.0) == (happened > 0.0)))
    if (told and ridge == 0.0) or found.status == _OUT_OF_ROUNDS:
        raise DataError(
            "the inputs tell every drop from every calm, so no finite weights fit best",
            where="hazard",
            mend="choose a ridge above 0, such as 1",
        )
    weights = beta[1:] / spread
    return Logistic(
        float(beta[0] - weights @ centre),
        tuple(weights.tolist()),
        float(_sigmoid(table @ beta).mean()),
    )


def hazard(inputs: Floats, made: Logistic) -> Floats:
    """Return the probability of the drop for each row of ``inputs``, **shape** (n,).

    Examples
    --------
    >>> hazard(np.array([[0.0], [1.0]]), Logistic(0.0, (1.0,), 0.5)).round(4).tolist()
    [0.5, 0.7311]
    """
    # one input after the other: a product of matrices rounds by how many rows there are
    odds = np.full(len(inputs), made.intercept)
    for column, weight in zip(inputs.T, made.weights, strict=True):
        odds = odds + weight * column
    return _sigmoid(odds)


def _sigmoid(odds: Floats) -> Floats:
    with np.errstate(invalid="ignore"):  # what is NaN stays so
        return np.asarray(np.exp(-np.logaddexp(0.0, -odds)))
