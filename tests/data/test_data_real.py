"""The real files against numbers from outside (see the validation list)."""

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.data import load

pytestmark = pytest.mark.realdata


@pytest.mark.parametrize(
    ("column", "date", "value"),
    [
        ("vix", "2008-11-20", 80.86),
        ("vix", "2015-08-24", 40.74),
        ("vix", "2018-02-05", 37.32),
        ("vix", "2020-03-16", 82.69),
        ("vix", "2024-08-05", 38.57),
        ("spx", "2007-10-09", 1565.15),
        ("spx", "2020-03-23", 2237.40),
        ("vix3m", "2020-03-16", 67.70),
        ("vix9d", "2020-03-16", 106.66),
        ("cor1m", "2008-10-24", 96.59),
    ],
)
def test_published_closes(real, column, date, value):
    market = real.market
    assert market[column][market.index_of(date)] == pytest.approx(value, abs=0.005)


def test_vix_statistics_1990_to_2025(real):
    market = real.market.between("1990-01-01", "2025-12-31")
    vix = market["vix"]
    assert vix.mean() == pytest.approx(19.45, abs=0.01)
    assert (vix < 15).mean() == pytest.approx(0.325, abs=0.001)
    assert (vix > 25).mean() == pytest.approx(0.175, abs=0.001)
    assert np.corrcoef(vix[1:], vix[:-1])[0, 1] == pytest.approx(0.977, abs=0.001)
    high = vix > 25
    low_high = (~high[:-1] & high[1:]).sum() / (~high[:-1]).sum()
    high_low = (high[:-1] & ~high[1:]).sum() / high[:-1].sum()
    assert low_high == pytest.approx(0.0217, abs=0.0003)
    assert high_low == pytest.approx(0.1027, abs=0.001)


def test_span_and_labels(real):
    market = real.market
    assert str(market.dates[0]) == "1990-01-02"
    assert str(market.dates[-1]) >= "2026-07-22"
    assert np.isfinite(market["spx"]).all()
    assert np.isfinite(market["vix"]).all()
    # Four sessions on which no VIX was published carry the one before, and say so.
    repaired = market.dates[market.origin["vix"] == Origin.REPAIRED]
    assert [str(d) for d in repaired] == ["1991-03-01", "1997-01-31", "1997-11-26", "1999-12-31"]
    assert market.share("vix", Origin.MODELLED) == 0
    for name in ("vix9d", "vix3m", "vix6m", "vvix", "skew", "cor1m", "vx1", "hy_spread", "spx_tr"):
        assert market.has(name), name


def test_findings_that_the_files_are_known_for(real):
    quality = real.quality
    bars = {f.file: f.count for f in quality.of("ohlc-inconsistent")}
    assert bars["vix/VIX_History.csv"] == 47
    close_for_settle = [f for f in quality.of("settle-zero") if f.action == "repaired"]
    assert 650 < close_for_settle[0].count < 750
    assert quality.of("price-x10")
    assert quality.of("out-of-range")[0].file == "vix/VVIX_History.csv"
    assert quality.of("not-used")[0].count > 10  # chains, holdings, bars of minutes


def test_first_prints_hardly_move_from_the_close_before_until_2015(real):
    market = real.market
    years = market.dates.astype("datetime64[Y]").astype(int)[1:] + 1970
    close, first = np.log(market["spx"]), np.log(market["spx_open"])
    night, day = first[1:] - close[:-1], np.diff(close)
    assert np.isfinite(night[years <= 2024]).all()
    part = {y: night[years == y].std() / day[years == y].std() for y in range(1990, 2025)}
    assert max(part[year] for year in range(1990, 2016)) < 0.20
    assert min(part[year] for year in range(2017, 2025)) > 1 / 3
    assert np.isnan(night[years > 2025]).all()


def test_rates(real):
    market = real.market
    rate = market["rate"]
    # DFF of the day before: 0.25 on 2020-03-16 stood at 1.10 on 2020-03-13.
    assert 0 <= rate.min() < 0.001
    assert rate[market.index_of("2007-07-02")] == pytest.approx(0.0525, abs=0.002)
    assert (market.origin["rate"][: market.index_of("2026-03-27")] == Origin.MEASURED).mean() > 0.99
    assert market["hy_spread"][market.index_of("2008-12-16")] == pytest.approx(0.2182)
    # Dividend yield of the late nineties to 2010, derived: between 1 % and 5.5 %.
    known = market.origin["dividend_yield"] == Origin.MEASURED
    assert market["dividend_yield"][known].min() > 0.009
    assert market["dividend_yield"][known].max() < 0.056


def test_a_cut_loads_the_same_rows(real, real_folder):
    part = load(real_folder, start="2004-01-01", end="2019-12-31").market
    whole = real.market.between("2004-01-01", "2019-12-31")
    assert part.digest() == whole.digest()
