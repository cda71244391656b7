import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.data import builtin
from hedgerow.data.modelled_vix import FEATURES, PRIOR, VixModel, features, fit
from hedgerow.data.vix_quality import compare, main
from hedgerow.errors import DataError


@pytest.fixture
def closes(rng):
    return 100.0 * np.exp(np.cumsum(rng.normal(0.0003, 0.012, 700)))


@pytest.mark.parametrize("until", [2, 3, 30, 251, 252, 253, 600])
def test_features_look_backwards_only(closes, until):
    whole = features(closes)
    np.testing.assert_allclose(features(closes[:until]), whole[:until], rtol=1e-12, atol=1e-12)


def test_features_against_pandas(closes):
    import pandas as pd

    index = pd.Series(closes)
    squares = np.log(index).diff() ** 2
    table = dict(zip(FEATURES, features(closes).T, strict=True))
    for window in (2, 22, 252):
        expected = 100 * np.sqrt(252 * squares.rolling(window).mean())
        np.testing.assert_allclose(table[f"realised_{window}"][300:], expected[300:], rtol=1e-9)
    # After many half-lives the start is forgotten.
    weighted = 100 * np.sqrt(252 * squares[1:].ewm(halflife=10).mean())
    np.testing.assert_allclose(table["weighted_10"][600:], weighted[599:], rtol=1e-9)
    fall = (-100 * np.log(index / index.shift(5))).clip(lower=0)
    np.testing.assert_allclose(table["fall_5"][10:], fall[10:], atol=1e-9)
    drawdown = 100 * (1 - index / index.rolling(252, min_periods=1).max())
    np.testing.assert_allclose(table["drawdown_252"], drawdown, atol=1e-9)


def test_before_the_first_close_there_is_the_prior(closes):
    first = dict(zip(FEATURES, features(closes)[0], strict=True))
    assert first["realised_252"] == pytest.approx(PRIOR)
    assert first["weighted_126"] == pytest.approx(PRIOR)
    assert first["fall_22"] == first["drawdown_252"] == 0.0


def test_fit_recovers_known_weights(closes, rng):
    weights = np.zeros(len(FEATURES))
    weights[[0, 4, -4, -1]] = 8.0, 0.5, 0.7, 0.3
    vix = features(closes) @ weights
    dates = np.arange(len(closes)) + np.datetime64("2000-01-01")
    model = fit(dates, closes, vix)
    np.testing.assert_allclose(model(closes), vix, rtol=1e-8)
    assert min(model.weights) >= 0
    with pytest.raises(DataError, match="needs 252 sessions"):
        fit(dates, closes, np.where(np.arange(len(vix)) < 100, vix, np.nan))


@pytest.mark.parametrize("bad", [[100.0], [100.0, 0.0], [100.0, np.nan], [100.0, -1.0]])
def test_closes_that_are_none_are_refused(bad):
    with pytest.raises(DataError, match="positive closes"):
        features(np.array(bad))


def test_weights_of_the_builtin_model_come_from_2014_to_2018():
    model = builtin.fitted()
    assert isinstance(model, VixModel)
    assert (model.first, model.last) == ("2014-01-03", "2018-12-31")


@pytest.mark.realdata
def test_out_of_sample_against_the_published_vix(real_folder):
    """The issue's marks: .96 in 2008 and in 2020, .90 over 1990-2013."""
    by_span, by_level = compare(str(real_folder))
    scored = {row.label: row for row in by_span}
    assert scored["2008"].correlation >= 0.96
    assert scored["2020"].correlation >= 0.96
    assert scored["1990–2013"].correlation >= 0.90
    assert all(row.peak_model < 100 for row in by_span)
    assert sum(row.sessions for row in by_level) > 6_500


@pytest.mark.realdata
def test_the_packaged_vix_is_the_published_one(real):
    days, vix = builtin.measured_vix()
    market = real.market
    rows = np.searchsorted(market.dates, days)
    assert (market.dates[rows] == days).all()
    assert (market.origin["vix"][rows] == Origin.MEASURED).all()
    np.testing.assert_allclose(market["vix"][rows], vix)


@pytest.mark.realdata
def test_the_docs_show_the_table_that_the_command_prints(real_folder, repo, capsys):
    assert main([str(real_folder)]) == 0
    printed = capsys.readouterr().out.strip()
    text = (repo / "docs/modelled-vix.md").read_text("utf-8")
    for table in printed.split("\n\n"):
        assert table in text


def test_the_command_needs_one_folder_that_exists(capsys):
    assert main([]) == 2
    assert main(["no/such/folder"]) == 2
    assert "does not exist" in capsys.readouterr().err
