"""Options laid out on many paths at once: each path's strip is the one it has alone, bit by bit."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.ensemble import Ensemble
from hedgerow.instruments.options import OptionSleeve

SLEEVES = [
    hr.Put(0.90),
    hr.Put(1.0, tenor="monthly", roll="expiry", side="short"),
    hr.Put(delta=0.25, tenor="1y", roll="dte:200", strike_step=5),
    hr.Put(roll="21b", listed=False, tenor="70d"),
    hr.Call(1.02, tenor="monthly", roll="expiry", side="short", covered=True),
    hr.PutSpread(upper=0.95, lower=0.80, roll="42b"),
    hr.Collar(upper_delta=0.2, lower_delta=0.2, upper=1.1, lower=0.9),
    hr.Straddle(strike_step=25),
    hr.Strangle(tenor="quarterly", roll="expiry"),
    hr.Condor(),
    hr.CallSpread(),
]


def ensemble(seed: int = 1, paths: int = 5, sessions: int = 150, *, term: bool = False) -> Ensemble:
    rng = np.random.default_rng(seed)
    days = np.busday_offset("2019-10-01", np.arange(sessions), roll="forward")
    shape = (sessions, paths)
    vix = 18.0 * np.exp(np.cumsum(rng.normal(0.0, 0.05, shape), axis=0))
    columns = {
        "spx": 3000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.012, shape), axis=0)),
        "vix": vix,
        "rate": np.full(shape, 0.02),
        "dividend_yield": np.full(shape, 0.017),
    }
    if term:
        relatives = {"vix9d": 0.95, "vix3m": 1.08, "vix6m": 1.12}
        columns |= {name: vix**0.9 * 18.0**0.1 * part for name, part in relatives.items()}
        columns["skew"] = 118.0 + 5.0 * rng.normal(size=shape)
    return Ensemble(days.astype("datetime64[ns]"), columns)


def check_every_path(sleeve: OptionSleeve, many: Ensemble) -> None:
    together = sleeve.strip_of_paths(many)
    assert together is not None
    for path in range(many.paths):
        alone = sleeve.strip(many.market(path))
        for item in fields(alone):
            one, all_ = getattr(alone, item.name), getattr(together, item.name)
            if isinstance(one, np.ndarray):
                column = all_ if all_.ndim == 1 else all_[:, path]
                np.testing.assert_array_equal(column, one, item.name)
            elif item.name != "notes":
                assert one == all_
        np.testing.assert_array_equal(together.gain[:, path], alone.gain)
        for one, all_ in zip(
            sleeve.size.columns(alone), sleeve.size.columns(together), strict=True
        ):
            np.testing.assert_array_equal(all_ if all_.ndim == 1 else all_[:, path], one)


@pytest.mark.parametrize("sleeve", SLEEVES, ids=lambda sleeve: sleeve.name)
@pytest.mark.parametrize("term", [False, True], ids=["vix", "family"])
def test_a_path_among_many_has_the_strip_it_has_alone(sleeve: OptionSleeve, term: bool) -> None:
    check_every_path(sleeve, ensemble(paths=3, term=term))


def test_rolls_are_those_of_all_paths_and_kept_once() -> None:
    strip = hr.Put().strip_of_paths(ensemble())
    assert strip is not None
    assert strip.roll.shape == strip.unit_cost.shape == strip.expiry.shape == (150,)
    assert strip.mark.shape == (150, 5)


@given(
    seed=st.integers(0, 2**32 - 1),
    paths=st.integers(1, 6),
    sessions=st.integers(2, 90),
    sleeve=st.sampled_from(SLEEVES),
)
@settings(max_examples=10, deadline=None)
def test_however_many_paths_and_sessions(seed: int, paths: int, sessions: int, sleeve: Any) -> None:
    check_every_path(sleeve, ensemble(seed, paths, sessions))


@pytest.mark.parametrize(
    "sleeve",
    [
        hr.Put(drift=0.05),
        hr.Put(settlement="am"),
        hr.Put(exercise="american"),
        hr.Put(index="ndx"),
    ],
    ids=lambda sleeve: sleeve.name,
)
def test_what_depends_on_levels_is_left_to_each_path(sleeve: OptionSleeve) -> None:
    assert sleeve.strip_of_paths(ensemble()) is None


def test_holes_are_left_to_each_path() -> None:
    whole = ensemble(term=True)
    for name in ("vix", "rate", "vix3m", "skew"):
        holed = whole[name].copy()
        holed[3, 2] = np.nan
        assert (
            hr.Put().strip_of_paths(Ensemble(whole.times, {**whole.columns, name: holed})) is None
        )
