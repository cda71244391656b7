"""Markets with measured VIX futures, in which scaling the hedge has a true edge or none at all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, NamedTuple

import numpy as np

import hedgerow as hr
from hedgerow.core.book import View
from hedgerow.core.market import Market
from hedgerow.core.numeric import Num
from hedgerow.core.step import Nothing, Stage
from hedgerow.research.crises import CRISES


def market(
    edge: bool,
    *,
    start: str = "1990-01-02",
    end: str = "2022-12-30",
    seed: int = 1,
    premium: float = 1.0,
):
    """Weekdays whose index falls in the dated crises.

    With an edge VIX wakes up a few sessions before each fall and climbs through it, and futures
    cost their roll-down at all other times.  Without, VIX knows nothing of the index and futures
    follow it: nothing can be learnt.  ``premium`` is what the front future stands above VIX a
    month before it settles, points.
    """
    rng = np.random.default_rng(seed)
    days = np.arange(np.datetime64(start, "D"), np.datetime64(end, "D") + 1)
    days = days[np.is_busday(days)]
    drift = np.full(len(days), 0.0009 if edge else 0.0)
    level = np.full(len(days), 13.0)
    for crisis in CRISES if edge else ():
        ends = [np.datetime64(crisis.start), np.datetime64(crisis.end) + 1]
        low, high = np.searchsorted(days, ends)
        if high - low < 2 or high >= len(days):
            continue
        length = min(high - low, 60)
        drift[low : low + length] = -0.25 / length
        drift[low + length : high] = -0.0002
        level[max(low - 8, 0) : low] = 24.0
        level[low : low + length] = np.linspace(24.0, 60.0, length)
        level[low + length : high] = 19.0
    noise = np.zeros(len(days))
    shocks = rng.normal(0.0, 0.35 if edge else 1.0, len(days))
    for t in range(1, len(days)):
        noise[t] = 0.95 * noise[t - 1] + shocks[t]
    vix = np.maximum(level + noise if edge else 18.0 + noise, 9.0)
    spot = 1000.0 * np.exp(np.cumsum(drift + rng.normal(0.0, 0.006, len(days))))
    columns = {"spx": spot, "vix": vix, "rate": np.full(len(days), 0.0 if not edge else 0.02)}
    columns |= _futures(days, vix, premium=premium if edge else 0.0)
    sources = {"spx": f"planted, edge {edge}, seed {seed}"}
    return Market(days.astype("datetime64[ns]"), columns, sources=sources)


def _futures(days, vix, *, premium: float) -> dict[str, np.ndarray]:
    """Return settles of the three nearest monthlies: VIX and a premium that rolls down."""
    months = np.arange(days[0].astype("datetime64[M]"), days[-1].astype("datetime64[M]") + 6)
    thirds = np.busday_offset(months, 2, roll="forward", weekmask="Wed")
    numbers = thirds.astype("int64")
    today = days.astype("int64")
    nearest = np.searchsorted(numbers, today, side="right")
    made: dict[str, np.ndarray] = {}
    for rank in (1, 2, 3):
        expiry = numbers[nearest + rank - 1]
        left = (expiry - today) / 30.0
        made[f"vx{rank}"] = vix + premium * np.sqrt(left)
        made[f"vx{rank}_expiry"] = expiry.astype("float64")
    assert all(a < b for a, b in pairwise(thirds))
    return made


class _Wave(NamedTuple):
    pitch: Num
    phase: Num


@dataclass(frozen=True)
class Wave:
    """Bands without end: more hedge at some levels of VIX than at others, 1 on average."""

    pitch: float = 1.0
    phase: float = 0.0
    kind: ClassVar[str] = "wave"
    stage: ClassVar[Stage] = Stage.RULE

    @property
    def inputs(self) -> tuple[str, ...]:
        return ("vix",)

    def params(self) -> _Wave:
        return _Wave(self.pitch, self.phase)

    def start(self) -> Nothing:
        return Nothing()

    @staticmethod
    def kernel(x: Num, view: View, memory: Nothing, p: _Wave) -> tuple[Num, Nothing]:
        return 1.0 + np.sin(p.pitch * view.signals[0] + p.phase), memory


def tuned(market: Market, lanes: int = 2_000):
    """Sweep waves over a market; return the best policy and what the sweep says of overfitting."""
    policy = hr.Policy(
        [Wave(), hr.Bounds(0.0, 2.0), hr.AtRoll()], [hr.Level("vix")], name="tuned", raw=True
    )
    axes = {
        "wave.pitch": np.linspace(0.8, 1.2, 10),
        "wave.phase": np.linspace(0.0, 6.28, lanes // 10),
    }
    swept = hr.sweep(policy, market, hr.VixFuture(), axes, carriage="numpy")
    found = swept.overfit(blocks=10)
    return swept.policy(found.winner), found


def honest() -> hr.Policy:
    """Return the rule that uses the planted edge: hedge while VIX is awake and not yet high."""
    hold = hr.Trigger("vix", move=4.0, relative=None, every=None, drawdown=None)
    rule = hr.Ladder("vix", edges=[19, 52], levels=[0.0, 1.5, 0.0])
    return hr.Policy([rule, hold], [hr.Level("vix")], name="honest", raw=True)


@dataclass(frozen=True)
class Dated:
    """Hindsight: 1 in some crises and 0 outside, written down as dates."""

    crises: tuple[str, ...]
    kind: ClassVar[str] = "dated"
    name: ClassVar[str] = "dated"
    lookback: ClassVar[int] = 1

    def __call__(self, market: Market) -> np.ndarray:
        made = np.zeros(len(market))
        for crisis in CRISES:
            if crisis.name in self.crises:
                low, high = np.datetime64(crisis.start), np.datetime64(crisis.end)
                made[(market.dates >= low) & (market.dates < high)] = 1.0
        return made


@dataclass(frozen=True)
class Tomorrow:
    """Peeks: how far VIX will be above today's one session later."""

    kind: ClassVar[str] = "tomorrow"
    name: ClassVar[str] = "tomorrow"
    lookback: ClassVar[int] = 1

    def __call__(self, market: Market) -> np.ndarray:
        vix = market["vix"]
        return np.r_[np.maximum(vix[1:] - vix[:-1], 0.0), 0.0]


def following(signal) -> hr.Policy:
    """Return a policy whose intensity is a signal."""
    rule = hr.Linear(signal.name, low=0.0, high=1.0)
    return hr.Policy([rule, hr.Bounds(0.0, 2.0)], [signal], name=signal.name, raw=True)
