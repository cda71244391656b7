"""What may be decided on and what not: genuine sessions pass, planted errors do not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.market import Market, Origin
from hedgerow.data import load
from hedgerow.live.hours import close_of
from hedgerow.live.needs import needs_of
from hedgerow.live.screening import FAST, Screened, screen
from hedgerow.live.settings import SourceTerms
from hedgerow.live.sources.expiries import expiries
from hedgerow.live.sources.reading import Reading, row_of
from hedgerow.policies.catalog import signal_named

TERMS = SourceTerms()
DAYS = ("2020-03-12", "2020-03-13", "2020-03-16")
# closes of S&P 500, Cboe's indices and the settles of VX/H0 … VX/K0 at CFE
KNOWN = {
    "spx": (2480.64, 2711.02, 2386.13),
    "vix": (75.47, 57.83, 82.69),
    "vix9d": (103.56, 69.87, 106.66),
    "vix3m": (57.24, 48.31, 67.70),
    "vvix": (155.05, 171.28, 207.59),
    "vx1": (58.3, 53.425, 72.625),
    "vx2": (45.825, 43.9, 59.15),
    "vx3": (36.575, 34.525, 44.875),
}


def history(rows: int = 2) -> Market:
    days = np.array(DAYS[:rows], dtype="datetime64[D]")
    columns = {name: np.array(values[:rows]) for name, values in KNOWN.items()}
    for name in ("vx1", "vx2", "vx3"):
        columns[f"{name}_expiry"] = np.array([float(expiries(day)[name]) for day in days])
    columns["rate"] = np.full(rows, 0.003)
    return Market(days.astype("datetime64[ns]"), columns)


def reading(**changes: float | None) -> Reading:
    day = np.datetime64(DAYS[2])
    values: dict[str, float] = {name: found[2] for name, found in KNOWN.items()}
    values |= {f"vx{rank}_expiry": float(expiries(day)[f"vx{rank}"]) for rank in (1, 2, 3)}
    for name, value in changes.items():
        if value is None:
            del values[name]
        else:
            values[name] = value
    return Reading(DAYS[2], "a test", values)


def asked(
    read: Reading,
    *needs: str,
    terms: SourceTerms = TERMS,
    check: Reading | None = None,
    market: Market | None = None,
    late: int = 0,
) -> Screened:
    now = close_of(np.datetime64(DAYS[2])) + late
    return screen(read, history() if market is None else market, needs, terms, check, now)


def test_16_march_2020_passes_and_its_rate_is_carried_and_told() -> None:
    found = asked(reading(), "vix3m")
    assert found.refusals == ()
    assert found.findings == ("rate is carried from 2020-03-13, 1 session old",)
    assert found.reading.values["rate"] == 0.003


PLANTED = {
    "decimal comma read as thousands": ({"vix": 8269.0}, "VIX is 8269: nothing outside"),
    "thousands point": ({"spx": 2.38613}, "SPX is 2.38613, -99.9% from"),
    "zero VIX": ({"vix": 0.0}, "VIX is 0: nothing outside"),
    "zero index": ({"spx": 0.0}, "SPX is 0: no price is zero or less"),
    "negative future": ({"vx1": -72.625}, "VX1 is -72.625: no price"),
    "futures times ten": ({"vx1": 726.25, "vx2": 591.5}, "more than 3 times apart"),
    "one future times ten": ({"vx3": 448.75}, "VX3 is 448.75"),
    "VIX doubled and more": ({"vix": 157.83}, "2.73 times the 57.83 of 2020-03-13"),
    "index halved": ({"spx": 1193.06}, "beyond spx_move = 0.22"),
    "index and VIX swapped": ({"spx": 82.69, "vix": 2386.13}, "SPX is 82.69"),
    "VIX and VVIX swapped": ({"vix": 207.59, "vvix": 82.69}, "VIX is 207.59"),
    "settles of VIX futures in the place of expiries": (
        {"vx1_expiry": 72.625, "vx1": 18339.0},
        "VX1 is said to settle on 1970-03-14",
    ),
    "crossed expiries": (
        {"vx1_expiry": 18367.0, "vx2_expiry": 18339.0},
        "by the exchange's rule it is 2020-03-18",
    ),
    "one quote for several indices": ({"vix": 82.69, "vix9d": 82.69, "vix3m": 82.69}, "one quote"),
    "missing VIX": ({"vix": None}, "VIX is missing: a test does not have it for 2020-03-16"),
    "NaN": ({"spx": float("nan")}, "SPX is missing"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_refused(name) -> None:
    changes, said = PLANTED[name]
    refusals = asked(reading(**changes)).refusals
    assert any(said in refusal for refusal in refusals), refusals


def before(rows: int = 1) -> Reading:
    """The session before once more, under the new date."""
    held = {name: float(column[-rows]) for name, column in history().columns.items()}
    return dataclasses.replace(reading(), values=held)


def test_yesterday_repeated_is_stale() -> None:
    refusals = asked(before()).refusals
    assert refusals == (
        "every price is that of 2020-03-13 to the last digit: the quotes are stale",
    )


def test_volatility_indices_that_stand_still_are_stale() -> None:
    frozen = {name: KNOWN[name][1] for name in ("vix", "vix9d", "vix3m", "vvix")}
    assert asked(reading(**frozen)).refusals == (
        "every volatility index is that of 2020-03-13 to the last digit: they are stale",
    )


def test_an_index_that_stands_still_alone_is_noted() -> None:
    found = asked(reading(spx=2711.02))
    assert found.refusals == ()
    assert "SPX is that of 2020-03-13 to the last digit" in found.findings


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, ""),
        (900, ""),
        (-61, "SPX is of 2020-03-16 15:58 New York, not of the close of 2020-03-16"),
        (-3 * 86400, "SPX is of 2020-03-13 16:00 New York"),
        (86400, "SPX is of 2020-03-17 16:00 New York, not of the close"),
        (3600, "SPX is of 2020-03-16 17:00 New York, and it is 2020-03-16 16:30 New York: a clock"),
    ],
)
def test_stamps_are_those_of_the_close(seconds, said) -> None:
    stamp = close_of(np.datetime64(DAYS[2])) + seconds * 10**9
    read = dataclasses.replace(reading(), stamps={"spx": stamp})
    refusals = asked(read, late=1800 * 10**9).refusals
    assert [said in refusal for refusal in refusals] == ([True] if said else []), refusals


def test_what_is_not_the_next_session_is_refused() -> None:
    sunday = dataclasses.replace(reading(), session="2020-03-15")
    assert asked(sunday).refusals == ("2020-03-15 is no session of the exchanges",)
    for day in ("2020-03-13", "2020-03-12"):
        again = dataclasses.replace(reading(), session=day)
        said = f"{day} is not after 2020-03-13, the last session accepted"
        assert asked(again).refusals == (said,)
    garbled = dataclasses.replace(reading(), session="16.3.2020")
    assert "is not a date" in asked(garbled).refusals[0]
    assert "ends at 2020-03-16 16:00 New York" in asked(reading(), late=-1).refusals[0]


def test_a_gap_is_noted_and_a_long_one_refused() -> None:
    short = asked(reading(), market=history().until(0))
    assert short.refusals == ()
    assert "1 session between 2020-03-12 and 2020-03-16 passed unseen" in short.findings
    old = Market(np.array(["2020-03-06"], dtype="datetime64[ns]"), {"spx": [2972.0], "vix": [41.9]})
    assert (
        "5 sessions between 2020-03-06 and 2020-03-16 are missing"
        in (asked(reading(), market=old).refusals[0])
    )


def second(**changes: float) -> Reading:
    values = {"spx": 2386.13, "vix": 82.69, "vix3m": 67.70} | changes
    return Reading(DAYS[2], "another", values)


def test_a_digit_typed_wrong_is_caught_by_the_second_source() -> None:
    terms = SourceTerms(check="yahoo")
    wrong = reading(vix=62.69)
    assert asked(wrong).refusals == (), "no rule of one source alone can see it"
    assert asked(wrong, terms=terms, check=second()).refusals == (
        "VIX is 62.69 at a test, 82.69 at another",
    )
    assert asked(reading(), terms=terms, check=second()).refusals == ()
    assert asked(reading(), terms=terms, check=second(vix=82.9)).refusals == (), "within 0.5 %"


def test_a_conflict_in_what_is_not_needed_is_noted() -> None:
    terms = SourceTerms(check="yahoo")
    wrong = reading(vix3m=57.70)
    assert "VIX3M is 57.7 at a test, 67.7 at another" in (
        asked(wrong, terms=terms, check=second()).findings
    )
    assert asked(wrong, "vix3m", terms=terms, check=second()).refusals


def test_a_second_source_that_is_wanted_and_silent_is_no_second_source() -> None:
    terms = SourceTerms(check="yahoo")
    said = "the second source does not have 2020-03-16, and nothing else confirms it"
    assert asked(reading(), terms=terms).refusals == (said,)
    old = dataclasses.replace(second(), session="2020-03-13")
    assert asked(reading(), terms=terms, check=old).refusals == (said,)
    part = dataclasses.replace(second(), values={"spx": 2386.13})
    assert asked(reading(), terms=terms, check=part).refusals == (
        "another has no VIX that would confirm it",
    )


def test_a_move_beyond_the_limits_passes_where_both_sources_have_it() -> None:
    terms = SourceTerms(check="yahoo", spx_move=0.1, vix_ratio=1.2)
    alone = asked(reading(), terms=SourceTerms(spx_move=0.1, vix_ratio=1.2)).refusals
    assert len(alone) >= 2
    found = asked(reading(vix9d=None, vix3m=None, vvix=None, vx1=None, vx2=None, vx3=None),
                  terms=terms, check=second())  # fmt: skip
    assert found.refusals == ()
    assert any(words.endswith("another has it too") for words in found.findings)


def test_slow_columns_are_carried_for_a_while_and_prices_never() -> None:
    days = np.array(["2020-03-02", "2020-03-12", "2020-03-13"], dtype="datetime64[ns]")
    nan = float("nan")
    market = Market(
        days,
        {
            "spx": [3090.23, 2480.64, 2711.02],
            "vix": [33.42, 75.47, 57.83],
            "vix3m": [29.0, 57.24, 48.31],
            "rate": [0.011, nan, nan],
            "hy_spread": [0.05, nan, nan],
            "xlf": [25.0, 20.0, 22.0],
            "event_fomc_in": [nan, 4.0, 3.0],
            "event_cpi_in": [nan, 1.0, 0.0],
        },
    )
    found = asked(Reading(DAYS[2], "a test", {"spx": 2386.13, "vix": 82.69}), market=market)
    values = found.reading.values
    assert values["rate"] == 0.011
    assert "rate is carried from 2020-03-02, 10 sessions old" in found.findings
    assert values["xlf"] == 22.0
    assert (found.reading.origin["rate"], found.reading.origin["xlf"]) == (
        Origin.ASSUMED,
        Origin.REPAIRED,
    )
    assert "hy_spread" not in values, "older than ten days"
    assert "vix3m" not in values, "a price is never carried"
    assert (values["event_fomc_in"], values["event_fomc"]) == (2.0, 0.0)
    assert "event_cpi_in" not in values, "the calendar has ended"
    assert "VIX3M: 2020-03-13 had it, 2020-03-16 has not" in found.findings
    needed = asked(found.reading, "vix3m", "hy_spread", market=market).refusals
    assert [said.split(":")[0] for said in needed] == [
        "HY_SPREAD is missing",
        "VIX3M is missing",
    ]


finite = st.floats(0.5, 2.0)


@given(st.dictionaries(st.sampled_from(FAST), st.floats(allow_nan=True), max_size=6))
def test_whatever_is_read_is_screened_without_an_error(values) -> None:
    found = asked(dataclasses.replace(reading(), values=values), "vix3m")
    lacking = {"spx", "vix", "vix3m"} - {n for n, v in values.items() if np.isfinite(v)}
    told = {said.split()[0].lower() for said in found.refusals if "is missing" in said}
    assert told == lacking


@given(st.sampled_from(("spx", "vix", "vvix", "vx1", "vx2")), finite)
def test_a_value_ten_times_what_it_is_never_passes(name, factor) -> None:
    sane = KNOWN[name][1] * factor
    assert asked(reading(**{name: sane * 10.0})).refusals
    assert asked(reading(**{name: -sane})).refusals


@given(finite)
def test_the_limit_on_the_index_is_where_the_settings_put_it(factor) -> None:
    move = abs(factor - 1.0)
    refused = bool(asked(reading(spx=2711.02 * factor)).refusals)
    assert refused == (move > TERMS.spx_move) or abs(move - TERMS.spx_move) < 1e-9


def passed(market: Market, rows: range) -> dict[str, tuple[str, ...]]:
    """What is refused of a history that is read session by session."""
    found = {}
    for row in rows:
        day = market.dates[row]
        read = row_of(market, day, "the past")
        done = screen(read, market.until(row - 1), ("spx", "vix"), TERMS, None, close_of(day))
        if done.refusals:
            found[str(day)] = done.refusals
    return found


CRISES = (
    *("1998-08-31", "2001-09-17", "2008-09-29", "2008-10-13", "2011-08-08", "2015-08-24"),
    *("2018-02-05", "2018-02-06", "2018-12-26", "2020-03-09", "2020-03-12", "2020-03-16"),
    *("2020-03-24", "2020-11-09", "2021-11-26", "2024-08-05", "2024-08-06", "2024-12-18"),
    *("2025-04-03", "2025-04-04", "2025-04-07", "2025-04-09", "2025-04-10"),
)


@pytest.fixture(scope="module")
def real(real_data) -> Market:
    return load(real_data).market


@pytest.mark.realdata
def test_crises_pass(real) -> None:
    rows = [real.index_of(day) for day in CRISES]
    assert [str(real.dates[row]) for row in rows] == list(CRISES)
    for row in rows:
        assert passed(real, range(row, row + 1)) == {}


@pytest.mark.realdata
@pytest.mark.slow
def test_every_session_of_1990_to_2026_passes(real) -> None:
    assert len(real) > 9_000
    assert passed(real, range(1, len(real))) == {}


def test_modelled_history_passes_too(builtin) -> None:
    for first in (builtin.index_of("2008-09-02"), builtin.index_of("2020-02-03")):
        assert passed(builtin, range(first, first + 60)) == {}


@pytest.mark.realdata
def test_yesterday_repeated_is_refused_wherever_it_is_planted(real) -> None:
    for row in range(100, len(real), 97):
        day = real.dates[row]
        read = dataclasses.replace(row_of(real, real.dates[row - 1], "f"), session=str(day))
        assert screen(read, real.until(row - 1), (), TERMS, None, close_of(day)).refusals


def test_what_a_program_needs_is_what_its_signals_read() -> None:
    policy = hr.Policy(
        signals=[hr.Level("vix"), hr.Level("vix3m"), signal_named("events_cpi_ppi")],
        steps=[hr.Linear("vix", low=12, high=22)],
    )
    put, other = hr.Put(), hr.Put(index="ndx")
    program = hr.Program([hr.Line("puts", put, policy), hr.Line("ndx", other, policy)])
    assert needs_of(program) == {
        *("spx", "vix", "vix3m", "ndx", "event_cpi_in", "event_ppi_in"),
    }  # fmt: skip


def test_a_model_does_not_step_in_for_the_vendors_own_vix() -> None:
    made = dataclasses.replace(reading(), origin={"vix": int(Origin.MODELLED)})
    (refusal,) = asked(made).refusals
    assert refusal.startswith("VIX is 82.69 by a model, and 2020-03-13 had it measured: a test")
    assert asked(dataclasses.replace(made, past=True)).refusals == (), "as in the backtest"
    codes = {name: np.full(2, Origin.MODELLED) for name in ("vix",)}
    always = Market(history().times, dict(history().columns), codes)
    assert asked(made, market=always).refusals == ()


def test_a_vix_that_stands_still_while_the_index_falls_is_stale() -> None:
    (refusal,) = asked(reading(vix=57.83)).refusals
    assert (
        refusal == "VIX is that of 2020-03-13 to the last digit, and SPX moved by -12.0%: "
        "VIX is stale"
    )
    quiet = reading(vix=57.83, spx=2700.0)
    assert asked(quiet).refusals == ()
    assert "VIX is that of 2020-03-13 to the last digit" in asked(quiet).findings
    assert asked(reading(vix=57.83), check=reading(vix=57.83)).refusals == ()


def test_what_a_vendor_has_revised_is_told_and_changes_nothing() -> None:
    now = {name: found[1] for name, found in KNOWN.items()} | {"vix": 58.38}
    found = asked(dataclasses.replace(reading(), before=(DAYS[1], now)))
    assert found.refusals == ()
    assert (
        "VIX of 2020-03-13 is 58.38 by now at a test: it was accepted as 57.83, and stays so"
        in found.findings
    )
    assert sum("by now" in finding for finding in found.findings) == 1
    old = asked(dataclasses.replace(reading(), before=(DAYS[0], now)))
    assert not any("by now" in finding for finding in old.findings)
