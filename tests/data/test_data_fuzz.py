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
    assert outcomes == {"market", "refused"}
