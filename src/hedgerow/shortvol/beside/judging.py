"""The honesty gate on a hedge of condors: what its numbers claim, and whether to believe them.

The questions of a traded program are asked, and those that a book and its hedge allow beside them:
what is out of sample, protection of the book crisis by crisis, static VX of the same vega, and
fewer condors.
"""

from __future__ import annotations

import numpy as np

from hedgerow.research import flags, performance
from hedgerow.research.claims import resampling
from hedgerow.research.claims.claim import UnmeasuredError
from hedgerow.research.gate.integrity import told_flags
from hedgerow.research.gate.item import Item, Outcome
from hedgerow.research.gate.judgement import RESAMPLES, Judgement
from hedgerow.research.gate.programs import Traded, judge_program, left_without
from hedgerow.research.gate.thresholds import KEYS, Thresholds
from hedgerow.research.performance import YEAR
from hedgerow.shortvol.beside.figures import gains_of
from hedgerow.shortvol.beside.study import Beside, Run
from hedgerow.shortvol.beside.variants import ALONE, MATCHED
from hedgerow.shortvol.beside.worth import Worth


def judge_hedge(
    found: Beside,
    key: str,
    traded: Traded,
    weighed: Worth,
    thresholds: Thresholds | None = None,
    *,
    resamples: int = RESAMPLES,
) -> Judgement:
    """Judge one variant.

    Parameters
    ----------
    found, key
        The variants side by side, and which.
    traded
        Its run as the gate of programs takes it, with the luck of its trials.
    weighed
        What it was worth out of sample.
    thresholds
        What is asked; the usual by default.
    resamples
        Of the bootstrap of its effectiveness; 0 leaves that out.
    """
    asked = thresholds or Thresholds()
    run = found.runs[key]
    plain = judge_program(traded, asked)
    each = {item.key: item for item in plain.items}
    own = [
        _out_of_sample(found, asked),
        _deflated(found, key, each["deflated_sharpe"]),
        _static(found, key, weighed, asked),
        _fewer(weighed),
        _drop_crisis(run),
        *_flags(run),
    ]
    if resamples:
        own.append(_effectiveness(run, resamples))
    each |= {item.key: item for item in own}
    items = tuple(
        item._replace(decides=item.decides and item.key not in asked.warn)
        for item in sorted(each.values(), key=lambda item: KEYS.index(item.key))
    )
    lines = ", ".join(line.name for line in run.variant.lines) or "no lines"
    return Judgement(run.variant.title, lines, items, asked, resamples)


def _out_of_sample(found: Beside, asked: Thresholds) -> Item:
    """Ask whether enough years, and a crisis, lie behind the split."""
    part = found.figures(ALONE, "out_of_sample")
    many = [each for each in gains_of(found.alone.track) if each["from"] >= part.first]
    sessions = found.split.test.stop - found.split.test.start
    enough = sessions >= asked.sessions and len(many) >= asked.crises
    said = (
        f"From {part.first} on there are {sessions:,} sessions and {len(many)} crises that begin "
        "in them; nothing is fitted to the run, but whoever wrote the rules knew its crises"
    )
    outcome = Outcome.PASS if enough else Outcome.UNKNOWN
    return Item(
        "out_of_sample", "Out of sample (D1)", outcome, said, float(sessions), float(asked.sessions)
    )


def _deflated(found: Beside, key: str, item: Item) -> Item:
    """Ask of luck only where a better Sharpe ratio than the book's own is claimed."""
    ours, alone = (found.figures(name).sharpe for name in (key, ALONE))
    if ours > alone:
        return item
    said = (
        f"It claims no better Sharpe ratio than the condors alone ({ours:.2f} against {alone:.2f}),"
        " so luck has none to explain"
    )
    return item._replace(outcome=Outcome.NOT_ASKED, sentence=said)


