"""What policies are stressed on: paths of a model that go on from the state of a day."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

import numpy as np

from hedgerow.core.ensemble import Ensemble
from hedgerow.core.market import Market, Origin
from hedgerow.core.policy import Policy
from hedgerow.errors import RangeError
from hedgerow.policies.fitted import Scheduled
from hedgerow.simulate.draws import STREAM
from hedgerow.simulate.falls import Fall
from hedgerow.simulate.paths import FAMILY, PathModel, Paths, Start
from hedgerow.simulate.replay import Replay

EVER = 1_000_000
"""More sessions than any history has."""

BEHIND = 63
"""Sessions of history before the first path session, beside those that the signals need."""

YEAR = 252
"""Sessions that a fit is kept at most before the next."""

SPREAD = 63
"""A made fall begins on one of so many sessions, so that rolls stand elsewhere on each path."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """Paths of a model after a history.

    Parameters
    ----------
    paths
        Where they start is the last close of the history.
    history
        What warms signals up; its last row is the state of today.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.simulate.falls import Grind
    >>> today = state_of(hr.load("builtin", end="2018-12-31"), None, vix=40.0)
    >>> made = Scenario.of(Grind(), today, 3, 60, seed=1)
    >>> made.ensemble(0, 2)["vix"].shape, len(made.market(2)), made.paths.start.vix
    ((123, 2), 123, 40.0)
    """

    paths: Paths
    history: Market

    @classmethod
    def of(
        cls,
        model: PathModel,
        history: Market,
        n_paths: int,
        sessions: int,
        *,
        seed: int,
        lookback: int = 1,
        seen: int | None = None,
    ) -> Scenario:
        """Return the paths of a model from a history's last close.

        Parameters
        ----------
        model, n_paths, sessions, seed
            As for :meth:`hedgerow.simulate.paths.PathModel.paths`.
        history
            With ``spx`` and ``vix``.
        lookback
            Sessions that signals need before the first decision.
        seen
            Sessions that they look at where there are as many (`sessions_seen`).

        Raises
        ------
        RangeError
            If a number is out of range, or the history is too short for the signals.
        """
        if len(history) < lookback:
            raise RangeError(
                f"the history has {len(history)} sessions up to {history.dates[-1]}, "
                f"the policy's signals look back {lookback}",
                where="data",
                mend="give a longer history, or a later --from",
            )
        most = max(lookback, seen or 1)
        kept = min(most + BEHIND if most > 1 else BEHIND, len(history))
        warm = history.between(str(history.dates[-kept]), None)
        return cls(model.paths(n_paths, sessions, seed, Start.of(history)), warm)

    def __len__(self) -> int:
        return len(self.paths)

    def ensemble(self, first: int, last: int) -> Ensemble:
        """Return paths ``first`` … ``last - 1`` side by side, the history before each.

        They may go on beyond the last path, to the end of its stream.
        """
        reaching = dataclasses.replace(self.paths, n_paths=max(last, len(self)))
        return reaching.ensemble(first, last, self.history)

    def market(self, path: int) -> Market:
        """Return a path as a market, the history before it."""
        return self.paths.after(self.history, path)

    def digest(self) -> str:
        """Return a SHA-256 of all that the paths depend on."""
        model = self.paths.model
        told = [type(model).__name__, str(self.paths.sessions), str(self.paths.seed)]
        start = self.paths.start
        told += [str(len(self)), repr(start), repr(start.lately), self.history.digest()]
        if dataclasses.is_dataclass(model):
            for field in dataclasses.fields(model):
                value = getattr(model, field.name)
                told.append(value.digest() if isinstance(value, Market) else repr(value))
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def sessions_seen(policy: Policy) -> int:
    """Return the sessions that a decision depends on, fits to the past included.

    Examples
    --------
    >>> from hedgerow.policies.percentiles import Quantile
    >>> from hedgerow.policies.rules import Constant
    >>> sessions_seen(Policy([Constant(1.0)], [Quantile("vix", 80, days=1260)], raw=True))
    1260
    """
    most = max(policy.lookback, policy.reach)
    for signal in policy.signals:
        if isinstance(signal, Scheduled):
            if signal.window is None or signal.every == "never":
                return EVER
            most = max(most, signal.warmth + signal.late + signal.window + YEAR)
    return most


def streams(first: int, last: int) -> tuple[int, int]:
    """Return the least whole streams that hold paths ``first`` … ``last - 1``.

    Examples
    --------
    >>> streams(70, 100)
    (64, 128)
    """
    return first // STREAM * STREAM, -(-last // STREAM) * STREAM


def state_of(market: Market, date: str | None = None, *, vix: float | None = None) -> Market:
    """Return the history up to a date, the state of today in its last row.

    Parameters
    ----------
    market
        With ``spx`` and ``vix``.
    date
        A session, or the one before it is taken; the last one by default.
    vix
        Points; VIX and its relatives of the last row are scaled to it, labelled as assumed.

    Raises
    ------
    RangeError
        If the date lies outside the data, or VIX is no level.
    """
    today = market.until(market.index_of(date)) if date else market
    if not len(today):
        raise RangeError("the market has no bars", where="market", mend="load data first")
    if vix is None:
        return today
    if not (np.isfinite(vix) and vix > 0.0):
        raise RangeError(
            f"{vix} is not a VIX", where="--start-vix", mend="give a positive number of points"
        )
    ratio = vix / float(today["vix"][-1])
    columns, origin = {}, {}
    for name in ("vix", *FAMILY):
        if name in today:
            columns[name], origin[name] = today[name].copy(), today.origin[name].copy()
            columns[name][-1] = vix if name == "vix" else columns[name][-1] * ratio
            origin[name][-1] = Origin.ASSUMED if np.isfinite(columns[name][-1]) else Origin.MISSING
    return today.with_columns(columns, origin)


def stressing(model: PathModel) -> PathModel:
    """Return the model as a stress uses it: a made fall begins earlier or later on each path.

    Examples
    --------
    >>> from hedgerow.simulate.falls import FlashCrash
    >>> stressing(FlashCrash()).spread
    63
    """
    if isinstance(model, Fall) and not model.spread:
        return dataclasses.replace(model, spread=SPREAD)
    return model


def usual(model: PathModel) -> tuple[int, int]:
    """Return the paths and sessions that a model is stressed with unless told otherwise.

    Examples
    --------
    >>> from hedgerow.simulate.falls import FlashCrash
    >>> usual(FlashCrash())
    (1000, 252)
    """
    return (1, model.sessions) if isinstance(model, Replay) else (1_000, 252)
