"""Which columns signals read: said, and found out by taking all others away."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.core.market import Market
from hedgerow.core.step import SIGNALS
from hedgerow.errors import DataError
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.needs import Needs, listed, needs
from synthetic import informed

DATA = informed(1500)
NAMES = [signal.name for signal in listed()]
SLOW = ("control_lower", "p_high", "crash5_10", "hawkes2")  # fits, tested elsewhere at length
MISSING = {
    *("corr60", "quick_ratio_change63", "pe_dispersion", "pcf_dispersion", "events_ppi"),
    *("implied_cor1m", "implied_cor_members", "reer_z252", "wacc_z252"),
}
"""What the made market lacks."""


def only(columns: tuple[str, ...]) -> Market:
    return Market(DATA.times, {name: DATA[name] for name in columns if name in DATA})


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SLOW])
def test_a_signal_is_made_from_the_columns_that_it_needs_and_from_no_fewer(name: str) -> None:
    signal = signal_named(name)
    needed = needs(signal)
    lacking = needed.lacking(DATA)
    assert bool(lacking) == (name in MISSING)
    if lacking:
        with pytest.raises(DataError) as error:
            signal(DATA)
        assert any(column in str(error.value) for column in lacking)
        return
    made = signal(only(needed.columns))
    assert np.isfinite(made).any()
    if needed.least < len(needed.columns):
        return  # three funds of eleven: any of them may lack
    for column in needed.columns:
        # a surface says KeyError: no market that was loaded lacks a VIX
        with pytest.raises((DataError, KeyError), match=column.removeprefix("event_")[:3]):
            signal(only(tuple(other for other in needed.columns if other != column)))


def test_every_kind_is_listed_once_by_default() -> None:
    ours = {kind for kind, cls in SIGNALS.items() if cls.__module__.startswith("hedgerow.")}
    assert {signal.kind for signal in listed()} == ours
    assert len(set(NAMES)) == len(NAMES)
    assert all(signal_named(name).name == name for name in NAMES)


def test_three_funds_of_sectors_are_enough() -> None:
    needed = needs(signal_named("divergence_sectors"))
    assert needed.lacking(DATA) == ()
    fewer = only(("spx", "vix", "xlb", "xlk"))
    assert set(needed.lacking(fewer)) == set(needed.columns) - {"spx", "xlb", "xlk"}
    assert Needs((), 0).lacking(fewer) == ()
