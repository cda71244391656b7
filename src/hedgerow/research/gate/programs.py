"""The verdict on a traded program: what can be asked of lines that trade contract by contract."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields

import numpy as np

from hedgerow.core.market import Floats, Market
from hedgerow.core.strip import Strip
from hedgerow.engine import outcome as engine
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program import Line, Program
from hedgerow.engine.track import Track
from hedgerow.instruments.costs import Costs
from hedgerow.research import flags, performance
from hedgerow.research.crises import crises_in, effectiveness, pooled
from hedgerow.research.gate.dependence import without_each
from hedgerow.research.gate.integrity import told_flags
from hedgerow.research.gate.item import Item, Outcome, passed
from hedgerow.research.gate.judgement import Judgement
from hedgerow.research.gate.thresholds import KEYS, Thresholds
from hedgerow.research.lookahead import signal_agrees, sleeve_agrees
from hedgerow.research.overfit.luck import Luck
from hedgerow.research.performance import YEAR


@dataclass(frozen=True)
class Traded:
    """A traded program and what it traded on.

    Parameters
    ----------
    outcome
        What came of it.
    market
        What it was traded on, up to the last bar; row ``first`` is the first bar of the run.
    first
        That row.
    luck
        Its Sharpe ratio against the trials on record; None of a published rulebook, which is
        nobody's choice on these data.
    """

    outcome: engine.Outcome
    market: Market
    first: int
    luck: Luck | None

    @property
    def program(self) -> Program:
        """What traded."""
        return self.outcome.program

    @property
    def published(self) -> bool:
        """Whether its rules are a published rulebook's."""
        return self.luck is None


def judge_program(found: Traded, thresholds: Thresholds | None = None) -> Judgement:
    """Judge a traded program.

    There is no training part, no fixed hedge and no sweep beside a program, so that a program of
    one's own is at best not proven out of sample.

    Parameters
    ----------
    found
        The program.
    thresholds
        What is asked; the usual by default.
    """
    asked = thresholds or Thresholds()
    items = [
        _lookahead(found),
        _costs(found, asked),
        _fills(found),
        _out_of_sample(found),
        _deflated(found, asked),
        _pbo(found, asked),
        _drop_crisis(found),
        _modelled(found, asked),
        *_flags(found),
    ]
    made = tuple(
        item._replace(decides=item.decides and item.key not in asked.warn)
        for item in sorted(items, key=lambda item: KEYS.index(item.key))
    )
    sleeves = ", ".join(line.sleeve.name for line in found.program.lines)
    return Judgement(found.program.name, sleeves, made, asked, None)


def _lookahead(found: Traded) -> Item:
    """Ask whether a signal or a sleeve of any line knew the future (D8)."""
    signals = {  # two policies may give one name to signals of different terms
        repr(signal): signal for line in found.program.lines for signal in line.policy.signals
    }
    made = [signal_agrees(signal, found.market, first=found.first) for signal in signals.values()]
    made += [
        sleeve_agrees(line.sleeve.name, _layer(line, found.program), found.market, count=2)
        for line in found.program.lines
    ]
    bad = [verdict for verdict in made if not verdict.passed]
    said = f"Signals and sleeves are the same when the future is cut off ({len(made)} checks)"
    if bad:
        said = f"It knew the future: {bad[0].name}: {bad[0].detail}"
    return passed("lookahead", "Look-ahead test (D8)", not bad, said, float(len(bad)), 0.0)


def _layer(line: Line, program: Program) -> Callable[[Market], Strip]:
    def lay(part: Market) -> Strip:
        return line.sleeve.strip(part, lag=program.lag, costs=program.costs)

    return lay


