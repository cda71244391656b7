"""How far the surface from indices lies from quoted S&P 500 options.

``python -m hedgerow.research.surface_quality DIR`` prints the tables of ``docs/pricing.md``:
a data folder with VIX-family files and the option files named in `PARTS`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.market import Market
from hedgerow.data.chain_files import read_chains
from hedgerow.data.chain_quality import screen
from hedgerow.data.sources import load
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.scene import Scene
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.board import Board
from hedgerow.pricing.fit import quotes
from hedgerow.pricing.parity import Parity, parity
from hedgerow.pricing.smile import Smile
from hedgerow.pricing.surface import Reversion, Steepness, Surface
from hedgerow.research.quality_tables import print_tables

Floats = NDArray[np.float64]

PARTS: tuple[tuple[str, str, bool], ...] = (
    ("2022-06-10 (VIX 27.8, SKEW 122)", "spx_cboe_2022-06-11.csv", True),
    ("2023-09-14 (VIX 12.8, SKEW 144)", "spx_cboe_2023-09-14.csv", True),
    ("December 2014 to March 2015, daily", "spx_contracts_2014_2015.csv", True),
    ("2026-01-30 (VIX 17.4, SKEW 144)", "spx_yahoo_2026-01-30.csv", False),
    ("January to May 2017, daily", "spx_contracts_2017.csv", False),
)
"""Label, file, and whether the constants were tuned on it."""

TENORS = (7.0, 14.0, 45.0, 75.0, 120.0, 200.0, 400.0, 2000.0)
MONEYNESS = (0.0, 0.6, 0.8, 0.9, 0.95, 1.05, 9.0)
NAMES = ("before", "SKEW left out", "after")
"""The surface with the constants of version 0.1, without SKEW, and as it is."""


@dataclass(frozen=True)
class Errors:
    """Model less quoted middle volatility of one file's out-of-the-money quotes, in points.

    Parameters
    ----------
    label
        Which file.
    tuned
        Whether the constants were tuned on it.
    days, moneyness
        Calendar days to expiry, strike over forward, **shape** (N,).
    errors
        By name of `NAMES`, each **shape** (N,).
    """

    label: str
    tuned: bool
    days: Floats
    moneyness: Floats
    errors: dict[str, Floats]

    def where(self, days: Sequence[float], strikes: Sequence[float]) -> NDArray[np.bool_]:
        """Return the quotes of a tenor and moneyness, lower ends included, **shape** (N,)."""
        inside = (self.days >= days[0]) & (self.days < days[1])
        return np.asarray(inside & (self.moneyness >= strikes[0]) & (self.moneyness < strikes[1]))

    def cells(self) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
        """Yield tenor, moneyness and quotes of every cell that has some."""
        for i in range(len(TENORS) - 1):
            for j in range(len(MONEYNESS) - 1):
                rows = self.where(TENORS[i : i + 2], MONEYNESS[j : j + 2])
                if rows.any():
                    yield i, j, rows

    def mean_absolute(self, name: str) -> float:
        """Return the mean absolute error, every cell of the table weighing the same, points."""
        off = np.abs(self.errors[name])
        return float(np.mean([off[rows].mean() for _, _, rows in self.cells()]))


def surfaces(market: Market) -> dict[str, Surface]:
    """Return the surfaces that are compared, by name of `NAMES`, all in one run."""
    scene = Scene.of(market)
    nine, three, six = map(market.columns.get, ("vix9d", "vix3m", "vix6m"))
    old = Surface.from_indices(
        scene.vix,
        nine,
        three,
        six,
        smile=Smile(rho=-0.41),
        steepness=Steepness(far=1.27, near=1.27),
        beyond=Reversion(),
    )
    flat = Surface.from_indices(scene.vix, nine, three, six)
    return dict(zip(NAMES, (old, flat, scene.surface), strict=True))


def compare(folder: str | Path) -> list[Errors]:
    """Compare the surfaces with the option files of a data folder.

    Parameters
    ----------
    folder
        With the files of the VIX family and some of the files of `PARTS`, at any depth.

    Raises
    ------
    DataError
        If none of the option files is there.
    """
    market = load(folder).market
    scene, made = Scene.of(market), surfaces(market)
    found = []
    for label, name, tuned in PARTS:
        path = next(iter(sorted(Path(folder).rglob(name))), None)
        if path is not None:
            found.append(_errors(label, tuned, path, scene, made))
    if not found:
        raise DataError(
            "none of the option files is here",
            where=str(folder),
            mend=f"add one of {', '.join(name for _, name, _ in PARTS)}",
        )
    return found


def _errors(label: str, tuned: bool, path: Path, scene: Scene, made: dict[str, Surface]) -> Errors:
    days: list[Floats] = []
    moneyness: list[Floats] = []
    off: dict[str, list[Floats]] = {name: [] for name in NAMES}
    for chain in read_chains(path):
        row = np.flatnonzero(scene.days == np.datetime64(chain.date, "D").astype(np.int64))
        if not len(row):
            continue
        kept = screen(chain)[0]
        for expiry in kept.expiries:
            board = kept.board(expiry)
            if DAYS_PER_YEAR * board.time < TENORS[0]:
                continue
            try:
                part = quotes(board, _parity(board, scene, row))
            except RangeError:
                continue  # too few pairs for a forward
            days.append(np.full(len(part.strike), DAYS_PER_YEAR * part.time))
            moneyness.append(part.strike / part.forward)
            for name, surface in made.items():
                vol = surface.vol(part.log_moneyness[None, :], part.time, row)[0]
                off[name].append(100.0 * (vol - part.mid))
    together = {name: np.concatenate(many) for name, many in off.items()}
    return Errors(label, tuned, np.concatenate(days), np.concatenate(moneyness), together)


def _parity(board: Board, scene: Scene, row: NDArray[np.intp]) -> Parity:
    # By parity where strikes surround the index; deep strikes alone would extrapolate, so
    # they take the backtest's own rate and dividend yield.
    if board.strike[0] < scene.spot[row[0]] < board.strike[-1]:
        return parity(board)
    forward, rate = float(scene.forward(np.array([board.time]), row)[0]), float(scene.rate[row[0]])
    none, unused = np.full(len(board), np.nan), np.zeros(len(board), dtype=bool)
    discount = float(np.exp(-rate * board.time))
    return Parity(forward, discount, rate, 0.0, 0.0, none, none, unused)


def table(found: Errors) -> str:
    """Return mean and mean absolute errors by tenor and moneyness as a Markdown table.

    A cell reads mean / mean absolute before → mean / mean absolute after.
    """
    strikes = [
        f"below {high:g}" if not low else f"above {low:g}" if high > 2 else f"{low:g}–{high:g}"
        for low, high in itertools.pairwise(MONEYNESS)
    ]
    head = [
        f"| {found.label}: days | {' | '.join(strikes)} |",
        "|---|" + "---:|" * len(strikes),
    ]
    lines: dict[int, list[str]] = {}
    for i, j, rows in found.cells():
        before, after = (found.errors[name][rows] for name in (NAMES[0], NAMES[-1]))
        cell = f"{_pair(before)} → {_pair(after)}"
        lines.setdefault(i, [""] * len(strikes))[j] = cell
    body = [f"| {TENORS[i]:g}–{TENORS[i + 1]:g} | {' | '.join(row)} |" for i, row in lines.items()]
    return "\n".join([*head, *body])


def summary(many: Sequence[Errors]) -> str:
    """Return a Markdown table of mean absolute errors, a row per file.

    The last columns are the strikes and tenors of the default put.
    """
    head = [
        f"| | quotes | {' | '.join(NAMES)} | {' | '.join(f'put: {name}' for name in NAMES)} |",
        "|---|" + "---:|" * (1 + 2 * len(NAMES)),
    ]
    body = []
    for found in many:
        rows = found.where((75.0, 140.0), (0.875, 0.925))
        whole = [f"{found.mean_absolute(name):.2f}" for name in NAMES]
        put = [_pair(found.errors[name][rows]) if rows.any() else "" for name in NAMES]
        part = "tuned" if found.tuned else "judged"
        cells = [f"{part}: {found.label}", f"{len(found.days):,}", *whole, *put]
        body.append(f"| {' | '.join(cells)} |")
    return "\n".join([*head, *body])


def _pair(error: Floats) -> str:
    return f"{error.mean():+.1f} / {np.abs(error).mean():.1f}".replace("-", "−")


def report(folder: str) -> str:
    """Return all tables for one data folder."""
    found = compare(folder)
    return "\n\n".join([summary(found), *map(table, found)])


def main(arguments: Sequence[str]) -> int:
    """Print the tables of ``docs/pricing.md`` for one data folder."""
    return print_tables("surface_quality", arguments, report)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