def _static(found: Beside, key: str, weighed: Worth, asked: Thresholds) -> Item:
    """Ask whether it gives back more of the book's losses than static VX of the same vega."""
    name = "Beyond static VX"
    if weighed.static is None:
        return Item("equal_cost", name, Outcome.NOT_ASKED, "No static VX hedge was run beside it")
    ours, theirs = (found.figures(each, "out_of_sample").her for each in (key, weighed.static.key))
    if ours is None or theirs is None:
        return Item("equal_cost", name, Outcome.UNKNOWN, "The book lost in no crisis")
    if weighed.static.key == MATCHED:
        name = "Beyond static VX of equal vega"
    lead, least = ours - theirs, -asked.equal_cost
    said = (
        f"Out of sample it gave back {ours:.1%} of the book's losses in crises, "
        f"{weighed.static.title} {theirs:.1%}; return a year "
        f"{100.0 * weighed.static.annual_return.value:+.2f} points"
    )
    outcome = Outcome.PASS if lead >= least else Outcome.FAIL
    return Item("equal_cost", name, outcome, said, lead, least)


def _fewer(weighed: Worth) -> Item:
    """Ask whether selling fewer condors would have done as much for less (D9)."""
    key, name, fewer = "divest", "Beyond selling fewer condors (D9)", weighed.fewer
    if fewer is None:
        return Item(key, name, Outcome.NOT_ASKED, "NAV was lost, or there is no hedge")
    gap = fewer.annual_return
    few = f"{weighed.kept:.1%} of the condors fell as deep"
    if not weighed.matched:
        few = "Not even all of the condors fell as deep"
    said = (
        f"{few}; the hedge returned {100.0 * gap.value:+.2f} points a year beyond them (90 % "
        f"interval {100.0 * gap.low:+.2f} … {100.0 * gap.high:+.2f})"
    )
    outcome = Outcome.PASS if weighed.verdict == "better" else Outcome.FAIL
    if weighed.verdict in ("even", "unclear"):
        outcome = Outcome.UNKNOWN
    return Item(key, name, outcome, said, gap.value, 0.0)


def _effectiveness(run: Run, resamples: int) -> Item:
    """Ask whether what it gave back in crises is more than the few crises allow to be said."""
    key, name = "her_interval", "Protection, resampled by crisis (C4)"
    rows = [
        (each["hedge_gain"], each["portfolio_loss"])
        for each in gains_of(run.track)
        if each["portfolio_loss"] > 0.0
    ]
    if not rows:
        return Item(key, name, Outcome.UNKNOWN, "The book lost in no crisis")
    try:
        made = resampling.estimate(np.array(rows), resampling.ratio, resamples=resamples, seed=0)
    except UnmeasuredError as error:
        return Item(key, name, Outcome.UNKNOWN, str(error))
    if made.value <= 0.0:
        said = (
            f"It claims no protection: {made.value:.1%} of the book's losses in {len(rows)} crises"
        )
        return Item(key, name, Outcome.FAIL, said, made.low, 0.0)
    said = (
        f"{made.value:.1%} of the book's losses in {len(rows)} crises came back, 90 % interval "
        f"{made.low:.1%} … {made.high:.1%}"
    )
    outcome = Outcome.PASS if made.low > 0.0 else Outcome.UNKNOWN
    return Item(key, name, outcome, said, made.low, 0.0)


def _drop_crisis(run: Run) -> Item:
    """Ask whether protection, or the hedge's gain, is gone once one crisis is left out."""
    each = {row["name"]: (row["hedge_gain"], row["portfolio_loss"]) for row in gains_of(run.track)}
    return left_without(each, float(run.hedge.sum()), "its gain")


def _flags(run: Run) -> list[Item]:
    """Ask the red flags of D6 of the hedge's lines."""
    track, lines = run.track, run.variant.lines
    if not lines:
        return []
    acted = np.any([column["traded"] != 0.0 for column in run.layers.values()], axis=0)
    moved = run.hedge[run.hedge != 0.0]
    statistics = {
        "max_drawdown": float(performance.drawdowns(track["nav"]).min()),
        "nav_start": float(track["nav"][0]),
        "sharpe": performance.sharpe(performance.returns(track["nav"])),
        "win_rate": float(np.mean(moved > 0.0)) if len(moved) else float("nan"),
        "trades_per_year": float(acted.sum()) * YEAR / len(track),
    }
    rows = [{"name": row["name"], "dynamic_gain": row["hedge_gain"]} for row in gains_of(run.track)]
    most = max((line.policy for line in lines), key=lambda policy: len(policy.signals))
    same = not run.outcome.program.lag
    return told_flags(flags.check(most, statistics, rows, same_bar=same), statistics, rows, most)