def _costs(found: Traded, asked: Thresholds) -> Item:
    """Ask whether trading was paid for, at no less than a part of the usual (D2)."""
    key, name, made = "costs", "Costs are on (D2)", found.outcome
    trades = sum(int(np.count_nonzero(line["traded"])) for line in made.lines.values())
    paid, usual, own = float(made.cost.sum()), Costs(), found.program.costs
    least = min(
        getattr(own, field.name) / getattr(usual, field.name)
        for field in fields(Costs)
        if field.name != "widening" and getattr(usual, field.name) > 0.0
    )
    told = f"{trades:,} trades cost {paid:,.0f} dollars in half-spreads and fees"
    if found.published and not paid > 0.0:
        said = "Nothing was paid for trading: the published rules have no costs"
        return Item(key, name, Outcome.NOT_ASKED, said, 0.0, asked.costs)
    if trades and not paid > 0.0:
        told = f"{trades:,} trades cost nothing: half-spreads and fees are off"
        return Item(key, name, Outcome.FAIL, told, 0.0, asked.costs)
    if least < asked.costs:
        told += f"; its terms have some at {least:.0%} of the usual"
        return Item(key, name, Outcome.UNKNOWN, told, least, asked.costs)
    return Item(key, name, Outcome.PASS, told, least, asked.costs)


def _fills(found: Traded) -> Item:
    """Ask whether orders were filled after the close that decided them."""
    key, name, lag = "fills", "Fills a bar later", float(found.program.lag)
    if lag >= 1.0:
        said = "Orders decided at a close are filled at the next one"
        return Item(key, name, Outcome.PASS, said, lag, 1.0)
    if found.published:
        said = "The published rules trade at the close that they look at"
        return Item(key, name, Outcome.NOT_ASKED, said, lag, 1.0)
    said = "Orders were filled at the very close that decided them, which nobody can do"
    return Item(key, name, Outcome.FAIL, said, lag, 1.0)


def _out_of_sample(found: Traded) -> Item:
    """Say that no part of a program's run was held back."""
    key, name = "out_of_sample", "Out of sample (D1)"
    if found.published:
        said = "Nothing was chosen on these data: the rules are published"
        return Item(key, name, Outcome.NOT_ASKED, said)
    said = (
        "A program is run over all of its bars, and no part was held back from whoever chose its "
        "numbers. Run it with --from a day that no choice has seen, and judge by that"
    )
    return Item(key, name, Outcome.UNKNOWN, said)


def _sharpe(found: Traded, nav: Floats) -> float:
    """Return the Sharpe ratio a year of a value over bills."""
    bills = Equity(1.0, equity_share=0.0).values(found.market, found.first)[found.first :]
    return performance.sharpe(performance.returns(nav), performance.returns(bills))


def _deflated(found: Traded, asked: Thresholds) -> Item:
    """Ask whether the Sharpe ratio is more than the best of so many trials shows by luck (D7)."""
    key, name, made = "deflated_sharpe", "Deflated Sharpe ratio (D7)", found.outcome
    luck = found.luck
    if luck is None:
        return Item(key, name, Outcome.NOT_ASKED, "The rules are published, and no trial of yours")
    deflated = luck.deflated
    if math.isnan(deflated):
        return Item(key, name, Outcome.UNKNOWN, "NAV was lost: there is no Sharpe ratio")
    many = luck.count.trials
    if found.program.portfolio.equity_share:
        ours, alone = (_sharpe(found, nav) for nav in (made.nav, made.unhedged))
        if not ours > alone:
            said = (
                f"It claims no better Sharpe ratio than no lines ({ours:.2f} against "
                f"{alone:.2f}), so luck among {many:,} trials has none to explain"
            )
            return Item(key, name, Outcome.NOT_ASKED, said, deflated, asked.deflated_sharpe)
    said = (
        f"The best of {many:,} trials on these data would by luck alone show a Sharpe ratio of "
        f"{luck.best:.2f}: {deflated:.0%} sure that this one's is not luck"
    )
    said += f" ({luck.remark})" if luck.remark else ""
    outcome = Outcome.UNKNOWN
    if deflated >= asked.deflated_sharpe:
        outcome = Outcome.PASS
    elif deflated <= asked.luck:
        outcome = Outcome.FAIL
    return Item(key, name, outcome, said, deflated, asked.deflated_sharpe)


