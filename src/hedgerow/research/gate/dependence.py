"""What the benefit is measured against, and which crises it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hedgerow.engine.track import Track
from hedgerow.research import performance
from hedgerow.research.comparison import Comparison, divesting
from hedgerow.research.crises import crises_in, pooled
from hedgerow.research.gate.evidence import tested
from hedgerow.research.gate.item import Item, Outcome, passed
from hedgerow.research.gate.thresholds import Thresholds


def equal_cost(found: Comparison, asked: Thresholds) -> Item:
    """Ask whether the saving is more than that of a smaller fixed hedge."""
    key, name = "equal_cost", "Saving at equal protection"
    saved = found.saving["test"]["saving"]
    if saved is None or saved <= 0.0:
        said = "No saving against the fixed hedge is claimed"
        return Item(key, name, Outcome.NOT_ASKED, said, None, None)
    made = found.matched
    if made is None or made["her"] is None or made["dynamic_her"] is None:
        said = f"It saved {saved:.0%}, and no crisis in the test part shows at what protection"
        return Item(key, name, Outcome.UNKNOWN, said, None, -asked.equal_cost)
    ours, its = made["dynamic_her"], made["her"]
    said = (
        f"It saved {saved:.0%} and gave back {ours:.1%} of crisis losses; a fixed hedge of "
        f"{made['scale']:.2f}×, which costs the same, {its:.1%}"
    )
    good = ours - its >= -asked.equal_cost
    if not good:
        said += ": holding less would have done better"
    return passed(key, name, good, said, ours - its, -asked.equal_cost)


def divest(found: Comparison) -> Item:
    """Ask whether simply holding less equity would have done as well (D9)."""
    key, name, made = "divest", "Holding less equity instead (D9)", found.divest["dynamic"]
    if made is None:
        return Item(key, name, Outcome.UNKNOWN, "NAV was lost")
    name_of = {made[part]["verdict"]: part for part in ("at_equal_return", "at_equal_drawdown")}
    part = name_of.get(made["verdict"], "at_equal_drawdown")
    at = made[part]
    if part == "at_equal_drawdown":
        more, other = at["return_gain"], "less" if at["return_gain"] >= 0.0 else "more"
        told = f"fell as deep and returned {abs(more):.2%} a year {other}"
    else:
        more, other = at["drawdown_gain"], "deeper" if at["drawdown_gain"] >= 0.0 else "less deep"
        told = f"returned as much and fell {100.0 * abs(more):.1f} points {other}"
    told = f"Keeping {at['kept']:.0%} of the equity {told}"
    if not at["matched"]:
        told += ", the nearest that there is"
    words = {
        "better": ("Better than holding less equity", Outcome.PASS),
        "worse": ("Worse than holding less equity", Outcome.FAIL),
        "even": ("As good as holding less equity, no better", Outcome.UNKNOWN),
        "unclear": ("Better than holding less equity in one way, worse in another",
                    Outcome.UNKNOWN),
    }  # fmt: skip
    said, outcome = words[made["verdict"]]
    return Item(key, name, outcome, f"{said}. {told}", more, 0.0)


Benefit = Callable[[Collection[str]], float]
"""From the crises that are left out to what the hedge brought; above 0 is good."""


def drop_crisis(found: Comparison, asked: Thresholds) -> Item:
    """Ask whether a benefit that is claimed is gone once one crisis is left out."""
    return without_each([row["name"] for row in found.crises], _benefits(found, asked))


def without_each(names: Sequence[str], benefits: Mapping[str, tuple[Benefit, float]]) -> Item:
    """Ask whether a benefit that is claimed is gone without one of some crises.

    Parameters
    ----------
    names
        The crises.
    benefits
        By noun: the benefit, and from where on it is claimed.
    """
    key, name = "drop_crisis", "Without any one crisis"
    if len(names) < 2:
        said = (
            f"{'One crisis lies' if names else 'No crisis lies'} in the run: nothing to leave out"
        )
        return Item(key, name, Outcome.UNKNOWN, said, None, 0.0)
    claimed = {
        noun: (whole, benefit)
        for noun, (benefit, least) in benefits.items()
        if (whole := benefit(())) > least
    }
    if not claimed:
        return Item(key, name, Outcome.NOT_ASKED, "No benefit is claimed that a crisis could carry")
    left = {
        (noun, crisis): benefit((crisis,))
        for noun, (_, benefit) in claimed.items()
        for crisis in names
    }
    gone = [at for at, value in left.items() if not value > 0.0]
    if gone:
        noun, crisis = min(gone, key=lambda at: left[at])
        said = f"Without {crisis}, {noun} is gone: it hangs on one crisis"
        return Item(key, name, Outcome.FAIL, said, float(len({c for _, c in gone})), 0.0)
    lean = {at: value / claimed[at[0]][0] for at, value in left.items()}
    noun, crisis = min(lean, key=lambda at: lean[at])
    said = (
        f"Whichever of {len(names)} crises is left out, there is still {_listed(list(claimed))}; "
        f"most hangs on {crisis}, without which {lean[noun, crisis]:.0%} of {noun} is left"
    )
    return Item(key, name, Outcome.PASS, said, 0.0, 0.0)


def _benefits(found: Comparison, asked: Thresholds) -> dict[str, tuple[Benefit, float]]:
    """Return what a hedge may claim, and from where on it claims it."""
    test = {row["name"]: row for row in tested(found)}
    ours = {name: (row["dynamic_gain"], row["portfolio_loss"]) for name, row in test.items()}
    pnl = found.strategies["all"]["dynamic"]["hedge_pnl"]
    gains = {row["name"]: row["dynamic_gain"] for row in found.crises}
    losses = {row["name"]: row["portfolio_loss"] for row in found.crises}

    def saving(without: Collection[str]) -> float:
        rows = _inside(found, without)
        costs = [
            float((track["carry"][rows] + track["cost"][rows]).sum())
            for track in (found.tracks["dynamic"], found.tracks["static"])
        ]
        return 1.0 - costs[0] / costs[1] if costs[1] > 0.0 else float("nan")

    def protection(without: Collection[str]) -> float:
        kept = [(gains[name], losses[name]) for name in gains if name not in without]
        return pooled(kept) or 0.0

    def at_equal_cost(without: Collection[str]) -> float:
        its = found.matched["crises"] if found.matched else {}
        pairs = [[each[n] for n in ours if n in its and n not in without] for each in (ours, its)]
        a, b = (pooled(each) for each in pairs)
        return float("nan") if a is None or b is None else a - b

    def profit(without: Collection[str]) -> float:
        return float(pnl - sum(gains[name] for name in without))

    made: dict[str, tuple[Benefit, float]] = {
        "the saving": (saving, 0.0),
        "protection": (protection, 0.0),
        "the profit of the hedge": (profit, 0.0),
    }
    if len(test) > 1:
        made["the lead over a fixed hedge of equal cost"] = (at_equal_cost, asked.equal_cost)
        verdict = found.divest["dynamic"]
        if verdict is not None and verdict["verdict"] == "better":
            made["the lead over holding less equity"] = (lambda out: _lead(found, out), 0.0)
    return made


def _inside(found: Comparison, without: Collection[str]) -> NDArray[np.intp]:
    """Return the bars of the test part that lie in no crisis left out, **shape** (n,)."""
    test = found.split.test
    keep = np.zeros(len(found.tracks["dynamic"]), dtype=bool)
    keep[test.start + 1 : test.stop] = True
    return np.flatnonzero(keep & ~_in_crises(found, without))


def _in_crises(found: Comparison, names: Collection[str]) -> NDArray[np.bool_]:
    track = found.tracks["dynamic"]
    out = np.zeros(len(track), dtype=bool)
    for stretch in crises_in(track):
        if stretch.name in names:
            out[stretch.rows.start + 1 : stretch.rows.stop] = True
    return out


def _lead(found: Comparison, without: Collection[str]) -> float:
    """Return 1 if the hedge is better than less equity without some crises, else -1."""
    test, out = found.split.test, _in_crises(found, without)
    alone, hedged = (_without(found.tracks[name], out) for name in ("unhedged", "dynamic"))
    plain = divesting(found.ground, alone, found.costs, test)
    plain = replace(plain, cash=np.where(out, 0.0, plain.cash))
    made = plain.beside(performance.statistics(hedged, plain.cash, test))
    return 1.0 if made is not None and made["verdict"] == "better" else -1.0


def _without(track: Track, out: NDArray[np.bool_]) -> Track:
    """Return a track whose NAV stands still over some bars."""
    nav = track["nav"]
    growth = np.r_[1.0, nav[1:] / nav[:-1]]
    moved = nav[0] * np.cumprod(np.where(out, 1.0, growth))
    return replace(track, columns={**track.columns, "nav": moved})


def _listed(words: list[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), words[-1]])
