"""Reductions: what NumPy finds of all items at once, and the same bits however they are merged."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.errors import RangeError
from hedgerow.research.scaling import reducing as module
from hedgerow.research.scaling.keeping import Kept
from hedgerow.research.scaling.reducing import (
    Best,
    Histogram,
    Moments,
    Reduced,
    Score,
    deviation,
    reduce,
)
from hedgerow.research.scaling.running import run
from hedgerow.research.scaling.workers import Workers


@dataclass(frozen=True)
class Blocks:
    """Items of a column that is cut into blocks."""

    column: tuple[float, ...]
    size: int
    title: str = "blocks"

    def digest(self) -> str:
        return f"{hash(self.column)} {self.size}"

    def sizes(self) -> list[int]:
        return [len(self.column[low : low + self.size]) for low in self._lows()]

    def _lows(self) -> range:
        return range(0, len(self.column), self.size)

    def play(self, block: int, progress=None) -> dict[str, np.ndarray]:
        x = np.array(self.column[block * self.size : (block + 1) * self.size])
        return {"x": x, "twice": np.stack([x, 2.0 * x])}


ASKED = {
    "top": Best("x", 5),
    "low": Best("minus", 3),
    "all": Moments("x"),
    "bins": Histogram("x", (-1.0, 0.0, 0.5, 2.0)),
}
MINUS = (Score("minus", lambda part: -part["x"]),)
number = st.floats(-1e6, 1e6) | st.just(float("nan")) | st.sampled_from([-1.0, 0.0, 0.5])


def known(column: np.ndarray) -> None:
    made = reduce(Blocks(tuple(column), 3), ASKED, scores=MINUS)
    finite = column[~np.isnan(column)]
    order = np.argsort(-column, kind="stable")[: min(5, len(finite))]
    assert made["top"]["item"].tolist() == order.tolist()
    assert np.array_equal(made["top"]["twice"], np.stack([column, 2.0 * column])[:, order])
    assert made["low"]["x"].tolist() == np.sort(finite)[:3].tolist()
    tally = made["all"]
    assert (tally["count"], tally["left_out"]) == (len(finite), len(column) - len(finite))
    edges = (-np.inf, -1.0, 0.0, 0.5, 2.0, np.inf)
    counted = [((finite >= a) & (finite < b)).sum() for a, b in pairwise(edges)]
    assert made["bins"]["counts"].tolist() == counted
    if len(finite) > 1:
        scale = max(1.0, float(np.abs(finite).max()))
        assert tally["mean"].item() == pytest.approx(finite.mean(), abs=1e-12 * scale)
        assert deviation(tally) == pytest.approx(finite.std(ddof=1), rel=1e-9, abs=1e-9 * scale)
        assert (tally["least"], tally["greatest"]) == (finite.min(), finite.max())


@given(st.lists(number, min_size=1, max_size=200))
def test_reductions_are_what_numpy_finds(values: list[float]) -> None:
    known(np.array(values))


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=150), st.sampled_from([1, 2, 4, 64]))
def test_bits_do_not_depend_on_how_many_blocks_are_reduced_together(values, fan) -> None:
    job = Blocks(tuple(values), 2)
    before = module.FAN
    made = reduce(job, {"all": Moments("x")})["all"]
    module.FAN = fan
    try:
        other = reduce(job, {"all": Moments("x")})["all"]
    finally:
        module.FAN = before
    for name in made:
        assert made[name].tobytes() == other[name].tobytes()


def test_a_crew_and_a_folder_change_no_bit_and_only_what_is_reduced_travels(tmp_path) -> None:
    column = tuple(np.random.default_rng(3).normal(size=4_000).tolist())
    job = Blocks(column, 25)
    asked = {"all": Moments("x"), "top": Best("x", 4)}
    one = reduce(job, asked)
    kept = Kept(tmp_path)
    told: list[int] = []
    many = reduce(job, asked, Workers(2), kept=kept, progress=told.append)
    assert sum(told) == 4_000
    assert kept.count() == 10  # sixteen blocks each
    again = reduce(job, asked, kept=kept)
    for name, part in one.items():
        for key, array in part.items():
            assert array.tobytes() == many[name][key].tobytes() == again[name][key].tobytes()
    parts = run(Reduced(job, asked))
    assert all(array.size <= 8 for part in parts for array in part.values())


def test_edges_must_rise() -> None:
    with pytest.raises(RangeError, match="the edges do not rise"):
        Histogram("x", (0.0, 0.0))
