"""The claims on real data, beside numbers that are known."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgerow import api
from hedgerow.core.market import Market
from hedgerow.report.claims import summarise
from hedgerow.research.claims.claim import (
    Verdict,
    judge,
)
from hedgerow.research.claims.evidence import Evidence
from hedgerow.research.claims.study import CLAIMS, find, study

BY_ID = {claim.id: claim for claim in CLAIMS}


@pytest.fixture(scope="module")
def until_2025(real_data: Path) -> Evidence:
    return Evidence(api.load(real_data), end="2025-12-31", resamples=200)


@pytest.fixture(scope="module")
def file_of_vix(real_data: Path) -> Evidence:
    """VIX as Cboe's file has it, with an index that never moves."""
    table = pd.read_csv(real_data / "vix" / "VIX_History.csv")
    days = pd.to_datetime(table["DATE"], format="%m/%d/%Y").to_numpy("datetime64[ns]")
    columns = {"vix": table["CLOSE"].to_numpy(), "spx": np.full(len(days), 100.0)}
    return Evidence(Market(days, columns), end="2025-12-31", resamples=200)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("vix-persistence", 0.977),
        ("share-below-15", 0.325),
        ("share-above-25", 0.175),
        ("p-low-high", 0.0217),
        ("p-high-low", 0.1027),
    ],
)
def test_vix_1990_2025_is_that_of_validation_md(file_of_vix, name, known) -> None:
    """On the days of the exchange's own file, a few of which the index has no close on."""
    found = find(BY_ID[name], file_of_vix)
    digits = len(str(known).split(".")[1])
    assert round(found.measurement.value, digits) == known
    assert found.measurement.low < known < found.measurement.high
    assert found.verdict is Verdict.FAILS


@pytest.mark.realdata
def test_mean_vix_1990_2025_is_19_45(file_of_vix) -> None:
    assert round(file_of_vix.inside["vix"].mean(), 2) == 19.45


@pytest.mark.realdata
def test_the_sessions_of_the_index_give_nearly_the_same(until_2025, file_of_vix) -> None:
    for name in ("vix-persistence", "share-below-15", "p-low-high", "p-high-low"):
        ours, theirs = (find(BY_ID[name], e).measurement.value for e in (until_2025, file_of_vix))
        assert ours == pytest.approx(theirs, rel=0.005)


@pytest.mark.realdata
def test_the_tiers_are_all_of_the_days(until_2025) -> None:
    names = ("share-below-15", "share-15-to-25", "share-above-25")
    shares = [find(BY_ID[name], until_2025).measurement.value for name in names]
    assert sum(shares) == pytest.approx(1.0)


@pytest.mark.realdata
def test_the_dated_facts_are_those_that_everybody_knows(until_2025) -> None:
    """S&P 500: 3386.15 on 2020-02-19, 2237.40 on 2020-03-23; VIX 82.69 on 2020-03-16, 40.74 on
    2015-08-24.
    """
    known = {
        "e1-drawdown": 1.0 - 2237.40 / 3386.15, "e1-vix-march": 82.69, "e2-vix-peak": 40.74,
        "e1-vix-february": 14.38,
    }  # fmt: skip
    for name, number in known.items():
        found = find(BY_ID[name], until_2025).measurement
        assert found.value == pytest.approx(number, abs=1e-4)
        assert found.low == found.high == found.value


@pytest.mark.slow
@pytest.mark.realdata
def test_the_table_of_the_docs_is_what_the_command_says(real_data) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```text\n\$ hedgerow claims .*?\n(.*?)^```", page, re.M | re.S)
    found = study(api.load(real_data), end="2025-12-31", facts={"source": "DATA"})
    assert block.rstrip() == summarise(found)


@pytest.mark.realdata
def test_what_hangs_on_an_unnamed_contract_cannot_be_told(until_2025) -> None:
    """Example 1 names none: with puts it lost, with variance swaps it gained."""
    found = find(BY_ID["e1-net"], until_2025)
    values = [found.measurement.value]
    values += [row.value for row in found.measurement.beside if row.label == "with a swap"]
    allowed = [judge(found.claim.claimed, value, value) for value in values]
    assert set(allowed) == {Verdict.HOLDS, Verdict.FAILS}
    assert (found.measurement.low, found.measurement.high) == (min(values), max(values))
    assert found.verdict is Verdict.UNTOLD
