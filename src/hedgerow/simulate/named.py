"""Models by name: one line of text and a history to a model of paths."""

from __future__ import annotations

from collections.abc import Callable

from hedgerow.core.market import Market
from hedgerow.errors import RangeError, nearest
from hedgerow.simulate.bates import Bates
from hedgerow.simulate.bootstrap import BlockBootstrap
from hedgerow.simulate.falls import BlackMonday, FlashCrash, Grind
from hedgerow.simulate.paths import PathModel
from hedgerow.simulate.regime import RegimeModel
from hedgerow.simulate.replay import STRETCHES, Replay

FITTED: dict[str, Callable[[Market], PathModel]] = {
    "regimes": RegimeModel.fit,
    "bates": Bates.fit,
    "bootstrap": BlockBootstrap,
}
"""Models of a history by name."""

MADE: dict[str, Callable[[], PathModel]] = {
    "flash": FlashCrash,
    "grind": Grind,
    "1987": BlackMonday,
}
"""Falls that need no history, by name."""

NAMES = (*FITTED, *(f"replay:{name}" for name in STRETCHES), *MADE)
"""All that `model_named` takes."""


def model_named(text: str, market: Market) -> PathModel:
    """Return the model of a name, fitted to a market where it is a model of one.

    Parameters
    ----------
    text
        ``regimes``, ``bates``, ``bootstrap``; ``replay:2008`` and the other stretches of
        `STRETCHES`, or their years alone; ``flash``, ``grind``, and ``1987`` for a fall made like
        that one, whatever the market reaches.
    market
        The history; falls do not look at it.

    Raises
    ------
    RangeError
        If there is no such name, or the market does not reach a stretch.
    DataError
        If the history is too short for a fit.

    Examples
    --------
    >>> import hedgerow as hr
    >>> market = hr.load("builtin")
    >>> [type(model_named(text, market)).__name__ for text in ("2008", "replay:2020", "flash")]
    ['Replay', 'Replay', 'FlashCrash']
    """
    if text in MADE:
        return MADE[text]()
    if text in FITTED:
        return FITTED[text](market)
    kind, colon, name = text.rpartition(":")
    if (kind == "replay" and colon) or text in STRETCHES:
        return Replay(market, name)
    raise RangeError(f"there is no model '{text}'", where="model", mend=nearest(text, NAMES))
