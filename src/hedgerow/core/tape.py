"""The tape: everything about market, sleeve and portfolio that is alike for all lanes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from hedgerow.core.book import Bar
from hedgerow.core.expiry import sessions_ahead
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.core.strip import Strip
from hedgerow.errors import DataError, PolicyError

LEAST_DELTA = 1e-3
"""Per point of price: a contract's delta counts as no nearer to zero than this."""


@dataclass(frozen=True)
class Tape:
    """Bars and signals, one row per bar; what a carriage plays its lanes on.

    Parameters
    ----------
    times
        Session labels, ``datetime64[ns]``, **shape** (T,).
    bars
        A :class:`Bar` of columns, each of **shape** (T,).
    signals
        One column per signal of the policy, in its order, each of **shape** (T,).
    nav
        NAV before the first bar, USD.
    """

    times: NDArray[np.datetime64]
    bars: Bar
    signals: tuple[Floats, ...]
    nav: float

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def bar_rows(self) -> Floats:
        """The bar columns side by side, **shape** (T, fields), C-contiguous."""
        return np.ascontiguousarray(np.column_stack(self.bars))

    @cached_property
    def signal_rows(self) -> Floats:
        """The signals side by side, **shape** (T, signals), C-contiguous."""
        if not self.signals:
            return np.zeros((len(self), 0))
        return np.ascontiguousarray(np.column_stack(self.signals))


def record(
    policy: Policy,
    market: Market,
    strip: Strip,
    sizes: tuple[Floats, Floats],
    portfolio: Floats,
    nav: float,
    *,
    exposure: Floats | None = None,
    same_bar: bool = False,
    first: int = 0,
    lag: int = 1,
) -> Tape:
    """Lay market, sleeve and portfolio out as a tape, from bar ``first`` on.

    Parameters
    ----------
    policy
        Its signals are computed on the whole market, so that they are warm at ``first``.
    market, strip
        Rows must match, **shape** (T,).
    sizes
        Contracts for intensity 1.0 as decided at each bar: fixed, and per USD of NAV.
    portfolio
        Return of the portfolio over each bar, a decimal, **shape** (T,).
    nav
        USD before the first bar.
    exposure
        Delta of one USD of the portfolio to the sleeve's index, USD per index point, **shape**
        (T,); none by default.
    same_bar
        Decide with the data of the bar at which the order is filled.  This looks ahead by one
        bar; only for comparison with sources that do so, and reports say it.
    first
        First bar of the run; rows before it only warm up the signals.
    lag
        Sessions from a decision to its fill, as whoever plays the tape has it.

    Raises
    ------
    DataError
        If a signal or a term of a bar is NaN inside the run.
    PolicyError
        If a step needs a delta that takes the portfolio's out, and the sleeve has none.
    """
    filled = filled_on(market, lag)
    bars = bars_on(
        market.dates, strip, sizes, portfolio, exposure, first=first, lag=lag, filled=filled
    )
    columns = tuple(np.asarray(signal(market), dtype="float64") for signal in policy.signals)
    if same_bar:
        ahead = np.minimum(np.arange(len(market)) + 1, len(market) - 1)
        columns = tuple(column[ahead] for column in columns)
        bars = bars._replace(
            size=bars.size[ahead], size_nav=bars.size_nav[ahead], neutral=bars.neutral[ahead]
        )
    rows = slice(first, None)
    tape = Tape(
        market.times[rows],
        Bar(*(np.ascontiguousarray(column[rows]) for column in bars)),
        tuple(column[rows] for column in columns),
        float(nav),
    )
    check(tape, policy, strip)
    return tape


def check(tape: Tape, policy: Policy, strip: Strip | None = None) -> None:
    """Refuse a tape with holes, and a policy that takes a delta out with a sleeve that cannot.

    Raises
    ------
    HedgerowError
        As for `record`.
    """
    _check(tape, policy)
    if strip is not None:
        _check_delta(tape, policy, strip)


def bars_on(
    dates: NDArray[np.datetime64],
    strip: Strip,
    sizes: tuple[Floats, Floats],
    portfolio: Floats,
    exposure: Floats | None = None,
    *,
    first: int = 0,
    lag: int = 1,
    filled: NDArray[np.datetime64] | None = None,
) -> Bar:
    """Return the bars of all sessions, columns of **shape** (T,).

    Parameters
    ----------
    dates
        Sessions, ``datetime64[D]``, **shape** (T,).
    strip, sizes, portfolio, exposure, first, lag
        As for `record`.  Columns may be those of many paths, **shape** (T, paths), and so are then
        the bars'; those of the calendar stay (T,).
    filled
        As for `calendar_on`.
    """
    calendar = calendar_on(dates, first=first, lag=lag, filled=filled)
    carried = np.zeros_like(strip.carry)
    carried[1:] = (strip.carry[:-1].T * calendar["days"][1:]).T
    gain, earned = strip.gain.copy(), np.array(portfolio, dtype="float64")
    gain[first], earned[first], carried[first] = 0.0, 0.0, 0.0
    return Bar(
        gain=gain,
        portfolio=earned,
        roll=strip.roll + strip.shift,
        close_cost=strip.close_cost,
        open_cost=strip.open_cost,
        unit_cost=strip.unit_cost,
        size=sizes[0],
        size_nav=sizes[1],
        neutral=_neutral(strip, exposure),
        carry=strip.next_carry,
        carried=carried,
        **calendar,
        # only the event engine knows another line's delta, and fills them in
        delta=np.zeros(len(dates)),
        hedged=np.zeros(len(dates)),
        band=np.zeros(len(dates)),
    )


