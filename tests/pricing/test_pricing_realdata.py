"""The models against real quotes: the bounds that docs/pricing.md states."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgerow.pricing.black import undiscounted
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.surface import Steepness, Surface

REAL = Path(os.environ.get("HEDGEROW_REALDATA", Path(__file__).parents[3] / "shared" / "data"))

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module", autouse=True)
def _real_files():
    if not (REAL / "option_chains").is_dir():
        pytest.skip(f"no real market data at {REAL}")


def index(name):
    frame = pd.read_csv(REAL / "vix" / f"{name}_History.csv")
    return pd.Series(
        frame.iloc[:, -1].to_numpy(), pd.to_datetime(frame["DATE"], format="%m/%d/%Y"), name=name
    )


@pytest.fixture(scope="module")
def indices():
    names = ("VIX", "VIX9D", "VIX3M", "VIX6M", "SKEW")
    return pd.concat([index(name) for name in names], axis=1, sort=True)


def implied(price, forward, strike, years):
    low, high = np.full(len(price), 1e-4), np.full(len(price), 3.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        worth = undiscounted(forward, strike, middle * years**0.5, call=False)
        low, high = np.where(worth < price, middle, low), np.where(worth < price, high, middle)
    return middle


@pytest.mark.parametrize(
    ("file", "date", "rate"),
    [
        ("spx_cboe_2022-06-11.csv", "2022-06-10", 0.018),
        ("spx_cboe_2023-09-14.csv", "2023-09-14", 0.053),
    ],
)
def test_the_default_put_is_priced_within_six_tenths_of_a_vol_point_of_real_chains(
    indices, file, date, rate
):
    chain = pd.read_csv(REAL / "option_chains" / file, skiprows=3)
    expiry = pd.to_datetime(chain["Expiration Date"], format="%a %b %d %Y")
    years = (expiry - pd.Timestamp(date)).dt.days / 365
    monthly = chain["Puts"].str.match(r"SPX\d")
    row = indices.loc[date]
    surface = Surface.from_indices(*([value] for value in row))
    errors = []
    for span in sorted(set(years[monthly & (years > 75 / 365) & (years < 140 / 365)])):
        part = chain[monthly & (years == span)]
        discount = np.exp(-rate * span)
        calls, puts = ((part[f"Bid{x}"] + part[f"Ask{x}"]) / 2 / discount for x in ("", ".1"))
        nearest = (calls - puts).abs().argsort()[:7]
        forward = float(np.median((part["Strike"] + calls - puts).iloc[nearest]))
        keep = (part["Strike"] / forward).between(0.875, 0.925) & (part["Bid.1"] > 0)
        strikes = part["Strike"][keep].to_numpy()
        quoted = implied(puts[keep].to_numpy(), forward, strikes, span)
        errors.append(surface.vol(np.log(strikes / forward)[None, :], span)[0] - quoted)
    error = 100 * np.concatenate(errors)
    assert len(error) > 10
    assert np.abs(error).mean() < 0.6


def test_the_curve_follows_vix3m_and_vix6m_out_of_sample(indices):
    late = indices.loc["2016":]
    for name, days, limit in (("VIX3M", 93, 0.06), ("VIX6M", 184, 0.075)):
        rows = late[["VIX", name]].dropna()
        ours = 100 * Surface.from_indices(rows["VIX"].to_numpy()).fair_vol(days / 365)
        assert np.abs(ours / rows[name] - 1).mean() < limit


def test_modelled_futures_out_of_sample(indices):
    errors = {True: [], False: []}
    folder = REAL / "vx_futures" / "listed_2013_2026"
    for path in sorted(folder.glob("VX_*.csv")):
        date = re.search(r"\d{4}-\d\d-\d\d", path.name)[0]
        if not 15 <= int(date[8:]) <= 22 or date > "2026":  # monthlies settle mid-month
            continue
        quotes = pd.read_csv(path, usecols=["Trade Date", "Settle"], index_col=0)["Settle"]
        quotes.index = pd.to_datetime(quotes.index)
        rows = indices.join(quotes[quotes > 5], how="inner").dropna(subset=["VIX", "Settle"])
        left = (pd.Timestamp(date) - rows.index).days.to_numpy()
        rows, left = rows[(left > 0) & (left < 135)], left[(left > 0) & (left < 135)]
        if not len(rows):
            continue
        vix, settle = rows["VIX"].to_numpy(), rows["Settle"].to_numpy()
        term = [rows[name].to_numpy() for name in ("VIX9D", "VIX3M", "VIX6M")]
        for measured in (True, False):
            surface = Surface.from_indices(vix, *(term if measured else ()))
            errors[measured].append(FuturesCurve().price(vix, surface, left / 365) - settle)
    assert np.abs(np.concatenate(errors[True])).mean() < 0.8
    assert np.abs(np.concatenate(errors[False])).mean() < 1.7


def test_skew_where_none_is_published_is_as_far_off_as_stated(indices):
    rows = indices[["VIX", "SKEW"]].dropna()
    early, late = rows.loc[:"2015"], rows.loc["2016":]
    assert early["SKEW"].mean() == pytest.approx(Steepness().skew, abs=0.1)
    assert (early["SKEW"] - 118).abs().mean() == pytest.approx(5.0, abs=0.05)
    assert (late["SKEW"] - 118).abs().mean() == pytest.approx(17.9, abs=0.2)
    explained = np.corrcoef(np.log(early["VIX"]), early["SKEW"])[0, 1] ** 2
    assert explained == pytest.approx(0.02, abs=0.005)
