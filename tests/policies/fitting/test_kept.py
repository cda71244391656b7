"""Fits are kept by the content of what they were made from, and by nothing less."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.errors import DataError
from hedgerow.policies.fitting import kept as keeping


def test_equal_contents_are_made_once_and_others_anew() -> None:
    made: list[object] = []

    @keeping.kept
    def make(column: np.ndarray, ridge: float = 1.0, order: str = "sd") -> int:
        made.append((column.tolist(), ridge, order))
        return len(made)

    column = np.arange(6.0)
    assert make(column) == make(column.copy()) == make(np.arange(12.0)[:6]) == 1
    assert make(column[::2]) == make(np.array([0.0, 2.0, 4.0])) == 2  # strides do not matter
    others = [
        make(column.reshape(2, 3)), make(column.astype(np.int64)), make(-column),
        make(column, 2.0), make(column, 1.0, "mean"), make(column, order="mean"),
    ]  # fmt: skip
    assert others == [3, 4, 5, 6, 7, 8]
    assert make(column) == 1


def test_a_long_column_given_by_its_name_is_told_from_another() -> None:
    make = keeping.kept(lambda column: float(column.sum()))
    long = np.zeros(5000)
    assert make(column=long) == 0.0
    long[2500] = 1.0  # where the text of an array leaves its values out
    assert make(column=long) == 1.0


def test_what_cannot_be_made_is_not_kept() -> None:
    tries: list[int] = []

    @keeping.kept
    def make(column: np.ndarray) -> None:
        tries.append(1)
        raise DataError("no two states")

    for _ in range(2):
        with pytest.raises(DataError, match="no two states"):
            make(np.zeros(2))
    assert len(tries) == 2


def test_the_oldest_go_first(monkeypatch) -> None:
    monkeypatch.setattr(keeping, "MOST", 3)
    made: list[float] = []
    make = keeping.kept(made.append)
    for value in (1.0, 2.0, 3.0, 4.0, 4.0, 2.0, 1.0):
        make(value)
    assert made == [1.0, 2.0, 3.0, 4.0, 1.0]
