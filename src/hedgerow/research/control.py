"""Optimal control (A14): solved on the past, judged against the best trigger rule elsewhere.

Policies are judged by the very kernels that the backtest runs, on paths of the fitted chain that
none of them was made on, and on sessions after those that they were fitted to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from hedgerow.core.lanes.spread import Spread, grid
from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.core.step import Signal, Step
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import prepare, static
from hedgerow.errors import RangeError
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.control import BandTable, OnChange, WithinEdges
from hedgerow.policies.fitting.chain import LEVEL, Chain, Terms, count, programme
from hedgerow.policies.fitting.control import ControlEdge
from hedgerow.policies.fitting.programme import Band, Programme, solve
from hedgerow.policies.overlays import Bounds
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.research.trial import Bill, Trial, charge, charge_each, history, simulate

EDGES = ControlEdge.edges
"""Where one VIX bucket ends and the next begins, points."""

AXES: Mapping[str, Sequence[float]] = {
    "linear.low": (-40.0, 0.0, 8.0, 10.0, 12.0, 14.0, 16.0),
    "linear.high": (18.0, 20.0, 22.0, 25.0, 30.0, 40.0, 60.0),
    "trigger.move": (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 15.0, 25.0),
}
"""The grid of (a, a + b, trigger) that the best rule is searched in.

