"""A replay: the layered hedge of a sold condor on the bars of real days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.data.intraday import Intraday
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import Ground, play, static
from hedgerow.engine.track import Track
from hedgerow.errors import DataError, RangeError
from hedgerow.instruments.costs import Costs
from hedgerow.shortvol.intraday.book import BookPath, CondorBook, walk_book
from hedgerow.shortvol.intraday.carrying import carried
from hedgerow.shortvol.intraday.fund import FundCosts, fund_strip

MOST = 2.0
"""Greatest part of the book's vega that a fixed hedge takes out."""


@dataclass(frozen=True)
class Replay:
    """What the policy did bar by bar, beside the book alone and a hedge that stands still.

    Columns of tracks and of `pnl` are of the bars from ``first`` on, **shape** (T,).

    Parameters
    ----------
    policy
        What decided.
    bars
        Length of a bar in minutes.
    market
        Bars up to the last, the warm-up included.
    first
        First bar of the run.
    terms
        Of the book.
    book
        The book along all bars of ``market``.
    hedge, fixed
        Track records of the policy and of a fixed hedge of the ratio ``fixed_at``.
    fixed_at
        Intensity of the fixed hedge.
    sizes
        Shares that make an intensity of 1.0, as decided at each bar of the run.
    data
        What the files were, how good the proxy is, and VIX as published after each session.
    """

    policy: Policy
    bars: int
    market: Market
    first: int
    terms: CondorBook
    book: BookPath
    hedge: Track
    fixed: Track
    fixed_at: float
    sizes: Floats
    data: Intraday

    def __len__(self) -> int:
        return len(self.hedge)

    def column(self, name: str) -> Floats:
        """Return a column of the market on the bars of the run, **shape** (T,)."""
        return self.market[name][self.first :]

    @property
    def pnl(self) -> Mapping[str, Floats]:
        """USD earned over each bar after costs: ``book``, ``hedge``, ``fixed``, **shape** (T,)."""
        return {
            "book": self.book.pnl[self.first :],
            "hedge": self.hedge["pnl"],
            "fixed": self.fixed["pnl"],
        }

    @property
    def machine(self) -> str:
        """Kind of the step that is a state machine; empty where the policy has none."""
        names = [name.partition(".") for name in self.hedge.memory]
        return next((kind for kind, _, field in names if field == "state"), "")

    def remembered(self, field: str) -> Floats:
        """Return a field of the state machine's memory, **shape** (T,); zeros without one."""
        return self.hedge.memory.get(f"{self.machine}.{field}", np.zeros(len(self)))

    @property
    def wanted(self) -> Floats:
        """Shares that the policy asks for before its trigger says when, **shape** (T,)."""
        steps = [step.kind for step in self.policy.steps if step is not self.policy.trigger]
        return self.hedge.trace[steps[-1]] * self.sizes

    def waits(self) -> Floats:
        """Return 1.0 where an order waited for a window, **shape** (T,)."""
        fields = [name for name in self.hedge.memory if name.endswith(".waits")]
        return self.hedge.memory[fields[0]] if fields else np.zeros(len(self))


def replay(
    policy: Policy,
    data: Intraday,
    terms: CondorBook | None = None,
    *,
    costs: Costs | None = None,
    fund: FundCosts | None = None,
    fixed_at: float = 0.6,
) -> Replay:
    """Play a policy on intraday bars against the book alone and a fixed hedge.

    The engine's tape and first carriage decide, remember and fill as on sessions: a decision at the
    end of a bar is filled at the end of the next.

    Parameters
    ----------
    policy
        With a rule such as `Layered`; its intensity of 1.0 takes the book's vega out.
    data
        Bars, from the first session of the run back as far as signals need.
    terms, costs
        Of the condor.
    fund
        Costs of the shares that hedge.
    fixed_at
        Intensity of the hedge that stands still, sized at every bar like the other; it trades at
        the first bar of a session alone.

    Raises
    ------
    DataError
        If bars are too few to warm signals up, or a price is missing within the run.
    RangeError
        If ``fixed_at`` is none of 0 … 2.
    """
    if isinstance(fixed_at, bool) or not 0.0 <= fixed_at <= MOST:
        raise RangeError(
            f"{fixed_at!r} is out of range", where="fixed", mend=f"give a part from 0 to {MOST:g}"
        )
    terms, costs, fund = terms or CondorBook(), costs or Costs(), fund or FundCosts()
    rule, market = carried(policy, data.market, data.daily)
    first = max(data.first, rule.lookback - 1)
    if len(market) - first < 2:
        raise DataError(
            f"{len(market)} bars are too few for signals that need {rule.lookback}",
            where="start",
            mend="begin the replay later, or give files that begin earlier",
        )
    _known_throughout(market, first)
    book = walk_book(market, terms, first, costs)
    strip = fund_strip(market, fund)
    # of a long book nothing is hedged; shares at the decision's own prices
    sizes = np.maximum(-book.vega, 0.0) / strip.next_vega
    ground = Ground(
        market,
        strip,
        (sizes, np.zeros(len(market))),
        Equity(terms.value, equity_share=0.0),
        book.value,
        first,
        same_bar=False,
    )
    facts: dict[str, Any] = {"data": market.digest(), "book": terms.to_dict(), "bars": data.minutes}
    still = static("vix", fixed_at, every="1d")
    return Replay(
        policy,
        data.minutes,
        market,
        first,
        terms,
        book,
        play("hedge", rule, ground, facts),
        play("fixed", still, ground, facts),
        fixed_at,
        sizes[first:],
        data,
    )


def _known_throughout(market: Market, first: int) -> None:
    """Refuse a run over bars without a price of what is traded."""
    wanted = {"vix": "no IV proxy", "vxx": "no price of the fund", "vxx_point": "no point of it"}
    for name, what in wanted.items():
        bad = np.flatnonzero(~np.isfinite(market[name][first:]))
        if len(bad):
            day = market.dates[first + bad[0]]
            raise DataError(
                f"{what} on {len(bad)} bars of the run, from {day} on",
                where=f"market.{name}",
                mend="choose sessions before or after; the data's findings say what is missing",
            )