def filled_on(market: Market, lag: int = 1) -> NDArray[np.datetime64]:
    """Return the date on which the order of each bar is filled, ``datetime64[D]``, **shape** (T,).

    A daily bar's, ``lag`` sessions later; an intraday bar's on its own session while that has
    minutes left (column ``minutes_left``), for it is filled at the end of the next bar.

    Parameters
    ----------
    market, lag
        As for `record`.

    Examples
    --------
    >>> ends = np.array(["2020-12-31T20:00", "2020-12-31T21:00"], dtype="datetime64[ns]")
    >>> filled_on(Market(ends, {"minutes_left": [60.0, 0.0]})).astype(str).tolist()
    ['2020-12-31', '2021-01-04']
    """
    ahead = sessions_ahead(market.dates, lag)
    if lag and "minutes_left" in market:
        return np.where(market["minutes_left"] > 0.0, market.dates, ahead)
    return ahead


def calendar_on(
    dates: NDArray[np.datetime64],
    *,
    first: int = 0,
    lag: int = 1,
    filled: NDArray[np.datetime64] | None = None,
) -> dict[str, Floats]:
    """Return the fields of bars that come from their dates alone, **shape** (T,) each.

    Parameters
    ----------
    dates
        Sessions, ``datetime64[D]``, **shape** (T,).
    first, lag
        As for `record`.
    filled
        Dates on which the orders of the bars are filled, **shape** (T,); by default every bar is a
        session, and they are ``lag`` sessions later.

    Examples
    --------
    >>> calendar_on(np.array(["2020-12-30", "2020-12-31"], dtype="datetime64[D]"))["year_ends"]
    array([0., 1.])
    """
    days = dates.astype("int64").astype("float64")
    years = dates.astype("datetime64[Y]")
    if filled is None:
        filled = sessions_ahead(dates, lag)  # by the calendar, which is known ahead
    turns = filled.astype("datetime64[Y]")
    end = (turns + np.timedelta64(1, "Y")).astype("datetime64[D]").astype("int64") - 1
    passed = np.diff(days, prepend=days[first])
    passed[: first + 1] = 0.0
    new_year = np.r_[True, years[1:] != years[:-1]]
    new_year[first] = True
    return {
        "days": passed,
        "days_ahead": (filled.astype("int64") - days).astype("float64"),
        "days_left": (end - filled.astype("int64")).astype("float64"),
        "new_year": new_year.astype("float64"),
        "year_ends": (turns != years).astype("float64"),
    }


def _neutral(strip: Strip, exposure: Floats | None) -> Floats:
    """Return the contracts per USD of NAV that take the portfolio's delta out, **shape** (T,)."""
    if exposure is None or not strip.next_delta.any():
        return np.zeros(len(strip))
    # a delta of nearly nothing would ask for nearly endless contracts
    delta = strip.next_delta
    least = LEAST_DELTA * strip.multiplier
    held = np.where(delta == 0.0, np.inf, np.copysign(np.maximum(np.abs(delta), least), delta))
    return np.asarray(-exposure / held)


def _check_delta(tape: Tape, policy: Policy, strip: Strip) -> None:
    """Refuse a step that takes a delta out with a sleeve that cannot."""
    bars = tape.bars
    for i, step in enumerate(policy.steps):
        if "delta" not in getattr(step, "needs", ()):
            continue
        where, mend = f"steps[{i}]", "use options on the index that gain when it falls, as a put"
        if not strip.next_delta.any():
            raise PolicyError(
                f"'{step.kind}' takes a delta out, and {strip.name} has none on the index",
                where=where,
                mend=mend,
            )
        helps = bars.neutral * (bars.size + bars.size_nav * tape.nav) > 0.0
        if bool(np.any(bars.neutral)) and not bool(np.any(helps)):
            raise PolicyError(
                f"'{step.kind}' takes the portfolio's delta out, and {strip.name} adds to it",
                where=where,
                mend=mend,
            )


def mend_of_gaps(times: NDArray[np.datetime64], bad: NDArray[np.intp]) -> str:
    """Return the mend for a column that is not a number on some bars.

    Parameters
    ----------
    times
        Session labels, **shape** (T,).
    bad
        The bars, rising, **shape** (n,).

    Examples
    --------
    >>> days = np.array(["2024-01-02", "2024-01-03", "2024-01-04"], dtype="datetime64[D]")
    >>> mend_of_gaps(days, np.array([0, 1])), mend_of_gaps(days, np.array([2]))
    ('start on 2024-01-04 or later, or supply the missing data', \
'end on 2024-01-03 or earlier, or supply the missing data')
    """
    if len(bad) == len(times):
        return "supply the missing data; 'hedgerow data check' tells what was dropped of them"
    after = int(bad[-1]) + 1
    if after == len(times):
        first = len(times) - len(bad)
        if not first or bad[0] != first:
            return "supply the missing data"
        last = times[first - 1].astype("datetime64[D]")
        return f"end on {last} or earlier, or supply the missing data"
    return f"start on {times[after].astype('datetime64[D]')} or later, or supply the missing data"


def _check(tape: Tape, policy: Policy) -> None:
    if not len(tape):
        raise DataError("no bars are left to run on", where="market", mend="load more history")
    names = [f"signal '{signal.name}'" for signal in policy.signals]
    names += [
        "the portfolio's return" if name == "portfolio" else f"the sleeve's '{name}'"
        for name in Bar._fields
    ]
    for name, column in zip(names, (*tape.signals, *tape.bars), strict=True):
        bad = np.flatnonzero(~np.isfinite(cast("Floats", column)))
        if len(bad):
            day = tape.times[bad[0]].astype("datetime64[D]")
            raise DataError(
                f"{name} is not a number on {day} ({len(bad)} of {len(tape)} bars)",
                where=str(day),
                mend=mend_of_gaps(tape.times, bad),
            )
