"""However a file is damaged, a load gives a market or one of our own errors."""

import warnings

import numpy as np
import pytest

from hedgerow.data import load
from hedgerow.errors import HedgerowError

CONTRACT = (
    "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest\n"
    + "".join(f"2020-01-{d:02d},F (Jan 2020),14,14,14,14,14.5,0,9,0,9\n" for d in (2, 3, 6, 7))
)
TABLES = {
    "ad.csv": "date,advances,declines\n2020-01-02,1800,1100\n2020-01-03,900,2000",
    "sector_weights.csv": "date,XLB,XLE\n2019-12-30,40,60\n2020-01-06,45,55",
    "held.csv": "XOM,XOM X1,20191230,0.4,100,\nJPM,JPM X1,20191230,0.6,100,",
    "sectors.csv": "symbol,sector\nXOM,energy\nJPM,banks",
    "f.csv": "date,symbol,weight,pe,quick_ratio\n2020-01-02,XOM,2,9,1\n2020-01-02,JPM,3,7,2",
    "vols.csv": "date,symbol,weight,vol\n2020-01-02,XOM,2,0.3\n2020-01-02,JPM,3,0.2",
    "reer.csv": "date,reer\n2019-12-31,118.5",
    "fomc_dates.csv": "date\n2020-01-02\n2020-01-29",
    "events.csv": "date,kind,announced\n2020-01-03,cpi,\n2020-01-10,ppi,2020-01-02",
}
SCRAPS = [
    b",",
    b"\n",
    b'"',
    b";",
    b"\x00",
    b"\xff",
    b"abc",
    b"0",
    b"-",
    b".",
    b"\r",
    b" ",
    b"NaN",
    b"1e999",
    b"2020-13-45",
    b"\xef\xbb\xbf",
    b"99999999999",
]


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files(shelf, seed):
    rng = np.random.default_rng(seed)
    shelf.write("VX_2020-01-22.csv", CONTRACT.splitlines())
    shelf.write("DFF.csv", ["observation_date,DFF", "2020-01-01,1.55", "2020-01-02,1.54"])
    assert damaged(shelf, rng) == {"market", "refused"}


@pytest.mark.parametrize("seed", range(8))
def test_damaged_tables(shelf, seed):
    """Breadth, weights, holdings, fundamentals, members' volatilities and calendars."""
    for name, text in TABLES.items():
        shelf.write(name, text.splitlines())
    assert damaged(shelf, np.random.default_rng(seed)) == {"market", "refused"}


def damaged(shelf, rng):
    """Damage a file of the shelf forty times, and return what loading it came to."""
    names = sorted(p.name for p in shelf.folder.iterdir())
    whole = {name: (shelf.folder / name).read_bytes() for name in names}
    outcomes = set()
    for _ in range(40):
        name = names[rng.integers(len(names))]
        content = bytearray(whole[name])
        for _ in range(rng.integers(1, 4)):
            at, scrap = rng.integers(len(content)), SCRAPS[rng.integers(len(SCRAPS))]
            content[at : at + rng.integers(0, 6)] = scrap
        (shelf.folder / name).write_bytes(bytes(content))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                market = load(shelf.folder).market
            outcomes.add("market")
            assert np.isfinite(market["spx"]).all()
            assert (market["vix"] > 0).all()
        except HedgerowError as error:
            outcomes.add("refused" if error.where else f"nowhere: {error}")
        (shelf.folder / name).write_bytes(whole[name])
    return outcomes
