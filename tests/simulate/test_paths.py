"""What every model's paths keep to: chance that can be replayed, sane prices, labelled markets."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.expiry import sessions_ahead
from hedgerow.core.market import Origin
from hedgerow.errors import RangeError
from hedgerow.pricing.replication import variance_of_smile
from hedgerow.pricing.surface import KNOT_DAYS, Surface
from hedgerow.simulate.draws import STREAM, Draws
from hedgerow.simulate.paths import PathModel, Start
from simulate.models import MODELS, history, same

FAMILY = dict(zip(("vix9d", "vix", "vix3m", "vix6m"), KNOT_DAYS, strict=True))

every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@every_model
def test_a_path_is_the_same_alone_in_any_block_and_among_any_number(model: PathModel) -> None:
    few, many = model.paths(70, 40, seed=9), model.paths(300, 40, seed=9)
    whole = many.block(0, 300).columns
    for size in (1, 7, 64, 100):
        for block in few.blocks(size):
            for name, values in block.columns.items():
                rows = slice(block.first, block.first + len(values))
                np.testing.assert_array_equal(values, whole[name][rows], err_msg=name)
    alone = many.market(69)
    assert same(alone, few.market(69))
    assert same(alone, list(few.markets())[69])
    np.testing.assert_array_equal(alone["vix"], whole["vix"][69])


@every_model
def test_more_sessions_leave_the_first_ones_as_they_were(model: PathModel) -> None:
    short, long = (model.paths(5, count, seed=2).block(0, 5).columns for count in (30, 90))
    for name, values in short.items():
        np.testing.assert_array_equal(values, long[name][:, :31], err_msg=name)


@every_model
def test_another_seed_or_number_is_another_path(model: PathModel) -> None:
    one, other = (model.paths(130, 80, seed=seed)["spx"] for seed in (1, 2))
    assert not np.array_equal(one, other)
    # also across the border of a stream
    assert len(np.unique(one, axis=0)) > (20 if hasattr(model, "spread") else 129)
    assert not np.array_equal(one[:STREAM], one[STREAM : 2 * STREAM])


@every_model
def test_prices_are_positive_and_the_first_row_is_the_start(model: PathModel) -> None:
    start = Start("2019-04-17", spx=2900.0, vix=21.0, rate=0.01, dividend_yield=0.02)
    paths = model.paths(200, 300, seed=3, start=start)
    for block in paths.blocks(128):
        assert block.columns["spx"][:, 0] == pytest.approx(2900.0, rel=1e-12)
        assert block.columns["vix"][:, 0] == pytest.approx(21.0, rel=1e-12)
        for name in ("spx", "vix", "vix9d", "vix3m", "vix6m", "skew"):
            values = block.columns.get(name, np.ones(1))
            assert (values[np.isfinite(values)] > 0.0).all()
            assert np.isfinite(values[..., 1:]).all()


@every_model
def test_a_surface_of_the_path_gives_its_vix_family_back(model: PathModel) -> None:
    market = model.paths(3, 60, seed=11).market(2)
    surface = Surface.of(market.columns)
    for name, days in FAMILY.items():
        if name in market:
            known = np.isfinite(market[name])
            found = 100.0 * surface.fair_vol(days / 365.0)
            np.testing.assert_allclose(found[known], market[name][known], rtol=1e-9, err_msg=name)
    for row in (0, 23, 60):
        deviation = float(surface.vol(0.0, 30 / 365, np.array([row]))[0]) * (30 / 365) ** 0.5

        def smile(k: np.ndarray, row: int = row) -> np.ndarray:
            return surface.vol(k[None, :], 30 / 365, np.array([row]))[0]

        fair = variance_of_smile(smile, 30 / 365, width=28 / deviation, points=40_001)
        assert 100.0 * fair**0.5 == pytest.approx(market["vix"][row], abs=0.05)


@every_model
def test_a_market_of_a_path_says_that_it_is_modelled_and_how_to_make_it_again(model) -> None:
    market = model.paths(3, 10, seed=8).market(1)
    assert market.share("spx", Origin.MODELLED) == market.share("vix", Origin.MODELLED) == 1.0
    assert all("seed 8, path 1" in text for text in market.sources.values())
    assert set(market.sources) == set(market.columns)
    assert not {"regime", "variance"} & set(market.columns)
    assert {"rate", "dividend_yield"} <= set(market.columns)


def test_sessions_are_those_of_the_exchange_for_decades() -> None:
    dates = Start("1990-01-02").dates(9_000)
    stepped = np.array([sessions_ahead(day, 1) for day in dates[:-1:450]])
    np.testing.assert_array_equal(stepped, dates[1::450])
    assert np.datetime64("2019-04-19") not in dates  # Good Friday
    assert str(Start("2024-06-16").dates(1)[0]) == "2024-06-14"  # a Sunday


def test_streams_and_purposes_are_independent() -> None:
    draws = Draws(1, 0, 4, 2_000)
    one, other = draws.normal(0, 1)[:, 0], draws.normal(1, 1)[:, 0]
    both = np.hstack([one, other])
    assert np.abs(np.corrcoef(both.T) - np.eye(both.shape[1])).max() < 5.5 / 2_000**0.5
    assert both.mean() == pytest.approx(0.0, abs=4.0 / both.size**0.5)
    assert both.var() == pytest.approx(1.0, abs=4.0 * (2.0 / both.size) ** 0.5)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("n_paths", 0, "paths.n_paths"),
        ("sessions", 0, "paths.sessions"),
        ("sessions", 2.5, "2.5 is not a whole number"),
        ("seed", -1, "paths.seed"),
        ("seed", True, "paths.seed"),
    ],
)
def test_numbers_out_of_range_are_named(field: str, value: object, says: str) -> None:
    wanted = {"n_paths": 2, "sessions": 5, "seed": 0, field: value}
    with pytest.raises(RangeError, match=says):
        MODELS["flash"].paths(wanted["n_paths"], wanted["sessions"], wanted["seed"])


def test_paths_that_are_not_there_are_an_error() -> None:
    paths = MODELS["flash"].paths(3, 5, seed=0)
    with pytest.raises(RangeError, match="there are no paths 3 … 3"):
        paths.market(3)
    with pytest.raises(RangeError, match="paths have no column 'vvix'"):
        _ = paths["vvix"]
    with pytest.raises(RangeError, match=r"start\.vix"):
        Start(vix=0.0)
    with pytest.raises(RangeError, match="500 or fewer"):
        Start(vix=1e9)
    with pytest.raises(RangeError, match="more than a century"):
        MODELS["flash"].paths(1, 70_000, seed=0)
    with pytest.raises(RangeError, match="is not a date"):
        Start("soon")


def test_a_path_after_its_history_keeps_both() -> None:
    past = history(300)
    past = past.with_columns({"cor1m": np.linspace(10.0, 60.0, len(past))})
    paths = MODELS["bates"].paths(70, 40, seed=1, start=Start.of(past, str(past.dates[200])))
    joined, path = paths.after(past, 66), paths.market(66)
    assert len(joined) == 201 + 40
    for name in path.columns:
        np.testing.assert_array_equal(joined[name][201:], path[name][1:])
        np.testing.assert_array_equal(joined[name][:201], past[name][:201])
    assert joined.share("cor1m", Origin.MISSING) == pytest.approx(40 / 241)
    assert "seed 1, path 66" in joined.sources["vix"]
    np.testing.assert_array_equal(joined.until(200).origin["vix"], past.until(200).origin["vix"])
    with pytest.raises(RangeError, match="do not start at the history's close"):
        MODELS["bates"].paths(1, 5, seed=1, start=Start(str(past.dates[200]))).after(past, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "hedge"),
    [
        ("regimes", hr.Put(moneyness=0.90, tenor="90d", roll="30d", size=hr.Vega(1_000))),
        ("regimes", hr.VixCall()),
        ("regimes", hr.VixFuture()),
        ("bates", hr.Put()),
        ("bootstrap", hr.Put()),
        ("flash", hr.Put()),
    ],
)
def test_a_policy_runs_on_a_path_as_on_any_market(name: str, hedge) -> None:
    market = MODELS[name].paths(2, 600, seed=4).market(1)
    policy = hr.Policy(
        signals=(hr.Level("vix"),),
        steps=(hr.Linear("vix", low=12.0, high=22.0), hr.Bounds(floor=0.2, cap=2.0)),
    )
    result = hr.backtest(policy, market, hedge)
    assert all(verdict["passed"] for verdict in result.to_dict()["lookahead"])
    assert np.isfinite(result.frame()["dynamic"]).all()
