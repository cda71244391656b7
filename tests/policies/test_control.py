"""A14, the rules that hold a band and the trigger on change, against hand-written paths."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.api import backtest
from hedgerow.core.book import Bar, View, opening
from hedgerow.core.fitting import Fitted
from hedgerow.core.policy import Policy
from hedgerow.errors import PolicyError
from hedgerow.instruments.options import Put
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.control import BandTable, OnChange, WithinEdges
from hedgerow.policies.fitting.chain import count, programme
from hedgerow.policies.fitting.control import ControlEdge
from hedgerow.policies.fitting.programme import solve
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import legs
from synthetic import market

NO_BAR = Bar(*[0.0] * len(Bar._fields))
TABLE = BandTable(
    "vix",
    [15, 25],
    "vix_ma20",
    20,
    [[0.2, 0.4], [0.5, 0.8], [0.9, 1.2]],
    [[0.3, 0.6], [0.7, 1.0], [1.1, 2.0]],
)


def levels(rule, rows) -> list[float]:
    memory, out = rule.start(), []
    for seen in rows:
        x, memory = rule.kernel(9.9, View(seen, opening(1e7), NO_BAR), memory, rule.params())
        assert memory.level == x
        out.append(x)
    return out


def test_a14_what_is_held_inside_the_band_stays_and_is_brought_to_its_nearest_end() -> None:
    path = [(14, 10), (20, 10), (20, 21), (14, 21), (14, 10), (15, 20), (25, 20), (25.01, 20.01)]
    #       buy to    buy to    buy to    sell to   sell to   inside    buy to     buy to
    assert levels(TABLE, path) == [0.2, 0.5, 0.8, 0.6, 0.3, 0.3, 0.5, 1.2]


@pytest.mark.parametrize("edges", [1, 2, 3, 4, 5])
def test_a14_each_cell_of_a_table_has_its_own_band(edges: int) -> None:
    at = [10.0 * (i + 1) for i in range(edges)]
    lower = [[row + 0.1, row + 0.2] for row in range(edges + 1)]
    upper = [[low + 0.05 for low in pair] for pair in lower]
    rule = BandTable("vix", at, "rv20", 0.5, lower, upper)
    for row in range(edges + 1):
        for column in (0, 1):
            assert rule.ends(10.0 * row + 5.0, float(column)) == (
                lower[row][column],
                upper[row][column],
            )


def test_a14_within_edges_follows_its_two_signals() -> None:
    path = [(0.5, 1.0), (0.2, 0.6), (0.2, 0.4), (0.1, 2.0), (1.5, 1.5)]
    assert levels(WithinEdges(), path) == [0.5, 0.5, 0.4, 0.4, 1.5]
    assert WithinEdges().ends(0.25, 0.75) == (0.25, 0.75)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (lambda: BandTable(edges=[25, 15]), "edges must rise"),
        (lambda: BandTable(edges=[20]), "1 edges need 2 bands, not 3"),
        (lambda: BandTable(upper=[[0.1, 2], [2, 2], [2, 2]]), "must not be smaller"),
        (lambda: BandTable(lower=[[0.1], [0.1], [0.1]]), "has 1 member"),
        (lambda: OnChange(-0.1), "less than 0"),
        (lambda: ControlEdge("middle"), "edge"),
        (lambda: ControlEdge(edges=[20, 15]), "edges must rise"),
        (lambda: ControlEdge(floor=2.0), "cap must be greater than floor"),
    ],
)
def test_what_makes_no_sense_is_refused(bad, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        bad()


def played(rule: OnChange, xs, filled=None) -> tuple[list[list[str]], list[float]]:
    memory, out, kept, acted = rule.start(), [], [], False
    for t, x in enumerate(xs):
        done = acted if filled is None else acted and filled[t]
        book = opening(100.0)._replace(filled=float(done))
        y, memory = rule.kernel(x, View((), book, NO_BAR), memory, rule.params())
        acted = memory.fired > 0.0
        assert acted == (memory.legs > 0.0)
        assert y == memory.x
        out.append(legs(memory.legs))
        kept.append(y)
    return out, kept


def test_on_change_trades_at_the_start_and_when_the_intensity_moves() -> None:
    assert played(OnChange(), [0.5, 0.5, 0.5, 0.6, 0.6]) == (
        [["start"], [], [], ["move"], []],
        [0.5, 0.5, 0.5, 0.6, 0.6],
    )


def test_on_change_leaves_small_changes_alone_strictly() -> None:
    said, kept = played(OnChange(0.25), [0.5, 0.75, 0.25, 0.76, 1.0])
    assert said == [["start"], [], [], ["move"], []]
    assert kept == [0.5, 0.5, 0.5, 0.76, 0.76]


def test_on_change_asks_again_for_an_order_that_is_not_filled() -> None:
    said, _ = played(OnChange(), [0.5, 0.5, 0.8, 0.8, 0.8], filled=[True, True, True, False, True])
    assert said == [["start"], [], ["move"], ["move"], []]


EDGE = ControlEdge("lower", least=300, every="quarter")


def test_on_change_explains_itself_by_the_intensity_that_it_compares() -> None:
    policy = Policy([Linear(), OnChange(least=0.3)], [Level("vix")])
    result = backtest(policy, market(), Put())
    track = result.found.tracks["dynamic"]
    asked = track.trace["bounds"]
    still = np.flatnonzero((track["act"] == 0.0) & (asked != track["x"]))
    assert len(still) > 10
    for t in still[:5]:
        last = track.memory["on_change.last"][t]
        said = f"{asked[t]:.3g} against {last:.3g} at the last fill: holds"
        assert said in str(result.explain(str(track.dates[t])))


def test_a14_fits_say_when_on_what_and_to_what() -> None:
    made = EDGE.fits(market())
    assert isinstance(EDGE, Fitted)
    assert len(made) >= 5
    assert made[0].row == EDGE.lookback - 1 == 318
    for fit in made:
        assert fit.start == str(market().dates[19])
        assert fit.end == fit.date == str(market().dates[fit.row])
        assert fit.rows == fit.row - 18
        assert set(fit.parameters) == {"loss"} | {
            f"{e}_{i}" for e in ("lower", "upper") for i in range(12)
        }
    assert made == ControlEdge("upper", least=300, every="quarter").fits(market())


def test_a14_the_edge_of_a_day_is_that_of_the_last_fit_before_it() -> None:
    data = market()
    fit = EDGE.fits(data)[3]
    until = data.until(fit.row)
    by = signal_named("vix_ma20")(until)
    chain = count(until["vix"][19:], by[19:], until["spx"][19:], EDGE.edges, EDGE.split, EDGE)
    band = solve(programme(chain, EDGE))
    next_fit = EDGE.fits(data)[4].row
    for side, of in (("lower", band.lower), ("upper", band.upper)):
        column = ControlEdge(side, least=300, every="quarter")(data)[fit.row : next_fit]
        assert set(column) <= set(of)
    lower, upper = EDGE(data), ControlEdge("upper", least=300, every="quarter")(data)
    warm = np.isfinite(lower)
    assert (lower[warm] <= upper[warm]).all()


def test_a14_a_fit_knows_no_loss_that_has_not_happened() -> None:
    data = market()
    fit = EDGE.fits(data)[2]
    fallen = data["spx"].copy()
    fallen[fit.row + 1 :] *= 0.5  # a crash on the day after
    after = EDGE.fits(data.with_columns({"spx": fallen}))
    assert after[:3] == EDGE.fits(data)[:3]
    assert after[3].parameters != EDGE.fits(data)[3].parameters


def test_a14_nothing_is_counted_from_one_side_of_a_hole_to_the_other() -> None:
    data = market()
    spot, vix = data["spx"].copy(), data["vix"].copy()
    spot[300:400] = vix[300:400] = np.nan
    halved = np.r_[spot[:400], spot[400:] / 2.0]
    edge = ControlEdge("upper", least=600, every="never")
    (fit,), (same,) = (
        edge.fits(data.with_columns({"spx": index, "vix": vix})) for index in (spot, halved)
    )
    assert same.parameters == pytest.approx(fit.parameters, rel=1e-9)


def test_a14_missing_columns_are_told() -> None:
    with pytest.raises(Exception, match="no column 'vox'"):
        ControlEdge(by="vox")(market())
