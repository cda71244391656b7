"""The surface against quoted options: the bounds that docs/pricing.md states."""

import numpy as np
import pytest

from hedgerow.errors import DataError
from hedgerow.pricing.black import black76
from hedgerow.pricing.surface import Surface
from hedgerow.research import surface_quality
from hedgerow.research.surface_quality import NAMES, compare, summary, table

DAYS = ("2017-01-03", "2017-01-04", "2017-01-05", "2017-01-06", "2017-01-09", "2017-01-10")
SPOT, VIX, SKEW, EXPIRY = 2257.83, 12.85, 125.79, "2017-03-17"


@pytest.fixture
def folder(tmp_path):
    """Six equal sessions, and puts on the second priced by the surface itself."""
    spx = [f"{day},{SPOT},{SPOT},{SPOT},{SPOT},{SPOT},0" for day in DAYS]
    header = "Date,Open,High,Low,Close,Adj Close,Volume"
    (tmp_path / "^GSPC.csv").write_text("\n".join([header, *spx]))
    turned = [f"{day[5:7]}/{day[8:]}/{day[:4]}" for day in DAYS]
    vix = [f"{day},{VIX},{VIX},{VIX},{VIX}" for day in turned]
    (tmp_path / "VIX_History.csv").write_text("\n".join(["DATE,OPEN,HIGH,LOW,CLOSE", *vix]))
    skew = [f"{day},{SKEW}" for day in turned]
    (tmp_path / "SKEW_History.csv").write_text("\n".join(["DATE,SKEW", *skew]))
    return tmp_path


def written(folder, vol):
    quoted = np.datetime64("2017-01-04T16:15")
    years = (np.datetime64(f"{EXPIRY}T09:30") - quoted) / np.timedelta64(1, "D") / 365
    strikes = np.linspace(1450.0, 3000.0, 63)
    forward = SPOT * np.exp((0.02 - 0.018) * years)
    vols = vol(np.log(strikes / forward)[None, :], years)[0]
    lines = ["underlying,underlying_last,optionroot,type,expiration,quotedate,strike,bid,ask"]
    for call in (True, False):
        prices = black76(forward, strikes, years, vols, 0.02, call=call).price
        for strike, price in zip(strikes, prices, strict=True):
            kind = "call" if call else "put"
            root = f"SPX170317{kind[0].upper()}{1000 * strike:08.0f}"
            start = f"SPX,{SPOT},{root},{kind},{EXPIRY},2017-01-04,{strike}"
            lines.append(f"{start},{price * 0.999:.6f},{price * 1.001:.6f}")
    (folder / "spx_contracts_2017.csv").write_text("\n".join(lines))


def test_options_priced_on_the_surface_have_no_error_and_others_theirs(folder, capsys):
    surface = Surface.from_indices([VIX], skew=[SKEW])
    written(folder, surface.vol)
    (found,) = compare(folder)
    assert not found.tuned
    assert found.mean_absolute("after") < 0.02
    assert found.mean_absolute("before") > 0.5
    written(folder, lambda k, years: surface.vol(k, years) - 0.01)
    (found,) = compare(folder)
    np.testing.assert_allclose(found.errors["after"], 1.0, atol=0.03)
    assert "→ +1.0 / 1.0" in table(found)
    assert "| judged: January to May 2017, daily |" in summary([found])
    assert surface_quality.main([str(folder)]) == 0
    assert table(found) in capsys.readouterr().out


def test_a_folder_without_option_files_says_which_are_meant(folder, capsys):
    with pytest.raises(DataError, match=r"none of the option files.*spx_contracts_2017\.csv"):
        compare(folder)
    assert surface_quality.main([str(folder)]) == 2
    assert surface_quality.main([]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.fixture(scope="module")
def quality(real_data):
    return {found.label[:4]: found for found in compare(real_data)}


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize(("part", "limit"), [("2026", 1.0), ("Janu", 1.3)])
def test_judged_quotes_lie_near_and_three_times_nearer_than_before(quality, part, limit):
    before, without, after = (quality[part].mean_absolute(name) for name in NAMES)
    assert not quality[part].tuned
    assert after < limit
    assert after < without < before
    assert after < before / 3


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize(("part", "limit"), [("2022", 0.85), ("2023", 0.9), ("Dece", 3.0)])
def test_tuned_quotes_lie_near(quality, part, limit):
    before, without, after = (quality[part].mean_absolute(name) for name in NAMES)
    assert quality[part].tuned
    assert after < limit < before
    assert after < without + 0.01


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize("part", ["2022", "2023", "2026"])
def test_the_default_put_is_priced_within_half_a_point_on_average(quality, part):
    rows = quality[part].where((75.0, 140.0), (0.875, 0.925))
    before, after = (
        np.abs(quality[part].errors[name][rows]).mean() for name in (NAMES[0], NAMES[-1])
    )
    assert rows.sum() > 50
    assert after < 0.5
    assert after < 0.6 * before
