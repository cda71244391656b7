"""Runs: fills a bar later, the start of a run, dates that make no sense, identity."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import Contracts
from hedgerow.instruments.underlying import Underlying
from hedgerow.policies.rules import Linear, Tiers
from hedgerow.policies.signals import Level, RealisedVol
from hedgerow.policies.trigger import Trigger
from synthetic import market

DAILY = Policy([Linear()], signals=[Level("vix")], name="daily")


def ground(data=None, sleeve=None, **more):
    return run.prepare(data or market(), sleeve or Put(), Equity(1e7), **more)


def test_nothing_is_held_before_the_first_order_is_filled() -> None:
    track = run.play("dynamic", DAILY, ground())
    assert track["held"][0] == 0.0
    assert track["wanted"][0] > 0.0
    assert track["held"][1] == track["wanted"][0]


def test_orders_are_filled_one_bar_after_the_decision() -> None:
    track = run.play("dynamic", DAILY, ground())
    assert np.array_equal(track["held"][1:], track["wanted"][:-1])


def test_on_request_orders_are_filled_in_the_same_bar() -> None:
    data = market()
    sleeve = Underlying(size=Contracts(1.0))
    jump = Policy([Tiers("vix", 20.0, 20.0, 0.0, 0.0, 1.0)], signals=[Level("vix")], raw=True)
    on = data["vix"] > 20.0
    late = run.play("late", jump, ground(data, sleeve))["held"]
    same = run.play("same", jump, ground(data, sleeve, same_bar=True))["held"]
    assert np.array_equal(late[1:] != 0.0, on[:-1])
    assert np.array_equal(same[1:] != 0.0, on[1:])


def test_same_bar_decisions_are_dated_by_the_data_that_made_them() -> None:
    data = market()
    track = run.play("same", DAILY, ground(data, same_bar=True))
    assert np.array_equal(track.signals["vix"], data["vix"])
    assert np.array_equal(track["held"][1:], track["wanted"][1:])


def test_the_static_hedge_changes_only_when_it_rolls() -> None:
    track = run.play("static", run.static(), ground())
    changed = np.flatnonzero(np.diff(track["held"])) + 1
    assert set(changed[1:]) <= set(np.flatnonzero(track["rolled"]))
    assert (track["x"] == 1.0).all()


def test_frictionless_costs_nothing() -> None:
    track = run.play("dynamic", DAILY, ground(costs=Costs.none()))
    assert track["cost"].sum() == 0.0


def test_costs_are_on_by_default() -> None:
    assert run.play("dynamic", DAILY, ground())["cost"].sum() > 0.0


def test_signals_are_warm_at_the_start_of_the_run() -> None:
    data = market()
    policy = Policy([Linear(), Trigger()], signals=[Level("vix"), RealisedVol("spx", days=60)])
    late = ground(data, lookback=policy.lookback, start=str(data.dates[200]))
    assert late.first == 200
    early = ground(data, lookback=policy.lookback)
    assert early.first == 60
    whole = run.play("dynamic", policy, early)
    assert np.isfinite(whole.signals["rv60"]).all()


def test_a_run_that_starts_later_decides_the_same_without_memory() -> None:
    data, start = market(), 300
    whole = run.play("a", DAILY, ground(data, Underlying(size=Contracts(1.0))))
    part = run.play(
        "b", DAILY, ground(data, Underlying(size=Contracts(1.0)), start=str(data.dates[start]))
    )
    assert np.array_equal(whole["x"][start:], part["x"])


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"start": "2018-01-01", "end": "2017-06-01"}, "before the start"),
        ({"start": "2031-01-01"}, "no data|outside"),
        ({"start": "1960-01-01"}, "outside the data"),
        ({"end": "2099-01-01"}, "outside the data"),
        ({"start": "yesterday"}, "not a date"),
        ({"start": "2018-03-05", "end": "2018-03-05"}, "only 1 bars"),
    ],
)
def test_dates_that_make_no_sense_are_told(dates, said: str) -> None:
    with pytest.raises(RangeError, match=said):
        ground(**dates)


def test_a_signal_that_is_not_known_inside_the_run_is_told_with_its_date() -> None:
    data = market()
    holes = data["vix"].copy()
    holes[500:510] = np.nan
    broken = data.with_columns({"gauge": holes})
    policy = Policy([Linear("gauge")], signals=[Level("gauge")])
    with pytest.raises(DataError, match=rf"signal 'gauge'.*{data.dates[500]}"):
        run.play("dynamic", policy, ground(broken))


def test_index_and_vix_must_be_known_throughout_the_run() -> None:
    data = market()
    holes = data["vix"].copy()
    holes[500:510] = np.nan
    blind = Policy([Tiers("rv20", 0.1, 0.2)], signals=[RealisedVol()])
    with pytest.raises(DataError, match=rf"'vix'.*{data.dates[500]}"):
        ground(data.with_columns({"vix": holes}), lookback=blind.lookback)
    assert ground(data.with_columns({"vix": holes}), start=str(data.dates[510])).first == 510


def test_unknown_rates_are_filled_alike_for_portfolio_and_sleeve_and_labelled() -> None:
    data = market()
    bare = type(data)(data.times, {"spx": data["spx"], "vix": data["vix"]})
    made = ground(bare)
    assert made.market.share("rate", Origin.ASSUMED) == 1.0
    assert (made.market["dividend_yield"] == 0.018).all()
    full = Equity(1e7).values(made.market)
    assert full[-1] > Equity(1e7).values(bare)[-1], "dividends are not zero because unknown"


def test_equal_runs_have_equal_digests_and_others_do_not() -> None:
    a, b = run.play("d", DAILY, ground()), run.play("d", DAILY, ground())
    c = run.play("d", DAILY, ground(market(seed=8)))
    assert a.digest() == b.digest() != c.digest()


def test_tracks_cannot_be_changed() -> None:
    track = run.play("d", DAILY, ground())
    with pytest.raises(ValueError, match="read-only"):
        track["nav"][0] = 1.0
