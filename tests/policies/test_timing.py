"""H6, H10: days of known events, and the hours in which orders are sent."""

from __future__ import annotations

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.data.session_grid import session_grid
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.timing import Events, ExecutionWindow
from hedgerow.research.lookahead import signal_agrees
from synthetic import market


def days(columns: dict[str, list[float]], sources: dict[str, str] | None = None) -> Market:
    count = len(next(iter(columns.values())))
    times = np.datetime64("2024-01-29", "ns") + np.arange(count) * np.timedelta64(1, "D")
    return Market(times, columns, sources=sources or {})


def intraday(minutes: int, length: int) -> Market:
    """Two sessions of whole bars, the first as long as said."""
    sizes = [size // minutes * minutes for size in (length, 390)]
    ends = [np.arange(minutes, size + 1, minutes, dtype=float) for size in sizes]
    opened = np.concatenate(ends)
    left = np.concatenate([size - end for size, end in zip(sizes, ends, strict=True)])
    start = np.repeat(
        np.array(["2024-07-03", "2024-07-05"], "datetime64[m]"), [len(e) for e in ends]
    )
    times = (start + 570 + opened.astype("timedelta64[m]")).astype("datetime64[ns]")
    clock = {"minutes_open": opened, "minutes_left": left}
    return Market(times, {**clock, "bar_minutes": np.full(len(opened), float(minutes))})


def test_h6_events_are_known_ahead() -> None:
    data = days({"event_fomc_in": [2.0, 1.0, 0.0, 31.0], "event_cpi_in": [9.0, 8.0, 7.0, 0.0]})
    assert Events()(data).tolist() == [0.0, 1.0, 1.0, 0.0]
    assert Events(ahead=0)(data).tolist() == [0.0, 0.0, 1.0, 0.0]
    assert Events(("fomc", "cpi"), ahead=0)(data).tolist() == [0.0, 0.0, 1.0, 1.0]


def test_h6_before_the_calendar_begins_nothing_is_known() -> None:
    got = Events()(days({"event_fomc_in": [np.nan, 1.0, 0.0]}))
    np.testing.assert_array_equal(got, [np.nan, 1.0, 1.0])


def test_h6_a_stale_calendar_names_file_and_field() -> None:
    source = {"event_cpi_in": "macro/cpi_dates.csv, sessions to the next date"}
    data = days({"event_cpi_in": [1.0, 0.0, np.nan]}, source)
    with pytest.raises(hr.DataError, match="ends on 2024-01-30, the data on 2024-01-31") as error:
        Events(("cpi",))(data)
    assert error.value.where == "macro/cpi_dates.csv, market.event_cpi_in"
    assert Events(("cpi",))(data.until(1)).tolist() == [1.0, 1.0]


def test_h6_a_missing_calendar_names_the_field_and_the_file() -> None:
    with pytest.raises(hr.DataError, match="no calendar of 'ppi'") as error:
        Events(("ppi",))(market(30))
    assert error.value.where == "market.event_ppi_in"
    assert "ppi_dates.csv" in error.value.mend


def test_h10_daily_bars_are_always_in_a_window() -> None:
    assert ExecutionWindow()(market(30)).tolist() == [1.0] * 30


@pytest.mark.parametrize("length", [390, 210])
@pytest.mark.parametrize("minutes", [5, 30, 60])
@pytest.mark.parametrize(("first", "last"), [(90, 60), (30, 1), (1, 45), (390, 390)])
def test_h10_the_window_of_the_next_bars_end(length, minutes, first, last) -> None:
    data = intraday(minutes, length)
    opened, left = data["minutes_open"], data["minutes_left"]
    fits = (opened <= first) | (left <= last)
    got = ExecutionWindow(first, last)(data)
    # an order decided at a bar is filled at the next bar's end
    assert got[:-1].tolist() == fits[1:].astype(float).tolist()
    assert got[-1] == float(minutes <= first)


def test_h10_by_hand_on_a_day_of_half_hours() -> None:
    data = intraday(30, 390)
    # decided at 10:00 and 10:30, filled at 10:30 and 11:00; 14:30 fills at 15:00
    assert ExecutionWindow()(data)[:13].tolist() == [1.0] * 2 + [0.0] * 7 + [1.0] * 4


@pytest.mark.parametrize("minutes", [4, 5, 20, 30, 60, 65, 130, 195, 390])
@pytest.mark.parametrize(("first", "last"), [(90, 60), (60, 30), (30, 15)])
def test_h10_on_the_bars_of_new_york_with_an_early_close(minutes, first, last) -> None:
    """Christmas Eve of 2018 closed at 13:00; hourly bars begin with half an hour."""
    start, end = np.datetime64("2018-12-20"), np.datetime64("2018-12-27")
    grid = session_grid(start, end, minutes)
    clock = {"minutes_open": grid.opened, "minutes_left": grid.left, "bar_minutes": grid.length}
    data = Market(grid.ends, clock)
    fits = ((grid.opened <= first) | (grid.left <= last)).astype(float)
    got = ExecutionWindow(first, last)(data)
    # the first bar of all may be a short one, and the next session is not known to end early
    late = np.append(grid.dates[1:], grid.dates[-1]) == np.datetime64("2018-12-24")
    whole = ~late | (grid.left > 0)
    np.testing.assert_array_equal(got[1:-1][whole[1:-1]], fits[2:][whole[1:-1]])
    assert signal_agrees(ExecutionWindow(first, last), data, count=20).passed


@pytest.mark.parametrize("signal", [ExecutionWindow(), ExecutionWindow(30, 45)], ids=str)
def test_h10_the_window_knows_no_later_bar(signal) -> None:
    assert signal_agrees(signal, intraday(15, 210), count=60).passed


def test_h10_a_clock_that_lacks_a_column_is_told() -> None:
    data = intraday(30, 390)
    kept = {name: data[name] for name in ("minutes_open", "bar_minutes")}
    with pytest.raises(hr.DataError, match="no column 'minutes_left'"):
        ExecutionWindow()(Market(data.times, kept))


@pytest.mark.parametrize(
    ("signal", "name"),
    [
        (Events(), "events"),
        (Events(("cpi", "ppi")), "events_cpi_ppi"),
        (Events(("fomc", "cpi"), ahead=3), "events_fomc_cpi_3"),
        (Events(ahead=0), "events_0"),
        (ExecutionWindow(), "window"),
        (ExecutionWindow(30, 60), "window30_60"),
    ],
)
def test_h6_h10_names(signal, name: str) -> None:
    assert signal.name == name
    assert signal_named(name) == signal


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ExecutionWindow(first=0), "at least 1"),
        (lambda: ExecutionWindow(last=391), "at most 390"),
        (lambda: Events(()), "at least 1"),
        (lambda: Events(("fomc", "fomc")), "stands twice"),
        (lambda: Events(ahead=-1), "at least 0"),
    ],
)
def test_h6_h10_mistakes_are_told(make, said: str) -> None:
    with pytest.raises(hr.PolicyError, match=said):
        make()
