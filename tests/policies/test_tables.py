"""Ladders, tables, trends, futures, stops and rolls against hand-written numbers."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Market
from hedgerow.errors import PolicyError
from hedgerow.policies.rules import Tiers
from hedgerow.policies.signals import Average, Future, Trend
from hedgerow.policies.stop import Stop
from hedgerow.policies.tables import Ladder, Table
from hedgerow.policies.trigger import AtRoll
from hedgerow.pricing.curve import FuturesCurve

NO_BAR = Bar(*[0.0] * len(Bar._fields))


def x_of(rule, *levels: float) -> float:
    view = View(levels, opening(1e7), NO_BAR)
    return rule.kernel(0.0, view, rule.start(), rule.params())[0]


def days(count: int, start: str = "2024-01-02") -> np.ndarray:
    every = np.arange(np.datetime64(start, "D"), np.datetime64(start, "D") + 2 * count + 9)
    return every[np.is_busday(every)][:count].astype("datetime64[ns]")


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_ladder_of_any_length_gives_edges_to_the_band_below(count: int) -> None:
    edges = [10.0 * (i + 1) for i in range(count)]
    rule = Ladder("vix", edges=edges, levels=[0.1 * i for i in range(count + 1)])
    for i, edge in enumerate(edges):
        assert x_of(rule, edge) == 0.1 * i
        assert x_of(rule, edge + 1e-9) == 0.1 * (i + 1)
    assert x_of(rule, -1e9) == 0.0
    assert x_of(rule, 1e9) == 0.1 * count


def test_a3_a_ladder_of_three_is_tiers() -> None:
    ladder, tiers = Ladder("vix", [15, 25], [0, 1, 2]), Tiers()
    for vix in (5.0, 15.0, 15.01, 25.0, 25.01, 80.0):
        assert x_of(ladder, vix) == x_of(tiers, vix)


@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("rows", [2, 3, 4, 5, 6])
def test_a_table_gives_each_pair_its_level(rows: int, columns: int) -> None:
    levels = [[row + column / 10.0 for column in range(columns)] for row in range(rows)]
    edges, splits = [10.0 * i for i in range(1, rows)], [1.0 * i for i in range(1, columns)]
    rule = Table("vix", edges, "rv20", splits, levels)
    for row in range(rows):
        for column in range(columns):
            assert x_of(rule, 10.0 * row + 10.0, column + 1.0) == levels[row][column]
            assert x_of(rule, 10.0 * row + 1e-6, column + 1e-6) == levels[row][column]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (lambda: Ladder(edges=[30, 20], levels=[0, 1, 2]), "edges must rise"),
        (lambda: Ladder(edges=[20, 20], levels=[0, 1, 2]), "edges must rise"),
        (lambda: Ladder(edges=[20], levels=[0, 1, 2]), "1 edges need 2 bands, not 3"),
        (
            lambda: Ladder(edges=[1, 2, 3, 4, 5, 6], levels=[0] * 7),
            "6] has 6 members. Mend: write at most 5",
        ),
        (
            lambda: Ladder(edges=[], levels=[1]),
            "ladder.edges: the list [] has 0 members. Mend: write at least 1",
        ),
        (lambda: Ladder(edges=["a"], levels=[0, 1]), "ladder.edges[0]: 'a' is not a number"),
        (lambda: Ladder(levels=[0, 1, 2, 3, -1]), "ladder.levels[4]: -1 is less than 0"),
        (
            lambda: Ladder(edges=15),
            "ladder.edges: 15 is not a list. Mend: write numbers in brackets",
        ),
        (lambda: Table(levels=[[0, 1], [0, 1]]), "edges, levels: 2 edges need 3 bands, not 2"),
        (lambda: Table(levels=[[0, 1], [0, 1], [1, 1]]), "splits, levels: 2 edges need 3 bands"),
        (lambda: Table(splits=[0.2, 0.1]), "splits must rise"),
        (lambda: Trend(short=20, long=20), "long must be greater than short"),
        (lambda: Future(9), "future.rank"),
        (lambda: Stop(days=11), "stop.days"),
        (lambda: Stop(loss=0.0), "stop.loss"),
    ],
)
def test_what_does_not_fit_is_told(bad, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        bad()
    assert said in str(caught.value)


# ---- signals ------------------------------------------------------------------------------


def test_a_trend_lasts_ten_sessions_before_it_counts() -> None:
    vix = np.r_[np.full(25, 20.0), np.linspace(20.5, 40.0, 20), np.linspace(39.0, 10.0, 25)]
    market = Market(days(len(vix)), {"vix": vix})
    found = Trend()(market)
    short, long = Average("vix", days=5)(market), Average("vix", days=20)(market)
    for t in range(len(vix)):
        if t < 28:
            assert np.isnan(found[t])
            continue
        window = slice(t - 9, t + 1)
        up, down = (short[window] > long[window] + 1e-9), (short[window] < long[window] - 1e-9)
        assert found[t] == (1.0 if up.all() else -1.0 if down.all() else 0.0)
    # VIX first rises at bar 25, so bar 34 is the tenth session above
    assert (found[33], found[34]) == (0.0, 1.0)
    assert set(found[28:]) == {-1.0, 0.0, 1.0}


def test_a_vix_that_stands_still_has_no_trend_however_sums_are_rounded() -> None:
    for level in (13.3, 0.1, 17.77):
        assert (Trend()(Market(days(60), {"vix": [level] * 60}))[28:] == 0.0).all()


def test_the_future_is_the_one_that_the_order_is_filled_in() -> None:
    # 2024-07-17 and 2024-08-21 are settlement days
    dates = np.array(["2024-07-15", "2024-07-16", "2024-07-17", "2024-07-18"], "datetime64[ns]")
    july, august, september = 19921.0, 19956.0, 19984.0
    nan = np.nan
    market = Market(
        dates,
        {
            "vix": [13.0, 13.1, 14.4, 15.9],
            "vx1": [13.3, 13.2, 15.0, 16.0],
            "vx1_expiry": [july, july, august, august],
            "vx2": [14.5, 14.6, nan, 16.5],
            "vx2_expiry": [august, august, september, september],
        },
    )
    # bought at the very close of the settlement day, a call is on the August future already
    assert Future(lag=0)(market).tolist() == [13.3, 13.2, 15.0, 16.0]
    # decided on the 16th it is filled on the 17th, when July has settled
    assert Future(lag=1)(market).tolist() == [13.3, 14.6, 15.0, 16.0]
    second = Future(2, lag=0)(market)
    assert second[[0, 1, 3]].tolist() == [14.5, 14.6, 16.5]
    # where nothing is quoted it is the model, to the settlement of 18 September
    assert second[2] == pytest.approx(float(FuturesCurve().from_vix(14.4, 63 / 365)), rel=1e-12)


# ---- stop and roll ------------------------------------------------------------------------


def stopped(step: Stop, navs: list[float]) -> list[float]:
    memory, out = step.start(), []
    for nav in navs:
        view = View((), opening(1e7)._replace(nav=nav), NO_BAR)
        x, memory = step.kernel(1.5, view, memory, step.params())
        out.append(x)
    return out


@pytest.mark.parametrize("count", range(1, 11))
def test_a_stop_compares_with_the_nav_of_so_many_sessions_before(count: int) -> None:
    rng = np.random.default_rng(count)
    navs = (100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, 80)))).tolist()
    got = stopped(Stop(0.02, count), navs)
    for t, x in enumerate(got):
        fell = t >= count and navs[t] <= navs[t - count] * 0.98
        assert x == (0.0 if fell else 1.5), t
    assert 0.0 in got


def test_j_a_stop_lasts_five_sessions_at_most_when_all_is_in_cash() -> None:
    # validation: all cash if the 5-day return is -2 % or worse; exactly -2 % counts
    navs = [100.0] * 6 + [98.0] * 8
    assert stopped(Stop(0.02, 5), navs) == [1.5] * 6 + [0.0] * 5 + [1.5] * 3
    assert 0.0 not in stopped(Stop(0.02, 5), [100.0] * 6 + [98.001] * 8)


def test_at_roll_trades_once_and_lets_rolls_take_the_size() -> None:
    step = AtRoll()
    memory, seen = step.start(), []
    for filled, x in ((0.0, 1.0), (0.0, 1.1), (1.0, 1.2), (0.0, 1.3), (0.0, 1.4)):
        view = View((), opening(1e7)._replace(filled=filled), NO_BAR)
        kept, memory = step.kernel(x, view, memory, step.params())
        assert kept == x
        seen.append(memory.fired)
    assert seen == [1.0, 1.0, 0.0, 0.0, 0.0]


def test_at_roll_between_rolls_the_book_stands_still_and_at_rolls_it_has_the_new_size() -> None:
    import hedgerow as hr
    from hedgerow.engine import run
    from synthetic import market

    policy = hr.Policy([hr.Ladder(), hr.AtRoll()], signals=[hr.Level("vix")], raw=True)
    for same_bar in (False, True):
        ground = run.prepare(market(), hr.Put(), hr.Equity(), same_bar=same_bar)
        track = run.play("roll", policy, ground)
        held, rolled = track["held"], track["rolled"] > 0.0
        moved = np.flatnonzero(np.diff(held) != 0.0) + 1
        assert set(moved) - {1} <= set(np.flatnonzero(rolled))
        assert len(moved) > 10
        at = np.flatnonzero(rolled)[3:]
        vix = ground.market["vix"][ground.first :]
        decided = at if same_bar else at - 1
        x = [
            policy.steps[0].kernel(0.0, View((vix[t],), None, None), None, policy.params()[0])[0]
            for t in decided
        ]
        assert (held[at] > 0.0).all()
        np.testing.assert_allclose(track["x"][decided if not same_bar else at], x)
