"""Models of every kind, small enough to be made anew in each test."""

from __future__ import annotations

import numpy as np

from hedgerow.core.market import Market
from hedgerow.simulate.bates import Bates
from hedgerow.simulate.bootstrap import BlockBootstrap
from hedgerow.simulate.falls import BlackMonday, FlashCrash, Grind
from hedgerow.simulate.regime import JumpLaw, RegimeLaw, RegimeModel
from hedgerow.simulate.term import Relation, TermStructure
from hedgerow.simulate.two_regimes import TwoRegimes

CALM = RegimeLaw(0.06, 0.7, 0.10, 0.04, 0.06, 0.08, 0.04, 0.040, 0.02, 2.4, 0.35)
WILD = RegimeLaw(0.00, 0.9, 0.17, 0.05, 0.05, 0.13, 0.09, 0.055, 0.06, 3.1, 0.35)
TERM = TermStructure(
    (
        Relation("vix9d", -0.13, 0.45, -0.16, 0.93, (0.027, 0.0, 0.0, 0.0), -0.26, 0.95),
        Relation("vix3m", 0.28, -0.41, 0.19, 0.97, (-0.003, 0.009, 0.0, 0.0), 0.16, 0.71),
        Relation("vix6m", 0.66, -0.60, 0.29, 0.98, (-0.003, 0.008, 0.006, 0.0), 0.15, 0.57),
        Relation("skew", 3.92, -0.20, -0.18, 0.99, (-0.004, -0.009, -0.002, 0.059), 0.07, 1.57),
    )
)
REGIMES = RegimeModel(
    (CALM, WILD), ((0.985, 0.015), (0.03, 0.97)), JumpLaw(-1.0, 2.5, 0.05, 0.12), TERM, 1.2
)


def history(sessions: int = 700, seed: int = 5) -> Market:
    """A market with all columns, the regime model's own."""
    return REGIMES.paths(1, sessions, seed).market(0)


MODELS = {
    "regimes": REGIMES,
    "bates": Bates(),
    "heston": Bates(jump_rate=0.0),
    "bootstrap": BlockBootstrap(history(), block=20),
    "plain bootstrap": BlockBootstrap(history(), block=20, neighbours=1.0),
    "flash": FlashCrash(spread=30),
    "grind": Grind(spread=30, recovery=60),
    "1987": BlackMonday(spread=30),
    "two regimes": TwoRegimes(),
}


def same(one: Market, other: Market) -> bool:
    """Whether two markets hold the same bits."""
    return one.digest() == other.digest() and dict(one.sources) == dict(other.sources)


def autocorrelation(x: np.ndarray, lag: int) -> np.ndarray:
    """Of each row."""
    away = x - x.mean(axis=-1, keepdims=True)
    return (away[..., lag:] * away[..., :-lag]).mean(axis=-1) / x.var(axis=-1)
