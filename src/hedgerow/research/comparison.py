"""The main question: what scaling the hedge would have cost, and what it would have saved.

Three runs over the same stretch - unhedged, static, dynamic - with the same sleeve and costs,
and every number that answers the question, ready for a table, a page or a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.portfolio import Equity, Interest
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.instruments.catalog import sleeve_to_table
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.trigger import LEGS, legs
from hedgerow.research import crises, flags, lookahead, performance
from hedgerow.research.divest import Divesting
from hedgerow.research.foresight.own_parts import own_parts_agree
from hedgerow.research.overfit.luck import Luck
from hedgerow.research.reservations import assumed, modelled_signals, origins_of
from hedgerow.research.split import Split, split

MOST = 20.0
"""A fixed hedge larger than this is no comparison any more."""

STRATEGIES = ("unhedged", "static", "dynamic")
PERIODS = ("test", "train", "all")


@dataclass(frozen=True, repr=False)
class Comparison:
    """Three track records and what they say.

    Parameters
    ----------
    policy, sleeve, portfolio, costs
        What was run.
    ground
        What the runs shared.
    tracks
        ``unhedged``, ``static``, ``dynamic``.
    split
        Rows for training and testing; training has none where nothing was trained on these bars.
    strategies
        ``strategies[period][strategy]``: statistics; periods are ``test``, ``train`` (where there
        is one), ``all``.
    saving
        ``saving[period]``: C1, C2, C3.
    matched
        A fixed hedge made as large as to cost, in the test part, what the dynamic one cost there:
        its ``scale``, ``strategies`` by period, ``her`` over the crises of the test part beside
        the dynamic one's, and in ``crises`` gain and loss in each of these.  Found with hindsight,
        so nobody could have held it; it tells a saving by scaling from a saving by holding less.
        None where a hedge had no cost, and where the fixed hedge was ruined.
    divest
        ``static`` and ``dynamic`` beside holding less equity over the test part (D9), see
        :meth:`hedgerow.research.divest.Divesting.beside`; None where NAV was ruined.
    findings
        What the quality rules found in the data, as plain values.
    crises, calm
        One row per crisis and per stretch between.
    her
        Overall hedge effectiveness of both hedges.
    triggers
        How often each leg of the trigger fired, and how many decisions acted.
    flags
        Red flags (D6).
    lookahead
        Verdicts of the look-ahead test (D8).
    provenance
        For each column: source and shares measured, repaired, modelled, assumed, missing.
    assumptions
        Sentences a reader must know.
    facts
        Hashes and versions.
    luck
        The Sharpe ratio over the whole run against the number of trials on the same data (D7);
        None until the run is counted, which :mod:`hedgerow.api` does.
    """

    policy: Policy
    sleeve: Sleeve
    portfolio: Equity
    costs: Costs
    ground: Ground
    tracks: Mapping[str, Track]
    split: Split
    strategies: Mapping[str, Mapping[str, Mapping[str, Any]]]
    saving: Mapping[str, Mapping[str, Any]]
    matched: Mapping[str, Any] | None
    divest: Mapping[str, Mapping[str, Any] | None]
    findings: tuple[Mapping[str, Any], ...]
    crises: list[dict[str, Any]]
    calm: list[dict[str, Any]]
    her: Mapping[str, Any]
    triggers: Mapping[str, Any]
    flags: list[flags.Flag]
    lookahead: list[lookahead.Verdict]
    provenance: Mapping[str, Mapping[str, Any]]
    assumptions: list[str]
    facts: Mapping[str, Any]
    luck: Luck | None = None

    def __repr__(self) -> str:
        return f"<Comparison of {self.policy.name} with {self.sleeve.name}>"

    @property
    def periods(self) -> dict[str, dict[str, Any]]:
        """First and last date and number of sessions of each period."""
        dates = self.tracks["dynamic"].dates
        made = {}
        for name, rows in self._rows().items():
            days = dates[rows]
            made[name] = {"from": str(days[0]), "to": str(days[-1]), "sessions": len(days)}
        return made

    @property
    def ruined(self) -> bool:
        """Whether the fixed hedge lost its portfolio: then nothing is measured against it."""
        return _ruined(self.strategies["all"])

    def _rows(self) -> dict[str, slice]:
        return _rows(self.split, len(self.tracks["dynamic"]))


def _rows(parted: Split, bars: int) -> dict[str, slice]:
    """Return the rows of each period that has any."""
    made = {"test": parted.test, "train": parted.train, "all": slice(0, bars)}
    return {name: rows for name, rows in made.items() if rows.stop > rows.start}


def compare(
    policy: Policy,
    market: Market,
    sleeve: Sleeve,
    portfolio: Equity,
    *,
    costs: Costs | None = None,
    start: str | None = None,
    end: str | None = None,
    parts: str = "50/50",
    same_bar: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> Comparison:
    """Run the three strategies and work out everything the report says.

    Parameters
    ----------
    policy, market, sleeve, portfolio, costs
        What decides, on what, with what, for whom, and at what price.
    start, end
        Dates of the run, both included.
    parts
        Train and test, see :func:`hedgerow.research.split.split`.
    same_bar
        Fill orders at the bar that decides them; raises a red flag.
    facts
        What else the track records should carry, such as where the data came from.

    Raises
    ------
    HedgerowError
        If dates, data, policy or sleeve do not fit together.
    """
    trade = costs or Costs()
    ground = run.prepare(
        market,
        sleeve,
        portfolio,
        costs=trade,
        lookback=policy.lookback,
        start=start,
        end=end,
        same_bar=same_bar,
    )
    dates = ground.market.dates[ground.first :]
    parted = split(parts, dates, purge=policy.reach + life_of(ground))
    return compared(policy, ground, sleeve, trade, parted, facts=facts)


def compared(
    policy: Policy,
    ground: Ground,
    sleeve: Sleeve,
    costs: Costs,
    parted: Split,
    *,
    facts: Mapping[str, Any] | None = None,
    turns: Mapping[int, Policy] | None = None,
) -> Comparison:
    """Run the three strategies over a ground that is prepared and parted.

    Parameters
    ----------
    policy, ground, sleeve, costs
        As for `compare`; the ground is laid with this sleeve and these costs.
    parted
        Its parts; the training part may be empty.
    facts
        As for `compare`.
    turns
        Other numbers that the policy takes at some bars, see :func:`hedgerow.engine.run.play`.
    """
    portfolio, same_bar = ground.portfolio, ground.same_bar
    known = {
        "data": ground.market.digest(),
        "sleeve": sleeve_to_table(sleeve),
        "costs": asdict(costs),
        "portfolio": portfolio.as_dict(),
        "same_bar": same_bar,
        **(facts or {}),
    }
    plain = fixed_policy(ground)
    tracks = {
        "unhedged": run.unhedged(ground, known),
        "static": run.play("static", plain, ground, known),
        "dynamic": run.play("dynamic", policy, ground, known, turns=turns),
    }
    cash = cash_returns(ground)
    rows = _rows(parted, len(cash))
    strategies = {
        period: {name: performance.statistics(tracks[name], cash, part) for name in STRATEGIES}
        for period, part in rows.items()
    }
    ruined = _ruined(strategies["all"])
    dynamic = tracks["dynamic"]
    crisis_rows = crises.table(dynamic, tracks["static"], crises.crises_in(dynamic))
    return Comparison(
        policy=policy,
        sleeve=sleeve,
        portfolio=portfolio,
        costs=costs,
        ground=ground,
        tracks=tracks,
        split=parted,
        strategies=strategies,
        saving={
            period: performance.saving(made["dynamic"], made["static"], ruined=ruined)
            for period, made in strategies.items()
        },
        matched=None if ruined else _matched(ground, strategies["test"], crisis_rows, rows, cash),
        divest=divesting(ground, tracks["unhedged"], costs, parted.test).beside_each(
            {name: strategies["test"][name] for name in ("static", "dynamic")}
        ),
        findings=ground.market.findings,
        crises=crisis_rows,
        calm=crises.table(dynamic, tracks["static"], crises.calm_in(dynamic)),
        her=crises.overall(crisis_rows),
        triggers=_triggers(policy, dynamic),
        flags=flags.check(
            policy,
            strategies["test"]["dynamic"],
            crisis_rows,
            same_bar=same_bar,
            fixed=strategies["all"]["static"],
        ),
        lookahead=_lookahead(dynamic, policy, sleeve, ground, costs, turns),
        provenance=origins_of(ground),
        assumptions=[
            *assumed(ground, sleeve, portfolio, same_bar=same_bar),
            *modelled_signals(ground, policy),
        ],
        facts=known,
    )


def _ruined(made: Mapping[str, Any]) -> bool:
    """Return whether it was the fixed hedge that lost the portfolio, and not the market."""
    return performance.lost(made["static"]) and not performance.lost(made["unhedged"])


def _matched(
    ground: Ground,
    test: Mapping[str, Mapping[str, Any]],
    crisis_rows: list[dict[str, Any]],
    rows: Mapping[str, slice],
    cash: Floats,
) -> dict[str, Any] | None:
    """Run a fixed hedge that costs what the dynamic one cost in the test part."""
    ours, fixed = (test[name]["hedge_cost_per_year"] for name in ("dynamic", "static"))
    if not (ours > 0.0 and fixed > 0.0) or ours / fixed > MOST:
        return None
    scale = ours / fixed
    track = run.play("matched", fixed_policy(ground, scale), ground)
    begins = str(track.dates[rows["test"]][0])
    spans = [s for s in crises.crises_in(track) if str(track.dates[s.rows][0]) >= begins]
    tested = [row for row in crisis_rows if row["from"] >= begins]
    its = crises.table(track, track, spans)
    return {
        "scale": scale,
        "strategies": {p: performance.statistics(track, cash, part) for p, part in rows.items()},
        "her": crises.overall(its)["dynamic_her"],
        "dynamic_her": crises.overall(tested)["dynamic_her"],
        "crises": {row["name"]: (row["dynamic_gain"], row["portfolio_loss"]) for row in its},
    }


def fixed_policy(ground: Ground, level: float = 1.0) -> Policy:
    """Return the fixed hedge: resized at rolls, or monthly where the roll is spread over days."""
    return run.static(level=level, every="30d" if ground.strip.shift.any() else None)


def life_of(ground: Ground, upto: int | None = None) -> int:
    """Return the sessions that a contract is held at most: what the purge must span.

    With ``upto``, as the market's rows before that one show it.
    """
    shift = ground.strip.shift[:upto]
    if shift.any():  # a month is bought over one roll period and sold over the next
        return int(np.ceil(2.0 * np.count_nonzero(shift) / shift.sum()))
    rolls = np.flatnonzero(ground.strip.roll[:upto])
    return int(np.diff(rolls).max()) if len(rolls) > 1 else 0


def divesting(ground: Ground, alone: Track, costs: Costs, rows: slice) -> Divesting:
    """Return the portfolio of a ground with less equity, judged over these rows (D9)."""
    portfolio = ground.portfolio
    exposure = portfolio.equity_share * portfolio.beta
    bills = cash_returns(ground, portfolio.interest)
    return Divesting(alone, bills, exposure, costs.underlying_bps * 1e-4, rows)


def cash_returns(ground: Ground, interest: Interest = "simple") -> Floats:
    """Return what bills earned over each bar of the run, **shape** (T,)."""
    cash = Equity(1.0, equity_share=0.0, interest=interest)
    bills = cash.values(ground.market, ground.first)[ground.first :]
    return np.asarray(np.diff(bills, prepend=bills[0]) / np.r_[bills[0], bills[:-1]])


def _triggers(policy: Policy, track: Track) -> dict[str, Any]:
    acted = track["act"] > 0.0
    counts = dict.fromkeys(LEGS.values(), 0)
    if policy.trigger is None:
        return {"decisions": len(track), "acted": int(acted.sum()), "legs": {}}
    for code in track["legs"][acted]:
        for leg in legs(code):
            counts[leg] += 1
    return {"decisions": len(track), "acted": int(acted.sum()), "legs": counts}


def _lookahead(
    whole: Track,
    policy: Policy,
    sleeve: Sleeve,
    ground: Ground,
    costs: Costs,
    turns: Mapping[int, Policy] | None,
) -> list[lookahead.Verdict]:
    """Test signals, sleeve and the policy as a whole on the data of this very run."""
    made = [lookahead.signal_agrees(signal, ground.market) for signal in policy.signals]
    lag = 0 if ground.same_bar else 1

    def lay(market: Market) -> Any:
        return sleeve.strip(market, lag=lag, costs=costs)

    made.append(lookahead.sleeve_agrees(sleeve.name, lay, ground.market))
    cut = ground.first + (len(ground.market) - ground.first) * 2 // 3
    made.append(policy_agrees(whole, policy, sleeve, ground, costs, cut, turns))
    if all(verdict.passed for verdict in made):
        made += own_parts_agree(policy, ground, whole, cut, turns)
    return made


def policy_agrees(
    whole: Track,
    policy: Policy,
    sleeve: Sleeve,
    ground: Ground,
    costs: Costs,
    cut: int,
    turns: Mapping[int, Policy] | None = None,
) -> lookahead.Verdict:
    """Run the policy on data that end at row ``cut`` and compare with the run of all data."""
    part_market = ground.market.until(cut)
    part_ground = run.prepare(
        part_market,
        sleeve,
        ground.portfolio,
        costs=costs,
        lookback=ground.first + 1,
        same_bar=ground.same_bar,
    )
    bars = len(part_market) - part_ground.first
    reached = {bar: turn for bar, turn in (turns or {}).items() if bar < bars}
    part = run.play("part", policy, part_ground, turns=reached)
    name, date = f"policy {policy.name}", ground.market.dates[cut]
    checked = len(part)
    for column in ("x", "act", "wanted", "held", "nav"):
        a, b = whole[column][:checked], part[column][:checked]
        bad = np.flatnonzero(np.abs(a - b) > lookahead.TOLERANCE * np.maximum(np.abs(a), 1.0))
        if len(bad):
            day = whole.dates[bad[0]]
            return lookahead.Verdict(
                name, False, f"'{column}' on {day} changes when the data end on {date}"
            )
    return lookahead.Verdict(name, True, f"every decision unchanged when the data end on {date}")
