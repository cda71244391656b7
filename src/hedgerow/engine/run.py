"""Runs a policy over history: decide at one close, fill at the next, keep every reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hedgerow.core.book import Order
from hedgerow.core.fitting import fits_of
from hedgerow.core.lanes import floats
from hedgerow.core.market import Floats, Market, Origin, session_date
from hedgerow.core.policy import Policy
from hedgerow.core.strip import Strip
from hedgerow.core.tape import Tape, mend_of_gaps, record
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.track import COLUMNS, Track
from hedgerow.errors import DataError, PolicyError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.scene import DIVIDEND_YIELD, RATE, SPOT, index_of, missing_index
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.rules import Constant
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger


@dataclass(frozen=True)
class Ground:
    """What all runs of one comparison share: market, strip, portfolio and terms.

    Parameters
    ----------
    market
        Rows up to the last bar of the run, with the history that warms the signals up.
    strip
        The sleeve on that market.
    sizes
        Contracts for intensity 1.0, fixed and per USD of NAV.
    portfolio, values
        The portfolio and its value at each close, USD.
    first
        First bar of the run.
    same_bar
        Whether orders are filled at the bar that decides them.
    index
        Market column of the index that the sleeve is written on.
    """

    market: Market
    strip: Strip
    sizes: tuple[Floats, Floats]
    portfolio: Equity
    values: Floats
    first: int
    same_bar: bool
    index: str = SPOT

    def tape(self, policy: Policy, lag: int = 1, *, offsets: bool = False) -> Tape:
        """Lay the ground out as a tape for a policy whose orders are filled ``lag`` bars later.

        Parameters
        ----------
        policy, lag
            Whose tape, and when its orders are filled.
        offsets
            Whether it takes the delta of another line out, which the tape does not know.

        Raises
        ------
        PolicyError
            If it looks at such a delta, and has none.
        """
        if policy.follows_delta and not offsets:
            raise no_delta_to_follow(policy, "policy")
        before = np.r_[self.values[0], self.values[:-1]]
        earned = self.values / before - 1.0
        return record(
            policy,
            self.market,
            self.strip,
            self.sizes,
            earned,
            float(self.portfolio.value),
            exposure=self.portfolio.delta / self.market[self.index],
            same_bar=self.same_bar,
            first=self.first,
            lag=lag,
        )


def prepare(
    market: Market,
    sleeve: Sleeve,
    portfolio: Equity,
    *,
    costs: Costs | None = None,
    lookback: int = 1,
    start: str | None = None,
    end: str | None = None,
    same_bar: bool = False,
) -> Ground:
    """Build the ground of a comparison.

    Parameters
    ----------
    market
        All the history there is; rows before ``start`` warm the signals up.
    sleeve, portfolio, costs
        What hedges, what is hedged, and what trading costs.
    lookback
        Sessions that the policy's signals need before the first decision.
    start, end
        Dates of the run, both included; all of the data by default.
    same_bar
        Fill orders at the bar that decides them.

    Raises
    ------
    RangeError
        If a date is unreadable, lies outside the data, or leaves fewer than two bars.
    """
    whole, first = stretch(market, lookback, start, end, spots=spots_of(sleeve))
    strip = sleeve.strip(whole, lag=0 if same_bar else 1, costs=costs)
    values = portfolio.values(whole, first)
    sizes, index = sleeve.size.columns(strip), index_of(sleeve)
    return Ground(whole, strip, sizes, portfolio, values, first, same_bar, index)


def spots_of(*sleeves: Sleeve) -> set[str]:
    """Return the market columns of the indices, beside the S&P 500, that sleeves are written on."""
    return {*map(index_of, sleeves)} - {SPOT}


def stretch(
    market: Market,
    lookback: int,
    start: str | None,
    end: str | None,
    *,
    spots: Iterable[str] = (),
    least: int = 2,
) -> tuple[Market, int]:
    """Return the market up to a run's last bar, with rates, and the row of its first bar.

    Parameters
    ----------
    market, lookback, start, end
        As for `prepare`.
    spots
        Columns of further indices that sleeves are written on; sessions before all are known
        are left out.
    least
        Bars that a run has: two for a comparison, one for a run that goes on.

    Raises
    ------
    HedgerowError
        As for `prepare`, or if index or VIX are unknown within the run.
    """
    for date, where in ((start, "start"), (end, "end")):
        if date is not None:
            _inside(market, date, where)
    market = _since_known(market, spots)
    inside = market.between(start, end)
    upto = int(np.searchsorted(market.times, inside.times[-1]))
    whole = _with_rates(market.until(upto))
    first = max(int(np.searchsorted(whole.times, inside.times[0])), lookback - 1)
    if len(whole) - first < least:
        raise RangeError(
            f"only {max(len(whole) - first, 0)} bars are left after {lookback - 1} to warm up",
            where="start, end",
            mend="choose a longer stretch",
        )
    _known_throughout(whole, first, spots)
    return whole, first


def _since_known(market: Market, spots: Iterable[str]) -> Market:
    """Leave out the sessions before all of these columns are known; one that lacks is refused."""
    for name in sorted(spots):
        if not market.has(name):
            raise missing_index(name)
        known = int(np.argmax(np.isfinite(market[name])))
        market = market.between(str(market.dates[known]), None) if known else market
    return market


def _known_throughout(market: Market, first: int, spots: Iterable[str]) -> None:
    """Refuse a run on days when an index or VIX is unknown: prices would be made of old ones."""
    for name in ("spx", "vix", *sorted(spots)):
        bad = np.flatnonzero(~np.isfinite(market[name][first:]))
        if len(bad):
            day = market.dates[first + bad[0]]
            raise DataError(
                f"'{name}' is not a number on {day} ({len(bad)} sessions of the run)",
                where=str(day),
                mend=mend_of_gaps(market.times[first:], bad),
            )


def _with_rates(market: Market) -> Market:
    """Fill bill rate and dividend yield where unknown, labelled, for portfolio and sleeve alike.

    The last known value is kept; before the first one a documented constant stands.
    """
    for name, constant in (("rate", RATE), ("dividend_yield", DIVIDEND_YIELD)):
        had = market.columns.get(name, np.full(len(market), np.nan))
        known = np.isfinite(had)
        if known.all():
            continue
        last = np.maximum.accumulate(np.where(known, np.arange(len(market)), -1))
        filled = np.where(last >= 0, had[np.maximum(last, 0)], constant)
        origin = market.origin.get(name, np.full(len(market), Origin.MISSING, dtype="int8"))
        source = market.sources.get(name, "not in the data")
        market = market.with_columns(
            {name: filled},
            {name: np.where(known, origin, Origin.ASSUMED)},
            {name: f"{source}; where unknown the last value, before the first {constant:.1%}"},
        )
    return market


def _inside(market: Market, date: str, where: str) -> None:
    day, slack = session_date(date, where), np.timedelta64(7, "D")
    if day < market.dates[0] - slack or day > market.dates[-1] + slack:
        raise RangeError(
            f"{day} lies outside the data",
            where=where,
            mend=f"choose a date inside {market.dates[0]} … {market.dates[-1]}",
        )


def no_delta_to_follow(policy: Policy, where: str) -> PolicyError:
    """Return the error for a policy that looks at another line's delta where there is none."""
    kinds = [step.kind for step in policy.steps if getattr(step, "follows_delta", False)]
    return PolicyError(
        f"'{kinds[0]}' follows the delta of another line, and here is none",
        where=where,
        mend='use it in a program, on a line with offsets = "…"; hedgerow scalp studies such bands',
    )


