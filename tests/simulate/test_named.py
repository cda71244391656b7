"""Models by name."""

from __future__ import annotations

import pytest

import hedgerow as hr
from hedgerow.errors import DataError, RangeError
from hedgerow.simulate.bates import Bates
from hedgerow.simulate.bootstrap import BlockBootstrap
from hedgerow.simulate.falls import BlackMonday, FlashCrash, Grind
from hedgerow.simulate.named import NAMES, model_named
from hedgerow.simulate.paths import Start
from hedgerow.simulate.regime import RegimeModel
from hedgerow.simulate.replay import STRETCHES, Replay


@pytest.mark.slow
def test_every_name_is_a_model_that_makes_paths(builtin) -> None:
    kinds = {
        "regimes": RegimeModel, "bates": Bates, "bootstrap": BlockBootstrap, "flash": FlashCrash,
        "grind": Grind, "1987": BlackMonday,
    }  # fmt: skip
    reached = [name for name in NAMES if name not in ("replay:1987", "replay:2024")]
    for name in reached:
        model = model_named(name, builtin)
        assert type(model) is kinds.get(name, Replay)
        path = model.paths(1, 30, seed=0, start=Start.of(builtin)).market(0)
        assert (path["spx"] > 0.0).all()


def test_a_year_is_its_replay_and_1987_needs_no_data(builtin) -> None:
    for name in STRETCHES:
        if name not in ("1987", "2024"):
            assert model_named(name, builtin).name == model_named(f"replay:{name}", builtin).name
    assert model_named("1987", builtin) == BlackMonday()
    with pytest.raises(RangeError, match=r"replay\.1987: the data reach from 1990"):
        model_named("replay:1987", builtin)
    with pytest.raises(RangeError, match=r"replay\.2024: .* … 2022-12-28, the stretch is"):
        model_named("2024", builtin)


@pytest.mark.realdata
def test_all_replays_since_1990_resolve_on_real_data(real_data) -> None:
    market = hr.load(real_data)
    for name, (first, last, _) in STRETCHES.items():
        if name != "1987":
            model = model_named(name, market)
            assert {first, last} <= {str(day) for day in market.dates}
            assert model.sessions == market.index_of(last) - market.index_of(first)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("regime", "did you mean 'regimes'"),
        ("replay:2009", "use one of|did you mean '20"),
        ("", "use one of: regimes, bates"),
        ("replay", "did you mean 'replay:"),
        ("grind:2008", "did you mean"),
    ],
)
def test_names_that_are_none_are_told(builtin, text: str, mend: str) -> None:
    with pytest.raises(RangeError, match=mend):
        model_named(text, builtin)


def test_a_short_history_is_told(builtin) -> None:
    with pytest.raises(DataError, match="needs 1,260"):
        model_named("regimes", builtin.until(300))