def _pbo(found: Traded, asked: Thresholds) -> Item:
    """Say whether the program was one of many."""
    key, name = "pbo", "Probability of overfitting (D7)"
    many = found.luck.count.alike if found.luck is not None and found.luck.counted else 1
    if many < asked.many_trials:
        said = "No sweep stands behind this run, as far as is known"
        return Item(key, name, Outcome.NOT_ASKED, said, None, asked.pbo)
    said = (
        f"{many:,} programs of the same lines are on record for these data, so this one was "
        "chosen; how much of it is the choice cannot be told of programs"
    )
    return Item(key, name, Outcome.UNKNOWN, said, None, asked.pbo)


def _drop_crisis(found: Traded) -> Item:
    """Ask whether protection, or the lines' gain, is gone once one crisis is left out."""
    return left_without(_crises(found), float(found.outcome.hedge.sum()), "the gain of the lines")


def left_without(each: Mapping[str, tuple[float, float]], total: float, gain: str) -> Item:
    """Ask whether protection, or what the hedge gained, is gone once one crisis is left out.

    Parameters
    ----------
    each
        The hedge's gain and the loss of what it hedges in each crisis, USD, by name.
    total
        The hedge's gain over the whole run, USD.
    gain
        What that is called.
    """

    def protection(without: Collection[str]) -> float:
        return pooled(pair for name, pair in each.items() if name not in without) or 0.0

    def earned(without: Collection[str]) -> float:
        return total - float(sum(each[name][0] for name in without))

    return without_each(list(each), {"protection": (protection, 0.0), gain: (earned, 0.0)})


def _crises(found: Traded) -> dict[str, tuple[float, float]]:
    """Return the lines' gain and the portfolio's loss in each crisis of the run, USD."""
    made = found.outcome
    track = Track("hedged", made.times, {"earned": made.earned, "pnl": made.hedge})
    given = {each.name: effectiveness(track, each.rows) for each in crises_in(track)}
    return {name: (row["hedge_gain"], row["portfolio_loss"]) for name, row in given.items()}


def _modelled(found: Traded, asked: Thresholds) -> Item:
    """Ask how much of the prices is a model's."""
    shares = {
        line.name: float(found.outcome.notes[line.name]["modelled_share"])
        for line in found.program.lines
    }
    shares["VIX"] = found.outcome.origins.get("vix", {}).get("modelled", 0.0)
    worst = max(shares.values())
    said = "From a model: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    if worst > asked.modelled:
        said += ". What a model charges is no proof of what a dealer would"
    outcome = Outcome.UNKNOWN if worst > asked.modelled else Outcome.PASS
    return Item("modelled", "Modelled share of data", outcome, said, worst, asked.modelled)


def _flags(found: Traded) -> list[Item]:
    """Ask the red flags of D6 of the whole run."""
    made = found.outcome
    gains, held = made.hedge[1:], sum(np.abs(line["held"]) for line in made.lines.values())
    acted = np.any([line["traded"] != 0.0 for line in made.lines.values()], axis=0)
    on = np.asarray(held)[:-1] != 0.0
    statistics = {
        "max_drawdown": float(performance.drawdowns(made.nav).min()),
        "nav_start": float(made.nav[0]),
        "sharpe": performance.sharpe(performance.returns(made.nav)),
        "win_rate": float(np.mean(gains[on] > 0.0)) if on.any() else math.nan,
        "trades_per_year": float(acted.sum()) * YEAR / max(len(made), 1),
    }
    rows = [{"name": name, "dynamic_gain": gain} for name, (gain, _) in _crises(found).items()]
    most = max((line.policy for line in found.program.lines), key=lambda each: len(each.signals))
    raised = flags.check(most, statistics, rows, same_bar=not found.program.lag)
    return told_flags(raised, statistics, rows, most)