def static(signal: str = "vix", level: float = 1.0, every: str | None = None) -> Policy:
    """Return the policy that every other is compared with: ``level`` times the base, always.

    It is resized when the sleeve rolls and, unless ``every`` gives a clock, never in between.
    """
    hold = Trigger(signal, move=None, relative=None, every=every, drawdown=None)
    return Policy(steps=[Constant(level), hold], signals=[Level(signal)], name="static", raw=True)


def text_of(policy: Policy) -> str:
    """Return the policy as TOML, or, with classes that no file can name, as Python shows it."""
    try:
        return policy.to_toml()
    except PolicyError:
        return repr(policy)


def play(
    name: str,
    policy: Policy,
    ground: Ground,
    facts: dict[str, Any] | None = None,
    turns: Mapping[int, Policy] | None = None,
) -> Track:
    """Run one policy over the ground and keep its track record.

    With ``turns``, the policy takes other numbers at those bars of the run, and goes on.
    """
    tape = ground.tape(policy)
    journey, _ = floats.play(policy, tape, turns=turns)
    if ground.same_bar:
        seen = tuple(signal(ground.market)[ground.first :] for signal in policy.signals)
        journey, tape = _dated_by_fill(journey, tape, seen)
    book, order = journey.book, journey.order
    held_before = np.r_[0.0, book.held[:-1]]
    kinds = [step.kind for step in policy.steps]
    remembered = [
        f"{kind}.{field}"
        for kind, memory in zip(kinds, policy.start(), strict=True)
        for field in memory._fields
    ]
    return Track(
        name,
        tape.times,
        {
            "nav": book.nav,
            "portfolio": ground.values[ground.first :].copy(),
            "earned": book.before * tape.bars.portfolio,
            "hedge": np.cumsum(book.pnl),
            "pnl": book.pnl,
            "cost": book.cost,
            "carry": held_before * tape.bars.carried,
            "held": book.held,
            "traded": book.traded,
            "rolled": tape.bars.roll.copy(),
            "modelled": ground.strip.modelled[ground.first :].astype("float64"),
            "wanted": order.contracts,
            "x": order.x,
            "act": order.act,
            "legs": _legs(policy, journey),
            "spent": book.spent,
            "budget_base": book.base,
            "peak": book.peak,
        },
        {
            signal.name: column.copy()
            for signal, column in zip(policy.signals, tape.signals, strict=True)
        },
        {kind: journey.trace[:, i].copy() for i, kind in enumerate(kinds)},
        {name: journey.memory[:, i].copy() for i, name in enumerate(remembered)},
        {"policy": text_of(policy), **(facts or {})},
        fits_of(policy, ground.market),
    )


