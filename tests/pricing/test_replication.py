"""Fair variance of strips and smiles."""

import numpy as np
import pytest

from hedgerow.errors import RangeError
from hedgerow.pricing.black import bsm
from hedgerow.pricing.replication import variance_of_smile, variance_of_strip


def test_validation_pricing_variance_swap_demeterfi_derman_kamal_zou():
    time, rate, spot = 0.246575, 0.05, 100.0
    strikes = np.arange(50.0, 136.0, 5.0)
    vols = np.linspace(0.30, 0.13, len(strikes))
    low, high = strikes <= spot, strikes >= spot
    puts = bsm(spot, strikes[low], time, vols[low], rate).price
    calls = bsm(spot, strikes[high], time, vols[high], rate, call=True).price
    variance = variance_of_strip(
        spot * np.exp(rate * time), time, rate, (strikes[low], puts), (strikes[high], calls)
    )
    assert variance == pytest.approx(0.04189, abs=1e-4)
    assert variance**0.5 == pytest.approx(0.20467, abs=2.5e-4)
    # the order in which quotes come does not matter
    shuffled = variance_of_strip(
        spot * np.exp(rate * time),
        time,
        rate,
        (strikes[low][::-1], puts[::-1]),
        (strikes[high][::-1], calls[::-1]),
    )
    assert shuffled == pytest.approx(variance, rel=1e-12)


@pytest.mark.parametrize("vol", [0.05, 0.2, 0.8])
def test_a_flat_smile_is_its_own_variance(vol):
    assert variance_of_smile(lambda k: vol + 0.0 * k, 0.25) == pytest.approx(vol**2, rel=2e-5)


def test_strips_that_cannot_be_used_are_refused():
    side = (np.array([90.0, 100.0]), np.array([1.0, 2.0]))
    other = (np.array([105.0, 110.0]), np.array([2.0, 1.0]))
    with pytest.raises(RangeError, match="lowest call"):
        variance_of_strip(100.0, 0.25, 0.0, side, other)
    with pytest.raises(RangeError, match="two or more"):
        variance_of_strip(100.0, 0.25, 0.0, ([100.0], [1.0]), other)
    with pytest.raises(RangeError, match="time"):
        variance_of_strip(100.0, 0.0, 0.0, side, other)
    with pytest.raises(RangeError, match="time"):
        variance_of_smile(lambda k: 0.2 + 0.0 * k, -1.0)
