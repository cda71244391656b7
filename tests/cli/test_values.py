"""Amounts as they are typed, and values as JSON can hold them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgerow import config
from hedgerow.cli import output
from hedgerow.errors import RangeError


@pytest.mark.parametrize(
    ("text", "usd"),
    [
        *[("10m", 1e7), ("10M", 1e7), ("$1.5b", 1.5e9), ("250k", 250e3), ("1_000_000", 1e6)],
        *[("7", 7.0), ("1e7", 1e7), ("1.5E6", 1.5e6), ("10bn", 1e10), ("2BN", 2e9)],
    ],
)
def test_amounts(text: str, usd: float) -> None:
    assert config.amount(text) == usd


@pytest.mark.parametrize("text", ["", "-5", "1e-7", "1e", "m", "10mm", "inf", "nan", "1.2.3", "$"])
def test_no_amounts(text: str) -> None:
    with pytest.raises(RangeError, match="is not an amount"):
        config.amount(text)


def test_plain_values_only() -> None:
    import numpy as np

    values = {"a": np.float64(1.5), "b": (np.nan, np.inf, 2), "c": None, 3: Path("x"), "d": True}
    want = {"a": 1.5, "b": [None, None, 2], "c": None, "3": "x", "d": True}
    assert output.plain(values) == want
