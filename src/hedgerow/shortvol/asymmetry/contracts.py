"""The asymmetry on quoted options: fixed strikes of chains of neighbouring days, by moneyness."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from hedgerow.core.market import Market
from hedgerow.data.chain_files import read_chains
from hedgerow.data.chains import Chain
from hedgerow.errors import DataError
from hedgerow.pricing.implied import implied_vol
from hedgerow.shortvol.asymmetry.regression import LEAST, Fit, enough, regress

MONEYNESS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.02, 1.05, 1.1, math.inf)
"""Edges of the groups of strikes, over spot before the move."""

DAYS = (0.0, 15.0, 60.0, 135.0, math.inf)
"""Edges of the groups of tenors, calendar days before the move."""

APART = 31
"""Calendar days between two dates that may still be called a move."""

Key = tuple[str, str, str, float, bool]


@dataclass(frozen=True)
class Quoted:
    """Options of a group of strikes and tenors, measured on quotes.

    Parameters
    ----------
    strikes, days
        Edges of the group: strike over spot and calendar days before the move.
    contracts, moves
        Different contracts, and moves of the index that they were seen through.
    falls, rises
        How many of those to either side.
    fit
        Slopes, where there are enough moves to either side; else None.
    ratio
        Points per 1 % of the index over all moves to both sides, beside a constant where there are
        more than two: without an error, because a few moves have none.
    """

    strikes: tuple[float, float]
    days: tuple[float, float]
    contracts: int
    moves: int
    falls: int
    rises: int
    fit: Fit | None
    ratio: float


@dataclass(frozen=True)
class Contracts:
    """What chains say.

    Parameters
    ----------
    files, start, end
        What was read, first and last date.
    rows
        By strikes and tenors.
    """

    files: tuple[str, ...]
    start: str
    end: str
    rows: tuple[Quoted, ...]


def read(
    files: Iterable[str | Path], market: Market | None = None, *, level: float = 0.95
) -> Contracts:
    """Measure the asymmetry on chain files: one of many dates, or two and more of one date each.

    Parameters
    ----------
    files
        In any layout of docs/chains.md.
    market
        Its ``rate`` and ``dividend_yield``, where it has them; else 0.
    level
        Level of the bands.

    Raises
    ------
    DataError
        Naming the file and what it lacks: a second date, the index, bids.
    """
    paths = [Path(file) for file in files]
    return of_chains([chain for path in paths for chain in read_chains(path)], market, level=level)


def of_chains(
    chains: Sequence[Chain], market: Market | None = None, *, level: float = 0.95
) -> Contracts:
    """Measure the asymmetry on chains.

    Out-of-the-money options with a bid on both dates count, by the volatility of their mid-price:
    vendors' own are not used, they can be far from their prices (docs/asymmetry.md).  Of a group,
    the mean change of its contracts is one observation a date: they all answer the same move.

    Parameters
    ----------
    chains
        Of any dates; those of one symbol are put in order.
    market
        As in :func:`read`.
    level
        Level of the bands.

    Raises
    ------
    DataError
        If no two dates of one symbol lie close enough to compare, or the index is not
        given.
    """
    quotes = _quotes(chains, market)
    groups: dict[tuple[int, int], dict[tuple[str, str], list[tuple[Key, float, float]]]] = (
        defaultdict(lambda: defaultdict(list))
    )
    for key, seen in quotes.items():
        for (before, spot, iv), (after, later, moved) in pairwise(seen):
            gap = (np.datetime64(after) - np.datetime64(before)).astype(int)
            if gap > APART or later == spot:
                continue
            moneyness, days = key[3] / spot, (np.datetime64(key[2]) - np.datetime64(before))
            at = _group(moneyness, MONEYNESS), _group(float(days.astype(int)), DAYS)
            move = 100.0 * (later / spot - 1.0)
            groups[at][before, after].append((key, move, 100.0 * (moved - iv)))
    dates = sorted({str(chain.date) for chain in chains})
    if not groups:
        raise DataError(
            f"no option is quoted on two dates within {APART} days ({', '.join(dates[:4])})",
            where=", ".join(sorted({Path(chain.file).name for chain in chains})) or "chain",
            mend="give chains of neighbouring days, with bids",
        )
    rows = tuple(_row(at, groups[at], level) for at in sorted(groups, key=lambda at: at[::-1]))
    names = tuple(sorted({Path(chain.file).name for chain in chains}))
    return Contracts(names, dates[0], dates[-1], rows)


def _quotes(
    chains: Sequence[Chain], market: Market | None
) -> dict[Key, list[tuple[str, float, float]]]:
    """Return date, index and IV of every contract that is out of the money, in order of time."""
    made: dict[Key, list[tuple[str, float, float]]] = defaultdict(list)
    for chain in sorted(chains, key=lambda each: each.valued):
        if not math.isfinite(chain.spot):
            where = f"{Path(chain.file).name}, spot"
            raise DataError("the index is not given", where=where, mend="add its column")
        out = np.where(chain.call, chain.strike >= chain.spot, chain.strike <= chain.spot)
        part = chain.take(out & (chain.bid > 0.0) & (chain.ask >= chain.bid))
        rate, dividend = (_yearly(market, name, chain) for name in ("rate", "dividend_yield"))
        mid = 0.5 * (part.bid + part.ask)
        vols = implied_vol(mid, part.spot, part.strike, part.years, rate, dividend, call=part.call)
        for row in np.flatnonzero(np.isfinite(vols)):
            key = (
                part.symbol,
                str(part.root[row]),
                str(part.expiry[row]),
                float(part.strike[row]),
                bool(part.call[row]),
            )
            made[key].append((str(chain.date), float(chain.spot), float(vols[row])))
    return made


def _yearly(market: Market | None, name: str, chain: Chain) -> float:
    """Return a market's rate or yield on a chain's date, 0 where none is known."""
    if market is None or name not in market:
        return 0.0
    row = int(np.searchsorted(market.dates, np.datetime64(chain.date), side="right")) - 1
    value = float(market[name][row]) if row >= 0 else math.nan
    return value if math.isfinite(value) else 0.0


def _group(value: float, edges: Sequence[float]) -> int:
    return int(np.searchsorted(edges, value, side="right")) - 1


def _row(
    at: tuple[int, int],
    moves: dict[tuple[str, str], list[tuple[Key, float, float]]],
    level: float,
) -> Quoted:
    days = [np.mean([each[1:] for each in moves[dates]], axis=0) for dates in sorted(moves)]
    x, y = np.array(days).T
    apart = x - x.mean() if len(x) > 2 else x  # options age as they move: that is no answer
    return Quoted(
        (MONEYNESS[at[0]], MONEYNESS[at[0] + 1]),
        (DAYS[at[1]], DAYS[at[1] + 1]),
        len({key for each in moves.values() for key, _, _ in each}),
        len(x),
        int((x < 0.0).sum()),
        int((x > 0.0).sum()),
        regress(y, x, level=level) if enough(x) else None,
        float((apart * y).sum() / (apart**2).sum()),
    )


def few(row: Quoted) -> str:
    """Return why a group has no slopes, in words; empty if it has.

    Examples
    --------
    >>> few(Quoted((0.9, 0.95), (15.0, 60.0), 4, 12, 5, 7, None, -0.8))
    '5 falls and 7 rises: too few for slopes to each side (30 are needed)'
    """
    if row.fit is not None:
        return ""
    if row.moves == 1:
        return "one move: no slope can be told from chance"
    return (
        f"{row.falls} falls and {row.rises} rises: too few for slopes to each side "
        f"({LEAST} are needed)"
    )
