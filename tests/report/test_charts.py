"""Geometry: scales, thinning that keeps extremes, paths."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.engine.track import Track
from hedgerow.report import charts, decisions, panels
from hedgerow.report.formats import number, percent, usd, usd_short
from hedgerow.research.crises import CRISES, crises_in


@given(st.integers(0, 2**31), st.integers(1, 5000), st.integers(1, 60))
def test_thinning_keeps_ends_and_extremes(seed, count, buckets) -> None:
    values = np.random.default_rng(seed).normal(size=count)
    rows = charts.thin(values, buckets)
    assert len(rows) <= 2 * buckets + 2
    assert (rows[0], rows[-1]) == (0, count - 1)
    assert bool((np.diff(rows) > 0).all())
    assert {int(values.argmin()), int(values.argmax())} <= set(rows.tolist())


@given(
    st.floats(-1e9, 1e9).filter(lambda v: v == 0 or abs(v) > 1e-3),
    st.floats(1e-3, 1e9),
)
def test_linear_ticks_are_few_round_and_inside(low, width) -> None:
    high = low + width
    if high - low < 1e-6 * max(abs(low), abs(high)):
        return
    ticks = charts.linear_ticks(low, high)
    assert 1 <= len(ticks) <= 7
    slack = width * 1e-6
    assert all(low - slack <= tick <= high + slack for tick in ticks)


@given(st.floats(1e-3, 1e9), st.floats(1.0001, 1e6))
def test_logarithmic_axes_hold_their_values(low, factor) -> None:
    values = np.array([low, low * factor])
    scale = charts.axis([values], 200, usd_short, log=True)
    assert scale.log
    y = scale.y(values)
    assert 0.0 <= y[1] < y[0] <= 200.0
    assert 1 <= len(scale.ticks) <= 8


def test_a_loss_beyond_everything_is_drawn_on_a_linear_axis() -> None:
    assert not charts.axis([np.array([-1.0, 5.0])], 200, usd_short, log=True).log


def test_paths_break_at_gaps_and_meet_their_neighbour() -> None:
    x = np.arange(6.0)
    y = np.array([1.0, 2.0, np.nan, 4.0, 5.0, 6.0])
    assert charts.path(x, y) == "M0 1L1 2M3 4L4 5L5 6"
    mask = np.array([True, False, False, True, False, False])
    assert charts.path(x, y, mask) == "M0 1L1 2M3 4L4 5"
    assert charts.path(x, np.full(6, np.nan)) == ""


def test_a_crash_of_one_day_survives_the_drawing() -> None:
    y = np.full(9000, 10.0)
    y[4321] = 187.5
    assert " 187.5" in charts.path(np.linspace(0, 1000, 9000), y)


@given(st.floats(-5.0, 5.0), st.floats(-5.0, -0.1), st.floats(0.1, 5.0))
def test_bars_start_at_zero_and_stay_inside(value, low, high) -> None:
    low, high = min(low, value), max(high, value)
    made = charts.bar(value, low, high)
    assert made is not None
    assert -0.01 <= made["x"] <= 100.01
    assert made["end"] <= 100.01
    assert charts.bar(None, low, high) is None


@pytest.mark.parametrize(
    ("start", "count", "least"),
    [
        ("1990-01-02", 8313, 4),
        ("2017-01-02", 900, 2),
        ("2020-01-02", 120, 2),
        ("2020-12-20", 45, 1),
    ],
)
def test_years_are_few_and_inside(start, count, least) -> None:
    days = np.busday_offset(start, np.arange(count), roll="forward").astype("int64")
    ticks = charts.Span(days).years
    assert least <= len(ticks) <= 12
    assert all(0.0 <= tick["x"] <= 97.0 for tick in ticks)


def test_names_at_the_ends_do_not_cover_each_other(found) -> None:
    span = panels.span_of(found)
    for chart in panels.over_time(found, span).values():
        places = [end["y"] for end in chart.ends]
        assert all(b - a >= 14.9 for a, b in pairwise(places))
        assert all(0 <= place <= chart.scale.height for place in places)
        for made in chart.paths:
            numbers = [float(v) for v in re.findall(r"-?\d+(?:\.\d+)?", made["d"])]
            assert all(-0.1 <= x <= 1000.1 for x in numbers[::2])
            assert all(-0.1 <= y <= chart.scale.height + 0.1 for y in numbers[1::2])


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9))
def test_names_at_the_ends_are_apart_wherever_lines_end(places) -> None:
    span = charts.Span(np.arange(2))
    lines = [charts.Line(f"{i}", "shade", np.full(2, value)) for i, value in enumerate(places)]
    scale = charts.Axis(0.0, 1.0, 180, usd_short)
    ends = charts.Chart("k", "t", "s", lines, scale, span, "usd").ends
    found = [end["y"] for end in ends]
    assert all(b - a >= charts.APART - 0.11 for a, b in pairwise(found))
    assert found[0] >= charts.TOP
    assert found[-1] <= 178.0
    asked = {line.name: scale.y(line.values[-1]) for line in lines}
    order = [float(asked[end["name"]]) for end in ends]
    assert order == sorted(order)


@given(st.floats(1e3, 1e9), st.floats(1.3, 100.0))
def test_a_logarithmic_axis_has_three_ticks_at_least(low, factor) -> None:
    scale = charts.axis([np.array([low, low * factor])], 300, usd_short, log=True)
    assert len(scale.ticks) >= 3


def test_crises_of_a_year_have_names_of_their_own() -> None:
    days = np.arange(np.datetime64("2017-01-03"), np.datetime64("2019-12-31"))
    track = Track("t", days.astype("datetime64[ns]"), {})
    crises = [(crisis.name, crisis.rows) for crisis in crises_in(track)]
    made = panels.bands(crises, charts.Span(days.astype("int64")))
    assert [band["label"] for band in made] == ["Feb 18", "Q4 18"]
    near = panels.bands([crises[0], crises[0]], charts.Span(days.astype("int64")))
    assert [band["label"] for band in near] == ["Feb 18", ""]
    assert len({crisis.short for crisis in CRISES}) == len(CRISES)


def test_modelled_and_published_vix_are_two_lines(builtin) -> None:
    from report.made import make

    found = make(market=builtin, start="2012-01-03", end="2016-12-30")
    span = panels.span_of(found)
    lines = panels.over_time(found, span)["vix"].lines
    assert [line.key for line in lines] == ["vix modelled", "vix"]
    strip = panels.origin_strip(found, span)
    assert [part["modelled"] for part in strip] == [True, False]
    assert sum(part["width"] for part in strip) == pytest.approx(100.0, abs=0.3)


def test_every_firing_is_drawn(found) -> None:
    span = panels.span_of(found)
    for rug in panels.trigger_rugs(found, span):
        assert 0 < rug["d"].count("M") <= rug["count"]


def test_the_budget_chart_ends_where_the_track_does(found) -> None:
    made = panels.budget(found)
    track = found.tracks["dynamic"]
    last = made["bars"][-1]["bars"]["dynamic"]
    assert last["usd"] == track["spent"][-1]
    assert last["share"] == track["spent"][-1] / track["budget_base"][-1]
    assert made["limit"] == 0.02


def test_notable_decisions_are_crises_changes_cuts_and_the_latest(found) -> None:
    rows = decisions.notable(found)
    assert [row["date"] for row in rows] == sorted({row["date"] for row in rows})
    reasons = [why for row in rows for why in row["why"]]
    for row in found.crises:
        assert f"{row['name']} begins" in reasons
    assert "latest" in rows[-1]["why"]
    x = found.tracks["dynamic"]["x"]
    steepest = int(abs(x[1:] - x[:-1]).argmax()) + 1
    assert steepest in [row["row"] for row in rows]


def test_steps_are_counted_when_they_change_something(found) -> None:
    rows = decisions.shapers(found)
    assert [row["kind"] for row in rows] == ["linear", "bounds", "persist", "budget", "trigger"]
    assert rows[0]["raised"] is None
    assert rows[3]["raised"] == 0.0
    assert rows[-1]["mean"] == pytest.approx(found.tracks["dynamic"]["x"].mean())


def test_numbers_are_written_for_people() -> None:
    assert usd(-1_234_567.8) == "−$1,234,568"
    assert usd(-0.2) == "$0"
    assert percent(-0.0001, 1) == "0.0%"
    assert percent(1.5, 0) == "150%"
    assert number(float("nan")) == "–"
    assert number(12345.678, 1) == "12,345.7"
    assert usd_short(200_000_000) == "$200M"