With a far below any VIX the rule is nearly a fixed hedge, which is best where trading is dear.
"""

REFITTED = "band, refitted yearly"
"""Name of the band that fits and solves anew every year."""

LEAST = ControlEdge.least
"""Sessions that a fit needs."""

REGIME = ControlEdge.by
"""Signal that tells the regime."""


@dataclass(frozen=True)
class ControlStudy:
    """A fitted and solved band, and what it costs beside other rules.

    Parameters
    ----------
    policy
        The band as a policy that any backtest runs.
    by, edges, split
        Signal of the regime, edges of the VIX buckets, and what the regime's signal is over
        where the regime is high.
    terms, chain, programme, band
        What was told, counted, made of it, and found.
    rule
        Best linear rule with a trigger on training paths.
    paths, sessions
        How many paths of the fitted chain judged, and how long they were.
    simulated
        Bills by policy on those paths.
    lead
        Mean and standard error, a year, by which the band was cheaper there than ``rule``.
    real
        Bills by policy on the later sessions, for which all were fitted to the earlier ones.
    real_lead
        Mean and 90 % interval (stationary block bootstrap) by which a band was cheaper there than
        a rival, by the names of both.
    span, judged
        First and last session that was counted, and that was judged.
    """

    policy: Policy
    by: Signal
    edges: tuple[float, ...]
    split: float
    terms: Terms
    chain: Chain
    programme: Programme
    band: Band
    rule: Policy
    paths: int
    sessions: int
    simulated: Mapping[str, Bill]
    lead: tuple[float, float]
    real: Mapping[str, Bill]
    real_lead: Mapping[tuple[str, str], tuple[float, float, float]]
    span: tuple[str, str]
    judged: tuple[str, str]


def band_policy(
    band: Band,
    by: Signal,
    edges: tuple[float, ...],
    split: float,
    terms: Terms,
    name: str = "control",
) -> Policy:
    """Return a no-trade band as a policy.

    Parameters
    ----------
    band
        Edges of the band by state, in the order of `Chain`.
    by, edges, split
        As in `ControlStudy`.
    terms
        Its floor and cap become bounds.
    name
        Name of the policy.
    """
    rows = [np.round(side.reshape(2, -1).T, 4).tolist() for side in (band.lower, band.upper)]
    signals = list({s.name: s for s in (Level("vix"), by)}.values())
    table = BandTable("vix", edges, by.name, split, *rows)
    return Policy(
        name=name, signals=signals, steps=[table, Bounds(terms.floor, terms.cap), OnChange()]
    )


def refitted_policy(by: str, edges: tuple[float, ...], split: float, terms: Terms) -> Policy:
    """Return the band as a policy that fits and solves anew every year.

    Parameters
    ----------
    by, edges, split, terms
        As in `study`.
    """
    told = {item.name: getattr(terms, item.name) for item in fields(terms)}
    signals = [
        ControlEdge(side, edges=edges, by=by, split=split, **told) for side in ("lower", "upper")
    ]
    steps: list[Step] = [WithinEdges(), Bounds(terms.floor, terms.cap), OnChange()]
    return Policy(name="control-refitted", signals=signals, steps=steps)


def trigger_policy(
    terms: Terms, low: float = 12.0, high: float = 22.0, move: float = 3.0
) -> Policy:
    """Return the linear rule that trades when VIX has moved by more than ``move`` points.

    Parameters
    ----------
    terms
        Its floor and cap become bounds.
    low, high, move
        VIX in points at intensities 0 and 1, and what it must move.
    """
    trigger = Trigger("vix", move=move, relative=None, every=None, drawdown=None)
    steps: list[Step] = [Linear("vix", low=low, high=high), Bounds(terms.floor, terms.cap), trigger]
    return Policy(name=f"{move:g}-point trigger", signals=[Level("vix")], steps=steps)


def best_trigger(trial: Trial, terms: Terms) -> Policy:
    """Return the linear rule with a trigger that costs least on a trial, from the grid `AXES`."""
    spread = Spread(trigger_policy(terms), grid(AXES))
    totals = [bill.total for bill in charge_each(spread, trial)]
    return replace(spread.lane(int(np.argmin(totals))), name="best trigger")


def calibrate(market: Market, sleeve: Sleeve) -> tuple[float, float]:
    """Return carry a year and cost of a unit change of a sleeve at VIX 20, shares of NAV.

    Both are averages over the sessions of the market of what the strip of the sleeve says, divided
    by the average of VIX / 20.

    Parameters
    ----------
    market
        History with the index and VIX.
    sleeve
        What hedges, with the size that intensity 1.0 means.

    Raises
    ------
    RangeError
        If the sleeve earns its carry: then there is nothing to weigh.
    """
    portfolio = Equity()
    ground = prepare(market, sleeve, portfolio)
    fixed, by_nav = ground.sizes
    contracts = np.abs(fixed / portfolio.value + by_nav)
    relative = float(ground.market["vix"].mean()) / LEVEL
    carry = float((contracts * ground.strip.next_carry).mean()) * DAYS_PER_YEAR / relative
    if not carry > 0.0:
        raise RangeError(
            "this sleeve earns carry instead of paying it, so holding it costs nothing",
            where=sleeve.name,
            mend="use a sleeve that is long options, or give the carry as a number",
        )
    return carry, float((contracts * ground.strip.next_cost).mean()) / relative


def study(
    market: Market,
    *,
    by: str = REGIME,
    edges: tuple[float, ...] = EDGES,
    split: float = LEVEL,
    terms: Terms | None = None,
    paths: int = 200,
    sessions: int = 2520,
    seed: int = 14,
) -> ControlStudy:
    """Fit on a market, solve for the band, and judge it out of sample.

    Parameters
    ----------
    market
        Needs ``spx`` and ``vix``.
    by
        Name of the signal of the regime.
    edges, split
        Edges of the VIX buckets, and the split of the regime's signal.
    terms
        Costs, losses and bounds.
    paths, sessions, seed
        Held-out paths of the fitted chain; a twentieth as many train the trigger rule.

    Raises
    ------
    RangeError
        If there are too few sessions.
    """
    regime, told = signal_named(by), terms or Terms()
    columns = {"vix": market["vix"], regime.name: regime(market), "spx": market["spx"]}
    known = np.isfinite(np.column_stack(list(columns.values()))).all(axis=1)
    if known.sum() < 2 * LEAST:
        raise RangeError(
            f"only {int(known.sum()):,} sessions have index, VIX and '{regime.name}'",
            where="market",
            mend=f"give at least {2 * LEAST:,}: half of them to fit, half to judge",
        )
    rows = {name: column[known] for name, column in columns.items()}
    spot, dates = rows.pop("spx"), market.dates[known]
    chain, made, band = _solved(rows, regime.name, spot, edges, split, told)
    policy = band_policy(band, regime, edges, split, told)
    training = simulate(chain, made, regime.name, max(paths // 20, 2), sessions, seed)
    rule = best_trigger(training, told)
    simulated = _compared(
        simulate(chain, made, regime.name, paths, sessions, seed + 1), policy, rule, told
    )
    ahead = simulated["best trigger"].totals - simulated["band"].totals

    # the same once more in time: all is chosen on the first half and judged on the second
    half = len(spot) // 2
    early = {name: column[:half] for name, column in rows.items()}
    _, past, past_band = _solved(early, by, spot[:half], edges, split, told)
    fixed = replace(told, loss=past.weight)
    anew = refitted_policy(by, edges, split, fixed)
    late = {name: column[half:] for name, column in rows.items()}
    late |= {signal.name: signal(market)[known][half:] for signal in anew.signals}
    after = history(late, spot[half:], fixed, past.weight)
    real = _compared(
        after,
        band_policy(past_band, regime, edges, split, told),
        best_trigger(history(early, spot[:half], fixed, past.weight), told),
        told,
    )
    real[REFITTED] = charge(anew, after)
    span = (str(dates[0]), str(dates[-1]))
    return ControlStudy(
        policy=policy,
        by=regime,
        edges=edges,
        split=split,
        terms=told,
        chain=chain,
        programme=made,
        band=band,
        rule=rule,
        paths=paths,
        sessions=sessions,
        simulated=simulated,
        lead=(float(ahead.mean()), float(ahead.std(ddof=1) / np.sqrt(paths))),
        real=real,
        real_lead={
            (name, rival): _interval(real[rival].totals - real[name].totals, seed, told.horizon)
            for name in ("band", REFITTED)
            for rival in ("best trigger", "3-point trigger", "static")
        },
        span=span,
        judged=(str(dates[half]), str(dates[-1 - told.horizon])),
    )


def _solved(
    rows: Mapping[str, Floats],
    by: str,
    spot: Floats,
    edges: tuple[float, ...],
    split: float,
    terms: Terms,
) -> tuple[Chain, Programme, Band]:
    chain = count(rows["vix"], rows[by], spot, edges, split, terms)
    made = programme(chain, terms)
    return chain, made, solve(made)


def _compared(trial: Trial, policy: Policy, rule: Policy, terms: Terms) -> dict[str, Bill]:
    """Return the bills of the band, of the rules that it is compared with, and of a fixed hedge."""
    rivals = {
        "band": policy,
        "best trigger": rule,
        "3-point trigger": trigger_policy(terms),
        "static": static(),
    }
    return {name: charge(rival, trial) for name, rival in rivals.items()}


def _interval(ahead: Floats, seed: int, horizon: int) -> tuple[float, float, float]:
    """Return the mean and its 90 % interval by the stationary block bootstrap."""
    from arch.bootstrap import StationaryBootstrap

    resampled = StationaryBootstrap(3 * horizon, ahead, seed=seed)
    low, high = resampled.conf_int(np.mean, reps=1000, method="percentile", size=0.90)
    return float(ahead.mean()), float(low[0]), float(high[0])