def _dated_by_fill(
    journey: floats.Journey, tape: Tape, seen: tuple[Floats, ...]
) -> tuple[floats.Journey, Tape]:
    """Move same-bar decisions to the bar whose data made them and that filled them."""

    def later(column: Floats) -> Floats:
        return np.concatenate([column[:1] * 0.0, column[:-1]])

    moved = journey._replace(
        order=Order(*(later(column) for column in journey.order)),
        trace=later(journey.trace),
        memory=later(journey.memory),
    )
    return moved, replace(tape, signals=seen)


def _legs(policy: Policy, journey: floats.Journey) -> Floats:
    """Return the codes of the trigger's legs at each bar, 0 where the policy has no trigger."""
    if policy.trigger is None:
        return np.zeros(len(journey.times))
    fields = policy.start()[-1]._fields
    if "legs" not in fields:  # a trigger of the user's own need not say why
        return np.zeros(len(journey.times))
    before = sum(len(memory) for memory in policy.start()[:-1])
    return journey.memory[:, before + fields.index("legs")].copy()


def unhedged(ground: Ground, facts: dict[str, Any] | None = None) -> Track:
    """Return the track record of the portfolio alone."""
    values = ground.values[ground.first :].copy()
    still = set(COLUMNS) - {"nav", "portfolio", "earned", "peak", "budget_base", "rolled"}
    columns = {name: np.zeros(len(values)) for name in sorted(still)}
    return Track(
        "unhedged",
        ground.market.times[ground.first :],
        {
            "nav": values,
            "portfolio": values.copy(),
            "earned": np.diff(values, prepend=values[0]),
            "peak": np.maximum.accumulate(values),
            "budget_base": values.copy(),
            "rolled": np.zeros(len(values)),
            **columns,
        },
        facts=facts or {},
    )
