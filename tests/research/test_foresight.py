"""The look-ahead test for users: classic leaks are caught, dated and named; honest code passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.fitting import Fitted
from hedgerow.errors import RangeError
from hedgerow.research.foresight.study import examine
from hedgerow.research.foresight.worlds import other_future
from research.test_lookahead import DRAWN
from synthetic import informed
from synthetic import market as made_market

MARKET = made_market()


def vix(market) -> pd.Series:
    return pd.Series(market["vix"])


def next_day(market):
    return vix(market).shift(-1).to_numpy()


def lead_of_a_mean(market):
    return vix(market).rolling(5).mean().shift(-3).to_numpy()


def centred(market):
    return vix(market).rolling(11, center=True).mean().to_numpy()


def same_mode(market):
    return np.convolve(market["vix"], np.ones(5) / 5, mode="same")


def z_score(market):
    return ((vix(market) - vix(market).mean()) / vix(market).std()).to_numpy()


def global_max(market):
    return market["vix"] / market["vix"].max()


def filled_back(market):
    return vix(market).rolling(20).mean().bfill().to_numpy()


def percentile(market):
    return vix(market).rank(pct=True).to_numpy()


def smoothed_states(market):
    """Smoothed probability of the upper of two states, by forward and backward passes."""
    x = market["vix"]
    like = np.column_stack([np.exp(-0.5 * ((x - m) / 4.0) ** 2) for m in (14.0, 25.0)]) + 1e-12
    move = np.array([[0.98, 0.02], [0.05, 0.95]])
    forward, backward = np.empty_like(like), np.ones_like(like)
    state = np.array([0.5, 0.5])
    for t in range(len(x)):
        state = (state @ move if t else state) * like[t]
        forward[t] = state = state / state.sum()
    for t in range(len(x) - 2, -1, -1):
        later = move @ (like[t + 1] * backward[t + 1])
        backward[t] = later / later.sum()
    both = forward * backward
    return both[:, 1] / both.sum(axis=1)


LEAKS = [
    (next_day, "'vix' of 1 session later (shift(-1))"),
    (lead_of_a_mean, "up to 3 sessions ahead"),
    (centred, "up to 5 sessions ahead"),
    (same_mode, "up to 2 sessions ahead"),
    (z_score, "deviation, minimum or maximum of the whole sample"),
    (global_max, "deviation, minimum or maximum of the whole sample"),
    (filled_back, "filled from later values"),
    (percentile, "a percentile over all dates"),
    (smoothed_states, "smoothed states of a hidden Markov model"),
]


@pytest.mark.parametrize(("leak", "cause"), LEAKS, ids=lambda x: getattr(x, "__name__", ""))
def test_a_classic_leak_is_caught_dated_and_named(leak, cause) -> None:
    found = examine(leak, MARKET)
    (failure,) = found.failures
    assert failure.check == "truncation"
    assert cause in failure.cause
    assert failure.mend
    # on that date the value is another once the future is cut off, as is said
    row = MARKET.index_of(failure.date)
    assert str(MARKET.dates[row]) == failure.date
    assert f"on {failure.date} is {leak(MARKET)[row]:.6g}" in failure.sentence
    assert any(
        not np.isclose(leak(MARKET.until(cut))[row], leak(MARKET)[row], rtol=1e-12, atol=0.0)
        for cut in range(row, min(row + 300, len(MARKET) - 1))
    )


@pytest.mark.parametrize(
    "signal", [s for kind in DRAWN.values() for s in kind if not isinstance(s, Fitted)], ids=str
)
def test_our_own_signals_pass(signal) -> None:
    found = examine(signal, informed(len(MARKET)))
    assert found.passed, found
    asked = {"truncation", "another future", "warm-up"}
    if getattr(signal, "reach", signal.lookback) < len(MARKET):
        asked |= {"lookback"}
    assert asked <= {finding.check for finding in found.findings}


def test_a_fitted_signal_passes() -> None:
    assert examine(hr.RegimeCount(least=250), MARKET).passed


@given(weights=st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=8), ahead=st.integers(0, 6))
@settings(max_examples=40)
def test_a_window_is_caught_if_and_only_if_it_reaches_ahead(weights, ahead) -> None:
    kernel = np.array(weights)
    market = made_market(300)

    def window(market):
        """Weigh the sessions t + ahead - n + 1 … t + ahead."""
        x, n = market["vix"], len(kernel)
        out = np.full(len(x), np.nan)
        for t in range(len(x)):
            last = t + ahead
            if last - n + 1 >= 0 and last < len(x):
                out[t] = x[last - n + 1 : last + 1] @ kernel
        return out

    causal = ahead == 0
    found = examine(window, market)
    assert found.passed is causal, str(found)
    if not causal:
        assert found.failures[0].check == "truncation"


BESIDE = pd.Series(MARKET["vix"], index=pd.DatetimeIndex(MARKET.times))


def of_a_global_table(market):
    return BESIDE.shift(-5).reindex(pd.DatetimeIndex(market.times)).to_numpy()


def past_of_a_global_table(market):
    return BESIDE.shift(1).reindex(pd.DatetimeIndex(market.times)).to_numpy()


def test_tables_beside_the_market_are_looked_through() -> None:
    (failure,) = examine(of_a_global_table, MARKET).failures
    assert failure.check == "other tables"
    assert "'BESIDE'" in failure.cause
    assert examine(past_of_a_global_table, MARKET).passed
    pd.testing.assert_series_equal(  # and are put back
        BESIDE, pd.Series(MARKET["vix"], index=pd.DatetimeIndex(MARKET.times))
    )


BY_DAY = dict(zip(MARKET.dates.astype(str), MARKET["vix"], strict=True))
IN_ORDER = MARKET["vix"].tolist()
BY_TEXT = pd.DataFrame({"day": MARKET.dates.astype(str), "vix": MARKET["vix"]})


def of_a_dict(market):
    return market["vix"] / max(BY_DAY.values())


def of_a_list(market):
    return market["vix"] / max(IN_ORDER)


def of_undated_rows(market):
    return market["vix"] / BY_TEXT["vix"].max()


def of_a_default(market, kept=MARKET["vix"]):
    return market["vix"] / kept.max()


def of_an_option(market, *, kept=MARKET["vix"]):
    return market["vix"] / kept.max()


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        (of_a_dict, "BY_DAY"),
        (of_a_list, "IN_ORDER"),
        (of_undated_rows, "BY_TEXT"),
        (of_a_default, "kept"),
        (of_an_option, "kept"),
    ],
)
def test_tables_of_any_form_are_looked_through(subject, name) -> None:
    (failure,) = examine(subject, MARKET).failures
    assert failure.check == "other tables"
    assert f"'{name}'" in failure.cause
    assert examine(subject, MARKET).failures == (failure,)


SEASONS = {"jan": 1.0, "apr": 1.25, "jul": 1.0, "oct": 1.5}
BY_NUMBER = {"1": 1.0, "10": 2.0}
SPELT = [f"{day:%d/%m/%Y}" for day in pd.DatetimeIndex(MARKET.times)]
BY_SPELT = dict(zip(SPELT, MARKET["vix"], strict=True))


def of_no_dates(market):
    months = pd.DatetimeIndex(market.times).month
    return market["vix"] * SEASONS["oct"] * np.where(months == 10, BY_NUMBER["10"], BY_NUMBER["1"])


def of_dates_spelt(market):
    return market["vix"] / max(BY_SPELT.values())


def test_numbers_by_month_are_no_table_by_date() -> None:
    assert examine(of_no_dates, MARKET).passed
    (failure,) = examine(of_dates_spelt, MARKET).failures
    assert "'BY_SPELT'" in failure.cause


def test_what_a_function_loads_when_called_is_looked_through(builtin) -> None:
    market = builtin.between("2014-01-03", "2016-12-30")

    def ahead(market):
        whole = hr.load("builtin")
        return whole["vix"][np.searchsorted(whole.dates, market.dates) + 1]

    def behind(market):
        whole = hr.load("builtin")
        return whole["vix"][np.searchsorted(whole.dates, market.dates) - 1]

    (failure,) = examine(ahead, market).failures
    assert failure.check == "own data"
    assert "hedgerow.load" in failure.cause
    assert examine(behind, market).passed


def closure(whole):
    def of_a_closure(market):
        return market["vix"] / whole["vix"].mean()

    return of_a_closure


@dataclass
class Kept:
    """Remembers a whole market from when it was made."""

    table: np.ndarray
    kind: ClassVar[str] = "kept"
    name: ClassVar[str] = "kept"
    lookback: ClassVar[int] = 1

    def __call__(self, market):
        return market["vix"] - self.table.mean()


@pytest.mark.parametrize(
    ("subject", "name"), [(closure(MARKET), "whole"), (Kept(MARKET["vix"]), "table")]
)
def test_closures_and_attributes_are_looked_through(subject, name) -> None:
    (failure,) = examine(subject, MARKET).failures
    assert failure.check == "other tables"
    assert f"'{name}'" in failure.cause
    assert examine(subject, MARKET).failures == (failure,)


def through_the_base(market):
    whole = market["vix"].base if market["vix"].base is not None else market["vix"]
    known = len(market)
    return np.r_[whole[1 : known + 1], np.full(known - len(whole[1 : known + 1]), np.nan)]


def test_a_way_around_the_cut_is_caught_by_another_future() -> None:
    (failure,) = examine(through_the_base, MARKET).failures
    assert failure.check == "another future"
    assert "beyond the data" in failure.cause


def writes(market):
    column = market["vix"]
    column.flags.writeable = True
    column[0] += 1.0
    return column.copy()


def test_writing_into_the_market_is_caught() -> None:
    market = made_market(300)
    checks = {failure.check for failure in examine(writes, market).failures}
    assert "mutation" in checks


def drawn(market):
    return np.random.default_rng().normal(size=len(market))


@pytest.mark.parametrize(
    ("subject", "check", "said"),
    [
        (drawn, "determinism", "called twice, 'drawn' differs on 2017-01-02"),
        (lambda market: market["vix"][1:], "form", "it returns shape (899,)"),
        (lambda market: market["vix"].astype(int), "form", "it returns int64, not float64"),
        (vix, "form", "it returns a Series"),
        (lambda market: market["vix"] * np.nan, "form", "no value on any session"),
        (lambda market: market["vixx"], "runs", "the data have no column 'vixx'"),
        (lambda market: 1 / 0, "runs", "ZeroDivisionError: division by zero"),
    ],
)
def test_other_mistakes_are_told(subject, check, said) -> None:
    failure = examine(subject, MARKET).failures[0]
    assert failure.check == check
    assert said in failure.sentence


@dataclass(frozen=True)
class Mean:
    """Mean of ``days``, by ``how``, declared to look back ``lookback``."""

    lookback: int
    how: str
    kind: ClassVar[str] = "mean"
    name: ClassVar[str] = "mean"

    def __call__(self, market):
        if self.how == "filled":
            return vix(market).rolling(20).mean().bfill().to_numpy()
        made = vix(market).ewm(span=20) if self.how == "ewm" else vix(market).rolling(20)
        column = made.mean().to_numpy().copy()
        column[: self.lookback - 1] = np.nan
        return column


@pytest.mark.parametrize(
    ("lookback", "how", "check"),
    [(20, "rolling", ""), (25, "rolling", ""), (15, "rolling", "lookback"), (20, "ewm", "lookback"),
     (20, "filled", "warm-up")],
)  # fmt: skip
def test_the_declared_lookback_is_checked(lookback, how, check) -> None:
    assert {f.check for f in examine(Mean(lookback, how), MARKET).failures} == (
        {check} if check else set()
    )


@dataclass(frozen=True)
class Tomorrow:
    kind: ClassVar[str] = "tomorrow"
    name: ClassVar[str] = "tomorrow"
    lookback: ClassVar[int] = 1

    def __call__(self, market):
        return np.r_[market["vix"][1:], market["vix"][-1]]


def test_policies_steps_and_sleeves() -> None:
    good = hr.Policy([hr.Linear("vix"), hr.Trigger("vix")], [hr.Level("vix")], name="good")
    assert examine(good, MARKET).passed
    bad = hr.Policy([hr.Linear("tomorrow")], [Tomorrow()], name="bad")
    failure = examine(bad, MARKET).failures[0]
    assert failure.check == "truncation"
    assert failure.sentence.startswith("'x' on ")
    for subject in (hr.Smooth(), hr.Trigger("vix"), hr.Tiers("vix"), hr.Put(), hr.VixFuture()):
        assert examine(subject, MARKET).passed
    assert [examine(s, MARKET).kind for s in (hr.Smooth(), hr.Put())] == ["step", "sleeve"]


def test_what_is_nothing_to_test_is_refused() -> None:
    for thing in (3, "text", hr.Level):
        with pytest.raises(RangeError, match="cannot be tested"):
            examine(thing, MARKET)


def test_a_list_of_dates_passes_and_is_remarked_on() -> None:
    def dates(market):
        return (market.dates >= np.datetime64("2018-09-20")).astype("float64")

    found = examine(dates, MARKET)
    assert found.passed
    assert "dates alone" in str(found)
    assert "dates alone" not in str(examine(hr.Level("vix"), MARKET))


@pytest.mark.parametrize("column", ["vix", "spx"])
@pytest.mark.parametrize("ahead", [1, 5, 0, -1])
def test_a_table_moved_before_it_is_looked_up_by_day_is_caught(column, ahead) -> None:
    held = dict(zip(MARKET.dates.astype(str), np.roll(MARKET[column], -ahead), strict=True))

    def looked_up(market):
        return np.array([held[str(day)] for day in market.dates])

    found = examine(looked_up, MARKET)
    assert found.passed is (ahead <= 0)
    if ahead > 0:
        assert f"moves as '{column}' does {ahead} session" in found.failures[0].sentence


def test_another_future_keeps_the_past_and_changes_the_rest() -> None:
    made = other_future(MARKET, 500)
    for name, column in MARKET.columns.items():
        np.testing.assert_array_equal(made[name][:501], column[:501])
        assert not np.isclose(made[name][501:], column[501:]).any()
    again = other_future(MARKET, 500)
    assert again.digest() == made.digest() != other_future(MARKET, 500, seed=1).digest()
    assert replace(made).times.tolist() == MARKET.times.tolist()


def test_the_same_from_python(builtin) -> None:
    found = hr.lookahead(centred, MARKET)
    assert not found.passed
    assert "FAILED" in repr(found)
    assert found.to_dict()["objects"][0]["findings"][-1]["date"]
