"""Margin that one contract of a sleeve asks for at each bar, by the rules of the engine."""

from __future__ import annotations

import math

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.engine.margining import MarginRule, asks_margin, requirement
from hedgerow.instruments.roster import Roster
from hedgerow.instruments.scene import INDEXES

RULE = (
    "Cboe's and FINRA's strategy-based rules, asked of what is held at each close; options bought "
    "are paid for and ask for nothing, a VIX future asks for 45 % of VIX, an assumption"
)


def per_contract(market: Market, first: int, roster: Roster, *, sold: bool = False) -> Floats:
    """Return the margin of one contract.

    Parameters
    ----------
    market, first
        One path, and the row of the first bar of its run.
    roster
        The contracts of a sleeve on it.
    sold
        Whether it is sold rather than held.

    Returns
    -------
    array
        USD, **shape** (T,), from the first bar of the run; options are split as the engine splits
        them where that fits (`requirement`, ``enough``).
    """
    out = np.zeros(len(market) - first)
    rule, sign = MarginRule(), -1.0 if sold else 1.0
    baskets = {number: roster.basket(number) for number in set(roster.held[first:].tolist())}
    names = {index.symbol: name for name, index in INDEXES.items() if name in market}
    for t in range(first, len(market)):
        symbols, weights = baskets[int(roster.held[t])]
        held = {s: sign * w for s, w in zip(symbols, weights, strict=True)}
        if not asks_margin(held):
            continue
        prices = {}
        for symbol in symbols:
            path = roster.path(symbol)
            row = min(max(t - path.first, 0), len(path.price) - 1)
            prices[symbol] = max(float(path.price[row]), 0.0)
        vix = float(market["vix"][t])
        spots = {symbol: float(market[name][t]) for symbol, name in names.items()} | {"VIX": vix}
        bonds = rule.bonds(vix)
        out[t - first] = requirement(held, prices, spots, bonds=bonds, enough=math.inf)
    return out


def held_asks(roster: Roster, row: int) -> bool:
    """Say whether a contract that is held asks for margin at a bar."""
    symbols, weights = roster.basket(int(roster.held[row]))
    return asks_margin(dict(zip(symbols, weights, strict=True)))
