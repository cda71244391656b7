"""The asymmetry on quoted options: fixed strikes of chains of neighbouring days, by moneyness."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from hedgerow.data.chain_files import read_chains
from hedgerow.data.chains import Chain
from hedgerow.errors import DataError
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
        Points per 1 % of the index over all moves, through 0: without an error, because a few
        moves have none.
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


def read(files: Iterable[str | Path], *, level: float = 0.95) -> Contracts:
    """Measure the asymmetry on chain files: one of many dates, or two and more of one date each.

    Parameters
    ----------
    files
        In any layout of docs/chains.md.
    level
        Level of the bands.

    Raises
    ------
    DataError
        Naming the file and what it lacks: a second date, the index, implied volatilities.
    """
    paths = [Path(file) for file in files]
    return of_chains([chain for path in paths for chain in read_chains(path)], level=level)


def of_chains(chains: Sequence[Chain], *, level: float = 0.95) -> Contracts:
    """Measure the asymmetry on chains.

    Out-of-the-money options with a bid and the vendor's IV on both dates count.  Of a group, the
    mean change of its contracts is one observation a date: they all answer the same move.

    Parameters
    ----------
    chains
        Of any dates; those of one symbol are put in order.
    level
        Level of the bands.

    Raises
    ------
    DataError
        If no two dates of one symbol lie close enough to compare, or the index or IVs are not
        given.
    """
    quotes = _quotes(chains)
    groups: dict[tuple[int, int], dict[tuple[str, str], list[tuple[Key, float, float]]]] = (
        defaultdict(lambda: defaultdict(list))
    )
    for key, dates in quotes.items():
        for (before, spot, iv), (after, later, moved) in pairwise(dates):
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
            mend="give chains of neighbouring days, with bids and implied volatilities",
        )
    rows = tuple(_row(at, groups[at], level) for at in sorted(groups, key=lambda at: at[::-1]))
    names = tuple(sorted({Path(chain.file).name for chain in chains}))
    return Contracts(names, dates[0], dates[-1], rows)


def _quotes(chains: Sequence[Chain]) -> dict[Key, list[tuple[str, float, float]]]:
    """Return date, index and IV of every contract that is out of the money, in order of time."""
    made: dict[Key, list[tuple[str, float, float]]] = defaultdict(list)
    for chain in sorted(chains, key=lambda each: each.valued):
        name = Path(chain.file).name
        if not math.isfinite(chain.spot):
            raise DataError("the index is not given", where=f"{name}, spot", mend="add its column")
        if not bool(np.isfinite(chain.iv).any()):
            raise DataError(
                "no implied volatility is given",
                where=f"{name}, iv",
                mend="use a vendor's file that has them",
            )
        out = np.where(chain.call, chain.strike >= chain.spot, chain.strike <= chain.spot)
        for row in np.flatnonzero(out & (chain.bid > 0.0) & (chain.iv > 0.0)):
            key = (
                chain.symbol,
                str(chain.root[row]),
                str(chain.expiry[row]),
                float(chain.strike[row]),
                bool(chain.call[row]),
            )
            made[key].append((str(chain.date), float(chain.spot), float(chain.iv[row])))
    return made


def _group(value: float, edges: Sequence[float]) -> int:
    return int(np.searchsorted(edges, value, side="right")) - 1


def _row(
    at: tuple[int, int],
    moves: dict[tuple[str, str], list[tuple[Key, float, float]]],
    level: float,
) -> Quoted:
    days = [np.mean([each[1:] for each in moves[dates]], axis=0) for dates in sorted(moves)]
    x, y = np.array(days).T
    return Quoted(
        (MONEYNESS[at[0]], MONEYNESS[at[0] + 1]),
        (DAYS[at[1]], DAYS[at[1] + 1]),
        len({key for each in moves.values() for key, _, _ in each}),
        len(x),
        int((x < 0.0).sum()),
        int((x > 0.0).sum()),
        regress(y, x, level=level) if enough(x) else None,
        float((x * y).sum() / (x**2).sum()),
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
